/*
 * The search: a rule's periods (years, months, weeks, days, hours, minutes, seconds) are gone
 * through one by one from the first, or from shortly before the moment that is asked about where
 * nothing has to be counted. In each period the days that pass the filters are joined with the
 * times of day; then positions choose among them.
 */
#include "cloudify/recurrence_rule.h"

#include <stddef.h>

#define DAY INT64_C(86400)
#define YEAR_MAX 9999   /* the last that the manager's calendar knows */
#define MOMENTS_MAX 512 /* of one period, kept for positions: more are not understood */

int64_t recurrence_days(int64_t year, int month, int day)
{
    /* years from March on, so that the leap day is the last; 400 years have 146097 days */
    int64_t shifted = month > 2 ? month - 3 : month + 9;
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t in_era = y - era * 400;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + (153 * shifted + 2) / 5 + day -
           1 - 719468;
}

void recurrence_civil(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t in_era = shifted - era * 146097;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
    int64_t from_march = (5 * in_year + 2) / 153;

    *day = (int)(in_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = y + era * 400 + (*month <= 2 ? 1 : 0);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int weekday(int64_t days) /* 0: Monday; 1970-01-01 was a Thursday */
{
    int64_t rest = (days + 3) % 7;

    return (int)(rest < 0 ? rest + 7 : rest);
}

static int month_length(int64_t year, int month)
{
    return (int)(recurrence_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
                 recurrence_days(year, month, 1));
}

void recurrence_rule_complete(struct recurrence_rule *rule)
{
    int64_t days = floor_div(rule->since, DAY), rest = rule->since - days * DAY, year;
    bool no_day = rule->weekday_count == 0 && rule->month_days == 0 && rule->month_days_back == 0;
    int month, day;

    recurrence_civil(days, &year, &month, &day);
    if (no_day && rule->frequency == RECURRENCE_WEEKLY) {
        rule->weekdays[0] = (struct recurrence_weekday){weekday(days), 0};
        rule->weekday_count = 1;
    } else if (no_day && rule->frequency <= RECURRENCE_MONTHLY) {
        rule->month_days = UINT32_C(1) << day;
        if (rule->frequency == RECURRENCE_YEARLY && rule->months == 0) {
            rule->months = UINT32_C(1) << month;
        }
    }
    if (rule->hours == 0 && rule->frequency < RECURRENCE_HOURLY) {
        rule->hours = UINT32_C(1) << (rest / 3600);
    }
    if (rule->minutes == 0 && rule->frequency < RECURRENCE_MINUTELY) {
        rule->minutes = UINT64_C(1) << (rest / 60 % 60);
    }
    if (rule->seconds == 0 && rule->frequency < RECURRENCE_SECONDLY) {
        rule->seconds = UINT64_C(1) << (rest % 60);
    }
}

/* --- days --- */

/* Is this day the n-th (or n-th last) of its weekday in the month or year? */
static bool has_position(const struct recurrence_rule *rule,
                         const struct recurrence_weekday *wanted, int64_t days)
{
    int64_t year, first, length;
    int month, day;

    recurrence_civil(days, &year, &month, &day);
    if (rule->frequency == RECURRENCE_YEARLY && rule->months == 0) {
        first = recurrence_days(year, 1, 1);
        length = recurrence_days(year + 1, 1, 1) - first;
    } else {
        first = recurrence_days(year, month, 1);
        length = month_length(year, month);
    }
    return wanted->position > 0 ? (days - first) / 7 + 1 == wanted->position
                                : (first + length - 1 - days) / 7 + 1 == -wanted->position;
}

/* Weekdays with and without a position are two filters: a day must pass both that there are. */
static bool passes_weekdays(const struct recurrence_rule *rule, int64_t days)
{
    bool plain = false, plain_met = false, placed = false, placed_met = false;

    for (int i = 0; i < rule->weekday_count; i++) {
        const struct recurrence_weekday *wanted = &rule->weekdays[i];
        bool met = wanted->day == weekday(days);

        if (wanted->position == 0 || rule->frequency > RECURRENCE_MONTHLY) {
            plain = true;
            plain_met = plain_met || met;
        } else {
            placed = true;
            placed_met = placed_met || (met && has_position(rule, wanted, days));
        }
    }
    return (!plain || plain_met) && (!placed || placed_met);
}

static bool passes_day(const struct recurrence_rule *rule, int64_t days)
{
    int64_t year;
    int month, day;

    recurrence_civil(days, &year, &month, &day);
    if (rule->months != 0 && (rule->months >> month & 1) == 0) {
        return false;
    }
    if ((rule->month_days != 0 || rule->month_days_back != 0) &&
        (rule->month_days >> day & 1) == 0 &&
        (rule->month_days_back >> (month_length(year, month) - day + 1) & 1) == 0) {
        return false;
    }
    return passes_weekdays(rule, days);
}

/* --- periods --- */

struct period {
    int64_t first_day, day_count;
    int64_t from, to; /* seconds of the day, of periods shorter than a day; to is not part of it */
};

static int64_t unit_of(enum recurrence_frequency frequency)
{
    return frequency == RECURRENCE_HOURLY ? 3600 : frequency == RECURRENCE_MINUTELY ? 60 : 1;
}

/* The number-th period. False: past the end of the calendar. */
static bool period_at(const struct recurrence_rule *rule, int64_t number, struct period *out)
{
    int64_t day0 = floor_div(rule->since, DAY), year, months;
    int64_t skip = number * rule->interval;
    int month, day;

    recurrence_civil(day0, &year, &month, &day);
    *out = (struct period){.day_count = 1, .to = DAY};
    switch (rule->frequency) {
    case RECURRENCE_YEARLY:
        if (skip > YEAR_MAX - year) {
            return false;
        }
        out->first_day = recurrence_days(year + skip, 1, 1);
        out->day_count = recurrence_days(year + skip + 1, 1, 1) - out->first_day;
        break;
    case RECURRENCE_MONTHLY:
        months = year * 12 + month - 1 + skip;
        if (months / 12 > YEAR_MAX) {
            return false;
        }
        out->first_day = recurrence_days(months / 12, (int)(months % 12) + 1, 1);
        out->day_count = month_length(months / 12, (int)(months % 12) + 1);
        break;
    case RECURRENCE_WEEKLY: /* the first begins with the rule, the others with the week */
        out->first_day = day0 - (weekday(day0) - rule->week_start + 7) % 7 + skip * 7;
        out->day_count = 7;
        if (number == 0) {
            out->day_count -= day0 - out->first_day;
            out->first_day = day0;
        }
        break;
    case RECURRENCE_DAILY:
        out->first_day = day0 + skip;
        break;
    case RECURRENCE_HOURLY:
    case RECURRENCE_MINUTELY:
    case RECURRENCE_SECONDLY: {
        int64_t unit = unit_of(rule->frequency);
        int64_t from = (floor_div(rule->since, unit) + skip) * unit;

        out->first_day = floor_div(from, DAY);
        out->from = from - out->first_day * DAY;
        out->to = out->from + unit;
        break;
    }
    }
    return out->first_day <= recurrence_days(YEAR_MAX, 12, 31);
}

/* Shortly before the moment that is asked about; 0 where all must be counted. */
static int64_t first_period(const struct recurrence_rule *rule, int64_t after)
{
    static const int64_t longest[] = {366 * DAY, 31 * DAY, 7 * DAY, DAY, 3600, 60, 1};
    int64_t number = 0;

    if (after > rule->since && rule->count < 0) {
        number = (after - rule->since) / longest[rule->frequency] / rule->interval - 1;
    }
    return number > 0 ? number : 0;
}

/* --- moments of one period --- */

struct search {
    const struct recurrence_rule *rule;
    int64_t after;
    int64_t counted; /* moments so far, for the count */
    int64_t at;
    int64_t *budget;
    enum recurrence_answer answer; /* once `over` */
    bool over;
};

static void end(struct search *search, enum recurrence_answer answer)
{
    search->answer = answer;
    search->over = true;
}

static void moment(struct search *search, int64_t at)
{
    const struct recurrence_rule *rule = search->rule;

    if (search->over || at < rule->since) {
        return;
    }
    if (--*search->budget < 0) {
        end(search, RECURRENCE_UNKNOWN);
        return;
    }
    if (at > rule->until || (rule->count >= 0 && search->counted >= rule->count)) {
        end(search, RECURRENCE_NEVER);
        return;
    }
    search->counted++;
    if (at > search->after) {
        search->at = at;
        end(search, RECURRENCE_AT);
    }
}

struct moments {
    int64_t at[MOMENTS_MAX];
    int count;
    bool full;
};

static void keep(struct search *search, struct moments *kept, int64_t at)
{
    if (search->rule->position_count == 0) {
        moment(search, at);
    } else if (kept->count == MOMENTS_MAX) {
        kept->full = true;
    } else {
        kept->at[kept->count++] = at;
    }
}

/* Where a filter is set, a value must be in it. */
static bool passes(uint64_t filter, int64_t value)
{
    return filter == 0 || (filter >> value & 1) != 0;
}

static void times_of_minute(struct search *search, const struct period *period, int64_t day,
                            int64_t begin, struct moments *kept)
{
    for (int64_t second = 0; second < 60 && !search->over; second++) {
        int64_t at = begin + second;

        if (at >= period->from && at < period->to && passes(search->rule->seconds, second)) {
            keep(search, kept, day * DAY + at);
        }
    }
}

/* The times of one day between from and to that the rule takes. */
static void times_of_day(struct search *search, const struct period *period, int64_t day,
                         struct moments *kept)
{
    const struct recurrence_rule *rule = search->rule;

    for (int64_t at = period->from / 60; at * 60 < period->to && !search->over; at++) {
        if (!passes(rule->hours, at / 60)) {
            at += 59 - at % 60;
        } else if (passes(rule->minutes, at % 60)) {
            times_of_minute(search, period, day, at * 60, kept);
        }
    }
}

/* Each position once, in the order of time. */
static void choose(struct search *search, const struct moments *kept)
{
    const struct recurrence_rule *rule = search->rule;

    for (int i = 0; i < kept->count && !search->over; i++) {
        for (int k = 0; k < rule->position_count; k++) {
            int position = rule->positions[k];

            if (i == (position > 0 ? position - 1 : kept->count + position)) {
                moment(search, kept->at[i]);
                break;
            }
        }
    }
}

static void look_at(struct search *search, const struct period *period)
{
    struct moments kept = {.count = 0};

    for (int64_t day = 0; day < period->day_count && !search->over; day++) {
        if (--*search->budget < 0) {
            end(search, RECURRENCE_UNKNOWN);
        } else if (passes_day(search->rule, period->first_day + day)) {
            times_of_day(search, period, period->first_day + day, &kept);
        }
    }
    if (kept.full) {
        end(search, RECURRENCE_UNKNOWN);
    } else if (!search->over) {
        choose(search, &kept);
    }
}

enum recurrence_answer recurrence_rule_after(const struct recurrence_rule *rule, int64_t after,
                                             int64_t *budget, int64_t *at)
{
    struct search search = {.rule = rule, .after = after, .budget = budget};
    struct period period;

    for (int64_t number = first_period(rule, after); !search.over; number++) {
        if (!period_at(rule, number, &period) || period.first_day * DAY > rule->until) {
            return RECURRENCE_NEVER;
        }
        look_at(&search, &period);
    }
    *at = search.at;
    return search.answer;
}
