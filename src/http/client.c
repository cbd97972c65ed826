#include "http/client.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "http/auth.h"
#include "http/loop.h"
#include "http/transfer.h"

#define CONNECTIONS_DEFAULT 64
#define STALL_CHECK_MS 250
#define CA_FILE_LIMIT ((size_t)16 * 1024 * 1024)

struct transfer_list {
    struct http_transfer *first;
    struct http_transfer *last;
    size_t count;
};

struct http_client {
    struct transport transport;
    struct http_transfer_options options;
    struct http_login before;
    struct http_login after;
    struct log *log;
    struct http_loop *loop;
    int64_t stall_check_ms;      /* when to look for stalled transfers again */
    size_t most;                 /* transfers that curl works on at once */
    struct transfer_list queued; /* not yet given to curl */
    struct transfer_list active; /* given to curl */
    struct transfer_list done;   /* their replies wait to be fetched */
};

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

static void finish(struct http_client *client, struct http_transfer *transfer)
{
    log_end(client, transfer);
    list_append(&client->done, transfer);
}

static void start_queued(struct http_client *client)
{
    while (client->active.count < client->most && client->queued.count > 0) {
        struct http_transfer *transfer = list_take_first(&client->queued);

        if (!http_transfer_setup(transfer, &client->options)) {
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
    int64_t now_ms = client->options.clock->now_ms(client->options.clock);
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

static void client_submit(struct transport *transport, const struct http_request *request,
                          uint64_t ticket)
{
    struct http_client *client = client_of(transport);

    list_append(&client->queued, http_transfer_new(client, &client->options, request, ticket));
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
    struct clock *clock = client->options.clock;
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

static enum ferry_code check_url(const char *url, struct ferry_error *err)
{
    static const struct {
        CURLUPart part;
        const char *why;
    } absent[] = {
        {CURLUPART_USER, "the user belongs into a setting of its own"},
        {CURLUPART_PASSWORD, "the password belongs into a file"},
        {CURLUPART_QUERY, "it must end with the host and port"},
        {CURLUPART_FRAGMENT, "it must end with the host and port"},
    };
    CURLU *parts = curl_url();
    const char *why = NULL;
    char *text = NULL;

    if (parts == NULL) {
        mem_exhausted();
    }
    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        why = "it is not of the form https://host:port";
    }
    if (why == NULL && curl_url_get(parts, CURLUPART_SCHEME, &text, 0) == CURLUE_OK) {
        why = strcmp(text, "https") == 0 || strcmp(text, "http") == 0
                  ? NULL
                  : "it must begin with https:// (or http://)";
        curl_free(text);
    }
    for (size_t i = 0; why == NULL && i < FERRY_COUNT(absent); i++) {
        if (curl_url_get(parts, absent[i].part, &text, 0) == CURLUE_OK) {
            why = absent[i].why;
            curl_free(text);
        }
    }
    if (why == NULL && curl_url_get(parts, CURLUPART_PATH, &text, 0) == CURLUE_OK) {
        why = strcmp(text, "/") == 0 ? NULL : "it must end with the host and port";
        curl_free(text);
    }
    curl_url_cleanup(parts);
    return why == NULL ? FERRY_OK : ferry_fail(err, FERRY_E_CONFIG, "%s", why);
}

static enum ferry_code check_ca(const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;

    if (path == NULL) {
        return FERRY_OK;
    }
    if (file_read(scope, path, CA_FILE_LIMIT, &text, &size, err) != FERRY_OK) {
        (void)ferry_error_prefix(err, "cannot use the CA file");
        if (err != NULL) {
            err->code = FERRY_E_CONFIG;
        }
        return FERRY_E_CONFIG;
    }
    if (strstr(text, "-----BEGIN CERTIFICATE-----") == NULL &&
        strstr(text, "-----BEGIN TRUSTED CERTIFICATE-----") == NULL) {
        return ferry_fail(err, FERRY_E_CONFIG,
                          "cannot use the CA file \"%s\": it holds no certificate in PEM form",
                          path);
    }
    return FERRY_OK;
}

static int client_destroy(struct http_client *client)
{
    struct http_transfer *transfer;

    while ((transfer = list_take_first(&client->active)) != NULL) {
        (void)curl_multi_remove_handle(http_loop_multi(client->loop), transfer->easy);
        mem_free(transfer);
    }
    return 0;
}

static struct http_login copy_login(const void *ctx, const struct http_login *login)
{
    return (struct http_login){
        .username = mem_strdup(ctx, login->username),
        .password = login->password,
        .token = login->token,
    };
}

static void copy_options(struct http_client *client, const struct http_client_options *options)
{
    size_t length = strlen(options->url);

    while (length > 0 && options->url[length - 1] == '/') {
        length--;
    }
    client->before = copy_login(client, &options->before);
    client->after = copy_login(client, &options->after);
    client->options = (struct http_transfer_options){
        .url = mem_strndup(client, options->url, length),
        .ca_file = mem_strdup(client, options->ca_file),
        .insecure = options->insecure,
        .user_agent = mem_strdup(client, options->user_agent),
        .before = &client->before,
        .after = &client->after,
        .clock = options->clock,
    };
    client->log = options->log;
    client->most =
        options->max_connections > 0 ? (size_t)options->max_connections : CONNECTIONS_DEFAULT;
}

enum ferry_code http_client_new(const void *ctx, const struct http_client_options *options,
                                struct transport **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (options->url == NULL || check_url(options->url, err) != FERRY_OK) {
        if (options->url == NULL) {
            return ferry_fail(err, FERRY_E_CONFIG, "no URL of a manager is given");
        }
        return ferry_error_prefix(err, "cannot use the URL \"%s\"",
                                  url_without_credentials(scope, options->url));
    }
    enum ferry_code code = check_ca(options->ca_file, err);
    if (code == FERRY_OK) {
        code = http_auth_check(&options->before, err);
    }
    if (code == FERRY_OK) {
        code = http_auth_check(&options->after, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct http_client *client = mem_new(ctx, struct http_client);
    client->transport.ops = &client_ops;
    copy_options(client, options);
    code = http_loop_new(client, options->clock, (int)client->most, &client->loop, err);
    if (code != FERRY_OK) {
        mem_free(client);
        return code;
    }
    talloc_set_destructor(client, client_destroy);
    *out = &client->transport;
    return FERRY_OK;
}
