/*
 * Reading zip archives by libarchive: a walk over the members, whole or line by line, with limits.
 * Only archives with a central directory count as zip, as for the manager (Python's zipfile): a
 * cut file is refused as a whole instead of giving its first members.
 */
#ifndef PRACTICE_ZIP_READ_H
#define PRACTICE_ZIP_READ_H

#include "practice/content.h"

struct zip_member {
    const char *name; /* folders end with a slash */
    bool is_folder;
    int64_t size; /* unpacked; -1: not known */
    void *archive;
};

/* Called for each member in the order of the file; anything but FERRY_OK ends the walk. */
struct zip_visitor {
    enum ferry_code (*visit)(void *arg, const struct zip_member *member, struct ferry_error *err);
    void *arg;
};

/* *problem becomes CONTENT_UNREADABLE, CONTENT_NOT_ZIP or CONTENT_BAD_DATA when the walk fails by
   itself; it is left alone when the visitor failed. */
enum ferry_code zip_walk(const char *path, const struct zip_visitor *visitor,
                         enum content_problem *problem, struct ferry_error *err) FERRY_CHECK;
/* The same for an archive in memory: zip, or tar by any filter (wagons are either). */
enum ferry_code zip_walk_memory(const void *data, size_t size, const struct zip_visitor *visitor,
                                struct ferry_error *err) FERRY_CHECK;

/* The whole member, NUL-ended, owned by ctx; FERRY_E_ARCHIVE when larger than limit or damaged. */
enum ferry_code zip_member_read(const void *ctx, const struct zip_member *member, size_t limit,
                                char **out, size_t *size, struct ferry_error *err) FERRY_CHECK;
/* The same, as JSON. */
enum ferry_code zip_member_json(const void *ctx, const struct zip_member *member, size_t limit,
                                struct json **out, struct ferry_error *err) FERRY_CHECK;

/* Lines of a member that is too large to hold. */
struct zip_lines;
struct zip_lines *zip_lines_new(const void *ctx, const struct zip_member *member);
/* The next line without its end, changeable, good until the next call; *line is NULL at the end. */
enum ferry_code zip_lines_next(struct zip_lines *lines, char **line, size_t *length,
                               struct ferry_error *err) FERRY_CHECK;

#endif
