/*
 * What is at work on the manager: maintenance waits for every open execution, queued and scheduled
 * ones too, which never end while it waits (facts 1.2); a restore beside any is refused and leaves
 * a dead row that blocks all further ones (facts 10.5 no. 1); and a flag that an earlier restore
 * left behind says for ever that one is running (facts 2.6).
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"

#define OPEN "open_executions"
#define FLAG "restore_flag"
#define SHOWN 10

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    states_request(request, mem);
    if (states_at(units, "flag")) {
        cloudify_ask_snapshot_status(*request);
    } else {
        states_ask_open(*request, &caller);
    }
    return true;
}

/* A restore that is open: nothing of ours, a plan is made before a run. */
static const struct json *open_restore(const struct json *items)
{
    const struct json *row = json_first(items);

    while (row != NULL && strcmp(cloudify_text(row, "workflow_id", ""), "restore_snapshot") != 0) {
        row = json_next(row);
    }
    return row;
}

static const char *named(const struct json *row, const void *mem)
{
    const char *deployment = cloudify_text(row, "deployment_id", NULL);

    return mem_printf(mem, "%s %s%s%s (%s)", cloudify_text(row, "id", "?"),
                      cloudify_text(row, "workflow_id", "?"), deployment == NULL ? "" : " on ",
                      deployment == NULL ? "" : deployment, cloudify_text(row, "status", "?"));
}

static void check_open(const struct state_context *context, const struct json *document,
                       const void *mem)
{
    const struct json *items = cloudify_items(document);
    const struct json *restore = open_restore(items);
    const char *names[SHOWN];
    struct preflight_names_list list = {.texts = names, .total = cloudify_total(document)};

    for (const struct json *row = json_first(items); row != NULL && list.count < SHOWN;
         row = json_next(row)) {
        names[list.count++] = named(row, mem);
    }
    if (restore != NULL) {
        preflight_say(context, mem, OPEN, STATE_CHECK_STOPS,
                      mem_printf(mem,
                                 "if nothing restores now, a refused request left it behind: cfy "
                                 "executions cancel --kill %s",
                                 cloudify_text(restore, "id", "?")),
                      "another restore is on the manager (execution %s, %s)",
                      cloudify_text(restore, "id", "?"), cloudify_text(restore, "status", "?"));
    } else if (list.total < 0) {
        preflight_say(context, mem, OPEN, STATE_CHECK_CANNOT_TELL,
                      "look at cfy executions list --include-system-workflows",
                      "the manager's list of executions has no total");
    } else if (list.total == 0) {
        preflight_say(context, mem, OPEN, STATE_CHECK_OK, NULL,
                      "nothing runs, waits or is scheduled on the manager");
    } else {
        preflight_say(context, mem, OPEN, STATE_CHECK_WARNING,
                      "let them end or cancel them (cfy executions cancel ID); queued and "
                      "scheduled ones never end by themselves in maintenance",
                      "%lld executions are open; maintenance waits for them: %s",
                      (long long)list.total, preflight_join(mem, &list));
    }
}

static void check_flag(const struct state_context *context, const struct json *document,
                       const void *mem)
{
    switch (cloudify_restore_flag_of(document)) {
    case CLOUDIFY_RESTORE_IDLE:
        preflight_say(context, mem, FLAG, STATE_CHECK_OK, NULL,
                      "the manager says that no restore is running");
        break;
    case CLOUDIFY_RESTORE_RUNNING:
        preflight_say(context, mem, FLAG, STATE_CHECK_STOPS,
                      mem_printf(mem,
                                 "wait for its end; if none runs, an earlier one left its flag "
                                 "behind: rm -f %s on the manager",
                                 states_caps(context)->flag_path),
                      "the manager says that a restore is running");
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        preflight_say(
            context, mem, FLAG, STATE_CHECK_CANNOT_TELL,
            mem_printf(mem, "look for %s on the manager", states_caps(context)->flag_path),
            "snapshot-status is neither running nor not");
        break;
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    bool at_flag = states_at(units, "flag");
    bool fine = preflight_read(context, at_flag ? FLAG : OPEN, reply, &answer, verdict, mem);

    (void)n;
    if (at_flag) {
        if (fine) {
            check_flag(context, answer.document, mem);
        }
        return;
    }
    if (fine) {
        check_open(context, answer.document, mem);
    }
    if (answer.kind == CLOUDIFY_DENIED) {
        return;
    }
    if (states_caps(context)->has_snapshot_status) {
        states_next(verdict, mem, "flag");
    } else {
        preflight_say(context, mem, FLAG, STATE_CHECK_OK, NULL,
                      "managers before 5.0.5 keep no such flag");
    }
}

const struct ferry_state preflight_executions = {
    .name = "preflight_executions",
    .summary = "looks what runs, and for the flag of a restore",
    .plan = {.ask = ask, .judge = judge},
};
