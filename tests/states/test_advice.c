/* What only a person can do: before a restore (the plan), and after it (the advice). */
#include "lab.h"

#define P (&state_poll_status)
#define R (&state_restore)
#define V (&state_verify)
#define TERMINATED "{\"id\":\"ours\",\"status\":\"terminated\",\"error\":\"\"}"
#define CLUSTER                                                                                    \
    "{\"items\":[{\"hostname\":\"mgr-1\",\"networks\":{}},{\"private_ip\":\"10.0.0.2\","           \
    "\"networks\""                                                                                 \
    ":{}},{}],\"metadata\":{\"pagination\":{\"total\":3}}}"
#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"

static void advice_is(struct lab *lab, const char *advice)
{
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "advice", advice);
    lab_free(lab);
}

static void nothing_is_advised_where_nothing_is_to_be_done(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "restore.certificates", "false");
    lab_option(lab, "restore.no_reboot", "true"); /* alone it means nothing */
    advice_is(lab, "[]");
}

/* facts 2.9: the other nodes still have the keys from before the restore. */
static void other_nodes_of_a_cluster_are_to_be_restarted(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "manager.nodes", "[\"https://one\",\"https://two\",\"https://three\"]");
    lab_fact(lab, "node", "\"https://two\"");
    advice_is(lab, "[\"on https://one: systemctl restart cloudify-restservice (it still has the "
                   "keys from before the restore)\","
                   "\"on https://three: systemctl restart cloudify-restservice (it still has the "
                   "keys from before the restore)\"]");
}

/* facts 6 no. 27: without the reboot the services still use the old certificates. */
static void certificates_without_a_reboot_need_a_restart(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_option(lab, "restore.certificates", "true");
    lab_option(lab, "restore.no_reboot", "true");
    advice_is(lab, "[\"restart all services of the manager (cfy_manager restart), or reboot it: "
                   "they still use the certificates from before the restore\"]");
}

static void advice_of_an_earlier_restore_is_not_kept(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_fact(lab, "advice", "[\"old\"]");
    advice_is(lab, "[]");
}

/* facts 6 no. 27 */
static void plan_warns_of_the_reboot(void **state)
{
    static const struct {
        const char *version, *certificates, *no_reboot, *text;
    } cases[] = {{"7.1.0", "true", "false", "and it reboots"},
                 {"7.1.0", "true", "true", "must be restarted by hand"},
                 {"6.3.2", "false", "false", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(R);

        lab_option(lab, "manager.after_restore", "{\"username\":\"admin\"}");
        lab_version(lab, cases[i].version);
        lab_option(lab, "restore.certificates", cases[i].certificates);
        lab_option(lab, "restore.no_reboot", cases[i].no_reboot);
        lab_needs_nothing(lab, &R->plan);
        if (cases[i].text != NULL) {
            lab_found(lab, "warning", cases[i].text);
        } else {
            lab_found_nothing(lab, "warning");
        }
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_advised_where_nothing_is_to_be_done),
        cmocka_unit_test(other_nodes_of_a_cluster_are_to_be_restarted),
        cmocka_unit_test(certificates_without_a_reboot_need_a_restart),
        cmocka_unit_test(advice_of_an_earlier_restore_is_not_kept),
        cmocka_unit_test(plan_warns_of_the_reboot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
