#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"

#include "agent/outbox/row.h"
#include "common/base/arena.h"

/* Ids, versions, counts and lengths of a row and of a write, each at most
 * a varint of 10 bytes; u64 names. */
#define ROW_EXTRA 64u
#define WRITE_EXTRA 16u

size_t
row_npreds(const struct row *row)
{
	size_t i, n = 0;

	for (i = 0; i < row->nwrites; i++)
		n += row->writes[i].npreds;
	return n;
}

size_t
row_size(const struct row *row)
{
	size_t i, size = ROW_EXTRA + 10 * row->nalso;

	for (i = 0; i < row->nwrites; i++)
		size += WRITE_EXTRA + 10 * (size_t)row->writes[i].npreds +
		    row->writes[i].len;
	return size;
}

void
row_pack_writes(struct writer *out, const struct change_write *writes, size_t n)
{
	size_t i, p;

	writer_varint(out, n);
	for (i = 0; i < n; i++) {
		writer_varint(out, writes[i].reg);
		writer_varint(out, writes[i].npreds);
		for (p = 0; p < writes[i].npreds; p++)
			writer_u64(out, writes[i].preds[p]);
		writer_varint(out, writes[i].len);
		writer_bytes(out, writes[i].value, writes[i].len);
	}
}

static enum status
unpack_write(struct change_write *w, struct arena *arena, struct reader *r,
    struct err *err)
{
	uint64_t *preds;
	size_t p;

	w->reg = (uint16_t)reader_varint_max(r, UINT16_MAX);
	w->npreds = (uint16_t)reader_varint_max(r, CHANGE_PREDS_MAX);
	if ((preds = arena_take(arena, w->npreds * sizeof(*preds))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (p = 0; p < w->npreds; p++)
		preds[p] = reader_u64(r);
	w->preds = preds;
	w->len = (uint32_t)reader_varint_max(r, RECORD_VALUE_MAX);
	w->value = reader_bytes(r, w->len);
	return ST_OK;
}

enum status
row_unpack_writes(struct change_write **out, size_t *n, struct arena *arena,
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	struct change_write *writes;
	size_t i, count;
	enum status st;

	*out = NULL;
	*n = 0;
	count = (size_t)reader_varint_max(&r, RECORD_REGISTERS_MAX);
	if ((writes = arena_take(arena, count * sizeof(*writes))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < count; i++) {
		st = unpack_write(&writes[i], arena, &r, err);
		if (st != ST_OK)
			return st;
	}
	if (!reader_finish(&r))
		return err_set(err, ST_UNTRUSTED,
		    "the writes of a visit are damaged in the store");
	*out = writes;
	*n = count;
	return ST_OK;
}
