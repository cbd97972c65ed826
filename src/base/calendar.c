#include "base/calendar.h"

#include <time.h>

static size_t print(enum calendar_period period, const struct tm *parts, char *out)
{
    switch (period) {
    case CALENDAR_DAY:
        return strftime(out, CALENDAR_TEXT_SIZE, "%Y-%m-%d", parts);
    case CALENDAR_WEEK:
        return strftime(out, CALENDAR_TEXT_SIZE, "%G-W%V", parts);
    case CALENDAR_MONTH:
        return strftime(out, CALENDAR_TEXT_SIZE, "%Y-%m", parts);
    case CALENDAR_YEAR:
        break;
    }
    return strftime(out, CALENDAR_TEXT_SIZE, "%Y", parts);
}

void calendar_text(enum calendar_period period, int64_t unix_ms, bool local,
                   char out[CALENDAR_TEXT_SIZE])
{
    int64_t before_second = unix_ms % 1000 < 0 ? 1 : 0;
    time_t seconds = (time_t)(unix_ms / 1000 - before_second);
    struct tm parts;
    const struct tm *split;

    if (local) {
        tzset(); /* localtime_r need not look at TZ by itself */
        split = localtime_r(&seconds, &parts);
    } else {
        split = gmtime_r(&seconds, &parts);
    }
    if (split == NULL || print(period, split, out) == 0) {
        out[0] = '\0';
    }
}
