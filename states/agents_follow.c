#include "states/agents_follow.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/agents_hosts.h"
#include "states/common.h"

/* Not begun after this long: the manager lost it, or nobody works there. */
#define PENDING_MS (5 * STATES_MINUTE_MS)
/* A worker that is there takes a cancelled one off its queue at once: a fifth of the patience. */
#define KILL_SHARE 5
/* So many executions of one unit that never began are no accident. */
#define NEVER_MAX 2
#define INCLUDE "id,status,error,created_at,started_at,ended_at"

static size_t length_without_host(const struct state_unit *unit, const char *host)
{
    return strlen(unit->key) - (host == NULL ? 0 : strlen(host) + 1);
}

bool agents_apart(const struct state_unit *a, const struct state_unit *b)
{
    const char *a_host = json_string_or(a->data, "given.host", NULL);
    const char *b_host = json_string_or(b->data, "given.host", NULL);

    if (a_host == NULL && b_host == NULL) {
        return false;
    }
    size_t length = length_without_host(a, a_host);

    return length == length_without_host(b, b_host) && strncmp(a->key, b->key, length) == 0;
}

/* --- probe and await: one list for many units --- */

static const char *execution_of(const struct state_unit *unit)
{
    const char *cancelled = agents_cancels(unit);

    if (cancelled != NULL) {
        return cancelled;
    }
    return unit->remote_id != NULL ? unit->remote_id : unit->id;
}

static void list_by_ids(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request *request, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char **ids = mem_array(mem, const char *, n);

    for (size_t i = 0; i < n; i++) {
        ids[i] = execution_of(&units[i]);
    }
    cloudify_ask_list(request, &caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = INCLUDE,
                                              .filter = "id",
                                              .values = ids,
                                              .value_count = n,
                                              .all_tenants = true,
                                              .size = CLOUDIFY_PAGE});
}

/* Below 6.3: all starts on these deployments, with their parameters; or simply the latest when
   the names are too long for one request. */
static void list_by_deployments(const struct agents_work *work, const struct state_context *context,
                                const struct agents_answer *about, struct http_request *request,
                                const void *mem)
{
    const struct cloudify_pair workflow[] = {{"workflow_id", work->workflow}};
    struct cloudify_caller caller = states_reader(context);
    const char **names = mem_array(mem, const char *, about->n);
    struct cloudify_list list = {.resource = "executions",
                                 .include = INCLUDE ",parameters",
                                 .filter = "deployment_id",
                                 .values = names,
                                 .value_count = about->n,
                                 .pairs = workflow,
                                 .pair_count = 1,
                                 .all_tenants = true,
                                 .sort = "-created_at",
                                 .size = CLOUDIFY_PAGE};

    for (size_t i = 0; i < about->n; i++) {
        names[i] = agents_key_of(&about->units[i], mem).deployment;
    }
    if (!cloudify_list_fits(&list)) {
        list.value_count = 0;
    }
    cloudify_ask_list(request, &caller, &list);
}

bool agents_probe_ask(const struct agents_work *work, const struct state_context *context,
                      const struct state_unit *units, size_t n, struct http_request **request,
                      struct state_verdict *verdicts, const void *mem)
{
    bool cancels = agents_cancels(units) != NULL;

    if (!context->repeat && cancels) { /* the agents are asked about before the next start */
        for (size_t i = 0; i < n; i++) {
            verdicts[i].answer = STATE_ABSENT;
        }
        return false;
    }
    if (!context->repeat) {
        return agents_hosts_ask(context, units, n, request, verdicts, mem);
    }
    states_request(request, mem);
    if (cancels || states_caps(context)->client_execution_id) {
        list_by_ids(context, units, n, *request, mem);
    } else {
        list_by_deployments(work, context, &(struct agents_answer){units, n, NULL}, *request, mem);
    }
    return true;
}

bool agents_await_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    if (states_at(units, "hosts")) {
        return agents_hosts_ask(context, units, n, request, verdicts, mem);
    }
    list_by_ids(context, units, n, states_request(request, mem), mem);
    return true;
}

/* --- what the row of an execution says --- */

/* The unit's execution. Should one id stand for several (contract/28), an open one comes first. */
static const struct json *find_row(const struct json *items, const struct state_unit *unit)
{
    const char *id = execution_of(unit);
    bool by_marker = agents_cancels(unit) == NULL;
    const struct json *found = NULL;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *marker = json_string_or(row, "parameters." AGENTS_MARKER, "");

        if (strcmp(cloudify_text(row, "id", ""), id) != 0 &&
            !(by_marker && strcmp(marker, unit->id) == 0)) {
            continue;
        }
        if (!cloudify_execution_ended(cloudify_execution_of(row))) {
            return row;
        }
        found = row;
    }
    return found;
}

static bool began(const struct json *row)
{
    return cloudify_text(row, "started_at", NULL) != NULL;
}

/* How long the manager says it took; 0: it does not say. */
static int64_t took_ms(const struct json *row)
{
    int64_t from_ms = 0;
    int64_t to_ms = 0;

    if (!timefmt_parse_utc(cloudify_text(row, "created_at", ""), &from_ms) ||
        !timefmt_parse_utc(cloudify_text(row, "ended_at", ""), &to_ms) || to_ms < from_ms) {
        return 0;
    }
    return to_ms - from_ms;
}

struct look {
    const struct agents_work *work;
    const struct state_context *context;
    const struct state_unit *unit;
    const void *mem;
};

/* It ended without success. Where it was about several hosts, they are asked about next: by await,
   so a probe says that it is there. */
static void ended_badly(const struct look *look, struct state_verdict *verdict, const char *why)
{
    if (!look->work->divides || json_get(look->unit->data, "given.host") != NULL) {
        state_say(verdict, look->mem, STATE_FAILED, "%s", why);
        verdict->hint = "see the events of the execution on the manager; are its hosts and the old "
                        "manager's broker up? then: ferry retry RUN --failed";
    } else if (look->context->repeat) {
        verdict->answer = STATE_RUNNING;
    } else {
        states_next(verdict, look->mem, "hosts");
        json_set_string(state_data(verdict, look->mem), "why", why);
    }
}

/* Another act, or the start once more: see the notes of a unit in the header. */
static void go_on_by(const struct look *look, struct state_verdict *verdict, const char *cancel,
                     bool kill)
{
    struct json *data = state_data(verdict, look->mem);

    json_set_string(data, "cancel", cancel);
    if (kill) {
        json_set_bool(data, "kill", true);
    } else {
        json_set_null(data, "kill");
    }
    verdict->answer = STATE_NEXT;
    verdict->wait_ms = 0;
}

static void judge_cancelled(const struct look *look, const struct json *row,
                            struct state_verdict *verdict)
{
    int64_t never = json_int64_or(look->unit->data, "never", 0);

    if (agents_cancels(look->unit) == NULL) {
        state_say(verdict, look->mem, STATE_FAILED, "the workflow was cancelled by somebody");
        verdict->hint = "to do it after all: ferry retry RUN --failed";
    } else if (began(row)) {
        ended_badly(look, verdict, "it began while ferry cancelled it for not beginning");
    } else if (never >= NEVER_MAX) {
        state_say(verdict, look->mem, STATE_FAILED,
                  "%lld executions of it never began, and were cancelled", (long long)never);
        verdict->hint = "does the manager's management worker run? then: ferry retry RUN --failed";
    } else {
        go_on_by(look, verdict, NULL, false);
        state_say(verdict, look->mem, STATE_NEXT,
                  "its execution never began and is cancelled; it is begun anew");
    }
}

static int64_t patience_ms(const struct state_context *context)
{
    return states_number(context, "agents.pending_ms", PENDING_MS);
}

static void judge_waiting(const struct look *look, const struct json *row,
                          struct state_verdict *verdict)
{
    const struct state_unit *unit = look->unit;
    const char *status = cloudify_text(row, "status", "?");
    int64_t age_ms = unit->age_ms;
    int64_t most_ms = patience_ms(look->context);
    int64_t never = json_int64_or(unit->data, "never", 0) + 1;

    verdict->answer = STATE_RUNNING;
    if (agents_cancels(unit) != NULL) {
        verdict->answer = look->context->repeat ? STATE_ABSENT : STATE_RUNNING;
    } else if (age_ms <= most_ms) {
        return;
    } else if (strcmp(status, "pending") == 0 && !began(row) && !look->context->repeat) {
        go_on_by(look, verdict, cloudify_text(row, "id", NULL), false);
        json_set_int(state_data(verdict, look->mem), "never", never);
        state_say(verdict, look->mem, STATE_NEXT,
                  "pending for %s and never begun (does the management worker run?): it is "
                  "cancelled",
                  timefmt_duration(look->mem, age_ms - age_ms % STATES_SECOND_MS));
    } else {
        state_say(verdict, look->mem, STATE_RUNNING, "%s for %s: what does the manager wait for?",
                  status, timefmt_duration(look->mem, age_ms - age_ms % STATES_MINUTE_MS));
    }
}

/* Started, or one of the kinds of cancelling. */
static void judge_active(const struct look *look, const struct json *row,
                         struct state_verdict *verdict)
{
    const struct state_unit *unit = look->unit;
    const char *status = cloudify_text(row, "status", "");
    bool killing = strcmp(status, "kill_cancelling") == 0;
    bool cancelling = !killing && strstr(status, "cancelling") != NULL;

    verdict->answer = STATE_RUNNING;
    if (agents_cancels(unit) == NULL || !cancelling || began(row)) {
        return;
    }
    if (agents_kills(unit)) { /* a kill that did not arrive leaves it as it was */
        verdict->answer = look->context->repeat ? STATE_ABSENT : STATE_RUNNING;
    } else if (!look->context->repeat && unit->age_ms > patience_ms(look->context) / KILL_SHARE) {
        go_on_by(look, verdict, agents_cancels(unit), true);
        state_say(verdict, look->mem, STATE_NEXT,
                  "nobody takes note of its being cancelled, and it never began: it is killed");
    }
}

static void judge_row(const struct look *look, const struct json *row,
                      struct state_verdict *verdict)
{
    const char *status = cloudify_text(row, "status", "?");
    const char *error = cloudify_text(row, "error", "");

    verdict->remote_id = mem_strdup(look->mem, cloudify_text(row, "id", NULL));
    verdict->remote_state = mem_strdup(look->mem, status);
    switch (cloudify_execution_of(row)) {
    case CLOUDIFY_EXECUTION_TERMINATED:
        verdict->answer = STATE_DONE;
        verdict->took_ms = took_ms(row);
        break;
    case CLOUDIFY_EXECUTION_FAILED:
        ended_badly(look, verdict,
                    mem_printf(look->mem, "the workflow failed: %s",
                               error[0] == '\0' ? "no reason given"
                                                : cloudify_last_line(look->mem, error)));
        break;
    case CLOUDIFY_EXECUTION_CANCELLED:
        judge_cancelled(look, row, verdict);
        break;
    case CLOUDIFY_EXECUTION_WAITING:
        judge_waiting(look, row, verdict);
        break;
    case CLOUDIFY_EXECUTION_ACTIVE:
        judge_active(look, row, verdict);
        break;
    case CLOUDIFY_EXECUTION_UNKNOWN:
        state_say(verdict, look->mem, STATE_CANNOT_TELL, "an execution in state \"%s\"", status);
        break;
    }
}

/* Not in the list: conclusive only when the list is complete. An execution that was to be cancelled
   was seen before: it must be there. */
static void judge_missing(const struct look *look, const struct json *document,
                          struct state_verdict *verdict)
{
    const struct json *items = cloudify_items(document);

    if (items == NULL || cloudify_total(document) != (int64_t)json_size(items)) {
        state_say(verdict, look->mem, STATE_CANNOT_TELL, "a list that is not complete");
    } else if (look->context->repeat && agents_cancels(look->unit) == NULL) {
        verdict->answer = STATE_ABSENT;
    } else {
        state_say(verdict, look->mem, STATE_CANNOT_TELL, "its execution is not to be seen");
    }
}

void agents_follow_judge(const struct agents_work *work, const struct state_context *context,
                         const struct agents_answer *about, struct state_verdict *verdicts,
                         const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(about->units, about->n, about->reply, &answer, verdicts, mem)) {
        return;
    }
    for (size_t i = 0; i < about->n; i++) {
        struct look look = {work, context, &about->units[i], mem};
        const struct json *row = find_row(cloudify_items(answer.document), look.unit);

        if (row != NULL) {
            judge_row(&look, row, &verdicts[i]);
        } else {
            judge_missing(&look, answer.document, &verdicts[i]);
        }
    }
}
