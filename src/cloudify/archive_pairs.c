/* Joins and counts of numbers in little memory. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cloudify/archive_model.h"

#define FIRST_ROOM 1024

void archive_pairs_add(const void *ctx, struct archive_pairs *pairs, int64_t key, int64_t value)
{
    if (pairs->count == CLOUDIFY_ARCHIVE_ROWS_MAX) {
        pairs->full = true;
        return;
    }
    if (pairs->count == pairs->room) {
        pairs->room = pairs->room == 0 ? FIRST_ROOM : pairs->room + pairs->room / 2;
        if (pairs->room > CLOUDIFY_ARCHIVE_ROWS_MAX) {
            pairs->room = CLOUDIFY_ARCHIVE_ROWS_MAX;
        }
        pairs->items = mem_resize(ctx, pairs->items, struct archive_pair, pairs->room);
    }
    pairs->items[pairs->count++] = (struct archive_pair){key, value};
}

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_keys(const void *a, const void *b)
{
    const struct archive_pair *left = a;
    const struct archive_pair *right = b;

    return compare_numbers(left->key, right->key);
}

static int compare_values(const void *a, const void *b)
{
    const struct archive_pair *left = a;
    const struct archive_pair *right = b;

    return compare_numbers(left->value, right->value);
}

void archive_pairs_sort(struct archive_pairs *pairs)
{
    if (pairs->count > 0) {
        qsort(pairs->items, pairs->count, sizeof *pairs->items, compare_keys);
    }
}

bool archive_pairs_find(const struct archive_pairs *pairs, int64_t key, int64_t *value)
{
    const struct archive_pair wanted = {.key = key};

    if (pairs->count == 0) {
        return false;
    }
    const struct archive_pair *found =
        bsearch(&wanted, pairs->items, pairs->count, sizeof wanted, compare_keys);
    if (found != NULL) {
        *value = found->value;
    }
    return found != NULL;
}

int64_t archive_pairs_distinct(struct archive_pairs *pairs)
{
    int64_t distinct = 0;

    if (pairs->count > 0) {
        qsort(pairs->items, pairs->count, sizeof *pairs->items, compare_values);
    }
    for (size_t i = 0; i < pairs->count; i++) {
        distinct += i == 0 || pairs->items[i].value != pairs->items[i - 1].value;
    }
    return distinct;
}

/* The place of key, or the free place where it belongs. A power of two of places, at most half of
   them in use; the multiplier is that of Fibonacci hashing (Knuth, TAOCP 3, 6.4). */
static struct archive_count *place_of(const struct archive_counts *counts, int64_t key)
{
    size_t at = (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15U) >> 32);

    for (;; at++) {
        struct archive_count *item = &counts->items[at & (counts->room - 1)];
        if (item->count == 0 || item->key == key) {
            return item;
        }
    }
}

static void grow(const void *ctx, struct archive_counts *counts)
{
    struct archive_counts bigger = {.room = counts->room == 0 ? FIRST_ROOM : counts->room * 2};

    bigger.items = mem_array(ctx, struct archive_count, bigger.room);
    for (size_t i = 0; i < counts->room; i++) {
        if (counts->items[i].count != 0) {
            *place_of(&bigger, counts->items[i].key) = counts->items[i];
        }
    }
    mem_free(counts->items);
    counts->items = bigger.items;
    counts->room = bigger.room;
}

void archive_counts_add(const void *ctx, struct archive_counts *counts, int64_t key, int64_t also)
{
    if (counts->used * 2 >= counts->room) {
        grow(ctx, counts);
    }
    struct archive_count *item = place_of(counts, key);
    if (item->count == 0) {
        if (counts->used == ARCHIVE_COUNTS_MAX) {
            counts->full = true;
            return;
        }
        counts->used++;
        *item = (struct archive_count){.key = key, .also = also};
    }
    item->count++;
}

int64_t archive_counts_get(const struct archive_counts *counts, int64_t key)
{
    return counts->room == 0 ? 0 : place_of(counts, key)->count;
}
