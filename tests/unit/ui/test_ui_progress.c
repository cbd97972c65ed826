/* The frames of a terminal, and plain lines elsewhere. */
#include "ferry_test.h"

#include "render.h"
#include "ui/progress.h"
#include "ui/progress_line.h"
#include "ui/text.h"

#define T0 INT64_C(1795359600000) /* 2026-11-22T15:00:00Z */
/* A stored event: kind first, then other members. */
#define EVENT(ms, ...)                                                                             \
    (&(struct ferry_event){.id = 1, .at_ms = T0 + (ms), .run = "upgrade-1", .kind = __VA_ARGS__})
/* A transient one: step first. */
#define PROGRESS(ms, ...)                                                                          \
    (&(struct ferry_event){.at_ms = T0 + (ms), .kind = "progress", .run = "", .step = __VA_ARGS__})

static const char *const steps[] = {"upload", "restore", "install_new_agents"};

struct shown {
    void *mem;
    struct rendering rendering;
    struct ui_progress *progress;
};

static void begin(struct shown *shown, size_t width, bool tty, struct ui_progress_options options)
{
    options.steps = steps;
    options.step_count = FERRY_COUNT(steps);
    shown->mem = mem_scope(NULL);
    render_begin(&shown->rendering, width, tty, false);
    shown->progress = ui_progress_new(shown->mem, &shown->rendering.stream, &options);
}

static char *end(struct shown *shown)
{
    ui_progress_end(shown->progress, false);
    render_end(&shown->rendering);
    mem_free(shown->mem);
    return shown->rendering.text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void a_pipe_gets_lines_with_a_time_and_no_cursor_movement(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 0, false, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "run_started"));
    ui_progress_event(shown.progress, EVENT(1000, "step_started", .step = "upload", .text = "up"));
    ui_progress_event(shown.progress, EVENT(1500, "unit_intent", .step = "upload"));
    ui_progress_event(shown.progress, EVENT(3000, "step_done", .step = "upload"));
    ui_progress_event(shown.progress,
                      EVENT(4000, "unit_failed", .step = "restore", .unit = "r", .text = "why"));
    ui_progress_event(shown.progress, EVENT(5000, "run_failed", .text = "why"));
    text = end(&shown);
    assert_plain(text, 0);
    assert_string_equal(text, "2026-11-22T15:00:00.000Z run upgrade-1 started\n"
                              "2026-11-22T15:00:01.000Z upload started: up\n"
                              "2026-11-22T15:00:03.000Z upload done in 2.0 s\n"
                              "2026-11-22T15:00:04.000Z restore r failed: why\n"
                              "2026-11-22T15:00:05.000Z run upgrade-1 failed: why\n");
    free(text);
}

static void what_a_lost_journal_could_not_hold_is_shown(void **state)
{
    struct ferry_event event = *EVENT(0, "unrecorded", .step = "restore", .unit = "r");
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 0, false, (struct ui_progress_options){0});
    event.id = 0;
    event.text = "done: 5f0c";
    ui_progress_event(shown.progress, &event);
    text = end(&shown);
    assert_has(text, "restore r unrecorded: done: 5f0c\n");
    free(text);
}

static void what_becomes_of_agents_is_shown(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 0, false, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "wave_started", .step = "install_new_agents",
                                            .text = "wave 1: 1 units"));
    ui_progress_event(shown.progress, EVENT(1000, "unit_split", .step = "install_new_agents",
                                            .unit = "t/d", .text = "failed as a whole"));
    ui_progress_event(shown.progress, EVENT(2000, "unit_next", .step = "install_new_agents",
                                            .unit = "t/e", .text = "it is cancelled"));
    text = end(&shown);
    assert_has(text, "install_new_agents started: wave 1: 1 units\n");
    assert_has(text, "install_new_agents t/d split: failed as a whole\n");
    assert_has(text, "install_new_agents t/e next: it is cancelled\n");
    free(text);
}

static void a_pipe_gets_progress_every_ten_seconds_at_most(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 0, false, (struct ui_progress_options){0});
    for (int64_t ms = 0; ms <= 30000; ms += 250)
        ui_progress_event(shown.progress,
                          PROGRESS(ms, "upload", .done = ms, .total = 100000, .measure = "bytes"));
    text = end(&shown);
    assert_plain(text, 0);
    assert_int_equal(count_of(text, "\n"), 4);
    assert_has(text, "2026-11-22T15:00:30.000Z [1/3] upload 30% [######--------------] 29.2 KiB of "
                     "97.6 KiB, 1000 B/s\n");
    free(text);
}

static void a_terminal_is_redrawn_four_times_a_second_at_most(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    for (int64_t ms = 0; ms < 2000; ms += 10)
        ui_progress_event(shown.progress, PROGRESS(ms, "install_new_agents", .done = ms,
                                                   .total = 10000, .measure = "units"));
    text = end(&shown);
    assert_int_equal(count_of(text, "\033[?2026h"), 8 + 1); /* and one that takes it away */
    assert_int_equal(count_of(text, "\033[?2026l"), 8 + 1);
    assert_has(text, "1750 of 10000");
    assert_lacks(text, "\033[?25l"); /* the cursor is never hidden */
    free(text);
}

/* What has not changed is passed over: the frame moves on by one line. */
static void a_frame_holds_what_has_changed(void **state)
{
    struct shown shown;
    char *text, *second;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "upload"));
    ui_progress_event(shown.progress, PROGRESS(1000, "upload", .text = NULL));
    text = end(&shown);
    second = strstr(text, "\033[?2026l") + 8;
    assert_memory_equal(second, "\033[?2026h\r\033[3A running", 21);
    assert_has(second, " 1 s\033[K\n\n\n\033[J\033[?2026l");
    free(text);
}

static void nothing_is_written_when_nothing_has_changed(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    for (int64_t ms = 0; ms < 1000; ms += 250)
        ui_progress_event(shown.progress, PROGRESS(ms, "upload", .text = "the same"));
    text = end(&shown);
    assert_int_equal(count_of(text, "\033[?2026h"), 1 + 1);
    free(text);
}

/* A terminal that has become narrower has broken the lines: the frame begins so much higher. */
static void a_new_width_draws_all_anew(void **state)
{
    struct shown shown;
    char *text, *second;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "upload"));
    shown.rendering.stream.width = 40;
    ui_progress_event(shown.progress, PROGRESS(1000, "upload", .text = NULL));
    text = end(&shown);
    second = strstr(text, "\033[?2026l") + 8;
    /* The first line had 79 columns, of which 40 fit: two rows, and one each for the others. */
    assert_memory_equal(second, "\033[?2026h\r\033[4A\033[J running", 24);
    free(text);
}

static void warnings_and_the_log_stay_above_the_view(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "upload"));
    ui_progress_event(shown.progress, &(struct ferry_event){.at_ms = T0 + 300,
                                                            .kind = "warning",
                                                            .step = "restore",
                                                            .text = "it was not \033[2J tried"});
    ui_progress_log(shown.progress, "a log line");
    ui_progress_event(shown.progress, PROGRESS(1000, "upload", .text = NULL));
    text = end(&shown);
    assert_has(text, "\033[3A\033[J15:00:00 restore warning: it was not ?[2J tried\n running");
    assert_has(text, "\033[3A\033[Ja log line\n running");
    free(text);
}

/* In the background the shell writes to the terminal. */
static void who_is_in_the_background_draws_no_view(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "upload"));
    shown.rendering.stream.tty = false;
    ui_progress_event(shown.progress, EVENT(1000, "step_done", .step = "upload"));
    text = end(&shown);
    assert_has(strstr(text, "\033[?2026l"), "\033[?2026l2026-11-22T15:00:01.000Z upload done");
    assert_int_equal(count_of(text, "\033[?2026h"), 1);
    free(text);
}

static void the_end_leaves_every_step(void **state)
{
    struct shown shown;
    const char *last;

    (void)state;
    begin(&shown, 60, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "upload"));
    ui_progress_event(shown.progress, EVENT(61000, "step_done", .step = "upload"));
    ui_progress_event(shown.progress, EVENT(61000, "run_paused", .text = "stopped"));
    ui_progress_end(shown.progress, true);
    fflush(shown.rendering.stream.file);
    last = strstr(shown.rendering.text, "\033[J");
    while (strstr(last + 1, "\033[J") != NULL && strstr(strstr(last + 1, "\033[J") + 1, "\033[J"))
        last = strstr(last + 1, "\033[J");
    assert_has(last, "run upgrade-1: paused");
    assert_has(last, " done      upload                                1 min 01 s\033[K\n"
                     " waiting   restore\033[K\n waiting   install_new_agents\033[K\n");
    free(end(&shown));
}

static void a_narrow_terminal_has_numbers_before_bars(void **state)
{
    struct progress_step step = {.number = 7, .count = 10, .done = 412, .total = 10000};
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    step.name = mem_strdup(scope, "install_new_agents");
    step.failed = 3;
    step.running = 64;
    assert_string_equal(progress_step_line(scope, &step, 60),
                        "[7/10] install_new_agents 412 of 10000, 3 failed, 64 running");
    assert_string_equal(progress_step_line(scope, &step, 40),
                        "[7/10] install_new_agents 412 of 1000...");
}

static void quiet_says_nothing_and_verbose_all(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){.quiet = true});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "restore"));
    ui_progress_event(shown.progress, PROGRESS(0, "restore", .text = "x"));
    text = end(&shown);
    assert_string_equal(text, "");
    free(text);
    begin(&shown, 0, false, (struct ui_progress_options){.verbose = true});
    ui_progress_event(shown.progress, EVENT(0, "unit_intent", .step = "restore", .unit = "u"));
    text = end(&shown);
    assert_string_equal(text, "2026-11-22T15:00:00.000Z restore u intent\n");
    free(text);
}

static void the_rate_is_that_of_this_transfer(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct progress_step step = {.name = mem_strdup(scope, "upload")};

    (void)state;
    progress_step_bytes(&step, T0, 500, 10000); /* resumed in the middle */
    assert_string_equal(progress_step_line(scope, &step, 0),
                        "upload 5% [#-------------------] 500 B of 9.7 KiB");
    progress_step_bytes(&step, T0 + 1000, 1500, 10000);
    assert_string_equal(progress_step_line(scope, &step, 0),
                        "upload 15% [###-----------------] 1.4 KiB of 9.7 KiB, 1000 B/s");
    progress_step_bytes(&step, T0 + 2000, 0, 10000); /* it begins again */
    assert_string_equal(progress_step_line(scope, &step, 0),
                        "upload 0% [--------------------] 0 B of 9.7 KiB");
    progress_step_bytes(&step, T0 + 3000, 10000, 10000);
    assert_string_equal(progress_step_line(scope, &step, 0), "upload");
}

static void a_run_is_the_subject_of_its_own_events(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 0, false, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "run_paused", .step = "restore", .text = "asked"));
    text = end(&shown);
    assert_string_equal(text, "2026-11-22T15:00:00.000Z run upgrade-1 paused: asked\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_lines_with_a_time_and_no_cursor_movement),
        cmocka_unit_test(what_a_lost_journal_could_not_hold_is_shown),
        cmocka_unit_test(what_becomes_of_agents_is_shown),
        cmocka_unit_test(a_pipe_gets_progress_every_ten_seconds_at_most),
        cmocka_unit_test(a_terminal_is_redrawn_four_times_a_second_at_most),
        cmocka_unit_test(a_frame_holds_what_has_changed),
        cmocka_unit_test(nothing_is_written_when_nothing_has_changed),
        cmocka_unit_test(a_new_width_draws_all_anew),
        cmocka_unit_test(warnings_and_the_log_stay_above_the_view),
        cmocka_unit_test(who_is_in_the_background_draws_no_view),
        cmocka_unit_test(the_end_leaves_every_step),
        cmocka_unit_test(a_narrow_terminal_has_numbers_before_bars),
        cmocka_unit_test(quiet_says_nothing_and_verbose_all),
        cmocka_unit_test(the_rate_is_that_of_this_transfer),
        cmocka_unit_test(a_run_is_the_subject_of_its_own_events),
    };

    return cmocka_run_group_tests_name("ui: progress", tests, NULL, NULL);
}
