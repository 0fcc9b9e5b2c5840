#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/store/db.h"
#include "common/wire/change.h"
#include "common/wire/squeeze.h"

#include "agent/outbox/chain_internal.h"
#include "agent/outbox/row.h"
#include "agent/unlock/signer.h"
#include "common/base/arena.h"

/* A set's content while it is read back from the store. */
struct reading {
	struct arena arena;
	struct change_visit *visits;
	struct change_row *rows;
	size_t nvisits, nrows, max;
};

static enum status
read_also(struct change_row *row, struct arena *arena, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	uint64_t *also;
	size_t i;

	row->nalso = (uint16_t)(len / 8);
	if ((also = arena_take(arena, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < row->nalso; i++)
		also[i] = reader_u64(&r);
	row->also = also;
	return ST_OK;
}

/* The index of the visit ${id} among those read, added if it is new. */
static uint32_t
index_visit(struct reading *in, uint64_t id)
{
	size_t i;

	/* Rows ascend by id: a visit's rows are mostly neighbours. */
	for (i = in->nvisits; i > 0; i--)
		if (in->visits[i - 1].id == id)
			return (uint32_t)(i - 1);
	in->visits[in->nvisits].id = id;
	return (uint32_t)in->nvisits++;
}

static enum status
read_row(struct reading *in, const struct db_query *q, struct err *err)
{
	struct change_row *row = &in->rows[in->nrows];
	struct change_write *writes;
	const void *at;
	size_t len, n;
	enum status st;

	row->id = (uint64_t)db_column_i64(q, 0);
	row->visit = index_visit(in, (uint64_t)db_column_i64(q, 1));
	row->kind = (enum change_record_kind)db_column_i64(q, 2);
	row->shown_epoch = (uint32_t)db_column_i64(q, 3);
	row->shown_version = (uint64_t)db_column_i64(q, 4);
	at = db_column_blob(q, 5, &len);
	if ((st = read_also(row, &in->arena, at, len, err)) != ST_OK)
		return st;

	at = db_column_blob(q, 6, &len);
	if ((at = arena_copy(&in->arena, at, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = row_unpack_writes(&writes, &n, &in->arena, at, len, err);
	if (st != ST_OK)
		return st;
	row->writes = writes;
	row->nwrites = (uint16_t)n;
	in->nrows++;
	return ST_OK;
}

static enum status
read_rows(struct chain *chain, const struct chain_set *set, struct reading *in,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_ROWS);
	enum status st;

	in->max = set->nrows;
	in->rows = arena_take(&in->arena, in->max * sizeof(*in->rows));
	in->visits = arena_take(&in->arena, in->max * sizeof(*in->visits));
	if (in->rows == NULL || in->visits == NULL)
		return err_set(err, ST_NOMEM, "no memory");

	db_bind_i64(q, ":set", (int64_t)set->set_id);
	while ((st = db_fetch(q, err)) == ST_OK) {
		if (in->nrows == in->max) {
			st = err_set(err, ST_UNTRUSTED, "more rows than noted");
			break;
		}
		if ((st = read_row(in, q, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
read_visits(
    struct chain *chain, uint32_t writer, struct reading *in, struct err *err)
{
	struct change_visit *v;
	struct db_query *q;
	const char *note;
	enum status st;
	size_t i, len;

	for (i = 0; i < in->nvisits; i++) {
		v = &in->visits[i];
		q = db_query(chain->sql, CHAIN_Q_VISIT);
		db_bind_i64(q, ":id", (int64_t)v->id);
		if ((st = db_fetch(q, err)) == ST_NOTFOUND)
			st = err_set(err, ST_UNTRUSTED, "a visit is missing");
		if (st == ST_OK) {
			v->hlc = (uint64_t)db_column_i64(q, 0);
			v->day = (int32_t)db_column_i64(q, 1);
			note = db_column_text(q, 2, &len);
			v->note = arena_copy(&in->arena, note, len);
			v->note_len = (uint32_t)len;
			/* Saved under a writer who lost the key: say so. */
			if (id_writer(v->id) != writer)
				v->person = id_writer(v->id);
			if (v->note == NULL)
				st = err_set(err, ST_NOMEM, "no memory");
		}
		db_done(q);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
store_signed(struct chain *chain, uint64_t set_id, uint32_t seq,
    const uint8_t id[CHANGE_ID_LEN], const struct writer *bytes,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_SIGNED);
	int changed = 0;
	enum status st;

	db_bind_i64(q, ":seq", seq);
	db_bind_blob(q, ":change", id, CHANGE_ID_LEN);
	db_bind_blob(q, ":bytes", bytes->bytes, bytes->len);
	db_bind_i64(q, ":set", (int64_t)set_id);
	st = db_run(q, &changed, err);
	if (st == ST_OK && changed != 1)
		st = err_set(err, ST_BUG, "the set is not open");
	return st;
}

static void
fill_head(struct change_head *head, const struct chain_set *set,
    const struct signer *signer)
{
	memset(head, 0, sizeof(*head));
	head->kind = CHANGE_VISITS;
	head->dictionary = SQUEEZE_DICT_VERVAL;
	head->authority = signer->card.authority;
	head->writer = signer->writer;
	head->seq = signer->seq + 1;
	head->set_id = set->set_id;
	head->instrument = set->instrument;
	head->fields = set->fields;
	memcpy(head->prev, signer->prev, sizeof(head->prev));
}

enum status
chain_sign(struct chain *chain, const struct env *env,
    const struct chain_set *set, struct signer *signer,
    const struct sign_key *key, struct err *err)
{
	struct reading in = { 0 };
	struct change_body body = { 0 };
	struct change_head head;
	struct writer bytes = { 0 };
	uint8_t seed[CHANGE_SEED_LEN], id[CHANGE_ID_LEN];
	enum status st;

	if (set->writer != signer->writer)
		return err_set(err, ST_BUG, "another writer's change set");
	if ((st = read_rows(chain, set, &in, err)) != ST_OK ||
	    (st = read_visits(chain, set->writer, &in, err)) != ST_OK)
		goto out;

	fill_head(&head, set, signer);
	body.visits = in.visits;
	body.nvisits = in.nvisits;
	body.rows = in.rows;
	body.nrows = in.nrows;
	env_random(env, seed, sizeof(seed));
	st = change_pack(&bytes, &head, &body, seed, key, id, err);
	crypto_wipe(seed, sizeof(seed));
	if (st != ST_OK)
		goto out;

	st = store_signed(chain, set->set_id, head.seq, id, &bytes, err);
	if (st != ST_OK)
		goto out;
	signer->seq = head.seq;
	memcpy(signer->prev, id, sizeof(signer->prev));
	st = signers_advance(chain->signers, signer, err);
out:
	writer_free(&bytes);
	arena_free(&in.arena);
	if (st != ST_OK)
		err_wrap(err, "sign a change set");
	return st;
}
