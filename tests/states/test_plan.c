/* What upload's plan refuses, and what every state can show of itself. */
#include "lab.h"

#include "base/mem.h"

#define UP (&state_upload)
#define VERSION "{\"version\":\"7.1.0.dev1\",\"edition\":\"community\"}"
#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"

static struct lab *new_plan(void)
{
    struct lab *lab = lab_new(UP);

    lab->context.planning = true;
    lab_fact(lab, "manager", "null");
    return lab;
}

static void fit_manager_and_archive_stand_nothing_in_the_way(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_asks(lab, &UP->plan, "GET /api/v3.1/version");
    lab_gets_recorded(lab, "01-version-status-license", 0);
    lab_fact_is(lab, "manager",
                "{\"distribution\":\"debian\",\"edition\":\"community\",\"version\":"
                "\"7.1.0.dev1\"}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &UP->plan, "GET /api/v3.1/snapshots?id=prod&_all_tenants=true");
    lab_gets(lab, 200, NONE);
    lab_says(lab, STATE_DONE, NULL);
    lab_found_nothing(lab, "blocker");
    lab_found(lab, "estimate", "12.0 MiB a second");
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
        {200, "{\"version\":\"4.3.4\"}", "blocker FERRY_E_REFUSED", "4.3.4"},
        {200, "{\"version\":\"new\"}", "blocker FERRY_E_PROTOCOL", "new"},
        {400, "{\"error_code\":\"SSL_REQUIRED\"}", "blocker FERRY_E_CONFIG", "https only"},
        {400, "{\"error_code\":\"bad_parameters_error\"}", "blocker FERRY_E_REFUSED", "question"},
        {200, "{\"version\":\"9.0\"}", "warning", "9.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_plan();

        lab_turn(lab, &UP->plan, cases[i].status, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
    struct lab *lab = new_plan();

    lab_asks(lab, &UP->plan, "GET *");
    lab_gets_html(lab, 200);
    lab_found(lab, "blocker FERRY_E_PROTOCOL", "does not answer like a Cloudify manager");
    lab_asks(lab, &UP->plan, "GET *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, "502");
    lab_free(lab);
}

static void each_unfit_archive_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *archive, *manager, *kind, *text;
    } cases[] = {
        {"{\"format\":\"community-legacy\",\"version\":\"7.1.0\"}", "7.1.0",
         "blocker FERRY_E_ARCHIVE", "restore nothing"},
        {"{\"format\":\"new\",\"version\":\"7.0.5\"}", "6.4.2", "blocker FERRY_E_ARCHIVE",
         "format of 7.0"},
        {"{\"format\":\"new\",\"version\":\"99.0.0\"}", "7.1.0", "blocker FERRY_E_ARCHIVE",
         "newer than"},
        {"{\"format\":\"legacy\",\"version\":\"7.1.0\"}", "6.4.2", "blocker FERRY_E_REFUSED",
         "7.1.0"},
        {"{\"format\":\"legacy\",\"version\":\"3.4.0\"}", "7.1.0", "blocker FERRY_E_REFUSED",
         "3.4.0"},
        {"{\"format\":\"legacy\",\"version\":\"4.6.0\"}", "7.1.0", "warning", "not tested"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = new_plan();

        lab_fact(lab, "archive", cases[i].archive);
        lab_turn(
            lab, &UP->plan, 200,
            mem_printf(lab, "{\"version\":\"%s\",\"edition\":\"community\"}", cases[i].manager));
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
    struct lab *lab = new_plan(); /* below 7.0 an archive of a community manager is a good one */

    lab_fact(lab, "archive", "{\"format\":\"community-legacy\",\"version\":\"6.0.1\"}");
    lab_turn(lab, &UP->plan, 200, "{\"version\":\"6.4.2\",\"edition\":\"community\"}");
    lab_found_nothing(lab, "blocker");
    lab_free(lab);
}

static void taken_name_is_refused_in_whatever_tenant_it_is(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_turn(lab, &UP->plan, 200, VERSION);
    lab_turn(lab, &UP->plan, 200,
             "{\"items\":[{\"id\":\"prod\",\"status\":\"uploaded\",\"tenant_name\":\"acme\","
             "\"created_by\":\"eve\"}]}");
    lab_found(lab, "blocker FERRY_E_REFUSED", "by eve in tenant acme");
    lab_found(lab, "blocker", "--snapshot-id");
    lab_free(lab);
}

static void premium_manager_needs_a_licence(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_turn(lab, &UP->plan, 200, "{\"version\":\"7.0.5\",\"edition\":\"premium\"}");
    lab_turn(lab, &UP->plan, 200, NONE);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &UP->plan, "GET /api/v3.1/license");
    lab_gets(lab, 200, NONE);
    lab_found(lab, "blocker FERRY_E_REFUSED", "no licence");
    lab_turn(lab, &UP->plan, 200, "{\"items\":[{\"expired\":true}]}");
    lab_found(lab, "warning", "expired");
    lab_free(lab);
}

static void archive_by_url_is_noted_as_unseen(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_fact(lab, "archive", "null");
    lab_option(lab, "snapshot.file", "null");
    lab_turn(lab, &UP->plan, 200, VERSION);
    lab_found(lab, "note", "cannot look inside");
    lab_free(lab);
}

/* As a plan shows the requests of a run: before anything is known, nothing may break. */
static void show_all_phases(const struct ferry_state *one)
{
    const struct state_phase *const phases[] = {&one->expand, &one->probe, &one->act, &one->await,
                                                &one->verify};

    assert_non_null(one->summary);
    assert_int_equal(one->act.ask != NULL || one->await.ask != NULL, true);
    for (size_t k = 0; k < 5; k++) {
        struct lab *lab = lab_new(one);
        struct state_verdict verdict = {.wait_ms = -1};
        struct state_unit unit = {
            .key = one->flags & STATE_FANOUT ? "TENANT/NAME" : one->name, .id = "ID", .attempt = 1};
        struct http_request *request = NULL;

        lab_fact(lab, "archive", "null");
        lab_fact(lab, "manager", "null");
        lab->context.planning = true;
        if (phases[k]->ask != NULL &&
            phases[k]->ask(&lab->context, &unit, 1, &request, &verdict, lab)) {
            assert_non_null(request);
            assert_true(!http_method_changes(request->method) || k == 2);
        }
        lab_free(lab);
    }
}

static void every_phase_can_be_shown_before_anything_is_known(void **state)
{
    (void)state;
    assert_int_equal(workflow_upgrade.count, 11);
    for (size_t w = 0; w < workflow_count; w++) {
        for (size_t i = 0; i < workflow_list[w]->count; i++) {
            show_all_phases(workflow_list[w]->states[i]);
        }
    }
}

static void order_and_names_are_those_of_the_journal(void **state)
{
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

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        assert_string_equal(workflow_upgrade.states[i]->name, names[i]);
    }
    assert_string_equal(workflow_upgrade.name, "upgrade");
    assert_ptr_equal(workflow_named("upgrade"), &workflow_upgrade);
    assert_ptr_equal(workflow_named("backup"), &workflow_backup);
    assert_null(workflow_named("Backup"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_manager_and_archive_stand_nothing_in_the_way),
        cmocka_unit_test(each_unfit_manager_is_refused_with_its_reason),
        cmocka_unit_test(each_unfit_archive_is_refused_with_its_reason),
        cmocka_unit_test(taken_name_is_refused_in_whatever_tenant_it_is),
        cmocka_unit_test(premium_manager_needs_a_licence),
        cmocka_unit_test(archive_by_url_is_noted_as_unseen),
        cmocka_unit_test(every_phase_can_be_shown_before_anything_is_known),
        cmocka_unit_test(order_and_names_are_those_of_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
