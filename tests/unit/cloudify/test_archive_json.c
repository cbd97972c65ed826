#include "ferry_test.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "cloudify/archive_json.h"

/* Writes down what is told: "depth:key:event:text;". */
static enum ferry_code note(void *arg, const struct archive_json *json,
                            const struct archive_json_value *value, struct ferry_error *err)
{
    static const char letters[] = "{[.snTFN";

    (void)err;
    assert_true(buf_printf(arg, "%zu:%s:%c:%s;", value->depth, archive_json_key(json, value->depth),
                           letters[value->event], value->text));
    return FERRY_OK;
}

/* Reads text in pieces of so many bytes; NULL: refused. */
static const char *told(void *ctx, const char *text, size_t piece)
{
    struct buf *notes = mem_new(ctx, struct buf);
    const struct archive_json_sink sink = {.take = note, .arg = notes, .deepest = 100};
    struct archive_json *json = archive_json_new(ctx, &sink);
    struct ferry_error err;
    size_t length = strlen(text);

    buf_init(notes, ctx, 1 << 20);
    for (size_t at = 0; at < length; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        if (archive_json_feed(json, text + at, size, &err) != FERRY_OK) {
            return NULL;
        }
    }
    return archive_json_end(json, &err) == FERRY_OK ? buf_text(notes) : NULL;
}

static void values_are_told_with_their_place_however_they_are_cut(void **state)
{
    static const char text[] = " {\"a\" : [1, {\"b\":\"x\\n\\u00e4\\ud83d\\ude00\\\"\"}, -2.5e3 ],"
                               "\"c\":{}, \"d\":true,\"e\":false,\"f\":null , \"g\":[]}\n";
    static const char expected[] = "0::{:;1:a:[:;2::n:1;2::{:;3:b:s:x\n\xc3\xa4\xf0\x9f\x98\x80\";"
                                   "2::.:;2::n:-2.5e3;1:a:.:;1:c:{:;1:c:.:;1:d:T:true;"
                                   "1:e:F:false;1:f:N:null;1:g:[:;1:g:.:;0::.:;";
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        const char *notes = told(scope, text, piece);
        assert_non_null(notes);
        assert_string_equal(notes, expected);
    }
    assert_string_equal(told(scope, "12", 1), "0::n:12;");
}

static void values_below_the_deepest_are_checked_but_not_told(void **state)
{
    static const char text[] = "{\"a\":{\"b\":[\"x\\u00e4\",{\"c\":1}]},\"d\":\"y\"}";
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf *notes = mem_new(scope, struct buf);
    const struct archive_json_sink sink = {.take = note, .arg = notes, .deepest = 1};
    struct archive_json *json = archive_json_new(scope, &sink);
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    buf_init(notes, scope, 1 << 20);
    assert_int_equal(archive_json_feed(json, text, sizeof text - 1, &err), FERRY_OK);
    assert_int_equal(archive_json_end(json, &err), FERRY_OK);
    assert_string_equal(buf_text(notes), "0::{:;1:a:{:;1:a:.:;1:d:s:y;0::.:;");
    json = archive_json_new(scope, &sink);
    assert_int_equal(archive_json_feed(json, "[[[\"\\x", 6, &err), FERRY_E_ARCHIVE);
}

static void documents_that_are_not_json_are_refused(void **state)
{
    static const char *const bad[] = {
        "",          "{",      "[1",      "{\"a\"}",    "{\"a\":}", "{\"a\":1,}", "[1,]",
        "[1 2]",     "{1:2}",  "]",       "}",          "[}",       "{]",         "tru",
        "[nope]",    "\"open", "\"\\x\"", "\"\\u12g\"", "1 2",      "{} x",       "[,1]",
        "{\"a\" 1}", "\x01",   "[+1]",    "[.5]",       "{,}",      "\"\\ud8",    "[1e]]",
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        if (told(scope, bad[i], 1) != NULL || told(scope, bad[i], 100) != NULL) {
            fail_msg("\"%s\" was accepted", bad[i]);
        }
    }
}

static void lone_surrogates_and_bytes_that_are_no_utf8_are_mended(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(told(scope, "\"a\\udc00b\"", 1), "0::s:a?b;");
    assert_string_equal(told(scope, "\"a\xff\"", 1), "0::s:a?;");
    assert_string_equal(told(scope, "\"a\\u0000b\"", 1), "0::s:a?b;");
}

static enum ferry_code count_cut(void *arg, const struct archive_json *json,
                                 const struct archive_json_value *value, struct ferry_error *err)
{
    (void)json;
    (void)err;
    *(size_t *)arg = value->cut ? strlen(value->text) : 0;
    return FERRY_OK;
}

static void endless_texts_and_depths_do_not_take_memory(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t cut = 0;
    const struct archive_json_sink sink = {.take = count_cut, .arg = &cut, .deepest = 100};
    struct archive_json *json = archive_json_new(scope, &sink);
    struct ferry_error err = {.code = FERRY_OK};
    char block[4096];

    (void)state;
    memset(block, 'x', sizeof block);
    assert_int_equal(archive_json_feed(json, "\"", 1, &err), FERRY_OK);
    for (int i = 0; i < 4096; i++) { /* 16 MiB */
        assert_int_equal(archive_json_feed(json, block, sizeof block, &err), FERRY_OK);
    }
    assert_int_equal(archive_json_feed(json, "\"", 1, &err), FERRY_OK);
    assert_int_equal(archive_json_end(json, &err), FERRY_OK);
    assert_int_equal(cut, CLOUDIFY_ARCHIVE_VALUE_MAX);
    assert_true(talloc_total_size(scope) < 512 * 1024);

    json = archive_json_new(scope, &sink);
    memset(block, '[', sizeof block);
    assert_int_equal(archive_json_feed(json, block, sizeof block, &err), FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "deep"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_told_with_their_place_however_they_are_cut),
        cmocka_unit_test(values_below_the_deepest_are_checked_but_not_told),
        cmocka_unit_test(documents_that_are_not_json_are_refused),
        cmocka_unit_test(lone_surrogates_and_bytes_that_are_no_utf8_are_mended),
        cmocka_unit_test(endless_texts_and_depths_do_not_take_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
