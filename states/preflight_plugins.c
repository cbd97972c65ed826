/*
 * Plugins come over as they are: the same wagons, on a manager with another Python and perhaps on
 * another platform (the "py2 to py3" of the upgrade guides). What cannot be installed there fails
 * every later workflow of the deployments that use it, days after the upgrade. No question.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "states/plugins_moves.h"
#include "states/preflight.h"
#include "states/preflight_uses.h"

#define PYTHON "plugins_python"
#define PLATFORM "plugins_platform"
#define SHOWN 8

/* What one check finds over all plugins. */
struct finds {
    const char *texts[SHOWN];
    struct preflight_names_list list; /* plugins that are used, do not fit and are not replaced */
    int64_t replaced;                 /* that do not fit, but a newer one is there */
    int64_t unused;                   /* that do not fit, and no deployment uses them */
    int64_t untold;                   /* of which nothing is known */
    int64_t looked_at;
};

static const char *manager(const struct state_context *context)
{
    return json_string_or(context->facts, "manager.version", "?");
}

/* --- its Python --- */

static const char *tags_of(const struct json *plugin, const void *mem)
{
    const char *text = "";

    for (const struct json *at = json_first(json_member(plugin, "python")); at != NULL;
         at = json_next(at)) {
        text = mem_printf(mem, "%s%s%s", text, text[0] == '\0' ? "" : " ",
                          json_text(at) == NULL ? "?" : json_text(at));
    }
    return text;
}

static bool is_pure(const struct json *plugin)
{
    return strcmp(json_string_or(plugin, "platform", ""), "any") == 0;
}

/* Another minor version of Python will do for what is not compiled. */
static const char *python_misfit(const struct state_context *context, const struct json *plugin,
                                 const void *mem)
{
    enum cloudify_python best = CLOUDIFY_PYTHON_LACKS;

    for (const struct json *at = json_first(json_member(plugin, "python")); at != NULL;
         at = json_next(at)) {
        enum cloudify_python fit =
            cloudify_python_fit(manager(context), json_text(at) == NULL ? "" : json_text(at));

        best = fit < best ? fit : best;
    }
    if (best == CLOUDIFY_PYTHON_FITS || (best == CLOUDIFY_PYTHON_OTHER && is_pure(plugin))) {
        return NULL;
    }
    return tags_of(plugin, mem);
}

/* --- its platform --- */

static bool holds_word(const char *text, const char *word)
{
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

/* Managers are Linux on x86_64 or aarch64 (packages of cloudify-manager); which of them it is, and
   its release, they do not tell. manylinux is for any distribution. */
static const char *platform_misfit(const struct state_context *context, const struct json *plugin,
                                   const void *mem)
{
    const char *platform = json_string_or(plugin, "platform", "");
    const char *made_on = json_string_or(plugin, "distribution", "");
    const char *runs = json_string_or(context->facts, "manager.distribution", "");
    bool any = strcmp(platform, "any") == 0 || strncmp(platform, "manylinux", 9) == 0;

    if (any || (holds_word(platform, "linux") &&
                (made_on[0] == '\0' || runs[0] == '\0' || holds_word(runs, made_on) ||
                 holds_word(made_on, runs)))) {
        return NULL;
    }
    return made_on[0] == '\0' ? platform : mem_printf(mem, "%s, made on %s", platform, made_on);
}

/* --- both --- */

static void take(const struct state_context *context, struct finds *finds,
                 const struct json *plugin, preflight_misfit *misfit, const void *mem)
{
    const char *package = json_string_or(plugin, "package_name", "?");
    const char *version = json_string_or(plugin, "package_version", "?");
    const char *wrong = misfit(context, plugin, mem);
    struct preflight_users users;

    finds->looked_at++;
    if (wrong == NULL) {
        return;
    }
    users = preflight_users_of(context, package, version, mem);
    if (users.deployments == 0 && !users.untold) {
        finds->unused++;
    } else if (preflight_newer_fits(context, plugin, misfit, mem)) {
        finds->replaced++;
    } else if (finds->list.total++ < SHOWN) {
        finds->texts[finds->list.count++] =
            mem_printf(mem, "%s %s (%s), %s", package, version, wrong, users.text);
    }
}

static bool is_told(const struct json *plugin, const char *name)
{
    return strcmp(name, PYTHON) == 0 ? json_size(json_member(plugin, "python")) > 0
                                     : json_string_or(plugin, "platform", NULL) != NULL;
}

static void say(const struct state_context *context, const char *name, const struct finds *finds,
                const char *has, const void *mem)
{
    int64_t missing = states_archive_count(context, "plugins") - finds->looked_at;
    const char *replaced =
        mem_printf(mem, "; replaced by newer ones: %lld", (long long)finds->replaced);
    const char *unused =
        mem_printf(mem, "; of no use to any deployment: %lld", (long long)finds->unused);
    const char *rest = mem_printf(mem, "%s%s", finds->replaced > 0 ? replaced : "",
                                  finds->unused > 0 ? unused : "");

    if (finds->list.total > 0) {
        preflight_say(context, mem, name, STATE_CHECK_WARNING,
                      "add newer wagons of them, made for this manager, to plugins.upload: without "
                      "them every later workflow of these deployments fails",
                      "the manager has %s, which these plugins are not made for, and no newer "
                      "version is in plugins.upload: %s%s",
                      has, preflight_join(mem, &finds->list), rest);
    } else if (missing > 0) {
        preflight_say(context, mem, name, STATE_CHECK_CANNOT_TELL,
                      "compare the names of their wagons with the manager: cfy plugins list",
                      "of %lld plugins the archive does not tell what they are made for; the "
                      "manager has %s",
                      (long long)missing, has);
    } else {
        preflight_say(context, mem, name, STATE_CHECK_OK, NULL,
                      "%lld plugins in the archive; the manager has %s%s",
                      (long long)finds->looked_at, has, rest);
    }
}

static void check(const struct state_context *context, const char *name, preflight_misfit *misfit,
                  const char *has, const void *mem)
{
    const struct json *rows = json_get(context->facts, "archive.plugin_list");
    struct finds finds = {.looked_at = 0};

    finds.list.texts = finds.texts;
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        if (is_told(row, name)) {
            take(context, &finds, row, misfit, mem);
        }
    }
    say(context, name, &finds, has, mem);
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)request;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    verdicts->answer = STATE_DONE;
    if (preflight_unseen(context)) {
        preflight_say_unseen(context, mem, PYTHON);
        preflight_say_unseen(context, mem, PLATFORM);
        preflight_say_unseen(context, mem, "plugin_moves");
        return false;
    }
    check(context, PYTHON, python_misfit,
          mem_printf(mem, "Python %s", cloudify_python_names(manager(context))), mem);
    check(context, PLATFORM, platform_misfit,
          mem_printf(mem, "Linux (%s)",
                     json_string_or(context->facts, "manager.distribution", "of a kind unknown")),
          mem);
    preflight_say_moves(context, verdicts, mem);
    return false;
}

const struct ferry_state preflight_plugins = {
    .name = "preflight_plugins",
    .summary = "compares the plugins of the archive with what the manager runs",
    .plan = {.ask = ask},
};
