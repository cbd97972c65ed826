#include "practice/drop_deployment.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/archive_read.h"
#include "practice/drop_rows.h"
#include "practice/zip_read.h"
#include "practice/zip_write.h"

struct drop {
    struct zip_out *out;
    const char *tenant, *deployment;
    struct drop_rows *rows;
    bool found;
};

static enum ferry_code copy_dump(struct drop *drop, const struct zip_member *member,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_lines *lines = zip_lines_new(scope, member);
    zip_out_begin(drop->out, member->name, -1);
    for (;;) {
        char *line = NULL;
        size_t length = 0;
        enum ferry_code code = zip_lines_next(lines, &line, &length, err);
        if (code != FERRY_OK) {
            return code;
        }
        if (line == NULL) {
            break;
        }
        if (!drop_rows_line(drop->rows, line)) {
            zip_out_put(drop->out, line, length);
            zip_out_put(drop->out, "\n", 1);
        }
    }
    zip_out_end(drop->out);
    drop->found = drop->found || drop_rows_found(drop->rows);
    return FERRY_OK;
}

static enum ferry_code copy_agents(struct drop *drop, const struct zip_member *member,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *agents = NULL;
    enum ferry_code code = zip_member_json(scope, member, ARCHIVE_MEMBER_MAX, &agents, err);
    if (code != FERRY_OK) {
        return code;
    }
    struct json *left = json_object(scope);
    for (const struct json *t = json_first(agents); t != NULL; t = json_next(t)) {
        struct json *tenant = json_set_object(left, json_key(t));
        bool own = strcmp(json_key(t), drop->tenant) == 0;
        for (const struct json *d = json_first(t); d != NULL; d = json_next(d)) {
            if (!own || strcmp(json_key(d), drop->deployment) != 0) {
                json_set_json(tenant, json_key(d), d);
            }
        }
    }
    zip_out_text(drop->out, member->name, json_print(scope, left));
    return FERRY_OK;
}

/* The items of one type that are not the deployment's; NULL: all of them are. */
static struct json *items_left(struct drop *drop, const void *ctx, const struct json *member)
{
    const char *type = json_string_or(member, "type", "");
    bool own = strcmp(type, "deployments") == 0;
    bool below = strcmp(type, "nodes") == 0 || strcmp(type, "node_instances") == 0 ||
                 strcmp(type, "agents") == 0;
    struct json *left = json_array(ctx);
    if (below && strcmp(json_string_or(member, "source_id", ""), drop->deployment) == 0) {
        return NULL;
    }
    const struct json *items = json_get(member, "items");
    for (const struct json *i = json_first(items); i != NULL; i = json_next(i)) {
        const char *of = json_string_or(i, own ? "id" : "deployment_id", "");
        if (strcmp(of, drop->deployment) != 0) {
            json_push_json(left, i);
        }
    }
    drop->found = drop->found || (own && json_size(left) < json_size(items));
    return left;
}

static enum ferry_code copy_items(struct drop *drop, const struct zip_member *member,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *json = NULL;
    enum ferry_code code = zip_member_json(scope, member, ARCHIVE_MEMBER_MAX, &json, err);
    if (code != FERRY_OK) {
        return code;
    }
    const struct json *left = items_left(drop, scope, json);
    if (left != NULL) {
        json_set_json(json, "items", left);
        zip_out_text(drop->out, member->name, json_print(scope, json));
    }
    return FERRY_OK;
}

static enum ferry_code copy_member(struct drop *drop, const struct zip_member *member,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *data = NULL;
    size_t size = 0;
    enum ferry_code code = zip_member_read(scope, member, ARCHIVE_MEMBER_MAX, &data, &size, err);
    if (code == FERRY_OK) {
        zip_out_file(drop->out, member->name, data, size);
    }
    return code;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static enum ferry_code visit(void *arg, const struct zip_member *member, struct ferry_error *err)
{
    struct drop *drop = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *own = mem_printf(scope, "tenants/%s/", drop->tenant);
    const char *name = member->name;
    size_t length = strlen(name);
    if (begins(name, mem_printf(scope, "deployments/%s/%s/", drop->tenant, drop->deployment)) ||
        strcmp(name, mem_printf(scope, "%sdeployments/%s.b64zip", own, drop->deployment)) == 0) {
        return FERRY_OK;
    }
    if (member->is_folder) {
        zip_out_folder(drop->out, name);
        return FERRY_OK;
    }
    if (strcmp(name, "pg_data") == 0) {
        return copy_dump(drop, member, err);
    }
    if (strcmp(name, "agents.json") == 0) {
        return copy_agents(drop, member, err);
    }
    bool items = begins(name, own) && strchr(name + strlen(own), '/') == NULL && length > 5 &&
                 strcmp(name + length - 5, ".json") == 0;
    return items ? copy_items(drop, member, err) : copy_member(drop, member, err);
}

static enum ferry_code run(char **argv, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *slash = strchr(argv[2], '/');
    if (slash == NULL) {
        return ferry_fail(err, FERRY_E_USAGE, "\"%s\" is not TENANT/ID", argv[2]);
    }
    struct drop drop = {.out = zip_out_open(scope, argv[3], true),
                        .tenant = mem_strndup(scope, argv[2], (size_t)(slash - argv[2])),
                        .deployment = slash + 1};
    struct zip_visitor visitor = {visit, &drop};
    enum content_problem problem = CONTENT_FINE;
    drop.rows = drop_rows_new(scope, drop.tenant, drop.deployment);
    enum ferry_code code = zip_walk(argv[1], &visitor, &problem, err);
    if (code == FERRY_OK && !drop.found) {
        code =
            ferry_fail(err, FERRY_E_NOT_FOUND, "\"%s\" has no deployment \"%s\"", argv[1], argv[2]);
    }
    return code == FERRY_OK ? zip_out_close(drop.out, NULL, NULL, err) : code;
}

int drop_deployment_main(int argc, char **argv)
{
    struct ferry_error err = {0};
    if (argc != 4) {
        (void)fprintf(stderr, "usage: ferry-practice drop-deployment ARCHIVE TENANT/ID OUT\n");
        return ferry_code_exit(FERRY_E_USAGE);
    }
    enum ferry_code code = run(argv, &err);
    if (code != FERRY_OK) {
        (void)fprintf(stderr, "drop-deployment: %s\n", err.message);
    }
    return ferry_code_exit(code);
}
