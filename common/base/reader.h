#ifndef COMMON_BASE_READER_H
#define COMMON_BASE_READER_H

/*
 * reader: take big-endian fields, one after another, from bytes that we do
 * not trust.  A read past the end yields zero and is remembered, as are all
 * reads after it, so a run of reads needs one check, reader_finish(), at its
 * end.  Lengths must still be checked against limits.h before they are used.
 *
 * varint: base 128, least significant group first, at most 10 bytes, in its
 * shortest form (a padded one fails, so that bytes have one spelling).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at; /* not ours; must outlive the reader */
	size_t left;
	bool failed;
};

struct reader reader_start(const void *bytes, size_t len);

/* Points into the caller's bytes, or NULL if ${len} are not left. */
const uint8_t *reader_bytes(struct reader *r, size_t len);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
uint64_t reader_varint(struct reader *r);
/* Zigzag: 0, -1, 1, -2, ... */
int64_t reader_svarint(struct reader *r);
/* A varint that may be ${max} at the most; more fails the reader. */
uint64_t reader_varint_max(struct reader *r, uint64_t max);
/* Copy ${len} bytes to ${out}; zeros if they are not left. */
void reader_copy(struct reader *r, void *out, size_t len);

/* True if every read was good and nothing is left over. */
bool reader_finish(const struct reader *r);

#endif /* COMMON_BASE_READER_H */
