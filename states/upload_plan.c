#include "states/upload_plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/common.h"

/* A careful guess for the estimate: what one gigabit shared by ten gives. */
#define BYTES_PER_SECOND ((int64_t)12 * 1024 * 1024)

bool upload_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *id = states_snapshot_id(context);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (states_at(units, "snapshot")) {
        /* in all tenants: the file of a snapshot belongs to its id alone (facts 10.1) */
        cloudify_ask_list(*request, &caller,
                          &(struct cloudify_list){.resource = "snapshots",
                                                  .filter = "id",
                                                  .values = &id,
                                                  .value_count = 1,
                                                  .all_tenants = true});
    } else if (states_at(units, "license")) {
        cloudify_ask_license(*request, &caller);
    } else {
        cloudify_ask_version(*request, &caller);
    }
    return true;
}

/* Whether this archive can be restored on a manager of this version. */
static void check_archive(const struct state_context *context, const char *version, const void *mem)
{
    const char *format = states_archive_format(context);
    const char *made_by = json_string_or(context->facts, "archive.version", "");
    const struct cloudify_caps *caps = cloudify_caps_for(version);
    struct ferry_error err = {0};
    int order = 0;

    if (format[0] == '\0') {
        return; /* given by URL: nobody has looked inside */
    }
    /* below 7.0 it is an ordinary dump; 7.x takes it for the new format (facts 10.3) */
    if (strcmp(format, "community-legacy") == 0 && caps != NULL && caps->legacy_flag) {
        state_plan_blocker(
            context->plan, FERRY_E_ARCHIVE,
            mem_printf(mem,
                       "a legacy snapshot of a community manager: %s would restore nothing of it "
                       "and still report success",
                       version),
            "make the snapshot in the new format, or restore on a manager before 7.0");
    } else if (strcmp(format, "new") == 0) {
        if (caps != NULL && !caps->legacy_flag) {
            state_plan_blocker(
                context->plan, FERRY_E_ARCHIVE,
                mem_printf(mem, "the archive has the format of 7.0, manager %s cannot read it",
                           version),
                "make the snapshot with --legacy, or restore on a newer manager");
        }
        if (cloudify_version_compare_text(made_by, version, &order) && order > 0) {
            state_plan_blocker(
                context->plan, FERRY_E_ARCHIVE,
                mem_printf(mem, "the archive was made by %s, which is newer than manager %s",
                           made_by, version),
                "restore on a manager of the snapshot's version or a newer one");
        }
    } else if (cloudify_restore_allowed(version, made_by, &err) != FERRY_OK) {
        state_plan_blocker(context->plan, err.code, err.message,
                           err.hint[0] == '\0' ? NULL : err.hint);
    }
    if (made_by[0] != '\0' && !cloudify_restore_tested(version, made_by)) {
        state_plan_warning(context->plan,
                           mem_printf(mem,
                                      "a restore of %s on %s was not tested by the makers of "
                                      "Cloudify",
                                      made_by, version),
                           "try it on a spare manager first, or go by a version in between");
    }
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
    state_plan_estimate(context->plan,
                        size <= 0 ? 0 : size * 1000 / BYTES_PER_SECOND + STATES_SECOND_MS,
                        mem_printf(mem, "%s at %s a second", timefmt_bytes(mem, size),
                                   timefmt_bytes(mem, BYTES_PER_SECOND)));
}

static void judge_version(const struct state_context *context, const struct cloudify_answer *answer,
                          struct state_verdict *verdict, const void *mem)
{
    const char *version = cloudify_text(answer->document, "version", NULL);
    const struct cloudify_caps *caps = NULL;
    struct ferry_error err = {0};

    verdict->answer = STATE_DONE;
    if (version == NULL) {
        state_plan_blocker(
            context->plan, FERRY_E_PROTOCOL,
            mem_printf(mem, "%s does not answer like a Cloudify manager: no version (HTTP %d)",
                       json_string_or(context->options, "manager.url", "the URL"), answer->status),
            "check manager.url: protocol, host and port, no path");
        return;
    }
    if (cloudify_caps_find(version, &caps, &err) != FERRY_OK) {
        state_plan_blocker(context->plan, err.code, err.message,
                           err.hint[0] == '\0' ? NULL : err.hint);
        return;
    }
    const char *warning = cloudify_version_warning(mem, version);
    struct json *manager = json_set_object(state_facts(verdict, mem), "manager");

    if (warning != NULL) {
        state_plan_warning(context->plan, warning, NULL);
    }
    json_set_string(manager, "version", version);
    json_set_string(manager, "edition", cloudify_text(answer->document, "edition", "?"));
    json_set_string(manager, "distribution", cloudify_text(answer->document, "distribution", NULL));
    check_archive(context, version, mem);
    estimate(context, mem);
    states_next(verdict, mem, "snapshot");
}

static void judge_snapshot(const struct state_context *context,
                           const struct cloudify_answer *answer, struct state_verdict *verdict,
                           const void *mem)
{
    const char *id = states_snapshot_id(context);
    const struct json *row = cloudify_row(cloudify_items(answer->document), id);

    if (row != NULL) {
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            mem_printf(
                mem, "a snapshot \"%s\" is on the manager already (%s, by %s in tenant %s, %s)", id,
                cloudify_text(row, "status", "?"), cloudify_text(row, "created_by", "?"),
                cloudify_text(row, "tenant_name", "?"), cloudify_text(row, "created_at", "?")),
            "choose another name with --snapshot-id; or, if an earlier run of ferry made it, go on "
            "with: ferry resume");
    }
    if (strcmp(json_string_or(context->facts, "manager.edition", ""), "premium") == 0) {
        states_next(verdict, mem, "license");
    } else {
        verdict->answer = STATE_DONE;
    }
}

/* Without a licence a premium manager refuses every snapshot request (facts 6 no. 14). */
static void judge_license(const struct state_context *context, const struct cloudify_answer *answer,
                          struct state_verdict *verdict)
{
    const struct json *license = json_first(cloudify_items(answer->document));

    verdict->answer = STATE_DONE;
    if (answer->kind == CLOUDIFY_FINE && license == NULL) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           "the manager is premium and has no licence: it refuses snapshots",
                           "upload the licence first: cfy license upload FILE");
    } else if (json_bool_or(license, "expired", false)) {
        state_plan_warning(context->plan, "the manager's licence has expired", NULL);
    }
}

void upload_plan_judge(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    if (!states_plan_read(context, reply, &answer, verdicts, mem)) {
        return;
    }
    if (states_at(units, "snapshot")) {
        judge_snapshot(context, &answer, verdicts, mem);
    } else if (states_at(units, "license")) {
        judge_license(context, &answer, verdicts);
    } else {
        judge_version(context, &answer, verdicts, mem);
    }
}
