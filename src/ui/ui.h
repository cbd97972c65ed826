/*
 * What people see. Everything is written to the stream that the caller gives; whether that is a
 * terminal, how wide, and with colours or not, is said in it and never asked of the system.
 *
 * Texts of managers and archives are made harmless before they are shown (ui/text.h). The words
 * are ASCII, so they look the same in every locale.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/json.h"

struct ui_stream {
    FILE *file;
    size_t width;  /* columns; 0: no limit (a pipe, a file) */
    size_t height; /* rows of a terminal */
    bool tty;      /* a terminal that can move its cursor, and that is ours just now */
    bool colour;
};

enum ui_colour { UI_PLAIN, UI_GOOD, UI_BAD, UI_CARE, UI_DIM, UI_STRONG };

/* The sequence that begins a colour and the one that ends it; "" without colours. */
const char *ui_begin(const struct ui_stream *stream, enum ui_colour colour);
const char *ui_end(const struct ui_stream *stream, enum ui_colour colour);

/* One line, wrapped by the stream's width, its later lines indented. text is made harmless. */
void ui_line(const struct ui_stream *stream, enum ui_colour colour, size_t indent,
             const char *format, ...) FERRY_PRINTF(4, 5);

/* "ferry: MESSAGE", and "  next: HINT" unless it is empty. */
void ui_error(const struct ui_stream *stream, const struct ferry_error *error);
/* A JSON document as it came, and an end of line. */
void ui_json(const struct ui_stream *stream, const char *text);
/* A note about a signal; async-signal-safe, so it goes to a file descriptor. */
void ui_signal_note(int fd, int signals);

/* A table; its cells are borrowed until ui_table_print. */
struct ui_table;
struct ui_column {
    const char *title;
    bool right; /* numbers */
};
/* The last column takes what width is left and is wrapped there. Below mem. */
struct ui_table *ui_table_new(const void *mem, const struct ui_stream *stream,
                              const struct ui_column *columns, size_t count);
/* One row of as many cells (NULL: empty) as there are columns. */
void ui_table_row(struct ui_table *table, enum ui_colour colour, const char *const *cells);
/* Prints and frees it. Nothing at all for a table without rows. */
void ui_table_print(struct ui_table *table);

/* The documents of ferry/ferry.h for people. */
/* A plan: at a glance; with each request that a run would send; with the checks that are fine and
   all that the forecast says, too; and as Markdown (GitHub's) for a ticket. */
void ui_plan(const struct ui_stream *stream, const struct json *plan);
void ui_plan_requests(const struct ui_stream *stream, const struct json *plan);
void ui_plan_all(const struct ui_stream *stream, const struct json *plan);
void ui_plan_markdown(const struct ui_stream *stream, const struct json *plan);
/* Whether a run would find what it needs, by ferry_doctor. */
void ui_doctor(const struct ui_stream *stream, const struct json *report);
void ui_inspect(const struct ui_stream *stream, const struct json *report);
void ui_inspect_markdown(const struct ui_stream *stream, const struct json *report);
void ui_status(const struct ui_stream *stream, const struct json *status);
/* The folder of backups, as ferry_backups describes it. */
void ui_backups(const struct ui_stream *stream, const struct json *backups);
void ui_runs(const struct ui_stream *stream, const struct json *runs);
void ui_events(const struct ui_stream *stream, const struct json *events);
/* Pages of ferry_units: tables, one JSON document, or CSV (RFC 4180) with a line of names. */
void ui_units_table(const struct ui_stream *stream, const struct json *page, bool first);
void ui_units_json_begin(const struct ui_stream *stream, const struct json *page);
void ui_units_json(const struct ui_stream *stream, const struct json *page, bool first);
void ui_units_json_end(const struct ui_stream *stream);
void ui_units_csv_begin(const struct ui_stream *stream, const struct json *page);
void ui_units_csv(const struct ui_stream *stream, const struct json *page, bool first);
/* The end of a run, a resolve, a retry or a cancel: shorter than ui_status, and without the reason,
   which the error tells. */
void ui_result(const struct ui_stream *stream, const struct json *result);

/* What people must know or do after a run: part of the two above. */
void ui_aftermath(const struct ui_stream *stream, const struct json *status);

/* "compare" of a status: the counts, and what was looked up by name; briefly: names only where
   something differs that nobody expects. */
void ui_compared(const struct ui_stream *stream, const struct json *compare, bool briefly);

/* The colour of a state of a run, step or unit. */
enum ui_colour ui_state_colour(const char *state);
/* "2026-11-22 15:06:06" (UTC) of a member that is an RFC 3339 time or unix milliseconds; "" when it
   is not there. */
char *ui_time(const void *mem, const struct json *object, const char *path);

#endif
