/* What an operator decides about a run: resolve, retry, cancel. */
#include "ferry/ferry.h"

#include <string.h>

#include "ferry_internal.h"
#include "states/states.h"

typedef enum ferry_code decide(struct engine_options *engine, const struct run_row *run,
                               const void *arg, struct ferry_error *err);

static enum ferry_code with_run(struct ferry *ferry, const char *name, decide *decision,
                                const void *arg, char **result, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct engine_options engine = {
        .clock = ferry->clock, .rng = ferry->rng, .workflow = &workflow_upgrade};
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
    engine.journal = journal;
    code = journal_run_find(journal, scope, name, &run, err);
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

static enum ferry_code cancel(struct engine_options *engine, const struct run_row *run,
                              const void *arg, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *facts;

    (void)arg;
    if (engine_cancel(engine, run, err)) {
        return err->code;
    }
    if (run->facts && !json_parse(scope, run->facts, strlen(run->facts), &facts, NULL)) {
        plugins_unpack(facts); /* what a ferry that was killed has left */
    }
    return FERRY_OK;
}

enum ferry_code ferry_cancel(struct ferry *ferry, const char *run, char **result,
                             struct ferry_error *err)
{
    return with_run(ferry, run, cancel, NULL, result, err);
}
