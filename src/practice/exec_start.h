/* POST /executions, from the body to a row: what is checked, in the order of the real manager. */
#ifndef PRACTICE_EXEC_START_H
#define PRACTICE_EXEC_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

struct request;

struct start {
    const char *deployment, *workflow, *id, *force_status, *scheduled_time, *blueprint;
    bool force, queue, dry_run, allow_custom;
    const struct json *given;  /* parameters of the body, or NULL */
    struct json *workflows;    /* of the deployment */
    const struct json *chosen; /* the workflow in it */
    struct json *parameters;   /* given ones first, then defaults */
};

/* Reads the body and finds the deployment; false: the reply is filled. */
bool start_read(struct request *request, struct start *start);
/* Workflow, availability, parameters; false: the reply is filled (and a failed row may stay). */
bool start_check(struct request *request, struct start *start);
/* Name of a JSON type as python says it. */
const char *python_type(const struct json *node);

#endif
