/*
 * A manager in memory: the oracle of the simulator. It knows only what ferry asks, as the facts
 * tell it, keeps a ledger of what took effect, and is quick: a whole upgrade takes milliseconds.
 * Its time is that of the world around it.
 */
#ifndef SIM_MANAGER_H
#define SIM_MANAGER_H

#include "base/clock.h"
#include "base/json.h"
#include "http/message.h"

struct manager_options {
    const char *version;     /* "7.1.0" */
    bool new_format;         /* of the archive that is restored */
    unsigned deployments;    /* what the archive brings, spread over two tenants */
    unsigned plugins;        /* blueprints use this many; new versions are uploaded */
    bool execution_fails;    /* the agents of the first deployment cannot be installed */
    unsigned late_archive;   /* so many restores do not find the archive on their node */
    unsigned cut_uploads;    /* so many uploads are cut in the middle (up to 6.4: the row stays) */
    bool maintenance_before; /* somebody else had switched it on already */
    unsigned hosts;          /* of each deployment; 0: one */
    bool host_dies;       /* the second host of the first deployment: a run over all its hosts fails
                             when the first host has its agent, a run over it alone fails too */
    bool makes_snapshots; /* it is that of a backup, and holds one of somebody else */
    bool never_begins;    /* the first execution on the second deployment stays pending, and comes
                             to an end by a cancel; that on the third one by a kill only */
};
#define MANAGER_HOSTS_MAX 4

#define MANAGER_ARCHIVE_SIZE 100000

struct manager_ledger {
    unsigned uploads, activations, deactivations, restores, plugins, updates;
    unsigned told;   /* restores accepted, with those that found no archive */
    unsigned halves; /* cut uploads that left a row */
    unsigned deleted_halves, deleted_wholes;
    unsigned switched_others; /* deactivations of what somebody else had switched on */
    unsigned disturbed;       /* requests sent in the silence that a restore needs */
    unsigned *agents;         /* install_new_agents that worked on hosts, one for each deployment */
    unsigned *hosts; /* new agents, for host h of deployment n at n * MANAGER_HOSTS_MAX + h */
    unsigned cancels, kills;
    unsigned created, deleted, deleted_theirs; /* snapshots */
    unsigned wrong_ends; /* kills and cancels of what had begun, or had ended well */
};

struct manager {
    struct manager_options o;
    int64_t now_ms;
    struct manager_ledger ledger;
    int64_t snapshot_size; /* -1: no such row */
    bool maintenance, maintenance_by_other;
    int64_t activated_at_ms;
    int64_t sent_ms;         /* when the request that is handled was sent */
    int64_t restore_sent_ms; /* the same of the last restore that was accepted */
    int64_t restore_at_ms;   /* of the POST; 0: none yet */
    bool no_archive;         /* that restore does not find its archive */
    bool hung_up;            /* the connection is cut: there is no answer */
    unsigned cut;            /* uploads, by o.cut_uploads */
    char restore_id[64];
    bool restored;                                        /* the archive's content is here */
    bool renamed;                                         /* admin's password is the archive's */
    struct json *executions, *agents, *plugins, *updates; /* arrays of rows */
    struct json *snapshots; /* rows, those that were deleted too; NULL: it makes none */
    const char *archive;    /* of each of them */
    size_t archive_size;
    unsigned serial;
    unsigned requests;
};

struct manager *manager_new(const void *ctx, const struct manager_options *options);
/* Takes a request at manager->now_ms: changes what it changes and fills the reply. */
void manager_handle(struct manager *manager, const struct http_request *request,
                    struct http_reply *reply);

/* Somebody else switches maintenance off and on again, or on. */
void manager_switched_by_other(struct manager *manager);
/* manager_agents.c */
void manager_post_execution(struct manager *manager, const struct http_request *request,
                            struct http_reply *reply);
/* POST /executions/ID: cancel and kill. */
void manager_end_execution(struct manager *manager, const char *id,
                           const struct http_request *request, struct http_reply *reply);
/* What time does to an execution of install_new_agents that has not ended. */
void manager_work(struct manager *manager, struct json *execution);
unsigned manager_hosts(const struct manager *manager);
/* "vm-N" for the first host, "vm-N-H" for the others. */
void manager_host(unsigned n, unsigned host, char out[48]);
struct json *manager_add_execution(struct manager *manager, const char *id, const char *workflow,
                                   const char *tenant, const char *deployment);
#define MANAGER_WORKFLOW_START_MS 700
#define MANAGER_WORKFLOW_MS 7500

/* Does any execution run? */
bool manager_runs(const struct manager *manager);

/* manager_backup.c */
#define MANAGER_THEIRS "theirs"
void manager_backup_begin(struct manager *manager);
void manager_backup_settle(struct manager *manager);
/* Requests to snapshots/REST. */
void manager_backup_snapshot(struct manager *manager, const char *rest,
                             const struct http_request *request, struct http_reply *reply);

/* manager_restore.c: what time does to a restore and to workflows. */
void manager_settle(struct manager *manager);
/* The answer that the weather of a restore gives before anything else; false: none. */
bool manager_weather(struct manager *manager, const struct http_request *request,
                     struct http_reply *reply);
bool manager_flag(const struct manager *manager); /* snapshot-status says running */

/* manager_lists.c */
void manager_list(struct manager *manager, const char *resource, const char *query,
                  struct http_reply *reply);
/* One row by id, or NULL. */
struct json *manager_row(struct json *rows, const char *id);
void manager_answer(struct http_reply *reply, int status, const struct json *body);
void manager_error(struct http_reply *reply, int status, const char *code, const char *text);

/* The tenant and name of the n-th deployment. */
const char *manager_tenant(unsigned n);
void manager_deployment(unsigned n, char out[32]);
#define MANAGER_BLUEPRINT "bp"

#endif
