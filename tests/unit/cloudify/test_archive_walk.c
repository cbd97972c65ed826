/* Members proven while their archive comes: the same verdict as without, for whatever comes. */
#include "ferry_test.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"
#include "base/mem.h"
#include "cloudify/archive_walk.h"
#include "unit/cloudify/archive_fixture.h"

#define ARCHIVE_LIMIT ((size_t)16 << 20)

struct bytes {
    char *data;
    size_t size;
};

static void pack(struct archive *out, const char *name, const char *data, size_t size, bool deflate)
{
    struct archive_entry *entry = archive_entry_new();

    assert_int_equal(deflate ? archive_write_zip_set_compression_deflate(out)
                             : archive_write_zip_set_compression_store(out),
                     ARCHIVE_OK);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)size);
    assert_int_equal(archive_write_header(out, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(out, data, size), size);
    archive_entry_free(entry);
}

/* With descriptors behind the data, as a writer makes that cannot go back. */
static struct bytes with_descriptors(void *ctx)
{
    struct bytes out = {mem_array(ctx, char, 65536), 0};
    struct archive *zip = archive_write_new();
    char many[600];

    for (size_t i = 0; i < sizeof many; i++) {
        many[i] = (char)(i * i >> 4);
    }
    assert_int_equal(archive_write_set_format_zip(zip), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(zip, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(zip, out.data, 65536, &out.size), ARCHIVE_OK);
    pack(zip, "metadata.json", LEGACY_METADATA, sizeof LEGACY_METADATA - 1, true);
    pack(zip, "pg_data", DUMP, sizeof DUMP - 1, true);
    pack(zip, "plugins/p/stored.wgn", many, sizeof many, false);
    pack(zip, "plugins/p/packed.wgn", many, sizeof many, true);
    pack(zip, "empty", "", 0, false);
    assert_int_equal(archive_write_close(zip), ARCHIVE_OK);
    assert_int_equal(archive_write_free(zip), ARCHIVE_OK);
    return out;
}

static struct bytes closed(void *ctx, struct zip_maker *zip)
{
    struct bytes out;
    const char *data = zip_maker_end(zip, NULL, &out.size);

    out.data = (char *)mem_memdup(ctx, data, out.size);
    return out;
}

static struct bytes plain(void *ctx)
{
    const struct zip_lie zip64 = {.zip64 = true};
    struct zip_maker *zip = zip_maker_new(ctx);

    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_text(zip, "folder/", "");
    zip_maker_add(zip, "folder/x", "some bytes", 10, &zip64);
    return closed(ctx, zip);
}

static struct bytes of_file(void *ctx, const char *path)
{
    struct bytes out = {NULL, 0};

    assert_int_equal(file_read(ctx, path, ARCHIVE_LIMIT, &out.data, &out.size, NULL), FERRY_OK);
    return out;
}

static struct cloudify_archive_walk *walk_on(void *ctx, const struct bytes *bytes, size_t piece)
{
    struct cloudify_archive_walk *walk = cloudify_archive_walk_new(ctx);

    for (size_t at = 0; at < bytes->size; at += piece) {
        cloudify_archive_walk_on(walk, bytes->data + at,
                                 bytes->size - at < piece ? bytes->size - at : piece);
    }
    return walk;
}

static enum ferry_code read_deep(void *ctx, struct cloudify_archive_walk *walk,
                                 struct ferry_error *err)
{
    const struct cloudify_archive_options options = {.deep = true, .walk = walk};
    struct cloudify_archive *archive = NULL;

    return cloudify_archive_read(ctx, archive_file(), &options, &archive, err);
}

/* --- all of them are proven, in pieces of whatever size --- */

struct look {
    struct cloudify_archive_walk *walk;
    unsigned members, proven;
};

static enum ferry_code look_at(void *arg, const struct archive_zip_member *member,
                               struct ferry_error *err)
{
    struct look *look = arg;
    bool proven = false;

    (void)err;
    for (int64_t end = member->offset; !proven && end < member->offset + member->packed + 4096;) {
        proven = archive_walk_proved(look->walk, member, ++end);
    }
    look->members++;
    look->proven += proven ? 1 : 0;
    return FERRY_OK;
}

static void proves_all(const struct bytes *bytes, size_t piece)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct look look = {.walk = walk_on(scope, bytes, piece)};
    struct ferry_error err = {.code = FERRY_OK};
    struct archive_zip *zip = NULL;

    archive_write(bytes->data, bytes->size);
    assert_int_equal(archive_zip_open(scope, archive_file(), &zip, &err), FERRY_OK);
    assert_int_equal(archive_zip_each(zip, look_at, &look, &err), FERRY_OK);
    assert_true(look.members > 3);
    assert_int_equal(look.proven, look.members);
    assert_int_equal(read_deep(scope, look.walk, &err), FERRY_OK);
}

static void every_member_is_proven_whatever_the_pieces(void **state)
{
    static const size_t pieces[] = {1, 7, 1000, 1 << 20};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct bytes archives[] = {plain(scope), with_descriptors(scope),
                                     of_file(scope, LEGACY_ZIP), of_file(scope, NEW_ZIP)};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(archives); i++) {
        for (size_t k = 0; k < FERRY_COUNT(pieces); k++) {
            proves_all(&archives[i], pieces[k]);
        }
    }
}

/* --- and never anything that is wrong --- */

static size_t compare_verdicts(const struct bytes *good)
{
    static const unsigned char masks[] = {0x01, 0xfe};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct bytes bad = {(char *)mem_memdup(scope, good->data, good->size), good->size};
    size_t refused = 0;

    for (size_t at = 0; at < bad.size; at++) {
        for (size_t i = 0; i < FERRY_COUNT(masks); i++) {
            void *inner FERRY_SCOPE = mem_scope(NULL);
            struct ferry_error plainly = {.code = FERRY_OK}, walked = {.code = FERRY_OK};

            bad.data[at] = (char)((unsigned char)good->data[at] ^ masks[i]);
            archive_write(bad.data, bad.size);
            (void)!read_deep(inner, NULL, &plainly);
            (void)!read_deep(inner, walk_on(inner, &bad, 4096), &walked);
            if (plainly.code != walked.code || strcmp(plainly.message, walked.message) != 0) {
                fail_msg("byte %zu: \"%s\", and with a walk \"%s\"", at, plainly.message,
                         walked.message);
            }
            refused += walked.code != FERRY_OK;
        }
        bad.data[at] = good->data[at];
    }
    return refused;
}

static void verdict_on_any_wrong_byte_is_the_same(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct bytes archives[] = {plain(scope), with_descriptors(scope)};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(archives); i++) {
        size_t refused = compare_verdicts(&archives[i]);

        print_message("%zu of %zu flips refused\n", refused, 2 * archives[i].size);
        assert_true(refused > archives[i].size);
    }
}

/* What the walk proved stands for the bytes at that place, not for a name or a number. */
static void directory_that_tells_another_size_is_not_believed(void **state)
{
    static const struct zip_lie lies[] = {{.size = 9}, {.packed = 9}, {.encrypted = true}};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(lies); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct zip_maker *zip = zip_maker_new(scope);
        struct ferry_error err = {.code = FERRY_OK};

        zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
        zip_maker_text(zip, "pg_data", DUMP);
        zip_maker_add(zip, "x", "some bytes", 10, &lies[i]);
        struct bytes bytes = closed(scope, zip);
        archive_write(bytes.data, bytes.size);
        assert_int_equal(read_deep(scope, walk_on(scope, &bytes, 100), &err), FERRY_E_ARCHIVE);
    }
}

/* A reader that knows folders finds nothing in it; the fuzzer found that. */
static void folder_with_data_is_refused_as_ever(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_text(zip, "folder/", "some bytes");
    struct bytes bytes = closed(scope, zip);
    archive_write(bytes.data, bytes.size);
    assert_int_equal(read_deep(scope, NULL, &err), FERRY_E_ARCHIVE);
    assert_int_equal(read_deep(scope, walk_on(scope, &bytes, 100), &err), FERRY_E_ARCHIVE);
}

/* 100 MB of one letter: unpacking them is not worth it, and the check says why. */
static void bomb_is_refused_as_ever(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct bytes bytes = {mem_array(scope, char, 1 << 20), 0};
    struct archive *zip = archive_write_new();
    struct ferry_error err = {.code = FERRY_OK};
    char *letters = mem_array(scope, char, 100000000);

    (void)state;
    assert_int_equal(archive_write_set_format_zip(zip), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(zip, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(zip, bytes.data, 1 << 20, &bytes.size), ARCHIVE_OK);
    pack(zip, "metadata.json", LEGACY_METADATA, sizeof LEGACY_METADATA - 1, true);
    pack(zip, "pg_data", DUMP, sizeof DUMP - 1, true);
    pack(zip, "bomb", letters, 100000000, true);
    assert_int_equal(archive_write_close(zip), ARCHIVE_OK);
    assert_int_equal(archive_write_free(zip), ARCHIVE_OK);
    archive_write(bytes.data, bytes.size);
    assert_int_equal(read_deep(scope, walk_on(scope, &bytes, 65536), &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "too many times"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_proven_whatever_the_pieces),
        cmocka_unit_test(verdict_on_any_wrong_byte_is_the_same),
        cmocka_unit_test(directory_that_tells_another_size_is_not_believed),
        cmocka_unit_test(folder_with_data_is_refused_as_ever),
        cmocka_unit_test(bomb_is_refused_as_ever),
    };

    return cmocka_run_group_tests(tests, archive_setup, archive_teardown);
}
