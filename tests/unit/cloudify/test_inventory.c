/* The names of an archive, and what a manager shows of them. */
#include "archive_fixture.h"

#include <string.h>

#include "base/mem.h"
#include "cloudify/inventory.h"
#include "ferry_test.h"

/* Reads the archive of the fixture, or another, with its names. */
static struct inventory *names_of(const void *ctx, const char *file)
{
    struct inventory *inventory = inventory_new(ctx);
    const struct cloudify_archive_options options = {.inventory = inventory};
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    assert_int_equal(cloudify_archive_read(ctx, file, &options, &archive, &err), FERRY_OK);
    assert_int_equal(inventory_count(inventory, INVENTORY_BLUEPRINTS), archive->blueprints);
    assert_int_equal(inventory_count(inventory, INVENTORY_DEPLOYMENTS), archive->deployments);
    assert_int_equal(inventory_count(inventory, INVENTORY_PLUGINS), archive->plugins);
    assert_int_equal(inventory_count(inventory, INVENTORY_SECRETS), archive->secrets);
    assert_int_equal(inventory_count(inventory, INVENTORY_SCHEDULES), archive->schedules);
    assert_int_equal(inventory_count(inventory, INVENTORY_TENANTS), archive->tenants);
    assert_int_equal(inventory_count(inventory, INVENTORY_USERS), archive->users);
    return inventory;
}

static void real_archives_of_both_formats_give_their_names(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct inventory *legacy = names_of(scope, LEGACY_ZIP);
    struct inventory *new_format = names_of(scope, NEW_ZIP);

    (void)state;
    assert_true(inventory_see(legacy, INVENTORY_TENANTS, NULL, "acme"));
    assert_true(inventory_see(legacy, INVENTORY_USERS, NULL, "admin"));
    assert_true(inventory_see(new_format, INVENTORY_BLUEPRINTS, "default_tenant", "bp-tiny"));
    assert_false(inventory_see(new_format, INVENTORY_BLUEPRINTS, "acme", "bp-tiny"));
    for (size_t i = 0; i < INVENTORY_KIND_COUNT; i++) {
        assert_true(inventory_is_whole(legacy, (enum inventory_kind)i));
        assert_true(inventory_is_whole(new_format, (enum inventory_kind)i));
    }
}

static void a_name_is_seen_as_often_as_it_is_there(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct inventory *inventory = inventory_new(scope);

    (void)state;
    inventory_name_tenant(inventory, 1, "acme");
    inventory_name_tenant(inventory, 0, "beta");
    inventory_add(inventory, INVENTORY_PLUGINS, 1, "aws 1.0");
    inventory_add(inventory, INVENTORY_PLUGINS, 1, "aws 1.0");
    inventory_add(inventory, INVENTORY_PLUGINS, 0, "aws 1.0");
    inventory_add(inventory, INVENTORY_DEPLOYMENTS, 1, "aws 1.0");
    inventory_close(inventory);
    assert_true(inventory_see(inventory, INVENTORY_PLUGINS, "acme", "aws 1.0"));
    assert_true(inventory_see(inventory, INVENTORY_PLUGINS, "acme", "aws 1.0"));
    assert_false(inventory_see(inventory, INVENTORY_PLUGINS, "acme", "aws 1.0"));
    inventory_see_anew(inventory, INVENTORY_PLUGINS);
    assert_true(inventory_see(inventory, INVENTORY_PLUGINS, "acme", "aws 1.0"));
}

static void what_was_not_seen_is_named(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct inventory *inventory = inventory_new(scope);
    const char *tenant, *name;
    size_t at = 0;

    (void)state;
    inventory_name_tenant(inventory, 0, "acme");
    for (int i = 0; i < 3000; i++) {
        inventory_add(inventory, INVENTORY_DEPLOYMENTS, 0, mem_printf(scope, "d-%d", i));
    }
    inventory_add(inventory, INVENTORY_USERS, INVENTORY_NO_TENANT, "admin");
    inventory_close(inventory);
    for (int i = 0; i < 3000; i++) {
        if (i != 1234) {
            assert_true(inventory_see(inventory, INVENTORY_DEPLOYMENTS, "acme",
                                      mem_printf(scope, "d-%d", i)));
        }
    }
    assert_true(inventory_unseen(inventory, INVENTORY_DEPLOYMENTS, &at, &tenant, &name));
    assert_string_equal(tenant, "acme");
    assert_string_equal(name, "d-1234");
    assert_false(inventory_unseen(inventory, INVENTORY_DEPLOYMENTS, &at, &tenant, &name));
    at = 0;
    assert_true(inventory_unseen(inventory, INVENTORY_USERS, &at, &tenant, &name));
    assert_string_equal(tenant, "");
}

/* Names that are no longer all there prove nothing; other kinds still do. */
static void past_the_limit_a_kind_is_not_whole(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct inventory *inventory = inventory_new(scope);

    (void)state;
    inventory_add(inventory, INVENTORY_USERS, INVENTORY_NO_TENANT, "admin");
    for (int i = 0; i < INVENTORY_ROWS_MAX; i++) {
        inventory_add(inventory, INVENTORY_DEPLOYMENTS, 0, "d");
    }
    inventory_add(inventory, INVENTORY_SECRETS, 0, NULL);
    inventory_close(inventory);
    assert_false(inventory_is_whole(inventory, INVENTORY_DEPLOYMENTS));
    assert_false(inventory_is_whole(inventory, INVENTORY_SECRETS));
    assert_true(inventory_is_whole(inventory, INVENTORY_USERS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_archives_of_both_formats_give_their_names),
        cmocka_unit_test(a_name_is_seen_as_often_as_it_is_there),
        cmocka_unit_test(what_was_not_seen_is_named),
        cmocka_unit_test(past_the_limit_a_kind_is_not_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
