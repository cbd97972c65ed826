#include "lab.h"

#define CHECK (&state_check_archive)
#define NAME "prod.zip"
#define LOOK                                                                                       \
    "{\"folder\":null,\"free\":9,\"size\":null,\"record\":null,\"part\":{\"size\":50,"             \
    "\"modified_ms\":7},\"part_problem\":null}"
#define CHECKED(format, version, tenants)                                                          \
    "{\"size\":50,\"modified_ms\":7,\"sha256\":\"abcdef0123456789\",\"archive\":{\"format\":"      \
    "\"" format "\",\"version\":\"" version "\",\"tenants\":" tenants ",\"deployments\":71}}"
#define GOOD CHECKED("legacy", "7.1.0", "4")

static struct lab *check_lab(void)
{
    struct lab *lab = lab_new(CHECK);

    lab_option(lab, "backup", "{\"directory\":\"/b\",\"name\":\"prod\",\"legacy\":true}");
    lab_fact(lab, "archive", "null");
    lab_fact(lab, "backup",
             "{\"snapshot\":\"snap\",\"name\":\"" NAME "\",\"size\":50,\"taken_at\":\"2026\"}");
    return lab;
}

static void check(struct lab *lab, int status, const char *document)
{
    lab_data(lab, "{}");
    lab_asks(lab, &CHECK->probe, "GET /backups/" NAME);
    lab_gets(lab, 200, LOOK);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &CHECK->probe, "GET /backups/" NAME "/check?size=50");
    lab_gets(lab, status, document);
}

static void sound_download_gets_its_name(void **state)
{
    struct lab *lab = check_lab();

    (void)state;
    check(lab, 200, GOOD);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_fact_is(lab, "archive.deployments", "71");
    lab_asks(lab, &CHECK->act, "POST /backups/" NAME);
    assert_int_equal(lab->request->site, HTTP_SITE_LOCAL);
    assert_non_null(strstr(lab->request->body, "\"size\":50,\"modified_ms\":7"));
    assert_non_null(strstr(lab->request->body, "\"sha256\":\"abcdef0123456789\""));
    assert_non_null(strstr(lab->request->body, "\"run\":\"run\""));
    assert_non_null(strstr(lab->request->body, "\"deployments\":71"));
    lab_gets(lab, 200, "{}");
    lab_says(lab, STATE_DONE, "/b/" NAME " is proven: 50 B, SHA-256 abcdef012345");
    lab_fact_is(lab, "backup.sha256", "\"abcdef0123456789\"");
    lab_fact_is(lab, "backup.file", "\"/b/" NAME "\"");
    lab_free(lab);
}

static void each_kind_of_damage_is_named(void **state)
{
    static const struct {
        int status;
        const char *document, *text;
    } rows[] = {
        {422, "{\"message\":\"it has 49 bytes, on the manager it has 50\"}", "it has 49 bytes"},
        {422, "{\"message\":\"member pg_data is damaged\"}", "member pg_data is damaged"},
        {404, "{\"error_code\":\"not_found_error\",\"message\":\"is not there\"}", "is not there"},
        {200, CHECKED("legacy", "6.4.2", "4"), "version 6.4.2 made it, the manager is 7.1.0.dev1"},
        {200, CHECKED("new", "7.1.0", "4"), "the legacy one was asked for"},
        {200, CHECKED("legacy", "7.1.0", "0"), "no tenant"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = check_lab();

        check(lab, rows[i].status, rows[i].document);
        lab_says(lab, STATE_RUNNING, rows[i].text);
        lab_needs_nothing(lab, &CHECK->await);
        lab_says(lab, STATE_BACK, rows[i].text);
        assert_string_equal(lab->verdict[0].back, "download");
        lab_fact_is(lab, "backup.again", "1");
        lab_free(lab);
    }
}

static void second_damage_is_a_failure(void **state)
{
    struct lab *lab = check_lab();

    (void)state;
    lab_fact(lab, "backup.again", "1");
    lab->units[0].attempt = 2;
    check(lab, 422, "{\"message\":\"member x is damaged\"}");
    lab_needs_nothing(lab, &CHECK->await);
    lab_says(lab, STATE_FAILED, "the second one too: member x is damaged");
    assert_int_equal(lab->verdict[0].code, FERRY_E_ARCHIVE);
    lab->units[0].attempt = 3; /* an operator's retry: it is fetched again */
    check(lab, 422, "{\"message\":\"member x is damaged\"}");
    lab_needs_nothing(lab, &CHECK->await);
    lab_says(lab, STATE_BACK, NULL);
    lab_fact_is(lab, "backup.again", "3");
    lab_free(lab);
}

static void proof_is_not_repeated_for_the_same_file(void **state)
{
    struct lab *lab = check_lab();

    (void)state;
    check(lab, 200, GOOD);
    lab_turn(lab, &CHECK->probe, 200, LOOK); /* after a kill between intent and end */
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &CHECK->act, "POST *");
    lab_gets(lab, 412, "{\"message\":\"has changed since\",\"error_code\":\"local_error\"}");
    lab_says(lab, STATE_RETRY, "has changed since");
    lab_turn(lab, &CHECK->probe, 200, LOOK);
    lab_says(lab, STATE_AGAIN, NULL); /* it is read anew */
    lab_free(lab);
}

static void named_archive_of_this_run_is_done(void **state)
{
    struct lab *lab = check_lab();

    (void)state;
    lab->context.repeat = true;
    lab_turn(lab, &CHECK->probe, 200,
             "{\"folder\":null,\"size\":50,\"record\":{\"run\":\"run\",\"snapshot\":\"snap\","
             "\"size\":50,\"sha256\":\"ffff\"},\"part\":null}");
    lab_says(lab, STATE_DONE, "is proven");
    lab_fact_is(lab, "backup.sha256", "\"ffff\"");
    lab_turn(lab, &CHECK->probe, 200,
             "{\"folder\":null,\"size\":50,\"record\":{\"run\":\"else\",\"snapshot\":\"snap\"}}");
    lab_says(lab, STATE_FOREIGN, "never written over");
    lab_free(lab);
}

static void faults_of_this_machine_are_left_to_a_person(void **state)
{
    struct lab *lab = check_lab();

    (void)state;
    check(lab, 500, "{\"message\":\"cannot read \\\"/b\\\": Input/output error\"}");
    lab_says(lab, STATE_FOREIGN, "Input/output error");
    assert_int_equal(lab->verdict[0].code, FERRY_E_IO);
    check(lab, 200, GOOD);
    lab_asks(lab, &CHECK->act, "POST *");
    lab_gets(lab, 507, "{\"message\":\"cannot write: No space left on device\"}");
    lab_says(lab, STATE_FOREIGN, "No space left");
    lab_asks(lab, &CHECK->act, "POST *");
    lab_gets(lab, 409, "{\"message\":\"exists\"}");
    lab_says(lab, STATE_FOREIGN, "never written over");
    lab_turn(lab, &CHECK->probe, 200,
             "{\"folder\":null,\"size\":null,\"part\":null,\"part_problem\":null}");
    lab_says(lab, STATE_RUNNING, "the downloaded file is gone");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_download_gets_its_name),
        cmocka_unit_test(each_kind_of_damage_is_named),
        cmocka_unit_test(second_damage_is_a_failure),
        cmocka_unit_test(proof_is_not_repeated_for_the_same_file),
        cmocka_unit_test(named_archive_of_this_run_is_done),
        cmocka_unit_test(faults_of_this_machine_are_left_to_a_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
