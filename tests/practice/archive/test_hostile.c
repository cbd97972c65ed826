/* Archives that are none, cut, garbled, or lie: an error of the right kind, never a crash. */
#include "practice/archive/fixture.h"

#include "base/clock.h"
#include "base/mem.h"
#include "practice/zip_read.h"

#define LEGACY_METADATA                                                                            \
    "{\"snapshot_version\": \"7.1.0\", \"schema_revision\": \"a\", "                               \
    "\"stage_schema_revision\": \"b\", \"composer_schema_revision\": \"c\"}"
#define NEW_METADATA "{\"snapshot_version\": \"7.1.0\", \"execution_id\": \"e\"}"
#define TENANT_ROW "COPY public.tenants (id, name) FROM stdin;\n0\tdefault_tenant\n\\.\n"

static void what_is_no_zip_is_told_so(void **state)
{
    (void)state;
    static const char garbage[] = "PK\003\004 and then nothing that a zip would have";
    assert_int_equal(fixture_refused(fixture_path("absent"), NULL), CONTENT_UNREADABLE);
    assert_int_equal(fixture_refused(fixture_file("empty", "", 0), NULL), CONTENT_NOT_ZIP);
    assert_int_equal(fixture_refused(fixture_file("text", "hello", 5), NULL), CONTENT_NOT_ZIP);
    assert_int_equal(fixture_refused(fixture_file("short", "PK", 2), NULL), CONTENT_NOT_ZIP);
    assert_int_equal(fixture_refused(fixture_file("garbage", garbage, sizeof(garbage)), NULL),
                     CONTENT_NOT_ZIP);
}

static void a_cut_zip_is_no_zip_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char *const lines[] = {"--deployments 3 --plugins 1",
                                        "--deployments 3 --plugins 1 --format new"};
    for (size_t i = 0; i < FERRY_COUNT(lines); i++) {
        size_t size = 0;
        assert_int_equal(fixture_make("a.zip", lines[i]), 0);
        const char *data = fixture_bytes(fixture_path("a.zip"), &size);
        for (size_t length = 0; length < size; length += length < size - 64 ? 97 : 1) {
            const char *path = fixture_file("cut.zip", data, length);
            assert_int_equal(fixture_refused(path, NULL), CONTENT_NOT_ZIP);
        }
    }
}

static void a_zip_without_usable_metadata_is_told_so(void **state)
{
    (void)state;
    static const char empty[22] = "PK\005\006";
    assert_int_equal(fixture_refused(fixture_zip("a.zip", "pg_data", TENANT_ROW, NULL), NULL),
                     CONTENT_NO_METADATA);
    assert_int_equal(fixture_refused(fixture_zip("b.zip", "metadata.json", "{", NULL), NULL),
                     CONTENT_NO_METADATA);
    assert_int_equal(fixture_refused(fixture_zip("c.zip", "metadata.json", "[1]", NULL), NULL),
                     CONTENT_NO_METADATA);
    assert_int_equal(fixture_refused(fixture_file("d.zip", empty, sizeof(empty)), NULL),
                     CONTENT_NO_METADATA);
    assert_int_equal(
        fixture_refused(fixture_zip("e.zip", "metadata.json", LEGACY_METADATA, NULL), NULL),
        CONTENT_NO_DATA);
}

static void metadata_alone_of_the_new_format_brings_nothing(void **state)
{
    (void)state;
    const struct content *content =
        fixture_read(fixture_zip("a.zip", "metadata.json", NEW_METADATA, NULL));
    assert_int_equal(content->layout, CONTENT_LAYOUT_NONE);
    assert_int_equal(content->deployments_count, 0);
    assert_int_equal(content->tenants_count, 1); /* a manager always has its default tenant */
}

static void a_dump_that_makes_no_sense_is_told_so(void **state)
{
    (void)state;
    static const char *const dumps[] = {
        "COPY public.tenants (id, name) FROM stdin;\n0\tdefault_tenant\n",
        "COPY public.tenants (id, name) FROM stdin;\n0\n\\.\n",
        "COPY public.tenants (id, name) FROM stdin;\n0\ta\tb\n\\.\n",
        "COPY public.tenants (id, name\n0\ta\n\\.\n",
        "COPY public.tenants ( FROM stdin;\n\\.\n",
        "COPY \"tenants (id) FROM stdin;\n\\.\n",
        "COPY public.tenants (id, name) FROM stdin;\n0\t\\N\n\\.\n",
        TENANT_ROW "COPY blueprints (id, _tenant_id) FROM stdin;\nb\t7\n\\.\n",
        TENANT_ROW "COPY blueprints (id, _tenant_id) FROM stdin;\n\\N\t0\n\\.\n",
    };
    for (size_t i = 0; i < FERRY_COUNT(dumps); i++) {
        const char *message = NULL;
        const char *path =
            fixture_zip("a.zip", "metadata.json", LEGACY_METADATA, "pg_data", dumps[i], NULL);
        assert_int_equal(fixture_refused(path, &message), CONTENT_BAD_DATA);
    }
}

/* Columns nobody knows, rows pointing nowhere, values of other types: read past. */
static void odd_dumps_are_read_past(void **state)
{
    (void)state;
    static const char dump[] = TENANT_ROW
        "COPY deployments (id, new_column, _tenant_id, _blueprint_fk, workflows, created_at) "
        "FROM stdin;\n"
        "d\tx\\ty\\\\z\t0\t99\t[1, {\"name\": 3}, null]\tyesterday\n\\.\n"
        "COPY nodes (id, _tenant_id, _deployment_fk, type_hierarchy, number_of_instances) "
        "FROM stdin;\nn\t0\t5\t{broken\tmany\n\\.\n"
        "COPY unheard_of (a) FROM stdin;\nb\tc\td\n\\.\n"
        "DELETE FROM executions WHERE id = 'no closing quote";
    const struct content *content =
        fixture_read(fixture_zip("a.zip", "metadata.json", LEGACY_METADATA, "pg_data", dump, NULL));
    assert_int_equal(content->deployments_count, 1);
    assert_null(content->deployments[0].blueprint);
    assert_string_equal(content->deployments[0].created_at, "yesterday");
    assert_string_equal(content->deployments[0].workflows, "[]");
    assert_false(content->deployments[0].has_install_new_agents);
    assert_null(content->nodes[0].deployment);
    assert_int_equal(content->nodes[0].instances, 0);
}

static void agents_json_that_makes_no_sense_is_told_so(void **state)
{
    (void)state;
    static const char *const agents[] = {"",
                                         "[]",
                                         "{\"t\"",
                                         "{\"t\": 1}",
                                         "{\"t\": {\"d\": {]}}",
                                         "{\"t\": {\"d\": {\"n\": {\"i\": {}}}}}"};
    for (size_t i = 0; i < FERRY_COUNT(agents); i++) {
        const char *path = fixture_zip("a.zip", "metadata.json", LEGACY_METADATA, "pg_data",
                                       TENANT_ROW, "agents.json", agents[i], NULL);
        if (i + 1 < FERRY_COUNT(agents)) {
            assert_int_equal(fixture_refused(path, NULL), CONTENT_BAD_DATA);
        } else {
            const struct content *content = fixture_read(path);
            assert_int_equal(content->agents_count, 1);
            assert_string_equal(content->agents[0].tenant, "t");
            assert_string_equal(content->agents[0].version, "7.1.0");
        }
    }
}

static void items_that_make_no_sense_are_told_so(void **state)
{
    (void)state;
    static const char *const items[] = {"",
                                        "[]",
                                        "{\"type\": \"nodes\"}",
                                        "{\"items\": []}",
                                        "{\"type\": 3, \"items\": []}",
                                        "{\"type\": \"nodes\", \"items\": [1]}",
                                        "{\"type\": \"nodes\", \"items\": [{\"type\": \"x\"}]}",
                                        "{\"type\": \"nodes\", \"items\": [{\"id\": tru}]}",
                                        "{\"type\": \"nodes\", \"items\": [{\"id\": \"a\"",
                                        "{\"type\": \"blueprints\", \"items\": [{\"id\": null}]}"};
    for (size_t i = 0; i < FERRY_COUNT(items); i++) {
        const char *path = fixture_zip("a.zip", "metadata.json", NEW_METADATA, "tenants/t/", "",
                                       "tenants/t/00000001.json", items[i], NULL);
        assert_int_equal(fixture_refused(path, NULL), CONTENT_BAD_DATA);
    }
}

/* Any byte changed: either still read, or refused; never a crash, a hang or a leak of an error. */
static void flipped_bytes_never_crash(void **state)
{
    (void)state;
    static const char *const lines[] = {"--deployments 2 --plugins 1 --scheduled 1",
                                        "--deployments 2 --plugins 1 --scheduled 1 --format new"};
    struct rng_seeded rng;
    size_t read = 0, refused = 0;
    rng_seed(&rng, 7);
    for (size_t i = 0; i < 600; i++) {
        size_t size = 0;
        void *scope FERRY_SCOPE = mem_scope(NULL);
        if (i % 300 == 0) {
            assert_int_equal(fixture_make("a.zip", lines[i / 300]), 0);
        }
        char *data = fixture_bytes(fixture_path("a.zip"), &size);
        for (size_t flips = 1 + i % 4; flips > 0; flips--) {
            data[rng_below(&rng.rng, size)] = (char)rng_below(&rng.rng, 256);
        }
        const char *path = fixture_file("flipped.zip", data, size);
        struct content *content = NULL;
        struct ferry_error err = {0};
        enum content_problem problem = CONTENT_FINE;
        if (content_read(scope, path, &content, &problem, &err) == FERRY_OK) {
            assert_int_equal(problem, CONTENT_FINE);
            read++;
        } else {
            assert_int_not_equal(problem, CONTENT_FINE);
            assert_true(err.message[0] != '\0');
            refused++;
        }
        mem_free(data);
    }
    print_message("%zu changed archives read, %zu refused\n", read, refused);
    assert_true(read > 0 && refused > 0);
}

#define MEMBERS_MAX 64

struct members {
    char *names[MEMBERS_MAX];
    char *texts[MEMBERS_MAX];
    size_t sizes[MEMBERS_MAX];
    size_t count;
};

static enum ferry_code collect(void *arg, const struct zip_member *member, struct ferry_error *err)
{
    struct members *members = arg;
    size_t at = members->count;
    assert_true(at < MEMBERS_MAX);
    members->names[at] = mem_strdup(fixture_context(), member->name);
    members->count++;
    return zip_member_read(fixture_context(), member, 1 << 20, &members->texts[at],
                           &members->sizes[at], err);
}

/* Changes some bytes of a text to ones that mean something to a reader. */
static void garble(struct rng *rng, char *text, size_t size)
{
    static const char bytes[] = "\t\n\\\"{}[],:.0N-t\x80 ";
    for (uint64_t n = 1 + rng_below(rng, 6); n > 0 && size > 0; n--) {
        text[rng_below(rng, size)] = bytes[rng_below(rng, sizeof(bytes) - 1)];
    }
}

static char *zip_garbled(const struct members *members, struct rng *rng)
{
    struct ferry_error err = {0};
    struct zip_out *out = zip_out_open(fixture_context(), fixture_path("garbled.zip"), true);
    size_t victim = rng_below(rng, members->count);
    for (size_t i = 0; i < members->count; i++) {
        char *text = mem_memdup(out, members->texts[i], members->sizes[i] + 1);
        if (i == victim || strcmp(members->names[i], "pg_data") == 0) {
            garble(rng, text, members->sizes[i]);
        }
        if (members->names[i][strlen(members->names[i]) - 1] == '/') {
            zip_out_folder(out, members->names[i]);
        } else {
            zip_out_file(out, members->names[i], text, members->sizes[i]);
        }
    }
    assert_int_equal(zip_out_close(out, NULL, NULL, &err), FERRY_OK);
    mem_free(out);
    return fixture_path("garbled.zip");
}

/* Members changed before they are packed, so that no checksum keeps the change from a reader. */
static void garbled_members_never_crash(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--deployments 2 --plugins 1 --scheduled 1 --manager-version 7.1.0",
        "--deployments 2 --plugins 1 --scheduled 1 --manager-version 4.6.0",
        "--deployments 2 --plugins 1 --scheduled 1 --format new"};
    struct rng_seeded rng;
    size_t read = 0, refused = 0;
    rng_seed(&rng, 11);
    for (size_t i = 0; i < FERRY_COUNT(lines); i++) {
        struct members members = {.count = 0};
        struct zip_visitor visitor = {collect, &members};
        enum content_problem problem = CONTENT_FINE;
        struct ferry_error err = {0};
        assert_int_equal(fixture_make("a.zip", lines[i]), 0);
        assert_int_equal(zip_walk(fixture_path("a.zip"), &visitor, &problem, &err), FERRY_OK);
        for (size_t n = 0; n < 400; n++) {
            void *scope FERRY_SCOPE = mem_scope(NULL);
            struct content *content = NULL;
            const char *path = zip_garbled(&members, &rng.rng);
            enum ferry_code code = content_read(scope, path, &content, &problem, &err);
            assert_int_equal(code == FERRY_OK, problem == CONTENT_FINE);
            read += code == FERRY_OK;
            refused += code != FERRY_OK;
        }
    }
    print_message("%zu garbled archives read, %zu refused\n", read, refused);
    assert_true(read > 0 && refused > 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_no_zip_is_told_so),
        T(a_cut_zip_is_no_zip_wherever_it_is_cut),
        T(a_zip_without_usable_metadata_is_told_so),
        T(metadata_alone_of_the_new_format_brings_nothing),
        T(a_dump_that_makes_no_sense_is_told_so),
        T(odd_dumps_are_read_past),
        T(agents_json_that_makes_no_sense_is_told_so),
        T(items_that_make_no_sense_are_told_so),
        T(flipped_bytes_never_crash),
        T(garbled_members_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
