#include "ferry_test.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "cloudify/archive_copy.h"

static enum ferry_code note_row(void *arg, const char *const *values, struct ferry_error *err)
{
    (void)err;
    for (size_t i = 0; i < 2; i++) {
        assert_true(buf_printf(arg, "%s,", values[i] == NULL ? "(null)" : values[i]));
    }
    assert_true(buf_puts(arg, ";"));
    return FERRY_OK;
}

static enum ferry_code note_statement(void *arg, const char *line, struct ferry_error *err)
{
    (void)err;
    assert_true(buf_printf(arg, "<%s>", line));
    return FERRY_OK;
}

static const struct archive_copy_table tables[] = {
    {"things", {"id", "name"}, 1, note_row, NULL, 0}};

/* Reads a dump in pieces of so many bytes; NULL: refused, with the reason in err. */
static const char *told(void *ctx, const char *dump, size_t piece, struct ferry_error *err)
{
    struct buf *notes = mem_new(ctx, struct buf);
    const struct archive_copy_sink sink = {
        .tables = tables, .table_count = 1, .statement = note_statement, .arg = notes};
    struct archive_copy *copy = archive_copy_new(ctx, &sink);
    size_t length = strlen(dump);

    buf_init(notes, ctx, 1 << 20);
    for (size_t at = 0; at < length; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        if (archive_copy_feed(copy, dump + at, size, err) != FERRY_OK) {
            return NULL;
        }
    }
    return archive_copy_end(copy, err) == FERRY_OK ? buf_text(notes) : NULL;
}

static void rows_are_read_by_the_names_of_their_columns(void **state)
{
    static const struct {
        const char *dump;
        const char *expected;
    } cases[] = {
        {"COPY things (id, name) FROM stdin;\n1\ta\n2\tb\n\\.\n", "1,a,;2,b,;"},
        {"COPY public.things (name, other, id) FROM stdin;\na\tx\t1\n\\.\n", "1,a,;"},
        {"COPY \"public\".\"things\" (\"name\", \"id\") FROM stdin;\na\t1\n\\.\n", "1,a,;"},
        {"COPY things (id) FROM stdin;\n1\n\\.\n", "1,(null),;"},
        {"COPY things (id, name) FROM stdin;\n\\N\t\\N\n\\.\n", "(null),(null),;"},
        {"COPY things (id, name) FROM stdin;\n\t\n\\.\n", ",,;"},
        {"COPY things (id, name) FROM stdin;\n1\ta\\tb\\nc\\\\d\\re\n\\.\n", "1,a\tb\nc\\d\re,;"},
        {"COPY things (id, x) FROM stdin;\n1\t\\\\x80\\\\.\n\\.\n", "1,(null),;"},
        {"COPY other (id, name) FROM stdin;\n1\ta\n\\\\.\n\\.x\n\\.\nCOPY things (id) FROM stdin;\n"
         "7\n\\.\n",
         "7,(null),;"},
        {"COPY other (id) FROM stdin;\n\\.\nSELECT 1;\n\n-- end", "<SELECT 1;><-- end>"},
        {"COPY things (id, name) FROM stdin;\n\\.\n", ""},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].dump); piece++) {
            struct ferry_error err = {.code = FERRY_OK};
            const char *notes = told(scope, cases[i].dump, piece, &err);
            if (notes == NULL) {
                fail_msg("case %zu in pieces of %zu: %s", i, piece, err.message);
            }
            assert_string_equal(notes, cases[i].expected);
        }
    }
}

static void dumps_that_are_not_whole_are_refused(void **state)
{
    static const struct {
        const char *dump;
        const char *why;
    } cases[] = {
        {"", "no tables"},
        {"SELECT 1;\n", "no tables"},
        {"COPY things (id, name) FROM stdin;\n1\ta\n", "in the middle"},
        {"COPY things (id, name) FROM stdin;\n1\ta", "in the middle"},
        {"COPY other (id) FROM stdin;\n1\n\\.", "in the middle"},
        {"COPY things (name) FROM stdin;\na\n\\.\n", "no column id"},
        {"COPY things (id, name) FROM stdin;\n1\n\\.\n", "as many columns"},
        {"COPY things (id) FROM stdin;\n1\t2\n\\.\n", "more columns"},
        {"COPY things (id) FROM stdin;\n1\\x41\n\\.\n", "unknown escape"},
        {"COPY things (id) FROM stdin;\n\\Nx\n\\.\n", "not text"},
        {"COPY things (id) FROM stdin;\n\\.x\n\\.\n", "end marker"},
        {"COPY things (id, id) FROM stdin;\n1\t2\n\\.\n", "header"},
        {"COPY things (id FROM stdin;\n1\n\\.\n", "header"},
        {"COPY things FROM stdin;\n1\n\\.\n", "header"},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct ferry_error err = {.code = FERRY_OK};
        if (told(scope, cases[i].dump, 1, &err) != NULL) {
            fail_msg("case %zu was accepted", i);
        }
        assert_int_equal(err.code, FERRY_E_ARCHIVE);
        if (strstr(err.message, cases[i].why) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].why);
        }
    }
}

/* A column that nobody wants may have any size; one that is wanted has a limit. */
static void endless_columns_do_not_take_memory(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf *notes = mem_new(scope, struct buf);
    const struct archive_copy_sink sink = {
        .tables = tables, .table_count = 1, .statement = note_statement, .arg = notes};
    struct archive_copy *copy = archive_copy_new(scope, &sink);
    static const char header[] = "COPY things (id, plan, name) FROM stdin;\n1\t";
    struct ferry_error err = {.code = FERRY_OK};
    char block[4096];

    (void)state;
    buf_init(notes, scope, 1 << 20);
    memset(block, 'x', sizeof block);
    assert_int_equal(archive_copy_feed(copy, header, sizeof header - 1, &err), FERRY_OK);
    for (int i = 0; i < 8192; i++) { /* 32 MiB */
        assert_int_equal(archive_copy_feed(copy, block, sizeof block, &err), FERRY_OK);
    }
    assert_int_equal(archive_copy_feed(copy, "\tn\n1\ta\t", 7, &err), FERRY_OK);
    assert_string_equal(buf_text(notes), "1,n,;");
    assert_true(talloc_total_size(scope) < 512 * 1024);
    enum ferry_code code = FERRY_OK;
    for (int i = 0; i < 32 && code == FERRY_OK; i++) {
        code = archive_copy_feed(copy, block, sizeof block, &err);
    }
    assert_int_equal(code, FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "too long"));
}

static void a_binary_dump_is_told_from_text(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct archive_copy_sink sink = {.tables = tables, .table_count = 1};
    struct archive_copy *copy = archive_copy_new(scope, &sink);
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(archive_copy_feed(copy, "PGDMP\1\16\0\n", 9, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "not text"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_by_the_names_of_their_columns),
        cmocka_unit_test(dumps_that_are_not_whole_are_refused),
        cmocka_unit_test(endless_columns_do_not_take_memory),
        cmocka_unit_test(a_binary_dump_is_told_from_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
