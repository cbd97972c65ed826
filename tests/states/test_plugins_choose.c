/* plugins_update before and after its units: which blueprints, the plan, and what is left behind.
 */
#include "lab.h"

#include "base/mem.h"
#include "states/plugins_moves.h"

#define P (&state_plugins_update)
#define TEMP "plugins-update-20261122T143539.726178-bp-tiny"

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
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &P->expand, "GET /api/v3.1/deployments?blueprint_id=plugins-update-1-bp&*");
    lab_gets(lab, 200, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}");
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "plugins_temporary", "{\"acme/bp\":[\"plugins-update-1-bp\"]}");
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

static void plan_refuses_where_a_failed_update_loses_data_unless_accepted_by_name(void **state)
{
    static const char *const losing[] = {"5.2.0", "5.2.6", "5.3.0", "6.0.1", "6.1.0", "6.2.3"};
    static const char *const safe[] = {"5.1.4", "5.2.7", "6.3.0", "6.4.2", "7.1.0"};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(losing) + FERRY_COUNT(safe); i++) {
        struct lab *lab = lab_new(P);
        bool loses = i < FERRY_COUNT(losing);
        const char *version = loses ? losing[i] : safe[i - FERRY_COUNT(losing)];

        lab_version(lab, version);
        lab_option(lab, "plugins.accept_data_loss", "[\"6.0.2\",\"x\"]"); /* of another one */
        lab_needs_nothing(lab, &P->plan);
        if (loses) {
            lab_found(lab, "blocker", "deletes the deployments it had moved");
            lab_found(lab, "blocker", mem_printf(lab, "on manager %s a plugins", version));
        } else {
            lab_found_nothing(lab, "blocker");
        }
        lab_free(lab);
        if (loses) {
            lab = lab_new(P);
            lab_version(lab, version);
            lab_option(lab, "plugins.accept_data_loss", mem_printf(lab, "[\"%s\"]", version));
            lab_needs_nothing(lab, &P->plan);
            lab_found_nothing(lab, "blocker");
            lab_found(lab, "warning", "accepted by plugins.accept_data_loss");
            lab_free(lab);
        }
    }
}

static void plan_refuses_options_that_the_version_lacks_by_name(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_version(lab, "5.0.5");
    lab_option(lab, "plugins.to", "\"minor\"");
    lab_option(lab, "plugins.names", "[\"a\"]");
    lab_option(lab, "plugins.mapping", "{\"updates\":[1]}");
    lab_option(lab, "plugins.auto_correct_types", "true");
    lab_option(lab, "plugins.reevaluate_active_statuses", "true");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "blocker",
              "manager 5.0.5 does not know plugins.to, plugins.names, plugins.mapping, "
              "plugins.auto_correct_types, plugins.reevaluate_active_statuses");
    lab_free(lab);
    lab = lab_new(P);
    lab_version(lab, "5.1.0");
    lab_option(lab, "plugins.names", "[\"a\"]");
    lab_option(lab, "plugins.auto_correct_types", "true");
    lab_option(lab, "plugins.force", "true");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "blocker", "manager 5.1.0 does not know plugins.auto_correct_types");
    lab_found(lab, "note", "as components");
    lab_free(lab);
    lab = lab_new(P);
    lab_version(lab, "5.0.5");
    lab_option(lab, "plugins.force", "true");
    lab_needs_nothing(lab, &P->plan);
    lab_found_nothing(lab, "blocker");
    lab_found(lab, "note", "marks updates that hang as failed");
    lab_free(lab);
}

static void plan_tells_which_versions_would_move_where(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_fact(lab, "archive.plugin_list",
             "[{\"package_name\":\"a\",\"package_version\":\"1.9.0\"},"
             "{\"package_name\":\"a\",\"package_version\":\"1.10.0\"},"
             "{\"package_name\":\"b\",\"package_version\":\"1.0\"},"
             "{\"package_name\":\"c\",\"package_version\":\"1.0\"}]");
    lab_option(lab, "plugins.upload", "[\"/p\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p\":{\"plugins\":[{\"package\":\"a\",\"version\":\"2.0.0\"},"
             "{\"package\":\"b\",\"version\":\"1.1\"}]}}");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "units", "10");
    lab_found(lab, "note", "blueprints with a 1.9.0 move to 2.0.0, unless they name a version");
    lab_found(lab, "note", "blueprints with a 1.10.0 move to 2.0.0");
    lab_found(lab, "note", "blueprints with b 1.0 move to 1.1");
    assert_null(strstr(json_print(lab, lab->findings), "blueprints with c"));
    lab_free(lab);
    lab = lab_new(P);
    lab_fact(lab, "archive.plugin_list",
             "[{\"package_name\":\"a\",\"package_version\":\"1.9.0\"},"
             "{\"package_name\":\"a\",\"package_version\":\"1.10.0\"},"
             "{\"package_name\":\"a\",\"package_version\":\"2.0\"},"
             "{\"package_name\":\"b\",\"package_version\":\"1.0\"},"
             "{\"package_name\":\"b\",\"package_version\":\"3\"},"
             "{\"package_name\":\"c\",\"package_version\":\"1\"},"
             "{\"package_name\":\"c\",\"package_version\":\"2\"}]");
    lab_option(lab, "plugins.to", "{\"minor\":[\"a\"],\"latest\":[\"b\",\"x\"]}");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "note", "blueprints with a 1.9.0 move to 1.10.0");
    lab_found(lab, "note", "blueprints with b 1.0 move to 3");
    assert_null(strstr(json_print(lab, lab->findings), "blueprints with c"));
    assert_null(strstr(json_print(lab, lab->findings), "blueprints with a 1.10.0"));
    lab_found(lab, "warning", "plugins.to.latest names x, which neither the snapshot nor");
    assert_null(strstr(json_print(lab, lab->findings), "plugins.to.minor names"));
    lab_option(lab, "plugins.to", "\"minor\"");
    lab_option(lab, "plugins.names", "[\"c\"]");
    json_remove(lab->facts, "archive");
    lab_needs_nothing(lab, &P->plan);
    lab_free(lab);
}

static void versions_are_ordered_by_their_numbers(void **state)
{
    static const char *const ordered[] = {"0.9",  "1",      "1.0",  "1.0.0", "1.2", "1.9",
                                          "1.10", "1.10.1", "2.0a", "2.0b",  "10"};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(ordered); i++) {
        for (size_t k = 0; k < FERRY_COUNT(ordered); k++) {
            int order = plugins_version_order(ordered[i], ordered[k]);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
    assert_int_equal(plugins_version_order("1.02", "1.2"), 0);
}

static void times_come_from_the_options(void **state)
{
    struct lab *lab = lab_new(P);
    struct state_timing timing = {0};

    (void)state;
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 10000);
    assert_int_equal(timing.before_deadline_ms, 3600000);
    assert_int_equal(timing.concurrency, 3);
    lab_option(lab, "plugins.poll_ms", "50");
    lab_option(lab, "plugins.wait_ms", "7000");
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 50);
    assert_int_equal(timing.quiet_ms, 50);
    assert_int_equal(timing.before_deadline_ms, 1807000);
    lab_free(lab);
}

static void what_failed_updates_left_is_told_by_name(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    for (int look = 0; look < 2; look++) {
        const struct state_phase *phase = look == 0 ? &P->expand : &P->verify;

        lab_turn(lab, phase, 200,
                 "{\"items\":[{\"id\":\"bp-tiny\",\"tenant_name\":\"acme\"},{\"id\":\"" TEMP
                 "\",\"tenant_name\":\"acme\"}],\"metadata\":{\"pagination\":{\"total\":3}}}");
        lab_says(lab, STATE_AGAIN, NULL);
        lab_asks(lab, phase, "GET /api/v3.1/blueprints?*");
        assert_non_null(strstr(lab->request->path, "_offset=2"));
        lab_gets(lab, 200,
                 "{\"items\":[{\"id\":\"plugins-update-1-x\",\"tenant_name\":\"t\"}],"
                 "\"metadata\":{\"pagination\":{\"total\":3}}}");
        lab_says(lab, STATE_AGAIN, NULL);
        lab_asks(lab, phase,
                 "GET /api/v3.1/deployments?blueprint_id=" TEMP
                 "&blueprint_id=plugins-update-1-x&_include=id%2Ctenant_name*");
        lab_gets(lab, 200, "{}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
        lab_turn(lab, phase, 500, "{}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
        lab_turn(lab, phase, 200,
                 look == 0 ? "{\"items\":[{\"id\":\"d\",\"tenant_name\":\"acme\",\"blueprint_id\":"
                             "\"" TEMP "\"},{\"id\":\"e\",\"tenant_name\":\"t\",\"blueprint_id\":"
                             "\"plugins-update-1-x\"}],\"metadata\":{\"pagination\":{\"total\":2}}}"
                           : "{\"items\":[{\"id\":\"d\",\"tenant_name\":\"acme\",\"blueprint_id\":"
                             "\"" TEMP "\"}],\"metadata\":{\"pagination\":{\"total\":1}}}");
        lab_says(lab, STATE_DONE,
                 look == 0 ? "2 deployments are on blueprints that failed plugins updates left "
                             "behind: acme/d (" TEMP "), t/e (plugins-update-1-x)"
                           : "1 deployment is on blueprints");
    }
    assert_string_equal(json_print(lab, lab->units_added), "[\"acme/bp-tiny\"]");
    lab_fact_is(lab, "plugins_left",
                "{\"after\":{\"acme/d\":\"" TEMP "\"},\"before\":{\"acme/d\":\"" TEMP
                "\",\"t/e\":\"plugins-update-1-x\"}}");
    /* one that has been moved back since is told no more */
    lab_turn(lab, &P->verify, 200,
             "{\"items\":[{\"id\":\"bp\"}],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "plugins_left.after", "{}");
    lab_turn(lab, &P->verify, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->verify, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void many_leftovers_are_asked_for_in_parts(void **state)
{
    struct lab *lab = lab_new(P);
    char *items = mem_strdup(lab, "");

    (void)state;
    for (int i = 0; i < 30; i++) {
        items = mem_printf(lab, "%s%s{\"id\":\"plugins-update-1-%0240d\",\"tenant_name\":\"t\"}",
                           items, i == 0 ? "" : ",", i);
    }
    lab_turn(
        lab, &P->expand, 200,
        mem_printf(lab, "{\"items\":[%s],\"metadata\":{\"pagination\":{\"total\":30}}}", items));
    for (int part = 0; part < 3; part++) {
        lab_says(lab, STATE_AGAIN, NULL);
        lab_asks(lab, &P->expand, "GET /api/v3.1/deployments?*");
        assert_true(strlen(lab->request->path) < 3901);
        lab_gets(lab, 200, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":3}}}");
    }
    lab_says(lab, STATE_DONE, "9 deployments are on");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_visible_blueprint_is_a_unit),
        cmocka_unit_test(named_blueprints_only_and_those_that_are_not_there_are_told),
        cmocka_unit_test(blueprints_come_in_pages),
        cmocka_unit_test(nothing_chosen_and_nothing_possible_are_skipped),
        cmocka_unit_test(plan_refuses_where_a_failed_update_loses_data_unless_accepted_by_name),
        cmocka_unit_test(plan_refuses_options_that_the_version_lacks_by_name),
        cmocka_unit_test(plan_tells_which_versions_would_move_where),
        cmocka_unit_test(versions_are_ordered_by_their_numbers),
        cmocka_unit_test(times_come_from_the_options),
        cmocka_unit_test(what_failed_updates_left_is_told_by_name),
        cmocka_unit_test(many_leftovers_are_asked_for_in_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
