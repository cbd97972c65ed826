/*
 * How the readers fill a struct content: a pool that keeps each text once, lists that grow, and
 * the table of every item's fields, so that a reader only says which column is which field.
 */
#ifndef PRACTICE_CONTENT_BUILD_H
#define PRACTICE_CONTENT_BUILD_H

#include "practice/content.h"

enum content_kind {
    CONTENT_TENANTS,
    CONTENT_USERS,
    CONTENT_BLUEPRINTS,
    CONTENT_DEPLOYMENTS,
    CONTENT_NODES,
    CONTENT_INSTANCES,
    CONTENT_AGENTS,
    CONTENT_PLUGINS,
    CONTENT_EXECUTIONS,
    CONTENT_SCHEDULES,
    CONTENT_SECRETS,
    CONTENT_TOKENS,
    CONTENT_UPDATES,
    CONTENT_GROUPS,
    CONTENT_SITES,
    CONTENT_KINDS
};

enum content_form {
    CONTENT_TEXT,
    CONTENT_TIME, /* brought into the form of the API */
    CONTENT_JSON, /* kept only if it is JSON: before 6.4 the columns are pickles */
    CONTENT_INT,
    CONTENT_BOOL,
};

struct content_field {
    const char *name; /* of the member in the struct */
    enum content_form form;
    size_t offset;
};

struct content_list {
    const char *name; /* of the member of struct content */
    size_t item_size, items_at, count_at;
    const struct content_field *fields;
    size_t fields_count;
};

const struct content_list *content_list_of(enum content_kind kind);
/* The field of that name, or NULL. */
const struct content_field *content_field_find(enum content_kind kind, const char *name);

struct content_build;
/* A new content below ctx and its builder; free the builder with mem_free, the content stays. */
struct content_build *content_build_new(const void *ctx);
struct content *content_build_content(struct content_build *build);
/* The text as the content keeps it: once, as long as the content. NULL stays NULL. */
const char *content_keep(struct content_build *build, const char *text);
const char *content_keep_n(struct content_build *build, const char *text, size_t length);
/* A new zeroed item at the end of a list; the pointer holds until the next one. */
void *content_add(struct content_build *build, enum content_kind kind);
/* Sets a field from a text of the data base (booleans are t and f), or from a JSON value. A text
   that does not fit the form leaves the field as it is. */
void content_set(struct content_build *build, void *item, const struct content_field *field,
                 const char *text);
void content_set_json(struct content_build *build, void *item, const struct content_field *field,
                      const struct json *value);
/* Sets the plugins of a blueprint from its plan. */
void content_set_plan(struct content_build *build, struct content_blueprint *blueprint,
                      const struct json *plan);
/* Adds a tenant and role to a user. */
void content_user_join(struct content_build *build, struct content_user *user, const char *tenant,
                       const char *role);

/* Reads practice.json, the member that real archives do not have. Call it after the tokens. */
void content_set_practice(struct content_build *build, const struct json *practice);

/* The last step of every reader: refuses items without a name or tenant (FERRY_E_ARCHIVE), fills
   what is missing from what is there, counts the started instances of each deployment and brings
   its workflows into the form of the API. */
enum ferry_code content_finish(struct content_build *build, struct ferry_error *err) FERRY_CHECK;

#endif
