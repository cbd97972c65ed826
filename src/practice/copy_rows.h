/*
 * The data of pg_dump as plain text: "COPY table (columns) FROM stdin;", rows of tab separated
 * fields, "\." at the end, and statements between (PostgreSQL manual, COPY, text format).
 */
#ifndef PRACTICE_COPY_ROWS_H
#define PRACTICE_COPY_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

#define COPY_COLUMNS_MAX 128

struct copy_header {
    char *table; /* without schema and quotes */
    char *columns[COPY_COLUMNS_MAX];
    size_t columns_count;
};

/* Takes a COPY line apart, in place; false when the line is no COPY ... FROM stdin. */
bool copy_header_parse(char *line, struct copy_header *header);
/* Cuts a row at its tabs, in place: at most max fields; gives the number found. */
size_t copy_row_split(char *row, char **fields, size_t max);
/* Undoes the escapes of a field in place; NULL for the null value. */
char *copy_field_text(char *field);

#endif
