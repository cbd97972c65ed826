/* Names of a backup: of its file here and of its snapshot on the manager. */
#ifndef STATES_BACKUP_NAMES_H
#define STATES_BACKUP_NAMES_H

#include "engine/state.h"

#define BACKUP_NAME "{manager}-{time}" /* when backup.name says nothing */

/* A pattern of backup.name with all that it stands for: url is the manager's, at_ms unix. Below
   mem. */
char *backup_name(const void *mem, const char *pattern, const char *url, int64_t at_ms);
/* "prod.example-20261122T150606Z.zip": backup.name with the time at which the run began, which does
   not change over its lives. Below mem. */
char *backup_file_name(const struct state_context *context, const void *mem);
/* The snapshot of one attempt: the same name and a part of its own id; below mem. A snapshot that
   bears such an id was made by this run. */
char *backup_snapshot_id(const struct state_context *context, const char *unit_id, const void *mem);

#endif
