/* "downloads" of the ledger: what was served of each snapshot's archive, answer by answer. */
#ifndef PRACTICE_LEDGER_DOWNLOADS_H
#define PRACTICE_LEDGER_DOWNLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct practice;

struct ledger_download {
    const char *snapshot;
    int status;
    int64_t from, to; /* first and last byte of the file, as promised */
    int64_t size;     /* of the whole file */
    int64_t node;     /* of the cluster, from 0 */
};

/* An answer begins; gives its number. */
int64_t ledger_download_begins(struct practice *practice, const struct ledger_download *row);
/* It ended. sent: bytes of the body given to the kernel, at most 1 MiB more than it took; acked:
   those that the client's kernel has confirmed, -1 where nobody knows (HTTPS). */
void ledger_download_ended(struct practice *practice, int64_t number, int64_t sent, int64_t acked,
                           bool whole);
/* "downloads": {"ID": [{"status", "from", "to", "size", "sent", "acked", "done", "node"}]} in the
   order of their beginnings; done is false for what broke off or is under way. */
void ledger_downloads_write(struct practice *practice, struct buf *out, bool *first);

#endif
