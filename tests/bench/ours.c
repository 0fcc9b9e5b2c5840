#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/place/region.h"
#include "common/store/db.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/intake/accept.h"
#include "sync-server/schema.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/store.h"
#include "tests/bench/measure.h"
#include "tests/bench/ours_internal.h"
#include "tests/bench/sqlite.h"

#define AUTHORITY 6402

struct ours {
	struct db *db;
	struct store *store;
	struct accept *accept;
	struct record *record;
	struct sign_key receipt_key;
	struct sign_key keys[WORKLOAD_ROUNDS];
	uint64_t place; /* the regency: every laptop may write all of it */
};

struct ours *
ours_open(const char *path, bool fresh)
{
	struct ours *o = measure_memory(1, sizeof(*o));
	struct db_opts db_opts = { .path = path,
		.cache_kib = SQLITE_CACHE_KIB };
	struct accept_opts opts = { .instrument = instrument_builtin(),
		.authority = AUTHORITY,
		.receipt_key = &o->receipt_key };
	uint8_t seed[SIGN_SEED_LEN] = { 9 };
	const struct instrument_field *identity;
	struct err err = { .text = "the register is another" };
	int round;

	if (fresh)
		measure_remove_db(path);
	measure_must(crypto_start(&err), &err, "crypto");
	sign_key_make(&o->receipt_key, seed);
	for (round = 0; round < WORKLOAD_ROUNDS; round++)
		ours_key(&o->keys[round], (enum workload_round)round);
	identity = instrument_find_name(opts.instrument, "no_kk");
	measure_must(identity != NULL && identity->reg == OURS_IDENTITY_REG
		? ST_OK
		: ST_BUG,
	    &err, "no_kk");
	o->place = region_from_authority(AUTHORITY);
	measure_must(db_open(&o->db, &db_opts, &err), &err, path);
	measure_must(
	    db_migrate(o->db, server_schema, server_schema_count, &err), &err,
	    "schema");
	measure_must(
	    store_open(&o->store, o->db, AUTHORITY, &err), &err, "store");
	opts.store = o->store;
	measure_must(accept_open(&o->accept, &opts, &err), &err, "intake");
	measure_must(record_new(&o->record, &err), &err, "record");
	return o;
}

void
ours_close(struct ours *o)
{
	if (o == NULL)
		return;
	record_free(o->record);
	accept_close(o->accept);
	store_close(o->store);
	db_close(o->db);
	free(o);
}

void
ours_print_settings(const struct ours *o)
{
	static const char *const ASK[] = { "PRAGMA journal_mode",
		"PRAGMA synchronous", "PRAGMA cache_size", "PRAGMA page_size",
		"PRAGMA wal_autocheckpoint", "PRAGMA secure_delete" };
	const size_t n = sizeof(ASK) / sizeof(ASK[0]);
	struct db_table *table;
	struct db_query *q;
	struct err err;
	size_t i;

	measure_must(
	    db_table_open(&table, o->db, ASK, n, &err), &err, "settings");
	fprintf(stderr, "ours: SQLite %s", sqlite3_libversion());
	for (i = 0; i < n; i++) {
		q = db_query(table, i);
		measure_must(db_fetch(q, &err), &err, "settings");
		fprintf(stderr, ", %s=%s", ASK[i] + strlen("PRAGMA "),
		    db_column_text(q, 0, NULL));
		db_done(q);
	}
	fputc('\n', stderr);
	db_table_close(table);
}

/* Everything but the transaction. */
static enum status
apply(struct ours *o, const struct workload_batch *batch, struct err *err)
{
	struct accept_author author = { .places = &o->place, .nplaces = 1 };
	struct accept_in in = { .bytes = batch->bytes,
		.len = batch->len,
		.author = &author,
		.time_ms = OURS_ARRIVAL_MS,
		.answer = true };
	struct accept_out out;
	struct change_head head;
	struct change *set = NULL;
	uint8_t id[CHANGE_ID_LEN];
	enum status st;

	st = change_peek(&head, id, batch->bytes, batch->len, err);
	if (st == ST_OK)
		st = change_verify(batch->bytes, batch->len,
		    o->keys[head.writer - WORKLOAD_WRITER].public, err);
	if (st == ST_OK)
		st = change_unpack(&set, batch->bytes, batch->len, false, err);
	author.device = head.writer;
	in.change = set;
	if (st == ST_OK)
		st = accept_set(o->accept, &in, &out, err);
	if (st == ST_OK && (out.state != RECEIPT_MERGED || out.reason != 0))
		st = err_set(err, ST_BUG, "a good set was not merged: %d, %d",
		    out.state, out.reason);
	change_free(set);
	return st;
}

void
ours_apply(struct ours *o, const struct workload_batch *batch)
{
	struct err err;

	measure_must(store_begin(o->store, &err), &err, "begin");
	measure_must(apply(o, batch, &err), &err, "apply");
	measure_must(store_commit(o->store, &err), &err, "commit");
}

void
ours_index(struct ours *o)
{
	struct err err;

	measure_must(store_begin(o->store, &err), &err, "begin");
	measure_must(
	    follow_log(o->store, instrument_builtin(), &err), &err, "index");
	measure_must(store_commit(o->store, &err), &err, "commit");
}

static enum status
count_finding(void *arg, const struct store_finding *finding, struct err *err)
{
	(void)finding;
	(void)err;
	++*(unsigned *)arg;
	return ST_OK;
}

unsigned
ours_conflicts(struct ours *o)
{
	struct err err;
	unsigned n = 0;

	measure_must(store_finding_each(o->store, FINDING_CONFLICT, 0,
			 count_finding, &n, &err),
	    &err, "findings");
	return n;
}

static enum status
digest_row(void *arg, const struct store_row *row, struct err *err)
{
	(void)err;
	record_digest(arg, row->id, row->body, row->len);
	return ST_OK;
}

void
ours_digest(struct ours *o, uint8_t out[32])
{
	struct hash h;
	struct err err;

	hash_start(&h, "padu/bench/v1");
	measure_must(
	    store_rows_each(o->store, digest_row, &h, &err), &err, "digest");
	hash_end(&h, out);
}

/* Is the text a value of some head of the register? */
static bool
is_kept(const struct record *r, unsigned field, const char *text, size_t len)
{
	const struct record_reg *reg = record_find(r, ours_reg(field));
	uint32_t i;

	for (i = 0; reg != NULL && i < reg->nheads; i++)
		if (reg->heads[i].len == len &&
		    memcmp(reg->heads[i].value, text, len) == 0)
			return true;
	return false;
}

unsigned
ours_lost(struct ours *o, const struct workload *w, enum workload_round round)
{
	const struct workload_edit *edits = w->edits[round - WORKLOAD_A];
	char text[WORKLOAD_VALUE_SIZE];
	struct store_row row;
	struct err err;
	unsigned lost = 0, k;
	uint32_t i;
	size_t len;

	for (i = 0; i < WORKLOAD_EDITS; i++) {
		measure_must(store_row_get(o->store,
				 workload_id(edits[i].record), &row, &err),
		    &err, "read a record");
		measure_must(record_unpack(o->record, row.body, row.len, &err),
		    &err, "read a record");
		for (k = 0; k < WORKLOAD_EDIT_FIELDS; k++) {
			len = workload_value(
			    text, edits[i].record, edits[i].fields[k], round);
			lost +=
			    !is_kept(o->record, edits[i].fields[k], text, len);
		}
	}
	return lost;
}

void
ours_load(struct ours *o, const struct workload *w)
{
	uint8_t prev[CHANGE_ID_LEN] = { 0 };
	struct workload_batch batch = { .n = WORKLOAD_BATCH };
	struct writer out = { 0 };
	struct err err;
	size_t i, n = workload_nbatches(w, WORKLOAD_BASE);

	measure_must(db_exec_script(o->db, "PRAGMA synchronous = OFF", &err),
	    &err, "set up");
	for (i = 0; i < n; i++) {
		if (i % 500 == 0)
			measure_must(
			    store_begin(o->store, &err), &err, "begin");
		writer_clear(&out);
		ours_pack_one(&out, w, WORKLOAD_BASE, i, CHANGE_IMPORT, prev);
		batch.bytes = out.bytes;
		batch.len = out.len;
		measure_must(apply(o, &batch, &err), &err, "apply");
		if (i % 500 == 499 || i + 1 == n)
			measure_must(
			    store_commit(o->store, &err), &err, "commit");
	}
	writer_free(&out);
	/* As in floor_load(). */
	measure_must(db_exec_script(o->db, "PRAGMA synchronous = FULL", &err),
	    &err, "set up");
	measure_must(db_checkpoint(o->db, DB_CHECKPOINT_TRUNCATE, &err), &err,
	    "checkpoint");
}
