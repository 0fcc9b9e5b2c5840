#ifndef COMMON_MERGE_RECORD_FORM_H
#define COMMON_MERGE_RECORD_FORM_H

/*
 * The numbers of the packed form, for record_read.c and record_write.c.  The
 * form itself is drawn in record.h.
 */

#include <stdint.h>

#include "common/base/hlc.h"
#include "common/merge/record.h"

#define RECORD_FORM 1
#define RECORD_SET_FLAGS (RECORD_SET_DECISION | RECORD_SET_IMPORT)

/* Bytes of a set, at the least and at the most. */
#define RECORD_SET_MIN 17u
#define RECORD_SET_MAX 44u

/* What of a set is told, because it is not what goes without saying. */
#define RECORD_TELLS_COUNT 1u     /* clock's count, not 0 */
#define RECORD_TELLS_DAY 2u       /* not the clock's day, UTC */
#define RECORD_TELLS_AUTHORITY 4u /* visit's, not that of the set before */
#define RECORD_TELLS_WRITER 8u    /* visit's, not the set's */
#define RECORD_FLAGS_SHIFT 4      /* the set's flags follow these */

/* A visit's id is a creation dot, id.h; any 64 bits are taken. */
#define RECORD_DOT_COUNTER_BITS 29
#define RECORD_DOT_WRITER_BITS 20
#define RECORD_DOT_COUNTER_MAX ((UINT64_C(1) << RECORD_DOT_COUNTER_BITS) - 1)
#define RECORD_DOT_WRITER_MAX ((INT64_C(1) << RECORD_DOT_WRITER_BITS) - 1)
#define RECORD_DOT_HIGH_BITS (RECORD_DOT_COUNTER_BITS + RECORD_DOT_WRITER_BITS)
#define RECORD_DOT_HIGH_MAX (UINT64_MAX >> RECORD_DOT_HIGH_BITS)

/* Bits in which the numbers 0 to ${nsets} - 1 fit. */
static inline unsigned
record_index_bits(uint64_t nsets)
{
	unsigned bits = 0;

	while (nsets > UINT64_C(1) << bits)
		bits++;
	return bits;
}

/* The day, UTC, of a clock value: what a set's day is counted from. */
static inline int64_t
record_hlc_day(uint64_t hlc)
{
	return hlc_ms(hlc) / 86400000;
}

/* These write into room that is there already, and return what is left. */

static inline uint8_t *
record_put_big_endian(uint8_t *at, uint64_t value, unsigned nbytes)
{
	while (nbytes-- > 0)
		*at++ = (uint8_t)(value >> 8 * nbytes);
	return at;
}

static inline uint8_t *
record_put_varint(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

static inline uint8_t *
record_put_svarint(uint8_t *at, int64_t value)
{
	return record_put_varint(
	    at, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

/* ${before}: the set before it, or NULL for the first. */
static inline uint8_t *
record_put_set(
    uint8_t *at, const struct record_set *set, const struct record_set *before)
{
	uint64_t count = set->hlc & UINT16_MAX;
	uint64_t authority = set->visit >> RECORD_DOT_HIGH_BITS;
	uint64_t usual =
	    before != NULL ? before->visit >> RECORD_DOT_HIGH_BITS : 0;
	int64_t day = set->day - record_hlc_day(set->hlc);
	int64_t visiting = (int64_t)(set->visit >> RECORD_DOT_COUNTER_BITS) &
	    RECORD_DOT_WRITER_MAX;
	unsigned tells;

	at = record_put_big_endian(at, set->set_id, 8);
	at = record_put_big_endian(at, set->hlc >> HLC_COUNT_BITS, 6);
	tells = (count != 0 ? RECORD_TELLS_COUNT : 0) |
	    (day != 0 ? RECORD_TELLS_DAY : 0) |
	    (authority != usual ? RECORD_TELLS_AUTHORITY : 0) |
	    (visiting != set->writer ? RECORD_TELLS_WRITER : 0);
	*at++ = (uint8_t)((unsigned)set->flags << RECORD_FLAGS_SHIFT | tells);
	at = record_put_varint(at, set->writer);
	at = record_put_varint(at, set->visit & RECORD_DOT_COUNTER_MAX);
	if (count != 0)
		at = record_put_varint(at, count);
	if (day != 0)
		at = record_put_svarint(at, day);
	if (authority != usual)
		at = record_put_varint(at, authority);
	if (visiting != set->writer)
		at = record_put_svarint(at, visiting - set->writer);
	return at;
}

#endif /* COMMON_MERGE_RECORD_FORM_H */
