/* One command line, run inside the test, with what it printed. */
#ifndef TESTS_CLI_FIXTURE_H
#define TESTS_CLI_FIXTURE_H

#include "cli/cli.h"
#include "support/fake_ferry.h"

struct output {
    char *out, *err; /* malloc'ed */
    int exit;
};

/* Runs "ferry" with these words (NULL ends them); the streams are no terminals. */
void run_cli(struct output *output, const char *first, ...);
void output_free(struct output *output);
/* The JSON document on stdout; fails the test when it is none. Below mem. */
struct json *output_json(const void *mem, const struct output *output);

#define assert_has(text, part) assert_non_null(strstr((text), (part)))
#define assert_lacks(text, part) assert_null(strstr((text), (part)))

#endif
