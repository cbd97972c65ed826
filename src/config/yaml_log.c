#include "config/yaml_log.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define NUMBER_MAX 24 /* letters of a line number */

void yaml_log_clear(struct yaml_log *log)
{
    memset(log, 0, sizeof(*log));
}

/* The number after name, which ends at the first other letter; 0 when there is none. */
static size_t number_after(const char *line, const char *name)
{
    const char *at = strstr(line, name);
    char digits[NUMBER_MAX];
    int64_t value;
    size_t length;

    if (at == NULL) {
        return 0;
    }
    at += strlen(name);
    length = strspn(at, "0123456789");
    if (length >= sizeof(digits)) {
        return 0;
    }
    memcpy(digits, at, length);
    digits[length] = '\0';
    return parse_int64(digits, 0, INT32_MAX, &value) ? (size_t)value : 0;
}

/* Puts "NAME." before the path, or NAME as its beginning. */
static void outer_part(struct yaml_log *log, const char *name, size_t length)
{
    size_t old = strlen(log->path);
    size_t dot = old > 0 ? 1 : 0;

    if (old + dot + length >= sizeof(log->path)) {
        return;
    }
    memmove(log->path + length + dot, log->path, old + 1);
    memcpy(log->path, name, length);
    if (dot == 1) {
        log->path[length] = '.';
    }
}

/* "  in mapping field 'password' (line: 3, column: 5)" */
static void trace_line(struct yaml_log *log, const char *line)
{
    const char *start = strchr(line, '\'');
    const char *end = strstr(line, "' (line: ");
    bool item = strstr(line, "sequence entry") != NULL;

    if (log->line == 0) {
        log->line = number_after(line, "line: ");
        log->column = number_after(line, "column: ");
        log->in_item = item;
    }
    if (!item && start != NULL && end != NULL && end > start) {
        outer_part(log, start + 1, (size_t)(end - start - 1));
    }
}

void yaml_log_line(cyaml_log_t level, void *context, const char *format, va_list args)
{
    static const char prefix[] = "Load: ";
    struct yaml_log *log = context;
    char line[sizeof(log->reason)];

    (void)level;
    (void)vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0) {
        trace_line(log, line);
    } else if (strncmp(line, "Ignoring documents", 18) == 0) {
        log->more_documents = true;
    } else if (strncmp(line, prefix, strlen(prefix)) == 0 && log->reason[0] == '\0' &&
               strcmp(line, "Load: Backtrace:") != 0) {
        (void)snprintf(log->reason, sizeof(log->reason), "%s", line + strlen(prefix));
    }
}

const char *yaml_log_reason(const struct yaml_log *log, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(log->reason, prefix, length) == 0 ? log->reason + length : NULL;
}
