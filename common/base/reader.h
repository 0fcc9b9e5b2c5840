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

static inline struct reader reader_start(const void *bytes, size_t len);

/* Points into the caller's bytes, or NULL if ${len} are not left. */
static inline const uint8_t *reader_bytes(struct reader *r, size_t len);
static inline uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
static inline uint64_t reader_varint(struct reader *r);
/* Zigzag: 0, -1, 1, -2, ... */
int64_t reader_svarint(struct reader *r);
/* A varint that may be ${max} at the most; more fails the reader. */
static inline uint64_t reader_varint_max(struct reader *r, uint64_t max);
/* Copy ${len} bytes to ${out}; zeros if they are not left. */
void reader_copy(struct reader *r, void *out, size_t len);

/* True if every read was good and nothing is left over. */
bool reader_finish(const struct reader *r);

/* The rest is the short way of the calls above. */

uint64_t reader_varint_long(struct reader *r);

static inline struct reader
reader_start(const void *bytes, size_t len)
{
	return (struct reader){ .at = bytes, .left = len };
}

static inline const uint8_t *
reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *bytes = r->at;

	if (r->failed || len > r->left) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return bytes;
}

static inline uint8_t
reader_u8(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 1);

	return b != NULL ? b[0] : 0;
}

static inline uint64_t
reader_varint(struct reader *r)
{
	if (r->failed || r->left == 0 || r->at[0] >= 0x80)
		return reader_varint_long(r);
	r->left--;
	return *r->at++;
}

static inline uint64_t
reader_varint_max(struct reader *r, uint64_t max)
{
	uint64_t v = reader_varint(r);

	if (v <= max)
		return v;
	r->failed = true;
	return 0;
}

#endif /* COMMON_BASE_READER_H */
