#include "states/plugins_expand.h"

#include <string.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/paging.h"
#include "states/plugins_left.h"

struct plugins_memo {
    int64_t offset;
    bool listed;       /* all blueprints are named; what failed updates left is asked for */
    struct json *seen; /* ids that plugins.update names and that are there */
};

static struct plugins_memo *memo_of(const struct state_context *context)
{
    struct plugins_memo *memo = mem_child(context->memo, "struct plugins_memo");

    if (memo == NULL) {
        memo = mem_new(context->memo, struct plugins_memo);
        memo->seen = json_object(memo);
    }
    return memo;
}

bool plugins_none_chosen(const struct state_context *context)
{
    const struct json *update = json_get(context->options, "plugins.update");

    return json_is_array(update) && json_size(update) == 0;
}

void plugins_ask_blueprints(const struct state_context *context, int64_t offset,
                            struct http_request **request, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = "blueprints",
                                              .include = "id,tenant_name,is_hidden",
                                              .sort = "id",
                                              .then_sort = "created_at",
                                              .all_tenants = true,
                                              .size = CLOUDIFY_PAGE,
                                              .offset = offset});
}

bool plugins_expand_ask(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request **request, struct state_verdict *verdicts,
                        const void *mem)
{
    const struct plugins_memo *memo = memo_of(context);

    (void)units, (void)n;
    if (plugins_none_chosen(context)) {
        state_say(verdicts, mem, STATE_SKIP, "plugins.update chooses no blueprint");
        return false;
    }
    if (!states_caps(context)->plugins_updates) {
        state_say(verdicts, mem, STATE_SKIP, "this manager cannot update plugins (before 5.0)");
        return false;
    }
    if (memo->listed) {
        verdicts->answer = STATE_DONE;
        return plugins_left_ask(context, request, mem);
    }
    plugins_ask_blueprints(context, memo->offset, request, mem);
    return true;
}

/* An operator may write "blueprint" (in every tenant) or "tenant/blueprint". */
static const char *named_by(const struct json *list, const char *key, const char *id)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        const char *text = json_text(at);

        if (text != NULL && (strcmp(text, key) == 0 || strcmp(text, id) == 0)) {
            return text;
        }
    }
    return NULL;
}

bool plugins_chooses(const struct state_context *context, const char *key, const char *id)
{
    const struct json *update = json_get(context->options, "plugins.update");

    return (!json_is_array(update) || named_by(update, key, id) != NULL) &&
           named_by(json_get(context->options, "plugins.except"), key, id) == NULL;
}

static void name_blueprint(const struct state_context *context, struct plugins_memo *memo,
                           const struct json *row, const void *mem)
{
    const struct json *update = json_get(context->options, "plugins.update");
    const char *id = cloudify_text(row, "id", "");
    const char *key = mem_printf(mem, "%s/%s", cloudify_text(row, "tenant_name", ""), id);
    const char *named = named_by(update, key, id);

    if (plugins_left_take(plugins_left_memo(context), row) ||
        json_bool_or(row, "is_hidden", false)) {
        return;
    }
    if (named != NULL) {
        json_set_bool(memo->seen, named, true);
    }
    if (json_is_array(update) && named == NULL) {
        state_sink_skip(context->sink, key, "plugins.update does not name it");
    } else if (named_by(json_get(context->options, "plugins.except"), key, id) != NULL) {
        state_sink_skip(context->sink, key, "plugins.except names it");
    } else {
        state_sink_add(context->sink, key);
    }
}

static void name_absent(const struct state_context *context, const struct plugins_memo *memo,
                        const void *mem)
{
    const struct json *update = json_get(context->options, "plugins.update");

    for (const struct json *at = json_first(update); at != NULL; at = json_next(at)) {
        const char *text = json_text(at);

        if (text != NULL && json_member(memo->seen, text) == NULL) {
            state_sink_skip(context->sink,
                            strchr(text, '/') != NULL ? text : mem_printf(mem, "?/%s", text),
                            "plugins.update names it, and the manager has no such blueprint");
        }
    }
}

void plugins_expand_judge(const struct state_context *context, const struct state_unit *units,
                          size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                          const void *mem)
{
    struct plugins_memo *memo = memo_of(context);
    struct cloudify_answer answer;
    struct states_page page;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (!memo->listed) {
        if (!states_take_page(&answer, &memo->offset, &page, verdicts, mem)) {
            return;
        }
        for (const struct json *row = json_first(page.items); row != NULL; row = json_next(row)) {
            name_blueprint(context, memo, row, mem);
        }
        if (!page.last) {
            return;
        }
        name_absent(context, memo, mem);
        memo->listed = true;
    }
    if (plugins_left_judge(context, answer.document, "before", verdicts, mem)) {
        mem_free(memo);
    }
}
