/*
 * Each file with what is in it, and whether the manager will have it already: the plugins that it
 * has now, and those that the snapshot brings. What no manager would take, or would take and fail
 * with later, is refused here.
 */
#include "states/plugins_files_plan.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/paging.h"
#include "states/plugins_files.h"

struct plan_memo {
    int64_t offset;
    struct json *rows; /* of the manager */
};

static struct plan_memo *memo_of(const struct state_context *context)
{
    struct plan_memo *memo = mem_child(context->memo, "struct plan_memo");

    if (memo == NULL) {
        memo = mem_new(context->memo, struct plan_memo);
        memo->rows = json_array(memo);
    }
    return memo;
}

/* --- what stands in the way --- */

static bool is_python2_only(const struct json *plugin)
{
    const struct json *tags = json_get(plugin, "python");

    for (const struct json *at = json_first(tags); at != NULL; at = json_next(at)) {
        if (json_text(at) == NULL || strncmp(json_text(at), "py2", 3) != 0) {
            return false;
        }
    }
    return json_size(tags) > 0;
}

static bool names_word(const char *text, const char *word)
{
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

/* A plugin that runs on the manager must be made for it; one for hosts may be for others. */
static void check_platform(const struct state_context *context, const struct plugins_file *file,
                           const struct json *plugin, const void *mem)
{
    const char *platform = json_string_or(plugin, "platform", "any");
    const char *wanted = json_string_or(plugin, "distribution", "");
    const char *manager = json_string_or(context->facts, "manager.distribution", "");
    const char *text = NULL;

    if (strcmp(platform, "any") == 0) {
        return; /* the distribution then is that of the machine it was made on */
    }
    if (names_word(platform, "win") || names_word(platform, "macosx")) {
        text = mem_printf(mem, "plugin \"%s\": %s is made for %s, the manager runs Linux",
                          file->key, plugins_name(plugin, mem), platform);
    } else if (wanted[0] != '\0' && manager[0] != '\0' && !names_word(manager, wanted) &&
               !names_word(wanted, manager)) {
        text = mem_printf(mem, "plugin \"%s\": %s is made on %s for %s, the manager runs %s",
                          file->key, plugins_name(plugin, mem), wanted, platform, manager);
    }
    if (text == NULL) {
        return;
    }
    if (json_bool_or(plugin, "central", false)) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED, text,
                           "it runs on the manager alone: take the wagon for the manager's "
                           "platform, or leave it out of plugins.upload");
    } else {
        state_plan_warning(context->plan, text,
                           "on the manager itself it cannot be installed; "
                           "for agents on such hosts it is right");
    }
}

static void check_plugin(const struct state_context *context, const struct plugins_file *file,
                         const struct json *plugin, const void *mem)
{
    const struct cloudify_caps *caps = states_caps(context);

    if (is_python2_only(plugin) && caps->python3) {
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            mem_printf(mem, "plugin \"%s\": %s is for Python 2 only, manager %s runs Python 3",
                       file->key, plugins_name(plugin, mem),
                       json_string_or(context->facts, "manager.version", "?")),
            "take a version of it with a wagon for Python 3");
    }
    if (json_int64_or(plugin, "yamls", 0) > 1 && !caps->plugin_many_yamls) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           mem_printf(mem,
                                      "plugin \"%s\" has %lld yamls, manager %s takes exactly one",
                                      file->key, (long long)json_int64_or(plugin, "yamls", 0),
                                      json_string_or(context->facts, "manager.version", "?")),
                           "leave one in it: the plugin.yaml for DSL 1.3 or older");
    }
    check_platform(context, file, plugin, mem);
}

static void check_file(const struct state_context *context, size_t at,
                       const struct plugins_file *file, const void *mem)
{
    const struct json *known = json_member(json_get(context->facts, "plugin_files"), file->key);
    const char *problem = json_string_or(known, "problem", NULL);
    const struct json *entry = json_at(json_get(context->options, "plugins.upload"), at);

    if (problem != NULL) {
        state_plan_blocker(context->plan, FERRY_E_ARCHIVE, problem,
                           json_string_or(known, "hint", NULL));
    }
    if (json_get(entry, "icon") != NULL && !states_caps(context)->plugin_icon) {
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            mem_printf(mem,
                       "plugin \"%s\" has an icon, which manager %s does not take (before "
                       "5.2)",
                       file->key, json_string_or(context->facts, "manager.version", "?")),
            "leave icon out of its item in plugins.upload");
    }
    for (const struct json *plugin = json_first(file->plugins); plugin != NULL;
         plugin = json_next(plugin)) {
        check_plugin(context, file, plugin, mem);
    }
}

/* --- asking --- */

bool plugins_files_plan_ask(const struct state_context *context, const struct state_unit *units,
                            size_t n, struct http_request **request, struct state_verdict *verdicts,
                            const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    struct plan_memo *memo = memo_of(context);
    int64_t count = (int64_t)plugins_file_count(context);
    struct plugins_file file;

    (void)units, (void)n;
    verdicts->answer = STATE_DONE;
    if (count == 0) {
        state_plan_skip(context->plan, "plugins.upload names no file");
        return false;
    }
    for (size_t i = 0; memo->offset == 0 && plugins_file_at(context, i, &file, mem); i++) {
        check_file(context, i, &file, mem);
    }
    state_plan_units(context->plan, count);
    state_plan_estimate(context->plan, count * 5 * STATES_SECOND_MS,
                        mem_printf(mem, "%lld files, 5 s each", (long long)count));
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = "plugins",
                                              .include = "id,package_name,package_version,"
                                                         "distribution,supported_platform,"
                                                         "visibility,tenant_name",
                                              .sort = "id",
                                              .all_tenants = true,
                                              .size = CLOUDIFY_PAGE,
                                              .offset = memo->offset});
    return true;
}

/* --- telling --- */

static const char *where(const struct state_context *context, const struct plan_memo *memo,
                         const struct json *plugin)
{
    const struct plugins_row_query query = {
        .plugin = plugin,
        .tenant = json_string_or(context->options, "manager.tenant", CLOUDIFY_DEFAULT_TENANT)};

    if (plugins_find_row(memo->rows, &query) != NULL) {
        return "on the manager already";
    }
    return plugins_find_row(json_get(context->facts, "archive.plugin_list"), &query) != NULL
               ? "in the snapshot already"
               : NULL;
}

static void tell_file(const struct state_context *context, const struct plan_memo *memo,
                      const struct plugins_file *file, const void *mem)
{
    const struct json *known = json_member(json_get(context->facts, "plugin_files"), file->key);
    struct json *there = json_array(mem);
    struct json *fresh = json_array(mem);
    const char *reason = NULL;

    for (const struct json *at = json_first(file->plugins); at != NULL; at = json_next(at)) {
        const char *found = where(context, memo, at);

        reason = found != NULL ? found : reason;
        json_push_json(found != NULL ? there : fresh, at);
    }
    if (json_size(fresh) > 0) {
        state_plan_note(context->plan, mem_printf(mem, "%s (%s, visibility %s) brings %s",
                                                  file->key, json_string_or(known, "kind", "?"),
                                                  file->visibility, plugins_names(fresh, mem)));
    }
    if (json_size(there) > 0) {
        state_plan_note(context->plan,
                        mem_printf(mem, "%s: %s: %s%s", file->key, plugins_names(there, mem),
                                   reason, json_size(fresh) == 0 ? ", it will not be sent" : ""));
    }
}

void plugins_files_plan_judge(const struct state_context *context, const struct state_unit *units,
                              size_t n, const struct http_reply *reply,
                              struct state_verdict *verdicts, const void *mem)
{
    struct plan_memo *memo = memo_of(context);
    struct cloudify_answer answer;
    struct states_page page;
    struct plugins_file file;

    (void)units, (void)n;
    if (!states_plan_read(context, reply, &answer, verdicts, mem) ||
        !states_take_page(&answer, &memo->offset, &page, verdicts, mem)) {
        return;
    }
    for (const struct json *row = json_first(page.items); row != NULL; row = json_next(row)) {
        json_push_json(memo->rows, row);
    }
    for (size_t i = 0; page.last && plugins_file_at(context, i, &file, mem); i++) {
        tell_file(context, memo, &file, mem);
    }
}
