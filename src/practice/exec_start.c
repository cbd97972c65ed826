#include "practice/exec_start.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/exec_rows.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"

const char *python_type(const struct json *node)
{
    if (json_is_string(node)) {
        return "str";
    }
    if (json_is_bool(node)) {
        return "bool";
    }
    if (json_is_number(node)) {
        return "int";
    }
    if (json_is_array(node)) {
        return "list";
    }
    return json_is_object(node) ? "dict" : "NoneType";
}

static bool read_text(struct request *request, const char *name, const char **out)
{
    const struct json *node = json_get(request->json, name);
    if (node == NULL) {
        reply_error(request, 400, "bad_parameters_error", "Missing %s in json request body", name);
        return false;
    }
    *out = json_text(node);
    if (*out == NULL) {
        reply_error(request, 400, "bad_parameters_error",
                    "%s parameter is expected to be of type str but is of type %s", name,
                    python_type(node));
        return false;
    }
    return true;
}

static bool read_flag(struct request *request, const char *name, bool *out)
{
    const struct json *node = json_get(request->json, name);
    *out = json_is_true(node);
    if (node == NULL || json_is_bool(node) ||
        (json_text(node) != NULL && parse_bool(json_text(node), out))) {
        return true;
    }
    reply_error(request, 400, "bad_parameters_error", "%s must be <true/false>, got %s", name,
                json_print(request, node));
    return false;
}

static bool find_deployment(struct request *request, struct start *start)
{
    struct ferry_error err;
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT blueprint_id, (SELECT json FROM workflow_sets w WHERE w.seq ="
                  " workflow_set) FROM deployments WHERE tenant = ? AND id = ?",
                  "ss", request->tenant, start->deployment);
    if (!sql_next(query)) {
        reply_not_found(request, "Deployment", start->deployment);
        return false;
    }
    start->blueprint = mem_strdup(request, sql_text(query, 0));
    const char *text = mem_strdup(request, sql_text(query, 1));
    sql_end(query);
    if (text == NULL ||
        json_parse(request, text, strlen(text), &start->workflows, &err) != FERRY_OK) {
        start->workflows = json_array(request);
    }
    return true;
}

bool start_read(struct request *request, struct start *start)
{
    const struct json *body = request->json;
    if (!read_text(request, "deployment_id", &start->deployment) ||
        !read_text(request, "workflow_id", &start->workflow) ||
        !read_flag(request, "force", &start->force) ||
        !read_flag(request, "queue", &start->queue) ||
        !read_flag(request, "dry_run", &start->dry_run) ||
        !read_flag(request, "allow_custom_parameters", &start->allow_custom)) {
        return false;
    }
    start->given = json_get(body, "parameters");
    if (start->given != NULL && !json_is_object(start->given) && !json_is_null(start->given)) {
        reply_error(request, 400, "bad_parameters_error",
                    "request body's 'parameters' field must be a dict but is of type %s",
                    python_type(start->given));
        return false;
    }
    start->scheduled_time = json_string_or(body, "scheduled_time", NULL);
    if (request->practice->profile->client_execution_id) {
        start->id = json_string_or(body, "id", NULL);
        start->force_status = json_string_or(body, "force_status", NULL);
    }
    if ((start->id != NULL || start->force_status != NULL) && !request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action set_execution_details in "
                    "the tenant `%s`",
                    request->user, request->tenant);
        return false;
    }
    return find_deployment(request, start);
}

static const struct json *workflow_named(const struct json *workflows, const char *name)
{
    for (const struct json *at = json_first(workflows); at != NULL; at = json_next(at)) {
        if (strcmp(json_string_or(at, "name", ""), name) == 0) {
            return at;
        }
    }
    return NULL;
}

/* A real manager of 7.x refuses, and leaves the row that it had made, failed. */
static bool refuse_unavailable(struct request *request, const struct start *start)
{
    struct practice *practice = request->practice;
    if (practice->profile->unavailable_row) {
        struct exec_row row = {
            .id = start->id != NULL ? start->id : practice_uuid(practice, request),
            .tenant = request->tenant,
            .workflow = start->workflow,
            .deployment = start->deployment,
            .blueprint = start->blueprint,
            .status = "failed",
            .error = "Workflow not available",
            .parameters = "{}",
            .user = request->user,
            .visibility = "tenant",
            .created_at = practice_now(practice, request),
        };
        (void)exec_insert(practice, &row);
    }
    reply_error(request, 400, "unavailable_workflow_error", "Workflow not available: %s",
                start->workflow);
    return false;
}

static void add_name(struct buf *list, const char *name)
{
    (void)buf_printf(list, "%s%s", list->len == 0 ? "" : ", ", name);
}

/* What was given must be declared, what is declared without a default must be given. */
static bool check_parameters(struct request *request, struct start *start)
{
    const struct json *declared = json_get(start->chosen, "parameters");
    struct buf unknown;
    struct buf missing;
    buf_init(&unknown, request, 1u << 20);
    buf_init(&missing, request, 1u << 20);
    start->parameters =
        json_is_object(start->given) ? json_copy(request, start->given) : json_object(request);
    for (const struct json *at = json_first(start->given); at != NULL; at = json_next(at)) {
        if (json_get(declared, json_key(at)) == NULL) {
            add_name(&unknown, json_key(at));
        }
    }
    if (unknown.len > 0 && !start->allow_custom) {
        reply_error(request, 400, "illegal_execution_parameters_error",
                    "Workflow \"%s\" does not have the following parameters declared: %s. Remove "
                    "these parameters or use the flag for allowing custom parameters",
                    start->workflow, buf_text(&unknown));
        return false;
    }
    for (const struct json *at = json_first(declared); at != NULL; at = json_next(at)) {
        const struct json *fallback = json_get(at, "default");
        if (json_get(start->given, json_key(at)) != NULL) {
            continue;
        }
        if (fallback != NULL) {
            json_set_json(start->parameters, json_key(at), fallback);
        } else if (json_bool_or(at, "required", true)) {
            add_name(&missing, json_key(at));
        }
    }
    if (missing.len > 0) {
        reply_error(request, 400, "illegal_execution_parameters_error",
                    "Workflow \"%s\" must be provided with the following parameters to execute: %s",
                    start->workflow, buf_text(&missing));
        return false;
    }
    return true;
}

static bool id_is_free(struct request *request, const struct start *start)
{
    if (start->id == NULL) {
        return true;
    }
    struct sqlite3_stmt *query = sql_start(
        request->practice->sql, "SELECT tenant, status, workflow_id FROM executions WHERE id = ?",
        "s", start->id);
    if (!sql_next(query)) {
        return true;
    }
    reply_error(request, 409, "conflict_error",
                "<Execution id=`%s` tenant=`%s` status=`pending` workflow_id=`%s`> already exists "
                "on <Tenant name=`%s`> or with global visibility",
                start->id, request->tenant, start->workflow, request->tenant);
    sql_end(query);
    return false;
}

bool start_check(struct request *request, struct start *start)
{
    if (!id_is_free(request, start)) {
        return false;
    }
    start->chosen = workflow_named(start->workflows, start->workflow);
    if (start->chosen == NULL) {
        reply_error(request, 400, "nonexistent_workflow_error",
                    "Workflow %s does not exist in the deployment %s", start->workflow,
                    start->deployment);
        return false;
    }
    if (request->practice->profile->availability && !start->force &&
        !json_bool_or(start->chosen, "is_available", true)) {
        return refuse_unavailable(request, start);
    }
    return check_parameters(request, start);
}
