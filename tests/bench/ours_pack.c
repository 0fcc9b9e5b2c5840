#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/change.h"
#include "tests/bench/measure.h"
#include "tests/bench/ours_internal.h"

#define FIRST_VISIT_MS UINT64_C(1795000000000)
#define ROUND_MS (UINT64_C(30) * 86400000) /* a set's visits take 2 days */

/* One set's memory, used again for the next. */
struct packing {
	struct change_visit visits[WORKLOAD_BATCH];
	struct change_row rows[WORKLOAD_BATCH];
	struct change_write writes[WORKLOAD_BATCH * WORKLOAD_FIELDS];
	char values[WORKLOAD_BATCH * WORKLOAD_FIELDS][WORKLOAD_VALUE_SIZE];
	uint64_t preds[WORKLOAD_BATCH];
	size_t nwrites;
};

void
ours_key(struct sign_key *key, enum workload_round round)
{
	uint8_t seed[SIGN_SEED_LEN] = { 7, (uint8_t)round };

	sign_key_make(key, seed);
}

/* Odd multiplication: different for every batch, and looks random. */
static uint64_t
set_id(enum workload_round round, size_t batch)
{
	return (((uint64_t)round << 32 | batch) + 1) *
	    UINT64_C(0x9e3779b97f4a7c15);
}

static void
add_write(struct packing *p, uint32_t record, unsigned field,
    enum workload_round round, const uint64_t *pred)
{
	char *value = p->values[p->nwrites];

	p->writes[p->nwrites++] = (struct change_write){
		.reg = ours_reg(field),
		.npreds = pred != NULL,
		.preds = pred,
		.value = (const uint8_t *)value,
		.len = (uint32_t)workload_value(value, record, field, round),
	};
}

static void
add_row(struct packing *p, size_t k, uint32_t record,
    const struct workload_edit *edit, enum workload_round round)
{
	struct change_row *row = &p->rows[k];
	unsigned i;

	*row = (struct change_row){
		.id = workload_id(record),
		.kind = RECORD_HOUSEHOLD,
		.visit = (uint32_t)k,
		.writes = &p->writes[p->nwrites],
		.nwrites = WORKLOAD_FIELDS,
	};
	if (edit == NULL) {
		for (i = 0; i < WORKLOAD_FIELDS; i++)
			add_write(p, record, i, round, NULL);
		return;
	}
	row->nwrites = WORKLOAD_EDIT_FIELDS;
	row->shown_epoch = 1;
	row->shown_version = record / WORKLOAD_BATCH + 1;
	p->preds[k] = set_id(WORKLOAD_BASE, record / WORKLOAD_BATCH);
	for (i = 0; i < WORKLOAD_EDIT_FIELDS; i++)
		add_write(p, record, edit->fields[i], round, &p->preds[k]);
}

static void
fill(struct packing *p, const struct workload *w, enum workload_round round,
    size_t batch)
{
	const struct workload_edit *edit = NULL;
	uint64_t ms = FIRST_VISIT_MS + (uint64_t)round * ROUND_MS;
	uint32_t record, at;
	size_t k;

	p->nwrites = 0;
	for (k = 0; k < WORKLOAD_BATCH; k++) {
		at = (uint32_t)(batch * WORKLOAD_BATCH + k);
		record = at;
		if (round != WORKLOAD_BASE) {
			edit = &w->edits[round - WORKLOAD_A][at];
			record = edit->record;
		}
		/* Some minutes from one visit to the next. */
		ms += 300000 + at * 7919 % 900000;
		p->visits[k] = (struct change_visit){
			.id = id_make(6402, WORKLOAD_WRITER + round, at + 1),
			.hlc = ms << 16,
			.day = (int32_t)(ms / 86400000),
		};
		add_row(p, k, record, edit, round);
	}
}

void
ours_pack_one(struct writer *out, const struct workload *w,
    enum workload_round round, size_t batch, enum change_kind kind,
    uint8_t prev[CHANGE_ID_LEN])
{
	static struct packing p;
	uint8_t seed[CHANGE_SEED_LEN] = { (uint8_t)round, (uint8_t)batch,
		(uint8_t)(batch >> 8), (uint8_t)(batch >> 16) };
	struct change_body body = { .visits = p.visits,
		.rows = p.rows,
		.nvisits = WORKLOAD_BATCH,
		.nrows = WORKLOAD_BATCH };
	struct change_head head = { .kind = kind,
		.authority = 6402,
		.writer = WORKLOAD_WRITER + round,
		.seq = (uint32_t)batch + 1,
		.set_id = set_id(round, batch),
		.instrument = 1,
		.fields = 1 };
	struct sign_key key;
	struct err err;

	if (kind == CHANGE_IMPORT)
		head.epoch = 1;
	memcpy(head.prev, prev, CHANGE_ID_LEN);
	ours_key(&key, round);
	fill(&p, w, round, batch);
	measure_must(change_pack(out, &head, &body, seed, &key, prev, &err),
	    &err, "pack a change set");
}

struct workload_batch *
ours_pack(const struct workload *w, enum workload_round round)
{
	size_t i, n = workload_nbatches(w, round);
	struct workload_batch *batches = measure_memory(n, sizeof(*batches));
	uint8_t prev[CHANGE_ID_LEN] = { 0 };
	struct writer out = { 0 };

	for (i = 0; i < n; i++) {
		ours_pack_one(&out, w, round, i, CHANGE_VISITS, prev);
		batches[i].n = WORKLOAD_BATCH;
		batches[i].bytes = writer_take(&out, &batches[i].len);
	}
	return batches;
}
