#include "practice/replay/compare.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Names in one that the other lacks. */
static void missing_names(struct buf *out, const struct json *one, const struct json *other,
                          const char *what)
{
    for (const struct json *at = json_first(one); at != NULL; at = json_next(at)) {
        const char *name = json_key(at);
        bool found = false;
        for (const struct json *in = json_first(other); in != NULL && !found; in = json_next(in)) {
            found = strcmp(json_key(in), name) == 0;
        }
        if (!found && name[0] != '_') {
            (void)buf_printf(out, " %s \"%s\"", what, name);
        }
    }
}

static const char *compare_objects(const void *ctx, const struct json *recorded,
                                   const struct json *live)
{
    struct buf out;
    buf_init(&out, ctx, 1 << 20);
    missing_names(&out, recorded, live, "lacks");
    missing_names(&out, live, recorded, "has too many");
    return out.len == 0 ? NULL : buf_text(&out);
}

static const char *compare_json(const void *ctx, const struct json *recorded,
                                const struct json *live)
{
    const struct json *items = json_get(recorded, "items");
    if (!json_is_object(recorded) || !json_is_object(live)) {
        bool same = json_is_object(recorded) == json_is_object(live) &&
                    json_is_array(recorded) == json_is_array(live);
        return same ? NULL : "another type of JSON";
    }
    const char *code = json_string_or(recorded, "error_code", NULL);
    const char *live_code = json_string_or(live, "error_code", NULL);
    if (code != NULL && (live_code == NULL || strcmp(code, live_code) != 0)) {
        return mem_printf(ctx, "error_code %s instead of %s", live_code, code);
    }
    const char *why = compare_objects(ctx, recorded, live);
    const struct json *first = json_at(items, 0);
    const struct json *live_first = json_at(json_get(live, "items"), 0);
    if (why == NULL && json_is_object(first) && json_get(first, "_trimmed") == NULL) {
        if (live_first == NULL) {
            return "an empty list";
        }
        why = compare_objects(ctx, first, live_first);
    }
    return why;
}

const char *compare_answers(const void *ctx, const struct json *response, const struct answer *live)
{
    const struct json *recorded = json_get(response, "json");
    const char *type = json_string_or(response, "headers.Content-Type", "");
    long status = (long)json_int64_or(response, "status", 0);
    if (live->status != status) {
        return mem_printf(ctx, "status %ld instead of %ld", live->status, status);
    }
    bool html = strncmp(type, "text/html", 9) == 0;
    if (html && strncmp(live->type, "text/html", 9) != 0) {
        return mem_printf(ctx, "type %s instead of %s", live->type, type);
    }
    if (recorded == NULL || json_is_null(recorded) || json_is_string(recorded)) {
        return NULL;
    }
    if (live->json == NULL) {
        return "no JSON";
    }
    const char *why = compare_json(ctx, recorded, live->json);
    const char *awaited = compare_awaited(response);
    if (why == NULL && awaited != NULL && !compare_arrived(awaited, live)) {
        why = mem_printf(ctx, "status word is not \"%s\"", awaited);
    }
    return why;
}

const char *compare_awaited(const struct json *response)
{
    const struct json *recorded = json_get(response, "json");
    if (!json_is_object(recorded) || json_get(recorded, "error_code") != NULL) {
        return NULL;
    }
    return json_string_or(recorded, "status", json_string_or(recorded, "state", NULL));
}

bool compare_arrived(const char *awaited, const struct answer *live)
{
    const char *word =
        json_string_or(live->json, "status", json_string_or(live->json, "state", NULL));
    return word != NULL && strcmp(word, awaited) == 0;
}

struct pair {
    const char *recorded, *live;
    bool firm; /* from an answer about one thing; a place in a list is only a guess */
};

struct pairs {
    struct pair *list;
    size_t count;
};

struct pairs *pairs_new(const void *ctx)
{
    return mem_new(ctx, struct pairs);
}

/* Names that people chose are the same on both sides. */
static bool is_a_name(const char *text)
{
    static const char *const begins[] = {"dep-", "bp-", "acme-", "page-", "sched-", "snap"};
    for (size_t i = 0; i < FERRY_COUNT(begins); i++) {
        if (strncmp(text, begins[i], strlen(begins[i])) == 0) {
            return true;
        }
    }
    return strlen(text) < 8;
}

static void add(struct pairs *pairs, const char *recorded, const char *live, bool firm)
{
    if (recorded == NULL || live == NULL || strcmp(recorded, live) == 0 || is_a_name(recorded)) {
        return;
    }
    for (size_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->list[i];
        if (strcmp(pair->recorded, recorded) == 0) {
            if (firm || !pair->firm) { /* what was learnt last holds */
                *pair = (struct pair){pair->recorded, mem_strdup(pairs, live), firm};
            }
            return;
        }
    }
    pairs->list = mem_resize(pairs, pairs->list, struct pair, pairs->count + 1);
    pairs->list[pairs->count++] =
        (struct pair){mem_strdup(pairs, recorded), mem_strdup(pairs, live), firm};
}

void pairs_add(struct pairs *pairs, const char *recorded, const char *live)
{
    add(pairs, recorded, live, true);
}

static void learn_object(struct pairs *pairs, const struct json *recorded, const struct json *live,
                         bool firm)
{
    static const char *const names[] = {"id", "execution_id", "temp_blueprint_id"};
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        add(pairs, json_string_or(recorded, names[i], NULL), json_string_or(live, names[i], NULL),
            firm);
    }
    /* "ctok-DIMRQE9..." stands for a token: its beginning is enough to know it again. */
    const char *value = json_string_or(live, "value", NULL);
    const char *id = json_string_or(recorded, "id", NULL);
    if (value != NULL && id != NULL && strchr(value, '*') == NULL && strlen(id) >= 7) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        pairs_add(pairs, mem_printf(scope, "ctok-%.7s...", id), value);
    }
}

/* The same id is in the live list: it needs no other name. */
static bool holds_id(const struct json *items, const struct json *recorded)
{
    const char *id = json_string_or(recorded, "id", "");
    for (const struct json *at = json_first(items); at != NULL; at = json_next(at)) {
        if (strcmp(json_string_or(at, "id", " "), id) == 0) {
            return true;
        }
    }
    return false;
}

void pairs_learn(struct pairs *pairs, const struct json *recorded, const struct json *live)
{
    learn_object(pairs, recorded, live, true);
    const struct json *items = json_get(recorded, "items");
    const struct json *live_items = json_get(live, "items");
    if (json_int64_or(recorded, "metadata.pagination.total", -1) !=
        json_int64_or(live, "metadata.pagination.total", -2)) {
        return;
    }
    for (size_t i = 0; i < json_size(items) && i < json_size(live_items); i++) {
        if (json_is_object(json_at(items, i)) && !holds_id(live_items, json_at(items, i))) {
            learn_object(pairs, json_at(items, i), json_at(live_items, i), false);
        }
    }
}

char *pairs_apply(const struct pairs *pairs, const void *ctx, const char *text)
{
    char *now = mem_strdup(ctx, text);
    for (size_t i = 0; i < pairs->count; i++) {
        char *at = strstr(now, pairs->list[i].recorded);
        if (at != NULL) {
            now = mem_printf(ctx, "%.*s%s%s", (int)(at - now), now, pairs->list[i].live,
                             at + strlen(pairs->list[i].recorded));
        }
    }
    return now;
}
