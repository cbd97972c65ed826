#include "practice/content.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "practice/archive_read.h"
#include "practice/zip_read.h"

#define SMALL_MAX ((size_t)1024 * 1024)             /* metadata.json and its like */
#define DESCRIPTION_MAX ((size_t)256 * 1024 * 1024) /* a JSON description */

/* What the first look at an archive finds. */
struct survey {
    struct content_build *build;
    struct json *metadata, *practice;
    bool has_dump, has_items;
};

bool content_has_revisions(const struct content *content)
{
    return content->schema_revision != NULL && content->stage_revision != NULL &&
           content->composer_revision != NULL;
}

/* The stage revision of old managers has the log of its program before it. */
static const char *last_line(const char *text)
{
    const char *line = text == NULL ? NULL : strrchr(text, '\n');
    return line == NULL ? text : line + 1;
}

static void take_networks(struct survey *survey, const struct json *networks)
{
    struct content *content = content_build_content(survey->build);
    const struct json *list = json_get(networks, "active_networks");
    content->networks = mem_array(content, const char *, json_size(list) + 1);
    for (const struct json *n = json_first(list); n != NULL; n = json_next(n)) {
        if (json_is_string(n)) {
            content->networks[content->networks_count++] =
                content_keep(survey->build, json_text(n));
        }
    }
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static enum ferry_code look(void *arg, const struct zip_member *member, struct ferry_error *err)
{
    struct survey *survey = arg;
    if (strcmp(member->name, "metadata.json") == 0) {
        /* One that cannot be parsed counts as absent: a manager stumbles over both alike. */
        struct ferry_error ignored = {0};
        if (zip_member_json(survey, member, SMALL_MAX, &survey->metadata, &ignored) != FERRY_OK) {
            survey->metadata = NULL;
        }
        return FERRY_OK;
    }
    if (strcmp(member->name, "practice.json") == 0) {
        return zip_member_json(survey, member, SMALL_MAX, &survey->practice, err);
    }
    if (strcmp(member->name, "networks.json") == 0) {
        struct json *networks = NULL;
        enum ferry_code code = zip_member_json(survey, member, SMALL_MAX, &networks, err);
        if (code == FERRY_OK) {
            take_networks(survey, networks);
        }
        return code;
    }
    survey->has_dump = survey->has_dump || strcmp(member->name, "pg_data") == 0;
    survey->has_items = survey->has_items || starts_with(member->name, "mgmt/") ||
                        starts_with(member->name, "tenants/");
    return FERRY_OK;
}

static void take_metadata(struct survey *survey)
{
    struct content *content = content_build_content(survey->build);
    const struct json *metadata = survey->metadata;
    content->snapshot_version =
        content_keep(survey->build, json_string_or(metadata, "snapshot_version", NULL));
    content->schema_revision =
        content_keep(survey->build, json_string_or(metadata, "schema_revision", NULL));
    content->stage_revision = content_keep(
        survey->build, last_line(json_string_or(metadata, "stage_schema_revision", NULL)));
    content->composer_revision = content_keep(
        survey->build, last_line(json_string_or(metadata, "composer_schema_revision", NULL)));
    content->create_execution =
        content_keep(survey->build, json_string_or(metadata, "execution_id", NULL));
    content->layout = survey->has_dump    ? CONTENT_LAYOUT_LEGACY
                      : survey->has_items ? CONTENT_LAYOUT_NEW
                                          : CONTENT_LAYOUT_NONE;
}

static enum ferry_code read_data(struct survey *survey, const char *path,
                                 enum content_problem *problem, struct ferry_error *err)
{
    struct content *content = content_build_content(survey->build);
    enum ferry_code code = FERRY_OK;
    if (content->layout == CONTENT_LAYOUT_LEGACY) {
        code = archive_fill_legacy(survey->build, path, err);
    } else if (content->layout == CONTENT_LAYOUT_NEW) {
        code = archive_fill_new(survey->build, path, err);
    } else if (content_has_revisions(content)) {
        *problem = CONTENT_NO_DATA;
        return ferry_fail(err, FERRY_E_ARCHIVE, "the archive has no pg_data");
    }
    if (code == FERRY_OK) {
        content_set_practice(survey->build, survey->practice);
        code = content_finish(survey->build, err);
    }
    if (code != FERRY_OK) {
        *problem = CONTENT_BAD_DATA;
    }
    return code;
}

static enum ferry_code read_archive(struct survey *survey, const char *path,
                                    enum content_problem *problem, struct ferry_error *err)
{
    struct zip_visitor visitor = {look, survey};
    enum ferry_code code = zip_walk(path, &visitor, problem, err);
    if (code != FERRY_OK) {
        if (*problem == CONTENT_FINE) {
            *problem = CONTENT_BAD_DATA; /* the visitor failed, not the walk */
        }
        return code;
    }
    if (survey->metadata == NULL || !json_is_object(survey->metadata)) {
        *problem = CONTENT_NO_METADATA;
        return ferry_fail(err, FERRY_E_ARCHIVE, "\"%s\" has no usable metadata.json", path);
    }
    take_metadata(survey);
    return read_data(survey, path, problem, err);
}

enum ferry_code content_read(const void *ctx, const char *path, struct content **out,
                             enum content_problem *problem, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct survey *survey = mem_new(scope, struct survey);
    survey->build = content_build_new(survey);
    *problem = CONTENT_FINE;
    enum ferry_code code = read_archive(survey, path, problem, err);
    if (code != FERRY_OK) {
        return code;
    }
    *out = mem_move(ctx, content_build_content(survey->build));
    return FERRY_OK;
}

static bool is_description(const char *path)
{
    char first[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, first, sizeof(first) - 1);
    (void)close(fd);
    return got > 0 && first[strspn(first, " \t\r\n")] == '{';
}

enum ferry_code content_load(const void *ctx, const char *path, struct content **out,
                             struct ferry_error *err)
{
    enum content_problem problem = CONTENT_FINE;
    if (!is_description(path)) {
        return content_read(ctx, path, out, &problem, err);
    }
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;
    struct json *description = NULL;
    enum ferry_code code = file_read(scope, path, DESCRIPTION_MAX, &text, &size, err);
    if (code == FERRY_OK) {
        code = json_parse(scope, text, size, &description, err);
    }
    return code == FERRY_OK ? content_from_json(ctx, description, out, err) : code;
}
