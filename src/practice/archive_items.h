/* Members of the new format: FOLDER/NNNNNNNN.json, {"type", "items": [at most 500], "source_id"}.
 */
#ifndef PRACTICE_ARCHIVE_ITEMS_H
#define PRACTICE_ARCHIVE_ITEMS_H

#include "base/json.h"
#include "practice/make_plan.h"
#include "practice/zip_write.h"

/* A member being filled; its text is built one item at a time. Start with count -1. */
struct items {
    struct zip_out *out;
    char folder[2 * PLAN_NAME_SIZE]; /* "tenants/NAME" */
    int64_t members;                 /* written so far: gives the number in the name */
    int64_t count;                   /* items in the open one; -1: none is open */
    char type[PLAN_NAME_SIZE], source[2 * PLAN_NAME_SIZE];
    /* what make-archive has beside */
    const struct make_plan *plan;
    char *workflows; /* text of the list that every deployment has */
};

void items_close(struct items *items);
/* Items of another type or source go into a member of their own. source: NULL or a name. */
void items_of(struct items *items, const char *type, const char *source);
/* One more item: the text of an object. more: members to add behind its own, as text, or NULL. */
void items_add_text(struct items *items, const char *text, const char *more);
void items_add_json(struct items *items, const struct json *item, const char *more);

#endif
