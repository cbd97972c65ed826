#include "backup/retention.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/calendar.h"
#include "base/mem.h"

struct rule {
    const char *name;
    enum calendar_period period;
    int64_t slots;
};

struct row {
    const struct retention_entry *entry;
    struct retention_verdict *verdict;
    bool counts; /* fills slots */
};

struct court {
    const void *ctx;
    const struct retention_policy *policy;
    int64_t now_ms;
};

static const char *manager_of(const struct retention_entry *entry)
{
    return entry->manager ? entry->manager : "";
}

/* By manager, then the newest first. */
static int compare_rows(const void *a, const void *b)
{
    const struct retention_entry *left = ((const struct row *)a)->entry;
    const struct retention_entry *right = ((const struct row *)b)->entry;
    int order = strcmp(manager_of(left), manager_of(right));

    if (order == 0 && left->taken_at_ms != right->taken_at_ms) {
        return left->taken_at_ms > right->taken_at_ms ? -1 : 1;
    }
    return order != 0 ? order : strcmp(right->name, left->name);
}

static bool is_in_future(const struct court *court, const struct retention_entry *entry)
{
    return entry->taken_at_ms - RETENTION_FUTURE_MS > court->now_ms;
}

static void keep(const struct court *court, struct row *row, const char *why)
{
    row->verdict->keep = true;
    row->verdict->why = row->verdict->why ? mem_printf(court->ctx, "%s, %s", row->verdict->why, why)
                                          : mem_strdup(court->ctx, why);
}

static void fill_slots(const struct court *court, const struct rule *rule, struct row *rows,
                       size_t count)
{
    char last[CALENDAR_TEXT_SIZE] = "~"; /* behind every period */
    int64_t used = 0;

    for (size_t at = 0; at < count && used < rule->slots; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        char period[CALENDAR_TEXT_SIZE];

        if (!rows[at].counts) {
            continue;
        }
        calendar_text(rule->period, rows[at].entry->taken_at_ms, court->policy->local_zone, period);
        /* Not only another one: clocks put back over midnight bring a day for the second time. */
        if (strcmp(period, last) >= 0) {
            continue;
        }
        memcpy(last, period, sizeof(last));
        used++;
        keep(court, &rows[at],
             mem_printf(scope, "%s %" PRId64 " of %" PRId64 " (%s)", rule->name, used, rule->slots,
                        period));
    }
}

static void judge_unproven(const struct court *court, struct row *row,
                           const struct retention_entry *newest)
{
    int64_t age_ms = court->now_ms - row->entry->taken_at_ms;

    if (is_in_future(court, row->entry)) {
        keep(court, row, "dated in the future");
    } else if (!newest) {
        keep(court, row, "not proven, but no other is");
    } else if (row->entry->taken_at_ms >= newest->taken_at_ms) {
        keep(court, row, "not older than the newest proven one");
    } else if (age_ms < court->policy->unproven_ms) {
        keep(court, row, "not proven, and not old enough to go");
    } else {
        row->verdict->why = "not proven, and a newer one is";
    }
}

static bool has_slots(const struct retention_policy *policy)
{
    return policy->daily > 0 || policy->weekly > 0 || policy->monthly > 0 || policy->yearly > 0;
}

/* The backups that ferry made of one manager, the newest first. */
static void judge_manager(const struct court *court, struct row *rows, size_t count)
{
    const struct rule rules[] = {{"daily", CALENDAR_DAY, court->policy->daily},
                                 {"weekly", CALENDAR_WEEK, court->policy->weekly},
                                 {"monthly", CALENDAR_MONTH, court->policy->monthly},
                                 {"yearly", CALENDAR_YEAR, court->policy->yearly}};
    struct row *newest = NULL;

    for (size_t at = 0; at < count; at++) {
        rows[at].counts = rows[at].entry->proven && !is_in_future(court, rows[at].entry);
        newest = rows[at].counts && !newest ? &rows[at] : newest;
    }
    for (size_t at = 0; at < FERRY_COUNT(rules); at++) {
        fill_slots(court, &rules[at], rows, count);
    }
    if (newest && !newest->verdict->keep) { /* no slots, or a time without a name */
        keep(court, newest, "the newest proven one");
    }
    for (size_t at = 0; at < count; at++) {
        if (!rows[at].counts) {
            judge_unproven(court, &rows[at], newest ? newest->entry : NULL);
        } else if (!rows[at].verdict->keep) {
            rows[at].verdict->why = "newer ones hold the slots";
        }
    }
}

/* Why an entry stays whatever the slots say, or NULL. */
static const char *untouched(const struct retention_policy *policy,
                             const struct retention_entry *entry)
{
    if (!entry->made_by_ferry) {
        return "not made by ferry";
    }
    if (policy->manager && strcmp(policy->manager, manager_of(entry)) != 0) {
        return "of another manager";
    }
    if (entry->of_upgrade) {
        return "an upgrade began with it";
    }
    return has_slots(policy) ? NULL : "no policy: everything is kept";
}

struct retention_policy retention_policy_of(const struct json *keep)
{
    return (struct retention_policy){
        .daily = json_int64_or(keep, "daily", 0),
        .weekly = json_int64_or(keep, "weekly", 0),
        .monthly = json_int64_or(keep, "monthly", 0),
        .yearly = json_int64_or(keep, "yearly", 0),
        .local_zone = strcmp(json_string_or(keep, "zone", ""), "local") == 0,
        .unproven_ms = json_int64_or(keep, "unproven_ms", RETENTION_UNPROVEN_MS),
    };
}

void retention_judge(const void *ctx, const struct retention_policy *policy,
                     const struct retention_entry *entries, size_t count, int64_t now_ms,
                     struct retention_verdict *verdicts)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct court court = {.ctx = ctx, .policy = policy, .now_ms = now_ms};
    struct row *rows = mem_array(scope, struct row, count + 1);
    size_t used = 0;

    for (size_t at = 0; at < count; at++) {
        const char *why = untouched(policy, &entries[at]);

        verdicts[at] = (struct retention_verdict){.keep = why != NULL, .why = why};
        if (!why) {
            rows[used++] = (struct row){.entry = &entries[at], .verdict = &verdicts[at]};
        }
    }
    qsort(rows, used, sizeof(*rows), compare_rows);
    for (size_t from = 0, to; from < used; from = to) {
        for (to = from + 1;
             to < used && strcmp(manager_of(rows[from].entry), manager_of(rows[to].entry)) == 0;) {
            to++;
        }
        judge_manager(&court, rows + from, to - from);
    }
}
