/*
 * Requests to a manager, one function each. Pure: they fill a request, they send nothing.
 *
 * Every function fills *request (made by http_request_new, empty) and puts all texts below it.
 * Ids are escaped here. Which version understands what is not known here: see version.h.
 */
#ifndef CLOUDIFY_REQUEST_H
#define CLOUDIFY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

#define CLOUDIFY_API "/api/v3.1"
#define CLOUDIFY_DEFAULT_TENANT "default_tenant"
/* facts 10.1: a request line over 4,094 bytes is refused with an HTML 400. */
#define CLOUDIFY_PATH_MAX 3900
/* Ids of 36 bytes that fit into CLOUDIFY_PATH_MAX beside the rest of a query. */
#define CLOUDIFY_IDS_MAX 80
/* Rows a page: facts 1.0, the largest that every version allows. */
#define CLOUDIFY_PAGE 1000

/* At which manager, in whose name, for which tenant. */
struct cloudify_caller {
    enum http_credential who;
    const char *tenant; /* NULL: no Tenant header */
    bool bypass;        /* X-BYPASS-MAINTENANCE; never together with HTTP_ANONYMOUS (500) */
    enum http_site site;
};

struct cloudify_pair {
    const char *name;
    const char *value;
};

/* A question for a list. Zero and NULL: left out. */
struct cloudify_list {
    const char *resource;  /* "executions" */
    const char *include;   /* "id,status" */
    const char *sort;      /* "-created_at" */
    const char *then_sort; /* second key, against ties */
    bool all_tenants;
    bool system_workflows; /* executions: also those of the manager itself */
    int64_t size;
    int64_t offset;
    const char *filter;        /* name of a column, for values */
    const char *const *values; /* any of them */
    size_t value_count;
    const struct cloudify_pair *pairs; /* further column=value */
    size_t pair_count;
};

void cloudify_ask_version(struct http_request *request, const struct cloudify_caller *caller);
void cloudify_ask_license(struct http_request *request, const struct cloudify_caller *caller);
void cloudify_ask_maintenance(struct http_request *request, const struct cloudify_caller *caller);
/* Anonymous and without any header: a wrong password would make it a 401 (facts 1.1). */
void cloudify_ask_snapshot_status(struct http_request *request);
void cloudify_ask_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id);
/* HEAD of the stored archive: its length. */
void cloudify_ask_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id);
/* The stored archive itself, into a file; the caller says into which, and from which byte on. */
void cloudify_get_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id);
void cloudify_ask_execution(struct http_request *request, const struct cloudify_caller *caller,
                            const char *id);
void cloudify_ask_plugin(struct http_request *request, const struct cloudify_caller *caller,
                         const char *id);
void cloudify_ask_plugins_update(struct http_request *request, const struct cloudify_caller *caller,
                                 const char *id);
void cloudify_ask_list(struct http_request *request, const struct cloudify_caller *caller,
                       const struct cloudify_list *list);
/* True when the path of this list would be short enough for a manager. */
bool cloudify_list_fits(const struct cloudify_list *list);

/* --- requests that change the manager --- */

/* Streams size bytes of file. */
void cloudify_put_archive(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id, const char *file, int64_t size);
/* The manager fetches the archive itself, while the request waits. */
void cloudify_put_archive_url(struct http_request *request, const struct cloudify_caller *caller,
                              const char *id, const char *url);
/* What goes into a new snapshot. Each is sent as it stands, never left to a default of the manager
   (of "legacy" REST and cfy have opposite ones), if the version knows it (facts 1.1). */
struct cloudify_create {
    bool credentials, logs, events;
    bool knows_metrics, metrics;
    bool knows_queue, queue;
    bool knows_legacy, legacy;
    const char *tempdir;      /* NULL: left out, the manager's own */
    int64_t listener_timeout; /* seconds, 0: left out */
};
void cloudify_put_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id, const struct cloudify_create *create);
void cloudify_delete_snapshot(struct http_request *request, const struct cloudify_caller *caller,
                              const char *id);
void cloudify_post_maintenance(struct http_request *request, const struct cloudify_caller *caller,
                               bool activate);

struct cloudify_restore {
    bool force;
    bool certificates;
    bool no_reboot;     /* sent as true with certificates only: 400 otherwise */
    bool recreate_envs; /* "recreate_deployments_envs": required by <= 5.2 */
};
void cloudify_post_restore(struct http_request *request, const struct cloudify_caller *caller,
                           const char *id, const struct cloudify_restore *restore);

struct cloudify_start {
    const char *id; /* of the execution to be, or NULL: the manager chooses */
    const char *deployment;
    const char *workflow;
    const struct json *parameters; /* may hold more than the workflow declares */
};
void cloudify_post_execution(struct http_request *request, const struct cloudify_caller *caller,
                             const struct cloudify_start *start);
/* Ends an execution at once. Never for one that has ended: it would be called cancelled then, and
   never for one that may be at work (facts 10.1). */
void cloudify_post_kill(struct http_request *request, const struct cloudify_caller *caller,
                        const char *id);
/* Asks an execution to end: one that waits is not begun any more, one that works stops when it
   takes note of it. */
void cloudify_post_cancel(struct http_request *request, const struct cloudify_caller *caller,
                          const char *id);

struct cloudify_plugin_upload {
    const char *id;         /* of the plugin to be, or NULL: the manager chooses */
    const char *visibility; /* NULL: "tenant" */
    const char *title;      /* NULL: the manager takes the package's name */
    const char *file;       /* size bytes of it are streamed */
    int64_t size;
};
void cloudify_post_plugin(struct http_request *request, const struct cloudify_caller *caller,
                          const struct cloudify_plugin_upload *upload);
/* body: the choices, an object. force: in the query, where 5.0 looks for it; other versions read
   it from the body. */
void cloudify_post_plugins_update(struct http_request *request,
                                  const struct cloudify_caller *caller, const char *blueprint,
                                  const struct json *body, bool force);

#endif
