/* What the manager holds beside what the archive held: "terminated" alone proves nothing (facts 6
   no. 26, 10.3). In poll_status; compare and the verdict of old managers count by the same code. */
#include "lab.h"

#include "base/mem.h"

#define P (&state_poll_status)
#define TERMINATED "{\"id\":\"ours\",\"status\":\"terminated\",\"error\":\"\"}"

/* The execution is seen to have terminated. */
static struct lab *ended(const char *format)
{
    struct lab *lab = lab_new(P);

    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"known\":[]}");
    lab_fact(lab, "archive.format", format);
    lab_fact(lab, "archive.nodes", "100");
    lab_fact(lab, "archive.node_instances", "120");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_turn(lab, &P->await, 200, TERMINATED);
    lab_says(lab, STATE_AGAIN, NULL);
    return lab;
}

static void all_there_is_done_and_written_down(void **state)
{
    struct lab *lab = ended("\"new\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4, 100, 120, 6);
    lab_says(lab, STATE_DONE, "what the archive held is there");
    lab_fact_is(lab, "compare.node_instances",
                "{\"archive\":120,\"expected\":120,\"manager\":120}");
    lab_fact_is(lab, "compare.agents", "{\"archive\":6,\"expected\":6,\"manager\":6}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void fewer_of_anything_fails_with_the_numbers_and_what_to_do(void **state)
{
    static const struct {
        int totals[7];
        const char *reason;
    } cases[] = {
        {{3, 10, 71, 4, 100, 120, 6}, "3 tenants for 4"},
        {{4, 9, 71, 4, 100, 120, 6}, "9 blueprints for 10"},
        {{4, 10, 70, 3, 100, 120, 6}, "70 deployments for 71, 3 plugins for 4"},
        {{4, 10, 71, 4, 99, 119, 6}, "99 nodes for 100, 119 node-instances for 120"},
        {{4, 10, 71, 4, 100, 120, 5}, "5 agents for 6"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = ended("\"new\"");

        lab_counts(lab, &P->await, cases[i].totals, 7);
        lab_says(lab, STATE_FAILED, cases[i].reason);
        assert_int_equal(lab->verdict[0].code, FERRY_E_FAILED);
        assert_non_null(strstr(lab->verdict[0].hint, "resolve RUN poll_status --as done"));
        assert_non_null(strstr(lab->verdict[0].hint, "retry RUN --failed"));
        lab_fact_is(lab, "credential", "\"before\""); /* it worked: the retry begins with it */
        lab_data_is(lab, "{}");
        lab_free(lab);
    }
}

static void more_than_the_archive_held_is_no_fault(void **state)
{
    struct lab *lab = ended("\"new\""); /* a restore of the new format adds to what was there */

    (void)state;
    LAB_COUNTS(lab, &P->await, 5, 11, 90, 9, 150, 239, 12);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void twice_the_node_instances_is_a_second_restore(void **state)
{
    struct lab *lab = ended("\"new\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4, 100, 240, 6);
    lab_says(lab, STATE_FAILED, "holds everything twice: 240 node-instances for 120");
    assert_non_null(strstr(lab->verdict[0].hint, "restored twice"));
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void legacy_dump_comes_whole_and_is_counted_without_its_rows(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void nothing_restored_is_told_apart_from_too_little(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 1, 0, 0, 0);
    lab_says(lab, STATE_FAILED, "restored nothing: the archive holds 10 blueprints");
    assert_int_equal(lab->verdict[0].code, FERRY_E_ARCHIVE);
    lab_free(lab);
}

static void what_nobody_counted_in_the_archive_is_not_compared(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    lab_fact(lab, "archive.deployments", "null");
    LAB_COUNTS(lab, &P->await, 4, 10, 0, 4);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "compare.deployments", "{\"manager\":0}");
    lab_free(lab);
}

static void list_without_its_total_is_asked_again(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 4, 10);
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?*");
    lab_gets(lab, 200, "{\"items\":[]}");
    lab_says(lab, STATE_CANNOT_TELL, "without its total");
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?*"); /* that one, not all from the start */
    lab_free(lab);
}

static void uploaded_plugins_are_expected_beside_those_of_the_archive(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    lab_fact(lab, "plugins_uploaded", "{\"one\":true,\"two\":true}");
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 5);
    lab_says(lab, STATE_FAILED, "5 plugins for 6");
    lab_fact_is(lab, "compare.plugins", "{\"archive\":4,\"expected\":6,\"manager\":5}");
    lab_free(lab);
}

static void archive_without_a_tenant_expects_the_default_one(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    lab_fact(lab, "archive.tenants", "0");
    LAB_COUNTS(lab, &P->await, 0, 10, 71, 4);
    lab_says(lab, STATE_FAILED, "0 tenants for 1");
    lab_free(lab);
}

static void weather_among_the_counts_begins_with_the_flag_again(void **state)
{
    struct lab *lab = ended("\"legacy\"");

    (void)state;
    LAB_COUNTS(lab, &P->await, 4, 10);
    lab_asks(lab, &P->await, "GET /api/v3.1/deployments?*");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_there_is_done_and_written_down),
        cmocka_unit_test(fewer_of_anything_fails_with_the_numbers_and_what_to_do),
        cmocka_unit_test(more_than_the_archive_held_is_no_fault),
        cmocka_unit_test(twice_the_node_instances_is_a_second_restore),
        cmocka_unit_test(legacy_dump_comes_whole_and_is_counted_without_its_rows),
        cmocka_unit_test(nothing_restored_is_told_apart_from_too_little),
        cmocka_unit_test(what_nobody_counted_in_the_archive_is_not_compared),
        cmocka_unit_test(list_without_its_total_is_asked_again),
        cmocka_unit_test(uploaded_plugins_are_expected_beside_those_of_the_archive),
        cmocka_unit_test(archive_without_a_tenant_expects_the_default_one),
        cmocka_unit_test(weather_among_the_counts_begins_with_the_flag_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
