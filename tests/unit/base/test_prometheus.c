#include "ferry_test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "base/prometheus.h"

static void texts_are_escaped_as_the_format_wants(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct prometheus_label labels[] = {
        {"a", "quote \" slash \\ line \n end"}, {"b", NULL}, {"c", "caf\xc3\xa9 \xff"}};
    struct buf out;

    (void)state;
    buf_init(&out, scope, 1000);
    prometheus_gauge(&out, "x", "a \"help\" with \\ and\na line");
    prometheus_int(&out, "x", labels, 3, -7);
    prometheus_int(&out, "x", NULL, 0, INT64_MAX);
    assert_string_equal(buf_text(&out), "# HELP x a \"help\" with \\\\ and\\na line\n"
                                        "# TYPE x gauge\n"
                                        "x{a=\"quote \\\" slash \\\\ line \\n end\",b=\"\","
                                        "c=\"caf\xc3\xa9 ?\"} -7\n"
                                        "x 9223372036854775807\n");
}

static void milliseconds_become_seconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "s 0.000\n"},
                {1, "s 0.001\n"},
                {1795359966291, "s 1795359966.291\n"},
                {-1, "s -0.001\n"},
                {-1500, "s -1.500\n"}};
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct buf out;

        buf_init(&out, scope, 100);
        prometheus_seconds(&out, "s", NULL, 0, rows[i].ms);
        assert_string_equal(buf_text(&out), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped_as_the_format_wants),
        cmocka_unit_test(milliseconds_become_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
