/* Times as a person writes them, in the zone of this machine unless they say another. */
#ifndef BASE_TIMELOCAL_H
#define BASE_TIMELOCAL_H

#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

/* RFC 3339, or "2026-11-28 02:00[:SS]", then "Z", "+01:00" or nothing: local time. *offset_minutes
   is the offset from UTC that it was read with. FERRY_E_USAGE: no time, or a local time that does
   not exist or exists twice (the clock is set forward or back then). */
enum ferry_code timelocal_parse(const char *text, int64_t *unix_ms, int *offset_minutes,
                                struct ferry_error *err) FERRY_CHECK;
/* The offset from UTC that this machine's zone has at this time. */
int timelocal_offset(int64_t unix_ms);
/* "2026-11-28T02:00:00+01:00" */
char *timelocal_format(const void *ctx, int64_t unix_ms, int offset_minutes);

#endif
