#include "http/client.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "http/loop.h"
#include "http/outcome.h"
#include "http/site.h"

#define CONNECTIONS_DEFAULT 64
#define STALL_CHECK_MS 250

struct transfer_list {
    struct http_transfer *first;
    struct http_transfer *last;
    size_t count;
};

struct http_client {
    struct transport transport;
    struct http_site_state *sites[HTTP_SITES]; /* NULL: not configured */
    struct clock *clock;
    struct log *log;
    struct http_loop *loop;
    int64_t stall_check_ms;      /* when to look for stalled transfers again */
    size_t most;                 /* transfers that curl works on at once */
    struct transfer_list queued; /* not yet given to curl */
    struct transfer_list active; /* given to curl */
    struct transfer_list done;   /* their replies wait to be fetched */
};

static struct http_site_state *site_of(const struct http_client *client,
                                       const struct http_request *request)
{
    return request->site < HTTP_SITES ? client->sites[request->site] : NULL;
}

static struct http_client *client_of(struct transport *transport)
{
    return (struct http_client *)transport; /* the first member */
}

static void list_append(struct transfer_list *list, struct http_transfer *transfer)
{
    transfer->next = NULL;
    if (list->last == NULL) {
        list->first = transfer;
    } else {
        list->last->next = transfer;
    }
    list->last = transfer;
    list->count++;
}

static struct http_transfer *list_take_first(struct transfer_list *list)
{
    struct http_transfer *first = list->first;

    if (first != NULL) {
        list->first = first->next;
        list->last = list->first == NULL ? NULL : list->last;
        list->count--;
    }
    return first;
}

static void list_remove(struct transfer_list *list, const struct http_transfer *transfer)
{
    struct http_transfer *before = NULL;

    for (struct http_transfer *at = list->first; at != NULL; before = at, at = at->next) {
        if (at != transfer) {
            continue;
        }
        if (before == NULL) {
            list->first = at->next;
        } else {
            before->next = at->next;
        }
        list->last = list->last == at ? before : list->last;
        list->count--;
        return;
    }
}

static const struct http_transfer *list_find(const struct transfer_list *list, uint64_t ticket)
{
    const struct http_transfer *at = list->first;

    while (at != NULL && at->ticket != ticket) {
        at = at->next;
    }
    return at;
}

/* ---- the way of a transfer: queued, active, done ---- */

static void log_end(struct http_client *client, struct http_transfer *transfer)
{
    const struct http_reply *reply = transfer->reply;
    char *path = http_transfer_path(transfer, transfer->request);

    if (reply->outcome == HTTP_ANSWERED) {
        log_line(client->log, LOG_DEBUG, "http: %s %s: %d, %zu bytes, %lld ms",
                 http_method_name(transfer->request->method), path, reply->status, reply->body_size,
                 (long long)reply->took_ms);
    } else {
        log_line(client->log, LOG_INFO, "http: %s", reply->error);
    }
    mem_free(path);
}

/* A node that is not there: who asks next, asks the next one. */
static void judge_node(struct http_client *client, const struct http_transfer *transfer)
{
    struct http_site_state *site = site_of(client, transfer->request);

    if (site != NULL && transfer->request->node == NULL && transfer->request->knock == NULL &&
        http_node_failed(transfer->reply) && http_nodes_move_on(&site->nodes, transfer->url)) {
        log_line(client->log, LOG_WARN, "http: %s does not answer, from now on %s is asked",
                 transfer->url, http_nodes_pick(&site->nodes, NULL));
    }
}

/* A token that the manager refused gives way to the password of its login. Requests that were sent
   with it meanwhile may be told so later; to them it is as true. */
static void judge_token(struct http_client *client, const struct http_transfer *transfer)
{
    struct http_login *login = transfer->token_of;
    struct http_reply *reply = transfer->reply;

    if (login == NULL || login->password == NULL || login->username == NULL ||
        reply->outcome != HTTP_ANSWERED || reply->status != 401 || http_reply_is_foreign(reply)) {
        return;
    }
    if (login->token != NULL) {
        log_line(client->log, LOG_WARN,
                 "http: the manager refuses the token, from now on the password of \"%s\" is used",
                 login->username);
    }
    login->token = NULL;
    reply->token_refused = true;
}

static void finish(struct http_client *client, struct http_transfer *transfer)
{
    log_end(client, transfer);
    judge_node(client, transfer);
    judge_token(client, transfer);
    list_append(&client->done, transfer);
}

/* Says to which node it goes. On failure the transfer has ended with HTTP_NOT_SENT. */
static bool aim(struct http_transfer *transfer, const struct http_site_state *site)
{
    const char *node = NULL;

    if (transfer->request->knock != NULL) {
        return true; /* it names its own goal */
    }
    if (site == NULL) {
        http_transfer_blame(transfer, FERRY_E_CONFIG,
                            "it is not configured: give from.url, from.username and from.password");
        http_transfer_end(transfer, CURLE_URL_MALFORMAT);
        return false;
    }
    node = http_nodes_pick(&site->nodes, transfer->request->node);
    if (node == NULL) {
        http_transfer_blame(transfer, FERRY_E_CONFIG,
                            "the run is pinned to this node, and the configuration does not name "
                            "it any more: name it again in manager.url (--manager)");
        http_transfer_end(transfer, CURLE_URL_MALFORMAT);
        return false;
    }
    transfer->url = node;
    transfer->reply->node = mem_strdup(transfer->reply, node);
    return true;
}

/* What a transfer is told about its manager; a knock needs none, but the clock. */
static const struct http_transfer_options *options_of(const struct http_client *client,
                                                      const struct http_site_state *site)
{
    return site != NULL ? &site->options : &client->sites[HTTP_SITE_NEW]->options;
}

static void start_queued(struct http_client *client)
{
    while (client->active.count < client->most && client->queued.count > 0) {
        struct http_transfer *transfer = list_take_first(&client->queued);
        const struct http_site_state *site = site_of(client, transfer->request);

        if (!aim(transfer, site) || !http_transfer_setup(transfer, options_of(client, site))) {
            finish(client, transfer);
        } else if (curl_multi_add_handle(http_loop_multi(client->loop), transfer->easy) !=
                   CURLM_OK) {
            http_transfer_blame(transfer, FERRY_E_FAILED, "libcurl does not take the transfer");
            http_transfer_end(transfer, CURLE_FAILED_INIT);
            finish(client, transfer);
        } else {
            list_append(&client->active, transfer);
        }
    }
}

static void collect_ended(struct http_client *client)
{
    CURLcode result = CURLE_OK;
    CURL *easy;

    while ((easy = http_loop_ended(client->loop, &result)) != NULL) {
        struct http_transfer *transfer = NULL;

        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        list_remove(&client->active, transfer);
        http_transfer_end(transfer, result);
        finish(client, transfer);
    }
}

static void cut(struct http_client *client, struct http_transfer *transfer, CURLcode result)
{
    (void)curl_multi_remove_handle(http_loop_multi(client->loop), transfer->easy);
    http_transfer_end(transfer, result);
    finish(client, transfer);
}

/* curl's own limit (LOW_SPEED_TIME) works in seconds over a window of five, and takes no notice of
   header lines; so we look ourselves, now and then. */
static void cut_stalled(struct http_client *client)
{
    int64_t now_ms = client->clock->now_ms(client->clock);
    struct http_transfer *next = NULL;

    if (now_ms < client->stall_check_ms) {
        return;
    }
    client->stall_check_ms = now_ms + STALL_CHECK_MS;
    for (struct http_transfer *at = client->active.first; at != NULL; at = next) {
        next = at->next;
        if (at->request->stall_ms > 0 && http_transfer_stalled(at, now_ms)) {
            list_remove(&client->active, at);
            cut(client, at, CURLE_OPERATION_TIMEDOUT);
        }
    }
}

/* How long a turn may take: not past the next look at stalled transfers. */
static int64_t turn_ms(const struct http_client *client, int64_t left_ms)
{
    const struct http_transfer *at = client->active.first;

    while (at != NULL && at->request->stall_ms == 0) {
        at = at->next;
    }
    return at != NULL && (left_ms < 0 || left_ms > STALL_CHECK_MS) ? STALL_CHECK_MS : left_ms;
}

/* ---- the interface ---- */

/* Where a transfer goes as far as is known before its start, for people. */
static const char *goal_of(const struct http_site_state *site, const struct http_request *request)
{
    if (request->knock != NULL) {
        return request->knock;
    }
    if (request->node != NULL) {
        return request->node;
    }
    return site != NULL ? http_nodes_pick(&site->nodes, NULL) : "the old manager";
}

static void client_submit(struct transport *transport, const struct http_request *request,
                          uint64_t ticket)
{
    struct http_client *client = client_of(transport);
    const struct http_site_state *site = site_of(client, request);
    struct http_transfer *transfer =
        http_transfer_new(client, options_of(client, site), request, ticket);

    transfer->url = goal_of(site, request);
    list_append(&client->queued, transfer);
    start_queued(client);
}

static bool client_finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                            struct http_reply **reply)
{
    struct http_transfer *transfer = list_take_first(&client_of(transport)->done);

    if (transfer == NULL) {
        return false;
    }
    *ticket = transfer->ticket;
    *reply = mem_move(ctx, transfer->reply);
    mem_free(transfer);
    return true;
}

static void client_wait(struct transport *transport, int64_t max_ms)
{
    struct http_client *client = client_of(transport);
    struct clock *clock = client->clock;
    int64_t start_ms = clock->now_ms(clock);
    int64_t left_ms = max_ms;
    bool go_on = true;

    while (go_on && client->done.count == 0) {
        go_on = http_loop_turn(client->loop, turn_ms(client, left_ms));
        collect_ended(client);
        cut_stalled(client);
        start_queued(client);
        if (max_ms >= 0) {
            int64_t passed_ms = clock->now_ms(clock) - start_ms;

            left_ms = max_ms > passed_ms ? max_ms - passed_ms : 0;
            go_on = go_on && left_ms > 0;
        }
    }
}

static bool client_progress(struct transport *transport, uint64_t ticket, int64_t *sent,
                            int64_t *total)
{
    struct http_client *client = client_of(transport);
    const struct http_transfer *transfer = list_find(&client->active, ticket);

    if (transfer == NULL) {
        transfer = list_find(&client->queued, ticket);
    }
    if (transfer == NULL) {
        return false;
    }
    if (transfer->sink != NULL) {
        *sent = http_sink_bytes(transfer->sink);
        *total = transfer->request->reply_size;
        return true;
    }
    *sent = http_transfer_sent(transfer);
    *total = transfer->request->body_size;
    return true;
}

static void client_abort_all(struct transport *transport)
{
    struct http_client *client = client_of(transport);
    struct http_transfer *transfer;

    collect_ended(client); /* what has ended before stays as it ended */
    while ((transfer = list_take_first(&client->active)) != NULL) {
        http_transfer_blame(transfer, FERRY_E_STOPPED, "stopped");
        cut(client, transfer, CURLE_ABORTED_BY_CALLBACK);
    }
    while ((transfer = list_take_first(&client->queued)) != NULL) {
        http_transfer_blame(transfer, FERRY_E_STOPPED, "stopped");
        http_transfer_end(transfer, CURLE_ABORTED_BY_CALLBACK);
        finish(client, transfer);
    }
}

static size_t client_in_flight(struct transport *transport)
{
    const struct http_client *client = client_of(transport);

    return client->queued.count + client->active.count + client->done.count;
}

static const struct transport_ops client_ops = {
    .submit = client_submit,
    .finished = client_finished,
    .wait = client_wait,
    .progress = client_progress,
    .abort_all = client_abort_all,
    .in_flight = client_in_flight,
};

/* ---- making one ---- */

static int client_destroy(struct http_client *client)
{
    struct http_transfer *transfer;

    while ((transfer = list_take_first(&client->active)) != NULL) {
        (void)curl_multi_remove_handle(http_loop_multi(client->loop), transfer->easy);
        mem_free(transfer);
    }
    return 0;
}

static enum ferry_code make_sites(struct http_client *client,
                                  const struct http_client_options *options,
                                  struct ferry_error *err)
{
    enum ferry_code code = http_site_new(client, options, &client->sites[HTTP_SITE_NEW], err);

    if (code == FERRY_OK && options->old != NULL) {
        struct http_client_options old = *options->old;

        old.user_agent = options->user_agent;
        old.clock = options->clock;
        code = http_site_new(client, &old, &client->sites[HTTP_SITE_OLD], err);
    }
    return code;
}

enum ferry_code http_client_new(const void *ctx, const struct http_client_options *options,
                                struct transport **out, struct ferry_error *err)
{
    struct http_client *client = mem_new(ctx, struct http_client);
    enum ferry_code code = make_sites(client, options, err);

    client->transport.ops = &client_ops;
    client->clock = options->clock;
    client->log = options->log;
    client->most =
        options->max_connections > 0 ? (size_t)options->max_connections : CONNECTIONS_DEFAULT;
    if (code == FERRY_OK) {
        code = http_loop_new(client, options->clock, (int)client->most, &client->loop, err);
    }
    if (code != FERRY_OK) {
        mem_free(client);
        return code;
    }
    talloc_set_destructor(client, client_destroy);
    *out = &client->transport;
    return FERRY_OK;
}
