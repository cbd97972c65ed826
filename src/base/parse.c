#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"

bool parse_int64(const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits = text;
    char *end;
    long long value;

    if (text == NULL) {
        return false;
    }
    if (*digits == '-') {
        digits++;
    }
    if (!isdigit((unsigned char)*digits)) { /* strtoll would skip spaces and take a plus */
        return false;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max) {
        return false;
    }
    *out = value;
    return true;
}

bool parse_double(const char *text, double min, double max, double *out)
{
    char *end;
    double value;

    /* Only decimal notation: strtod would also take "inf", "nan", hexadecimal and spaces. */
    if (text == NULL || *text == '\0' || *text == '+') {
        return false;
    }
    if (text[strspn(text, "0123456789.eE+-")] != '\0') {
        return false;
    }
    errno = 0;
    value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
        return false;
    }
    *out = value;
    return true;
}

bool parse_duration_ms(const char *text, int64_t *out_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    long long count;

    if (digits == 0) {
        return false;
    }
    errno = 0;
    count = strtoll(text, NULL, 10);
    if (errno != 0) {
        return false;
    }
    for (size_t at = 0; at < FERRY_COUNT(units); at++) {
        if (strcmp(text + digits, units[at].name) != 0) {
            continue;
        }
        if (count > INT64_MAX / units[at].ms) {
            return false;
        }
        *out_ms = count * units[at].ms;
        return true;
    }
    return false;
}

bool parse_bool(const char *text, bool *out)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

    if (text == NULL) {
        return false;
    }
    for (size_t at = 0; at < FERRY_COUNT(words); at++) {
        for (int value = 0; value < 2; value++) {
            if (strcasecmp(text, words[at][value]) == 0) {
                *out = value == 1;
                return true;
            }
        }
    }
    return false;
}
