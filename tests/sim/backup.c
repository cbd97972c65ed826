#include "backup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/local.h"

#define THEIRS "theirs.zip"
#define FILE_MOST 100000

static char *path_of(const void *ctx, const char *kept, const char *name)
{
    return mem_printf(ctx, "%s/%s", kept, name);
}

void backup_end(const char *kept)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct dirent *row;
    DIR *folder = opendir(kept);

    while (folder && (row = readdir(folder)) != NULL) {
        (void)unlink(path_of(scope, kept, row->d_name));
    }
    if (folder) {
        (void)closedir(folder);
        (void)rmdir(kept);
    }
}

void backup_begin(const char *kept)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};

    backup_end(kept);
    if (mkdir(kept, 0700) ||
        file_write_atomic(path_of(scope, kept, THEIRS), "not ours", 8, 0600, &err)) {
        perror(kept);
        exit(2);
    }
}

struct json *backup_options(const void *ctx, const struct scenario *scenario, const char *kept)
{
    static const char text[] =
        "{\"manager\":{\"url\":\"https://sim\",\"username\":\"admin\",\"tenant\":"
        "\"default_tenant\"},\"backup\":{\"name\":\"{manager}-{time}\",\"credentials\":true,"
        "\"logs\":true,\"events\":true,\"metrics\":false,\"legacy\":true,\"busy\":\"wait\"},"
        "\"keep\":{\"daily\":7},\"limits\":{\"requests_per_second\":50,\"in_flight\":8}}";
    struct json *options, *backup;

    if (json_parse(ctx, text, strlen(text), &options, NULL)) {
        return NULL;
    }
    backup = (struct json *)(uintptr_t)json_get(options, "backup");
    json_set_string(backup, "directory", kept);
    json_set_bool(backup, "delete_after", scenario->delete_after);
    json_set_int((struct json *)(uintptr_t)json_get(options, "limits"), "settle_ms", SETTLE_MS);
    return options;
}

struct transport *backup_folder(const void *ctx, struct world *world, const char *kept)
{
    struct json *keep = json_object(ctx);

    json_set_int(keep, "daily", 7);
    return local_transport(
        ctx, &world->transport,
        &(struct local_options){.folder = kept, .clock = &world->clock, .keep = keep});
}

/* --- what must be true --- */

static bool ends(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);

    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

struct found {
    unsigned zips, records, sums, parts, theirs, others;
    char zip[300];
};

static void look(const char *kept, struct found *found)
{
    DIR *folder = opendir(kept);
    const struct dirent *row;

    while (folder && (row = readdir(folder)) != NULL) {
        const char *name = row->d_name;
        bool zip = ends(name, ".zip") && strcmp(name, THEIRS) != 0;

        found->zips += zip;
        found->theirs += strcmp(name, THEIRS) == 0;
        found->records += ends(name, ".zip.json");
        found->sums += ends(name, ".zip.sha256");
        found->parts += ends(name, ".part");
        found->others += name[0] != '.' && !ends(name, ".zip") && !ends(name, ".zip.json") &&
                         !ends(name, ".zip.sha256") && !ends(name, ".part");
        if (zip) {
            snprintf(found->zip, sizeof found->zip, "%s/%s", kept, name);
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
}

static bool is_whole(const void *ctx, const struct found *found, const struct manager *manager)
{
    struct json *record;
    char sha256[DIGEST_SHA256_HEX], *text, *sum, *bytes;
    size_t size, length;

    digest_sha256_hex(manager->archive, manager->archive_size, sha256);
    return !file_read(ctx, found->zip, FILE_MOST, &bytes, &size, NULL) &&
           size == manager->archive_size && memcmp(bytes, manager->archive, size) == 0 &&
           !file_read(ctx, mem_printf(ctx, "%s.sha256", found->zip), FILE_MOST, &sum, &length,
                      NULL) &&
           strncmp(sum, sha256, strlen(sha256)) == 0 &&
           !file_read(ctx, mem_printf(ctx, "%s.json", found->zip), FILE_MOST, &text, &length,
                      NULL) &&
           !json_parse(ctx, text, length, &record, NULL) &&
           strcmp(json_string_or(record, "sha256", ""), sha256) == 0;
}

/* After a cancel: all of it or nothing, here and on the manager. */
static const char *cancelled_problem(const void *ctx, const struct found *found,
                                     const struct manager *manager)
{
    const struct manager_ledger *ledger = &manager->ledger;

    if (ledger->created > 1 || ledger->deleted + found->zips != ledger->created) {
        return mem_printf(ctx, "cancelled: %u snapshots made, %u deleted, %u archives here",
                          ledger->created, ledger->deleted, found->zips);
    }
    return found->zips == 0 || is_whole(ctx, found, manager) ? NULL : "half a backup was left";
}

const char *backup_problem(const void *ctx, const struct scenario *scenario,
                           const struct history *history, const char *kept)
{
    const struct manager *manager = history->world->manager;
    const struct manager_ledger *ledger = &manager->ledger;
    struct found found = {0};

    look(kept, &found);
    if (ledger->deleted_theirs || found.theirs != 1) {
        return "a snapshot or file of somebody else is gone";
    }
    if (found.records != found.zips || found.sums != found.zips || found.parts || found.others) {
        return mem_printf(ctx, "%u archives, %u records, %u sums, %u parts, %u others", found.zips,
                          found.records, found.sums, found.parts, found.others);
    }
    if (history->cancelled) {
        return cancelled_problem(ctx, &found, manager);
    }
    if (ledger->created != 1 || ledger->deleted != (scenario->delete_after ? 1 : 0)) {
        return mem_printf(ctx, "%u snapshots were made, %u deleted", ledger->created,
                          ledger->deleted);
    }
    return found.zips == 1 && is_whole(ctx, &found, manager)
               ? NULL
               : "the backup is not what the manager made";
}
