/* What a plugin.yaml says of the package it belongs to. Nobody but the plugin reader uses this. */
#ifndef CLOUDIFY_PLUGIN_YAML_H
#define CLOUDIFY_PLUGIN_YAML_H

#include "base/attr.h"
#include "base/json.h"
#include "ferry/error.h"

struct plugin_yaml {
    const char *path; /* of the archive or file, for messages */
    const char *name; /* of the yaml in it */
    const char *text;
    size_t size;
};

/* Compares it with the plugin that a wagon describes, counts it in plugin.yamls, and keeps in
   plugin.central whether all plugins so far run on the manager alone. */
enum ferry_code plugin_yaml_check(const struct plugin_yaml *yaml, struct json *plugin,
                                  struct ferry_error *err) FERRY_CHECK;

#endif
