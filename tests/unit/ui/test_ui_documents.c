/* The library's documents as people see them. */
#include "ferry_test.h"

#include "base/error.h"
#include "render.h"

static const char plan[] =
    "{\"workflow\":\"upgrade\",\"manager\":\"https://m\",\"archive\":{\"format\":\"legacy\","
    "\"version\":\"7.1.0\",\"tenants\":3,\"sha256\":null},\"blocked\":true,"
    "\"findings\":[{\"kind\":\"note\",\"text\":\"a note\"},"
    "{\"kind\":\"blocker\",\"step\":\"upload\",\"text\":\"the manager is not empty\","
    "\"hint\":\"use an empty one\"},{\"kind\":\"warning\",\"text\":\"take care\"}],"
    "\"steps\":[{\"name\":\"upload\",\"summary\":\"uploads it\",\"units\":1,\"estimate_ms\":185000,"
    "\"estimate_terms\":\"at 100 MiB/s\",\"requests\":[{\"phase\":\"act\",\"changes\":true,"
    "\"method\":\"PUT\",\"path\":\"/api/v3.1/snapshots/prod/archive\","
    "\"headers\":{\"Tenant\":\"default_tenant\"},\"body_file\":\"/b/p.zip\",\"body_size\":2048}]},"
    "{\"name\":\"restore\",\"summary\":\"restores it\",\"no_return\":true,\"requests\":[{"
    "\"phase\":\"act\",\"changes\":true,\"method\":\"POST\",\"path\":\"/r\",\"body\":\"{}\"},"
    "{\"phase\":\"await\",\"changes\":false,\"method\":\"GET\",\"path\":\"/s\"}]},"
    "{\"name\":\"upload_plugins\",\"summary\":\"uploads plugins\",\"skip\":\"none are given\"}]}";

static void a_plan_shows_what_stands_in_the_way_and_every_request(void **state)
{
    static const char expected[] =
        "blocker upload: the manager is not empty\n"
        "  next: use an empty one\n"
        "warning: take care\n"
        "note: a note\n"
        "workflow: upgrade\n"
        "manager: https://m\n"
        "archive: format legacy, version 7.1.0, tenants 3\n"
        "\n"
        " 1. upload: uploads it\n"
        "    1 unit\n"
        "    takes about 3 min 05 s: at 100 MiB/s\n"
        "    act     PUT /api/v3.1/snapshots/prod/archive   <- changes the manager\n"
        "              Tenant: default_tenant\n"
        "              the file /b/p.zip, 2.0 KiB\n"
        "\n"
        "---- point of no return: what follows cannot be undone ----\n"
        " 2. restore: restores it\n"
        "    act     POST /r   <- changes the manager\n"
        "              {}\n"
        "    await   GET /s\n"
        "\n"
        " 3. upload_plugins: uploads plugins\n"
        "    skipped: none are given\n"
        "\n"
        "blocked: a run would be refused, see above; nothing was changed\n";
    char *text = render(ui_plan, plan, 0, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static const char status[] =
    "{\"run\":\"upgrade-3\",\"workflow\":\"upgrade\",\"state\":\"blocked\","
    "\"manager\":\"https://m\",\"created_at\":\"2026-11-22T15:06:06.291Z\","
    "\"error\":\"somebody else has activated maintenance mode on this manager, at 15:00, and "
    "nobody "
    "knows why\",\"hint\":\"ask them\",\"steps\":["
    "{\"name\":\"upload\",\"state\":\"done\",\"units\":{\"total\":1,\"done\":1},"
    "\"started_at\":\"2026-11-22T15:06:06.000Z\",\"ended_at\":\"2026-11-22T15:09:11.000Z\"},"
    "{\"name\":\"install_new_agents\",\"state\":\"running\",\"units\":{\"total\":10000,"
    "\"done\":412,\"running\":5,\"failed\":3,\"unknown\":1},"
    "\"started_at\":\"2026-11-22T15:10:00.000Z\",\"error\":\"slow\",\"hint\":\"wait\"},"
    "{\"name\":\"upload_plugins\",\"state\":\"skipped\",\"error\":\"none given\"}],"
    "\"open\":[{\"step\":\"install_new_agents\",\"unit\":\"t/d1\",\"state\":\"started\","
    "\"remote_state\":\"pending\",\"since\":\"2026-11-22T15:10:00.000Z\"}],"
    "\"stuck\":[{\"step\":\"install_new_agents\",\"unit\":\"t/d2\",\"state\":\"unknown\","
    "\"error\":\"bad \\u001b[2J\",\"hint\":\"ferry resolve\"}],"
    "\"compare\":{\"tenants\":{\"expected\":3,\"found\":3},\"plugins\":{\"expected\":4,"
    "\"found\":2,\"same\":false}}}";

static void a_status_is_whole(void **state)
{
    static const char expected[] =
        "run upgrade-3: blocked\n"
        "upgrade of https://m, since 2026-11-22 15:06:06\n"
        "somebody else has activated maintenance mode on this manager, at 15:00, and nobody knows "
        "why\n"
        "  next: ask them\n"
        "\n"
        "STEP               STATE   UNITS DONE RUNNING FAILED UNKNOWN TIME OR REASON\n"
        "upload             done        1    1                        3 min 05 s\n"
        "install_new_agents running 10000  412       5      3       1 since 15:10:00\n"
        "upload_plugins     skipped                                   none given\n"
        "install_new_agents: slow\n"
        "  next: wait\n"
        "\n"
        "  install_new_agents/t/d1 started since 2026-11-22 15:10:00, on the manager: pending\n"
        "\n"
        "COMPARED expected found\n"
        "tenants         3     3\n"
        "plugins         4     2\n"
        "\n"
        "units that failed or are unknown:\n"
        "  install_new_agents/t/d2 unknown: bad ?[2J\n"
        "    next: ferry resolve\n";
    char *text = render(ui_status, status, 0, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static void documents_fit_the_width(void **state)
{
    static const size_t widths[] = {80, 100, 132};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(widths); at++) {
        char *text = render(ui_status, status, widths[at], false);

        assert_plain(text, widths[at]);
        assert_has(text, "knows");
        free(text);
        text = render(ui_plan, plan, widths[at], false);
        assert_plain(text, widths[at]);
        free(text);
    }
}

static void colours_come_only_when_asked_for(void **state)
{
    char *plain = render(ui_status, status, 80, false);
    char *coloured = render(ui_status, status, 80, true);

    (void)state;
    assert_lacks(plain, "\033");
    assert_has(coloured, "\033[33mrun upgrade-3: blocked\033[0m");
    assert_has(coloured, "\033[32mupload");
    free(plain);
    free(coloured);
}

static void runs_are_a_table(void **state)
{
    char *text = render(ui_runs,
                        "{\"runs\":[{\"run\":\"upgrade-2\",\"id\":\"7a40ff12-0000\",\"state\":"
                        "\"running\",\"created_at\":\"2026-11-22T15:06:06.291Z\",\"manager\":"
                        "\"https://m\"}]}",
                        80, false);

    (void)state;
    assert_string_equal(text, "RUN       ID       STATE   SINCE               MANAGER\n"
                              "upgrade-2 7a40ff12 running 2026-11-22 15:06:06 https://m\n");
    free(text);
    text = render(ui_runs, "{\"runs\":[]}", 80, false);
    assert_string_equal(text, "no runs yet\n");
    free(text);
}

static void events_are_a_line_each(void **state)
{
    char *text =
        render(ui_events,
               "{\"events\":[{\"id\":7,\"at\":\"2026-11-22T15:06:06.291Z\",\"kind\":"
               "\"run_started\",\"step\":null},{\"id\":12,\"at\":1795360000000,\"kind\":"
               "\"unit_failed\",\"step\":\"restore\",\"unit\":\"restore\",\"text\":\"x\"}]}",
               0, false);

    (void)state;
    assert_string_equal(text, "2026-11-22 15:06:06     7  run_started\n"
                              "2026-11-22 15:06:40    12  restore restore unit_failed: x\n");
    free(text);
}

static void the_end_of_a_run_names_what_is_left(void **state)
{
    char *text = render(ui_result, status, 80, false);

    (void)state;
    assert_has(text, "run upgrade-3: blocked\n");
    assert_has(text, "install_new_agents/t/d2 unknown");
    assert_lacks(text, "STATE");
    assert_lacks(text, "somebody else");
    free(text);
}

static void errors_have_their_next_step(void **state)
{
    struct ferry_error err = {.code = FERRY_E_BUSY};
    struct rendering rendering;

    (void)state;
    render_begin(&rendering, 40, false, false);
    ui_error(&rendering.stream, &err);
    (void)ferry_fail(&err, FERRY_E_BUSY, "the journal is in use by ferry run, process 4711");
    ferry_error_hint(&err, "wait for it");
    ui_error(&rendering.stream, &err);
    render_end(&rendering);
    assert_string_equal(rendering.text, "ferry: the journal is in use\n"
                                        "ferry: the journal is in use by ferry\n"
                                        "  run, process 4711\n"
                                        "  next: wait for it\n");
    render_free(&rendering);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_shows_what_stands_in_the_way_and_every_request),
        cmocka_unit_test(a_status_is_whole),
        cmocka_unit_test(documents_fit_the_width),
        cmocka_unit_test(colours_come_only_when_asked_for),
        cmocka_unit_test(runs_are_a_table),
        cmocka_unit_test(events_are_a_line_each),
        cmocka_unit_test(the_end_of_a_run_names_what_is_left),
        cmocka_unit_test(errors_have_their_next_step),
    };

    return cmocka_run_group_tests_name("ui: documents", tests, NULL, NULL);
}
