/* What an operator decides about a run: resolve, retry, cancel. */
#include "ferry/ferry.h"

#include <string.h>

#include "libferry/internal.h"

typedef enum ferry_code decide(struct engine_options *engine, const struct run_row *run,
                               const void *arg, struct ferry_error *err);

static struct engine_options decider(struct ferry *ferry, struct journal *journal)
{
    return (struct engine_options){.journal = journal, .clock = ferry->clock, .rng = ferry->rng};
}

static enum ferry_code with_run(struct ferry *ferry, const char *name, decide *decision,
                                const void *arg, char **result, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct engine_options engine;
    struct ferry_error own = {0};
    struct journal *journal = NULL;
    struct run_row run;
    enum ferry_code code;

    err = err ? err : &own;
    if (result) {
        *result = NULL;
    }
    if (ferry_open_journal(scope, ferry, JOURNAL_WRITE, &journal, err)) {
        return err->code;
    }
    engine = decider(ferry, journal);
    code = journal_run_find(journal, scope, name, &run, err);
    if (!code) {
        code = session_workflow(&run, &engine.workflow, err);
    }
    if (!code) {
        code = decision(&engine, &run, arg, err);
    }
    if (!code && result) {
        code = journal_run_find(journal, scope, run.name, &run, err);
        code = code ? code : ferry_describe_run(journal, &run, result, err);
    }
    journal_close(journal);
    return code;
}

struct resolution {
    const char *unit;
    enum engine_decision decision;
};

static enum ferry_code resolve(struct engine_options *engine, const struct run_row *run,
                               const void *arg, struct ferry_error *err)
{
    const struct resolution *resolution = arg;

    return engine_resolve(engine, run, resolution->unit, resolution->decision, err);
}

enum ferry_code ferry_resolve(struct ferry *ferry, const char *run, const char *unit,
                              enum ferry_verdict verdict, char **result, struct ferry_error *err)
{
    static const enum engine_decision decisions[] = {[FERRY_AS_DONE] = ENGINE_AS_DONE,
                                                     [FERRY_AS_ABSENT] = ENGINE_AS_ABSENT,
                                                     [FERRY_AS_FAILED] = ENGINE_AS_FAILED};
    struct resolution resolution = {unit, decisions[verdict]};

    return with_run(ferry, run, resolve, &resolution, result, err);
}

static enum ferry_code retry(struct engine_options *engine, const struct run_row *run,
                             const void *arg, struct ferry_error *err)
{
    int64_t count;

    (void)arg;
    return engine_retry_failed(engine, run, &count, err);
}

enum ferry_code ferry_retry_failed(struct ferry *ferry, const char *run, char **result,
                                   struct ferry_error *err)
{
    return with_run(ferry, run, retry, NULL, result, err);
}

/* --- cancel --- */

struct cancellation {
    void *mem;
    struct ferry *ferry;
    struct journal *journal;
    const struct ferry_source *source;
    struct run_row run;
    const struct workflow *workflow;
    bool leave;
};

/* The connection is made first: without a password nothing is decided that could not be done. */
static enum ferry_code cancel_and_undo(struct cancellation *it, char **result,
                                       struct ferry_error *err)
{
    struct engine_options engine = decider(it->ferry, it->journal);
    struct session *session = NULL;
    struct json *effective = NULL, *facts = NULL;
    bool undo;

    engine.workflow = it->workflow;
    if (ferry_take_up(it->mem, it->source, &it->run, &effective, &facts, err) ||
        session_open(it->mem, it->ferry, effective, it->journal, &session, err)) {
        ferry_error_prefix(err, "cannot undo what the run did");
        if (err->hint[0] == '\0') {
            ferry_error_hint(err, "to leave the manager as it is: ferry cancel %s --leave",
                             it->run.name);
        }
        return err->code;
    }
    if (engine_cancel(&engine, &it->run, false, &undo, err) ||
        journal_run_find(it->journal, it->mem, it->run.name, &it->run, err)) {
        return err->code;
    }
    it->run.options = json_print(it->mem, effective);
    return ferry_carry(session, &it->run, NULL, NULL, result, err);
}

/* Plugins that a ferry packed which was killed. */
static void clean_up(const struct cancellation *it)
{
    struct json *facts;

    if (it->run.facts && !json_parse(it->mem, it->run.facts, strlen(it->run.facts), &facts, NULL)) {
        plugins_unpack(facts);
    }
}

static enum ferry_code cancel(struct cancellation *it, char **result, struct ferry_error *err)
{
    struct engine_options engine = decider(it->ferry, it->journal);
    bool undo;

    engine.workflow = it->workflow;
    if (engine_cancel_undoes(&engine, &it->run, &undo, err)) {
        return err->code;
    }
    if (undo && !it->leave) {
        return cancel_and_undo(it, result, err);
    }
    if (engine_cancel(&engine, &it->run, it->leave, &undo, err) ||
        journal_run_find(it->journal, it->mem, it->run.name, &it->run, err)) {
        return err->code;
    }
    return result ? ferry_describe_run(it->journal, &it->run, result, err) : FERRY_OK;
}

enum ferry_code ferry_cancel(struct ferry *ferry, const char *name,
                             const struct ferry_source *source,
                             const struct ferry_cancel_options *options, char **result,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *followed;
    struct cancellation it = {
        .mem = scope, .ferry = ferry, .source = source, .leave = options && options->leave};
    struct ferry_error own = {0};
    enum ferry_code code;

    err = err ? err : &own;
    if (result) {
        *result = NULL;
    }
    if (ferry_open_journal(scope, ferry, JOURNAL_WRITE, &it.journal, err)) {
        return err->code;
    }
    code = journal_run_find(it.journal, scope, name, &it.run, err);
    if (!code) {
        code = session_workflow(&it.run, &it.workflow, err);
    }
    if (!code && !json_parse(scope, it.run.options, strlen(it.run.options), &followed, NULL)) {
        ferry->run = it.run.name;
        follow_begin(scope, ferry, followed, it.journal);
    }
    if (!code) {
        code = cancel(&it, result, err);
    }
    if (!code) {
        clean_up(&it);
    }
    follow_end(ferry, code, err);
    journal_close(it.journal);
    follow_wait(ferry);
    return code;
}
