/* Lists that come in pages, cut by the list's own total (facts 10.1). */
#ifndef STATES_PAGING_H
#define STATES_PAGING_H

#include "cloudify/reply.h"
#include "engine/state.h"

struct states_page {
    const struct json *items;
    int64_t total; /* rows of the whole list, as this answer says */
    bool last;     /* no further page: the total is reached, or this page was empty */
};

/*
 * Reads a page of a list of which *offset rows were read before, and adds its own. True: the
 * verdict says AGAIN, or DONE after the last page, and tells the progress; a caller with more to
 * ask changes it. False: the answer holds no list, and the verdict says CANNOT_TELL.
 */
bool states_take_page(const struct cloudify_answer *answer, int64_t *offset,
                      struct states_page *page, struct state_verdict *verdict, const void *mem);

#endif
