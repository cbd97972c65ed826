/* The live line of a terminal, and plain lines elsewhere. */
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
    ui_progress_end(shown->progress);
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
    assert_int_equal(count_of(text, "\r["), 8);
    assert_int_equal(count_of(text, "\n"), 0);
    assert_has(text, "\r[3/3] install_new_agents [###-----------------] 1750 of 10000\033[K");
    assert_string_equal(text + strlen(text) - 4, "\r\033[K");
    free(text);
}

static void the_live_line_never_wraps(void **state)
{
    static const size_t widths[] = {20, 40, 80};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(widths); at++) {
        struct shown shown;
        char *text;
        char *start;
        size_t length;

        begin(&shown, widths[at], true, (struct ui_progress_options){0});
        ui_progress_event(shown.progress,
                          &(struct ferry_event){.at_ms = T0,
                                                .kind = "waiting",
                                                .step = "restore",
                                                .text = "the manager restarts its services, which "
                                                        "takes a while; \033[2J it answers 502"});
        text = end(&shown);
        start = strchr(text, '[');
        assert_non_null(start);
        length = (size_t)(strstr(start, "\033[K") - start);
        assert_true(length < widths[at]);
        assert_lacks(text, "\033[2J");
        free(text);
    }
}

static void lines_that_stay_stand_above_the_live_line(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, EVENT(0, "step_started", .step = "restore", .text = "r"));
    ui_progress_event(shown.progress,
                      EVENT(100, "unit_failed", .step = "restore", .unit = "u", .text = "x"));
    ui_progress_log(shown.progress, "a log line");
    text = end(&shown);
    assert_string_equal(text, "15:00:00 restore started: r\n"
                              "\r[2/3] restore\033[K"
                              "\r\033[K15:00:00 restore u failed: x\n"
                              "\r[2/3] restore\033[K"
                              "\r\033[Ka log line\n");
    free(text);
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

static void what_is_waited_for_is_shown_with_its_beginning(void **state)
{
    struct ferry_event waiting = {
        .at_ms = T0, .kind = "waiting", .step = "restore", .text = "the restart"};
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, &waiting);
    waiting.at_ms += 60000;
    ui_progress_event(shown.progress, &waiting);
    text = end(&shown);
    assert_int_equal(count_of(text, "[2/3] restore, since 15:00:00: the restart"), 2);
    free(text);
}

static void what_a_state_counts_itself_is_shown_without_a_bar(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, PROGRESS(0, "install_new_agents", .done = 500, .total = 900));
    ui_progress_event(shown.progress, PROGRESS(300, "install_new_agents", .done = 0, .total = 900,
                                               .measure = "units"));
    ui_progress_event(shown.progress,
                      PROGRESS(600, "restore", .unit = "restore", .done = 3, .total = 40));
    text = end(&shown);
    assert_string_equal(text, "\r[3/3] install_new_agents found 500 of 900\033[K"
                              "\r[3/3] install_new_agents [--------------------] 0 of 900\033[K"
                              "\r[2/3] restore 3 of 40\033[K\r\033[K");
    free(text);
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

static void work_before_the_first_step_has_progress_too(void **state)
{
    struct ferry_event reading = {.at_ms = T0,
                                  .kind = "reading",
                                  .run = "",
                                  .text = "reading the archive",
                                  .done = 1,
                                  .total = 4,
                                  .measure = "bytes"};
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    ui_progress_event(shown.progress, &reading);
    text = end(&shown);
    assert_has(text, "\rreading the archive 25% [#####---------------] 1 B of 4 B\033[K");
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

static void running_and_failed_units_are_counted(void **state)
{
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    for (int at = 0; at < 5; at++)
        ui_progress_event(shown.progress, EVENT(at, "unit_intent", .step = "install_new_agents"));
    ui_progress_event(shown.progress, EVENT(10, "unit_done", .step = "install_new_agents"));
    ui_progress_event(shown.progress,
                      EVENT(11, "unit_failed", .step = "install_new_agents", .unit = "u"));
    ui_progress_event(shown.progress, PROGRESS(1000, "install_new_agents", .done = 2, .total = 40,
                                               .measure = "units"));
    text = end(&shown);
    assert_has(
        text, "[3/3] install_new_agents [#-------------------] 2 of 40, 1 failed, 3 running\033[K");
    free(text);
}

static void a_resumed_run_counts_what_stands_open_already(void **state)
{
    static const char status[] =
        "{\"steps\":[{\"name\":\"upload\",\"state\":\"done\"},{\"name\":\"install_new_agents\","
        "\"state\":\"running\",\"units\":{\"running\":5,\"failed\":2}}]}";
    struct ferry_error err = {0};
    struct json *document;
    struct shown shown;
    char *text;

    (void)state;
    begin(&shown, 80, true, (struct ui_progress_options){0});
    assert_int_equal(json_parse(shown.mem, status, strlen(status), &document, &err), FERRY_OK);
    ui_progress_seed(shown.progress, document);
    ui_progress_event(shown.progress,
                      EVENT(0, "unit_done", .step = "install_new_agents", .unit = "u"));
    ui_progress_event(shown.progress, PROGRESS(300, "install_new_agents", .done = 9, .total = 40,
                                               .measure = "units"));
    text = end(&shown);
    assert_has(text, " 9 of 40, 2 failed, 4 running\033[K");
    free(text);
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
        cmocka_unit_test(the_live_line_never_wraps),
        cmocka_unit_test(lines_that_stay_stand_above_the_live_line),
        cmocka_unit_test(a_narrow_terminal_has_numbers_before_bars),
        cmocka_unit_test(what_is_waited_for_is_shown_with_its_beginning),
        cmocka_unit_test(what_a_state_counts_itself_is_shown_without_a_bar),
        cmocka_unit_test(quiet_says_nothing_and_verbose_all),
        cmocka_unit_test(work_before_the_first_step_has_progress_too),
        cmocka_unit_test(the_rate_is_that_of_this_transfer),
        cmocka_unit_test(a_resumed_run_counts_what_stands_open_already),
        cmocka_unit_test(a_run_is_the_subject_of_its_own_events),
        cmocka_unit_test(running_and_failed_units_are_counted),
    };

    return cmocka_run_group_tests_name("ui: progress", tests, NULL, NULL);
}
