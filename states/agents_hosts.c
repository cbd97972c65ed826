#include "states/agents_hosts.h"

#include <string.h>

#include "base/mem.h"
#include "states/agents_join.h"
#include "states/common.h"

/* Deployments in one question: a manager gives 1,000 agents at most, and each may have many. */
#define DEPLOYMENTS_MAX 16

struct agents_key agents_key_of(const struct state_unit *unit, const void *mem)
{
    struct agents_key key = {.whole = unit->key,
                             .host = json_string_or(unit->data, "given.host", NULL)};

    if (key.host != NULL) { /* "TENANT/DEPLOYMENT/INSTANCE" */
        key.whole = mem_strndup(mem, unit->key, strlen(unit->key) - strlen(key.host) - 1);
    }
    key.tenant = states_tenant_of(mem, key.whole, &key.deployment);
    return key;
}

const struct json *agents_hosts_of(const struct state_unit *unit)
{
    const struct json *hosts = json_get(unit->data, "hosts");

    return json_is_array(hosts) ? hosts : json_get(unit->data, "given.hosts");
}

/* --- the question --- */

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static struct cloudify_list list_of(const char **names, size_t count,
                                    const struct state_context *context)
{
    bool all_tenants = states_caps(context)->agents_all_tenants;

    return (struct cloudify_list){
        .resource = "agents",
        .include = !all_tenants
                       ? NULL
                       : "id,node_instance_id,host_id,deployment,tenant_name,version,state,"
                         "install_method,created_at",
        .filter = "deployment_id",
        .values = names,
        .value_count = count,
        .all_tenants = all_tenants,
        .size = CLOUDIFY_PAGE};
}

/* How many of the units, from the first on, the question is about; their deployments into names. */
static size_t covered(const struct state_context *context, const struct state_unit *units, size_t n,
                      const char **names, size_t *count, const void *mem)
{
    struct agents_key first = agents_key_of(&units[0], mem);
    size_t covers = 0;

    *count = 0;
    for (; covers < n; covers++) {
        struct agents_key key = agents_key_of(&units[covers], mem);
        struct cloudify_list list;

        if (is_among(names, *count, key.deployment)) {
            continue;
        }
        names[*count] = key.deployment;
        list = list_of(names, *count + 1, context);
        if (covers > 0 && (*count == DEPLOYMENTS_MAX || !cloudify_list_fits(&list) ||
                           (!list.all_tenants && strcmp(key.tenant, first.tenant) != 0))) {
            break;
        }
        ++*count;
    }
    return covers;
}

bool agents_hosts_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char **names = mem_array(mem, const char *, n);
    struct cloudify_list list;
    size_t count;

    (void)verdicts;
    (void)covered(context, units, n, names, &count, mem);
    list = list_of(names, count, context);
    if (!list.all_tenants) {
        caller.tenant = agents_key_of(&units[0], mem).tenant;
    }
    cloudify_ask_list(states_request(request, mem), &caller, &list);
    return true;
}

/* --- the answer --- */

struct left {
    size_t all;        /* hosts that have or had a living agent */
    struct json *rest; /* instances of those without a new one */
};

static bool is_about(const struct state_unit *unit, const struct agents_key *key,
                     const char *instance)
{
    const struct json *hosts = agents_hosts_of(unit);

    if (key->host != NULL) {
        return strcmp(key->host, instance) == 0;
    }
    return !json_is_array(hosts) || states_holds(hosts, instance);
}

static struct left count_left(const struct state_context *context, const struct state_unit *unit,
                              const struct agents_rows *rows, const void *mem)
{
    struct agents_target target = agents_target_of(context->facts);
    struct agents_key key = agents_key_of(unit, mem);
    struct left left = {.rest = json_array(mem)};
    struct json *seen = json_array(mem);
    size_t count = 0;
    const struct agents_row *agents = agents_of(rows, key.whole, &count);

    for (size_t i = 0; i < count; i++) {
        const char *instance = agents[i].instance;
        bool has_new = agents_have_new(agents, count, instance, &target);

        if (!is_about(unit, &key, instance) || states_holds(seen, instance) ||
            (!has_new && !agents_have_living(agents, count, instance))) {
            continue;
        }
        json_push_string(seen, instance);
        left.all++;
        if (!has_new) {
            json_push_string(left.rest, instance);
        }
    }
    return left;
}

typedef void judge_left(const struct state_context *context, const struct state_unit *unit,
                        const struct left *left, struct state_verdict *verdict, const void *mem);

static void judge_list(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct json *document, struct state_verdict *verdicts,
                       judge_left *judge, const void *mem)
{
    const struct json *items = cloudify_items(document);
    const char **names = mem_array(mem, const char *, n);
    struct agents_rows rows;
    size_t count;
    size_t covers = covered(context, units, n, names, &count, mem);
    bool complete = items != NULL && cloudify_total(document) == (int64_t)json_size(items);

    agents_rows_init(&rows, mem);
    agents_add_agents(&rows, items);
    agents_sort(&rows);
    for (size_t i = 0; i < n; i++) {
        if (i >= covers) {
            verdicts[i].answer = STATE_AGAIN; /* it was not asked about */
        } else if (complete) {
            struct left left = count_left(context, &units[i], &rows, mem);

            judge(context, &units[i], &left, &verdicts[i], mem);
        } else {
            judge(context, &units[i], NULL, &verdicts[i], mem);
        }
    }
}

static void judge_before(const struct state_context *context, const struct state_unit *unit,
                         const struct left *left, struct state_verdict *verdict, const void *mem)
{
    (void)context;
    if (left == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list that is not complete");
    } else if (left->all > 0 && json_size(left->rest) == 0) {
        verdict->answer = STATE_DONE;
    } else {
        verdict->answer = STATE_ABSENT;
        if (left->all > json_size(left->rest)) {
            json_set_json(state_data(verdict, mem), "hosts", left->rest);
        }
    }
    (void)unit;
}

void agents_hosts_judge_probe(const struct state_context *context, const struct state_unit *units,
                              size_t n, const struct http_reply *reply,
                              struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_answer answer;

    if (states_read(units, n, reply, &answer, verdicts, mem)) {
        judge_list(context, units, n, answer.document, verdicts, judge_before, mem);
    }
}

static void divide(const struct state_context *context, const struct state_unit *unit,
                   const struct json *rest, const void *mem)
{
    for (const struct json *at = json_first(rest); at != NULL; at = json_next(at)) {
        struct json *given = json_object(mem);

        json_set_string(given, "host", json_text(at));
        state_sink_add_given(context->sink, mem_printf(mem, "%s/%s", unit->key, json_text(at)),
                             given);
    }
}

static void judge_after(const struct state_context *context, const struct state_unit *unit,
                        const struct left *left, struct state_verdict *verdict, const void *mem)
{
    const char *why = json_string_or(unit->data, "why", "no reason given");
    size_t rest = left == NULL ? 0 : json_size(left->rest);

    json_set_null(state_data(verdict, mem), "ask");
    json_set_null(state_data(verdict, mem), "why");
    if (left != NULL && left->all > 0 && rest == 0) {
        state_say(verdict, mem, STATE_DONE,
                  "the workflow did not end well (%s), but each of its hosts has an agent of this "
                  "manager",
                  why);
    } else if (left != NULL && left->all > 1 && context->sink != NULL) {
        divide(context, unit, left->rest, mem);
        state_say(verdict, mem, STATE_SPLIT,
                  "failed as a whole (%s); the hosts that are left are done one by one: %zu of %zu",
                  why, rest, left->all);
    } else {
        state_say(verdict, mem, STATE_FAILED, "%s", why);
        verdict->hint = "see the events of the execution on the manager; are its hosts and the old "
                        "manager's broker up? then: ferry retry RUN --failed";
    }
}

void agents_hosts_judge_failure(const struct state_context *context, const struct state_unit *units,
                                size_t n, const struct http_reply *reply,
                                struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_answer answer;

    if (states_read(units, n, reply, &answer, verdicts, mem)) {
        judge_list(context, units, n, answer.document, verdicts, judge_after, mem);
    }
}
