/* Text to numbers, range and end checked. All return false and leave *out alone on bad text. */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

bool parse_int64(const char *text, int64_t min, int64_t max, int64_t *out);
bool parse_double(const char *text, double min, double max, double *out);
/* "500ms", "5s", "30m", "4h", "1d"; a bare number is refused (no unit, no guess). */
bool parse_duration_ms(const char *text, int64_t *out_ms);
/* "true", "yes", "on", "1" and their opposites. */
bool parse_bool(const char *text, bool *out);

#endif
