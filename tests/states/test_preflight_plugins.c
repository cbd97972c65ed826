/* Plugins of the archive on the Python and the platform of the new manager, and their moves. */
#include "lab.h"

#include "base/mem.h"
#include "states/preflight.h"

#define P (&preflight_plugins)

/* An archive with one plugin, used by one of two blueprints. */
static struct lab *with_plugin(const char *python, const char *platform, const char *distribution)
{
    struct lab *lab = lab_new(P);

    lab->context.planning = true;
    lab_version(lab, "7.0.5");
    lab_fact(lab, "manager.distribution", "\"rhel\"");
    lab_fact(lab, "archive.plugins", "1");
    lab_fact(lab, "archive.plugin_list",
             mem_printf(lab,
                        "[{\"package_name\":\"aws\",\"package_version\":\"2.0\",\"python\":%s,"
                        "\"platform\":%s,\"distribution\":%s}]",
                        python, platform, distribution));
    lab_fact(lab, "archive.blueprint_list_complete", "true");
    lab_fact(lab, "archive.blueprint_list",
             "[{\"id\":\"web\",\"tenant_name\":\"t\",\"deployments\":12,\"known\":true,"
             "\"plugins\":[{\"package_name\":\"aws\",\"package_version\":\"2.0\"}]},"
             "{\"id\":\"idle\",\"tenant_name\":\"t\",\"deployments\":0,\"known\":true,"
             "\"plugins\":[]}]");
    return lab;
}

static void python_of_each_wagon_is_compared(void **state)
{
    static const struct {
        const char *manager, *python, *platform, *kind;
    } cases[] = {
        {"7.0.5", "[\"py27\"]", "\"any\"", "warning plugins_python"},
        {"7.0.5", "[\"py27\",\"py311\"]", "\"any\"", "ok plugins_python"},
        {"7.0.5", "[\"py2.py3\"]", "\"any\"", "ok plugins_python"},
        {"7.0.5", "[\"py36\"]", "\"any\"", "ok plugins_python"}, /* pure: another 3 will do */
        {"7.0.5", "[\"py36\"]", "\"manylinux_2_17_x86_64\"", "warning plugins_python"},
        {"7.0.2", "[\"py36\"]", "\"manylinux_2_17_x86_64\"", "ok plugins_python"},
        {"6.4.2", "[\"py36\"]", "\"linux_x86_64\"", "ok plugins_python"},
        {"6.4.2", "[\"py311\"]", "\"linux_x86_64\"", "warning plugins_python"},
        {"5.1.0", "[\"py27\"]", "\"any\"", "warning plugins_python"},
        {"5.0.5", "[\"py27\"]", "\"any\"", "ok plugins_python"},
        {"5.0.5", "[\"py36\"]", "\"any\"", "warning plugins_python"},
        {"7.0.5", "[]", "\"any\"", "cannot tell plugins_python"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = with_plugin(cases[i].python, cases[i].platform, "null");

        lab_version(lab, cases[i].manager);
        lab_needs_nothing(lab, &P->plan);
        lab_found(lab, cases[i].kind, "");
        lab_free(lab);
    }
}

static void deployments_that_need_it_are_told(void **state)
{
    struct lab *lab = with_plugin("[\"py27\"]", "\"any\"", "null");

    (void)state;
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "warning plugins_python",
              "the manager has Python 3.10 and 3.11, which these plugins are not made for, and no "
              "newer version is in plugins.upload: aws 2.0 (py27), which 12 deployments of t/web "
              "need");
    lab_found(lab, "warning plugins_python", "plugins.upload: without them");
    lab_free(lab);
}

static void plugin_that_nobody_uses_or_that_is_replaced_is_fine(void **state)
{
    struct lab *lab = with_plugin("[\"py27\"]", "\"any\"", "null");

    (void)state;
    lab_option(lab, "plugins.upload", "[\"/p/aws.zip\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p/aws.zip\":{\"size\":1,\"kind\":\"zip\",\"plugins\":[{\"package\":\"aws\","
             "\"version\":\"3.0\",\"python\":[\"py311\"],\"platform\":\"any\"}]}}");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "ok plugins_python", "replaced by newer ones: 1");
    lab_found(lab, "ok plugin_moves",
              "1 blueprints would move, unless they pin a version: t/web: "
              "aws 2.0 to 3.0");
    lab_fact_is(lab, "plugin_moves",
                "[{\"blueprint\":\"web\",\"from\":\"2.0\",\"package\":\"aws\",\"tenant\":\"t\","
                "\"to\":\"3.0\"}]");
    lab_free(lab);
    lab = with_plugin("[\"py27\"]", "\"any\"", "null");
    lab_fact(lab, "archive.blueprint_list",
             "[{\"id\":\"web\",\"tenant_name\":\"t\",\"deployments\":0,\"known\":true,"
             "\"plugins\":[{\"package_name\":\"aws\",\"package_version\":\"2.0\"}]}]");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "ok plugins_python", "of no use to any deployment: 1");
    lab_free(lab);
    lab = with_plugin("[\"py27\"]", "\"any\"", "null"); /* newer, but for Python 2 as well */
    lab_option(lab, "plugins.upload", "[\"/p/aws.zip\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p/aws.zip\":{\"size\":1,\"kind\":\"zip\",\"plugins\":[{\"package\":\"aws\","
             "\"version\":\"3.0\",\"python\":[\"py27\"],\"platform\":\"any\"}]}}");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "warning plugins_python", "12 deployments");
    lab_free(lab);
}

/* A blueprint that does not tell what it uses may use it. */
static void what_is_not_known_is_not_taken_for_unused(void **state)
{
    struct lab *lab = with_plugin("[\"py27\"]", "\"any\"", "null");

    (void)state;
    lab_fact(lab, "archive.blueprint_list",
             "[{\"id\":\"web\",\"tenant_name\":\"t\",\"deployments\":3,\"known\":false,"
             "\"plugins\":[]}]");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "warning plugins_python", "which deployments need it is not told");
    lab_found(lab, "cannot tell plugin_moves", "1 of them");
    lab_free(lab);
}

static void platform_of_each_wagon_is_compared(void **state)
{
    static const struct {
        const char *platform, *distribution, *kind;
    } cases[] = {
        {"\"any\"", "\"centos\"", "ok plugins_platform"},
        {"\"manylinux2014_x86_64\"", "\"centos\"", "ok plugins_platform"},
        {"\"linux_x86_64\"", "null", "ok plugins_platform"},
        {"\"linux_x86_64\"", "\"rhel\"", "ok plugins_platform"},
        {"\"linux_x86_64\"", "\"centos\"", "warning plugins_platform"},
        {"\"win_amd64\"", "null", "warning plugins_platform"},
        {"null", "null", "cannot tell plugins_platform"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = with_plugin("[\"py311\"]", cases[i].platform, cases[i].distribution);

        lab_needs_nothing(lab, &P->plan);
        lab_found(lab, cases[i].kind, "");
        lab_free(lab);
    }
}

static void moves_follow_the_configuration(void **state)
{
    static const struct {
        const char *path, *json, *text;
    } cases[] = {
        {"plugins.update", "[]", "plugins.update is none"},
        {"plugins.update", "[\"other\"]", "no blueprint would move"},
        {"plugins.except", "[\"t/web\"]", "no blueprint would move"},
        {"plugins.names", "[\"gcp\"]", "no blueprint would move"},
        {"plugins.update", "[\"web\"]", "1 blueprints would move"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = with_plugin("[\"py311\"]", "\"any\"", "null");

        lab_fact(lab, "archive.plugin_list",
                 "[{\"package_name\":\"aws\",\"package_version\":\"2.0\",\"python\":[\"py311\"],"
                 "\"platform\":\"any\"},{\"package_name\":\"aws\",\"package_version\":\"2.10\","
                 "\"python\":[\"py311\"],\"platform\":\"any\"}]");
        lab_option(lab, cases[i].path, cases[i].json);
        lab_needs_nothing(lab, &P->plan);
        lab_found(lab, "ok plugin_moves", cases[i].text);
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_of_each_wagon_is_compared),
        cmocka_unit_test(deployments_that_need_it_are_told),
        cmocka_unit_test(plugin_that_nobody_uses_or_that_is_replaced_is_fine),
        cmocka_unit_test(what_is_not_known_is_not_taken_for_unused),
        cmocka_unit_test(platform_of_each_wagon_is_compared),
        cmocka_unit_test(moves_follow_the_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
