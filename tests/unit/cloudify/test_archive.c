#include "ferry_test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "unit/cloudify/archive_fixture.h"

/* Numbers of the real archives are checked against the archives themselves by archive-counts.sh;
   these come from the recorded exchanges: what the manager listed after restoring them. */
static void a_restored_legacy_archive_holds_what_the_manager_listed(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(cloudify_archive_read(scope, LEGACY_ZIP, NULL, &archive, &err), FERRY_OK);
    assert_int_equal(archive->format, CLOUDIFY_ARCHIVE_LEGACY);
    assert_string_equal(archive->version, "7.1.0");
    assert_int_equal(archive->tenants, 4); /* contract/20: tenants, agents, deployments */
    assert_int_equal(archive->agents, 6);
    assert_int_equal(archive->deployments, 71);
    /* and 8 schedules: 7 of the table and 1 for the scheduled execution in the future */
    assert_int_equal(archive->schedules, 7);
    assert_int_equal(archive->executions_scheduled, 2);
    assert_string_equal(archive->create_execution, "5c7b1878-8044-4437-bd74-cd75fb74e1f6");
    assert_int_equal(archive->executions_active, 0);
    assert_int_equal(archive->warning_count, 0);
    assert_int_equal(archive->network_count, 1);
    assert_string_equal(archive->networks[0], "default");
}

static void a_restored_new_archive_holds_what_the_manager_listed(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(cloudify_archive_read(scope, NEW_ZIP, NULL, &archive, &err), FERRY_OK);
    assert_int_equal(archive->format, CLOUDIFY_ARCHIVE_NEW);
    assert_string_equal(archive->version, "7.1.0");
    assert_null(archive->schema_revision);
    assert_int_equal(archive->tenants, 1); /* contract/25 */
    assert_int_equal(archive->deployments, 3);
    assert_int_equal(archive->agents, 0);
    assert_int_equal(archive->schedules, 0);
    assert_int_equal(archive->node_instances, 4); /* contract/26: 4, and 8 after the second */
    assert_int_equal(archive->warning_count, 0);
}

static void facts_name_what_a_run_needs(void **state)
{
    static const char *const keys[] = {"format",  "version",    "size",
                                       "tenants", "blueprints", "deployments",
                                       "agents",  "plugins",    "executions_scheduled"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(cloudify_archive_read(scope, LEGACY_ZIP, NULL, &archive, &err), FERRY_OK);
    const struct json *facts = cloudify_archive_facts(scope, archive, "00ff");
    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        assert_non_null(json_member(facts, keys[i]));
    }
    assert_string_equal(json_string_or(facts, "sha256", ""), "00ff");
    assert_string_equal(json_string_or(facts, "format", ""), "legacy");
    assert_int_equal(json_int64_or(facts, "by_tenant.acme.deployments", -1), 2);
    assert_true(json_is_null(json_member(cloudify_archive_facts(scope, archive, NULL), "sha256")));
    /* No secret of the archive: hashes of passwords, keys of the broker. */
    char *text = json_print(scope, facts);
    assert_null(strstr(text, "pbkdf2"));
    assert_null(strstr(text, "gAAAA"));
}

static bool note_progress(void *arg, int64_t done, int64_t total)
{
    int64_t *last = arg;

    assert_true(done >= *last && done <= total);
    *last = done;
    return true;
}

static bool refuse_progress(void *arg, int64_t done, int64_t total)
{
    (void)arg;
    (void)done;
    (void)total;
    return false;
}

static void progress_is_told_and_can_end_the_reading(void **state)
{
    static const char *const files[] = {LEGACY_ZIP, NEW_ZIP};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(files); i++) {
        int64_t last = 0;
        int64_t size = 0;
        char sha256[DIGEST_SHA256_HEX];
        struct cloudify_archive *archive = NULL;
        struct cloudify_archive_options options = {.progress = note_progress, .arg = &last};
        assert_int_equal(cloudify_archive_read(scope, files[i], &options, &archive, &err),
                         FERRY_OK);
        assert_true(last > 0);
        last = 0;
        assert_int_equal(cloudify_archive_digest(files[i], &options, sha256, &size, &err),
                         FERRY_OK);
        assert_int_equal(last, size);
        assert_int_equal(size, archive->size);
        options.progress = refuse_progress;
        assert_int_equal(cloudify_archive_read(scope, files[i], &options, &archive, &err),
                         FERRY_E_STOPPED);
        assert_int_equal(cloudify_archive_digest(files[i], &options, sha256, &size, &err),
                         FERRY_E_STOPPED);
    }
}

static void expect(enum ferry_code code, enum ferry_code expected, const struct ferry_error *err,
                   const char *text)
{
    assert_int_equal(code, expected);
    assert_int_equal(err->code, expected);
    if (strstr(err->message, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err->message, text);
    }
    assert_int_not_equal(err->hint[0], '\0');
}

static enum ferry_code read_bytes(const void *data, size_t size, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;

    archive_write(data, size);
    return cloudify_archive_read(scope, archive_file(), NULL, &archive, err);
}

static void files_that_are_no_zip_are_named_as_such(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};
    char sha256[DIGEST_SHA256_HEX];
    int64_t size = 0;

    (void)state;
    expect(cloudify_archive_read(scope, "/nowhere/at/all.zip", NULL, &archive, &err),
           FERRY_E_NOT_FOUND, &err, "cannot open");
    expect(cloudify_archive_digest("/nowhere/at/all.zip", NULL, sha256, &size, &err),
           FERRY_E_NOT_FOUND, &err, "cannot open");
    expect(cloudify_archive_read(scope, "/tmp", NULL, &archive, &err), FERRY_E_ARCHIVE, &err,
           "not a file");
    expect(read_bytes("", 0, &err), FERRY_E_ARCHIVE, &err, "is empty");
    expect(read_bytes("hello", 5, &err), FERRY_E_ARCHIVE, &err, "not a zip");
    char garbage[100000];
    for (size_t i = 0; i < sizeof garbage; i++) {
        garbage[i] = (char)(i * 2654435761U >> 13);
    }
    expect(read_bytes(garbage, sizeof garbage, &err), FERRY_E_ARCHIVE, &err, "not a zip");
}

static void an_archive_that_may_not_be_read_is_an_error_of_input(void **state)
{
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    if (geteuid() == 0) {
        print_message("SKIP: the super-user may read everything\n");
        skip();
    }
    archive_write("x", 1);
    assert_int_equal(chmod(archive_file(), 0), 0);
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    expect(cloudify_archive_read(scope, archive_file(), NULL, &archive, &err), FERRY_E_IO, &err,
           "cannot open");
    assert_int_equal(chmod(archive_file(), 0600), 0);
}

static void zips_that_are_no_snapshot_are_refused(void **state)
{
    static const struct {
        const char *metadata;
        const char *why;
    } cases[] = {
        {NULL, "no metadata.json"},
        {"", "cannot be read"},
        {"not json", "cannot be read"},
        {"{\"snapshot_version\": \"7.1.0\"", "cannot be read"},
        {"[]", "no snapshot_version"},
        {"{}", "no snapshot_version"},
        {"{\"snapshot_version\": 7}", "no snapshot_version"},
        {"{\"snapshot_version\": \"seven\"}", "is no version"},
        {LEGACY_METADATA, "no pg_data"},
        {NEW_METADATA, "no folder entry"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        zip_maker_text(zip, "readme", "x");
        if (cases[i].metadata != NULL) {
            zip_maker_text(zip, "metadata.json", cases[i].metadata);
        }
        expect(archive_of(scope, zip, &archive, &err), FERRY_E_ARCHIVE, &err, cases[i].why);
    }
}

static void dumps_that_cannot_be_understood_are_refused(void **state)
{
    static const struct {
        const char *dump;
        const char *why;
    } cases[] = {
        {"", "not a database dump"},
        {"PGDMP", "not a database dump"},
        {TENANTS, "table users is missing"},
        {TENANTS USERS BLUEPRINTS, "table deployments is missing"},
        {"COPY tenants (id, name) FROM stdin;\n\\.\n" USERS
         "COPY blueprints (_tenant_id) FROM stdin;\n\\.\n"
         "COPY deployments (_tenant_id, _storage_id, id) FROM stdin;\n\\.\n",
         "no tenant"},
        {DUMP "COPY agents (_tenant_id, version) FROM stdin;\n9\t1.0\n\\.\n", "tenant 9"},
        {DUMP "COPY agents (_tenant_id, version) FROM stdin;\nx\t1.0\n\\.\n", "not a number"},
        {DUMP "COPY agents (_tenant_id) FROM stdin;\n0\n\\.\n", "no column version"},
        {DUMP "COPY agents (_tenant_id, version) FROM stdin;\n0\t1.0\n", "in the middle"},
        {DUMP TENANTS, "twice"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        expect(archive_of_dump(scope, cases[i].dump, &archive, &err), FERRY_E_ARCHIVE, &err,
               cases[i].why);
    }
}

static void formats_are_told_by_the_keys_of_the_metadata(void **state)
{
    static const struct {
        const char *metadata;
        enum cloudify_archive_format format;
        const char *name;
        size_t warnings;
    } cases[] = {
        {LEGACY_METADATA, CLOUDIFY_ARCHIVE_LEGACY, "legacy", 0},
        {"{\"snapshot_version\": \"7.1.0\", \"schema_revision\": \"a\"}",
         CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY, "community-legacy", 1},
        {"{\"snapshot_version\": \"7.1.0\"}", CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY, "community-legacy",
         1},
        {"{\"snapshot_version\": \"7.1.0\", \"schema_revision\": null, "
         "\"stage_schema_revision\": null, \"composer_schema_revision\": null}",
         CLOUDIFY_ARCHIVE_LEGACY, "legacy", 0},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        zip_maker_text(zip, "metadata.json", cases[i].metadata);
        zip_maker_text(zip, "pg_data", DUMP);
        assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_OK);
        assert_int_equal(archive->format, cases[i].format);
        assert_string_equal(cloudify_archive_format_name(archive->format), cases[i].name);
        assert_int_equal(archive->warning_count, cases[i].warnings);
    }
}

static void log_junk_in_the_revisions_is_left_out(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    zip_maker_text(zip, "metadata.json",
                   "{\"snapshot_version\": \"4.6.0\", \"schema_revision\": \"95\", "
                   "\"stage_schema_revision\": \"Trying to fetch user config from: x\\nmore\\n"
                   "20171011-4_2.js\\n\", \"composer_schema_revision\": \"\\n\"}");
    zip_maker_text(zip, "pg_data", DUMP);
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_OK);
    assert_string_equal(archive->stage_revision, "20171011-4_2.js");
    assert_string_equal(archive->composer_revision, "");
    assert_string_equal(archive->schema_revision, "95");
}

/* What GET /blueprints does not list must not be expected of it. */
static void hidden_blueprints_and_the_deleted_execution_do_not_count(void **state)
{
    static const char dump[] = TENANTS USERS DEPLOYMENTS
        "COPY public.blueprints (is_hidden, id, _tenant_id) FROM stdin;\n"
        "f\ta\t0\nt\tplugins-update-x\t0\n\\N\tb\t0\n\\.\n"
        "COPY executions (id, workflow_id, status, scheduled_for, _tenant_id, "
        "_deployment_fk) FROM stdin;\n"
        "e1\tcreate_snapshot\tstarted\t\\N\t0\t\\N\n"
        "e2\tinstall\tstarted\t\\N\t0\t1\n"
        "e3\tinstall\tqueued\t\\N\t0\t1\n"
        "e4\tuninstall\tscheduled\t2050-01-01 12:00:00\t0\t1\n\\.\n"
        "\nDELETE FROM public.executions WHERE id = 'e1';\n";
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(archive_of_dump(scope, dump, &archive, &err), FERRY_OK);
    assert_int_equal(archive->blueprints, 2);
    assert_int_equal(archive->blueprints_hidden, 1);
    assert_int_equal(archive->executions, 3);
    assert_int_equal(archive->executions_active, 1);
    assert_int_equal(archive->executions_queued, 1);
    assert_int_equal(archive->executions_scheduled, 1);
    assert_string_equal(archive->create_execution, "e1");
    assert_int_equal(archive->schedule_count, 2);
    assert_string_equal(archive->schedule_list[1].at, "2050-01-01 12:00:00");
    assert_string_equal(archive->schedule_list[1].deployment, "d");
    assert_string_equal(archive->schedule_list[1].tenant, "default_tenant");
}

/* The order of the tables is pg_dump's business: names are put together at the end. */
static void tables_may_come_in_any_order(void **state)
{
    static const char dump[] =
        "COPY node_instances (state, host_id, id, _node_fk, _tenant_id) FROM stdin;\n"
        "started\tvm_1\tvm_1\t7\t0\nstopped\tvm_2\tvm_2\t7\t0\nstarted\tvm_1\tdb_1\t8\t0\n\\.\n"
        "COPY nodes (_deployment_fk, _storage_id) FROM stdin;\n1\t8\n1\t7\n\\.\n"
        "COPY executions (_tenant_id, id, status, workflow_id, scheduled_for, _deployment_fk) FROM "
        "stdin;\n0\te1\tscheduled\tinstall\t2050-01-01\t1\n\\.\n" DEPLOYMENTS BLUEPRINTS USERS
            TENANTS;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(archive_of_dump(scope, dump, &archive, &err), FERRY_OK);
    assert_string_equal(archive->schedule_list[0].deployment, "d");
    assert_string_equal(archive->schedule_list[0].tenant, "default_tenant");
    assert_int_equal(archive->hosts, 2);
    assert_int_equal(archive->hosts_not_started, 1);
    assert_int_equal(archive->deployments_with_hosts, 1);
    assert_int_equal(archive->node_instances, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_legacy_archive_holds_what_the_manager_listed),
        cmocka_unit_test(a_restored_new_archive_holds_what_the_manager_listed),
        cmocka_unit_test(facts_name_what_a_run_needs),
        cmocka_unit_test(progress_is_told_and_can_end_the_reading),
        cmocka_unit_test(files_that_are_no_zip_are_named_as_such),
        cmocka_unit_test(an_archive_that_may_not_be_read_is_an_error_of_input),
        cmocka_unit_test(zips_that_are_no_snapshot_are_refused),
        cmocka_unit_test(dumps_that_cannot_be_understood_are_refused),
        cmocka_unit_test(formats_are_told_by_the_keys_of_the_metadata),
        cmocka_unit_test(log_junk_in_the_revisions_is_left_out),
        cmocka_unit_test(hidden_blueprints_and_the_deleted_execution_do_not_count),
        cmocka_unit_test(tables_may_come_in_any_order),
    };

    return cmocka_run_group_tests(tests, archive_setup, archive_teardown);
}
