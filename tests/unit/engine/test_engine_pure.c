/* The parts of the engine that need no run: the table, the schedule, the limits, a unit. */
#include "base/mem.h"
#include "engine/limits.h"
#include "engine/schedule.h"
#include "engine/transition.h"
#include "engine/unit.h"
#include "ferry_test.h"

/* --- the table --- */

/* One letter a move, in the order of enum engine_move. */
static const char letters[] = "nlWAPSOsDKFXN<B";

/* By line a phase, by column an answer: NONE ABSENT RUNNING DONE SKIP FAILED FOREIGN CANNOT_TELL
   AGAIN RETRY BACK UNKNOWN SPLIT NEXT. Written from state.h and the design's drawing, not from the
   table. */
static const char *const expected[PHASE_COUNT] = {
    [PHASE_PROBE] = "lAsDKFBlnOllll",   [PHASE_ACT] = "PPsDDFBPPOPPPP",
    [PHASE_REPROBE] = "lSsDDFBlnllllN", [PHASE_AWAIT] = "WWWDKFBWnW<WXN",
    [PHASE_EXPAND] = "lllDKFBlnlllll",  [PHASE_VERIFY] = "lllDDFBlnlllll",
};

static void every_phase_and_answer_leads_where_the_design_says(void **state)
{
    (void)state;
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        for (int answer = 0; answer < STATE_ANSWER_COUNT; answer++) {
            enum engine_move move =
                engine_move((enum engine_phase)phase, (enum state_answer)answer);

            assert_int_equal(letters[move], expected[phase][answer]);
        }
    }
}

static void an_act_is_never_answered_by_another_act(void **state)
{
    (void)state;
    for (int answer = 0; answer < STATE_ANSWER_COUNT; answer++) {
        assert_int_not_equal(engine_move(PHASE_ACT, (enum state_answer)answer), MOVE_ACT);
        assert_int_not_equal(engine_move(PHASE_REPROBE, (enum state_answer)answer), MOVE_ACT);
        assert_int_not_equal(engine_move(PHASE_REPROBE, (enum state_answer)answer), MOVE_OBSTACLE);
    }
}

/* --- the schedule --- */

#define UNITS 200

static struct unit *least(struct unit *units, const bool *inside)
{
    struct unit *found = NULL;

    for (size_t i = 0; i < UNITS; i++) {
        if (inside[i] &&
            (!found || units[i].due_ms < found->due_ms ||
             (units[i].due_ms == found->due_ms && units[i].row.seq < found->row.seq))) {
            found = &units[i];
        }
    }
    return found;
}

static void the_schedule_gives_what_a_sorted_list_would(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit *units = mem_array(scope, struct unit, UNITS);
    bool inside[UNITS] = {false};
    struct rng_seeded chance;
    struct schedule schedule;

    (void)state;
    rng_seed(&chance, 42);
    schedule_init(&schedule, scope);
    assert_null(schedule_first(&schedule));
    for (size_t i = 0; i < UNITS; i++) {
        units[i].row.seq = (int64_t)i;
    }
    for (int step = 0; step < 50000; step++) {
        size_t at = (size_t)rng_below(&chance.rng, UNITS);

        if (rng_below(&chance.rng, 3) == 0) {
            schedule_remove(&schedule, &units[at]);
            inside[at] = false;
        } else {
            units[at].due_ms = (int64_t)rng_below(&chance.rng, 100); /* often the same */
            schedule_put(&schedule, &units[at]);
            inside[at] = true;
        }
        assert_ptr_equal(schedule_first(&schedule), least(units, inside));
    }
    while (schedule_first(&schedule)) {
        struct unit *first = schedule_first(&schedule);

        assert_ptr_equal(first, least(units, inside));
        inside[first - units] = false;
        schedule_remove(&schedule, first);
    }
    assert_null(least(units, inside));
}

/* --- the limits --- */

static struct json *limits_options(const void *ctx, const char *text)
{
    struct json *options;

    assert_int_equal(json_parse(ctx, text, strlen(text), &options, NULL), FERRY_OK);
    return options;
}

static void no_second_sees_more_than_the_rate_allows(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct limits limits;
    int64_t left[100];
    int taken = 0;

    (void)state;
    limits_init(&limits, limits_options(scope, "{\"limits\":{\"requests_per_second\":5}}"), 1000);
    for (int64_t now_ms = 1000; now_ms < 11000; now_ms++) {
        while (limits_take(&limits, 0, now_ms)) {
            left[taken++] = now_ms;
            if (taken > 5) {
                assert_true(now_ms - left[taken - 6] >= 1000);
            }
        }
    }
    assert_in_range(taken, 50, 51);
}

static void the_wait_is_as_long_as_it_takes_and_no_longer(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct limits limits;
    int64_t now_ms = 0;

    (void)state;
    limits_init(&limits, limits_options(scope, "{\"limits\":{\"requests_per_second\":3}}"), 0);
    for (int i = 0; i < 100; i++) {
        int64_t wait_ms = limits_wait_ms(&limits, now_ms);

        if (wait_ms > 0) {
            assert_false(limits_take(&limits, 0, now_ms + wait_ms - 1));
        }
        now_ms += wait_ms;
        assert_true(limits_take(&limits, 0, now_ms));
    }
    assert_in_range(now_ms, 32000, 33400);
}

static void a_slow_rate_lets_one_through_at_once(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct limits limits;

    (void)state;
    limits_init(&limits, limits_options(scope, "{\"limits\":{\"requests_per_second\":0.5}}"), 0);
    assert_true(limits_take(&limits, 0, 0));
    assert_false(limits_take(&limits, 0, 1999));
    assert_true(limits_take(&limits, 0, 2001));
}

static void without_a_rate_only_the_number_in_flight_counts(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct limits limits;

    (void)state;
    limits_init(&limits,
                limits_options(scope, "{\"limits\":{\"requests_per_second\":0,\"in_flight\":3}}"),
                0);
    for (int i = 0; i < 1000; i++) {
        assert_true(limits_take(&limits, 2, 0));
    }
    assert_false(limits_take(&limits, 3, 0));
    assert_int_equal(limits_wait_ms(&limits, 0), 0);
}

static void what_is_absent_or_senseless_gets_a_value_that_works(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct limits limits;

    (void)state;
    limits_init(&limits, NULL, 0);
    assert_int_equal(limits.in_flight, LIMITS_IN_FLIGHT);
    assert_true(limits.per_second > 4.9 && limits.per_second < 5.1);
    limits_init(&limits, limits_options(scope, "{\"limits\":{\"in_flight\":0}}"), 0);
    assert_int_equal(limits.in_flight, 1);
    limits_init(&limits, limits_options(scope, "{\"limits\":{\"in_flight\":-7}}"), 0);
    assert_int_equal(limits.in_flight, 1);
}

static void a_hold_stops_everything_and_a_shorter_one_does_not_end_it(void **state)
{
    struct limits limits;

    (void)state;
    limits_init(&limits, NULL, 0);
    limits_hold(&limits, 10000, 0);
    limits_hold(&limits, 2000, 0);
    assert_false(limits_take(&limits, 0, 9999));
    assert_int_equal(limits_wait_ms(&limits, 4000), 6000);
    assert_true(limits_take(&limits, 0, 10000));
    limits_hold(&limits, INT64_C(86400000), 20000);
    assert_int_equal(limits_wait_ms(&limits, 20000), LIMITS_HOLD_MAX_MS);
}

/* --- a unit --- */

struct two_clocks {
    struct clock clock;
    int64_t now_ms, real_ms;
};

static int64_t two_now(struct clock *clock)
{
    return ((struct two_clocks *)(void *)clock)->now_ms;
}

static int64_t two_real(struct clock *clock)
{
    return ((struct two_clocks *)(void *)clock)->real_ms;
}

#define REAL_MS INT64_C(1790000000000)

static struct two_clocks clocks(int64_t now_ms, int64_t real_ms)
{
    return (struct two_clocks){{two_now, two_real}, now_ms, REAL_MS + real_ms};
}

static void times_are_stored_in_unix_time_and_come_back_in_another_process(void **state)
{
    static const struct run_row run = {.uuid = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"};
    static const struct step_row step = {.name = "plain"};
    struct two_clocks before = clocks(5000, 0), after = clocks(777000, 1500);
    struct unit *unit = unit_new(NULL, &run, &step, "key"), *again;

    (void)state;
    unit->due_ms = 9000;
    unit->deadline_ms = 65000;
    unit->data = json_object(unit);
    json_set_int(unit->data, "page", 3);
    unit_store(unit, &before.clock);
    assert_int_equal(unit->row.not_before_ms, REAL_MS + 4000);
    assert_int_equal(unit->row.deadline_ms, REAL_MS + 60000);
    again = unit_load(NULL, &unit->row, &after.clock);
    assert_int_equal(again->due_ms, 777000 + 2500);
    assert_int_equal(again->deadline_ms, 777000 + 58500);
    assert_string_equal(again->row.key, "key");
    assert_string_equal(again->row.intent_id, unit->row.intent_id);
    assert_int_equal(json_int64_or(again->data, "page", 0), 3);
    mem_free(again);
    after = clocks(777000, 3600000); /* all of it is over */
    again = unit_load(NULL, &unit->row, &after.clock);
    assert_int_equal(again->due_ms, 777000);
    assert_int_equal(again->deadline_ms, 777000);
    mem_free(again);
    after = clocks(777000, INT64_C(-100) * 24 * 3600000); /* a clock that was years ahead */
    again = unit_load(NULL, &unit->row, &after.clock);
    assert_true(again->due_ms <= 777000 + INT64_C(7) * 24 * 3600000);
    mem_free(again);
    unit->due_ms = unit->deadline_ms = 0;
    unit_store(unit, &before.clock);
    assert_int_equal(unit->row.not_before_ms, 0);
    assert_int_equal(unit->row.deadline_ms, 0);
    mem_free(unit);
}

static void notes_that_cannot_be_read_are_none(void **state)
{
    static const struct unit_row row = {.key = "key", .data = "{\"half"};
    struct two_clocks now = clocks(0, 0);
    struct unit *unit = unit_load(NULL, &row, &now.clock);

    (void)state;
    assert_null(unit->data);
    mem_free(unit);
}

static void an_id_belongs_to_run_step_key_and_attempt(void **state)
{
    static const struct run_row runs[] = {{.uuid = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
                                          {.uuid = "6ba7b812-9dad-11d1-80b4-00c04fd430c8"}};
    static const struct step_row steps[] = {{.name = "one"}, {.name = "two"}};
    struct unit *unit = unit_new(NULL, &runs[0], &steps[0], "key");
    char first[UUID_TEXT_SIZE];

    (void)state;
    memcpy(first, unit->row.intent_id, sizeof first);
    unit_derive_id(unit, &runs[0], "one");
    assert_string_equal(unit->row.intent_id, first);
    unit_derive_id(unit, &runs[1], "one");
    assert_string_not_equal(unit->row.intent_id, first);
    unit_derive_id(unit, &runs[0], "two");
    assert_string_not_equal(unit->row.intent_id, first);
    unit->row.attempt = 2;
    unit_derive_id(unit, &runs[0], "one");
    assert_string_not_equal(unit->row.intent_id, first);
    mem_free(unit);
}

static void only_a_patch_that_differs_from_the_disk_is_news(void **state)
{
    static const struct unit_row row = {.key = "key", .data = "{\"a\":1}"};
    struct two_clocks now = clocks(0, 0);
    struct unit *unit = unit_load(NULL, &row, &now.clock), *fresh;
    struct json *patch = json_object(unit);

    (void)state;
    assert_false(unit_merge(unit, NULL));
    json_set_int(patch, "a", 1);
    assert_false(unit_merge(unit, patch));
    json_set_null(patch, "b");
    assert_false(unit_merge(unit, patch));
    json_set_int(patch, "a", 2);
    assert_true(unit_merge(unit, patch));
    assert_true(unit_merge(unit, patch)); /* still not written */
    unit_store(unit, &now.clock);
    assert_false(unit_merge(unit, patch));
    fresh = unit_new(unit, &(struct run_row){.uuid = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
                     &(struct step_row){.name = "one"}, "key");
    patch = json_object(unit);
    assert_false(unit_merge(fresh, patch));
    json_set_null(patch, "gone");
    assert_false(unit_merge(fresh, patch));
    mem_free(unit);
}

/* --- help for judges --- */

static void judges_speak_and_note_below_the_given_memory(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct state_verdict verdict = {.wait_ms = -1};

    (void)state;
    assert_ptr_equal(state_say(&verdict, scope, STATE_FAILED, "%d of %d", 3, 4), &verdict);
    assert_int_equal(verdict.answer, STATE_FAILED);
    assert_string_equal(verdict.reason, "3 of 4");
    assert_ptr_equal(talloc_parent(verdict.reason), scope);
    state_say(&verdict, scope, STATE_DONE, NULL);
    assert_int_equal(verdict.answer, STATE_DONE);
    assert_string_equal(verdict.reason, "3 of 4");
    json_set_int(state_data(&verdict, scope), "page", 1);
    json_set_int(state_data(&verdict, scope), "of", 2);
    json_set_int(state_facts(&verdict, scope), "seen", 3);
    assert_string_equal(json_print(scope, verdict.data), "{\"page\":1,\"of\":2}");
    assert_string_equal(json_print(scope, verdict.facts), "{\"seen\":3}");
}

static void the_width_halves_once_for_all_and_grows_by_one(void **state)
{
    struct width width;

    (void)state;
    width_init(&width, 10, 0);
    assert_int_equal(width.now, 10);
    assert_true(width_busy(&width, 1000));
    assert_false(width_busy(&width, 1001)); /* answers of the same moment */
    assert_int_equal(width.now, 5);
    for (int i = 0; i < 4; i++) {
        assert_false(width_good(&width));
    }
    assert_true(width_good(&width));
    assert_int_equal(width.now, 6);
    assert_true(width_busy(&width, 1000 + WIDTH_CALM_MS));
    assert_true(width_busy(&width, 1000 + 2 * WIDTH_CALM_MS));
    assert_int_equal(width.now, 1);
    assert_false(width_busy(&width, 1000 + 3 * WIDTH_CALM_MS)); /* one goes on */
    assert_true(width_good(&width));
    width_init(&width, 10, 4); /* of an earlier life */
    assert_int_equal(width.now, 4);
    width_init(&width, 3, 4);
    assert_int_equal(width.now, 3);
    assert_false(width_good(&width));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_phase_and_answer_leads_where_the_design_says),
        cmocka_unit_test(an_act_is_never_answered_by_another_act),
        cmocka_unit_test(the_schedule_gives_what_a_sorted_list_would),
        cmocka_unit_test(no_second_sees_more_than_the_rate_allows),
        cmocka_unit_test(the_wait_is_as_long_as_it_takes_and_no_longer),
        cmocka_unit_test(a_slow_rate_lets_one_through_at_once),
        cmocka_unit_test(without_a_rate_only_the_number_in_flight_counts),
        cmocka_unit_test(what_is_absent_or_senseless_gets_a_value_that_works),
        cmocka_unit_test(a_hold_stops_everything_and_a_shorter_one_does_not_end_it),
        cmocka_unit_test(times_are_stored_in_unix_time_and_come_back_in_another_process),
        cmocka_unit_test(notes_that_cannot_be_read_are_none),
        cmocka_unit_test(an_id_belongs_to_run_step_key_and_attempt),
        cmocka_unit_test(only_a_patch_that_differs_from_the_disk_is_news),
        cmocka_unit_test(the_width_halves_once_for_all_and_grows_by_one),
        cmocka_unit_test(judges_speak_and_note_below_the_given_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
