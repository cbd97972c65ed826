#include "base/log.h"

#include <stdarg.h>

#include "base/mem.h"
#include "base/timefmt.h"

struct log {
    enum log_level most;
    struct clock *clock;
    void (*sink)(void *arg, enum log_level level, const char *line);
    void *arg;
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

struct log *log_new(const void *ctx, enum log_level most, struct clock *clock,
                    void (*sink)(void *arg, enum log_level level, const char *line), void *arg)
{
    struct log *log = mem_new(ctx, struct log);

    log->most = most;
    log->clock = clock;
    log->sink = sink;
    log->arg = arg;
    return log;
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    void *scope FERRY_SCOPE = NULL;
    va_list args;
    char *text;

    if (log == NULL || level > log->most) {
        return;
    }
    scope = mem_scope(NULL);
    va_start(args, format);
    text = mem_vprintf(scope, format, args);
    va_end(args);
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    log->sink(log->arg, level,
              mem_printf(scope, "%s %s %s", timefmt_utc(scope, log->clock->realtime_ms(log->clock)),
                         level_names[level], text));
}
