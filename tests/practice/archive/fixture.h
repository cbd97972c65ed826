/* A folder for each test, archives made there, and archives put together by hand. */
#ifndef TESTS_PRACTICE_ARCHIVE_FIXTURE_H
#define TESTS_PRACTICE_ARCHIVE_FIXTURE_H

#include "ferry_test.h"

#include "practice/content.h"
#include "practice/zip_write.h"

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The path of a file in the folder of this test; good until the test ends. */
char *fixture_path(const char *name);
/* Ends with the test too. */
const void *fixture_context(void);

/* Runs make-archive with the words of line behind FILE; gives the exit code. */
int fixture_make(const char *name, const char *line);
/* Reads an archive that must be good. */
struct content *fixture_read(const char *path);
/* Reads one that must not be; *message (may be NULL) is good until the next call. */
enum content_problem fixture_refused(const char *path, const char **message);

/* A zip of members: name, text, name, text, ..., NULL. */
char *fixture_zip(const char *name, ...);
/* Any file. */
char *fixture_file(const char *name, const void *data, size_t size);
/* The bytes of a file, ending with the test. */
char *fixture_bytes(const char *path, size_t *size);

#endif
