/*
 * What libcyaml says when it refuses a text. It has no other way than its log: one line with the
 * reason, then a trace from the innermost place outwards, each with line and column.
 */
#ifndef CONFIG_YAML_LOG_H
#define CONFIG_YAML_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cyaml/cyaml.h>

#include "base/attr.h"

struct yaml_log {
    char reason[256];    /* without "Load: "; "" when none was given */
    char path[256];      /* "manager.password", "" for the root */
    size_t line, column; /* of the innermost place; 0: none was given */
    bool in_item;        /* the innermost place is an item of the list at path */
    bool more_documents; /* the text goes on after the first document */
};

void yaml_log_clear(struct yaml_log *log);
/* To be given to libcyaml, with a struct yaml_log as its context and CYAML_LOG_WARNING as level:
   below it libcyaml logs values. */
void yaml_log_line(cyaml_log_t level, void *context, const char *format, va_list args)
    FERRY_PRINTF(3, 0);

/* The text after prefix, when the reason begins so; else NULL. */
const char *yaml_log_reason(const struct yaml_log *log, const char *prefix);

#endif
