/* What was proven: the archive beside the manager, kind by kind, and every difference. */
#include <string.h>

#include "base/mem.h"
#include "ui/report.h"

#define FOLDED_FROM 12 /* differences that are expected are folded from so many on */

static void number_cell(struct html *html, const struct json *row, const char *key)
{
    html_raw(html, "<td class=\"n\">");
    if (json_is_number(json_member(row, key))) {
        html_text(html, report_number(html->mem, json_int64_or(row, key, 0)));
    }
    html_raw(html, "</td>");
}

static void chip(struct html *html, enum report_mood mood, const char *text)
{
    html_raw(html, "<span class=\"chip g%d\">", (int)mood);
    html_text(html, text);
    html_raw(html, "</span>");
}

static void verdict_cell(struct html *html, const struct json *row)
{
    int64_t missing = json_int64_or(row, "missing", 0);
    int64_t more = json_int64_or(row, "more", 0);
    int64_t archive = json_int64_or(row, "archive", 0);
    int64_t manager = json_int64_or(row, "manager", 0);

    html_raw(html, "<td>");
    if (missing > 0) {
        chip(html, REPORT_BAD, mem_printf(html->mem, "%lld missing", (long long)missing));
    } else if (more > 0) {
        chip(html, REPORT_CARE, mem_printf(html->mem, "%lld not in the archive", (long long)more));
    } else if (json_member(row, "missing") == NULL && archive != manager) {
        chip(html, manager > archive ? REPORT_GOING : REPORT_CARE, "see below");
    } else if (json_int64_or(row, "expected", 0) > 0) {
        chip(html, REPORT_GOOD, "all there, and more that is expected");
    } else {
        chip(html, REPORT_GOOD, "all there");
    }
    html_raw(html, "</td>");
}

static void kinds(struct html *html, const struct json *list)
{
    html_raw(html, "<div class=\"p\"><table><thead><tr><th scope=\"col\">What</th>"
                   "<th scope=\"col\" class=\"n\">Archive</th><th scope=\"col\" class=\"n\">Manager"
                   "</th><th scope=\"col\">By name</th></tr></thead><tbody>");
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        const char *why_not = json_string_or(row, "why_not", NULL);
        const char *state = json_string_or(row, "state", NULL);

        html_raw(html, "<tr><th scope=\"row\">");
        html_text(html, json_string_or(row, "kind", ""));
        if (state != NULL) {
            html_raw(html, " <span class=\"soft\">");
            html_text(html, state);
            html_raw(html, "</span>");
        }
        html_raw(html, "</th>");
        number_cell(html, row, "archive");
        number_cell(html, row, "manager");
        if (why_not == NULL) {
            verdict_cell(html, row);
        } else {
            html_raw(html, "<td class=\"soft\">not compared: ");
            html_text(html, why_not);
            html_raw(html, "</td>");
        }
        html_raw(html, "</tr>");
    }
    html_raw(html, "</tbody></table></div>");
}

/* Counts alone, where no names were looked up. */
static void counts(struct html *html, const struct json *compare)
{
    html_raw(html, "<div class=\"p\"><table><thead><tr><th scope=\"col\">What</th>"
                   "<th scope=\"col\" class=\"n\">Archive</th><th scope=\"col\" "
                   "class=\"n\">Expected</th><th scope=\"col\" class=\"n\">Manager</th></tr>"
                   "</thead><tbody>");
    for (const struct json *row = json_first(compare); row != NULL; row = json_next(row)) {
        if (json_member(row, "manager") == NULL) {
            continue;
        }
        html_raw(html, "<tr>");
        html_element(html, "th scope=\"row\"", json_key(row));
        number_cell(html, row, "archive");
        number_cell(html, row, "expected");
        number_cell(html, row, "manager");
        html_raw(html, "</tr>");
    }
    html_raw(html, "</tbody></table></div>");
}

static void difference(struct html *html, const struct json *row)
{
    const char *tenant = json_string_or(row, "tenant", "");
    const char *why = json_string_or(row, "why", NULL);

    html_raw(html, "<li>");
    html_text(html, json_string_or(row, "kind", ""));
    html_raw(html, " <code>");
    html_name(html, mem_printf(html->mem, "%s%s%s", tenant, tenant[0] != '\0' ? "/" : "",
                               json_string_or(row, "name", "")));
    html_raw(html, "</code>: ");
    html_text(html, report_difference(row));
    if (why != NULL) {
        html_raw(html, " <span class=\"soft\">(");
        html_text(html, why);
        html_raw(html, ")</span>");
    }
    html_raw(html, "</li>");
}

static void differences(struct html *html, const struct json *list, bool expected)
{
    size_t count = 0;

    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        count += (json_string_or(row, "why", NULL) != NULL) == expected;
    }
    if (count == 0) {
        return;
    }
    html_raw(html,
             "<details id=\"d-%s\"%s><summary>%s <span class=\"soft\">%zu</span></summary>"
             "<ul>",
             expected ? "expected" : "other",
             !expected || count < FOLDED_FROM ? " open=\"open\"" : "",
             expected ? "Expected differences, and why" : "Differences that nobody expects", count);
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        if ((json_string_or(row, "why", NULL) != NULL) == expected) {
            difference(html, row);
        }
    }
    html_raw(html, "</ul></details>");
}

static void summary(struct html *html, const struct json *report)
{
    const struct json *names = json_get(report, "compare.names");
    const char *why_not = json_string_or(names, "why_not", NULL);

    html_raw(html, "<p>");
    if (why_not != NULL) {
        html_raw(html, "Only counted: the names could not be looked up: ");
        html_text(html, why_not);
    } else if (json_member(names, "kinds") == NULL) {
        html_raw(html, "Only counted; nothing has been looked up by name yet.");
    } else if (report_missing(report) > 0) {
        html_raw(html, "<b>Something the archive held is not on the manager.</b> Keep the old "
                       "manager.");
    } else {
        html_raw(html, "Each name in the archive was looked up on the manager: none is missing.");
    }
    html_raw(html, "</p>");
}

void report_proof(struct html *html, const struct json *report)
{
    const struct json *compare = json_member(report, "compare");
    const struct json *names = json_member(compare, "names");

    if (json_size(compare) == 0) {
        return;
    }
    html_raw(html, "<section aria-labelledby=\"proof\"><h2 id=\"proof\">What was proven</h2>");
    summary(html, report);
    if (json_member(names, "kinds") != NULL) {
        kinds(html, json_member(names, "kinds"));
        differences(html, json_member(names, "differences"), false);
        differences(html, json_member(names, "differences"), true);
    } else {
        counts(html, compare);
    }
    html_raw(html, "<p class=\"soft\">A restore never carries the licence, agent packages, the "
                   "manager's own configuration, the audit log and the list of snapshots.</p>"
                   "</section>");
}
