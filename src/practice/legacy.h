/* Between the rows of a dump and a content: the numbers by which its tables point at each other. */
#ifndef PRACTICE_LEGACY_H
#define PRACTICE_LEGACY_H

#include "practice/content_build.h"

#define LEGACY_NO_ID ((int64_t)-1)

struct legacy_link {
    int64_t self, tenant, creator;
    int64_t parent, other, third; /* what they point at depends on the table */
};

struct legacy_join {
    int64_t user, tenant, role; /* tenant LEGACY_NO_ID: the role in the whole system */
};

struct legacy {
    struct content_build *build;
    struct legacy_link *links[CONTENT_KINDS]; /* beside each item of the content */
    size_t links_count[CONTENT_KINDS], links_room[CONTENT_KINDS];
    struct legacy_join *joins;
    size_t joins_count;
    const char **dropped; /* executions deleted at the end of the dump */
    size_t dropped_count;
    char *agents;       /* text of agents.json */
    struct json *admin; /* admin_account.json */
};

/* The link of the item just added; all its numbers are LEGACY_NO_ID. */
struct legacy_link *legacy_link_add(struct legacy *legacy, enum content_kind kind);
void legacy_join_add(struct legacy *legacy, const struct legacy_join *join);
void legacy_drop_execution(struct legacy *legacy, const char *id);
/* Turns numbers into names, drops the executions, takes over the admin's account. */
void legacy_resolve(struct legacy *legacy);
/* Adds what only agents.json knows. */
enum ferry_code legacy_agents(struct legacy *legacy, struct ferry_error *err) FERRY_CHECK;

#endif
