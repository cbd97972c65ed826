/* make-archive against content_read: what was asked for is what is read. */
#include "practice/archive/fixture.h"

#include <sys/stat.h>

#include "base/mem.h"

struct wanted {
    const char *line;
    size_t tenants, deployments, agents, plugins, blueprints, executions, schedules, tokens;
    const char *agent_version;
};

static void check_counts(const struct content *content, const struct wanted *wanted)
{
    assert_int_equal(content->tenants_count, wanted->tenants);
    assert_int_equal(content->deployments_count, wanted->deployments);
    assert_int_equal(content->agents_count, wanted->agents);
    assert_int_equal(content->plugins_count, wanted->plugins);
    assert_int_equal(content->blueprints_count, wanted->blueprints);
    assert_int_equal(content->executions_count, wanted->executions);
    assert_int_equal(content->schedules_count, wanted->schedules);
    assert_int_equal(content->tokens_count, wanted->tokens);
    assert_string_equal(content->admin_password, "tiger");
    assert_int_equal(content->users_count, 1);
    assert_true(content->users[0].is_admin);
}

/* Deployments go round the tenants; hosts come first to the first ones. */
static void check_links(const struct content *content, const struct wanted *wanted)
{
    size_t with_hosts = wanted->agents < wanted->deployments ? wanted->agents : wanted->deployments;
    size_t able = 0;
    for (size_t i = 0; i < content->deployments_count; i++) {
        const struct content_deployment *deployment = &content->deployments[i];
        size_t number = (size_t)strtoul(deployment->id + strlen("dep-"), NULL, 10);
        char tenant[32] = "default_tenant";
        if (number % wanted->tenants > 0) {
            snprintf(tenant, sizeof(tenant), "tenant-%02zu", number % wanted->tenants);
        }
        assert_string_equal(deployment->tenant, tenant);
        assert_int_equal(deployment->active, CONTENT_ACTIVE_ALL);
        assert_true(deployment->has_install_new_agents);
        assert_memory_equal(deployment->blueprint, "bp-", 3);
        able += deployment->can_install_new_agents;
    }
    /* Before 6.4 nothing says which deployments have hosts. */
    bool rules = strcmp(content->snapshot_version, "6.4") >= 0;
    assert_int_equal(able, rules ? with_hosts : wanted->deployments);
    for (size_t i = 0; i < content->agents_count; i++) {
        const struct content_agent *agent = &content->agents[i];
        assert_string_equal(agent->version, wanted->agent_version);
        assert_string_equal(agent->state, "started");
        assert_string_equal(agent->node, "vm");
        assert_true(agent->in_table);
        assert_int_equal(agent->in_agents, content->layout == CONTENT_LAYOUT_LEGACY);
        assert_non_null(agent->deployment);
    }
    for (size_t i = 0; i < content->instances_count; i++) {
        assert_non_null(content->instances[i].deployment);
        assert_string_equal(content->instances[i].state, "started");
    }
}

static void made_archives_read_as_they_were_asked_for(void **state)
{
    (void)state;
    static const struct wanted all[] = {
        {"--admin-password tiger", 1, 1, 1, 0, 1, 2, 0, 1, "6.4.2"},
        {"--admin-password tiger --format new", 1, 1, 1, 0, 1, 3, 0, 0, "6.4.2"},
        {"--admin-password tiger --tenants 3 --deployments 40 --agents 50 --plugins 3"
         " --scheduled 4 --blueprints 2",
         3, 40, 50, 3, 6, 84, 4, 1, "6.4.2"},
        {"--admin-password tiger --tenants 3 --deployments 40 --agents 50 --plugins 3"
         " --scheduled 4 --blueprints 2 --format new",
         3, 40, 50, 3, 6, 85, 4, 0, "6.4.2"},
        {"--admin-password tiger --tenants 2 --deployments 7 --agents 3 --scheduled 2"
         " --manager-version 5.1.0",
         2, 7, 3, 0, 2, 16, 0, 0, "5.1.0"},
        {"--admin-password tiger --tenants 2 --deployments 7 --agents 3 --manager-version 4.6.0", 2,
         7, 3, 0, 2, 14, 0, 0, "4.6.0"},
        {"--admin-password tiger --tenants 4 --deployments 2 --agents 0 --manager-version 7.1.0", 4,
         2, 0, 0, 4, 4, 0, 1, "none"},
        {"--admin-password tiger --deployments 0 --agents 0", 1, 0, 0, 0, 1, 0, 0, 1, "none"},
        {"--admin-password tiger --deployments 1200 --tenants 2 --format new", 2, 1200, 1200, 0, 2,
         2401, 0, 0, "6.4.2"},
    };
    for (size_t i = 0; i < FERRY_COUNT(all); i++) {
        assert_int_equal(fixture_make("a.zip", all[i].line), 0);
        struct content *content = fixture_read(fixture_path("a.zip"));
        check_counts(content, &all[i]);
        check_links(content, &all[i]);
        mem_free(content);
    }
}

static void blueprints_use_the_older_version_of_a_plugin(void **state)
{
    (void)state;
    static const char *const lines[] = {"--plugins 4 --blueprints 3",
                                        "--plugins 4 --blueprints 3 --format new"};
    for (size_t i = 0; i < FERRY_COUNT(lines); i++) {
        assert_int_equal(fixture_make("a.zip", lines[i]), 0);
        const struct content *content = fixture_read(fixture_path("a.zip"));
        for (size_t b = 0; b < 3; b++) {
            assert_int_equal(content->blueprints[b].plugins_count, 1);
            assert_string_equal(content->blueprints[b].plugins[0].package_version, "1.0.0");
        }
        assert_string_equal(content->plugins[0].package_name, "cloudify-practice01-plugin");
        assert_string_equal(content->plugins[0].package_name,
                            content->blueprints[0].plugins[0].package_name);
        assert_string_equal(content->plugins[1].package_name, "cloudify-practice01-plugin");
        assert_string_equal(content->plugins[1].package_version, "1.1.0");
        assert_string_equal(content->plugins[1].archive_name,
                            "cloudify-practice01-plugin-1.1.0-py311-none-any.wgn");
    }
}

static void instances_have_names_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(fixture_make("a.zip", "--deployments 3000 --agents 7000"), 0);
    const struct content *content = fixture_read(fixture_path("a.zip"));
    assert_int_equal(content->instances_count, 10000);
    size_t slots = 1 << 16;
    const char **seen = mem_array(fixture_context(), const char *, slots);
    for (size_t i = 0; i < content->instances_count; i++) {
        const char *suffix = strchr(content->instances[i].id, '_');
        assert_non_null(suffix);
        uint64_t hash = 5381;
        for (const char *c = suffix; *c != '\0'; c++) {
            hash = hash * 33 + (unsigned char)*c;
        }
        size_t at = hash & (slots - 1);
        for (; seen[at] != NULL; at = (at + 1) & (slots - 1)) {
            assert_string_not_equal(seen[at], suffix);
        }
        seen[at] = suffix;
    }
}

static void same_options_make_the_same_bytes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--tenants 2 --deployments 5 --plugins 2 --payload 5000 --scheduled 2",
        "--tenants 2 --deployments 5 --plugins 2 --payload 5000 --scheduled 2 --format new"};
    for (size_t i = 0; i < FERRY_COUNT(lines); i++) {
        size_t a_size = 0, b_size = 0, c_size = 0;
        char seeded[160];
        snprintf(seeded, sizeof(seeded), "%s --seed 2", lines[i]);
        assert_int_equal(fixture_make("a.zip", lines[i]), 0);
        assert_int_equal(fixture_make("b.zip", lines[i]), 0);
        assert_int_equal(fixture_make("c.zip", seeded), 0);
        const char *a = fixture_bytes(fixture_path("a.zip"), &a_size);
        const char *b = fixture_bytes(fixture_path("b.zip"), &b_size);
        const char *c = fixture_bytes(fixture_path("c.zip"), &c_size);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a, b, a_size);
        assert_true(a_size != c_size || memcmp(a, c, a_size) != 0);
    }
}

static void payload_gives_the_file_its_size(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(fixture_make("a.zip", "--payload 3000000"), 0);
    assert_int_equal(stat(fixture_path("a.zip"), &info), 0);
    assert_true(info.st_size > 3000000 && info.st_size < 3000000 + 200000);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void tokens_are_told_by_practice_json_alone(void **state)
{
    (void)state;
    assert_int_equal(fixture_make("a.zip", "--manager-version 7.1.0"), 0);
    const struct content *content = fixture_read(fixture_path("a.zip"));
    assert_int_equal(content->tokens_count, 1);
    assert_memory_equal(content->tokens[0].value, "ctok-", 5);
    assert_non_null(strstr(content->tokens[0].value, content->tokens[0].id));
    assert_string_equal(content->admin_password, "admin");
}

static void community_archives_have_no_revisions(void **state)
{
    (void)state;
    assert_int_equal(fixture_make("a.zip", "--community"), 0);
    const struct content *content = fixture_read(fixture_path("a.zip"));
    assert_false(content_has_revisions(content));
    assert_non_null(content->schema_revision);
    assert_int_equal(content->layout, CONTENT_LAYOUT_LEGACY);
    assert_int_equal(content->deployments_count, 1);
}

static void tenants_without_folder_entries_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(fixture_make("a.zip", "--format new --no-directory-entries --tenants 2"
                                           " --deployments 4"),
                     0);
    const struct content *content = fixture_read(fixture_path("a.zip"));
    assert_int_equal(content->tenants_passed_over, 2);
    assert_int_equal(content->tenants_count, 2); /* mgmt/ names them: a manager makes them */
    assert_int_equal(content->deployments_count, 0);
}

/* What a manager must refuse has to be made too. */
static void versions_far_ahead_can_be_made(void **state)
{
    (void)state;
    assert_int_equal(fixture_make("a.zip", "--manager-version 99.0.0"), 0);
    assert_string_equal(fixture_read(fixture_path("a.zip"))->snapshot_version, "99.0.0");
    assert_int_equal(fixture_make("a.zip", "--manager-version 3.4.2"), 0);
    assert_string_equal(fixture_read(fixture_path("a.zip"))->snapshot_version, "3.4.2");
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"--tenants 0",
                                        "--tenants x",
                                        "--tenants",
                                        "--format old",
                                        "--deployments -1",
                                        "--what 3",
                                        "--deployments 0 --agents 1",
                                        "--manager-version x",
                                        "--format new --community",
                                        "second-file"};
    for (size_t i = 0; i < FERRY_COUNT(lines); i++) {
        assert_int_equal(fixture_make("a.zip", lines[i]), 2);
    }
    assert_int_equal(fixture_make("no/such/folder/a.zip", ""), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(made_archives_read_as_they_were_asked_for),
        T(blueprints_use_the_older_version_of_a_plugin),
        T(instances_have_names_of_their_own),
        T(same_options_make_the_same_bytes),
        T(payload_gives_the_file_its_size),
        T(tokens_are_told_by_practice_json_alone),
        T(community_archives_have_no_revisions),
        T(tenants_without_folder_entries_are_passed_over),
        T(versions_far_ahead_can_be_made),
        T(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
