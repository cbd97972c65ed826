/*
 * When an execution schedule of a manager fires: the rule as it stands in the row, worked out as
 * the manager does (get_rrule of its REST service, which is python-dateutil's rrule; read in the
 * source of 5.2 to 7.1). All times are UTC: the manager drops zones.
 *
 * Rules, JSON: {"recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "1SU", "L-FR"]}
 *              {"count": 1}: once, at `since`
 *              {"rrule": "FREQ=DAILY;INTERVAL=3"}: RFC 5545, without BYYEARDAY, BYWEEKNO, BYEASTER,
 *              DTSTART and lists of dates, which are "not understood" here
 *
 * Rules come from archives, and a hostile one could have us search for ever: every search takes
 * steps from a budget that the caller gives, and ends as unknown when it is used up.
 */
#ifndef CLOUDIFY_RECURRENCE_H
#define CLOUDIFY_RECURRENCE_H

#include <stdbool.h>
#include <stdint.h>

struct recurrence;

enum recurrence_answer {
    RECURRENCE_AT,     /* at this time */
    RECURRENCE_NEVER,  /* no further one */
    RECURRENCE_UNKNOWN /* the budget is used up */
};

/* The rule (JSON text) of a schedule; until_ms 0: without end. NULL: not understood, and *why says
   (static) what about it. Owned by ctx. */
struct recurrence *recurrence_parse(const void *ctx, const char *rule, int64_t since_ms,
                                    int64_t until_ms, const char **why);

/* The first occurrence later than after_ms. *budget is lowered by the steps that were taken. */
enum recurrence_answer recurrence_after(const struct recurrence *recurrence, int64_t after_ms,
                                        int64_t *budget, int64_t *at_ms);

#endif
