/* The engine and its journal: nothing leaves before it is on disk, and nothing after it is lost. */
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

/* Six units, three at a time; an answer takes five seconds. */
static void answer_slowly(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    out->add_count = in(call, "expand") ? 6 : 0;
    out->delay_ms = in(call, "act") ? 5000 : 0;
    out->remote_id = in(call, "act") ? "r" : NULL;
}

/* --- before it is on disk, nothing leaves --- */

static void answer_after_a_look(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit_row unit;

    answer_slowly(lab, call, out);
    if (in(call, "act")) {
        assert_int_equal(journal_unit_find(lab->journal, scope, &(struct unit_key){1, 0, call->key},
                                           &unit, &lab->err),
                         FERRY_OK);
        assert_int_equal(unit.state, UNIT_INTENT);
        assert_string_equal(unit.intent_id, call->id);
        assert_true(unit.intent_at_ms > 0);
        assert_int_equal(strlen(unit.request_digest), 64);
        assert_true(journal_intent_is_open(lab->journal, call->id));
    }
}

static void an_intent_is_on_disk_before_its_request_leaves(void **state)
{
    struct lab *lab = lab_new(only_many, answer_after_a_look);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 6);
    lab_free(lab);
}

static bool nothing_is_permitted(void *arg, const char *intent_id)
{
    (void)arg, (void)intent_id;
    return false;
}

static void a_request_that_the_gate_refuses_ends_the_run_unsent(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab_open(lab);
    lab->gate = transport_gate(lab->life, &lab->transport, nothing_is_permitted, NULL);
    assert_int_equal(lab_run(lab), FERRY_E_FENCED);
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    assert_int_equal(transport_gate_refusals(lab->gate), 3);
    assert_int_equal(lab_unit(lab, "many", "u00000").state, UNIT_PENDING);
    assert_true(lab_counters_agree(lab));
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

/* --- the journal is lost in mid-run --- */

static int refuse_commit(void *arg)
{
    (void)arg;
    return 1;
}

/* Once three requests are under way, no commit succeeds any more. */
static void lose_the_journal(struct lab *lab)
{
    if (lab_count(lab, "act", NULL) == 3) {
        sqlite3_commit_hook(lab->journal->db, refuse_commit, NULL);
    }
}

static void a_lost_journal_sends_nothing_more_and_shows_what_it_could_not_write(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab->on_wait = lose_the_journal;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_true(lab->err.hint[0] != '\0');
    assert_int_equal(lab_count(lab, "act", NULL), 3);
    assert_int_equal(lab_told_count(lab, "unrecorded"), 3);
    assert_string_equal(lab_told_last(lab, "unrecorded")->text, "done: r");
    assert_int_equal(lab_told_last(lab, "unrecorded")->id, 0);
    assert_int_equal(lab_told_count(lab, "unit_done"), 0); /* told only what is on disk */
    lab->on_wait = NULL;
    lab_kill(lab);
    /* the next life asks, and sends nothing twice */
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "u00000"), 1);
    assert_int_equal(lab_step(lab, "many").n_done, 6);
    lab_free(lab);
}

/* The first answer comes early: the commit that fails is the one with its result, while two more
   requests are under way. */
static void answer_first_early(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_slowly(lab, call, out);
    if (strcmp(call->key, "u00000") == 0) {
        out->delay_ms = 0;
    } else if (in(call, "act") && strcmp(call->key, "u00002") == 0) {
        out->fate = lab->arg ? LAB_NEVER : LAB_LOST;
    }
}

static void requests_under_way_are_let_finish_when_the_journal_is_lost(void **state)
{
    struct lab *lab = lab_new(only_many, answer_first_early);
    int64_t began_ms = lab->now_ms;

    (void)state;
    lab->on_wait = lose_the_journal;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_true(lab->now_ms - began_ms >= 5000);
    assert_int_equal(lab_count(lab, "act", NULL), 3); /* the fourth was in the commit that failed */
    assert_int_equal(lab_told_count(lab, "unrecorded"), 2); /* an answer that got lost is none */
    lab_free(lab);
}

static void lose_and_stop_twice(struct lab *lab)
{
    lose_the_journal(lab);
    if (lab->now_ms > 8000) {
        lab->stop = 2;
    }
}

static void a_second_stop_ends_the_waiting_for_them(void **state)
{
    struct lab *lab = lab_new(only_many, answer_first_early);

    (void)state;
    lab->arg = lab;
    lab->on_wait = lose_and_stop_twice;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_true(lab->now_ms < 12000);
    lab_free(lab);
}

static int hook_calls;

static int refuse_from_the_first(void *arg)
{
    (void)arg;
    hook_calls++;
    return 1;
}

static void a_journal_that_is_lost_at_once_sends_nothing_at_all(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab_open(lab);
    hook_calls = 0;
    sqlite3_commit_hook(lab->journal->db, refuse_from_the_first, NULL);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_int_equal(hook_calls, 1);
    assert_int_equal(lab->call_count, 0);
    lab_kill(lab);
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

/* A full disk: a change fails, not the commit. */
static void fill_the_disk(struct lab *lab)
{
    if (lab_count(lab, "act", NULL) == 3) {
        sqlite3_exec(lab->journal->db,
                     "CREATE TEMP TRIGGER full BEFORE INSERT ON event BEGIN "
                     "SELECT RAISE(FAIL, 'full'); END",
                     NULL, NULL, NULL);
    }
}

static void a_change_that_cannot_be_written_loses_the_journal(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab->on_wait = fill_the_disk;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_int_equal(lab_count(lab, "act", NULL), 3);
    lab->on_wait = NULL;
    lab_kill(lab);
    assert_int_equal(lab_step(lab, "many").n_open, 3);
    assert_true(lab_counters_agree(lab));
    lab_kill(lab);
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static int deny_units(void *arg, int action, const char *table, const char *column, const char *db,
                      const char *trigger)
{
    (void)arg, (void)column, (void)db, (void)trigger;
    return action == SQLITE_READ && table && strcmp(table, "unit") == 0 ? SQLITE_DENY : SQLITE_OK;
}

/* Units cannot be read: statements that were made before still write. */
static void units_that_cannot_be_read_pause_the_run(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab_open(lab);
    sqlite3_set_authorizer(lab->journal->db, deny_units, NULL);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    lab_kill(lab);
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static void deny_when_running(struct lab *lab, const struct engine_event *event)
{
    const char *kind = lab->arg;

    if (strcmp(event->kind, kind) == 0) {
        sqlite3_set_authorizer(lab->journal->db, deny_units, NULL);
    }
}

static void answer_fails_while_stopping(struct lab *lab, const struct lab_call *call,
                                        struct lab_answer *out)
{
    (void)call;
    out->say = STATE_FAILED;
    out->reason = "refused";
    lab->stop = 1;
}

static void a_window_that_cannot_be_read_pauses_the_run(void **state)
{
    static char started[] = "step_expanded";
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab->arg = started;
    lab->on_told = deny_when_running;
    assert_int_equal(lab_live(lab), FERRY_E_JOURNAL);
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    lab->on_told = NULL;
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static void a_failed_unit_that_cannot_be_read_pauses_the_run(void **state)
{
    static const struct ferry_state plain = {.name = "plain",
                                             .summary = "one unit",
                                             .def = 1,
                                             .timing = lab_timing,
                                             .act = LAB_PHASE(act)};
    static const struct ferry_state *const only_plain[] = {&plain, NULL};
    static char started[] = "run_started";
    struct lab *lab = lab_new(only_plain, answer_fails_while_stopping);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    lab->stop = 0;
    lab->arg = started;
    lab->on_told = deny_when_running;
    assert_int_equal(lab_live(lab), FERRY_E_JOURNAL);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    lab->on_told = NULL;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_free(lab);
}

static void no_unit_may_be_written(struct lab *lab, const struct engine_event *event)
{
    const char *kind = lab->arg;

    if (strcmp(event->kind, kind) == 0) {
        sqlite3_exec(lab->journal->db,
                     "CREATE TEMP TRIGGER full1 BEFORE INSERT ON unit BEGIN "
                     "SELECT RAISE(FAIL, 'full'); END;"
                     "CREATE TEMP TRIGGER full2 BEFORE UPDATE ON unit BEGIN "
                     "SELECT RAISE(FAIL, 'full'); END",
                     NULL, NULL, NULL);
    }
}

static void units_that_cannot_be_written_are_not_acted_on(void **state)
{
    static char kinds[][16] = {"step_started", "step_expanded"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_new(only_many, answer_slowly);

        lab->arg = kinds[i];
        lab->on_told = no_unit_may_be_written;
        assert_int_equal(lab_live(lab), FERRY_E_JOURNAL);
        assert_int_equal(lab_count(lab, "act", NULL), 0);
        assert_int_equal(lab_told_count(lab, "unrecorded"), 0);
        lab->on_told = NULL;
        assert_int_equal(lab_live(lab), FERRY_OK);
        lab_free(lab);
    }
}

/* One unit ends while a question about the others is under way: nobody waits for that. */
static void answer_mixed(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_slowly(lab, call, out);
    out->delay_ms = 0;
    if (in(call, "act")) {
        out->say = STATE_RUNNING;
    } else if (in(call, "await")) {
        out->delay_ms = strcmp(call->key, "u00000") == 0 ? 0 : 40000;
        sqlite3_commit_hook(lab->journal->db, refuse_commit, NULL);
    }
}

static void questions_under_way_are_not_waited_for(void **state)
{
    struct lab *lab = lab_new(only_many, answer_mixed);

    (void)state;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_true(lab->now_ms < 10000);
    assert_int_equal(lab_told_count(lab, "unrecorded"), 1);
    lab_free(lab);
}

/* --- another writer --- */

static void take_the_journal_over(struct lab *lab)
{
    struct journal_options options = {.path = lab->path,
                                      .mode = JOURNAL_WRITE,
                                      .clock = &lab->clock,
                                      .rng = &lab->rng.rng,
                                      .owner = "another",
                                      .disable_lock = true};
    struct journal *other;

    if (lab_count(lab, "act", NULL) == 3 && lab->arg == NULL) {
        assert_int_equal(journal_open(lab->life, &options, &other, &lab->err), FERRY_OK);
        lab->arg = other;
    }
}

static void after_another_took_over_nothing_is_sent(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab->on_wait = take_the_journal_over;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_FENCED);
    assert_int_equal(lab_count(lab, "act", NULL), 3);
    assert_int_equal(lab_count(lab, "await", NULL), 0);
    assert_int_equal(lab_told_count(lab, "unrecorded"), 3);
    lab->on_wait = NULL;
    lab_kill(lab);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "u00001"), 1);
    lab_free(lab);
}

/* --- what is told was on disk --- */

static void every_stored_event_told_is_on_disk_already(struct lab *lab,
                                                       const struct engine_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct event_row *rows;
    size_t n;

    if (event->id) {
        assert_int_equal(journal_events(lab->journal, scope,
                                        &(struct event_query){1, event->id - 1, 1}, &rows, &n,
                                        &lab->err),
                         FERRY_OK);
        assert_int_equal(n, 1);
        assert_string_equal(rows[0].kind, event->kind);
    }
}

static void what_is_told_is_on_disk(void **state)
{
    struct lab *lab = lab_new(only_many, answer_slowly);

    (void)state;
    lab->on_told = every_stored_event_told_is_on_disk_already;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_told_count(lab, "unit_done"), 6);
    lab_free(lab);
}

/* --- a run that cannot be made or taken up --- */

static void a_run_with_bad_facts_is_refused_before_anything(void **state)
{
    struct engine_options options;
    struct lab *lab = lab_new(only_many, answer_slowly);
    struct run_row run;

    (void)state;
    lab_open(lab);
    options = lab_options(lab);
    run = lab_read_run(lab);
    run.facts = "[not json";
    assert_int_equal(engine_run(&options, &run, NULL, &lab->err), FERRY_E_PROTOCOL);
    assert_non_null(strstr(lab->err.message, "run \"lab-1\" in the journal"));
    run.facts = run.options = NULL;
    assert_int_equal(engine_run(&options, &run, NULL, &lab->err), FERRY_OK);
    lab_free(lab);
}

static int deny_all_reads(void *arg, int action, const char *table, const char *column,
                          const char *db, const char *trigger)
{
    (void)arg, (void)table, (void)column, (void)db, (void)trigger;
    return action == SQLITE_READ ? SQLITE_DENY : SQLITE_OK;
}

static void a_run_that_cannot_be_written_is_not_made(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct lab *lab = lab_new(only_many, answer_slowly);
    struct engine_definition other = {.name = "lab-2",
                                      .target = "https://other.example",
                                      .options = json_object(scope),
                                      .facts = json_object(scope),
                                      .ferry_version = "laboratory"};
    static const char *const tables[] = {"step", "event"};
    struct engine_options options;
    struct run_row row;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        lab_open(lab);
        options = lab_options(lab);
        sqlite3_exec(lab->journal->db,
                     mem_printf(scope,
                                "CREATE TEMP TRIGGER full BEFORE INSERT ON %s BEGIN "
                                "SELECT RAISE(FAIL, 'full'); END",
                                tables[i]),
                     NULL, NULL, NULL);
        assert_int_equal(engine_create(scope, &options, &other, &row, &lab->err), FERRY_E_JOURNAL);
        assert_int_equal(journal_run_find(lab->journal, scope, "lab-2", &row, &lab->err),
                         FERRY_E_NOT_FOUND);
    }
    lab_open(lab);
    options = lab_options(lab);
    sqlite3_set_authorizer(lab->journal->db, deny_all_reads, NULL);
    assert_int_equal(engine_create(scope, &options, &other, &row, &lab->err), FERRY_E_JOURNAL);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intent_is_on_disk_before_its_request_leaves),
        cmocka_unit_test(a_request_that_the_gate_refuses_ends_the_run_unsent),
        cmocka_unit_test(a_lost_journal_sends_nothing_more_and_shows_what_it_could_not_write),
        cmocka_unit_test(requests_under_way_are_let_finish_when_the_journal_is_lost),
        cmocka_unit_test(a_second_stop_ends_the_waiting_for_them),
        cmocka_unit_test(a_journal_that_is_lost_at_once_sends_nothing_at_all),
        cmocka_unit_test(a_change_that_cannot_be_written_loses_the_journal),
        cmocka_unit_test(units_that_cannot_be_read_pause_the_run),
        cmocka_unit_test(a_window_that_cannot_be_read_pauses_the_run),
        cmocka_unit_test(a_failed_unit_that_cannot_be_read_pauses_the_run),
        cmocka_unit_test(units_that_cannot_be_written_are_not_acted_on),
        cmocka_unit_test(questions_under_way_are_not_waited_for),
        cmocka_unit_test(after_another_took_over_nothing_is_sent),
        cmocka_unit_test(what_is_told_is_on_disk),
        cmocka_unit_test(a_run_with_bad_facts_is_refused_before_anything),
        cmocka_unit_test(a_run_that_cannot_be_written_is_not_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
