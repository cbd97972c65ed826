/*
 * The workflows of a deployment: the ones that every manager brings, and the form in which its API
 * shows them, with is_available worked out from the availability rules.
 */
#ifndef PRACTICE_CONTENT_WORKFLOWS_H
#define PRACTICE_CONTENT_WORKFLOWS_H

#include "practice/content_build.h"

/* 10 * major + minor of "6.4.2", where minors over 9 count as 9; -1 for anything else. */
int workflows_version(const char *version);
/* The built-in workflows of a manager of that version as JSON text owned by ctx: an object by name
   as the data base keeps it (as_list false), or the list of the API without is_available. */
char *workflows_built_in(const void *ctx, const char *version, bool as_list);

struct workflows;
/* Collects the different sets of workflows while a content is finished; owned by ctx. */
struct workflows *workflows_new(const void *ctx, struct content_build *build);

/* A set of workflows, parsed once: raw is the text of the archive, as content_keep gave it, an
   object or a list. NULL or text that is neither gives the built-in set of the version. */
struct workflow_set;
struct workflow_set *workflows_set_of(struct workflows *workflows, const char *raw,
                                      const char *version);
/* Bit n is set when the JSON list names the n-th node type that any rule requires. */
uint64_t workflows_types_of(const struct workflows *workflows, const char *hierarchy);
/* Fills workflows and the two flags of the deployment. types: the bits of all its nodes. */
void workflows_apply(struct workflows *workflows, struct workflow_set *set, uint64_t types,
                     struct content_deployment *deployment);

#endif
