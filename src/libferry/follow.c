/* What follows a run without being part of it: the file of metrics, and the hooks. Nothing here can
   break the run: what goes wrong is a warning. */
#include <string.h>

#include "base/command.h"
#include "base/timefmt.h"
#include "config/config.h"
#include "libferry/internal.h"

#define METRICS_EVERY_MS 5000
#define HOOKS_MAX 32 /* that go on at a time; a workflow has fewer steps */

struct hook {
    int pid;
    const char *name;
};

struct follower {
    struct ferry *ferry;
    struct metrics metrics; /* file NULL: none */
    int64_t written_ms;
    bool failed_to_write; /* told once */
    const struct json *on;
    struct hook hooks[HOOKS_MAX];
    size_t hook_count;
};

static void warn(struct follower *follower, const char *text)
{
    struct ferry *ferry = follower->ferry;
    struct ferry_event event = {.at_ms = ferry->clock->realtime_ms(ferry->clock),
                                .kind = "warning",
                                .run = ferry->run ? ferry->run : "",
                                .text = text};

    if (ferry->o.on_event) {
        ferry->o.on_event(ferry->o.arg, &event);
    }
}

/* --- metrics --- */

static void write_metrics(struct follower *follower, bool over, enum ferry_code code)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};

    if (!follower->metrics.file) {
        return;
    }
    if (metrics_write(&follower->metrics, follower->ferry->run, over, code, &err) &&
        !follower->failed_to_write) {
        follower->failed_to_write = true;
        warn(follower, mem_printf(scope, "metrics.file: %s", err.message));
    }
}

/* --- hooks --- */

static void tell_end(struct follower *follower, const char *name, enum command_end end, int detail)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t limit_ms = json_int64_or(follower->on, "timeout_ms", 0);

    if (end == COMMAND_LATE) {
        warn(follower, mem_printf(scope, "the hook on.%s took longer than %s and was killed", name,
                                  timefmt_duration(scope, limit_ms)));
    } else if (end == COMMAND_KILLED) {
        warn(follower, mem_printf(scope, "the hook on.%s was killed by signal %d", name, detail));
    } else if (end == COMMAND_FAILED) {
        warn(follower, mem_printf(scope, "the hook on.%s failed with exit code %d", name, detail));
    }
}

/* Takes note of those that have ended; with wait of all, each of which has its limit. */
static void reap(struct follower *follower, bool wait)
{
    size_t left = 0;

    for (size_t i = 0; i < follower->hook_count; i++) {
        struct hook *hook = &follower->hooks[i];
        int detail;
        enum command_end end =
            wait ? command_wait(hook->pid, &detail) : command_look(hook->pid, &detail);

        if (end == COMMAND_RUNS) {
            follower->hooks[left++] = *hook;
        } else {
            tell_end(follower, hook->name, end, detail);
        }
    }
    follower->hook_count = left;
}

/* {"hook","at","run","workflow","manager","ferry"}; of a step also "step", of an end "code",
   "exit", "error", "hint", and "status", the document of ferry_status. */
static struct json *describe(const void *ctx, struct follower *follower, const char *name)
{
    struct ferry *ferry = follower->ferry;
    struct json *document = json_object(ctx);

    json_set_string(document, "hook", name);
    ferry_set_time(document, "at", ferry->clock->realtime_ms(ferry->clock));
    json_set_string(document, "run", ferry->run);
    json_set_string(document, "workflow", follower->metrics.workflow);
    json_set_string(document, "manager", follower->metrics.manager);
    json_set_string(document, "ferry", FERRY_VERSION);
    return document;
}

static void start_hook(struct follower *follower, const char *name, const struct json *document)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *const set[] = {
        mem_printf(scope, "FERRY_HOOK=%s", name),
        mem_printf(scope, "FERRY_RUN=%s", follower->ferry->run ? follower->ferry->run : ""),
        mem_printf(scope, "FERRY_JOURNAL=%s", follower->ferry->journal_path), NULL};
    struct command_start command = {
        .text = json_string_or(follower->on, name, NULL),
        .input = mem_printf(scope, "%s\n", json_print(scope, document)),
        .set = set,
        .limit_ms = json_int64_or(follower->on, "timeout_ms", 0),
    };
    struct hook *hook = &follower->hooks[follower->hook_count];
    struct ferry_error err = {0};

    if (follower->hook_count == HOOKS_MAX) {
        warn(follower,
             mem_printf(scope, "the hook on.%s was left out: %d others go on", name, HOOKS_MAX));
    } else if (command_begin(&command, &hook->pid, &err)) {
        warn(follower, mem_printf(scope, "the hook on.%s: %s", name, err.message));
    } else {
        hook->name = name;
        follower->hook_count++;
    }
}

static bool wants(const struct follower *follower, const char *name)
{
    return json_is_string(json_member(follower->on, name));
}

static void on_step_done(struct follower *follower, const char *step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document;

    if (wants(follower, "step_done")) {
        document = describe(scope, follower, "step_done");
        json_set_string(document, "step", step);
        start_hook(follower, "step_done", document);
    }
}

/* Which hook the end of a call is for; NULL: of none (the operator stopped it, or it is another
   ferry's run). */
static const char *hook_of(const struct follower *follower, enum ferry_code code)
{
    if (code == FERRY_OK || code == FERRY_E_PARTIAL) {
        return "done";
    }
    if (code == FERRY_E_STOPPED) {
        return follower->ferry->stop ? NULL : "needs_decision";
    }
    if (code == FERRY_E_UNKNOWN || (follower->ferry->run && code == FERRY_E_REFUSED)) {
        return "needs_decision";
    }
    return code == FERRY_E_BUSY || code == FERRY_E_FENCED ? NULL : "failed";
}

static void on_end(struct follower *follower, enum ferry_code code, const struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = hook_of(follower, code);
    struct journal *journal = follower->metrics.journal;
    struct json *document, *status;
    struct run_row run;
    char *text = NULL;
    bool there = journal && follower->ferry->run &&
                 !journal_run_find(journal, scope, follower->ferry->run, &run, NULL);

    if (!name || !wants(follower, name) || (there && run.state == RUN_CANCELLED)) {
        return;
    }
    document = describe(scope, follower, name);
    json_set_string(document, "code", ferry_code_name(code));
    json_set_int(document, "exit", ferry_code_exit(code));
    json_set_string(document, "error", code && err->message[0] ? err->message : NULL);
    json_set_string(document, "hint", code && err->hint[0] ? err->hint : NULL);
    if (there && !ferry_describe_run(journal, &run, &text, NULL) &&
        !json_parse(scope, text, strlen(text), &status, NULL)) {
        json_set_json(document, "status", status);
    }
    ferry_text_free(text);
    start_hook(follower, name, document);
}

/* --- the run --- */

void follow_begin(const void *ctx, struct ferry *ferry, const struct json *options,
                  struct journal *journal)
{
    struct follower *follower = mem_new(ctx, struct follower);

    follower->ferry = ferry;
    follower->on = json_get(options, "on");
    follower->metrics = (struct metrics){
        .file = json_string_or(options, "metrics.file", NULL),
        .workflow = config_workflow_name(options),
        .manager = json_string_or(options, "manager.url", ""),
        .options = options,
        .journal = journal,
        .clock = ferry->clock,
    };
    ferry->follower = follower;
}

void follow_event(struct ferry *ferry, const struct engine_event *event)
{
    struct follower *follower = ferry->follower;
    int64_t now_ms;

    if (!follower) {
        return;
    }
    if (follower->hook_count > 0) {
        reap(follower, false);
    }
    if (event->id && strcmp(event->kind, "step_done") == 0) {
        on_step_done(follower, event->step);
    }
    if (!ferry->run) {
        return; /* it is still being planned: what the file says of the last run holds */
    }
    now_ms = ferry->clock->now_ms(ferry->clock);
    if (follower->written_ms == 0 || now_ms - follower->written_ms >= METRICS_EVERY_MS ||
        strncmp(event->kind, "step_", 5) == 0) {
        follower->written_ms = now_ms;
        write_metrics(follower, false, FERRY_OK);
    }
}

void follow_end(struct ferry *ferry, enum ferry_code code, const struct ferry_error *err)
{
    struct follower *follower = ferry->follower;

    if (!follower) {
        return;
    }
    if (code != FERRY_E_BUSY && code != FERRY_E_FENCED) { /* else the file is another ferry's */
        write_metrics(follower, true, code);
    }
    on_end(follower, code, err);
    follower->metrics.journal = NULL; /* it may be closed now */
}

void follow_wait(struct ferry *ferry)
{
    if (ferry->follower) {
        reap(ferry->follower, true);
        ferry->follower = NULL;
    }
    ferry->run = NULL;
}
