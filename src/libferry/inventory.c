/* The names of the archive, read once more when they are wanted: for the step that compares. */
#include <string.h>

#include "cloudify/archive.h"
#include "cloudify/inventory.h"
#include "libferry/internal.h"

static bool go_on(void *arg, int64_t done, int64_t total)
{
    const struct ferry *ferry = arg;

    (void)done, (void)total;
    return ferry->stop == 0;
}

static enum ferry_code read_names(const void *ctx, struct session *session,
                                  const struct json *facts, const char *file,
                                  struct inventory *inventory, struct ferry_error *err)
{
    const struct cloudify_archive_options options = {
        .progress = go_on, .arg = session->ferry, .inventory = inventory};
    struct cloudify_archive *archive;
    struct stat info;

    if (session_stat(file, &info, err) || session_check_archive(session->options, facts, err) ||
        cloudify_archive_read(ctx, file, &options, &archive, err)) {
        return err->code;
    }
    return FERRY_OK;
}

void session_provide(void *arg, const char *step, const struct json *facts, void *memo)
{
    struct session *session = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *file = json_string_or(session->options, "snapshot.file", NULL);
    struct ferry_error err = {0};
    struct inventory *inventory;

    if (strcmp(step, "compare") != 0 || json_get(facts, "archive.format") == NULL) {
        return;
    }
    inventory = inventory_new(memo);
    if (file == NULL) {
        inventory_fail(inventory, "the archive is not on this machine");
        return;
    }
    session_tell_reading(session->ferry, "reading the names in the archive");
    if (read_names(scope, session, facts, file, inventory, &err)) {
        inventory_fail(inventory, err.message);
    }
}
