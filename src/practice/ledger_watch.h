/*
 * Inside the ledger: how a client behaved. What it asked while a restore ran, how often each route,
 * how many wrong passwords in a row. Times are real milliseconds, never scaled nor put forward.
 */
#ifndef PRACTICE_LEDGER_WATCH_H
#define PRACTICE_LEDGER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct asked;
struct practice;
struct watch;

struct watch *watch_new(struct practice *practice);
/* A request has arrived; returns the place for its answer, or -1. */
int64_t watch_request(struct watch *watch, const struct asked *asked);
void watch_answered(struct watch *watch, int64_t place, int status);
/* A restore was accepted; nothing of it is left to come. */
void watch_restore(struct watch *watch, bool runs);
/* A password of the user was checked. */
void watch_password(struct watch *watch, const char *user, bool right);
/* Writes its counters to the store, inside the caller's transaction. */
void watch_flush(struct watch *watch);
/* The members of the ledger: during_restore, by_route, by_node, wrong_passwords. */
void watch_write(struct watch *watch, struct buf *out, bool *first);

#endif
