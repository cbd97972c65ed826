/* The live view: a model, a time and a size give lines. */
#include "ferry_test.h"

#include "render.h"
#include "ui/live.h"
#include "ui/text.h"

#define T0 INT64_C(1795359600000) /* 2026-11-22T15:00:00Z */
#define EVENT(ms, ...)                                                                             \
    (&(struct ferry_event){.id = 1, .at_ms = T0 + (ms), .run = "upgrade-1", .kind = __VA_ARGS__})
#define PROGRESS(ms, ...)                                                                          \
    (&(struct ferry_event){.at_ms = T0 + (ms), .kind = "progress", .run = "", .step = __VA_ARGS__})

static const char *const names[] = {"upload",
                                    "maintenance_activate",
                                    "verify",
                                    "restore",
                                    "poll_status",
                                    "maintenance_deactivate",
                                    "install_new_agents",
                                    "validate_agents",
                                    "upload_plugins",
                                    "plugins_update",
                                    "compare"};

/* A run in the middle of its agents. */
static struct live *in_the_middle(const void *mem)
{
    struct live *live = live_new(mem);

    live_names(live, names, FERRY_COUNT(names));
    live_event(live, EVENT(0, "run_started"));
    for (size_t at = 0; at < 6; at++) {
        int64_t ms = (int64_t)at * 20000;

        live_event(live, EVENT(ms, "step_started", .step = names[at], .text = "does it"));
        live_event(live, EVENT(ms + 20000, "step_done", .step = names[at]));
    }
    live_event(live, EVENT(120000, "step_started", .step = "install_new_agents"));
    for (int at = 0; at < 5; at++)
        live_event(live, EVENT(120001, "unit_intent", .step = "install_new_agents"));
    live_event(live, PROGRESS(120002, "install_new_agents", .total = 400, .measure = "units"));
    live_event(live, EVENT(180000, "unit_failed", .step = "install_new_agents", .unit = "acme/db",
                           .text = "the host does not answer"));
    live_event(live, PROGRESS(180002, "install_new_agents", .done = 100, .total = 400,
                              .measure = "units"));
    return live;
}

/* The lines as one text; each is measured. */
static char *joined(const void *mem, const struct live_line *lines, size_t count, size_t width)
{
    char *text = mem_strdup(mem, "");

    for (size_t at = 0; at < count; at++) {
        if (ui_width(lines[at].text) > width)
            fail_msg("wider than %zu: %s", width, lines[at].text);
        for (const char *in = lines[at].text; *in != '\0'; in++)
            if ((unsigned char)*in < ' ')
                fail_msg("a control character in: %s", lines[at].text);
        text = mem_printf(mem, "%s%s\n", text, lines[at].text);
    }
    return text;
}

static char *screen(const void *mem, const struct live *live, int64_t ms, size_t width,
                    size_t height)
{
    size_t count;
    struct live_line *lines = live_lines(mem, live, T0 + ms, width, height, &count);

    assert_true(count >= 1 && count <= height);
    return joined(mem, lines, count, width);
}

static void assert_screen(const struct live *live, int64_t ms, size_t width, size_t height,
                          const char *wanted)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = screen(scope, live, ms, width, height);

    if (strcmp(text, wanted) != 0)
        fail_msg("not as wanted:\n%s", text);
}

static void a_screen_of_80_by_24(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_screen(
        in_the_middle(scope), 180400, 79, 23,
        "run upgrade-1: running                                               3 min 00 s\n"
        " done      upload                                                        20.0 s\n"
        " done      maintenance_activate                                          20.0 s\n"
        " done      verify                                                        20.0 s\n"
        " done      restore                                                       20.0 s\n"
        " done      poll_status                                                   20.0 s\n"
        " done      maintenance_deactivate                                        20.0 s\n"
        " running   install_new_agents                                        1 min 00 s\n"
        "           [####---------------] 25%  100 of 400, 1 failed, 4 running\n"
        "           about 3 min left\n"
        " waiting   validate_agents\n"
        " waiting   upload_plugins\n"
        " waiting   plugins_update\n"
        " waiting   compare\n"
        "\n"
        " 15:00:00 run upgrade-1 started\n"
        " 15:00:20 upload done in 20.0 s\n"
        " 15:00:40 maintenance_activate done in 20.0 s\n"
        " 15:01:00 verify done in 20.0 s\n"
        " 15:01:20 restore done in 20.0 s\n"
        " 15:01:40 poll_status done in 20.0 s\n"
        " 15:02:00 maintenance_deactivate done in 20.0 s\n"
        " 15:03:00 install_new_agents acme/db failed: the host does not answer\n");
}

static void a_low_screen_folds_what_is_over_and_ahead(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = in_the_middle(scope);

    (void)state;
    assert_screen(live, 180400, 59, 9,
                  "run upgrade-1: running                           3 min 00 s\n"
                  " before    upload, maintenance_activate, verify, restore...\n"
                  " done      maintenance_deactivate                    20.0 s\n"
                  " running   install_new_agents                    1 min 00 s\n"
                  "           25%  100 of 400, 1 failed, 4 running\n"
                  "           about 3 min left\n"
                  " waiting   validate_agents\n"
                  " ahead     upload_plugins, plugins_update, compare\n");
    assert_screen(live, 180400, 79, 2,
                  "[7/11] install_new_agents 100 of 400, 1 failed, 4 running\n");
}

/* Every size gives lines that fit, whatever stands in the names. */
static void every_size_fits(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = in_the_middle(scope);

    (void)state;
    live->note = "stopping after what is in flight";
    live_event(live, EVENT(190000, "unit_failed", .step = "install_new_agents",
                           .unit = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/\033[2J\r\n",
                           .text = "\xc2\x9b"
                                   "31m \xe2\x80\xae turned, and long enough for every screen"));
    for (size_t width = 19; width < 140; width += 3)
        for (size_t height = 1; height < 30; height++)
            (void)screen(scope, live, 200000, width, height);
}

static void a_transfer_has_its_bytes_and_rate(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);

    (void)state;
    live_names(live, names, 2);
    live_event(live, EVENT(0, "step_started", .step = "upload"));
    live_event(live, PROGRESS(0, "upload", .done = 0, .total = 100 << 20, .measure = "bytes"));
    assert_screen(
        live, 0, 79, 20,
        " running   upload                                                           0 s\n"
        "           [-------------------] 0%  0 B of 100.0 MiB\n"
        " waiting   maintenance_activate\n");
    live_event(live,
               PROGRESS(1000, "upload", .done = 1 << 20, .total = 100 << 20, .measure = "bytes"));
    assert_screen(
        live, 1000, 79, 20,
        " running   upload                                                           1 s\n"
        "           [-------------------] 1%  1.0 MiB of 100.0 MiB, 1.0 MiB/s\n"
        "           about 2 min left\n"
        " waiting   maintenance_activate\n");
    live_event(live,
               PROGRESS(9000, "upload", .done = 99 << 20, .total = 100 << 20, .measure = "bytes"));
    assert_screen(live, 9000, 39, 20,
                  " running   upload                   9 s\n"
                  "           99%  99.0 MiB of 100.0 Mi...\n"
                  "           less than 10 s left\n"
                  " waiting   maintenance_activate\n");
    live_event(live,
               PROGRESS(9500, "upload", .done = 100 << 20, .total = 100 << 20, .measure = "bytes"));
    assert_screen(
        live, 9500, 79, 20,
        " running   upload                                                           9 s\n"
        "           [###################] 100%  100.0 MiB of 100.0 MiB\n"
        " waiting   maintenance_activate\n");
}

/* An estimate is a claim: none before there is a rate. */
static void nothing_is_said_of_what_cannot_be_known(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);
    char *text;

    (void)state;
    live_names(live, names, FERRY_COUNT(names));
    live_event(live, EVENT(0, "step_started", .step = "install_new_agents"));
    live_event(live,
               PROGRESS(0, "install_new_agents", .done = 300, .total = 400, .measure = "units"));
    live_event(live,
               PROGRESS(9000, "install_new_agents", .done = 302, .total = 400, .measure = "units"));
    text = screen(scope, live, 9000, 79, 23);
    assert_lacks(text, "left"); /* two are no rate */
    live_event(
        live, PROGRESS(10000, "install_new_agents", .done = 310, .total = 400, .measure = "units"));
    text = screen(scope, live, 10000, 79, 23);
    assert_has(text, "about 2 min left"); /* one a second since somebody looks on: 90 s */
}

static void a_note_stands_below_all(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);

    (void)state;
    live_names(live, names, 2);
    live_event(live, EVENT(0, "step_started", .step = "upload"));
    live->note = "stopping now";
    assert_screen(live, 0, 39, 20,
                  " running   upload                   0 s\n"
                  " waiting   maintenance_activate\n"
                  "stopping now\n");
}

static void what_is_waited_for_is_told_since_when(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);

    (void)state;
    live_names(live, names, 1);
    live_event(live, EVENT(0, "step_started", .step = "upload"));
    for (int64_t ms = 5000; ms < 70000; ms += 5000) {
        struct ferry_event *event = PROGRESS(ms, "upload",
                                             .text = "nginx answers 502, which is "
                                                     "usual while a manager starts "
                                                     "its services anew");
        event->kind = "waiting";
        live_event(live, event);
    }
    assert_screen(live, 70000, 59, 20,
                  " running   upload                                1 min 10 s\n"
                  "           since 15:00:05 (1 min 05 s): nginx answers 502,\n"
                  "           which is usual while a manager starts its ser...\n");
}

static void work_before_the_first_step_is_shown(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);

    (void)state;
    live_event(live,
               &(struct ferry_event){
                   .at_ms = T0, .kind = "reading", .run = "", .text = "reading the archive: 25 %"});
    assert_screen(live, 0, 79, 23, "reading the archive: 25 %\n");
}

#define STATUS                                                                                     \
    "{\"run\":\"upgrade-1\",\"workflow\":\"upgrade\",\"state\":\"running\","                       \
    "\"manager\":\"https://m.example\",\"created_at\":\"2026-11-22T14:00:00.000Z\",\"steps\":["    \
    "{\"name\":\"upload\",\"state\":\"done\",\"started_at\":\"2026-11-22T14:00:00.000Z\","         \
    "\"ended_at\":\"2026-11-22T14:01:05.000Z\"},"                                                  \
    "{\"name\":\"verify\",\"state\":\"skipped\",\"error\":\"not asked for\","                      \
    "\"started_at\":\"2026-11-22T14:01:05.000Z\",\"ended_at\":\"2026-11-22T14:01:05.000Z\"},"      \
    "{\"name\":\"install_new_agents\",\"state\":\"%s\",\"units\":{\"total\":40,\"done\":7,"        \
    "\"skipped\":1,\"failed\":2,\"running\":5},\"started_at\":\"2026-11-22T14:01:05.000Z\"},"      \
    "{\"name\":\"compare\",\"state\":\"waiting\"}],\"open\":[]}"

static struct live *of_document(const void *mem, const char *step)
{
    char *text = mem_printf(mem, STATUS, step);
    struct live *live = live_new(mem);
    struct ferry_error err = {0};
    struct json *status;

    live->remote = true;
    if (json_parse(mem, text, strlen(text), &status, &err) != FERRY_OK)
        fail_msg("%s", err.message);
    live_status(live, status, T0);
    return live;
}

static void a_document_of_the_journal_gives_the_same_view(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_screen(
        of_document(scope, "running"), 0, 79, 23,
        "run upgrade-1 of https://m.example: running                          1 h 00 min\n"
        " done      upload                                                    1 min 05 s\n"
        " skipped   verify: not asked for\n"
        " running   install_new_agents                                       58 min 55 s\n"
        "           [####---------------] 25%  10 of 40, 2 failed, 5 running\n"
        " waiting   compare\n");
}

/* What stood open or failed before a resume is counted on. */
static void events_go_on_from_a_document(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = of_document(scope, "running");
    char *text;

    (void)state;
    live_event(live, EVENT(0, "unit_done", .step = "install_new_agents", .unit = "u"));
    live_event(live, EVENT(1, "unit_failed", .step = "install_new_agents", .unit = "v"));
    live_event(live,
               PROGRESS(300, "install_new_agents", .done = 12, .total = 40, .measure = "units"));
    text = screen(scope, live, 300, 79, 23);
    assert_has(text, "30%  12 of 40, 3 failed, 3 running\n");
    /* an event that comes behind its step's end does not begin it again */
    live_event(live, EVENT(400, "step_done", .step = "install_new_agents"));
    live_event(live,
               PROGRESS(400, "install_new_agents", .done = 40, .total = 40, .measure = "units"));
    text = screen(scope, live, 400, 79, 23);
    assert_has(text, " done      install_new_agents, 40 units, 3 failed ");
}

/* A run that ended while the step looked for its units: when it has them, it is running. */
static void a_step_that_was_expanding_runs_on(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = of_document(scope, "expanding");

    (void)state;
    assert_has(screen(scope, live, 0, 79, 23), " expanding install_new_agents ");
    live_event(live, EVENT(100, "step_expanded", .step = "install_new_agents"));
    assert_has(screen(scope, live, 100, 79, 23), " running   install_new_agents ");
}

static void a_step_back_begins_what_follows_anew(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = live_new(scope);
    char *text;

    (void)state;
    live_names(live, names, 6);
    live_event(live, EVENT(0, "step_started", .step = "restore"));
    live_event(live, EVENT(1000, "step_done", .step = "restore"));
    live_event(live, EVENT(1000, "step_started", .step = "poll_status"));
    live_event(live, EVENT(5000, "step_back", .step = "poll_status", .text = "not there yet"));
    live_event(live, EVENT(6000, "step_started", .step = "restore"));
    text = screen(scope, live, 7000, 79, 23);
    assert_has(text, " running   restore   ");
    assert_has(text, " waiting   poll_status\n");
    assert_has(text, " 15:00:05 poll_status back: not there yet\n");
}

static void what_remains_of_a_stopped_run_says_so(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct live *live = of_document(scope, "verifying");
    struct live_line *lines;
    size_t count;
    char *text;

    (void)state;
    live_event(live, EVENT(0, "run_paused", .text = "asked to"));
    lines = live_summary(scope, live, T0, 79, &count);
    assert_int_equal(count, 5);
    text = joined(scope, lines, count, 79);
    assert_has(text, "run upgrade-1 of https://m.example: paused ");
    assert_has(text, " stopped   install_new_agents, 40 units, 2 failed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_of_80_by_24),
        cmocka_unit_test(a_low_screen_folds_what_is_over_and_ahead),
        cmocka_unit_test(every_size_fits),
        cmocka_unit_test(a_transfer_has_its_bytes_and_rate),
        cmocka_unit_test(nothing_is_said_of_what_cannot_be_known),
        cmocka_unit_test(a_note_stands_below_all),
        cmocka_unit_test(what_is_waited_for_is_told_since_when),
        cmocka_unit_test(work_before_the_first_step_is_shown),
        cmocka_unit_test(a_document_of_the_journal_gives_the_same_view),
        cmocka_unit_test(events_go_on_from_a_document),
        cmocka_unit_test(a_step_that_was_expanding_runs_on),
        cmocka_unit_test(a_step_back_begins_what_follows_anew),
        cmocka_unit_test(what_remains_of_a_stopped_run_says_so),
    };

    return cmocka_run_group_tests_name("ui: live", tests, NULL, NULL);
}
