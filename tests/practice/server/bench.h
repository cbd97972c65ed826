/* A practice manager of any version under test, with the few calls that the tests repeat. */
#ifndef TESTS_PRACTICE_BENCH_H
#define TESTS_PRACTICE_BENCH_H

#include "practice/replay/live.h"

struct bench {
    struct live live;
    void *ctx; /* the bench itself: answers live as long */
};

/* Starts one on an empty folder; more: options beside version and scale, NULL-ended, or NULL. */
struct bench *bench_start(const char *version, const char *scale, const char *const *more);
/* SIGTERM; the manager must end with 0, so leaks show here too. Frees everything. */
void bench_end(struct bench *bench);

/* As admin with the given password, in default_tenant, with a JSON type. */
struct answer bench_ask_as(struct bench *bench, const char *password, const char *method,
                           const char *path, const char *body);
/* The same with the password "admin". */
struct answer bench_ask(struct bench *bench, const char *method, const char *path,
                        const char *body);
/* Without credentials. */
struct answer bench_plain(struct bench *bench, const char *method, const char *path);
/* As admin with X-BYPASS-MAINTENANCE. */
struct answer bench_bypass(struct bench *bench, const char *path);
const char *bench_code(const struct answer *answer); /* error_code, or "" */

/* A legacy archive whose metadata.json says version; 71 deployments. */
struct blob bench_legacy(struct bench *bench, const char *version);
long bench_upload(struct bench *bench, const char *id, struct blob archive);
/* POST restore with force false and the field of old versions; the execution's id. */
const char *bench_restore(struct bench *bench, const char *id);
/* Puts the clock forward until no job is left. */
void bench_settle(struct bench *bench);
/* Of an execution, by the store's own lists. */
struct answer bench_execution(struct bench *bench, const char *id);
const char *bench_text(const struct answer *answer, const char *path);

#endif
