/* A download that is proven while it comes. */
#include "ferry_test.h"

#include "base/digest.h"
#include "base/mem.h"
#include "unit/local/place.h"

/* All of it comes, and nothing of it was there before. */
static void download(struct place *place, size_t size)
{
    struct http_request *request = http_request_new(place, HTTP_GET, "/archive");
    struct transport *transport = place->transport;

    request->reply_file = place_path(place, NAME ".part");
    place->inner.come = place->inner.total = (int64_t)size;
    transport->ops->submit(transport, request, 3);
    for (int turn = 0; turn < 3; turn++) {
        transport->ops->wait(transport, 0);
    }
}

static void download_ends(struct place *place, bool anew, bool touched)
{
    struct transport *transport = place->transport;
    struct http_reply *reply = http_reply_new(place);
    uint64_t ticket = 0;

    reply->file_anew = anew;
    reply->file_touched = touched;
    place->inner.reply = reply;
    assert_true(transport->ops->finished(transport, place, &ticket, &reply));
}

static struct http_reply *checked(struct place *place)
{
    place->told = 0;
    return place_ask(place, HTTP_GET, "/backups/" NAME "/check", NULL);
}

static bool is_digest(struct place *place, const struct http_reply *reply, const void *data,
                      size_t size)
{
    char sha256[DIGEST_SHA256_HEX];

    digest_sha256_hex(data, size, sha256);
    assert_int_equal(reply->status, 200);
    return strcmp(json_string_or(reply->json, "sha256", ""), sha256) == 0 &&
           json_int64_or(reply->json, "size", 0) == (int64_t)size && place->told > 0;
}

static void what_has_come_is_not_read_again(void **state)
{
    struct place *place = *state;
    size_t size = 0;
    const char *bytes = place_put_archive(place, &size);
    int told;

    assert_true(is_digest(place, checked(place), bytes, size));
    told = place->told;
    download(place, size);
    download_ends(place, false, false);
    assert_true(is_digest(place, checked(place), bytes, size));
    assert_int_equal(place->told, told - 1); /* without the one piece of it */
}

static void what_changed_behind_the_proof_is_read_again(void **state)
{
    struct place *place = *state;
    size_t size = 0;
    const char *bytes = place_put_archive(place, &size);
    char *other = (char *)mem_memdup(place, bytes, size);

    for (int way = 0; way < 4; way++) {
        other[way] = bytes[way]; /* of its header: 'P' 'K' 3 4 */
        place_put(place, NAME ".part", bytes, size);
        download(place, size);
        other[size - 1 - (size_t)way] ^= 1;
        if (way < 3) {
            FILE *file = fopen(place_path(place, NAME ".part"), "r+b");

            assert_non_null(file); /* the same file, and of the same size */
            assert_int_equal(fwrite(other, 1, size, file), size);
            assert_int_equal(fclose(file), 0);
        }
        download_ends(place, way == 0, way == 1);
        if (way >= 2) { /* only its times, or that it is another file, can tell */
            place_put(place, NAME ".part", other, size);
        }
        place_says(checked(place), 422, "");
        other[size - 1 - (size_t)way] ^= 1;
    }
}

static void download_that_goes_on_is_proven_on(void **state)
{
    struct place *place = *state;
    size_t size = 0;
    const char *bytes = place_put_archive(place, &size);
    struct http_request *request = http_request_new(place, HTTP_GET, "/archive");
    struct transport *transport = place->transport;
    int told;

    assert_true(is_digest(place, checked(place), bytes, size));
    told = place->told;
    place_put(place, NAME ".part", bytes, size / 2);
    download(place, size / 2); /* cut off there */
    download_ends(place, false, false);
    request->reply_file = place_path(place, NAME ".part");
    request->reply_offset = (int64_t)(size / 2);
    transport->ops->submit(transport, request, 3);
    FILE *file = fopen(request->reply_file, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes + size / 2, 1, size - size / 2, file), size - size / 2);
    assert_int_equal(fclose(file), 0);
    place->inner.come = place->inner.total = (int64_t)size;
    transport->ops->wait(transport, 0);
    download_ends(place, false, false);
    assert_true(is_digest(place, checked(place), bytes, size));
    assert_int_equal(place->told, told - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_has_come_is_not_read_again),
        TEST(what_changed_behind_the_proof_is_read_again),
        TEST(download_that_goes_on_is_proven_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
