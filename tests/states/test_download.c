#include "lab.h"

#define GET (&state_download)
#define NAME "20261122T135900Z.zip"
#define LOOK(part) "{\"folder\":null,\"free\":9000000,\"size\":null,\"record\":null," part "}"
#define EMPTY LOOK("\"part\":null,\"part_problem\":null")
#define PART(size) LOOK("\"part\":{\"size\":" #size ",\"modified_ms\":1},\"part_problem\":null")

static struct lab *download_lab(void)
{
    struct lab *lab = lab_new(GET);

    lab_option(lab, "backup", "{\"directory\":\"/b\",\"name\":\"{time}\",\"legacy\":true}");
    lab_fact(lab, "backup", "{\"snapshot\":\"snap\",\"name\":\"" NAME "\"}");
    return lab;
}

static void look(struct lab *lab, const char *document)
{
    lab_asks(lab, &GET->probe, "GET /backups/" NAME);
    assert_int_equal(lab->request->site, HTTP_SITE_LOCAL);
    lab_gets(lab, 200, document);
}

static void head(struct lab *lab, int64_t length, const char *etag)
{
    struct http_reply file = {.content_length = length, .etag = etag, .file_bytes = -1};

    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &GET->probe, "HEAD /api/v3.1/snapshots/snap/archive");
    assert_int_equal(lab->request->site, HTTP_SITE_NEW);
    lab_gets_archive(lab, 200, &file);
}

static void empty_folder_leads_to_a_whole_download(void **state)
{
    struct lab *lab = download_lab();
    struct http_reply all = {.content_length = 1000, .etag = "\"v1\"", .file_bytes = 1000};

    (void)state;
    look(lab, EMPTY);
    head(lab, 1000, "\"v1\"");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &GET->act, "GET /api/v3.1/snapshots/snap/archive");
    assert_string_equal(lab->request->reply_file, "/b/" NAME ".part");
    assert_int_equal(lab->request->reply_offset, 0);
    assert_int_equal(lab->request->reply_size, 1000);
    lab_gets_archive(lab, 200, &all);
    lab_says(lab, STATE_DONE, "1000 B");
    lab_fact_is(lab, "backup.size", "1000");
    lab_free(lab);
}

static void part_is_gone_on_with_by_its_etag(void **state)
{
    struct lab *lab = download_lab();
    struct http_reply rest = {.content_length = 600,
                              .etag = "\"v1\"",
                              .range_from = 400,
                              .range_total = 1000,
                              .file_bytes = 1000};

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"size\":1000,\"etag\":\"\\\"v1\\\"\",\"offset\":0}");
    look(lab, PART(400));
    head(lab, 1000, "\"v1\"");
    lab_says(lab, STATE_NEXT, "cut off after 400 B of 1000 B: going on there");
    lab_asks(lab, &GET->act, "GET *");
    assert_int_equal(lab->request->reply_offset, 400);
    assert_string_equal(lab->request->reply_etag, "\"v1\"");
    lab_gets_archive(lab, 206, &rest);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void cut_that_brought_nothing_counts(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"size\":1000,\"etag\":\"\\\"v1\\\"\",\"offset\":400}");
    look(lab, PART(400));
    head(lab, 1000, "\"v1\"");
    lab_says(lab, STATE_ABSENT, NULL); /* the engine counts these, and pauses */
    lab_free(lab);
}

static void whole_part_needs_no_request(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"size\":1000,\"etag\":\"\\\"v1\\\"\",\"offset\":0}");
    look(lab, PART(1000));
    head(lab, 1000, "\"v1\"");
    lab_says(lab, STATE_DONE, "all 1000 B are here");
    lab_fact_is(lab, "backup.size", "1000");
    lab_free(lab);
}

static void changed_archive_is_begun_anew_and_said(void **state)
{
    struct lab *lab = download_lab();
    struct http_reply all = {.content_length = 1000, .etag = "\"v2\"", .file_bytes = 1000};

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"size\":1000,\"etag\":\"\\\"v1\\\"\",\"offset\":0}");
    look(lab, PART(400));
    head(lab, 1000, "\"v2\"");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &GET->act, "GET *");
    assert_int_equal(lab->request->reply_offset, 0);
    lab_gets_archive(lab, 200, &all);
    lab_says(lab, STATE_DONE, "begun anew: the archive on the manager has changed");
    lab_free(lab);
}

static void archive_that_changes_again_and_again_is_left(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    lab_data(lab, "{\"size\":1000,\"etag\":\"\\\"v1\\\"\",\"offset\":0,\"anew\":4,\"why\":\"the "
                  "archive on the manager has changed\"}");
    look(lab, PART(400));
    head(lab, 1000, "\"v5\"");
    lab_says(lab, STATE_FOREIGN, "begin anew 4 times");
    lab_free(lab);
}

static void part_of_nobody_knows_what_is_not_gone_on_with(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    look(lab, PART(400)); /* left by another run: which archive it was of is not known */
    head(lab, 1000, "\"v1\"");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &GET->act, "GET *");
    assert_int_equal(lab->request->reply_offset, 0);
    lab_data(lab, "{\"size\":1000,\"etag\":null,\"offset\":0}"); /* a manager without ETags */
    look(lab, PART(400));
    head(lab, 1000, NULL);
    lab_asks(lab, &GET->act, "GET *");
    assert_int_equal(lab->request->reply_offset, 0);
    lab_free(lab);
}

static void what_stands_in_the_way_is_named(void **state)
{
    static const struct {
        const char *document, *text;
        enum ferry_code code;
    } rows[] = {
        {"{\"folder\":\"cannot use folder \\\"/b\\\": No such file\",\"size\":null}",
         "cannot use folder", FERRY_E_IO},
        {"{\"folder\":null,\"size\":null,\"part_problem\":\"it is not a regular file\"}",
         "not a regular file", FERRY_E_IO},
        {"{\"folder\":null,\"size\":5,\"record\":null}", "exists, and is never written over",
         FERRY_E_REFUSED},
        {"{\"folder\":null,\"size\":5,\"record\":{\"run\":\"other\",\"snapshot\":\"snap\"}}",
         "exists, and is never written over", FERRY_E_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = download_lab();

        look(lab, rows[i].document);
        lab_says(lab, STATE_FOREIGN, rows[i].text);
        assert_int_equal(lab->verdict[0].code, rows[i].code);
        assert_non_null(lab->verdict[0].hint);
        lab_free(lab);
    }
}

static void backup_of_this_run_is_done(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    look(lab, "{\"folder\":null,\"size\":5,\"record\":{\"run\":\"run\",\"snapshot\":\"snap\"}}");
    lab_says(lab, STATE_DONE, "here already");
    lab_free(lab);
}

static void full_disk_stops_before_it_is_full(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    look(lab, EMPTY);
    head(lab, 8500000, "\"v1\"");
    lab_says(lab, STATE_FOREIGN,
             "has 8.5 MiB free, and 9.1 MiB are needed: 8.1 MiB are still to come");
    assert_int_equal(lab->verdict[0].code, FERRY_E_IO);
    lab_free(lab);
}

static void missing_archive_is_told_from_a_missing_snapshot(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    lab_data(lab, "{\"ask\":\"head\"}");
    lab_asks(lab, &GET->probe, "HEAD *");
    lab_gets_html(lab, 404);
    lab_says(lab, STATE_CANNOT_TELL, "but not its archive");
    lab_data(lab, "{\"ask\":\"head\"}");
    lab_turn(lab, &GET->probe, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_FAILED, "has gone");
    lab_free(lab);
}

static void odd_answers_to_the_request_are_asked_about(void **state)
{
    struct lab *lab = download_lab();
    struct http_reply cut = {
        .content_length = -1, .range_from = 0, .range_total = 1000, .file_bytes = 600};

    (void)state;
    lab_asks(lab, &GET->act, "GET *");
    lab_gets_archive(lab, 206, &cut);
    lab_says(lab, STATE_UNKNOWN, "600 of 1000 bytes came");
    lab_asks(lab, &GET->act, "GET *");
    lab_gets_html(lab, 416);
    lab_says(lab, STATE_UNKNOWN, "no such part");
    lab_asks(lab, &GET->act, "GET *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_UNKNOWN, "502");
    lab_turn(lab, &GET->act, 400,
             "{\"error_code\":\"snapshot_action_error\",\"message\":\"Failed snapshot cannot be "
             "downloaded\"}");
    lab_says(lab, STATE_FAILED, "cannot be downloaded");
    lab_free(lab);
}

static void plan_names_the_file_and_what_is_in_its_way(void **state)
{
    struct lab *lab = download_lab();

    (void)state;
    lab_asks(lab, &GET->plan, "GET /backups/20261122T135900Z.zip");
    lab_gets(lab, 200, EMPTY);
    lab_found(lab, "note", "\"/b/20261122T135900Z.zip\"; 8.5 MiB are free");
    lab_turn(lab, &GET->plan, 200, "{\"folder\":\"no such folder\",\"size\":null}");
    lab_found(lab, "blocker", "no such folder");
    lab_turn(lab, &GET->plan, 200, "{\"folder\":null,\"size\":1}");
    lab_found(lab, "blocker FERRY_E_REFUSED", "never written over");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_folder_leads_to_a_whole_download),
        cmocka_unit_test(part_is_gone_on_with_by_its_etag),
        cmocka_unit_test(cut_that_brought_nothing_counts),
        cmocka_unit_test(whole_part_needs_no_request),
        cmocka_unit_test(changed_archive_is_begun_anew_and_said),
        cmocka_unit_test(archive_that_changes_again_and_again_is_left),
        cmocka_unit_test(part_of_nobody_knows_what_is_not_gone_on_with),
        cmocka_unit_test(what_stands_in_the_way_is_named),
        cmocka_unit_test(backup_of_this_run_is_done),
        cmocka_unit_test(full_disk_stops_before_it_is_full),
        cmocka_unit_test(missing_archive_is_told_from_a_missing_snapshot),
        cmocka_unit_test(odd_answers_to_the_request_are_asked_about),
        cmocka_unit_test(plan_names_the_file_and_what_is_in_its_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
