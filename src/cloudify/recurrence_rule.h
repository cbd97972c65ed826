/* One rule of RFC 5545 as numbers, and its search. Inside recurrence*.c only. */
#ifndef CLOUDIFY_RECURRENCE_RULE_H
#define CLOUDIFY_RECURRENCE_RULE_H

#include "cloudify/recurrence.h"

#define RECURRENCE_POSITIONS_MAX 32
#define RECURRENCE_WEEKDAYS_MAX 32
#define RECURRENCE_RULES_MAX 64 /* weekdays of one schedule: each is a rule */

enum recurrence_frequency {
    RECURRENCE_YEARLY,
    RECURRENCE_MONTHLY,
    RECURRENCE_WEEKLY,
    RECURRENCE_DAILY,
    RECURRENCE_HOURLY,
    RECURRENCE_MINUTELY,
    RECURRENCE_SECONDLY
};

struct recurrence_weekday {
    int day;      /* 0: Monday */
    int position; /* 2: the second of the month or year, -1: the last; 0: every one */
};

struct recurrence_rule {
    enum recurrence_frequency frequency;
    int64_t interval;
    int64_t count;            /* -1: without end */
    int64_t since, until;     /* unix seconds; until INT64_MAX: without end */
    uint32_t months;          /* bit 1: January; 0: all. The same for the others */
    uint32_t month_days;      /* bit 1: the 1st */
    uint32_t month_days_back; /* bit 1: the last day */
    uint32_t hours;
    uint64_t minutes, seconds;
    struct recurrence_weekday weekdays[RECURRENCE_WEEKDAYS_MAX];
    int weekday_count;
    int positions[RECURRENCE_POSITIONS_MAX];
    int position_count;
    int week_start; /* 0: Monday */
};

struct recurrence { /* the union of its rules, of which the first `count` moments count */
    struct recurrence_rule *rules;
    int rule_count;
    int64_t count; /* -1: without end */
};

/* Fills in what the beginning of the rule says where nothing else does (RFC 5545, 3.3.10). */
void recurrence_rule_complete(struct recurrence_rule *rule);
/* In unix seconds; otherwise as recurrence_after. */
enum recurrence_answer recurrence_rule_after(const struct recurrence_rule *rule, int64_t after,
                                             int64_t *budget, int64_t *at);

/* Days since 1970-01-01 of a day of the Gregorian calendar, and back. */
int64_t recurrence_days(int64_t year, int month, int day);
void recurrence_civil(int64_t days, int64_t *year, int *month, int *day);

#endif
