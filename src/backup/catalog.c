#include "backup/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"

struct names {
    char **list;
    size_t count, room;
};

static void close_folder(DIR **folder)
{
    if (*folder) {
        (void)closedir(*folder);
    }
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcmp(name + length - tail, end) == 0;
}

static bool is_of_backups(const char *name)
{
    return ends_with(name, ".zip") || ends_with(name, ".zip.part") ||
           ends_with(name, ".zip.json") || ends_with(name, ".zip.sha256");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum ferry_code list(const void *ctx, const char *path, struct names *names,
                            struct ferry_error *err)
{
    DIR *folder FERRY_CLEANUP(close_folder) = opendir(path);
    const struct dirent *row;

    if (!folder) {
        return ferry_fail_errno(err, errno == ENOENT ? FERRY_E_NOT_FOUND : FERRY_E_IO, errno,
                                "cannot open the folder %s", path);
    }
    for (errno = 0; (row = readdir(folder)) != NULL; errno = 0) {
        if (!is_of_backups(row->d_name)) {
            continue;
        }
        if (names->count >= CATALOG_ENTRIES_MAX) {
            return ferry_fail(err, FERRY_E_IO, "the folder %s holds more than %d files", path,
                              CATALOG_ENTRIES_MAX);
        }
        if (names->count == names->room) {
            names->room = names->room ? names->room * 2 : 64;
            names->list = mem_resize(ctx, names->list, char *, names->room);
        }
        names->list[names->count++] = mem_strdup(names->list, row->d_name);
    }
    if (errno != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot read the folder %s", path);
    }
    if (names->count > 0) {
        qsort(names->list, names->count, sizeof(*names->list), compare_names);
    }
    return FERRY_OK;
}

static bool has(const struct names *names, const char *name)
{
    return names->count > 0 &&
           bsearch(&name, names->list, names->count, sizeof(*names->list), compare_names) != NULL;
}

/* An archive: ours when its record says so. */
static void judge(const struct catalog *catalog, const char *path, struct catalog_entry *entry)
{
    struct ferry_error why = {0};
    struct backup_record *record = NULL;
    enum ferry_code code = catalog_record_read(catalog, path, &record, &why);

    if (code) {
        entry->problem = code == FERRY_E_NOT_FOUND ? "no record stands beside it"
                                                   : mem_strdup(catalog, why.message);
        return;
    }
    entry->record = record;
    entry->proven = record->proven_at_ms > 0;
    if (record->size != entry->size) {
        entry->proven = false;
        entry->problem = mem_printf(catalog, "it has %" PRId64 " bytes, its record says %" PRId64,
                                    entry->size, record->size);
    } else if (record->damaged_at_ms > 0 && !entry->proven) {
        entry->problem = "it was found damaged";
    }
}

/* Fills an entry for a file; false: nothing to tell of it. */
static bool look(const struct catalog *catalog, const struct names *names, const char *name,
                 struct catalog_entry *entry)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = mem_printf(scope, "%s/%s", catalog->folder, name);
    const char *end = strrchr(name, '.');
    bool is_archive = strcmp(end, ".zip") == 0, is_part = strcmp(end, ".part") == 0;
    struct stat info;

    /* A record is told of with its archive or its unfinished download, if there is one. */
    if (!is_archive && !is_part) {
        char *archive = mem_strndup(scope, name, (size_t)(end - name));

        if (has(names, archive) || has(names, mem_printf(scope, "%s.part", archive))) {
            return false;
        }
    }
    if (lstat(path, &info) != 0) {
        return false; /* it has gone meanwhile */
    }
    *entry = (struct catalog_entry){
        .kind = is_archive ? CATALOG_ARCHIVE
                : is_part  ? CATALOG_UNFINISHED
                           : CATALOG_LONE_RECORD,
        .name = name,
        .size = (int64_t)info.st_size,
        .modified_ms = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000,
    };
    if (!S_ISREG(info.st_mode)) {
        entry->problem = S_ISLNK(info.st_mode) ? "it is a symbolic link" : "it is not a file";
    } else if (entry->kind == CATALOG_ARCHIVE) {
        judge(catalog, path, entry);
    } else {
        entry->problem = is_part ? "a download that has not ended" : "its archive is not there";
    }
    return true;
}

enum ferry_code catalog_read(const void *ctx, const char *folder, struct catalog **out,
                             struct ferry_error *err)
{
    struct catalog *catalog = mem_new(ctx, struct catalog);
    struct names names = {0};
    enum ferry_code code = list(catalog, folder, &names, err);

    if (code) {
        mem_free(catalog);
        return code;
    }
    catalog->folder = mem_strdup(catalog, folder);
    catalog->entries = mem_array(catalog, struct catalog_entry, names.count + 1);
    for (size_t at = 0; at < names.count; at++) {
        if (look(catalog, &names, names.list[at], &catalog->entries[catalog->count])) {
            catalog->count++;
        }
    }
    *out = catalog;
    return FERRY_OK;
}

void catalog_judge(const void *ctx, const struct catalog *catalog,
                   const struct retention_policy *policy, int64_t now_ms,
                   struct retention_verdict *verdicts)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct retention_entry *entries = mem_array(scope, struct retention_entry, catalog->count + 1);

    for (size_t at = 0; at < catalog->count; at++) {
        const struct catalog_entry *entry = &catalog->entries[at];

        entries[at] = (struct retention_entry){.name = entry->name, .proven = entry->proven};
        if (entry->record) {
            entries[at].made_by_ferry = true;
            entries[at].of_upgrade = entry->record->upgrade;
            entries[at].manager = entry->record->manager;
            entries[at].taken_at_ms = entry->record->taken_at_ms;
        }
    }
    retention_judge(ctx, policy, entries, catalog->count, now_ms, verdicts);
    for (size_t at = 0; at < catalog->count; at++) {
        if (!catalog->entries[at].record) {
            verdicts[at].why = mem_printf(ctx, "not ferry's: %s", catalog->entries[at].problem);
        }
        if (catalog->entries[at].kind == CATALOG_UNFINISHED) {
            verdicts[at].why = "a download that has not ended";
        }
    }
}
