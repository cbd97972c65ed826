/* From the model to lines: a head, the steps, what the one at work does, the last events. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/live.h"
#include "ui/text.h"

#define DETAIL_MOST 3 /* lines below a step */
#define INDENT 11     /* of what stands below a step */
#define BAR_LEAST 10  /* columns of a bar; narrower screens have none */
#define BAR_MOST 40
#define BESIDE_BAR 60 /* columns that numbers beside a bar may need */
#define PACE_LEAST_MS 5000
#define PACE_LEAST_UNITS 3
#define MINUTE_MS INT64_C(60000)

struct page {
    const void *mem;
    const struct live *live;
    int64_t now_ms;
    size_t width;
    struct live_line *lines;
    size_t count, most;
};

static void put(struct page *page, enum ui_colour colour, const char *text)
{
    if (page->count < page->most) {
        page->lines[page->count++] =
            (struct live_line){colour, ui_cut(page->mem, text, page->width)};
    }
}

/* left ... right, the left part cut where both do not fit. */
static void put_row(struct page *page, enum ui_colour colour, const char *left, const char *right)
{
    size_t beside = ui_width(right) + (right[0] == '\0' ? 0 : 2);
    size_t room = page->width > beside ? page->width - beside : 0;
    char *shown = ui_cut(page->mem, left, room);
    size_t gap = page->width - ui_width(shown) - ui_width(right);

    put(page, colour,
        right[0] == '\0' ? shown : mem_printf(page->mem, "%s%*s%s", shown, (int)gap, "", right));
}

static char *since(const void *mem, int64_t from_ms, int64_t to_ms)
{
    /* Whole seconds: tenths would flicker. */
    int64_t ms = to_ms > from_ms ? (to_ms - from_ms) / 1000 * 1000 : 0;

    return ms < MINUTE_MS ? mem_printf(mem, "%" PRId64 " s", ms / 1000) : timefmt_duration(mem, ms);
}

/* "about 3 min left": no more exact than a rate can be. "" where it cannot be told. */
static char *left(const void *mem, double ms)
{
    double minutes = ms / (double)MINUTE_MS;

    if (ms < 0 || minutes > 60.0 * 24 * 30) {
        return mem_strdup(mem, "");
    }
    if (ms < 10000) {
        return mem_strdup(mem, "less than 10 s left");
    }
    if (ms < (double)MINUTE_MS) {
        return mem_printf(mem, "about %d s left", (int)((ms + 9999) / 10000) * 10);
    }
    if (minutes < 90) {
        return mem_printf(mem, "about %d min left", (int)(minutes + 0.5));
    }
    return mem_printf(mem, "about %d h %02d min left", (int)minutes / 60,
                      (int)minutes % 60 / 10 * 10);
}

static char *with(const void *mem, const char *text, const char *more)
{
    return more[0] == '\0' ? mem_strdup(mem, text)
                           : mem_printf(mem, "%s%s%s", text, text[0] == '\0' ? "" : ", ", more);
}

/* "[####------] 42%  " */
static char *bar(const struct page *page, int64_t done, int64_t total)
{
    double share = total > 0 ? (double)done / (double)total : 0;
    size_t columns = page->width > BESIDE_BAR ? page->width - BESIDE_BAR : 0;
    char text[BAR_MOST + 1];
    size_t filled;

    share = share > 1 ? 1 : share < 0 ? 0 : share;
    if (columns < BAR_LEAST) {
        return mem_printf(page->mem, "%d%%  ", (int)(share * 100));
    }
    columns = columns > BAR_MOST ? BAR_MOST : columns;
    filled = (size_t)(share * (double)columns);
    memset(text, '-', columns);
    memset(text, '#', filled);
    text[columns] = '\0';
    return mem_printf(page->mem, "[%s] %d%%  ", text, (int)(share * 100));
}

static char *bytes(const struct page *page, const struct progress_step *detail)
{
    const void *mem = page->mem;
    char *text = mem_printf(mem, "%s%s of %s", bar(page, detail->sent, detail->size),
                            timefmt_bytes(mem, detail->sent), timefmt_bytes(mem, detail->size));

    if (detail->bytes_per_ms > 0 && detail->sent < detail->size) {
        text = mem_printf(mem, "%s, %s/s", text,
                          timefmt_bytes(mem, (int64_t)(detail->bytes_per_ms * 1000)));
    }
    return text;
}

static char *units(const struct page *page, const struct progress_step *detail)
{
    const void *mem = page->mem;
    char *text = mem_printf(mem, "%s%" PRId64 " of %" PRId64,
                            bar(page, detail->done, detail->total), detail->done, detail->total);

    if (detail->failed > 0) {
        text = mem_printf(mem, "%s, %" PRId64 " failed", text, detail->failed);
    }
    if (detail->running > 0) {
        text = mem_printf(mem, "%s, %" PRId64 " running", text, detail->running);
    }
    return text;
}

/* From how many have ended since somebody looks on: before that, others may have been faster. */
static char *units_left(const struct page *page, const struct progress_step *detail)
{
    int64_t ended = detail->done - page->live->pace_ended;
    int64_t took_ms = page->now_ms - page->live->pace_ms;

    if (ended < PACE_LEAST_UNITS || took_ms < PACE_LEAST_MS || detail->done >= detail->total) {
        return mem_strdup(page->mem, "");
    }
    return left(page->mem,
                (double)(detail->total - detail->done) * (double)took_ms / (double)ended);
}

/* Below a step; at most so many lines. */
static void put_below(struct page *page, const char *text, size_t most)
{
    const char *at = ui_wrap(page->mem, text, page->width > INDENT ? page->width - INDENT : 1);

    for (size_t line = 1; *at != '\0'; line++) {
        size_t length = line == most ? strlen(at) : strcspn(at, "\n");
        char *part = mem_strndup(page->mem, at, length);

        for (char *end = part; line == most && (end = strchr(end, '\n')) != NULL;) {
            *end = ' ';
        }
        put(page, UI_PLAIN, mem_printf(page->mem, "%*s%s", INDENT, "", part));
        at += length + (at[length] == '\n');
    }
}

/* Up to DETAIL_MOST lines: how far, and what is waited for. */
static void put_detail(struct page *page)
{
    const struct progress_step *detail = &page->live->detail;
    const char *rest = "";

    if (detail->size > 0) {
        put_below(page, bytes(page, detail), 1);
        rest = detail->bytes_per_ms > 0 && detail->sent < detail->size
                   ? left(page->mem, (double)(detail->size - detail->sent) / detail->bytes_per_ms)
                   : "";
    } else if (detail->total > 1) {
        put_below(page, units(page, detail), 1);
        rest = units_left(page, detail);
    } else if (detail->found_total > 0) {
        put_below(page,
                  mem_printf(page->mem, "found %" PRId64 " of %" PRId64, detail->found,
                             detail->found_total),
                  1);
    } else if (detail->part_total > 0) {
        put_below(page,
                  mem_printf(page->mem, "%s%" PRId64 " of %" PRId64,
                             bar(page, detail->part_done, detail->part_total), detail->part_done,
                             detail->part_total),
                  1);
    }
    if (detail->waiting != NULL && detail->total <= 1) {
        rest = mem_printf(
            page->mem, "since %s (%s): %s", progress_clock(page->mem, detail->waiting_since_ms),
            since(page->mem, detail->waiting_since_ms, page->now_ms), detail->waiting);
    }
    if (rest[0] != '\0') {
        put_below(page, rest, 2);
    }
}

static void put_head(struct page *page)
{
    const struct live *live = page->live;
    const char *state = live->state == NULL ? "" : live->state;
    char *text;

    if (live->run == NULL || live->run[0] == '\0') {
        return;
    }
    text = mem_printf(page->mem, "run %s%s%s: %s", live->run, live->manager == NULL ? "" : " of ",
                      live->manager == NULL ? "" : live->manager, state);
    put_row(page, ui_state_colour(state), text,
            live->since_ms == 0 ? "" : since(page->mem, live->since_ms, page->now_ms));
}

static bool is_over(const struct live *live)
{
    return live->state != NULL && strcmp(live->state, "running") != 0;
}

static void put_step(struct page *page, const struct live_step *step)
{
    const void *mem = page->mem;
    bool stopped = live_is_at_work(step) && is_over(page->live);
    bool working = live_is_at_work(step) && !stopped;
    const char *state = stopped ? "stopped" : step->state;
    const char *right = "";
    char *text = mem_printf(mem, " %-9s %s", state, step->name);

    if (step->ended_ms != 0 && strcmp(state, "skipped") != 0) {
        right = timefmt_duration(mem, step->ended_ms - step->started_ms);
    } else if (working) {
        right = since(mem, step->started_ms, page->now_ms);
    }
    if (step->total > 1 && !working) {
        text = mem_printf(mem, "%s, %" PRId64 " units", text, step->total);
    }
    if (step->failed > 0 && !working) {
        text = mem_printf(mem, "%s, %" PRId64 " failed", text, step->failed);
    }
    if (step->unknown > 0) {
        text = mem_printf(mem, "%s, %" PRId64 " unknown", text, step->unknown);
    }
    if (step->reason != NULL && step->reason[0] != '\0' && !working) {
        text = mem_printf(mem, "%s: %s", text, step->reason);
    }
    put_row(page, ui_state_colour(state), text, right);
}

/* "done       upload, verify, restore": where there is no room for a line each. */
static void put_folded(struct page *page, const char *state, size_t from, size_t to)
{
    char *names = mem_strdup(page->mem, "");

    for (size_t at = from; at < to; at++) {
        names = with(page->mem, names, page->live->steps[at].name);
    }
    if (to > from) {
        put(page, UI_DIM, mem_printf(page->mem, " %-9s %s", state, names));
    }
}

static void put_steps(struct page *page, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        put_step(page, &page->live->steps[at]);
        if (at == page->live->current) {
            put_detail(page);
        }
    }
}

/* Steps that fit, first those around the one at work; the others in one line each way. */
static void put_all_steps(struct page *page, size_t room)
{
    const struct live *live = page->live;
    size_t detail = DETAIL_MOST;
    size_t from = 0;
    size_t to = live->step_count;

    if (live->step_count + detail > room) {
        size_t most = room > detail + 2 ? room - detail - 2 : 1;
        size_t middle = live->current < live->step_count ? live->current : 0;

        while (from < live->step_count && strcmp(live->steps[from].state, "waiting") != 0 &&
               live->current == live->step_count) {
            from++; /* between two steps: those that are done are folded */
        }
        from = live->current == live->step_count ? from : middle > most / 2 ? middle - most / 2 : 0;
        to = from + most < live->step_count ? from + most : live->step_count;
    }
    put_folded(page, "before", 0, from);
    put_steps(page, from, to);
    put_folded(page, "ahead", to, live->step_count);
}

static void put_events(struct page *page)
{
    const struct live *live = page->live;
    size_t room = page->most > page->count ? page->most - page->count : 0;
    size_t have = 0;

    for (size_t at = 0; at < LIVE_EVENTS_MAX; at++) {
        have += live->recent[at].text != NULL ? 1 : 0;
    }
    if (room < 2 || have == 0) {
        return;
    }
    have = have < room - 1 ? have : room - 1;
    put(page, UI_PLAIN, "");
    for (size_t at = LIVE_EVENTS_MAX - have; at < LIVE_EVENTS_MAX; at++) {
        put(page, live->recent[at].colour,
            mem_printf(page->mem, " %s %s", progress_clock(page->mem, live->recent[at].at_ms),
                       live->recent[at].text));
    }
}

struct live_line *live_lines(const void *mem, const struct live *live, int64_t now_ms, size_t width,
                             size_t height, size_t *count)
{
    struct page page = {.mem = mem, .live = live, .now_ms = now_ms, .width = width};
    size_t note = live->note == NULL ? 0 : 1;

    page.most = height > note ? height - note : 0;
    page.lines = mem_array(mem, struct live_line, page.most + 1);
    if (page.most < 4 || live->step_count == 0) {
        /* Nothing but the one thing that is done now. */
        if (live->detail.name != NULL) {
            put(&page, UI_PLAIN, progress_step_line(mem, &live->detail, width));
        } else {
            put_head(&page);
        }
    } else {
        put_head(&page);
        put_all_steps(&page, page.most - page.count);
        put_events(&page);
    }
    if (note > 0) {
        page.most = page.count + 1;
        put(&page, UI_CARE, live->note);
    }
    *count = page.count;
    return page.lines;
}

struct live_line *live_summary(const void *mem, const struct live *live, int64_t now_ms,
                               size_t width, size_t *count)
{
    struct page page = {.mem = mem, .live = live, .now_ms = now_ms, .width = width};

    page.most = live->step_count + 1;
    page.lines = mem_array(mem, struct live_line, page.most);
    if (live->step_count > 0) {
        put_head(&page);
        for (size_t at = 0; at < live->step_count; at++) {
            put_step(&page, &live->steps[at]);
        }
    }
    *count = page.count;
    return page.lines;
}
