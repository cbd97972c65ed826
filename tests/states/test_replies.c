/* What answers mean. */
#include "ferry_test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "cloudify/reply.h"

static struct cloudify_answer read_as(const void *ctx, int status, const char *type,
                                      const char *body)
{
    struct http_reply *reply = http_reply_new(ctx);
    struct cloudify_answer answer;

    http_reply_fill(reply, status, type, body, strlen(body));
    cloudify_read(reply, &answer);
    return answer;
}

static const struct json *document(const void *ctx, const char *text)
{
    struct json *json = NULL;

    assert_int_equal(json_parse(ctx, text, strlen(text), &json, NULL), FERRY_OK);
    return json;
}

#define JSON "application/json"
#define HTML "text/html"

static void kinds_of_answers_are_told_apart(void **state)
{
    static const struct {
        int status;
        const char *type, *body;
        enum cloudify_kind kind;
    } cases[] = {
        {200, JSON, "{}", CLOUDIFY_FINE},
        {201, JSON, "{\"id\":null}", CLOUDIFY_FINE},
        {204, JSON, "", CLOUDIFY_FINE},
        {304, "", "", CLOUDIFY_ALREADY},
        {401, JSON, "{\"error_code\":\"unauthorized_error\"}", CLOUDIFY_DENIED},
        {401, HTML, "<html>", CLOUDIFY_DENIED},
        {403, JSON, "{\"error_code\":\"forbidden_error\"}", CLOUDIFY_FORBIDDEN},
        {403, HTML, "<html>", CLOUDIFY_STRANGE},
        {404, JSON, "{\"error_code\":\"not_found_error\"}", CLOUDIFY_MISSING},
        {404, JSON, "{\"error_code\":\"missing_premium_package_error\"}", CLOUDIFY_REFUSED},
        {404, HTML, "<html>", CLOUDIFY_STRANGE},
        {404, JSON, "", CLOUDIFY_MISSING}, /* HEAD */
        {409, JSON, "{\"error_code\":\"conflict_error\"}", CLOUDIFY_CONFLICT},
        {400, JSON, "{\"error_code\":\"bad_parameters_error\"}", CLOUDIFY_REFUSED},
        {415, JSON, "{\"error_code\":\"unsupported_content_type_error\"}", CLOUDIFY_REFUSED},
        {400, HTML, "<html>", CLOUDIFY_STRANGE},
        {200, HTML, "<html>", CLOUDIFY_STRANGE},
        {302, HTML, "<html>", CLOUDIFY_STRANGE},
        {308, "", "", CLOUDIFY_STRANGE},
        {429, JSON, "{}", CLOUDIFY_BUSY},
        {503, JSON, "{\"error_code\":\"insufficient_memory_error\"}", CLOUDIFY_BUSY},
        {503, JSON, "{\"error_code\":\"maintenance_mode_active\"}", CLOUDIFY_MAINTENANCE},
        {503, JSON, "{\"error_code\":\"entering_maintenance_mode\"}", CLOUDIFY_MAINTENANCE},
        {503, HTML, "<html>", CLOUDIFY_WEATHER},
        {500, JSON, "{\"error_code\":\"internal_server_error\"}", CLOUDIFY_WEATHER},
        {502, HTML, "<html>", CLOUDIFY_WEATHER},
        {504, HTML, "<html>", CLOUDIFY_WEATHER},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct cloudify_answer answer =
            read_as(scope, cases[i].status, cases[i].type, cases[i].body);

        if (answer.kind != cases[i].kind) {
            fail_msg("%d %s %s: kind %d, expected %d", cases[i].status, cases[i].type,
                     cases[i].body, (int)answer.kind, (int)cases[i].kind);
        }
        assert_true(answer.document == NULL || answer.kind == CLOUDIFY_FINE);
    }
}

static void no_answer_is_weather_and_says_why(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_reply *reply = http_reply_new(scope);
    struct cloudify_answer answer;

    (void)state;
    reply->error = "connection refused";
    cloudify_read(reply, &answer);
    assert_int_equal(answer.kind, CLOUDIFY_WEATHER);
    assert_string_equal(cloudify_describe(scope, &answer), "no answer: connection refused");
    reply->error = NULL;
    cloudify_read(reply, &answer);
    assert_string_equal(cloudify_describe(scope, &answer), "no answer: the connection was lost");
}

static void answers_are_described_in_one_short_line(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char body[1200] = "{\"error_code\":\"x_error\",\"message\":\"two\\nlines ";
    struct cloudify_answer answer = read_as(scope, 400, JSON,
                                            "{\"error_code\":\"x_error\","
                                            "\"message\":\"two\\nlines\"}");

    (void)state;
    assert_string_equal(cloudify_describe(scope, &answer), "HTTP 400 x_error: two lines");
    assert_true(cloudify_is_error(&answer, "x_error"));
    for (size_t i = 0; i < 300; i++) { /* é: never cut in its middle */
        memcpy(body + strlen(body), "\xc3\xa9", 3);
    }
    memcpy(body + strlen(body), "\"}", 3);
    answer = read_as(scope, 400, JSON, body);
    const char *line = cloudify_describe(scope, &answer);

    assert_true(strlen(line) < 340);
    assert_int_equal((unsigned char)line[strlen(line) - 1], 0xa9);
    answer = read_as(scope, 502, HTML, "<html>");
    assert_string_equal(cloudify_describe(scope, &answer), "HTTP 502, not in the manager's words");
    answer = read_as(scope, 404, JSON, "");
    assert_string_equal(cloudify_describe(scope, &answer), "HTTP 404 ");
}

static void traceback_is_reduced_to_its_last_line(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(cloudify_last_line(scope, NULL), "");
    assert_string_equal(cloudify_last_line(scope, ""), "");
    assert_string_equal(cloudify_last_line(scope, "only one"), "only one");
    assert_string_equal(cloudify_last_line(scope, "File x\n  restore()\n  ^^^^^^\n  E: bad\n\n"),
                        "E: bad");
}

static void remaining_executions_are_found_however_wrapped(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *row =
        "{\"workflow_id\":\"install\",\"deployment_id\":\"d\",\"status\":\"started\"}";

    (void)state;
    assert_null(cloudify_remaining(document(scope, "{\"remaining_executions\":null}")));
    assert_int_equal(
        json_size(cloudify_remaining(document(scope, "{\"remaining_executions\":[[]]}"))), 0);
    assert_int_equal(
        json_size(cloudify_remaining(
            document(scope, mem_printf(scope, "{\"remaining_executions\":[[%s,%s]]}", row, row)))),
        2);
    assert_int_equal(json_size(cloudify_remaining(document(
                         scope, mem_printf(scope, "{\"remaining_executions\":[%s]}", row)))),
                     1);
}

static void executions_are_named_and_the_rest_counted(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *row =
        "{\"workflow_id\":\"install\",\"deployment_id\":\"d\",\"status\":\"started\"}";

    (void)state;
    assert_string_equal(cloudify_execution_names(scope, NULL), "");
    assert_string_equal(
        cloudify_execution_names(
            scope, document(scope, mem_printf(scope,
                                              "[%s,{\"workflow_id\":\"x\",\"deployment_id\":"
                                              "null,\"status\":\"queued\"},%s,%s,%s]",
                                              row, row, row, row))),
        "install on d (started), x (queued), install on d (started) and 2 more");
}

static void restore_flag_is_read_from_code_and_old_texts_and_never_guessed_idle(void **state)
{
    static const struct {
        const char *text;
        enum cloudify_restore_flag flag;
    } cases[] = {
        {"{\"status\":\"running\"}", CLOUDIFY_RESTORE_RUNNING},
        {"{\"status\":\"not-running\"}", CLOUDIFY_RESTORE_IDLE},
        {"{\"status\":\"Snapshot restore in progress...\\nThis may take a while\"}",
         CLOUDIFY_RESTORE_RUNNING},
        {"{\"status\":\"No `restore_snapshot` workflow currently running.\"}",
         CLOUDIFY_RESTORE_IDLE},
        {"{\"status\":\"No snapshot is currently being restored\"}", CLOUDIFY_RESTORE_IDLE},
        {"{\"status\":\"\"}", CLOUDIFY_RESTORE_UNKNOWN},
        {"{\"status\":null}", CLOUDIFY_RESTORE_UNKNOWN},
        {"{\"status\":\"Not running\"}", CLOUDIFY_RESTORE_UNKNOWN},
        {"[]", CLOUDIFY_RESTORE_UNKNOWN},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        assert_int_equal(cloudify_restore_flag_of(document(scope, cases[i].text)), cases[i].flag);
    }
    assert_int_equal(cloudify_restore_flag_of(NULL), CLOUDIFY_RESTORE_UNKNOWN);
}

static void states_of_executions_updates_and_maintenance_are_known_words(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    static const char *const open[] = {CLOUDIFY_OPEN_STATUSES};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(open); i++) {
        enum cloudify_execution status = cloudify_execution_of(
            document(scope, mem_printf(scope, "{\"status\":\"%s\"}", open[i])));

        assert_int_not_equal(status, CLOUDIFY_EXECUTION_UNKNOWN);
        assert_false(cloudify_execution_ended(status));
    }
    assert_true(cloudify_execution_ended(CLOUDIFY_EXECUTION_CANCELLED));
    assert_int_equal(cloudify_execution_of(document(scope, "{\"status\":\"weird\"}")),
                     CLOUDIFY_EXECUTION_UNKNOWN);
    assert_false(cloudify_execution_ended(CLOUDIFY_EXECUTION_UNKNOWN));
    assert_int_equal(cloudify_update_of(document(scope, "{\"state\":\"finalizing\"}")),
                     CLOUDIFY_UPDATE_ACTIVE);
    assert_int_equal(cloudify_update_of(NULL), CLOUDIFY_UPDATE_UNKNOWN);
    assert_int_equal(cloudify_maintenance_of(document(scope, "{\"status\":\"activating\"}")),
                     CLOUDIFY_MAINTENANCE_COMING);
    assert_int_equal(cloudify_maintenance_of(document(scope, "{}")), CLOUDIFY_MAINTENANCE_UNKNOWN);
}

static void failed_restores_are_recognised_by_their_text(void **state)
{
    static const struct {
        const char *text;
        enum cloudify_restore_failure failure;
    } cases[] = {
        {"x\nE: Cannot restore a newer manager's snapshot on this manager [99.0.0 > 7.1.0]\n",
         CLOUDIFY_FAILURE_NEWER},
        {"Restoring snapshot from version 3.4.0 is not supported", CLOUDIFY_FAILURE_TOO_OLD},
        {"The current user is not authorized to restore v4 snapshots.", CLOUDIFY_FAILURE_USER},
        {"Snapshot restoration on a non-empty manager is not permitted.",
         CLOUDIFY_FAILURE_NOT_EMPTY},
        {"Networks `[u'x']` do not appear in the provider context", CLOUDIFY_FAILURE_NETWORKS},
        {"Snapshot networks: `x` are used by agents, but are missing from the manager",
         CLOUDIFY_FAILURE_NETWORKS},
        {"legacy snapshots cannot be restored on a distributed manager",
         CLOUDIFY_FAILURE_DISTRIBUTED},
        {"TypeError: argument of type 'NoneType' is not iterable", CLOUDIFY_FAILURE_BAD_ARCHIVE},
        {"IOError: No such file or directory", CLOUDIFY_FAILURE_NO_FILE},
        {"something else", CLOUDIFY_FAILURE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        const char *hint = NULL;

        assert_int_equal(cloudify_restore_failure_of(cases[i].text, &hint), cases[i].failure);
        assert_int_equal(hint != NULL, cases[i].failure != CLOUDIFY_FAILURE_OTHER);
        assert_int_equal(cloudify_restore_failure_of(cases[i].text, NULL), cases[i].failure);
    }
    assert_int_equal(cloudify_restore_failure_of(NULL, NULL), CLOUDIFY_FAILURE_OTHER);
}

static void rows_and_totals_are_found_in_lists_only(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = document(
        scope, "{\"items\":[{\"id\":\"a\"},{\"id\":\"b\",\"x\":\"\"}],\"metadata\":{\"pagination\":"
               "{\"total\":2}}}");

    (void)state;
    assert_int_equal(cloudify_total(list), 2);
    assert_int_equal(cloudify_total(document(scope, "{}")), -1);
    assert_null(cloudify_items(document(scope, "{\"items\":{}}")));
    assert_null(cloudify_row(cloudify_items(list), "c"));
    assert_string_equal(cloudify_text(cloudify_row(cloudify_items(list), "b"), "x", "none"),
                        "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_answers_are_told_apart),
        cmocka_unit_test(no_answer_is_weather_and_says_why),
        cmocka_unit_test(answers_are_described_in_one_short_line),
        cmocka_unit_test(traceback_is_reduced_to_its_last_line),
        cmocka_unit_test(remaining_executions_are_found_however_wrapped),
        cmocka_unit_test(executions_are_named_and_the_rest_counted),
        cmocka_unit_test(restore_flag_is_read_from_code_and_old_texts_and_never_guessed_idle),
        cmocka_unit_test(states_of_executions_updates_and_maintenance_are_known_words),
        cmocka_unit_test(failed_restores_are_recognised_by_their_text),
        cmocka_unit_test(rows_and_totals_are_found_in_lists_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
