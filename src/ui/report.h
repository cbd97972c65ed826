/* The report of a run (the document of ferry_report) as a page, and for a ticket. */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "ui/html.h"
#include "ui/ui.h"

struct ui_report_options {
    const char *nonce; /* of the live page's script; NULL: a page to be kept, without any script */
    bool fragment;     /* only what stands in <main>, for that script */
};

/* One page that needs nothing else. Below mem. */
char *ui_report_html(const void *mem, const struct json *report,
                     const struct ui_report_options *options);
/* Markdown (GitHub's, as tickets take it). Below mem. */
char *ui_report_markdown(const void *mem, const struct json *report);

/* --- its parts, one file each --- */
extern const char *const report_style[]; /* CSS in pieces, NULL-ended */
/* What was proven: the comparison with the archive. */
void report_proof(struct html *html, const struct json *report);
/* The steps and the processes over time; each step of many units as a picture. */
void report_timeline(struct html *html, const struct json *report);
void report_fanouts(struct html *html, const struct json *report);
/* Failures with reasons; decisions and what else happened; all requests that changed the manager.
 */
void report_failures(struct html *html, const struct json *report);
void report_way(struct html *html, const struct json *report);
void report_requests(struct html *html, const struct json *report);

/* --- in words --- */
enum report_mood { REPORT_GOOD, REPORT_CARE, REPORT_BAD, REPORT_GOING };
enum report_mood report_mood(const struct json *report);
/* "Done: everything the archive held is on the new manager." Below mem. */
char *report_sentence(const void *mem, const struct json *report);
/* Unix ms of an RFC 3339 member, 0: none. */
int64_t report_time(const struct json *object, const char *key);
/* From the run's beginning to its end, or to now while it goes on; ms. */
int64_t report_span(const struct json *report, int64_t *from_ms, int64_t *to_ms);
/* "12:01:03" or "12:01:03.123" of a member, UTC; "" where there is none. Below mem. */
const char *report_clock(const void *mem, const struct json *object, const char *key, bool fine);
/* "10,000". Below mem. */
char *report_number(const void *mem, int64_t number);
/* Differences that nobody expects: missing, and the others. */
int64_t report_missing(const struct json *report);
int64_t report_other(const struct json *report);
/* "missing on the manager", "not in the archive", "changed". */
const char *report_difference(const struct json *row);

#endif
