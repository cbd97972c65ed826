/*
 * A YAML document as a JSON tree, the only door to libyaml: for texts whose keys nobody can list
 * (a plugin.yaml, a caravan's METADATA, mappings that are handed on).
 *
 * Plain true, false and null are what they look like, every other scalar is its text: the version
 * 1.10 stays "1.10". Anchors and aliases are followed; tags are not looked at.
 */
#ifndef BASE_YAML_TREE_H
#define BASE_YAML_TREE_H

#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "ferry/error.h"

#define YAML_TREE_NODES_MAX 100000 /* with aliases: a text of a kilobyte can stand for millions */

/* Parses exactly one document; an empty text is null. *out is owned by ctx. What is not YAML, a key
   that is no scalar or stands twice, too deep (JSON_DEPTH_MAX) or too large: FERRY_E_CONFIG, with
   line and column. */
enum ferry_code yaml_tree_parse(const void *ctx, const char *text, size_t length, struct json **out,
                                struct ferry_error *err) FERRY_CHECK;

#endif
