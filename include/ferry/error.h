/*
 * Errors of ferry: one list of codes, and the record that carries the story of a failure.
 *
 * Every function that can fail returns an enum ferry_code (FERRY_OK is 0) and fills a struct
 * ferry_error that the caller owns. The record needs no allocation and no cleaning up. The
 * message is one line, lower case, no full stop: first what failed, then why. The hint is one
 * line that says what to do next, or empty.
 */
#ifndef FERRY_ERROR_H
#define FERRY_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* name, exit code of the program, short text. The exit codes are part of the command line. */
#define FERRY_CODES(X)                                                                             \
    X(FERRY_OK, 0, "done")                                                                         \
    X(FERRY_E_FAILED, 1, "failed")                                                                 \
    X(FERRY_E_UNREACHABLE, 1, "the manager cannot be reached")                                     \
    X(FERRY_E_PROTOCOL, 1, "an answer cannot be understood")                                       \
    X(FERRY_E_IO, 1, "input or output failed")                                                     \
    X(FERRY_E_USAGE, 2, "usage")                                                                   \
    X(FERRY_E_CONFIG, 2, "configuration")                                                          \
    X(FERRY_E_AUTH, 2, "the manager does not accept the credentials")                              \
    X(FERRY_E_NOT_FOUND, 2, "no such thing")                                                       \
    X(FERRY_E_STOPPED, 3, "stopped, can be resumed")                                               \
    X(FERRY_E_UNKNOWN, 4, "an unknown outcome waits for a decision")                               \
    X(FERRY_E_REFUSED, 5, "refused")                                                               \
    X(FERRY_E_ARCHIVE, 5, "the archive cannot be used")                                            \
    X(FERRY_E_STALE, 6, "the plan is stale")                                                       \
    X(FERRY_E_BUSY, 7, "the journal is in use")                                                    \
    X(FERRY_E_JOURNAL, 8, "the journal cannot be used")                                            \
    X(FERRY_E_FENCED, 7, "another ferry has taken over the journal")                               \
    X(FERRY_E_PARTIAL, 10, "done, but some units failed")

enum ferry_code {
#define FERRY_CODE_NAME(name, exit_code, text) name,
    FERRY_CODES(FERRY_CODE_NAME)
#undef FERRY_CODE_NAME
        FERRY_CODE_COUNT
};

#define FERRY_MESSAGE_MAX 768 /* bytes, with the final NUL; longer texts are cut at the end */
#define FERRY_HINT_MAX 384

struct ferry_error {
    enum ferry_code code;
    int sys;         /* errno, CURLcode or SQLite code where one is known, else 0 */
    int http_status; /* status of the answer that caused it, else 0 */
    char message[FERRY_MESSAGE_MAX];
    char hint[FERRY_HINT_MAX];
};

#define FERRY_EXPORT __attribute__((visibility("default")))

/* The exit code of the program that belongs to a code. Unknown numbers give 1. */
FERRY_EXPORT int ferry_code_exit(enum ferry_code code);
/* Short text of a code, never NULL, static. */
FERRY_EXPORT const char *ferry_code_text(enum ferry_code code);
/* "FERRY_E_BUSY"; never NULL, static. */
FERRY_EXPORT const char *ferry_code_name(enum ferry_code code);

#ifdef __cplusplus
}
#endif
#endif
