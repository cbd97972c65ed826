#include "states/verify_networks.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

bool verify_networks_wanted(const struct state_context *context)
{
    /* GET /managers and /brokers came with cluster-status (facts 1.0); the new format has no such
       check (facts 2.4) */
    return states_caps(context)->cluster_status &&
           strcmp(states_archive_format(context), "new") != 0 &&
           json_size(json_get(context->facts, "archive.networks")) > 0;
}

bool verify_networks_at(const struct state_unit *unit)
{
    return states_at(unit, "managers") || states_at(unit, "brokers");
}

void verify_networks_ask(const struct state_unit *unit, const struct cloudify_caller *caller,
                         struct http_request *request)
{
    cloudify_ask_list(request, caller, &(struct cloudify_list){.resource = states_cursor(unit)});
}

/* How many rows name networks, and whether one of them names this. */
static bool is_there(const struct json *items, const char *network, size_t *telling)
{
    bool found = false;

    *telling = 0;
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const struct json *networks = json_member(row, "networks");

        if (json_is_object(networks)) {
            ++*telling;
            found = found || json_member(networks, network) != NULL;
        }
    }
    return found;
}

const char *verify_networks_wrong(const struct state_context *context,
                                  const struct state_unit *unit,
                                  const struct cloudify_answer *answer, const void *mem)
{
    const struct json *wanted = json_get(context->facts, "archive.networks");
    const struct json *items = cloudify_items(answer->document);
    size_t telling = 0;
    struct buf text;

    if (!verify_networks_wanted(context)) {
        return NULL;
    }
    buf_init(&text, mem, 4096);
    for (const struct json *at = json_first(wanted); at != NULL; at = json_next(at)) {
        const char *name = json_text(at);

        if (name != NULL && !is_there(items, name, &telling) && telling > 0) {
            (void)buf_printf(&text, "%s%s", text.len == 0 ? "" : ", ", name);
        }
    }
    return text.len == 0 ? NULL
                         : mem_printf(mem, "the manager's %s lacks networks of the archive: %s",
                                      states_at(unit, "managers") ? "own configuration" : "broker",
                                      buf_text(&text));
}

bool verify_networks_passed_over(const struct state_unit *unit,
                                 const struct cloudify_answer *answer)
{
    return verify_networks_at(unit) &&
           (answer->kind == CLOUDIFY_REFUSED || answer->kind == CLOUDIFY_FORBIDDEN ||
            answer->kind == CLOUDIFY_MISSING);
}

const char *verify_managers_named(const struct json *managers, const void *mem)
{
    struct buf text;

    buf_init(&text, mem, 4096);
    for (const struct json *row = json_first(managers); row != NULL; row = json_next(row)) {
        (void)buf_printf(&text, "%s%s", text.len == 0 ? "" : ", ",
                         cloudify_text(row, "hostname", cloudify_text(row, "private_ip", "?")));
    }
    return buf_text(&text);
}
