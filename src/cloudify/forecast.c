#include "cloudify/forecast.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/recurrence.h"
#include "cloudify/version.h"

struct forecast {
    const struct cloudify_forecast_when *when;
    const struct cloudify_caps *caps;
    bool new_format;
    int64_t budget;
    const void *mem; /* of one row */
};

/* What is found out about one row. A time of 0 is none. */
struct fate {
    const char *outcome;
    int64_t due_ms, new_ms, old_ms;
    bool both;  /* each of the two managers runs it */
    bool close; /* near enough to the steps that their length decides */
    const char *new_words, *old_words;
};

static char *clock_words(const struct forecast *forecast, int64_t ms)
{
    char *text = timefmt_utc(forecast->mem, ms);

    return mem_printf(forecast->mem, "%.10s %.8s UTC", text, text + 11);
}

/* The run may begin late or take twice as long: what lies there is told apart. */
static bool is_close(const struct cloudify_forecast_when *when, int64_t due_ms)
{
    return due_ms >= when->begin_ms && due_ms <= when->off_ms + (when->off_ms - when->begin_ms);
}

/* A slip comes from an archive: no sum with it may overflow. */
static int64_t slip_ms(int64_t slip_minutes)
{
    const int64_t minute_ms = 60 * 1000, most = INT64_MAX / 4 / minute_ms;

    return (slip_minutes < most ? slip_minutes : most) * minute_ms;
}

static bool within_grace(const struct forecast *forecast, int64_t due_ms, int64_t slip_minutes)
{
    return forecast->when->off_ms - due_ms <= slip_ms(slip_minutes) + CLOUDIFY_SCHEDULER_GRACE_MS;
}

/* --- the old manager --- */

static void on_the_old(const struct forecast *forecast, struct fate *fate, int64_t at_ms,
                       bool new_runs)
{
    if (forecast->when->old == CLOUDIFY_OLD_IN_MAINTENANCE) {
        fate->old_words = "nothing while it is in maintenance";
        return;
    }
    fate->old_ms = at_ms;
    fate->both = new_runs;
    fate->old_words = mem_printf(forecast->mem, "runs it at %s%s", clock_words(forecast, at_ms),
                                 forecast->when->old == CLOUDIFY_OLD_RUNS
                                     ? ", it is not in maintenance"
                                     : ", unless it is in maintenance or off");
}

/* --- executions --- */

/* >= 6.0: a schedule is made of it, without slip (snapshot_restore.py 6.0.1 to 7.1). */
static void recreated(const struct forecast *forecast, const char *workflow, struct fate *fate)
{
    const struct cloudify_forecast_when *when = forecast->when;

    fate->outcome = "recreated";
    if (fate->due_ms > when->off_ms) {
        fate->new_ms = fate->due_ms;
        fate->new_words = mem_printf(forecast->mem,
                                     "marks it failed and runs it at its time, as schedule "
                                     "%s_restored_<hex>",
                                     workflow);
    } else if (within_grace(forecast, fate->due_ms, 0)) {
        fate->new_ms = when->off_ms;
        fate->new_words = mem_printf(forecast->mem,
                                     "marks it failed and runs it when maintenance ends, as "
                                     "schedule %s_restored_<hex>",
                                     workflow);
    } else {
        fate->outcome = "lost";
        fate->new_words =
            "marks it failed, and its new schedule comes due in maintenance: it never "
            "runs";
    }
}

static void in_restored_tenant(const struct forecast *forecast, const char *workflow,
                               struct fate *fate)
{
    const struct cloudify_forecast_when *when = forecast->when;

    fate->close = is_close(when, fate->due_ms);
    if (fate->due_ms <= when->restored_ms) {
        fate->outcome = "failed";
        fate->new_words = "overdue when the restore looks: marked failed, it does not run";
    } else if (forecast->caps->restore_reschedules) {
        recreated(forecast, workflow, fate);
    } else {
        fate->outcome = "requeued";
        fate->new_ms = fate->due_ms;
        fate->new_words = fate->due_ms <= when->off_ms
                              ? "starts at its time, which lies in maintenance: it may be refused"
                              : "runs it at its time";
    }
}

static void scheduled(const struct forecast *forecast, const struct cloudify_archive_schedule *row,
                      struct fate *fate)
{
    bool ours = strcmp(row->tenant != NULL ? row->tenant : "", forecast->when->tenant) == 0;

    if (fate->due_ms == 0) {
        fate->outcome = "unknown";
        fate->new_words = "the archive does not tell its time";
    } else if (forecast->new_format) {
        fate->outcome = "stays";
        fate->new_words = "restored as scheduled, and nothing runs it (new format)";
    } else if (!forecast->caps->restore_fails_overdue) {
        fate->outcome = "stays";
        fate->new_words = "restored as scheduled, and nothing runs it (before 5.0.5)";
    } else if (!ours) {
        fate->outcome = "stays";
        fate->new_words = mem_printf(forecast->mem,
                                     "stays scheduled, and nothing runs it: the restore looks at "
                                     "tenant %s only",
                                     forecast->when->tenant);
    } else {
        in_restored_tenant(forecast, row->workflow, fate);
    }
    if (fate->due_ms > forecast->when->now_ms) {
        on_the_old(forecast, fate, fate->due_ms, fate->new_ms != 0);
    } else if (fate->due_ms != 0) {
        fate->old_words = "its time has passed: the old manager has run it, if it was up";
    }
}

static void queued(const struct forecast *forecast, struct fate *fate)
{
    if (forecast->caps->deactivate_starts_queued) {
        fate->outcome = "starts";
        fate->new_ms = forecast->when->off_ms;
        fate->new_words = "starts it when maintenance ends";
    } else {
        fate->outcome = "stays";
        fate->new_words = "stays queued until another execution ends there";
    }
    if (forecast->when->old == CLOUDIFY_OLD_IN_MAINTENANCE) {
        fate->old_words = "nothing while it is in maintenance";
    } else {
        fate->old_words = "starts it when what it waits for has ended";
        fate->both = fate->new_ms != 0;
    }
}

/* --- execution schedules --- */

/* The first occurrence later than this, or 0; *why is set where it cannot be told. */
static int64_t next_after(struct forecast *forecast, const struct recurrence *rule,
                          int64_t after_ms, const char **why)
{
    int64_t at_ms = 0;
    enum recurrence_answer answer = recurrence_after(rule, after_ms, &forecast->budget, &at_ms);

    if (answer == RECURRENCE_UNKNOWN) {
        *why = "its rule takes too long to work out";
    }
    return answer == RECURRENCE_AT ? at_ms : 0;
}

static const struct recurrence *rule_of(const struct forecast *forecast,
                                        const struct cloudify_archive_schedule *row,
                                        const char **why)
{
    int64_t since_ms = 0, until_ms = 0;

    if (row->since == NULL || !timefmt_parse_utc(row->since, &since_ms)) {
        *why = "the archive does not tell when it begins";
        return NULL;
    }
    if (row->until != NULL && !timefmt_parse_utc(row->until, &until_ms)) {
        *why = "its end is no time";
        return NULL;
    }
    return recurrence_parse(forecast->mem, row->rule, since_ms, until_ms, why);
}

/* Comes due while the target is in maintenance, or before. */
static void overdue(struct forecast *forecast, const struct cloudify_archive_schedule *row,
                    const struct recurrence *rule, struct fate *fate, const char **why)
{
    int64_t off_ms = forecast->when->off_ms;
    int64_t next_ms = next_after(forecast, rule, off_ms, why);

    if (within_grace(forecast, fate->due_ms, row->slip_minutes)) {
        fate->outcome = "fires_late";
        fate->new_ms = off_ms;
        fate->new_words = mem_printf(
            forecast->mem, "fires when maintenance ends, %s late (slip %lld min)%s%s",
            timefmt_duration(forecast->mem, off_ms - fate->due_ms), (long long)row->slip_minutes,
            next_ms != 0 ? ", then at " : "", next_ms != 0 ? clock_words(forecast, next_ms) : "");
    } else if (next_ms != 0) {
        fate->outcome = "skips";
        fate->new_ms = next_ms;
        fate->new_words = mem_printf(forecast->mem,
                                     "leaves that one out, it is later than the slip of %lld min; "
                                     "next at %s",
                                     (long long)row->slip_minutes, clock_words(forecast, next_ms));
    } else {
        fate->outcome = "over";
        fate->new_words = mem_printf(forecast->mem,
                                     "drops it: later than the slip of %lld min, and it was the "
                                     "last",
                                     (long long)row->slip_minutes);
    }
}

static void with_rule(struct forecast *forecast, const struct cloudify_archive_schedule *row,
                      const struct recurrence *rule, struct fate *fate, const char **why)
{
    const struct cloudify_forecast_when *when = forecast->when;
    int64_t old_ms;

    if (forecast->new_format) { /* worked out anew when the row is made there */
        fate->due_ms = next_after(forecast, rule, when->restored_ms, why);
    }
    if (fate->due_ms == 0) {
        fate->outcome = "over";
        fate->new_words = "has no further occurrence";
        return;
    }
    fate->close =
        is_close(when, fate->due_ms + slip_ms(row->slip_minutes)) || is_close(when, fate->due_ms);
    if (fate->due_ms <= when->off_ms) {
        overdue(forecast, row, rule, fate, why);
    } else {
        fate->outcome = "fires";
        fate->new_ms = fate->due_ms;
        fate->new_words =
            mem_printf(forecast->mem, "fires at %s", clock_words(forecast, fate->due_ms));
    }
    old_ms = next_after(forecast, rule, when->now_ms, why);
    if (old_ms != 0) {
        on_the_old(forecast, fate, old_ms, fate->new_ms != 0);
    }
}

static void schedule(struct forecast *forecast, const struct cloudify_archive_schedule *row,
                     struct fate *fate)
{
    const char *why = NULL;
    const struct recurrence *rule;

    if (!row->enabled) {
        fate->outcome = "disabled";
        fate->new_words = "switched off: does not fire until somebody enables it";
        return;
    }
    if (!forecast->caps->execution_schedules) {
        why = "managers before 5.2 have no execution schedules";
    } else if (forecast->new_format &&
               (row->rule == NULL || strstr(row->rule, "\"rrule\"") == NULL)) {
        why = "managers of 7.x, by their source, stop the restore at a schedule of the new format "
              "whose rule is no RRULE (KeyError); nobody has tried it";
    } else if (!forecast->new_format && fate->due_ms == 0) {
        fate->outcome = "over";
        fate->new_words = "has no further occurrence";
        return;
    } else {
        rule = rule_of(forecast, row, &why);
        if (rule != NULL) {
            with_rule(forecast, row, rule, fate, &why);
        }
    }
    if (why != NULL) {
        *fate = (struct fate){.outcome = "unknown", .due_ms = fate->due_ms, .new_words = why};
    }
}

/* --- the document --- */

static void set_time(struct json *row, const char *key, int64_t ms)
{
    char *text = ms != 0 ? timefmt_utc(NULL, ms) : NULL;

    json_set_string(row, key, text);
    mem_free(text);
}

static void describe(struct json *rows, const char *kind,
                     const struct cloudify_archive_schedule *from, const struct fate *fate)
{
    struct json *row = json_push_object(rows);

    json_set_string(row, "kind", kind);
    json_set_string(row, "id", from->id);
    json_set_string(row, "workflow", from->workflow);
    json_set_string(row, "deployment", from->deployment);
    json_set_string(row, "tenant", from->tenant);
    set_time(row, "due", fate->due_ms);
    json_set_string(row, "outcome", fate->outcome);
    set_time(row, "new_at", fate->new_ms);
    set_time(row, "old_at", fate->old_ms);
    json_set_bool(row, "both", fate->both);
    json_set_bool(row, "close", fate->close);
    json_set_string(row, "new", fate->new_words);
    json_set_string(row, "old", fate->old_words);
}

static void count(struct json *counts, const char *kind, const char *outcome)
{
    struct json *object = (struct json *)(uintptr_t)json_member(counts, kind);

    if (object == NULL) {
        object = json_set_object(counts, kind);
    }
    json_set_int(object, outcome, json_int64_or(object, outcome, 0) + 1);
}

struct json *cloudify_forecast(const void *ctx, const struct cloudify_archive *archive,
                               const struct cloudify_forecast_when *when)
{
    struct forecast forecast = {.when = when,
                                .caps = cloudify_caps_for(when->version),
                                .new_format = archive->format == CLOUDIFY_ARCHIVE_NEW,
                                .budget = CLOUDIFY_FORECAST_BUDGET};
    struct json *out = json_object(ctx);
    struct json *counts = json_set_object(out, "counts"), *rows = json_set_array(out, "rows");

    if (forecast.caps == NULL) {
        forecast.caps = cloudify_caps_for(CLOUDIFY_NEWEST_KNOWN);
    }
    for (size_t i = 0; i < archive->schedule_count; i++) {
        const struct cloudify_archive_schedule *row = &archive->schedule_list[i];
        bool waits = row->is_execution && strcmp(row->status, "queued") == 0;
        const char *kind = !row->is_execution ? "schedules" : waits ? "queued" : "scheduled";
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct fate fate = {.outcome = "unknown"};

        forecast.mem = scope;
        if (row->at != NULL && !timefmt_parse_utc(row->at, &fate.due_ms)) {
            fate.due_ms = 0;
        }
        if (waits) {
            queued(&forecast, &fate);
        } else if (row->is_execution) {
            scheduled(&forecast, row, &fate);
        } else {
            schedule(&forecast, row, &fate);
        }
        count(counts, kind, fate.outcome);
        if (i < CLOUDIFY_FORECAST_ROWS_MAX) {
            describe(rows, kind, row, &fate);
        }
    }
    json_set_int(out, "left_out", (int64_t)archive->schedule_count - (int64_t)json_size(rows));
    return out;
}
