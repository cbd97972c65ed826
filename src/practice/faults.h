/*
 * Faults on purpose, for tests. A file or a POST to /practice/faults holds a JSON list of rules:
 *
 *   [{"method": "POST", "path": "^/api/v3.1/snapshots/.+/restore$", "n": 1, "do": "drop_after"}]
 *
 * method   "GET", ..., or "*" (default)
 * path     POSIX extended expression on the path without query; default ".*"
 * n        the n-th matching request, from 1; or
 * from     the first one (default 1) and
 * count    how many of them (default: all that follow)
 * changing true: only requests that are no GET, HEAD or OPTIONS are counted
 * do       drop_before   close the connection, no effect
 *          drop_after    effect, then close without an answer
 *          answer        no effect, the given answer; with "after_effect": true the effect first
 *          delay         wait delay_ms before the effect; with "after_effect": true after it
 *          cut_body      effect, right headers, so many bytes of the body (default half), close
 *          stall         so many bytes of the body, then nothing for delay_ms (0: for ever)
 *          corrupt       the byte "at" of the file, or of the body, is another one
 *          wrong_length  Content-Length is "length": above the truth the connection ends early,
 *                        below it the body does
 *          slow          so many bytes of the body a second: "rate"
 *          replace_file  an archive is replaced before it is answered: by "file", or by other
 *                        bytes of the same size; its ETag is another one in any case
 *          die_body      the practice manager ends after so many bytes of the body
 *          kill_client_body   SIGKILL after so many bytes of the body, close
 *          die_before    the practice manager ends at once (exit code 137), no effect
 *          die_after     effect, then it ends
 *          kill_client_before   SIGKILL to the process named in pid_file, no effect, close
 *          kill_client_after    effect, SIGKILL, close
 * after_bytes  for the _before kinds: as soon as so many bytes of the body have arrived (without
 *          it when the request is complete)
 * bytes    of the answer's body, for cut_body, stall, die_body, kill_client_body; default 0
 * status, body, headers   of "answer"; default 503, an HTML page of nginx, none
 * delay_ms of "delay" (real milliseconds, not scaled); pid_file of "kill_client_*"
 *
 * Requests are counted when their headers have arrived, each rule for itself; the first rule that
 * applies acts. Counts are in the store: a manager that was ended by a rule does not begin again
 * at 1. New rules replace the old ones and their counts. /practice requests are never faulted.
 */
#ifndef PRACTICE_FAULTS_H
#define PRACTICE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "ferry/error.h"

struct practice;
struct request;
struct faults;

enum fault_kind {
    FAULT_DROP_BEFORE,
    FAULT_DROP_AFTER,
    FAULT_ANSWER,
    FAULT_DELAY,
    FAULT_CUT_BODY,
    FAULT_DIE_BEFORE,
    FAULT_DIE_AFTER,
    FAULT_KILL_CLIENT_BEFORE,
    FAULT_KILL_CLIENT_AFTER,
    FAULT_STALL,
    FAULT_CORRUPT,
    FAULT_WRONG_LENGTH,
    FAULT_SLOW,
    FAULT_REPLACE_FILE,
    FAULT_DIE_BODY,
    FAULT_KILL_CLIENT_BODY,
};

struct fault {
    enum fault_kind kind;
    bool after_effect;
    int64_t after_bytes; /* -1: when the request is complete */
    int64_t delay_ms;
    int64_t bytes; /* of the answer's body; -1: half of it */
    int64_t at, length;
    double rate;
    const char *file; /* NULL: other bytes */
    int status;
    const char *body;           /* NULL: nginx's page */
    const struct json *headers; /* object, or NULL */
    const char *pid_file;
};

/* An empty set, owned by practice, with the counts of the store. */
struct faults *faults_new(struct practice *practice);
/* Replaces the rules by those of a list; err says what is wrong, and the old ones stay. */
enum ferry_code faults_set(struct faults *faults, const struct json *rules,
                           struct ferry_error *err) FERRY_CHECK;
/* The same from a file; keeps the counts of a store that was in use. */
enum ferry_code faults_read(struct faults *faults, const char *path,
                            struct ferry_error *err) FERRY_CHECK;
/* Counts the request and returns what shall befall it, or NULL. Borrowed until the next set. */
const struct fault *faults_match(struct faults *faults, const char *method, const char *path);
/* Whether it acts while the body of an answer is under way. */
bool fault_is_of_body(enum fault_kind kind);
/* SIGKILL to the process whose number is in the file; silent when there is none. */
void faults_kill_client(const struct fault *fault);

#endif
