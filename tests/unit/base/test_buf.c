#include "ferry_test.h"

#include "base/buf.h"
#include "base/mem.h"

static void empty_buffer_reads_as_empty_text(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 10);
    assert_null(buf.data);
    assert_string_equal(buf_text(&buf), "");
    buf_clear(&buf);
    assert_string_equal(buf_text(&buf), "");
}

static void bytes_up_to_the_limit_fit_and_one_more_does_not(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 10);
    assert_true(buf_puts(&buf, "12345678"));
    assert_false(buf_puts(&buf, "abc"));
    assert_string_equal(buf_text(&buf), "12345678");
    assert_true(buf_puts(&buf, "90"));
    assert_false(buf_append(&buf, "x", 1));
    assert_true(buf_append(&buf, NULL, 0));
    assert_false(buf_append(&buf, "x", SIZE_MAX));
    assert_string_equal(buf_text(&buf), "1234567890");
    assert_int_equal(buf.len, 10);
    assert_true(buf.room <= 11);
}

static void formatted_and_escaped_text_over_the_limit_leave_nothing_behind(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 5);
    assert_false(buf_printf(&buf, "%d", 123456));
    assert_false(buf_put_escaped(&buf, "a//"));
    assert_int_equal(buf.len, 0);
    assert_true(buf_printf(&buf, "%d", 12345));
    assert_string_equal(buf_text(&buf), "12345");
}

static void growing_over_many_steps_keeps_every_byte(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, SIZE_MAX);
    for (int number = 0; number < 20000; number++)
        assert_true(buf_printf(&buf, "%05d", number));
    assert_int_equal(buf.len, 100000);
    assert_int_equal(strlen(buf.data), 100000);
    assert_memory_equal(buf.data + 5 * 12345, "12345", 5);
    assert_memory_equal(buf.data + 99995, "19999", 5);
}

static void binary_bytes_with_nul_are_kept(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 100);
    assert_true(buf_append(&buf, "a\0b", 3));
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
}

static void everything_but_unreserved_characters_is_escaped(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 1000);
    assert_true(buf_put_escaped(&buf, "AZaz09-._~"));
    assert_true(buf_put_escaped(&buf, " /?&=%+:@\xc3\xa9\x01"));
    assert_string_equal(buf_text(&buf), "AZaz09-._~%20%2F%3F%26%3D%25%2B%3A%40%C3%A9%01");
}

static void cleared_buffer_can_be_filled_again(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf buf;

    (void)state;
    buf_init(&buf, scope, 4);
    assert_true(buf_puts(&buf, "full"));
    buf_clear(&buf);
    assert_string_equal(buf_text(&buf), "");
    assert_true(buf_puts(&buf, "next"));
    assert_string_equal(buf_text(&buf), "next");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_buffer_reads_as_empty_text),
        cmocka_unit_test(bytes_up_to_the_limit_fit_and_one_more_does_not),
        cmocka_unit_test(formatted_and_escaped_text_over_the_limit_leave_nothing_behind),
        cmocka_unit_test(growing_over_many_steps_keeps_every_byte),
        cmocka_unit_test(binary_bytes_with_nul_are_kept),
        cmocka_unit_test(everything_but_unreserved_characters_is_escaped),
        cmocka_unit_test(cleared_buffer_can_be_filled_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
