/* A backup that is cancelled: its snapshot and its unfinished download go, a proven one stays. */
#include "lab.h"

#include "base/mem.h"

#define S (&state_undo_snapshot)
#define D (&state_undo_download)
#define MISSING "{\"error_code\":\"not_found_error\",\"message\":\"not found\"}"
#define NOT_HERE                                                                                   \
    "{\"folder\":null,\"free\":9,\"size\":null,\"record\":null,\"part\":null,\"part_problem\":"    \
    "null}"
#define PART_HERE                                                                                  \
    "{\"folder\":null,\"free\":9,\"size\":null,\"record\":null,\"part\":{\"size\":5,"              \
    "\"modified_ms\":7},\"part_problem\":null}"
#define PROVEN_HERE "{\"size\":50,\"record\":{\"run\":\"run\",\"snapshot\":\"snap\"},\"part\":null}"
#define ROW(status) "{\"id\":\"snap\",\"status\":\"" status "\"}"
#define EXECUTION(status)                                                                          \
    "{\"id\":\"e\",\"workflow_id\":\"create_snapshot\",\"status\":\"" status "\"}"

/* Of a run whose snapshot is made. */
static struct lab *made(const struct ferry_state *state)
{
    struct lab *lab = lab_new(state);

    lab_option(lab, "backup", "{\"directory\":\"/b\",\"name\":\"prod\",\"delete_after\":false}");
    lab_fact(lab, "backup", "{\"snapshot\":\"snap\",\"name\":\"prod.zip\"}");
    return lab;
}

/* Of a run whose snapshot was being made; execution: JSON. */
static struct lab *making(const char *execution)
{
    struct lab *lab = lab_new(S);

    lab_option(lab, "backup", "{\"directory\":\"/b\",\"name\":\"prod\"}");
    lab_fact(lab, "undo",
             mem_printf(lab->mem,
                        "{\"begun\":{\"create_snapshot\":{\"unit\":\"abcdefab-1\",\"remote\":%s,"
                        "\"data\":{}}}}",
                        execution));
    return lab;
}

static void without_a_snapshot_there_is_nothing_to_do(void **state)
{
    struct lab *lab = lab_new(S);

    (void)state;
    lab_needs_nothing(lab, &S->probe);
    lab_says(lab, STATE_SKIP, "made no snapshot");
    lab_free(lab);
}

static void snapshot_that_is_not_proven_here_is_deleted(void **state)
{
    struct lab *lab = made(S);

    (void)state;
    lab_asks(lab, &S->probe, "GET /backups/prod.zip");
    assert_int_equal(lab->request->site, HTTP_SITE_LOCAL);
    lab_gets(lab, 200, NOT_HERE);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &S->probe, "GET /api/v3.1/snapshots/snap");
    lab_gets(lab, 200, ROW("created"));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &S->act, "DELETE /api/v3.1/snapshots/snap");
    lab_gets(lab, 400, "{\"error_code\":\"snapshot_action_error\",\"message\":\"not yet\"}");
    lab_says(lab, STATE_RETRY, "not yet");
    lab_gets(lab, 400, "{\"error_code\":\"bad_parameters_error\",\"message\":\"no\"}");
    lab_says(lab, STATE_FOREIGN, NULL);
    assert_non_null(strstr(lab->verdict->hint, "--leave"));
    lab_gets(lab, 404, MISSING);
    lab_says(lab, STATE_DONE, "snap is deleted");
    lab_gets(lab, 200, ROW("created"));
    lab_says(lab, STATE_DONE, "snap is deleted");
    lab_free(lab);
}

static void proven_backup_keeps_its_snapshot_unless_it_was_to_go(void **state)
{
    struct lab *lab = made(S);

    (void)state;
    lab_turn(lab, &S->probe, 200, PROVEN_HERE);
    lab_says(lab, STATE_SKIP, "snap stays on the manager");
    lab_option(lab, "backup.delete_after", "true");
    lab_turn(lab, &S->probe, 200, PROVEN_HERE);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_data(lab, "{\"ask\":null}");
    lab_turn(lab, &S->probe, 500, "{\"message\":\"cannot read\",\"error_code\":\"local_error\"}");
    lab_says(lab, STATE_FOREIGN, "cannot read");
    lab_free(lab);
}

static void snapshot_that_is_being_made_is_cancelled_first(void **state)
{
    struct lab *lab = making("\"e\"");

    (void)state;
    lab_asks(lab, &S->probe, "GET /api/v3.1/snapshots/prod-abcdefab");
    lab_gets(lab, 200, ROW("creating"));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &S->probe, "GET /api/v3.1/executions/e?*");
    lab_gets(lab, 200, EXECUTION("started"));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &S->act, "POST /api/v3.1/executions/e");
    assert_string_equal(lab->request->body, "{\"action\":\"cancel\"}");
    lab_gets(lab, 400, "{\"error_code\":\"illegal_action_error\",\"message\":\"ended\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_gets(lab, 404, MISSING);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_gets(lab, 403, "{\"error_code\":\"forbidden_error\",\"message\":\"no\"}");
    lab_says(lab, STATE_FOREIGN, NULL);
    lab_gets(lab, 200, EXECUTION("cancelling"));
    lab_says(lab, STATE_RUNNING, "execution e");
    lab_asks(lab, &S->await, "GET /api/v3.1/executions/e?*");
    lab_gets(lab, 200, EXECUTION("cancelling"));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_gets(lab, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_gets(lab, 200, EXECUTION("cancelled"));
    lab_says(lab, STATE_NEXT, "will be deleted");
    lab_asks(lab, &S->act, "DELETE /api/v3.1/snapshots/prod-abcdefab");
    lab_free(lab);
}

/* After a kill in the middle the execution's own state decides. */
static void execution_decides_what_is_done_first(void **state)
{
    static const struct {
        const char *document;
        enum state_answer answer;
        const char *next;
    } rows[] = {
        {EXECUTION("cancelling"), STATE_RUNNING, "POST *"},
        {EXECUTION("cancelled"), STATE_ABSENT, "DELETE *"},
        {EXECUTION("terminated"), STATE_ABSENT, "DELETE *"},
        {"{\"id\":\"e\",\"workflow_id\":\"restore_snapshot\",\"status\":\"started\"}", STATE_ABSENT,
         "DELETE *"},
    };
    struct lab *lab = making("\"e\"");

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        lab_data(lab, "{\"ask\":\"execution\"}");
        lab_turn(lab, &S->probe, 200, rows[i].document);
        lab_says(lab, rows[i].answer, NULL);
        lab_asks(lab, &S->act, rows[i].next);
    }
    lab_data(lab, "{\"ask\":\"execution\"}");
    lab_turn(lab, &S->probe, 404, MISSING);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &S->probe, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void request_without_an_answer_may_still_arrive(void **state)
{
    struct lab *lab = making("null");

    (void)state;
    lab_fact(lab, "undo.open",
             mem_printf(lab->mem, "{\"create_snapshot\":{\"since_ms\":0,\"until_ms\":%lld}}",
                        (long long)LAB_NOW_MS - 1000));
    lab_turn(lab, &S->probe, 404, MISSING);
    lab_says(lab, STATE_RETRY, "may still arrive");
    assert_true(lab->verdict->wait_ms > 0);
    lab_turn(lab, &S->probe, 200, ROW("creating")); /* it has, and nobody knows its execution */
    lab_says(lab, STATE_RETRY, "still making the snapshot");
    lab_fact(lab, "undo.open", "null");
    lab_turn(lab, &S->probe, 404, MISSING);
    lab_says(lab, STATE_SKIP, "gone");
    lab->context.repeat = true;
    lab_turn(lab, &S->probe, 404, MISSING);
    lab_says(lab, STATE_DONE, "gone");
    lab_free(lab);
}

static void failed_snapshot_that_was_to_be_cleared_is_deleted_by_its_name(void **state)
{
    struct lab *lab = making("\"e\"");

    (void)state;
    lab_fact(lab, "undo.begun",
             "{\"create_snapshot\":{\"unit\":\"ffffffff-2\",\"remote\":\"e\","
             "\"data\":{\"clear\":\"prod-abcdefab\"}}}");
    lab_asks(lab, &S->probe, "GET /api/v3.1/snapshots/prod-abcdefab");
    lab_gets(lab, 200, ROW("failed"));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

static void unfinished_download_is_removed(void **state)
{
    struct lab *lab = made(D);

    (void)state;
    lab_asks(lab, &D->probe, "GET /backups/prod.zip");
    lab_gets(lab, 200, PART_HERE);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &D->act, "DELETE /backups/prod.zip/part");
    assert_int_equal(lab->request->site, HTTP_SITE_LOCAL);
    lab_gets(lab, 500, "{\"message\":\"cannot remove\",\"error_code\":\"local_error\"}");
    lab_says(lab, STATE_FOREIGN, "cannot remove");
    lab_gets(lab, 200, "{}");
    lab_says(lab, STATE_DONE, "prod.zip.part is removed");
    lab_turn(lab, &D->probe, 200, NOT_HERE);
    lab_says(lab, STATE_SKIP, "no unfinished download");
    lab->context.repeat = true;
    lab_turn(lab, &D->probe, 200, NOT_HERE);
    lab_says(lab, STATE_DONE, "no unfinished download");
    lab_turn(lab, &D->probe, 500, "{\"message\":\"cannot look\",\"error_code\":\"local_error\"}");
    lab_says(lab, STATE_FOREIGN, "cannot look");
    lab_fact(lab, "backup", "null");
    lab_needs_nothing(lab, &D->probe);
    lab_says(lab, STATE_SKIP, "downloaded nothing");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_snapshot_there_is_nothing_to_do),
        cmocka_unit_test(snapshot_that_is_not_proven_here_is_deleted),
        cmocka_unit_test(proven_backup_keeps_its_snapshot_unless_it_was_to_go),
        cmocka_unit_test(snapshot_that_is_being_made_is_cancelled_first),
        cmocka_unit_test(execution_decides_what_is_done_first),
        cmocka_unit_test(request_without_an_answer_may_still_arrive),
        cmocka_unit_test(failed_snapshot_that_was_to_be_cleared_is_deleted_by_its_name),
        cmocka_unit_test(unfinished_download_is_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
