#include <libsmartcols/libsmartcols.h>

#include "base/mem.h"
#include "ui/text.h"
#include "ui/ui.h"

#define LAST_LEAST                                                                                 \
    16        /* columns that the last column gets at least, however narrow the terminal           \
               */
#define GAP 1 /* columns between two columns of libsmartcols */

struct row {
    enum ui_colour colour;
    char **cells;
};

struct ui_table {
    const struct ui_stream *stream;
    const struct ui_column *columns;
    size_t count;
    struct row *rows;
    size_t row_count, room;
};

struct ui_table *ui_table_new(const void *mem, const struct ui_stream *stream,
                              const struct ui_column *columns, size_t count)
{
    struct ui_table *table = mem_new(mem, struct ui_table);

    table->stream = stream;
    table->columns = columns;
    table->count = count;
    return table;
}

void ui_table_row(struct ui_table *table, enum ui_colour colour, const char *const *cells)
{
    struct row *row;

    if (table->row_count == table->room) {
        table->room = table->room > 0 ? table->room * 2 : 16;
        table->rows = mem_resize(table, table->rows, struct row, table->room);
    }
    row = &table->rows[table->row_count++];
    row->colour = colour;
    row->cells = mem_array(table, char *, table->count);
    for (size_t at = 0; at < table->count; at++) {
        row->cells[at] = ui_safe(table, cells[at]);
    }
}

static size_t column_width(const struct ui_table *table, size_t column)
{
    size_t width = ui_width(table->columns[column].title);

    for (size_t at = 0; at < table->row_count; at++) {
        size_t cell = ui_width(table->rows[at].cells[column]);

        width = cell > width ? cell : width;
    }
    return width;
}

/* What the last column may take; 0: as much as it wants. */
static size_t last_width(const struct ui_table *table)
{
    size_t used = 0;

    if (table->stream->width == 0) {
        return 0;
    }
    for (size_t at = 0; at + 1 < table->count; at++) {
        used += column_width(table, at) + GAP;
    }
    return table->stream->width > used + LAST_LEAST ? table->stream->width - used : LAST_LEAST;
}

static struct libscols_table *make(const struct ui_table *table)
{
    struct libscols_table *made = scols_new_table();
    size_t last = last_width(table);

    if (made == NULL) {
        mem_exhausted();
    }
    scols_table_set_stream(made, table->stream->file);
    /* Our own widths hold: libsmartcols would ask the system, and break words. */
    scols_table_set_termforce(made, SCOLS_TERMFORCE_NEVER);
    scols_table_enable_colors(made, table->stream->colour);
    for (size_t at = 0; at < table->count; at++) {
        bool is_last = at + 1 == table->count;
        int flags = (table->columns[at].right ? SCOLS_FL_RIGHT : 0) | (is_last ? SCOLS_FL_WRAP : 0);
        struct libscols_column *column =
            scols_table_new_column(made, table->columns[at].title, 0, flags);

        if (column == NULL) {
            mem_exhausted();
        }
        if (is_last) {
            scols_column_set_safechars(column, "\n");
            scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
        }
    }
    for (size_t at = 0; at < table->row_count; at++) {
        const struct row *row = &table->rows[at];
        struct libscols_line *line = scols_table_new_line(made, NULL);

        if (line == NULL) {
            mem_exhausted();
        }
        if (row->colour != UI_PLAIN && table->stream->colour) {
            scols_line_set_color(line, ui_begin(table->stream, row->colour));
        }
        for (size_t cell = 0; cell + 1 < table->count; cell++) {
            scols_line_set_data(line, cell, row->cells[cell]);
        }
        scols_line_set_data(line, table->count - 1,
                            ui_wrap(table, row->cells[table->count - 1], last));
    }
    return made;
}

void ui_table_print(struct ui_table *table)
{
    if (table->row_count > 0) {
        struct libscols_table *made = make(table);

        scols_print_table(made);
        scols_unref_table(made);
    }
    mem_free(table);
}
