/* The folder of backups: what is in it, what is kept and why, and proving it once more. */
#include <string.h>

#include "backup/catalog.h"
#include "backup/verify.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "config/config.h"
#include "libferry/internal.h"

#define SLOTS_MAX 100000

struct listing {
    struct ferry *ferry;
    const char *folder;
    const char *only; /* a name, or NULL */
    struct retention_policy policy;
    struct catalog *catalog;
    struct retention_verdict *verdicts;
};

/* --- where, and by which policy --- */

static enum ferry_code no_folder(struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_USAGE, "which folder of backups? None was named");
    ferry_error_hint(err, "ferry backups DIR, or ferry backups FILE.yaml with backup.directory");
    return err->code;
}

/* keep.daily=7 and the like, beside a folder: a file would have to name a manager too. */
static enum ferry_code take_setting(const char *setting, struct json *keep, struct ferry_error *err)
{
    static const char *const rules[] = {"daily", "weekly", "monthly", "yearly"};
    const char *value = strchr(setting, '=');
    int64_t slots;

    for (size_t i = 0; value && i < FERRY_COUNT(rules); i++) {
        size_t length = strlen(rules[i]);

        if (strncmp(setting, "keep.", 5) == 0 && strncmp(setting + 5, rules[i], length) == 0 &&
            setting + 5 + length == value && parse_int64(value + 1, 0, SLOTS_MAX, &slots)) {
            json_set_int(keep, rules[i], slots);
            return FERRY_OK;
        }
    }
    if (strcmp(setting, "keep.zone=local") == 0 || strcmp(setting, "keep.zone=UTC") == 0) {
        json_set_string(keep, "zone", value + 1);
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_USAGE,
               "beside a folder, a setting is keep.daily=N, keep.weekly=N, "
               "keep.monthly=N, keep.yearly=N or keep.zone=local");
    ferry_error_hint(err, "or name the file of the backups instead: ferry backups FILE.yaml");
    return err->code;
}

static enum ferry_code choose(const void *ctx, const struct ferry_source *source,
                              struct listing *listing, struct ferry_error *err)
{
    struct json *keep = json_object(ctx), *options;
    struct config_source from;

    if (!listing->folder && (!source || !source->file)) {
        return no_folder(err);
    }
    if (listing->folder) {
        for (size_t i = 0; source && i < source->setting_count; i++) {
            if (take_setting(source->settings[i], keep, err)) {
                return err->code;
            }
        }
        listing->policy = retention_policy_of(keep);
        return FERRY_OK;
    }
    from = (struct config_source){.file = source->file,
                                  .settings = source->settings,
                                  .setting_count = source->setting_count,
                                  .workflow = "backup"};
    if (config_load(ctx, &from, &options, err)) {
        return err->code;
    }
    listing->folder = json_string_or(options, "backup.directory", NULL);
    listing->policy = retention_policy_of(json_get(options, "keep"));
    listing->policy.manager = json_string_or(options, "manager.url", NULL);
    return listing->folder ? FERRY_OK : no_folder(err);
}

/* --- proving --- */

static bool is_meant(const struct listing *listing, const struct catalog_entry *entry)
{
    return !listing->only || strcmp(listing->only, entry->name) == 0;
}

/* Reads each archive that ferry made; the first thing that is wrong decides the code, and the
   others are proven all the same. */
static enum ferry_code verify(const struct listing *listing, struct ferry_error *err)
{
    struct ferry_error first = {0};

    for (size_t i = 0; i < listing->catalog->count; i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct catalog_entry *entry = &listing->catalog->entries[i];
        struct session_reading reading = {.ferry = listing->ferry,
                                          .what = mem_printf(scope, "reading %s", entry->name),
                                          .every_ms = ENGINE_PROGRESS_MS};
        struct cloudify_archive_options options = {.progress = session_reading_on, .arg = &reading};
        struct ferry_error one = {0};

        if (!is_meant(listing, entry) || !entry->record) {
            continue;
        }
        if (backup_verify(listing->folder, entry, &options, listing->ferry->clock, &one) &&
            (!first.code || one.code == FERRY_E_ARCHIVE) && first.code != FERRY_E_ARCHIVE) {
            first = one;
        }
        if (one.code == FERRY_E_STOPPED) {
            break;
        }
    }
    if (first.code) {
        *err = first;
    }
    return first.code;
}

/* --- the document --- */

static void describe_record(struct json *row, const struct backup_record *record)
{
    ferry_set_time(row, "taken_at", record->taken_at_ms);
    json_set_string(row, "manager", record->manager);
    json_set_string(row, "manager_version", record->manager_version);
    json_set_string(row, "snapshot", record->snapshot);
    json_set_string(row, "run", record->run);
    json_set_string(row, "sha256", record->sha256);
    json_set_string(row, "format", record->format);
    if (record->counts) {
        json_set_json(row, "counts", record->counts);
    } else {
        json_set_null(row, "counts");
    }
    ferry_set_time(row, "proven_at", record->proven_at_ms);
    ferry_set_time(row, "damaged_at", record->damaged_at_ms);
}

static void describe_entry(struct json *list, const struct catalog_entry *entry,
                           const struct retention_verdict *verdict)
{
    static const char *const kinds[] = {[CATALOG_ARCHIVE] = "archive",
                                        [CATALOG_UNFINISHED] = "unfinished",
                                        [CATALOG_LONE_RECORD] = "record"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *row = json_push_object(list);
    char *name = mem_strdup(scope, entry->name);

    utf8_mend(name, strlen(name));
    json_set_string(row, "name", name);
    json_set_string(row, "kind", kinds[entry->kind]);
    json_set_int(row, "size", entry->size);
    ferry_set_time(row, "modified_at", entry->modified_ms);
    json_set_bool(row, "made_by_ferry", entry->record != NULL);
    if (entry->record) {
        describe_record(row, entry->record);
    }
    json_set_bool(row, "proven", entry->proven);
    json_set_string(row, "problem", entry->problem);
    json_set_bool(row, "keep", verdict->keep);
    json_set_string(row, "why", verdict->why);
}

static void describe_policy(struct json *document, const struct retention_policy *policy)
{
    struct json *keep = json_set_object(document, "keep");

    json_set_int(keep, "daily", policy->daily);
    json_set_int(keep, "weekly", policy->weekly);
    json_set_int(keep, "monthly", policy->monthly);
    json_set_int(keep, "yearly", policy->yearly);
    json_set_string(keep, "zone", policy->local_zone ? "local" : "UTC");
    json_set_string(document, "manager", policy->manager);
}

static char *describe(const void *ctx, const struct listing *listing)
{
    struct json *document = json_object(ctx), *list, *totals;
    int64_t bytes = 0, backups = 0, proven = 0, leave = 0, leave_bytes = 0;

    json_set_string(document, "directory", listing->folder);
    describe_policy(document, &listing->policy);
    list = json_set_array(document, "backups");
    for (size_t i = 0; i < listing->catalog->count; i++) {
        const struct catalog_entry *entry = &listing->catalog->entries[i];

        if (!is_meant(listing, entry)) {
            continue;
        }
        describe_entry(list, entry, &listing->verdicts[i]);
        backups += entry->record ? 1 : 0;
        bytes += entry->record ? entry->size : 0;
        proven += entry->proven ? 1 : 0;
        leave += listing->verdicts[i].keep ? 0 : 1;
        leave_bytes += listing->verdicts[i].keep ? 0 : entry->size;
    }
    totals = json_set_object(document, "totals");
    json_set_int(totals, "backups", backups);
    json_set_int(totals, "bytes", bytes);
    json_set_int(totals, "proven", proven);
    json_set_int(totals, "removable", leave);
    json_set_int(totals, "removable_bytes", leave_bytes);
    return ferry_text(json_print_pretty(ctx, document));
}

static enum ferry_code look(const void *ctx, struct listing *listing, struct ferry_error *err)
{
    struct clock *clock = listing->ferry->clock;
    bool found = !listing->only;

    if (catalog_read(ctx, listing->folder, &listing->catalog, err)) {
        return err->code;
    }
    for (size_t i = 0; i < listing->catalog->count; i++) {
        found |= is_meant(listing, &listing->catalog->entries[i]);
    }
    if (!found) {
        return ferry_fail(err, FERRY_E_NOT_FOUND, "there is no backup \"%s\" in %s", listing->only,
                          listing->folder);
    }
    listing->verdicts = mem_array(ctx, struct retention_verdict, listing->catalog->count + 1);
    catalog_judge(ctx, listing->catalog, &listing->policy, clock->realtime_ms(clock),
                  listing->verdicts);
    return FERRY_OK;
}

enum ferry_code ferry_backups(struct ferry *ferry, const struct ferry_source *source,
                              const struct ferry_backups_query *query, char **backups,
                              struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct listing listing = {.ferry = ferry, .folder = query->directory, .only = query->name};
    struct ferry_error own = {0};
    enum ferry_code code;

    err = err ? err : &own;
    *backups = NULL;
    if (choose(scope, source, &listing, err) || look(scope, &listing, err)) {
        return err->code;
    }
    code = query->verify ? verify(&listing, err) : FERRY_OK;
    if (query->verify) { /* as it is now: the records tell the outcome */
        struct ferry_error again = {0};

        if (look(scope, &listing, &again)) {
            return code ? code : ferry_fail(err, again.code, "%s", again.message);
        }
    }
    *backups = describe(scope, &listing);
    return code;
}
