/* The small parts under the readers: rows of a dump, slices of JSON, descriptions. */
#include "practice/archive/fixture.h"

#include "base/mem.h"
#include "practice/copy_rows.h"
#include "practice/json_slice.h"

static void copy_headers_of_all_versions_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *line, *table, *second;
        size_t columns;
    } good[] = {
        {"COPY tenants (id, name) FROM stdin;", "tenants", "name", 2},
        {"COPY public.tenants (id, name) FROM stdin;", "tenants", "name", 2},
        {"COPY \"public\".\"tenants\" (\"id\", \"name\") FROM stdin;", "tenants", "name", 2},
        {"COPY public.events (_storage_id, \"timestamp\", message) FROM stdin;", "events",
         "timestamp", 3},
    };
    static const char *const bad[] = {"COPY tenants FROM stdin;",
                                      "COPY tenants (id, name) FROM '/tmp/file';",
                                      "COPY tenants (id,, name) FROM stdin;",
                                      "COPY (SELECT 1) TO stdout;",
                                      "SELECT 1;",
                                      "COPY "};
    struct copy_header header;
    for (size_t i = 0; i < FERRY_COUNT(good); i++) {
        char *line = mem_strdup(fixture_context(), good[i].line);
        assert_true(copy_header_parse(line, &header));
        assert_string_equal(header.table, good[i].table);
        assert_int_equal(header.columns_count, good[i].columns);
        assert_string_equal(header.columns[1], good[i].second);
    }
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        assert_false(copy_header_parse(mem_strdup(fixture_context(), bad[i]), &header));
    }
}

static void too_many_columns_are_refused(void **state)
{
    (void)state;
    char *line = mem_strdup(fixture_context(), "COPY t (a");
    struct copy_header header;
    for (size_t i = 0; i < COPY_COLUMNS_MAX; i++) {
        line = mem_printf(fixture_context(), "%s, c%zu", line, i);
    }
    assert_false(
        copy_header_parse(mem_printf(fixture_context(), "%s) FROM stdin;", line), &header));
}

/* PostgreSQL manual, COPY, "Text Format". */
static void escapes_are_undone_as_postgresql_says(void **state)
{
    (void)state;
    static const struct {
        const char *field, *text;
    } all[] = {
        {"plain", "plain"},
        {"\\N", NULL},
        {"", ""},
        {"a\\tb", "a\tb"},
        {"a\\nb\\rc", "a\nb\rc"},
        {"\\\\N", "\\N"},
        {"\\\\x8002", "\\x8002"},
        {"\\b\\f\\v", "\b\f\v"},
        {"\\101\\x42\\7", "AB\a"},
        {"\\q", "q"},
        {"end\\", "end\\"},
        {"\\xzz", "xzz"},
    };
    for (size_t i = 0; i < FERRY_COUNT(all); i++) {
        const char *text = copy_field_text(mem_strdup(fixture_context(), all[i].field));
        if (all[i].text == NULL) {
            assert_null(text);
        } else {
            assert_string_equal(text, all[i].text);
        }
    }
    char row[] = "1\t\t\\N\t";
    char *fields[3];
    assert_int_equal(copy_row_split(row, fields, 3), 4);
    assert_string_equal(fields[1], "");
    assert_string_equal(fields[2], "\\N");
}

static void slices_are_the_values_as_written(void **state)
{
    (void)state;
    static const char text[] = " { \"a\" : 1 , \"b,}\" : [ 1, {\"x\": \"]\\\"\"} ],"
                               "\"\\u0063\":\"q\" } ";
    static const char *const names[] = {"a", "b,}", "c"};
    static const char *const values[] = {"1 ", "[ 1, {\"x\": \"]\\\"\"} ]", "\"q\" "};
    struct json_slice object = {text, text + strlen(text)}, value;
    char *name = NULL;
    assert_true(json_slice_open(&object, '{'));
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        assert_int_equal(json_slice_next(&object, fixture_context(), &name, &value), JSON_SLICED);
        assert_string_equal(name, names[i]);
        assert_int_equal(value.end - value.at, strlen(values[i]));
        assert_memory_equal(value.at, values[i], strlen(values[i]));
    }
    assert_int_equal(json_slice_next(&object, fixture_context(), &name, &value), JSON_SLICE_END);
}

static void cut_slices_are_bad_wherever_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": [1, \"x\\\"y\"], \"b\": {\"c\": null}}";
    for (size_t length = 0; length < strlen(text); length++) {
        /* A copy without a byte behind it, so that ASan sees a look too far. */
        char *copy = mem_memdup(fixture_context(), text, length == 0 ? 1 : length);
        struct json_slice object = {copy, copy + length}, value;
        char *name = NULL;
        enum json_sliced sliced = JSON_SLICE_BAD;
        if (json_slice_open(&object, '{')) {
            do {
                sliced = json_slice_next(&object, fixture_context(), &name, &value);
            } while (sliced == JSON_SLICED);
        }
        assert_int_equal(sliced, JSON_SLICE_BAD);
    }
}

static enum ferry_code from_text(const char *text, struct content **out, struct ferry_error *err)
{
    return content_load(fixture_context(), fixture_file("content.json", text, strlen(text)), out,
                        err);
}

static void a_description_becomes_a_content(void **state)
{
    (void)state;
    struct content *content = NULL;
    struct ferry_error err = {0};
    assert_int_equal(
        from_text("{\"version\": \"6.4.2\", \"admin_password\": \"p\", \"tenants\": [\"t1\"],"
                  "\"users\": [{\"username\": \"eve\", \"tenants\": {\"t1\": \"viewer\"}}],"
                  "\"blueprints\": [{\"id\": \"b\", \"plugins\": [{\"package_name\": \"p\"}]}],"
                  "\"deployments\": [{\"id\": \"d\", \"tenant\": \"t1\", \"blueprint\": \"b\"}],"
                  "\"nodes\": [{\"id\": \"vm\", \"tenant\": \"t1\", \"deployment\": \"d\","
                  "\"type_hierarchy\": [\"cloudify.nodes.Compute\"]}],"
                  "\"instances\": [{\"id\": \"vm_1\", \"tenant\": \"t1\", \"deployment\": \"d\","
                  "\"node\": \"vm\", \"state\": \"started\"}]}",
                  &content, &err),
        FERRY_OK);
    assert_int_equal(content->tenants_count, 2); /* and default_tenant */
    assert_int_equal(content->users_count, 2);   /* and admin */
    assert_string_equal(content->admin_password, "p");
    assert_string_equal(content->users[0].roles[0], "viewer");
    assert_string_equal(content->blueprints[0].tenant, "default_tenant");
    assert_int_equal(content->blueprints[0].plugins_count, 1);
    assert_true(content->deployments[0].can_install_new_agents);
    assert_string_equal(content->deployments[0].installation_status, "active");
    assert_true(content->nodes[0].is_host);
}

static void a_bad_description_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{", "{\"tenant\": []}", "{\"tenants\": [{\"nom\": 1}]}",
                                      "{\"deployments\": [{\"blueprint\": \"b\"}]}"};
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        struct content *content = NULL;
        struct ferry_error err = {0};
        assert_int_not_equal(from_text(bad[i], &content, &err), FERRY_OK);
        assert_null(content);
        assert_true(err.message[0] != '\0');
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(copy_headers_of_all_versions_are_understood),
        T(too_many_columns_are_refused),
        T(escapes_are_undone_as_postgresql_says),
        T(slices_are_the_values_as_written),
        T(cut_slices_are_bad_wherever_they_are_cut),
        T(a_description_becomes_a_content),
        T(a_bad_description_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
