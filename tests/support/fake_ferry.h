/* A libferry that does what a test tells it: for tests of the command line. */
#ifndef TESTS_FAKE_FERRY_H
#define TESTS_FAKE_FERRY_H

#include "ferry/ferry.h"

struct fake_answer {
    enum ferry_code code;
    const char *text; /* the document, or NULL: none is made */
    const char *message, *hint;
};

/* One for all tests of a program; fake_reset before each. */
struct fake {
    struct fake_answer answers[8]; /* given in turn; the last one again and again */
    size_t answer_count, answered;
    /* What the program asked for. Texts are copies. */
    char called[64]; /* "run", "resume", ... */
    char journal[256], command[64];
    char file[256], run[64], unit[64], stop_before[64], at[64];
    char step[64], cursor[64];
    char settings[1024]; /* "KEY=VALUE\n" each */
    int64_t after[8];
    size_t after_count;
    enum ferry_verdict verdict;
    bool leave;
    int stops;
    bool wait_for_stop;               /* ferry_run (resume, cancel) waits until asked to stop */
    const struct ferry_event *events; /* told by them */
    size_t event_count;
};
extern struct fake fake;

void fake_reset(void);
void fake_answer(enum ferry_code code, const char *text, const char *message, const char *hint);

#endif
