/*
 * compare: nothing was lost. What the manager holds is put beside what the archive held; fewer of
 * anything fails the run. More of something is told, and how far it is explained: new formats are
 * added to what was there, plugins were uploaded, and a manager out of maintenance is alive.
 * After a restore of the new format its log is read too: errors in it fail the run. After a legacy
 * one it is told what became of scheduled executions.
 */
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/compare_log.h"
#include "states/compare_scheduled.h"
#include "states/states.h"

/* The last three for the new format only: it may leave out a single row of anything (facts 2.5),
   where a dump comes whole or not at all. */
static const struct {
    const char *name, *fact;
    bool only_new;
} resources[] = {{"tenants", "tenants", false},
                 {"blueprints", "blueprints", false},
                 {"deployments", "deployments", false},
                 {"plugins", "plugins", false},
                 {"nodes", "nodes", true},
                 {"node-instances", "node_instances", true},
                 {"agents", "agents", true}};

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
        if (states_at(unit, resources[i].name)) {
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
    state_plan_estimate(context->plan, STATES_SECOND_MS, "a few questions");
    verdicts->answer = STATE_DONE;
    return false;
}

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *resource = resources[place(units)].name;
    bool tenants = strcmp(resource, "tenants") == 0;

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (compare_log_at(units)) {
        compare_log_ask(context, units, *request);
        return true;
    }
    if (compare_scheduled_at(units)) {
        compare_scheduled_ask(context, units, *request);
        return true;
    }
    cloudify_ask_list(*request, &caller,
                      &(struct cloudify_list){.resource = resource,
                                              .include = tenants ? "name" : "id",
                                              .all_tenants = !tenants,
                                              .size = 1});
    return true;
}

/* What the manager should hold at least, -1: nobody knows. */
static int64_t expected(const struct state_context *context, const char *fact)
{
    int64_t count = states_archive_count(context, fact);

    if (count < 0) {
        return -1;
    }
    if (strcmp(fact, "tenants") == 0 && count == 0) {
        return 1; /* default_tenant is always there */
    }
    return strcmp(fact, "plugins") == 0
               ? count + (int64_t)json_size(json_get(context->facts, "plugins_uploaded"))
               : count;
}

static void set_counts(const struct state_context *context, const char *fact, int64_t count,
                       struct state_verdict *verdict, const void *mem)
{
    struct json *compare = json_set_object(state_facts(verdict, mem), "compare");
    struct json *row = json_set_object(compare, fact);
    int64_t archive = states_archive_count(context, fact);

    if (archive >= 0) {
        json_set_int(row, "archive", archive);
    }
    if (expected(context, fact) >= 0) {
        json_set_int(row, "expected", expected(context, fact));
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
        int64_t want = expected(context, resources[i].fact);
        int64_t have = json_int64_or(json_get(unit->data, "counts"), resources[i].fact, -1);

        if (have < 0) {
            have = json_int64_or(json_get(verdict->data, "counts"), resources[i].fact, -1);
        }
        if (want >= 0 && have >= 0 && (sign < 0 ? have < want : have > want)) {
            (void)buf_printf(&text, "%s%lld %s for %lld", text.len == 0 ? "" : ", ",
                             (long long)have, resources[i].name, (long long)want);
        }
    }
    return buf_text(&text);
}

static void conclude(const struct state_context *context, const struct state_unit *unit,
                     struct state_verdict *verdict, int64_t errors, const void *mem)
{
    const char *fewer = list_of(context, unit, verdict, -1, mem);
    const char *more = list_of(context, unit, verdict, 1, mem);
    const char *log = compare_log_words(verdict, mem);
    const char *also = log[0] != '\0' ? log : compare_scheduled_words(verdict, mem);

    if (fewer[0] != '\0' || errors > 0) {
        state_say(verdict, mem, STATE_FAILED, "%s%s%s%s",
                  fewer[0] != '\0' ? "the manager holds less than the archive: " : "", fewer,
                  fewer[0] != '\0' && also[0] != '\0' ? "; " : "", also);
        states_fail(verdict, FERRY_E_FAILED,
                    "keep the old manager; see the events of the restore's execution for what "
                    "could not be restored; to count again: ferry retry RUN --failed");
    } else if (more[0] != '\0') {
        state_say(verdict, mem, STATE_DONE,
                  "nothing is missing; there is more than expected: %s%s%s", more,
                  also[0] != '\0' ? "; " : "", also);
    } else if (states_archive_format(context)[0] == '\0') {
        state_say(verdict, mem, STATE_DONE, "counted; the archive was never seen to compare with");
    } else {
        state_say(verdict, mem, STATE_DONE, "the manager holds what the archive held%s%s",
                  also[0] != '\0' ? "; " : "", also);
    }
    states_round_over(verdict, unit, mem);
    json_set_null(state_data(verdict, mem), "counts");
    if (compare_log_wanted(context)) {
        json_set_null(verdict->data, "log");
    }
    if (compare_scheduled_wanted(context)) {
        json_set_null(verdict->data, "scheduled");
    }
}

/* The next question, after that for this resource, or the end. */
static void go_on(const struct state_context *context, const struct state_unit *unit, size_t at,
                  struct state_verdict *verdict, const void *mem)
{
    bool is_new = strcmp(states_archive_format(context), "new") == 0;

    if (at + 1 < FERRY_COUNT(resources) && (is_new || !resources[at + 1].only_new)) {
        states_next(verdict, mem, resources[at + 1].name);
    } else if (compare_log_wanted(context)) {
        compare_log_begin(verdict, mem);
    } else if (compare_scheduled_wanted(context)) {
        compare_scheduled_begin(verdict, mem);
    } else {
        conclude(context, unit, verdict, 0, mem);
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    size_t at = place(units);
    struct cloudify_answer answer;
    int64_t errors = 0;

    if (compare_log_at(units)) {
        if (compare_log_judge(units, reply, verdicts, &errors, mem)) {
            conclude(context, units, verdicts, errors, mem);
        }
        return;
    }
    if (compare_scheduled_at(units)) {
        if (compare_scheduled_judge(context, units, reply, verdicts, mem)) {
            conclude(context, units, verdicts, 0, mem);
        }
        return;
    }
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    int64_t count = cloudify_total(answer.document);

    if (count < 0) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "a list without its total");
        return;
    }
    set_counts(context, resources[at].fact, count, verdicts, mem);
    json_set_int(json_set_object(state_data(verdicts, mem), "counts"), resources[at].fact, count);
    go_on(context, units, at, verdicts, mem);
}

const struct ferry_state state_compare = {
    .name = "compare",
    .summary = "counts what the manager holds now, beside what the archive held",
    .def = 1,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .await = {.ask = ask_await, .judge = judge_await},
};
