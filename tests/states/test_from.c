/* What the first states of upgrade_from ask the old manager, and what they leave behind. */
#include "lab.h"

#include "states/preflight.h"

#define URL_MODE "{\"file\":null,\"id\":\"prod\",\"url\":\"http://p/{snapshot}/a.zip\"}"
#define OFF "{\"status\":\"deactivated\"}"
#define ON "{\"status\":\"activated\",\"activation_requested_at\":\"2026-11-22T13:59:59.000Z\"}"

/* An old 6.4.2 beside the new 7.1; the run is past the restore, which is nothing to the old one. */
static struct lab *from_lab(const struct ferry_state *state)
{
    struct lab *lab = lab_new(state);

    lab_option(lab, "old_manager",
               "{\"url\":\"https://old.example\",\"username\":\"eve\",\"tenant\":\"acme\"}");
    lab_option(lab, "backup", "{\"name\":\"n\",\"directory\":\"/b\",\"busy\":\"wait\"}");
    lab_fact(lab, "old_manager", "{\"version\":\"6.4.2\",\"edition\":\"premium\"}");
    lab_fact(lab, "credential", "\"after\"");
    lab_fact(lab, "backup", "{\"snapshot\":\"n-11111111\",\"name\":\"n.zip\",\"size\":9}");
    return lab;
}

static void asked_the_old_one(const struct lab *lab, const char *tenant)
{
    assert_int_equal(lab->request->site, HTTP_SITE_OLD);
    assert_int_equal(lab->request->credential, HTTP_AS_BEFORE);
    assert_string_equal(lab_header(lab, "Tenant"), tenant);
}

static void snapshot_is_made_on_the_old_manager_by_its_version(void **state)
{
    struct lab *lab = from_lab(&state_create_snapshot);

    (void)state;
    lab_asks(lab, &lab->state->probe, "GET /api/v3.1/snapshots/n-11111111");
    asked_the_old_one(lab, "acme");
    lab_asks(lab, &lab->state->act, "PUT /api/v3.1/snapshots/n-11111111");
    asked_the_old_one(lab, "acme");
    assert_null(strstr(lab->request->body, "legacy")); /* which 7.1 knows, and 6.4.2 does not */
    lab_free(lab);
    lab = from_lab(&state_create_snapshot);
    lab_option(lab, "old_manager", "null"); /* a backup: there is one manager only */
    lab_asks(lab, &lab->state->act, "PUT /api/v3.1/snapshots/n-11111111");
    assert_int_equal(lab->request->site, HTTP_SITE_NEW);
    assert_non_null(strstr(lab->request->body, "legacy"));
    lab_free(lab);
}

static void archive_comes_from_there_and_is_proven_by_its_version(void **state)
{
    struct lab *lab = from_lab(&state_download);

    (void)state;
    lab_data(lab, "{\"ask\":\"head\"}");
    lab_asks(lab, &lab->state->probe, "HEAD /api/v3.1/snapshots/n-11111111/archive");
    asked_the_old_one(lab, "acme");
    lab_asks(lab, &lab->state->act, "GET /api/v3.1/snapshots/n-11111111/archive");
    asked_the_old_one(lab, "acme");
    lab_free(lab);
    lab = from_lab(&state_check_archive);
    lab_data(lab, "{\"ask\":\"check\"}");
    lab_turn(lab, &lab->state->probe, 200,
             "{\"size\":9,\"modified_ms\":77,\"sha256\":\"ab\",\"archive\":{\"version\":\"6.4.2\","
             "\"format\":\"legacy\",\"tenants\":1}}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_fact_is(lab, "archive.version", "\"6.4.2\"");
    lab_fact_is(lab, "archive.modified_ms", "77"); /* the upload wants the same file */
    lab_asks(lab, &lab->state->act, "POST /backups/n.zip");
    assert_non_null(strstr(lab->request->body, "\"manager\":\"https://old.example\""));
    assert_non_null(strstr(lab->request->body, "\"upgrade\":true")); /* prune leaves it alone */
    lab_free(lab);
}

static void maintenance_of_the_old_manager_is_a_fact_of_its_own(void **state)
{
    struct lab *lab = from_lab(&state_old_maintenance);

    (void)state;
    lab_asks(lab, &lab->state->probe, "GET /api/v3.1/maintenance");
    asked_the_old_one(lab, "acme");
    lab_gets(lab, 200, OFF);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &lab->state->act, "POST /api/v3.1/maintenance/activate");
    asked_the_old_one(lab, "acme");
    lab_gets(lab, 200, ON);
    lab_fact_is(lab, "old_maintenance.ours", "true");
    assert_null(json_get(lab->facts, "maintenance"));
    lab_free(lab);
    lab = from_lab(&state_old_maintenance);
    lab_option(lab, "old_manager.maintenance", "false");
    lab_needs_nothing(lab, &lab->state->probe);
    lab_says(lab, STATE_SKIP, "from.maintenance");
    lab_free(lab);
}

static void cancelling_takes_back_what_was_ours_on_the_old_manager(void **state)
{
    struct lab *lab = from_lab(&state_undo_old_maintenance);

    (void)state;
    lab_fact(lab, "maintenance", "{\"ours\":true}"); /* of the new one: not this state's */
    lab_needs_nothing(lab, &lab->state->probe);
    lab_says(lab, STATE_SKIP, "did not switch");
    lab_fact(lab, "old_maintenance",
             "{\"ours\":true,\"requested_at\":\"2026-11-22T13:59:59.000Z\"}");
    lab_asks(lab, &lab->state->probe, "GET /api/v3.1/maintenance");
    asked_the_old_one(lab, "acme");
    lab_gets(lab, 200, ON);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &lab->state->act, "POST /api/v3.1/maintenance/deactivate");
    asked_the_old_one(lab, "acme");
    lab_free(lab);
}

/* The outcome of our request was not known when the run was cancelled. */
static void lost_request_to_the_old_manager_is_told_by_its_time(void **state)
{
    struct lab *lab = from_lab(&state_undo_old_maintenance);

    (void)state;
    lab_fact(lab, "undo",
             "{\"open\":{\"old_maintenance\":{\"since_ms\":1795355998000,\"until_ms\":"
             "1795355999000}}}");
    lab_turn(lab, &lab->state->probe, 200, ON);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
    lab = from_lab(&state_undo_old_maintenance);
    lab_fact(lab, "undo",
             "{\"open\":{\"maintenance_activate\":{\"since_ms\":1795355998000,\"until_ms\":"
             "1795355999000}}}");
    lab_needs_nothing(lab, &lab->state->probe);
    lab_free(lab);
}

static void archive_that_travels_by_address_is_not_brought_here(void **state)
{
    static const struct ferry_state *const skipped[] = {&state_download, &state_check_archive};
    struct lab *lab;

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(skipped); i++) {
        lab = from_lab(skipped[i]);
        lab_option(lab, "snapshot", URL_MODE);
        lab_needs_nothing(lab, &lab->state->probe);
        lab_says(lab, STATE_SKIP, "fetches the archive itself");
        lab_free(lab);
    }
    lab = from_lab(&state_upload);
    lab_option(lab, "snapshot", URL_MODE);
    lab_asks(lab, &lab->state->act,
             "PUT /api/v3.1/snapshots/prod/archive?snapshot_archive_url="
             "http%3A%2F%2Fp%2Fn-11111111%2Fa.zip");
    assert_int_equal(lab->request->site, HTTP_SITE_NEW);
    lab_free(lab);
}

static void agents_are_validated_on_the_old_manager_whatever_their_version(void **state)
{
    struct lab *lab = from_lab(&state_validate_old_agents);
    const struct state_phase *expand = &lab->state->expand;

    (void)state;
    lab_asks(lab, expand, "GET /api/v3.1/agents?*");
    asked_the_old_one(lab, "acme");
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"a\",\"node_instance_id\":\"vm_1\",\"deployment\":\"db\","
             "\"tenant_name\":\"acme\",\"version\":\"5.0.5\",\"state\":\"started\"}],"
             "\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_turn(lab, expand, 200,
             "{\"items\":[{\"id\":\"vm_1\",\"host_id\":\"vm_1\",\"node_id\":\"vm\",\"state\":"
             "\"started\",\"deployment_id\":\"db\",\"tenant_name\":\"acme\"}],"
             "\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_turn(lab, expand, 200,
             "{\"items\":[{\"id\":\"db\",\"tenant_name\":\"acme\",\"workflows\":[{\"name\":"
             "\"validate_agents\"}]}],\"metadata\":{\"pagination\":{\"total\":1}}}");
    assert_string_equal(json_print(lab->mem, lab->units_added), "[\"acme/db\"]");
    lab->units[0].key = "acme/db";
    lab_asks(lab, &lab->state->act, "POST /api/v3.1/executions*");
    asked_the_old_one(lab, "acme");
    lab_free(lab);
    lab = from_lab(&state_validate_old_agents);
    lab_option(lab, "old_manager.validate_agents", "false");
    lab_needs_nothing(lab, &lab->state->expand);
    lab_says(lab, STATE_SKIP, "from.validate_agents");
    lab_free(lab);
}

/* It would answer "not now" for as long as that lasts. */
static void agents_of_a_manager_in_maintenance_are_not_waited_for(void **state)
{
    static const char refused[] = "{\"error_code\":\"maintenance_mode_active\"}";
    struct lab *lab = from_lab(&state_validate_old_agents);

    (void)state;
    lab->units[0].key = "acme/db";
    lab_turn(lab, &lab->state->act, 503, refused);
    lab_says(lab, STATE_FOREIGN, "the old manager is in maintenance");
    assert_non_null(strstr(lab->verdict[0].hint, "end the maintenance there, then: ferry resume"));
    lab_fact(lab, "old_maintenance", "{\"ours\":true}"); /* a retry, after the snapshot */
    lab_turn(lab, &lab->state->act, 503, refused);
    lab_says(lab, STATE_FAILED, "the old manager is in maintenance");
    assert_non_null(strstr(lab->verdict[0].hint, "nothing more to do here"));
    lab_free(lab);
    lab = from_lab(&state_old_maintenance);
    lab->context.planning = true;
    lab_turn(lab, &lab->state->plan, 200, ON);
    lab_found(lab, "stops old_maintenance", "cannot ask its agents");
    lab_free(lab);
    lab = from_lab(&state_old_maintenance);
    lab->context.planning = true;
    lab_option(lab, "old_manager.validate_agents", "false");
    lab_turn(lab, &lab->state->plan, 200, ON);
    lab_found(lab, "warning: ", "in maintenance already");
    lab_free(lab);
}

/* By an address, a name or another port: the snapshot that was taken here is there as well. */
static void new_manager_that_is_the_old_one_is_seen_by_the_snapshot(void **state)
{
    struct lab *lab = from_lab(&state_upload);

    (void)state;
    lab->context.planning = true;
    lab_option(lab, "snapshot", URL_MODE);
    lab_asks(lab, &lab->state->plan, "GET /api/v3.1/snapshots?id=prod&id=n-11111111&*");
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"n-11111111\",\"status\":\"created\"}],"
             "\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_found(lab, "ok snapshot_id", "no snapshot");
    lab_found(lab, "stops old_manager", "the new manager is the old one");
    lab_free(lab);
}

/* The half of it is known before there is an archive. */
static void archive_to_come_is_judged_by_the_old_manager(void **state)
{
    static const struct {
        const char *version, *edition, *legacy, *found, *text;
    } cases[] = {
        {"6.4.2", "premium", "true", "ok archive_format", "format legacy"},
        {"7.0.5", "premium", "true", "ok archive_format", "format legacy"},
        {"7.0.5", "premium", "false", "ok archive_format", "format new"},
        {"7.0.5", "community", "true", "stops archive_format", "would restore nothing"},
        {"7.2.0", "premium", "false", "stops archive_version", "newer"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct lab *lab = from_lab(&preflight_archive);

        lab->context.planning = true;
        lab_fact(lab, "archive", "null");
        lab_fact(lab, "old_manager.version", mem_printf(lab->mem, "\"%s\"", cases[i].version));
        lab_fact(lab, "old_manager.edition", mem_printf(lab->mem, "\"%s\"", cases[i].edition));
        lab_option(lab, "backup.legacy", cases[i].legacy);
        lab_needs_nothing(lab, &preflight_archive.plan);
        lab_found(lab, cases[i].found, cases[i].text);
        lab_found(lab, "cannot tell hosts_started", "yet to be taken");
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_is_made_on_the_old_manager_by_its_version),
        cmocka_unit_test(archive_comes_from_there_and_is_proven_by_its_version),
        cmocka_unit_test(maintenance_of_the_old_manager_is_a_fact_of_its_own),
        cmocka_unit_test(cancelling_takes_back_what_was_ours_on_the_old_manager),
        cmocka_unit_test(lost_request_to_the_old_manager_is_told_by_its_time),
        cmocka_unit_test(archive_that_travels_by_address_is_not_brought_here),
        cmocka_unit_test(agents_are_validated_on_the_old_manager_whatever_their_version),
        cmocka_unit_test(agents_of_a_manager_in_maintenance_are_not_waited_for),
        cmocka_unit_test(new_manager_that_is_the_old_one_is_seen_by_the_snapshot),
        cmocka_unit_test(archive_to_come_is_judged_by_the_old_manager),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
