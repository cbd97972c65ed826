#include "states/preflight_uses.h"

#include <string.h>

#include "base/mem.h"
#include "states/plugins_expand.h"
#include "states/plugins_files.h"
#include "states/plugins_moves.h"

#define USERS_SHOWN 5
#define MOVES_SHOWN 5
#define MOVES_KEPT 200 /* rows of the fact: a run keeps it in its journal */

static const struct json *blueprints(const struct state_context *context)
{
    return json_get(context->facts, "archive.blueprint_list");
}

static bool list_is_complete(const struct state_context *context)
{
    return json_bool_or(context->facts, "archive.blueprint_list_complete", false);
}

static bool uses(const struct json *blueprint, const char *package, const char *version)
{
    for (const struct json *use = json_first(json_member(blueprint, "plugins")); use != NULL;
         use = json_next(use)) {
        const char *named = json_string_or(use, "package_version", NULL);

        if (strcmp(json_string_or(use, "package_name", ""), package) == 0 &&
            (named == NULL || strcmp(named, version) == 0)) {
            return true;
        }
    }
    return false;
}

static const char *key_of(const struct json *blueprint, const void *mem)
{
    return mem_printf(mem, "%s/%s", json_string_or(blueprint, "tenant_name", "?"),
                      json_string_or(blueprint, "id", "?"));
}

struct preflight_users preflight_users_of(const struct state_context *context, const char *package,
                                          const char *version, const void *mem)
{
    struct preflight_users users = {.untold = !list_is_complete(context)};
    const char *names[USERS_SHOWN];
    struct preflight_names_list list = {.texts = names};

    for (const struct json *row = json_first(blueprints(context)); row != NULL;
         row = json_next(row)) {
        int64_t deployments = json_int64_or(row, "deployments", -1);

        if (deployments != 0 && !json_bool_or(row, "known", false)) {
            users.untold = true;
        } else if (deployments != 0 && uses(row, package, version)) {
            users.deployments += deployments > 0 ? deployments : 1;
            list.total++;
            if (list.count < USERS_SHOWN) {
                names[list.count++] = key_of(row, mem);
            }
        }
    }
    if (list.total > 0) {
        users.text = mem_printf(mem, "which %lld deployment%s of %s need%s",
                                (long long)users.deployments, users.deployments == 1 ? "" : "s",
                                preflight_join(mem, &list), users.deployments == 1 ? "s" : "");
    } else {
        users.text = users.untold ? "and which deployments need it is not told"
                                  : "which no deployment needs";
    }
    return users;
}

/* --- newer ones --- */

static bool is_newer(const struct json *plugin, const char *package, const char *version)
{
    return strcmp(package, json_string_or(plugin, "package_name", "")) == 0 &&
           plugins_version_order(version, json_string_or(plugin, "package_version", "")) > 0;
}

bool preflight_newer_fits(const struct state_context *context, const struct json *plugin,
                          preflight_misfit *misfit, const void *mem)
{
    const struct json *rows = json_get(context->facts, "archive.plugin_list");
    struct plugins_file file;

    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        if (is_newer(plugin, json_string_or(row, "package_name", ""),
                     json_string_or(row, "package_version", "")) &&
            misfit(context, row, mem) == NULL) {
            return true;
        }
    }
    for (size_t i = 0; plugins_file_at(context, i, &file, mem); i++) {
        for (const struct json *at = json_first(file.plugins); at != NULL; at = json_next(at)) {
            if (is_newer(plugin, json_string_or(at, "package", ""),
                         json_string_or(at, "version", "")) &&
                misfit(context, at, mem) == NULL) {
                return true;
            }
        }
    }
    return false;
}

/* --- moves --- */

struct moves {
    const struct state_context *context;
    const struct json *offers;
    struct json *kept;
    const char *texts[MOVES_SHOWN];
    struct preflight_names_list list;
    int64_t blueprints, untold;
    const void *mem;
};

/* One package of a blueprint; true: it moves. */
static bool take_use(struct moves *moves, const struct json *blueprint, const struct json *use)
{
    const char *package = json_string_or(use, "package_name", "?");
    const char *from = json_string_or(use, "package_version", NULL);
    const char *to =
        from == NULL ? NULL : plugins_move_to(moves->context, moves->offers, package, from);
    struct json *row;

    if (to == NULL) {
        return false;
    }
    if (json_size(moves->kept) < MOVES_KEPT) {
        row = json_push_object(moves->kept);
        json_set_string(row, "tenant", json_string_or(blueprint, "tenant_name", NULL));
        json_set_string(row, "blueprint", json_string_or(blueprint, "id", NULL));
        json_set_string(row, "package", package);
        json_set_string(row, "from", from);
        json_set_string(row, "to", to);
    }
    moves->list.total++;
    if (moves->list.count < MOVES_SHOWN) {
        moves->texts[moves->list.count++] = mem_printf(
            moves->mem, "%s: %s %s to %s", key_of(blueprint, moves->mem), package, from, to);
    }
    return true;
}

static void take_blueprint(struct moves *moves, const struct json *blueprint)
{
    bool any = false;

    if (json_bool_or(blueprint, "hidden", false) ||
        !plugins_chooses(moves->context, key_of(blueprint, moves->mem),
                         json_string_or(blueprint, "id", ""))) {
        return;
    }
    if (!json_bool_or(blueprint, "known", false)) {
        moves->untold++;
        return;
    }
    for (const struct json *use = json_first(json_member(blueprint, "plugins")); use != NULL;
         use = json_next(use)) {
        any = take_use(moves, blueprint, use) || any;
    }
    moves->blueprints += any ? 1 : 0;
}

static void say(const struct moves *moves)
{
    static const char name[] = "plugin_moves";
    const struct state_context *context = moves->context;
    bool complete = moves->untold == 0 && list_is_complete(context);

    if (moves->list.total == 0 && !complete) {
        preflight_say(context, moves->mem, name, STATE_CHECK_CANNOT_TELL,
                      "the manager itself tells when plugins are updated",
                      "which plugins blueprints use is not told of %s",
                      moves->untold > 0
                          ? mem_printf(moves->mem, "%lld of them", (long long)moves->untold)
                          : "all of them");
    } else if (moves->list.total == 0) {
        preflight_say(context, moves->mem, name, STATE_CHECK_OK, NULL,
                      "no blueprint would move: nothing newer is there for what they use");
    } else {
        preflight_say(context, moves->mem, name, STATE_CHECK_OK, NULL,
                      "%lld blueprints would move, unless they pin a version%s: %s",
                      (long long)moves->blueprints, complete ? "" : " (others are not told of)",
                      preflight_join(moves->mem, &moves->list));
    }
}

void preflight_say_moves(const struct state_context *context, struct state_verdict *verdict,
                         const void *mem)
{
    struct moves moves = {.context = context, .mem = mem};
    const struct json *chosen = json_get(context->options, "plugins.update");

    if (json_is_array(chosen) && json_size(chosen) == 0) {
        preflight_say(context, mem, "plugin_moves", STATE_CHECK_OK, NULL,
                      "no blueprint would move: plugins.update is none");
        return;
    }
    moves.offers = plugins_offers(context, mem);
    moves.kept = json_array(mem);
    moves.list.texts = moves.texts;
    for (const struct json *row = json_first(blueprints(context)); row != NULL;
         row = json_next(row)) {
        take_blueprint(&moves, row);
    }
    json_set_json(state_facts(verdict, mem), "plugin_moves", moves.kept);
    say(&moves);
}
