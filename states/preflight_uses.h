/* Which blueprints and deployments of the archive use which plugins, and where they would move. */
#ifndef STATES_PREFLIGHT_USES_H
#define STATES_PREFLIGHT_USES_H

#include "states/preflight.h"

struct preflight_users {
    int64_t deployments; /* of the blueprints that use it, as far as they are known */
    bool untold;         /* some blueprint with deployments does not tell what it uses */
    const char *text;    /* "which 12 deployments of acme/web and acme/db need"; below mem */
};
/* A blueprint that names no version may use any: it counts for each. */
struct preflight_users preflight_users_of(const struct state_context *context, const char *package,
                                          const char *version, const void *mem);
/* How a plugin ("python", "platform", "distribution") does not fit the manager, below mem; NULL: it
   does. */
typedef const char *preflight_misfit(const struct state_context *context, const struct json *plugin,
                                     const void *mem);
/* Will the manager have a newer version of this plugin (a row of archive.plugin_list) that fits: in
   plugins.upload, or in the archive? */
bool preflight_newer_fits(const struct state_context *context, const struct json *plugin,
                          preflight_misfit *misfit, const void *mem);
/* The check plugin_moves, and the fact plugin_moves. */
void preflight_say_moves(const struct state_context *context, struct state_verdict *verdict,
                         const void *mem);

#endif
