/* What the readers make of the archives of real managers, seen by hand in their members. */
#include "practice/archive/fixture.h"

#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

#define OURS FERRY_SOURCE_DIR "/tests/data/snapshots/"
#define OTHERS FERRY_SOURCE_DIR "/../shared/snapshots/"

static const struct content_deployment *deployment(const struct content *content,
                                                   const char *tenant, const char *id)
{
    static const struct content_deployment none;
    for (size_t i = 0; i < content->deployments_count; i++) {
        const struct content_deployment *d = &content->deployments[i];
        if (strcmp(d->id, id) == 0 && strcmp(d->tenant, tenant) == 0) {
            return d;
        }
    }
    fail_msg("no deployment %s in %s", id, tenant);
    return &none;
}

static const struct content_user *user(const struct content *content, const char *name)
{
    static const struct content_user none;
    for (size_t i = 0; i < content->users_count; i++) {
        if (strcmp(content->users[i].username, name) == 0) {
            return &content->users[i];
        }
    }
    fail_msg("no user %s", name);
    return &none;
}

static bool is_available(const struct content_deployment *of, const char *workflow)
{
    struct json *list = NULL;
    struct ferry_error err = {0};
    assert_int_equal(
        json_parse(fixture_context(), of->workflows, strlen(of->workflows), &list, &err), FERRY_OK);
    for (const struct json *w = json_first(list); w != NULL; w = json_next(w)) {
        if (strcmp(json_string_or(w, "name", ""), workflow) == 0) {
            assert_true(json_is_bool(json_get(w, "is_available")));
            assert_true(json_is_object(json_get(w, "parameters")));
            return json_bool_or(w, "is_available", false);
        }
    }
    fail_msg("%s has no workflow %s", of->id, workflow);
    return false;
}

static void legacy_7_1_tells_who_and_what(void **state)
{
    (void)state;
    const struct content *content = fixture_read(OURS "legacy-7.1.zip");
    assert_int_equal(content->layout, CONTENT_LAYOUT_LEGACY);
    assert_string_equal(content->snapshot_version, "7.1.0");
    assert_true(content_has_revisions(content));
    assert_null(content->admin_password);
    assert_int_equal(content->networks_count, 1);
    assert_string_equal(content->networks[0], "default");
    assert_true(user(content, "admin")->is_admin);
    assert_string_equal(user(content, "admin")->role, "sys_admin");
    assert_string_equal(user(content, "admin")->password_hash, "scrubbed-password");
    assert_int_equal(user(content, "admin")->tenants_count, 4);
    assert_string_equal(user(content, "opsadmin")->role, "sys_admin");
    assert_false(user(content, "opsadmin")->is_admin);
    assert_string_equal(user(content, "victor")->roles[0], "viewer");
    assert_string_equal(content->tokens[1].id, "3SNppdLHmL");
    assert_string_equal(content->tokens[1].user, "admin");
    assert_null(content->tokens[1].value);
}

static void legacy_7_1_execution_of_the_snapshot_is_dropped(void **state)
{
    (void)state;
    const struct content *content = fixture_read(OURS "legacy-7.1.zip");
    size_t scheduled = 0;
    assert_int_equal(content->executions_count, 89);
    for (size_t i = 0; i < content->executions_count; i++) {
        assert_string_not_equal(content->executions[i].workflow, "create_snapshot");
        assert_string_not_equal(content->executions[i].status, "started");
        scheduled += content->executions[i].scheduled_for != NULL;
    }
    assert_int_equal(scheduled, 2);
}

/* contract/13 shows these deployments on the manager; contract/12 its 400 "not available". */
static void workflows_are_available_as_the_manager_showed(void **state)
{
    (void)state;
    const struct content *content = fixture_read(OURS "legacy-7.1.zip");
    const struct content_deployment *host = deployment(content, "default_tenant", "dep-host-1");
    assert_string_equal(host->created_at, "2026-11-22T14:31:18.129Z");
    assert_string_equal(host->blueprint, "bp-host");
    assert_string_equal(host->installation_status, "inactive"); /* a column, not the instances */
    assert_int_equal(host->active, CONTENT_ACTIVE_ALL);
    assert_false(is_available(host, "install"));
    assert_true(is_available(host, "check_status"));
    assert_true(is_available(host, "uninstall"));
    assert_true(is_available(host, "execute_operation"));
    assert_true(is_available(host, "install_new_agents"));
    assert_true(host->has_install_new_agents && host->can_install_new_agents);
    const struct content_deployment *empty = deployment(content, "default_tenant", "dep-empty-1");
    assert_false(is_available(empty, "install_new_agents")); /* no host */
    assert_true(empty->has_install_new_agents);
    assert_false(empty->can_install_new_agents);
    assert_true(is_available(empty, "uninstall"));
    const struct content_deployment *idle = deployment(content, "default_tenant", "page-000");
    assert_int_equal(idle->active, CONTENT_ACTIVE_NONE);
    assert_true(is_available(idle, "install"));
    assert_false(is_available(idle, "uninstall"));
    assert_ptr_equal(idle->workflows, deployment(content, "default_tenant", "page-059")->workflows);
}

static void agents_and_plugins_of_legacy_7_1(void **state)
{
    (void)state;
    const struct content *content = fixture_read(OURS "legacy-7.1.zip");
    assert_int_equal(content->agents_count, 6);
    for (size_t i = 0; i < content->agents_count; i++) {
        const struct content_agent *agent = &content->agents[i];
        assert_true(agent->in_table && agent->in_agents);
        assert_string_equal(agent->version, "6.4.2"); /* the table, not agents.json */
        assert_string_equal(agent->node, "vm");
        assert_string_equal(agent->instance, agent->name);
    }
    assert_string_equal(content->agents[3].state, "failed");
    assert_string_equal(content->agents[4].tenant, "acme");
    assert_string_equal(content->agents[4].deployment, "acme-host-1");
    assert_string_equal(content->plugins[0].package_name, "cloudify-tiny-plugin");
    assert_string_equal(content->plugins[0].package_version, "1.0.0");
    assert_string_equal(content->plugins[0].visibility, "global");
    assert_string_equal(content->plugins[0].uploaded_at, "2026-11-22T14:31:07.382Z");
    for (size_t i = 0; i < content->blueprints_count; i++) {
        const struct content_blueprint *b = &content->blueprints[i];
        size_t expected = strcmp(b->id, "bp-tiny") == 0 || strcmp(b->id, "bp-slow") == 0 ? 2
                          : strcmp(b->id, "bp-tiny-pinned") == 0                         ? 1
                                                                                         : 0;
        assert_int_equal(b->plugins_count, expected);
    }
}

static void new_7_1_tells_plugins_from_their_archives(void **state)
{
    (void)state;
    const struct content *content = fixture_read(OURS "new-7.1.zip");
    assert_int_equal(content->layout, CONTENT_LAYOUT_NEW);
    assert_false(content_has_revisions(content));
    assert_string_equal(content->create_execution, "793822e9-7796-4d20-b2fe-906d4928a5ad");
    assert_int_equal(content->tenants_passed_over, 0);
    assert_int_equal(content->plugins_count, 2);
    assert_string_equal(content->plugins[0].package_name, "cloudify-tiny-plugin");
    assert_string_equal(content->plugins[0].package_version, "1.0.0");
    assert_string_equal(content->plugins[0].archive_name,
                        "cloudify_tiny_plugin-1.0.0-py311-none-any.wgn");
    assert_string_equal(content->plugins[0].supported_platform, "\"any\"");
    const struct content_deployment *idle = deployment(content, "default_tenant", "d2");
    assert_true(is_available(idle, "install"));
    assert_false(is_available(idle, "check_status"));
    const struct content_deployment *busy = deployment(content, "default_tenant", "t1");
    assert_string_equal(busy->blueprint, "bp-tiny");
    assert_false(is_available(busy, "install"));
    assert_int_equal(content->instances_count, 4);
    for (size_t i = 0; i < content->instances_count; i++) {
        assert_non_null(content->instances[i].deployment);
        assert_non_null(content->instances[i].node);
    }
}

static bool absent(const char *path)
{
    if (access(path, R_OK) == 0) {
        return false;
    }
    print_message("SKIP: %s is not on this machine\n", path);
    return true;
}

static void legacy_4_6_has_agents_only_in_agents_json(void **state)
{
    (void)state;
    if (absent(OTHERS "legacy-4.6.zip")) {
        skip();
    }
    const struct content *content = fixture_read(OTHERS "legacy-4.6.zip");
    assert_string_equal(content->stage_revision,
                        "20171011082922-4_2-UserAppsRoleColumnRemoval.js"); /* last line only */
    assert_int_equal(content->agents_count, 2);
    for (size_t i = 0; i < content->agents_count; i++) {
        assert_false(content->agents[i].in_table);
        assert_true(content->agents[i].in_agents);
        assert_string_equal(content->agents[i].state, "restored");
        assert_string_equal(content->agents[i].version, "4.6.0");
    }
    for (size_t i = 0; i < content->deployments_count; i++) {
        assert_true(content->deployments[i].can_install_new_agents);
    }
    assert_int_equal(content->nodes_count, 3);
    size_t hosts = 0;
    for (size_t i = 0; i < content->nodes_count; i++) {
        hosts += content->nodes[i].is_host; /* from host_id: the hierarchy is a pickle */
    }
    assert_int_equal(hosts, 2);
}

static void legacy_5_1_has_what_is_scheduled(void **state)
{
    (void)state;
    if (absent(OTHERS "legacy-5.1-scheduled.zip")) {
        skip();
    }
    const struct content *content = fixture_read(OTHERS "legacy-5.1-scheduled.zip");
    size_t past = 0, future = 0;
    for (size_t i = 0; i < content->executions_count; i++) {
        const struct content_execution *execution = &content->executions[i];
        if (strcmp(execution->status, "scheduled") == 0) {
            past += strcmp(execution->scheduled_for, "2026") < 0;
            future += strcmp(execution->scheduled_for, "2049") > 0;
            assert_null(execution->parameters); /* a pickle */
        }
    }
    assert_int_equal(past, 2);
    assert_int_equal(future, 2);
    assert_int_equal(content->users_count, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(legacy_7_1_tells_who_and_what),
        T(legacy_7_1_execution_of_the_snapshot_is_dropped),
        T(workflows_are_available_as_the_manager_showed),
        T(agents_and_plugins_of_legacy_7_1),
        T(new_7_1_tells_plugins_from_their_archives),
        T(legacy_4_6_has_agents_only_in_agents_json),
        T(legacy_5_1_has_what_is_scheduled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
