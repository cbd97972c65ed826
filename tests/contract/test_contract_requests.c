/*
 * The requests that ferry makes are such as the real manager accepted: the method, the route, every
 * name in the query and in the body, and the content type stand in a recorded exchange that went
 * well. What no recording of 7.1 can show is listed with its source.
 */
#include "ferry_test.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cloudify/request.h"
#include "contract/exchange.h"

struct wish {
    const char *pattern;
    const struct http_request *request;
    struct buf names; /* ",name," of the query, the body and "type=..." of good exchanges */
    size_t good;
};

#define WISHES_MAX 40
struct wishes {
    void *scope;
    struct wish items[WISHES_MAX];
    size_t count;
};

/* Never recorded on 7.1: other versions take them, by the source of their managers. */
static const struct {
    const char *pattern;
    const char *name;
    const char *source;
} unrecorded[] = {
    {"snapshots/*/restore", "recreate_deployments_envs", "facts 1.1: required up to 5.2"},
    {"snapshots/*/restore", "no_reboot", "facts 1.1: recorded only where it is refused"},
    {"plugins", "type=application/octet-stream", "facts 1.1: taken like a snapshot's archive"},
    {"plugins", "id", "facts 4.2: from 6.4.2"},
    {"plugins-updates/*/update/initiate", "mapping", "facts 4.1, 10.1: from 5.1"},
    {"plugins-updates/*/update/initiate", "force", "facts 4.1: in the body from 5.1"},
    {"plugins-updates/*/update/initiate", "auto_correct_types", "facts 4.1, 10.1: from 5.1.3"},
    {"plugins-updates/*/update/initiate", "reevaluate_active_statuses",
     "facts 4.1, 10.1: from 5.1.3"},
    {"plugins-updates/*", "_include", "facts 10.1: an unknown _x is ignored"},
};

static void add_name(struct buf *names, const char *name, size_t length)
{
    assert_true(buf_puts(names, ",") && buf_append(names, name, length) && buf_puts(names, ","));
}

static void add_query(struct buf *names, const char *path)
{
    const char *at = strchr(path, '?');

    while (at != NULL) {
        at++;
        add_name(names, at, strcspn(at, "=&"));
        at = strchr(at, '&');
    }
}

static void add_keys(struct buf *names, const struct json *body)
{
    for (const struct json *one = json_first(body); one != NULL; one = json_next(one)) {
        add_name(names, json_key(one), strlen(json_key(one)));
    }
}

static void add_type(struct buf *names, const char *type)
{
    if (type != NULL) {
        assert_true(buf_printf(names, ",type=%s,", type));
    }
}

static void visit(void *arg, const struct exchange *exchange, enum exchange_gap gap)
{
    struct wishes *wishes = arg;

    if ((gap != EXCHANGE_WHOLE && gap != EXCHANGE_DOWNLOAD) ||
        !((exchange->status >= 200 && exchange->status <= 299) || exchange->status == 304)) {
        return;
    }
    for (size_t i = 0; i < wishes->count; i++) {
        struct wish *wish = &wishes->items[i];
        if (exchange_is(exchange, http_method_name(wish->request->method), wish->pattern)) {
            wish->good++;
            add_query(&wish->names, exchange->path);
            add_keys(&wish->names, exchange->asked);
            add_type(&wish->names, json_string_or(exchange->request_headers, "Content-Type", NULL));
        }
    }
}

static struct http_request *wish(struct wishes *wishes, const char *pattern)
{
    struct http_request *request = http_request_new(wishes->scope, HTTP_GET, "");
    struct wish *one = &wishes->items[wishes->count++];

    assert_true(wishes->count < WISHES_MAX);
    one->pattern = pattern;
    one->request = request;
    buf_init(&one->names, wishes->scope, (size_t)4 << 20);
    return request;
}

static void wish_for_questions(struct wishes *wishes, const struct cloudify_caller *caller)
{
    static const char *const lists[] = {"executions",      "deployments", "agents",  "plugins",
                                        "plugins-updates", "blueprints",  "tenants", "snapshots"};
    static const char *const values[] = {"started", "queued"};

    cloudify_ask_version(wish(wishes, "version"), caller);
    cloudify_ask_maintenance(wish(wishes, "maintenance"), caller);
    cloudify_ask_snapshot_status(wish(wishes, "snapshot-status"));
    cloudify_ask_snapshot(wish(wishes, "snapshots/*"), caller, "id");
    cloudify_ask_archive(wish(wishes, "snapshots/*/archive"), caller, "id");
    cloudify_ask_execution(wish(wishes, "executions/*"), caller, "id");
    cloudify_ask_plugins_update(wish(wishes, "plugins-updates/*"), caller, "id");
    for (size_t i = 0; i < FERRY_COUNT(lists); i++) {
        const struct cloudify_list list = {
            .resource = lists[i], .include = strcmp(lists[i], "tenants") == 0 ? "name" : "id"};
        cloudify_ask_list(wish(wishes, lists[i]), caller, &list);
    }
    const struct cloudify_list executions = {.resource = "executions",
                                             .include = "id",
                                             .sort = "-created_at",
                                             .then_sort = "id",
                                             .all_tenants = true,
                                             .system_workflows = true,
                                             .size = 2,
                                             .offset = 2,
                                             .filter = "status",
                                             .values = values,
                                             .value_count = 2};
    cloudify_ask_list(wish(wishes, "executions"), caller, &executions);
}

static void wish_for_plugins(struct wishes *wishes, const struct cloudify_caller *caller)
{
    static const char *const choices[] = {
        "all_to_latest", "all_to_minor",       "to_latest",
        "to_minor",      "plugin_names",       "mapping",
        "force",         "auto_correct_types", "reevaluate_active_statuses"};
    const struct cloudify_plugin_upload upload = {.id = "id", .title = "t", .file = "f", .size = 1};
    struct json *body = json_object(wishes->scope);

    for (size_t i = 0; i < FERRY_COUNT(choices); i++) {
        json_set_bool(body, choices[i], true); /* the names count here, not the values */
    }
    cloudify_post_plugin(wish(wishes, "plugins"), caller, &upload);
    cloudify_post_plugins_update(wish(wishes, "plugins-updates/*/update/initiate"), caller, "bp",
                                 body, false);
}

static void wish_for_changes(struct wishes *wishes, const struct cloudify_caller *caller)
{
    const struct cloudify_restore restore = {
        .force = true, .certificates = true, .no_reboot = true, .recreate_envs = true};
    struct json *parameters = json_object(wishes->scope);
    const struct cloudify_start start = {
        .id = "id", .deployment = "d", .workflow = "install_new_agents", .parameters = parameters};

    cloudify_put_archive(wish(wishes, "snapshots/*/archive"), caller, "id", "file.zip", 1);
    cloudify_put_archive_url(wish(wishes, "snapshots/*/archive"), caller, "id", "http://x/y.zip");
    cloudify_post_maintenance(wish(wishes, "maintenance/activate"), caller, true);
    cloudify_post_maintenance(wish(wishes, "maintenance/deactivate"), caller, false);
    cloudify_post_restore(wish(wishes, "snapshots/*/restore"), caller, "id", &restore);
    cloudify_post_execution(wish(wishes, "executions"), caller, &start);
    wish_for_plugins(wishes, caller);
}

static bool recorded(const struct wish *wish, const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    return strstr(buf_text(&wish->names), mem_printf(scope, ",%s,", name)) != NULL;
}

static const char *excuse(const struct wish *wish, const char *name)
{
    for (size_t i = 0; i < FERRY_COUNT(unrecorded); i++) {
        if (strcmp(unrecorded[i].pattern, wish->pattern) == 0 &&
            strcmp(unrecorded[i].name, name) == 0) {
            return unrecorded[i].source;
        }
    }
    return NULL;
}

/* Returns how many of the comma-bracketed names were recorded; the others need an excuse. */
static size_t check_names(const struct wish *wish, const char *names)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t found = 0;

    for (const char *at = names; *at == ','; at += strcspn(at + 1, ",") + 2) {
        const char *name = mem_strndup(scope, at + 1, strcspn(at + 1, ","));
        bool here = recorded(wish, name);
        const char *why = excuse(wish, name);
        if (!here && why == NULL) {
            fail_msg("%s %s: nothing recorded has \"%s\"", http_method_name(wish->request->method),
                     wish->request->path, name);
        }
        if (here && why != NULL) {
            fail_msg("%s: \"%s\" was recorded after all", wish->pattern, name);
        }
        found += here;
    }
    return found;
}

static size_t check_wish(const struct wish *wish)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct http_request *request = wish->request;
    struct json *body = NULL;
    struct ferry_error err;
    struct buf names;

    if (wish->good == 0) {
        fail_msg("nothing recorded went well at %s %s", http_method_name(request->method),
                 wish->pattern);
    }
    buf_init(&names, scope, 1 << 16);
    add_query(&names, request->path);
    if (request->body != NULL) {
        assert_int_equal(json_parse(scope, request->body, strlen(request->body), &body, &err),
                         FERRY_OK);
        add_keys(&names, body);
    }
    add_type(&names, request->content_type);
    return check_names(wish, buf_text(&names));
}

static void requests_are_such_as_a_manager_accepted(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct cloudify_caller caller = {
        .who = HTTP_AS_BEFORE, .tenant = "default_tenant", .bypass = true};
    struct wishes wishes = {.scope = scope};
    const struct exchange_visitor visitor = {.visit = visit, .arg = &wishes};
    size_t names = 0;

    (void)state;
    wish_for_questions(&wishes, &caller);
    wish_for_changes(&wishes, &caller);
    (void)exchange_each(&visitor);
    for (size_t i = 0; i < wishes.count; i++) {
        names += check_wish(&wishes.items[i]);
    }
    print_message("%zu requests with %zu names were found in exchanges that went well\n",
                  wishes.count, names);
    assert_true(names > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_such_as_a_manager_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
