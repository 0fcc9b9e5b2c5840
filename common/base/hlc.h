#ifndef COMMON_BASE_HLC_H
#define COMMON_BASE_HLC_H

/*
 * hlc: a hybrid logical clock, 48 bits of Unix milliseconds and 16 bits that
 * count within one.  It orders what one author did, and picks which of two
 * true heads is shown; it decides nothing else.
 */

#include <stdint.h>

#define HLC_COUNT_BITS 16

/* The next value after ${last} at the wall time ${now_ms}: always greater. */
static inline uint64_t
hlc_next(uint64_t last, int64_t now_ms)
{
	uint64_t now = now_ms > 0 ? (uint64_t)now_ms << HLC_COUNT_BITS : 0;

	return now > last ? now : last + 1;
}

static inline int64_t
hlc_ms(uint64_t hlc)
{
	return (int64_t)(hlc >> HLC_COUNT_BITS);
}

#endif /* COMMON_BASE_HLC_H */
