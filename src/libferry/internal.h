/* What the files that put libferry together share. */
#ifndef LIBFERRY_INTERNAL_H
#define LIBFERRY_INTERNAL_H

#include <signal.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "engine/engine.h"
#include "ferry/ferry.h"
#include "journal/journal.h"

struct ferry {
    struct ferry_options o; /* texts below the handle */
    char *journal_path;
    volatile sig_atomic_t stop;
    const char *run;           /* name of the run that goes on, for events */
    struct follower *follower; /* of the call that goes on; NULL: none */
    struct clock *clock;
    struct rng *rng;
    void (*on_point)(void *arg, enum engine_point point); /* crash tests only; else NULL */
    void *point_arg;
};

/* What a run is made of, read and checked. Lives below the ctx given to session_open. */
struct session {
    struct ferry *ferry;
    struct json *options;
    struct json *facts;               /* the archive's, for a new run */
    struct cloudify_archive *archive; /* what was read in it; NULL: nothing was */
    const char *target;
    struct journal *journal;     /* NULL while planning */
    struct transport *transport; /* behind the gate */
    struct engine_options engine;
    int64_t told_ms;     /* when progress was told last (monotonic) */
    struct json *warned; /* texts of the warnings that were told */
};

/* --- session.c --- */
/* The workflow of a run, by the name in its row; FERRY_E_JOURNAL: this ferry knows none of it. */
enum ferry_code session_workflow(const struct run_row *run, const struct workflow **out,
                                 struct ferry_error *err) FERRY_CHECK;
/* Reads secrets, connects (no request yet), puts the gate before the transport. The workflow is
   that of the options. options and journal (may be NULL: then no changing request can ever pass)
   are borrowed. */
enum ferry_code session_open(const void *ctx, struct ferry *ferry, struct json *options,
                             struct journal *journal, struct session **out,
                             struct ferry_error *err) FERRY_CHECK;
/* Facts of what lies on this machine: the archive (with its digest when asked) and the plugin
   files. Sets session->facts and session->archive, both owned by ctx. */
enum ferry_code session_local_facts(const void *ctx, struct session *session, bool digest,
                                    struct ferry_error *err) FERRY_CHECK;
/* Is the archive that a run began with still the same file? FERRY_E_REFUSED when not. */
enum ferry_code session_check_archive(const struct json *options, const struct json *facts,
                                      struct ferry_error *err) FERRY_CHECK;

/* --- plan.c --- */
/* The options of a source; *saved is the plan that it is, checked (digest, format, version), or
   NULL for other sources. Both owned by ctx. A manager that is that of cfy's active profile, since
   nothing names one, is told as a warning. */
enum ferry_code plan_source(const void *ctx, struct ferry *ferry, const struct ferry_source *source,
                            struct json **options, struct json **saved,
                            struct ferry_error *err) FERRY_CHECK;
/* Looks at archive and manager: the document of ferry_plan. at: the planned time (ferry_plan.at of
   the public header), or NULL. */
enum ferry_code plan_look(const void *ctx, struct session *session, const char *at,
                          struct json **plan, struct ferry_error *err) FERRY_CHECK;
/* The error of a plan in which something stands in the way: its first blocker. */
enum ferry_code plan_blocked(const struct json *plan, struct ferry_error *err);
/* Tells the warnings of a plan as events, for those who run without having seen it; each once. */
void plan_tell_warnings(struct session *session, const struct json *plan);
/* One event of kind "warning". */
void plan_warn(struct session *session, const char *step, const char *text);

/* --- stale.c --- */
/* Does what was planned (in this file) still hold? FERRY_E_STALE names the first difference that
   blocks, as "was X, is Y"; other differences are told as warnings. */
enum ferry_code plan_still_holds(struct session *session, const char *file,
                                 const struct json *saved, const struct json *today,
                                 struct ferry_error *err) FERRY_CHECK;

/* --- from.c: an upgrade that begins on the old manager --- */
/* Do these options mean one? */
bool from_is_meant(const struct json *options);
/* Writes into the options what the archive and its snapshot will be called, as of now: names that a
   run keeps. Does nothing for others, and where it is written already. */
void from_name(struct ferry *ferry, struct json *options);
/* engine_options.permit; arg: the session. Looks at the archive, before the upload, as a plan
   does. */
enum ferry_code from_permit(void *arg, const char *step, const struct json *facts,
                            struct ferry_error *err) FERRY_CHECK;

/* --- forecast.c --- */
/* The member "forecast" of a plan, from its steps and what is in the archive (may be NULL).
   begin_ms: the planned time. */
void plan_forecast(struct json *plan, const struct session *session, int64_t begin_ms,
                   int offset_minutes);

/* --- inventory.c --- */
/* engine_options.provide; arg: the session. The names of the archive for compare. */
void session_provide(void *arg, const char *step, const struct json *facts, void *memo);

/* --- ferry.c --- */
/* What a run goes by from now on: its options with the settings of this call, also in run->options;
   and its facts. Owned by ctx. */
enum ferry_code ferry_take_up(const void *ctx, const struct ferry_source *source,
                              struct run_row *run, struct json **effective, struct json **facts,
                              struct ferry_error *err) FERRY_CHECK;
/* Runs, and describes how it stands afterwards, whatever the outcome. facts: of the plugins that
   are to be packed for it; NULL: none are. */
enum ferry_code ferry_carry(struct session *session, const struct run_row *run,
                            const struct json *facts, const struct ferry_run_options *options,
                            char **result, struct ferry_error *err) FERRY_CHECK;

/* FERRY_OK when path is a file; else a hint at the keys that name files. */
enum ferry_code session_stat(const char *path, struct stat *out,
                             struct ferry_error *err) FERRY_CHECK;
int64_t session_modified_ms(const struct stat *info);
/* A progress event before a run is there. */
void session_tell_reading(struct ferry *ferry, const char *text);
/* Progress of a file that is read whole, for the readers of archives: "WHAT: 42 %". */
struct session_reading {
    struct ferry *ferry;
    const char *what; /* "reading the archive"; may change between two readings */
    int64_t every_ms; /* between two lines */
    int64_t told_ms;  /* its own */
};
/* arg: a struct session_reading. False once ferry is to stop. */
bool session_reading_on(void *arg, int64_t done, int64_t total);

/* --- plugins.c: files of plugins.upload, and the zips that ferry packs of parts --- */
/* Puts plugin_files (and plugin_folder) into facts; see states/states.h. */
enum ferry_code plugins_facts(const void *ctx, struct ferry *ferry, const struct json *options,
                              bool digest, struct json *facts, struct ferry_error *err) FERRY_CHECK;
/* Packs what has not been uploaded yet, beside the journal; the bytes must be those that the run
   began with, and so must the archives be that are sent as they are (FERRY_E_REFUSED). */
enum ferry_code plugins_pack(struct session *session, const struct run_row *run,
                             const struct json *facts, struct ferry_error *err) FERRY_CHECK;
/* Takes away what was packed; a failure leaves files that the next plugins_pack removes. */
void plugins_unpack(const struct json *facts);

/* --- metrics.c --- */
struct metrics {
    const char *file;
    const char *workflow, *manager; /* labels */
    const struct json *options;
    struct journal *journal; /* NULL: it could not be opened */
    struct clock *clock;
};
/* Writes the file anew, whole or not at all. run: the name of one that is in the journal, or NULL;
   over: the call ends, with this code. */
enum ferry_code metrics_write(const struct metrics *metrics, const char *run, bool over,
                              enum ferry_code code, struct ferry_error *err) FERRY_CHECK;

/* --- follow.c: the file of metrics and the hooks, beside a run --- */
/* From here to follow_end; all is borrowed until then. journal may be NULL. */
void follow_begin(const void *ctx, struct ferry *ferry, const struct json *options,
                  struct journal *journal);
void follow_event(struct ferry *ferry, const struct engine_event *event);
/* How the call ended, while the journal is still open. */
void follow_end(struct ferry *ferry, enum ferry_code code, const struct ferry_error *err);
/* Waits for hooks, within their limit; the journal is closed, so that they can use it. */
void follow_wait(struct ferry *ferry);

/* --- look.c --- */
enum ferry_code ferry_open_journal(const void *ctx, struct ferry *ferry, enum journal_mode mode,
                                   struct journal **out, struct ferry_error *err) FERRY_CHECK;
/* The run that is meant: by name; without one the only live run, else the newest. */
enum ferry_code ferry_find_run(struct journal *journal, const void *ctx, const char *name,
                               struct run_row *out, struct ferry_error *err) FERRY_CHECK;
/* RFC 3339, or null for 0. */
void ferry_set_time(struct json *object, const char *key, int64_t unix_ms);
/* The document of ferry_status, malloc'ed. */
enum ferry_code ferry_describe_run(struct journal *journal, const struct run_row *run, char **out,
                                   struct ferry_error *err) FERRY_CHECK;
/* A malloc'ed copy for the caller of the library. */
char *ferry_text(const char *text);

#endif
