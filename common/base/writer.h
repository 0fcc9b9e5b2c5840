#ifndef COMMON_BASE_WRITER_H
#define COMMON_BASE_WRITER_H

/*
 * writer: put big-endian fields, one after another, into a buffer that
 * grows.  The counterpart of reader.  Running out of memory is remembered:
 * a run of writes needs one check, writer_ok(), at its end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
	uint8_t *bytes; /* ours until writer_take(); NULL while empty */
	size_t len;     /* bytes written */
	size_t cap;
	bool failed;
	bool secret; /* set by who holds it: what it leaves is overwritten */
};

/* An empty writer is all zero: struct writer w = { 0 }; */
void writer_free(struct writer *w);
/* Forget what was written, keep the memory. */
void writer_clear(struct writer *w);

/* Room for ${len} bytes that the caller fills; NULL if there is no memory. */
static inline uint8_t *writer_space(struct writer *w, size_t len);

static inline void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
static inline void writer_varint(struct writer *w, uint64_t value);
void writer_svarint(struct writer *w, int64_t value);
static inline void writer_bytes(
    struct writer *w, const void *bytes, size_t len);

bool writer_ok(const struct writer *w);

/*
 * Hand the bytes over: *${len} of them, to free() by the caller; ${w} is
 * empty again.  NULL if a write had failed or nothing was written.
 */
uint8_t *writer_take(struct writer *w, size_t *len);

/*
 * The rest is the short way of the calls above: records are packed and
 * unpacked for every row of every change set.
 */

uint8_t *writer_grow(struct writer *w, size_t len);
void writer_varint_long(struct writer *w, uint64_t value);

static inline uint8_t *
writer_space(struct writer *w, size_t len)
{
	uint8_t *bytes;

	if (w->failed || w->bytes == NULL || len > w->cap - w->len)
		return writer_grow(w, len);
	bytes = w->bytes + w->len;
	w->len += len;
	return bytes;
}

static inline void
writer_u8(struct writer *w, uint8_t value)
{
	uint8_t *b = writer_space(w, 1);

	if (b != NULL)
		b[0] = value;
}

static inline void
writer_varint(struct writer *w, uint64_t value)
{
	if (value < 0x80)
		writer_u8(w, (uint8_t)value);
	else
		writer_varint_long(w, value);
}

static inline void
writer_bytes(struct writer *w, const void *bytes, size_t len)
{
	uint8_t *b = len > 0 ? writer_space(w, len) : NULL;

	if (b != NULL)
		memcpy(b, bytes, len);
}

#endif /* COMMON_BASE_WRITER_H */
