/*
 * compare: nothing was lost. What the manager holds is put beside what the archive held, by number
 * and, where the archive is at hand, name by name; anything missing fails the run. More of
 * something is told, and how far it is explained: new formats are added to what was there, plugins
 * were uploaded, and a manager out of maintenance is alive. After a restore of the new format its
 * log is read too: errors in it fail the run. After a legacy one it is told what became of
 * scheduled executions.
 */
#include <string.h>

#include "states/compare_differences.h"
#include "states/compare_log.h"
#include "states/compare_names.h"
#include "states/compare_scheduled.h"
#include "states/counts.h"
#include "states/states.h"

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->interval_ms = 2 * STATES_SECOND_MS; /* after weather */
    timing->deadline_ms = 10 * STATES_MINUTE_MS;
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

static bool go_on(const struct state_context *context, struct state_verdict *verdict,
                  const void *mem);
static void conclude(const struct state_context *context, const struct state_unit *unit,
                     struct state_verdict *verdict, int64_t errors, const void *mem);

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (compare_names_at(units) && !compare_names_possible(context)) {
        compare_names_unread(context, verdicts, mem); /* it went away with the last process */
        if (!go_on(context, verdicts, mem)) {
            conclude(context, units, verdicts, 0, mem);
        }
        return false;
    }
    states_request(request, mem);
    if (compare_names_at(units)) {
        compare_names_ask(context, *request);
        return true;
    }
    if (compare_log_at(units)) {
        compare_log_ask(context, units, *request);
        return true;
    }
    if (compare_scheduled_at(units)) {
        compare_scheduled_ask(context, units, *request);
        return true;
    }
    counts_ask(units, &caller, *request);
    return true;
}

/* "39 deployments for 40; missing: deployment acme/d7", or one half of it, or "". */
static const char *both(const void *mem, const char *counts, const char *before, const char *names)
{
    return names[0] == '\0'
               ? counts
               : mem_printf(mem, "%s%s%s%s", counts, counts[0] != '\0' ? "; " : "", before, names);
}

static void conclude(const struct state_context *context, const struct state_unit *unit,
                     struct state_verdict *verdict, int64_t errors, const void *mem)
{
    const char *fewer = both(mem, counts_fewer(context, unit, verdict, mem),
                             "missing: ", differences_words(context, verdict, "missing", mem));
    const char *more =
        both(mem, counts_more(context, unit, verdict, mem),
             "not in the archive: ", differences_words(context, verdict, "more", mem));
    const char *log = compare_log_words(verdict, mem);
    const char *also = both(mem, log[0] != '\0' ? log : compare_scheduled_words(verdict, mem),
                            "changed: ", differences_words(context, verdict, "changed", mem));

    if (fewer[0] != '\0' || errors > 0) {
        state_say(verdict, mem, STATE_FAILED, "%s%s%s%s",
                  fewer[0] != '\0' ? "the manager holds less than the archive: " : "", fewer,
                  fewer[0] != '\0' && also[0] != '\0' ? "; " : "", also);
        states_fail(verdict, FERRY_E_FAILED,
                    "keep the old manager; see the events of the restore's execution for what "
                    "could not be restored; to count again: ferry retry RUN --failed");
    } else if (counts_doubled(context, unit, verdict)) {
        state_say(verdict, mem, STATE_FAILED, "the manager holds everything twice: %s", more);
        states_fail(verdict, FERRY_E_FAILED,
                    "the archive was restored twice; restore it once, on a fresh manager");
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
    counts_forget(unit, verdict, mem);
    if (compare_log_wanted(context)) {
        json_set_null(state_data(verdict, mem), "log");
    }
    if (compare_scheduled_wanted(context)) {
        json_set_null(state_data(verdict, mem), "scheduled");
    }
}

/* All is counted and named: what else is there to ask? False: nothing. */
static bool go_on(const struct state_context *context, struct state_verdict *verdict,
                  const void *mem)
{
    if (compare_log_wanted(context)) {
        compare_log_begin(verdict, mem);
    } else if (compare_scheduled_wanted(context)) {
        compare_scheduled_begin(verdict, mem);
    } else {
        return false;
    }
    return true;
}

/* All is counted: now by names, where there are any. */
static bool go_on_by_names(const struct state_context *context, struct state_verdict *verdict,
                           const void *mem)
{
    if (compare_names_possible(context)) {
        compare_names_begin(context, verdict, mem);
        return true;
    }
    if (compare_names_wanted(context)) {
        compare_names_unread(context, verdict, mem);
    }
    return go_on(context, verdict, mem);
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;
    int64_t errors = 0;

    if (compare_names_at(units)) {
        if (compare_names_judge(context, units, reply, verdicts, mem) &&
            !go_on(context, verdicts, mem)) {
            conclude(context, units, verdicts, 0, mem);
        }
        return;
    }
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
    if (counts_judge(context, units, answer.document, verdicts, mem) &&
        !go_on_by_names(context, verdicts, mem)) {
        conclude(context, units, verdicts, 0, mem);
    }
}

const struct ferry_state state_compare = {
    .name = "compare",
    .summary = "looks up what the archive held on the manager, by number and by name",
    .def = 1,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .await = {.ask = ask_await, .judge = judge_await},
};
