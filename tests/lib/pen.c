#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/id.h"
#include "tests/lib/lie.h"
#include "tests/lib/pen.h"

/* A test's own material is never wrong: say so and stop. */
static void
must(enum status st, const struct err *err)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "pen: %s\n", err->text);
	abort();
}

void
pen_make(struct pen *pen, unsigned authority, uint32_t writer)
{
	uint8_t seed[SIGN_SEED_LEN] = { 'p', 'e', 'n', (uint8_t)(writer >> 16),
		(uint8_t)(writer >> 8), (uint8_t)writer };

	*pen = (struct pen){ .authority = authority, .writer = writer };
	sign_key_make(&pen->key, seed);
}

void
draft_start(struct draft *draft, enum change_kind kind, uint64_t set_id)
{
	draft->kind = kind;
	draft->set_id = set_id;
	draft->nrows = 0;
	draft->ntoggles = 0;
	draft->visit =
	    (struct change_visit){ .hlc = set_id << 20, .day = 20000 };
}

void
draft_row(struct draft *draft, uint64_t id, enum change_record_kind kind,
    uint32_t epoch, uint64_t version)
{
	size_t i = draft->nrows++;

	draft->rows[i] = (struct change_row){ .id = id,
		.kind = kind,
		.shown_epoch = epoch,
		.shown_version = version,
		.also = draft->also[i],
		.writes = draft->writes[i] };
}

void
draft_also(struct draft *draft, uint64_t set_id)
{
	size_t i = draft->nrows - 1;

	draft->also[i][draft->rows[i].nalso++] = set_id;
}

void
draft_write(struct draft *draft, uint16_t reg, const char *text)
{
	size_t i = draft->nrows - 1, j = draft->rows[i].nwrites++;

	draft->writes[i][j] = (struct change_write){ .reg = reg,
		.value = (const uint8_t *)text,
		.len = (uint32_t)strlen(text),
		.preds = draft->names[i][j] };
}

void
draft_name(struct draft *draft, uint64_t set_id)
{
	size_t i = draft->nrows - 1, j = draft->rows[i].nwrites - 1u;

	draft->names[i][j][draft->writes[i][j].npreds++] = set_id;
}

void
draft_toggle(struct draft *draft, const uint8_t id[CHANGE_ID_LEN], bool accept)
{
	struct change_toggle *toggle = &draft->toggles[draft->ntoggles++];

	*toggle = (struct change_toggle){
		.accept = accept, .reason = "test", .reason_len = 4
	};
	memcpy(toggle->change_id, id, CHANGE_ID_LEN);
}

void
pen_sign(struct pen *pen, const struct draft *draft, struct writer *out,
    uint8_t id[CHANGE_ID_LEN])
{
	const uint8_t seed[CHANGE_SEED_LEN] = { 7 };
	struct change_visit visit = draft->visit;
	struct change_body body = { .visits = &visit,
		.rows = draft->rows,
		.toggles = draft->toggles,
		.nvisits = draft->nrows > 0,
		.nrows = draft->nrows,
		.ntoggles = draft->ntoggles };
	struct change_head head = { .kind = draft->kind,
		.authority = (uint16_t)pen->authority,
		.writer = pen->writer,
		.seq = pen->seq + 1,
		.set_id = draft->set_id,
		.epoch = pen->epoch,
		.instrument = 1,
		.fields = 1 };
	size_t start = out->len;
	struct err err;

	if (visit.id == 0 && draft->kind == CHANGE_VISITS)
		visit.id =
		    id_make(pen->authority, pen->writer, (1u << 28) + head.seq);
	memcpy(head.prev, pen->prev, CHANGE_ID_LEN);
	must(change_pack(out, &head, &body, seed, &pen->key, id, &err), &err);
	if (pen->lies)
		lie_root(&pen->key, out->bytes + start, id);
	pen->seq++;
	memcpy(pen->prev, id, CHANGE_ID_LEN);
}
