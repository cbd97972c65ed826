/*
 * What an archive brings, or what a manager holds when it starts: the model between the readers of
 * archives and the server of the practice manager.
 *
 * Everything, texts too, lives below the struct content and ends with it. Texts that repeat
 * (tenants, versions, workflows) are stored once. Dates are RFC 3339 in UTC with milliseconds
 * ("2026-11-22T14:31:07.382Z"), as the manager's API writes them. A text that is not known is NULL.
 */
#ifndef PRACTICE_CONTENT_H
#define PRACTICE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "ferry/error.h"
#include "practice/content_items.h"

enum content_layout {
    CONTENT_LAYOUT_NONE,   /* only metadata, or a JSON description */
    CONTENT_LAYOUT_LEGACY, /* has pg_data */
    CONTENT_LAYOUT_NEW,    /* has mgmt/ or tenants/ */
};

/* Why an archive cannot be read; a manager reacts differently to each. */
enum content_problem {
    CONTENT_FINE,
    CONTENT_UNREADABLE,  /* the file itself: absent, no permission */
    CONTENT_NOT_ZIP,     /* empty, garbage, cut: a manager hangs with the flag up for ever */
    CONTENT_NO_METADATA, /* a zip without a usable metadata.json: the same */
    CONTENT_BAD_DATA,    /* pg_data or a member of the new format makes no sense */
    CONTENT_NO_DATA,     /* metadata of a legacy archive, but no pg_data */
};

#define CONTENT_LIST(type, name)                                                                   \
    struct type *name;                                                                             \
    size_t name##_count

struct content {
    enum content_layout layout;
    const char *snapshot_version;                                     /* "7.1.0" */
    const char *schema_revision, *stage_revision, *composer_revision; /* NULL: not in metadata */
    const char *create_execution; /* the new format's execution_id; NULL in legacy archives */
    const char *admin_password;   /* practice.json only, else NULL */
    const char *dead_hosts;       /* the same: JSON list of "TENANT/INSTANCE" */
    const char **networks;        /* networks.json: active_networks */
    size_t networks_count;
    /* Tenants that have items but no directory entry tenants/NAME/: a 7.x manager passes them
       over in silence, so they are not in the lists below (only counted here). */
    size_t tenants_passed_over;
    CONTENT_LIST(content_tenant, tenants);
    CONTENT_LIST(content_user, users);
    CONTENT_LIST(content_blueprint, blueprints);
    CONTENT_LIST(content_deployment, deployments);
    CONTENT_LIST(content_node, nodes);
    CONTENT_LIST(content_instance, instances);
    CONTENT_LIST(content_agent, agents);
    CONTENT_LIST(content_plugin, plugins);
    CONTENT_LIST(content_execution, executions);
    CONTENT_LIST(content_schedule, schedules);
    CONTENT_LIST(content_secret, secrets);
    CONTENT_LIST(content_token, tokens);
    CONTENT_LIST(content_plugins_update, plugins_updates);
    CONTENT_LIST(content_group, user_groups);
    CONTENT_LIST(content_site, sites);
};

/* What a manager of 7.0 and later takes for a legacy archive: all three revisions are there. An
   archive of a community manager lacks two and is taken for the new format, which finds nothing
   in it: so the restore ends well and has restored nothing. */
bool content_has_revisions(const struct content *content);

/* Reads an archive. *out is owned by ctx and set only for FERRY_OK; *problem (never NULL) tells
   what kind of failure it was. FERRY_E_NOT_FOUND and FERRY_E_IO for CONTENT_UNREADABLE,
   FERRY_E_ARCHIVE for all others. */
enum ferry_code content_read(const void *ctx, const char *path, struct content **out,
                             enum content_problem *problem, struct ferry_error *err) FERRY_CHECK;
/* Takes an archive or a JSON description (content_from_json), told apart by the first bytes. */
enum ferry_code content_load(const void *ctx, const char *path, struct content **out,
                             struct ferry_error *err) FERRY_CHECK;
/* Reads a description: {"version","admin_password","tenants":[..],"blueprints":[{..}], ...} with
   the names of the fields above as keys. *out is owned by ctx. */
enum ferry_code content_from_json(const void *ctx, const struct json *description,
                                  struct content **out, struct ferry_error *err) FERRY_CHECK;
/* Counts for each tenant and for all, as JSON owned by ctx; for "describe FILE --json". */
struct json *content_describe(const void *ctx, const struct content *content);

#endif
