#include "states/plugins_after.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_left.h"
#include "states/plugins_options.h"

#define ASK_WHY "why"
#define ASK_LEFT "left"
#define NAMES_SHOWN 5

bool plugins_after_is_due(const struct state_context *context, const struct state_unit *unit,
                          const struct state_verdict *verdict, const void *mem)
{
    return json_get(verdict->data, "temp") != NULL ||
           plugins_temporaries_of(context, unit, mem).count > 0;
}

bool plugins_after_at(const struct state_unit *unit)
{
    return states_at(unit, ASK_WHY) || states_at(unit, ASK_LEFT);
}

void plugins_after_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request *request, const void *mem)
{
    struct plugins_temporaries all = plugins_temporaries_of(context, unit, mem);
    struct cloudify_caller caller = states_reader(context);
    const char *blueprint = NULL;
    struct cloudify_list list = {.resource = "deployments",
                                 .include = "id,blueprint_id",
                                 .filter = "blueprint_id",
                                 .values = all.ids,
                                 .value_count = all.count,
                                 .size = 100};

    caller.tenant = states_tenant_of(mem, unit->key, &blueprint);
    if (states_at(unit, ASK_WHY)) {
        cloudify_ask_execution(request, &caller, json_string_or(unit->data, "execution", ""));
        return;
    }
    while (list.value_count > 1 && !cloudify_list_fits(&list)) {
        list.values++; /* the oldest first: those of many failures ago */
        list.value_count--;
    }
    cloudify_ask_list(request, &caller, &list);
}

/* --- the end --- */

static const char *names_of(const struct json *items, int64_t total, const void *mem)
{
    struct buf text;
    int64_t n = 0;

    buf_init(&text, mem, 4096);
    for (const struct json *row = json_first(items); row != NULL && n < NAMES_SHOWN;
         row = json_next(row)) {
        (void)buf_printf(&text, "%s%.200s (%.200s)", n++ == 0 ? "" : ", ",
                         cloudify_text(row, "id", "?"), cloudify_text(row, "blueprint_id", "?"));
    }
    if (total > n) {
        (void)buf_printf(&text, " and %lld more", (long long)(total - n));
    }
    return buf_text(&text);
}

/* why: of a failed update, "" when it is not known. left: NULL, or who is still on a temporary
   blueprint. */
static void conclude(const char *end, const char *why, const char *left,
                     struct state_verdict *verdict, const void *mem)
{
    bool failed = strcmp(end, "failed") == 0;

    if (!failed && left == NULL) {
        verdict->answer = STATE_DONE;
        if (strcmp(end, "no_changes_required") == 0) {
            verdict->reason = "its deployments use the right plugins already";
        }
        return;
    }
    state_say(verdict, mem, STATE_FAILED, "%s%s%s%s%s",
              failed ? "the update of its plugins failed" : "the update ended well",
              why[0] == '\0' ? "" : ": ", why,
              left == NULL ? "" : "; deployments that are still on a temporary blueprint: ",
              left == NULL ? "" : left);
    verdict->hint =
        left == NULL
            ? "see its execution on the manager; then: ferry retry RUN --failed"
            : "move each of them back: cfy deployments update -b BLUEPRINT DEPLOYMENT; then: ferry "
              "retry RUN --failed";
}

static void next(const struct state_context *context, const struct state_unit *unit,
                 struct state_verdict *verdict, const void *mem)
{
    const char *end = json_string_or(verdict->data, "end", json_string_or(unit->data, "end", ""));
    const char *why = json_string_or(verdict->data, "why", json_string_or(unit->data, "why", ""));

    if (plugins_after_is_due(context, unit, verdict, mem)) {
        states_next(verdict, mem, ASK_LEFT);
    } else {
        conclude(end, why, NULL, verdict, mem);
    }
}

void plugins_after_begin(const struct state_context *context, const struct state_unit *unit,
                         const struct json *update, struct state_verdict *verdict, const void *mem)
{
    const char *execution =
        json_string_or(verdict->data, "execution", json_string_or(unit->data, "execution", NULL));

    json_set_string(state_data(verdict, mem), "end", cloudify_text(update, "state", "?"));
    if (cloudify_update_of(update) == CLOUDIFY_UPDATE_FAILED && execution != NULL) {
        states_next(verdict, mem, ASK_WHY);
    } else {
        next(context, unit, verdict, mem);
    }
}

/* A retry begins without notes, and the report wants names: both are kept in the facts. */
static void remember(const struct state_context *context, const struct state_unit *unit,
                     const struct json *items, struct state_verdict *verdict, const void *mem)
{
    struct plugins_temporaries all = plugins_temporaries_of(context, unit, mem);
    struct json *facts = state_facts(verdict, mem);
    struct json *ids = json_set_array(json_set_object(facts, "plugins_temporary"), unit->key);
    struct json *after = json_set_object(json_set_object(facts, "plugins_left"), "after");
    const char *blueprint = NULL;
    const char *tenant = states_tenant_of(mem, unit->key, &blueprint);

    for (size_t i = 0; i < all.count; i++) {
        json_push_string(ids, all.ids[i]);
    }
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        json_set_string(after, mem_printf(mem, "%s/%s", tenant, cloudify_text(row, "id", "?")),
                        cloudify_text(row, "blueprint_id", "?"));
    }
}

static void judge_left(const struct state_context *context, const struct state_unit *unit,
                       const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem)
{
    const struct json *items = cloudify_items(answer->document);
    int64_t total = cloudify_total(answer->document);

    if (items == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        states_round_over(verdict, unit, mem);
        return;
    }
    if (json_size(items) > 0) {
        remember(context, unit, items, verdict, mem);
    }
    conclude(json_string_or(unit->data, "end", ""), json_string_or(unit->data, "why", ""),
             json_size(items) == 0 ? NULL : names_of(items, total, mem), verdict, mem);
}

void plugins_after_judge(const struct state_context *context, const struct state_unit *unit,
                         const struct cloudify_answer *answer, struct state_verdict *verdict,
                         const void *mem)
{
    if (states_at(unit, ASK_LEFT)) {
        judge_left(context, unit, answer, verdict, mem);
        return;
    }
    json_set_string(state_data(verdict, mem), "why",
                    cloudify_last_line(mem, cloudify_text(answer->document, "error", "")));
    next(context, unit, verdict, mem);
}
