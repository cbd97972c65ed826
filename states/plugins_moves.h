/* Which versions of which plugins an update would move deployments to, as far as can be told. */
#ifndef STATES_PLUGINS_MOVES_H
#define STATES_PLUGINS_MOVES_H

#include "engine/state.h"

/*
 * A warning for each name that the configuration chooses and nobody has, and
 * a note for each package of the snapshot of which the run has a newer version to offer: from the
 * snapshot itself or from plugins.upload. Which blueprint uses which plugin is not in the lists of
 * a snapshot, so the note holds for every blueprint that uses the package without naming a version.
 */
void plugins_moves_plan(const struct state_context *context, const void *mem);

/* {PACKAGE: [versions]} that the manager will have, from the snapshot and plugins.upload. */
struct json *plugins_offers(const struct state_context *context, const void *mem);
/* The version of these offers that the configuration's choice moves a package to; NULL: it stays.
   Points into offers. */
const char *plugins_move_to(const struct state_context *context, const struct json *offers,
                            const char *package, const char *from);

/* < 0, 0, > 0 by the numbers of two versions ("1.10" is after "1.9"), then by their letters. */
int plugins_version_order(const char *a, const char *b);

#endif
