#include "practice/archive_items.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ITEMS_MAX 500

void items_close(struct items *items)
{
    if (items->count < 0) {
        return;
    }
    char end[3 * PLAN_NAME_SIZE] = "]}";
    if (items->source[0] != '\0') {
        (void)snprintf(end, sizeof(end), "], \"source_id\": \"%s\"}", items->source);
    }
    zip_out_put(items->out, end, strlen(end));
    zip_out_end(items->out);
    items->count = -1;
}

void items_of(struct items *items, const char *type, const char *source)
{
    items_close(items);
    (void)snprintf(items->type, sizeof(items->type), "%s", type);
    (void)snprintf(items->source, sizeof(items->source), "%s", source == NULL ? "" : source);
}

void items_add_text(struct items *items, const char *text, const char *more)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (items->count == ITEMS_MAX) {
        items_close(items);
    }
    if (items->count < 0) {
        char *name =
            mem_printf(scope, "%s/%08lld.json", items->folder, (long long)++items->members);
        char *start = mem_printf(scope, "{\"type\": \"%s\", \"items\": [", items->type);
        zip_out_begin(items->out, name, -1);
        zip_out_put(items->out, start, strlen(start));
        items->count = 0;
    }
    if (items->count++ > 0) {
        zip_out_put(items->out, ", ", 2);
    }
    if (more == NULL) {
        zip_out_put(items->out, text, strlen(text));
    } else {
        zip_out_put(items->out, text, strlen(text) - 1);
        zip_out_put(items->out, more, strlen(more));
        zip_out_put(items->out, "}", 1);
    }
}

void items_add_json(struct items *items, const struct json *item, const char *more)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    items_add_text(items, json_print(scope, item), more);
}
