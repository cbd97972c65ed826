/*
 * libferry: carries a Cloudify Manager across an upgrade.
 *
 * A handle (struct ferry) belongs to one journal. Calls that change anything own the journal for
 * their duration; calls that only look work beside a run in another process. Nothing here prints,
 * installs a signal handler or keeps global state. Results are JSON documents (UTF-8, NUL-ended,
 * to be freed with ferry_text_free): one contract for programs, and for people by way of
 * `ferry --json`. No result, event or message holds a password or token.
 *
 * Every call returns a ferry_code and fills the caller's struct ferry_error (may be NULL).
 * A handle is used by one thread at a time; only ferry_stop may be called from a signal handler.
 */
#ifndef FERRY_FERRY_H
#define FERRY_FERRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ferry/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_API __attribute__((visibility("default"), warn_unused_result))
#define FERRY_API_VOID __attribute__((visibility("default")))

struct ferry;

/* What a run tells while it goes on. Texts are valid during the call only. */
struct ferry_event {
    int64_t id;          /* of the event in the journal; 0: transient (progress), not stored */
    int64_t at_ms;       /* unix milliseconds */
    const char *kind;    /* "run_started", "step_started", "unit_done", "progress", ...; transient
                            also "status" (data: as ferry_status gives it), before a run goes on,
                            and "tick": one to four times a second while nothing else is told */
    const char *run;     /* its name */
    const char *step;    /* name of the state, or NULL */
    const char *unit;    /* key of the unit, or NULL */
    const char *text;    /* one line for people, or NULL */
    const char *data;    /* the event's JSON, or NULL */
    int64_t done, total; /* progress; total 0: not known */
    const char *measure; /* what done and total count: "bytes", "units", or NULL */
};

struct ferry_options {
    const char *journal; /* path; NULL: $FERRY_JOURNAL, else $XDG_STATE_HOME/ferry/journal.db,
                            else ~/.local/state/ferry/journal.db */
    const char *command; /* for the lock file: who holds the journal; NULL: "libferry" */
    bool allow_network_fs;
    void (*on_event)(void *arg, const struct ferry_event *event); /* may be NULL */
    void (*on_log)(void *arg, const char *line);                  /* may be NULL */
    void *arg;
};

/* Where the definition of a run comes from. Later sources win: file, then settings. */
struct ferry_source {
    const char *file;            /* upgrade.yaml, backup.yaml or a saved plan (.json), or NULL */
    const char *const *settings; /* "manager.url=https://..." ...: any key of the file */
    size_t setting_count;
    const char *workflow; /* "upgrade" or "backup": any other file is refused; NULL: whichever the
                             file is about */
};

/* Makes a handle; opens nothing yet. Free it with ferry_free. */
FERRY_API enum ferry_code ferry_new(const struct ferry_options *options, struct ferry **out,
                                    struct ferry_error *err);
FERRY_API_VOID void ferry_free(struct ferry *ferry);
FERRY_API_VOID void ferry_text_free(char *text);
FERRY_API_VOID const char *ferry_version(void);

struct ferry_plan_options {
    /* When the run is meant to begin: RFC 3339, or "2026-11-28 02:00" with a zone ("Z", "+01:00")
       or without one (local time). NULL: now. */
    const char *at;
};

/*
 * Reads manager and archive, changes nothing, journals nothing. *plan: {"workflow", "manager",
 * "archive", "checks":[{"name","verdict":"ok|warning|stops|cannot_tell","step","evidence","next",
 * "source"}], "findings":[{"kind":"blocker|warning|note","step","text","hint","check","verdict"}],
 * "steps":[{"name","summary","skip","units","estimate_ms","estimate_terms","requests":[{"phase",
 * "method","path","headers","body"}],...}],
 * "forecast":{"begins",...,"duration","agents","executions"},
 * "identity":{"url","version","edition","nodes"}, "facts", "digests":{FACT: SHA-256 of its
 * canonical JSON}, "schema", "digest"}. The text is canonical JSON (keys sorted, one line), and
 * "digest" is the SHA-256 of the same text without this member. options may be NULL.
 * A check that stops is among the findings as a blocker, one that warns or cannot tell as a
 * warning. FERRY_OK also when something stands in the way: see "blocked" in the document.
 */
FERRY_API enum ferry_code ferry_plan(struct ferry *ferry, const struct ferry_source *source,
                                     const struct ferry_plan_options *options, char **plan,
                                     struct ferry_error *err);

/*
 * Reads a snapshot archive alone: no manager, no configuration, no journal. *report: {"archive",
 * "usable", "deep", "format":"legacy|new|community-legacy", "version", "made_at", "size", "sha256",
 * counts ("tenants", "users", "deployments", ...), lists ("tenant_list", "plugin_list",
 * "blueprint_list", "waiting", "active", "secret_list", ...), "warnings":[TEXT]}; times are RFC
 * 3339 in UTC, and of secrets there are names alone. deep: every member is unpacked and held
 * against the central directory. FERRY_E_ARCHIVE: damaged, or no snapshot; *report is NULL then.
 * FERRY_E_REFUSED: it can be read, but no manager restores it. FERRY_E_NOT_FOUND, FERRY_E_IO,
 * FERRY_E_STOPPED.
 */
FERRY_API enum ferry_code ferry_inspect(struct ferry *ferry, const char *path, bool deep,
                                        char **report, struct ferry_error *err);

/*
 * Looks at the environment: libraries, clock, limits, the place of the journal (where it makes a
 * file for a moment) and the journal itself; with a source also at the configuration, the secrets
 * that it names, and the manager, which is asked one question with one login (told before by an
 * event). *report: {"ferry","checks":[{"name","verdict":"ok|warning|stops|cannot_tell","evidence",
 * "next"}],"blocked","code"}. FERRY_OK also when something stops: see "blocked". source may be
 * NULL.
 */
FERRY_API enum ferry_code ferry_doctor(struct ferry *ferry, const struct ferry_source *source,
                                       char **report, struct ferry_error *err);

struct ferry_run_options {
    const char *stop_before; /* name of a state; NULL: go to the end */
};

/*
 * A new run, to its end, of the workflow that the source is for; a backup of this manager that was
 * interrupted is gone on with instead, as ferry_resume does, so that a schedule needs but one call.
 * *result as ferry_status gives it,
 * also when the call fails after the run was made. FERRY_OK, FERRY_E_PARTIAL (10), FERRY_E_STOPPED
 * (3), FERRY_E_UNKNOWN (4), FERRY_E_REFUSED (5), FERRY_E_FAILED (1) and what opening, reading and
 * planning can say.
 */
FERRY_API enum ferry_code ferry_run(struct ferry *ferry, const struct ferry_source *source,
                                    const struct ferry_run_options *options, char **result,
                                    struct ferry_error *err);
/* Goes on with a live run. run: name or prefix of the id; NULL: the only live one. The definition
   is in the journal; secrets are read anew from where it says; settings of source may replace
   where a secret comes from, the manager's URLs and CAs, and limits, nothing else. source may be
   NULL. */
FERRY_API enum ferry_code ferry_resume(struct ferry *ferry, const char *run,
                                       const struct ferry_source *source,
                                       const struct ferry_run_options *options, char **result,
                                       struct ferry_error *err);

/* Asks a ferry_run, ferry_resume or ferry_cancel to stop. Once: no new units, finish what is in
   flight, commit. Twice: cut what is in flight; those units are probed next time.
   Async-signal-safe. */
FERRY_API_VOID void ferry_stop(struct ferry *ferry);

/* Looking; never changes a byte of the journal. */
/* {"run","id","workflow","state","manager","from":{"manager","version"},"steps":[{"name","state",
   "units":{...}}],"stuck":[...],"remains":[what a run that has ended leaves on its managers],
   "compare",...}; from: where its snapshot is from; run NULL: the only live one, else the last. */
FERRY_API enum ferry_code ferry_status(struct ferry *ferry, const char *run, char **status,
                                       struct ferry_error *err);
/*
 * The units of a run, a page at a time, in the order of work: {"units":[{"step","unit","tenant",
 * "deployment","host","state","reason","hint","attempt","since","ended_at","seconds","execution"}],
 * "next":CURSOR or null}. step: name of a state; NULL: all steps that have many units. cursor:
 * NULL, then what "next" said. tenant, deployment and host are null where a unit has none; seconds
 * is null while it has not ended; so is since where nothing was sent.
 */
struct ferry_units_query {
    const char *step;
    const char *cursor;
    size_t limit;
};
FERRY_API enum ferry_code ferry_units(struct ferry *ferry, const char *run,
                                      const struct ferry_units_query *query, char **units,
                                      struct ferry_error *err);
FERRY_API enum ferry_code ferry_runs(struct ferry *ferry, char **runs, struct ferry_error *err);
/* {"events":[{"id","at","run","kind","step","unit","text","data"}],"last":ID}; at most limit. */
FERRY_API enum ferry_code ferry_events(struct ferry *ferry, const char *run, int64_t after,
                                       size_t limit, char **events, struct ferry_error *err);

/* ferry_status and "failures", "requests" that changed the manager, "lives", "notes", "fanout". */
FERRY_API enum ferry_code ferry_report(struct ferry *ferry, const char *run, char **report,
                                       struct ferry_error *err);
enum ferry_verdict { FERRY_AS_DONE, FERRY_AS_ABSENT, FERRY_AS_FAILED };

/* Decides an unknown unit: "STEP/KEY", or KEY where it is in one step only. */
FERRY_API enum ferry_code ferry_resolve(struct ferry *ferry, const char *run, const char *unit,
                                        enum ferry_verdict verdict, char **result,
                                        struct ferry_error *err);
/* Makes failed units pending again (with a new id) and the run live; ferry_resume then does them.
 */
FERRY_API enum ferry_code ferry_retry_failed(struct ferry *ferry, const char *run, char **result,
                                             struct ferry_error *err);
struct ferry_cancel_options {
    bool leave; /* end the run and leave the manager as it is */
};
/*
 * Ends a run that no ferry works on. Before the point of no return (the restore) it takes back what
 * the run did to the manager: maintenance off, if this run switched it on and nobody has switched
 * it since; that needs the connection, so secrets are read anew as for ferry_resume, and settings
 * of source (may be NULL) may replace the same. A kill in the middle loses nothing: call it again.
 * After that point nothing can be undone: the result says what remains ("remains").
 * FERRY_OK cancelled; FERRY_E_STOPPED, FERRY_E_REFUSED: not everything is undone yet.
 */
FERRY_API enum ferry_code ferry_cancel(struct ferry *ferry, const char *run,
                                       const struct ferry_source *source,
                                       const struct ferry_cancel_options *options, char **result,
                                       struct ferry_error *err);

struct ferry_backups_query {
    const char *directory; /* the folder of backups; NULL: backup.directory of the source */
    const char *name;      /* this file of it alone; NULL: all */
    bool verify; /* read each archive that ferry made: is it the one that its record names? */
};
/*
 * The backups in a folder, and what the policy (keep.* of the source) makes of each. Changes no
 * archive; verify notes the outcome in the records. *backups: {"directory","keep":{"daily",...},
 * "backups":[{"name","kind":"archive|unfinished|record","size","taken_at","manager",
 * "manager_version","snapshot","run","sha256","format","counts","made_by_ferry","proven",
 * "proven_at","damaged_at","problem","keep":BOOL,"why"}],"totals":{"backups","bytes","proven",
 * "removable","removable_bytes"}}; also there when the call fails after it has looked.
 * Beside a directory only keep.daily, .weekly, .monthly, .yearly and .zone of the settings count.
 * FERRY_E_ARCHIVE: an archive is damaged; FERRY_E_NOT_FOUND: no such folder, or name.
 */
FERRY_API enum ferry_code ferry_backups(struct ferry *ferry, const struct ferry_source *source,
                                        const struct ferry_backups_query *query, char **backups,
                                        struct ferry_error *err);

enum ferry_schedule { FERRY_SYSTEMD_SERVICE, FERRY_SYSTEMD_TIMER, FERRY_CRON };
struct ferry_schedule_query {
    enum ferry_schedule kind;
    const char *program; /* absolute path of ferry */
    const char *user;    /* who the backups are taken as */
};
/*
 * A file that has the backups of source.file taken each night, off-peak, one at a time. Asks no
 * manager. *name: what the file is called, e.g. "ferry-backup.timer". No secret is in it: a
 * password file is named.
 */
FERRY_API enum ferry_code ferry_schedule(struct ferry *ferry, const struct ferry_source *source,
                                         const struct ferry_schedule_query *query, char **name,
                                         char **text, struct ferry_error *err);

/* The states of each workflow in their order, and those that undo: {"workflows":[{"name","summary",
   "states":[{"name","summary","undoes","many","leaves","sends","expects","crash"}],"undo":[...]}]}.
 */
FERRY_API enum ferry_code ferry_workflows(char **out, struct ferry_error *err);
/* The keys of upgrade.yaml and backup.yaml: {"keys":[{"name","type","values","default","range",
   "since","help","workflows","resume"}]}; default and range as they would be written, or null;
   resume: may it be given anew to ferry_resume. */
FERRY_API enum ferry_code ferry_keys(char **out, struct ferry_error *err);

#ifdef __cplusplus
}
#endif
#endif
