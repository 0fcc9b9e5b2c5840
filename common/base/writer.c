#include <stdlib.h>
#include <string.h>

#include "common/base/wipe.h"
#include "common/base/writer.h"

void
writer_free(struct writer *w)
{
	if (w->secret && w->bytes != NULL)
		wipe(w->bytes, w->cap);
	free(w->bytes);
	*w = (struct writer){ .secret = w->secret };
}

/* realloc(), but that nothing stays behind. */
static uint8_t *
move(const struct writer *w, size_t cap)
{
	uint8_t *bytes;

	if (!w->secret || w->bytes == NULL)
		return realloc(w->bytes, cap);
	if ((bytes = malloc(cap)) == NULL)
		return NULL;
	memcpy(bytes, w->bytes, w->len);
	wipe(w->bytes, w->cap);
	free(w->bytes);
	return bytes;
}

void
writer_clear(struct writer *w)
{
	w->len = 0;
	w->failed = false;
}

uint8_t *
writer_grow(struct writer *w, size_t len)
{
	uint8_t *bytes;
	size_t cap;

	if (w->failed)
		return NULL;
	if (w->bytes == NULL || len > w->cap - w->len) {
		cap = w->cap > 0 ? w->cap * 2 : 256;
		if (cap < w->len + len)
			cap = w->len + len;
		if (w->len + len < len || (bytes = move(w, cap)) == NULL) {
			w->failed = true;
			return NULL;
		}
		w->bytes = bytes;
		w->cap = cap;
	}
	bytes = w->bytes + w->len;
	w->len += len;
	return bytes;
}

void
writer_u16(struct writer *w, uint16_t value)
{
	uint8_t *b = writer_space(w, 2);

	if (b == NULL)
		return;
	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static void
put_u32(uint8_t *b, uint32_t value)
{
	b[0] = (uint8_t)(value >> 24);
	b[1] = (uint8_t)(value >> 16);
	b[2] = (uint8_t)(value >> 8);
	b[3] = (uint8_t)value;
}

void
writer_u32(struct writer *w, uint32_t value)
{
	uint8_t *b = writer_space(w, 4);

	if (b != NULL)
		put_u32(b, value);
}

void
writer_u64(struct writer *w, uint64_t value)
{
	uint8_t *b = writer_space(w, 8);

	if (b == NULL)
		return;
	put_u32(b, (uint32_t)(value >> 32));
	put_u32(b + 4, (uint32_t)value);
}

void
writer_varint_long(struct writer *w, uint64_t value)
{
	uint8_t b[10];
	size_t n = 0;

	while (value >= 0x80) {
		b[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	b[n++] = (uint8_t)value;
	writer_bytes(w, b, n);
}

void
writer_svarint(struct writer *w, int64_t value)
{
	writer_varint(w, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

bool
writer_ok(const struct writer *w)
{
	return !w->failed;
}

uint8_t *
writer_take(struct writer *w, size_t *len)
{
	uint8_t *bytes = w->failed ? NULL : w->bytes;

	*len = bytes != NULL ? w->len : 0;
	if (bytes != NULL)
		*w = (struct writer){ 0 };
	else
		writer_free(w);
	return bytes;
}
