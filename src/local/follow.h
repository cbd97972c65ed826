/* A download on its way through this transport, with its proof running behind it. */
#ifndef LOCAL_FOLLOW_H
#define LOCAL_FOLLOW_H

#include "http/transport.h"
#include "local/proof.h"

struct local_follow {
    struct local_proof *proof; /* NULL: nothing has been read that counts */
    uint64_t ticket;           /* of the download */
    bool coming;               /* it has not ended yet */
    int64_t dry;               /* bytes that had come when the file held no more */
};

/* A request is about to be handed on. Proofs are below ctx. */
void local_follow_begin(struct local_follow *follow, const void *ctx,
                        const struct http_request *request, uint64_t ticket);
/* Waits in the inner transport, and proves while no byte comes: never for long. */
void local_follow_wait(struct local_follow *follow, struct transport *inner, int64_t max_ms);
/* A reply has come. */
void local_follow_end(struct local_follow *follow, uint64_t ticket, const struct http_reply *reply);
/* The proof of this file as far as it has got and still counts, or a new one: below ctx. */
struct local_proof *local_follow_take(struct local_follow *follow, const void *ctx,
                                      const char *path);

#endif
