#include "states/plugins_options.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_moves.h"

static bool is_chosen(const struct state_context *context, const char *name)
{
    return json_bool_or(json_get(context->options, "plugins"), name, false);
}

static const struct json *value_of(const struct state_context *context, const char *name)
{
    return json_member(json_get(context->options, "plugins"), name);
}

/* "minor", "latest" (also where names are given), for all plugins or by name. */
static void put_versions(const struct state_context *context, struct json *body)
{
    const struct json *to = value_of(context, "to");

    if (!json_is_object(to)) {
        bool minor = json_text(to) != NULL && strcmp(json_text(to), "minor") == 0;

        json_set_bool(body, minor ? "all_to_minor" : "all_to_latest", true);
        return;
    }
    if (json_size(json_member(to, "latest")) > 0) {
        json_set_json(body, "to_latest", json_member(to, "latest"));
    }
    if (json_size(json_member(to, "minor")) > 0) {
        json_set_json(body, "to_minor", json_member(to, "minor"));
    }
}

struct json *plugins_options_body(const struct state_context *context, const void *mem)
{
    static const char *const flags[] = {"force", "auto_correct_types",
                                        "reevaluate_active_statuses"};
    struct json *body = json_object(mem);

    if (!states_caps(context)->plugins_update_body_options) {
        return body; /* 5.0 knows no choice, and moves to the latest */
    }
    put_versions(context, body);
    if (json_size(value_of(context, "names")) > 0) {
        json_set_json(body, "plugin_names", value_of(context, "names"));
    }
    if (json_size(value_of(context, "mapping")) > 0) {
        json_set_json(body, "mapping", value_of(context, "mapping"));
    }
    for (size_t i = 0; i < FERRY_COUNT(flags); i++) {
        if (is_chosen(context, flags[i])) {
            json_set_bool(body, flags[i], true);
        }
    }
    return body;
}

bool plugins_options_force_in_query(const struct state_context *context)
{
    return states_caps(context)->plugins_update_force_in_query && is_chosen(context, "force");
}

bool plugins_options_clear(const struct state_context *context)
{
    return plugins_options_force_in_query(context) ||
           is_chosen(context, "reevaluate_active_statuses");
}

const char *plugins_options_clear_hint(const struct state_context *context)
{
    return states_caps(context)->plugins_update_force_in_query
               ? "an update that hangs is cleared by plugins.force: true in a new run, or by hand: "
                 "cfy plugins update --force BLUEPRINT; then: ferry retry RUN --failed"
               : "an update that hangs is cleared by plugins.reevaluate_active_statuses: true in a "
                 "new run, or by hand: cfy plugins update --reevaluate-active-statuses BLUEPRINT; "
                 "then: ferry retry RUN --failed";
}

/* --- plan --- */

static void refuse_lacking(const struct state_context *context, const void *mem)
{
    const struct cloudify_caps *caps = states_caps(context);
    const struct json *to = value_of(context, "to");
    bool to_default = json_text(to) != NULL && strcmp(json_text(to), "latest") == 0;
    const struct {
        const char *name;
        bool lacks;
        bool chosen;
    } options[] = {
        {"plugins.to", !caps->plugins_update_body_options, to != NULL && !to_default},
        {"plugins.names", !caps->plugins_update_body_options,
         json_size(value_of(context, "names")) > 0},
        {"plugins.mapping", !caps->plugins_update_body_options,
         json_size(value_of(context, "mapping")) > 0},
        {"plugins.auto_correct_types", !caps->plugins_update_reevaluate,
         is_chosen(context, "auto_correct_types")},
        {"plugins.reevaluate_active_statuses", !caps->plugins_update_reevaluate,
         is_chosen(context, "reevaluate_active_statuses")},
    };
    struct buf list;

    buf_init(&list, mem, 512);
    for (size_t i = 0; i < FERRY_COUNT(options); i++) {
        if (options[i].lacks && options[i].chosen) {
            (void)buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", options[i].name);
        }
    }
    if (list.len > 0) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           mem_printf(mem, "manager %s does not know %s",
                                      json_string_or(context->facts, "manager.version", "?"),
                                      buf_text(&list)),
                           "leave it out: what a version does not know it would ignore silently");
    }
}

static bool is_accepted(const struct state_context *context, const char *version)
{
    const struct json *list = value_of(context, "accept_data_loss");

    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        int order = 1;

        if (json_text(at) != NULL &&
            cloudify_version_compare_text(json_text(at), version, &order) && order == 0) {
            return true;
        }
    }
    return false;
}

/* facts 4.1 */
static void refuse_data_loss(const struct state_context *context, const void *mem)
{
    const char *version = json_string_or(context->facts, "manager.version", "?");

    if (!states_caps(context)->data_loss_on_failed_plugin_update) {
        return;
    }
    if (is_accepted(context, version)) {
        state_plan_warning(context->plan,
                           mem_printf(mem,
                                      "on %s a plugins update that fails deletes the deployments "
                                      "it had moved; accepted by plugins.accept_data_loss",
                                      version),
                           "never cancel an update_plugin execution on this manager");
        return;
    }
    state_plan_blocker(
        context->plan, FERRY_E_REFUSED,
        mem_printf(mem,
                   "on manager %s a plugins update that fails or is cancelled deletes the "
                   "deployments it had moved",
                   version),
        mem_printf(mem,
                   "leave it out (plugins.update: none) until the manager is on 6.3, or accept it "
                   "by name: plugins.accept_data_loss: [\"%s\"]",
                   version));
}

static void tell_force(const struct state_context *context)
{
    if (is_chosen(context, "force")) {
        state_plan_note(context->plan,
                        states_caps(context)->plugins_update_force_in_query
                            ? "plugins.force: on this version it marks updates that hang as failed"
                            : "plugins.force: on this version it also updates blueprints that "
                              "other deployments use as components");
    }
}

void plugins_options_plan(const struct state_context *context, const void *mem)
{
    refuse_lacking(context, mem);
    refuse_data_loss(context, mem);
    tell_force(context);
    plugins_moves_plan(context, mem);
}
