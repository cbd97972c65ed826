/* What the states of a backup ask of this machine: see src/local/local.h. */
#ifndef STATES_BACKUP_LOCAL_H
#define STATES_BACKUP_LOCAL_H

#include "states/common.h"

/* METHOD /backups/NAME[TAIL], as in "/check?size=9". */
struct http_request *backup_local(struct http_request **request, const void *mem,
                                  enum http_method method, const char *name, const char *tail);
/* A member of facts.backup as text, or "". While a plan is made, "name" and "snapshot" are what
   they would be; below mem then. */
const char *backup_fact(const struct state_context *context, const void *mem, const char *name);
/* The folder cannot be used, or an unfinished file in it: FOREIGN, with what to do. True: said. */
bool backup_folder_is_bad(const struct json *document, struct state_verdict *verdict,
                          const void *mem);
/* Has this run already made the archive that a look found? */
bool backup_is_ours(const struct state_context *context, const struct json *document,
                    const void *mem);
void backup_say_taken(const struct state_context *context, struct state_verdict *verdict,
                      const void *mem);

/* Is there a folder for the archive here, and has it a name yet? */
bool backup_has_place(const struct state_context *context, const void *mem);
/* With from and snapshot.url: the new manager fetches the archive itself, so that nothing is done
   here. True: the verdict says so. */
bool backup_goes_by_url(const struct state_context *context, struct state_verdict *verdict,
                        const void *mem);

#endif
