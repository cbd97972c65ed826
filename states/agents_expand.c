/*
 * Three lists, page by page: agents, node instances, deployments. The first two are kept in the
 * step's memo and joined with each page of the third, so a unit is named as soon as its deployment
 * is seen. The memo ends with the process: after a restart the lists are read again from the
 * start, and units that are there already are left alone.
 *
 * Pages are cut by the list's own total (a manager may give shorter pages than asked, facts 10.1).
 * There is no stable order without a unique key, and ids are unique within a tenant only: rows seen
 * twice are one, and a list that came out short is read once more. Below 5.0.5 agents are listed
 * for one tenant only (facts 1.4): then the tenants are read first, and agents tenant by tenant.
 */
#include "states/agents_expand.h"

#include <string.h>

#include "base/mem.h"
#include "states/agents_choose.h"
#include "states/agents_join.h"
#include "states/common.h"

/* contract/13: a deployment with its workflows has 12 kB; a page of these 2.4 MB. */
#define DEPLOYMENTS_PAGE 200
#define READINGS_MAX 3

enum stage { STAGE_TENANTS, STAGE_AGENTS, STAGE_INSTANCES, STAGE_DEPLOYMENTS };

struct agents_memo {
    enum stage stage;
    int64_t offset; /* of the next page */
    int64_t seen;   /* rows of this reading of the list */
    int64_t before; /* rows of lists of the same stage that were read: other tenants' agents */
    int readings;   /* of this list */
    struct agents_rows agents;
    struct agents_rows hosts;
    struct agents_rows named; /* deployments that were judged */
    struct json *tenants;     /* whose agents are listed one by one; NULL: of all at once */
    size_t tenant;            /* the present one of these */
};

static struct agents_memo *memo_of(const struct state_context *context)
{
    struct agents_memo *memo = mem_child(context->memo, "struct agents_memo");

    if (memo == NULL) {
        memo = mem_new(context->memo, struct agents_memo);
        agents_rows_init(&memo->agents, memo);
        agents_rows_init(&memo->hosts, memo);
        agents_rows_init(&memo->named, memo);
        memo->stage = states_caps(context)->agents_all_tenants ? STAGE_AGENTS : STAGE_TENANTS;
    }
    return memo;
}

bool agents_expand_ask(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    static const struct cloudify_list lists[] = {
        [STAGE_TENANTS] = {.resource = "tenants", .include = "name", .size = CLOUDIFY_PAGE},
        [STAGE_AGENTS] = {.resource = "agents",
                          .include = "id,node_instance_id,host_id,deployment,tenant_name,version,"
                                     "state,install_method,created_at",
                          .size = CLOUDIFY_PAGE},
        [STAGE_INSTANCES] = {.resource = "node-instances",
                             .include = "id,node_id,host_id,state,deployment_id,tenant_name",
                             .size = CLOUDIFY_PAGE},
        [STAGE_DEPLOYMENTS] = {.resource = "deployments",
                               .include = "id,tenant_name,workflows",
                               .size = DEPLOYMENTS_PAGE},
    };
    const struct agents_memo *memo = memo_of(context);
    struct cloudify_caller caller = states_reader(context);
    struct cloudify_list list = lists[memo->stage];

    (void)units, (void)n, (void)verdicts;
    list.sort = memo->stage == STAGE_AGENTS || memo->stage == STAGE_TENANTS ? "name" : "id";
    list.then_sort = memo->stage == STAGE_DEPLOYMENTS ? "created_at" : NULL;
    list.all_tenants = memo->stage != STAGE_TENANTS;
    list.offset = memo->offset;
    if (memo->stage == STAGE_AGENTS && memo->tenants != NULL) {
        list.all_tenants = false;
        list.include = NULL; /* such a manager may not know all of these columns */
        caller.tenant = json_text(json_at(memo->tenants, memo->tenant));
    }
    cloudify_ask_list(states_request(request, mem), &caller, &list);
    return true;
}

/* --- one deployment --- */

typedef void judge_deployment(const struct agents_choice *choice, const struct json *deployment,
                              const char *key, const void *mem);

static void name_deployments(const struct state_context *context, struct agents_memo *memo,
                             const struct json *items, judge_deployment *judge, const void *mem)
{
    struct agents_choice choice = {.context = context, .target = agents_target_of(context->facts)};

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *key = mem_printf(mem, "%s/%s", cloudify_text(row, "tenant_name", ""),
                                     cloudify_text(row, "id", ""));

        choice.hosts = agents_of(&memo->hosts, key, &choice.host_count);
        choice.agents = agents_of(&memo->agents, key, &choice.agent_count);
        judge(&choice, row, key, mem);
    }
}

/* --- pages --- */

/* How many different rows of the present list are known. */
static int64_t different(struct agents_memo *memo)
{
    switch (memo->stage) {
    case STAGE_AGENTS:
        agents_sort(&memo->agents);
        return (int64_t)memo->agents.count - memo->before;
    case STAGE_INSTANCES: /* only hosts are kept: their number says nothing about the pages */
        agents_sort(&memo->hosts);
        return memo->seen;
    case STAGE_TENANTS:
    case STAGE_DEPLOYMENTS:
        break;
    }
    agents_sort(&memo->named);
    return (int64_t)memo->named.count;
}

static void next_list(struct agents_memo *memo, struct state_verdict *verdict)
{
    if (memo->stage == STAGE_AGENTS && memo->tenants != NULL &&
        ++memo->tenant < json_size(memo->tenants)) {
        memo->before = (int64_t)memo->agents.count;
    } else if (memo->stage == STAGE_DEPLOYMENTS) {
        verdict->answer = STATE_DONE;
    } else {
        memo->stage++;
    }
}

/* After the last page: the next list, or this one once more, or the end. */
static void end_of_list(struct agents_memo *memo, int64_t total, struct state_verdict *verdict)
{
    bool again = different(memo) < total && ++memo->readings < READINGS_MAX;

    memo->offset = 0;
    memo->seen = 0;
    verdict->answer = STATE_AGAIN;
    if (!again) {
        memo->readings = 0;
        next_list(memo, verdict);
    }
}

static void add_tenants(const struct state_context *context, struct agents_memo *memo,
                        const struct json *items)
{
    if (memo->tenants == NULL) {
        memo->tenants = json_array(memo);
    }
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *name = cloudify_text(row, "name", "");

        if (agents_tenant_is_chosen(context, name) && !states_holds(memo->tenants, name)) {
            json_push_string(memo->tenants, name);
        }
    }
}

static void judge_page(const struct state_context *context, const struct json *document,
                       judge_deployment *judge, struct state_verdict *verdicts, const void *mem)
{
    struct agents_memo *memo = memo_of(context);
    const struct json *items = cloudify_items(document);
    int64_t total = cloudify_total(document);

    if (items == NULL || total < 0) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return;
    }
    switch (memo->stage) {
    case STAGE_TENANTS:
        add_tenants(context, memo, items);
        break;
    case STAGE_AGENTS:
        agents_add_agents(&memo->agents, items);
        break;
    case STAGE_INSTANCES:
        agents_add_hosts(&memo->hosts, items);
        break;
    case STAGE_DEPLOYMENTS:
        name_deployments(context, memo, items, judge, mem);
        agents_add_names(&memo->named, items);
        break;
    }
    memo->seen += (int64_t)json_size(items);
    memo->offset += (int64_t)json_size(items);
    verdicts->answer = STATE_AGAIN;
    verdicts->done = memo->offset;
    verdicts->total = total;
    if (memo->stage == STAGE_TENANTS) { /* it ignores pages (facts 10.1) */
        memo->stage = json_size(memo->tenants) > 0 ? STAGE_AGENTS : STAGE_INSTANCES;
        memo->offset = memo->seen = 0;
        agents_sort(&memo->agents);
    } else if (memo->offset >= total || json_size(items) == 0) {
        end_of_list(memo, total, verdicts);
    }
}

void agents_expand_judge(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    struct cloudify_answer answer;

    if (states_read(units, n, reply, &answer, verdicts, mem)) {
        judge_page(context, answer.document, agents_choose, verdicts, mem);
    }
}

void agents_expand_validate(const struct state_context *context, const struct state_unit *units,
                            size_t n, const struct http_reply *reply,
                            struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_answer answer;

    if (states_read(units, n, reply, &answer, verdicts, mem)) {
        judge_page(context, answer.document, agents_choose_to_validate, verdicts, mem);
    }
}
