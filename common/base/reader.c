#include <string.h>

#include "common/base/reader.h"

uint16_t
reader_u16(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 2);

	return b != NULL ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

uint32_t
reader_u32(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 4);

	if (b == NULL)
		return 0;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
}

uint64_t
reader_u64(struct reader *r)
{
	uint64_t high = reader_u32(r);

	return high << 32 | reader_u32(r);
}

uint64_t
reader_varint_long(struct reader *r)
{
	uint64_t value = 0;
	unsigned shift;
	uint8_t b;

	for (shift = 0; shift < 64; shift += 7) {
		b = reader_u8(r);
		if (shift == 63 && b > 1)
			break;
		value |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if (b == 0 && shift > 0)
			break; /* padded */
		return r->failed ? 0 : value;
	}
	r->failed = true;
	return 0;
}

int64_t
reader_svarint(struct reader *r)
{
	uint64_t v = reader_varint(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

void
reader_copy(struct reader *r, void *out, size_t len)
{
	const uint8_t *b = reader_bytes(r, len);

	if (b != NULL)
		memcpy(out, b, len);
	else
		memset(out, 0, len);
}

bool
reader_finish(const struct reader *r)
{
	return !r->failed && r->left == 0;
}
