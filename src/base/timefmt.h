/* Times and durations as text. */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include <stdbool.h>
#include <stdint.h>

#define TIMEFMT_UTC_SIZE 25 /* "2026-11-22T15:06:06.291Z" and a NUL */

/* Unix milliseconds as RFC 3339 in UTC with milliseconds. */
char *timefmt_utc(const void *ctx, int64_t unix_ms);
/* The reverse; also takes the manager's "2026-11-22 15:06:06.291[Z]", no fraction, and offsets. */
bool timefmt_parse_utc(const char *text, int64_t *unix_ms);
/* An HTTP date ("Sun, 22 Nov 2026 15:19:59 GMT", RFC 9110 5.6.7; only this form). */
bool timefmt_parse_http(const char *text, int64_t *unix_ms);
/* For people: "850 ms", "4.2 s", "3 min 05 s", "2 h 14 min". */
char *timefmt_duration(const void *ctx, int64_t ms);
/* For people: "512 B", "1.4 MiB", "2.0 GiB". */
char *timefmt_bytes(const void *ctx, int64_t bytes);

#endif
