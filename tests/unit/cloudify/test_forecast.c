/* What becomes of the executions and schedules of an archive. */
#include "ferry_test.h"

#include "base/attr.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/forecast.h"

/* A run that begins at two, whose restore looks at 02:10, and whose maintenance ends at 02:12. */
static const struct cloudify_forecast_when night = {.version = "7.1.0",
                                                    .tenant = "default_tenant",
                                                    .now_ms = INT64_C(1795600000000),
                                                    .begin_ms = INT64_C(1795831200000),
                                                    .restored_ms = INT64_C(1795831800000),
                                                    .off_ms = INT64_C(1795831920000)};

struct world {
    void *mem;
    struct json *forecast;
    const struct json *row;
};

static void forecast(struct world *world, const struct cloudify_forecast_when *when,
                     enum cloudify_archive_format format,
                     const struct cloudify_archive_schedule *schedule)
{
    struct cloudify_archive_schedule one = *schedule;
    struct cloudify_archive archive = {
        .format = format, .schedule_list = &one, .schedule_count = 1};

    one.id = "x";
    one.workflow = "heal";
    one.deployment = "db";
    one.tenant = one.tenant == NULL ? "default_tenant" : one.tenant;
    world->mem = mem_scope(NULL);
    world->forecast = cloudify_forecast(world->mem, &archive, when);
    world->row = json_at(json_member(world->forecast, "rows"), 0);
}

static const char *text(const struct world *world, const char *key)
{
    return json_string_or(world->row, key, "-");
}

static void expect(const char *version, enum cloudify_archive_format format,
                   const struct cloudify_archive_schedule *schedule, const char *outcome,
                   const char *new_at, bool both)
{
    struct cloudify_forecast_when when = night;
    struct world world;

    when.version = version;
    forecast(&world, &when, format, schedule);
    assert_string_equal(text(&world, "outcome"), outcome);
    assert_string_equal(mem_printf(world.mem, "%.19s", text(&world, "new_at")), new_at);
    assert_int_equal(json_bool_or(world.row, "both", !both), both);
    mem_free(world.mem);
}

static struct cloudify_archive_schedule execution(const char *status, const char *at)
{
    return (struct cloudify_archive_schedule){
        .is_execution = true, .enabled = true, .status = status, .at = at};
}

static struct cloudify_archive_schedule schedule(const char *rule, const char *next, int64_t slip)
{
    return (struct cloudify_archive_schedule){.enabled = true,
                                              .status = "",
                                              .at = next,
                                              .since = "2026-11-21 02:11:00",
                                              .rule = rule,
                                              .slip_minutes = slip};
}

static void scheduled_executions_by_version(void **state)
{
    struct cloudify_archive_schedule past = execution("scheduled", "2026-11-28 02:05:00"),
                                     future = execution("scheduled", "2026-11-28 03:00:00");
    const enum cloudify_archive_format legacy = CLOUDIFY_ARCHIVE_LEGACY;

    (void)state;
    /* overdue when the restore looks: failed, and the old manager has run it at its time */
    expect("7.1.0", legacy, &past, "failed", "-", false);
    expect("6.0.0", legacy, &past, "failed", "-", false);
    expect("5.0.5", legacy, &past, "failed", "-", false);
    expect("7.1.0", legacy, &future, "recreated", "2026-11-28T03:00:00", true);
    expect("6.0.0", legacy, &future, "recreated", "2026-11-28T03:00:00", true);
    expect("5.2.7", legacy, &future, "requeued", "2026-11-28T03:00:00", true);
    expect("5.0.5", legacy, &future, "requeued", "2026-11-28T03:00:00", true);
    /* managers before 5.0.5 do nothing about them */
    expect("5.0.0", legacy, &future, "stays", "-", false);
    expect("4.6.0", legacy, &past, "stays", "-", false);
    /* the new format knows no such step */
    expect("7.1.0", CLOUDIFY_ARCHIVE_NEW, &future, "stays", "-", false);
    expect(NULL, CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY, &future, "recreated", "2026-11-28T03:00:00",
           true);
    future.tenant = "acme";
    expect("7.1.0", legacy, &future, "stays", "-", false);
    future.at = NULL;
    expect("7.1.0", legacy, &future, "unknown", "-", false);
}

static void what_comes_due_between_restore_and_end_of_maintenance(void **state)
{
    struct cloudify_archive_schedule soon = execution("scheduled", "2026-11-28 02:11:30"),
                                     lost = execution("scheduled", "2026-11-28 02:10:30"),
                                     edge = execution("scheduled", "2026-11-28 02:11:00");

    (void)state;
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &soon, "recreated", "2026-11-28T02:12:00", true);
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &edge, "recreated", "2026-11-28T02:12:00", true);
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &lost, "lost", "-", false);
}

static void queued_executions_by_version(void **state)
{
    struct cloudify_archive_schedule row = execution("queued", NULL);

    (void)state;
    expect("6.3.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "starts", "2026-11-28T02:12:00", true);
    expect("7.1.0", CLOUDIFY_ARCHIVE_NEW, &row, "starts", "2026-11-28T02:12:00", true);
    expect("6.2.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "stays", "-", false);
}

static void schedules_and_their_slip(void **state)
{
    static const char daily[] = "{\"recurrence\": \"1 days\"}", once[] = "{\"count\": 1}";
    struct cloudify_archive_schedule row = schedule(daily, "2026-11-28 02:11:00", 0);

    (void)state;
    /* one minute late: within the scheduler's own grace */
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "fires_late", "2026-11-28T02:12:00", true);
    row = schedule(daily, "2026-11-27 02:11:00", 0); /* left over from before */
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "skips", "2026-11-29T02:11:00", true);
    row = schedule(daily, "2026-11-27 02:11:00", 1440); /* a slip of a day: just so */
    expect("5.2.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "fires_late", "2026-11-28T02:12:00", true);
    row = schedule(daily, "2026-11-28 14:00:00", 0);
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "fires", "2026-11-28T14:00:00", true);
    row = schedule(once, "2026-11-28 01:00:00", 10);
    row.since = row.at;
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "over", "-", false);
    row = schedule(once, NULL, 10);
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "over", "-", false);
    row = schedule(daily, "2026-11-28 14:00:00", 0);
    row.enabled = false;
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "disabled", "-", false);
    row.enabled = true;
    expect("5.1.4", CLOUDIFY_ARCHIVE_LEGACY, &row, "unknown", "-", false);
    row.rule = "{\"recurrence\": \"at times\"}";
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "unknown", "-", false);
    row = schedule(daily, "2026-11-28 02:11:00", INT64_MAX); /* a slip that no sum may overflow */
    expect("7.1.0", CLOUDIFY_ARCHIVE_LEGACY, &row, "fires_late", "2026-11-28T02:12:00", true);
}

static void the_new_format_works_out_the_next_time_anew(void **state)
{
    struct cloudify_archive_schedule row =
        schedule("{\"rrule\": \"FREQ=DAILY\"}", "2026-11-24 02:11:00", 0);

    (void)state;
    expect("7.1.0", CLOUDIFY_ARCHIVE_NEW, &row, "fires_late", "2026-11-28T02:12:00", true);
    row.rule = "{\"recurrence\": \"1 days\"}";
    expect("7.1.0", CLOUDIFY_ARCHIVE_NEW, &row, "unknown", "-", false);
}

static void the_old_manager_by_what_is_known_of_it(void **state)
{
    struct cloudify_archive_schedule row = execution("scheduled", "2026-11-28 03:00:00");
    struct cloudify_forecast_when when = night;
    struct world world;

    (void)state;
    forecast(&world, &when, CLOUDIFY_ARCHIVE_LEGACY, &row);
    assert_string_equal(text(&world, "old"),
                        "runs it at 2026-11-28 03:00:00 UTC, unless it is in maintenance or off");
    assert_string_equal(text(&world, "old_at"), "2026-11-28T03:00:00.000Z");
    mem_free(world.mem);
    when.old = CLOUDIFY_OLD_IN_MAINTENANCE;
    forecast(&world, &when, CLOUDIFY_ARCHIVE_LEGACY, &row);
    assert_string_equal(text(&world, "old"), "nothing while it is in maintenance");
    assert_false(json_bool_or(world.row, "both", true));
    mem_free(world.mem);
    when.old = CLOUDIFY_OLD_RUNS;
    when.now_ms = INT64_C(1795900000000); /* later than its time */
    forecast(&world, &when, CLOUDIFY_ARCHIVE_LEGACY, &row);
    assert_string_equal(text(&world, "old"),
                        "its time has passed: the old manager has run it, if it was up");
    mem_free(world.mem);
}

static void what_depends_on_the_length_of_the_steps_is_told_apart(void **state)
{
    static const struct {
        const char *at;
        bool close;
    } rows[] = {{"2026-11-28 01:59:59", false},
                {"2026-11-28 02:00:00", true},
                {"2026-11-28 02:24:00", true},
                {"2026-11-28 02:24:01", false}};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct cloudify_archive_schedule row = execution("scheduled", rows[i].at);
        struct world world;

        forecast(&world, &night, CLOUDIFY_ARCHIVE_LEGACY, &row);
        assert_int_equal(json_bool_or(world.row, "close", !rows[i].close), rows[i].close);
        mem_free(world.mem);
    }
}

static void counts_are_exact_where_rows_are_left_out(void **state)
{
    enum { COUNT = CLOUDIFY_FORECAST_ROWS_MAX + 7 };
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive archive = {.format = CLOUDIFY_ARCHIVE_LEGACY, .schedule_count = COUNT};
    struct json *document;

    (void)state;
    archive.schedule_list = mem_array(scope, struct cloudify_archive_schedule, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        archive.schedule_list[i] =
            i % 2 == 0 ? execution("queued", NULL) : execution("scheduled", "2026-11-28 03:00:00");
        archive.schedule_list[i].tenant = "default_tenant";
    }
    document = cloudify_forecast(scope, &archive, &night);
    assert_int_equal(json_size(json_member(document, "rows")), CLOUDIFY_FORECAST_ROWS_MAX);
    assert_int_equal(json_int64_or(document, "left_out", 0), 7);
    assert_int_equal(json_int64_or(document, "counts.queued.starts", 0), COUNT / 2 + 1);
    assert_int_equal(json_int64_or(document, "counts.scheduled.recreated", 0), COUNT / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scheduled_executions_by_version),
        cmocka_unit_test(what_comes_due_between_restore_and_end_of_maintenance),
        cmocka_unit_test(queued_executions_by_version),
        cmocka_unit_test(schedules_and_their_slip),
        cmocka_unit_test(the_new_format_works_out_the_next_time_anew),
        cmocka_unit_test(the_old_manager_by_what_is_known_of_it),
        cmocka_unit_test(what_depends_on_the_length_of_the_steps_is_told_apart),
        cmocka_unit_test(counts_are_exact_where_rows_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
