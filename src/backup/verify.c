#include "backup/verify.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static enum ferry_code read_whole(const char *path, const struct catalog_entry *entry,
                                  const struct cloudify_archive_options *options,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive;
    char sha256[DIGEST_SHA256_HEX];
    int64_t size;

    if (cloudify_archive_digest(path, options, sha256, &size, err)) {
        return err->code;
    }
    if (strcmp(sha256, entry->record->sha256) != 0) {
        ferry_fail(err, FERRY_E_ARCHIVE, "%s is damaged: its SHA-256 is %s, its record says %s",
                   path, sha256, entry->record->sha256);
        ferry_error_hint(err, "an older backup that is proven can be restored: ferry backups");
        return FERRY_E_ARCHIVE;
    }
    return entry->proven ? FERRY_OK : cloudify_archive_read(scope, path, options, &archive, err);
}

enum ferry_code backup_verify(const char *folder, const struct catalog_entry *entry,
                              const struct cloudify_archive_options *options, struct clock *clock,
                              struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = mem_printf(scope, "%s/%s", folder, entry->name);
    struct ferry_error noting = {0};
    enum ferry_code code = read_whole(path, entry, options, err);

    if (code && code != FERRY_E_ARCHIVE) {
        return code;
    }
    if (catalog_mark(path, code == FERRY_OK, clock->realtime_ms(clock), &noting) && !code) {
        *err = noting;
        return ferry_error_prefix(err, "%s is right, but that cannot be noted", path);
    }
    return code;
}
