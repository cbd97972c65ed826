/* libferry put together: configuration, journal, transport, workflow and engine. */
#include "ferry/ferry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "config/config.h"
#include "config/references.h"
#include "libferry/internal.h"
#include "states/states.h"

/* --- the handle --- */

static char *default_journal(const void *ctx)
{
    const char *path = getenv("FERRY_JOURNAL"), *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (path && *path) {
        return mem_strdup(ctx, path);
    }
    if (state && *state == '/') {
        return mem_printf(ctx, "%s/ferry/journal.db", state);
    }
    return mem_printf(ctx, "%s/.local/state/ferry/journal.db", home && *home ? home : ".");
}

enum ferry_code ferry_new(const struct ferry_options *options, struct ferry **out,
                          struct ferry_error *err)
{
    struct ferry *ferry = mem_new(NULL, struct ferry);

    (void)err;
    ferry->o = *options;
    ferry->o.command = mem_strdup(ferry, options->command ? options->command : "libferry");
    ferry->journal_path =
        options->journal ? mem_strdup(ferry, options->journal) : default_journal(ferry);
    ferry->clock = clock_system();
    ferry->rng = rng_system();
    *out = ferry;
    return FERRY_OK;
}

void ferry_free(struct ferry *ferry)
{
    mem_free(ferry);
}

void ferry_text_free(char *text)
{
    free(text);
}

char *ferry_text(const char *text)
{
    char *copy = strdup(text ? text : "");

    if (!copy) {
        mem_exhausted();
    }
    return copy;
}

const char *ferry_version(void)
{
    return FERRY_VERSION;
}

void ferry_stop(struct ferry *ferry)
{
    ferry->stop = ferry->stop ? 2 : 1;
}

/* --- run --- */

/* Is it a run on our manager? A cluster may be named by any of its nodes. */
static bool is_on(const void *ctx, const struct run_row *row, const struct json *options)
{
    const struct json *ours = json_get(options, "manager");
    struct json *theirs = NULL;

    if (config_is_node(ours, row->target)) {
        return true;
    }
    if (json_parse(ctx, row->options, strlen(row->options), &theirs, NULL)) {
        return false; /* to go on with it will say so */
    }
    return config_same_manager(ours, json_get(theirs, "manager")) != NULL;
}

/* "upgrade-N", with N one above the highest there is; and no live run on this manager. */
static enum ferry_code name_run(const void *ctx, const struct session *session, char **name,
                                struct ferry_error *err)
{
    const char *workflow = session->engine.workflow->name;
    size_t count, length = strlen(workflow);
    struct run_row *rows;
    int64_t highest = 0;

    if (journal_runs(session->journal, ctx, &rows, &count, err)) {
        return err->code;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(rows[i].name, workflow, length) == 0 && rows[i].name[length] == '-') {
            int64_t n = strtoll(rows[i].name + length + 1, NULL, 10);

            highest = n > highest ? n : highest;
        }
        if (run_is_live(rows[i].state) && is_on(ctx, &rows[i], session->options)) {
            ferry_fail(err, FERRY_E_REFUSED, "run \"%s\" for this manager has not ended: it is %s",
                       rows[i].name, run_state_name(rows[i].state));
            ferry_error_hint(err, "go on with it: ferry resume %s, or end it: ferry cancel %s",
                             rows[i].name, rows[i].name);
            return err->code;
        }
    }
    *name = mem_printf(ctx, "%s-%" PRId64, workflow, highest + 1);
    return FERRY_OK;
}

/* A misspelt state would never come, and the run would go past the point at which it was to stop.
 */
static enum ferry_code check_stop(const struct workflow *workflow,
                                  const struct ferry_run_options *options, struct ferry_error *err)
{
    const char *name = options ? options->stop_before : NULL;

    for (size_t i = 0; name && i < workflow->count; i++) {
        if (strcmp(workflow->states[i]->name, name) == 0) {
            return FERRY_OK;
        }
    }
    return name ? ferry_fail(err, FERRY_E_USAGE,
                             "the workflow %s has no state \"%s\" to stop before", workflow->name,
                             name)
                : FERRY_OK;
}

/* Whoever watches learns where the run stands before it goes on. */
static void tell_status(struct session *session, const struct run_row *run)
{
    struct ferry *ferry = session->ferry;
    struct ferry_event event = {
        .at_ms = ferry->clock->realtime_ms(ferry->clock), .kind = "status", .run = run->name};
    struct ferry_error ignored = {0};
    char *document = NULL;

    if (ferry->o.on_event && !ferry_describe_run(session->journal, run, &document, &ignored)) {
        event.data = document;
        ferry->o.on_event(ferry->o.arg, &event);
        ferry_text_free(document);
    }
}

enum ferry_code ferry_carry(struct session *session, const struct run_row *run,
                            const struct json *facts, const struct ferry_run_options *options,
                            char **result, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error ignored = {0};
    struct run_row after;
    enum ferry_code code;

    session->ferry->run = run->name;
    tell_status(session, run);
    code = plugins_pack(session, run, facts, err);
    if (!code) {
        code = engine_run(&session->engine, run, options ? options->stop_before : NULL, err);
    }
    plugins_unpack(facts);
    if (result && !journal_run_find(session->journal, scope, run->name, &after, &ignored) &&
        ferry_describe_run(session->journal, &after, result, &ignored)) {
        *result = NULL;
    }
    return code;
}

/* saved: the plan that is to be kept to, or NULL; it lies in the source's file. */
static enum ferry_code begin(const void *ctx, struct session *session,
                             const struct ferry_source *source, const struct json *saved,
                             struct run_row *run, struct ferry_error *err)
{
    struct engine_definition definition = {
        .target = session->target, .options = session->options, .ferry_version = FERRY_VERSION};
    struct json *plan;
    char *name = NULL;

    if (name_run(ctx, session, &name, err) || plan_look(ctx, session, NULL, &plan, err)) {
        return err->code;
    }
    if (saved && plan_still_holds(session, source->file, saved, plan, err)) {
        return err->code;
    }
    if (json_bool_or(plan, "blocked", false)) {
        return plan_blocked(plan, err);
    }
    plan_tell_warnings(session, plan);
    definition.name = name;
    definition.facts = json_get(plan, "facts");
    return engine_create(ctx, &session->engine, &definition, run, err);
}

/* The name of a backup of this manager that was interrupted; NULL: there is none. */
static const char *interrupted_backup(const void *ctx, struct journal *journal,
                                      const struct json *config)
{
    struct run_row *rows;
    size_t count;

    if (strcmp(config_workflow_name(config), "backup") != 0 ||
        journal_runs(journal, ctx, &rows, &count, NULL)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (run_is_live(rows[i].state) && strcmp(rows[i].workflow, "backup") == 0 &&
            is_on(ctx, &rows[i], config)) {
            return rows[i].name;
        }
    }
    return NULL;
}

/* A schedule cannot say whether to begin or to go on: a backup that was interrupted goes on. */
static enum ferry_code go_on_with(struct ferry *ferry, const char *name,
                                  const struct ferry_source *source,
                                  const struct ferry_run_options *options, char **result,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_source settings = {.settings = source->settings,
                                    .setting_count = source->setting_count};

    session_tell_reading(ferry, mem_printf(scope, "%s was interrupted: going on with it", name));
    return ferry_resume(ferry, name, &settings, options, result, err);
}

enum ferry_code ferry_run(struct ferry *ferry, const struct ferry_source *source,
                          const struct ferry_run_options *options, char **result,
                          struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error own = {0};
    struct journal *journal = NULL;
    struct session *session;
    struct json *config, *saved = NULL;
    struct run_row run = {0};
    const char *live;
    enum ferry_code code;

    err = err ? err : &own;
    if (result) {
        *result = NULL;
    }
    if (plan_source(scope, ferry, source, &config, &saved, err) ||
        check_stop(workflow_named(config_workflow_name(config)), options, err)) {
        return err->code;
    }
    code = ferry_open_journal(scope, ferry, JOURNAL_WRITE, &journal, err);
    live = code ? NULL : interrupted_backup(scope, journal, config);
    if (live) {
        journal_close(journal);
        return go_on_with(ferry, live, source, options, result, err);
    }
    follow_begin(scope, ferry, config, journal);
    if (!code) {
        code = session_open(scope, ferry, config, journal, &session, err);
    }
    if (!code) {
        code = session_local_facts(session, session, saved != NULL, err);
    }
    if (!code) {
        code = begin(scope, session, source, saved, &run, err);
    }
    if (!code) {
        code = ferry_carry(session, &run, session->facts, options, result, err);
    }
    follow_end(ferry, code, err);
    journal_close(journal);
    follow_wait(ferry);
    return code;
}

/* --- resume --- */

/* The run to go on with: by name, else the only live one, else the newest: it may have ended in the
   very moment in which ferry was killed, and then its outcome is the answer. */
static enum ferry_code find_resumable(const void *ctx, struct journal *journal, const char *name,
                                      struct run_row *out, struct ferry_error *err)
{
    struct ferry_error none = {0};
    struct run_row *rows;
    size_t count;

    if (!journal_run_find(journal, ctx, name, out, err)) {
        return FERRY_OK;
    }
    if (name || err->code != FERRY_E_NOT_FOUND ||
        journal_runs(journal, ctx, &rows, &count, &none) || count == 0 ||
        rows[0].state != RUN_DONE) {
        return err->code;
    }
    ferry_error_clear(err);
    *out = rows[0];
    return FERRY_OK;
}

/* Waves given at a resume are the ones to go on with; those of the definition had their turn. */
static bool gives_waves(const struct ferry_source *source)
{
    static const char key[] = "agents.waves=";

    for (size_t i = 0; source && i < source->setting_count; i++) {
        if (strncmp(source->settings[i], key, sizeof key - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* What the run goes by from now on: its options with the settings of this call. */
enum ferry_code ferry_take_up(const void *ctx, const struct ferry_source *source,
                              struct run_row *run, struct json **effective, struct json **facts,
                              struct ferry_error *err)
{
    struct json *options;

    if (json_parse(ctx, run->options, strlen(run->options), &options, err) ||
        json_parse(ctx, run->facts, strlen(run->facts), facts, err)) {
        return err->code;
    }
    if (source && source->file) {
        return ferry_fail(err, FERRY_E_USAGE,
                          "a run that has begun takes no file: its "
                          "definition is in the journal");
    }
    if (config_override(ctx, options, source ? source->settings : NULL,
                        source ? source->setting_count : 0, effective, err)) {
        return err->code;
    }
    if (gives_waves(source)) {
        json_set_bool((struct json *)(uintptr_t)json_get(*effective, "agents"), "waves_anew", true);
    }
    run->options = json_print(ctx, *effective);
    return FERRY_OK;
}

static enum ferry_code already_done(struct journal *journal, const struct run_row *run,
                                    char **result, struct ferry_error *err)
{
    if (result && ferry_describe_run(journal, run, result, err)) {
        return err->code;
    }
    return run->code ? ferry_fail(err, run->code, "run \"%s\" is %s", run->name,
                                  ferry_code_text(run->code))
                     : FERRY_OK;
}

/* What has begun cannot be stopped before; to go on all the same would cross what the operator did
   not want to cross. */
static enum ferry_code check_ahead(struct journal *journal, const struct run_row *run,
                                   const struct ferry_run_options *options, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = options ? options->stop_before : NULL;
    struct step_row *steps = NULL;
    size_t count = 0;

    if (!name) {
        return FERRY_OK;
    }
    if (journal_steps(journal, scope, run->run, &steps, &count, err)) {
        return err->code;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(steps[i].name, name) == 0 && steps[i].state != STEP_WAITING) {
            ferry_fail(err, FERRY_E_USAGE, "cannot stop before %s: run \"%s\" has begun it already",
                       name, run->name);
            ferry_error_hint(err, "nothing was done; ferry status %s shows which steps wait",
                             run->name);
            return FERRY_E_USAGE;
        }
    }
    return FERRY_OK;
}

enum ferry_code ferry_resume(struct ferry *ferry, const char *name,
                             const struct ferry_source *source,
                             const struct ferry_run_options *options, char **result,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error own = {0};
    struct journal *journal = NULL;
    struct session *session = NULL;
    struct json *effective = NULL, *facts = NULL;
    const struct workflow *workflow = NULL;
    struct run_row run = {0};
    enum ferry_code code;

    err = err ? err : &own;
    if (result) {
        *result = NULL;
    }
    if (ferry_open_journal(scope, ferry, JOURNAL_WRITE, &journal, err)) {
        return err->code;
    }
    code = find_resumable(scope, journal, name, &run, err);
    if (!code) {
        code = session_workflow(&run, &workflow, err);
    }
    if (!code) {
        code = check_stop(workflow, options, err);
    }
    if (!code && run.state == RUN_DONE) {
        code = already_done(journal, &run, result, err);
    } else if (!code) {
        code = check_ahead(journal, &run, options, err);
        code = code ? code : ferry_take_up(scope, source, &run, &effective, &facts, err);
        if (!code) {
            ferry->run = run.name;
            follow_begin(scope, ferry, effective, journal);
        }
        code = code ? code : session_check_archive(effective, facts, err);
        code = code ? code : session_open(scope, ferry, effective, journal, &session, err);
        code = code ? code : ferry_carry(session, &run, facts, options, result, err);
    }
    follow_end(ferry, code, err);
    journal_close(journal);
    follow_wait(ferry);
    return code;
}
