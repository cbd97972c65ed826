/* The managers that a cfy profile names: one, or the nodes of a cluster, and their certificates. */
#ifndef CONFIG_PROFILE_NODES_H
#define CONFIG_PROFILE_NODES_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

/* The URL that cfy asks first, then those of the other nodes in their order, below mem; *count is 0
   when the profile names no manager. */
const char *const *profile_nodes_urls(const void *mem, const struct json *profile, size_t *count);
/* Does any node want its certificate to be taken unseen? */
bool profile_nodes_trust_all(const struct json *profile);
/* The certificate by which the nodes are known, where their own come before the one for all of them
   (NULL: there is none), as in cfy; *out may be NULL. Nodes that have different ones, which no
   single file holds: FERRY_E_CONFIG. */
enum ferry_code profile_nodes_certificate(const struct json *profile, const char *of_all,
                                          const char **out, struct ferry_error *err) FERRY_CHECK;

#endif
