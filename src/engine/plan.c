/* A dry run: every state looks at the manager and says what it would do. Nothing is journaled, and
   nothing but reading requests is sent. */
#include "engine/internal.h"
#include "engine/plan_says.h"

#include <assert.h>
#include <string.h>

#define PLAN_TRIES 3      /* a manager that does not answer so often is reported, not waited for */
#define PLAN_WAIT_MS 1000 /* between two tries */
#define PLAN_REQUEST_MS 60000 /* limit of one exchange */
#define PLAN_ROUNDS 1000      /* pages of one state: a judge that always says AGAIN ends here */

struct planner {
    const struct engine_options *o;
    struct state_context context;
    struct json *facts;
    struct state_plan plan;
    const void *mem;
    uint64_t tickets;
    struct limits limits;
};

/* --- asking the manager --- */

static bool stopped(const struct planner *planner)
{
    return planner->o->stop && *planner->o->stop;
}

/* A manager limits those that only look too (facts 1.0). */
static void wait_for_leave(struct planner *planner)
{
    struct clock *clock = planner->o->clock;
    struct transport *transport = planner->o->transport;

    while (!limits_take(&planner->limits, 0, clock->now_ms(clock)) && !stopped(planner)) {
        int64_t wait_ms = limits_wait_ms(&planner->limits, clock->now_ms(clock));

        transport->ops->wait(transport, wait_ms > 0 ? wait_ms : 1);
    }
}

static struct http_reply *exchange(struct planner *planner, struct http_request *request)
{
    struct transport *transport = planner->o->transport;
    struct http_reply *reply = NULL;
    uint64_t ticket;

    assert(!http_method_changes(request->method));
    wait_for_leave(planner);
    transport->ops->submit(transport, request, ++planner->tickets);
    for (;;) {
        while (transport->ops->finished(transport, planner->mem, &ticket, &reply)) {
            if (ticket == planner->tickets) {
                return reply;
            }
        }
        if (stopped(planner)) {
            transport->ops->abort_all(transport);
        }
        transport->ops->wait(transport, PLAN_WAIT_MS);
    }
}

static void unreachable(struct planner *planner, const struct http_reply *reply)
{
    char *text = mem_printf(planner->mem, "the manager cannot be asked: %s",
                            reply->error ? reply->error : "no answer");

    state_plan_blocker(&planner->plan, reply->code != FERRY_OK ? reply->code : FERRY_E_UNREACHABLE,
                       text, "look at manager.url and manager.ca, and whether the manager runs");
}

/* Asks until an answer comes, PLAN_TRIES times while the manager cannot be reached. */
static struct http_reply *ask_patiently(struct planner *planner, struct http_request *request)
{
    struct http_reply *reply;

    if (request->timeout_ms == 0) {
        request->timeout_ms = PLAN_REQUEST_MS;
    }
    for (unsigned tries = 1;; tries++) {
        reply = exchange(planner, request);
        if (reply->outcome == HTTP_ANSWERED || reply->code != FERRY_E_UNREACHABLE ||
            tries == PLAN_TRIES || request->knock || stopped(planner)) {
            return reply;
        }
        planner->o->transport->ops->wait(planner->o->transport, PLAN_WAIT_MS);
    }
}

static void note_verdict(struct planner *planner, struct unit *self,
                         const struct state_verdict *verdict)
{
    unit_merge(self, verdict->data);
    if (verdict->facts) {
        json_merge(planner->facts, verdict->facts);
    }
    if (verdict->answer == STATE_FAILED || verdict->answer == STATE_FOREIGN) {
        state_plan_blocker(&planner->plan, verdict->code, verdict->reason, verdict->hint);
    } else if (verdict->answer == STATE_CANNOT_TELL || verdict->answer == STATE_NONE) {
        state_plan_warning(&planner->plan,
                           verdict->reason ? verdict->reason : "the manager's answer says nothing",
                           verdict->hint);
    }
}

/* One question. False: it goes no further with this state. */
static bool ask_once(struct planner *planner, const struct ferry_state *state, struct unit *self)
{
    struct state_unit view = unit_view(self, 0);
    struct state_verdict verdict = {.wait_ms = -1};
    struct http_request *request = NULL;

    if (state->plan.ask(&planner->context, &view, 1, &request, &verdict, planner->mem)) {
        struct http_reply *reply = ask_patiently(planner, request);

        if (reply->outcome != HTTP_ANSWERED && !state->plan.judges_silence) {
            unreachable(planner, reply);
            return false;
        }
        planner->context.now_ms = planner->o->clock->realtime_ms(planner->o->clock);
        state->plan.judge(&planner->context, &view, 1, reply, &verdict, planner->mem);
    }
    note_verdict(planner, self, &verdict);
    return verdict.answer == STATE_AGAIN;
}

/* --- the requests that a run would send --- */

static void describe(struct json *requests, const char *phase, const struct http_request *request)
{
    static const char *const credentials[] = {
        [HTTP_ANONYMOUS] = "none", [HTTP_AS_BEFORE] = "before", [HTTP_AS_AFTER] = "after"};
    struct json *row = json_push_object(requests), *headers;

    json_set_string(row, "phase", phase);
    json_set_bool(row, "changes", http_method_changes(request->method));
    json_set_string(row, "method", http_method_name(request->method));
    json_set_string(row, "path", request->path);
    json_set_string(row, "credential", credentials[request->credential]);
    if (request->site == HTTP_SITE_OLD) {
        json_set_string(row, "manager", "old");
    } else if (request->site == HTTP_SITE_LOCAL) {
        json_set_string(row, "manager", "none");
    }
    headers = json_set_object(row, "headers");
    for (size_t i = 0; i < request->header_count; i++) {
        json_set_string(headers, request->headers[i].name, request->headers[i].value);
    }
    if (request->content_type) {
        json_set_string(headers, "Content-Type", request->content_type);
    }
    if (request->body) {
        json_set_string(row, "body", request->body);
    }
    if (request->body_file) {
        json_set_string(row, "body_file", request->body_file);
        json_set_int(row, "body_size", request->body_size);
    }
    if (request->reply_file) {
        json_set_string(row, "reply_file", request->reply_file);
    }
}

static void describe_phase(struct planner *planner, const struct ferry_state *state,
                           const char *name, const struct state_phase *phase, bool repeat)
{
    bool fanout = state->flags & STATE_FANOUT;
    bool of_step = phase == &state->expand || phase == &state->verify;
    struct state_unit unit = {.key = fanout && !of_step ? "TENANT/NAME" : state->name,
                              .id = "ID-MADE-BY-FERRY",
                              .attempt = 1};
    struct state_verdict verdict = {.wait_ms = -1};
    struct http_request *request = NULL;

    if (!phase->ask) {
        return;
    }
    if (phase == &state->await && !(state->flags & STATE_KEYED)) {
        unit.remote_id = "ID-MADE-BY-THE-MANAGER";
    }
    planner->context.repeat = repeat;
    if (phase->ask(&planner->context, &unit, 1, &request, &verdict, planner->mem)) {
        describe((struct json *)(uintptr_t)json_get(planner->plan.step, "requests"), name, request);
    }
    planner->context.repeat = false;
}

/* The plan phase, to its end. */
static void ask_all(struct planner *planner, const struct ferry_state *state)
{
    struct unit *self = mem_new(planner->mem, struct unit);
    unsigned rounds = 0;

    self->is_step = true;
    self->row.key = state->name;
    planner->plan.name = state->name;
    while (rounds++ < PLAN_ROUNDS && ask_once(planner, state, self)) {
    }
}

static void plan_state(struct planner *planner, const struct ferry_state *state, bool may_ask)
{
    struct json *step = planner->plan.step;

    planner->context.site = state->site;
    json_set_string(step, "name", state->name);
    json_set_string(step, "summary", state->summary);
    json_set_bool(step, "no_return", state->flags & STATE_NO_RETURN);
    json_set_array(step, "requests");
    if (may_ask && state->plan.ask) {
        ask_all(planner, state);
    }
    if (json_get(step, "skip")) {
        return;
    }
    describe_phase(planner, state, "expand", &state->expand, false);
    if (state->flags & STATE_PROBE_FIRST) {
        describe_phase(planner, state, "probe", &state->probe, false);
    }
    describe_phase(planner, state, "act", &state->act, false);
    describe_phase(planner, state, "await", &state->await, false);
    describe_phase(planner, state, "verify", &state->verify, false);
}

/* Without an answer or a login the other states would only say the same again. */
static bool hopeless(const struct state_plan *plan)
{
    return plan->blocked && (plan->code == FERRY_E_UNREACHABLE || plan->code == FERRY_E_AUTH ||
                             plan->code == FERRY_E_CONFIG || plan->code == FERRY_E_PROTOCOL);
}

static bool stop_plan(const struct planner *planner, struct ferry_error *err)
{
    if (stopped(planner)) {
        ferry_fail(err, FERRY_E_STOPPED, "stopped by a signal; nothing was changed");
        return true;
    }
    return false;
}

static void begin(struct planner *planner, const struct json *run_options, const struct json *facts)
{
    struct clock *clock = planner->o->clock;

    limits_init(&planner->limits, run_options, clock->now_ms(clock));
    planner->facts = json_copy(planner->mem, facts);
    planner->plan.findings = json_array(planner->mem);
    planner->plan.mem = planner->mem;
    planner->context = (struct state_context){.options = run_options,
                                              .facts = planner->facts,
                                              .run_id = "",
                                              .now_ms = clock->realtime_ms(clock),
                                              .planning = true,
                                              .plan = &planner->plan};
}

/* False: stopped by a signal. */
static bool ask_checks(struct planner *planner, struct ferry_error *err)
{
    const struct workflow *workflow = planner->o->workflow;

    planner->plan.step = json_object(planner->mem); /* nobody looks at it */
    for (size_t i = 0; i < workflow->check_count; i++) {
        if (stop_plan(planner, err)) {
            return false;
        }
        if (!hopeless(&planner->plan)) {
            planner->context.memo = mem_scope(planner->mem);
            ask_all(planner, workflow->checks[i]);
        }
    }
    return true;
}

enum ferry_code engine_plan(const void *ctx, const struct engine_options *options,
                            const struct json *run_options, const struct json *facts,
                            struct json **plan, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct planner planner = {.o = options, .mem = scope};
    struct json *out = json_object(ctx), *steps;

    begin(&planner, run_options, facts);
    if (!ask_checks(&planner, err)) {
        return err->code;
    }
    json_set_string(out, "workflow", options->workflow->name);
    steps = json_set_array(out, "steps");
    for (size_t i = 0; i < options->workflow->count; i++) {
        if (stop_plan(&planner, err)) {
            return err->code;
        }
        planner.plan.step = json_push_object(steps);
        planner.context.memo = mem_scope(scope);
        plan_state(&planner, options->workflow->states[i], !hopeless(&planner.plan));
    }
    json_set_bool(out, "blocked", planner.plan.blocked);
    json_set_string(out, "code", ferry_code_name(planner.plan.code));
    json_set_json(out, "checks", plan_says_checks(&planner.plan, options->workflow, scope));
    json_set_json(out, "findings", planner.plan.findings);
    json_set_json(out, "facts", planner.facts);
    *plan = out;
    return FERRY_OK;
}
