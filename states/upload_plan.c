#include "states/upload_plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/common.h"

/* A careful guess for the estimate: what one gigabit shared by ten gives. */
#define BYTES_PER_SECOND ((int64_t)12 * 1024 * 1024)

/* The snapshot that this run has taken on the old manager, or NULL. */
static const char *taken(const struct state_context *context)
{
    return json_string_or(context->facts, "backup.snapshot", NULL);
}

bool upload_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *ids[] = {states_snapshot_id(context), taken(context)};

    (void)units, (void)n;
    if (!states_manager_is_known(context)) {
        verdicts->answer = STATE_DONE;
        return false;
    }
    /* in all tenants: the file of a snapshot belongs to its id alone (facts 10.1) */
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = "snapshots",
                                              .filter = "id",
                                              .values = ids,
                                              .value_count = ids[1] == NULL ? 1 : 2,
                                              .all_tenants = true});
    return true;
}

static void estimate(const struct state_context *context, const void *mem)
{
    int64_t size = json_int64_or(context->facts, "archive.size", -1);
    const char *file = states_option(context, "snapshot.file");

    state_plan_units(context->plan, 1);
    if (file == NULL) {
        state_plan_note(context->plan,
                        "the manager fetches the archive itself: ferry cannot look inside it");
        state_plan_estimate(context->plan, 0, "the manager fetches the archive");
        return;
    }
    if (size < 0) {
        state_plan_estimate(context->plan, 0, "by the size of the snapshot");
        return;
    }
    state_plan_estimate(context->plan,
                        size == 0 ? 0 : size * 1000 / BYTES_PER_SECOND + STATES_SECOND_MS,
                        mem_printf(mem, "%s at %s a second", timefmt_bytes(mem, size),
                                   timefmt_bytes(mem, BYTES_PER_SECOND)));
}

/* Two names of one manager: what was taken there would be restored over itself. */
static void check_other(const struct state_context *context, const struct json *rows,
                        const void *mem)
{
    if (taken(context) != NULL && cloudify_row(rows, taken(context)) != NULL) {
        state_plan_check(context->plan, "old_manager", STATE_CHECK_STOPS,
                         mem_printf(mem,
                                    "the new manager is the old one: it has snapshot \"%s\", which "
                                    "this run has taken on the old one",
                                    taken(context)),
                         "ferry cancel ends the run; then let manager.url name the new manager");
    }
}

void upload_plan_judge(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    static const char name[] = "snapshot_id";
    const char *id = states_snapshot_id(context);
    struct cloudify_answer answer;
    const struct json *row;

    (void)units, (void)n;
    if (!states_plan_read(context, reply, &answer, verdicts, mem)) {
        return;
    }
    estimate(context, mem);
    verdicts->answer = STATE_DONE;
    check_other(context, cloudify_items(answer.document), mem);
    row = cloudify_row(cloudify_items(answer.document), id);
    if (row == NULL) {
        state_plan_check(context->plan, name, STATE_CHECK_OK,
                         mem_printf(mem, "no snapshot \"%s\" in any tenant", id), NULL);
        return;
    }
    state_plan_check(
        context->plan, name, STATE_CHECK_STOPS,
        mem_printf(mem, "a snapshot \"%s\" is on the manager already (%s, by %s in tenant %s, %s)",
                   id, cloudify_text(row, "status", "?"), cloudify_text(row, "created_by", "?"),
                   cloudify_text(row, "tenant_name", "?"), cloudify_text(row, "created_at", "?")),
        "choose another name with --snapshot-id; or, if an earlier run of ferry made it, go on "
        "with: ferry resume");
}
