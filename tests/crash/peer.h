/* A practice manager for one case: a process of its own with an empty folder, and its ledger. */
#ifndef CRASH_PEER_H
#define CRASH_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/json.h"

struct peer {
    pid_t pid;
    int out; /* its stdout */
    char url[64];
    char folder[160]; /* holds manager/, journal.db, faults.json, client.pid */
};

struct peer_options {
    const char *program; /* ferry-practice */
    const char *version;
    const char *folder;  /* emptied by the caller */
    const char *content; /* an archive that it holds from the start; NULL: empty */
    bool faults;         /* FOLDER/faults.json is there */
    bool premium;
};

/* Deployments with one host each in two tenants. */
struct peer_archive {
    const char *version; /* of the manager that made it */
    const char *format;  /* legacy or new */
    unsigned deployments;
};

/* Starts it and waits for its "ready" line; ends the process with a message when it cannot. */
void peer_start(struct peer *peer, const struct peer_options *options);
void peer_stop(struct peer *peer);
/* Its ledger as a document owned by ctx; NULL when it does not answer. */
struct json *peer_ledger(const void *ctx, const struct peer *peer);
/* Makes an archive at path. */
void peer_make_archive(const char *program, const char *path, const struct peer_archive *archive);
/* Runs a program to its end; its exit code. */
int peer_run(const char *const *argv);

#endif
