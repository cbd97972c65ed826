#include "base/prometheus.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* In texts a backslash and an end of line are escaped; in values of labels the quote as well. */
static void put_escaped(struct buf *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\n') {
            (void)buf_puts(out, "\\n");
        } else if (strchr(special, *text)) {
            (void)buf_printf(out, "\\%c", *text);
        } else {
            (void)buf_append(out, text, 1);
        }
    }
}

void prometheus_gauge(struct buf *out, const char *name, const char *help)
{
    (void)buf_printf(out, "# HELP %s ", name);
    put_escaped(out, help, "\\");
    (void)buf_printf(out, "\n# TYPE %s gauge\n", name);
}

static void put_name(struct buf *out, const char *name, const struct prometheus_label *labels,
                     size_t count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)buf_puts(out, name);
    for (size_t i = 0; i < count; i++) {
        char *value = mem_strdup(scope, labels[i].value ? labels[i].value : "");

        utf8_mend(value, strlen(value));
        (void)buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_escaped(out, value, "\\\"");
        (void)buf_puts(out, "\"");
    }
    (void)buf_puts(out, count > 0 ? "} " : " ");
}

void prometheus_int(struct buf *out, const char *name, const struct prometheus_label *labels,
                    size_t count, int64_t value)
{
    put_name(out, name, labels, count);
    (void)buf_printf(out, "%" PRId64 "\n", value);
}

void prometheus_seconds(struct buf *out, const char *name, const struct prometheus_label *labels,
                        size_t count, int64_t value_ms)
{
    int64_t whole = value_ms / 1000, part = value_ms % 1000;

    put_name(out, name, labels, count);
    (void)buf_printf(out, "%s%" PRId64 ".%03d\n", value_ms < 0 && whole == 0 ? "-" : "", whole,
                     (int)(part < 0 ? -part : part));
}
