#include "practice/restore.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "practice/content.h"
#include "practice/practice.h"

static struct content *read_archive(struct practice *practice, const char *snapshot,
                                    enum content_problem *problem)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    const char *path = practice_archive_path(practice, scope, snapshot);
    restore_forget(practice);
    *problem = CONTENT_FINE;
    if (content_read(practice, path, &practice->restoring, problem, &err) != FERRY_OK) {
        (void)fprintf(stderr, "ferry-practice: %s: %s\n", snapshot, err.message);
        practice->restoring = NULL;
        return NULL;
    }
    practice->restoring_id = mem_strdup(practice, snapshot);
    return practice->restoring;
}

void restore_forget(struct practice *practice)
{
    mem_free(practice->restoring);
    mem_free(practice->restoring_id);
    practice->restoring = NULL;
    practice->restoring_id = NULL;
}

struct content *restore_content(struct practice *practice, const char *snapshot)
{
    enum content_problem problem = CONTENT_FINE;
    if (practice->restoring != NULL && strcmp(practice->restoring_id, snapshot) == 0) {
        return practice->restoring;
    }
    return read_archive(practice, snapshot, &problem);
}

static struct restore_case fails(const void *ctx, enum restore_verdict verdict, const char *what)
{
    return (struct restore_case){
        verdict,
        mem_printf(ctx, RESTORE_TRACE "cloudify.exceptions.NonRecoverableError: %s\n", what)};
}

static struct restore_case judge_problem(const struct practice *practice, const void *ctx,
                                         enum content_problem problem)
{
    bool leaks =
        practice->profile->new_format; /* only there the finally itself fails (facts 2.6) */
    switch (problem) {
    case CONTENT_UNREADABLE:
        return leaks ? (struct restore_case){RESTORE_HANGS, NULL}
                     : fails(ctx, RESTORE_FAILS, "IOError: [Errno 2] No such file or directory");
    case CONTENT_NOT_ZIP:
    case CONTENT_NO_METADATA:
        if (!leaks) {
            return fails(ctx, RESTORE_FAILS,
                         problem == CONTENT_NOT_ZIP
                             ? "BadZipfile: File is not a zip file"
                             : "IOError: [Errno 2] No such file or directory: 'metadata.json'");
        }
        return (struct restore_case){RESTORE_LEAKS, RESTORE_TRACE
                                     "TypeError: argument of type 'NoneType' is not iterable\n"};
    case CONTENT_FINE:
    case CONTENT_BAD_DATA:
    case CONTENT_NO_DATA:
        break;
    }
    return fails(ctx, RESTORE_FAILS, "Failed to restore postgres data from the snapshot");
}

#define NETWORKS(own)                                                                              \
    "json_each(coalesce((SELECT value FROM settings WHERE name = '" own "'), (SELECT value FROM"   \
    " settings WHERE name = 'networks'), '[\"default\"]'))"

/* The names of one kind, for a message. */
static const char *names_of(struct practice *practice, const void *ctx, bool broker)
{
    const char *names =
        sql_one_text(ctx, practice->sql,
                     broker ? "SELECT group_concat(value, ', ') FROM " NETWORKS("broker_networks")
                            : "SELECT group_concat(value, ', ') FROM " NETWORKS("manager_networks"),
                     "");
    return names == NULL ? "" : names;
}

/* Names, not addresses: those of live agents must be known here. Verdict RESTORE_LEGACY: they are.
 */
static struct restore_case judge_networks(struct practice *practice, const void *ctx,
                                          const struct content *content)
{
    struct buf missing;
    buf_init(&missing, ctx, 65536);
    for (size_t i = 0; i < content->networks_count; i++) {
        if (sql_one_int(practice->sql, 0,
                        "SELECT 1 FROM " NETWORKS(
                            "manager_networks") " m WHERE m.value = ?1 AND"
                                                " EXISTS (SELECT 1 FROM " NETWORKS(
                                                    "broker_networks") " b WHERE b.value ="
                                                                       " ?1)",
                        "s", content->networks[i]) == 0) {
            (void)buf_printf(&missing, "%s%s", missing.len == 0 ? "" : ", ", content->networks[i]);
        }
    }
    if (missing.len == 0) {
        return (struct restore_case){RESTORE_LEGACY, NULL};
    }
    const char *names = buf_text(&missing);
    if (practice->version.major < 5) {
        return fails(ctx, RESTORE_FAILS,
                     mem_printf(ctx,
                                "Networks `[%s]` do not appear in the provider context, but have "
                                "live agents connected to them",
                                names));
    }
    return fails(ctx, RESTORE_FAILS,
                 mem_printf(ctx,
                            "Snapshot networks: `%s` are used by agents, but are missing from the "
                            "manager (manager networks: `%s`) and the broker (broker networks: "
                            "`%s`)",
                            names, names_of(practice, ctx, false), names_of(practice, ctx, true)));
}

/* The validator of a legacy restore, in its order. */
static struct restore_case judge_legacy(struct practice *practice, const void *ctx,
                                        const struct content *content, bool force, bool bootstrap)
{
    struct version from = {0, 0, 0};
    struct version mine = practice->version;
    (void)version_parse(content->snapshot_version == NULL ? "0.0" : content->snapshot_version,
                        &from);
    if (version_compare(from, mine) > 0) {
        return fails(ctx, RESTORE_FAILS,
                     mem_printf(ctx,
                                "Cannot restore a newer manager's snapshot on this manager "
                                "[%d.%d.%d > %d.%d.%d]",
                                from.major, from.minor, from.patch, mine.major, mine.minor,
                                mine.patch));
    }
    if (from.major < 4 && mine.major >= 5) { /* 4.x took those of 3.x */
        return fails(ctx, RESTORE_FAILS,
                     mem_printf(ctx, "Restoring snapshot from version %d.%d.%d is not supported",
                                from.major, from.minor, from.patch));
    }
    if (!bootstrap) {
        return fails(ctx, RESTORE_FAILS,
                     "The current user is not authorized to restore v4 snapshots. Only the "
                     "bootstrap admin is allowed to perform this action");
    }
    if (!force && sql_one_int(practice->sql, 0, "SELECT 1 FROM blueprints LIMIT 1", "") != 0) {
        return (struct restore_case){RESTORE_FAILS, RESTORE_NOT_CLEAN};
    }
    if (mine.major >= 7 && practice_switch(practice, "distributed")) {
        return fails(ctx, RESTORE_FAILS,
                     "legacy snapshots cannot be restored on a distributed manager");
    }
    struct restore_case networks = judge_networks(practice, ctx, content);
    if (networks.error != NULL) {
        return networks;
    }
    return content->layout == CONTENT_LAYOUT_LEGACY ? (struct restore_case){RESTORE_LEGACY, NULL}
                                                    : judge_problem(practice, ctx, CONTENT_NO_DATA);
}

struct restore_case restore_judge(struct practice *practice, const void *ctx, const char *snapshot,
                                  bool force, bool bootstrap)
{
    enum content_problem problem = CONTENT_FINE;
    if (!cluster_has_archive(practice, snapshot, (size_t)practice->state.restore_node, true)) {
        return fails(ctx, RESTORE_FAILS,
                     mem_printf(ctx,
                                "FileNotFoundError: [Errno 2] No such file or directory: "
                                "'/opt/manager/resources/snapshots/%s/%s.zip'",
                                snapshot, snapshot));
    }
    const struct content *content = read_archive(practice, snapshot, &problem);
    if (content == NULL) {
        return judge_problem(practice, ctx, problem);
    }
    if (!practice->profile->new_format || content_has_revisions(content)) {
        return judge_legacy(practice, ctx, content, force, bootstrap);
    }
    if (content->layout == CONTENT_LAYOUT_NEW) {
        return (struct restore_case){RESTORE_NEW, NULL};
    }
    /* contract/22: metadata of the new format without data fails when it names the execution that
       made it; contract/23: an archive of a community manager ends well with nothing. */
    if (content->create_execution != NULL) {
        return fails(ctx, RESTORE_BREAKS,
                     mem_printf(ctx, "404: Requested `Execution` with ID `%s` was not found",
                                content->create_execution));
    }
    return (struct restore_case){RESTORE_NOTHING, NULL};
}
