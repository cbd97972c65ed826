/* Plans and small columns as they stand in a dump: the input is what follows "\x" when its first
   byte is even, else the whole text of the column. */
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cloudify/archive_plan.h"

#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_column(struct buf *column, const uint8_t *data, size_t size)
{
    if ((data[0] & 1) != 0) {
        (void)buf_append(column, data + 1, size - 1);
        return;
    }
    (void)buf_puts(column, "\\x");
    for (size_t i = 1; i < size; i++) {
        (void)buf_printf(column, "%02x", data[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = mem_new(scope, struct cloudify_archive);
    struct archive_plan *plan = archive_plan_new(scope, archive);
    struct cloudify_archive_blueprint blueprint = {.id = ""};
    struct buf column;
    size_t count = 0;

    if (size == 0 || size > INPUT_MAX) {
        return 0;
    }
    buf_init(&column, scope, 4 * INPUT_MAX);
    put_column(&column, data, size);
    archive_plan_feed(plan, column.data == NULL ? "" : column.data, column.len);
    archive_plan_end(plan, &blueprint);
    (void)archive_plan_texts(scope, buf_text(&column), &count);
    return 0;
}
