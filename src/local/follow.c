#include "local/follow.h"

#include <string.h>

#include "base/mem.h"

#define LOOK_MS 20 /* so often it is looked whether something has come */

static void drop(struct local_follow *follow)
{
    mem_free(follow->proof);
    follow->proof = NULL;
    follow->coming = false;
}

void local_follow_begin(struct local_follow *follow, const void *ctx,
                        const struct http_request *request, uint64_t ticket)
{
    struct local_proof *proof = follow->proof;

    if (request->reply_file == NULL) {
        return;
    }
    if (proof != NULL &&
        (strcmp(local_proof_path(proof), request->reply_file) != 0 ||
         local_proof_at(proof) > request->reply_offset || !local_proof_holds(proof))) {
        drop(follow);
    }
    if (follow->proof == NULL) {
        follow->proof = local_proof_new(ctx, request->reply_file);
    }
    follow->ticket = ticket;
    follow->coming = true;
    follow->dry = 0;
}

/* How many bytes of the file are there; false: it has not begun, or has ended. */
static bool have_come(const struct local_follow *follow, struct transport *inner, int64_t *bytes)
{
    int64_t total = 0;

    return inner->ops->progress(inner, follow->ticket, bytes, &total) && total > 0;
}

void local_follow_wait(struct local_follow *follow, struct transport *inner, int64_t max_ms)
{
    int64_t before = 0;
    int64_t after = 0;

    if (!follow->coming || !have_come(follow, inner, &before)) {
        inner->ops->wait(inner, max_ms);
        return;
    }
    if (local_proof_at(follow->proof) < before && before != follow->dry) {
        max_ms = 0;
    } else if (max_ms < 0 || max_ms > LOOK_MS) {
        max_ms = LOOK_MS;
    }
    inner->ops->wait(inner, max_ms);
    if (!have_come(follow, inner, &after)) {
        return;
    }
    if (after < local_proof_at(follow->proof)) {
        drop(follow); /* it was begun anew */
    } else if (after == before) {
        int64_t got = local_proof_read(follow->proof, after);

        follow->dry = got == 0 ? after : 0;
        if (got < 0) {
            drop(follow);
        }
    }
}

void local_follow_end(struct local_follow *follow, uint64_t ticket, const struct http_reply *reply)
{
    if (!follow->coming || ticket != follow->ticket) {
        return;
    }
    follow->coming = false;
    if (reply->file_anew || reply->file_touched) {
        drop(follow);
    } else {
        local_proof_mark(follow->proof);
    }
}

struct local_proof *local_follow_take(struct local_follow *follow, const void *ctx,
                                      const char *path)
{
    struct local_proof *proof = follow->proof;

    if (proof == NULL || follow->coming || strcmp(local_proof_path(proof), path) != 0 ||
        !local_proof_holds(proof)) {
        return local_proof_new(ctx, path);
    }
    follow->proof = NULL;
    return mem_move(ctx, proof);
}
