/* The command line of ferry-practice as a server. */
#ifndef PRACTICE_OPTIONS_H
#define PRACTICE_OPTIONS_H

#include "base/attr.h"
#include "ferry/error.h"
#include "practice/practice.h"

/* Fills *out; texts are those of argv. FERRY_E_USAGE with a message and a hint otherwise. */
enum ferry_code options_read(int argc, char **argv, struct practice_options *out,
                             struct ferry_error *err) FERRY_CHECK;
/* The help text, static. */
const char *options_help(void);

#endif
