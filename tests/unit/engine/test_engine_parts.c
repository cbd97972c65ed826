/* Units that are divided, and units that need more than one act. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state many = {.name = "many",
                                        .summary = "several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT | STATE_PROBE_AGAIN,
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

static bool is(const struct lab_call *call, const char *key)
{
    return strcmp(call->key, key) == 0;
}

/* a and b; b cannot be done as a whole and has two parts, of which one fails. What was begun is
   seen by a probe. */
static void answer_divided(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_RUNNING;
    if (in(call, "expand")) {
        out->say = STATE_DONE;
        out->add = "a b c d e";
    } else if (in(call, "await") && is(call, "b")) {
        out->say = STATE_SPLIT;
        out->reason = "failed as a whole";
        out->add = "+b/1 +b/2";
    } else if (in(call, "await")) {
        out->say = STATE_DONE;
    }
}

static void one_at_a_time(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 1;
}

static void parts_are_units_of_their_own(void **state)
{
    struct lab *lab = lab_new(only_many, answer_divided);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_total, 7);
    assert_int_equal(lab_step(lab, "many").n_done, 6);
    assert_int_equal(lab_step(lab, "many").n_skipped, 1);
    assert_int_equal(lab_unit(lab, "many", "b").state, UNIT_SKIPPED);
    assert_string_equal(lab_unit(lab, "many", "b").error, "failed as a whole");
    assert_string_equal(lab_unit(lab, "many", "b/1").data, "{\"given\":{\"host\":\"b/1\"}}");
    assert_int_equal(lab_told_count(lab, "unit_split"), 1);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void parts_go_before_what_has_not_begun(void **state)
{
    struct ferry_state slow = many;
    const struct ferry_state *states[] = {&slow, NULL};
    struct lab *lab;
    unsigned b1 = 0, last = 0, at = 0;

    (void)state;
    slow.timing = one_at_a_time;
    lab = lab_new(states, answer_divided);
    /* the window has been read ahead: a new life reads it again */
    lab->stop = 0;
    assert_true(lab_live_until(lab, 14));
    assert_int_equal(lab_live(lab), FERRY_OK);
    for (size_t i = 0; i < lab->call_count; i++) {
        if (strcmp(lab->calls[i].phase, "act") == 0) {
            at++;
            b1 = strcmp(lab->calls[i].keys, "b/1") == 0 ? at : b1;
            last = strcmp(lab->calls[i].keys, "e") == 0 ? at : last;
        }
    }
    assert_true(b1 > 0 && b1 < last);
    lab_free(lab);
}

static void six_at_a_time(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 6;
}

static bool same_first_letter(const struct state_unit *a, const struct state_unit *b)
{
    return a->key[0] == b->key[0];
}

static size_t most_of_b;

static void count_b(struct lab *lab)
{
    size_t begun = lab_count(lab, "act", "b") + lab_count(lab, "act", "b/1");
    size_t ended = 0;

    begun += lab_count(lab, "act", "b/2");
    for (size_t i = 0; i < lab->told_count; i++) {
        const struct lab_told *told = &lab->told[i];

        ended += told->unit && told->unit[0] == 'b' &&
                 (strcmp(told->kind, "unit_done") == 0 || strcmp(told->kind, "unit_split") == 0);
    }
    most_of_b = begun - ended > most_of_b ? begun - ended : most_of_b;
}

static void parts_of_one_unit_go_one_after_the_other(void **state)
{
    struct ferry_state careful = many;
    const struct ferry_state *states[] = {&careful, NULL};
    struct lab *lab;

    (void)state;
    most_of_b = 0;
    careful.timing = six_at_a_time;
    lab = lab_new(states, answer_divided); /* the control: nothing keeps them apart */
    lab->on_wait = count_b;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(most_of_b, 2);
    lab_free(lab);
    most_of_b = 0;
    careful.apart = same_first_letter;
    lab = lab_new(states, answer_divided);
    lab->on_wait = count_b;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(most_of_b, 1);
    assert_int_equal(lab_step(lab, "many").n_done, 6);
    lab_free(lab);
}

/* Dies at every point of the run in turn: every unit is acted on once, and nothing is lost. */
static void at_every_death(void (*answer)(struct lab *, const struct lab_call *,
                                          struct lab_answer *),
                           void (*check)(struct lab *lab))
{
    for (unsigned n = 1; n < 400; n++) {
        struct lab *lab = lab_new(only_many, answer);
        bool died = lab_live_until(lab, n);

        if (died && lab_read_run(lab).state != RUN_DONE) {
            assert_int_equal(lab_live(lab), FERRY_OK);
        }
        check(lab);
        assert_true(lab_counters_agree(lab));
        lab_free(lab);
        if (!died) {
            return;
        }
    }
    fail();
}

/* The manager's side of a unit: what was begun is there. */
static void answer_divided_and_remembered(struct lab *lab, const struct lab_call *call,
                                          struct lab_answer *out)
{
    answer_divided(lab, call, out);
    if (in(call, "probe")) {
        out->say = lab_count(lab, "act", call->key) > 0 ? STATE_RUNNING : STATE_ABSENT;
    }
}

static void check_divided(struct lab *lab)
{
    static const char *const keys[] = {"a", "b", "b/1", "b/2", "c", "d", "e"};

    assert_int_equal(lab_step(lab, "many").n_total, 7);
    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        assert_int_equal(lab_count(lab, "act", keys[i]), 1);
    }
}

static void a_death_neither_loses_nor_doubles_parts(void **state)
{
    (void)state;
    at_every_death(answer_divided_and_remembered, check_divided);
}

/* --- one act after another --- */

/* What the first act began never goes on: it is taken away by a second act, then begun anew. */
static void answer_three_acts(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const struct lab_record *last = &lab->calls[lab->call_count - 1];
    unsigned acts = lab_count(lab, "act", call->key);

    (void)last;
    out->say = STATE_RUNNING;
    if (in(call, "expand")) {
        out->say = STATE_DONE;
        out->add = "a";
    } else if (in(call, "await") && acts < 3) {
        out->say = STATE_NEXT;
        out->reason = "it never began";
        out->data = acts == 1 ? "{\"cancel\":\"x\"}" : "{\"cancel\":null}";
    } else if (in(call, "await")) {
        out->say = STATE_DONE;
    } else if (in(call, "probe")) {
        out->say = STATE_ABSENT;
    } else if (in(call, "act")) {
        out->remote_id = "x";
    }
}

static void every_act_has_an_id_and_an_intent_of_its_own(void **state)
{
    struct lab *lab = lab_new(only_many, answer_three_acts);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "a"), 3);
    assert_string_not_equal(lab_nth(lab, "act", 1)->id, lab_nth(lab, "act", 2)->id);
    assert_string_not_equal(lab_nth(lab, "act", 2)->id, lab_nth(lab, "act", 3)->id);
    assert_int_equal(lab_told_count(lab, "unit_intent"), 3);
    assert_int_equal(lab_told_count(lab, "unit_next"), 2);
    assert_int_equal(lab_unit(lab, "many", "a").attempt, 3);
    assert_int_equal(lab_unit(lab, "many", "a").state, UNIT_DONE);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void later_attempts_are_probed_for_and_the_first_is_not(void **state)
{
    struct lab *lab = lab_new(only_many, answer_three_acts);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "probe", "a"), 2);
    assert_true(lab_nth(lab, "probe", 1)->at_ms > lab_nth(lab, "act", 1)->at_ms);
    lab_free(lab);
}

/* Each act takes effect once: what it did is known by its id. */
static char effects[8][UUID_TEXT_SIZE];
static size_t effect_count;

static bool has_effect(const char *id)
{
    for (size_t i = 0; i < effect_count; i++) {
        if (strcmp(effects[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static void answer_by_effects(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_RUNNING;
    if (in(call, "expand")) {
        out->say = STATE_DONE;
        out->add = "a";
    } else if (in(call, "act")) {
        if (!has_effect(call->id) && effect_count < FERRY_COUNT(effects)) {
            memcpy(effects[effect_count++], call->id, UUID_TEXT_SIZE);
        }
    } else if (in(call, "probe") && !has_effect(call->id)) {
        out->say = STATE_ABSENT;
    } else if (effect_count < 3) { /* await, or a probe that finds it */
        out->say = STATE_NEXT;
        out->reason = "over, and not enough";
    } else if (in(call, "await")) {
        out->say = STATE_DONE;
    }
}

static void check_three_effects(struct lab *lab)
{
    assert_int_equal(effect_count, 3);
    assert_int_equal(lab_unit(lab, "many", "a").state, UNIT_DONE);
    assert_int_equal(lab_unit(lab, "many", "a").attempt, 3);
    effect_count = 0;
}

static void a_death_between_acts_repeats_none(void **state)
{
    (void)state;
    effect_count = 0;
    at_every_death(answer_by_effects, check_three_effects);
}

/* --- what was seen long ago --- */

static void answer_and_stop_early(struct lab *lab, const struct lab_call *call,
                                  struct lab_answer *out)
{
    out->say = in(call, "probe") ? STATE_ABSENT : STATE_DONE;
    out->add_count = in(call, "expand") ? 6 : 0;
    if (in(call, "act") && lab->arg) {
        lab->stop = 1;
    }
}

static unsigned probes_after(int64_t pause_ms)
{
    struct lab *lab = lab_new(only_many, answer_and_stop_early);
    unsigned probes;

    lab->arg = lab;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "probe", NULL), 0);
    lab->arg = NULL;
    lab->stop = 0;
    lab->now_ms += pause_ms;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 6);
    probes = lab_count(lab, "probe", NULL);
    lab_free(lab);
    return probes;
}

static void after_a_long_pause_every_unit_is_asked_about_first(void **state)
{
    (void)state;
    assert_int_equal(probes_after(60000), 0);
    assert_in_range(probes_after(2 * 3600 * 1000), 1, 6);
}

/* --- what a retry keeps --- */

static void answer_parts_that_fail(struct lab *lab, const struct lab_call *call,
                                   struct lab_answer *out)
{
    out->say = STATE_DONE;
    if (in(call, "expand")) {
        out->add = "+x y";
    } else if (in(call, "probe")) {
        out->say = STATE_ABSENT;
    } else if (!lab->arg) {
        out->say = STATE_FAILED;
        out->reason = "dead";
        out->data = "{\"notes\":1}";
    }
}

static void a_retry_keeps_what_the_unit_was_given(void **state)
{
    struct lab *lab = lab_new(only_many, answer_parts_that_fail);
    struct engine_options options;
    struct ferry_error err = {0};
    struct run_row run;
    int64_t count;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    lab_open(lab);
    options = lab_options(lab);
    run = lab_read_run(lab);
    assert_int_equal(engine_retry_failed(&options, &run, &count, &err), FERRY_OK);
    assert_int_equal(count, 2);
    assert_string_equal(lab_unit(lab, "many", "x").data, "{\"given\":{\"host\":\"x\"}}");
    assert_null(lab_unit(lab, "many", "y").data);
    lab->arg = lab;
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 2);
    lab_free(lab);
}

/* --- which questions go together --- */

static bool same_letter(const struct state_unit *a, const struct state_unit *b)
{
    return a->key[0] == b->key[0];
}

static void answer_letters(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") ? STATE_RUNNING : STATE_DONE;
    out->add = in(call, "expand") ? "a1 b1 a2 b2 a3 b3" : NULL;
}

static void questions_go_together_only_where_the_state_says_so(void **state)
{
    struct ferry_state lettered = many;
    const struct ferry_state *states[] = {&lettered, NULL};
    struct lab *lab;

    (void)state;
    lettered.timing = six_at_a_time;
    lettered.await.batch = 10;
    lettered.await.together = same_letter;
    lab = lab_new(states, answer_letters);
    assert_int_equal(lab_live(lab), FERRY_OK);
    for (size_t i = 0; i < lab->call_count; i++) {
        const char *keys = lab->calls[i].keys;

        assert_false(strcmp(lab->calls[i].phase, "await") == 0 && strchr(keys, 'a') &&
                     strchr(keys, 'b'));
    }
    assert_int_equal(lab_step(lab, "many").n_done, 6);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_units_of_their_own),
        cmocka_unit_test(parts_go_before_what_has_not_begun),
        cmocka_unit_test(parts_of_one_unit_go_one_after_the_other),
        cmocka_unit_test(a_death_neither_loses_nor_doubles_parts),
        cmocka_unit_test(every_act_has_an_id_and_an_intent_of_its_own),
        cmocka_unit_test(later_attempts_are_probed_for_and_the_first_is_not),
        cmocka_unit_test(a_death_between_acts_repeats_none),
        cmocka_unit_test(after_a_long_pause_every_unit_is_asked_about_first),
        cmocka_unit_test(a_retry_keeps_what_the_unit_was_given),
        cmocka_unit_test(questions_go_together_only_where_the_state_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
