/* The folder of backups by way of its requests. */
#include "ferry_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/catalog.h"
#include "base/file.h"
#include "base/mem.h"
#include "unit/local/place.h"

static bool is_there(const struct place *place, const char *name)
{
    struct stat info;

    return lstat(place_path(place, name), &info) == 0;
}

static char *finish_body(struct place *place, const struct http_reply *checked)
{
    return mem_printf(place,
                      "{\"size\":%lld,\"modified_ms\":%lld,\"record\":{\"run\":\"r\","
                      "\"manager\":\"https://m\",\"manager_version\":\"6.4.2\","
                      "\"snapshot\":\"s\",\"taken_at\":\"2026-11-22T15:19:50.283Z\","
                      "\"sha256\":\"%s\",\"format\":\"legacy\",\"counts\":{\"tenants\":1}}}",
                      (long long)json_int64_or(checked->json, "size", 0),
                      (long long)json_int64_or(checked->json, "modified_ms", 0),
                      json_string_or(checked->json, "sha256", ""));
}

/* --- looking --- */

static void look_tells_what_is_there(void **state)
{
    struct place *place = *state;

    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200,
               "\"size\":null,\"record\":null,\"part\":null,\"part_problem\":null}");
    place_put(place, NAME ".part", "12345", 5);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200, "\"part\":{\"size\":5,");
    place_put(place, NAME, "1234567", 7);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200,
               "\"size\":7,\"record\":null");
    assert_int_equal(unlink(place_path(place, NAME ".part")), 0);
    assert_int_equal(symlink("/etc/passwd", place_path(place, NAME ".part")), 0);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200, "is not a regular file");
}

static void missing_folder_is_named(void **state)
{
    struct place *place = *state;

    assert_int_equal(rmdir(place->folder), 0);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200,
               "No such file or directory");
}

static void nothing_outside_of_the_folder_can_be_named(void **state)
{
    static const char *const paths[] = {"/backups/../x.zip",    "/backups/.x.zip", "/backups/x.txt",
                                        "/backups/%2e%2ex.zip", "/backups/",       "/other/x.zip",
                                        "/backups/x\\y.zip"};
    struct place *place = *state;

    for (size_t i = 0; i < FERRY_COUNT(paths); i++) {
        place_says(place_ask(place, HTTP_DELETE, paths[i], NULL), 400, "names no archive");
    }
    place_says(place_ask(place, HTTP_PUT, "/backups/x.zip", NULL), 405, "is not known here");
    place_says(place_ask(place, HTTP_GET, "/backups/x.zip/else", NULL), 405, "is not known here");
    place_says(place_ask(place, HTTP_POST, "/backups/x.zip", "{"), 400, "no JSON");
}

static void requests_to_managers_go_on(void **state)
{
    struct place *place = *state;
    struct http_request *request = http_request_new(place, HTTP_GET, "/backups/" NAME);
    struct transport *transport = place->transport;
    int before = place->inner.waited;

    transport->ops->submit(transport, request, 1);
    transport->ops->wait(transport, 0);
    assert_int_equal(place->inner.submitted, 1);
    assert_int_equal(place->inner.waited, before + 1);
}

static void abort_ends_what_was_not_begun(void **state)
{
    struct place *place = *state;
    struct http_request *request = http_request_new(place, HTTP_DELETE, "/backups/" NAME);
    struct transport *transport = place->transport;
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;

    request->site = HTTP_SITE_LOCAL;
    transport->ops->submit(transport, request, 9);
    transport->ops->abort_all(transport);
    assert_true(transport->ops->finished(transport, place, &ticket, &reply));
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_STOPPED);
}

/* --- the proof --- */

static void sound_archive_is_proven_and_read(void **state)
{
    struct place *place = *state;
    struct http_reply *reply;
    size_t size = 0;

    (void)place_put_archive(place, &size);
    reply = place_ask(place, HTTP_GET, mem_printf(place, "/backups/" NAME "/check?size=%zu", size),
                      NULL);
    place_says(reply, 200, "\"sha256\":\"");
    assert_int_equal(json_int64_or(reply->json, "size", 0), size);
    assert_string_equal(json_string_or(reply->json, "archive.format", ""), "legacy");
    assert_string_equal(json_string_or(reply->json, "archive.version", ""), "6.4.2");
    assert_int_equal(json_int64_or(reply->json, "archive.tenants", 0), 1);
    assert_true(place->told > 0);
    assert_true(is_there(place, NAME ".part"));
}

/* Where the data of the wagon begins. */
static const char *find(const char *bytes, size_t size)
{
    for (size_t at = 0; at + 4 < size; at++) {
        if (memcmp(bytes + at, "wwww", 4) == 0) {
            return bytes + at;
        }
    }
    return NULL;
}

/* In whatever member it is, also in one that tells ferry nothing. */
static void each_wrong_byte_of_a_member_is_found(void **state)
{
    struct place *place = *state;
    size_t size = 0;
    const char *bytes = place_put_archive(place, &size);
    const char *wagon = find(bytes, size);
    char *copy = mem_array(place, char, size);

    assert_non_null(wagon);
    for (size_t at = 0; at < 5000; at += 311) {
        memcpy(copy, bytes, size);
        copy[(size_t)(wagon - bytes) + at] ^= 1;
        place_put(place, NAME ".part", copy, size);
        place_says(place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL), 422, "x.wgn");
    }
}

static void truncated_archive_is_found(void **state)
{
    struct place *place = *state;
    size_t size = 0;
    const char *bytes = place_put_archive(place, &size);

    place_put(place, NAME ".part", bytes, size - 1);
    place_says(place_ask(place, HTTP_GET,
                         mem_printf(place, "/backups/" NAME "/check?size=%zu", size), NULL),
               422, "on the manager it has");
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL), 422, "\"message\"");
    place_put(place, NAME ".part", "", 0);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL), 422, "\"message\"");
    assert_int_equal(unlink(place_path(place, NAME ".part")), 0);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL), 404, "is not there");
}

static void second_stop_ends_the_reading(void **state)
{
    struct place *place = *state;
    struct http_reply *reply;
    size_t size = 0;

    (void)place_put_archive(place, &size);
    place->stop = 2;
    reply = place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_STOPPED);
}

/* A proven backup of a time, made by ferry. */
static void put_backup(const struct place *place, const char *name, int64_t taken_at_ms)
{
    struct backup_record record = {.ferry = "0.1.0",
                                   .run = "r",
                                   .manager = "https://m",
                                   .manager_version = "6.4.2",
                                   .snapshot = name,
                                   .taken_at_ms = taken_at_ms,
                                   .size = 4,
                                   .sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
                                             "95991b7852b855",
                                   .proven_at_ms = taken_at_ms};

    place_put(place, name, "data", 4);
    assert_int_equal(catalog_record_write(place_path(place, name), &record, NULL), FERRY_OK);
    assert_int_equal(catalog_checksum_write(place_path(place, name), record.sha256, NULL),
                     FERRY_OK);
}

/* --- the end --- */

static void proven_download_gets_its_name_and_its_record(void **state)
{
    struct place *place = *state;
    struct backup_record *record = NULL;
    struct http_reply *checked;
    struct stat info;
    size_t size = 0;
    char *text = NULL;

    (void)place_put_archive(place, &size);
    checked = place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
    place_says(place_ask(place, HTTP_POST, "/backups/" NAME, finish_body(place, checked)), 200,
               "{}");
    assert_false(is_there(place, NAME ".part"));
    assert_int_equal(stat(place_path(place, NAME), &info), 0);
    assert_int_equal(info.st_size, size);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(catalog_record_read(place, place_path(place, NAME), &record, NULL), FERRY_OK);
    assert_string_equal(record->snapshot, "s");
    assert_string_equal(record->sha256, json_string_or(checked->json, "sha256", ""));
    assert_int_equal(record->taken_at_ms, INT64_C(1795360790283));
    assert_true(record->proven_at_ms > 0);
    assert_int_equal(file_read(place, place_path(place, NAME ".sha256"), 4096, &text, &size, NULL),
                     FERRY_OK);
    assert_string_equal(text, mem_printf(place, "%s  " NAME "\n", record->sha256));
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200,
               "\"run\":\"r\",\"snapshot\":\"s\"");
}

/* A kill after the records were written and before the archive had its name. */
static void records_of_a_cut_end_are_written_again(void **state)
{
    struct place *place = *state;
    struct backup_record *record = NULL;
    struct http_reply *checked;
    size_t size = 0;

    put_backup(place, NAME, INT64_C(1795356000000));
    assert_int_equal(unlink(place_path(place, NAME)), 0);
    (void)place_put_archive(place, &size);
    place_says(place_ask(place, HTTP_GET, "/backups/" NAME, NULL), 200,
               "\"size\":null,\"record\":{");
    checked = place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
    place_says(place_ask(place, HTTP_POST, "/backups/" NAME, finish_body(place, checked)), 200,
               "{}");
    assert_int_equal(catalog_record_read(place, place_path(place, NAME), &record, NULL), FERRY_OK);
    assert_string_equal(record->snapshot, "s");
    assert_int_equal(record->size, size);
}

static void backup_that_is_there_is_never_written_over(void **state)
{
    struct place *place = *state;
    struct http_reply *checked;
    char *text = NULL;
    size_t size = 0;

    (void)place_put_archive(place, &size);
    checked = place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
    place_put(place, NAME, "older", 5);
    place_says(place_ask(place, HTTP_POST, "/backups/" NAME, finish_body(place, checked)), 409,
               "exists");
    assert_int_equal(file_read(place, place_path(place, NAME), 4096, &text, &size, NULL), FERRY_OK);
    assert_string_equal(text, "older");
    assert_true(is_there(place, NAME ".part"));
}

static void file_that_changed_since_its_proof_is_none(void **state)
{
    struct place *place = *state;
    struct http_reply *checked;
    size_t size = 0;

    (void)place_put_archive(place, &size);
    checked = place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
    place_put(place, NAME ".part", "something else", 14);
    place_says(place_ask(place, HTTP_POST, "/backups/" NAME, finish_body(place, checked)), 412,
               "has changed since");
    assert_false(is_there(place, NAME));
    assert_false(is_there(place, NAME ".json"));
}

static void only_what_no_rule_keeps_is_removed(void **state)
{
    const int64_t day = 86400000, today = INT64_C(1795356000000);
    struct place *place = *state;
    struct http_reply *reply;

    place_put(place, "other.zip", "of somebody else", 16);
    put_backup(place, "a.zip", today - 2 * day);
    put_backup(place, "b.zip", today - 1 * day);
    put_backup(place, "c.zip", today);
    json_set_int(place->keep, "daily", 2);
    reply = place_ask(place, HTTP_GET, "/backups", NULL);
    place_says(reply, 200, "\"name\":\"a.zip\"");
    assert_int_equal(json_int64_or(reply->json, "backups", 0), 3);
    assert_int_equal(json_size(json_member(reply->json, "remove")), 1);
    place_says(place_ask(place, HTTP_DELETE, "/backups/other.zip", NULL), 409,
               "ferry did not make it");
    place_says(place_ask(place, HTTP_DELETE, "/backups/b.zip", NULL), 409, "stays: daily");
    place_says(place_ask(place, HTTP_DELETE, "/backups/c.zip", NULL), 409, "stays: ");
    place_says(place_ask(place, HTTP_DELETE, "/backups/a.zip", NULL), 200, "{}");
    place_says(place_ask(place, HTTP_DELETE, "/backups/a.zip", NULL), 200,
               "{}"); /* again: so it is already */
    assert_false(is_there(place, "a.zip") || is_there(place, "a.zip.json") ||
                 is_there(place, "a.zip.sha256"));
    assert_true(is_there(place, "b.zip") && is_there(place, "c.zip.json") &&
                is_there(place, "other.zip"));
}

/* A kill between the archive and its record. */
static void rest_of_a_removal_is_removed(void **state)
{
    struct place *place = *state;

    put_backup(place, "a.zip", INT64_C(1795356000000));
    assert_int_equal(unlink(place_path(place, "a.zip")), 0);
    place_says(place_ask(place, HTTP_GET, "/backups/a.zip", NULL), 200,
               "\"size\":null,\"record\":{");
    place_says(place_ask(place, HTTP_DELETE, "/backups/a.zip", NULL), 200, "{}");
    assert_false(is_there(place, "a.zip.json") || is_there(place, "a.zip.sha256"));
}

static void unfinished_download_can_be_removed(void **state)
{
    struct place *place = *state;

    place_put(place, NAME ".part", "1", 1);
    place_says(place_ask(place, HTTP_DELETE, "/backups/" NAME "/part", NULL), 200, "{}");
    assert_false(is_there(place, NAME ".part"));
    place_says(place_ask(place, HTTP_DELETE, "/backups/" NAME "/part", NULL), 200, "{}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(look_tells_what_is_there),
        TEST(missing_folder_is_named),
        TEST(nothing_outside_of_the_folder_can_be_named),
        TEST(requests_to_managers_go_on),
        TEST(abort_ends_what_was_not_begun),
        TEST(sound_archive_is_proven_and_read),
        TEST(each_wrong_byte_of_a_member_is_found),
        TEST(truncated_archive_is_found),
        TEST(second_stop_ends_the_reading),
        TEST(proven_download_gets_its_name_and_its_record),
        TEST(records_of_a_cut_end_are_written_again),
        TEST(backup_that_is_there_is_never_written_over),
        TEST(file_that_changed_since_its_proof_is_none),
        TEST(only_what_no_rule_keeps_is_removed),
        TEST(rest_of_a_removal_is_removed),
        TEST(unfinished_download_can_be_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
