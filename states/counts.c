#include "states/counts.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"

/* The last three for the new format only: it may leave out a single row of anything (facts 2.5),
   where a dump comes whole or not at all. */
static const struct {
    const char *name, *fact;
    bool only_new;
} resources[] = {{"tenants", "tenants", false},
                 {"blueprints", "blueprints", false},
                 {"deployments", "deployments", false},
                 {"plugins", "plugins", false},
                 {"nodes", "nodes", true},
                 {"node-instances", "node_instances", true},
                 {"agents", "agents", true}};

static bool is_new(const struct state_context *context)
{
    return strcmp(states_archive_format(context), "new") == 0;
}

/* Which of them the cursor names; all of them: none. */
static size_t place(const struct state_unit *unit)
{
    size_t i = 0;

    while (i < FERRY_COUNT(resources) && !states_at(unit, resources[i].name)) {
        i++;
    }
    return i;
}

bool counts_at(const struct state_unit *unit)
{
    return place(unit) < FERRY_COUNT(resources);
}

void counts_begin(struct state_verdict *verdict, const void *mem)
{
    states_next(verdict, mem, resources[0].name);
}

void counts_ask(const struct state_unit *unit, const struct cloudify_caller *caller,
                struct http_request *request)
{
    size_t at = place(unit) % FERRY_COUNT(resources);
    bool tenants = strcmp(resources[at].name, "tenants") == 0;

    cloudify_ask_list(request, caller,
                      &(struct cloudify_list){.resource = resources[at].name,
                                              .include = tenants ? "name" : "id",
                                              .all_tenants = !tenants,
                                              .size = 1});
}

/* What the manager should hold at least, -1: nobody knows. */
static int64_t expected(const struct state_context *context, const char *fact)
{
    int64_t count = states_archive_count(context, fact);

    if (count < 0) {
        return -1;
    }
    if (strcmp(fact, "tenants") == 0 && count == 0) {
        return 1; /* default_tenant is always there */
    }
    return strcmp(fact, "plugins") == 0
               ? count + (int64_t)json_size(json_get(context->facts, "plugins_uploaded"))
               : count;
}

static void keep(const struct state_context *context, const char *fact, int64_t count,
                 struct state_verdict *verdict, const void *mem)
{
    struct json *compare = json_set_object(state_facts(verdict, mem), "compare");
    struct json *row = json_set_object(compare, fact);
    int64_t archive = states_archive_count(context, fact);

    if (archive >= 0) {
        json_set_int(row, "archive", archive);
    }
    if (expected(context, fact) >= 0) {
        json_set_int(row, "expected", expected(context, fact));
    }
    json_set_int(row, "manager", count);
    json_set_int(json_set_object(state_data(verdict, mem), "counts"), fact, count);
}

bool counts_judge(const struct state_context *context, const struct state_unit *unit,
                  const struct json *document, struct state_verdict *verdict, const void *mem)
{
    size_t at = place(unit) % FERRY_COUNT(resources);
    int64_t count = cloudify_total(document);

    if (count < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list without its total");
        return false;
    }
    keep(context, resources[at].fact, count, verdict, mem);
    if (at + 1 < FERRY_COUNT(resources) && (is_new(context) || !resources[at + 1].only_new)) {
        states_next(verdict, mem, resources[at + 1].name);
        return false;
    }
    return true;
}

int64_t counts_of(const struct state_unit *unit, const struct state_verdict *verdict,
                  const char *fact)
{
    return json_int64_or(json_get(verdict->data, "counts"), fact,
                         json_int64_or(json_get(unit->data, "counts"), fact, -1));
}

static const char *list_of(const struct state_context *context, const struct state_unit *unit,
                           const struct state_verdict *verdict, int sign, const void *mem)
{
    struct buf text;

    buf_init(&text, mem, 4096);
    for (size_t i = 0; i < FERRY_COUNT(resources); i++) {
        int64_t want = expected(context, resources[i].fact);
        int64_t have = counts_of(unit, verdict, resources[i].fact);

        if (want >= 0 && have >= 0 && (sign < 0 ? have < want : have > want)) {
            (void)buf_printf(&text, "%s%lld %s for %lld", text.len == 0 ? "" : ", ",
                             (long long)have, resources[i].name, (long long)want);
        }
    }
    return buf_text(&text);
}

const char *counts_fewer(const struct state_context *context, const struct state_unit *unit,
                         const struct state_verdict *verdict, const void *mem)
{
    return list_of(context, unit, verdict, -1, mem);
}

const char *counts_more(const struct state_context *context, const struct state_unit *unit,
                        const struct state_verdict *verdict, const void *mem)
{
    return list_of(context, unit, verdict, 1, mem);
}

bool counts_doubled(const struct state_context *context, const struct state_unit *unit,
                    const struct state_verdict *verdict)
{
    int64_t want = expected(context, "node_instances");

    return is_new(context) && want > 0 && counts_of(unit, verdict, "node_instances") >= 2 * want;
}

void counts_forget(const struct state_unit *unit, struct state_verdict *verdict, const void *mem)
{
    if (json_get(unit->data, "counts") != NULL ||
        (verdict->data != NULL && json_member(verdict->data, "counts") != NULL)) {
        json_set_null(state_data(verdict, mem), "counts");
    }
}
