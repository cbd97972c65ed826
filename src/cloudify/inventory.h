/*
 * What a snapshot holds, name by name, so that a manager can be held against it: the reader of the
 * archive fills it (options.inventory), then each row that the manager shows is looked up.
 *
 * Bounded: beyond INVENTORY_ROWS_MAX names or INVENTORY_BYTES_MAX bytes of them a kind is no longer
 * whole, and its names prove nothing. Fifty thousand deployments need about 4 MiB.
 * A name may be there several times (two builds of one plugin): each row is seen once.
 */
#ifndef CLOUDIFY_INVENTORY_H
#define CLOUDIFY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INVENTORY_ROWS_MAX 300000
#define INVENTORY_BYTES_MAX (12 << 20)

enum inventory_kind {
    INVENTORY_TENANTS, /* these two belong to no tenant: "" */
    INVENTORY_USERS,
    INVENTORY_BLUEPRINTS, /* without the hidden ones */
    INVENTORY_DEPLOYMENTS,
    INVENTORY_PLUGINS,   /* "package version"; in the new format the title, which is all it tells */
    INVENTORY_SECRETS,   /* by key */
    INVENTORY_SCHEDULES, /* execution schedules */
    INVENTORY_KIND_COUNT
};

/* Owned by ctx; a child of ctx by the name "struct inventory". */
struct inventory *inventory_new(const void *ctx);

/* --- filling: tenants by any number of the reader's, named until inventory_close --- */
#define INVENTORY_NO_TENANT UINT32_MAX
void inventory_add(struct inventory *inventory, enum inventory_kind kind, uint32_t tenant,
                   const char *name);
void inventory_name_tenant(struct inventory *inventory, uint32_t tenant, const char *name);
/* The reading is over: no inventory_add after it, nothing below before it. */
void inventory_close(struct inventory *inventory);
/* It could not be read: why (copied), for people. */
void inventory_fail(struct inventory *inventory, const char *why);

/* --- asking --- */
/* Why there are no names; NULL: there are. */
const char *inventory_why_not(const struct inventory *inventory);
int64_t inventory_count(const struct inventory *inventory, enum inventory_kind kind);
/* Are all names of this kind in it? */
bool inventory_is_whole(const struct inventory *inventory, enum inventory_kind kind);
/* The manager shows this one: true, and a row of it counts as seen; false: the snapshot holds no
   such row that was not seen before. tenant "" or NULL for none. */
bool inventory_see(struct inventory *inventory, enum inventory_kind kind, const char *tenant,
                   const char *name);
/* Nothing of this kind counts as seen: it is listed anew. */
void inventory_see_anew(struct inventory *inventory, enum inventory_kind kind);
/* The next row of this kind that was not seen; *at: 0, then as it was left. False: no further. */
bool inventory_unseen(const struct inventory *inventory, enum inventory_kind kind, size_t *at,
                      const char **tenant, const char **name);

/* "tenants", "users", ...: as the manager's lists are called; and of one: "tenant". Static. */
const char *inventory_kind_name(enum inventory_kind kind);
const char *inventory_kind_one(enum inventory_kind kind);

#endif
