/* What an operator decides: resolve and retry; and that it is refused where it makes no sense.
 */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state plain = {.name = "plain",
                                         .summary = "one unit",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act)};
static const struct ferry_state many = {.name = "many",
                                        .summary = "several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT,
                                        .timing = lab_timing,
                                        .expand = LAB_PHASE(expand),
                                        .probe = LAB_PHASE(probe),
                                        .act = LAB_PHASE(act),
                                        .await = LAB_PHASE(await)};
static const struct ferry_state more = {.name = "more",
                                        .summary = "again several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT,
                                        .timing = lab_timing,
                                        .expand = LAB_PHASE(expand),
                                        .act = LAB_PHASE(act)};
static const struct ferry_state count = {.name = "count",
                                         .summary = "counts what is there",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .await = LAB_PHASE(await)};
static const struct ferry_state point = {.name = "point",
                                         .summary = "no way back",
                                         .def = 1,
                                         .flags = STATE_NO_RETURN,
                                         .timing = lab_timing,
                                         .act = LAB_PHASE(act),
                                         .await = LAB_PHASE(await)};
static const struct ferry_state *const only_plain[] = {&plain, NULL};
static const struct ferry_state *const several[] = {&many, &more, &count, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* --- resolve --- */

static void answer_open(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") ? STATE_CANNOT_TELL : STATE_DONE;
    out->fate = in(call, "act") && call->nth == 1 ? LAB_LOST : LAB_GOOD;
}

/* A run that stands because of an unknown unit, its journal open for a decision. */
static struct lab *unknown_unit(void)
{
    struct lab *lab = lab_new(only_plain, answer_open);

    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    lab_open(lab);
    lab->run = lab_read_run(lab);
    return lab;
}

static enum ferry_code resolve(struct lab *lab, const char *unit, enum engine_decision decision)
{
    struct engine_options options = lab_options(lab);

    ferry_error_clear(&lab->err);
    return engine_resolve(&options, &lab->run, unit, decision, &lab->err);
}

static void resolved_as_done_the_run_goes_on_behind_it(void **state)
{
    struct lab *lab = unknown_unit();

    (void)state;
    assert_int_equal(resolve(lab, "plain/plain", ENGINE_AS_DONE), FERRY_OK);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_DONE);
    assert_null(lab_unit(lab, "plain", "plain").error);
    assert_int_equal(lab_step(lab, "plain").n_unknown, 0);
    assert_true(lab_counters_agree(lab));
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

static void resolved_as_absent_it_is_sent_again_with_the_same_id(void **state)
{
    struct lab *lab = unknown_unit();

    (void)state;
    assert_int_equal(resolve(lab, "plain", ENGINE_AS_ABSENT), FERRY_OK);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_PENDING);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 2);
    assert_string_equal(lab_nth(lab, "act", 1)->id, lab_nth(lab, "act", 2)->id);
    assert_int_equal(lab_unit(lab, "plain", "plain").attempt, 1);
    lab_free(lab);
}

static void resolved_as_failed_the_run_fails_and_says_who_decided(void **state)
{
    struct lab *lab = unknown_unit();

    (void)state;
    assert_int_equal(resolve(lab, "plain/plain", ENGINE_AS_FAILED), FERRY_OK);
    assert_int_equal(lab_run(lab), FERRY_E_FAILED);
    assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
    assert_non_null(strstr(lab_read_run(lab).error, "as the operator decided"));
    assert_null(lab_unit(lab, "plain", "plain").hint);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

static void only_what_is_unknown_in_a_live_run_can_be_resolved(void **state)
{
    struct engine_options options;
    struct lab *lab = unknown_unit();

    (void)state;
    assert_int_equal(resolve(lab, "plain/other", ENGINE_AS_DONE), FERRY_E_NOT_FOUND);
    assert_int_equal(resolve(lab, "other", ENGINE_AS_DONE), FERRY_E_NOT_FOUND);
    assert_int_equal(resolve(lab, "plain", ENGINE_AS_DONE), FERRY_OK);
    assert_int_equal(resolve(lab, "plain", ENGINE_AS_FAILED), FERRY_E_USAGE);
    assert_non_null(strstr(lab->err.message, "is done, not unknown"));
    lab_free(lab);
    lab = unknown_unit();
    options = lab_options(lab);
    assert_int_equal(engine_cancel(&options, &lab->run, false, &(bool){false}, &lab->err),
                     FERRY_OK);
    lab->run = lab_read_run(lab);
    assert_int_equal(resolve(lab, "plain", ENGINE_AS_DONE), FERRY_E_USAGE);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    lab_free(lab);
}

static void answer_it_fails(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    (void)call;
    out->say = STATE_FAILED;
    out->reason = "too few of it";
}

static const struct ferry_state *const count_then_plain[] = {&count, &plain, NULL};

static void answer_count_fails(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_it_fails(lab, call, out);
    if (strcmp(call->key, "count") != 0) {
        out->say = STATE_DONE;
    }
}

static void a_plain_step_that_failed_may_be_called_done(void **state)
{
    struct lab *lab = lab_new(count_then_plain, answer_count_fails);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_open(lab);
    lab->run = lab_read_run(lab);
    assert_int_equal(resolve(lab, "count", ENGINE_AS_FAILED), FERRY_E_USAGE);
    assert_int_equal(resolve(lab, "count", ENGINE_AS_ABSENT), FERRY_E_USAGE);
    assert_int_equal(resolve(lab, "count", ENGINE_AS_DONE), FERRY_OK);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "await", "count"), 1);
    assert_int_equal(lab_count(lab, "act", "plain"), 1);
    assert_int_equal(lab_step(lab, "count").state, STEP_DONE);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void answer_two_steps_alike(struct lab *lab, const struct lab_call *call,
                                   struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") ? STATE_CANNOT_TELL : STATE_DONE;
    out->add = in(call, "expand") ? "a" : NULL;
    out->fate = in(call, "act") && call->nth == 2 ? LAB_LOST : LAB_GOOD;
}

static void a_key_of_several_steps_must_be_named_with_its_step(void **state)
{
    struct lab *lab = lab_new(several, answer_two_steps_alike);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    lab_open(lab);
    lab->run = lab_read_run(lab);
    assert_int_equal(resolve(lab, "a", ENGINE_AS_DONE), FERRY_E_USAGE);
    assert_non_null(strstr(lab->err.message, "in 2 steps"));
    assert_int_equal(resolve(lab, "more/a", ENGINE_AS_DONE), FERRY_OK);
    assert_int_equal(lab_run(lab), FERRY_OK);
    lab_free(lab);
}

/* --- retry --- */

static enum ferry_code retry(struct lab *lab, int64_t *n)
{
    struct engine_options options = lab_options(lab);

    ferry_error_clear(&lab->err);
    lab->run = lab_read_run(lab);
    return engine_retry_failed(&options, &lab->run, n, &lab->err);
}

/* "b" fails once, with notes that must not reach its second attempt. */
static void answer_b_fails(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    out->add = in(call, "expand") ? (strcmp(call->key, "many") == 0 ? "a b c" : "x") : NULL;
    if (in(call, "act") && strcmp(call->key, "x") != 0) {
        out->say = STATE_RUNNING;
        out->remote_id = "old";
        out->data = "{\"execution\":\"old\"}";
    } else if (in(call, "await") && strcmp(call->key, "b") == 0 && call->nth == 1) {
        out->say = STATE_FAILED;
        out->reason = "the workflow failed";
    }
}

static void answer_second_attempt(struct lab *lab, const struct lab_call *call,
                                  struct lab_answer *out)
{
    answer_b_fails(lab, call, out);
    if (in(call, "act") && strcmp(call->key, "b") == 0) {
        struct unit_row unit = lab_unit(lab, "many", "b");

        assert_null(unit.data);
        assert_null(unit.remote_id);
    }
}

static void a_run_done_but_for_some_units_lives_again_and_counts_again(void **state)
{
    struct lab *lab = lab_new(several, answer_b_fails);
    struct unit_row failed;
    int64_t n;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    assert_int_equal(lab_count(lab, "await", "count"), 1);
    lab_open(lab);
    failed = lab_unit(lab, "many", "b");
    assert_int_equal(retry(lab, &n), FERRY_OK);
    assert_int_equal(n, 1);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_string_equal(lab_read_run(lab).hint, "to go on: ferry resume");
    assert_int_equal(lab_step(lab, "many").state, STEP_RUNNING);
    assert_int_equal(lab_step(lab, "more").state, STEP_DONE);
    assert_int_equal(lab_step(lab, "count").state, STEP_WAITING);
    assert_true(lab_counters_agree(lab));
    assert_int_equal(lab_unit(lab, "many", "b").attempt, 2);
    assert_string_not_equal(lab_unit(lab, "many", "b").intent_id, failed.intent_id);
    lab->answer = answer_second_attempt;
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    assert_int_equal(lab_count(lab, "act", "a"), 1);
    assert_int_equal(lab_count(lab, "act", "b"), 2);
    assert_int_equal(lab_count(lab, "act", "x"), 1);
    assert_int_equal(lab_count(lab, "expand", NULL), 2); /* many, more: once each */
    assert_int_equal(lab_count(lab, "await", "count"), 2);
    assert_int_equal(lab_step(lab, "many").n_done, 3);
    assert_true(lab_counters_agree(lab));
    assert_int_equal(retry(lab, &n), FERRY_E_NOT_FOUND);
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    lab_free(lab);
}

/* To prepare once more what is over would let the looks between them judge another world. */
static void what_failed_before_the_point_of_no_return_is_not_done_again(void **state)
{
    static const struct ferry_state *const over[] = {&many, &count, &point, NULL};
    struct lab *lab = lab_new(over, answer_b_fails);
    int64_t n;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    lab_open(lab);
    assert_int_equal(retry(lab, &n), FERRY_E_NOT_FOUND);
    assert_non_null(strstr(lab->err.message, "many, is not done again: point is behind it"));
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    assert_int_equal(lab_step(lab, "count").state, STEP_DONE);
    lab_free(lab);
}

static void answer_refused_once(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") && call->nth == 1 ? STATE_FAILED : STATE_DONE;
    out->reason = "refused";
}

static void a_failed_run_is_retried_where_it_failed(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_refused_once);
    int64_t n;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_open(lab);
    assert_int_equal(retry(lab, &n), FERRY_OK);
    assert_int_equal(n, 1);
    assert_null(lab_step(lab, "plain").error);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_string_not_equal(lab_nth(lab, "act", 1)->id, lab_nth(lab, "act", 2)->id);
    assert_null(lab_read_run(lab).error);
    lab_free(lab);
}

static void answer_hundreds_fail(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") && call->nth == 1 ? STATE_FAILED : STATE_DONE;
    out->reason = "dead";
    out->add_count = in(call, "expand") && call->nth == 1 ? 1500 : 0;
}

static void thousands_of_units_are_retried_at_once(void **state)
{
    static const struct ferry_state *const only_more[] = {&more, NULL};
    struct lab *lab = lab_new(only_more, answer_hundreds_fail);
    int64_t n;

    (void)state;
    lab->deaf = true;
    lab->options = "{\"limits\":{\"requests_per_second\":0}}";
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    lab_open(lab);
    assert_int_equal(retry(lab, &n), FERRY_OK);
    assert_int_equal(n, 1500);
    assert_true(lab_counters_agree(lab));
    assert_int_equal(lab_run(lab), FERRY_OK);
    lab_free(lab);
}

static void a_retry_waits_for_another_run_on_the_same_manager(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct lab *lab = lab_new(only_plain, answer_refused_once);
    struct engine_definition other = {.name = "lab-2",
                                      .target = "https://lab.example",
                                      .options = json_object(scope),
                                      .facts = json_object(scope),
                                      .ferry_version = "laboratory"};
    struct engine_options options;
    struct run_row row;
    int64_t n;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_open(lab);
    options = lab_options(lab);
    assert_int_equal(engine_create(scope, &options, &other, &row, &lab->err), FERRY_OK);
    assert_int_equal(retry(lab, &n), FERRY_E_REFUSED);
    assert_non_null(strstr(lab->err.message, "lab-2"));
    assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_FAILED);
    assert_int_equal(engine_create(scope, &options, &other, &row, &lab->err), FERRY_E_REFUSED);
    lab_free(lab);
}

static void answer_one_fails_one_is_open(struct lab *lab, const struct lab_call *call,
                                         struct lab_answer *out)
{
    answer_open(lab, call, out);
    out->add = in(call, "expand") ? "a b" : NULL;
    if (in(call, "act") && strcmp(call->key, "b") == 0) {
        out->fate = LAB_GOOD;
        out->say = call->nth == 1 ? STATE_FAILED : STATE_DONE;
    }
}

static void a_retry_leaves_an_unknown_unit_to_its_decision(void **state)
{
    struct lab *lab = lab_new(several, answer_one_fails_one_is_open);
    int64_t n;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    lab_open(lab);
    assert_int_equal(retry(lab, &n), FERRY_OK);
    assert_int_equal(n, 1);
    assert_int_equal(lab_unit(lab, "many", "a").state, UNIT_UNKNOWN);
    assert_int_equal(lab_run(lab), FERRY_E_UNKNOWN);
    assert_int_equal(lab_unit(lab, "many", "b").state, UNIT_DONE);
    lab_free(lab);
}

/* --- a journal that fails: all of a decision, or nothing --- */

static const char *denied_table;
static int denied_action;

static int deny(void *arg, int action, const char *table, const char *column, const char *db,
                const char *trigger)
{
    (void)arg, (void)column, (void)db, (void)trigger;
    return action == denied_action && table && strcmp(table, denied_table) == 0 ? SQLITE_DENY
                                                                                : SQLITE_OK;
}

enum decision { RESOLVE, RETRY, CANCEL };

static enum ferry_code decide(struct lab *lab, enum decision decision)
{
    struct engine_options options = lab_options(lab);
    int64_t n;

    lab->run = lab_read_run(lab);
    sqlite3_set_authorizer(lab->journal->db, deny, NULL);
    switch (decision) {
    case RESOLVE:
        return engine_resolve(&options, &lab->run, "many/a", ENGINE_AS_DONE, &lab->err);
    case RETRY:
        return engine_retry_failed(&options, &lab->run, &n, &lab->err);
    case CANCEL:
        break;
    }
    return engine_cancel(&options, &lab->run, false, &(bool){false}, &lab->err);
}

static void a_decision_is_written_whole_or_not_at_all(void **state)
{
    static const struct {
        enum decision decision;
        int action;
        const char *table;
    } cases[] = {{RESOLVE, SQLITE_READ, "step"},  {RESOLVE, SQLITE_UPDATE, "unit"},
                 {RESOLVE, SQLITE_UPDATE, "run"}, {RESOLVE, SQLITE_INSERT, "event"},
                 {RESOLVE, SQLITE_READ, "meta"},  {RETRY, SQLITE_READ, "step"},
                 {RETRY, SQLITE_READ, "unit"},    {RETRY, SQLITE_UPDATE, "unit"},
                 {RETRY, SQLITE_UPDATE, "step"},  {RETRY, SQLITE_UPDATE, "run"},
                 {RETRY, SQLITE_INSERT, "event"}, {RETRY, SQLITE_READ, "meta"},
                 {CANCEL, SQLITE_READ, "step"},   {CANCEL, SQLITE_UPDATE, "step"},
                 {CANCEL, SQLITE_UPDATE, "run"},  {CANCEL, SQLITE_INSERT, "event"},
                 {CANCEL, SQLITE_READ, "meta"}};
    struct lab *lab = lab_new(several, answer_one_fails_one_is_open);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        lab_open(lab);
        denied_action = cases[i].action;
        denied_table = cases[i].table;
        ferry_error_clear(&lab->err);
        assert_int_equal(decide(lab, cases[i].decision), FERRY_E_JOURNAL);
        lab_kill(lab);
        assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
        assert_int_equal(lab_unit(lab, "many", "a").state, UNIT_UNKNOWN);
        assert_int_equal(lab_unit(lab, "many", "b").state, UNIT_FAILED);
        assert_int_equal(lab_step(lab, "many").state, STEP_RUNNING);
        assert_true(lab_counters_agree(lab));
        lab_kill(lab);
    }
    lab_free(lab);
}

static void a_retry_that_cannot_look_again_is_none(void **state)
{
    struct lab *lab = lab_new(several, answer_b_fails);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_PARTIAL);
    lab_open(lab);
    sqlite3_exec(lab->journal->db,
                 "CREATE TEMP TRIGGER full BEFORE UPDATE ON unit WHEN OLD.key='count' BEGIN "
                 "SELECT RAISE(FAIL, 'full'); END",
                 NULL, NULL, NULL);
    denied_table = "";
    assert_int_equal(decide(lab, RETRY), FERRY_E_JOURNAL);
    lab_kill(lab);
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    assert_int_equal(lab_unit(lab, "many", "b").state, UNIT_FAILED);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolved_as_done_the_run_goes_on_behind_it),
        cmocka_unit_test(resolved_as_absent_it_is_sent_again_with_the_same_id),
        cmocka_unit_test(resolved_as_failed_the_run_fails_and_says_who_decided),
        cmocka_unit_test(only_what_is_unknown_in_a_live_run_can_be_resolved),
        cmocka_unit_test(a_key_of_several_steps_must_be_named_with_its_step),
        cmocka_unit_test(a_run_done_but_for_some_units_lives_again_and_counts_again),
        cmocka_unit_test(what_failed_before_the_point_of_no_return_is_not_done_again),
        cmocka_unit_test(a_failed_run_is_retried_where_it_failed),
        cmocka_unit_test(thousands_of_units_are_retried_at_once),
        cmocka_unit_test(a_retry_waits_for_another_run_on_the_same_manager),
        cmocka_unit_test(a_retry_leaves_an_unknown_unit_to_its_decision),
        cmocka_unit_test(a_decision_is_written_whole_or_not_at_all),
        cmocka_unit_test(a_retry_that_cannot_look_again_is_none),
        cmocka_unit_test(a_plain_step_that_failed_may_be_called_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
