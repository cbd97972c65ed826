/* The new format: what its JSON members count for. */
#include "ferry_test.h"

#include "base/mem.h"
#include "unit/cloudify/archive_fixture.h"

struct member {
    const char *name;
    const char *text; /* NULL: a folder */
};

static enum ferry_code read_new(void *ctx, const struct member *members, size_t count,
                                struct cloudify_archive **out, struct ferry_error *err)
{
    struct zip_maker *zip = zip_maker_new(ctx);

    zip_maker_text(zip, "metadata.json", NEW_METADATA);
    for (size_t i = 0; i < count; i++) {
        zip_maker_text(zip, members[i].name, members[i].text == NULL ? "" : members[i].text);
    }
    return archive_of(ctx, zip, out, err);
}

static void items_are_counted_by_tenant(void **state)
{
    static const struct member members[] = {
        {"tenants/acme/00000001.json",
         "{\"type\": \"deployments\", \"items\": [{\"id\": \"d\"}, {\"id\": \"e\"}]}"},
        {"tenants/acme/", NULL},
        {"tenants/globex/", NULL},
        {"tenants/acme/2.json", "{\"type\":\"blueprints\",\"items\":[{\"id\":\"b\"},"
                                "{\"id\":\"h\",\"is_hidden\":true,\"plan\":{\"is_hidden\":1}}]}"},
        {"tenants/acme/3.json",
         "{\"type\":\"node_instances\",\"items\":["
         "{\"id\":\"vm_1\",\"host_id\":\"vm_1\",\"state\":\"started\"},"
         "{\"id\":\"vm_2\",\"host_id\":\"vm_2\",\"state\":\"stopped\"},"
         "{\"id\":\"db_1\",\"host_id\":\"vm_1\",\"state\":\"started\"}],\"source_id\":\"d\"}"},
        {"tenants/acme/4.json",
         "{\"type\":\"node_instances\",\"items\":[{\"id\":\"vm_3\","
         "\"host_id\":\"vm_3\",\"state\":\"started\"}],\"source_id\":\"d\"}"},
        {"tenants/globex/3.json",
         "{\"type\":\"node_instances\",\"items\":[{\"id\":\"vm_4\",\"host_id\":\"vm_4\","
         "\"state\":\"started\"}],\"source_id\":\"d\"}"},
        {"tenants/acme/5.json", "{\"type\":\"agents\",\"items\":[{\"version\":\"6.4.2\","
                                "\"install_method\":\"remote\",\"state\":\"started\"}]}"},
        {"tenants/acme/6.json",
         "{\"type\":\"executions\",\"items\":[{\"id\":\"exec-1\",\"status\":\"started\"},"
         "{\"id\":\"x\",\"status\":\"scheduled\",\"workflow_id\":\"install\","
         "\"deployment_id\":\"d\",\"scheduled_for\":\"2050-01-01T00:00:00.000Z\"}]}"},
        {"tenants/acme/7.json", "{\"type\":\"execution_schedules\",\"items\":[{\"id\":\"s\","
                                "\"next_occurrence\":null,\"enabled\":false,\"slip\":60,"
                                "\"until\":\"2027-01-01 00:00:00\",\"rule\":{\"rrule\":"
                                "\"FREQ=DAILY\",\"count\":{\"rrule\":\"no\"}}},{\"id\":\"r\","
                                "\"rule\":{\"recurrence\":\"1 day\"}}]}"},
        {"tenants/acme/8.json",
         "{\"items\":[{\"id\":\"p\",\"title\":\"t\"}],\"type\":\"plugins\"}"},
        {"tenants/acme/deployments/inside.json", "not even JSON"},
        {"mgmt/1.json", "{\"type\":\"users\",\"items\":[{\"username\":\"alice\"}]}"},
        {"mgmt/2.json", "{\"type\":\"deployments\",\"items\":[{\"id\":\"not here\"}]}"},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *a = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(read_new(scope, members, FERRY_COUNT(members), &a, &err), FERRY_OK);
    assert_int_equal(a->tenants, 2);
    assert_int_equal(a->deployments, 2);
    assert_int_equal(a->blueprints, 1);
    assert_int_equal(a->blueprints_hidden, 1);
    assert_int_equal(a->hosts, 4);
    assert_int_equal(a->hosts_not_started, 1);
    assert_int_equal(a->deployments_with_hosts, 2);
    assert_int_equal(a->agents, 1);
    assert_int_equal(a->plugins, 1);
    assert_int_equal(a->users, 1);
    assert_int_equal(a->schedules, 2);
    assert_int_equal(a->executions, 2);
    assert_int_equal(a->executions_active, 0); /* exec-1 made the snapshot */
    assert_int_equal(a->executions_scheduled, 1);
    assert_int_equal(a->schedule_count, 3);
    assert_string_equal(a->schedule_list[0].deployment, "d");
    assert_string_equal(a->schedule_list[0].tenant, "acme");
    assert_false(a->schedule_list[1].enabled);
    assert_int_equal(a->schedule_list[1].slip_minutes, 60);
    assert_string_equal(a->schedule_list[1].until, "2027-01-01 00:00:00");
    assert_string_equal(a->schedule_list[1].rule, "{\"rrule\":\"FREQ=DAILY\"}");
    assert_null(a->schedule_list[2].rule);
    assert_int_equal(a->warning_count, 0);
}

/* facts 2.5: the manager looks for folder entries only. */
static void tenants_without_a_folder_entry_are_not_restored(void **state)
{
    static const struct member members[] = {
        {"tenants/acme/", NULL},
        {"tenants/acme/1.json", "{\"type\":\"deployments\",\"items\":[{\"id\":\"d\"}]}"},
        {"tenants/globex/1.json", "{\"type\":\"deployments\",\"items\":[{\"id\":\"d\"}]}"},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(read_new(scope, members, FERRY_COUNT(members), &archive, &err), FERRY_OK);
    assert_int_equal(archive->tenants, 1);
    assert_int_equal(archive->deployments, 1);
    assert_int_equal(archive->warning_count, 1);
    assert_non_null(strstr(archive->warnings[0], "globex"));
    assert_int_equal(read_new(scope, &members[2], 1, &archive, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "restore nothing"));
}

static void members_that_cannot_be_understood_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"", "too early"},
        {"{\"type\":\"agents\",\"items\":[{\"id\":\"a\"}", "too early"},
        {"{\"type\":\"agents\"}", "no items"},
        {"{\"items\":[]}", "no type"},
        {"[]", "no type"},
        {"{\"type\":1,\"items\":[]}", "type is no text"},
        {"{\"type\":\"agents\",\"items\":{}}", "no list"},
        {"{\"type\":\"agents\",\"items\":[1]}", "no object"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct member members[] = {{"tenants/t/", NULL}, {"tenants/t/1.json", cases[i].text}};
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        if (read_new(scope, members, 2, &archive, &err) != FERRY_E_ARCHIVE ||
            strstr(err.message, cases[i].why) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].why);
        }
        assert_non_null(strstr(err.message, "tenants/t/1.json"));
        assert_int_not_equal(err.hint[0], '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_counted_by_tenant),
        cmocka_unit_test(tenants_without_a_folder_entry_are_not_restored),
        cmocka_unit_test(members_that_cannot_be_understood_are_refused),
    };

    return cmocka_run_group_tests(tests, archive_setup, archive_teardown);
}
