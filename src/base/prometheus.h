/* The text format that Prometheus and its node exporter read (exposition format 0.0.4). */
#ifndef BASE_PROMETHEUS_H
#define BASE_PROMETHEUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct prometheus_label {
    const char *name;
    const char *value; /* any text: it is escaped, and what is no UTF-8 becomes '?' */
};

/* Begins a family of gauges: its HELP and TYPE lines. All its samples follow before the next. */
void prometheus_gauge(struct buf *out, const char *name, const char *help);
/* NAME{label="value",...} NUMBER */
void prometheus_int(struct buf *out, const char *name, const struct prometheus_label *labels,
                    size_t count, int64_t value);
/* Milliseconds, written as seconds with three decimals. */
void prometheus_seconds(struct buf *out, const char *name, const struct prometheus_label *labels,
                        size_t count, int64_t value_ms);

#endif
