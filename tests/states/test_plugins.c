#include "lab.h"

#include "base/mem.h"

#define U (&state_upload_plugins)
#define P (&state_plugins_update)
#define ID "11111111-2222-4333-8444-555555555550"

static struct lab *uploading(void)
{
    struct lab *lab = lab_new(U);

    lab->units[0].key = "/p/tiny.zip";
    lab_fact(lab, "plugin_files", "{\"/p/tiny.zip\":{\"size\":3254}}");
    return lab;
}

static struct lab *updating(void)
{
    struct lab *lab = lab_new(P);

    lab->units[0].key = "acme/bp-tiny";
    return lab;
}

static void every_file_is_a_unit(void **state)
{
    struct lab *lab = lab_new(U);

    (void)state;
    lab_needs_nothing(lab, &U->expand);
    lab_says(lab, STATE_SKIP, "names no file");
    lab_needs_nothing(lab, &U->plan);
    lab_found(lab, "skip", "names no file");
    lab_option(lab, "plugins.upload", "[\"/p/a.zip\",\"/p/b.wgn\"]");
    lab->context.planning = true;
    lab_needs_nothing(lab, &U->expand);
    assert_int_equal(json_size(lab->units_added), 0); /* a plan names them without a journal */
    lab->context.planning = false;
    lab_needs_nothing(lab, &U->expand);
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(json_print(lab, lab->units_added), "[\"/p/a.zip\",\"/p/b.wgn\"]");
    lab_needs_nothing(lab, &U->plan);
    lab_found(lab, "units", "2");
    lab_free(lab);
}

static void plugin_is_uploaded_under_our_id_and_asked_for_by_it(void **state)
{
    struct lab *lab = uploading();
    struct state_timing timing = {0};

    (void)state;
    lab_needs_nothing(lab, &U->probe);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant&id=" ID);
    assert_string_equal(lab->request->body_file, "/p/tiny.zip");
    assert_int_equal(lab->request->body_size, 3254);
    lab_gets_recorded(lab, "14-plugins", 6);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "plugins_uploaded", "{\"89a6ea48-b8b5-4b80-a774-76beb10adb01\":true}");
    lab->context.repeat = true;
    lab_asks(lab, &U->probe, "GET /api/v3.1/plugins/" ID "*");
    lab_gets_recorded(lab, "14-plugins", 26);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &U->probe, 200, "{\"id\":\"" ID "\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &U->probe, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.concurrency, 1);
    assert_int_equal(timing.settle_ms, 90000);
    lab_free(lab);
}

static void below_6_4_2_the_new_one_among_the_others_is_ours(void **state)
{
    struct lab *lab = uploading();
    struct state_timing timing = {0};

    (void)state;
    lab_version(lab, "6.0.1");
    lab_asks(lab, &U->probe, "GET /api/v3.1/plugins?_include=id*");
    lab_gets_recorded(lab, "14-plugins", 1);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant");
    lab->context.repeat = true;
    lab_asks(lab, &U->probe, "GET *");
    lab_gets_recorded(lab, "14-plugins", 1);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &U->probe, 200, "{\"items\":[{\"id\":\"new\"}]}");
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(lab->units[0].remote_id, "new");
    lab_turn(lab, &U->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.settle_ms, 0); /* the engine's own */
    lab_free(lab);
}

static void package_that_is_there_already_is_what_was_wanted(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 7);
    lab_says(lab, STATE_DONE, "already");
    lab_fact_is(lab, "plugins_uploaded", "absent");
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 11);
    lab_says(lab, STATE_FAILED, "invalid_plugin_error");
    assert_non_null(strstr(lab->verdict[0].hint, "wagon"));
    lab_turn(lab, &U->act, 400, "{\"error_code\":\"existing_running_execution_error\"}");
    lab_says(lab, STATE_RETRY, NULL);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 14);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_fact(lab, "plugin_files", "null");
    lab_needs_nothing(lab, &U->act);
    lab_says(lab, STATE_FAILED, "size");
    lab_free(lab);
}

/* --- plugins_update --- */

#define BLUEPRINTS                                                                                 \
    "{\"items\":[{\"id\":\"bp-a\",\"tenant_name\":\"acme\",\"is_hidden\":false},"                  \
    "{\"id\":\"bp-b\",\"tenant_name\":\"acme\"},"                                                  \
    "{\"id\":\"plugins-update-1-bp\",\"tenant_name\":\"acme\"},"                                   \
    "{\"id\":\"x\",\"tenant_name\":\"acme\",\"is_hidden\":true}],\"metadata\":{\"pagination\":{"   \
    "\"total\":4}}}"

static void every_visible_blueprint_is_a_unit(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "plugins.except", "[\"bp-b\"]");
    lab_asks(lab, &P->expand, "GET /api/v3.1/blueprints?_include=id%2Ctenant_name%2Cis_hidden*");
    lab_gets(lab, 200, BLUEPRINTS);
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(json_print(lab, lab->units_added), "[\"acme/bp-a\"]");
    assert_string_equal(json_print(lab, lab->units_skipped),
                        "[\"acme/bp-b: plugins.except names it\"]");
    lab_free(lab);
}

static void named_blueprints_only_and_those_that_are_not_there_are_told(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "plugins.update", "[\"acme/bp-b\",\"nope\",\"other/nope\"]");
    lab_turn(lab, &P->expand, 200, BLUEPRINTS);
    assert_string_equal(json_print(lab, lab->units_added), "[\"acme/bp-b\"]");
    assert_string_equal(json_print(lab, lab->units_skipped),
                        "[\"acme/bp-a: plugins.update does not name it\",\"?/nope: plugins.update "
                        "names it, and the "
                        "manager has no such blueprint\",\"other/nope: plugins.update names it, "
                        "and the manager has "
                        "no such blueprint\"]");
    lab_free(lab);
}

static void blueprints_come_in_pages(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_turn(lab, &P->expand, 200,
             "{\"items\":[{\"id\":\"a\",\"tenant_name\":\"t\"}],\"metadata\":{\"pagination\":{"
             "\"total\":2}}}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &P->expand, "GET *");
    assert_non_null(strstr(lab->request->path, "_offset=1"));
    lab_gets(lab, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->expand, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void nothing_chosen_and_nothing_possible_are_skipped(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_version(lab, "4.6.0");
    lab_needs_nothing(lab, &P->expand);
    lab_says(lab, STATE_SKIP, "before 5.0");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "skip", "before 5.0");
    lab_option(lab, "plugins.update", "[]");
    lab_needs_nothing(lab, &P->expand);
    lab_says(lab, STATE_SKIP, "chooses no blueprint");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "skip", "chooses no blueprint");
    lab_free(lab);
}

static void plan_warns_where_a_failed_update_loses_data(void **state)
{
    struct lab *lab = lab_new(P);
    struct state_timing timing = {0};

    (void)state;
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "units", "10");
    lab_found_nothing(lab, "warning");
    lab_version(lab, "6.0.1");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "warning", "deletes the deployments");
    lab_option(lab, "plugins.poll_ms", "50");
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 50);
    assert_int_equal(timing.quiet_ms, 50);
    lab_free(lab);
}

static void update_runs_to_its_end(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab_asks(lab, &P->probe, "GET /api/v3.1/plugins-updates?blueprint_id=bp-tiny*");
    assert_string_equal(lab_header(lab, "Tenant"), "acme");
    lab_gets_recorded(lab, "15-plugins-updates", 0);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"known\":[]}");
    lab_asks(lab, &P->act, "POST /api/v3.1/plugins-updates/bp-tiny/update/initiate");
    assert_string_equal(lab->request->body, "{\"all_to_latest\":true}");
    lab_gets_recorded(lab, "15-plugins-updates", 9);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_asks(lab, &P->await,
             "GET /api/v3.1/plugins-updates/6f1735f2-6275-42ef-864c-527850c59b34?*");
    lab_gets_recorded(lab, "15-plugins-updates", 12);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_asks(lab, &P->await, "GET *");
    lab_gets_recorded(lab, "15-plugins-updates", 17);
    lab_says(lab, STATE_DONE, NULL);
    lab_asks(lab, &P->await, "GET *");
    lab_gets_recorded(lab, "15-plugins-updates", 28);
    lab_says(lab, STATE_FAILED, "failed");
    lab_free(lab);
}

static void update_without_changes_is_done_at_once(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab_option(lab, "plugins.to", "\"minor\"");
    lab_asks(lab, &P->act, "POST *");
    assert_string_equal(lab->request->body, "{\"all_to_minor\":true}");
    lab_gets_recorded(lab, "15-plugins-updates", 2);
    lab_says(lab, STATE_DONE, "already");
    assert_string_equal(lab->verdict[0].remote_state, "no_changes_required");
    lab_free(lab);
}

static void update_of_somebody_else_is_waited_for(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab_turn(lab, &P->probe, 200,
             "{\"items\":[{\"id\":\"theirs\",\"state\":\"executing_workflow\"}]}");
    lab_says(lab, STATE_RETRY, "theirs");
    lab_asks(lab, &P->act, "POST *");
    lab_gets_recorded(lab, "15-plugins-updates", 10);
    lab_says(lab, STATE_UNKNOWN, NULL); /* only the probe knows whose it is */
    lab_turn(lab, &P->act, 400, "{\"error_code\":\"existing_running_execution_error\"}");
    lab_says(lab, STATE_RETRY, NULL);
    lab_asks(lab, &P->act, "POST *");
    lab_gets_recorded(lab, "15-plugins-updates", 1);
    lab_says(lab, STATE_FAILED, "nope");
    lab_turn(lab, &P->act, 204, "");
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_turn(lab, &P->act, 200, "{\"id\":\"u\",\"state\":\"odd\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_free(lab);
}

static void lost_update_is_the_one_that_was_not_there_before(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"known\":[\"3a985f3f-5c08-486e-a37e-59b61d9aa667\"]}");
    lab_asks(lab, &P->probe, "GET *");
    lab_gets_recorded(lab, "15-plugins-updates", 22);
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(lab->units[0].remote_id, "6f1735f2-6275-42ef-864c-527850c59b34");
    lab_turn(lab, &P->probe, 200,
             "{\"items\":[{\"id\":\"a\",\"state\":\"failed\"},{\"id\":\"b\",\"state\":"
             "\"updating\"}]}");
    lab_says(lab, STATE_RUNNING, NULL); /* the one that goes on before one that ended */
    lab_data(lab, "{\"known\":[\"a\",\"b\"]}");
    lab_turn(lab, &P->probe, 200, "{\"items\":[{\"id\":\"a\"},{\"id\":\"b\"}]}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &P->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->probe, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void update_whose_execution_has_ended_is_noticed(void **state)
{
    struct lab *lab = updating();
    const char *active = "{\"id\":\"u\",\"state\":\"executing_workflow\",\"execution_id\":\"e\"}";

    (void)state;
    lab->units[0].remote_id = "u";
    lab_turn(lab, &P->await, 200, active);
    lab->context.now_ms += 61000;
    lab_turn(lab, &P->await, 200, active);
    lab_asks(lab, &P->await, "GET /api/v3.1/executions/e?*");
    lab_gets(lab, 200, "{\"id\":\"e\",\"status\":\"started\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    for (int look = 0; look < 2; look++) {
        lab->context.now_ms += 250000;
        lab_turn(lab, &P->await, 200, active);
        lab_turn(lab, &P->await, 200, "{\"id\":\"e\",\"status\":\"failed\",\"error\":\"E: x\"}");
        lab_says(lab, look == 0 ? STATE_RUNNING : STATE_FAILED, NULL);
    }
    assert_non_null(strstr(lab->verdict[0].reason, "E: x"));
    lab_turn(lab, &P->await, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"odd\"}");
    lab_says(lab, STATE_CANNOT_TELL, "odd");
    lab_free(lab);
}

static void manager_5_0_gets_an_empty_body(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab_version(lab, "5.0.5");
    lab_asks(lab, &P->act, "POST *");
    assert_string_equal(lab->request->body, "{}");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_a_unit),
        cmocka_unit_test(plugin_is_uploaded_under_our_id_and_asked_for_by_it),
        cmocka_unit_test(below_6_4_2_the_new_one_among_the_others_is_ours),
        cmocka_unit_test(package_that_is_there_already_is_what_was_wanted),
        cmocka_unit_test(every_visible_blueprint_is_a_unit),
        cmocka_unit_test(named_blueprints_only_and_those_that_are_not_there_are_told),
        cmocka_unit_test(blueprints_come_in_pages),
        cmocka_unit_test(nothing_chosen_and_nothing_possible_are_skipped),
        cmocka_unit_test(plan_warns_where_a_failed_update_loses_data),
        cmocka_unit_test(update_runs_to_its_end),
        cmocka_unit_test(update_without_changes_is_done_at_once),
        cmocka_unit_test(update_of_somebody_else_is_waited_for),
        cmocka_unit_test(lost_update_is_the_one_that_was_not_there_before),
        cmocka_unit_test(update_whose_execution_has_ended_is_noticed),
        cmocka_unit_test(manager_5_0_gets_an_empty_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
