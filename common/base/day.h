#ifndef COMMON_BASE_DAY_H
#define COMMON_BASE_DAY_H

/*
 * day: a date of the Gregorian calendar, without time or zone, as the number
 * of days since 1 January 1970 (which is day 0; earlier days are negative).
 * Birth dates, days of observation and the validity of region codes are
 * days.  Years 1 to 9999.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

#define DAY_NONE INT32_MIN /* no date given */
#define DAY_TEXT_SIZE 11   /* 2026-11-22 and the NUL */

struct day_parts {
	int year, month, day; /* month and day from 1 */
};

/* Is there such a date? */
bool day_exists(int year, int month, int day);

/* The date must exist. */
int32_t day_make(int year, int month, int day);
struct day_parts day_split(int32_t day);

/* The day that ${ms} (Unix time) falls on, ${zone_min} minutes east of UTC. */
int32_t day_from_ms(int64_t ms, int zone_min);

void day_print(int32_t day, char out[DAY_TEXT_SIZE]);
/* ST_INVALID unless ${text} is exactly an existing date as YYYY-MM-DD. */
enum status day_parse(int32_t *out, const char *text, struct err *err);

#endif /* COMMON_BASE_DAY_H */
