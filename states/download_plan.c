#include "states/download_plan.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/backup_local.h"
#include "states/backup_names.h"

bool download_plan_ask(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    (void)units, (void)n;
    if (states_option(context, "snapshot.url") != NULL) {
        verdicts->answer = STATE_DONE;
        state_plan_skip(context->plan, "the new manager fetches the archive itself");
        return false;
    }
    backup_local(request, mem, HTTP_GET, backup_file_name(context, mem), "");
    return true;
}

void download_plan_judge(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    const char *directory = json_string_or(context->options, "backup.directory", "");
    const char *name = backup_file_name(context, mem);
    struct cloudify_answer answer;

    (void)units, (void)n;
    cloudify_read(reply, &answer);
    verdicts->answer = STATE_DONE;
    if (answer.kind != CLOUDIFY_FINE) {
        state_plan_blocker(context->plan, FERRY_E_IO, cloudify_describe(mem, &answer), NULL);
        return;
    }
    const char *problem = json_string_or(answer.document, "folder", NULL);

    if (problem != NULL) {
        state_plan_blocker(context->plan, FERRY_E_IO, problem,
                           "make the folder, or name another in backup.directory");
        return;
    }
    if (json_is_number(json_member(answer.document, "size"))) {
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            mem_printf(mem, "\"%s/%s\" exists, and is never written over", directory, name),
            "write {time} into backup.name, or move the file elsewhere");
    }
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, 0, "by the size of the snapshot");
    state_plan_note(context->plan,
                    mem_printf(mem, "the backup will be \"%s/%s\"; %s are free there", directory,
                               name,
                               timefmt_bytes(mem, json_int64_or(answer.document, "free", 0))));
}
