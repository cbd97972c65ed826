#include "states/paging.h"

bool states_take_page(const struct cloudify_answer *answer, int64_t *offset,
                      struct states_page *page, struct state_verdict *verdict, const void *mem)
{
    int64_t rows;

    page->items = cloudify_items(answer->document);
    page->total = cloudify_total(answer->document);
    if (page->items == NULL || page->total < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return false;
    }
    rows = (int64_t)json_size(page->items);
    *offset += rows;
    page->last = *offset >= page->total || rows == 0;
    verdict->answer = page->last ? STATE_DONE : STATE_AGAIN;
    verdict->done = *offset;
    verdict->total = page->total;
    return true;
}
