/*
 * The folder of backups, asked and changed by requests like those to a manager: so the effects on
 * this machine have the same intents, probes and recovery as those on a manager. Requests of
 * HTTP_SITE_LOCAL are answered here, within `wait`; all others go on to the inner transport.
 *
 * NAME is that of an archive in the folder, "x.zip"; nothing outside of the folder can be named.
 *
 * GET /backups
 *     {"backups": how many ferry made, "remove": [{"name","why","size"}]}: what no rule keeps
 * GET /backups/NAME
 *     {"folder": null or what is wrong with it, "free": bytes or null,
 *      "size": of NAME or null, "record": what stands beside NAME (backup/catalog.h) or null,
 *      "part": {"size","modified_ms"} or null, "part_problem": why it cannot be gone on with}
 * GET /backups/NAME/check?size=BYTES
 *     reads the unfinished NAME wholly: length, SHA-256, central directory, CRC of every member,
 *     what is in it: {"size","modified_ms","sha256","archive": as cloudify_archive_facts}
 *     422: it is damaged, and how; 404: it is not there
 * POST /backups/NAME
 *     the unfinished one, which was checked, becomes NAME. Body: {"size","modified_ms","record"}.
 *     On disk in this order: data, checksum, record, name.
 *     409: there is one of this name; 412: it is not the file that was checked
 * DELETE /backups/NAME
 *     removes it with what stands beside it. 409: ferry did not make it, or a rule keeps it
 * DELETE /backups/NAME/part
 *     removes the unfinished one
 *
 * Errors are {"message","error_code"} as a manager's are; 507 for a full disk, 500 for other
 * failures of the system.
 */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include <signal.h>

#include "base/clock.h"
#include "http/transport.h"

struct local_options {
    const char *folder; /* absolute */
    struct clock *clock;
    const struct json *keep; /* the policy, as in the options of a run; NULL: all stay */
    const char *manager;     /* URL of that whose backups it is for; NULL: it is for all */
    const volatile sig_atomic_t *stop; /* 2: end what goes on; may be NULL */
    /* While a file is read, now and then; the transport must not be used in it. May be NULL. */
    void (*on_progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Below ctx; borrows inner and the texts of the options. */
struct transport *local_transport(const void *ctx, struct transport *inner,
                                  const struct local_options *options);

/* Why a folder cannot be used for backups, below ctx, or NULL. */
char *local_folder_problem(const void *ctx, const char *folder);

#endif
