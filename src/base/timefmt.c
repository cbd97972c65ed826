#include "base/timefmt.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"

#define DAY_MS INT64_C(86400000)

struct moment {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour;
    int minute;
    int second;
    int ms;
};

/*
 * Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the leap
 * day is the last of its year; 400 years always have 146097 days, and 719468 days lie between
 * 0000-03-01 and 1970-01-01.
 */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t in_era = y - era * 400;
    int64_t in_year = (153 * from_march + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static void split(int64_t unix_ms, struct moment *out)
{
    int64_t days = unix_ms / DAY_MS;
    int64_t rest = unix_ms % DAY_MS;

    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    out->ms = (int)(rest % 1000);
    out->second = (int)(rest / 1000 % 60);
    out->minute = (int)(rest / 60000 % 60);
    out->hour = (int)(rest / 3600000);
    out->year = 1970 + days / 366; /* never too late; a few steps forward find the year */
    if (days < 0) {
        out->year = 1970 + days / 365 - 1;
    }
    while (days_of(out->year + 1, 1, 1) <= days) {
        out->year++;
    }
    days -= days_of(out->year, 1, 1);
    out->month = 1;
    while (days >= days_in_month(out->year, out->month)) {
        days -= days_in_month(out->year, out->month);
        out->month++;
    }
    out->day = (int)days + 1;
}

static bool join(const struct moment *from, int64_t *unix_ms)
{
    int64_t seconds;

    if (from->month < 1 || from->month > 12 || from->day < 1) {
        return false;
    }
    if (from->day > days_in_month(from->year, from->month) || from->hour > 23 ||
        from->minute > 59) {
        return false;
    }
    if (from->second > 60) { /* 60: a leap second, which Unix time counts as the next one */
        return false;
    }
    seconds = (int64_t)from->hour * 3600 + (int64_t)from->minute * 60 + from->second;
    *unix_ms = days_of(from->year, from->month, from->day) * DAY_MS + seconds * 1000 + from->ms;
    return true;
}

char *timefmt_utc(const void *ctx, int64_t unix_ms)
{
    /* The format has four digits for the year. */
    const int64_t first = days_of(0, 1, 1) * DAY_MS;
    const int64_t last = days_of(10000, 1, 1) * DAY_MS - 1;
    struct moment at;

    split(unix_ms < first ? first : unix_ms > last ? last : unix_ms, &at);
    return mem_printf(ctx, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)at.year, at.month, at.day,
                      at.hour, at.minute, at.second, at.ms);
}

/* Takes exactly count digits off the text. */
static bool take_number(const char **text, int count, int *out)
{
    int value = 0;

    for (; count > 0; count--, (*text)++) {
        if (!isdigit((unsigned char)**text)) {
            return false;
        }
        value = value * 10 + (**text - '0');
    }
    *out = value;
    return true;
}

static bool take_char(const char **text, const char *allowed)
{
    if (**text == '\0' || strchr(allowed, **text) == NULL) {
        return false;
    }
    (*text)++;
    return true;
}

static bool take_clock(const char **text, struct moment *out)
{
    return take_number(text, 2, &out->hour) && take_char(text, ":") &&
           take_number(text, 2, &out->minute) && take_char(text, ":") &&
           take_number(text, 2, &out->second);
}

/* ".291": any number of digits; what lies below a millisecond is cut. */
static bool take_fraction(const char **text, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (!take_char(text, ".")) {
        return true;
    }
    if (!isdigit((unsigned char)**text)) {
        return false;
    }
    for (; isdigit((unsigned char)**text); (*text)++) {
        *ms += (**text - '0') * scale;
        scale /= 10;
    }
    return true;
}

/* "", "Z", "+02:00", "+0200" or "+02". */
static bool take_offset(const char **text, int64_t *offset_ms)
{
    int sign = **text == '-' ? -1 : 1;
    int hours = 0;
    int minutes = 0;

    *offset_ms = 0;
    if (**text == '\0' || take_char(text, "Zz")) {
        return true;
    }
    if (!take_char(text, "+-") || !take_number(text, 2, &hours)) {
        return false;
    }
    if (take_char(text, ":") || **text != '\0') {
        if (!take_number(text, 2, &minutes)) {
            return false;
        }
    }
    if (hours > 23 || minutes > 59) {
        return false;
    }
    *offset_ms = sign * ((int64_t)hours * 3600000 + (int64_t)minutes * 60000);
    return true;
}

bool timefmt_parse_utc(const char *text, int64_t *unix_ms)
{
    struct moment at = {0};
    int64_t offset_ms;
    int64_t local_ms;
    int year;

    if (text == NULL || !take_number(&text, 4, &year) || !take_char(&text, "-")) {
        return false;
    }
    at.year = year;
    if (!take_number(&text, 2, &at.month) || !take_char(&text, "-")) {
        return false;
    }
    if (!take_number(&text, 2, &at.day) || !take_char(&text, "Tt ")) {
        return false;
    }
    if (!take_clock(&text, &at) || !take_fraction(&text, &at.ms)) {
        return false;
    }
    if (!take_offset(&text, &offset_ms) || *text != '\0' || !join(&at, &local_ms)) {
        return false;
    }
    *unix_ms = local_ms - offset_ms;
    return true;
}

/* The number (from 0) of the three letters in a list of such, or -1. */
static int take_name(const char **text, const char *names)
{
    for (int at = 0; *names != '\0'; at++, names += 3) {
        if (strncmp(*text, names, 3) == 0) {
            *text += 3;
            return at;
        }
    }
    return -1;
}

bool timefmt_parse_http(const char *text, int64_t *unix_ms)
{
    struct moment at = {0};
    int year;

    if (text == NULL || take_name(&text, "SunMonTueWedThuFriSat") < 0) {
        return false;
    }
    if (!take_char(&text, ",") || !take_char(&text, " ") || !take_number(&text, 2, &at.day)) {
        return false;
    }
    if (!take_char(&text, " ")) {
        return false;
    }
    at.month = 1 + take_name(&text, "JanFebMarAprMayJunJulAugSepOctNovDec");
    if (at.month < 1 || !take_char(&text, " ") || !take_number(&text, 4, &year)) {
        return false;
    }
    at.year = year;
    if (!take_char(&text, " ") || !take_clock(&text, &at) || strcmp(text, " GMT") != 0) {
        return false;
    }
    return join(&at, unix_ms);
}

/* The amount without its sign, which INT64_MIN has no positive number for. */
static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

char *timefmt_duration(const void *ctx, int64_t ms)
{
    const char *sign = ms < 0 ? "-" : "";
    unsigned long long size = magnitude(ms);

    if (size < 1000) {
        return mem_printf(ctx, "%s%llu ms", sign, size);
    }
    if (size < 60000) {
        return mem_printf(ctx, "%s%llu.%llu s", sign, size / 1000, size % 1000 / 100);
    }
    if (size < 3600000) {
        return mem_printf(ctx, "%s%llu min %02llu s", sign, size / 60000, size % 60000 / 1000);
    }
    return mem_printf(ctx, "%s%llu h %02llu min", sign, size / 3600000, size % 3600000 / 60000);
}

char *timefmt_bytes(const void *ctx, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    const char *sign = bytes < 0 ? "-" : "";
    unsigned long long size = magnitude(bytes);
    unsigned long long unit = 1024;
    size_t at = 0;

    if (size < unit) {
        return mem_printf(ctx, "%s%llu B", sign, size);
    }
    while (at + 1 < FERRY_COUNT(units) && size / 1024 >= unit) {
        unit *= 1024;
        at++;
    }
    return mem_printf(ctx, "%s%llu.%llu %s", sign, size / unit, size % unit * 10 / unit, units[at]);
}
