#include "states/restored.h"

#include <string.h>

#include "base/mem.h"

int64_t restored_poll_ms(const struct state_context *context)
{
    return states_number(context, "restore.poll_ms", states_caps(context)->poll_ms);
}

int64_t restored_quiet_ms(const struct state_context *context)
{
    return states_number(context, "restore.quiet_ms", states_caps(context)->quiet_ms);
}

int64_t restored_quiet_left_ms(const struct state_context *context)
{
    int64_t quiet_ms = restored_quiet_ms(context);
    int64_t left_ms = json_int64_or(context->facts, "restore.told_ms", context->now_ms) + quiet_ms -
                      context->now_ms;

    /* Never at once: the probe of a lost answer has asked just now, and to ask twice within an
       interval can end a restore (facts 6 no. 4). */
    int64_t least_ms = restored_poll_ms(context);

    least_ms = least_ms < quiet_ms ? least_ms : quiet_ms;
    return left_ms < least_ms ? least_ms : left_ms > quiet_ms ? quiet_ms : left_ms;
}

/* In polls of 5 s: 2 and 20 minutes. A restore of 4.6 makes the environments of all deployments
   anew after the passwords have changed (facts 2.1). */
#define SPACED_FIRST_POLLS 24
#define SPACED_THEN_POLLS 240

void restored_space_out(const struct state_context *context, const struct state_unit *unit,
                        struct state_verdict *verdict)
{
    bool first = json_get(unit->data, "denied_before") == NULL &&
                 json_get(unit->data, "denied_after") == NULL;

    if (!states_caps(context)->has_snapshot_status) {
        verdict->wait_ms =
            restored_poll_ms(context) * (first ? SPACED_FIRST_POLLS : SPACED_THEN_POLLS);
    }
}

static const char *who_now(const struct state_unit *unit, const char *first)
{
    return json_string_or(unit->data, "who", first);
}

struct cloudify_caller restored_caller(const struct state_context *context,
                                       const struct state_unit *unit, const char *first)
{
    struct cloudify_caller caller = states_reader(context);

    caller.tenant = CLOUDIFY_DEFAULT_TENANT; /* a restore moves its execution there: facts 2.3 */
    caller.who = strcmp(who_now(unit, first), "after") == 0 ? HTTP_AS_AFTER : HTTP_AS_BEFORE;
    return caller;
}

/* A manager counts wrong passwords by user: two of one user are one row of failures. */
static bool same_user(const struct state_context *context)
{
    const char *before = json_string_or(context->options, "manager.username", "");

    return strcmp(json_string_or(context->options, "manager.after_restore.username", before),
                  before) == 0;
}

/* Before its data hold a count, it is what the probe of a lost answer has tried in vain. */
static int already(const struct state_context *context, const struct state_unit *unit)
{
    return json_get(unit->data, "denied_before") == NULL &&
           json_get(unit->data, "denied_after") == NULL &&
           json_bool_or(context->facts, "restore.denied", false);
}

bool restored_denied(const struct state_context *context, const struct state_unit *unit,
                     const char *first, struct state_verdict *verdict, const void *mem)
{
    bool after = strcmp(who_now(unit, first), "after") == 0;
    const char *mine = after ? "denied_after" : "denied_before";
    int64_t other = json_int64_or(unit->data, after ? "denied_before" : "denied_after", 0);
    int64_t count = json_int64_or(unit->data, mine, already(context, unit)) + 1;
    struct json *data = state_data(verdict, mem);

    json_set_int(data, mine, count);
    if (same_user(context) && count + other >= STATES_DENIALS_MAX) {
        return false;
    }
    if (states_have_after(context) && other < STATES_DENIALS_MAX) {
        json_set_string(data, "who", after ? "before" : "after");
        return true;
    }
    return count < STATES_DENIALS_MAX;
}

void restored_admitted(const struct state_unit *unit, struct state_verdict *verdict,
                       const void *mem)
{
    if (json_get(unit->data, "denied_before") != NULL) {
        json_set_null(state_data(verdict, mem), "denied_before");
    }
    if (json_get(unit->data, "denied_after") != NULL) {
        json_set_null(state_data(verdict, mem), "denied_after");
    }
}

void restored_ask_list(struct http_request *request, const struct cloudify_caller *caller)
{
    static const char *const restore[] = {"restore_snapshot"};

    cloudify_ask_list(request, caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status,error,created_at,ended_at",
                                              .filter = "workflow_id",
                                              .values = restore,
                                              .value_count = 1,
                                              .all_tenants = true,
                                              .system_workflows = true,
                                              .sort = "-created_at",
                                              .size = CLOUDIFY_PAGE});
}

const struct json *restored_row(const struct json *items, const struct json *known)
{
    const struct json *found = NULL;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *id = cloudify_text(row, "id", NULL);

        if (id == NULL || states_holds(known, id)) {
            continue;
        }
        if (!cloudify_execution_ended(cloudify_execution_of(row))) {
            return row;
        }
        if (found == NULL) {
            found = row;
        }
    }
    return found;
}

void restored_ask_blueprints(struct http_request *request, const struct cloudify_caller *caller)
{
    cloudify_ask_list(
        request, caller,
        &(struct cloudify_list){
            .resource = "blueprints", .include = "id", .all_tenants = true, .size = 1});
}
