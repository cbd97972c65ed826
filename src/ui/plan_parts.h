/* The parts of a plan that its two forms, for a terminal and for a ticket, have in common. */
#ifndef UI_PLAN_PARTS_H
#define UI_PLAN_PARTS_H

#include "ui/ui.h"

/* --- plan_words.c: what is said, below mem --- */

/* "READY: nothing stands in the way; nothing was changed", or what stops it, in numbers. */
char *plan_verdict(const void *mem, const struct json *plan);
/* "https://new, 7.1.0 premium, node mgr-1" */
char *plan_manager(const void *mem, const struct json *plan);
/* "/b/prod.zip: legacy, of 5.1.0, 47.1 KiB, SHA-256 d9958adbf71c..."; "" without an archive. */
char *plan_archive(const void *mem, const struct json *plan);
/* "3 tenants, 40 blueprints, ..."; "" without an archive. */
char *plan_holds(const void *mem, const struct json *plan);
/* "2026-11-28 02:00:00 +01:00" of a member of the forecast; "" when it is not there. */
char *plan_moment(const void *mem, const struct json *plan, const char *key);
/* "about 1 h 02 min in all, ..." and "..., from ... to ..."; "" without a forecast. */
char *plan_lasts(const void *mem, const struct json *plan);
char *plan_window(const void *mem, const struct json *plan);
char *plan_agents(const void *mem, const struct json *plan);
/* Until when everything can be undone; "" in a workflow without a point of no return. */
char *plan_undo(const void *mem, const struct json *plan);

/* --- checks and findings as rows, the ones that matter first --- */

/* Verdicts in the order of their weight: "stops", "cannot_tell", "warning", "note", "ok"; NULL ends
   it. Findings count by the same words. */
extern const char *const plan_weights[];
/* "cannot tell" */
const char *plan_weight_words(const char *weight);
enum ui_colour plan_weight_colour(const char *weight);

struct plan_row {
    const char *weight; /* one of plan_weights */
    const char *name;   /* of the check, or of the step whose finding it is, or NULL */
    const char *text, *next;
};
/* Calls for each row of this weight: first checks, then findings that come from no check. */
void plan_each(const struct json *plan, const char *weight,
               void (*take)(void *arg, const struct plan_row *row), void *arg);
unsigned plan_count(const struct json *plan, const char *weight);

/* --- plan_rows.c --- */
/* "label  words", with the later lines of the words below the first; label is cut at width. */
void plan_hanging(const struct ui_stream *stream, enum ui_colour colour, size_t width,
                  const char *label, const char *words);
/* "stops       name: text", and the next step below it. */
void plan_print_row(const struct ui_stream *stream, const struct plan_row *row);

/* --- plan_forecast.c --- */
void plan_print_forecast(const struct ui_stream *stream, const struct json *plan, bool all);

#endif
