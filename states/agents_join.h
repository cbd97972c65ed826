/*
 * What the manager says about hosts and agents, collected over many pages, sorted once and then
 * asked by deployment. Pure.
 */
#ifndef STATES_AGENTS_JOIN_H
#define STATES_AGENTS_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/* One host instance or one agent of a deployment. */
struct agents_row {
    const char *key;      /* "tenant/deployment" */
    const char *instance; /* the node instance it belongs to */
    const char *id;       /* of the row itself: twice the same row is one */
    const char *state;    /* "": not told (agents below 5.0) */
    const char *version;  /* agents only */
    const char *method;   /* agents only: how it was installed */
    const char *node;     /* hosts only */
    int64_t created_ms;   /* agents only; 0: not told */
};

/* Texts lie end to end in a few large blocks, and words that all rows share once: ten thousand
   rows need little more than their letters. */
struct agents_rows {
    struct agents_row *rows;
    size_t count, room;
    bool sorted;
    const void *ctx;
    char *block; /* the one that is being filled */
    size_t block_used;
    const char *words[16];
    size_t word_count;
};

void agents_rows_init(struct agents_rows *rows, const void *ctx);
/* Rows of GET /node-instances that are hosts (id equal to host_id). Copies. */
void agents_add_hosts(struct agents_rows *rows, const struct json *items);
/* Rows of GET /agents. Copies. */
void agents_add_agents(struct agents_rows *rows, const struct json *items);
/* Rows of GET /deployments: their keys. Copies. */
void agents_add_names(struct agents_rows *rows, const struct json *items);
/* Sorts by key and drops rows that two pages had in common. */
void agents_sort(struct agents_rows *rows);
/* The rows of one deployment; *count 0: none. Sorted rows only. */
const struct agents_row *agents_of(const struct agents_rows *rows, const char *key, size_t *count);

/* What counts as an agent of this manager. */
struct agents_target {
    const char *version; /* of the manager */
    int64_t since_ms;    /* when not 0: only agents made after this are ours, since the old manager
                            had the same version */
};
bool agents_is_new(const struct agents_row *agent, const struct agents_target *target);
/* Of the manager and archive that the facts tell of. */
struct agents_target agents_target_of(const struct json *facts);
/* Has this node instance one among these agents? */
bool agents_have_new(const struct agents_row *agents, size_t count, const char *instance,
                     const struct agents_target *target);
bool agents_have_living(const struct agents_row *agents, size_t count, const char *instance);
/* One that can be reached and replaced: not the record of a former agent. */
bool agents_is_alive(const struct agents_row *agent);

#endif
