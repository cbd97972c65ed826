/* plugins_update, one unit: what is asked for, whose update it is, and how it ends. */
#include "lab.h"

#include "base/attr.h"
#include "base/mem.h"

#define P (&state_plugins_update)
#define TEMP "plugins-update-20261122T143539.726178-bp-tiny"
#define NO_DEPLOYMENTS "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define TWO_DEPLOYMENTS                                                                            \
    "{\"items\":[{\"id\":\"d-1\",\"blueprint_id\":\"" TEMP "\"},{\"id\":\"d-2\",\"blueprint_id\":" \
    "\"" TEMP "\"}],\"metadata\":{\"pagination\":{\"total\":2}}}"

static struct lab *updating(void)
{
    struct lab *lab = lab_new(P);

    lab->units[0].key = "acme/bp-tiny";
    return lab;
}

static void update_runs_to_its_end_and_nothing_stays_on_its_blueprint(void **state)
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
    lab_gets_recorded(lab, "15-plugins-updates",
                      17); /* successful, its own blueprint is null now */
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?blueprint_id=" TEMP "&*");
    assert_string_equal(lab_header(lab, "Tenant"), "acme");
    lab_gets(lab, 200, NO_DEPLOYMENTS);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "plugins_left", "absent");
    lab_free(lab);
}

static void success_that_left_deployments_behind_is_none(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab->units[0].remote_id = "u";
    lab_data(lab, "{\"temp\":\"" TEMP "\"}");
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"successful\"}");
    lab_turn(lab, &P->await, 200, TWO_DEPLOYMENTS);
    lab_says(
        lab, STATE_FAILED,
        "the update ended well; deployments that are still on a temporary blueprint: d-1 (" TEMP
        "), d-2 (" TEMP ")");
    assert_non_null(strstr(lab->verdict[0].hint, "cfy deployments update"));
    lab_fact_is(lab, "plugins_left",
                "{\"after\":{\"acme/d-1\":\"" TEMP "\",\"acme/d-2\":\"" TEMP "\"}}");
    /* a retry begins without notes, and looks at the same blueprint */
    lab_fact_is(lab, "plugins_temporary", "{\"acme/bp-tiny\":[\"" TEMP "\"]}");
    lab_data(lab, "{\"temp\":null,\"ask\":null}");
    lab_asks(lab, &P->act, "POST *");
    lab_gets_recorded(lab, "15-plugins-updates", 2); /* no_changes_required */
    lab_says(lab, STATE_RUNNING, "what is left");
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"no_changes_required\"}");
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?blueprint_id=" TEMP "&*");
    lab_gets(lab, 200, NO_DEPLOYMENTS);
    lab_says(lab, STATE_DONE, "already");
    lab_free(lab);
}

static void failure_tells_why_and_who_stayed_behind(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab->units[0].remote_id = "u";
    lab_asks(lab, &P->await, "GET *");
    lab_gets_recorded(lab, "15-plugins-updates", 28);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &P->await, "GET /api/v3.1/executions/d8d9ba06-4095-441c-a1d0-0e35705a4dad?*");
    lab_gets(lab, 200, "{\"status\":\"failed\",\"error\":\"Traceback\\nRuntimeError: no agent\"}");
    lab_says(lab, STATE_FAILED, "the update of its plugins failed: RuntimeError: no agent");
    lab_data(lab, "{\"temp\":\"" TEMP "\",\"ask\":null}");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_recorded(lab, "15-plugins-updates", 28);
    lab_turn(lab, &P->await, 404, "{\"error_code\":\"not_found_error\"}"); /* no execution */
    lab_says(lab, STATE_AGAIN, NULL);
    lab_turn(lab, &P->await, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"failed\"}");
    lab_turn(lab, &P->await, 200, "{\"error\":null}");
    lab_turn(lab, &P->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, "without a list");
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"failed\"}");
    lab_turn(lab, &P->await, 200, "{\"error\":null}");
    lab_turn(lab, &P->await, 200, TWO_DEPLOYMENTS);
    lab_says(lab, STATE_FAILED,
             "the update of its plugins failed; deployments that are still on a temporary "
             "blueprint: d-1");
    lab_free(lab);
    lab = updating(); /* an update without an execution */
    lab->units[0].remote_id = "u";
    lab_turn(lab, &P->await, 200, "{\"id\":\"u\",\"state\":\"failed\"}");
    lab_says(lab, STATE_FAILED, "the update of its plugins failed");
    assert_non_null(strstr(lab->verdict[0].hint, "see its execution"));
    lab_free(lab);
}

static void very_many_left_behind_are_asked_for_as_far_as_a_path_goes(void **state)
{
    struct lab *lab = updating();
    char *ids = mem_strdup(lab, "");
    char *rows = mem_strdup(lab, "");

    (void)state;
    for (int i = 0; i < 30; i++) {
        ids = mem_printf(lab, "%s%s\"plugins-update-1-%0240d\"", ids, i == 0 ? "" : ",", i);
        rows = mem_printf(lab, "%s%s{\"id\":\"d-%d\"}", rows, i == 0 ? "" : ",", i);
    }
    lab_fact(lab, "plugins_temporary", mem_printf(lab, "{\"acme/bp-tiny\":[%s]}", ids));
    lab_data(lab, "{\"temp\":\"" TEMP "\",\"ask\":\"left\",\"end\":\"successful\"}");
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?blueprint_id=*");
    assert_true(strlen(lab->request->path) <= 3900);
    assert_non_null(strstr(lab->request->path, TEMP)); /* its own is never left out */
    lab_gets(
        lab, 200,
        mem_printf(lab, "{\"items\":[%s],\"metadata\":{\"pagination\":{\"total\":40}}}", rows));
    lab_says(lab, STATE_FAILED, "d-4 (?) and 35 more");
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
             "{\"items\":[{\"id\":\"done\",\"state\":\"successful\"},{\"id\":\"theirs\",\"state\":"
             "\"executing_workflow\",\"execution_id\":\"e\",\"created_by\":\"eve\"}]}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &P->probe, "GET /api/v3.1/executions/e?*");
    lab_gets(lab, 200, "{\"status\":\"started\"}");
    lab_says(
        lab, STATE_RETRY,
        "update theirs of this blueprint (by eve) is executing_workflow already, its execution "
        "is started");
    assert_non_null(strstr(lab->verdict[0].hint, "plugins.reevaluate_active_statuses"));
    /* up to plugins.wait */
    lab->context.now_ms += 1799000;
    lab_data(lab, "{\"ask\":\"other\"}");
    lab_turn(lab, &P->probe, 200, "{\"status\":\"started\"}");
    lab_says(lab, STATE_RETRY, "theirs");
    lab->context.now_ms += 1000;
    lab_data(lab, "{\"ask\":\"other\"}");
    lab_turn(lab, &P->probe, 200, "{\"status\":\"started\"}");
    lab_says(lab, STATE_FAILED, "update theirs of this blueprint");
    assert_non_null(strstr(lab->verdict[0].hint, "plugins.reevaluate_active_statuses"));
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

static void update_that_hangs_is_cleared_only_by_choice(void **state)
{
    static const struct {
        const char *version, *option, *request;
    } cases[] = {
        {"7.1.0", "plugins.reevaluate_active_statuses",
         "POST /api/v3.1/plugins-updates/bp-tiny/update/initiate"},
        {"5.0.5", "plugins.force",
         "POST /api/v3.1/plugins-updates/bp-tiny/update/initiate?force=true"},
    };
    const char *hanging =
        "{\"items\":[{\"id\":\"x\",\"state\":\"updating\",\"execution_id\":\"e\"}]}";

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct lab *lab = updating();

        lab_version(lab, cases[i].version);
        lab_turn(lab, &P->probe, 200, hanging);
        lab_turn(lab, &P->probe, 200, "{\"status\":\"failed\"}");
        lab_says(lab, STATE_RETRY, "its execution is failed: it hangs");
        assert_non_null(strstr(lab->verdict[0].hint, cases[i].option));
        lab_option(lab, cases[i].option, "true");
        lab_turn(lab, &P->probe, 200, hanging);
        lab_turn(lab, &P->probe, 200, "{\"status\":\"failed\"}");
        lab_says(lab, STATE_ABSENT, NULL);
        lab_asks(lab, &P->act, cases[i].request);
        /* one that is alive is waited for all the same */
        lab_turn(lab, &P->probe, 200, hanging);
        lab_turn(lab, &P->probe, 200, "{\"status\":\"started\"}");
        lab_says(lab, STATE_RETRY, NULL);
        lab_turn(lab, &P->probe, 200, hanging);
        lab_turn(lab, &P->probe, 404, "{\"error_code\":\"not_found_error\"}");
        lab_says(lab, STATE_RETRY, "not to be seen");
        lab_free(lab);
    }
}

static void update_is_asked_for_with_every_choice(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab_option(lab, "plugins.names", "[\"a\",\"b\"]");
    lab_option(lab, "plugins.to", "{\"latest\":[\"a\"],\"minor\":[\"b\"]}");
    lab_option(lab, "plugins.mapping", "{\"updates\":[{\"plugin_name\":\"a\"}]}");
    lab_option(lab, "plugins.auto_correct_types", "true");
    lab_option(lab, "plugins.reevaluate_active_statuses", "true");
    lab_option(lab, "plugins.force", "true");
    lab_asks(lab, &P->act, "POST /api/v3.1/plugins-updates/bp-tiny/update/initiate");
    assert_string_equal(lab->request->body,
                        "{\"to_latest\":[\"a\"],\"to_minor\":[\"b\"],\"plugin_names\":[\"a\","
                        "\"b\"],\"mapping\":{\"updates\":[{\"plugin_name\":\"a\"}]},\"force\":true,"
                        "\"auto_correct_types\":true,\"reevaluate_active_statuses\":true}");
    lab_option(lab, "plugins.to", "{\"latest\":null,\"minor\":[\"b\"]}");
    lab_option(lab, "plugins.names", "[]");
    lab_option(lab, "plugins.mapping", "null");
    lab_option(lab, "plugins.auto_correct_types", "false");
    lab_option(lab, "plugins.reevaluate_active_statuses", "false");
    lab_option(lab, "plugins.force", "false");
    lab_asks(lab, &P->act, "POST *");
    assert_string_equal(lab->request->body, "{\"to_minor\":[\"b\"]}");
    lab_free(lab);
}

static void lost_update_of_another_user_is_not_ours(void **state)
{
    struct lab *lab = updating();

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"known\":[]}");
    lab_turn(lab, &P->probe, 200,
             "{\"items\":[{\"id\":\"t\",\"state\":\"updating\",\"created_by\":\"eve\"}]}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &P->probe, 200,
             "{\"items\":[{\"id\":\"o\",\"state\":\"updating\",\"created_by\":\"admin\"}]}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_option(lab, "manager.after_restore", "{\"username\":\"root\"}");
    lab_turn(lab, &P->probe, 200,
             "{\"items\":[{\"id\":\"r\",\"state\":\"updating\",\"created_by\":\"root\"}]}");
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
        cmocka_unit_test(update_runs_to_its_end_and_nothing_stays_on_its_blueprint),
        cmocka_unit_test(success_that_left_deployments_behind_is_none),
        cmocka_unit_test(failure_tells_why_and_who_stayed_behind),
        cmocka_unit_test(very_many_left_behind_are_asked_for_as_far_as_a_path_goes),
        cmocka_unit_test(update_without_changes_is_done_at_once),
        cmocka_unit_test(update_of_somebody_else_is_waited_for),
        cmocka_unit_test(update_that_hangs_is_cleared_only_by_choice),
        cmocka_unit_test(update_is_asked_for_with_every_choice),
        cmocka_unit_test(lost_update_of_another_user_is_not_ours),
        cmocka_unit_test(lost_update_is_the_one_that_was_not_there_before),
        cmocka_unit_test(update_whose_execution_has_ended_is_noticed),
        cmocka_unit_test(manager_5_0_gets_an_empty_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
