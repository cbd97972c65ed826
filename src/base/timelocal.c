#include "base/timelocal.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define MINUTE_MS INT64_C(60000)
#define TO_MINUTES 16 /* letters of "2026-11-28 02:00" */

static enum ferry_code no_time(const char *text, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_USAGE, "\"%s\" is no time", text);
    ferry_error_hint(err, "for example 2026-11-28T02:00:00Z, \"2026-11-28 02:00\" (local time) or "
                          "\"2026-11-28 02:00 +01:00\"");
    return FERRY_E_USAGE;
}

int timelocal_offset(int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;

    return localtime_r(&seconds, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

/* The local time as if it were UTC, with each offset that the zone has around it. */
static enum ferry_code in_local_zone(const char *text, int64_t as_utc_ms, int64_t *unix_ms,
                                     int *offset_minutes, struct ferry_error *err)
{
    const int64_t day_ms = 24 * 60 * MINUTE_MS;
    int before = timelocal_offset(as_utc_ms - day_ms), after = timelocal_offset(as_utc_ms + day_ms);
    int64_t first = as_utc_ms - before * MINUTE_MS, second = as_utc_ms - after * MINUTE_MS;
    bool is_first = timelocal_offset(first) == before,
         is_second = timelocal_offset(second) == after;

    if (!is_first && !is_second) {
        ferry_fail(err, FERRY_E_USAGE, "\"%s\" does not exist here: the clock is set forward then",
                   text);
        ferry_error_hint(err, "say the zone: \"%s Z\" is UTC", text);
        return FERRY_E_USAGE;
    }
    if (is_first && is_second && first != second) {
        char *a = timelocal_format(NULL, first, before), *b = timelocal_format(NULL, second, after);

        ferry_fail(err, FERRY_E_USAGE, "\"%s\" is there twice: the clock is set back then", text);
        ferry_error_hint(err, "say which: %s or %s", a, b);
        mem_free(a);
        mem_free(b);
        return FERRY_E_USAGE;
    }
    *unix_ms = is_first ? first : second;
    *offset_minutes = is_first ? before : after;
    return FERRY_OK;
}

/* "01:00", "0530", "01" as minutes. */
static bool read_offset(const char *text, int *minutes)
{
    static const char *const forms[] = {"dd:dd", "dddd", "dd"};
    int digits[4] = {0};

    for (size_t form = 0; form < FERRY_COUNT(forms); form++) {
        const char *want = forms[form], *at = text;
        int count = 0;

        for (; *want != '\0' && (*want == 'd' ? isdigit((unsigned char)*at) : *at == *want);
             want++, at++) {
            if (*want == 'd') {
                digits[count++] = *at - '0';
            }
        }
        if (*want == '\0' && *at == '\0') {
            int hour = digits[0] * 10 + digits[1];
            int minute = count == 4 ? digits[2] * 10 + digits[3] : 0;

            *minutes = hour * 60 + minute;
            return hour < 24 && minute < 60;
        }
    }
    return false;
}

/* "+01:00", "-0530", "+01", "Z" */
static bool read_zone(const char *zone, int *minutes)
{
    if (strcmp(zone, "Z") == 0 || strcmp(zone, "z") == 0 || strcmp(zone, "UTC") == 0) {
        *minutes = 0;
        return true;
    }
    if ((zone[0] != '+' && zone[0] != '-') || !read_offset(zone + 1, minutes)) {
        return false;
    }
    *minutes = zone[0] == '-' ? -*minutes : *minutes;
    return true;
}

enum ferry_code timelocal_parse(const char *text, int64_t *unix_ms, int *offset_minutes,
                                struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t length = strlen(text) < TO_MINUTES ? 0 : TO_MINUTES;
    const char *zone;
    int64_t as_utc_ms;
    char *plain;

    if (length == 0) {
        return no_time(text, err);
    }
    length += strspn(text + length, ":.0123456789");
    zone = text + length + strspn(text + length, " ");
    plain = mem_printf(scope, "%.*s%s", (int)length, text, length == TO_MINUTES ? ":00" : "");
    if (!timefmt_parse_utc(plain, &as_utc_ms)) {
        return no_time(text, err);
    }
    if (*zone == '\0') {
        return in_local_zone(text, as_utc_ms, unix_ms, offset_minutes, err);
    }
    if (!read_zone(zone, offset_minutes)) {
        return no_time(text, err);
    }
    *unix_ms = as_utc_ms - *offset_minutes * MINUTE_MS;
    return FERRY_OK;
}

char *timelocal_format(const void *ctx, int64_t unix_ms, int offset_minutes)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *utc = timefmt_utc(scope, unix_ms + offset_minutes * MINUTE_MS);
    int size = offset_minutes < 0 ? -offset_minutes : offset_minutes;

    return mem_printf(ctx, "%.19s%c%02d:%02d", utc, offset_minutes < 0 ? '-' : '+', size / 60,
                      size % 60);
}
