/* upload_plugins: what is there, what is sent, and what is told of it. */
#include "lab.h"

#include "base/mem.h"

#define U (&state_upload_plugins)
#define ID "11111111-2222-4333-8444-555555555550"
#define TINY                                                                                       \
    "{\"package\":\"cloudify-tiny-plugin\",\"version\":\"2.0.0\",\"platform\":\"any\","            \
    "\"distribution\":null,\"release\":null,\"python\":[\"py311\"],\"yamls\":1,\"central\":true}"
#define ROW(id, version, tenant, visibility)                                                       \
    "{\"id\":\"" id "\",\"package_name\":\"cloudify-tiny-plugin\",\"package_version\":\"" version  \
    "\",\"distribution\":null,\"supported_platform\":\"any\",\"tenant_name\":\"" tenant            \
    "\",\"visibility\":\"" visibility "\",\"archive_name\":\"x.wgn\"}"
#define LIST(rows) "{\"items\":[" rows "],\"metadata\":{\"pagination\":{\"total\":1}}}"
#define NOTHING LIST("")

/* One zip whose content is known. */
static struct lab *uploading(void)
{
    struct lab *lab = lab_new(U);

    lab->units[0].key = "/p/tiny.zip";
    lab_option(lab, "plugins.upload", "[\"/p/tiny.zip\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p/tiny.zip\":{\"size\":3254,\"kind\":\"zip\",\"plugins\":[" TINY "]}}");
    return lab;
}

/* One of which nothing but the size is known, as in runs of an earlier ferry. */
static struct lab *uploading_blindly(void)
{
    struct lab *lab = uploading();

    lab_fact(lab, "plugin_files", "{\"/p/tiny.zip\":{\"kind\":null,\"plugins\":null}}");
    return lab;
}

static struct lab *uploading_a_caravan(void)
{
    struct lab *lab = lab_new(U);

    lab->units[0].key = "/p/c.cvn";
    lab_option(lab, "plugins.upload", "[\"/p/c.cvn\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p/c.cvn\":{\"size\":9,\"kind\":\"caravan\",\"plugins\":[" TINY
             ",{\"package\":\"other\",\"version\":\"1\",\"platform\":\"any\"}]}}");
    return lab;
}

static void every_file_is_a_unit(void **state)
{
    struct lab *lab = lab_new(U);

    (void)state;
    lab_needs_nothing(lab, &U->expand);
    lab_says(lab, STATE_SKIP, "names no file");
    lab_needs_nothing(lab, &U->plan);
    lab_found(lab, "skip", "names no file");
    lab_option(lab, "plugins.upload",
               "[\"/p/a.zip\",{\"wagon\":\"/p/b.wgn\",\"yaml\":[\"/p/b.yaml\"]}]");
    lab->context.planning = true;
    lab_needs_nothing(lab, &U->expand);
    assert_int_equal(json_size(lab->units_added), 0); /* a plan names them without a journal */
    lab->context.planning = false;
    lab_needs_nothing(lab, &U->expand);
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(json_print(lab, lab->units_added), "[\"/p/a.zip\",\"/p/b.wgn\"]");
    lab_asks(lab, &U->plan, "GET /api/v3.1/plugins?_include=id%2Cpackage_name*");
    lab_found(lab, "units", "2");
    lab_free(lab);
}

static void plugin_is_uploaded_under_our_id_and_looked_for_by_its_package(void **state)
{
    struct lab *lab = uploading();
    struct state_timing timing = {0};

    (void)state;
    lab_asks(lab, &U->probe,
             "GET /api/v3.1/plugins?package_name=cloudify-tiny-plugin&_include=id*");
    lab_gets_recorded(lab, "14-plugins", 0); /* 1.0.0, 1.1.0 and others are there */
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"there\":[]}");
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant&id=" ID);
    assert_string_equal(lab->request->body_file, "/p/tiny.zip");
    assert_int_equal(lab->request->body_size, 3254);
    lab_gets_recorded(lab, "14-plugins", 6);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "plugins_uploaded", "{\"89a6ea48-b8b5-4b80-a774-76beb10adb01\":true}");
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.concurrency, 1);
    assert_int_equal(timing.settle_ms, 90000);
    lab_free(lab);
}

static void lost_upload_is_found_by_its_package(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_turn(lab, &U->probe, 200, NOTHING);
    lab->context.repeat = true;
    lab_turn(lab, &U->probe, 200, LIST(ROW("old", "1.0.0", "default_tenant", "global")));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &U->probe, 200, LIST(ROW("theirs", "2.0.0", "acme", "tenant")));
    lab_says(lab, STATE_ABSENT, NULL); /* of another tenant: not ours */
    lab_turn(lab, &U->probe, 200, LIST(ROW("new", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(lab->units[0].remote_id, "new");
    lab_fact_is(lab, "plugins_uploaded", "{\"new\":true}");
    lab_turn(lab, &U->probe, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &U->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void what_is_there_already_is_not_sent(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_turn(lab, &U->probe, 200, LIST(ROW("a", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, "cloudify-tiny-plugin 2.0.0: already there, not sent");
    lab_fact_is(lab, "plugins_uploaded", "absent"); /* it is the snapshot's */
    lab_turn(lab, &U->probe, 200, LIST(ROW("b", "2.0.0", "acme", "global")));
    lab_says(lab, STATE_DONE, "already there"); /* a global one anywhere */
    /* another platform of the same version is another plugin */
    lab_fact(lab, "plugin_files",
             "{\"/p/tiny.zip\":{\"plugins\":[{\"package\":\"cloudify-tiny-plugin\",\"version\":"
             "\"2.0.0\",\"platform\":\"linux_x86_64\",\"distribution\":\"centos\"}]}}");
    lab_turn(lab, &U->probe, 200, LIST(ROW("a", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

static void conflict_is_looked_up_since_its_id_does_not_exist(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_turn(lab, &U->probe, 200, NOTHING);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 7);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab->context.repeat = true;
    lab_turn(lab, &U->probe, 200, LIST(ROW("real", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, "already there, the manager says");
    assert_string_equal(lab->units[0].remote_id, "real");
    /* by the name of the archive, up to 6.4: whatever the platform is */
    lab_turn(
        lab, &U->probe, 200,
        LIST("{\"id\":\"p\",\"package_name\":\"cloudify-tiny-plugin\",\"package_version\":"
             "\"2.0.0\",\"supported_platform\":\"linux\",\"tenant_name\":\"default_tenant\"}"));
    lab_says(lab, STATE_DONE, "already there");
    lab_turn(lab, &U->probe, 200, NOTHING);
    lab_says(lab, STATE_FAILED, "does not list it");
    assert_non_null(strstr(lab->verdict[0].hint, "plugins list -a"));
    lab_free(lab);
}

static void global_one_goes_beside_no_other(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_option(lab, "plugins.visibility", "\"global\"");
    lab_turn(lab, &U->probe, 200, LIST(ROW("a", "2.0.0", "acme", "tenant")));
    lab_says(lab, STATE_FAILED, "is there in tenant acme: the manager takes no global one");
    assert_non_null(strstr(lab->verdict[0].hint, "set-visibility"));
    lab_turn(lab, &U->probe, 200, LIST(ROW("a", "1.0.0", "acme", "tenant")));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=global&id=" ID);
    lab_gets_recorded(lab, "14-plugins", 22);
    lab_says(lab, STATE_FOREIGN, "not permit");
    assert_non_null(strstr(lab->verdict[0].hint, "a global plugin needs an administrator"));
    lab_free(lab);
}

static void refusals_are_told_with_the_file(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 11);
    lab_says(lab, STATE_FAILED,
             "refused \"/p/tiny.zip\": HTTP 400 invalid_plugin_error: input can");
    assert_non_null(strstr(lab->verdict[0].hint, "wagon"));
    lab_turn(lab, &U->act, 400, "{\"error_code\":\"existing_running_execution_error\"}");
    lab_says(lab, STATE_RETRY, "a snapshot is being made");
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 14);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 22);
    lab_says(lab, STATE_FOREIGN, NULL);
    lab_fact(lab, "plugin_files", "null");
    lab_needs_nothing(lab, &U->act);
    lab_says(lab, STATE_FAILED, "size");
    lab_free(lab);
}

static void parts_are_sent_as_the_zip_that_was_packed(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab->units[0].key = "/p/b.wgn";
    lab_option(lab, "plugins.upload",
               "[{\"wagon\":\"/p/b.wgn\",\"yaml\":[\"/p/b.yaml\"],\"title\":\"B & b\","
               "\"visibility\":\"private\"}]");
    lab_fact(lab, "plugin_files",
             "{\"/p/b.wgn\":{\"size\":77,\"sha256\":\"abc\",\"kind\":\"packed\",\"plugins\":[" TINY
             "]}}");
    lab_fact(lab, "plugin_folder", "\"/j/journal.db.plugins\"");
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=private&title=B%20%26%20b&id=" ID);
    assert_string_equal(lab->request->body_file, "/j/journal.db.plugins/abc.zip");
    assert_int_equal(lab->request->body_size, 77);
    lab_free(lab);
}

static void caravan_tells_what_was_really_added(void **state)
{
    struct lab *lab = uploading_a_caravan();
    struct state_timing timing = {0};

    (void)state;
    lab_asks(lab, &U->probe,
             "GET /api/v3.1/plugins?package_name=cloudify-tiny-plugin&package_name=other&*");
    lab_gets(lab, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\","
                  "\"tenant_name\":\"default_tenant\"}"));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"there\":[\"other 1\"]}");
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant"); /* many: no id of ours */
    lab_gets(lab, 201, "{\"items\":[]}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &U->await, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\"}," ROW(
                 "n", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, "added: cloudify-tiny-plugin 2.0.0; the others were there already");
    lab_fact_is(lab, "plugins_uploaded", "{\"n\":true}");
    lab_turn(lab, &U->await, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\"}"));
    lab_says(lab, STATE_FAILED, "did not add cloudify-tiny-plugin 2.0.0; it added nothing");
    lab_turn(lab, &U->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    /* 409 for one of them: what the others did is seen in the list */
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 7);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab->context.repeat = true;
    lab_turn(lab, &U->probe, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\"}," ROW(
                 "n", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, "added: cloudify-tiny-plugin 2.0.0; the others were there already");
    lab_turn(lab, &U->probe, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\"}"));
    lab_says(lab, STATE_FAILED, "did not add cloudify-tiny-plugin 2.0.0; it added nothing");
    assert_non_null(strstr(lab->verdict[0].hint, "upload the missing ones alone"));
    lab_data(lab, "{\"conflict\":null}");
    /* lost: one of two is not the whole */
    lab_data(lab, "{\"there\":[]}");
    lab->context.repeat = true;
    lab_turn(lab, &U->probe, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"other\",\"package_version\":\"1\"}"));
    lab_says(lab, STATE_CANNOT_TELL, "1 of 2 plugins are there");
    lab_turn(lab, &U->probe, 200, NOTHING);
    lab_says(lab, STATE_ABSENT, NULL);
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.settle_ms, 0); /* the engine's own: no id refuses a repetition */
    lab_free(lab);
}

static void caravan_of_very_many_is_looked_for_in_the_whole_list(void **state)
{
    struct lab *lab = uploading_a_caravan();
    char *plugins = mem_strdup(lab, "{\"/p/c.cvn\":{\"plugins\":[");

    (void)state;
    for (int i = 0; i < 200; i++) {
        plugins = mem_printf(lab,
                             "%s%s{\"package\":\"a-plugin-with-a-long-name-%d\",\"version\":"
                             "\"1\"}",
                             plugins, i == 0 ? "" : ",", i);
    }
    lab_fact(lab, "plugin_files", mem_printf(lab, "%s]}}", plugins));
    lab_asks(lab, &U->probe, "GET /api/v3.1/plugins?_include=id*");
    lab_gets(lab, 200, NOTHING);
    lab_says(lab, STATE_ABSENT, NULL);
    lab->context.repeat = true;
    lab_turn(lab, &U->probe, 200,
             LIST("{\"id\":\"o\",\"package_name\":\"a-plugin-with-a-long-name-3\","
                  "\"package_version\":\"1\"}"));
    lab_says(lab, STATE_CANNOT_TELL, "and 194 more");
    lab_free(lab);
}

static void older_managers_install_at_once_and_are_waited_for(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_version(lab, "5.0.5");
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant");
    lab_gets(lab, 201, "{\"id\":\"p\",\"archive_name\":\"installing-x.wgn\"}");
    lab_says(lab, STATE_RUNNING, "installs");
    lab_turn(lab, &U->await, 200,
             LIST("{\"id\":\"p\",\"package_name\":\"cloudify-tiny-plugin\",\"package_version\":"
                  "\"2.0.0\",\"archive_name\":\"installing-x.wgn\"}"));
    lab_says(lab, STATE_RUNNING, "installs");
    lab_turn(lab, &U->await, 200, LIST(ROW("p", "2.0.0", "default_tenant", "tenant")));
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &U->await, 200, NOTHING);
    lab_says(lab, STATE_FAILED, "did not add");
    assert_non_null(strstr(lab->verdict[0].hint, "takes its plugin away"));
    lab->context.planning = true;
    lab_asks(lab, &U->await, "GET /api/v3.1/plugins?package_name=*");
    lab_version(lab, "7.1.0");
    lab_needs_nothing(lab, &U->await);
    lab_free(lab);
}

static void of_what_nobody_has_read_our_id_tells(void **state)
{
    struct lab *lab = uploading_blindly();

    (void)state;
    lab_needs_nothing(lab, &U->probe);
    lab_says(lab, STATE_ABSENT, NULL);
    lab->context.repeat = true;
    lab_asks(lab, &U->probe, "GET /api/v3.1/plugins/" ID "*");
    lab_gets_recorded(lab, "14-plugins", 26);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &U->probe, 200, "{\"id\":\"" ID "\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_recorded(lab, "14-plugins", 7);
    lab_says(lab, STATE_DONE, "already");
    lab->units[0].remote_id = ID;
    lab_asks(lab, &U->await, "GET /api/v3.1/plugins/" ID "*");
    lab_gets(lab, 200, "{\"archive_name\":\"installing-x\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &U->await, 200, "{\"archive_name\":\"x\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &U->await, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_FAILED, "dropped");
    lab_free(lab);
}

static void of_what_nobody_has_read_the_new_one_is_ours_below_6_4_2(void **state)
{
    struct lab *lab = uploading_blindly();
    struct state_timing timing = {0};

    (void)state;
    lab_version(lab, "6.0.1");
    lab_asks(lab, &U->probe, "GET /api/v3.1/plugins?_include=id*");
    lab_gets_recorded(lab, "14-plugins", 1);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &U->act, "POST /api/v3.1/plugins?visibility=tenant");
    lab->context.repeat = true;
    lab_asks(lab, &U->probe, "GET *");
    lab_gets_recorded(lab, "14-plugins", 1);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &U->probe, 200, "{\"items\":[{\"id\":\"new\"}]}");
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(lab->units[0].remote_id, "new");
    lab_turn(lab, &U->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.settle_ms, 0); /* the engine's own */
    lab->units[0].key = "/p/of-an-older-run.zip";
    lab_needs_nothing(lab, &U->act);
    lab_says(lab, STATE_FAILED, "/p/of-an-older-run.zip");
    lab_free(lab);
}

/* --- the plan --- */

static void plan_tells_what_each_file_holds_and_what_is_there(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_option(lab, "plugins.upload", "[\"/p/tiny.zip\",\"/p/c.cvn\",\"/p/old.wgn\"]");
    lab_fact(lab, "plugin_files",
             "{\"/p/c.cvn\":{\"size\":9,\"kind\":\"caravan\",\"plugins\":["
             "{\"package\":\"cloudify-tiny-plugin\",\"version\":\"1.0.0\",\"platform\":\"any\"},"
             "{\"package\":\"other\",\"version\":\"1\"}]},"
             "\"/p/old.wgn\":{\"size\":1,\"kind\":\"wagon\",\"plugins\":[{\"package\":\"old\","
             "\"version\":\"3\"}]}}");
    lab_fact(lab, "archive.plugin_list",
             "[{\"package_name\":\"old\",\"package_version\":\"3\",\"tenant_name\":"
             "\"default_tenant\",\"visibility\":\"tenant\"}]");
    lab_turn(lab, &U->plan, 200,
             "{\"items\":[" ROW("a", "9.9", "acme", "tenant") "],\"metadata\":{\"pagination\":{"
                                                              "\"total\":2}}}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &U->plan, "GET *");
    assert_non_null(strstr(lab->request->path, "_offset=1"));
    lab_gets(lab, 200,
             "{\"items\":[" ROW("a", "1.0.0", "acme", "global") "],\"metadata\":{\"pagination\":{"
                                                                "\"total\":2}}}");
    lab_says(lab, STATE_DONE, NULL);
    lab_found(lab, "note",
              "/p/tiny.zip (zip, visibility tenant) brings cloudify-tiny-plugin 2.0.0");
    lab_found(lab, "note", "/p/c.cvn (caravan, visibility tenant) brings other 1");
    lab_found(lab, "note", "/p/c.cvn: cloudify-tiny-plugin 1.0.0: on the manager already");
    lab_found(lab, "note", "/p/old.wgn: old 3: in the snapshot already, it will not be sent");
    lab_found_nothing(lab, "blocker");
    lab_found_nothing(lab, "warning");
    lab_turn(lab, &U->plan, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &U->plan, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void plan_refuses_what_cannot_be_used(void **state)
{
    struct lab *lab = uploading();

    (void)state;
    lab_fact(lab, "plugin_files",
             "{\"/p/tiny.zip\":{\"problem\":\"plugin \\\"/p/tiny.zip\\\" holds 2 wagons\","
             "\"hint\":\"take one out\"}}");
    lab_asks(lab, &U->plan, "GET *");
    lab_found(lab, "blocker", "holds 2 wagons");
    lab_free(lab);
    lab = uploading();
    lab_fact(lab, "plugin_files",
             "{\"/p/tiny.zip\":{\"plugins\":[{\"package\":\"p\",\"version\":\"1\",\"python\":"
             "[\"py27\"],\"platform\":\"any\",\"yamls\":2}]}}");
    lab_version(lab, "5.1.4");
    lab_option(lab, "plugins.upload", "[\"/p/tiny.zip\",{\"wagon\":\"/w\",\"icon\":\"/i\"}]");
    lab_asks(lab, &U->plan, "GET *");
    lab_found(lab, "blocker", "p 1 is for Python 2 only, manager 5.1.4 runs Python 3");
    lab_found(lab, "blocker", "has 2 yamls, manager 5.1.4 takes exactly one");
    lab_found(lab, "blocker", "plugin \"/w\" has an icon, which manager 5.1.4 does not take");
    lab_free(lab);
    lab = uploading();
    lab_version(lab, "5.0.5");
    lab_fact(lab, "plugin_files",
             "{\"/p/tiny.zip\":{\"plugins\":[{\"package\":\"p\",\"version\":\"1\",\"python\":"
             "[\"py27\"],\"platform\":\"any\",\"yamls\":1}]}}");
    lab_asks(lab, &U->plan, "GET *");
    lab_found_nothing(lab, "blocker");
    lab_free(lab);
}

static void plan_looks_at_the_platform_if_the_manager_told_its_own(void **state)
{
    static const struct {
        const char *plugin, *kind, *text;
    } cases[] = {
        {"\"platform\":\"win_amd64\",\"central\":true", "blocker",
         "for win_amd64, the manager runs"},
        {"\"platform\":\"win_amd64\",\"central\":false", "warning", "for win_amd64"},
        {"\"platform\":\"linux_x86_64\",\"distribution\":\"Ubuntu\",\"central\":true", "blocker",
         "made on Ubuntu for linux_x86_64, the manager runs centos"},
        {"\"platform\":\"linux_x86_64\",\"distribution\":\"Ubuntu\"", "warning", "made on Ubuntu"},
        {"\"platform\":\"linux_x86_64\",\"distribution\":\"CentOS Linux\",\"central\":true", NULL,
         NULL},
        {"\"platform\":\"manylinux_x86_64\",\"distribution\":null,\"central\":true", NULL, NULL},
        {"\"platform\":\"any\",\"distribution\":\"Ubuntu\",\"central\":true", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct lab *lab = uploading();

        lab_fact(lab, "manager.distribution", "\"centos\"");
        lab_fact(lab, "plugin_files",
                 mem_printf(lab,
                            "{\"/p/tiny.zip\":{\"plugins\":[{\"package\":\"p\",\"version\":"
                            "\"1\",\"yamls\":1,%s}]}}",
                            cases[i].plugin));
        lab_asks(lab, &U->plan, "GET *");
        if (cases[i].kind != NULL) {
            lab_found(lab, cases[i].kind, cases[i].text);
        } else {
            lab_found_nothing(lab, "blocker");
            lab_found_nothing(lab, "warning");
        }
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_a_unit),
        cmocka_unit_test(plugin_is_uploaded_under_our_id_and_looked_for_by_its_package),
        cmocka_unit_test(lost_upload_is_found_by_its_package),
        cmocka_unit_test(what_is_there_already_is_not_sent),
        cmocka_unit_test(conflict_is_looked_up_since_its_id_does_not_exist),
        cmocka_unit_test(global_one_goes_beside_no_other),
        cmocka_unit_test(refusals_are_told_with_the_file),
        cmocka_unit_test(parts_are_sent_as_the_zip_that_was_packed),
        cmocka_unit_test(caravan_tells_what_was_really_added),
        cmocka_unit_test(caravan_of_very_many_is_looked_for_in_the_whole_list),
        cmocka_unit_test(older_managers_install_at_once_and_are_waited_for),
        cmocka_unit_test(of_what_nobody_has_read_our_id_tells),
        cmocka_unit_test(of_what_nobody_has_read_the_new_one_is_ours_below_6_4_2),
        cmocka_unit_test(plan_tells_what_each_file_holds_and_what_is_there),
        cmocka_unit_test(plan_refuses_what_cannot_be_used),
        cmocka_unit_test(plan_looks_at_the_platform_if_the_manager_told_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
