/*
 * Drives one state without a socket: asks it for a request, hands it a reply, merges its verdict
 * as the engine does. What expand and plan say is kept.
 */
#ifndef TESTS_STATES_LAB_H
#define TESTS_STATES_LAB_H

#include "engine/state.h"
#include "ferry_test.h"
#include "states/states.h"

#define LAB_UNITS 4
#define LAB_NOW_MS ((int64_t)1795356000000) /* 2026-11-22T14:00:00Z */

struct lab {
    void *mem;
    const struct ferry_state *state;
    struct json *options, *facts;
    struct state_context context;
    struct state_unit units[LAB_UNITS];
    struct json *data[LAB_UNITS];
    size_t n;
    const struct state_phase *phase;
    const char *node;                        /* that answers, of a cluster; NULL: none is named */
    int64_t date_ms, took_ms, cert_until_ms; /* of replies: now, 0, none */
    struct http_request *request;            /* latest, NULL when none was needed */
    struct state_verdict verdict[LAB_UNITS];
    struct json *findings;      /* "blocker: text" and so on */
    struct json *units_added;   /* keys */
    struct json *units_skipped; /* "key: reason" */
};

/* Manager 7.1.0.dev1 community, a legacy archive of 71 deployments, user admin. */
struct lab *lab_new(const struct ferry_state *state);
void lab_free(struct lab *lab);
/* Replaces a member of options or facts by a path of at most two names; text is JSON. */
void lab_option(struct lab *lab, const char *path, const char *json);
void lab_fact(struct lab *lab, const char *path, const char *json);
void lab_data(struct lab *lab, const char *json);
void lab_version(struct lab *lab, const char *version);

/* Asks; the request must be this ("GET /api/v3.1/..." with its query, or a prefix ended by *). */
void lab_asks(struct lab *lab, const struct state_phase *phase, const char *expected);
/* Asks a phase that needs no request. */
void lab_needs_nothing(struct lab *lab, const struct state_phase *phase);
void lab_asks_in_name_of(const struct lab *lab, enum http_credential who);
const char *lab_header(const struct lab *lab, const char *name); /* NULL: not there */

/* Replies to the latest request. */
void lab_gets(struct lab *lab, int status, const char *json);
void lab_gets_html(struct lab *lab, int status);
void lab_gets_length(struct lab *lab, int status, int64_t length);
/* An answer about an archive: its length, ETag, range and what is in the file now are those of
 * file. */
void lab_gets_archive(struct lab *lab, int status, const struct http_reply *file);
void lab_gets_silence(struct lab *lab);
/* 401 to a token, whose login has a password too. */
void lab_gets_token_refused(struct lab *lab);
void lab_gets_recorded(struct lab *lab, const char *scenario, size_t index);
/* Asks and replies at once, without a look at the request. */
void lab_turn(struct lab *lab, const struct state_phase *phase, int status, const char *json);
/* The lists of counts.h in their order, which must be asked for exactly, with these totals; all but
   the last must lead to the next at once. */
void lab_counts(struct lab *lab, const struct state_phase *phase, const int *totals, size_t n);
#define LAB_COUNTS(lab, phase, ...)                                                                \
    lab_counts((lab), (phase), (const int[]){__VA_ARGS__},                                         \
               sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* What the state made of it. */
void lab_says_at(const struct lab *lab, size_t i, enum state_answer answer, const char *reason);
#define lab_says(lab, answer, reason) lab_says_at((lab), 0, (answer), (reason))
/* Is there a finding that begins with kind and holds the text? */
void lab_found(const struct lab *lab, const char *kind, const char *text);
void lab_found_nothing(const struct lab *lab, const char *kind);
void lab_fact_is(const struct lab *lab, const char *path, const char *json);
void lab_data_is(const struct lab *lab, const char *json);

#endif
