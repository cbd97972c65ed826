/* ferry_inspect: a snapshot archive alone, without a manager and without a journal. */
#include "base/error.h"
#include "cloudify/archive.h"
#include "cloudify/version.h"
#include "ferry_internal.h"

#define TELL_MS 500 /* between two lines of progress */

/* Managers take no snapshot of an older one (facts 2.4). */
static const struct cloudify_version oldest = {.major = 4};

struct inspecting {
    struct ferry *ferry;
    const char *what;
    int64_t told_ms;
};

static bool go_on(void *arg, int64_t done, int64_t total)
{
    struct inspecting *inspecting = arg;
    struct ferry *ferry = inspecting->ferry;
    int64_t now_ms = ferry->clock->now_ms(ferry->clock);

    if (now_ms - inspecting->told_ms >= TELL_MS) {
        char *text = mem_printf(NULL, "%s: %d %%", inspecting->what,
                                total > 0 ? (int)((double)done * 100 / (double)total) : 0);
        inspecting->told_ms = now_ms;
        session_tell_reading(ferry, text);
        mem_free(text);
    }
    return ferry->stop == 0;
}

/* What can be read and still not restored by any manager. */
static enum ferry_code check_age(const struct cloudify_archive *archive, struct ferry_error *err)
{
    struct cloudify_version version;

    if (!cloudify_version_parse(archive->version, &version) ||
        cloudify_version_compare(&version, &oldest) >= 0) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_REFUSED,
               "the snapshot is of a manager %s: none takes one older than 4.0", archive->version);
    ferry_error_hint(err, "restore it on a 4.x manager first and take a snapshot of that one");
    return FERRY_E_REFUSED;
}

static enum ferry_code read_it(const void *ctx, struct ferry *ferry, const char *path, bool deep,
                               struct json **report, struct ferry_error *err)
{
    struct inspecting inspecting = {.ferry = ferry, .what = "reading the archive"};
    struct cloudify_archive_options options = {.progress = go_on, .arg = &inspecting, .deep = deep};
    struct cloudify_archive *archive = NULL;
    char sha256[DIGEST_SHA256_HEX];
    int64_t size = 0;
    enum ferry_code code = cloudify_archive_read(ctx, path, &options, &archive, err);

    if (code == FERRY_OK) {
        inspecting.what = "its digest";
        code = cloudify_archive_digest(path, &options, sha256, &size, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    *report = cloudify_archive_report(ctx, archive, sha256);
    json_set_string(*report, "archive", path);
    json_set_bool(*report, "deep", deep);
    code = check_age(archive, err);
    json_set_bool(*report, "usable", code == FERRY_OK);
    return code;
}

enum ferry_code ferry_inspect(struct ferry *ferry, const char *path, bool deep, char **report,
                              struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = NULL;
    enum ferry_code code = read_it(scope, ferry, path, deep, &document, err);

    *report = NULL;
    if (document != NULL) {
        *report = ferry_text(json_print(scope, document));
    }
    return code;
}
