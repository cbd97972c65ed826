#include "lab.h"

#define UP (&state_upload)
#define ROW                                                                                        \
    "{\"id\":\"prod\",\"status\":\"uploaded\",\"created_by\":\"eve\",\"created_at\":\"2026\"}"

static void free_name_leads_to_an_upload_of_the_file(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_asks(lab, &UP->probe, "GET /api/v3.1/snapshots/prod");
    lab_gets_recorded(lab, "04-snapshots-list-get", 1);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &UP->act, "PUT /api/v3.1/snapshots/prod/archive");
    assert_string_equal(lab->request->body_file, "/backup/prod.zip");
    assert_int_equal(lab->request->body_size, 184983);
    assert_true(lab->request->stall_ms > 330000);
    assert_true(lab->request->timeout_ms > 3600000);
    lab_gets_recorded(lab, "05-snapshot-upload", 0);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void name_taken_by_others_blocks_before_anything_is_sent(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_turn(lab, &UP->probe, 200, ROW);
    lab_says(lab, STATE_FOREIGN, "by eve");
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    assert_non_null(strstr(lab->verdict[0].hint, "--snapshot-id"));
    lab_free(lab);
}

static void lost_answer_is_settled_by_the_length_of_the_stored_archive(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab->context.repeat = true;
    lab_turn(lab, &UP->probe, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &UP->probe, 200, ROW);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &UP->probe, "HEAD /api/v3.1/snapshots/prod/archive");
    lab_gets_length(lab, 200, 184983);
    lab_says(lab, STATE_DONE, NULL);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void incomplete_archive_is_sent_again_where_that_replaces_it(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &UP->probe, "HEAD *");
    lab_gets_length(lab, 200, 1000);
    lab_says(lab, STATE_ABSENT, "1000 of 184983");
    lab_data(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &UP->probe, "HEAD *");
    lab_gets_length(lab, 404, -1); /* a row without a file: nginx's own 404 */
    lab_says(lab, STATE_ABSENT, "without its archive");
    lab_turn(lab, &UP->probe, 200, "{\"id\":\"prod\",\"status\":\"failed\"}");
    lab_says(lab, STATE_ABSENT, "not as uploaded");
    lab_free(lab);
}

static void incomplete_archive_is_deleted_first_where_a_repetition_is_refused(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_version(lab, "6.4.2");
    lab->context.repeat = true;
    lab_data(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &UP->probe, "HEAD *");
    lab_gets_length(lab, 200, 1000);
    lab_says(lab, STATE_ABSENT, "1000 of 184983 bytes: it will be deleted and sent again");
    lab_data_is(lab, "{\"clear\":true,\"clears\":1}");
    lab_asks(lab, &UP->act, "DELETE /api/v3.1/snapshots/prod");
    lab_free(lab);
}

static void weather_at_the_length_proves_nothing(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab->context.repeat = true;
    lab_data(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &UP->probe, "HEAD *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, "502");
    lab_asks(lab, &UP->probe, "GET /api/v3.1/snapshots/prod"); /* a new round */
    lab_gets(lab, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, "without a snapshot");
    lab_free(lab);
}

static void upload_by_url_lets_the_manager_fetch(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_option(lab, "snapshot.file", "null");
    lab_option(lab, "snapshot.url", "\"http://store/prod.zip\"");
    lab_asks(lab, &UP->act, "PUT /api/v3.1/snapshots/prod/archive?snapshot_archive_url=http%3A*");
    assert_null(lab->request->body_file);
    lab_gets_recorded(lab, "05-snapshot-upload", 18);
    lab_says(lab, STATE_FAILED, "Cannot fetch");
    assert_non_null(strstr(lab->verdict[0].hint, "snapshot.url"));
    lab->context.repeat = true;
    lab_turn(lab, &UP->probe, 200, ROW); /* its length is not known: the row decides */
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &UP->verify, 200, ROW);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void answers_to_the_upload_are_judged_by_their_effect(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_asks(lab, &UP->act, "PUT *");
    lab_gets_recorded(lab, "05-snapshot-upload", 4); /* replaced: 201 and nulls */
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &UP->act, 409, "{\"error_code\":\"conflict_error\",\"message\":\"exists\"}");
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &UP->act, "PUT *");
    lab_gets_html(lab, 504);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &UP->act, "PUT *");
    lab_gets_html(lab, 413);
    lab_says(lab, STATE_FAILED, NULL);
    assert_non_null(strstr(lab->verdict[0].hint, "proxy"));
    lab_asks(lab, &UP->act, "PUT *");
    lab_gets_recorded(lab, "05-snapshot-upload", 10); /* 500 in the manager's words */
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &UP->act, "PUT *");
    lab_gets_recorded(lab, "05-snapshot-upload", 25);
    lab_says(lab, STATE_FOREIGN, "not permitted");
    lab_free(lab);
}

static void verify_wants_the_row_and_every_byte(void **state)
{
    struct lab *lab = lab_new(UP);

    (void)state;
    lab_turn(lab, &UP->verify, 200, ROW);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &UP->verify, "HEAD *");
    lab_gets_length(lab, 200, 184983);
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &UP->verify, 200, ROW);
    lab_asks(lab, &UP->verify, "HEAD *");
    lab_gets_length(lab, 200, 184982);
    lab_says(lab, STATE_FAILED, "184982 bytes");
    assert_int_equal(lab->verdict[0].code, FERRY_E_ARCHIVE);
    lab_turn(lab, &UP->verify, 200, ROW);
    lab_asks(lab, &UP->verify, "HEAD *");
    lab_gets_length(lab, 404, -1);
    lab_says(lab, STATE_FAILED, "not its archive");
    lab_turn(lab, &UP->verify, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_FAILED, "gone");
    lab_turn(lab, &UP->verify, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void timing_waits_longer_than_the_proxy_does(void **state)
{
    struct lab *lab = lab_new(UP);
    struct state_timing timing = {0};

    (void)state;
    UP->timing(&lab->context, &timing);
    assert_true(timing.upload_stall_ms > 330000 && timing.request_ms > 330000);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_name_leads_to_an_upload_of_the_file),
        cmocka_unit_test(name_taken_by_others_blocks_before_anything_is_sent),
        cmocka_unit_test(lost_answer_is_settled_by_the_length_of_the_stored_archive),
        cmocka_unit_test(incomplete_archive_is_sent_again_where_that_replaces_it),
        cmocka_unit_test(incomplete_archive_is_deleted_first_where_a_repetition_is_refused),
        cmocka_unit_test(weather_at_the_length_proves_nothing),
        cmocka_unit_test(upload_by_url_lets_the_manager_fetch),
        cmocka_unit_test(answers_to_the_upload_are_judged_by_their_effect),
        cmocka_unit_test(verify_wants_the_row_and_every_byte),
        cmocka_unit_test(timing_waits_longer_than_the_proxy_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
