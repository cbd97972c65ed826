/* Plugins and their updates by version (facts 4.1, 4.2): what is answered, and what a failure
 * leaves. */
#include "ferry_test.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

#define TINY(version) "wagons/cloudify_tiny_plugin-" version "-py311-none-any.wgn"
#define OTHER(version) "wagons/cloudify_other_plugin-" version "-py311-none-any.wgn"
#define ROOM ((size_t)1 << 20)

static struct answer upload_as(struct bench *bench, const char *query, struct blob blob)
{
    const char *headers[] = {"Authorization: Basic YWRtaW46YWRtaW4=", "Tenant: default_tenant",
                             NULL};
    return live_ask(&bench->live, bench, "POST", mem_printf(bench, "/api/v3.1/plugins%s", query),
                    headers, blob);
}

static void put(struct archive *out, const char *name, const void *data, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_int_equal(archive_write_header(out, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(out, data, size), size);
    archive_entry_free(entry);
}

/* Two wagons with their yamls, as cfy plugins bundle-upload sends them. */
static struct blob caravan(const void *ctx)
{
    static const char metadata[] = "car/tiny.wgn: car/tiny.yaml\ncar/other.wgn: car/other.yaml\n";
    struct blob blob = {mem_array(ctx, char, ROOM), 0};
    struct blob tiny = blob_file(ctx, TINY("1.0.0"));
    struct blob other = blob_file(ctx, OTHER("0.5.0"));
    struct archive *out = archive_write_new();
    (void)archive_write_set_format_pax_restricted(out);
    (void)archive_write_add_filter_gzip(out);
    assert_int_equal(archive_write_open_memory(out, blob.data, ROOM, &blob.size), ARCHIVE_OK);
    put(out, "car/METADATA", metadata, strlen(metadata));
    put(out, "car/tiny.wgn", tiny.data, tiny.size);
    put(out, "car/tiny.yaml", "a: 1\n", 5);
    put(out, "car/other.wgn", other.data, other.size);
    put(out, "car/other.yaml", "a: 1\n", 5);
    assert_int_equal(archive_write_close(out), ARCHIVE_OK);
    (void)archive_write_free(out);
    return blob;
}

static int64_t total(struct bench *bench, const char *path)
{
    return json_int64_or(bench_ask(bench, "GET", path, NULL).json, "metadata.pagination.total", -1);
}

static void a_caravan_brings_all_and_answers_wrong(void **state)
{
    static const struct {
        const char *version;
        int listed;
    } rows[] = {{"5.1.4", 0}, {"6.0.1", 0}, {"6.4.2", 3}, {"7.0.5", 3}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        assert_int_equal(upload_as(bench, "", blob_file(bench, OTHER("0.6.0"))).status, 201);
        struct answer answer = upload_as(bench, "?visibility=global", caravan(bench));
        assert_int_equal(answer.status, 201);
        assert_int_equal(json_size(json_get(answer.json, "items")), rows[i].listed);
        assert_int_equal(total(bench, "/api/v3.1/plugins"), 3);
        /* Each of them can be had again. */
        struct answer tiny =
            bench_ask(bench, "GET", "/api/v3.1/plugins?package_name=cloudify-tiny-plugin", NULL);
        const char *id = json_string_or(json_at(json_get(tiny.json, "items"), 0), "id", "");
        assert_int_equal(
            bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/plugins/%s/archive", id), NULL)
                .size,
            blob_file(bench, TINY("1.0.0")).size);
        bench_end(bench);
    }
}

static void what_is_there_already_is_said_by_version(void **state)
{
    static const char old_text[] =
        "a plugin archive by the name of cloudify_tiny_plugin-1.0.0-py311-none-any.wgn already "
        "exists for package with name cloudify-tiny-plugin and version 1.0.0";
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "6.4.2" : "7.0.5", "1", NULL);
        assert_int_equal(upload_as(bench, "", blob_file(bench, TINY("1.0.0"))).status, 201);
        struct answer answer = upload_as(bench, "", blob_file(bench, TINY("1.0.0")));
        assert_int_equal(answer.status, 409);
        assert_string_equal(bench_code(&answer), "conflict_error");
        assert_int_equal(strcmp(bench_text(&answer, "message"), old_text) == 0, i == 0);
        bench_end(bench);
    }
}

static void the_id_is_the_clients_from_6_4_2_on(void **state)
{
    static const char *const versions[] = {"6.4.1", "6.4.2", "7.0.5"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct bench *bench = bench_start(versions[i], "1", NULL);
        struct answer answer = upload_as(bench, "?id=mine", blob_file(bench, TINY("1.0.0")));
        assert_int_equal(answer.status, 201);
        assert_int_equal(strcmp(bench_text(&answer, "id"), "mine") == 0, i > 0);
        answer = upload_as(bench, "?id=mine", blob_file(bench, TINY("1.1.0")));
        assert_int_equal(answer.status, i > 0 ? 409 : 201);
        bench_end(bench);
    }
}

static void an_upload_is_installing_up_to_5_0_5(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "5.0.5" : "5.1.4", "1", NULL);
        live_set(&bench->live, "set", "{\"freeze\": true}");
        struct answer answer = upload_as(bench, "", blob_file(bench, TINY("1.0.0")));
        const char *name = bench_text(&answer, "archive_name");
        assert_int_equal(strncmp(name, "installing-", 11) == 0, i == 0);
        assert_int_equal(total(bench, "/api/v3.1/executions?_include_system_workflows=true"
                                      "&workflow_id=install_plugin"),
                         i == 0);
        bench_settle(bench);
        answer =
            bench_ask(bench, "GET",
                      mem_printf(bench, "/api/v3.1/plugins/%s", bench_text(&answer, "id")), NULL);
        assert_memory_equal(bench_text(&answer, "archive_name"), "cloudify_tiny", 13);
        answer = bench_ask(bench, "DELETE",
                           mem_printf(bench, "/api/v3.1/plugins/%s", bench_text(&answer, "id")),
                           "{\"force\": true}");
        assert_int_equal(answer.status, i == 0 ? 200 : 204);
        assert_int_equal(total(bench, "/api/v3.1/plugins"), 0);
        bench_end(bench);
    }
}

static void bad_plugins_are_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    struct blob wagon = blob_file(bench, TINY("1.0.0"));
    struct blob garbage = {mem_strdup(bench, "no plugin"), 9};
    struct answer answer = upload_as(bench, "", garbage);
    assert_string_equal(bench_code(&answer), "invalid_plugin_error");
    live_set(&bench->live, "set", "{\"upload_breaks\": [\"cloudify-tiny-plugin\"]}");
    answer = upload_as(bench, "", blob_zip(bench, "plugin.wgn", &wagon));
    assert_string_equal(bench_code(&answer), "invalid_plugin_error");
    live_set(&bench->live, "set", "{\"upload_breaks\": null}");
    assert_int_equal(upload_as(bench, "", blob_zip(bench, "plugin.wgn", &wagon)).status, 201);
    const char *mona[] = {"Authorization: Basic bW9uYTpw", "Tenant: default_tenant", NULL};
    live_set(&bench->live, "set",
             "{\"users\": [{\"username\": \"mona\", \"password\": \"p\","
             " \"tenants\": {\"default_tenant\": \"manager\"}}]}");
    answer = live_ask(&bench->live, bench, "POST", "/api/v3.1/plugins?visibility=global", mona,
                      blob_file(bench, TINY("1.1.0")));
    assert_int_equal(answer.status, 403);
    bench_end(bench);
}

/* --- updates --- */

#define DEPLOYMENT(id) "{\"id\": \"" id "\", \"blueprint\": \"bp\"}"
static const char content[] =
    "{\"version\": \"5.0.0\", \"blueprints\": [{\"id\": \"bp\", \"plugins\": [{\"package_name\":"
    " \"cloudify-tiny-plugin\", \"package_version\": \"1.0.0\"}]}], \"deployments\":"
    " [" DEPLOYMENT("d1") ", " DEPLOYMENT("d2") ", " DEPLOYMENT("d3") ", " DEPLOYMENT("d4") "]}";

static struct bench *with_blueprint(const char *version)
{
    struct bench *bench = bench_start(version, "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fputs(content, out);
    (void)fclose(out);
    live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
    assert_int_equal(upload_as(bench, "", blob_file(bench, TINY("1.0.0"))).status, 201);
    assert_int_equal(upload_as(bench, "", blob_file(bench, TINY("1.1.0"))).status, 201);
    assert_int_equal(upload_as(bench, "", blob_file(bench, TINY("2.0.0"))).status, 201);
    bench_settle(bench);
    return bench;
}

static const char initiate[] = "/api/v3.1/plugins-updates/bp/update/initiate";

static struct answer update(struct bench *bench, const char *id)
{
    return bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/plugins-updates/%s", id), NULL);
}

static void a_blueprint_takes_what_is_newer(void **state)
{
    static const struct {
        const char *body, *state, *version;
    } rows[] = {
        {"{}", "successful", "2.0.0"},
        {"{\"all_to_minor\": true}", "successful", "1.1.0"},
        {"{\"plugin_names\": [\"cloudify-none\"]}", "no_changes_required", "1.0.0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = with_blueprint("6.4.2");
        struct answer answer = bench_ask(bench, "POST", initiate, rows[i].body);
        assert_int_equal(answer.status, 200);
        const char *id = bench_text(&answer, "id");
        bench_settle(bench);
        answer = update(bench, id);
        assert_string_equal(bench_text(&answer, "state"), rows[i].state);
        answer = bench_ask(bench, "GET", "/api/v3.1/blueprints/bp", NULL);
        const struct json *plugins = json_get(answer.json, "plan.deployment_plugins_to_install");
        assert_string_equal(json_string_or(json_at(plugins, 0), "package_version", ""),
                            rows[i].version);
        assert_int_equal(total(bench, "/api/v3.1/deployments?blueprint_id=bp"), 4);
        bench_end(bench);
    }
}

/* Facts 4.1: what is left when update_plugin fails half way. */
static void a_failed_update_leaves_or_loses_by_version(void **state)
{
    static const struct {
        const char *version, *state;
        int on_original, all;
        bool visible; /* the temporary blueprint */
    } rows[] = {
        {"5.0.5", "executing_workflow", 2, 4, false},
        {"5.1.4", "failed", 2, 4, true},
        {"5.2.0", "failed", 2, 2, false},
        {"5.2.7", "failed", 2, 4, true},
        {"6.0.1", "failed", 2, 2, false},
        {"6.4.2", "failed", 2, 4, true},
        {"7.0.5", "failed", 2, 4, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("version %s\n", rows[i].version);
        struct bench *bench = with_blueprint(rows[i].version);
        live_set(&bench->live, "set", "{\"update_fails\": [\"bp\"]}");
        struct answer answer = bench_ask(bench, "POST", initiate, "{}");
        const char *id = bench_text(&answer, "id");
        const char *execution = bench_text(&answer, "execution_id");
        bench_settle(bench);
        answer = update(bench, id);
        assert_string_equal(bench_text(&answer, "state"), rows[i].state);
        answer =
            bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
        assert_string_equal(bench_text(&answer, "status"), "failed");
        assert_int_equal(total(bench, "/api/v3.1/deployments?blueprint_id=bp"),
                         rows[i].on_original);
        assert_int_equal(total(bench, "/api/v3.1/deployments"), rows[i].all);
        assert_int_equal(total(bench, "/api/v3.1/blueprints?is_hidden=false"), 1 + rows[i].visible);
        bench_end(bench);
    }
}

static void a_cancelled_update_is_a_failed_one(void **state)
{
    static const struct {
        const char *version;
        int all;
    } rows[] = {{"6.0.1", 2}, {"7.0.5", 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = with_blueprint(rows[i].version);
        struct answer answer = bench_ask(bench, "POST", initiate, "{}");
        live_advance(&bench->live, 5000);
        (void)bench_ask(
            bench, "POST",
            mem_printf(bench, "/api/v3.1/executions/%s", bench_text(&answer, "execution_id")),
            "{\"action\": \"cancel\"}");
        bench_settle(bench);
        answer = update(bench, bench_text(&answer, "id"));
        assert_string_equal(bench_text(&answer, "state"), "failed");
        assert_int_equal(total(bench, "/api/v3.1/deployments"), rows[i].all);
        bench_end(bench);
    }
}

static void an_active_update_is_in_the_way(void **state)
{
    (void)state;
    struct bench *bench = with_blueprint("5.0.5");
    static const char forced[] = "/api/v3.1/plugins-updates/bp/update/initiate?force=true";
    live_set(&bench->live, "set", "{\"update_fails\": [\"*\"]}");
    assert_int_equal(bench_ask(bench, "POST", initiate, "{}").status, 200);
    assert_int_equal(bench_ask(bench, "POST", initiate, "{}").status, 409);
    struct answer answer = bench_ask(bench, "POST", forced, "{}");
    assert_int_equal(answer.status, 409);
    assert_non_null(strstr(bench_text(&answer, "message"),
                           "the \"force\" flag was used yet these updates have actual executions "
                           "running"));
    bench_settle(bench);
    assert_int_equal(bench_ask(bench, "POST", initiate, "{}").status, 409); /* for ever active */
    assert_int_equal(bench_ask(bench, "POST", forced, "{}").status, 200);
    bench_end(bench);
    bench = with_blueprint("5.1.4");
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO plugins_updates (tenant, id, blueprint_id, state,"
             " execution_id) VALUES ('default_tenant', 'old', 'bp', 'executing_workflow', 'x');"
             " INSERT INTO executions (tenant, id, status) VALUES ('default_tenant', 'x',"
             " 'failed');\"}");
    assert_int_equal(bench_ask(bench, "POST", initiate, "{\"force\": true}").status, 409);
    assert_int_equal(
        bench_ask(bench, "POST", initiate, "{\"reevaluate_active_statuses\": true}").status, 200);
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caravan_brings_all_and_answers_wrong),
        cmocka_unit_test(what_is_there_already_is_said_by_version),
        cmocka_unit_test(the_id_is_the_clients_from_6_4_2_on),
        cmocka_unit_test(an_upload_is_installing_up_to_5_0_5),
        cmocka_unit_test(bad_plugins_are_refused),
        cmocka_unit_test(a_blueprint_takes_what_is_newer),
        cmocka_unit_test(a_failed_update_leaves_or_loses_by_version),
        cmocka_unit_test(a_cancelled_update_is_a_failed_one),
        cmocka_unit_test(an_active_update_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
