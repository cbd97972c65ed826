/* compare with the archive's names at hand. */
#include "lab.h"

#include <string.h>

#include "base/mem.h"
#include "cloudify/inventory.h"

#define C (&state_compare)

/* An archive of two deployments, a user, a plugin and a secret; its names in the memo. */
static struct lab *named(void)
{
    struct lab *lab = lab_new(C);
    struct inventory *inventory;

    lab_fact(lab, "archive",
             "{\"format\":\"legacy\",\"tenants\":1,\"blueprints\":1,\"deployments\":2,"
             "\"plugins\":1,\"agents\":1,\"executions_scheduled\":0,"
             "\"instances_by_state\":{\"started\":3}}");
    lab->context.memo = mem_scope(lab);
    inventory = inventory_new(lab->context.memo);
    inventory_name_tenant(inventory, 0, "acme");
    inventory_add(inventory, INVENTORY_TENANTS, INVENTORY_NO_TENANT, "acme");
    inventory_add(inventory, INVENTORY_USERS, INVENTORY_NO_TENANT, "admin");
    inventory_add(inventory, INVENTORY_BLUEPRINTS, 0, "bp");
    inventory_add(inventory, INVENTORY_DEPLOYMENTS, 0, "d1");
    inventory_add(inventory, INVENTORY_DEPLOYMENTS, 0, "d2");
    inventory_add(inventory, INVENTORY_PLUGINS, 0, "aws 1.0");
    inventory_add(inventory, INVENTORY_SECRETS, 0, "key");
    inventory_close(inventory);
    return lab;
}

static void count(struct lab *lab, int total)
{
    lab_turn(lab, &C->await, 200,
             mem_printf(lab, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":%d}}}", total));
}

static void counts(struct lab *lab, int tenants, int deployments, int plugins)
{
    count(lab, tenants);
    count(lab, 1);
    count(lab, deployments);
    count(lab, plugins);
    lab_says(lab, STATE_AGAIN, NULL);
}

static void rows(struct lab *lab, const char *asked, const char *items, int total)
{
    lab_asks(lab, &C->await, asked);
    lab_gets(lab, 200,
             mem_printf(lab, "{\"items\":[%s],\"metadata\":{\"pagination\":{\"total\":%d}}}", items,
                        total));
}

#define TENANTS "GET /api/v3.1/tenants?_include=name&_sort=name&_size=1000"
#define USERS "GET /api/v3.1/users?_include=username&_sort=username&_size=1000"
#define BLUEPRINTS                                                                                 \
    "GET /api/v3.1/blueprints?_include=id%2Ctenant_name&_sort=id&_all_tenants=true&_size=1000"
#define DEPLOYMENTS                                                                                \
    "GET /api/v3.1/deployments?_include=id%2Ctenant_name&_sort=id&_all_tenants=true&_size=1000"

static void up_to_deployments(struct lab *lab)
{
    rows(lab, TENANTS, "{\"name\":\"acme\"},{\"name\":\"default_tenant\"}", 2);
    rows(lab, USERS, "{\"username\":\"admin\"}", 1);
    rows(lab, BLUEPRINTS, "{\"id\":\"bp\",\"tenant_name\":\"acme\"}", 1);
}

static void after_deployments(struct lab *lab, const char *plugins, int plugin_total)
{
    rows(lab, "GET /api/v3.1/plugins?*", plugins, plugin_total);
    rows(lab, "GET /api/v3.1/secrets?_include=key%2Ctenant_name&*",
         "{\"key\":\"key\",\"tenant_name\":\"acme\"}", 1);
    rows(lab, "GET /api/v3.1/execution-schedules?*",
         "{\"id\":\"install_restored_12\",\"tenant_name\":\"acme\"}", 1);
    rows(lab, "GET /api/v3.1/node-instances?*", "", 3);
    rows(lab, "GET /api/v3.1/agents?*", "", 2);
}

#define D1 "{\"id\":\"d1\",\"tenant_name\":\"acme\"}"
#define D2 "{\"id\":\"d2\",\"tenant_name\":\"acme\"}"
#define AWS                                                                                        \
    "{\"id\":\"p1\",\"package_name\":\"aws\",\"package_version\":\"1.0\","                         \
    "\"tenant_name\":\"acme\"}"
#define OURS                                                                                       \
    "{\"id\":\"p2\",\"package_name\":\"aws\",\"package_version\":\"2.0\","                         \
    "\"tenant_name\":\"acme\"}"

static void equal_but_for_what_is_expected_is_done(void **state)
{
    struct lab *lab = named();

    (void)state;
    lab_fact(lab, "plugins_uploaded", "{\"p2\":true}");
    counts(lab, 1, 2, 2);
    up_to_deployments(lab);
    rows(lab, DEPLOYMENTS, D1, 2); /* in two pages */
    lab_says(lab, STATE_AGAIN, NULL);
    rows(lab, DEPLOYMENTS "&_offset=1", D2, 2);
    after_deployments(lab, AWS "," OURS, 2);
    lab_says(lab, STATE_DONE, "the manager holds what the archive held");
    lab_fact_is(lab, "compare.names.missing", "0");
    lab_fact_is(lab, "compare.names.more", "0");
    lab_fact_is(lab, "compare.names.expected", "4");
    lab_fact_is(lab, "compare.names.differences",
                "[{\"is\":\"more\",\"kind\":\"tenant\",\"name\":\"default_tenant\",\"tenant\":\"\","
                "\"why\":\"every manager has it\"},{\"is\":\"more\",\"kind\":\"plugin\",\"name\":"
                "\"aws 2.0\",\"tenant\":\"acme\",\"why\":\"uploaded by this run\"},{\"is\":"
                "\"more\",\"kind\":\"schedule\",\"name\":\"install_restored_12\",\"tenant\":"
                "\"acme\",\"why\":\"made by the restore from a scheduled execution\"},{\"is\":"
                "\"changed\",\"kind\":\"agents\",\"name\":\"2 for 1\",\"tenant\":\"\",\"why\":"
                "\"new agents; the records of those they replaced stay\"}]");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* Equal numbers do not hide that one went and another came. */
static void a_missing_one_is_named_though_the_counts_are_right(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 2, 1);
    up_to_deployments(lab);
    for (int listing = 0; listing < 3; listing++) { /* rows may move between pages */
        rows(lab, DEPLOYMENTS, D1 ",{\"id\":\"d3\",\"tenant_name\":\"acme\"}", 2);
        lab_says(lab, STATE_AGAIN, NULL);
    }
    after_deployments(lab, AWS, 1);
    lab_says(lab, STATE_FAILED, "less than the archive: missing: deployment acme/d2");
    lab_fact_is(lab, "compare.names.missing", "1");
    lab_fact_is(lab, "compare.names.more", "1");
    lab_free(lab);
}

static void one_that_shows_up_in_the_second_listing_is_not_missing(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 2, 1);
    up_to_deployments(lab);
    rows(lab, DEPLOYMENTS, D1 "," D1, 2);
    rows(lab, DEPLOYMENTS, D1 "," D2, 2);
    after_deployments(lab, AWS, 1);
    lab_says(lab, STATE_DONE, "the manager holds what the archive held");
    lab_free(lab);
}

static void one_of_another_tenant_is_another_one(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 2, 1);
    up_to_deployments(lab);
    for (int listing = 0; listing < 3; listing++) {
        rows(lab, DEPLOYMENTS, D1 ",{\"id\":\"d2\",\"tenant_name\":\"beta\"}", 2);
    }
    after_deployments(lab, AWS, 1);
    lab_says(lab, STATE_FAILED, "missing: deployment acme/d2");
    lab_free(lab);
}

static void more_that_nobody_expects_is_named(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 3, 2);
    up_to_deployments(lab);
    rows(lab, DEPLOYMENTS, D1 "," D2 ",{\"id\":\"d3\",\"tenant_name\":\"acme\"}", 3);
    after_deployments(lab, AWS "," OURS, 2);
    lab_says(lab, STATE_DONE, "not in the archive: deployment acme/d3, plugin acme/aws 2.0");
    lab_free(lab);
}

static void a_list_that_the_manager_refuses_is_not_compared(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 2, 1);
    rows(lab, TENANTS, "{\"name\":\"acme\"}", 1);
    lab_asks(lab, &C->await, USERS);
    lab_gets(lab, 404, "{\"error_code\":\"missing_premium_package_error\",\"message\":\"no\"}");
    rows(lab, BLUEPRINTS, "{\"id\":\"bp\",\"tenant_name\":\"acme\"}", 1);
    rows(lab, DEPLOYMENTS, D1 "," D2, 2);
    after_deployments(lab, AWS, 1);
    lab_says(lab, STATE_DONE, "the manager holds what the archive held");
    lab_free(lab);
}

/* The archive went away while ferry was away: counted, and said so. */
static void without_the_archive_the_counts_decide(void **state)
{
    struct lab *lab = named();

    (void)state;
    counts(lab, 1, 2, 1);
    lab->context.memo = mem_scope(lab);
    inventory_fail(inventory_new(lab->context.memo), "cannot read \"a.zip\"");
    lab_needs_nothing(lab, &C->await);
    lab_says(lab, STATE_DONE, "the manager holds what the archive held");
    lab_fact_is(lab, "compare.names.why_not", "\"cannot read \\\"a.zip\\\"\"");
    lab_free(lab);
}

/* After a restart the lists are read from the beginning: what was seen has gone with the process.
 */
static void a_restart_in_the_middle_begins_the_lists_anew(void **state)
{
    struct lab *lab = named(), *next = named();

    (void)state;
    counts(lab, 1, 2, 1);
    up_to_deployments(lab);
    lab->context.memo = next->context.memo;
    up_to_deployments(lab);
    rows(lab, DEPLOYMENTS, D1 "," D2, 2);
    after_deployments(lab, AWS, 1);
    lab_says(lab, STATE_DONE, "the manager holds what the archive held");
    lab_free(lab);
    lab_free(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_but_for_what_is_expected_is_done),
        cmocka_unit_test(a_missing_one_is_named_though_the_counts_are_right),
        cmocka_unit_test(one_that_shows_up_in_the_second_listing_is_not_missing),
        cmocka_unit_test(one_of_another_tenant_is_another_one),
        cmocka_unit_test(more_that_nobody_expects_is_named),
        cmocka_unit_test(a_list_that_the_manager_refuses_is_not_compared),
        cmocka_unit_test(without_the_archive_the_counts_decide),
        cmocka_unit_test(a_restart_in_the_middle_begins_the_lists_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
