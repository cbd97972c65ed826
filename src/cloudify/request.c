#include "cloudify/request.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* A list question with 1,000 values of 256 bytes, every byte escaped, fits; more is our mistake. */
#define PATH_LIMIT ((size_t)1024 * 1024)

static void open_path(struct buf *path, const struct http_request *request, const char *resource)
{
    buf_init(path, request, PATH_LIMIT);
    bool fits = buf_printf(path, CLOUDIFY_API "/%s", resource);

    assert(fits);
    (void)fits;
}

static void begin(struct http_request *request, enum http_method method,
                  const struct cloudify_caller *caller, const char *path)
{
    request->method = method;
    request->path = mem_strdup(request, path);
    request->site = caller->site;
    request->credential = caller->who;
    if (caller->tenant != NULL) {
        http_request_header(request, "Tenant", caller->tenant);
    }
    if (caller->bypass && caller->who != HTTP_ANONYMOUS) {
        http_request_header(request, "X-BYPASS-MAINTENANCE", "1");
    }
}

/* RESOURCE/ID TAIL */
static void begin_item(struct http_request *request, enum http_method method,
                       const struct cloudify_caller *caller, const struct cloudify_pair *item,
                       const char *tail)
{
    struct buf path;

    open_path(&path, request, item->name);
    (void)buf_puts(&path, "/");
    (void)buf_put_escaped(&path, item->value);
    (void)buf_puts(&path, tail);
    begin(request, method, caller, buf_text(&path));
}

void cloudify_ask_version(struct http_request *request, const struct cloudify_caller *caller)
{
    begin(request, HTTP_GET, caller, CLOUDIFY_API "/version");
}

void cloudify_ask_license(struct http_request *request, const struct cloudify_caller *caller)
{
    begin(request, HTTP_GET, caller, CLOUDIFY_API "/license");
}

void cloudify_ask_maintenance(struct http_request *request, const struct cloudify_caller *caller)
{
    begin(request, HTTP_GET, caller, CLOUDIFY_API "/maintenance");
}

void cloudify_ask_snapshot_status(struct http_request *request)
{
    static const struct cloudify_caller nobody = {.who = HTTP_ANONYMOUS};

    begin(request, HTTP_GET, &nobody, CLOUDIFY_API "/snapshot-status");
}

void cloudify_ask_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id)
{
    begin_item(request, HTTP_GET, caller, &(struct cloudify_pair){"snapshots", id}, "");
}

void cloudify_ask_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id)
{
    begin_item(request, HTTP_HEAD, caller, &(struct cloudify_pair){"snapshots", id}, "/archive");
}

void cloudify_get_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id)
{
    begin_item(request, HTTP_GET, caller, &(struct cloudify_pair){"snapshots", id}, "/archive");
}

void cloudify_ask_execution(struct http_request *request, const struct cloudify_caller *caller,
                            const char *id)
{
    begin_item(request, HTTP_GET, caller, &(struct cloudify_pair){"executions", id},
               "?_include=id%2Cstatus%2Cerror%2Cworkflow_id%2Ccreated_at%2Cended_at");
}

void cloudify_ask_plugin(struct http_request *request, const struct cloudify_caller *caller,
                         const char *id)
{
    begin_item(request, HTTP_GET, caller, &(struct cloudify_pair){"plugins", id},
               "?_include=id%2Cpackage_name%2Cpackage_version%2Carchive_name");
}

void cloudify_ask_plugins_update(struct http_request *request, const struct cloudify_caller *caller,
                                 const char *id)
{
    begin_item(request, HTTP_GET, caller, &(struct cloudify_pair){"plugins-updates", id},
               "?_include=id%2Cstate%2Cblueprint_id%2Cexecution_id%2Ctemp_blueprint_id");
}

/* --- lists --- */

static void put_pair(struct buf *path, char *mark, const char *name, const char *value)
{
    (void)buf_printf(path, "%c%s=", *mark, name);
    (void)buf_put_escaped(path, value);
    *mark = '&';
}

static void put_text(struct buf *path, char *mark, const char *name, const char *value)
{
    if (value != NULL) {
        put_pair(path, mark, name, value);
    }
}

static void put_number(struct buf *path, char *mark, const char *name, int64_t value)
{
    if (value > 0) {
        (void)buf_printf(path, "%c%s=%lld", *mark, name, (long long)value);
        *mark = '&';
    }
}

static void list_path(struct buf *path, const struct cloudify_list *list)
{
    char mark = '?';

    for (size_t i = 0; i < list->value_count; i++) {
        put_pair(path, &mark, list->filter, list->values[i]);
    }
    for (size_t i = 0; i < list->pair_count; i++) {
        put_pair(path, &mark, list->pairs[i].name, list->pairs[i].value);
    }
    put_text(path, &mark, "_include", list->include);
    put_text(path, &mark, "_sort", list->sort);
    put_text(path, &mark, "_sort", list->then_sort);
    put_text(path, &mark, "_all_tenants", list->all_tenants ? "true" : NULL);
    put_text(path, &mark, "_include_system_workflows", list->system_workflows ? "true" : NULL);
    put_number(path, &mark, "_size", list->size);
    put_number(path, &mark, "_offset", list->offset);
}

void cloudify_ask_list(struct http_request *request, const struct cloudify_caller *caller,
                       const struct cloudify_list *list)
{
    struct buf path;

    open_path(&path, request, list->resource);
    list_path(&path, list);
    begin(request, HTTP_GET, caller, buf_text(&path));
}

bool cloudify_list_fits(const struct cloudify_list *list)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf path;

    buf_init(&path, scope, PATH_LIMIT);
    (void)buf_printf(&path, CLOUDIFY_API "/%s", list->resource);
    list_path(&path, list);
    return path.len <= CLOUDIFY_PATH_MAX;
}

/* --- changes --- */

static void stream(struct http_request *request, const char *file, int64_t size)
{
    request->content_type = "application/octet-stream";
    request->body_file = mem_strdup(request, file);
    request->body_size = size;
}

void cloudify_put_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id, const char *file, int64_t size)
{
    begin_item(request, HTTP_PUT, caller, &(struct cloudify_pair){"snapshots", id}, "/archive");
    stream(request, file, size);
}

void cloudify_put_archive_url(struct http_request *request, const struct cloudify_caller *caller,
                              const char *id, const char *url)
{
    struct buf tail;

    buf_init(&tail, request, PATH_LIMIT);
    (void)buf_puts(&tail, "/archive?snapshot_archive_url=");
    (void)buf_put_escaped(&tail, url);
    begin_item(request, HTTP_PUT, caller, &(struct cloudify_pair){"snapshots", id},
               buf_text(&tail));
}

void cloudify_put_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id, const struct cloudify_create *create)
{
    struct json *body = json_object(request);

    begin_item(request, HTTP_PUT, caller, &(struct cloudify_pair){"snapshots", id}, "");
    json_set_bool(body, "include_credentials", create->credentials);
    json_set_bool(body, "include_logs", create->logs);
    json_set_bool(body, "include_events", create->events);
    if (create->knows_metrics) {
        json_set_bool(body, "include_metrics", create->metrics);
    }
    if (create->knows_queue) {
        json_set_bool(body, "queue", create->queue);
    }
    if (create->knows_legacy) {
        json_set_bool(body, "legacy", create->legacy);
    }
    if (create->tempdir != NULL) {
        json_set_string(body, "tempdir_path", create->tempdir);
    }
    if (create->listener_timeout > 0) {
        json_set_int(body, "listener_timeout", create->listener_timeout);
    }
    http_request_json(request, body);
}

void cloudify_delete_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                              const char *id)
{
    begin_item(request, HTTP_DELETE, caller, &(struct cloudify_pair){"snapshots", id}, "");
}

void cloudify_post_maintenance(struct http_request *request, const struct cloudify_caller *caller,
                               bool activate)
{
    begin(request, HTTP_POST, caller,
          activate ? CLOUDIFY_API "/maintenance/activate" : CLOUDIFY_API "/maintenance/deactivate");
}

void cloudify_post_restore(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id, const struct cloudify_restore *restore)
{
    struct json *body = json_object(request);

    begin_item(request, HTTP_POST, caller, &(struct cloudify_pair){"snapshots", id}, "/restore");
    json_set_bool(body, "force", restore->force);
    json_set_bool(body, "restore_certificates", restore->certificates);
    json_set_bool(body, "no_reboot", restore->certificates && restore->no_reboot);
    if (restore->recreate_envs) {
        json_set_bool(body, "recreate_deployments_envs", true);
    }
    http_request_json(request, body);
}

void cloudify_post_execution(struct http_request *request, const struct cloudify_caller *caller,
                             const struct cloudify_start *start)
{
    struct json *body = json_object(request);

    begin(request, HTTP_POST, caller, CLOUDIFY_API "/executions");
    if (start->id != NULL) {
        json_set_string(body, "id", start->id);
    }
    json_set_string(body, "deployment_id", start->deployment);
    json_set_string(body, "workflow_id", start->workflow);
    if (start->parameters != NULL) {
        json_set_json(body, "parameters", start->parameters);
    }
    json_set_bool(body, "allow_custom_parameters", true);
    http_request_json(request, body);
}

static void post_action(struct http_request *request, const struct cloudify_caller *caller,
                        const char *id, const char *action)
{
    struct json *body = json_object(request);

    begin_item(request, HTTP_POST, caller, &(struct cloudify_pair){"executions", id}, "");
    json_set_string(body, "action", action);
    http_request_json(request, body);
}

void cloudify_post_kill(struct http_request *request, const struct cloudify_caller *caller,
                        const char *id)
{
    post_action(request, caller, id, "kill");
}

void cloudify_post_cancel(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id)
{
    post_action(request, caller, id, "cancel");
}

void cloudify_post_plugin(struct http_request *request, const struct cloudify_caller *caller,
                          const struct cloudify_plugin_upload *upload)
{
    struct buf path;
    char mark = '?';

    open_path(&path, request, "plugins");
    put_pair(&path, &mark, "visibility",
             upload->visibility == NULL ? "tenant" : upload->visibility);
    put_text(&path, &mark, "title", upload->title);
    put_text(&path, &mark, "id", upload->id);
    begin(request, HTTP_POST, caller, buf_text(&path));
    stream(request, upload->file, upload->size);
}

void cloudify_post_plugins_update(struct http_request *request,
                                  const struct cloudify_caller *caller, const char *blueprint,
                                  const struct json *body, bool force)
{
    begin_item(request, HTTP_POST, caller, &(struct cloudify_pair){"plugins-updates", blueprint},
               force ? "/update/initiate?force=true" : "/update/initiate");
    http_request_json(request, body);
}
