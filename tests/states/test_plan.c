/* What upload's plan refuses, and what every state can show of itself. */
#include "lab.h"

#include "base/mem.h"

#define UP (&state_upload)
#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"

static struct lab *new_plan(void)
{
    struct lab *lab = lab_new(UP);

    lab->context.planning = true;
    return lab;
}

static void free_name_stands_nothing_in_the_way(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_asks(lab, &UP->plan, "GET /api/v3.1/snapshots?id=prod&_all_tenants=true");
    lab_gets(lab, 200, NONE);
    lab_says(lab, STATE_DONE, NULL);
    lab_found(lab, "ok snapshot_id", "in any tenant");
    lab_found(lab, "estimate", "12.0 MiB a second");
    lab_free(lab);
}

static void taken_name_is_refused_in_whatever_tenant_it_is(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_turn(lab, &UP->plan, 200,
             "{\"items\":[{\"id\":\"prod\",\"status\":\"uploaded\",\"tenant_name\":\"acme\","
             "\"created_by\":\"eve\"}]}");
    lab_found(lab, "stops snapshot_id", "by eve in tenant acme");
    lab_found(lab, "stops", "--snapshot-id");
    lab_free(lab);
}

static void archive_by_url_is_noted_as_unseen(void **state)
{
    struct lab *lab = new_plan();

    (void)state;
    lab_fact(lab, "archive", "null");
    lab_option(lab, "snapshot.file", "null");
    lab_turn(lab, &UP->plan, 200, NONE);
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
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
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
        cmocka_unit_test(free_name_stands_nothing_in_the_way),
        cmocka_unit_test(taken_name_is_refused_in_whatever_tenant_it_is),
        cmocka_unit_test(archive_by_url_is_noted_as_unseen),
        cmocka_unit_test(every_phase_can_be_shown_before_anything_is_known),
        cmocka_unit_test(order_and_names_are_those_of_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
