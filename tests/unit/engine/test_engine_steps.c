/* From step to step: expand and verify, stops, and what the whole run comes to. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state first = {.name = "first",
                                         .summary = "changes something",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act),
                                         .await = LAB_PHASE(await),
                                         .verify = LAB_PHASE(verify)};
static const struct ferry_state second = {.name = "second",
                                          .summary = "changes several things",
                                          .def = 1,
                                          .flags = STATE_FANOUT,
                                          .timing = lab_timing,
                                          .expand = LAB_PHASE(expand),
                                          .probe = LAB_PHASE(probe),
                                          .act = LAB_PHASE(act)};
static const struct ferry_state third = {
    .name = "third", .summary = "has nothing to wait for", .def = 1, .act = LAB_PHASE(act)};
static const struct ferry_state *const two[] = {&first, &second, NULL};
static const struct ferry_state *const three[] = {&first, &second, &third, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

static void answer_good(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") && strcmp(call->key, "first") == 0 ? STATE_RUNNING : STATE_DONE;
    out->add = in(call, "expand") ? "a b" : NULL;
    out->reason = in(call, "verify") ? "it is there" : NULL;
}

static void the_steps_come_in_order_and_each_is_verified(void **state)
{
    static const char *const order[] = {"act", "await", "verify", "expand", "act", "act", "act"};
    struct lab *lab = lab_new(three, answer_good);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(lab->calls[i].phase, order[i]);
    }
    assert_string_equal(lab_step(lab, "first").error, "it is there");
    assert_int_equal(lab_told_count(lab, "step_started"), 3);
    assert_int_equal(lab_told_count(lab, "step_done"), 3);
    assert_int_equal(lab_told_count(lab, "run_done"), 1);
    assert_int_equal(lab_live(lab), FERRY_E_USAGE); /* it has ended */
    lab_free(lab);
}

/* --- verify --- */

static void answer_not_verified(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "verify") && call->nth == 1) {
        out->say = STATE_FAILED;
        out->code = FERRY_E_PROTOCOL;
        out->reason = "it is not there after all";
        out->hint = "look";
    }
}

static void a_post_condition_that_is_not_met_fails_the_run(void **state)
{
    struct engine_options options;
    struct lab *lab = lab_new(two, answer_not_verified);
    int64_t count;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PROTOCOL);
    assert_int_equal(lab_step(lab, "first").state, STEP_FAILED);
    assert_string_equal(lab_step(lab, "first").error, "it is not there after all");
    assert_int_equal(lab_count(lab, "expand", NULL), 0);
    /* a retry verifies again, and does not act again */
    lab_open(lab);
    options = lab_options(lab);
    lab->run = lab_read_run(lab);
    assert_int_equal(engine_retry_failed(&options, &lab->run, &count, &lab->err), FERRY_OK);
    assert_int_equal(count, 1);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "first"), 1);
    assert_int_equal(lab_count(lab, "verify", NULL), 2);
    lab_free(lab);
}

static void answer_verify_in_pages(struct lab *lab, const struct lab_call *call,
                                   struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "verify") && call->nth < 4) {
        out->say = STATE_AGAIN;
        out->data = call->nth == 1 ? "{\"page\":1}" : "{\"page\":2}";
    }
    if (in(call, "verify") && call->nth == 3) {
        lab->stop = 1;
    }
}

static void verifying_goes_on_at_its_cursor(void **state)
{
    struct lab *lab = lab_new(two, answer_verify_in_pages);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_step(lab, "first").state, STEP_VERIFYING);
    assert_string_equal(lab_step(lab, "first").cursor, "{\"page\":2}");
    lab->stop = 0;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_string_equal(lab_step(lab, "first").cursor, "{\"page\":2}");
    assert_int_equal(lab_count(lab, "act", "first"), 1);
    lab_free(lab);
}

/* --- a step phase that does not get on --- */

static void answer_step_stands(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const enum state_answer *say = lab->arg;

    answer_good(lab, call, out);
    if (in(call, "expand")) {
        out->say = *say;
        out->reason = "not today";
        out->hint = "tomorrow";
        out->add = NULL;
    }
}

static void what_a_step_cannot_find_out_pauses_the_run(void **state)
{
    static enum state_answer answers[] = {STATE_RETRY, STATE_CANNOT_TELL, STATE_NONE, STATE_ABSENT,
                                          STATE_UNKNOWN};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(answers); i++) {
        struct lab *lab = lab_new(two, answer_step_stands);

        lab->arg = &answers[i];
        assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
        assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
        assert_string_equal(lab_read_run(lab).error, "not today");
        assert_in_range(lab_count(lab, "expand", NULL), 20, 60);
        assert_int_equal(lab_step(lab, "second").state, STEP_EXPANDING);
        lab->answer = answer_good;
        assert_int_equal(lab_live(lab), FERRY_OK);
        lab_free(lab);
    }
}

static void something_foreign_in_a_step_phase_blocks(void **state)
{
    static enum state_answer foreign = STATE_FOREIGN;
    struct lab *lab = lab_new(two, answer_step_stands);

    (void)state;
    lab->arg = &foreign;
    assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
    assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
    assert_string_equal(lab_read_run(lab).hint, "tomorrow");
    lab->answer = answer_good;
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static void answer_silent_expand(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    answer_good(lab, call, out);
    out->fate = in(call, "expand") ? (call->nth % 2 ? LAB_LOST : LAB_NOT_SENT) : LAB_GOOD;
}

static void a_silent_manager_pauses_a_step_phase(void **state)
{
    struct lab *lab = lab_new(two, answer_silent_expand);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_true(strstr(lab_read_run(lab).error, "connection") != NULL);
    lab_free(lab);
}

static void answer_expand_fails_half_way(struct lab *lab, const struct lab_call *call,
                                         struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "expand") && call->nth == 1) {
        out->say = STATE_AGAIN;
        out->add = "a";
    } else if (in(call, "expand") && call->nth == 2) {
        out->say = STATE_FAILED;
        out->add = NULL;
        out->reason = "403";
    }
}

static void a_retry_names_the_units_that_a_failed_expand_did_not(void **state)
{
    struct engine_options options;
    struct lab *lab = lab_new(two, answer_expand_fails_half_way);
    int64_t count;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    assert_int_equal(lab_step(lab, "second").n_total, 1);
    lab_open(lab);
    options = lab_options(lab);
    lab->run = lab_read_run(lab);
    assert_int_equal(engine_retry_failed(&options, &lab->run, &count, &lab->err), FERRY_OK);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "a"), 1);
    assert_int_equal(lab_count(lab, "act", "b"), 1);
    lab_free(lab);
}

/* --- stops --- */

static void stop_before_a_step_leaves_it_untouched(void **state)
{
    struct lab *lab = lab_new(two, answer_good);

    (void)state;
    lab_open(lab);
    assert_int_equal(lab_run_before(lab, "second"), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "stopped before second"));
    assert_int_equal(lab_step(lab, "second").state, STEP_WAITING);
    assert_string_equal(lab_read_run(lab).stop_before, "second");
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_null(lab_read_run(lab).stop_before);
    lab_free(lab);
}

static void answer_and_stop(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const int *stop = lab->arg;

    answer_good(lab, call, out);
    if (in(call, "act") && strcmp(call->key, "first") == 0) {
        out->delay_ms = 30000;
        out->fate = *stop == 2 ? LAB_NEVER : LAB_GOOD;
        lab->stop = *stop;
    }
    if (in(call, "probe")) {
        out->say = STATE_RUNNING;
    }
}

static void the_first_stop_lets_requests_end_and_the_second_cuts_them(void **state)
{
    (void)state;
    for (int stop = 1; stop <= 2; stop++) {
        struct lab *lab = lab_new(two, answer_and_stop);
        int64_t began_ms = lab->now_ms;

        lab->arg = &stop;
        assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
        assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
        assert_int_equal(lab->call_count, 1);
        assert_int_equal(lab_unit(lab, "first", "first").state,
                         stop == 1 ? UNIT_STARTED : UNIT_INTENT);
        assert_true(stop == 1 ? lab->now_ms - began_ms >= 30000 : lab->now_ms - began_ms < 3000);
        lab->stop = 0;
        assert_int_equal(lab_live(lab), FERRY_OK);
        assert_int_equal(lab_count(lab, "act", "first"), 1);
        assert_int_equal(lab_count(lab, "probe", NULL), stop == 1 ? 0 : 1);
        lab_free(lab);
    }
}

static void answer_fails_at_the_stop(struct lab *lab, const struct lab_call *call,
                                     struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "await")) {
        lab->stop = 1;
        out->say = STATE_FAILED;
        out->code = FERRY_E_ARCHIVE;
        out->reason = "the restore failed";
        out->hint = "see its log";
    }
}

static void a_failure_seen_while_stopping_is_told_when_resumed(void **state)
{
    struct lab *lab = lab_new(two, answer_fails_at_the_stop);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_read_run(lab).code, FERRY_E_STOPPED);
    assert_int_equal(lab_unit(lab, "first", "first").state, UNIT_FAILED);
    lab->stop = 0;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    assert_string_equal(lab->err.message, "the restore failed");
    assert_string_equal(lab->err.hint, "see its log");
    assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
    assert_int_equal(lab_count(lab, "expand", NULL), 0);
    lab_free(lab);
}

/* Of two reasons to end, the one that came first is told. */
static void answer_blocks_then_fails(struct lab *lab, const struct lab_call *call,
                                     struct lab_answer *out)
{
    bool a = strcmp(call->key, "a") == 0;

    answer_good(lab, call, out);
    if (in(call, "act") && strcmp(call->key, "first") != 0) {
        out->say = STATE_FOREIGN;
        out->reason = a ? "the first reason" : "the second reason";
        out->delay_ms = a ? 0 : 5000;
    }
}

static void the_first_reason_to_end_is_the_one_told(void **state)
{
    struct lab *lab = lab_new(two, answer_blocks_then_fails);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
    assert_string_equal(lab_read_run(lab).error, "the first reason");
    assert_string_equal(lab_unit(lab, "second", "b").error, "the second reason");
    lab_free(lab);
}

/* --- facts --- */

static void answer_with_facts(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    out->facts = in(call, "await")    ? "{\"restore\":{\"id\":\"x\"}}"
                 : in(call, "expand") ? "{\"restore\":{\"ended\":true}}"
                                      : NULL;
    out->done = in(call, "await") ? 3 : 0;
    out->total = in(call, "await") ? 4 : 0;
}

static void what_states_learn_is_merged_into_the_facts_of_the_run(void **state)
{
    struct lab *lab = lab_new(two, answer_with_facts);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_string_equal(lab_read_run(lab).facts, "{\"restore\":{\"id\":\"x\",\"ended\":true}}");
    assert_int_equal(lab_told_last(lab, "progress")->total, 4);
    assert_int_equal(lab_told_last(lab, "progress")->done, 3);
    lab_free(lab);
}

/* --- files on their way --- */

static bool ask_upload(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    lab_ask_act(context, units, n, request, verdicts, mem);
    (*request)->body_file = "/snap.zip";
    (*request)->body_size = 1000;
    return true;
}

static void answer_late(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    out->delay_ms = in(call, "act") ? 3000 : 0;
}

static void an_upload_tells_its_bytes(void **state)
{
    struct ferry_state upload = first;
    const struct ferry_state *const states[] = {&upload, NULL};
    struct lab *lab;

    (void)state;
    upload.act.ask = ask_upload;
    lab = lab_new(states, answer_late);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_in_range(lab_told_count(lab, "progress"), 8, 14);
    assert_int_equal(lab_told_last(lab, "progress")->total, 1000);
    lab_free(lab);
}

static void answer_after_ten_seconds(struct lab *lab, const struct lab_call *call,
                                     struct lab_answer *out)
{
    answer_good(lab, call, out);
    out->delay_ms = in(call, "act") ? 10000 : 0;
}

/* Whoever shows how long a step takes needs the time, though nothing happens; a journal does not.
 */
static void time_that_passes_is_told_and_not_kept(void **state)
{
    static const struct ferry_state *const states[] = {&third, NULL};
    struct lab *lab = lab_new(states, answer_after_ten_seconds);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_in_range(lab_told_count(lab, "tick"), 10, 44); /* at most four a second */
    assert_int_equal(lab_told_last(lab, "tick")->id, 0);
    lab_free(lab);
}

/* --- who is asked before a step begins --- */

/* lab->arg: how often it was asked about the second step; the first time it says no. */
static enum ferry_code not_at_once(void *arg, const char *step, const struct json *facts,
                                   struct ferry_error *err)
{
    struct lab *lab = arg;
    unsigned *asked = lab->arg;

    assert_true(json_is_object(facts));
    if (strcmp(step, "second") != 0 || ++*asked > 1) {
        return FERRY_OK;
    }
    ferry_fail(err, lab->stop ? FERRY_E_STOPPED : FERRY_E_REFUSED, "the bridge is up");
    ferry_error_hint(err, "let it down");
    return err->code;
}

static void a_step_that_is_not_permitted_blocks_and_is_asked_about_again(void **state)
{
    struct lab *lab = lab_new(two, answer_good);
    unsigned asked = 0;

    (void)state;
    lab->permit = not_at_once;
    lab->arg = &asked;
    assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
    assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
    assert_string_equal(lab_read_run(lab).error, "the bridge is up");
    assert_string_equal(lab_read_run(lab).hint, "let it down");
    assert_int_equal(lab_step(lab, "first").state, STEP_DONE);
    assert_int_equal(lab_step(lab, "second").state, STEP_WAITING);
    assert_int_equal(lab_count(lab, "expand", NULL), 0);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(asked, 2);
    lab_free(lab);
}

/* What has begun was permitted: it is not asked about again after a restart. */
static void a_step_that_has_begun_is_asked_about_no_more(void **state)
{
    struct lab *lab = lab_new(two, answer_good);
    unsigned asked = 1, points = 1, begun = 0;

    (void)state;
    lab->permit = not_at_once;
    lab->arg = &asked;
    while (lab_live_until(lab, points++)) { /* dies a little later each time */
        if (lab_step(lab, "second").state != STEP_WAITING && !begun) {
            begun = asked;
        }
        lab_close(lab);
    }
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    assert_true(begun >= 2);
    assert_int_equal(asked, begun);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steps_come_in_order_and_each_is_verified),
        cmocka_unit_test(a_post_condition_that_is_not_met_fails_the_run),
        cmocka_unit_test(verifying_goes_on_at_its_cursor),
        cmocka_unit_test(what_a_step_cannot_find_out_pauses_the_run),
        cmocka_unit_test(something_foreign_in_a_step_phase_blocks),
        cmocka_unit_test(a_silent_manager_pauses_a_step_phase),
        cmocka_unit_test(a_retry_names_the_units_that_a_failed_expand_did_not),
        cmocka_unit_test(stop_before_a_step_leaves_it_untouched),
        cmocka_unit_test(the_first_stop_lets_requests_end_and_the_second_cuts_them),
        cmocka_unit_test(a_failure_seen_while_stopping_is_told_when_resumed),
        cmocka_unit_test(the_first_reason_to_end_is_the_one_told),
        cmocka_unit_test(what_states_learn_is_merged_into_the_facts_of_the_run),
        cmocka_unit_test(an_upload_tells_its_bytes),
        cmocka_unit_test(time_that_passes_is_told_and_not_kept),
        cmocka_unit_test(a_step_that_is_not_permitted_blocks_and_is_asked_about_again),
        cmocka_unit_test(a_step_that_has_begun_is_asked_about_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
