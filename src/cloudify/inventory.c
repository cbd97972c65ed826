#include "cloudify/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"

#define FIRST_ROWS 1024
#define FIRST_BYTES ((size_t)32 << 10)

struct row {
    uint64_t hash; /* of tenant and name: rows are sorted by kind and hash */
    uint32_t at;   /* of the name in the texts */
    uint32_t tenant;
    uint8_t kind;
    bool seen;
};

struct inventory {
    struct row *rows;
    size_t count, room;
    char *texts; /* names end to end, each with its NUL */
    size_t used, size;
    const char **tenants; /* by the reader's number */
    size_t tenant_room;
    bool cut[INVENTORY_KIND_COUNT];
    size_t first[INVENTORY_KIND_COUNT + 1]; /* rows of a kind: from first[kind] on */
    const char *why_not;
};

static const struct {
    const char *many, *one;
} kinds[INVENTORY_KIND_COUNT] = {
    [INVENTORY_TENANTS] = {"tenants", "tenant"},
    [INVENTORY_USERS] = {"users", "user"},
    [INVENTORY_BLUEPRINTS] = {"blueprints", "blueprint"},
    [INVENTORY_DEPLOYMENTS] = {"deployments", "deployment"},
    [INVENTORY_PLUGINS] = {"plugins", "plugin"},
    [INVENTORY_SECRETS] = {"secrets", "secret"},
    [INVENTORY_SCHEDULES] = {"execution-schedules", "schedule"},
};

const char *inventory_kind_name(enum inventory_kind kind)
{
    return kinds[kind].many;
}

const char *inventory_kind_one(enum inventory_kind kind)
{
    return kinds[kind].one;
}

struct inventory *inventory_new(const void *ctx)
{
    return mem_new(ctx, struct inventory);
}

void inventory_fail(struct inventory *inventory, const char *why)
{
    inventory->why_not = mem_strdup(inventory, why);
}

static size_t grown(size_t room, size_t first)
{
    return room == 0 ? first : room + room / 2;
}

void inventory_add(struct inventory *inventory, enum inventory_kind kind, uint32_t tenant,
                   const char *name)
{
    size_t size = name == NULL ? 0 : strlen(name) + 1;

    if (size == 0 || inventory->count == INVENTORY_ROWS_MAX ||
        inventory->used + size > INVENTORY_BYTES_MAX) {
        inventory->cut[kind] = true; /* a row without a name can not be looked for either */
        return;
    }
    if (inventory->count == inventory->room) {
        inventory->room = grown(inventory->room, FIRST_ROWS);
        inventory->rows = mem_resize(inventory, inventory->rows, struct row, inventory->room);
    }
    while (inventory->used + size > inventory->size) {
        inventory->size = grown(inventory->size, FIRST_BYTES);
        inventory->texts = mem_resize(inventory, inventory->texts, char, inventory->size);
    }
    memcpy(inventory->texts + inventory->used, name, size);
    inventory->rows[inventory->count++] =
        (struct row){.at = (uint32_t)inventory->used, .tenant = tenant, .kind = (uint8_t)kind};
    inventory->used += size;
}

void inventory_name_tenant(struct inventory *inventory, uint32_t tenant, const char *name)
{
    if (tenant >= inventory->tenant_room) {
        size_t room = (size_t)tenant + 1 + tenant / 2;

        inventory->tenants = mem_resize(inventory, inventory->tenants, const char *, room);
        for (size_t i = inventory->tenant_room; i < room; i++) {
            inventory->tenants[i] = NULL;
        }
        inventory->tenant_room = room;
    }
    inventory->tenants[tenant] = mem_strdup(inventory, name);
}

static const char *tenant_of(const struct inventory *inventory, const struct row *row)
{
    const char *name =
        row->tenant < inventory->tenant_room ? inventory->tenants[row->tenant] : NULL;

    return name == NULL ? "" : name;
}

/* FNV-1a: only to find quickly what is then compared letter by letter. */
static uint64_t hash_of(const char *tenant, const char *name)
{
    uint64_t hash = 14695981039346656037U;
    const char *const texts[] = {tenant, "\n", name};

    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        for (const char *at = texts[i]; *at != '\0'; at++) {
            hash = (hash ^ (unsigned char)*at) * 1099511628211U;
        }
    }
    return hash;
}

static int by_kind_and_hash(const void *a, const void *b)
{
    const struct row *left = a;
    const struct row *right = b;

    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return left->at < right->at ? -1 : left->at > right->at;
}

void inventory_close(struct inventory *inventory)
{
    size_t at = 0;

    for (size_t i = 0; i < inventory->count; i++) {
        struct row *row = &inventory->rows[i];

        row->hash = hash_of(tenant_of(inventory, row), inventory->texts + row->at);
    }
    if (inventory->count > 0) {
        qsort(inventory->rows, inventory->count, sizeof *inventory->rows, by_kind_and_hash);
    }
    for (size_t kind = 0; kind < INVENTORY_KIND_COUNT; kind++) {
        inventory->first[kind] = at;
        while (at < inventory->count && inventory->rows[at].kind == kind) {
            at++;
        }
    }
    inventory->first[INVENTORY_KIND_COUNT] = at;
}

const char *inventory_why_not(const struct inventory *inventory)
{
    return inventory->why_not;
}

int64_t inventory_count(const struct inventory *inventory, enum inventory_kind kind)
{
    return (int64_t)(inventory->first[kind + 1] - inventory->first[kind]);
}

bool inventory_is_whole(const struct inventory *inventory, enum inventory_kind kind)
{
    return !inventory->cut[kind];
}

/* The first row of this kind whose hash is not less. */
static size_t lower(const struct inventory *inventory, enum inventory_kind kind, uint64_t hash)
{
    size_t from = inventory->first[kind];
    size_t to = inventory->first[kind + 1];

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (inventory->rows[middle].hash < hash) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

bool inventory_see(struct inventory *inventory, enum inventory_kind kind, const char *tenant,
                   const char *name)
{
    uint64_t hash;

    tenant = tenant == NULL ? "" : tenant;
    hash = hash_of(tenant, name);
    for (size_t i = lower(inventory, kind, hash);
         i < inventory->first[kind + 1] && inventory->rows[i].hash == hash; i++) {
        struct row *row = &inventory->rows[i];

        if (!row->seen && strcmp(inventory->texts + row->at, name) == 0 &&
            strcmp(tenant_of(inventory, row), tenant) == 0) {
            row->seen = true;
            return true;
        }
    }
    return false;
}

void inventory_see_anew(struct inventory *inventory, enum inventory_kind kind)
{
    for (size_t i = inventory->first[kind]; i < inventory->first[kind + 1]; i++) {
        inventory->rows[i].seen = false;
    }
}

bool inventory_unseen(const struct inventory *inventory, enum inventory_kind kind, size_t *at,
                      const char **tenant, const char **name)
{
    for (size_t i = inventory->first[kind] + *at; i < inventory->first[kind + 1]; i++) {
        if (!inventory->rows[i].seen) {
            *at = i + 1 - inventory->first[kind];
            *tenant = tenant_of(inventory, &inventory->rows[i]);
            *name = inventory->texts + inventory->rows[i].at;
            return true;
        }
    }
    return false;
}
