/*
 * What the manager holds, in SQLite. The tables in store.c are the manual; names follow the
 * fields of the API. seq is the order of insertion, which is the order of a list without _sort.
 */
#ifndef PRACTICE_STORE_H
#define PRACTICE_STORE_H

#include <stdbool.h>

#include "base/attr.h"
#include "ferry/error.h"

struct content;
struct practice;

/* Opens DIR/practice.db and makes the folders; a fresh store gets admin and default_tenant. */
enum ferry_code store_open(struct practice *practice, struct ferry_error *err) FERRY_CHECK;
/* Empties what a legacy restore replaces: everything but the ledger, the state and licences. */
void store_clear(struct practice *practice);
/* Adds what the content holds. new_format: as a restore of the new format does, which leaves rows
   that exist alone, but adds every node instance once more, and no tokens and no password. */
void store_load(struct practice *practice, const struct content *content, bool new_format);

/* The name of the source's admin, or NULL. A view of the content. */
const char *store_admin_of(const struct content *content);
/* The bootstrap admin, user id 0, gets another name; what belongs to it goes with it. */
void store_rename_admin(struct practice *practice, const char *name);

#endif
