/*
 * The files of plugins.upload: what is in them, and zips that ferry packs of loose parts.
 *
 * A packed zip lies in a folder beside the journal while a run goes on, named by its digest: the
 * plan counts the same bytes without writing them, and after a crash they are made again. Only one
 * ferry at a time has the journal, so the folder is ours and may be emptied.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cloudify/archive.h"
#include "cloudify/plugin.h"
#include "libferry/internal.h"

#define FOLDER_MAX 4096 /* bytes of the working folder's path: PATH_MAX of Linux */

/* --- facts --- */

static const char *key_of(const struct json *entry)
{
    return json_is_string(entry) ? json_text(entry) : json_string_or(entry, "wagon", "");
}

/* Beside the journal; absolute, since a run may be resumed from elsewhere. */
static char *folder_for(const void *ctx, const struct ferry *ferry)
{
    char *here = mem_array(ctx, char, FOLDER_MAX);

    if (ferry->journal_path[0] == '/' || !getcwd(here, FOLDER_MAX)) {
        return mem_printf(ctx, "%s.plugins", ferry->journal_path);
    }
    return mem_printf(ctx, "%s/%s.plugins", here, ferry->journal_path);
}

/* What stands in the way of this file, for the plan: all of them are told at once. */
static void put_problem(struct json *facts, const struct ferry_error *problem)
{
    json_set_string(facts, "problem", problem->message);
    json_set_string(facts, "hint", problem->hint[0] ? problem->hint : NULL);
}

static enum ferry_code read_archive(const void *ctx, const char *path, bool digest,
                                    struct json *out, struct ferry_error *err)
{
    char sha256[DIGEST_SHA256_HEX];
    struct ferry_error problem = {0};
    struct json *found;
    struct stat info;
    int64_t size;

    if (session_stat(path, &info, err)) {
        return err->code;
    }
    json_set_int(out, "size", info.st_size);
    json_set_int(out, "modified_ms", session_modified_ms(&info));
    if (cloudify_plugin_read(ctx, path, &found, &problem) == FERRY_OK) {
        json_merge(out, found);
    } else if (problem.code == FERRY_E_ARCHIVE) {
        put_problem(out, &problem);
    } else {
        *err = problem;
        return err->code;
    }
    if (digest) {
        if (cloudify_archive_digest(path, NULL, sha256, &size, err)) {
            return err->code;
        }
        json_set_string(out, "sha256", sha256);
    }
    return FERRY_OK;
}

static enum ferry_code read_parts(const void *ctx, const struct json *parts, struct json *out,
                                  struct ferry_error *err)
{
    char sha256[DIGEST_SHA256_HEX];
    struct ferry_error problem = {0};
    struct json *found;
    int64_t size;

    if (cloudify_plugin_read_parts(ctx, parts, &found, &problem)) {
        if (problem.code == FERRY_E_ARCHIVE) {
            put_problem(out, &problem);
            return FERRY_OK;
        }
        *err = problem;
        return err->code;
    }
    json_merge(out, found);
    if (cloudify_plugin_pack(parts, NULL, sha256, &size, err)) {
        return err->code;
    }
    json_set_int(out, "size", size);
    json_set_string(out, "sha256", sha256);
    return FERRY_OK;
}

enum ferry_code plugins_facts(const void *ctx, struct ferry *ferry, const struct json *options,
                              bool digest, struct json *facts, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(ctx);
    const struct json *entry = json_first(json_get(options, "plugins.upload"));
    struct json *files = json_set_object(facts, "plugin_files");

    for (; entry; entry = json_next(entry)) {
        struct json *out = json_set_object(files, key_of(entry));

        if (ferry->stop) {
            return ferry_fail(err, FERRY_E_STOPPED, "stopped by a signal; nothing was changed");
        }
        session_tell_reading(ferry, mem_printf(scope, "reading plugin %s", key_of(entry)));
        if (json_is_object(entry)) {
            json_set_string(facts, "plugin_folder", folder_for(scope, ferry));
        }
        if (json_is_object(entry) ? read_parts(scope, entry, out, err)
                                  : read_archive(scope, key_of(entry), digest, out, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

/* --- packing --- */

/* An archive that was put in another's place under a run that knows what it holds. */
static enum ferry_code check_archive(const char *path, const struct json *known,
                                     struct ferry_error *err)
{
    struct stat info;

    if (stat(path, &info)) {
        return FERRY_OK; /* it may be uploaded already; its own unit says so if not */
    }
    if (info.st_size == json_int64_or(known, "size", info.st_size) &&
        session_modified_ms(&info) ==
            json_int64_or(known, "modified_ms", session_modified_ms(&info))) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_REFUSED, "plugin \"%s\" is not the file that this run began with",
               path);
    ferry_error_hint(err, "put the old file back (with its time), or cancel the run and begin a "
                          "new one");
    return err->code;
}

static enum ferry_code pack(const void *ctx, const struct json *parts, const struct json *known,
                            const char *folder, struct ferry_error *err)
{
    const char *wanted = json_string_or(known, "sha256", "");
    char *path = mem_printf(ctx, "%s/%s.zip", folder, wanted);
    char sha256[DIGEST_SHA256_HEX];
    struct stat info;
    int64_t size;

    if (stat(key_of(parts), &info)) {
        return FERRY_OK; /* as check_archive */
    }
    if (cloudify_plugin_pack(parts, path, sha256, &size, err)) {
        return err->code;
    }
    if (strcmp(sha256, wanted) == 0) {
        return FERRY_OK;
    }
    (void)unlink(path);
    ferry_fail(err, FERRY_E_REFUSED,
               "plugin \"%s\" and its parts are not the files that this run began with",
               key_of(parts));
    ferry_error_hint(err, "put the old files back, or cancel the run and begin a new one");
    return err->code;
}

static bool upload_is_over(const void *ctx, struct journal *journal, const struct run_row *run)
{
    struct ferry_error ignored = {0};
    struct step_row *rows;
    size_t count;

    if (journal_steps(journal, ctx, run->run, &rows, &count, &ignored)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, "upload_plugins") == 0) {
            return rows[i].state == STEP_DONE || rows[i].state == STEP_SKIPPED ||
                   rows[i].state == STEP_FAILED;
        }
    }
    return false;
}

/* "SHA256.zip" or what was to become one; nothing else is ours. */
static bool is_packed(const char *name)
{
    return strspn(name, "0123456789abcdef") == DIGEST_SHA256_HEX - 1 &&
           strncmp(name + DIGEST_SHA256_HEX - 1, ".zip", 4) == 0;
}

static void empty_folder(const char *folder)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    DIR *listing = opendir(folder);
    struct dirent *entry;

    while (listing && (entry = readdir(listing))) {
        if (is_packed(entry->d_name)) {
            (void)unlink(mem_printf(scope, "%s/%s", folder, entry->d_name));
        }
    }
    if (listing) {
        (void)closedir(listing);
    }
}

enum ferry_code plugins_pack(struct session *session, const struct run_row *run,
                             const struct json *facts, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *folder = json_string_or(facts, "plugin_folder", NULL);
    const struct json *files = json_get(facts, "plugin_files");
    const struct json *entry = json_first(json_get(session->options, "plugins.upload"));

    if (folder) {
        empty_folder(folder);
    }
    if (upload_is_over(scope, session->journal, run)) {
        return FERRY_OK;
    }
    if (folder && file_make_folders(folder, err)) {
        return err->code;
    }
    for (; entry; entry = json_next(entry)) {
        const struct json *known = json_member(files, key_of(entry));

        if (json_is_object(entry)) {
            session_tell_reading(session->ferry,
                                 mem_printf(scope, "packing plugin %s", key_of(entry)));
        }
        if (json_is_object(entry) ? pack(scope, entry, known, folder, err)
                                  : check_archive(key_of(entry), known, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

void plugins_unpack(const struct json *facts)
{
    const char *folder = json_string_or(facts, "plugin_folder", NULL);

    if (folder) {
        empty_folder(folder);
        (void)rmdir(folder);
    }
}
