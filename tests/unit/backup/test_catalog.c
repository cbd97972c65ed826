#include "ferry_test.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/catalog.h"
#include "base/file.h"
#include "base/mem.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct place {
    char *folder;
    struct json *counts;
};

static int set_up(void **state)
{
    struct place *place = mem_new(NULL, struct place);

    place->folder = mem_strdup(place, "catalog-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->counts = json_object(place);
    json_set_int(place->counts, "deployments", 3);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    DIR *folder = opendir(place->folder);
    const struct dirent *row;

    assert_non_null(folder);
    while ((row = readdir(folder)) != NULL) {
        (void)unlink(mem_printf(place, "%s/%s", place->folder, row->d_name));
    }
    assert_int_equal(closedir(folder), 0);
    assert_int_equal(rmdir(place->folder), 0);
    mem_free(place);
    return 0;
}

static char *path(const struct place *place, const char *name)
{
    return mem_printf(place, "%s/%s", place->folder, name);
}

static void put(const struct place *place, const char *name, const char *text)
{
    assert_int_equal(file_write_atomic(path(place, name), text, strlen(text), 0600, NULL), 0);
}

static struct backup_record record_of(const struct place *place)
{
    return (struct backup_record){
        .ferry = "0.1.0",
        .run = "backup-1",
        .manager = "https://prod",
        .manager_version = "7.1.0",
        .snapshot = "ferry-1",
        .taken_at_ms = INT64_C(1795359966291),
        .size = 7,
        .sha256 = SHA,
        .proven_at_ms = INT64_C(1795359976291),
        .format = "legacy",
        .counts = place->counts,
    };
}

static const struct catalog_entry *find(const struct catalog *catalog, const char *name)
{
    size_t at = 0;

    while (at < catalog->count && strcmp(catalog->entries[at].name, name) != 0) {
        at++;
    }
    if (at == catalog->count) {
        fail_msg("%s is not listed", name);
    }
    return &catalog->entries[at];
}

static const struct catalog_entry *entry_of(const struct place *place, const char *name)
{
    struct catalog *catalog;

    assert_int_equal(catalog_read(place, place->folder, &catalog, NULL), FERRY_OK);
    return find(catalog, name);
}

static void a_record_is_read_as_it_was_written(void **state)
{
    const struct place *place = *state;
    struct backup_record *read, written = record_of(place);
    struct stat info;

    put(place, "a.zip", "archive");
    written.upgrade = true;
    assert_int_equal(catalog_record_write(path(place, "a.zip"), &written, NULL), FERRY_OK);
    assert_int_equal(stat(path(place, "a.zip.json"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(catalog_record_read(place, path(place, "a.zip"), &read, NULL), FERRY_OK);
    assert_string_equal(read->ferry, "0.1.0");
    assert_string_equal(read->run, "backup-1");
    assert_string_equal(read->manager, "https://prod");
    assert_string_equal(read->manager_version, "7.1.0");
    assert_string_equal(read->snapshot, "ferry-1");
    assert_string_equal(read->sha256, SHA);
    assert_string_equal(read->format, "legacy");
    assert_true(read->upgrade);
    assert_true(read->taken_at_ms == written.taken_at_ms && read->size == 7);
    assert_true(read->proven_at_ms == written.proven_at_ms && read->damaged_at_ms == 0);
    assert_int_equal(json_int64_or(read->counts, "deployments", 0), 3);
    assert_true(entry_of(place, "a.zip")->proven);
    assert_null(entry_of(place, "a.zip")->problem);
}

static void what_is_unknown_is_null_and_not_proven(void **state)
{
    const struct place *place = *state;
    struct backup_record record = record_of(place);
    const struct catalog_entry *entry;

    record.format = NULL;
    record.counts = NULL;
    record.proven_at_ms = 0;
    put(place, "a.zip", "archive");
    assert_int_equal(catalog_record_write(path(place, "a.zip"), &record, NULL), FERRY_OK);
    entry = entry_of(place, "a.zip");
    assert_non_null(entry->record);
    assert_false(entry->proven);
    assert_null(entry->problem);
    assert_null(entry->record->format);
    assert_null(entry->record->counts);
}

static void marks_change_the_proof_alone(void **state)
{
    const struct place *place = *state;
    struct backup_record record = record_of(place);
    const struct catalog_entry *entry;
    char *text;

    put(place, "a.zip", "archive");
    assert_int_equal(catalog_record_write(path(place, "a.zip"), &record, NULL), FERRY_OK);
    assert_int_equal(catalog_mark(path(place, "a.zip"), false, 2000000000000, NULL), FERRY_OK);
    entry = entry_of(place, "a.zip");
    assert_false(entry->proven);
    assert_string_equal(entry->problem, "it was found damaged");
    assert_true(entry->record->damaged_at_ms == 2000000000000);
    assert_int_equal(catalog_mark(path(place, "a.zip"), true, 2000000001000, NULL), FERRY_OK);
    entry = entry_of(place, "a.zip");
    assert_true(entry->proven && entry->record->proven_at_ms == 2000000001000);
    assert_true(entry->record->damaged_at_ms == 0 && entry->record->size == 7);
    /* A member of a later ferry survives. */
    assert_int_equal(file_read(place, path(place, "a.zip.json"), 65536, &text, NULL, NULL), 0);
    put(place, "a.zip.json", mem_printf(place, "{\"later\": [1],%s", strchr(text, '{') + 1));
    assert_int_equal(catalog_mark(path(place, "a.zip"), true, 2000000002000, NULL), FERRY_OK);
    assert_int_equal(file_read(place, path(place, "a.zip.json"), 65536, &text, NULL, NULL), 0);
    assert_non_null(strstr(text, "\"later\""));
    assert_int_equal(catalog_mark(path(place, "none.zip"), true, 1, NULL), FERRY_E_NOT_FOUND);
}

static void damaged_records_make_an_archive_nobodys(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"made_by\":\"somebody\",\"record\":1}",
        "{\"made_by\":\"ferry\",\"record\":2}",
        "{\"made_by\":\"ferry\",\"record\":1}",
        "\x00\x01",
    };
    const struct place *place = *state;
    struct backup_record record = record_of(place);
    char *good;

    put(place, "a.zip", "archive");
    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        put(place, "a.zip.json", texts[i]);
        assert_null(entry_of(place, "a.zip")->record);
        assert_non_null(entry_of(place, "a.zip")->problem);
        assert_false(entry_of(place, "a.zip")->proven);
    }
    /* Cut anywhere, or one byte changed to none of its kind, it is never half believed. */
    assert_int_equal(catalog_record_write(path(place, "a.zip"), &record, NULL), FERRY_OK);
    assert_int_equal(file_read(place, path(place, "a.zip.json"), 65536, &good, NULL, NULL), 0);
    for (size_t length = 0; length + 2 < strlen(good); length += 7) {
        put(place, "a.zip.json", mem_strndup(place, good, length));
        assert_null(entry_of(place, "a.zip")->record);
    }
    *strstr(good, SHA) = 'g';
    put(place, "a.zip.json", good);
    assert_non_null(strstr(entry_of(place, "a.zip")->problem, "sha256"));
}

static void a_file_of_another_length_is_not_proven(void **state)
{
    const struct place *place = *state;
    struct backup_record record = record_of(place);
    const struct catalog_entry *entry;

    put(place, "a.zip", "arch");
    assert_int_equal(catalog_record_write(path(place, "a.zip"), &record, NULL), FERRY_OK);
    entry = entry_of(place, "a.zip");
    assert_non_null(entry->record);
    assert_false(entry->proven);
    assert_string_equal(entry->problem, "it has 4 bytes, its record says 7");
}

static void the_folder_is_listed_with_what_does_not_belong_to_it(void **state)
{
    const struct place *place = *state;
    struct backup_record record = record_of(place);
    struct catalog *catalog;

    put(place, "b.zip", "stranger");
    put(place, "c.zip.part", "half");
    put(place, "d.zip.json", "{}");
    put(place, "e.txt", "no archive");
    put(place, ".zip", "no name");
    assert_int_equal(symlink("b.zip", path(place, "f.zip")), 0);
    assert_int_equal(catalog_record_write(path(place, "f.zip"), &record, NULL), FERRY_OK);
    assert_int_equal(catalog_record_write(path(place, "c.zip"), &record, NULL), FERRY_OK);
    assert_int_equal(catalog_read(place, place->folder, &catalog, NULL), FERRY_OK);
    assert_int_equal(catalog->count, 4);
    assert_string_equal(find(catalog, "b.zip")->problem, "no record stands beside it");
    assert_int_equal(find(catalog, "c.zip.part")->kind, CATALOG_UNFINISHED);
    assert_int_equal(find(catalog, "d.zip.json")->kind, CATALOG_LONE_RECORD);
    assert_string_equal(find(catalog, "f.zip")->problem, "it is a symbolic link");
    assert_null(find(catalog, "f.zip")->record);
    assert_string_equal(catalog->entries[0].name, "b.zip");
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    const struct place *place = *state;
    struct ferry_error err = {0};
    struct catalog *catalog;

    assert_int_equal(catalog_read(place, path(place, "none"), &catalog, &err), FERRY_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "none"));
    put(place, "x.zip", "file");
    assert_int_equal(catalog_read(place, path(place, "x.zip"), &catalog, &err), FERRY_E_IO);
}

static void the_checksum_is_as_sha256sum_writes_it(void **state)
{
    const struct place *place = *state;
    char *text;

    assert_int_equal(catalog_checksum_write(path(place, "a b.zip"), SHA, NULL), FERRY_OK);
    assert_int_equal(file_read(place, path(place, "a b.zip.sha256"), 999, &text, NULL, NULL), 0);
    assert_string_equal(text, SHA "  a b.zip\n");
    assert_int_equal(catalog_checksum_write(path(place, "a\\\n.zip"), SHA, NULL), FERRY_OK);
    assert_int_equal(file_read(place, path(place, "a\\\n.zip.sha256"), 999, &text, NULL, NULL), 0);
    assert_string_equal(text, "\\" SHA "  a\\\\\\n.zip\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_read_as_it_was_written),
        TEST(what_is_unknown_is_null_and_not_proven),
        TEST(marks_change_the_proof_alone),
        TEST(damaged_records_make_an_archive_nobodys),
        TEST(a_file_of_another_length_is_not_proven),
        TEST(the_folder_is_listed_with_what_does_not_belong_to_it),
        TEST(a_folder_that_is_not_there_is_named),
        TEST(the_checksum_is_as_sha256sum_writes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
