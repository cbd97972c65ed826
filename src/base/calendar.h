/* Days, weeks, months and years of moments, in UTC or in the zone of this machine. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum calendar_period { CALENDAR_DAY, CALENDAR_WEEK, CALENDAR_MONTH, CALENDAR_YEAR };

#define CALENDAR_TEXT_SIZE 32

/*
 * The period that a moment lies in: "2026-11-22", "2026-W47" (ISO 8601: weeks begin on Monday, the
 * first one of a year holds its first Thursday), "2026-11", "2026". From the year 1000 to 9999 the
 * texts of one kind sort as the periods follow each other. local: by the zone of this machine
 * (TZ, else /etc/localtime) with its clock changes; else UTC. A moment that the C library cannot
 * split gives "".
 */
void calendar_text(enum calendar_period period, int64_t unix_ms, bool local,
                   char out[CALENDAR_TEXT_SIZE]);

#endif
