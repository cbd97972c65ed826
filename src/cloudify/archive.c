#include "cloudify/archive.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cloudify/archive_deep.h"
#include "cloudify/archive_file.h"
#include "cloudify/archive_json.h"
#include "cloudify/archive_model.h"
#include "cloudify/version.h"

/* The members that are read whatever the format is. */
enum { MEMBER_METADATA, MEMBER_DUMP, MEMBER_AGENTS, MEMBER_NETWORKS, MEMBER_COUNT };

static const char *const member_names[MEMBER_COUNT] = {
    [MEMBER_METADATA] = "metadata.json",
    [MEMBER_DUMP] = "pg_data",
    [MEMBER_AGENTS] = "agents.json",
    [MEMBER_NETWORKS] = "networks.json",
};

struct members {
    struct archive_zip_member found[MEMBER_COUNT]; /* name is NULL where there is none */
};

const char *cloudify_archive_format_name(enum cloudify_archive_format format)
{
    switch (format) {
    case CLOUDIFY_ARCHIVE_LEGACY:
        return "legacy";
    case CLOUDIFY_ARCHIVE_NEW:
        return "new";
    case CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY:
        return "community-legacy";
    }
    return "unknown";
}

static enum ferry_code find_members(void *arg, const struct archive_zip_member *member,
                                    struct ferry_error *err)
{
    struct members *members = arg;

    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (strcmp(member->name, member_names[i]) != 0) {
            continue;
        }
        if (members->found[i].name != NULL) {
            ferry_fail(err, FERRY_E_ARCHIVE, "the archive holds two members \"%s\"",
                       member_names[i]);
            return archive_hint(err);
        }
        members->found[i] = *member;
        members->found[i].name = member_names[i];
    }
    return FERRY_OK;
}

static enum ferry_code append(void *arg, const char *data, size_t size, bool *stop,
                              struct ferry_error *err)
{
    (void)stop;
    return buf_append(arg, data, size) ? FERRY_OK
                                       : ferry_fail(err, FERRY_E_ARCHIVE, "it is too large");
}

/* A small member as one JSON document below ctx. */
static enum ferry_code read_json(const void *ctx, struct archive_zip *zip,
                                 const struct archive_zip_member *member, int64_t limit,
                                 struct json **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf text;
    const struct archive_sink sink = {.take = append, .arg = &text, .limit = limit};

    buf_init(&text, scope, (size_t)limit);
    enum ferry_code code = archive_zip_read(zip, member, &sink, err);
    if (code == FERRY_OK && json_parse(ctx, buf_text(&text), text.len, out, err) != FERRY_OK) {
        code = FERRY_E_ARCHIVE; /* the bytes are the archive's, not an answer of a manager */
        if (err != NULL) {
            err->code = code;
        }
    }
    return code == FERRY_OK ? code : archive_blame(member->name, err);
}

/* Revisions carry what a tool logged before them: the last line counts, as the managers do it
   (facts 5.1). */
static const char *last_line(const void *ctx, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
        length--;
    }
    size_t start = length;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return mem_strndup(ctx, text + start, length - start);
}

static enum ferry_code check_version(const struct cloudify_archive *archive,
                                     struct ferry_error *err)
{
    struct cloudify_version version;

    if (archive->version != NULL && cloudify_version_parse(archive->version, &version)) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_ARCHIVE,
               archive->version == NULL
                   ? "the archive's metadata.json has no snapshot_version"
                   : "the archive's metadata.json has a snapshot_version that is no version");
    ferry_error_hint(err,
                     "this is not a snapshot of a Cloudify Manager: check the name of the file");
    return FERRY_E_ARCHIVE;
}

static enum ferry_code read_metadata(struct cloudify_archive *archive, struct archive_zip *zip,
                                     const struct members *members, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *metadata = NULL;
    const struct archive_zip_member *member = &members->found[MEMBER_METADATA];

    if (member->name == NULL) {
        ferry_fail(err, FERRY_E_ARCHIVE,
                   "the archive holds no metadata.json: it is not a snapshot");
        return archive_hint(err);
    }
    enum ferry_code code =
        read_json(scope, zip, member, CLOUDIFY_ARCHIVE_METADATA_MAX, &metadata, err);
    if (code != FERRY_OK) {
        return code;
    }
    archive->version = mem_strdup(archive, json_string_or(metadata, "snapshot_version", NULL));
    archive->schema_revision =
        last_line(archive, json_string_or(metadata, "schema_revision", NULL));
    archive->stage_revision =
        last_line(archive, json_string_or(metadata, "stage_schema_revision", NULL));
    archive->composer_revision =
        last_line(archive, json_string_or(metadata, "composer_schema_revision", NULL));
    archive->create_execution = mem_strdup(archive, json_string_or(metadata, "execution_id", NULL));
    /* The manager asks whether the keys are there, not what they hold (facts 5.1). */
    if (json_member(metadata, "schema_revision") != NULL &&
        json_member(metadata, "stage_schema_revision") != NULL &&
        json_member(metadata, "composer_schema_revision") != NULL) {
        archive->format = CLOUDIFY_ARCHIVE_LEGACY;
    } else if (json_member(metadata, "schema_revision") != NULL ||
               members->found[MEMBER_DUMP].name != NULL) {
        archive->format = CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY;
    } else {
        archive->format = CLOUDIFY_ARCHIVE_NEW;
    }
    return check_version(archive, err);
}

struct streamed {
    struct archive_json *json;
    struct cloudify_archive *archive;
    int64_t agents;
};

static enum ferry_code feed_json(void *arg, const char *data, size_t size, bool *stop,
                                 struct ferry_error *err)
{
    const struct streamed *streamed = arg;

    (void)stop;
    return archive_json_feed(streamed->json, data, size, err);
}

/* Reads a member of any size as JSON, value by value. */
static enum ferry_code stream_json(struct archive_zip *zip, const struct archive_zip_member *member,
                                   const struct archive_json_sink *values,
                                   struct streamed *streamed, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct archive_sink sink = {.take = feed_json, .arg = streamed};

    if (member->name == NULL) {
        return FERRY_OK;
    }
    streamed->json = archive_json_new(scope, values);
    enum ferry_code code = archive_zip_read(zip, member, &sink, err);
    if (code == FERRY_OK) {
        code = archive_json_end(streamed->json, err);
    }
    return code == FERRY_OK ? code : archive_blame(member->name, err);
}

/* {"active_networks": [NAMES], ...} */
static enum ferry_code take_network(void *arg, const struct archive_json *json,
                                    const struct archive_json_value *value, struct ferry_error *err)
{
    const struct streamed *streamed = arg;

    (void)err;
    if (value->depth == 2 && value->event == ARCHIVE_JSON_STRING &&
        strcmp(archive_json_key(json, 1), "active_networks") == 0) {
        archive_add_network(streamed->archive, value->text);
    }
    return FERRY_OK;
}

static enum ferry_code read_networks(const struct archive_source *source,
                                     const struct archive_zip_member *member,
                                     struct ferry_error *err)
{
    struct streamed networks = {.archive = source->archive};
    const struct archive_json_sink values = {.take = take_network, .arg = &networks, .deepest = 2};

    return stream_json(source->zip, member, &values, &networks, err);
}

/* {tenant: {deployment: {node: {instance: {...}}}}}: an object at depth 4 is an agent. */
static enum ferry_code take_agent(void *arg, const struct archive_json *json,
                                  const struct archive_json_value *value, struct ferry_error *err)
{
    struct streamed *streamed = arg;

    (void)json;
    (void)err;
    streamed->agents += value->depth == 4 && value->event == ARCHIVE_JSON_OBJECT;
    return FERRY_OK;
}

static enum ferry_code read_agents(const struct archive_source *source,
                                   const struct archive_zip_member *member, struct ferry_error *err)
{
    struct streamed agents = {.archive = source->archive};
    const struct archive_json_sink values = {.take = take_agent, .arg = &agents, .deepest = 4};
    enum ferry_code code = stream_json(source->zip, member, &values, &agents, err);

    source->archive->agents_listed = agents.agents;
    return code;
}

static enum ferry_code read_legacy(const struct archive_source *source,
                                   const struct members *members, struct ferry_error *err)
{
    if (members->found[MEMBER_DUMP].name == NULL) {
        ferry_fail(err, FERRY_E_ARCHIVE, "the archive holds no pg_data, the manager's database");
        return archive_hint(err);
    }
    enum ferry_code code = archive_read_dump(source, &members->found[MEMBER_DUMP], err);
    if (code == FERRY_OK) {
        code = read_agents(source, &members->found[MEMBER_AGENTS], err);
    }
    if (code == FERRY_OK) {
        code = read_networks(source, &members->found[MEMBER_NETWORKS], err);
    }
    if (code == FERRY_OK && source->archive->format == CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY) {
        archive_warn(source->archive,
                     "the archive was made by a community manager in the legacy format: managers "
                     "of version 7.0 and newer restore nothing from it and call it done");
    }
    return code;
}

/* Whose data have been unpacked to their end, and so verified. */
static bool read_whole(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (strcmp(name, member_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_none(const char *name)
{
    (void)name;
    return false;
}

/* Only now do all tenants have their names. */
static void close_inventory(const struct archive_source *source)
{
    const struct cloudify_archive *archive = source->archive;

    for (size_t i = 0; i < archive->tenant_count; i++) {
        archive_take_stock(source, INVENTORY_TENANTS, NULL, archive->tenant_list[i].name);
        inventory_name_tenant(source->options->inventory, (uint32_t)i,
                              archive->tenant_list[i].name);
    }
    inventory_close(source->options->inventory);
}

enum ferry_code cloudify_archive_read(const void *ctx, const char *path,
                                      const struct cloudify_archive_options *options,
                                      struct cloudify_archive **out, struct ferry_error *err)
{
    static const struct cloudify_archive_options none = {.arg = NULL};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = mem_new(scope, struct cloudify_archive);
    struct archive_source source = {.archive = archive,
                                    .options = options == NULL ? &none : options};
    struct members members = {.found = {{.name = NULL}}};
    enum ferry_code code = archive_zip_open(scope, path, &source.zip, err);

    if (code != FERRY_OK) {
        return code;
    }
    archive->size = archive_zip_size(source.zip);
    archive->members = archive_zip_members(source.zip);
    source.untold = source.options->deep ? archive->size : 0;
    code = archive_zip_each(source.zip, find_members, &members, err);
    if (code == FERRY_OK) {
        code = read_metadata(archive, source.zip, &members, err);
    }
    if (code == FERRY_OK) {
        code = archive->format == CLOUDIFY_ARCHIVE_NEW ? archive_read_new_format(&source, err)
                                                       : read_legacy(&source, &members, err);
    }
    if (code == FERRY_OK && source.options->deep) {
        source.told = archive->format == CLOUDIFY_ARCHIVE_NEW ? archive->members
                                                              : members.found[MEMBER_DUMP].size;
        source.untold = 0;
        code = archive_check_deep(
            &source, archive->format == CLOUDIFY_ARCHIVE_NEW ? read_none : read_whole, err);
    }
    if (code == FERRY_OK) {
        archive_sum_up(archive);
        if (source.options->inventory != NULL) {
            close_inventory(&source);
        }
        *out = mem_move(ctx, archive);
    }
    return code;
}

#define DIGEST_BLOCK (256 * 1024)

enum ferry_code cloudify_archive_digest(const char *path,
                                        const struct cloudify_archive_options *options,
                                        char sha256[DIGEST_SHA256_HEX], int64_t *size,
                                        struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct archive_zip *file = NULL;
    char *block = mem_array(scope, char, DIGEST_BLOCK);
    struct digest_sha256 *digest = digest_sha256_new(scope);
    int64_t done = 0;
    size_t got = 0;
    enum ferry_code code = archive_file_open(scope, path, &file, err);

    while (code == FERRY_OK) {
        code = archive_file_read(file, block, DIGEST_BLOCK, done, &got, err);
        if (code != FERRY_OK || got == 0) {
            break;
        }
        digest_sha256_add(digest, block, got);
        done += (int64_t)got;
        if (options != NULL && options->progress != NULL &&
            !options->progress(options->arg, done, file->size)) {
            code = ferry_fail(err, FERRY_E_STOPPED, "reading the archive was stopped");
        }
    }
    if (code == FERRY_OK) {
        digest_sha256_end(digest, sha256);
        *size = done;
    }
    return code;
}
