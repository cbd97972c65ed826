#include "ui/progress_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"

#define BAR_COLUMNS 20
#define RATE_LEAST_MS 200 /* a shorter time measures the scheduler */
#define RATE_WEIGHT 0.3   /* of the newest measurement */

void progress_step_bytes(struct progress_step *step, int64_t at_ms, int64_t sent, int64_t size)
{
    int64_t elapsed_ms = at_ms - step->measured_ms;

    /* A new transfer begins at the start again. */
    if (step->size != size || sent < step->sent || step->measured_ms == 0) {
        step->bytes_per_ms = 0;
        step->sent_before = sent;
        step->measured_ms = at_ms;
    } else if (elapsed_ms >= RATE_LEAST_MS) {
        double now = (double)(sent - step->sent_before) / (double)elapsed_ms;

        step->bytes_per_ms = step->bytes_per_ms > 0
                                 ? step->bytes_per_ms * (1 - RATE_WEIGHT) + now * RATE_WEIGHT
                                 : now;
        step->sent_before = sent;
        step->measured_ms = at_ms;
    }
    step->sent = sent;
    step->size = size;
}

char *progress_clock(const void *mem, int64_t at_ms)
{
    char *whole = timefmt_utc(mem, at_ms);

    return mem_strndup(mem, whole + strlen("2026-11-22T"), strlen("15:06:06"));
}

/* " [####------]", or nothing where there is no room for it. */
static char *bar(const void *mem, int64_t done, int64_t total, bool wanted)
{
    char text[BAR_COLUMNS + 1];
    double share = (double)done / (double)total;
    int filled = share >= 1 ? BAR_COLUMNS : (int)(share * BAR_COLUMNS);

    if (!wanted) {
        return mem_strdup(mem, "");
    }
    memset(text, '-', BAR_COLUMNS);
    memset(text, '#', filled < 0 ? 0 : (size_t)filled);
    text[BAR_COLUMNS] = '\0';
    return mem_printf(mem, " [%s]", text);
}

static int percent(int64_t done, int64_t total)
{
    return done >= total ? 100 : (int)((double)done * 100 / (double)total);
}

static char *bytes_part(const void *mem, const struct progress_step *step, bool wide)
{
    char *text = mem_printf(mem, " %d%%%s %s of %s", percent(step->sent, step->size),
                            bar(mem, step->sent, step->size, wide), timefmt_bytes(mem, step->sent),
                            timefmt_bytes(mem, step->size));

    if (step->bytes_per_ms > 0) {
        text = mem_printf(mem, "%s, %s/s", text,
                          timefmt_bytes(mem, (int64_t)(step->bytes_per_ms * 1000)));
    }
    return text;
}

static char *units_part(const void *mem, const struct progress_step *step, bool wide)
{
    char *text = mem_printf(mem, "%s %" PRId64 " of %" PRId64,
                            bar(mem, step->done, step->total, wide), step->done, step->total);

    if (step->failed > 0) {
        text = mem_printf(mem, "%s, %" PRId64 " failed", text, step->failed);
    }
    if (step->running > 0) {
        text = mem_printf(mem, "%s, %" PRId64 " running", text, step->running);
    }
    return text;
}

/* What the manager counts itself, or how many units have been named. */
static char *parts(const void *mem, const struct progress_step *step)
{
    if (step->found_total > 0) {
        return mem_printf(mem, " found %" PRId64 " of %" PRId64, step->found, step->found_total);
    }
    if (step->part_total > 0) {
        return mem_printf(mem, " %" PRId64 " of %" PRId64, step->part_done, step->part_total);
    }
    return mem_strdup(mem, "");
}

static char *whole_line(const void *mem, const struct progress_step *step, bool wide)
{
    char *line = step->number == 0
                     ? mem_strdup(mem, step->name)
                     : mem_printf(mem, "[%zu/%zu] %s", step->number, step->count, step->name);

    if (step->size > 0 && step->sent < step->size) {
        line = mem_printf(mem, "%s%s", line, bytes_part(mem, step, wide));
    } else if (step->total > 0) {
        line = mem_printf(mem, "%s%s", line, units_part(mem, step, wide));
    } else {
        line = mem_printf(mem, "%s%s", line, parts(mem, step));
    }
    if (step->waiting != NULL) {
        line = mem_printf(mem, "%s, since %s: %s", line,
                          progress_clock(mem, step->waiting_since_ms), step->waiting);
    }
    return line;
}

char *progress_step_line(const void *mem, const struct progress_step *step, size_t columns)
{
    char *line;

    if (step->name == NULL) {
        return mem_strdup(mem, "");
    }
    line = whole_line(mem, step, true);
    if (columns == 0 || ui_width(line) <= columns) {
        return line;
    }
    return ui_cut(mem, whole_line(mem, step, false), columns);
}
