#include "ferry_test.h"

#include "base/log.h"
#include "base/mem.h"

struct seen {
    int lines;
    enum log_level level;
    char last[200];
};

static void keep(void *arg, enum log_level level, const char *line)
{
    struct seen *seen = arg;

    seen->lines++;
    seen->level = level;
    snprintf(seen->last, sizeof(seen->last), "%s", line);
}

static int64_t fixed_ms(struct clock *clock)
{
    (void)clock;
    return INT64_C(1795359966291);
}

static struct clock fixed = {.now_ms = fixed_ms, .realtime_ms = fixed_ms};

static void line_carries_time_level_and_text(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct seen seen = {0};
    struct log *log = log_new(scope, LOG_INFO, &fixed, keep, &seen);

    (void)state;
    log_line(log, LOG_WARN, "retry %d of %s", 2, "upload");
    assert_int_equal(seen.lines, 1);
    assert_int_equal(seen.level, LOG_WARN);
    assert_string_equal(seen.last, "2026-11-22T15:06:06.291Z warn retry 2 of upload");
}

static void levels_beyond_the_wanted_one_are_silent(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct seen seen = {0};
    struct log *log = log_new(scope, LOG_WARN, &fixed, keep, &seen);

    (void)state;
    log_line(log, LOG_DEBUG, "x");
    log_line(log, LOG_INFO, "x");
    assert_int_equal(seen.lines, 0);
    log_line(log, LOG_ERROR, "x");
    log_line(log, LOG_WARN, "x");
    assert_int_equal(seen.lines, 2);
}

static void null_log_says_nothing(void **state)
{
    (void)state;
    log_line(NULL, LOG_ERROR, "%s", "x");
}

static void text_of_a_server_cannot_start_a_line_of_its_own(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct seen seen = {0};
    struct log *log = log_new(scope, LOG_DEBUG, &fixed, keep, &seen);

    (void)state;
    log_line(log, LOG_DEBUG, "%s", "a\nb\x1b[0m");
    assert_string_equal(seen.last, "2026-11-22T15:06:06.291Z debug a b [0m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_carries_time_level_and_text),
        cmocka_unit_test(levels_beyond_the_wanted_one_are_silent),
        cmocka_unit_test(null_log_says_nothing),
        cmocka_unit_test(text_of_a_server_cannot_start_a_line_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
