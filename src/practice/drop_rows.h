/*
 * Rows of a dump that go with a deployment. The tables come in the order of a dump, in which what
 * is pointed at stands before what points, so one pass is enough.
 */
#ifndef PRACTICE_DROP_ROWS_H
#define PRACTICE_DROP_ROWS_H

#include <stdbool.h>

struct drop_rows;

/* Owned by ctx, as copies of the names are. */
struct drop_rows *drop_rows_new(const void *ctx, const char *tenant, const char *deployment);
/* The next line of pg_data, without its end; true: it is to be left out. */
bool drop_rows_line(struct drop_rows *rows, const char *line);
/* Whether the deployment was there. */
bool drop_rows_found(const struct drop_rows *rows);

#endif
