/* Archives that somebody broke, by accident or on purpose: an error each, never a crash. */
#include "ferry_test.h"

#include "base/file.h"
#include "base/mem.h"
#include "unit/cloudify/archive_fixture.h"

#define ARCHIVE_LIMIT ((size_t)16 << 20)

static enum ferry_code read_bytes(const void *data, size_t size, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;

    archive_write(data, size);
    return cloudify_archive_read(scope, archive_file(), NULL, &archive, err);
}

static void cut(const char *path, size_t step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    char *data = NULL;
    size_t size = 0;
    size_t cases = 0;

    assert_int_equal(file_read(scope, path, ARCHIVE_LIMIT, &data, &size, &err), FERRY_OK);
    for (size_t at = 0; at < size; at += step, cases++) {
        enum ferry_code code = read_bytes(data, at, &err);
        if (code != FERRY_E_ARCHIVE || err.hint[0] == '\0') {
            fail_msg("cut at %zu: %s: %s", at, ferry_code_name(code), err.message);
        }
    }
    assert_int_equal(read_bytes(data, size, &err), FERRY_OK);
    print_message("%s: %zu cuts, each refused\n", path, cases);
    assert_true(cases > 40);
}

static void archives_cut_at_every_1000th_byte_are_refused(void **state)
{
    (void)state;
    cut(LEGACY_ZIP, 1000);
    cut(NEW_ZIP, 1000);
}

static const char *small(void *ctx, size_t *size, const struct zip_end *end)
{
    struct zip_maker *zip = zip_maker_new(ctx);

    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_text(zip, "agents.json", "{\"t\": {\"d\": {\"n\": {\"i\": {}}}}}");
    return zip_maker_end(zip, end, size);
}

static void a_small_archive_cut_at_every_byte_is_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    size_t size = 0;
    const char *data = small(scope, &size, NULL);

    (void)state;
    for (size_t at = 0; at < size; at++) {
        assert_int_equal(read_bytes(data, at, &err), FERRY_E_ARCHIVE);
    }
    assert_int_equal(read_bytes(data, size, &err), FERRY_OK);
}

/* Any byte wrong: an error or, where it does not matter, the right result; never a crash. */
static void flipped_bytes_never_crash(void **state)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xff};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    size_t refused = 0;
    size_t size = 0;
    const char *good = small(scope, &size, NULL);
    char *data = mem_memdup(scope, good, size);

    (void)state;
    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < FERRY_COUNT(masks); i++) {
            data[at] = (char)((unsigned char)good[at] ^ masks[i]);
            refused += read_bytes(data, size, &err) != FERRY_OK;
        }
        data[at] = good[at];
    }
    print_message("%zu of %zu flips refused\n", refused, size * FERRY_COUNT(masks));
    assert_true(refused > size);
}

static void prefixes_comments_and_zip64_are_fine(void **state)
{
    static const struct zip_end ends[] = {
        {.comment = "a comment"}, {.zip64 = true}, {.zip64 = true, .comment = "PK\5\6"}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    struct cloudify_archive *archive = NULL;
    const struct zip_lie zip64 = {.zip64 = true};
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(ends); i++) {
        const char *data = small(scope, &size, &ends[i]);
        assert_int_equal(read_bytes(data, size, &err), FERRY_OK);
    }
    struct zip_maker *zip = zip_maker_new(scope);
    zip_maker_prefix(zip, "#!/bin/sh\n", 10);
    zip_maker_add(zip, "metadata.json", LEGACY_METADATA, sizeof LEGACY_METADATA - 1, &zip64);
    zip_maker_add(zip, "pg_data", DUMP, sizeof DUMP - 1, &zip64);
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_OK);
    assert_int_equal(archive->deployments, 1);
}

static void lies_in_the_directory_are_noticed(void **state)
{
    static const struct {
        struct zip_lie lie;
        const char *why;
    } cases[] = {
        {{.size = 1}, "longer"},
        {{.size = 100000}, "shorter"},
        {{.packed = 100000}, "outside"},
        {{.size = 4000000000}, "too many times"},
        {{.offset = 1}, "another name"},
        {{.offset = 4000000000}, "outside"},
        {{.name = "pg_datA"}, "another name"},
        {{.name = "pg_data_and_more"}, "another name"},
        {{.encrypted = true}, "encrypted"},
        {{.wrong_crc = true}, "cannot be unpacked"},
        {{.size = INT64_MAX, .zip64 = true}, "outside"},
        {{.offset = INT64_MAX, .zip64 = true}, "outside"},
        {{.packed = INT64_MAX, .zip64 = true}, "outside"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
        zip_maker_add(zip, "pg_data", DUMP, sizeof DUMP - 1, &cases[i].lie);
        if (archive_of(scope, zip, &archive, &err) != FERRY_E_ARCHIVE ||
            strstr(err.message, cases[i].why) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].why);
        }
    }
}

/* A member that a plan does not need: only the deep check looks at it, and sees each lie. */
static void a_deep_check_sees_lies_about_any_member(void **state)
{
    static const struct zip_lie lies[] = {
        {.size = 1},       {.size = 100},       {.packed = 2},
        {.name = "othes"}, {.encrypted = true}, {.wrong_crc = true},
    };
    const struct cloudify_archive_options deep = {.deep = true};

    (void)state;
    for (size_t i = 0; i <= FERRY_COUNT(lies); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        const struct zip_lie *lie = i < FERRY_COUNT(lies) ? &lies[i] : NULL;
        zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
        zip_maker_text(zip, "pg_data", DUMP);
        zip_maker_add(zip, "other", "0123456789", 10, lie);
        assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_OK);
        enum ferry_code code = cloudify_archive_read(scope, archive_file(), &deep, &archive, &err);
        if (code != (lie == NULL ? FERRY_OK : FERRY_E_ARCHIVE)) {
            fail_msg("case %zu: %s: %s", i, ferry_code_name(code), err.message);
        }
        assert_true(lie == NULL || strstr(err.message, "\"other\"") != NULL);
    }
}

/* Two entries for the same bytes, which are too few to be a bomb. */
static void a_deep_check_sees_members_that_overlap(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};
    const struct cloudify_archive_options deep = {.deep = true};
    const struct zip_lie lie = {.offset =
                                    30 + 5 + 1}; /* behind "first": a header, a name, a byte */

    (void)state;
    zip_maker_text(zip, "first", "x");
    zip_maker_text(zip, "same", "0123456789");
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_add(zip, "same", "0123456789", 10, &lie);
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_OK);
    assert_int_equal(cloudify_archive_read(scope, archive_file(), &deep, &archive, &err),
                     FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "overlap"));
}

static void end_records_that_lie_are_noticed(void **state)
{
    static const struct zip_end ends[] = {{.entries = 1},
                                          {.entries = -1},
                                          {.size = 1},
                                          {.size = -1},
                                          {.size = 1 << 20},
                                          {.entries = 1, .zip64 = true},
                                          {.size = INT64_MAX, .zip64 = true},
                                          {.entries = INT64_MAX / 2, .zip64 = true}};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(ends); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct ferry_error err = {.code = FERRY_OK};
        size_t size = 0;
        const char *data = small(scope, &size, &ends[i]);
        if (read_bytes(data, size, &err) != FERRY_E_ARCHIVE) {
            fail_msg("case %zu was accepted", i);
        }
    }
}

static void names_that_leave_their_folder_are_refused(void **state)
{
    static const char *const names[] = {"../evil", "a/../../evil", "/etc/passwd", "..", "a/..", ""};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct cloudify_archive *archive = NULL;
        struct ferry_error err = {.code = FERRY_OK};
        zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
        zip_maker_text(zip, "pg_data", DUMP);
        zip_maker_text(zip, names[i], "x");
        assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_E_ARCHIVE);
        assert_non_null(strstr(err.message, "name of a member"));
    }
}

static void two_members_of_one_name_are_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_text(zip, "pg_data", DUMP);
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "two members"));
}

/* Many entries that point at the same bytes: the way to a bomb of any size. */
static void members_that_overlap_are_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};
    static char filling[20000];

    (void)state;
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_add(zip, "pg_data", DUMP, sizeof DUMP - 1, NULL);
    zip_maker_add(zip, "filling", filling, sizeof filling, NULL);
    for (int i = 0; i < 100; i++) {
        const struct zip_lie lie = {.packed = 15000, .size = 15000, .offset = 10};
        zip_maker_add(zip, "again", "x", 1, &lie);
    }
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "overlap"));
}

static void metadata_of_any_size_do_not_take_memory(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};
    size_t size = CLOUDIFY_ARCHIVE_METADATA_MAX + 1;
    char *data = mem_array(scope, char, size);

    (void)state;
    memset(data, ' ', size);
    zip_maker_add(zip, "metadata.json", data, size, NULL);
    assert_int_equal(archive_of(scope, zip, &archive, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "larger than any"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_cut_at_every_1000th_byte_are_refused),
        cmocka_unit_test(a_small_archive_cut_at_every_byte_is_refused),
        cmocka_unit_test(flipped_bytes_never_crash),
        cmocka_unit_test(prefixes_comments_and_zip64_are_fine),
        cmocka_unit_test(lies_in_the_directory_are_noticed),
        cmocka_unit_test(a_deep_check_sees_lies_about_any_member),
        cmocka_unit_test(a_deep_check_sees_members_that_overlap),
        cmocka_unit_test(end_records_that_lie_are_noticed),
        cmocka_unit_test(names_that_leave_their_folder_are_refused),
        cmocka_unit_test(two_members_of_one_name_are_refused),
        cmocka_unit_test(members_that_overlap_are_refused),
        cmocka_unit_test(metadata_of_any_size_do_not_take_memory),
    };

    return cmocka_run_group_tests(tests, archive_setup, archive_teardown);
}
