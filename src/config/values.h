/* One value as it was written, judged by its kind, into the options. */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "base/json.h"
#include "config/raw.h"

/* Judges a key and writes its member into the object of its group. An unset key is written with
   its fallback. The key has an `out`. */
enum ferry_code config_value_put(struct config_raw *raw, const struct config_key *key,
                                 struct json *group, struct ferry_error *err) FERRY_CHECK;
/* Judges a text, a path or a variable's name; *out is as it will be stored, below raw->mem. */
enum ferry_code config_value_text(struct config_raw *raw, const struct config_key *key,
                                  const char **out, struct ferry_error *err) FERRY_CHECK;
/* The kinds that are lists, and those that may be; see config_value_put (lists.c). */
enum ferry_code config_list_put(struct config_raw *raw, const struct config_key *key,
                                struct json *group, struct ferry_error *err) FERRY_CHECK;
/* Files of plugins as CONFIG_PLUGINS (plugins.c). */
enum ferry_code config_plugins_put(struct config_raw *raw, const struct config_key *key,
                                   struct json *group, struct ferry_error *err) FERRY_CHECK;
/* A value that was written as keys (trees.c). */
enum ferry_code config_tree_put(struct config_raw *raw, const struct config_key *key,
                                struct json *group, struct ferry_error *err) FERRY_CHECK;
/* What is wrong with a plugin's visibility, or NULL. */
const char *config_visibility_problem(const char *text);
/* What is wrong with a text ("must not be empty"), or NULL. Control characters have no business in
   a value: they would garble messages and requests. */
const char *config_text_problem(const char *text);
/* "restore.poll_ms": "poll_ms" */
const char *config_member(const struct config_key *key);

#endif
