/* The checks of a plan: the table, the manager by its version, and what needs no question. */
#include "lab.h"

#include "base/mem.h"
#include "states/preflight.h"

#define M (&preflight_manager)
#define A (&preflight_archive)
#define ROOM (&preflight_room)
#define VERSION "{\"version\":\"7.0.5\",\"edition\":\"premium\",\"distribution\":\"rhel\"}"

static struct lab *new_manager(void)
{
    struct lab *lab = lab_new(M);

    lab->context.planning = true;
    lab_fact(lab, "manager", "null");
    return lab;
}

/* --- the table --- */

static void table_has_every_name_once_with_its_source_and_question(void **state)
{
    (void)state;
    assert_int_equal(workflow_upgrade.check_name_count, PREFLIGHT_NAME_COUNT);
    for (size_t i = 0; i < PREFLIGHT_NAME_COUNT; i++) {
        const struct state_check_name *row = &preflight_names[i];

        assert_non_null(row->name);
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->name));
        assert_int_equal(strncmp(row->source, "facts ", 6), 0);
        assert_int_equal(row->asks[strlen(row->asks) - 1], '?');
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(row->name, preflight_names[k].name);
        }
    }
}

/* A check is a plan phase and nothing else: no step of a run could come of it. */
static void checks_are_no_steps(void **state)
{
    (void)state;
    assert_ptr_equal(workflow_upgrade.checks[0], M); /* the others stand on its version */
    for (size_t i = 0; i < workflow_upgrade.check_count; i++) {
        const struct ferry_state *check = workflow_upgrade.checks[i];

        assert_non_null(check->plan.ask);
        assert_null(check->act.ask);
        assert_null(check->await.ask);
        assert_null(check->probe.ask);
        for (size_t k = 0; k < workflow_upgrade.count; k++) {
            assert_ptr_not_equal(check, workflow_upgrade.states[k]);
        }
    }
}

static void without_a_version_nothing_is_asked(void **state)
{
    (void)state;
    for (size_t i = 1; i < workflow_upgrade.check_count; i++) {
        struct lab *lab = lab_new(workflow_upgrade.checks[i]);

        lab_fact(lab, "manager", "null");
        lab_needs_nothing(lab, &workflow_upgrade.checks[i]->plan);
        lab_says(lab, STATE_DONE, NULL);
        assert_int_equal(json_size(lab->findings), 0);
        lab_free(lab);
    }
}

/* --- the manager --- */

static void fit_manager_is_said_to_be_so(void **state)
{
    struct lab *lab = new_manager();

    (void)state;
    lab->cert_until_ms = LAB_NOW_MS + INT64_C(400) * 86400000;
    lab_asks(lab, &M->plan, "GET /api/v3.1/version");
    assert_true(lab->request->wants_certificate);
    lab_gets_recorded(lab, "01-version-status-license", 0);
    lab_fact_is(lab, "manager",
                "{\"distribution\":\"debian\",\"edition\":\"community\","
                "\"tls_until_ms\":1829916000000,\"version\":\"7.1.0.dev1\"}");
    lab_found(lab, "ok manager_version", "manager 7.1.0.dev1, community edition, on debian");
    lab_found(lab, "ok clock", "agrees with ours to 1.0 s");
    lab_found(lab, "ok tls", "the system's CAs; the certificate holds until 2027-12-27");
    lab_found(lab, "ok redelivery", "not deliver");
    lab_found_nothing(lab, "warning");
    lab_free(lab);
}

static void each_unfit_manager_is_refused_with_its_reason(void **state)
{
    static const struct {
        int status;
        const char *json, *kind, *text;
    } cases[] = {
        {401, "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}",
         "blocker FERRY_E_AUTH", "Wrong credentials"},
        {403, "{\"error_code\":\"forbidden_error\",\"message\":\"invalid tenant name: x\"}",
         "blocker FERRY_E_AUTH", "invalid tenant name"},
        {200, "{\"status\":\"ok\"}", "blocker FERRY_E_PROTOCOL", "does not answer like"},
        {404, "{\"error_code\":\"not_found_error\"}", "blocker FERRY_E_PROTOCOL", "no version"},
        {200, "{\"version\":\"4.3.4\"}", "stops manager_version", "4.3.4"},
        {200, "{\"version\":\"new\"}", "blocker FERRY_E_PROTOCOL", "new"},
        {400, "{\"error_code\":\"SSL_REQUIRED\"}", "blocker FERRY_E_CONFIG", "https only"},
        {400, "{\"error_code\":\"bad_parameters_error\"}", "blocker FERRY_E_REFUSED", "question"},
        {200, "{\"version\":\"9.0\"}", "warning manager_version", "9.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_manager();

        lab_turn(lab, &M->plan, cases[i].status, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
    struct lab *lab = new_manager();

    lab_asks(lab, &M->plan, "GET *");
    lab_gets_html(lab, 200);
    lab_found(lab, "blocker FERRY_E_PROTOCOL", "does not answer like a Cloudify manager");
    lab_asks(lab, &M->plan, "GET *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, "502");
    lab_free(lab);
}

/* The round trip is doubt: a slow answer proves less. */
static void clocks_are_compared_with_the_round_trip_in_mind(void **state)
{
    static const struct {
        int64_t date_ms, took_ms;
        const char *kind, *text;
    } cases[] = {
        {LAB_NOW_MS, 20, "ok clock", "agrees with ours to 1.0 s"},
        {LAB_NOW_MS - 10000, 20000, "ok clock", "agrees with ours to 11.0 s"},
        {LAB_NOW_MS + 20000, 20, "ok clock", "21.0 s ahead of ours, to 1.0 s"},
        {LAB_NOW_MS + 60000, 20, "warning clock", "1 min 01 s ahead of ours"},
        {LAB_NOW_MS - 3600000, 20, "warning clock", "1 h 00 min behind ours"},
        {-1, 20, "cannot tell clock", "no Date"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_manager();

        lab->date_ms = cases[i].date_ms;
        lab->took_ms = cases[i].took_ms;
        lab_turn(lab, &M->plan, 200, VERSION);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

static void connection_is_judged_by_its_url_and_certificate(void **state)
{
    static const struct {
        const char *url;
        int64_t days; /* 0: not told */
        const char *kind, *text;
    } cases[] = {
        {"\"https://new.example\"", 31, "ok tls", "until 2026-12-23"},
        {"\"https://new.example\"", 29, "warning tls", "until 2026-12-21"},
        {"\"https://new.example\"", 0, "cannot tell tls", "not told"},
        {"\"http://new.example\"", 0, "warning tls", "can be read on the way"},
        {"\"http://127.0.0.1:80\"", 0, "ok tls", "does not leave this machine"},
        {"\"http://[::1]:80\"", 0, "ok tls", "does not leave this machine"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_manager();

        lab_option(lab, "manager.url", cases[i].url);
        if (cases[i].days > 0) {
            lab->cert_until_ms = LAB_NOW_MS + cases[i].days * 86400000;
        }
        lab_turn(lab, &M->plan, 200, VERSION);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

static void brokers_that_deliver_twice_are_warned_of(void **state)
{
    static const struct {
        const char *version, *kind;
    } cases[] = {{"6.3.2", "ok redelivery"},
                 {"6.4.0", "warning redelivery"},
                 {"6.4.1", "warning redelivery"},
                 {"6.4.2", "ok redelivery"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_manager();

        lab_turn(lab, &M->plan, 200, mem_printf(lab, "{\"version\":\"%s\"}", cases[i].version));
        lab_found(lab, cases[i].kind, "");
        lab_free(lab);
    }
}

/* --- the archive --- */

static void each_archive_is_held_against_the_version(void **state)
{
    static const struct {
        const char *archive, *manager, *kind, *text;
    } cases[] = {
        {"{\"format\":\"community-legacy\",\"version\":\"7.1.0\"}", "7.1.0", "stops archive_format",
         "restore nothing"},
        {"{\"format\":\"community-legacy\",\"version\":\"6.0.1\"}", "6.4.2", "ok archive_format",
         "community-legacy"},
        {"{\"format\":\"new\",\"version\":\"7.0.5\"}", "6.4.2", "stops archive_format",
         "format of 7.0"},
        {"{\"format\":\"new\",\"version\":\"99.0.0\"}", "7.1.0", "stops archive_version",
         "newer than"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\"}", "6.4.2", "stops archive_version",
         "7.1.0"},
        {"{\"format\":\"legacy\",\"version\":\"3.4.0\"}", "7.1.0", "stops archive_version",
         "3.4.0"},
        {"{\"format\":\"legacy\",\"version\":\"6.4.0\"}", "7.0.5", "ok archive_version", "6.4.0"},
        {"{\"format\":\"legacy\",\"version\":\"6.4.0\"}", "7.0.5", "ok tested_source", "6.4.0"},
        {"{\"format\":\"legacy\",\"version\":\"4.6.0\"}", "7.1.0", "warning tested_source",
         "no row of tested versions leads there"},
        {"{\"format\":\"legacy\",\"version\":\"5.0.5\"}", "7.0.5", "warning tested_source",
         "stop at 5.2.7 on the way"},
        {"{\"format\":\"legacy\",\"version\":\"5.0.5\"}", "7.0.5", "warning tested_source",
         "(tested: 5.1.0 to 5.1.1, 5.1.4, 5.2.0, 5.2.7, 6.1.0 to 6.4.1)"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\",\"tenants\":4}", "7.1.0", "warning edition",
         "4 tenants"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\",\"tenants\":1}", "7.1.0", "ok edition",
         "community manager, 1 tenant in"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\",\"hosts\":9,\"hosts_not_started\":2}",
         "7.1.0", "warning hosts_started", "2 of 9 hosts"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\",\"hosts\":9,\"hosts_not_started\":0}",
         "7.1.0", "ok hosts_started", "all 9 hosts"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\",\"hosts_not_started\":null}", "7.1.0",
         "cannot tell hosts_started", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(A);

        lab_fact(lab, "archive", "null");
        lab_fact(lab, "archive", cases[i].archive);
        lab_version(lab, cases[i].manager);
        lab_needs_nothing(lab, &A->plan);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

static void archive_that_nobody_has_seen_leaves_its_checks_open(void **state)
{
    static const struct {
        const struct ferry_state *state;
        const char *kind;
    } cases[] = {{A, "cannot tell archive_format"},
                 {A, "cannot tell tested_source"},
                 {A, "cannot tell hosts_started"},
                 {ROOM, "cannot tell manager_disk"},
                 {&preflight_plugins, "cannot tell plugins_python"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(cases[i].state);

        lab_fact(lab, "archive", "null");
        lab_needs_nothing(lab, &cases[i].state->plan);
        lab_found(lab, cases[i].kind, "nobody has looked inside -> give snapshot.file");
        lab_found_nothing(lab, "stops");
        lab_free(lab);
    }
}

/* --- room --- */

static void room_is_judged_by_sizes_and_rates(void **state)
{
    static const struct {
        const char *version, *rate, *free_bytes, *kind, *text;
    } cases[] = {
        {"7.0.5", "5", "1e12", "ok rate_limit",
         "serves 10 requests a second, ferry sends at most 5"},
        {"7.0.5", "50", "1e12", "warning rate_limit", "may send 50"},
        {"6.4.2", "50", "1e12", "ok rate_limit", "before 7.0"},
        {"7.0.5", "5", "1000000000", "ok local_disk", "is free in /j"},
        {"7.0.5", "5", "1000000", "warning local_disk", "make room"},
        {"7.0.5", "5", "null", "cannot tell local_disk", "cannot be found out"},
        {"7.0.5", "5", "1e12", "cannot tell manager_disk", "df -h /opt/manager/resources"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(ROOM);

        lab_version(lab, cases[i].version);
        lab_option(lab, "limits.requests_per_second", cases[i].rate);
        lab_fact(lab, "local.journal_folder", "\"/j\"");
        lab_fact(lab, "local.journal_free", cases[i].free_bytes);
        lab_needs_nothing(lab, &ROOM->plan);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_has_every_name_once_with_its_source_and_question),
        cmocka_unit_test(checks_are_no_steps),
        cmocka_unit_test(without_a_version_nothing_is_asked),
        cmocka_unit_test(fit_manager_is_said_to_be_so),
        cmocka_unit_test(each_unfit_manager_is_refused_with_its_reason),
        cmocka_unit_test(clocks_are_compared_with_the_round_trip_in_mind),
        cmocka_unit_test(connection_is_judged_by_its_url_and_certificate),
        cmocka_unit_test(brokers_that_deliver_twice_are_warned_of),
        cmocka_unit_test(each_archive_is_held_against_the_version),
        cmocka_unit_test(archive_that_nobody_has_seen_leaves_its_checks_open),
        cmocka_unit_test(room_is_judged_by_sizes_and_rates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
