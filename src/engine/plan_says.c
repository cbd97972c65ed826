#include "engine/plan_says.h"

#include <string.h>

#include "base/mem.h"

static const char *const verdicts[] = {[STATE_CHECK_OK] = "ok",
                                       [STATE_CHECK_CANNOT_TELL] = "cannot_tell",
                                       [STATE_CHECK_WARNING] = "warning",
                                       [STATE_CHECK_STOPS] = "stops"};

static struct json *finding(struct state_plan *plan, const char *kind, const char *text,
                            const char *hint)
{
    struct json *row = json_push_object(plan->findings);

    json_set_string(row, "kind", kind);
    json_set_string(row, "step", plan->name);
    json_set_string(row, "text", text);
    if (hint) {
        json_set_string(row, "hint", hint);
    }
    return row;
}

static void block(struct state_plan *plan, enum ferry_code code)
{
    if (!plan->blocked) {
        plan->blocked = true;
        plan->code = code != FERRY_OK ? code : FERRY_E_REFUSED;
    }
}

void state_plan_blocker(struct state_plan *plan, enum ferry_code code, const char *text,
                        const char *hint)
{
    block(plan, code);
    finding(plan, "blocker", text, hint);
}

void state_plan_warning(struct state_plan *plan, const char *text, const char *hint)
{
    finding(plan, "warning", text, hint);
}

void state_plan_note(struct state_plan *plan, const char *text)
{
    finding(plan, "note", text, NULL);
}

void state_plan_skip(struct state_plan *plan, const char *reason)
{
    json_set_string(plan->step, "skip", reason);
}

void state_plan_units(struct state_plan *plan, int64_t count)
{
    json_set_int(plan->step, "units", count);
}

void state_plan_estimate(struct state_plan *plan, int64_t ms, const char *terms)
{
    json_set_int(plan->step, "estimate_ms", ms);
    json_set_string(plan->step, "estimate_terms", terms);
}

/* --- checks --- */

static struct plan_check *find(const struct state_plan *plan, const char *name)
{
    struct plan_check *at = plan->checks;

    while (at && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at;
}

static void keep(struct state_plan *plan, const char *name, enum state_check verdict,
                 const char *evidence, const char *next)
{
    struct plan_check *check = find(plan, name);

    if (check && check->verdict >= verdict) {
        return;
    }
    if (!check) {
        check = mem_new(plan->mem, struct plan_check);
        check->name = mem_strdup(plan->mem, name);
        check->next = plan->checks;
        plan->checks = check;
    }
    check->verdict = verdict;
    check->step = plan->name;
    check->evidence = mem_strdup(plan->mem, evidence);
    check->advice = next ? mem_strdup(plan->mem, next) : NULL;
}

void state_plan_check(struct state_plan *plan, const char *name, enum state_check verdict,
                      const char *evidence, const char *next)
{
    const char *kind = verdict == STATE_CHECK_STOPS ? "blocker" : "warning";

    keep(plan, name, verdict, evidence, next);
    if (verdict == STATE_CHECK_STOPS) {
        block(plan, FERRY_E_REFUSED);
    }
    if (verdict != STATE_CHECK_OK) {
        struct json *row = finding(plan, kind, evidence, next);

        json_set_string(row, "check", name);
        json_set_string(row, "verdict", verdicts[verdict]);
    }
}

void state_plan_stops(struct state_plan *plan, const char *name, enum ferry_code code,
                      const char *evidence, const char *next)
{
    block(plan, code);
    state_plan_check(plan, name, STATE_CHECK_STOPS, evidence, next);
}

/* Nobody spoke of it: what stood in the way is a finding of its own already. */
static struct plan_check not_asked(const struct state_plan *plan)
{
    return plan->blocked
               ? (struct plan_check){.verdict = STATE_CHECK_CANNOT_TELL,
                                     .evidence = "not asked, because of what stands in the way",
                                     .advice = "clear that away, then plan again"}
               : (struct plan_check){.verdict = STATE_CHECK_CANNOT_TELL,
                                     .evidence = "the manager's answers say nothing about it",
                                     .advice = "look at the warnings, then plan again"};
}

struct json *plan_says_checks(const struct state_plan *plan, const struct workflow *workflow,
                              const void *mem)
{
    struct json *out = json_array(mem);

    for (size_t i = 0; i < workflow->check_name_count; i++) {
        const struct state_check_name *name = &workflow->check_names[i];
        const struct plan_check *said = find(plan, name->name), silence = not_asked(plan);
        struct json *row = json_push_object(out);

        said = said ? said : &silence;
        json_set_string(row, "name", name->name);
        json_set_string(row, "verdict", verdicts[said->verdict]);
        json_set_string(row, "step", said->step);
        json_set_string(row, "evidence", said->evidence);
        json_set_string(row, "next", said->advice);
        json_set_string(row, "source", name->source);
    }
    return out;
}
