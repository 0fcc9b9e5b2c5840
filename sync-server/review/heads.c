#include <stdbool.h>
#include <stdlib.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/merge/record.h"

#include "sync-server/review/heads.h"

/* No register follows another one so far away. */
#define OTHER (UINT16_MAX + 1u)

enum status
heads_pack(struct writer *out, const struct record *record, struct err *err)
{
	const struct record_reg *reg;
	uint16_t before = 0;
	uint32_t i, k;

	for (i = 0; i < record->nregs; i++) {
		reg = &record->regs[i];
		if (reg->nheads == 0)
			continue;
		writer_varint(out, (uint64_t)(reg->reg - before));
		before = reg->reg;
		writer_varint(out, reg->nheads);
		for (k = 0; k < reg->nheads; k++)
			writer_u64(out, reg->heads[k].set.set_id);
	}
	return writer_ok(out) ? ST_OK
			      : err_set(err, ST_NOMEM, "no memory for heads");
}

enum status
heads_pack_other(struct writer *out, uint64_t id, const struct record *record,
    struct err *err)
{
	writer_varint(out, OTHER);
	writer_u64(out, id);
	return heads_pack(out, record, err);
}

/* What is picked out of packed heads: sets, or further records. */
struct picking {
	uint64_t *at;
	size_t n, room;
	bool others;
};

static void
pick(struct picking *p, uint64_t id, bool other)
{
	if (other == p->others && p->n < p->room)
		p->at[p->n++] = id;
}

static enum status
pick_all(struct picking *p, const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	uint64_t nheads;

	p->room = len / 8 + 1;
	if ((p->at = malloc(p->room * sizeof(*p->at))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for heads");
	while (r.left > 0 && !r.failed) {
		if (reader_varint(&r) == OTHER) {
			pick(p, reader_u64(&r), true);
			continue;
		}
		nheads = reader_varint_max(&r, p->room);
		while (nheads-- > 0 && !r.failed)
			pick(p, reader_u64(&r), false);
	}
	if (!r.failed)
		return ST_OK;
	free(p->at);
	return err_set(err, ST_INVALID, "heads out of shape");
}

enum status
heads_others(uint64_t **ids, size_t *n, const uint8_t *bytes, size_t len,
    struct err *err)
{
	struct picking p = { .others = true };
	enum status st = pick_all(&p, bytes, len, err);

	*ids = st == ST_OK ? p.at : NULL;
	*n = st == ST_OK ? p.n : 0;
	return st;
}

enum status
heads_sets(uint64_t **sets, size_t *n, const uint8_t *bytes, size_t len,
    struct err *err)
{
	struct picking p = { .others = false };
	enum status st;
	size_t i, k;

	*sets = NULL;
	*n = 0;
	if ((st = pick_all(&p, bytes, len, err)) != ST_OK)
		return st;
	qsort(p.at, p.n, sizeof(*p.at), id_compare);
	for (i = 0, k = 0; i < p.n; i++) {
		if (k == 0 || p.at[i] != p.at[k - 1])
			p.at[k++] = p.at[i];
	}
	*sets = p.at;
	*n = k;
	return ST_OK;
}
