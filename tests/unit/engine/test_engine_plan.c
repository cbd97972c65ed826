/* The plan: every state looks, nothing is changed, and what a run would send is shown. */
#include "base/mem.h"
#include "engine/limits.h"
#include "ferry_test.h"
#include "lab.h"

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* The laboratory's judge, and what a real one says to the plan besides. */
static void judge_plan(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    lab_judge(context, units, n, reply, verdicts, mem);
    assert_true(context->planning);
    if (verdicts->answer != STATE_DONE) {
        return;
    }
    state_plan_units(context->plan, 12);
    state_plan_estimate(context->plan, 90000, "12 units, 7.5 s each");
    state_plan_note(context->plan, "a note");
    state_plan_warning(context->plan, "a warning", "heed it");
    if (json_get(context->facts, "blocker")) {
        state_plan_blocker(context->plan, FERRY_OK, "a blocker", "remove it");
        state_plan_blocker(context->plan, FERRY_E_ARCHIVE, "another", NULL);
    }
    if (json_get(context->facts, "skip")) {
        state_plan_skip(context->plan, "it is so already");
    }
}

static bool ask_with_body(const struct state_context *context, const struct state_unit *units,
                          size_t n, struct http_request **request, struct state_verdict *verdicts,
                          const void *mem)
{
    struct json *body = json_object(mem);

    lab_ask_act(context, units, n, request, verdicts, mem);
    json_set_string(body, "id", units->id);
    http_request_json(*request, body);
    http_request_header(*request, "Tenant", "default_tenant");
    (*request)->credential = HTTP_AS_AFTER;
    return true;
}

static bool ask_with_file(const struct state_context *context, const struct state_unit *units,
                          size_t n, struct http_request **request, struct state_verdict *verdicts,
                          const void *mem)
{
    lab_ask_act(context, units, n, request, verdicts, mem);
    (*request)->body_file = "/snap.zip";
    (*request)->body_size = 1234;
    return true;
}

static bool ask_no_more(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request **request, struct state_verdict *verdicts,
                        const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    state_plan_note(context->plan, "known without a question");
    verdicts->answer = STATE_DONE;
    return false;
}

static const struct ferry_state upload = {.name = "upload",
                                          .summary = "sends the archive",
                                          .def = 1,
                                          .flags = STATE_PROBE_FIRST,
                                          .plan = {.ask = lab_ask_plan, .judge = judge_plan},
                                          .probe = LAB_PHASE(probe),
                                          .act = {.ask = ask_with_file, .judge = lab_judge},
                                          .verify = LAB_PHASE(verify)};
static const struct ferry_state agents = {.name = "agents",
                                          .summary = "many units",
                                          .def = 1,
                                          .flags = STATE_FANOUT | STATE_NO_RETURN,
                                          .plan = {.ask = ask_no_more},
                                          .expand = LAB_PHASE(expand),
                                          .probe = LAB_PHASE(probe),
                                          .act = {.ask = ask_with_body, .judge = lab_judge},
                                          .await = LAB_PHASE(await)};
static const struct ferry_state *const two[] = {&upload, &agents, NULL};

static struct json *plan;

static enum ferry_code make_plan(struct lab *lab)
{
    struct engine_options options = lab_options(lab);
    struct json *facts = json_object(lab);

    options.journal = NULL;
    options.transport = &lab->transport;
    json_set_bool(facts, "archive", true);
    ferry_error_clear(&lab->err);
    return engine_plan(lab, &options, json_object(lab), facts, &plan, &lab->err);
}

static const struct json *finding(const char *kind, size_t nth)
{
    const struct json *rows = json_get(plan, "findings");

    for (const struct json *row = json_first(rows); row; row = json_next(row)) {
        if (strcmp(json_string_or(row, "kind", ""), kind) == 0 && nth-- == 0) {
            return row;
        }
    }
    return NULL;
}

static const struct json *step_of_plan(size_t at)
{
    return json_at(json_get(plan, "steps"), at);
}

static void answer_free(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    assert_true(in(call, "plan"));
    out->say = call->nth < 3 ? STATE_AGAIN : STATE_DONE;
    out->data = call->nth == 1 ? "{\"page\":1}" : "{\"page\":2}";
    out->facts = "{\"manager\":{\"version\":\"7.1.0\"}}";
}

static void a_plan_shows_what_would_be_done_and_asked(void **state)
{
    struct lab *lab = lab_new(two, answer_free);
    const struct json *row;

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 3);
    for (size_t i = 0; i < lab->call_count; i++) {
        assert_false(lab->calls[i].changes);
    }
    assert_false(json_is_true(json_get(plan, "blocked")));
    assert_string_equal(json_string_or(plan, "workflow", ""), "lab");
    assert_string_equal(json_string_or(plan, "facts.manager.version", ""), "7.1.0");
    assert_true(json_is_true(json_get(plan, "facts.archive")));
    row = step_of_plan(0);
    assert_string_equal(json_string_or(row, "summary", ""), "sends the archive");
    assert_int_equal(json_int64_or(row, "units", 0), 12);
    assert_int_equal(json_int64_or(row, "estimate_ms", 0), 90000);
    assert_string_equal(json_string_or(row, "estimate_terms", ""), "12 units, 7.5 s each");
    assert_false(json_is_true(json_get(row, "no_return")));
    assert_true(json_is_true(json_get(step_of_plan(1), "no_return")));
    assert_string_equal(json_string_or(finding("warning", 0), "hint", ""), "heed it");
    assert_string_equal(json_string_or(finding("note", 1), "text", ""), "known without a question");
    lab_free(lab);
}

static void a_plan_shows_the_very_requests(void **state)
{
    struct lab *lab = lab_new(two, answer_free);
    const struct json *rows, *act;

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    rows = json_get(step_of_plan(0), "requests");
    assert_int_equal(json_size(rows), 3); /* probe, act, verify */
    act = json_at(rows, 1);
    assert_string_equal(json_string_or(act, "phase", ""), "act");
    assert_string_equal(json_string_or(act, "method", ""), "POST");
    assert_true(json_is_true(json_get(act, "changes")));
    assert_string_equal(json_string_or(act, "body_file", ""), "/snap.zip");
    assert_int_equal(json_int64_or(act, "body_size", 0), 1234);
    assert_false(json_is_true(json_get(json_at(rows, 0), "changes")));
    rows = json_get(step_of_plan(1), "requests");
    assert_int_equal(json_size(rows), 3); /* expand, act, await */
    act = json_at(rows, 1);
    assert_string_equal(json_string_or(act, "path", ""), "/act/ID-MADE-BY-FERRY?TENANT/NAME");
    assert_string_equal(json_string_or(act, "body", ""), "{\"id\":\"ID-MADE-BY-FERRY\"}");
    assert_string_equal(json_string_or(act, "credential", ""), "after");
    assert_string_equal(json_string_or(act, "headers.Tenant", ""), "default_tenant");
    assert_string_equal(json_string_or(act, "headers.Content-Type", ""), "application/json");
    lab_free(lab);
}

static void answer_blocked(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_DONE;
    out->facts = lab->arg;
}

static void the_first_blocker_gives_the_code(void **state)
{
    static char facts[] = "{\"blocker\":true}", skip[] = "{\"skip\":true}";
    struct lab *lab = lab_new(two, answer_blocked);

    (void)state;
    lab->arg = facts;
    assert_int_equal(make_plan(lab), FERRY_OK); /* facts are merged behind the judge */
    lab_free(lab);
    lab = lab_new((const struct ferry_state *const[]){&upload, &upload, NULL}, answer_blocked);
    lab->arg = facts;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_true(json_is_true(json_get(plan, "blocked")));
    assert_string_equal(json_string_or(plan, "code", ""), "FERRY_E_REFUSED");
    assert_string_equal(json_string_or(finding("blocker", 0), "text", ""), "a blocker");
    assert_string_equal(json_string_or(finding("blocker", 0), "step", ""), "upload");
    assert_null(json_get(finding("blocker", 1), "hint"));
    lab->arg = skip;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_string_equal(json_string_or(step_of_plan(1), "skip", ""), "it is so already");
    assert_int_equal(json_size(json_get(step_of_plan(1), "requests")), 0);
    lab_free(lab);
}

/* --- checks --- */

static void judge_checks(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    (void)units, (void)n, (void)reply;
    state_plan_check(context->plan, "disk", STATE_CHECK_OK, "9 GB are free", NULL);
    state_plan_check(context->plan, "clock", STATE_CHECK_WARNING, "an hour ahead", "set it");
    state_plan_check(context->plan, "disk", STATE_CHECK_CANNOT_TELL, "the other does not say",
                     "look there");
    state_plan_check(context->plan, "disk", STATE_CHECK_OK, "9 GB here too", NULL);
    state_plan_check(context->plan, "plugins", STATE_CHECK_STOPS, "one is too old", "update it");
    json_set_string(state_facts(verdicts, mem), "seen", "by a check");
    verdicts->answer = STATE_DONE;
}

static bool ask_first(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    assert_null(json_get(context->facts, "manager")); /* which the plans of the states bring */
    return lab_ask_plan(context, units, n, request, verdicts, mem);
}

static const struct ferry_state check = {.name = "preflight_lab",
                                         .summary = "looks",
                                         .def = 1,
                                         .plan = {.ask = ask_first, .judge = judge_checks}};

static struct lab *checking_lab(void)
{
    static const struct ferry_state *const checks[] = {&check};
    static const struct state_check_name names[] = {{"clock", "facts 1", "is it right?"},
                                                    {"disk", "facts 2", "is there room?"},
                                                    {"ghost", "facts 3", "is anyone there?"},
                                                    {"plugins", "facts 4", "do they fit?"}};
    struct lab *lab = lab_new(two, answer_free);

    lab->workflow.checks = checks;
    lab->workflow.check_count = 1;
    lab->workflow.check_names = names;
    lab->workflow.check_name_count = 4;
    return lab;
}

static void assert_check(size_t at, const char *name, const char *verdict, const char *evidence,
                         const char *next)
{
    const struct json *row = json_at(json_get(plan, "checks"), at);

    assert_string_equal(json_string_or(row, "name", ""), name);
    assert_string_equal(json_string_or(row, "verdict", ""), verdict);
    assert_string_equal(json_string_or(row, "evidence", ""), evidence);
    assert_string_equal(json_string_or(row, "next", "(none)"), next);
}

static void checks_are_asked_first_and_stand_in_the_order_of_their_table(void **state)
{
    struct lab *lab = checking_lab();

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_int_equal(json_size(json_get(plan, "checks")), 4);
    assert_check(0, "clock", "warning", "an hour ahead", "set it");
    assert_check(1, "disk", "cannot_tell", "the other does not say", "look there");
    assert_check(2, "ghost", "cannot_tell", "not asked, because of what stands in the way",
                 "clear that away, then plan again");
    assert_check(3, "plugins", "stops", "one is too old", "update it");
    assert_string_equal(json_string_or(json_at(json_get(plan, "checks"), 0), "step", ""),
                        "preflight_lab");
    assert_string_equal(json_string_or(json_at(json_get(plan, "checks"), 0), "source", ""),
                        "facts 1");
    assert_int_equal(json_size(json_get(plan, "steps")), 2); /* a check is no step */
    assert_string_equal(json_string_or(plan, "facts.seen", ""), "by a check");
    lab_free(lab);
}

static void checks_count_as_blockers_and_warnings(void **state)
{
    struct lab *lab = checking_lab();

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_true(json_is_true(json_get(plan, "blocked")));
    assert_string_equal(json_string_or(plan, "code", ""), "FERRY_E_REFUSED");
    assert_string_equal(json_string_or(finding("blocker", 0), "text", ""), "one is too old");
    assert_string_equal(json_string_or(finding("blocker", 0), "check", ""), "plugins");
    assert_string_equal(json_string_or(finding("warning", 0), "hint", ""), "set it");
    assert_string_equal(json_string_or(finding("warning", 1), "check", ""), "disk");
    assert_string_equal(json_string_or(finding("warning", 1), "step", ""), "preflight_lab");
    lab_free(lab);
}

static void answer_verdict(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const enum state_answer *say = lab->arg;

    (void)call;
    out->say = *say;
    out->reason = *say == STATE_NONE ? NULL : "that is why";
    out->hint = "do this";
    out->code = *say == STATE_FAILED ? FERRY_E_AUTH : FERRY_OK;
}

static void what_a_state_answers_becomes_a_finding(void **state)
{
    static enum state_answer failed = STATE_FAILED, foreign = STATE_FOREIGN,
                             cannot_tell = STATE_CANNOT_TELL, none = STATE_NONE;
    struct lab *lab =
        lab_new((const struct ferry_state *const[]){&upload, &upload, NULL}, answer_verdict);

    (void)state;
    lab->arg = &foreign;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_string_equal(json_string_or(plan, "code", ""), "FERRY_E_REFUSED");
    assert_int_equal(lab->call_count, 2);
    lab->arg = &failed;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_string_equal(json_string_or(plan, "code", ""), "FERRY_E_AUTH");
    assert_int_equal(lab->call_count, 3); /* without a login the next need not ask */
    assert_int_equal(json_size(json_get(step_of_plan(1), "requests")), 3);
    lab->arg = &cannot_tell;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_false(json_is_true(json_get(plan, "blocked")));
    assert_string_equal(json_string_or(finding("warning", 0), "text", ""), "that is why");
    lab->arg = &none;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_string_equal(json_string_or(finding("warning", 1), "text", ""),
                        "the manager's answer says nothing");
    lab_free(lab);
}

static void answer_silent(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    out->fate = call->nth % 2 ? LAB_NOT_SENT : LAB_LOST;
}

static void a_silent_manager_is_a_blocker_after_three_tries(void **state)
{
    struct lab *lab = lab_new(two, answer_silent);

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 3);
    assert_string_equal(json_string_or(plan, "code", ""), "FERRY_E_UNREACHABLE");
    assert_non_null(strstr(json_string_or(finding("blocker", 0), "text", ""),
                           "the manager cannot be asked: connection refused"));
    lab_free(lab);
}

static void answer_twice(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_free(lab, call, out);
    out->fate = LAB_TWICE;
}

static void a_doubled_answer_is_not_taken_for_that_of_the_next_question(void **state)
{
    struct lab *lab = lab_new(two, answer_twice);

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 3);
    assert_int_equal(json_int64_or(step_of_plan(0), "units", 0), 12);
    lab_free(lab);
}

static void answer_again(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_AGAIN;
}

static void a_state_that_always_asks_again_ends_somewhere(void **state)
{
    struct lab *lab = lab_new((const struct ferry_state *const[]){&upload, NULL}, answer_again);

    (void)state;
    assert_int_equal(make_plan(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 1000);
    for (size_t i = LIMITS_REQUESTS_PER_SECOND; i < 1000; i++) { /* no second has more than these */
        assert_true(lab->calls[i].at_ms - lab->calls[i - LIMITS_REQUESTS_PER_SECOND].at_ms >= 1000);
    }
    lab_free(lab);
}

static void stop_soon(struct lab *lab)
{
    lab->stop = 1;
}

static void answer_never(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->fate = LAB_NEVER;
}

static void a_stop_ends_the_planning(void **state)
{
    struct lab *lab = lab_new(two, answer_never);

    (void)state;
    lab->on_wait = stop_soon;
    assert_int_equal(make_plan(lab), FERRY_E_STOPPED);
    assert_non_null(strstr(lab->err.message, "nothing was changed"));
    assert_int_equal(lab->call_count, 1);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_shows_what_would_be_done_and_asked),
        cmocka_unit_test(a_plan_shows_the_very_requests),
        cmocka_unit_test(the_first_blocker_gives_the_code),
        cmocka_unit_test(checks_are_asked_first_and_stand_in_the_order_of_their_table),
        cmocka_unit_test(checks_count_as_blockers_and_warnings),
        cmocka_unit_test(what_a_state_answers_becomes_a_finding),
        cmocka_unit_test(a_silent_manager_is_a_blocker_after_three_tries),
        cmocka_unit_test(a_doubled_answer_is_not_taken_for_that_of_the_next_question),
        cmocka_unit_test(a_state_that_always_asks_again_ends_somewhere),
        cmocka_unit_test(a_stop_ends_the_planning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
