/* The workflow backup in a simulated world: its options, its folder, and what must be true there.
 */
#ifndef SIM_BACKUP_H
#define SIM_BACKUP_H

#include "life.h"

/* A folder with a file of somebody else, nothing more. */
void backup_begin(const char *kept);
/* Removes it. */
void backup_end(const char *kept);
struct json *backup_options(const void *ctx, const struct scenario *scenario, const char *kept);
/* This machine's own folder before the world's network. */
struct transport *backup_folder(const void *ctx, struct world *world, const char *kept);
/* What is not as it must be after a run that was done, or was cancelled; NULL: nothing. */
const char *backup_problem(const void *ctx, const struct scenario *scenario,
                           const struct history *history, const char *kept);

#endif
