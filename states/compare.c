/*
 * compare: nothing was lost. What the manager holds is put beside what the archive held; fewer of
 * anything fails the run. More of something is told, and how far it is explained: new formats are
 * added to what was there, plugins were uploaded, and a manager out of maintenance is alive.
 */
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/states.h"

static const char *const resources[] = {"tenants", "blueprints", "deployments", "plugins"};

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->interval_ms = 2 * STATES_SECOND_MS; /* after weather */
    timing->deadline_ms = 10 * STATES_MINUTE_MS;
}

/* Which of the resources is next: data.ask, else the first. */
static size_t place(const struct state_unit *unit)
{
    for (size_t i = 1; i < FERRY_COUNT(resources); i++) {
        if (states_at(unit, resources[i])) {
            return i;
        }
    }
    return 0;
}

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, STATES_SECOND_MS, "four questions");
    verdicts->answer = STATE_DONE;
    return false;
}

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *resource = resources[place(units)];
    bool tenants = strcmp(resource, "tenants") == 0;

    (void)n, (void)verdicts;
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = resource,
                                              .include = tenants ? "name" : "id",
                                              .all_tenants = !tenants,
                                              .size = 1});
    return true;
}

/* What the manager should hold at least, -1: nobody knows. */
static int64_t expected(const struct state_context *context, const char *resource)
{
    int64_t count = states_archive_count(context, resource);

    if (count < 0) {
        return -1;
    }
    if (strcmp(resource, "tenants") == 0 && count == 0) {
        return 1; /* default_tenant is always there */
    }
    return strcmp(resource, "plugins") == 0
               ? count + (int64_t)json_size(json_get(context->facts, "plugins_uploaded"))
               : count;
}

static void set_counts(const struct state_context *context, const char *resource, int64_t count,
                       struct state_verdict *verdict, const void *mem)
{
    struct json *compare = json_set_object(state_facts(verdict, mem), "compare");
    struct json *row = json_set_object(compare, resource);
    int64_t archive = states_archive_count(context, resource);

    if (archive >= 0) {
        json_set_int(row, "archive", archive);
    }
    if (expected(context, resource) >= 0) {
        json_set_int(row, "expected", expected(context, resource));
    }
    json_set_int(row, "manager", count);
}

/* "12 of 14 blueprints", for each resource that the comparison finds wanting (or in excess). */
static const char *list_of(const struct state_context *context, const struct state_unit *unit,
                           const struct state_verdict *verdict, int sign, const void *mem)
{
    struct buf text;

    buf_init(&text, mem, 4096);
    for (size_t i = 0; i < FERRY_COUNT(resources); i++) {
        int64_t want = expected(context, resources[i]);
        int64_t have = json_int64_or(json_get(unit->data, "counts"), resources[i], -1);

        if (have < 0) {
            have = json_int64_or(json_get(verdict->data, "counts"), resources[i], -1);
        }
        if (want >= 0 && have >= 0 && (sign < 0 ? have < want : have > want)) {
            (void)buf_printf(&text, "%s%lld %s for %lld", text.len == 0 ? "" : ", ",
                             (long long)have, resources[i], (long long)want);
        }
    }
    return buf_text(&text);
}

static void conclude(const struct state_context *context, const struct state_unit *unit,
                     struct state_verdict *verdict, const void *mem)
{
    const char *fewer = list_of(context, unit, verdict, -1, mem);
    const char *more = list_of(context, unit, verdict, 1, mem);

    if (fewer[0] != '\0') {
        state_say(verdict, mem, STATE_FAILED, "the manager holds less than the archive: %s", fewer);
        states_fail(verdict, FERRY_E_FAILED,
                    "keep the old manager; see the events of the restore's execution for what "
                    "could not be restored; to count again: ferry retry RUN --failed");
    } else if (more[0] != '\0') {
        state_say(verdict, mem, STATE_DONE, "nothing is missing; there is more than expected: %s",
                  more);
    } else if (states_archive_format(context)[0] == '\0') {
        state_say(verdict, mem, STATE_DONE, "counted; the archive was never seen to compare with");
    } else {
        state_say(verdict, mem, STATE_DONE, "the manager holds what the archive held");
    }
    states_round_over(verdict, unit, mem);
    json_set_null(state_data(verdict, mem), "counts");
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    size_t at = place(units);
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    int64_t count = cloudify_total(answer.document);

    if (count < 0) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "a list without its total");
        return;
    }
    set_counts(context, resources[at], count, verdicts, mem);
    json_set_int(json_set_object(state_data(verdicts, mem), "counts"), resources[at], count);
    if (at + 1 < FERRY_COUNT(resources)) {
        states_next(verdicts, mem, resources[at + 1]);
    } else {
        conclude(context, units, verdicts, mem);
    }
}

const struct ferry_state state_compare = {
    .name = "compare",
    .summary = "counts what the manager holds now, beside what the archive held",
    .def = 1,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .await = {.ask = ask_await, .judge = judge_await},
};
