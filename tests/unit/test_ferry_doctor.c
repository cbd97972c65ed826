/* Which versions of SQLite have the WAL-reset bug (sqlite.org/wal.html). */
#include "ferry_test.h"

#include "libferry/doctor.h"

static void the_wal_reset_bug_by_version(void **state)
{
    static const struct {
        int number;
        bool has;
    } rows[] = {{3006023, false}, {3007000, true},  {3040001, true}, {3044005, true},
                {3044006, false}, {3044007, false}, {3045000, true}, {3050006, true},
                {3050007, false}, {3051000, true},  {3051002, true}, {3051003, false},
                {3052000, false}, {4000000, false}};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        assert_int_equal(doctor_has_wal_reset_bug(rows[i].number), rows[i].has);
    }
}

static void the_first_check_that_stops_gives_the_code(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct doctor doctor = {.mem = scope, .checks = json_array(scope)};
    struct ferry_error err = {.code = FERRY_E_CONFIG, .message = "bad key", .hint = "mend it"};

    (void)state;
    doctor_say(&doctor, "a", DOCTOR_WARNING, NULL, "%d of them", 3);
    assert_false(doctor.blocked);
    doctor_stop(&doctor, "b", &err);
    doctor_say(&doctor, "c", DOCTOR_STOPS, NULL, "worse");
    assert_true(doctor.blocked);
    assert_int_equal(doctor.code, FERRY_E_CONFIG);
    assert_string_equal(json_print(scope, doctor.checks),
                        "[{\"name\":\"a\",\"verdict\":\"warning\",\"evidence\":\"3 of them\","
                        "\"next\":null},{\"name\":\"b\",\"verdict\":\"stops\",\"evidence\":\"bad "
                        "key\",\"next\":\"mend it\"},{\"name\":\"c\",\"verdict\":\"stops\","
                        "\"evidence\":\"worse\",\"next\":null}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wal_reset_bug_by_version),
        cmocka_unit_test(the_first_check_that_stops_gives_the_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
