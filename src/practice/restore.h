/*
 * A restore: judged at its beginning, then played back in steps on the time lines of contract/20
 * to 26: restore.c begins it and does the new format, restore_legacy.c the legacy one up to the end
 * of its execution, restore_after.c what comes after that.
 */
#ifndef PRACTICE_RESTORE_H
#define PRACTICE_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;
struct practice;

/* What a POST has asked for; force and bootstrap are of the request. */
struct restore_order {
    const char *execution, *snapshot;
    size_t node; /* that was asked */
    bool force, bootstrap, certificates, no_reboot, ignore_plugins;
};

/* Plans the restore of an execution that has just been made. */
void restore_launch(struct practice *practice, const struct restore_order *order);
void restore_step(struct practice *practice, const struct job *job);

/* --- restore_weather.c: managers up to 6.1 --- */
struct request;
/* A request has come: with the switch "temperamental" it may spoil the restore under way. */
void restore_disturb(struct practice *practice);
/* True: the services of this node are stopped for the restore; nginx answers 502. */
bool restore_stops_node(const struct request *request);
/* True: the reply is filled with the 500 of a data base in the middle of its migration. */
bool restore_answers_sick(struct request *request);
/* True: who had asked for maintenance was no user of the source, and the row refers to nobody:
   from 5.1.1 on every request fails by that (facts 1.2). */
bool restore_lost_requester(struct request *request);
/* How long the data base is replaced: setting seconds.migration, or past the quiet time where the
   manager is temperamental, or the usual time. */
int64_t restore_migration_ms(struct practice *practice, int64_t usual_ms);

/* --- restore_judge.c: what a manager makes of an archive --- */
enum restore_verdict {
    RESTORE_HANGS,   /* the execution stays started, the flag up: no archive on the disk */
    RESTORE_LEAKS,   /* failed, and the flag stays up for ever: no zip, no metadata.json */
    RESTORE_FAILS,   /* failed by validation; the flag goes 3.5 s later */
    RESTORE_BREAKS,  /* new format: flag first, then failed */
    RESTORE_NOTHING, /* ends well and has restored nothing */
    RESTORE_LEGACY,
    RESTORE_NEW,
};

struct restore_case {
    enum restore_verdict verdict;
    const char *error; /* of the execution, owned by ctx of the call; NULL: none */
};

#define RESTORE_TRACE "File \"/opt/manager/...\", in restore\n"
#define RESTORE_NOT_CLEAN                                                                          \
    RESTORE_TRACE "cloudify.exceptions.NonRecoverableError: Snapshot restoration on a non-empty "  \
                  "manager is not permitted. Pass the --force flag to force the restore and "      \
                  "delete existing data from the manager\n"

/* Reads the archive of the snapshot (kept in practice->restoring) and judges it. */
struct restore_case restore_judge(struct practice *practice, const void *ctx, const char *snapshot,
                                  bool force, bool bootstrap);
/* The content of the archive, from memory or read again after a restart; NULL: gone or bad. */
struct content *restore_content(struct practice *practice, const char *snapshot);
void restore_forget(struct practice *practice);

#endif
