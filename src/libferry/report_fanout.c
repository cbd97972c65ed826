/* Steps of many units as numbers for a picture: who ended when, how many were under way, how long
   they took. */
#include <stdlib.h>
#include <string.h>

#include "libferry/report.h"

#define BINS 96 /* over the time of the step */
#define SLOWEST 5

struct bins {
    int64_t from_ms, to_ms;
    int64_t done[BINS], failed[BINS], change[BINS + 1]; /* change of those under way */
};

static size_t bin_of(const struct bins *bins, int64_t at_ms)
{
    int64_t span_ms = bins->to_ms > bins->from_ms ? bins->to_ms - bins->from_ms : 1;
    int64_t place = (at_ms - bins->from_ms) * BINS / span_ms;

    return (size_t)(place < 0 ? 0 : place >= BINS ? BINS - 1 : place);
}

static void count_unit(struct bins *bins, const struct report_unit *unit)
{
    bool ended = unit->ended_at_ms >= unit->intent_at_ms && unit->ended_at_ms > 0;

    if (unit->intent_at_ms == 0) {
        return;
    }
    bins->change[bin_of(bins, unit->intent_at_ms)]++;
    if (!ended) {
        return;
    }
    size_t at = bin_of(bins, unit->ended_at_ms);
    bins->change[at + 1]--;
    if (unit->state == UNIT_DONE) {
        bins->done[at]++;
    } else if (unit->state == UNIT_FAILED || unit->state == UNIT_UNKNOWN) {
        bins->failed[at]++;
    }
}

static void put_bins(struct json *picture, struct bins *bins)
{
    struct json *list = json_set_array(picture, "bins");
    int64_t under_way = 0;

    for (size_t i = 0; i < BINS; i++) {
        struct json *bin = json_push_object(list);

        under_way += bins->change[i];
        json_set_int(bin, "done", bins->done[i]);
        json_set_int(bin, "failed", bins->failed[i]);
        json_set_int(bin, "under_way", under_way);
    }
}

/* One letter a unit, in the order of work: p i s d k f u c, as the states stand in rows.h. */
static void put_cells(const void *mem, struct json *picture, const struct report_step *step)
{
    static const char letters[] = "pisdkfuc";
    char *cells = mem_array(mem, char, step->count + 1);

    for (size_t i = 0; i < step->count; i++) {
        cells[i] = letters[step->units[i].state];
    }
    json_set_string(picture, "cells", cells);
}

struct taken {
    const char *key;
    int64_t ms;
};

static int by_time(const void *a, const void *b)
{
    const struct taken *left = a;
    const struct taken *right = b;

    return left->ms < right->ms ? -1 : left->ms > right->ms;
}

static void put_times(const void *mem, struct json *picture, const struct report_step *step)
{
    struct taken *taken = mem_array(mem, struct taken, step->count + 1);
    struct json *slowest;
    size_t count = 0;

    for (size_t i = 0; i < step->count; i++) {
        const struct report_unit *unit = &step->units[i];

        if (unit->intent_at_ms && unit->ended_at_ms >= unit->intent_at_ms &&
            (unit->state == UNIT_DONE || unit->state == UNIT_FAILED)) {
            taken[count++] = (struct taken){unit->key, unit->ended_at_ms - unit->intent_at_ms};
        }
    }
    if (count == 0) {
        return;
    }
    qsort(taken, count, sizeof *taken, by_time);
    json_set_int(picture, "median_ms", taken[count / 2].ms);
    json_set_int(picture, "most_ms", taken[count - 1].ms);
    json_set_int(picture, "p90_ms", taken[count * 9 / 10].ms);
    slowest = json_set_array(picture, "slowest");
    for (size_t i = 0; i < SLOWEST && i < count; i++) {
        struct json *row = json_push_object(slowest);

        json_set_string(row, "unit", taken[count - 1 - i].key);
        json_set_int(row, "ms", taken[count - 1 - i].ms);
    }
}

static int by_number(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* How many were under way at the same moment: a slice of the picture may hold several turns. */
static int64_t most_under_way(const void *mem, const struct report_step *step, int64_t now_ms)
{
    int64_t *begun = mem_array(mem, int64_t, step->count + 1);
    int64_t *ended = mem_array(mem, int64_t, step->count + 1);
    size_t count = 0, at = 0;
    int64_t most = 0;

    for (size_t i = 0; i < step->count; i++) {
        const struct report_unit *unit = &step->units[i];

        if (unit->intent_at_ms) {
            begun[count] = unit->intent_at_ms;
            ended[count++] =
                unit->ended_at_ms >= unit->intent_at_ms ? unit->ended_at_ms : now_ms + 1;
        }
    }
    qsort(begun, count, sizeof *begun, by_number);
    qsort(ended, count, sizeof *ended, by_number);
    for (size_t i = 0; i < count; i++) {
        while (at < i && ended[at] <= begun[i]) {
            at++;
        }
        most = (int64_t)(i + 1 - at) > most ? (int64_t)(i + 1 - at) : most;
    }
    return most;
}

static void picture_of(struct report *report, const struct report_step *step, struct json *list)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct bins *bins = mem_new(scope, struct bins);
    struct json *picture = json_push_object(list);

    bins->from_ms = step->row->started_at_ms;
    bins->to_ms = step->row->ended_at_ms ? step->row->ended_at_ms : report->now_ms;
    for (size_t i = 0; i < step->count; i++) {
        count_unit(bins, &step->units[i]);
    }
    json_set_string(picture, "step", step->row->name);
    ferry_set_time(picture, "from", bins->from_ms);
    ferry_set_time(picture, "to", bins->to_ms);
    put_bins(picture, bins);
    json_set_int(picture, "most_under_way", most_under_way(scope, step, report->now_ms));
    put_cells(scope, picture, step);
    put_times(scope, picture, step);
}

void report_fanout(struct report *report)
{
    struct json *list = json_set_array(report->document, "fanout");

    for (size_t i = 0; i < report->step_count; i++) {
        if (report->steps[i].row->fanout && report->steps[i].count > 0) {
            picture_of(report, &report->steps[i], list);
        }
    }
}
