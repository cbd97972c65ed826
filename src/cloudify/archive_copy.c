#include "cloudify/archive_copy.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cloudify/archive.h"

/* "COPY table (columns) FROM stdin;" with as many columns of 63 bytes as PostgreSQL allows */
#define LINE_LIMIT ((size_t)CLOUDIFY_ARCHIVE_COLUMNS_MAX * 68)
#define TABLES_MAX 32
#define NOT_WANTED (-1)

enum state {
    OUTSIDE,  /* of blocks, in a line of SQL */
    SKIPPING, /* rows of a table that nobody wants, looking for the end of the block */
    IN_FIELD,
    IN_ESCAPE
};

struct archive_copy {
    struct archive_copy_sink sink;
    enum state state;
    struct buf line; /* of SQL */
    bool line_cut;
    size_t matched; /* SKIPPING: bytes of "\.\n" matched at the start of the line; 4: none */
    int table;      /* whose rows are read */
    int *wanted;    /* for each column: index of its value or NOT_WANTED */
    size_t columns; /* of the block */
    size_t column;  /* being read */
    int64_t row;    /* number in the block, for messages */
    int64_t blocks;
    bool at_start; /* of a line */
    bool empty;    /* nothing of the field was read yet */
    bool ending;   /* the line began with the end marker */
    struct buf values[ARCHIVE_COPY_COLUMNS];
    bool is_null[ARCHIVE_COPY_COLUMNS];
    bool seen[TABLES_MAX];
};

struct archive_copy *archive_copy_new(const void *ctx, const struct archive_copy_sink *sink)
{
    struct archive_copy *copy = mem_new(ctx, struct archive_copy);

    copy->sink = *sink;
    copy->wanted = mem_array(copy, int, CLOUDIFY_ARCHIVE_COLUMNS_MAX);
    buf_init(&copy->line, copy, LINE_LIMIT);
    for (size_t i = 0; i < ARCHIVE_COPY_COLUMNS; i++) {
        buf_init(&copy->values[i], copy, CLOUDIFY_ARCHIVE_VALUE_MAX);
    }
    return copy;
}

bool archive_copy_seen(const struct archive_copy *copy, size_t table)
{
    return copy->seen[table];
}

static const struct archive_copy_table *table_of(const struct archive_copy *copy)
{
    return &copy->sink.tables[copy->table];
}

/* Cuts the identifier at *at out of its line, without quotes; NULL: there is none. */
static char *cut_identifier(char **at)
{
    char *from = *at;
    char *to = from;
    char *start = from;

    if (*from == '"') {
        for (from++; *from != '\0'; from++) {
            if (*from == '"' && *++from != '"') {
                *at = from;
                *to = '\0'; /* to is behind from: the quotes made room */
                return start;
            }
            *to++ = *from;
        }
        return NULL;
    }
    from += strcspn(from, ".,() \"");
    *at = from;
    return from > start ? start : NULL;
}

static enum ferry_code bad_header(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_E_ARCHIVE, "a COPY header cannot be understood");
}

/* Reads the table's name; ends it in place. *at is then behind it. */
static char *cut_table(char **at)
{
    char *name = cut_identifier(at);

    while (name != NULL && **at == '.') {
        (*at)++;
        name = cut_identifier(at);
    }
    if (name == NULL || **at != ' ') {
        return NULL;
    }
    *(*at)++ = '\0';
    return name;
}

static int find_table(const struct archive_copy *copy, const char *name)
{
    for (size_t i = 0; i < copy->sink.table_count; i++) {
        if (strcmp(copy->sink.tables[i].name, name) == 0) {
            return (int)i;
        }
    }
    return NOT_WANTED;
}

static int find_column(const struct archive_copy_table *table, const char *name)
{
    for (int i = 0; i < ARCHIVE_COPY_COLUMNS && table->columns[i] != NULL; i++) {
        if (strcmp(table->columns[i], name) == 0) {
            return i;
        }
    }
    return NOT_WANTED;
}

static enum ferry_code check_required(const struct archive_copy *copy, const bool *found,
                                      struct ferry_error *err)
{
    const struct archive_copy_table *table = table_of(copy);

    for (size_t i = 0; i < table->required; i++) {
        if (!found[i]) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "table %s has no column %s", table->name,
                              table->columns[i]);
        }
    }
    return FERRY_OK;
}

/* at stands on the list of columns: "(a, b) FROM stdin;" */
static enum ferry_code read_columns(struct archive_copy *copy, char *at, struct ferry_error *err)
{
    bool found[ARCHIVE_COPY_COLUMNS] = {false};

    copy->columns = 0;
    while (*at == '(' || *at == ',') {
        at++;
        at += *at == ' ';
        char *name = cut_identifier(&at);
        char after = *at;
        if (name == NULL || copy->columns == CLOUDIFY_ARCHIVE_COLUMNS_MAX) {
            return bad_header(err);
        }
        *at = '\0';
        int index = find_column(table_of(copy), name);
        *at = after;
        if (index >= 0 && found[index]) {
            return bad_header(err);
        }
        if (index >= 0) {
            found[index] = true;
        }
        copy->wanted[copy->columns++] = index;
    }
    if (strcmp(at, ") FROM stdin;") != 0) {
        return bad_header(err);
    }
    return check_required(copy, found, err);
}

static void start_row(struct archive_copy *copy)
{
    copy->state = IN_FIELD;
    copy->column = 0;
    copy->ending = false;
    copy->at_start = true;
    copy->empty = true;
    copy->row++;
    for (size_t i = 0; i < ARCHIVE_COPY_COLUMNS; i++) {
        buf_clear(&copy->values[i]);
        copy->is_null[i] = true;
    }
    if (copy->wanted[0] >= 0) {
        copy->is_null[copy->wanted[0]] = false;
    }
}

static enum ferry_code start_block(struct archive_copy *copy, char *line, struct ferry_error *err)
{
    char *at = line + strlen("COPY ");
    char *name = cut_table(&at);

    copy->blocks++;
    copy->row = 0;
    copy->matched = 0;
    copy->table = name == NULL ? NOT_WANTED : find_table(copy, name);
    if (copy->table == NOT_WANTED) {
        copy->state = SKIPPING;
        return FERRY_OK;
    }
    copy->seen[copy->table] = true;
    enum ferry_code code = read_columns(copy, at, err);
    if (code == FERRY_OK) {
        start_row(copy);
    }
    return code;
}

static enum ferry_code end_line(struct archive_copy *copy, struct ferry_error *err)
{
    static const char tail[] = " FROM stdin;";
    enum ferry_code code = FERRY_OK;
    size_t length = copy->line.len;
    const char *line = buf_text(&copy->line);

    if (strncmp(line, "COPY ", 5) == 0) {
        if (copy->line_cut) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "a COPY header is longer than %zu bytes",
                              LINE_LIMIT);
        }
        if (length >= sizeof tail && strcmp(line + length - (sizeof tail - 1), tail) == 0) {
            code = start_block(copy, copy->line.data, err);
        }
    } else if (length > 0 && !copy->line_cut && copy->sink.statement != NULL) {
        code = copy->sink.statement(copy->sink.arg, line, err);
    }
    buf_clear(&copy->line);
    copy->line_cut = false;
    return code;
}

static enum ferry_code in_sql(struct archive_copy *copy, const char *data, size_t size,
                              size_t *used, struct ferry_error *err)
{
    const char *end = memchr(data, '\n', size);
    size_t length = end == NULL ? size : (size_t)(end - data);

    *used = length + (end != NULL);
    if (memchr(data, '\0', length) != NULL) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "it is not text");
    }
    size_t room = LINE_LIMIT - copy->line.len;
    copy->line_cut = copy->line_cut || length > room; /* its start tells what it is */
    if (!buf_append(&copy->line, data, length < room ? length : room)) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "a line is too long");
    }
    return end == NULL ? FERRY_OK : end_line(copy, err);
}

/* Rows that nobody wants: only the line "\." matters. */
static void skip(struct archive_copy *copy, const char *data, size_t size, size_t *used)
{
    static const char marker[] = "\\.\n";
    size_t n = 0;

    while (n < size && copy->matched < 3 && data[n] == marker[copy->matched]) {
        copy->matched++;
        n++;
    }
    if (copy->matched == 3) {
        copy->state = OUTSIDE;
    } else if (n < size) {
        const char *end = memchr(data + n, '\n', size - n);
        copy->matched = end == NULL ? 4 : 0;
        n = end == NULL ? size : (size_t)(end - data) + 1;
    }
    *used = n;
}

static enum ferry_code bad_row(const struct archive_copy *copy, struct ferry_error *err,
                               const char *why)
{
    return ferry_fail(err, FERRY_E_ARCHIVE, "table %s, row %lld: %s", table_of(copy)->name,
                      (long long)copy->row, why);
}

static struct buf *value_now(struct archive_copy *copy)
{
    int index = copy->column < copy->columns ? copy->wanted[copy->column] : NOT_WANTED;

    return index < 0 ? NULL : &copy->values[index];
}

static enum ferry_code end_row(struct archive_copy *copy, struct ferry_error *err)
{
    const char *values[ARCHIVE_COPY_COLUMNS];

    if (copy->ending) {
        copy->state = OUTSIDE;
        return FERRY_OK;
    }
    if (copy->column + 1 != copy->columns) {
        return bad_row(copy, err, "it has not as many columns as its header");
    }
    for (size_t i = 0; i < ARCHIVE_COPY_COLUMNS; i++) {
        struct buf *value = &copy->values[i];
        utf8_mend(value->data, value->len);
        values[i] = copy->is_null[i] ? NULL : buf_text(value);
    }
    enum ferry_code code = table_of(copy)->row(copy->sink.arg, values, err);
    if (code == FERRY_OK) {
        start_row(copy);
    }
    return code;
}

static enum ferry_code next_field(struct archive_copy *copy, struct ferry_error *err)
{
    copy->column++;
    copy->empty = true;
    if (copy->ending || copy->column >= copy->columns) {
        return bad_row(copy, err, "it has more columns than its header");
    }
    if (copy->wanted[copy->column] >= 0) {
        copy->is_null[copy->wanted[copy->column]] = false;
    }
    return FERRY_OK;
}

static enum ferry_code keep(struct archive_copy *copy, const char *data, size_t size,
                            struct ferry_error *err)
{
    struct buf *value = value_now(copy);

    if (size == 0 || value == NULL) {
        return FERRY_OK;
    }
    copy->empty = false;
    if (copy->is_null[copy->wanted[copy->column]] || memchr(data, '\0', size) != NULL) {
        return bad_row(copy, err, "a value is not text");
    }
    const struct archive_copy_table *table = table_of(copy);
    if (table->streamed > 0 && copy->wanted[copy->column] >= (int)table->streamed) {
        table->piece(copy->sink.arg, (size_t)copy->wanted[copy->column], data, size);
        return FERRY_OK;
    }
    return buf_append(value, data, size) ? FERRY_OK : bad_row(copy, err, "a value is too long");
}

static enum ferry_code in_field(struct archive_copy *copy, const char *data, size_t size,
                                size_t *used, struct ferry_error *err)
{
    bool wanted = value_now(copy) != NULL || copy->column == 0;
    size_t n = 0;

    while (n < size && data[n] != '\t' && data[n] != '\n' && !(wanted && data[n] == '\\')) {
        n++;
    }
    if (n > 0 && copy->ending) {
        return bad_row(copy, err, "there is text behind the end marker");
    }
    enum ferry_code code = keep(copy, data, n, err);
    *used = n;
    copy->at_start = copy->at_start && n == 0;
    if (code != FERRY_OK || n == size) {
        return code;
    }
    *used = n + 1;
    if (data[n] == '\\') {
        copy->state = IN_ESCAPE;
        return FERRY_OK;
    }
    return data[n] == '\t' ? next_field(copy, err) : end_row(copy, err);
}

static enum ferry_code in_escape(struct archive_copy *copy, char c, struct ferry_error *err)
{
    static const char from[] = "bfnrtv\\";
    static const char to[] = "\b\f\n\r\t\v\\";
    const char *found = c == '\0' ? NULL : strchr(from, c);
    const struct buf *value = value_now(copy);

    copy->state = IN_FIELD;
    if (c == '.' && copy->column == 0 && copy->at_start) {
        copy->ending = true;
        return FERRY_OK;
    }
    copy->at_start = false;
    if (c == 'N' && value != NULL && copy->empty) {
        copy->is_null[copy->wanted[copy->column]] = true;
        return FERRY_OK;
    }
    if (value == NULL) {
        return FERRY_OK;
    }
    if (found == NULL) { /* PostgreSQL writes no other (COPY, text format) */
        return bad_row(copy, err, "it holds an unknown escape");
    }
    return keep(copy, &to[found - from], 1, err);
}

enum ferry_code archive_copy_feed(struct archive_copy *copy, const char *data, size_t size,
                                  struct ferry_error *err)
{
    enum ferry_code code = FERRY_OK;

    while (size > 0 && code == FERRY_OK) {
        size_t used = 1;
        switch (copy->state) {
        case OUTSIDE:
            code = in_sql(copy, data, size, &used, err);
            break;
        case SKIPPING:
            skip(copy, data, size, &used);
            break;
        case IN_FIELD:
            code = in_field(copy, data, size, &used, err);
            break;
        case IN_ESCAPE:
            code = in_escape(copy, *data, err);
            break;
        }
        data += used;
        size -= used;
    }
    return code;
}

enum ferry_code archive_copy_end(struct archive_copy *copy, struct ferry_error *err)
{
    if (copy->state != OUTSIDE) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "the dump ends in the middle of a table");
    }
    if (copy->blocks == 0) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "it is not a database dump: it holds no tables");
    }
    return copy->line.len > 0 ? end_line(copy, err) : FERRY_OK;
}
