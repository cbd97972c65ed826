/* When units begin: in waves, not after a failure, fewer while the manager is busy; and when they
   are asked about. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const char *waves_text; /* of this life, or NULL */
static bool waves_anew, stops;
static void *waves_mem;
static int64_t most_failures;
static unsigned percent, wide;

static void policy(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = wide;
    timing->max_failures = most_failures;
    timing->max_failures_percent = percent;
    timing->stop_on_failure = stops;
    timing->waves = NULL;
    timing->waves_anew = waves_anew;
    if (waves_text) {
        struct json *waves;

        mem_free(waves_mem);
        waves_mem = mem_scope(NULL);
        assert_int_equal(json_parse(waves_mem, waves_text, strlen(waves_text), &waves, NULL),
                         FERRY_OK);
        timing->waves = waves;
    }
}

static const struct ferry_state many = {.name = "many",
                                        .summary = "several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT,
                                        .timing = policy,
                                        .expand = LAB_PHASE(expand),
                                        .probe = LAB_PHASE(probe),
                                        .act = LAB_PHASE(act),
                                        .await = LAB_PHASE(await)};
static const struct ferry_state *const only_many[] = {&many, NULL};

static struct lab *lab_with(const char *list, void (*answer)(struct lab *, const struct lab_call *,
                                                             struct lab_answer *))
{
    waves_text = list;
    waves_anew = stops = false;
    most_failures = -1;
    percent = 100;
    wide = 3;
    return lab_new(only_many, answer);
}

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

static bool fails(const struct lab *lab, const char *key)
{
    return lab->arg && strstr(lab->arg, key) != NULL;
}

/* Ten units, one of them with nothing to do; lab->arg names those that fail. */
static void answer_ten(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    out->say = STATE_DONE;
    if (in(call, "expand")) {
        out->add = "-z";
        out->add_count = 10;
    } else if (in(call, "act")) {
        out->say = STATE_RUNNING;
    } else if (in(call, "probe")) {
        out->say = lab_count(lab, "act", call->key) ? STATE_RUNNING : STATE_ABSENT;
    } else if (in(call, "await") && fails(lab, call->key)) {
        out->say = STATE_FAILED;
        out->reason = "dead";
    }
}

/* When the n-th act left, and when the one before it was seen to end. */
static int64_t act_ms(const struct lab *lab, unsigned nth)
{
    return lab_nth(lab, "act", nth)->at_ms;
}

static void a_wave_begins_when_the_one_before_has_ended(void **state)
{
    struct lab *lab = lab_with("[\"1\",\"3\",\"rest\"]", answer_ten);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 10);
    assert_int_equal(lab_told_count(lab, "wave_started"), 3);
    assert_string_equal(lab_told_last(lab, "wave_started")->text, "wave 3: 6 units");
    assert_true(act_ms(lab, 2) >= act_ms(lab, 1) + 2000); /* the quiet time of the first wave */
    assert_true(act_ms(lab, 3) < act_ms(lab, 2) + 1000);
    assert_true(act_ms(lab, 4) < act_ms(lab, 2) + 1000);
    assert_true(act_ms(lab, 5) >= act_ms(lab, 4) + 2000);
    lab_free(lab);
}

static void a_wave_with_too_many_failures_stops_the_run(void **state)
{
    char failing[] = "u00000";
    struct lab *lab = lab_with("[\"1\",\"rest\"]", answer_ten);

    (void)state;
    percent = 10;
    lab->arg = failing;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "wave 1: of its 1 units 1 failed, more than allowed"));
    assert_non_null(strstr(lab->err.message, "9 units have not begun"));
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED); /* nothing has changed */
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    waves_anew = true; /* the operator says how to go on */
    waves_text = "[\"4\",\"rest\"]";
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    assert_int_equal(lab_count(lab, "act", NULL), 10);
    assert_int_equal(lab_told_count(lab, "wave_started"), 3);
    lab_free(lab);
}

static void what_failed_may_be_done_again_before_the_next_wave(void **state)
{
    char failing[] = "u00000";
    struct lab *lab = lab_with("[\"1\",\"rest\"]", answer_ten);
    struct engine_options options;
    struct ferry_error err = {0};
    struct run_row run;
    int64_t count;

    (void)state;
    percent = 10;
    lab->arg = failing;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    lab->arg = NULL;
    lab_open(lab);
    options = lab_options(lab);
    run = lab_read_run(lab);
    assert_int_equal(engine_retry_failed(&options, &run, &count, &err), FERRY_OK);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "u00000"), 2);
    assert_true(act_ms(lab, 3) >= act_ms(lab, 2) + 2000);
    assert_int_equal(lab_step(lab, "many").n_done, 10);
    assert_int_equal(lab_told_count(lab, "wave_started"), 2);
    lab_free(lab);
}

static void waves_without_a_rest_end_with_a_question(void **state)
{
    struct lab *lab = lab_with("[\"2\"]", answer_ten);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "wave 1 was the last one asked for; 8 units"));
    assert_non_null(strstr(lab->err.hint, "ferry resume --wave"));
    assert_int_equal(lab_count(lab, "act", NULL), 2);
    waves_anew = true;
    waves_text = "[\"3\"]";
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "act", NULL), 5);
    waves_text = "[\"rest\"]";
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 10);
    lab_free(lab);
}

static void a_number_of_failures_counts_in_each_wave(void **state)
{
    char failing[] = "u00000 u00003 u00004";
    struct lab *lab = lab_with("[\"3\",\"3\",\"rest\"]", answer_ten);

    (void)state;
    most_failures = 1;
    lab->arg = failing;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "wave 2: of its 3 units 2 failed"));
    assert_int_equal(lab_step(lab, "many").n_failed, 3);
    lab_free(lab);
}

static void a_death_leaves_the_waves_as_they_were(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 500; n++) {
        struct lab *lab = lab_with("[\"1\",\"3\",\"rest\"]", answer_ten);
        bool died = lab_live_until(lab, n);

        if (died && lab_read_run(lab).state != RUN_DONE) {
            assert_int_equal(lab_live(lab), FERRY_OK);
        }
        assert_int_equal(lab_count(lab, "act", NULL), 10);
        assert_int_equal(lab_step(lab, "many").n_done, 10);
        assert_true(act_ms(lab, 2) >= act_ms(lab, 1) + 2000);
        assert_true(act_ms(lab, 5) >= act_ms(lab, 4) + 2000);
        assert_true(lab_counters_agree(lab));
        lab_free(lab);
        if (!died) {
            return;
        }
    }
    fail();
}

/* u00000 is divided into two parts; lab->arg may name one that fails. */
static void answer_with_parts(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_ten(lab, call, out);
    if (in(call, "await") && strcmp(call->key, "u00000") == 0) {
        out->say = STATE_SPLIT;
        out->reason = "failed as a whole";
        out->add = "p1 p2";
    }
}

static void parts_belong_to_the_wave_that_they_come_from(void **state)
{
    char failing[] = "p1";
    struct lab *lab = lab_with("[\"1\",\"rest\"]", answer_with_parts);

    (void)state;
    percent = 10;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_string_equal(lab_nth(lab, "act", 2)->keys, "p1");
    assert_string_equal(lab_nth(lab, "act", 3)->keys, "p2");
    assert_true(act_ms(lab, 4) >= act_ms(lab, 3) + 2000);
    lab_free(lab);
    lab = lab_with("[\"1\",\"rest\"]", answer_with_parts);
    percent = 10;
    lab->arg = failing;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "act", NULL), 3);
    lab_free(lab);
}

/* --- stop at a failure --- */

static void after_a_failure_nothing_new_begins_until_a_resume(void **state)
{
    char failing[] = "u00001";
    struct lab *lab = lab_with(NULL, answer_ten);

    (void)state;
    stops = true;
    wide = 2;
    lab->arg = failing;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "1 failed, and the run is to stop at a failure"));
    assert_in_range(lab_count(lab, "act", NULL), 2, 4);
    assert_int_equal(lab_step(lab, "many").n_open, 0); /* what was under way has ended */
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);  /* the operator has seen it */
    assert_int_equal(lab_count(lab, "act", NULL), 10);
    lab_free(lab);
}

/* --- a busy manager --- */

static size_t most_open;

static void count_open(struct lab *lab)
{
    size_t begun = lab_told_count(lab, "unit_started") + lab_told_count(lab, "unit_adopted");
    size_t ended = lab_told_count(lab, "unit_done");

    if (begun > ended && begun - ended > most_open) {
        most_open = begun - ended;
    }
}

static void answer_busy(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_ten(lab, call, out);
    out->add_count = in(call, "expand") ? 60 : 0;
    if (in(call, "act") && lab_count(lab, "act", NULL) <= 8) {
        out->say = STATE_RETRY;
        out->reason = "insufficient memory";
        out->status = 503;
        out->wait_ms = 3000;
    }
}

static void a_busy_manager_halves_what_runs_and_it_grows_back_slowly(void **state)
{
    struct lab *lab = lab_with(NULL, answer_busy);
    size_t early;

    (void)state;
    wide = 8;
    most_open = 0;
    lab->on_wait = count_open;
    lab->stop = 0;
    assert_true(lab_live_until(lab, 60));
    early = most_open;
    assert_in_range(early, 1, 4);                                        /* half of eight */
    assert_non_null(strstr(lab_step(lab, "many").cursor, "\"width\":")); /* it survives */
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 60);
    assert_true(most_open > early);
    assert_in_range(most_open, 5, 9); /* an event that a death kept back may be missing */
    assert_true(lab_told_count(lab, "width") >= 2);
    lab_free(lab);
}

/* --- when they are asked --- */

static int64_t begun_ms[100];

static unsigned number_of(const char *key)
{
    return (unsigned)strtoul(key + 1, NULL, 10);
}

/* Each takes 20 s. */
static void answer_after_20_s(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    out->say = STATE_DONE;
    out->add_count = in(call, "expand") ? 100 : 0;
    if (in(call, "act")) {
        begun_ms[number_of(call->key)] = lab->now_ms;
        out->say = STATE_RUNNING;
    } else if (in(call, "await") && lab->now_ms - begun_ms[number_of(call->key)] < 20000) {
        out->say = STATE_RUNNING;
    }
}

static void adaptive(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 20;
    timing->adaptive = true;
    timing->quiet_ms = 1000;
    timing->interval_ms = 60000;
}

static void polls_learn_how_long_it_takes(void **state)
{
    struct ferry_state learning = many;
    const struct ferry_state *states[] = {&learning, NULL};
    struct lab *lab;

    (void)state;
    learning.timing = adaptive;
    learning.await.batch = 80;
    lab = lab_new(states, answer_after_20_s);
    lab->options = "{\"limits\":{\"requests_per_second\":10,\"in_flight\":16}}";
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 100);
    /* five rounds of twenty at a time: with a poll each second it would be a hundred */
    assert_true(lab_count(lab, "await", NULL) >= 5);
    assert_in_range(lab->now_ms, 100000, 160000);
    {
        unsigned requests = 0;

        for (size_t i = 0; i < lab->call_count; i++) {
            requests += strcmp(lab->calls[i].phase, "await") == 0;
        }
        assert_in_range(requests, 5, 25);
    }
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wave_begins_when_the_one_before_has_ended),
        cmocka_unit_test(a_wave_with_too_many_failures_stops_the_run),
        cmocka_unit_test(what_failed_may_be_done_again_before_the_next_wave),
        cmocka_unit_test(waves_without_a_rest_end_with_a_question),
        cmocka_unit_test(a_number_of_failures_counts_in_each_wave),
        cmocka_unit_test(a_death_leaves_the_waves_as_they_were),
        cmocka_unit_test(parts_belong_to_the_wave_that_they_come_from),
        cmocka_unit_test(after_a_failure_nothing_new_begins_until_a_resume),
        cmocka_unit_test(a_busy_manager_halves_what_runs_and_it_grows_back_slowly),
        cmocka_unit_test(polls_learn_how_long_it_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
