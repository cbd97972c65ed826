/* Schedules: seen, made, changed, taken away (facts 1.7; contract/27 for what is made). */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/schedules.h"

struct wanted {
    const char *workflow, *since, *until, *rule, *parameters;
    int64_t slip;
    bool enabled, stop_on_fail;
};

void handle_schedule_list(struct request *request)
{
    list_reply(request, &list_schedules, NULL);
}

/* deployment_id is a query parameter that must be there; true: the reply is filled. */
static bool lacks_deployment(struct request *request)
{
    if (request_param(request, "deployment_id") != NULL) {
        return false;
    }
    reply_flask(request, 400);
    return true;
}

/* The row of the schedule and its deployment; 0: the reply is filled. */
static int64_t find(struct request *request)
{
    if (lacks_deployment(request)) {
        return 0;
    }
    int64_t seq = sql_one_int(
        request->practice->sql, 0,
        "SELECT seq FROM schedules WHERE tenant = ? AND id = ? AND deployment_id = ?", "sss",
        request->tenant, request->args[0], request_param(request, "deployment_id"));
    if (seq == 0) {
        reply_not_found(request, "ExecutionSchedule", request->args[0]);
    }
    return seq;
}

void handle_schedule_get(struct request *request)
{
    if (!lacks_deployment(request)) {
        list_reply_one(request, &list_schedules, request->args[0]);
    }
}

/* A time of the body as the API writes it; false: the reply is filled. */
static bool read_time(struct request *request, const char *name, const char **out)
{
    const char *text = json_string_or(request->json, name, NULL);
    int64_t at_ms = 0;
    if (text == NULL) {
        return true;
    }
    if (!timefmt_parse_utc(text, &at_ms)) {
        reply_error(request, 400, "bad_parameters_error",
                    "%s is not a legal time format. accepted formats are YYYY-MM-DD HH:MM:SS | "
                    "HH:MM:SS",
                    text);
        return false;
    }
    *out = timefmt_utc(request, at_ms);
    return true;
}

/* {"recurrence", "count", "weekdays"} of the body, over what is there. */
static void read_rule(struct request *request, struct wanted *wanted)
{
    static const char *const parts[] = {"recurrence", "count", "weekdays"};
    struct json *rule = NULL;
    struct ferry_error err;
    if (wanted->rule == NULL ||
        json_parse(request, wanted->rule, strlen(wanted->rule), &rule, &err) != FERRY_OK) {
        rule = json_object(request);
    }
    for (size_t i = 0; i < FERRY_COUNT(parts); i++) {
        const struct json *given = json_get(request->json, parts[i]);
        if (given != NULL) {
            json_set_json(rule, parts[i], given);
        } else if (json_get(rule, parts[i]) == NULL) {
            json_set_null(rule, parts[i]);
        }
    }
    wanted->rule = json_print(request, rule);
}

static bool read_wanted(struct request *request, struct wanted *wanted)
{
    const struct json *body = request->json;
    const struct json *parameters = json_get(body, "parameters");
    wanted->workflow = json_string_or(body, "workflow_id", wanted->workflow);
    wanted->slip = json_int64_or(body, "slip", wanted->slip);
    wanted->enabled = json_bool_or(body, "enabled", wanted->enabled);
    wanted->stop_on_fail = json_bool_or(body, "stop_on_fail", wanted->stop_on_fail);
    if (json_is_object(parameters)) {
        wanted->parameters = json_print(request, parameters);
    }
    if (!read_time(request, "since", &wanted->since) ||
        !read_time(request, "until", &wanted->until)) {
        return false;
    }
    const char *missing = wanted->workflow == NULL ? "workflow_id"
                          : wanted->since == NULL  ? "since"
                                                   : NULL;
    if (missing != NULL) {
        reply_error(request, 400, "bad_parameters_error", "Missing %s in json request body",
                    missing);
        return false;
    }
    read_rule(request, wanted);
    return true;
}

static void reply_row(struct request *request, int64_t seq)
{
    list_write_row(request->practice, reply_json(request, 201), &list_schedules, seq);
    (void)buf_puts(&request->reply.body, "\n");
}

void handle_schedule_create(struct request *request)
{
    struct practice *practice = request->practice;
    struct wanted wanted = {.parameters = "{}", .enabled = true};
    if (lacks_deployment(request) || !read_wanted(request, &wanted)) {
        return;
    }
    const char *deployment = request_param(request, "deployment_id");
    if (list_find(request, &list_deployments, deployment) == 0) {
        reply_not_found(request, "Deployment", deployment);
        return;
    }
    if (sql_one_int(practice->sql, 0,
                    "SELECT 1 FROM schedules WHERE tenant = ? AND id = ? AND deployment_id = ?",
                    "sss", request->tenant, request->args[0], deployment) != 0) {
        reply_error(request, 409, "conflict_error",
                    "<ExecutionSchedule id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> "
                    "or with global visibility",
                    request->args[0], request->tenant, request->tenant);
        return;
    }
    sql_do(practice->sql,
           "INSERT INTO schedules (tenant, id, deployment_id, workflow_id, created_at,"
           " next_occurrence, since, until, rule, parameters, slip, enabled, stop_on_fail,"
           " created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           "ssssssssssiiis", request->tenant, request->args[0], deployment, wanted.workflow,
           practice_now(practice, request),
           schedules_next(practice, request, wanted.since, wanted.rule), wanted.since, wanted.until,
           wanted.rule, wanted.parameters, wanted.slip, (int64_t)wanted.enabled,
           (int64_t)wanted.stop_on_fail, request->user);
    reply_row(request, sql_one_int(practice->sql, 0, "SELECT last_insert_rowid()", ""));
}

static void read_row(struct request *request, int64_t seq, struct wanted *out)
{
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT workflow_id, since, until, rule, parameters, slip, enabled, stop_on_fail"
                  " FROM schedules WHERE seq = ?",
                  "i", seq);
    if (sql_next(query)) {
        *out = (struct wanted){.workflow = mem_strdup(request, sql_text(query, 0)),
                               .since = mem_strdup(request, sql_text(query, 1)),
                               .until = mem_strdup(request, sql_text(query, 2)),
                               .rule = mem_strdup(request, sql_text(query, 3)),
                               .parameters = mem_strdup(request, sql_text(query, 4)),
                               .slip = sql_int(query, 5),
                               .enabled = sql_int(query, 6) != 0,
                               .stop_on_fail = sql_int(query, 7) != 0};
        sql_end(query);
    }
}

void handle_schedule_update(struct request *request)
{
    struct practice *practice = request->practice;
    struct wanted wanted = {0};
    int64_t seq = find(request);
    if (seq == 0) {
        return;
    }
    read_row(request, seq, &wanted);
    if (!read_wanted(request, &wanted)) {
        return;
    }
    sql_do(practice->sql,
           "UPDATE schedules SET workflow_id = ?, next_occurrence = ?, since = ?, until = ?,"
           " rule = ?, parameters = ?, slip = ?, enabled = ?, stop_on_fail = ? WHERE seq = ?",
           "ssssssiiii", wanted.workflow,
           schedules_next(practice, request, wanted.since, wanted.rule), wanted.since, wanted.until,
           wanted.rule, wanted.parameters, wanted.slip, (int64_t)wanted.enabled,
           (int64_t)wanted.stop_on_fail, seq);
    reply_row(request, seq);
}

void handle_schedule_delete(struct request *request)
{
    int64_t seq = find(request);
    if (seq != 0) {
        sql_do(request->practice->sql, "DELETE FROM schedules WHERE seq = ?", "i", seq);
        reply_empty(request, 204);
    }
}
