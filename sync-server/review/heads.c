#include <stdlib.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/merge/record.h"

#include "sync-server/review/heads.h"

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
heads_sets(uint64_t **sets, size_t *n, const uint8_t *bytes, size_t len,
    struct err *err)
{
	struct reader r = reader_start(bytes, len);
	size_t i, k, room = len / 8 + 1;
	uint64_t nheads;

	*n = 0;
	if ((*sets = malloc(room * sizeof(**sets))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for heads");
	while (r.left > 0 && !r.failed) {
		reader_varint(&r);
		nheads = reader_varint_max(&r, room);
		for (i = 0; i < nheads && *n < room && !r.failed; i++)
			(*sets)[(*n)++] = reader_u64(&r);
	}
	if (r.failed) {
		free(*sets);
		*sets = NULL;
		*n = 0;
		return err_set(err, ST_INVALID, "heads out of shape");
	}
	qsort(*sets, *n, sizeof(**sets), id_compare);
	for (i = 0, k = 0; i < *n; i++) {
		if (k == 0 || (*sets)[i] != (*sets)[k - 1])
			(*sets)[k++] = (*sets)[i];
	}
	*n = k;
	return ST_OK;
}
