#include <stdio.h>
#include <stdlib.h>

#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/place/region.h"
#include "common/store/db.h"
#include "sync-server/schema.h"
#include "sync-server/store/finding.h"
#include "tests/lib/pen.h"
#include "tests/lib/yard.h"

static void
must(enum status st, const struct err *err)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "yard: %s\n", err->text);
	abort();
}

static enum status
reopen(void *arg, const uint8_t *bytes, size_t len, struct change **change,
    struct accept_author *author, struct err *err)
{
	struct yard *yard = arg;
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	enum status st;
	size_t i;

	if ((st = change_peek(&head, id, bytes, len, err)) != ST_OK)
		return st;
	for (i = 0; i < yard->npens; i++) {
		if (yard->pens[i].writer != head.writer)
			continue;
		*author = (struct accept_author){ .device = head.writer };
		st = change_verify(bytes, len, yard->pens[i].key.public, err);
		return st != ST_OK
		    ? st
		    : change_unpack(change, bytes, len, false, err);
	}
	return err_set(err, ST_NOTFOUND, "no such pen");
}

void
yard_open(struct yard *yard)
{
	const struct db_opts opts = { .path = ":memory:" };
	const uint8_t seed[SIGN_SEED_LEN] = { 'r' };
	struct accept_opts accept = { .instrument = instrument_builtin(),
		.authority = YARD_AUTHORITY,
		.receipt_key = &yard->receipt,
		.reopen = reopen,
		.arg = yard };
	struct err err;

	*yard = (struct yard){ .now_ms = 1800000000000 };
	must(crypto_start(&err), &err);
	sign_key_make(&yard->receipt, seed);
	must(db_open(&yard->db, &opts, &err), &err);
	must(db_migrate(yard->db, server_schema, server_schema_count, &err),
	    &err);
	must(store_open(&yard->store, yard->db, YARD_AUTHORITY, &err), &err);
	accept.store = yard->store;
	must(accept_open(&yard->accept, &accept, &err), &err);
}

void
yard_close(struct yard *yard)
{
	accept_close(yard->accept);
	store_close(yard->store);
	db_close(yard->db);
}

struct accept_out
yard_take(struct yard *yard, const struct pen *pen, const uint8_t *bytes,
    size_t len, uint32_t device, uint64_t place)
{
	uint64_t everywhere;
	struct accept_author author = { .device = device,
		.places = place != 0 ? &place : &everywhere,
		.nplaces = 1 };
	struct accept_in in = { .bytes = bytes,
		.len = len,
		.author = device != 0 ? &author : NULL,
		.time_ms = ++yard->now_ms,
		.answer = true };
	struct change *change;
	struct accept_out out;
	struct err err;

	must(region_parse(&everywhere, "64", &err), &err);
	must(change_verify(bytes, len, pen->key.public, &err), &err);
	must(change_unpack(&change, bytes, len, false, &err), &err);
	in.change = change;
	must(store_begin(yard->store, &err), &err);
	must(accept_set(yard->accept, &in, &out, &err), &err);
	must(store_commit(yard->store, &err), &err);
	change_free(change);
	return out;
}

static enum status
add_row(void *arg, const struct store_row *row, struct err *err)
{
	(void)err;
	record_digest(arg, row->id, row->body, row->len);
	return ST_OK;
}

void
yard_digest(struct yard *yard, uint8_t out[32])
{
	struct hash hash;
	struct err err;

	hash_start(&hash, "padu/digest/v1");
	must(store_rows_each(yard->store, add_row, &hash, &err), &err);
	hash_end(&hash, out);
}

struct accept_out
yard_send(struct yard *yard, struct pen *pen, const struct draft *draft,
    uint32_t device, uint64_t place, uint8_t *id)
{
	struct writer bytes = { 0 };
	uint8_t ignored[CHANGE_ID_LEN];
	struct accept_out out;

	pen_sign(pen, draft, &bytes, id != NULL ? id : ignored);
	out = yard_take(yard, pen, bytes.bytes, bytes.len, device, place);
	writer_free(&bytes);
	return out;
}

void
yard_order(struct yard *yard, struct pen *desk, const uint8_t id[CHANGE_ID_LEN],
    bool accept)
{
	static struct draft draft;
	struct err err = { .text = "an order of the desk was not merged" };

	draft_start(&draft, CHANGE_CONTROL, 1000000u + desk->seq);
	draft_toggle(&draft, id, accept);
	if (yard_send(yard, desk, &draft, 0, 0, NULL).state != RECEIPT_MERGED)
		must(ST_BUG, &err);
}

const char *
yard_heads(struct yard *yard, uint64_t record, uint16_t reg)
{
	static char text[200];
	const struct record_reg *found;
	struct store_row row;
	struct record *r;
	struct err err;
	size_t len = 0;
	uint32_t i;

	text[0] = '\0';
	if (store_row_get(yard->store, record, &row, &err) != ST_OK)
		return "none";
	must(record_new(&r, &err), &err);
	must(record_unpack(r, row.body, row.len, &err), &err);
	found = record_find(r, reg);
	for (i = 0; found != NULL && i < found->nheads; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%.*s", i > 0 ? "|" : "", (int)found->heads[i].len,
		    (const char *)found->heads[i].value);
	record_free(r);
	return text;
}

bool
yard_has_finding(struct yard *yard, uint64_t record, uint8_t kind, uint16_t reg)
{
	struct store_finding finding;
	struct err err;

	return store_finding_get(
		   yard->store, record, kind, reg, &finding, &err) == ST_OK;
}
