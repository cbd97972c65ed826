/*
 * How the engine talks to a manager: an interface with two implementations, libcurl
 * (src/http/client.c) and the simulator of the tests, and one guard before each (src/http/gate.c),
 * which refuses every changing request that has no committed intent of this epoch.
 */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include "base/error.h"
#include "http/message.h"

struct transport;

struct transport_ops {
    /* Starts a request. Borrows it until its reply is handed out. ticket comes back with the reply.
       A refusal of the transport itself comes as a reply too (HTTP_NOT_SENT), never as a crash. */
    void (*submit)(struct transport *transport, const struct http_request *request,
                   uint64_t ticket);
    /* One finished transfer, or false. Gives *reply (talloc, below ctx). */
    bool (*finished)(struct transport *transport, const void *ctx, uint64_t *ticket,
                     struct http_reply **reply);
    /* Waits until a transfer finishes, a signal arrives, or max_ms have passed (< 0: no limit). */
    void (*wait)(struct transport *transport, int64_t max_ms);
    /* Bytes of the body sent so far, or of reply_file received, of how many (0: not known); false
       when the ticket is not in flight. */
    bool (*progress)(struct transport *transport, uint64_t ticket, int64_t *sent, int64_t *total);
    /* Cuts every transfer; their replies (HTTP_UNKNOWN or HTTP_NOT_SENT) can be fetched after. */
    void (*abort_all)(struct transport *transport);
    /* How many were submitted and whose reply finished has not given out yet. */
    size_t (*in_flight)(struct transport *transport);
};

struct transport {
    const struct transport_ops *ops;
};

/* The guard. permitted(arg, intent_id) says whether an intent of this epoch is on disk, open and
   committed. Below ctx; borrows inner. */
struct transport *transport_gate(const void *ctx, struct transport *inner,
                                 bool (*permitted)(void *arg, const char *intent_id), void *arg);
/* How many requests a gate has refused since it was made. */
size_t transport_gate_refusals(const struct transport *gate);

#endif
