#include "states/compare_scheduled.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"

#define ROWS_KEPT 100 /* keeps the facts, a row of the journal, small */
#define PAGES_MAX 10

bool compare_scheduled_wanted(const struct state_context *context)
{
    return states_caps(context)->restore_fails_overdue &&
           strcmp(states_archive_format(context), "new") != 0 &&
           states_archive_count(context, "executions_scheduled") != 0;
}

bool compare_scheduled_at(const struct state_unit *unit)
{
    return states_at(unit, "failed") || states_at(unit, "schedules");
}

void compare_scheduled_begin(struct state_verdict *verdict, const void *mem)
{
    struct json *scheduled = json_set_object(state_data(verdict, mem), "scheduled");

    json_set_int(scheduled, "offset", 0);
    json_set_int(scheduled, "failed", 0);
    json_set_int(scheduled, "again", 0);
    json_set_array(scheduled, "rows");
    states_next(verdict, mem, "failed");
}

void compare_scheduled_ask(const struct state_context *context, const struct state_unit *unit,
                           struct http_request *request)
{
    static const char *const failed[] = {"failed"};
    struct cloudify_caller caller = states_reader(context);
    struct cloudify_list list = {.all_tenants = true,
                                 .size = CLOUDIFY_PAGE,
                                 .offset = json_int64_or(unit->data, "scheduled.offset", 0)};

    if (states_at(unit, "schedules")) {
        list.resource = "execution-schedules";
        list.include = "id,workflow_id,deployment_id,tenant_name,since,next_occurrence";
        list.sort = "id";
    } else {
        list.resource = "executions";
        list.include = "id,workflow_id,deployment_id,tenant_name,scheduled_for,ended_at";
        list.filter = "status";
        list.values = failed;
        list.value_count = 1;
        list.sort = "-created_at";
        list.then_sort = "id";
    }
    cloudify_ask_list(request, &caller, &list);
}

/* It was to run at a time, and the restore has ended it. */
static bool was_failed(const struct state_context *context, const struct json *row)
{
    int64_t since_ms = json_int64_or(context->facts, "restore.since_ms", 0);
    int64_t ended_ms = 0;

    return cloudify_text(row, "scheduled_for", NULL) != NULL &&
           (!timefmt_parse_utc(cloudify_text(row, "ended_at", ""), &ended_ms) ||
            ended_ms >= since_ms - STATES_SECOND_MS);
}

static void keep_row(struct json *rows, const struct json *from, bool failed)
{
    struct json *row;

    if (json_size(rows) >= ROWS_KEPT) {
        return;
    }
    row = json_push_object(rows);
    json_set_string(row, "was", failed ? "failed" : "again");
    json_set_string(row, "workflow", cloudify_text(from, "workflow_id", "?"));
    json_set_string(row, "deployment", cloudify_text(from, "deployment_id", "?"));
    json_set_string(row, "tenant", cloudify_text(from, "tenant_name", "?"));
    json_set_string(
        row, "when",
        failed ? cloudify_text(from, "scheduled_for", "?")
               : cloudify_text(from, "next_occurrence", cloudify_text(from, "since", "?")));
}

static void read_page(const struct state_context *context, const struct state_unit *unit,
                      const struct json *items, struct json *scheduled)
{
    bool failed = states_at(unit, "failed");
    const char *what = failed ? "failed" : "again";
    const struct json *before = json_get(unit->data, "scheduled.rows");
    struct json *rows = json_set_array(scheduled, "rows");
    int64_t count = json_int64_or(json_get(unit->data, "scheduled"), what, 0);

    for (const struct json *row = json_first(before); row != NULL; row = json_next(row)) {
        json_push_json(rows, row);
    }
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (failed ? was_failed(context, row)
                   : strstr(cloudify_text(row, "id", ""), "_restored_") != NULL) {
            keep_row(rows, row, failed);
            count++;
        }
    }
    json_set_int(scheduled, what, count);
}

static void keep(const struct state_unit *unit, struct state_verdict *verdict, const void *mem)
{
    static const char *const keys[] = {"failed", "again", "rows"};
    struct json *facts = json_set_object(state_facts(verdict, mem), "scheduled");

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct json *now = json_member(json_get(verdict->data, "scheduled"), keys[i]);
        const struct json *before = json_member(json_get(unit->data, "scheduled"), keys[i]);

        if (now != NULL || before != NULL) {
            json_set_json(facts, keys[i], now != NULL ? now : before);
        }
    }
}

bool compare_scheduled_judge(const struct state_context *context, const struct state_unit *unit,
                             const struct http_reply *reply, struct state_verdict *verdict,
                             const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    bool refused = answer.kind == CLOUDIFY_REFUSED || answer.kind == CLOUDIFY_FORBIDDEN ||
                   answer.kind == CLOUDIFY_MISSING;

    if (!refused && !states_read(unit, 1, reply, &answer, verdict, mem)) {
        return false;
    }
    const struct json *items = cloudify_items(answer.document);
    struct json *scheduled = json_set_object(state_data(verdict, mem), "scheduled");
    int64_t offset = json_int64_or(unit->data, "scheduled.offset", 0) + (int64_t)json_size(items);

    if (!refused) {
        read_page(context, unit, items, scheduled);
    }
    if (json_size(items) > 0 && offset < cloudify_total(answer.document) &&
        offset < PAGES_MAX * CLOUDIFY_PAGE) {
        json_set_int(scheduled, "offset", offset);
        states_next(verdict, mem, states_cursor(unit));
        return false;
    }
    json_set_int(scheduled, "offset", 0);
    if (states_at(unit, "failed") && states_caps(context)->restore_reschedules) {
        states_next(verdict, mem, "schedules");
        return false;
    }
    keep(unit, verdict, mem);
    return true;
}

const char *compare_scheduled_words(const struct state_verdict *verdict, const void *mem)
{
    const struct json *scheduled = json_get(verdict->facts, "scheduled");
    int64_t failed = json_int64_or(scheduled, "failed", 0);
    int64_t again = json_int64_or(scheduled, "again", 0);
    const struct json *first = json_at(json_get(scheduled, "rows"), 0);

    if (failed + again == 0) {
        return "";
    }
    return mem_printf(
        mem,
        "warning: of the scheduled executions the restore marked %lld failed and made "
        "%lld anew as schedules (%s on %s in %s at %s%s)",
        (long long)failed, (long long)again, cloudify_text(first, "workflow", "?"),
        cloudify_text(first, "deployment", "?"), cloudify_text(first, "tenant", "?"),
        cloudify_text(first, "when", "?"), failed + again > 1 ? ", ..." : "");
}
