/* The files of plugins.upload: what is known of each, and which of them a manager has already. */
#ifndef STATES_PLUGINS_FILES_H
#define STATES_PLUGINS_FILES_H

#include "cloudify/request.h"
#include "engine/state.h"

struct plugins_file {
    const char *key;  /* of the unit: the path of the archive, or of the wagon that is packed */
    const char *send; /* the file that is sent */
    int64_t size;     /* of that; -1: not known */
    const char *visibility;
    const char *title;          /* NULL: none was chosen */
    const struct json *plugins; /* what it holds, see plugin_files in states.h; NULL: not known */
    bool caravan;
};

/* Calls for each file in the order of the configuration: the at-th, false past the end. */
bool plugins_file_at(const struct state_context *context, size_t at, struct plugins_file *file,
                     const void *mem);
/* The file of this unit; all but the key is unknown when the configuration does not name it. */
struct plugins_file plugins_file_of(const struct state_context *context, const char *key,
                                    const void *mem);
size_t plugins_file_count(const struct state_context *context);

/* "cloudify-tiny-plugin 2.0.0" */
const char *plugins_name(const struct json *plugin, const void *mem);
/* The same of several, at most a few by name. */
const char *plugins_names(const struct json *plugins, const void *mem);

/* The rows of a manager that stand for this plugin in this tenant: of the tenant itself, or global.
   loose: another distribution or platform counts too. NULL: none. */
struct plugins_row_query {
    const struct json *plugin;
    const char *tenant;
    bool loose;
};
const struct json *plugins_find_row(const struct json *rows, const struct plugins_row_query *query);
/* A row of this plugin in any tenant, which forbids a global one. */
const struct json *plugins_find_anywhere(const struct json *rows, const struct json *plugin);

/* Asks for the rows of all plugins of a file, in all tenants. */
void plugins_ask_rows(struct http_request *request, const struct cloudify_caller *caller,
                      const struct plugins_file *file, const void *mem);

#endif
