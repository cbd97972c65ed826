/*
 * A restore: judged at its beginning, then played back in steps on the time lines of contract/20
 * to 26. The moments of the legacy restore are in restore.c, in one table.
 */
#ifndef PRACTICE_RESTORE_H
#define PRACTICE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct practice;

/* Plans the restore of an execution that has just been made. force and bootstrap are of the
   request. */
void restore_launch(struct practice *practice, const char *execution, const char *snapshot,
                    bool force, bool bootstrap);
void restore_step(struct practice *practice, const struct job *job);

/* --- restore_weather.c: managers up to 6.1 --- */
struct request;
/* A request has come: with the switch "temperamental" it may spoil the restore under way. */
void restore_disturb(struct practice *practice);
/* True: the reply is filled with the 500 of a data base in the middle of its migration. */
bool restore_answers_sick(struct request *request);
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

/* Reads the archive of the snapshot (kept in practice->restoring) and judges it. */
struct restore_case restore_judge(struct practice *practice, const void *ctx, const char *snapshot,
                                  bool force, bool bootstrap);
/* The content of the archive, from memory or read again after a restart; NULL: gone or bad. */
struct content *restore_content(struct practice *practice, const char *snapshot);
void restore_forget(struct practice *practice);

#endif
