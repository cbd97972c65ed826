#include "lab.h"

#include "base/file.h"
#include "base/mem.h"

#define P (&state_poll_status)
#define IDLE "{\"status\":\"not-running\"}"
#define RUNNING "{\"status\":\"running\"}"
#define WRONG "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"
#define TERMINATED "{\"id\":\"ours\",\"status\":\"terminated\",\"error\":\"\"}"
#define NOT_EMPTY 33 /* of contract/22: a restore on a manager that holds blueprints */

static struct lab *polling(void)
{
    struct lab *lab = lab_new(P);

    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"known\":[\"old-1\"]}");
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    return lab;
}

/* The flag was down twice: the next poll asks for the execution. */
static struct lab *down(void)
{
    struct lab *lab = polling();

    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    return lab;
}

static void two_downs_the_execution_and_its_data_end_it(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_asks_in_name_of(lab, HTTP_ANONYMOUS);
    lab_gets(lab, 200, RUNNING);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_gets(lab, 200, IDLE);
    lab_asks(lab, &P->await, "GET /api/v3.1/executions/ours?*");
    lab_asks_in_name_of(lab, HTTP_AS_AFTER); /* a legacy restore brings that password */
    assert_string_equal(lab_header(lab, "Tenant"), "default_tenant");
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets(lab, 200, TERMINATED);
    lab_says(lab, STATE_AGAIN, NULL);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_says(lab, STATE_DONE, "what the archive held is there");
    lab_fact_is(lab, "credential", "\"after\"");
    lab_fact_is(lab, "compare.deployments", "{\"archive\":71,\"expected\":71,\"manager\":71}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void one_down_between_running_ones_is_not_the_end(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, RUNNING);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_gets_silence(lab);
    lab_says(lab, STATE_CANNOT_TELL, "connection refused");
    lab_turn(lab, &P->await, 200, IDLE);
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_free(lab);
}

static void all_weather_is_waited_out(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab_data(lab, "{\"idle\":1}");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, "goes on");
    lab_data_is(lab, "{}");
    static const int weather[] = {401, 404, 500, 503, 504};

    for (size_t i = 0; i < 5; i++) {
        lab_turn(lab, &P->await, weather[i], "{}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
    }
    lab_turn(lab, &P->await, 200, "{\"status\":\"Sleeping\"}");
    lab_says(lab, STATE_CANNOT_TELL, "neither");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_html(lab, 503);
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void texts_of_the_manual_are_understood(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab_turn(lab, &P->await, 200,
             "{\"status\":\"Snapshot restore in progress...\\nThis may take a while\"}");
    assert_string_equal(lab->verdict[0].remote_state, "running");
    lab_turn(lab, &P->await, 200,
             "{\"status\":\"No `restore_snapshot` workflow currently running.\"}");
    assert_string_equal(lab->verdict[0].remote_state, "not-running");
    lab_free(lab);
}

static void failed_restore_is_explained(void **state)
{
    static const struct {
        size_t index;
        const char *hint;
    } recorded[] = {{19, "a newer one"},
                    {26, "in between"},
                    {NOT_EMPTY, "restore.force"},
                    {40, "first admin"},
                    {3, "metadata.json"}};
    (void)state;
    for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
        struct lab *lab = down();

        lab_asks(lab, &P->await, "GET *");
        lab_gets_recorded(lab, "22-restore-failures", recorded[i].index);
        if (recorded[i].index == NOT_EMPTY) { /* a second delivery? the snapshot's row tells: no */
            lab_asks(lab, &P->await, "GET /api/v3.1/snapshots/prod");
            lab_gets(lab, 200, "{\"id\":\"prod\",\"status\":\"uploaded\"}");
        }
        lab_says(lab, STATE_FAILED, "the restore ended failed: ");
        assert_non_null(strstr(lab->verdict[0].hint, recorded[i].hint));
        lab_data_is(lab, "{}");
        lab_free(lab);
    }
    struct lab *lab = down();

    lab_turn(lab, &P->await, 200, "{\"id\":\"ours\",\"status\":\"cancelled\"}");
    lab_says(lab, STATE_FAILED, "ended cancelled");
    assert_non_null(strstr(lab->verdict[0].hint, "fresh manager"));
    lab_free(lab);
}

static void terminated_with_nothing_restored_fails(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_asks(lab, &P->await, "GET *");
    lab_gets_recorded(lab, "22-restore-failures", 65);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_turn(lab, &P->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_asks(lab, &P->await, "GET /api/v3.1/tenants?*"); /* a list without a total: once more */
    LAB_COUNTS(lab, &P->await, 1, 0, 0, 0);
    lab_says(lab, STATE_FAILED, "restored nothing");
    assert_int_equal(lab->verdict[0].code, FERRY_E_ARCHIVE);
    assert_non_null(strstr(lab->verdict[0].hint, "metadata.json"));
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void archive_without_blueprints_is_counted_too(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_fact(lab, "archive.blueprints", "0");
    lab_fact(lab, "archive.deployments", "0");
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 0, 0, 4);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void passwords_are_tried_in_turn_and_three_times_each(void **state)
{
    struct lab *lab = down();
    int before = 0;
    int after = 0;

    (void)state;
    for (int i = 0; i < 6; i++) {
        lab_asks(lab, &P->await, "GET /api/v3.1/executions/ours*");
        before += lab->request->credential == HTTP_AS_BEFORE;
        after += lab->request->credential == HTTP_AS_AFTER;
        lab_gets(lab, 401, WRONG);
        lab_says(lab, i < 5 ? STATE_CANNOT_TELL : STATE_FAILED, NULL);
    }
    assert_int_equal(before, 3);
    assert_int_equal(after, 3);
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    assert_non_null(strstr(lab->verdict[0].reason, "both passwords"));
    lab_data_is(lab, "{}"); /* a retry with a corrected one begins anew */
    lab_free(lab);
}

static void two_passwords_of_one_user_are_refused_three_times_in_all(void **state)
{
    static const enum http_credential order[] = {HTTP_AS_AFTER, HTTP_AS_BEFORE, HTTP_AS_AFTER};
    struct lab *lab = down();

    (void)state;
    lab_option(lab, "manager.after_restore", "{\"username\":\"admin\"}");
    for (int i = 0; i < 3; i++) { /* at the fourth a manager may lock the user */
        lab_asks(lab, &P->await, "GET *");
        lab_asks_in_name_of(lab, order[i]);
        lab_gets(lab, 401, WRONG);
        lab_says(lab, i < 2 ? STATE_CANNOT_TELL : STATE_FAILED, NULL);
    }
    lab_free(lab);
}

static void single_password_is_refused_three_times_and_says_what_is_missing(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_option(lab, "manager.after_restore", "null");
    for (int i = 0; i < 3; i++) {
        lab_asks(lab, &P->await, "GET *");
        lab_asks_in_name_of(lab, HTTP_AS_BEFORE);
        lab_gets(lab, 401, WRONG);
    }
    lab_says(lab, STATE_FAILED, "the password");
    assert_non_null(strstr(lab->verdict[0].hint, "after_restore"));
    lab_free(lab);
}

static void new_format_keeps_the_password(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_fact(lab, "archive.format", "\"new\"");
    lab_asks(lab, &P->await, "GET *");
    lab_asks_in_name_of(lab, HTTP_AS_BEFORE);
    lab_gets(lab, 401, WRONG);
    lab_asks(lab, &P->await, "GET *");
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_gets(lab, 401, WRONG);
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4, 900, 950, 6); /* rows may be left out: facts 2.5 */
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "credential", "\"before\"");
    lab_free(lab);
}

static void restore_that_has_not_begun_is_waited_for_and_then_named(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_turn(lab, &P->await, 200, "{\"id\":\"ours\",\"status\":\"pending\"}");
    lab_says(lab, STATE_RUNNING, "has not begun");
    lab_turn(lab, &P->await, 200, IDLE);
    lab_asks(lab, &P->await, "GET /api/v3.1/executions/ours*");
    lab_gets(lab, 200, "{\"id\":\"ours\",\"status\":\"started\"}");
    lab_says(lab, STATE_RUNNING, "is running");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab->context.now_ms += 20 * 60 * 1000;
    lab_turn(lab, &P->await, 200, "{\"id\":\"ours\",\"status\":\"pending\"}");
    lab_says(lab, STATE_FAILED, "never began");
    assert_non_null(strstr(lab->verdict[0].hint, "--kill ours"));
    lab_free(lab);
}

static void flag_left_behind_is_noticed_after_a_while(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab->context.now_ms += 11 * 60 * 1000;
    lab_turn(lab, &P->await, 200, RUNNING);
    lab_asks(lab, &P->await, "GET /api/v3.1/executions/ours*");
    lab_gets(lab, 401, WRONG); /* in a restore no password works: not counted */
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    assert_null(json_get(lab->data[0], "denied_after"));
    for (int look = 0; look < 2; look++) {
        lab->context.now_ms += 11 * 60 * 1000;
        lab_turn(lab, &P->await, 200, RUNNING);
        lab_asks(lab, &P->await, "GET /api/v3.1/executions/ours*");
        lab_gets_recorded(lab, "22-restore-failures", 3);
        lab_says(lab, look == 0 ? STATE_RUNNING : STATE_FAILED, NULL);
    }
    assert_non_null(strstr(lab->verdict[0].reason, "still says running"));
    assert_non_null(strstr(lab->verdict[0].hint, "rm -f /tmp/cloudify/snapshot_restoring"));
    lab_free(lab);
}

static void execution_is_found_in_the_list_when_its_id_is_not_known(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_fact(lab, "restore", "{\"execution_id\":null,\"known\":[\"old-1\"]}");
    lab_asks(lab, &P->await, "GET /api/v3.1/executions?workflow_id=restore_snapshot*");
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"ours\",\"status\":\"terminated\"},{\"id\":\"old-1\",\"status\":"
             "\"failed\"}]}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
}

static void vanished_execution_leaves_the_word_to_the_data(void **state)
{
    struct lab *lab = down();

    (void)state;
    lab_turn(lab, &P->await, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    for (int i = 0; i < 6; i++) {
        lab_asks(lab, &P->await, "GET /api/v3.1/executions?workflow_id=restore_snapshot*");
        lab_gets(lab, 200, "{\"items\":[]}");
        lab_says(lab, STATE_CANNOT_TELL, "not to be seen");
    }
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "what the archive held is there");
    lab_data(lab, "{\"ask\":\"list\"}"); /* below a flag that is up: only a look */
    lab_turn(lab, &P->await, 200, "{\"items\":[]}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* certificates: true: the manager goes down, and comes back with certificates not trusted yet */
static void reboot_is_weather_whatever_was_asked(void **state)
{
    static const char *const asks[] = {
        "{\"ask\":null}", "{\"idle\":2,\"ask\":\"execution\"}", "{\"idle\":2,\"ask\":\"list\"}",
        "{\"idle\":2,\"ask\":\"blueprints\"}", "{\"idle\":2,\"ask\":\"login\"}"};
    struct lab *lab = polling();

    (void)state;
    assert_true(P->await.judges_silence);
    lab_option(lab, "restore.certificates", "true");
    for (size_t i = 0; i < 5; i++) {
        lab_data(lab, asks[i]);
        lab_asks(lab, &P->await, "GET *");
        lab_gets_silence(lab);
        lab_says(lab, STATE_CANNOT_TELL, "the restore goes on (no answer");
        lab_data_is(lab, "{\"away\":true}"); /* both downs are counted anew */
    }
    lab_free(lab);
}

static void old_managers_are_believed_by_flag_and_login(void **state)
{
    struct lab *lab = polling();

    (void)state;
    lab_version(lab, "5.0.5");
    lab->context.now_ms += 100 * 60 * 1000;
    lab_turn(lab, &P->await, 200, RUNNING);
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status"); /* no look: it would be 503 */
    lab_gets(lab, 200, IDLE);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_asks(lab, &P->await, "GET /api/v3.1/maintenance");
    lab_gets(lab, 200, "{\"status\":\"activated\"}");
    lab_says(lab, STATE_DONE, "the flag is down and the password works");
    lab_free(lab);
}

/* --- a recorded restore, played at a poll every two seconds --- */

struct recording {
    const struct json *timeline;
    const struct json *exchanges;
};

static struct recording load(struct lab *lab, const char *scenario)
{
    char *path = mem_printf(lab, "%s/tests/data/contract/%s.json", FERRY_SOURCE_DIR, scenario);
    struct json *json = NULL;
    size_t size = 0;
    char *text = NULL;

    assert_int_equal(file_read(lab, path, (size_t)4 << 20, &text, &size, NULL), FERRY_OK);
    assert_int_equal(json_parse(lab, text, size, &json, NULL), FERRY_OK);
    return (struct recording){json_get(json, "timeline"), json_get(json, "exchanges")};
}

static const struct json *span_at(const struct json *spans, double seconds)
{
    for (const struct json *span = json_first(spans); span != NULL; span = json_next(span)) {
        if (seconds <= json_double_or(span, "until", 0)) {
            return span;
        }
    }
    return json_at(spans, json_size(spans) - 1);
}

/* What the archive of lab_new held. */
static const char *held(struct lab *lab, const char *path)
{
    static const struct {
        const char *list;
        int total;
    } rows[] = {{"/tenants?", 4}, {"/blueprints?", 10}, {"/deployments?", 71},
                {"/plugins?", 4}, {"/nodes?", 900},     {"/node-instances?", 950},
                {"/agents?", 6}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strstr(path, rows[i].list) != NULL) {
            return mem_printf(lab, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":%d}}}",
                              rows[i].total);
        }
    }
    return NULL;
}

/* What the manager said to this question at that time. */
static void play(struct lab *lab, const struct recording *recording, double seconds)
{
    const char *path = lab->request->path;
    bool after = lab->request->credential == HTTP_AS_AFTER;
    const char *probe = "snapshot-status anonymous";

    if (strstr(path, "/snapshot-status") == NULL) {
        probe = after ? "version SOURCE pw" : "execution TARGET pw";
    }
    const struct json *span = span_at(json_member(recording->timeline, probe), seconds);
    int status = (int)json_int64_or(span, "status", 0);
    const struct json *value = json_get(span, "value");

    if (status == 502) {
        lab_gets_html(lab, 502);
    } else if (status == 401) {
        lab_gets(lab, 401, WRONG);
    } else if (held(lab, path) != NULL) {
        lab_gets(lab, 200, held(lab, path));
    } else if (strstr(path, "/executions") != NULL && after) {
        lab_gets_recorded(lab, "20-restore-legacy-good", 9);
    } else {
        lab_gets(lab, status, json_print(lab, value));
    }
}

static int64_t follow(struct lab *lab, const char *scenario, int64_t first_ms, int64_t step_ms)
{
    struct recording recording = load(lab, scenario);
    int64_t at_ms = first_ms;

    for (;; at_ms += step_ms) {
        lab->context.now_ms = LAB_NOW_MS + at_ms;
        do {
            lab_asks(lab, &P->await, "GET *");
            play(lab, &recording, (double)at_ms / 1000.0);
        } while (lab->verdict[0].answer == STATE_AGAIN);
        if (lab->verdict[0].answer == STATE_DONE || lab->verdict[0].answer == STATE_FAILED) {
            return at_ms;
        }
        assert_true(at_ms < 120000);
    }
}

static void recorded_legacy_restores_end_when_the_flag_is_down_for_good(void **state)
{
    static const char *const recordings[] = {"20-restore-legacy-good",
                                             "21-restore-legacy-in-maintenance"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int64_t step_ms = 300; step_ms <= 5000; step_ms += 470) {
            struct lab *lab = polling();
            int64_t end_ms = 0;

            lab_fact(lab, "restore.execution_id", "\"c5ab7b10-28ca-46d5-8ab4-cc30311842af\"");
            end_ms = follow(lab, recordings[i], 1000, step_ms);
            lab_says(lab, STATE_DONE, NULL);
            assert_true(end_ms > 29000); /* not in one of the lulls before */
            assert_true(end_ms <= 31000 + 5 * step_ms);
            lab_fact_is(lab, "credential", "\"after\"");
            lab_free(lab);
        }
    }
}

static void recorded_restore_of_the_new_format_keeps_the_password_it_had(void **state)
{
    (void)state;
    for (int64_t first_ms = 0; first_ms < 30000; first_ms += 1700) {
        struct lab *lab = polling();

        lab_fact(lab, "archive.format", "\"new\"");
        lab_fact(lab, "restore.execution_id", "\"b6ebbddc-25be-4d74-bfda-18a74afd3627\"");
        int64_t end_ms = follow(lab, "25-restore-newformat-good", first_ms, 2000);

        lab_says(lab, STATE_DONE, NULL);
        assert_true(end_ms > 14300);
        lab_fact_is(lab, "credential", "\"before\"");
        lab_free(lab);
    }
}

static void pace_is_the_managers_own_unless_said_otherwise(void **state)
{
    struct lab *lab = polling();
    struct state_timing timing = {0};

    (void)state;
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.quiet_ms, 30000);
    assert_int_equal(timing.interval_ms, 5000);
    assert_int_equal(timing.deadline_ms, 14400000);
    lab_version(lab, "5.2.7");
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.quiet_ms, 60000);
    lab_option(lab, "restore.quiet_ms", "0");
    lab_option(lab, "restore.poll_ms", "100");
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.quiet_ms, 0);
    assert_int_equal(timing.interval_ms, 100);
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "estimate", "71 deployments");
    lab_fact(lab, "archive", "null");
    lab_needs_nothing(lab, &P->plan);
    lab_found(lab, "estimate", "nobody has looked");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_downs_the_execution_and_its_data_end_it),
        cmocka_unit_test(one_down_between_running_ones_is_not_the_end),
        cmocka_unit_test(all_weather_is_waited_out),
        cmocka_unit_test(texts_of_the_manual_are_understood),
        cmocka_unit_test(failed_restore_is_explained),
        cmocka_unit_test(terminated_with_nothing_restored_fails),
        cmocka_unit_test(archive_without_blueprints_is_counted_too),
        cmocka_unit_test(passwords_are_tried_in_turn_and_three_times_each),
        cmocka_unit_test(two_passwords_of_one_user_are_refused_three_times_in_all),
        cmocka_unit_test(single_password_is_refused_three_times_and_says_what_is_missing),
        cmocka_unit_test(new_format_keeps_the_password),
        cmocka_unit_test(restore_that_has_not_begun_is_waited_for_and_then_named),
        cmocka_unit_test(flag_left_behind_is_noticed_after_a_while),
        cmocka_unit_test(execution_is_found_in_the_list_when_its_id_is_not_known),
        cmocka_unit_test(vanished_execution_leaves_the_word_to_the_data),
        cmocka_unit_test(reboot_is_weather_whatever_was_asked),
        cmocka_unit_test(old_managers_are_believed_by_flag_and_login),
        cmocka_unit_test(recorded_legacy_restores_end_when_the_flag_is_down_for_good),
        cmocka_unit_test(recorded_restore_of_the_new_format_keeps_the_password_it_had),
        cmocka_unit_test(pace_is_the_managers_own_unless_said_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
