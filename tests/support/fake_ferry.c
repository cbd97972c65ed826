#include "support/fake_ferry.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

struct ferry {
    struct ferry_options options;
};

struct fake fake;

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
}

void fake_answer(enum ferry_code code, const char *text, const char *message, const char *hint)
{
    fake.answers[fake.answer_count++] = (struct fake_answer){code, text, message, hint};
}

static void keep(char *into, size_t size, const char *text)
{
    snprintf(into, size, "%s", text == NULL ? "" : text);
}

static enum ferry_code answer(const char *call, char **text, struct ferry_error *err)
{
    struct fake_answer *given = &fake.answers[fake.answered];

    if (fake.answered + 1 < fake.answer_count)
        fake.answered++;
    keep(fake.called, sizeof(fake.called), call);
    *text = given->text == NULL ? NULL : strdup(given->text);
    memset(err, 0, sizeof(*err));
    err->code = given->code;
    keep(err->message, sizeof(err->message), given->message);
    keep(err->hint, sizeof(err->hint), given->hint);
    return given->code;
}

static void keep_source(const struct ferry_source *source)
{
    keep(fake.file, sizeof(fake.file), source->file);
    fake.settings[0] = '\0';
    for (size_t at = 0; at < source->setting_count; at++) {
        size_t used = strlen(fake.settings);

        snprintf(fake.settings + used, sizeof(fake.settings) - used, "%s\n", source->settings[at]);
    }
}

enum ferry_code ferry_new(const struct ferry_options *options, struct ferry **out,
                          struct ferry_error *err)
{
    (void)err;
    *out = calloc(1, sizeof(**out));
    (*out)->options = *options;
    keep(fake.journal, sizeof(fake.journal), options->journal);
    keep(fake.command, sizeof(fake.command), options->command);
    return FERRY_OK;
}

void ferry_free(struct ferry *ferry)
{
    free(ferry);
}

void ferry_text_free(char *text)
{
    free(text);
}

const char *ferry_version(void)
{
    return "1.2.3";
}

enum ferry_code ferry_plan(struct ferry *ferry, const struct ferry_source *source,
                           const struct ferry_plan_options *options, char **plan,
                           struct ferry_error *err)
{
    (void)ferry;
    keep(fake.at, sizeof(fake.at), options->at);
    keep_source(source);
    return answer("plan", plan, err);
}

enum ferry_code ferry_doctor(struct ferry *ferry, const struct ferry_source *source, char **report,
                             struct ferry_error *err)
{
    (void)ferry;
    keep_source(source);
    return answer("doctor", report, err);
}

enum ferry_code ferry_inspect(struct ferry *ferry, const char *path, bool deep, char **report,
                              struct ferry_error *err)
{
    (void)ferry;
    keep(fake.file, sizeof(fake.file), path);
    return answer(deep ? "inspect deep" : "inspect", report, err);
}

/* As the library does: signals are let in here and nowhere else. */
static void wait_for_stop(int stops)
{
    sigset_t none;
    struct timespec most = {.tv_sec = 10};

    sigemptyset(&none);
    while (fake.stops < stops && pselect(0, NULL, NULL, NULL, &most, &none) < 0)
        continue;
}

static void go_on(struct ferry *ferry)
{
    for (size_t at = 0; at < fake.event_count; at++)
        ferry->options.on_event(ferry->options.arg, &fake.events[at]);
    if (fake.wait_for_stop) {
        wait_for_stop(1);
        wait_for_stop(2);
    }
}

static void carry(struct ferry *ferry, const struct ferry_run_options *options)
{
    keep(fake.stop_before, sizeof(fake.stop_before), options->stop_before);
    go_on(ferry);
}

enum ferry_code ferry_run(struct ferry *ferry, const struct ferry_source *source,
                          const struct ferry_run_options *options, char **result,
                          struct ferry_error *err)
{
    keep_source(source);
    carry(ferry, options);
    return answer("run", result, err);
}

enum ferry_code ferry_resume(struct ferry *ferry, const char *run,
                             const struct ferry_source *source,
                             const struct ferry_run_options *options, char **result,
                             struct ferry_error *err)
{
    keep(fake.run, sizeof(fake.run), run);
    keep_source(source);
    carry(ferry, options);
    return answer("resume", result, err);
}

void ferry_stop(struct ferry *ferry)
{
    (void)ferry;
    fake.stops++;
}

enum ferry_code ferry_status(struct ferry *ferry, const char *run, char **status,
                             struct ferry_error *err)
{
    (void)ferry;
    keep(fake.run, sizeof(fake.run), run);
    return answer("status", status, err);
}

enum ferry_code ferry_report(struct ferry *ferry, const char *run, char **report,
                             struct ferry_error *err)
{
    (void)ferry;
    keep(fake.run, sizeof(fake.run), run);
    return answer("report", report, err);
}

enum ferry_code ferry_units(struct ferry *ferry, const char *run,
                            const struct ferry_units_query *query, char **units,
                            struct ferry_error *err)
{
    (void)ferry;
    keep(fake.run, sizeof(fake.run), run);
    keep(fake.step, sizeof(fake.step), query->step);
    keep(fake.cursor, sizeof(fake.cursor), query->cursor);
    return answer("units", units, err);
}

enum ferry_code ferry_runs(struct ferry *ferry, char **runs, struct ferry_error *err)
{
    (void)ferry;
    return answer("runs", runs, err);
}

enum ferry_code ferry_events(struct ferry *ferry, const char *run, int64_t after, size_t limit,
                             char **events, struct ferry_error *err)
{
    (void)ferry;
    (void)limit;
    keep(fake.run, sizeof(fake.run), run);
    if (fake.after_count < sizeof(fake.after) / sizeof(fake.after[0]))
        fake.after[fake.after_count++] = after;
    return answer("events", events, err);
}

enum ferry_code ferry_resolve(struct ferry *ferry, const char *run, const char *unit,
                              enum ferry_verdict verdict, char **result, struct ferry_error *err)
{
    (void)ferry;
    keep(fake.run, sizeof(fake.run), run);
    keep(fake.unit, sizeof(fake.unit), unit);
    fake.verdict = verdict;
    return answer("resolve", result, err);
}

enum ferry_code ferry_retry_failed(struct ferry *ferry, const char *run, char **result,
                                   struct ferry_error *err)
{
    (void)ferry;
    keep(fake.run, sizeof(fake.run), run);
    return answer("retry", result, err);
}

enum ferry_code ferry_cancel(struct ferry *ferry, const char *run,
                             const struct ferry_source *source,
                             const struct ferry_cancel_options *options, char **result,
                             struct ferry_error *err)
{
    keep_source(source);
    fake.leave = options != NULL && options->leave;
    keep(fake.run, sizeof(fake.run), run);
    go_on(ferry);
    return answer("cancel", result, err);
}

enum ferry_code ferry_backups(struct ferry *ferry, const struct ferry_source *source,
                              const struct ferry_backups_query *query, char **backups,
                              struct ferry_error *err)
{
    (void)ferry;
    keep_source(source);
    keep(fake.run, sizeof(fake.run), query->directory);
    keep(fake.unit, sizeof(fake.unit), query->name);
    fake.leave = query->verify;
    return answer("backups", backups, err);
}

enum ferry_code ferry_schedule(struct ferry *ferry, const struct ferry_source *source,
                               const struct ferry_schedule_query *query, char **name, char **text,
                               struct ferry_error *err)
{
    (void)ferry;
    (void)query;
    keep_source(source);
    *name = strdup("ferry-backup");
    return answer("schedule", text, err);
}

enum ferry_code ferry_workflows(char **out, struct ferry_error *err)
{
    (void)err;
    *out = strdup("{\"workflows\":[{\"name\":\"upgrade\",\"states\":[{\"name\":\"upload\"},"
                  "{\"name\":\"restore\"},{\"name\":\"install_new_agents\"}]}]}");
    return FERRY_OK;
}

enum ferry_code ferry_keys(char **out, struct ferry_error *err)
{
    (void)err;
    *out = strdup("{\"keys\":[{\"name\":\"agents.concurrency\",\"type\":\"whole number\","
                  "\"default\":\"5\",\"range\":\"1 to 9\",\"since\":\"0.1\",\"help\":\"how many\","
                  "\"resume\":true}]}");
    return FERRY_OK;
}
