/* What is not replayed and why, and what has to be put in place before an exchange. */
#ifndef TESTS_PRACTICE_RULES_H
#define TESTS_PRACTICE_RULES_H

#include "base/json.h"
#include "practice/replay/live.h"

struct scenario {
    const char *file; /* below tests/data/contract */
    bool empty; /* a fresh manager whose admin has another password; else the old one's data */
    const char *archive; /* what an upload without a recorded body sends: "legacy", "new", ... */
    /* Done before the first exchange: a POST to /practice/set, or NULL. */
    const char *prepare;
};

extern const struct scenario scenarios[];
extern const size_t scenarios_count;

/* The reason why an exchange is left out, or NULL. */
const char *rule_left_out(const struct scenario *scenario, const struct json *exchange);
/* What the recorder did by hand at a comment between two exchanges: /practice/set, or NULL. */
const char *rule_for_comment(const char *comment);
/* The same for a note of an exchange, before it. */
const char *rule_for_note(const struct scenario *scenario, const char *note);

#endif
