/*
 * What the files of the report share: everything of one run, read from the journal.
 *
 * The document: what ferry_status gives, and "made_at", "made_by", "failures":[{"step","unit",
 * "state","reason","hint","attempt","execution","since","ended_at"}] (at most 2,000;
 * "failures_in_all"), "requests":[{"step","unit","request": "POST /api/v3.1/executions","id",
 * "intent_at","result_at","result","http"}], "lives":[{"began_at","ended_at","end"}], "decisions"
 * and "notes" (events, with "_in_all"), "fanout":[{"step","from","to","bins":[{"done","failed",
 * "under_way"}],"most_under_way","cells": a letter a
 * unit,"median_ms","p90_ms","most_ms","slowest"}].
 */
#ifndef LIBFERRY_REPORT_H
#define LIBFERRY_REPORT_H

#include "libferry/internal.h"

struct report_unit {
    const char *key;
    enum unit_state state;
    int64_t intent_at_ms, ended_at_ms;
    char intent_id[UUID_TEXT_SIZE]; /* of its last attempt */
    int http;                       /* of its last request; 0: none */
    struct json *request;           /* the request whose result has not come yet, or NULL */
};

struct report_step {
    const struct step_row *row;
    struct report_unit *units; /* in the order of work: the place is the seq */
    size_t count;
};

struct report {
    void *mem;
    struct journal *journal;
    const struct run_row *run;
    struct report_step *steps;
    size_t step_count;
    int64_t now_ms;
    struct json *document;
};

/* --- report_events.c --- */
/* Reads all events of the run: "requests", "lives", "decisions", "notes". */
enum ferry_code report_events(struct report *report, struct ferry_error *err) FERRY_CHECK;

/* --- report_fanout.c --- */
/* "fanout": for each step of many units what a picture of it needs. */
void report_fanout(struct report *report);

#endif
