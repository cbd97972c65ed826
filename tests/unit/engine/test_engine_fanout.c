/* Many units: how they are named, how many run at a time, and when it is too much. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state many = {.name = "many",
                                        .summary = "several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT,
                                        .timing = lab_timing,
                                        .expand = LAB_PHASE(expand),
                                        .probe = LAB_PHASE(probe),
                                        .act = LAB_PHASE(act),
                                        .await = LAB_PHASE(await)};
static const struct ferry_state *const only_many[] = {&many, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* Runs one state that differs from `many` by its timing. */
static struct lab *lab_with(struct ferry_state *state,
                            void (*timing)(const struct state_context *, struct state_timing *),
                            void (*answer)(struct lab *, const struct lab_call *,
                                           struct lab_answer *))
{
    const struct ferry_state *states[] = {state, NULL};

    *state = many;
    state->timing = timing;
    return lab_new(states, answer);
}

/* --- naming the units --- */

static void answer_page_by_page(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    static const char *const cursors[] = {"{\"page\":1}", "{\"page\":2}", "{\"page\":3}"};

    (void)lab;
    out->say = STATE_DONE;
    if (in(call, "expand") && call->nth < 4) {
        out->say = STATE_AGAIN;
        out->data = cursors[call->nth - 1];
        out->add_first = (call->nth - 1) * 10;
        out->add_count = 12; /* two of the next page as well: doubled keys count once */
    }
}

static void pages_add_units_and_doubled_keys_count_once(void **state)
{
    struct lab *lab = lab_new(only_many, answer_page_by_page);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_total, 32);
    assert_int_equal(lab_step(lab, "many").n_done, 32);
    assert_int_equal(lab_count(lab, "act", NULL), 32);
    assert_int_equal(lab_count(lab, "act", "u00011"), 1);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

/* What expand is asked with in its latest request: the cursor. */
static char asked_with[64];

static bool ask_with_cursor(const struct state_context *context, const struct state_unit *units,
                            size_t n, struct http_request **request, struct state_verdict *verdicts,
                            const void *mem)
{
    snprintf(asked_with, sizeof asked_with, "%d", (int)json_int64_or(units->data, "page", 0));
    return lab_ask_expand(context, units, n, request, verdicts, mem);
}

static void die_before_page_three(struct lab *lab)
{
    if (lab_count(lab, "expand", NULL) == 3) {
        longjmp(lab->death, 1);
    }
}

static void naming_goes_on_at_the_cursor_after_a_death(void **state)
{
    struct ferry_state paged;
    struct lab *lab = lab_with(&paged, lab_timing, answer_page_by_page);

    (void)state;
    paged.expand.ask = ask_with_cursor;
    lab->on_wait = die_before_page_three;
    assert_true(lab_live_until(lab, 100000));
    lab->on_wait = NULL;
    assert_int_equal(lab_step(lab, "many").state, STEP_EXPANDING);
    assert_int_equal(lab_step(lab, "many").n_total, 22);
    assert_string_equal(lab_step(lab, "many").cursor, "{\"page\":2}");
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    lab->stop = 1;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_STOPPED);
    lab->stop = 0;
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_string_equal(asked_with, "2");
    assert_int_equal(lab_step(lab, "many").n_done, 22);
    lab_free(lab);
}

static void answer_nothing_to_do(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    (void)call;
    out->say = lab->arg ? STATE_SKIP : STATE_DONE;
    out->reason = lab->arg ? "there are no agents" : NULL;
}

static void no_unit_at_all_skips_the_step(void **state)
{
    struct lab *lab = lab_new(only_many, answer_nothing_to_do);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").state, STEP_SKIPPED);
    assert_string_equal(lab_step(lab, "many").error, "there is nothing to do");
    lab_free(lab);
    lab = lab_new(only_many, answer_nothing_to_do);
    lab->arg = lab;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").state, STEP_SKIPPED);
    assert_string_equal(lab_step(lab, "many").error, "there are no agents");
    assert_int_equal(lab_told_count(lab, "step_skipped"), 1);
    lab_free(lab);
}

static void answer_some_skipped(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_DONE;
    out->add = "-a b -c";
}

static void expand_may_skip_single_units(void **state)
{
    struct lab *lab = lab_new(only_many, answer_some_skipped);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").state, STEP_DONE);
    assert_int_equal(lab_step(lab, "many").n_skipped, 2);
    assert_int_equal(lab_step(lab, "many").n_done, 1);
    assert_string_equal(lab_unit(lab, "many", "a").error, "nothing to do there");
    assert_int_equal(lab_count(lab, "act", "a"), 0);
    lab_free(lab);
}

/* --- ten thousand --- */

static void answer_ten_thousand(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    if (in(call, "expand") && call->nth < 11) {
        out->say = STATE_AGAIN;
        out->add_first = (call->nth - 1) * 1000;
        out->add_count = 1000;
    }
}

static void fifty_at_a_time(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 50;
}

static size_t most_memory;

static void weigh(struct lab *lab)
{
    size_t size = talloc_total_size(lab->life);

    most_memory = size > most_memory ? size : most_memory;
}

static void ten_thousand_units_need_the_memory_of_a_few(void **state)
{
    struct ferry_state wide;
    struct lab *lab = lab_with(&wide, fifty_at_a_time, answer_ten_thousand);

    (void)state;
    lab->deaf = true;
    lab->options = "{\"limits\":{\"requests_per_second\":0,\"in_flight\":64}}";
    lab->on_wait = weigh;
    most_memory = 0;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 10000);
    assert_int_equal(lab_count(lab, "act", NULL), 10000);
    assert_true(lab->commits < 600); /* fifty results and fifty intents share one */
    assert_in_range(most_memory, 1, 2 * 1024 * 1024);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

/* --- how many at a time --- */

static size_t most_open;

static void count_open(struct lab *lab)
{
    size_t acts = lab_count(lab, "act", NULL), ended = lab_told_count(lab, "unit_done");

    most_open = acts - ended > most_open ? acts - ended : most_open;
}

static void answer_ten(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") ? STATE_RUNNING : STATE_DONE;
    out->add_count = in(call, "expand") ? 10 : 0;
}

static void no_more_than_concurrency_are_open(void **state)
{
    struct lab *lab = lab_new(only_many, answer_ten);

    (void)state;
    most_open = 0;
    lab->on_wait = count_open;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(most_open, 3);
    lab_free(lab);
}

static void none_at_a_time(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 0;
}

static void a_concurrency_of_zero_is_one(void **state)
{
    struct ferry_state slow;
    struct lab *lab = lab_with(&slow, none_at_a_time, answer_ten);

    (void)state;
    most_open = 0;
    lab->on_wait = count_open;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(most_open, 1);
    lab_free(lab);
}

static void no_more_than_in_flight_and_the_rate_leave(void **state)
{
    struct ferry_state wide;
    struct lab *lab = lab_with(&wide, fifty_at_a_time, answer_ten);
    size_t most = 0;

    (void)state;
    lab->options = "{\"limits\":{\"requests_per_second\":2,\"in_flight\":4,\"settle_ms\":60000}}";
    assert_int_equal(lab_live(lab), FERRY_OK);
    for (size_t i = 0; i < lab->call_count; i++) {
        size_t same_second = 0;

        for (size_t j = i; j < lab->call_count && lab->calls[j].at_ms < lab->calls[i].at_ms + 1000;
             j++) {
            same_second++;
        }
        most = same_second > most ? same_second : most;
    }
    assert_in_range(most, 2, 4); /* a full bucket, and what flows in meanwhile */
    lab_free(lab);
}

static void answer_slowly(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_ten(lab, call, out);
    out->say = STATE_DONE;
    out->delay_ms = in(call, "act") ? 5000 : 0;
}

static size_t most_in_flight;

static void count_in_flight(struct lab *lab)
{
    size_t count = lab->transport.ops->in_flight(&lab->transport);

    most_in_flight = count > most_in_flight ? count : most_in_flight;
}

static void no_more_requests_than_allowed_are_in_flight(void **state)
{
    struct ferry_state wide;
    struct lab *lab = lab_with(&wide, fifty_at_a_time, answer_slowly);

    (void)state;
    most_in_flight = 0;
    lab->on_wait = count_in_flight;
    lab->options = "{\"limits\":{\"requests_per_second\":100,\"in_flight\":4}}";
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(most_in_flight, 4);
    lab_free(lab);
}

/* --- one request for several units --- */

static void answer_in_batches(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->add_count = in(call, "expand") ? 8 : 0;
    if (in(call, "await")) {
        out->say = call->nth < 4 ? STATE_RUNNING : STATE_DONE;
    } else {
        out->say = in(call, "expand") ? STATE_DONE : STATE_RUNNING;
    }
}

static void polls_ride_along_but_never_inside_a_quiet_period(void **state)
{
    struct ferry_state batched;
    struct lab *lab = lab_with(&batched, fifty_at_a_time, answer_in_batches);

    (void)state;
    batched.await.batch = 5;
    lab->options = "{\"limits\":{\"requests_per_second\":8,\"in_flight\":16}}";
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_in_range(lab_count(lab, "await", NULL), 8, 20); /* 32 polls one by one */
    for (size_t i = 0; i < lab->call_count; i++) {
        const struct lab_record *call = &lab->calls[i];

        assert_in_range(call->n, 1, 5);
        assert_true(call->n == 1 || strcmp(call->phase, "await") == 0);
    }
    for (unsigned u = 0; u < 8; u++) {
        int64_t act_ms = 0, await_ms = 0;
        char key[16];

        snprintf(key, sizeof key, "u%05u", u);
        for (size_t i = lab->call_count; i > 0; i--) {
            const struct lab_record *call = &lab->calls[i - 1];

            if (strstr(call->keys, key) && strcmp(call->phase, "act") == 0) {
                act_ms = call->at_ms;
            } else if (strstr(call->keys, key) && strcmp(call->phase, "await") == 0) {
                await_ms = call->at_ms;
            }
        }
        assert_true(await_ms >= act_ms + 2000);
    }
    lab_free(lab);
}

/* --- too many failures --- */

static void answer_some_fail(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const char *failing = lab->arg;

    out->say = STATE_DONE;
    out->add_count = in(call, "expand") ? 20 : 0;
    if (in(call, "act") && strstr(failing, call->key)) {
        out->say = STATE_FAILED;
        out->reason = "the host is dead";
    }
}

static void at_most_two(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 1;
    timing->max_failures = 2;
}

static void at_most_a_tenth(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 1;
    timing->max_failures_percent = 10;
}

static void as_many_failures_as_allowed_leave_the_run_done(void **state)
{
    char failing[] = "u00001 u00004";
    struct ferry_state strict;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_with(&strict, i ? at_most_two : at_most_a_tenth, answer_some_fail);

        lab->arg = failing;
        assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
        assert_int_equal(lab_read_run(lab).state, RUN_DONE);
        assert_int_equal(lab_read_run(lab).code, FERRY_E_PARTIAL);
        assert_int_equal(lab_step(lab, "many").n_failed, 2);
        assert_int_equal(lab_step(lab, "many").n_done, 18);
        assert_string_equal(lab_unit(lab, "many", "u00004").error, "the host is dead");
        lab_free(lab);
    }
}

static void one_more_ends_the_step_and_nothing_new_begins(void **state)
{
    char failing[] = "u00001 u00004 u00006";
    struct ferry_state strict;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_with(&strict, i ? at_most_two : at_most_a_tenth, answer_some_fail);

        lab->arg = failing;
        assert_int_equal(lab_live(lab), FERRY_E_FAILED);
        assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
        assert_non_null(strstr(lab_read_run(lab).error, "3 of 20 failed"));
        assert_int_equal(lab_step(lab, "many").state, STEP_FAILED);
        assert_int_equal(lab_count(lab, "act", NULL), 7);
        lab_free(lab);
    }
}

/* --- what stops one does not stop the others --- */

static void answer_one_hangs(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    bool bad = strcmp(call->key, "u00001") == 0;

    (void)lab;
    out->say = in(call, "probe") ? STATE_CANNOT_TELL : STATE_DONE;
    out->add_count = in(call, "expand") ? 6 : 0;
    out->fate = bad && in(call, "act") ? LAB_LOST : LAB_GOOD;
}

static void an_unknown_unit_lets_the_others_go_on(void **state)
{
    struct lab *lab = lab_new(only_many, answer_one_hangs);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    assert_int_equal(lab_step(lab, "many").n_done, 5);
    assert_int_equal(lab_step(lab, "many").n_unknown, 1);
    assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
    lab_free(lab);
}

static void answer_one_obstructed(struct lab *lab, const struct lab_call *call,
                                  struct lab_answer *out)
{
    out->say = STATE_DONE;
    out->add_count = in(call, "expand") ? 6 : 0;
    if (in(call, "act") && strcmp(call->key, "u00001") == 0) {
        out->say = lab->arg ? STATE_ABSENT : STATE_RETRY;
        out->reason = "another execution runs there";
        out->fate = lab->arg ? LAB_LOST : LAB_GOOD;
    } else if (in(call, "probe")) {
        out->say = STATE_ABSENT;
    }
}

static void an_obstacle_that_stays_fails_its_unit_only(void **state)
{
    struct lab *lab = lab_new(only_many, answer_one_obstructed);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    assert_int_equal(lab_unit(lab, "many", "u00001").state, UNIT_FAILED);
    assert_string_equal(lab_unit(lab, "many", "u00001").error, "another execution runs there");
    assert_int_equal(lab_step(lab, "many").n_done, 5);
    lab_free(lab);
}

static void sendings_without_effect_fail_their_unit_only(void **state)
{
    struct lab *lab = lab_new(only_many, answer_one_obstructed);

    (void)state;
    lab->arg = lab;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    assert_int_equal(lab_count(lab, "act", "u00001"), 8);
    assert_non_null(strstr(lab_unit(lab, "many", "u00001").error, "8 times without effect"));
    assert_int_equal(lab_step(lab, "many").n_done, 5);
    lab_free(lab);
}

/* --- what is told meanwhile --- */

static void progress_is_told_at_most_four_times_a_second(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);
    unsigned told;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    told = lab_told_count(lab, "progress");
    assert_in_range(told, 4, 4 * (unsigned)(lab->now_ms / 1000) + 4);
    assert_int_equal(lab_told_last(lab, "progress")->total, 10);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_add_units_and_doubled_keys_count_once),
        cmocka_unit_test(naming_goes_on_at_the_cursor_after_a_death),
        cmocka_unit_test(no_unit_at_all_skips_the_step),
        cmocka_unit_test(expand_may_skip_single_units),
        cmocka_unit_test(ten_thousand_units_need_the_memory_of_a_few),
        cmocka_unit_test(no_more_than_concurrency_are_open),
        cmocka_unit_test(a_concurrency_of_zero_is_one),
        cmocka_unit_test(no_more_than_in_flight_and_the_rate_leave),
        cmocka_unit_test(no_more_requests_than_allowed_are_in_flight),
        cmocka_unit_test(polls_ride_along_but_never_inside_a_quiet_period),
        cmocka_unit_test(as_many_failures_as_allowed_leave_the_run_done),
        cmocka_unit_test(one_more_ends_the_step_and_nothing_new_begins),
        cmocka_unit_test(an_unknown_unit_lets_the_others_go_on),
        cmocka_unit_test(an_obstacle_that_stays_fails_its_unit_only),
        cmocka_unit_test(sendings_without_effect_fail_their_unit_only),
        cmocka_unit_test(progress_is_told_at_most_four_times_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
