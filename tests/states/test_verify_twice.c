/* An archive in the new format must not be restored twice, force or not (facts 10.5 no. 2). */
#include "lab.h"

#define V (&state_verify)
#define TOTAL(n) "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":" #n "}}}"
#define DEPLOYMENTS                                                                                \
    "GET /api/v3.1/deployments?id=web&id=db&_include=id%2Ctenant_name&_all_tenants=true*"
#define THERE "{\"items\":[{\"id\":\"web\",\"tenant_name\":\"acme\"}]}"

/* force: true; the blueprints are asked next. */
static struct lab *forced(const char *format)
{
    struct lab *lab = lab_new(V);

    lab_option(lab, "restore.force", "true");
    lab_fact(lab, "archive.format", format);
    lab_fact(lab, "archive.deployment_sample", "[\"web\",\"db\"]");
    lab_data(lab, "{\"ask\":\"blueprints\"}");
    return lab;
}

static void deployment_of_the_archive_on_the_manager_refuses_force_or_not(void **state)
{
    struct lab *lab = forced("\"new\"");

    (void)state;
    lab_turn(lab, &V->await, 200, TOTAL(3));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &V->await, DEPLOYMENTS);
    lab_gets(lab, 200, THERE);
    lab_says(lab, STATE_FAILED,
             "restored on this manager before: its deployment \"web\" is there "
             "(in tenant acme)");
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    assert_non_null(strstr(lab->verdict[0].hint, "double all node instances"));
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void full_manager_without_them_passes_with_force(void **state)
{
    struct lab *lab = forced("\"new\"");

    (void)state;
    lab_turn(lab, &V->await, 200, TOTAL(3));
    lab_asks(lab, &V->await, DEPLOYMENTS);
    lab_gets(lab, 200, TOTAL(0));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    lab_free(lab);
}

static void nothing_is_asked_where_nothing_can_be_doubled(void **state)
{
    struct lab *lab = forced("\"new\"");

    (void)state;
    lab_turn(lab, &V->await, 200, TOTAL(0)); /* an empty manager */
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    lab_free(lab);
    lab = forced("\"legacy\""); /* force deletes what was there */
    lab_turn(lab, &V->await, 200, TOTAL(3));
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    lab_free(lab);
    lab = forced("\"new\"");
    lab_fact(lab, "archive.deployment_sample", "[]"); /* an archive without deployments */
    lab_turn(lab, &V->await, 200, TOTAL(3));
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployment_of_the_archive_on_the_manager_refuses_force_or_not),
        cmocka_unit_test(full_manager_without_them_passes_with_force),
        cmocka_unit_test(nothing_is_asked_where_nothing_can_be_doubled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
