/*
 * Which path and method leads where, and what stands before a handler: routing errors, then
 * maintenance mode, then who asks, then the tenant, then the content type of the body.
 */
#ifndef PRACTICE_ROUTES_H
#define PRACTICE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

struct request;

enum route_need {
    NEED_NOTHING, /* anonymous is welcome, wrong credentials are not */
    NEED_USER,    /* a user, no tenant */
    NEED_TENANT,  /* a user who may do the action in the tenant of the header */
};

enum route_flag {
    ROUTE_JSON = 1,      /* 415 unless Content-Type is application/json */
    ROUTE_ENTERING = 2,  /* 503 entering_maintenance_mode while activating */
    ROUTE_CHANGES = 4,   /* handled inside a transaction */
    ROUTE_LATE_ROLE = 8, /* the handler judges the role itself */
};

struct route {
    const char *method;
    const char *pattern; /* after the API prefix; "*" is one segment */
    void (*handle)(struct request *request);
    enum route_need need;
    const char *action; /* permission, as 403 names it; NULL with NEED_NOTHING and NEED_USER */
    unsigned flags;
};

/* The pattern of a path ("executions/" and a star), static; "other" where no route fits. */
const char *routes_pattern(const char *path);
/* Fills the reply of a complete request. */
void routes_dispatch(struct request *request);
/* True when the request shall be streamed into a file: PUT .../archive, POST /plugins. */
bool routes_streams(const char *method, const char *path);

/* Handlers, by file. */
void handle_version(struct request *request);
void handle_status(struct request *request);
void handle_ok(struct request *request);
void handle_cluster_status(struct request *request);
void handle_premium_only(struct request *request);
void handle_license(struct request *request);
void handle_license_upload(struct request *request);
void handle_tenant_get(struct request *request);
void handle_tenant_create(struct request *request);
void handle_license_check(struct request *request);
void handle_tenants(struct request *request);
void handle_user(struct request *request);
void handle_managers(struct request *request);
void handle_brokers(struct request *request);
void handle_db_nodes(struct request *request);
void handle_users(struct request *request);
void handle_user_unlock(struct request *request);
void handle_group_list(struct request *request);
void handle_site_list(struct request *request);
void handle_cluster(struct request *request);
void handle_config(struct request *request);
void handle_user_token(struct request *request);
void handle_token_create(struct request *request);
void handle_token_list(struct request *request);
void handle_token_get(struct request *request);
void handle_token_delete(struct request *request);
void handle_snapshot_list(struct request *request);
void handle_snapshot_get(struct request *request);
void handle_snapshot_create(struct request *request);
void handle_snapshot_patch(struct request *request);
void handle_snapshot_delete(struct request *request);
void handle_snapshot_restore(struct request *request);
void handle_snapshot_status(struct request *request);
void handle_archive_upload(struct request *request);
void handle_archive_download(struct request *request);
void handle_maintenance_get(struct request *request);
void handle_maintenance_action(struct request *request);
void handle_execution_list(struct request *request);
void handle_execution_get(struct request *request);
void handle_execution_start(struct request *request);
void handle_execution_action(struct request *request);
void handle_deployment_list(struct request *request);
void handle_deployment_get(struct request *request);
void handle_blueprint_list(struct request *request);
void handle_blueprint_get(struct request *request);
void handle_node_list(struct request *request);
void handle_instance_list(struct request *request);
void handle_instance_get(struct request *request);
void handle_agent_list(struct request *request);
void handle_agent_get(struct request *request);
void handle_agent_patch(struct request *request);
void handle_schedule_list(struct request *request);
void handle_schedule_get(struct request *request);
void handle_schedule_create(struct request *request);
void handle_schedule_update(struct request *request);
void handle_schedule_delete(struct request *request);
void handle_event_list(struct request *request);
void handle_secret_list(struct request *request);
void handle_plugin_list(struct request *request);
void handle_plugin_get(struct request *request);
void handle_plugin_upload(struct request *request);
void handle_plugin_delete(struct request *request);
void handle_plugin_archive(struct request *request);
void handle_update_list(struct request *request);
void handle_update_get(struct request *request);
void handle_update_phase(struct request *request);
/* /practice/...: the oracle's own doors; never counted, faulted or in maintenance. */
void handle_practice(struct request *request);

#endif
