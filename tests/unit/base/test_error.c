#include "ferry_test.h"

#include <errno.h>

#include "base/attr.h"
#include "base/error.h"

static void every_code_has_its_name_text_and_exit_code(void **state)
{
    (void)state;
    assert_string_equal(ferry_code_name(FERRY_OK), "FERRY_OK");
    assert_int_equal(ferry_code_exit(FERRY_OK), 0);
    assert_string_equal(ferry_code_name(FERRY_E_BUSY), "FERRY_E_BUSY");
    assert_int_equal(ferry_code_exit(FERRY_E_BUSY), 7);
    assert_int_equal(ferry_code_exit(FERRY_E_STOPPED), 3);
    assert_int_equal(ferry_code_exit(FERRY_E_UNKNOWN), 4);
    assert_int_equal(ferry_code_exit(FERRY_E_PARTIAL), 10);
    for (int code = 0; code < FERRY_CODE_COUNT; code++) {
        assert_true(strlen(ferry_code_text((enum ferry_code)code)) > 0);
        assert_true(code == 0 || ferry_code_exit((enum ferry_code)code) > 0);
    }
}

static void unknown_codes_have_texts_too(void **state)
{
    static const int odd[] = {-1, FERRY_CODE_COUNT, 1000000};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(odd); at++) {
        assert_int_equal(ferry_code_exit((enum ferry_code)odd[at]), 1);
        assert_string_equal(ferry_code_text((enum ferry_code)odd[at]), "unknown error");
        assert_non_null(ferry_code_name((enum ferry_code)odd[at]));
    }
}

static void failing_fills_the_record_and_returns_the_code(void **state)
{
    struct ferry_error err = {.sys = 5, .http_status = 500, .hint = "an old hint"};

    (void)state;
    assert_int_equal(ferry_fail(&err, FERRY_E_IO, "cannot read %s", "a file"), FERRY_E_IO);
    assert_int_equal(err.code, FERRY_E_IO);
    assert_int_equal(err.sys, 0);
    assert_int_equal(err.http_status, 0);
    assert_string_equal(err.message, "cannot read a file");
    assert_string_equal(err.hint, "");
}

static void errno_text_follows_in_lower_case(void **state)
{
    struct ferry_error err;

    (void)state;
    assert_int_equal(ferry_fail_errno(&err, FERRY_E_IO, ENOENT, "cannot open %s", "x"), FERRY_E_IO);
    assert_string_equal(err.message, "cannot open x: no such file or directory");
    assert_int_equal(err.sys, ENOENT);
}

static void null_record_is_fine_everywhere(void **state)
{
    (void)state;
    assert_int_equal(ferry_fail(NULL, FERRY_E_AUTH, "x"), FERRY_E_AUTH);
    assert_int_equal(ferry_fail_errno(NULL, FERRY_E_IO, EIO, "x"), FERRY_E_IO);
    assert_int_equal(ferry_error_prefix(NULL, "x"), FERRY_E_FAILED);
    ferry_error_hint(NULL, "x");
    ferry_error_clear(NULL);
}

static void prefixes_stack_up_in_front(void **state)
{
    struct ferry_error err;

    (void)state;
    ferry_fail(&err, FERRY_E_PROTOCOL, "no id");
    ferry_error_hint(&err, "look at %s", "the log");
    assert_int_equal(ferry_error_prefix(&err, "deployment %d", 7), FERRY_E_PROTOCOL);
    ferry_error_prefix(&err, "restore");
    assert_string_equal(err.message, "restore: deployment 7: no id");
    assert_string_equal(err.hint, "look at the log");
}

static void arguments_may_point_into_the_record(void **state)
{
    struct ferry_error err;

    (void)state;
    ferry_fail(&err, FERRY_E_IO, "inner");
    ferry_fail(&err, FERRY_E_FAILED, "outer (%s)", err.message);
    assert_string_equal(err.message, "outer (inner)");
    ferry_error_prefix(&err, "%s", err.message);
    assert_string_equal(err.message, "outer (inner): outer (inner)");
    ferry_error_hint(&err, "see %s", err.message);
    assert_string_equal(err.hint, "see outer (inner): outer (inner)");
}

static void long_texts_are_cut_at_the_end(void **state)
{
    static char longer[4000];
    struct ferry_error err;

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    ferry_fail(&err, FERRY_E_IO, "%s", longer);
    assert_int_equal(strlen(err.message), FERRY_MESSAGE_MAX - 1);
    ferry_error_hint(&err, "%s", longer);
    assert_int_equal(strlen(err.hint), FERRY_HINT_MAX - 1);
    ferry_error_prefix(&err, "step %d", 1);
    assert_int_equal(strlen(err.message), FERRY_MESSAGE_MAX - 1);
    assert_memory_equal(err.message, "step 1: xxx", 11);
    ferry_error_prefix(&err, "%s", longer);
    assert_int_equal(strlen(err.message), FERRY_MESSAGE_MAX - 1);
    ferry_fail_errno(&err, FERRY_E_IO, ENOENT, "%s", longer);
    assert_int_equal(strlen(err.message), FERRY_MESSAGE_MAX - 1);
}

static void no_character_is_cut_in_half(void **state)
{
    char text[FERRY_MESSAGE_MAX + 8];
    struct ferry_error err;

    (void)state;
    /* The two bytes of the last character lie on both sides of the end. */
    memset(text, 'x', sizeof(text));
    memcpy(text + FERRY_MESSAGE_MAX - 2, "\xc3\xa9", 3);
    ferry_fail(&err, FERRY_E_IO, "%s", text);
    assert_int_equal(strlen(err.message), FERRY_MESSAGE_MAX - 2);
    assert_int_equal(err.message[FERRY_MESSAGE_MAX - 3], 'x');
}

static void line_ends_and_terminal_controls_become_spaces(void **state)
{
    struct ferry_error err;

    (void)state;
    ferry_fail(&err, FERRY_E_IO, "%s", "a\nb\r\tc\x1b[31md\x7f");
    assert_string_equal(err.message, "a b  c [31md ");
    ferry_error_prefix(&err, "%s", "x\ny");
    assert_string_equal(err.message, "x y: a b  c [31md ");
}

static void cleared_record_is_empty(void **state)
{
    struct ferry_error err;

    (void)state;
    ferry_fail_errno(&err, FERRY_E_IO, EIO, "x");
    ferry_error_clear(&err);
    assert_int_equal(err.code, FERRY_OK);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.message, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_name_text_and_exit_code),
        cmocka_unit_test(unknown_codes_have_texts_too),
        cmocka_unit_test(failing_fills_the_record_and_returns_the_code),
        cmocka_unit_test(errno_text_follows_in_lower_case),
        cmocka_unit_test(null_record_is_fine_everywhere),
        cmocka_unit_test(prefixes_stack_up_in_front),
        cmocka_unit_test(arguments_may_point_into_the_record),
        cmocka_unit_test(long_texts_are_cut_at_the_end),
        cmocka_unit_test(no_character_is_cut_in_half),
        cmocka_unit_test(line_ends_and_terminal_controls_become_spaces),
        cmocka_unit_test(cleared_record_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
