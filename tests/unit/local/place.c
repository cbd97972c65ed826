#include "unit/local/place.h"

#include "ferry_test.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static void inner_submit(struct transport *transport, const struct http_request *request,
                         uint64_t ticket)
{
    (void)request, (void)ticket;
    ((struct inner *)transport)->submitted++;
}

static bool inner_finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                           struct http_reply **reply)
{
    struct inner *inner = (struct inner *)transport;

    if (inner->reply == NULL) {
        return false;
    }
    *ticket = 3;
    *reply = mem_move(ctx, inner->reply);
    inner->reply = NULL;
    inner->total = 0;
    return true;
}

static bool inner_progress(struct transport *transport, uint64_t ticket, int64_t *sent,
                           int64_t *total)
{
    const struct inner *inner = (struct inner *)transport;

    (void)ticket;
    *sent = inner->come;
    *total = inner->total;
    return inner->total > 0;
}

static void inner_wait(struct transport *transport, int64_t max_ms)
{
    (void)max_ms;
    ((struct inner *)transport)->waited++;
}

static void inner_abort(struct transport *transport)
{
    (void)transport;
}

static size_t inner_in_flight(struct transport *transport)
{
    (void)transport;
    return 0;
}

static const struct transport_ops inner_ops = {.submit = inner_submit,
                                               .finished = inner_finished,
                                               .wait = inner_wait,
                                               .progress = inner_progress,
                                               .abort_all = inner_abort,
                                               .in_flight = inner_in_flight};

/* --- a place for each test --- */

static void on_progress(void *arg, int64_t done, int64_t total)
{
    struct place *place = arg;

    assert_true(done <= total);
    place->told++;
}

int place_set_up(void **state)
{
    struct place *place = mem_new(NULL, struct place);
    char folder[] = "local-XXXXXX", here[4096];

    if (mkdtemp(folder) == NULL || getcwd(here, sizeof here) == NULL) {
        return -1;
    }
    place->folder = mem_printf(place, "%s/%s", here, folder);
    place->keep = json_object(place);
    place->inner.transport.ops = &inner_ops;
    place->transport = local_transport(place, &place->inner.transport,
                                       &(struct local_options){.folder = place->folder,
                                                               .clock = clock_system(),
                                                               .keep = place->keep,
                                                               .stop = &place->stop,
                                                               .on_progress = on_progress,
                                                               .arg = place});
    *state = place;
    return 0;
}

int place_tear_down(void **state)
{
    struct place *place = *state;
    DIR *folder = opendir(place->folder);
    const struct dirent *row;

    while (folder != NULL && (row = readdir(folder)) != NULL) {
        (void)unlink(mem_printf(place, "%s/%s", place->folder, row->d_name));
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)rmdir(place->folder);
    mem_free(place);
    return 0;
}

char *place_path(const struct place *place, const char *name)
{
    return mem_printf(place, "%s/%s", place->folder, name);
}

void place_put(const struct place *place, const char *name, const void *data, size_t size)
{
    assert_int_equal(file_write_atomic(place_path(place, name), data, size, 0600, NULL), FERRY_OK);
}

struct http_reply *place_ask(struct place *place, enum http_method method, const char *request,
                             const char *body)
{
    struct http_request *it = http_request_new(place, method, request);
    struct transport *transport = place->transport;
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;

    it->site = HTTP_SITE_LOCAL;
    it->body = body;
    it->body_size = body == NULL ? 0 : (int64_t)strlen(body);
    transport->ops->submit(transport, it, 7);
    assert_int_equal(transport->ops->in_flight(transport), 1);
    assert_false(transport->ops->finished(transport, place, &ticket, &reply));
    transport->ops->wait(transport, 1000);
    assert_true(transport->ops->finished(transport, place, &ticket, &reply));
    assert_int_equal(ticket, 7);
    assert_int_equal(transport->ops->in_flight(transport), 0);
    return reply;
}

void place_says(const struct http_reply *reply, int status, const char *part)
{
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    if (reply->status != status || strstr(reply->body, part) == NULL) {
        fail_msg("%d %s", reply->status, reply->body);
    }
}

/* An archive as NAME.part; *size its bytes. */
const char *place_put_archive(struct place *place, size_t *size)
{
    struct zip_maker *zip = zip_maker_new(place);
    const char *bytes;
    char wagon[5000];

    memset(wagon, 'w', sizeof wagon);
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_add(zip, "plugins/p/x.wgn", wagon, sizeof wagon, NULL);
    bytes = zip_maker_end(zip, NULL, size);
    place_put(place, NAME ".part", bytes, *size);
    return bytes;
}
