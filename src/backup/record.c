/* The record of an archive: NAME.zip.json, and NAME.zip.sha256. */
#include <inttypes.h>
#include <string.h>

#include "backup/catalog.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define CHECKSUM_MAX 16384 /* bytes: a digest and a name of PATH_MAX, escaped */

static void set_time(struct json *object, const char *key, int64_t unix_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    json_set_string(object, key, unix_ms > 0 ? timefmt_utc(scope, unix_ms) : NULL);
}

static enum ferry_code write_json(const char *archive, const struct json *record,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *text = mem_printf(scope, "%s\n", json_print_pretty(scope, record));

    return file_write_atomic(mem_printf(scope, "%s.json", archive), text, strlen(text), 0600, err);
}

enum ferry_code catalog_record_write(const char *archive, const struct backup_record *record,
                                     struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *out = json_object(scope);

    json_set_string(out, "made_by", "ferry");
    json_set_int(out, "record", CATALOG_RECORD_VERSION);
    json_set_string(out, "ferry", record->ferry);
    json_set_string(out, "run", record->run);
    json_set_string(out, "manager", record->manager);
    json_set_string(out, "manager_version", record->manager_version);
    json_set_string(out, "snapshot", record->snapshot);
    set_time(out, "taken_at", record->taken_at_ms);
    json_set_int(out, "size", record->size);
    json_set_string(out, "sha256", record->sha256);
    set_time(out, "proven_at", record->proven_at_ms);
    set_time(out, "damaged_at", record->damaged_at_ms);
    json_set_string(out, "format", record->format);
    if (record->counts) {
        json_set_json(out, "counts", record->counts);
    } else {
        json_set_null(out, "counts");
    }
    if (record->upgrade) {
        json_set_bool(out, "upgrade", true);
    }
    return write_json(archive, out, err);
}

static enum ferry_code load(const void *ctx, const char *archive, struct json **out,
                            struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = mem_printf(scope, "%s.json", archive);
    char *text;
    size_t size;
    enum ferry_code code = file_read(scope, path, CATALOG_RECORD_MAX, &text, &size, err);

    if (code == FERRY_E_NOT_FOUND) {
        return code;
    }
    if (code || json_parse(ctx, text, size, out, err)) {
        (void)ferry_error_prefix(err, "the record %s is damaged", path);
        if (err) {
            err->code = FERRY_E_ARCHIVE;
        }
        return FERRY_E_ARCHIVE;
    }
    return FERRY_OK;
}

static bool read_time(const struct json *object, const char *key, bool required, int64_t *out)
{
    const struct json *value = json_member(object, key);

    *out = 0;
    if (!value || json_is_null(value)) {
        return !required;
    }
    return json_is_string(value) && timefmt_parse_utc(json_text(value), out) && *out > 0;
}

static bool is_digest(const char *text)
{
    return strlen(text) == DIGEST_SHA256_HEX - 1 &&
           strspn(text, "0123456789abcdef") == DIGEST_SHA256_HEX - 1;
}

/* The first member that is not as it must be, or NULL. */
static const char *fill(struct backup_record *record, const struct json *from)
{
    const struct {
        const char *key;
        const char **out;
    } texts[] = {{"ferry", &record->ferry},       {"run", &record->run},
                 {"manager", &record->manager},   {"manager_version", &record->manager_version},
                 {"snapshot", &record->snapshot}, {"sha256", &record->sha256}};
    const struct json *counts = json_member(from, "counts");

    for (size_t at = 0; at < FERRY_COUNT(texts); at++) {
        *texts[at].out = json_text(json_member(from, texts[at].key));
        if (!*texts[at].out || **texts[at].out == '\0') {
            return texts[at].key;
        }
    }
    if (!is_digest(record->sha256)) {
        return "sha256";
    }
    if (!json_is_number(json_member(from, "size")) ||
        json_int64(from, "size", &record->size, NULL) || record->size < 0) {
        return "size";
    }
    if (!read_time(from, "taken_at", true, &record->taken_at_ms)) {
        return "taken_at";
    }
    if (!read_time(from, "proven_at", false, &record->proven_at_ms)) {
        return "proven_at";
    }
    if (!read_time(from, "damaged_at", false, &record->damaged_at_ms)) {
        return "damaged_at";
    }
    record->format = json_string_or(from, "format", NULL);
    record->counts = json_is_object(counts) ? counts : NULL;
    record->upgrade = json_bool_or(from, "upgrade", false);
    return NULL;
}

static enum ferry_code understand(const void *ctx, const struct json *from,
                                  struct backup_record **out, struct ferry_error *err)
{
    struct backup_record *record;
    const char *bad;
    int64_t version = json_int64_or(from, "record", 0);

    if (strcmp(json_string_or(from, "made_by", ""), "ferry") != 0) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "the record is not one of ferry's");
    }
    if (version != CATALOG_RECORD_VERSION) {
        return ferry_fail(err, FERRY_E_ARCHIVE,
                          "the record is of version %" PRId64 ", this ferry knows %d", version,
                          CATALOG_RECORD_VERSION);
    }
    record = mem_new(ctx, struct backup_record);
    bad = fill(record, from);
    if (bad) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "the record is damaged: its %s is missing or wrong",
                          bad);
    }
    *out = record;
    return FERRY_OK;
}

enum ferry_code catalog_record_read(const void *ctx, const char *archive,
                                    struct backup_record **out, struct ferry_error *err)
{
    struct json *from;
    enum ferry_code code = load(ctx, archive, &from, err);

    return code ? code : understand(ctx, from, out, err);
}

enum ferry_code catalog_mark(const char *archive, bool right, int64_t at_ms,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct backup_record *record;
    struct json *from;
    enum ferry_code code = load(scope, archive, &from, err);

    if (!code) {
        code = understand(scope, from, &record, err);
    }
    if (code) {
        return code;
    }
    set_time(from, "proven_at", right ? at_ms : 0);
    set_time(from, "damaged_at", right ? 0 : at_ms);
    return write_json(archive, from, err);
}

/* As sha256sum writes a name that would break its line: a backslash before all, then escapes. */
static void put_name(struct buf *out, const char *digest, const char *name)
{
    bool escaped = strpbrk(name, "\\\n\r") != NULL;

    (void)buf_printf(out, "%s%s  ", escaped ? "\\" : "", digest);
    for (; *name; name++) {
        const char *as = *name == '\\' ? "\\\\" : *name == '\n' ? "\\n" : "\\r";

        if (strchr("\\\n\r", *name)) {
            (void)buf_puts(out, as);
        } else {
            (void)buf_append(out, name, 1);
        }
    }
    (void)buf_puts(out, "\n");
}

enum ferry_code catalog_checksum_write(const char *archive, const char *sha256,
                                       struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *slash = strrchr(archive, '/');
    struct buf line;

    buf_init(&line, scope, CHECKSUM_MAX);
    put_name(&line, sha256, slash ? slash + 1 : archive);
    return file_write_atomic(mem_printf(scope, "%s.sha256", archive), line.data, line.len, 0600,
                             err);
}
