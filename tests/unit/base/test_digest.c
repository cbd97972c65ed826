#include "ferry_test.h"

#include "base/digest.h"
#include "base/mem.h"

#define DNS_NAME_SPACE "6ba7b810-9dad-11d1-80b4-00c04fd430c8" /* RFC 9562, 6.6 */

static void sha256_gives_the_published_vectors(void **state)
{
    char hex[DIGEST_SHA256_HEX];

    (void)state;
    digest_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void sha256_in_pieces_equals_sha256_at_once(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct digest_sha256 *digest = digest_sha256_new(scope);
    char piece[1000];
    char hex[DIGEST_SHA256_HEX];

    (void)state;
    memset(piece, 'a', sizeof(piece));
    for (int round = 0; round < 1000; round++)
        digest_sha256_add(digest, piece, sizeof(piece));
    digest_sha256_end(digest, hex);
    /* FIPS 180: a million times "a". */
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void derived_uuid_is_the_one_of_rfc_9562(void **state)
{
    char uuid[UUID_TEXT_SIZE];

    (void)state;
    /* RFC 9562, A.4 */
    uuid_derive(DNS_NAME_SPACE, "www.example.com", uuid);
    assert_string_equal(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    uuid_derive("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "www.example.com", uuid);
    assert_string_equal(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    uuid_derive(DNS_NAME_SPACE, "", uuid);
    assert_string_equal(uuid, "4ebd0208-8328-5d69-8c44-ec50939c0967");
}

static void derived_uuid_depends_on_name_and_name_space(void **state)
{
    char one[UUID_TEXT_SIZE];
    char two[UUID_TEXT_SIZE];
    char other[UUID_TEXT_SIZE];

    (void)state;
    uuid_derive(DNS_NAME_SPACE, "restore/1", one);
    uuid_derive(DNS_NAME_SPACE, "restore/2", two);
    assert_string_not_equal(one, two);
    uuid_derive(one, "restore/1", other);
    assert_string_not_equal(one, other);
}

static void name_space_that_is_no_uuid_counts_by_its_text(void **state)
{
    static const char *const odd[] = {"", "run", "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c8-",
                                      "6ba7b8109dad-11d1-80b4--00c04fd430c8"};
    char uuids[FERRY_COUNT(odd)][UUID_TEXT_SIZE];

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(odd); at++) {
        char again[UUID_TEXT_SIZE];

        uuid_derive(odd[at], "name", uuids[at]);
        uuid_derive(odd[at], "name", again);
        assert_string_equal(uuids[at], again);
        for (size_t before = 0; before < at; before++)
            assert_string_not_equal(uuids[before], uuids[at]);
    }
}

static void random_uuid_says_version_4_and_does_not_repeat(void **state)
{
    char one[UUID_TEXT_SIZE];
    char two[UUID_TEXT_SIZE];

    (void)state;
    uuid_random(rng_system(), one);
    uuid_random(rng_system(), two);
    assert_int_equal(strlen(one), 36);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
    assert_int_equal(strspn(one, "0123456789abcdef-"), 36);
    assert_true(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_vectors),
        cmocka_unit_test(sha256_in_pieces_equals_sha256_at_once),
        cmocka_unit_test(derived_uuid_is_the_one_of_rfc_9562),
        cmocka_unit_test(derived_uuid_depends_on_name_and_name_space),
        cmocka_unit_test(name_space_that_is_no_uuid_counts_by_its_text),
        cmocka_unit_test(random_uuid_says_version_4_and_does_not_repeat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
