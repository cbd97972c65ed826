#include "states/plugins_left.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/paging.h"
#include "states/plugins_expand.h"

#define ROWS_KEPT 100 /* deployments that are told by name */
#define NAMES_SHOWN 5
#define IDS_AT_A_TIME 20

struct plugins_left {
    int64_t offset;         /* of the next page of blueprints, in verify */
    bool listed;            /* all blueprints were seen */
    struct json *temporary; /* {TENANT/BLUEPRINT: [ids of its temporary ones]} */
    const char **ids;       /* all of them */
    size_t count, asked;    /* of ids: how many the answers so far were about */
    size_t asking;          /* how many the open question is about */
    struct json *rows;      /* {TENANT/DEPLOYMENT: temporary blueprint} */
    int64_t deployments;    /* on them, also those that are not kept in rows */
};

bool plugins_is_temporary(const char *blueprint)
{
    return strncmp(blueprint, PLUGINS_TEMPORARY, strlen(PLUGINS_TEMPORARY)) == 0;
}

struct plugins_left *plugins_left_memo(const struct state_context *context)
{
    struct plugins_left *left = mem_child(context->memo, "struct plugins_left");

    if (left == NULL) {
        left = mem_new(context->memo, struct plugins_left);
        left->temporary = json_object(left);
        left->rows = json_object(left);
    }
    return left;
}

void plugins_left_end(const struct state_context *context)
{
    mem_free(mem_child(context->memo, "struct plugins_left"));
}

bool plugins_left_take(struct plugins_left *left, const struct json *blueprint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *id = cloudify_text(blueprint, "id", "");

    if (!plugins_is_temporary(id)) {
        return false;
    }
    /* "plugins-update-20261122T143539.726178-bp-tiny": the time has no dash in it */
    const char *dash = strchr(id + strlen(PLUGINS_TEMPORARY), '-');
    const char *key = mem_printf(scope, "%s/%s", cloudify_text(blueprint, "tenant_name", ""),
                                 dash == NULL ? "" : dash + 1);
    const struct json *list = json_member(left->temporary, key);

    json_push_string(
        list != NULL ? (struct json *)(uintptr_t)list : json_set_array(left->temporary, key), id);
    left->ids = mem_resize(left, left->ids, const char *, left->count + 1);
    left->ids[left->count++] = mem_strdup(left, id);
    return true;
}

bool plugins_left_ask(const struct state_context *context, struct http_request **request,
                      const void *mem)
{
    struct plugins_left *left = plugins_left_memo(context);
    struct cloudify_caller caller = states_reader(context);
    struct cloudify_list list = {.resource = "deployments",
                                 .include = "id,tenant_name,blueprint_id",
                                 .filter = "blueprint_id",
                                 .all_tenants = true,
                                 .size = CLOUDIFY_PAGE};

    left->asking = left->count - left->asked;
    if (left->asking == 0) {
        return false;
    }
    if (left->asking > IDS_AT_A_TIME) {
        left->asking = IDS_AT_A_TIME;
    }
    list.values = left->ids + left->asked;
    list.value_count = left->asking;
    while (list.value_count > 1 && !cloudify_list_fits(&list)) {
        list.value_count--;
    }
    left->asking = list.value_count;
    cloudify_ask_list(states_request(request, mem), &caller, &list);
    return true;
}

static void take_deployments(struct plugins_left *left, const struct json *items)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *blueprint = cloudify_text(row, "blueprint_id", "");

        if (json_size(left->rows) < ROWS_KEPT && plugins_is_temporary(blueprint)) {
            json_set_string(left->rows,
                            mem_printf(scope, "%s/%s", cloudify_text(row, "tenant_name", ""),
                                       cloudify_text(row, "id", "")),
                            blueprint);
        }
    }
}

static const char *names_of(const struct json *rows, int64_t count, const void *mem)
{
    struct buf text;
    int64_t n = 0;

    buf_init(&text, mem, 8192);
    for (const struct json *row = json_first(rows); row != NULL && n < NAMES_SHOWN;
         row = json_next(row)) {
        (void)buf_printf(&text, "%s%.200s (%.200s)", n++ == 0 ? "" : ", ", json_key(row),
                         json_text(row));
    }
    if (count > n) {
        (void)buf_printf(&text, " and %lld more", (long long)(count - n));
    }
    return buf_text(&text);
}

/* Deployments of an earlier look that have been moved back since. */
static void forget_gone(const struct json *known, const struct json *rows, const char *name,
                        struct state_verdict *verdict, const void *mem)
{
    struct json *patch = NULL;

    for (const struct json *at = json_first(known); at != NULL; at = json_next(at)) {
        if (json_member(rows, json_key(at)) == NULL) {
            patch = patch != NULL
                        ? patch
                        : json_set_object(
                              json_set_object(state_facts(verdict, mem), "plugins_left"), name);
            json_set_null(patch, json_key(at));
        }
    }
}

/* All is asked: what was found goes into the facts. */
static void conclude(const struct state_context *context, const struct plugins_left *left,
                     const char *name, struct state_verdict *verdict, const void *mem)
{
    const struct json *known = json_member(json_get(context->facts, "plugins_left"), name);

    verdict->answer = STATE_DONE;
    forget_gone(known, left->rows, name, verdict, mem);
    if (left->count == 0) {
        return;
    }
    struct json *facts = state_facts(verdict, mem);

    json_set_json(facts, "plugins_temporary", left->temporary);
    const struct json *patch = json_get(facts, "plugins_left");
    struct json *object =
        patch != NULL ? (struct json *)(uintptr_t)patch : json_set_object(facts, "plugins_left");
    const struct json *found = json_member(object, name);

    json_merge(found != NULL ? (struct json *)(uintptr_t)found : json_set_object(object, name),
               left->rows);
    if (left->deployments > 0) {
        state_say(verdict, mem, STATE_DONE,
                  "%lld deployment%s on blueprints that failed plugins updates left behind: %s",
                  (long long)left->deployments, left->deployments == 1 ? " is" : "s are",
                  names_of(left->rows, left->deployments, mem));
    }
}

bool plugins_left_judge(const struct state_context *context, const struct json *document,
                        const char *name, struct state_verdict *verdict, const void *mem)
{
    struct plugins_left *left = plugins_left_memo(context);

    if (left->asking > 0) {
        if (cloudify_items(document) == NULL) {
            state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
            return false;
        }
        take_deployments(left, cloudify_items(document));
        left->deployments += cloudify_total(document) > 0 ? cloudify_total(document) : 0;
        left->asked += left->asking;
        left->asking = 0;
    }
    left->listed = true;
    if (left->asked < left->count) {
        verdict->answer = STATE_AGAIN;
        return false;
    }
    conclude(context, left, name, verdict, mem);
    plugins_left_end(context);
    return true;
}

struct plugins_temporaries plugins_temporaries_of(const struct state_context *context,
                                                  const struct state_unit *unit, const void *mem)
{
    const struct json *before =
        json_member(json_get(context->facts, "plugins_temporary"), unit->key);
    const char *own = json_string_or(unit->data, "temp", NULL);
    struct plugins_temporaries all = {.ids = mem_array(mem, const char *, json_size(before) + 1)};

    for (const struct json *at = json_first(before); at != NULL && all.count < IDS_AT_A_TIME;
         at = json_next(at)) {
        all.ids[all.count++] = json_text(at);
    }
    if (own != NULL && !states_holds(before, own)) {
        all.ids[all.count++] = own;
    }
    return all;
}

/* --- verify --- */

bool plugins_left_verify_ask(const struct state_context *context, const struct state_unit *units,
                             size_t n, struct http_request **request,
                             struct state_verdict *verdicts, const void *mem)
{
    struct plugins_left *left = plugins_left_memo(context);

    (void)units, (void)n;
    if (!left->listed) {
        plugins_ask_blueprints(context, left->offset, request, mem);
        return true;
    }
    verdicts->answer = STATE_DONE;
    return plugins_left_ask(context, request, mem);
}

void plugins_left_verify_judge(const struct state_context *context, const struct state_unit *units,
                               size_t n, const struct http_reply *reply,
                               struct state_verdict *verdicts, const void *mem)
{
    struct plugins_left *left = plugins_left_memo(context);
    struct cloudify_answer answer;
    struct states_page page;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (!left->listed) {
        if (!states_take_page(&answer, &left->offset, &page, verdicts, mem)) {
            return;
        }
        for (const struct json *row = json_first(page.items); row != NULL; row = json_next(row)) {
            (void)plugins_left_take(left, row);
        }
        if (!page.last) {
            return;
        }
    }
    (void)plugins_left_judge(context, answer.document, "after", verdicts, mem);
}
