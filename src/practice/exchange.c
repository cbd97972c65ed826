#include "practice/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/routes.h"
#include "practice/schedules.h"

#define DIED 137 /* exit code of a manager that a fault has ended, as a shell shows SIGKILL */

int64_t exchange_now_ms(const struct server *server)
{
    struct clock *clock = server->practice->clock;
    return clock->realtime_ms(clock);
}

void exchange_pause(struct exchange *exchange, int64_t ms)
{
    exchange->wake_ms = exchange_now_ms(exchange->server) + ms;
    exchange->suspended = true;
    exchange->next = exchange->server->waiting;
    exchange->server->waiting = exchange;
    MHD_suspend_connection(exchange->request.connection);
}

static enum MHD_Result wait_until(struct exchange *exchange, enum stage stage, int64_t delay_ms)
{
    exchange->stage = stage;
    exchange_pause(exchange, delay_ms);
    return MHD_YES;
}

int64_t exchange_wake(struct server *server, int64_t now_ms)
{
    int64_t next = INT64_MAX;
    struct exchange **at = &server->waiting;
    while (*at != NULL) {
        struct exchange *exchange = *at;
        if (exchange->wake_ms > now_ms) {
            next = exchange->wake_ms < next ? exchange->wake_ms : next;
            at = &exchange->next;
            continue;
        }
        *at = exchange->next;
        exchange->suspended = false;
        MHD_resume_connection(exchange->request.connection);
    }
    return next;
}

static enum MHD_Result closed(struct exchange *exchange)
{
    ledger_answered(exchange->server->practice, exchange->number, 0);
    return MHD_NO;
}

static void answer_with(struct request *request, const struct fault *fault)
{
    request->reply.headers_count = 0;
    reply_nginx(request, fault->status);
    if (fault->body != NULL) {
        buf_clear(&request->reply.body);
        (void)buf_puts(&request->reply.body, fault->body);
        request->reply.type =
            *fault->body == '{' || *fault->body == '[' ? "application/json" : "text/html";
    }
    const struct json *at = json_first(fault->headers);
    for (; at != NULL; at = json_next(at)) {
        reply_header(request, json_key(at), json_text(at) == NULL ? "" : json_text(at));
    }
}

/* nginx's limit_req: a bucket that empties at the rate and overflows above the burst. -1: refused;
   else how long the request waits, which is not at all while the bucket is below the delay. */
static int64_t rate_wait_ms(struct exchange *exchange)
{
    const struct traffic *traffic = &exchange->server->practice->traffic;
    struct port *port = exchange->port;
    int64_t now = exchange_now_ms(exchange->server);
    if (exchange->number == 0 || exchange->limited || traffic->rate <= 0) {
        return 0;
    }
    exchange->limited = true;
    port->bucket -= (double)(now - port->bucket_ms) * traffic->rate / 1000.0;
    port->bucket_ms = now;
    if (port->bucket < 0) {
        port->bucket = 0;
    }
    if (port->bucket > traffic->burst) {
        return -1;
    }
    double excess = port->bucket - traffic->delay;
    port->bucket += 1;
    return excess > 0 ? (int64_t)(excess * 1000.0 / traffic->rate) : 0;
}

static void take_effect(struct exchange *exchange)
{
    struct practice *practice = exchange->server->practice;
    jobs_run(practice, practice_now_ms(practice));
    if (practice->traffic.schedules_run && exchange->number != 0) {
        sql_begin(practice->sql);
        schedules_fire(practice, practice_now_ms(practice));
        sql_commit(practice->sql);
    }
    routes_dispatch(&exchange->request);
}

/* True: the request ends here, with *result. */
static bool fault_before(struct exchange *exchange, enum MHD_Result *result)
{
    const struct fault *fault = exchange->fault;
    if (fault == NULL) {
        return false;
    }
    switch (fault->kind) {
    case FAULT_DROP_BEFORE:
        *result = closed(exchange);
        return true;
    case FAULT_DIE_BEFORE:
        _exit(DIED);
    case FAULT_KILL_CLIENT_BEFORE:
        faults_kill_client(fault);
        *result = closed(exchange);
        return true;
    case FAULT_ANSWER:
        if (fault->after_effect) {
            return false;
        }
        answer_with(&exchange->request, fault);
        *result = exchange_send(exchange);
        return true;
    case FAULT_DELAY:
        if (fault->after_effect || exchange->stage == STAGE_BEFORE) {
            return false;
        }
        *result = wait_until(exchange, STAGE_BEFORE, fault->delay_ms);
        return true;
    case FAULT_DROP_AFTER:
    case FAULT_CUT_BODY:
    case FAULT_DIE_AFTER:
    case FAULT_KILL_CLIENT_AFTER:
    case FAULT_STALL:
    case FAULT_CORRUPT:
    case FAULT_WRONG_LENGTH:
    case FAULT_SLOW:
    case FAULT_REPLACE_FILE:
    case FAULT_DIE_BODY:
    case FAULT_KILL_CLIENT_BODY:
        break;
    }
    return false;
}

static bool fault_after(struct exchange *exchange, enum MHD_Result *result)
{
    const struct fault *fault = exchange->fault;
    if (fault == NULL) {
        return false;
    }
    if (fault->kind == FAULT_DIE_AFTER) {
        _exit(DIED);
    }
    if (fault->kind == FAULT_KILL_CLIENT_AFTER) {
        faults_kill_client(fault);
    }
    if (fault->kind == FAULT_KILL_CLIENT_AFTER || fault->kind == FAULT_DROP_AFTER) {
        *result = closed(exchange);
        return true;
    }
    if (fault->kind == FAULT_ANSWER) {
        answer_with(&exchange->request, fault);
    }
    if (fault->kind == FAULT_DELAY && fault->after_effect) {
        *result = wait_until(exchange, STAGE_AFTER, fault->delay_ms);
        return true;
    }
    return false;
}

enum MHD_Result exchange_advance(struct exchange *exchange)
{
    enum MHD_Result result = MHD_NO;
    if (exchange->stage == STAGE_AFTER) {
        return exchange_send(exchange);
    }
    if (!exchange->limited && fault_before(exchange, &result)) {
        return result;
    }
    int64_t wait_ms = rate_wait_ms(exchange);
    if (wait_ms < 0) {
        reply_nginx(&exchange->request, 503);
        return exchange_send(exchange);
    }
    if (wait_ms > 0) {
        return wait_until(exchange, STAGE_LIMITED, wait_ms);
    }
    take_effect(exchange);
    if (fault_after(exchange, &result)) {
        return result;
    }
    const struct practice *practice = exchange->server->practice;
    int64_t slow_ms = practice->state.slow_ms + practice->traffic.latency_ms;
    if (slow_ms > 0 && exchange->number != 0) {
        return wait_until(exchange, STAGE_AFTER, slow_ms);
    }
    return exchange_send(exchange);
}
