/* What the items of the new format are gathered in. Inside its reader only. */
#ifndef CLOUDIFY_ARCHIVE_NEW_H
#define CLOUDIFY_ARCHIVE_NEW_H

#include "cloudify/archive_json.h"
#include "cloudify/archive_model.h"
#include "cloudify/archive_plan.h"

enum field {
    FIELD_ID,
    FIELD_NAME,
    FIELD_USERNAME,
    FIELD_TITLE,
    FIELD_VERSION,
    FIELD_VISIBILITY,
    FIELD_STATE,
    FIELD_HOST,
    FIELD_METHOD,
    FIELD_STATUS,
    FIELD_WORKFLOW,
    FIELD_DEPLOYMENT,
    FIELD_SCHEDULED,
    FIELD_NEXT,
    FIELD_SINCE,
    FIELD_UNTIL,
    FIELD_RRULE, /* inside the rule of a schedule */
    FIELD_SLIP,
    FIELD_ENABLED,
    FIELD_HIDDEN,
    FIELD_KEY,
    FIELD_CREATED,
    FIELD_STARTED,
    FIELD_BLUEPRINT,
    FIELD_PACKAGE,
    FIELD_PACKAGE_VERSION,
    FIELD_ARCHIVE,
    FIELD_PLATFORM,
    FIELD_DISTRIBUTION,
    FIELD_RELEASE,
    FIELD_COUNT
};

struct item {
    const char *values[FIELD_COUNT]; /* NULL: null or absent; "true" and "false" of bools */
};

struct reading {
    const struct archive_source *source;
    struct cloudify_archive *archive;
    void *scope; /* of the whole archive */
    struct archive_plan *plan;
    struct archive_pairs owners;    /* hashes of the deployments that have hosts */
    struct archive_counts deployed; /* hashes of tenant and blueprint, for each deployment */
    int64_t member;                 /* number, for progress */
    int64_t orphans;                /* members of tenants without a folder entry */
    const char *last_orphan;
    /* of the member being read */
    void *member_scope;
    struct archive_json *json;
    const char *tenant; /* NULL: mgmt */
    const char *type;
    int type_row;      /* what is done with its items; -1: nobody wants them */
    const char *owner; /* source_id */
    bool has_host;
    bool has_items;
    struct item item;
    struct item *early;
    size_t early_count;
    size_t early_size; /* bytes of their texts */
};

/* A number for two texts: FNV-1a, 63 bits. Different ones that look alike are one in ten to the
   eight in an archive of 600,000. */
int64_t archive_new_hash(const char *tenant, const char *id);
/* What to do with items of this type: for take_item; -1: nobody wants them. */
int archive_new_type(const char *type, bool in_tenant);
enum ferry_code archive_new_take(struct reading *reading, const struct item *item,
                                 struct ferry_error *err) FERRY_CHECK;
/* Gives the blueprints the number of their deployments. */
void archive_new_count_deployments(struct reading *reading);

#endif
