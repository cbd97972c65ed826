/* The page: head, outcome, figures, versions. Its other parts have files of their own. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/report.h"

static const struct {
    const char *word, *icon; /* drawn in 24 x 24 */
} moods[] = {
    [REPORT_GOOD] = {"done", "<path d=\"M7 12.5l3.4 3.4L17.5 8.6\"/>"},
    [REPORT_CARE] = {"look", "<path d=\"M12 7v6M12 16.6v.3\"/>"},
    [REPORT_BAD] = {"failed", "<path d=\"M8.2 8.2l7.6 7.6M15.8 8.2l-7.6 7.6\"/>"},
    [REPORT_GOING] = {"under way", "<path d=\"M12 7.2V12l3.4 2.2\"/>"},
};

/* In the head of the live page: looks again every few seconds, replaces what changed, keeps what
   the reader has unfolded and where they are. */
static const char live_script[] =
    "addEventListener('DOMContentLoaded',()=>{const m=document.querySelector('main'),"
    "l=document.getElementById('live');let last='';const look=async()=>{try{"
    "const r=await fetch('fragment',{cache:'no-store'});if(!r.ok)throw 0;const t=await r.text();"
    "if(t!==last){const o=new Set([...m.querySelectorAll('details[open]')].map(d=>d.id)),"
    "c=new Set([...m.querySelectorAll('details:not([open])')].map(d=>d.id));"
    "if(last)m.innerHTML=t;last=t;m.querySelectorAll('details').forEach(d=>{"
    "if(o.has(d.id))d.open=true;if(c.has(d.id))d.open=false})}"
    "l.textContent='Live: looked at '+new Date().toLocaleTimeString()}catch(e){"
    "l.textContent='ferry watch does not answer; this is what was last seen'}};"
    "setInterval(look,3000);look()});";

static void head(struct html *html, const struct json *report, const char *nonce)
{
    html_raw(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
                   "<meta name=\"referrer\" content=\"no-referrer\"/>"
                   "<meta name=\"color-scheme\" content=\"light dark\"/>");
    if (nonce == NULL) {
        html_raw(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                       " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>");
    }
    html_raw(html, "<title>");
    html_text(html, json_string_or(report, "run", ""));
    html_raw(html, ": ");
    html_text(html, json_string_or(report, "state", ""));
    html_raw(html, " – ferry</title><style>");
    for (size_t i = 0; report_style[i] != NULL; i++) {
        (void)buf_puts(&html->out, report_style[i]);
    }
    html_raw(html, "</style>");
    if (nonce != NULL) {
        html_raw(html, "<noscript><meta http-equiv=\"refresh\" content=\"5\"/></noscript>"
                       "<script nonce=\"");
        html_text(html, nonce);
        html_raw(html, "\">");
        (void)buf_puts(&html->out, live_script);
        html_raw(html, "</script>");
    }
    html_raw(html, "</head><body><a class=\"skip\" href=\"#main\">To the report</a>");
    if (nonce != NULL) {
        html_raw(html, "<p id=\"live\" role=\"status\">Live: looks again every few seconds</p>");
    }
}

static void hero(struct html *html, const struct json *report)
{
    enum report_mood mood = report_mood(report);
    const char *hint = json_string_or(report, "hint", NULL);

    html_raw(html,
             "<div class=\"hero g%d\"><svg viewBox=\"0 0 24 24\" fill=\"none\" "
             "stroke=\"currentColor\" stroke-width=\"2.2\" stroke-linecap=\"round\" "
             "stroke-linejoin=\"round\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" "
             "r=\"10\"/>%s</svg><div><p class=\"w\">",
             (int)mood, moods[mood].icon);
    html_text(html, mood == REPORT_CARE ? json_string_or(report, "state", "") : moods[mood].word);
    html_raw(html, "</p><h1>Run ");
    html_name(html, json_string_or(report, "run", ""));
    html_raw(html, "</h1>");
    html_element(html, "p class=\"s\"", report_sentence(html->mem, report));
    if (hint != NULL) {
        html_raw(html, "<p class=\"soft\">Next: ");
        html_sentence(html, hint);
        html_raw(html, "</p>");
    }
    html_raw(html, "</div></div>");
}

static void tile(struct html *html, const char *title, const char *figure)
{
    html_raw(html, "<div>");
    html_element(html, "dt", title);
    html_element(html, "dd", figure);
    html_raw(html, "</div>");
}

static const char *percent_of(const void *mem, int64_t done, int64_t all)
{
    return done == all
               ? report_number(mem, all)
               : mem_printf(mem, "%s of %s", report_number(mem, done), report_number(mem, all));
}

static void tiles(struct html *html, const struct json *report)
{
    int64_t from_ms, to_ms, done = 0, all = 0;
    int64_t span_ms = report_span(report, &from_ms, &to_ms);
    bool named = json_get(report, "compare.names.kinds") != NULL;

    for (const struct json *step = json_first(json_member(report, "steps")); step != NULL;
         step = json_next(step)) {
        done += json_int64_or(step, "units.done", 0) + json_int64_or(step, "units.skipped", 0);
        all += json_int64_or(step, "units.total", 0);
    }
    html_raw(html, "<dl class=\"tiles\">");
    tile(html, "from beginning to end", timefmt_duration(html->mem, span_ms));
    tile(html, "pieces of work done or not needed", percent_of(html->mem, done, all));
    tile(html, "requests that changed the manager",
         report_number(html->mem, (int64_t)json_size(json_member(report, "requests"))));
    tile(html, "missing on the manager",
         named ? report_number(html->mem, report_missing(report)) : "not looked up yet");
    html_raw(html, "</dl>");
}

static void fact(struct html *html, const char *title, const char *text, bool code)
{
    if (text != NULL && text[0] != '\0') {
        html_element(html, "dt", title);
        html_raw(html, code ? "<dd class=\"m\">" : "<dd>");
        html_name(html, text);
        html_raw(html, "</dd>");
    }
}

static const char *when(const void *mem, const struct json *report, const char *key)
{
    char *text = ui_time(mem, report, key);

    return text[0] == '\0' ? "" : mem_printf(mem, "%s UTC", text);
}

static void versions(struct html *html, const struct json *report)
{
    const struct json *archive = json_member(report, "archive");
    int64_t size = json_int64_or(archive, "size", -1);

    html_raw(html, "<section aria-labelledby=\"versions\"><h2 id=\"versions\">Versions and "
                   "archive</h2><dl class=\"v\">");
    fact(html, "Manager", json_string_or(report, "manager", NULL), true);
    fact(html, "Its version", json_string_or(report, "manager_version", NULL), false);
    fact(html, "Taken on", json_string_or(report, "from.manager", NULL), true);
    fact(html, "Archive made by version", json_string_or(archive, "version", NULL), false);
    fact(html, "Archive format", json_string_or(archive, "format", NULL), false);
    fact(html, "Archive size", size < 0 ? NULL : timefmt_bytes(html->mem, size), false);
    fact(html, "Archive SHA-256", json_string_or(archive, "sha256", NULL), true);
    fact(html, "ferry", json_string_or(report, "ferry", NULL), false);
    fact(html, "Run", json_string_or(report, "id", NULL), true);
    fact(html, "Begun", when(html->mem, report, "created_at"), false);
    html_raw(html, "</dl></section>");
}

static void body(struct html *html, const struct json *report)
{
    hero(html, report);
    tiles(html, report);
    report_failures(html, report);
    report_proof(html, report);
    report_timeline(html, report);
    report_fanouts(html, report);
    report_way(html, report);
    report_requests(html, report);
    versions(html, report);
}

char *ui_report_html(const void *mem, const struct json *report,
                     const struct ui_report_options *options)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct html html;

    html_init(&html, scope);
    if (options != NULL && options->fragment) {
        body(&html, report);
        return mem_strdup(mem, buf_text(&html.out));
    }
    head(&html, report, options == NULL ? NULL : options->nonce);
    html_raw(&html, "<main id=\"main\">");
    body(&html, report);
    html_raw(&html, "</main><footer><p>Made by ");
    html_text(&html, json_string_or(report, "made_by", "ferry"));
    html_raw(&html, " on ");
    html_text(&html, when(scope, report, "made_at"));
    html_raw(&html, " from the journal alone; all times are UTC. It holds no password and no "
                    "token.</p></footer></body></html>\n");
    return mem_strdup(mem, buf_text(&html.out));
}
