/*
 * Whether all services of the manager run. cluster-status tells it of all nodes; a manager without
 * monitoring answers with nothing in it (contract/01), and one before 5.0.5 has no such question:
 * then /status tells it of the node that answers. Both have a 200 also when something is down.
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"

#define NAME "services"
#define SHOWN 20

/* facts 2.9: all managers of a cluster but one are stopped for a restore, so one that is down is no
   reason to stop; a kind of service that is down as a whole is. */
struct down {
    const char *names[SHOWN];
    struct preflight_names_list list;
    int64_t seen; /* services and nodes that were looked at */
    bool whole;   /* something is down as a whole, not on one of several nodes */
    const void *mem;
};

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    bool cluster = states_caps(context)->cluster_status && !states_at(units, "status");

    (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = cluster ? "cluster-status" : "status"});
    return true;
}

static bool is_good(const char *status)
{
    static const char *const words[] = {"OK", "Active", "Remote", "running", "healthy"};

    for (size_t i = 0; i < FERRY_COUNT(words); i++) {
        if (strcmp(status, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void look(struct down *down, const char *name, const char *status)
{
    down->seen++;
    if (is_good(status)) {
        return;
    }
    down->list.total++;
    if (down->list.count < SHOWN) {
        down->names[down->list.count++] = mem_printf(down->mem, "%s (%s)", name, status);
    }
}

/* {"NAME": {"status": ..}}; of a node or of the manager itself. */
static void look_at_services(struct down *down, const char *node, const struct json *services)
{
    for (const struct json *at = json_first(services); at != NULL; at = json_next(at)) {
        const char *name = json_key(at) == NULL ? "?" : json_key(at);

        look(down, node == NULL ? name : mem_printf(down->mem, "%s on %s", name, node),
             cloudify_text(at, "status", "?"));
    }
}

static void look_at_nodes(struct down *down, const char *kind, const struct json *nodes)
{
    for (const struct json *node = json_first(nodes); node != NULL; node = json_next(node)) {
        const char *name = mem_printf(down->mem, "%s %s", kind, json_key(node));
        int64_t before = down->list.total;

        look_at_services(down, name, json_member(node, "services"));
        if (down->list.total == before) { /* else its services say more */
            look(down, name, cloudify_text(node, "status", "?"));
        }
    }
}

/* {"manager": {"status", "nodes": {"NAME": {"status", "services": {..}}}}, "db": .., "broker": ..}
 */
static void look_at_cluster(struct down *down, const struct json *kinds)
{
    for (const struct json *kind = json_first(kinds); kind != NULL; kind = json_next(kind)) {
        const char *status = cloudify_text(kind, "status", "?");
        int64_t before = down->list.total;

        look_at_nodes(down, json_key(kind), json_member(kind, "nodes"));
        if (down->list.total == before) {
            look(down, json_key(kind), status);
        }
        down->whole = down->whole || strcmp(status, "Fail") == 0;
    }
}

/* 4.x: [{"display_name", "instances": [{"state"}]}] */
static void look_at_list(struct down *down, const struct json *services)
{
    for (const struct json *at = json_first(services); at != NULL; at = json_next(at)) {
        const struct json *instance = json_first(json_member(at, "instances"));

        look(down, cloudify_text(at, "display_name", "?"), cloudify_text(instance, "state", "?"));
    }
}

static void say(const struct state_context *context, const struct down *down, const char *status)
{
    if (down->list.total > 0) {
        preflight_say(
            context, down->mem, NAME, down->whole ? STATE_CHECK_STOPS : STATE_CHECK_WARNING,
            down->whole ? "get them running first: cfy status and cfy cluster status show more"
                        : "of several managers all but one are stopped for a restore; whatever "
                          "else it is, get it running first (cfy cluster status)",
            "not all services of the manager run: %s", preflight_join(down->mem, &down->list));
    } else if (down->seen == 0) {
        preflight_say(context, down->mem, NAME, STATE_CHECK_CANNOT_TELL,
                      "look at cfy status on the manager",
                      "the manager names no service, and calls itself %s", status);
    } else if (!is_good(status)) {
        preflight_say(context, down->mem, NAME, STATE_CHECK_WARNING,
                      "look at cfy status on the manager",
                      "all %lld services run, and yet the manager calls itself %s",
                      (long long)down->seen, status);
    } else {
        preflight_say(context, down->mem, NAME, STATE_CHECK_OK, NULL,
                      "%lld services and nodes looked at, all run", (long long)down->seen);
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct down down = {.mem = mem};
    struct cloudify_answer answer;
    const struct json *services;
    bool cluster = states_caps(context)->cluster_status && !states_at(units, "status");

    (void)n;
    down.list.texts = down.names;
    if (!preflight_read(context, NAME, reply, &answer, verdict, mem)) {
        return;
    }
    services = json_member(answer.document, "services");
    if (cluster && json_size(services) == 0) {
        states_next(verdict, mem, "status");
        return;
    }
    if (cluster) {
        look_at_cluster(&down, services);
    } else if (json_is_array(services)) {
        look_at_list(&down, services);
        down.whole = true;
    } else {
        look_at_services(&down, NULL, services);
        down.whole = true;
    }
    say(context, &down, cloudify_text(answer.document, "status", "?"));
}

const struct ferry_state preflight_services = {
    .name = "preflight_services",
    .summary = "looks whether all services of the manager run",
    .plan = {.ask = ask, .judge = judge},
};
