/* Agents of the old manager: each that is dead fails the new agents of its whole deployment after
   three quarters of an hour (facts 3.2, 10.1). */
#include <string.h>

#include "base/mem.h"
#include "states/paging.h"
#include "states/preflight_old.h"

#define AGENTS "old_agents"
#define VALIDATION "old_validation"
#define SHOWN 10
#define VALIDATIONS 1000 /* newest first: more than one for each deployment of most managers */

struct old_agents_memo {
    int64_t offset;
    int64_t living, dead;
    struct json *names; /* of dead ones, at most SHOWN */
};

static struct old_agents_memo *memo_of(const struct state_context *context)
{
    struct old_agents_memo *memo = mem_child(context->memo, "struct old_agents_memo");

    if (memo == NULL) {
        memo = mem_new(context->memo, struct old_agents_memo);
        memo->names = json_array(memo);
    }
    return memo;
}

void preflight_no_agents(const struct state_context *context, const void *mem, const char *why,
                         const char *next)
{
    preflight_say(context, mem, AGENTS, STATE_CHECK_CANNOT_TELL, next,
                  "%s: which agents are dead is not known", why);
    preflight_say(context, mem, VALIDATION, STATE_CHECK_CANNOT_TELL, next,
                  "%s: what validate_agents said is not known", why);
}

/* --- states --- */

void preflight_ask_agents(const struct state_context *context, struct http_request *request)
{
    struct cloudify_caller caller = preflight_old_caller(context);

    cloudify_ask_list(request, &caller,
                      &(struct cloudify_list){.resource = "agents",
                                              .include = "id,state,deployment,tenant_name",
                                              .sort = "id",
                                              .all_tenants = true,
                                              .size = CLOUDIFY_PAGE,
                                              .offset = memo_of(context)->offset});
}

enum life { LIVES, DEAD, PAST };

/* Rows of agents that others have replaced are no agents any more (facts 1.4). */
static enum life life_of(const char *state)
{
    static const char *const past[] = {"upgraded", "deleted", "deleting"};
    static const char *const lives[] = {"started", "restarted", "restored"};

    for (size_t i = 0; i < FERRY_COUNT(past); i++) {
        if (strcmp(state, past[i]) == 0) {
            return PAST;
        }
    }
    for (size_t i = 0; i < FERRY_COUNT(lives); i++) {
        if (strcmp(state, lives[i]) == 0) {
            return LIVES;
        }
    }
    return DEAD;
}

static void count_agent(struct old_agents_memo *memo, const struct json *row, const void *mem)
{
    const char *state = cloudify_text(row, "state", "?");

    switch (life_of(state)) {
    case LIVES:
        memo->living++;
        break;
    case DEAD:
        memo->dead++;
        if (json_size(memo->names) < SHOWN) {
            json_push_string(memo->names,
                             mem_printf(mem, "%s of %s/%s (%s)", cloudify_text(row, "id", "?"),
                                        cloudify_text(row, "tenant_name", "?"),
                                        cloudify_text(row, "deployment", "?"), state));
        }
        break;
    case PAST:
        break;
    }
}

static void say_agents(const struct state_context *context, const struct old_agents_memo *memo,
                       const void *mem)
{
    const char *names[SHOWN];
    struct preflight_names_list list = {.texts = names, .total = memo->dead};

    for (const struct json *at = json_first(memo->names); at != NULL; at = json_next(at)) {
        names[list.count++] = json_text(at);
    }
    if (memo->dead > 0) {
        preflight_say(context, mem, AGENTS, STATE_CHECK_WARNING,
                      "mend or remove them on the old manager before the snapshot, or leave their "
                      "deployments out (agents.deployments)",
                      "%lld agents of the old manager are not started, each fails the new agents "
                      "of its deployment: %s",
                      (long long)memo->dead, preflight_join(mem, &list));
    } else {
        preflight_say(context, mem, AGENTS, STATE_CHECK_OK, NULL,
                      "all %lld agents of the old manager are started, by its own word",
                      (long long)memo->living);
    }
}

bool preflight_judge_agents(const struct state_context *context,
                            const struct cloudify_answer *answer, struct state_verdict *verdict,
                            const void *mem)
{
    struct old_agents_memo *memo = memo_of(context);
    struct states_page page;

    if (answer->kind != CLOUDIFY_FINE ||
        !states_take_page(answer, &memo->offset, &page, verdict, mem)) {
        preflight_say(context, mem, AGENTS, STATE_CHECK_CANNOT_TELL,
                      "look at cfy agents list -a on the old manager",
                      "the old manager does not list its agents: %s",
                      cloudify_describe(mem, answer));
        return false;
    }
    if (!preflight_old_caps(context)->agents_all_tenants) { /* facts 1.4: no states before 5.0.5 */
        preflight_say(context, mem, AGENTS, STATE_CHECK_CANNOT_TELL,
                      "run validate_agents there: cfy agents validate",
                      "the old manager tells no states of agents (before 5.0.5)");
        return false;
    }
    for (const struct json *row = json_first(page.items); row != NULL; row = json_next(row)) {
        count_agent(memo, row, mem);
    }
    if (!page.last) {
        return true;
    }
    say_agents(context, memo, mem);
    return false;
}

/* --- what validate_agents said --- */

void preflight_ask_validation(const struct state_context *context, struct http_request *request)
{
    static const struct cloudify_pair of[] = {{"workflow_id", "validate_agents"}};
    struct cloudify_caller caller = preflight_old_caller(context);

    cloudify_ask_list(request, &caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status,deployment_id,tenant_name,"
                                                         "created_at",
                                              .sort = "-created_at",
                                              .pairs = of,
                                              .pair_count = FERRY_COUNT(of),
                                              .all_tenants = true,
                                              .size = VALIDATIONS});
}

/* Only the newest of a deployment counts; rows come newest first. */
static bool is_first(const struct json *items, const struct json *row)
{
    const char *deployment = cloudify_text(row, "deployment_id", "");
    const char *tenant = cloudify_text(row, "tenant_name", "");
    const struct json *at = json_first(items);

    while (at != row && (strcmp(cloudify_text(at, "deployment_id", ""), deployment) != 0 ||
                         strcmp(cloudify_text(at, "tenant_name", ""), tenant) != 0)) {
        at = json_next(at);
    }
    return at == row;
}

void preflight_judge_validation(const struct state_context *context,
                                const struct cloudify_answer *answer, const void *mem)
{
    const struct json *items = cloudify_items(answer->document);
    const char *names[SHOWN];
    struct preflight_names_list list = {.texts = names};
    int64_t deployments = 0;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (!is_first(items, row)) {
            continue;
        }
        deployments++;
        if (cloudify_execution_of(row) == CLOUDIFY_EXECUTION_FAILED && list.total++ < SHOWN) {
            names[list.count++] = mem_printf(mem, "%s/%s", cloudify_text(row, "tenant_name", "?"),
                                             cloudify_text(row, "deployment_id", "?"));
        }
    }
    if (answer->kind != CLOUDIFY_FINE || deployments == 0) {
        bool will_run = preflight_to_come(context) && states_asks_old_agents(context);

        preflight_say(context, mem, VALIDATION, STATE_CHECK_CANNOT_TELL,
                      will_run ? "nothing: the run does it itself, before the snapshot"
                               : "run it on the old manager and plan again: cfy agents validate",
                      "%s",
                      answer->kind != CLOUDIFY_FINE
                          ? cloudify_describe(mem, answer)
                          : "validate_agents has never been run on the old manager");
    } else if (list.total > 0) {
        preflight_say(context, mem, VALIDATION, STATE_CHECK_WARNING,
                      "their agents are dead: mend or remove them, or leave these deployments out "
                      "(agents.deployments)",
                      "validate_agents failed last time on %lld of %lld deployments: %s",
                      (long long)list.total, (long long)deployments, preflight_join(mem, &list));
    } else {
        preflight_say(context, mem, VALIDATION, STATE_CHECK_OK, NULL,
                      "validate_agents found all agents of %lld deployments alive, last on %.10s",
                      (long long)deployments, cloudify_text(json_first(items), "created_at", "?"));
    }
}
