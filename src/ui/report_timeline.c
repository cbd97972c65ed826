/* The steps over time, and when ferry was there: a row each, drawn so that it fits any width. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/report.h"

#define WIDE 1000  /* of the drawing */
#define LEAST 0.35 /* per cent of it: what was short is still seen */

struct span {
    int64_t from_ms, to_ms;
};

static void bar(struct html *html, const struct span *all, const struct span *one,
                const char *class)
{
    double whole = (double)(all->to_ms - all->from_ms);
    double x = (double)(one->from_ms - all->from_ms) * WIDE / whole;
    double width = (double)(one->to_ms - one->from_ms) * WIDE / whole;

    if (width < LEAST * WIDE / 100) {
        width = LEAST * WIDE / 100;
    }
    if (x > WIDE - width) {
        x = WIDE - width;
    }
    html_raw(html, "<rect x=\"%.1f\" width=\"%.1f\" y=\"0\" height=\"10\" class=\"%s\"/>", x, width,
             class);
}

static void open_svg(struct html *html, const char *label)
{
    html_raw(html,
             "<svg viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" role=\"img\" "
             "aria-label=\"",
             WIDE);
    html_text(html, label);
    html_raw(html, "\">");
}

static const char *class_of(const char *state)
{
    return strcmp(state, "done") == 0                                      ? "sd"
           : strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0 ? "sf"
           : strcmp(state, "skipped") == 0                                 ? "sk"
                                                                           : "b";
}

static void step_row(struct html *html, const struct json *step, const struct span *all)
{
    const char *state = json_string_or(step, "state", "");
    const char *error = json_string_or(step, "error", NULL);
    struct span one = {report_time(step, "started_at"), report_time(step, "ended_at")};
    const char *took = state;

    html_raw(html, "<li>");
    html_element(html, "span", json_string_or(step, "name", ""));
    if (one.from_ms == 0 || strcmp(state, "skipped") == 0) {
        open_svg(html, mem_printf(html->mem, "%s: %s", json_string_or(step, "name", ""), state));
    } else {
        if (one.to_ms == 0) {
            one.to_ms = all->to_ms;
        }
        took = mem_printf(html->mem, "%s%s", timefmt_duration(html->mem, one.to_ms - one.from_ms),
                          strcmp(state, "done") == 0 ? "" : mem_printf(html->mem, ", %s", state));
        open_svg(html, mem_printf(html->mem, "%s: from %s for %s", json_string_or(step, "name", ""),
                                  report_clock(html->mem, step, "started_at", false), took));
        bar(html, all, &one, class_of(state));
    }
    html_raw(html, "</svg>");
    html_element(html, "span class=\"d\"", took);
    if (error != NULL) {
        html_element(html, "span class=\"e\"", error);
    }
    html_raw(html, "</li>");
}

/* When a ferry worked on it: gaps are stops, kills and the time until somebody resumed. */
static void lives_row(struct html *html, const struct json *lives, const struct span *all)
{
    int64_t killed = 0;

    for (const struct json *life = json_first(lives); life != NULL; life = json_next(life)) {
        killed += strcmp(json_string_or(life, "end", ""), "killed") == 0;
    }
    html_raw(html, "<li><span class=\"soft\">ferry at work</span>");
    open_svg(html, mem_printf(html->mem, "ferry at work: %zu times, killed %lld times",
                              json_size(lives), (long long)killed));
    for (const struct json *life = json_first(lives); life != NULL; life = json_next(life)) {
        struct span one = {report_time(life, "began_at"), report_time(life, "ended_at")};

        if (one.to_ms == 0) {
            one.to_ms = all->to_ms;
        }
        bar(html, all, &one, "a");
    }
    html_raw(html, "</svg>");
    html_element(html, "span class=\"d\"",
                 killed > 0 ? mem_printf(html->mem, "%zu runs, %lld killed", json_size(lives),
                                         (long long)killed)
                 : json_size(lives) > 1 ? mem_printf(html->mem, "%zu times", json_size(lives))
                                        : "in one go");
    html_raw(html, "</li>");
}

void report_timeline(struct html *html, const struct json *report)
{
    struct span all;

    (void)report_span(report, &all.from_ms, &all.to_ms);
    html_raw(html, "<section aria-labelledby=\"steps\"><h2 id=\"steps\">Steps over time</h2>"
                   "<ol class=\"tl\">");
    if (json_size(json_member(report, "lives")) > 0) {
        lives_row(html, json_member(report, "lives"), &all);
    }
    for (const struct json *step = json_first(json_member(report, "steps")); step != NULL;
         step = json_next(step)) {
        step_row(html, step, &all);
    }
    html_raw(html, "</ol><p class=\"axis\"><span>");
    html_text(html, report_clock(html->mem, report, "created_at", false));
    html_raw(html, "</span><span>");
    html_text(html, mem_printf(html->mem, "%s later",
                               timefmt_duration(html->mem, all.to_ms - all.from_ms)));
    html_raw(html, "</span></p></section>");
}
