/*
 * A log for the developer of an upgrade, not its result: lines on stderr or as JSON, off by
 * default. No function here takes a secret; values are text the caller has already judged harmless.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"
#include "base/clock.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log;
/* Lines go to sink; NULL log everywhere means: say nothing. */
struct log *log_new(const void *ctx, enum log_level most, struct clock *clock,
                    void (*sink)(void *arg, enum log_level level, const char *line), void *arg);
void log_line(struct log *log, enum log_level level, const char *format, ...) FERRY_PRINTF(3, 4);

#endif
