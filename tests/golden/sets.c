#include <string.h>

#include "common/base/id.h"
#include "common/wire/change.h"
#include "common/wire/squeeze.h"
#include "tests/golden/messages.h"
#include "tests/lib/lie.h"
#include "tests/lib/visits.h"

static const uint8_t SEED[CHANGE_SEED_LEN] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	11, 12, 13, 14, 15 };

/* Number ${seq} of the writer or the desk, after a made-up one. */
static struct change_head
head_of(enum change_kind kind, uint32_t seq)
{
	struct change_head head = { .kind = kind,
		.authority = 6402,
		.writer = kind == CHANGE_VISITS ? 14 : 2,
		.seq = seq,
		.set_id = 0xfedcba9876543210,
		.epoch = kind == CHANGE_VISITS ? 0 : 3,
		.instrument = 1,
		.fields = 1 };

	if (seq > 1)
		memset(head.prev, 0xaa, sizeof(head.prev));
	return head;
}

static void
pack(
    struct writer *out, struct change_head head, const struct change_body *body)
{
	const struct sign_key *key = head.kind == CHANGE_VISITS
	    ? &golden_keys.writer
	    : &golden_keys.desk;
	uint8_t id[CHANGE_ID_LEN];
	struct err err;

	golden_must(change_pack(out, &head, body, SEED, key, id, &err), &err);
}

static struct change_write
write_of(uint16_t reg, const char *value, const uint64_t *preds, uint16_t n)
{
	return (struct change_write){ .reg = reg,
		.value = (const uint8_t *)value,
		.len = (uint32_t)strlen(value),
		.preds = preds,
		.npreds = n };
}

/*
 * Two visits and four rows, so that every code of every column is there: a
 * new record, one shown, the same state again, another version; writes that
 * replace nothing, one set's, some of one set's, several sets'.
 */
void
make_change(struct writer *out)
{
	static const uint64_t SETS[3] = { 0xa1, 0xb2b2, 0xc3c3c3c3c3c3c3c3 };
	const struct change_visit visits[2] = {
		{ .id = id_make(6402, 14, 7),
		    .hlc = (uint64_t)GOLDEN_NOW_MS << 16,
		    .day = 20717 },
		{ .id = id_make(6402, 14, 12),
		    .hlc = (uint64_t)(GOLDEN_NOW_MS + 1800000) << 16 | 5,
		    .day = 20715 },
	};
	const struct change_write household[3] = {
		write_of(53, "004", &SETS[0], 1),
		write_of(62, "36", NULL, 0),
		write_of(63, "6", &SETS[0], 1),
	};
	const struct change_write again[3] = {
		write_of(53, "005", &SETS[1], 1),
		write_of(62, "", NULL, 0),
		write_of(63, "7", &SETS[1], 1),
	};
	const struct change_write person[2] = {
		write_of(131, "1", SETS, 3),
		write_of(132, "2", &SETS[2], 1),
	};
	const struct change_write born[2] = {
		write_of(131, "3", NULL, 0),
		write_of(132, "1", NULL, 0),
	};
	const struct change_row rows[4] = {
		{ .id = id_make(6402, 2, 500),
		    .kind = RECORD_HOUSEHOLD,
		    .visit = 1,
		    .shown_epoch = 3,
		    .shown_version = 1000,
		    .nwrites = 3,
		    .writes = household },
		{ .id = id_make(6402, 2, 501),
		    .kind = RECORD_PERSON,
		    .visit = 1,
		    .shown_epoch = 3,
		    .shown_version = 1000,
		    .nwrites = 2,
		    .writes = person,
		    .nalso = 1,
		    .also = &SETS[2] },
		{ .id = id_make(6402, 2, 730),
		    .kind = RECORD_HOUSEHOLD,
		    .shown_epoch = 3,
		    .shown_version = 998,
		    .nwrites = 3,
		    .writes = again },
		{ .id = id_make(6402, 14, 8),
		    .kind = RECORD_PERSON,
		    .nwrites = 2,
		    .writes = born },
	};
	const struct change_body body = {
		.visits = visits, .rows = rows, .nvisits = 2, .nrows = 4
	};

	pack(out, head_of(CHANGE_VISITS, 207), &body);
}

/* What the built-in instrument's dictionary was made for. */
void
make_verval(struct writer *out)
{
	const struct visits_opts opts = { .seed = 1, .n = 2, .plain = true };
	struct visits *v = visits_new(&opts);
	struct change_head head = head_of(CHANGE_VISITS, 1);

	head.dictionary = SQUEEZE_DICT_VERVAL;
	pack(out, head, &v->body);
	visits_free(v);
}

void
make_decision(struct writer *out)
{
	static const char NOTE[] = "dua kunjungan, KK dilihat";
	static const uint64_t SETS[2] = { 0xa1, 0xb2b2 };
	const struct change_visit visit = { .id = id_make(6402, 2, 900),
		.hlc = (uint64_t)GOLDEN_NOW_MS << 16,
		.day = 20717,
		.person = 3,
		.note = NOTE,
		.note_len = sizeof(NOTE) - 1 };
	const struct change_write write = write_of(53, "005", SETS, 2);
	const struct change_row row = { .id = id_make(6402, 2, 500),
		.kind = RECORD_HOUSEHOLD,
		.shown_epoch = 3,
		.shown_version = 1004,
		.nwrites = 1,
		.writes = &write };
	const struct change_body body = {
		.visits = &visit, .rows = &row, .nvisits = 1, .nrows = 1
	};

	pack(out, head_of(CHANGE_DECISION, 31), &body);
}

void
make_import(struct writer *out)
{
	const struct change_visit visit = {
		.hlc = (uint64_t)GOLDEN_NOW_MS << 16, .day = 20710, .person = 3
	};
	const struct change_write write = write_of(53, "005", NULL, 0);
	const struct change_row row = { .id = id_make(6402, 2, 1),
		.kind = RECORD_HOUSEHOLD,
		.nwrites = 1,
		.writes = &write };
	const struct change_body body = {
		.visits = &visit, .rows = &row, .nvisits = 1, .nrows = 1
	};

	pack(out, head_of(CHANGE_IMPORT, 1), &body);
}

void
make_control(struct writer *out)
{
	static const char REASON[] = "laptop 14 hilang";
	const struct change_visit visit = { .id = id_make(6402, 2, 901),
		.hlc = (uint64_t)GOLDEN_NOW_MS << 16,
		.day = 20717,
		.person = 3 };
	const struct change_toggle toggles[3] = {
		{ .change_id = { 1, 2, 3 },
		    .accept = false,
		    .reason = REASON,
		    .reason_len = sizeof(REASON) - 1 },
		{ .change_id = { 4, 5, 6 }, .accept = true },
		{ .change_id = { 7, 8, 9 },
		    .accept = true,
		    .booking = { .writer = ID_WRITER_MAX,
			.counter = ID_COUNTER_MAX,
			.nformer = 2,
			.former = { { 7, ID_COUNTER_MAX, 8 },
			    { ID_WRITER_MAX - 1, 0, 9 } },
			.nsets = 2,
			.sets = { { 5, 6, RENAME_ALL },
			    { UINT64_MAX, UINT64_MAX - 1, RENAME_OWN } },
			.nlinks = 2,
			.links = { 2, UINT16_MAX } },
		    .reason = REASON,
		    .reason_len = sizeof(REASON) - 1 },
	};
	const struct change_body body = { .visits = &visit,
		.toggles = toggles,
		.nvisits = 1,
		.ntoggles = 3 };

	pack(out, head_of(CHANGE_CONTROL, 32), &body);
}

/* Every number at its largest. */
void
make_largest(struct writer *out)
{
	static const uint64_t SET = UINT64_MAX;
	const uint64_t id =
	    id_make(ID_AUTHORITY_MAX, ID_WRITER_MAX, ID_COUNTER_MAX);
	const struct change_visit visit = { .id = id,
		.hlc = UINT64_MAX,
		.day = INT32_MAX,
		.person = UINT32_MAX };
	const struct change_write write = write_of(UINT16_MAX, "x", &SET, 1);
	const struct change_row row = { .id = id,
		.kind = RECORD_PERSON,
		.shown_epoch = UINT32_MAX,
		.shown_version = UINT64_MAX,
		.nwrites = 1,
		.writes = &write };
	const struct change_body body = {
		.visits = &visit, .rows = &row, .nvisits = 1, .nrows = 1
	};
	struct change_head head = { .kind = CHANGE_VISITS,
		.authority = ID_AUTHORITY_MAX,
		.writer = ID_WRITER_MAX,
		.seq = UINT32_MAX,
		.set_id = UINT64_MAX,
		.epoch = UINT32_MAX,
		.instrument = UINT16_MAX,
		.fields = UINT16_MAX };

	memset(head.prev, 0xff, sizeof(head.prev));
	pack(out, head, &body);
}

static bool
is_501(void *arg, const struct change_row *row)
{
	(void)arg;
	return id_counter(row->id) == 501;
}

void
make_erased(struct writer *out)
{
	const struct change_eraser eraser = { .erase = is_501 };
	struct writer w = { 0 };
	struct err err;

	make_change(&w);
	golden_must(change_erase(out, w.bytes, w.len, &eraser, &err), &err);
	writer_free(&w);
}

void
make_witnessed(struct writer *out)
{
	const struct change_eraser eraser = { .erase = is_501,
		.witness = &golden_keys.receipts };
	uint8_t id[CHANGE_ID_LEN];
	struct writer w = { 0 };
	struct err err;

	make_change(&w);
	lie_root(&golden_keys.writer, w.bytes, id);
	golden_must(change_erase(out, w.bytes, w.len, &eraser, &err), &err);
	writer_free(&w);
}

static bool
is_none(void *arg, const struct change_row *row)
{
	(void)arg;
	(void)row;
	return false;
}

void
make_erased_note(struct writer *out)
{
	const struct change_eraser eraser = { .erase = is_none };
	struct writer w = { 0 };
	struct err err;

	make_decision(&w);
	golden_must(change_erase(out, w.bytes, w.len, &eraser, &err), &err);
	writer_free(&w);
}
