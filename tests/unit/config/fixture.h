/* A configuration in a folder of its own, loaded. */
#ifndef TESTS_CONFIG_FIXTURE_H
#define TESTS_CONFIG_FIXTURE_H

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"

/* What every complete file must say. */
#define MINIMAL                                                                                    \
    "manager: {url: \"https://m\", username: admin, password: {env: P}}\n"                         \
    "snapshot: {file: prod.zip}\n"

struct loaded {
    void *mem; /* freed with loaded_free */
    enum ferry_code code;
    struct json *options;
    struct ferry_error err;
};

/* Setup and teardown of a test: a new empty folder, which is the working folder meanwhile. */
int enter_folder(void **state);
int leave_folder(void **state);
/* The folder's absolute path. */
const char *test_folder(void);
/* Writes a file below the folder, with its parents, mode 0600. */
void put_file(const char *name, const char *text);
/* Opens the folders of the profile "prod", up to the test's own, which are closed when made. */
void let_others_in(void);

/* Loads "up.yaml" with this text (NULL: no file) and settings ended by NULL. */
void load_text(struct loaded *loaded, const char *text, ...);
void loaded_free(struct loaded *loaded);
/* Loads and expects a refusal with exactly this message, and this part in the hint. */
void assert_refused(const char *text, const char *setting, enum ferry_code code,
                    const char *message, const char *hint);

#endif
