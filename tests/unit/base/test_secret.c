#include "ferry_test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "base/secret.h"

static void secret_keeps_its_own_copy(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char bytes[] = "hunter2 and more";
    struct secret *secret = secret_new(scope, bytes, 7);

    (void)state;
    secret_wipe(bytes, sizeof(bytes));
    assert_string_equal(secret_reveal(secret), "hunter2");
    assert_int_equal(secret_length(secret), 7);
    assert_int_equal(secret_length(secret_new(scope, NULL, 0)), 0);
    assert_string_equal(secret_reveal(secret_new(scope, "", 0)), "");
}

static void wiping_leaves_only_zeros_within_the_given_size(void **state)
{
    char bytes[8] = "1234567";

    (void)state;
    secret_wipe(bytes, 4);
    assert_memory_equal(bytes,
                        "\0\0\0\0"
                        "567",
                        8);
    secret_wipe(NULL, 0);
}

/* A pool's memory stays readable after the object in it is freed. */
static void bytes_are_gone_when_the_secret_is_freed(void **state)
{
    void *pool = talloc_pool(NULL, 4096);
    void *parent = mem_scope(pool);
    struct secret *secret = secret_new(parent, "hunter2", 7);
    const char *inside = secret_reveal(secret);

    (void)state;
    assert_true(inside > (char *)pool && inside < (char *)pool + 4096);
    (void)mem_zeroed(pool, 1, "keeps the pool from starting over");
    assert_memory_equal(inside, "hunter2", 7);
    mem_free(parent);
#ifndef __SANITIZE_ADDRESS__
    assert_memory_equal(inside, "\0\0\0\0\0\0\0", 7);
#endif
    mem_free(pool);
}

static void secrets_are_equal_only_byte_for_byte(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct secret *secret = secret_new(scope, "a\0b", 3);

    (void)state;
    assert_true(secret_equal(secret, secret_new(scope, "a\0b", 3)));
    assert_false(secret_equal(secret, secret_new(scope, "a\0c", 3)));
    assert_false(secret_equal(secret, secret_new(scope, "x\0b", 3)));
    assert_false(secret_equal(secret, secret_new(scope, "a", 1)));
    assert_true(secret_equal(secret_new(scope, "", 0), secret_new(scope, "", 0)));
}

static void credentials_are_cut_out_of_urls(void **state)
{
    static const char *const rows[][2] = {
        {"https://admin:pw@host:443/api?x=1#y", "https://host:443/api?x=1#y"},
        {"https://admin@host", "https://host"},
        {"https://:pw@host", "https://host"},
        {"https://a:b@c:d@host/x", "https://host/x"},
        {"admin:pw@host/x", "host/x"},
        {"//admin:pw@host/x", "//host/x"},
        {"https://admin:pw@[::1]:8443/", "https://[::1]:8443/"},
        {"socks5h+x.y-z://u:p@proxy", "socks5h+x.y-z://proxy"},
        {"https://u:p@", "https://"},
        {"https://u:p@?q", "https://?q"},
        {"://u:p@host", "://host"},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++)
        assert_string_equal(url_without_credentials(scope, rows[at][0]), rows[at][1]);
}

static void password_with_bare_delimiters_does_not_show(void **state)
{
    static const char *const odd[] = {
        "https://admin:se/cret@host/x",     "https://admin:se?cret@host/x",
        "https://admin:se#cret@host/x",     "admin:/secret@host/x",
        "https://admin:sec@/ret@host/x",    "admin:x://secret@host/x",
        "https://admin:123456/cret@host/x", "//admin:12se/cret@host/x",
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(odd); at++) {
        const char *shown = url_without_credentials(scope, odd[at]);

        assert_null(strstr(shown, "cret"));
        assert_null(strstr(shown, "se/"));
        assert_null(strstr(shown, "admin"));
        assert_non_null(strstr(shown, "host/x"));
    }
}

static void urls_without_credentials_stay_as_they_are(void **state)
{
    static const char *const rows[] = {
        "https://host:443/path/a@b?mail=c@d#e@f",
        "https://host/a@b",
        "https://[fe80::1]/a@b",
        "https://[fe80::1]:443/a@b",
        "host:80",
        "/just/a@path",
        "https://",
        "://",
        "",
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++)
        assert_string_equal(url_without_credentials(scope, rows[at]), rows[at]);
    assert_null(url_without_credentials(scope, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_keeps_its_own_copy),
        cmocka_unit_test(wiping_leaves_only_zeros_within_the_given_size),
        cmocka_unit_test(bytes_are_gone_when_the_secret_is_freed),
        cmocka_unit_test(secrets_are_equal_only_byte_for_byte),
        cmocka_unit_test(credentials_are_cut_out_of_urls),
        cmocka_unit_test(password_with_bare_delimiters_does_not_show),
        cmocka_unit_test(urls_without_credentials_stay_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
