/*
 * What an archive to be made holds. Every name, id and number is a function of the seed and of an
 * index, so nothing is kept in memory and each table can be written on its own.
 */
#ifndef PRACTICE_MAKE_PLAN_H
#define PRACTICE_MAKE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

#define PLAN_NAME_SIZE 64
#define PLAN_DATE_SIZE 32
#define PLAN_TOKEN_SIZE 128

struct make_plan {
    const char *version; /* of the manager that the archive seems to come from */
    bool legacy;
    bool community; /* legacy metadata without the revisions of stage and composer */
    bool folders;   /* write folder entries */
    int64_t tenants, deployments, agents, plugins;
    int64_t blueprints;      /* in each tenant */
    int64_t scheduled;       /* executions waiting for their time, and as many schedules */
    int64_t slip;            /* of the schedules, in minutes */
    int64_t events;          /* rows of each of the tables events and logs; legacy only */
    int64_t payload;         /* bytes of an incompressible member */
    int64_t secrets;         /* go round the tenants */
    int64_t users;           /* beside the admin; go round the tenants and their roles */
    int64_t running, queued; /* executions of these states */
    int64_t failed_agents;   /* whose state is failed */
    const char *plugin_python, *plugin_platform; /* of the wagons: "py311", "any" */
    int64_t dead, stopped,
        agentless;     /* hosts whose agent never answers, that are stopped, without */
    const char *token; /* of the admin; NULL: made from the seed */
    uint64_t seed;
    const char *admin_password, *admin_name;
};

/* Deployments go round the tenants; a host of deployment n is agent n, n + deployments, ... */
struct plan_walk {
    const struct make_plan *plan;
    int64_t step;       /* 1, or the number of tenants to stay in one */
    int64_t deployment; /* index, -1 before the first */
    int64_t tenant, blueprint;
    int64_t hosts;
    int64_t nodes, instances;           /* of this deployment */
    int64_t first_node, first_instance; /* counted over all before it in this walk */
};

enum plan_thing {
    PLAN_EXECUTION,
    PLAN_INSTALL,
    PLAN_SCHEDULED,
    PLAN_PLUGIN,
    PLAN_SNAPSHOT,
    PLAN_SECRET,
    PLAN_PAYLOAD,
    PLAN_TOKEN,
    PLAN_RUNNING,
    PLAN_QUEUED
};

void plan_walk_start(struct plan_walk *walk, const struct make_plan *plan);
/* Only the deployments of one tenant; the counts of nodes and instances are useless then. */
void plan_walk_tenant(struct plan_walk *walk, const struct make_plan *plan, int64_t tenant);
bool plan_walk_next(struct plan_walk *walk);

void plan_tenant_name(int64_t tenant, char out[PLAN_NAME_SIZE]);
void plan_blueprint_name(int64_t blueprint, char out[PLAN_NAME_SIZE]);
void plan_deployment_name(int64_t deployment, char out[PLAN_NAME_SIZE]);
/* Instance number index of a deployment's walk: hosts first ("vm_x7k2p1"), then "app_..."; a
   deployment without hosts has one, "root_...". */
void plan_instance_name(const struct plan_walk *walk, int64_t index, char out[PLAN_NAME_SIZE]);
/* The node of that instance: "vm", "app" or "root". */
const char *plan_instance_node(const struct plan_walk *walk, int64_t index);

void plan_uuid(const struct make_plan *plan, enum plan_thing thing, int64_t index,
               char out[UUID_TEXT_SIZE]);
void plan_secret_name(int64_t secret, char out[PLAN_NAME_SIZE]);
void plan_user_name(int64_t user, char out[PLAN_NAME_SIZE]);
/* The number of the role that a user has in its tenant: 2 manager, 3 user, 4 operations, 5 viewer;
   and its name. */
int64_t plan_user_role(int64_t user, const char **name);
/* Letters and digits, length of them and a NUL. */
void plan_secret(const struct make_plan *plan, int64_t index, char *out, size_t length);

/* Plugins come as versions 1.0.0, 1.1.0, ... of packages that two in a row share. */
void plan_plugin_package(int64_t plugin, char out[PLAN_NAME_SIZE]);
void plan_plugin_version(int64_t plugin, char out[PLAN_NAME_SIZE]);
/* "PACKAGE-VERSION-py311-none-any.wgn" by the plan's Python and platform. */
void plan_wagon_name(const struct make_plan *plan, int64_t plugin, char out[4 * PLAN_NAME_SIZE]);
/* The plugin that a blueprint uses, or -1. */
int64_t plan_blueprint_plugin(const struct make_plan *plan, int64_t blueprint);

/* The number of a host: 0 to agents - 1. What becomes of it is spread evenly over all. */
int64_t plan_host(const struct plan_walk *walk, int64_t index);
bool plan_host_is_dead(const struct make_plan *plan, int64_t host);
const char *plan_host_state(const struct make_plan *plan, int64_t host);  /* "started", "stopped" */
const char *plan_agent_state(const struct make_plan *plan, int64_t host); /* "started", "failed" */
bool plan_host_has_agent(const struct make_plan *plan, int64_t host);
/* The id of the admin's token and its whole text; buffers of PLAN_TOKEN_SIZE. */
void plan_token(const struct make_plan *plan, char *id, char *value);

/* 10 * major + minor of the archive's version. */
int plan_version(const struct make_plan *plan);
/* What the agents run: the archive's version, before that change of names, or 6.4.2 from 7.0 on. */
const char *plan_agent_version(const struct make_plan *plan);
/* Dates count seconds from 2026-11-22 14:00:00; with a T and a Z for the API. */
void plan_date(int64_t seconds, bool api, char out[PLAN_DATE_SIZE]);
/* Even ones were due before the archive was made, odd ones are due in 2099. */
bool plan_has_next(const struct make_plan *plan,
                   int64_t index); /* no slip: the even ones are past */
void plan_scheduled_for(int64_t index, bool api, char out[PLAN_DATE_SIZE]);

#endif
