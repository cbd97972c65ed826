/*
 * Plugin archives, read and packed offline: what a manager will make of a file before it gets it.
 *
 * Four things can be uploaded (facts 4.2): a zip with one wagon (.wgn) and its plugin.yaml; a wagon
 * alone; a caravan, which is a tar of wagons with a METADATA that names the yaml of each; and the
 * parts of a zip, which ferry packs itself. What the wagon says of itself and what its yaml says
 * must agree, since a manager takes anything and the mistake shows when a deployment is updated.
 */
#ifndef CLOUDIFY_PLUGIN_H
#define CLOUDIFY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/json.h"
#include "ferry/error.h"

#define CLOUDIFY_PLUGIN_TEXT_MAX (4 << 20) /* of a yaml or a description; real ones: 500 KB */
#define CLOUDIFY_PLUGIN_MEMBERS_MAX 100000 /* of one archive */

/*
 * Reads what path holds, to its last byte, so that damage shows. *facts is owned by ctx:
 *   {"kind": "zip" | "wagon" | "caravan",
 *    "plugins": [{"wagon": FILE NAME, "package", "version", "platform",
 *                 "distribution": TEXT or null, "release": TEXT or null, "python": [TAGS],
 *                 "yamls": N, "central": do all of them run on the manager alone}]}
 * FERRY_E_ARCHIVE: it is no usable plugin, with a hint; FERRY_E_NOT_FOUND, FERRY_E_IO.
 */
enum ferry_code cloudify_plugin_read(const void *ctx, const char *path, struct json **facts,
                                     struct ferry_error *err) FERRY_CHECK;

/*
 * The parts of a zip, as the configuration has them: {"wagon": PATH, "yaml": [PATHS],
 * "icon": PATH or absent}. The facts are those of cloudify_plugin_read, with kind "packed".
 */
enum ferry_code cloudify_plugin_read_parts(const void *ctx, const struct json *parts,
                                           struct json **facts,
                                           struct ferry_error *err) FERRY_CHECK;

/*
 * Packs the parts. The same parts give the same bytes, whenever and wherever: nothing is
 * compressed, and no time, owner or mode of a file is kept. path is written anew with mode 0600 and
 * is there completely or not at all; NULL: the bytes are only counted and digested.
 */
enum ferry_code cloudify_plugin_pack(const struct json *parts, const char *path,
                                     char sha256[DIGEST_SHA256_HEX], int64_t *size,
                                     struct ferry_error *err) FERRY_CHECK;

#endif
