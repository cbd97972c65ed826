/* In a cluster the archive and the flag are on the node that took them (facts 2.9): a run stays on
   one node from before the upload to the end of the restore. */
#include "lab.h"

#define UP (&state_upload)
#define P (&state_poll_status)
#define MISSING "{\"error_code\":\"not_found_error\"}"
#define NODES "[\"https://one\",\"https://two\"]"
#define TERMINATED "{\"id\":\"ours\",\"status\":\"terminated\",\"error\":\"\"}"

static struct lab *before_the_upload(const char *nodes)
{
    struct lab *lab = lab_new(UP);

    lab_option(lab, "manager.nodes", nodes);
    return lab;
}

static void node_that_answered_first_is_kept(void **state)
{
    struct lab *lab = before_the_upload(NODES);

    (void)state;
    lab->node = "https://two";
    lab_turn(lab, &UP->probe, 404, MISSING);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_fact_is(lab, "node", "\"https://two\"");
    lab->node = "https://one";
    lab_turn(lab, &UP->probe, 404, MISSING);
    lab_fact_is(lab, "node", "\"https://two\"");
    lab_free(lab);
}

static void node_that_proves_nothing_is_not_kept(void **state)
{
    struct lab *lab = before_the_upload(NODES);

    (void)state;
    lab->node = "https://two";
    lab_turn(lab, &UP->probe, 502, "{}");
    lab_fact_is(lab, "node", "absent");
    lab_free(lab);
}

static void single_manager_is_not_pinned(void **state)
{
    struct lab *lab = before_the_upload("[\"https://one\"]");

    (void)state;
    lab->node = "https://one";
    lab_turn(lab, &UP->probe, 404, MISSING);
    lab_fact_is(lab, "node", "absent");
    lab_free(lab);
    lab = before_the_upload("null");
    lab_turn(lab, &UP->probe, 404, MISSING);
    lab_fact_is(lab, "node", "absent");
    lab_free(lab);
}

/* And the others are to be restarted: see test_advice.c. */
static void behind_the_restore_any_node_will_do(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "manager.nodes", NODES);
    lab_fact(lab, "node", "\"https://two\"");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_turn(lab, &P->await, 200, TERMINATED);
    lab_fact_is(lab, "node", "\"https://two\""); /* not before all is counted */
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "node", "absent");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_that_answered_first_is_kept),
        cmocka_unit_test(node_that_proves_nothing_is_not_kept),
        cmocka_unit_test(single_manager_is_not_pinned),
        cmocka_unit_test(behind_the_restore_any_node_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
