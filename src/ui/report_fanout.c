/* Steps of many units as pictures: a cell for each unit, and how it went over time. */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/report.h"

#define CELL 10
#define CELLS_MAX 12000 /* more are drawn several to a cell: the worst of them counts */

/* In the order of what must be seen most; letters as in the document. */
static const struct {
    char letter;
    const char *word;
} states[] = {{'f', "failed"},    {'u', "unknown"},   {'i', "under way"}, {'s', "under way"},
              {'p', "not begun"}, {'c', "cancelled"}, {'d', "done"},      {'k', "nothing to do"}};

static size_t columns_for(size_t cells)
{
    return cells <= 60 ? 30 : cells <= 600 ? 50 : cells <= 3000 ? 80 : 125;
}

static char worst(const char *cells, size_t count)
{
    for (size_t i = 0; i < FERRY_COUNT(states); i++) {
        if (memchr(cells, states[i].letter, count) != NULL) {
            return states[i].letter;
        }
    }
    return 'p';
}

/* All cells of one state are one path. */
static void draw(struct html *html, const char *cells, size_t count, char letter)
{
    size_t columns = columns_for(count);
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (cells[i] == letter) {
            html_raw(html, "%sM%zu %zuh8v8h-8z",
                     any ? "" : mem_printf(html->mem, "<path class=\"s%c\" d=\"", letter),
                     i % columns * CELL + 1, i / columns * CELL + 1);
            any = true;
        }
    }
    if (any) {
        html_raw(html, "\"/>");
    }
}

static void key(struct html *html, const char *cells, size_t count)
{
    html_raw(html, "<ul class=\"key\">");
    for (size_t i = 0; i < FERRY_COUNT(states); i++) {
        size_t n = 0;

        for (size_t at = 0; at < count; at++) {
            n += cells[at] == states[i].letter;
        }
        if (n > 0) {
            html_raw(html,
                     "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"s%c\" "
                     "width=\"10\" height=\"10\" rx=\"2\"/></svg>%s %s</li>",
                     states[i].letter, report_number(html->mem, (int64_t)n), states[i].word);
        }
    }
    html_raw(html, "</ul>");
}

static void waffle(struct html *html, const struct json *picture)
{
    const char *all = json_string_or(picture, "cells", "");
    size_t count = strlen(all), each = (count + CELLS_MAX - 1) / CELLS_MAX;
    size_t drawn = each == 0 ? 0 : (count + each - 1) / each, columns;
    char *cells = mem_array(html->mem, char, drawn + 1);

    for (size_t i = 0; i < drawn; i++) {
        size_t rest = count - i * each;

        cells[i] = worst(all + i * each, rest < each ? rest : each);
    }
    columns = columns_for(drawn);
    html_raw(html,
             "<svg class=\"waffle\" viewBox=\"0 0 %zu %zu\" role=\"img\" aria-labelledby=\"w%u "
             "x%u\"><title id=\"w%u\">",
             columns * CELL, (drawn + columns - 1) / columns * CELL, html->ids, html->ids,
             html->ids);
    html_text(html, json_string_or(picture, "step", ""));
    html_raw(html,
             ": a cell for %s</title><desc id=\"x%u\">The cells stand in the order of work; "
             "the numbers of each kind are in the list above.</desc>",
             each > 1 ? mem_printf(html->mem, "each %zu units", each) : "each unit", html->ids);
    for (size_t i = 0; i < FERRY_COUNT(states); i++) {
        draw(html, cells, drawn, states[i].letter);
    }
    html_raw(html, "</svg>");
    html->ids++;
}

static int64_t highest(const struct json *bins)
{
    int64_t most = 0;

    for (const struct json *at = json_first(bins); at != NULL; at = json_next(at)) {
        int64_t value = json_int64_or(at, "under_way", 0);

        most = value > most ? value : most;
    }
    return most;
}

static void area(struct html *html, const struct json *bins, int64_t most)
{
    size_t i = 0;

    html_raw(html, "<path class=\"a\" d=\"M0 100");
    for (const struct json *at = json_first(bins); at != NULL; at = json_next(at), i++) {
        double y = 100.0 - (double)json_int64_or(at, "under_way", 0) * 92.0 / (double)most;

        html_raw(html, "L%zu %.1fL%zu %.1f", i * 10, y, i * 10 + 10, y);
    }
    html_raw(html, "L%zu 100z\"/>", i * 10);
}

static int64_t ended(const struct json *bin)
{
    return json_int64_or(bin, "done", 0) + json_int64_or(bin, "failed", 0);
}

/* The share that has ended, as a line from the left below to the right above. */
static void ended_line(struct html *html, const struct json *bins)
{
    int64_t all = 0, sum = 0;
    size_t i = 0;

    for (const struct json *at = json_first(bins); at != NULL; at = json_next(at)) {
        all += ended(at);
    }
    html_raw(html, "<path class=\"l\" d=\"M0 100");
    for (const struct json *at = json_first(bins); at != NULL && all > 0; at = json_next(at), i++) {
        sum += ended(at);
        html_raw(html, "L%zu %.1f", i * 10 + 10, 100.0 - (double)sum * 96.0 / (double)all);
    }
    html_raw(html, "\"/>");
}

static void chart(struct html *html, const struct json *picture)
{
    const struct json *bins = json_member(picture, "bins");
    int64_t most = highest(bins);

    if (most == 0) {
        return;
    }
    int64_t together = json_int64_or(picture, "most_under_way", most);
    html_raw(html,
             "<svg class=\"chart\" viewBox=\"0 0 %zu 100\" preserveAspectRatio=\"none\" "
             "role=\"img\" aria-labelledby=\"w%u x%u\"><title id=\"w%u\">",
             json_size(bins) * 10, html->ids, html->ids, html->ids);
    html_text(html, json_string_or(picture, "step", ""));
    html_raw(html,
             " over time</title><desc id=\"x%u\">Area: how many were under way, at most %s. "
             "Line: the share of all that had ended.</desc>",
             html->ids, report_number(html->mem, together));
    area(html, bins, most);
    ended_line(html, bins);
    html_raw(html, "</svg><p class=\"axis\"><span>");
    html->ids++;
    html_text(html, report_clock(html->mem, picture, "from", false));
    html_raw(html,
             "</span><span>area: under way, at most %s; line: share that has ended</span>"
             "<span>",
             report_number(html->mem, together));
    html_text(html, report_clock(html->mem, picture, "to", false));
    html_raw(html, "</span></p>");
}

static void times(struct html *html, const struct json *picture)
{
    const struct json *slowest = json_member(picture, "slowest");

    if (json_member(picture, "median_ms") == NULL) {
        return;
    }
    html_raw(html,
             "<p>Half of them took at most <b>%s</b>, nine of ten at most <b>%s</b>. The "
             "longest: ",
             timefmt_duration(html->mem, json_int64_or(picture, "median_ms", 0)),
             timefmt_duration(html->mem, json_int64_or(picture, "p90_ms", 0)));
    for (const struct json *row = json_first(slowest); row != NULL; row = json_next(row)) {
        html_raw(html, "%s<code>", row == json_first(slowest) ? "" : ", ");
        html_name(html, json_string_or(row, "unit", ""));
        html_raw(html, "</code> %s", timefmt_duration(html->mem, json_int64_or(row, "ms", 0)));
    }
    html_raw(html, ".</p>");
}

void report_fanouts(struct html *html, const struct json *report)
{
    for (const struct json *picture = json_first(json_member(report, "fanout")); picture != NULL;
         picture = json_next(picture)) {
        const char *cells = json_string_or(picture, "cells", "");

        html_raw(html, "<section aria-labelledby=\"f%u\"><h2 id=\"f%u\">", html->ids, html->ids);
        html->ids++;
        html_text(html, json_string_or(picture, "step", ""));
        html_raw(html, ": %s</h2>",
                 strlen(cells) == 1 ? "one unit"
                                    : mem_printf(html->mem, "%s units",
                                                 report_number(html->mem, (int64_t)strlen(cells))));
        key(html, cells, strlen(cells));
        waffle(html, picture);
        chart(html, picture);
        times(html, picture);
        html_raw(html, "</section>");
    }
}
