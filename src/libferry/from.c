/*
 * An upgrade that begins on the old manager: what its archive will be called, and the look at it
 * once it is here. A plan that is made before the snapshot is taken cannot know what is in it, so
 * the run itself looks once more, with all checks of a plan, before it touches the new manager.
 */
#include <string.h>

#include "config/config.h"
#include "config/references.h"
#include "config/workflow.h"
#include "libferry/internal.h"
#include "states/backup_names.h"
#include "states/states.h"

bool from_is_meant(const struct json *options)
{
    return strcmp(config_workflow_name(options), workflow_upgrade_from.name) == 0;
}

void from_name(struct ferry *ferry, struct json *options)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *backup = (struct json *)(uintptr_t)json_member(options, "backup");
    struct json *snapshot = (struct json *)(uintptr_t)json_member(options, "snapshot");
    const char *name;

    if (!from_is_meant(options) || json_string_or(snapshot, "file", NULL)) {
        return; /* a saved plan has its names */
    }
    name = backup_name(scope, json_string_or(backup, "name", BACKUP_NAME),
                       json_string_or(options, "old_manager.url", ""),
                       ferry->clock->realtime_ms(ferry->clock));
    json_set_string(backup, "name", name);
    if (!json_string_or(snapshot, "id", NULL)) {
        json_set_string(snapshot, "id", config_snapshot_id(scope, name));
    }
    if (!json_string_or(snapshot, "url", NULL)) {
        json_set_string(
            snapshot, "file",
            mem_printf(scope, "%s/%s.zip", json_string_or(backup, "directory", "."), name));
    }
}

/* Has somebody taken away what check_archive has proven? */
static bool is_gone(const struct session *session)
{
    struct ferry_error ignored = {0};
    struct stat info;
    const char *file = json_string_or(session->options, "snapshot.file", NULL);

    return file && session_stat(file, &info, &ignored) == FERRY_E_NOT_FOUND;
}

static enum ferry_code gone(struct ferry_error *err)
{
    ferry_error_prefix(err, "the archive that this run has brought here is gone");
    ferry_error_hint(err, "put it back there, then: ferry resume; or cancel the run and begin a "
                          "new one, which takes a new snapshot");
    return err->code;
}

static enum ferry_code look(const void *ctx, struct session *session, const struct json *facts,
                            struct ferry_error *err)
{
    struct session seen = *session;
    struct json *plan;

    seen.engine.workflow = &workflow_upgrade;
    if (session_local_facts(ctx, &seen, false, err)) {
        return is_gone(session) ? gone(err) : err->code;
    }
    json_set_json(seen.facts, "backup", json_get(facts, "backup"));
    if (plan_look(ctx, &seen, NULL, &plan, err)) {
        return err->code;
    }
    if (json_bool_or(plan, "blocked", false)) {
        return ferry_error_prefix(err, plan_blocked(plan, err) == FERRY_E_REFUSED
                                           ? "the snapshot is here, but cannot be restored"
                                           : "the look before the upload");
    }
    plan_tell_warnings(session, plan);
    return FERRY_OK;
}

enum ferry_code from_permit(void *arg, const char *step, const struct json *facts,
                            struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct session *session = arg;

    if (strcmp(step, state_upload.name) != 0 ||
        session_check_archive(session->options, facts, err)) {
        return err->code;
    }
    if (look(scope, session, facts, err) == FERRY_E_STOPPED) { /* of a plan: it changed nothing */
        ferry_fail(err, FERRY_E_STOPPED, "stopped by a signal in the look before the upload");
        ferry_error_hint(err, "to go on: ferry resume");
    }
    return err->code;
}
