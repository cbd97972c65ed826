/* Failures by reason, what happened on the way, and every request that changed the manager. */
#include <string.h>

#include "base/mem.h"
#include "ui/report.h"

#define OPEN_TO 40      /* rows of a group that are not folded */
#define SHOWN_MAX 12000 /* failures and requests of one step that stand on the page */

static bool same(const struct json *a, const struct json *b, const char *key)
{
    return strcmp(json_string_or(a, key, ""), json_string_or(b, key, "")) == 0;
}

/* --- failures --- */

static bool is_group(const struct json *a, const struct json *b)
{
    return same(a, b, "step") && same(a, b, "state") && same(a, b, "reason");
}

static bool is_first(const struct json *list, const struct json *row)
{
    for (const struct json *at = json_first(list); at != row; at = json_next(at)) {
        if (is_group(at, row)) {
            return false;
        }
    }
    return true;
}

static void group(struct html *html, const struct json *first, size_t number)
{
    const char *hint = json_string_or(first, "hint", NULL);
    size_t count = 0;

    for (const struct json *at = first; at != NULL; at = json_next(at)) {
        count += is_group(at, first);
    }
    html_raw(html, "<details id=\"g%zu\"%s><summary>", number,
             count <= OPEN_TO ? " open=\"open\"" : "");
    html_text(html, json_string_or(first, "reason", "no reason is known"));
    html_raw(html, " <span class=\"soft\">%zu in ", count);
    html_text(html, json_string_or(first, "step", ""));
    html_raw(html, ", %s</span></summary>",
             strcmp(json_string_or(first, "state", ""), "unknown") == 0 ? "unknown" : "failed");
    if (hint != NULL) {
        html_raw(html, "<p>Next: ");
        html_sentence(html, hint);
        html_raw(html, "</p>");
    }
    html_raw(html, "<ul>");
    for (const struct json *at = first; at != NULL; at = json_next(at)) {
        if (is_group(at, first)) {
            html_raw(html, "<li><code>");
            html_name(html, json_string_or(at, "unit", ""));
            html_raw(html, "</code></li>");
        }
    }
    html_raw(html, "</ul></details>");
}

void report_failures(struct html *html, const struct json *report)
{
    const struct json *list = json_member(report, "failures");
    int64_t all = json_int64_or(report, "failures_in_all", 0);
    size_t number = 0;

    if (json_size(list) == 0) {
        return;
    }
    html_raw(html, "<section aria-labelledby=\"failures\"><h2 id=\"failures\">What did not succeed"
                   "</h2>");
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        if (is_first(list, row)) {
            group(html, row, number++);
        }
    }
    if (all > (int64_t)json_size(list)) {
        html_raw(html, "<p>And %s more: <code>ferry status --units</code> lists them all.</p>",
                 report_number(html->mem, all - (int64_t)json_size(list)));
    }
    html_raw(html, "</section>");
}

/* --- on the way --- */

static void event(struct html *html, const struct json *row)
{
    const char *unit = json_string_or(row, "unit", NULL);
    const char *text = json_string_or(row, "text", NULL);

    html_raw(html, "<li><span class=\"soft\">");
    html_text(html, report_clock(html->mem, row, "at", false));
    html_raw(html, "</span> ");
    html_text(html, json_string_or(row, "kind", ""));
    html_raw(html, " ");
    html_text(html, json_string_or(row, "step", ""));
    if (unit != NULL) {
        html_raw(html, " <code>");
        html_name(html, unit);
        html_raw(html, "</code>");
    }
    if (text != NULL) {
        html_raw(html, ": ");
        html_text(html, text);
    }
    html_raw(html, "</li>");
}

static void events(struct html *html, const struct json *report, const char *key, const char *title)
{
    const struct json *list = json_member(report, key);
    int64_t all = json_int64_or(report, mem_printf(html->mem, "%s_in_all", key), 0);

    if (json_size(list) == 0) {
        return;
    }
    html_raw(html,
             "<details id=\"e-%s\"%s><summary>%s <span class=\"soft\">%s</span></summary><ul>", key,
             json_size(list) <= OPEN_TO ? " open=\"open\"" : "", title,
             report_number(html->mem, all));
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        event(html, row);
    }
    html_raw(html, "</ul>");
    if (all > (int64_t)json_size(list)) {
        html_raw(html, "<p class=\"soft\">The first %zu; <code>ferry events</code> lists all.</p>",
                 json_size(list));
    }
    html_raw(html, "</details>");
}

static void texts(struct html *html, const struct json *list, const char *title)
{
    if (json_size(list) == 0) {
        return;
    }
    html_element(html, "h3", title);
    html_raw(html, "<ul>");
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        html_element(html, "li", json_text(row));
    }
    html_raw(html, "</ul>");
}

void report_way(struct html *html, const struct json *report)
{
    static const char *const keys[] = {"advice", "remains", "decisions", "notes"};
    const struct json *warnings = json_get(report, "archive.warnings");
    size_t any = json_size(warnings);

    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        any += json_size(json_member(report, keys[i]));
    }
    if (any == 0) {
        return;
    }
    html_raw(html,
             "<section aria-labelledby=\"way\"><h2 id=\"way\">On the way, and what is left to "
             "do</h2>");
    texts(html, json_member(report, "advice"), "To be done on the manager now");
    texts(html, json_member(report, "remains"), "Remains on the manager");
    texts(html, warnings, "What the archive warned of");
    events(html, report, "decisions", "Decided by a person");
    events(html, report, "notes", "What else happened");
    html_raw(html, "</section>");
}

/* --- requests --- */

/* Where all requests of a step read the same, that stands above the table. */
static void request_row(struct html *html, const struct json *row, bool alike)
{
    int64_t http = json_int64_or(row, "http", 0);

    html_raw(html, "<tr>");
    html_element(html, "th scope=\"row\"", json_string_or(row, "unit", ""));
    if (!alike) {
        html_element(html, "td class=\"m\"", json_string_or(row, "request", ""));
    }
    html_element(html, "td", report_clock(html->mem, row, "intent_at", true));
    html_element(html, "td", report_clock(html->mem, row, "result_at", true));
    html_raw(html, "<td>");
    html_text(html, json_string_or(row, "result", ""));
    if (http > 0) {
        html_raw(html, " (%lld)", (long long)http);
    }
    html_raw(html, "</td>");
    html_element(html, "td", json_string_or(row, "id", ""));
    html_raw(html, "</tr>");
}

struct requests {
    const struct json *first; /* of the step */
    size_t count;
    bool alike;
};

static struct requests look(const struct json *first)
{
    struct requests found = {.first = first, .alike = true};

    for (const struct json *at = first; at != NULL; at = json_next(at)) {
        if (same(at, first, "step")) {
            found.count++;
            found.alike = found.alike && same(at, first, "request");
        }
    }
    return found;
}

static void request_head(struct html *html, const struct requests *found)
{
    html_raw(html, "<div class=\"x\" tabindex=\"0\" role=\"region\" aria-label=\"Requests of ");
    html_text(html, json_string_or(found->first, "step", ""));
    html_raw(html, "\"><table class=\"r\">");
    if (found->alike) {
        html_raw(html, "<caption><code>");
        html_text(html, json_string_or(found->first, "request", ""));
        html_raw(html, "</code></caption>");
    }
    html_raw(html,
             "<thead><tr><th scope=\"col\">For</th>%s<th scope=\"col\">Intent</th>"
             "<th scope=\"col\">Result</th><th scope=\"col\">Outcome</th>"
             "<th scope=\"col\">Its id</th></tr></thead><tbody>",
             found->alike ? "" : "<th scope=\"col\">Request</th>");
}

static void step_requests(struct html *html, const struct json *list, const struct json *first,
                          size_t number)
{
    struct requests found = look(first);
    size_t shown = 0;

    html_raw(html, "<details id=\"r%zu\"%s><summary>", number,
             found.count <= OPEN_TO && json_size(list) <= 4 * OPEN_TO ? " open=\"open\"" : "");
    html_text(html, json_string_or(first, "step", ""));
    html_raw(html, " <span class=\"soft\">%s %s</span></summary>",
             report_number(html->mem, (int64_t)found.count),
             found.count == 1 ? "request" : "requests");
    request_head(html, &found);
    for (const struct json *at = first; at != NULL && shown < SHOWN_MAX; at = json_next(at)) {
        if (same(at, first, "step")) {
            request_row(html, at, found.alike);
            shown++;
        }
    }
    html_raw(html, "</tbody></table></div>");
    if (shown < found.count) {
        html_raw(html,
                 "<p class=\"soft\">The first %s; <code>ferry report --json</code> has all.</p>",
                 report_number(html->mem, (int64_t)shown));
    }
    html_raw(html, "</details>");
}

static bool is_first_of_step(const struct json *list, const struct json *row)
{
    for (const struct json *at = json_first(list); at != row; at = json_next(at)) {
        if (same(at, row, "step")) {
            return false;
        }
    }
    return true;
}

void report_requests(struct html *html, const struct json *report)
{
    const struct json *list = json_member(report, "requests");
    const char *before = "";
    size_t number = 0;

    if (json_size(list) == 0) {
        return;
    }
    html_raw(html, "<section aria-labelledby=\"requests\"><h2 id=\"requests\">Every request that "
                   "changed the manager</h2><p class=\"soft\">Its intent was on disk before it was "
                   "sent, its result before it was shown. A request that was sent again has the "
                   "same id.</p>");
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        const char *step = json_string_or(row, "step", "");

        if (strcmp(step, before) != 0 && is_first_of_step(list, row)) {
            step_requests(html, list, row, number++);
        }
        before = step;
    }
    html_raw(html, "</section>");
}
