/* What the two formats fill: counts, tallies and lists of a snapshot. Inside the reader only. */
#ifndef CLOUDIFY_ARCHIVE_MODEL_H
#define CLOUDIFY_ARCHIVE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "cloudify/archive.h"
#include "cloudify/archive_zip.h"
#include "cloudify/inventory.h"

/* --- joins in little memory: pairs of numbers, sorted once, then searched --- */
struct archive_pair {
    int64_t key;
    int64_t value;
};
struct archive_pairs {
    struct archive_pair *items;
    size_t count;
    size_t room;
    bool full; /* CLOUDIFY_ARCHIVE_ROWS_MAX was reached: what is asked of it is unknown */
};
void archive_pairs_add(const void *ctx, struct archive_pairs *pairs, int64_t key, int64_t value);
void archive_pairs_sort(struct archive_pairs *pairs);
bool archive_pairs_find(const struct archive_pairs *pairs, int64_t key, int64_t *value);
/* How many different values there are. Sorts by value: searching is over then. */
int64_t archive_pairs_distinct(struct archive_pairs *pairs);

/* --- how many times each number was seen --- */
struct archive_count {
    int64_t key;   /* not 0 */
    int64_t also;  /* whatever was given with its first */
    int64_t count; /* 0: a free place */
};
#define ARCHIVE_COUNTS_MAX 65536
struct archive_counts {
    struct archive_count *items; /* a hash table; look at those whose count is not 0 */
    size_t room;
    size_t used;
    bool full; /* there are more than ARCHIVE_COUNTS_MAX: the rest was not counted */
};
void archive_counts_add(const void *ctx, struct archive_counts *counts, int64_t key, int64_t also);
int64_t archive_counts_get(const struct archive_counts *counts, int64_t key);

/* --- the model; everything in it is owned by the archive --- */
void archive_tally_add(const void *ctx, struct cloudify_tally *tally, const char *name,
                       int64_t count);
/* A copy of a text for a list, counted: with CLOUDIFY_ARCHIVE_TEXTS_MAX the lists are full. */
const char *archive_keep(struct cloudify_archive *archive, const char *text);
void archive_warn(struct cloudify_archive *archive, const char *format, ...) FERRY_PRINTF(2, 3);
/* Room for one more element at the end of a list of the archive; NULL when the list is full. */
struct cloudify_archive_plugin *archive_add_plugin(struct cloudify_archive *archive);
struct cloudify_archive_schedule *archive_add_schedule(struct cloudify_archive *archive);
struct cloudify_archive_schedule *archive_add_active(struct cloudify_archive *archive);
struct cloudify_archive_blueprint *archive_add_blueprint(struct cloudify_archive *archive);
struct cloudify_archive_secret *archive_add_secret(struct cloudify_archive *archive);
/* Is it a status of an execution that runs, that is neither ended nor waiting? */
bool archive_is_active(const char *status);
/* What a wagon's file name tells and the plugin does not know yet: package, version, Python,
   platform, distribution. Names of another form tell nothing. */
void archive_read_wagon_name(struct cloudify_archive *archive,
                             struct cloudify_archive_plugin *plugin);
void archive_add_user(struct cloudify_archive *archive, const char *name);
void archive_add_network(struct cloudify_archive *archive, const char *name);
/* The tenant with this row id (legacy) or name (id -1: new format); made where absent. NULL and
   FERRY_E_ARCHIVE in err: too many. The pointer ends with the next new tenant. */
struct cloudify_archive_tenant *archive_tenant(struct cloudify_archive *archive, int64_t id,
                                               const char *name, struct ferry_error *err);
/* Counts an execution by its status. */
void archive_count_execution(struct cloudify_archive *archive, const char *status, int64_t count);
/* The totals that are sums over the tenants, and the order of the lists. */
void archive_sum_up(struct cloudify_archive *archive);

/* What a source of the model is given. */
struct archive_source {
    struct archive_zip *zip;
    struct cloudify_archive *archive;
    const struct cloudify_archive_options *options; /* never NULL */
    int64_t told, untold; /* progress of the stages before and after the one that tells it */
};
/* Tells progress; FERRY_E_STOPPED when the caller does not want to go on. */
enum ferry_code archive_progress(const struct archive_source *source, int64_t done, int64_t total,
                                 struct ferry_error *err) FERRY_CHECK;
/* A name for the inventory, if one is wanted; tenant: of tenant_list, or NULL for none. */
void archive_take_stock(const struct archive_source *source, enum inventory_kind kind,
                        const struct cloudify_archive_tenant *tenant, const char *name);
/* Puts "archive PATH: member NAME: " before the message of an ARCHIVE error, with the hint. */
enum ferry_code archive_blame(const char *member, struct ferry_error *err);

/* Finds the wagon's name in a plugin's zip, the member. Not finding it is no error. */
enum ferry_code archive_read_wagon(const struct archive_source *source,
                                   const struct archive_zip_member *member,
                                   struct cloudify_archive_plugin *plugin,
                                   struct ferry_error *err) FERRY_CHECK;

enum ferry_code archive_read_dump(const struct archive_source *source,
                                  const struct archive_zip_member *pg_data,
                                  struct ferry_error *err) FERRY_CHECK;
enum ferry_code archive_read_new_format(const struct archive_source *source,
                                        struct ferry_error *err) FERRY_CHECK;

#endif
