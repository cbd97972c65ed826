/*
 * Several nodes of one manager (facts 1.1, 2.9): one data base, but each node has its own port,
 * disk and flag. An uploaded archive reaches the others later; a restore runs on the node that was
 * asked; afterwards the others hold the old secret until their cloudify-restservice is restarted.
 */
#ifndef PRACTICE_CLUSTER_H
#define PRACTICE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "ferry/error.h"

#define CLUSTER_MOST 9
#define CLUSTER_CONTROL CLUSTER_MOST /* the place of the port for /practice alone */

struct practice;
struct request;

struct cluster {
    size_t count;
    struct cluster_node {
        bool down;       /* refuses connections, because a test said so */
        bool old_secret; /* its REST service was not restarted since a restore elsewhere */
    } nodes[CLUSTER_MOST];
};

/* Reads what is in the store. */
void cluster_load(struct practice *practice, size_t count);
/* The archive of a snapshot has come in by a node: it is there at once, elsewhere later. */
void cluster_uploaded(struct practice *practice, const char *snapshot, size_t node);
/* Whether the node's disk holds the archive by now; for a restore the setting file_late_ms counts
   too. */
bool cluster_has_archive(struct practice *practice, const char *snapshot, size_t node,
                         bool for_restore);
/* A legacy restore has replaced the secret on a node: the others go on with the old one. */
void cluster_restored(struct practice *practice, size_t node);
/* The key "nodes" of /practice/set. */
enum ferry_code cluster_set(struct practice *practice, const struct json *list,
                            struct ferry_error *err) FERRY_CHECK;
/* Whether a connection to the node is accepted. */
bool cluster_listens(const struct practice *practice, size_t node);
/* "practice", or "practice-N" where there are several. Owned by ctx. */
char *cluster_name(const struct practice *practice, const void *ctx, size_t node);

#endif
