/*
 * What a manager's answers say. Pure; texts are views into the reply and live as long as it.
 *
 * First cloudify_read tells what kind of answer it is; only CLOUDIFY_FINE has the document that
 * was asked for. "Weather" is everything that proves nothing about the manager's state: 5xx, pages
 * of a proxy, no answer at all, and the refusal of a token where a password takes over: ask again.
 */
#ifndef CLOUDIFY_REPLY_H
#define CLOUDIFY_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

enum cloudify_kind {
    CLOUDIFY_FINE,        /* 2xx, and the manager's own */
    CLOUDIFY_ALREADY,     /* 304: it was so before */
    CLOUDIFY_MISSING,     /* 404 with error_code not_found_error */
    CLOUDIFY_DENIED,      /* 401 */
    CLOUDIFY_FORBIDDEN,   /* 403: tenant or permission */
    CLOUDIFY_CONFLICT,    /* 409 */
    CLOUDIFY_REFUSED,     /* any other 4xx of the manager: for good, without effect */
    CLOUDIFY_BUSY,        /* 429, 503 of the manager: refused for now, without effect */
    CLOUDIFY_MAINTENANCE, /* 503 because maintenance is on or coming: also without effect */
    CLOUDIFY_STRANGE,     /* 2xx or 4xx that no manager would give (HTML, a captive page) */
    CLOUDIFY_WEATHER
};

struct cloudify_answer {
    enum cloudify_kind kind;
    int status;                  /* 0: no answer came */
    const char *error_code;      /* "" when there is none */
    const char *message;         /* of the manager, or of the transport; "" when there is none */
    const struct json *document; /* with CLOUDIFY_FINE; NULL for an empty body */
};

void cloudify_read(const struct http_reply *reply, struct cloudify_answer *out);
/* True when the manager said so by this error_code. */
bool cloudify_is_error(const struct cloudify_answer *answer, const char *error_code);
/* "HTTP 400 bad_parameters_error: ..." in one line of at most 300 bytes; owned by ctx. */
char *cloudify_describe(const void *ctx, const struct cloudify_answer *answer);
/* A text up to its first line break, cut to 300 bytes; owned by ctx. */
char *cloudify_first_line(const void *ctx, const char *text);
/* The last line of a traceback that says something, cut to 300 bytes; owned by ctx. */
char *cloudify_last_line(const void *ctx, const char *error);

/* --- documents; all accept NULL and missing fields --- */

/* Rows of a list; NULL when the document is no list. */
const struct json *cloudify_items(const struct json *document);
/* metadata.pagination.total; -1 when it is not there. */
int64_t cloudify_total(const struct json *document);

enum cloudify_maintenance {
    CLOUDIFY_MAINTENANCE_OFF,
    CLOUDIFY_MAINTENANCE_COMING,
    CLOUDIFY_MAINTENANCE_ON,
    CLOUDIFY_MAINTENANCE_UNKNOWN
};
enum cloudify_maintenance cloudify_maintenance_of(const struct json *document);
/* Executions that maintenance waits for: a plain list, however it is wrapped; NULL: none said. */
const struct json *cloudify_remaining(const struct json *document);
/* "install on dep-slow (started), update on x (queued) and 3 more"; owned by ctx. */
char *cloudify_execution_names(const void *ctx, const struct json *executions);

enum cloudify_restore_flag {
    CLOUDIFY_RESTORE_RUNNING,
    CLOUDIFY_RESTORE_IDLE,
    CLOUDIFY_RESTORE_UNKNOWN /* an answer that is neither: never taken for idle */
};
/* The code, else the texts of older masters and of cfy (facts 0). */
enum cloudify_restore_flag cloudify_restore_flag_of(const struct json *document);

enum cloudify_execution {
    CLOUDIFY_EXECUTION_WAITING, /* pending, queued, scheduled */
    CLOUDIFY_EXECUTION_ACTIVE,  /* started, and all kinds of cancelling */
    CLOUDIFY_EXECUTION_TERMINATED,
    CLOUDIFY_EXECUTION_FAILED,
    CLOUDIFY_EXECUTION_CANCELLED,
    CLOUDIFY_EXECUTION_UNKNOWN /* a word that ferry does not know */
};
enum cloudify_execution cloudify_execution_of(const struct json *execution);
bool cloudify_execution_ended(enum cloudify_execution status);
/* Values for a status filter: all that are not an end. */
#define CLOUDIFY_OPEN_STATUSES                                                                     \
    "pending", "started", "cancelling", "force_cancelling", "kill_cancelling", "queued", "scheduled"

enum cloudify_update {
    CLOUDIFY_UPDATE_ACTIVE, /* updating, executing_workflow, finalizing */
    CLOUDIFY_UPDATE_SUCCESSFUL,
    CLOUDIFY_UPDATE_NO_CHANGES,
    CLOUDIFY_UPDATE_FAILED,
    CLOUDIFY_UPDATE_UNKNOWN
};
enum cloudify_update cloudify_update_of(const struct json *update);

/* "text", or fallback when it is absent, null, empty or of another type. */
const char *cloudify_text(const struct json *object, const char *key, const char *fallback);
/* Row of a list whose member "id" is id; NULL: none. */
const struct json *cloudify_row(const struct json *items, const char *id);

/* --- what a failed restore says (facts 2.4) --- */

enum cloudify_restore_failure {
    CLOUDIFY_FAILURE_OTHER,
    CLOUDIFY_FAILURE_NEWER,
    CLOUDIFY_FAILURE_TOO_OLD,
    CLOUDIFY_FAILURE_USER,
    CLOUDIFY_FAILURE_NOT_EMPTY,
    CLOUDIFY_FAILURE_NETWORKS,
    CLOUDIFY_FAILURE_DISTRIBUTED,
    CLOUDIFY_FAILURE_NO_FILE,
    CLOUDIFY_FAILURE_BAD_ARCHIVE
};
/* Recognised by its text. *hint (may be NULL): what the operator can do, static. */
enum cloudify_restore_failure cloudify_restore_failure_of(const char *error, const char **hint);

#endif
