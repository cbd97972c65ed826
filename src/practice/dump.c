#include "practice/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define LINE_ROOM (256 * 1024) /* rows are handed on in pieces of about this size */

/* A pickled empty object, protocol 2, as PostgreSQL writes a bytea. */
#define EMPTY_PICKLE "\\x80027d71002e"

static void put_escaped(struct buf *line, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, "\\\t\n\r");
        (void)buf_append(line, text, plain);
        text += plain;
        if (*text == '\0') {
            return;
        }
        char escape[3] = {'\\', *text == '\t'   ? 't'
                                : *text == '\n' ? 'n'
                                : *text == '\r' ? 'r'
                                                : '\\'};
        (void)buf_append(line, escape, 2);
        text++;
    }
}

static void flush(struct dump *dump, size_t at_least)
{
    if (dump->line.len >= at_least && dump->line.len > 0) {
        zip_out_put(dump->out, dump->line.data, dump->line.len);
        buf_clear(&dump->line);
    }
}

void dump_row(struct dump *dump)
{
    for (size_t i = 0; i < dump->columns_count; i++) {
        dump->values[i] = NULL;
    }
    dump->row++;
    (void)snprintf(dump->id, sizeof(dump->id), "%lld", (long long)dump->row);
    dump_set(dump, "_storage_id", dump->id);
    dump_set(dump, "_creator_id", "0");
    dump_set(dump, "visibility", "tenant");
}

void dump_set(struct dump *dump, const char *column, const char *text)
{
    for (size_t i = 0; i < dump->columns_count; i++) {
        if (strcmp(dump->columns[i], column) == 0) {
            dump->values[i] = text;
            return;
        }
    }
}

void dump_set_data(struct dump *dump, const char *column, const char *json)
{
    dump_set(dump, column, dump->json ? json : EMPTY_PICKLE);
}

void dump_row_end(struct dump *dump)
{
    for (size_t i = 0; i < dump->columns_count; i++) {
        if (i > 0) {
            (void)buf_puts(&dump->line, "\t");
        }
        if (dump->values[i] == NULL) {
            (void)buf_puts(&dump->line, "\\N");
        } else {
            put_escaped(&dump->line, dump->values[i]);
        }
    }
    (void)buf_puts(&dump->line, "\n");
    flush(dump, LINE_ROOM);
}

/* Cuts the list of columns apart; quotes are PostgreSQL's and not part of the name. */
static void open_table(struct dump *dump, const struct dump_table *table)
{
    mem_free(dump->names);
    dump->names = mem_strdup(dump, table->columns);
    dump->columns_count = 0;
    dump->row = 0;
    for (char *at = dump->names; *at != '\0' && dump->columns_count < DUMP_COLUMNS_MAX;) {
        at += strspn(at, " \"");
        dump->columns[dump->columns_count++] = at;
        char *end = at + strcspn(at, ",\"");
        at = end + strspn(end, ",\" ");
        *end = '\0';
    }
}

static void write_table(struct dump *dump, const struct dump_table *table)
{
    (void)buf_printf(&dump->line,
                     "--\n-- Data for Name: %s; Type: TABLE DATA; Schema: public; Owner: "
                     "cloudify\n--\n\nCOPY %s%s (%s) FROM stdin;\n",
                     table->name, dump->json ? "public." : "", table->name, table->columns);
    open_table(dump, table);
    dump->rows(dump, table->name);
    (void)buf_puts(&dump->line, "\\.\n\n\n");
}

struct dump *dump_new(const void *ctx, struct zip_out *out, int version)
{
    struct dump *dump = mem_new(ctx, struct dump);
    *dump = (struct dump){.out = out, .version = version, .json = version >= 64};
    buf_init(&dump->line, dump, (size_t)64 * 1024 * 1024);
    return dump;
}

void dump_write(struct dump *dump, const char *execution)
{
    size_t count = 0;
    const struct dump_table *tables = dump_tables(dump->version, &count);
    (void)buf_printf(&dump->line,
                     "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n"
                     "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n%s\n",
                     dump->json ? "SELECT pg_catalog.set_config('search_path', '', false);\n"
                                : "SET search_path = public, pg_catalog;\n");
    zip_out_begin(dump->out, "pg_data", -1);
    for (size_t i = 0; i < count; i++) {
        write_table(dump, &tables[i]);
    }
    (void)buf_printf(&dump->line,
                     "--\n-- PostgreSQL database dump complete\n--\n\n\n\nDELETE FROM "
                     "%sexecutions WHERE id = '%s';\n",
                     dump->json ? "public." : "", execution);
    flush(dump, 0);
    zip_out_end(dump->out);
}
