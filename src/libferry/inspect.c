/* ferry_inspect: a snapshot archive alone, without a manager and without a journal. */
#include "base/error.h"
#include "cloudify/archive.h"
#include "cloudify/version.h"
#include "libferry/internal.h"

#define TELL_MS 500 /* between two lines of progress */

/* Managers take no snapshot of an older one (facts 2.4). */
static const struct cloudify_version oldest = {.major = 4};

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
    struct session_reading reading = {
        .ferry = ferry, .what = "reading the archive", .every_ms = TELL_MS};
    struct cloudify_archive_options options = {
        .progress = session_reading_on, .arg = &reading, .deep = deep};
    struct cloudify_archive *archive = NULL;
    char sha256[DIGEST_SHA256_HEX];
    int64_t size = 0;
    enum ferry_code code = cloudify_archive_read(ctx, path, &options, &archive, err);

    if (code == FERRY_OK) {
        reading.what = "its digest";
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
