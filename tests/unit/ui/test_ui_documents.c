/* The library's documents as people see them. */
#include "ferry_test.h"

#include "base/error.h"
#include "render.h"

static const char plan[] =
    "{\"workflow\":\"upgrade\",\"manager\":\"https://m\",\"identity\":{\"version\":\"7.1.0\","
    "\"edition\":\"premium\",\"nodes\":[{\"hostname\":\"mgr-1\"}]},"
    "\"archive\":{\"format\":\"legacy\",\"version\":\"5.1.0\",\"size\":48268,\"tenants\":3,"
    "\"blueprints\":1,\"deployments\":7,\"agents\":4,\"plugins\":0,\"schedules\":1,"
    "\"sha256\":\"0123456789abcdef\"},\"options\":{\"snapshot\":{\"file\":\"/b/p.zip\"}},"
    "\"blocked\":true,\"checks\":[{\"name\":\"clock\",\"verdict\":\"ok\",\"evidence\":\"0 s\"},"
    "{\"name\":\"disk\",\"verdict\":\"cannot_tell\",\"evidence\":\"nobody says\",\"next\":"
    "\"look\"},{\"name\":\"empty\",\"verdict\":\"stops\",\"evidence\":\"2 blueprints\"}],"
    "\"findings\":[{\"kind\":\"note\",\"text\":\"a note\"},"
    "{\"kind\":\"blocker\",\"text\":\"2 blueprints\",\"check\":\"empty\"},"
    "{\"kind\":\"blocker\",\"step\":\"upload\",\"text\":\"the manager is not empty\","
    "\"hint\":\"use an empty one\"},{\"kind\":\"warning\",\"text\":\"take | care *now*\"}],"
    "\"forecast\":{\"begins\":\"2026-11-28T02:00:00+01:00\",\"maintenance_on\":"
    "\"2026-11-28T02:03:05+01:00\",\"maintenance_off\":\"2026-11-28T02:13:05+01:00\","
    "\"no_return\":\"2026-11-28T02:03:20+01:00\",\"duration\":{\"ms\":900000,"
    "\"without_manager_ms\":600000,\"unknown\":[\"validate_agents\"]},\"agents\":{\"agents\":4,"
    "\"deployments\":2,\"concurrency\":5,\"ms\":30000,\"hosts_not_started\":1},"
    "\"executions\":{\"counts\":{\"scheduled\":{\"failed\":1},\"schedules\":{\"fires\":1}},"
    "\"rows\":[{\"kind\":\"schedules\",\"id\":\"nightly\",\"workflow\":\"heal\",\"deployment\":"
    "\"d`|x\",\"tenant\":\"t\",\"due\":\"2026-11-29T01:00:00.000Z\",\"outcome\":\"fires\","
    "\"new\":\"fires at its time\",\"old\":\"runs it\",\"both\":true},"
    "{\"kind\":\"scheduled\",\"workflow\":\"stop\\u001b[2J\",\"deployment\":\"db\",\"tenant\":"
    "\"t\",\"due\":\"2026-11-28T01:00:00.000Z\",\"outcome\":\"failed\",\"close\":true,"
    "\"new\":\"overdue\",\"old\":null}],\"left_out\":3}},"
    "\"steps\":[{\"name\":\"upload\",\"summary\":\"uploads it\",\"units\":1,\"estimate_ms\":185000,"
    "\"estimate_terms\":\"at 100 MiB/s\",\"requests\":[{\"phase\":\"act\",\"changes\":true,"
    "\"method\":\"PUT\",\"path\":\"/api/v3.1/snapshots/prod/archive\","
    "\"headers\":{\"Tenant\":\"default_tenant\"},\"body_file\":\"/b/p.zip\",\"body_size\":2048}]},"
    "{\"name\":\"restore\",\"summary\":\"restores it\",\"no_return\":true,\"requests\":[{"
    "\"phase\":\"act\",\"changes\":true,\"method\":\"POST\",\"path\":\"/r\",\"body\":\"{}\"},"
    "{\"phase\":\"await\",\"changes\":false,\"method\":\"GET\",\"path\":\"/s\"}]},"
    "{\"name\":\"upload_plugins\",\"summary\":\"uploads plugins\",\"skip\":\"none are given\"}]}";

#define PLAN_HEAD                                                                                  \
    "BLOCKED: a run would be refused by 2 things (1 cannot be told, 1 warning); nothing was "      \
    "changed\n"                                                                                    \
    "manager   https://m, 7.1.0 premium, node mgr-1\n"                                             \
    "archive   /b/p.zip: legacy, of 5.1.0, 47.1 KiB, SHA-256 0123456789ab...\n"                    \
    "holds     3 tenants, 1 blueprint, 7 deployments, 4 agents, 0 plugins, 1 schedule\n"           \
    "begins    2026-11-28 02:00:00 +01:00\n"                                                       \
    "lasts     about 15 min 00 s in all, an estimate: see the steps; not counted "                 \
    "validate_agents\n"                                                                            \
    "window    about 10 min 00 s without the manager, from 02:03:05 to 2026-11-28 02:13:05 "       \
    "+01:00\n"                                                                                     \
    "agents    4 agents of 2 deployments, 5 at a time, about 30.0 s; 1 host is not started\n"      \
    "undo      everything until step 2, restore, at about 2026-11-28 02:03:20 +01:00 (ferry "      \
    "cancel takes it back); from then on nothing\n"                                                \
    "\n"                                                                                           \
    "stops       empty: 2 blueprints\n"                                                            \
    "stops       upload: the manager is not empty\n"                                               \
    "            next: use an empty one\n"                                                         \
    "cannot tell disk: nobody says\n"                                                              \
    "            next: look\n"                                                                     \
    "warning     take | care *now*\n"                                                              \
    "note        a note\n"
#define PLAN_COUNTS                                                                                \
    "\n"                                                                                           \
    "scheduled and queued on the archive's manager (times in UTC):\n"                              \
    "  scheduled executions: 1 marked failed\n"                                                    \
    "  schedules: 1 going on\n"                                                                    \
    "  2026-11-28 01:00:00  stop?[2J on db in t  (near the run: its length decides)\n"             \
    "      new: overdue\n"

static void a_plan_at_a_glance_has_its_verdict_first(void **state)
{
    static const char expected[] = PLAN_HEAD
        "ok          1 check (-v shows them)\n" PLAN_COUNTS "  and 3 more (--json has them)\n"
        "\n"
        " 1. upload, about 3 min 05 s\n"
        "    uploads it\n"
        "    at 100 MiB/s\n"
        "---- point of no return: what follows cannot be undone ----\n"
        " 2. restore\n"
        "    restores it\n"
        " 3. upload_plugins: skipped, none are given\n"
        "the requests of each step: --requests; everything: -v or --json\n";
    char *text = render(ui_plan, plan, 0, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static void a_whole_plan_has_every_check_execution_and_request(void **state)
{
    static const char expected[] = PLAN_HEAD
        "ok          clock: 0 s\n" PLAN_COUNTS "  2026-11-29 01:00:00  nightly: heal on d`|x in t\n"
        "      new: fires at its time\n"
        "      old: runs it\n"
        "  and 3 more (--json has them)\n"
        "\n"
        " 1. upload, about 3 min 05 s\n"
        "    uploads it\n"
        "    at 100 MiB/s\n"
        "    act     PUT /api/v3.1/snapshots/prod/archive   <- changes the manager\n"
        "              Tenant: default_tenant\n"
        "              the file /b/p.zip, 2.0 KiB\n"
        "---- point of no return: what follows cannot be undone ----\n"
        " 2. restore\n"
        "    restores it\n"
        "    act     POST /r   <- changes the manager\n"
        "              {}\n"
        "    await   GET /s\n"
        " 3. upload_plugins: skipped, none are given\n";
    char *text = render(ui_plan_all, plan, 0, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
    text = render(ui_plan_requests, plan, 0, false);
    assert_has(text, "    act     POST /r   <- changes the manager\n");
    assert_has(text, "ok          1 check (-v shows them)\n");
    free(text);
}

static void a_plan_for_a_ticket_cannot_be_broken_by_a_name(void **state)
{
    static const char expected[] =
        "\n## Checks\n\n"
        "| Verdict | Check | Evidence | Next |\n"
        "|---|---|---|---|\n"
        "| **stops** | `empty` | 2 blueprints | - |\n"
        "| **stops** | `upload` | the manager is not empty | use an empty one |\n"
        "| cannot tell | `disk` | nobody says | look |\n"
        "| warning | - | take \\| care \\*now\\* | - |\n"
        "| note | - | a note | - |\n"
        "\n1 check is ok.\n"
        "\n## Scheduled and queued executions\n\nTimes are UTC.\n\n"
        "| Due | Workflow | Deployment | Tenant | New manager | Old manager |\n"
        "|---|---|---|---|---|---|\n"
        "| 2026-11-29 01:00:00 | `heal` of `nightly` | `` d`\\|x `` | `t` | fires at its time | "
        "runs "
        "it |\n"
        "| 2026-11-28 01:00:00 | `stop?[2J` | `db` | `t` | overdue | - |\n"
        "\nAnd 3 more.\n"
        "\n## Steps\n\n"
        "| # | Step | Units | About | By | Changes |\n"
        "|---:|---|---:|---|---|---|\n"
        "| 1 | `upload` | 1 | 3 min 05 s | at 100 MiB/s | `PUT /api/v3.1/snapshots/prod/archive` "
        "|\n"
        "| 2 | `restore` **point of no return** | 0 | - | - | `POST /r` |\n"
        "| 3 | `upload_plugins` | 0 | - | skipped: none are given | - |\n";
    char *text = render(ui_plan_markdown, plan, 0, false);

    (void)state;
    assert_has(text, "# ferry plan: upgrade\n\n**BLOCKED: a run would be refused by 2 things");
    assert_has(text, "| Manager | https://m, 7.1.0 premium, node mgr-1 |\n");
    assert_has(text, expected);
    free(text);
}

static void a_plan_without_archive_or_forecast_is_short(void **state)
{
    char *text = render(ui_plan,
                        "{\"workflow\":\"backup\",\"manager\":\"https://m\",\"blocked\":false,"
                        "\"findings\":[],\"steps\":[]}",
                        0, false);

    (void)state;
    assert_string_equal(text, "READY: nothing stands in the way; nothing was changed\n"
                              "manager   https://m\n"
                              "\n\n"
                              "the requests of each step: --requests; everything: -v or --json\n");
    free(text);
}

static void what_could_not_be_asked_is_said_once(void **state)
{
    static const char unasked[] =
        "{\"workflow\":\"upgrade\",\"manager\":\"https://m\",\"blocked\":true,\"checks\":["
        "{\"name\":\"manager\",\"verdict\":\"stops\",\"evidence\":\"it is away\"},"
        "{\"name\":\"version\",\"verdict\":\"cannot_tell\",\"evidence\":\"not asked\"},"
        "{\"name\":\"clock\",\"verdict\":\"cannot_tell\",\"evidence\":\"not asked\"},"
        "{\"name\":\"disk\",\"verdict\":\"cannot_tell\",\"evidence\":\"not asked\"},"
        "{\"name\":\"tls\",\"verdict\":\"cannot_tell\",\"evidence\":\"not asked\","
        "\"next\":\"look\"}],\"findings\":[],\"forecast\":{\"maintenance_on\":"
        "\"2026-11-28T02:03:05+01:00\",\"maintenance_off\":\"2026-11-28T02:03:05+01:00\","
        "\"no_return\":\"2026-11-28T02:03:20+01:00\",\"duration\":{\"ms\":0},"
        "\"agents\":{\"agents\":4,\"deployments\":0,\"concurrency\":5,\"ms\":0}},"
        "\"steps\":[{\"name\":\"restore\",\"summary\":\"restores\",\"no_return\":true}]}";
    char *text = render(ui_plan, unasked, 0, false);

    (void)state;
    assert_string_equal(
        text, "BLOCKED: a run would be refused by 1 thing (4 cannot be told); nothing was changed\n"
              "manager   https://m\n"
              "undo      everything until step 1, restore (ferry cancel takes it back); from then "
              "on nothing\n"
              "\n"
              "stops       manager: it is away\n"
              "cannot tell version and 2 more: not asked\n"
              "cannot tell tls: not asked\n"
              "            next: look\n"
              "\n"
              "---- point of no return: what follows cannot be undone ----\n"
              " 1. restore\n"
              "    restores\n"
              "the requests of each step: --requests; everything: -v or --json\n");
    free(text);
    text = render(ui_plan_all, unasked, 0, false);
    assert_has(text, "cannot tell clock: not asked\n");
    free(text);
}

static void a_doctor_says_what_stops_first(void **state)
{
    char *text = render(ui_doctor,
                        "{\"blocked\":true,\"checks\":[{\"name\":\"clock\",\"verdict\":\"ok\","
                        "\"evidence\":\"2026\"},{\"name\":\"disk\",\"verdict\":\"stops\","
                        "\"evidence\":\"full\",\"next\":\"make room\"}]}",
                        80, false);

    (void)state;
    assert_string_equal(text, "stops       disk: full\n"
                              "            next: make room\n"
                              "ok          clock: 2026\n"
                              "a run would not work here\n");
    free(text);
    text = render(ui_doctor, "{\"blocked\":false,\"checks\":[]}", 80, false);
    assert_string_equal(text, "a run finds here what it needs\n");
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
        "    next: ferry resolve\n"
        "  and 3 more: ferry status upgrade-3 --units lists all\n";
    char *text = render(ui_status, status, 0, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

/* Forty dead agents are forty lines, with one reason and one advice. */
static void what_many_units_say_alike_is_told_once(void **state)
{
    static const char document[] =
        "{\"run\":\"upgrade-3\",\"workflow\":\"upgrade\",\"manager\":\"https://"
        "m\",\"state\":\"done\","
        "\"stuck\":[{\"step\":\"s\",\"unit\":\"a\",\"state\":\"failed\",\"error\":\"dead\","
        "\"hint\":\"x\"},"
        "{\"step\":\"s\",\"unit\":\"b\",\"state\":\"failed\",\"error\":\"dead\",\"hint\":\"x\"},"
        "{\"step\":\"s\",\"unit\":\"c\",\"state\":\"failed\",\"error\":\"slow\",\"hint\":\"x\"}],"
        "\"steps\":[{\"name\":\"s\",\"state\":\"done\",\"units\":{\"total\":9,\"failed\":4,"
        "\"unknown\":1}}]}";
    char *text = render(ui_status, document, 0, false);

    (void)state;
    assert_has(text, "  s/a failed: dead\n  s/b failed: as the one above\n    next: x\n"
                     "  s/c failed: slow\n    next: x\n  and 2 more: ferry status upgrade-3 "
                     "--units lists all\n");
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
        text = render(ui_plan_all, plan, widths[at], false);
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
        cmocka_unit_test(a_plan_at_a_glance_has_its_verdict_first),
        cmocka_unit_test(a_whole_plan_has_every_check_execution_and_request),
        cmocka_unit_test(a_plan_for_a_ticket_cannot_be_broken_by_a_name),
        cmocka_unit_test(a_plan_without_archive_or_forecast_is_short),
        cmocka_unit_test(what_could_not_be_asked_is_said_once),
        cmocka_unit_test(a_doctor_says_what_stops_first),
        cmocka_unit_test(a_status_is_whole),
        cmocka_unit_test(what_many_units_say_alike_is_told_once),
        cmocka_unit_test(documents_fit_the_width),
        cmocka_unit_test(colours_come_only_when_asked_for),
        cmocka_unit_test(runs_are_a_table),
        cmocka_unit_test(events_are_a_line_each),
        cmocka_unit_test(the_end_of_a_run_names_what_is_left),
        cmocka_unit_test(errors_have_their_next_step),
    };

    return cmocka_run_group_tests_name("ui: documents", tests, NULL, NULL);
}
