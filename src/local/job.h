/* One request to the folder, while it is answered. */
#ifndef LOCAL_JOB_H
#define LOCAL_JOB_H

#include "local/follow.h"
#include "local/local.h"

struct local_job {
    struct local_job *next;
    uint64_t ticket;
    const struct http_request *request;
    const struct local_options *options;
    struct local_follow *follow; /* of the transport: what of a download is read already */
    const char *name;            /* of the archive */
    char *path;                  /* FOLDER/NAME */
    char *part;                  /* FOLDER/NAME.part */
    struct json *body;           /* of the request, NULL: none */
    int64_t size;                /* of the query: what the file must have, -1: not given */
    int64_t done, total;         /* bytes read */
    struct http_reply *reply;
};

/* Each fills the reply wholly. */
void local_list(struct local_job *job);
void local_look(struct local_job *job);
void local_check(struct local_job *job);
void local_finish(struct local_job *job);
void local_remove(struct local_job *job);
void local_remove_part(struct local_job *job);

void local_say(struct local_job *job, int status, const struct json *document);
/* {"message","error_code"} */
void local_refuse(struct local_job *job, int status, const char *format, ...) FERRY_PRINTF(3, 4);
/* The same for a failed call: "cannot WHAT PATH: REASON". */
void local_failed(struct local_job *job, const char *what, const char *path, int sys);
/* An error of the manager's kind by the class of err: 404, 422 or 500. */
void local_error(struct local_job *job, const struct ferry_error *err);
/* Tells progress; false: stop at once. */
bool local_tell(struct local_job *job, int64_t done, int64_t total);
/* Why the archive must stay (owned by the job); NULL: no rule keeps it, or it is not there. */
const char *local_kept(struct local_job *job, struct ferry_error *err);
/* Syncs the folder itself: names in it are on disk then. 0, or errno. */
int local_sync_folder(const struct local_job *job);

#endif
