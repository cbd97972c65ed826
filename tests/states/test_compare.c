#include "lab.h"

#include "base/mem.h"

#define C (&state_compare)

static void count(struct lab *lab, const char *asked, int total)
{
    lab_asks(lab, &C->await, asked);
    lab_gets(lab, 200,
             mem_printf(lab, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":%d}}}", total));
}

static void counts(struct lab *lab, int tenants, int blueprints, int deployments, int plugins)
{
    count(lab, "GET /api/v3.1/tenants?_include=name&_size=1", tenants);
    lab_says(lab, STATE_AGAIN, NULL);
    count(lab, "GET /api/v3.1/blueprints?_include=id&_all_tenants=true&_size=1", blueprints);
    count(lab, "GET /api/v3.1/deployments?_include=id&_all_tenants=true&_size=1", deployments);
    count(lab, "GET /api/v3.1/plugins?_include=id&_all_tenants=true&_size=1", plugins);
}

static void equal_counts_are_done_and_written_down(void **state)
{
    struct lab *lab = lab_new(C);

    (void)state;
    counts(lab, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "what the archive held");
    lab_fact_is(lab, "compare",
                "{\"blueprints\":{\"archive\":10,\"expected\":10,\"manager\":10},\"deployments\":{"
                "\"archive\":71,\"expected\":71,\"manager\":71},\"plugins\":{\"archive\":4,"
                "\"expected\":4,\"manager\":4},\"tenants\":{\"archive\":4,\"expected\":4,"
                "\"manager\":4}}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void fewer_of_anything_fails_with_the_numbers(void **state)
{
    struct lab *lab = lab_new(C);

    (void)state;
    counts(lab, 4, 10, 69, 3);
    lab_says(lab, STATE_FAILED, "69 deployments for 71, 3 plugins for 4");
    assert_non_null(strstr(lab->verdict[0].hint, "old manager"));
    lab_free(lab);
}

static void uploaded_plugins_are_expected_on_top(void **state)
{
    struct lab *lab = lab_new(C);

    (void)state;
    lab_fact(lab, "plugins_uploaded", "{\"a\":true,\"b\":true}");
    counts(lab, 4, 10, 71, 4);
    lab_says(lab, STATE_FAILED, "4 plugins for 6");
    counts(lab, 4, 10, 71, 6);
    lab_says(lab, STATE_DONE, "held");
    lab_free(lab);
}

static void more_than_expected_is_told(void **state)
{
    struct lab *lab = lab_new(C);

    (void)state;
    counts(lab, 5, 10, 72, 4);
    lab_says(lab, STATE_DONE, "5 tenants for 4, 72 deployments for 71");
    lab_free(lab);
}

static void archive_that_nobody_saw_is_not_compared(void **state)
{
    struct lab *lab = lab_new(C);

    (void)state;
    lab_fact(lab, "archive", "null");
    counts(lab, 4, 0, 0, 0);
    lab_says(lab, STATE_DONE, "never seen");
    lab_fact_is(lab, "compare.tenants", "{\"manager\":4}");
    lab_fact(lab, "archive", "{\"format\":\"new\",\"tenants\":0}");
    counts(lab, 1, 0, 0, 0);
    lab_says(lab, STATE_DONE, "held");
    lab_free(lab);
}

static void list_without_a_total_is_asked_again(void **state)
{
    struct lab *lab = lab_new(C);
    struct state_timing timing = {0};

    (void)state;
    lab_turn(lab, &C->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &C->await, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_needs_nothing(lab, &C->plan);
    lab_found(lab, "units", "1");
    C->timing(&lab->context, &timing);
    assert_true(timing.deadline_ms > 0);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_counts_are_done_and_written_down),
        cmocka_unit_test(fewer_of_anything_fails_with_the_numbers),
        cmocka_unit_test(uploaded_plugins_are_expected_on_top),
        cmocka_unit_test(more_than_expected_is_told),
        cmocka_unit_test(archive_that_nobody_saw_is_not_compared),
        cmocka_unit_test(list_without_a_total_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
