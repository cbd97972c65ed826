/* The laboratory's states and its transport; see lab.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lab.h"

struct lab_transfer {
    uint64_t ticket;
    int64_t ready_ms;
    struct http_reply *reply;
    bool twice;
    struct lab_transfer *next;
};

/* --- the states --- */

static bool ask(const char *phase, const struct state_unit *units, size_t n,
                struct http_request **request, const void *mem)
{
    char *path = mem_printf(mem, "/%s/%s?", phase, units[0].id ? units[0].id : "");

    for (size_t i = 0; i < n; i++) {
        path = mem_printf(mem, "%s%s%s", path, i ? "," : "", units[i].key);
    }
    *request = http_request_new(mem, strcmp(phase, "act") == 0 ? HTTP_POST : HTTP_GET, path);
    return true;
}

#define LAB_ASK(name)                                                                              \
    bool lab_ask_##name(const struct state_context *context, const struct state_unit *units,       \
                        size_t n, struct http_request **request, struct state_verdict *verdicts,   \
                        const void *mem)                                                           \
    {                                                                                              \
        (void)context, (void)verdicts;                                                             \
        return ask(#name, units, n, request, mem);                                                 \
    }
LAB_ASK(plan)
LAB_ASK(expand)
LAB_ASK(probe)
LAB_ASK(act)
LAB_ASK(await)
LAB_ASK(verify)

static void add_units(struct state_sink *sink, const struct json *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *keys = mem_strdup(scope, json_string_or(row, "add", "")), *rest = keys, *key;
    int64_t first = json_int64_or(row, "add_first", 0), count = json_int64_or(row, "add_count", 0);
    struct json *given = json_object(scope);

    while ((key = strtok_r(rest, " ", &rest)) != NULL) {
        if (key[0] == '-') {
            state_sink_skip(sink, key + 1, "nothing to do there");
        } else if (key[0] == '+') {
            json_set_string(given, "host", key + 1);
            state_sink_add_given(sink, key + 1, given);
        } else {
            state_sink_add(sink, key);
        }
    }
    for (int64_t i = first; i < first + count; i++) {
        state_sink_add(sink, mem_printf(scope, "u%05d", (int)i));
    }
}

static void judge_one(const struct state_context *context, const struct json *row,
                      struct state_verdict *verdict, const void *mem)
{
    const struct json *data = json_get(row, "data"), *facts = json_get(row, "facts");

    verdict->answer = (enum state_answer)json_int64_or(row, "say", STATE_NONE);
    verdict->code = (enum ferry_code)json_int64_or(row, "code", FERRY_OK);
    verdict->reason = json_string_or(row, "reason", NULL);
    verdict->hint = json_string_or(row, "hint", NULL);
    verdict->remote_id = json_string_or(row, "remote_id", NULL);
    verdict->remote_state = json_string_or(row, "remote_state", NULL);
    verdict->back = json_string_or(row, "back", NULL);
    verdict->wait_ms = json_int64_or(row, "wait_ms", -1);
    verdict->done = json_int64_or(row, "done", 0);
    verdict->total = json_int64_or(row, "total", 0);
    verdict->data = data ? json_copy(mem, data) : NULL;
    verdict->facts = facts ? json_copy(mem, facts) : NULL;
    if (context->sink) {
        add_units(context->sink, row);
    }
}

void lab_judge(const struct state_context *context, const struct state_unit *units, size_t n,
               const struct http_reply *reply, struct state_verdict *verdicts, const void *mem)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *row = json_member(reply->json, units[i].key);

        if (row) {
            judge_one(context, row, &verdicts[i], mem);
        } else {
            state_say(&verdicts[i], mem, STATE_CANNOT_TELL, "status %d says nothing",
                      reply->status);
        }
    }
}

void lab_timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->interval_ms = 1000;
    timing->quiet_ms = 2000;
    timing->deadline_ms = 3600000;
    timing->probe_deadline_ms = timing->before_deadline_ms = 600000;
    timing->concurrency = 3;
}

/* --- the transport --- */

static struct lab *lab_of(struct transport *transport)
{
    return (struct lab *)(void *)((char *)transport - offsetof(struct lab, transport));
}

static struct lab_record *record(struct lab *lab, const struct http_request *request)
{
    struct lab_record *call;
    const char *id = strchr(request->path + 1, '/'), *keys = strchr(request->path, '?');

    lab_must(id && keys && id < keys, "not a request of the laboratory");
    if (lab->call_count == lab->call_room) {
        lab->call_room = lab->call_room ? lab->call_room * 2 : 64;
        lab->calls = mem_resize(lab, lab->calls, struct lab_record, lab->call_room);
    }
    call = &lab->calls[lab->call_count++];
    *call = (struct lab_record){.at_ms = lab->now_ms, .n = 1};
    call->phase = mem_strndup(lab, request->path + 1, (size_t)(id - request->path - 1));
    call->keys = mem_strdup(lab, keys + 1);
    snprintf(call->id, sizeof call->id, "%.*s", (int)(keys - id - 1), id + 1);
    call->changes = http_method_changes(request->method);
    for (const char *at = call->keys; (at = strchr(at, ',')) != NULL; at++) {
        call->n++;
    }
    return call;
}

static void set_json(struct json *row, const char *key, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *node;

    if (text) {
        lab_must(!json_parse(scope, text, strlen(text), &node, NULL), text);
        json_set_json(row, key, node);
    }
}

static void set_text(struct json *row, const char *key, const char *text)
{
    if (text) {
        json_set_string(row, key, text);
    }
}

static void put_row(struct json *body, const char *key, const struct lab_answer *answer)
{
    struct json *row = json_set_object(body, key);

    json_set_int(row, "say", answer->say);
    json_set_int(row, "code", answer->code);
    json_set_int(row, "wait_ms", answer->wait_ms);
    json_set_int(row, "done", answer->done);
    json_set_int(row, "total", answer->total);
    json_set_int(row, "add_first", answer->add_first);
    json_set_int(row, "add_count", answer->add_count);
    set_text(row, "reason", answer->reason);
    set_text(row, "hint", answer->hint);
    set_text(row, "remote_id", answer->remote_id);
    set_text(row, "remote_state", answer->remote_state);
    set_text(row, "back", answer->back);
    set_text(row, "add", answer->add);
    set_json(row, "data", answer->data);
    set_json(row, "facts", answer->facts);
}

static void silent(struct lab_transfer *transfer, int64_t ready_ms, enum http_outcome outcome,
                   const char *text)
{
    transfer->ready_ms = ready_ms;
    transfer->reply->outcome = outcome;
    transfer->reply->code = FERRY_E_UNREACHABLE;
    transfer->reply->error = text;
}

static void fill(struct lab *lab, struct lab_transfer *transfer, const struct lab_answer *first,
                 const struct json *body)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    static const char page[] = "<html>502 Bad Gateway</html>";
    char *text = json_print(scope, body);
    int64_t soon_ms = lab->now_ms + LAB_LATENCY_MS + first->delay_ms;

    transfer->ready_ms = soon_ms;
    transfer->twice = first->fate == LAB_TWICE;
    switch (first->fate) {
    case LAB_GOOD:
    case LAB_TWICE:
        http_reply_fill(transfer->reply, first->status ? first->status : 200, "application/json",
                        text, strlen(text));
        transfer->reply->retry_after_ms = first->retry_after_ms;
        break;
    case LAB_PAGE:
        http_reply_fill(transfer->reply, 502, "text/html", page, sizeof page - 1);
        break;
    case LAB_NOT_SENT:
        silent(transfer, lab->now_ms, HTTP_NOT_SENT, "connection refused");
        break;
    case LAB_LOST:
        silent(transfer, soon_ms, HTTP_UNKNOWN, "connection reset");
        break;
    case LAB_NEVER:
        transfer->ready_ms = INT64_MAX;
        break;
    }
}

static void submit(struct transport *transport, const struct http_request *request, uint64_t ticket)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct lab *lab = lab_of(transport);
    struct lab_transfer *transfer = mem_new(lab, struct lab_transfer), **end = &lab->transfers;
    struct lab_record call = *record(lab, request);
    struct lab_answer first = {.wait_ms = -1};
    struct json *body = json_object(scope);
    char *rest = mem_strdup(scope, call.keys), *key;

    for (size_t at = 0; (key = strtok_r(rest, ",", &rest)) != NULL; at++) {
        struct lab_answer answer = {.wait_ms = -1, .retry_after_ms = -1};
        struct lab_call one = {.phase = call.phase, .key = key, .id = call.id, .at = at};

        one.of = call.n;
        one.nth = lab_count(lab, call.phase, key);
        lab->answer(lab, &one, &answer);
        first = at ? first : answer;
        put_row(body, key, &answer);
    }
    transfer->ticket = ticket;
    transfer->reply = http_reply_new(transfer);
    fill(lab, transfer, &first, body);
    while (*end) {
        end = &(*end)->next;
    }
    *end = transfer;
}

static bool finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                     struct http_reply **reply)
{
    struct lab *lab = lab_of(transport);

    for (struct lab_transfer **at = &lab->transfers; *at; at = &(*at)->next) {
        struct lab_transfer *transfer = *at;

        if (transfer->ready_ms > lab->now_ms) {
            continue;
        }
        *ticket = transfer->ticket;
        if (transfer->twice) {
            transfer->twice = false;
            *reply = http_reply_new(ctx);
            http_reply_fill(*reply, 200, "application/json", transfer->reply->body,
                            transfer->reply->body_size);
            return true;
        }
        *at = transfer->next;
        *reply = mem_move(ctx, transfer->reply);
        mem_free(transfer);
        return true;
    }
    return false;
}

static void wait_for(struct transport *transport, int64_t max_ms)
{
    struct lab *lab = lab_of(transport);
    int64_t until_ms = lab->now_ms + (max_ms < 0 ? 3600000 : max_ms);

    lab->waits++;
    lab_must(lab->waits < 2000000, "it never ends");
    if (lab->on_wait) {
        lab->on_wait(lab);
    }
    for (struct lab_transfer *at = lab->transfers; at; at = at->next) {
        until_ms = at->ready_ms < until_ms ? at->ready_ms : until_ms;
    }
    lab->now_ms = until_ms > lab->now_ms ? until_ms : lab->now_ms + 1;
}

/* Half of it. */
static bool progress(struct transport *transport, uint64_t ticket, int64_t *sent, int64_t *total)
{
    (void)ticket;
    *total = 1000;
    *sent = lab_of(transport)->transfers ? 500 : 1000;
    return true;
}

static void abort_all(struct transport *transport)
{
    for (struct lab_transfer *at = lab_of(transport)->transfers; at; at = at->next) {
        silent(at, lab_of(transport)->now_ms, HTTP_UNKNOWN, "cut");
    }
}

static size_t in_flight(struct transport *transport)
{
    size_t count = 0;

    for (struct lab_transfer *at = lab_of(transport)->transfers; at; at = at->next) {
        count++;
    }
    return count;
}

const struct transport_ops lab_transport = {submit,   finished,  wait_for,
                                            progress, abort_all, in_flight};

void lab_forget_client(struct lab *lab)
{
    while (lab->transfers) {
        struct lab_transfer *transfer = lab->transfers;

        lab->transfers = transfer->next;
        mem_free(transfer);
    }
}
