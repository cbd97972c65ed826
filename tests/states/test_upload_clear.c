/* Up to 6.4 a cut upload leaves a row without its whole archive (facts 6 no. 15): it is deleted,
   and the archive sent again. */
#include "lab.h"

#define UP (&state_upload)
#define ROW "{\"id\":\"prod\",\"status\":\"uploaded\",\"created_by\":\"admin\"}"
#define GONE "{\"error_code\":\"not_found_error\"}"

/* A manager of 6.4.2, our upload sent and its outcome open. */
static struct lab *cut(void)
{
    struct lab *lab = lab_new(UP);

    lab_version(lab, "6.4.2");
    lab->context.repeat = true;
    return lab;
}

static void finds_length(struct lab *lab, int status, int64_t length)
{
    lab_turn(lab, &UP->probe, 200, ROW);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &UP->probe, "HEAD /api/v3.1/snapshots/prod/archive");
    lab_gets_length(lab, status, length);
}

/* The first probe after the settle window, before the act: the row is known to be ours. */
static struct lab *about_to_delete(void)
{
    struct lab *lab = cut();

    finds_length(lab, 200, 1000);
    lab_says(lab, STATE_ABSENT, "it will be deleted and sent again");
    lab->context.repeat = false;
    finds_length(lab, 200, 1000);
    lab_says(lab, STATE_ABSENT, "it will be deleted and sent again");
    lab_data_is(lab, "{\"clear\":true,\"clears\":1}"); /* still the first */
    return lab;
}

static void row_without_its_whole_archive_is_deleted_and_the_archive_sent_again(void **state)
{
    struct lab *lab = about_to_delete();

    (void)state;
    lab_asks(lab, &UP->act, "DELETE /api/v3.1/snapshots/prod");
    assert_null(lab->request->body_file);
    lab_gets(lab, 200, ROW);
    lab_says(lab, STATE_RETRY, "sending anew");
    assert_int_equal(lab->verdict[0].wait_ms, 1000);
    assert_int_equal(lab->verdict[0].code, FERRY_OK);
    lab_turn(lab, &UP->probe, 404, GONE);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"clears\":1}");
    lab_asks(lab, &UP->act, "PUT /api/v3.1/snapshots/prod/archive");
    assert_string_equal(lab->request->body_file, "/backup/prod.zip");
    lab_free(lab);
}

static void each_kind_of_incomplete_row_is_cleared(void **state)
{
    struct lab *lab = cut();

    (void)state;
    finds_length(lab, 404, -1); /* nginx's own 404: a row without a file */
    lab_says(lab, STATE_ABSENT, "without its archive: it will be deleted");
    lab_free(lab);
    lab = cut();
    lab_turn(lab, &UP->probe, 200, "{\"id\":\"prod\",\"status\":\"failed\"}");
    lab_says(lab, STATE_ABSENT, "not as uploaded: it will be deleted");
    lab_data_is(lab, "{\"clear\":true,\"clears\":1}");
    lab_free(lab);
}

static void row_of_somebody_else_is_never_deleted(void **state)
{
    struct lab *lab = cut();

    (void)state;
    lab->context.repeat = false; /* nothing was sent yet: the row cannot be ours */
    lab_turn(lab, &UP->probe, 200, "{\"id\":\"prod\",\"status\":\"failed\"}");
    lab_says(lab, STATE_FOREIGN, "on the manager already (failed");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void deletion_with_a_lost_answer_is_looked_up(void **state)
{
    struct lab *lab = about_to_delete();

    (void)state;
    lab_asks(lab, &UP->act, "DELETE *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab->context.repeat = true;
    finds_length(lab, 200, 1000); /* it had no effect: once more, not counted as another */
    lab_says(lab, STATE_ABSENT, "deleted");
    lab_data_is(lab, "{\"clear\":true,\"clears\":1}");
    lab_asks(lab, &UP->act, "DELETE *");
    lab_turn(lab, &UP->probe, 404, GONE); /* it had: the act is the upload again */
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &UP->act, "PUT *");
    lab_free(lab);
}

static void row_that_somebody_else_has_deleted_is_as_good(void **state)
{
    struct lab *lab = about_to_delete();

    (void)state;
    lab_turn(lab, &UP->act, 404, GONE);
    lab_says(lab, STATE_RETRY, "sending anew");
    lab_free(lab);
}

static void archive_that_is_whole_after_all_is_kept(void **state)
{
    struct lab *lab = about_to_delete();

    (void)state;
    lab_asks(lab, &UP->act, "DELETE *");
    lab_gets_silence(lab);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab->context.repeat = true;
    finds_length(lab, 200, 184983); /* the deletion may still arrive: not believed yet */
    lab_says(lab, STATE_ABSENT, "whole after all");
    lab->context.repeat = false;
    finds_length(lab, 200, 184983); /* after the settle window */
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void deletion_that_is_refused_or_not_now_stops_or_waits(void **state)
{
    struct lab *lab = about_to_delete();

    (void)state;
    lab_turn(lab, &UP->act, 429, "{}");
    lab_says(lab, STATE_RETRY, "not now");
    lab_turn(lab, &UP->act, 400,
             "{\"error_code\":\"snapshot_in_use_error\",\"message\":\"in use\"}");
    lab_says(lab, STATE_FOREIGN, "in use");
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    assert_non_null(strstr(lab->verdict[0].hint, "cannot be deleted"));
    lab_turn(lab, &UP->act, 401, "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong\"}");
    lab_says(lab, STATE_FOREIGN, "password");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_data_is(lab, "{\"clear\":true,\"clears\":1}"); /* and a resume goes on with it */
    lab_free(lab);
}

static void three_cut_uploads_are_cleared_and_the_fourth_is_for_people(void **state)
{
    struct lab *lab = cut();

    (void)state;
    for (int i = 0; i < 3; i++) {
        finds_length(lab, 200, 1000);
        lab_says(lab, STATE_ABSENT, "deleted");
        lab_turn(lab, &UP->act, 204, "");
        lab_says(lab, STATE_RETRY, NULL);
        lab_turn(lab, &UP->probe, 404, GONE);
    }
    finds_length(lab, 200, 1000);
    lab_says(lab, STATE_FOREIGN, "1000 of 184983 bytes, for the 4th time");
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    assert_non_null(strstr(lab->verdict[0].hint, "cfy snapshots delete prod"));
    lab_data_is(lab, "{\"clears\":3}");
    lab_free(lab);
}

static void where_an_upload_replaces_nothing_is_deleted(void **state)
{
    struct lab *lab = cut();

    (void)state;
    lab_version(lab, "7.0.5");
    finds_length(lab, 200, 1000);
    lab_says(lab, STATE_ABSENT, "it will be sent again");
    lab_data_is(lab, "{}");
    lab_asks(lab, &UP->act, "PUT *");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_without_its_whole_archive_is_deleted_and_the_archive_sent_again),
        cmocka_unit_test(each_kind_of_incomplete_row_is_cleared),
        cmocka_unit_test(row_of_somebody_else_is_never_deleted),
        cmocka_unit_test(deletion_with_a_lost_answer_is_looked_up),
        cmocka_unit_test(row_that_somebody_else_has_deleted_is_as_good),
        cmocka_unit_test(archive_that_is_whole_after_all_is_kept),
        cmocka_unit_test(deletion_that_is_refused_or_not_now_stops_or_waits),
        cmocka_unit_test(three_cut_uploads_are_cleared_and_the_fourth_is_for_people),
        cmocka_unit_test(where_an_upload_replaces_nothing_is_deleted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
