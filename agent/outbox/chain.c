#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/store/db.h"
#include "common/wire/change.h"

#include "agent/outbox/chain.h"
#include "agent/outbox/chain_internal.h"
#include "agent/outbox/row.h"
#include "agent/unlock/signer.h"

/* What a visit takes in a body besides its note. */
#define VISIT_EXTRA 48u

static const char *const SQL[CHAIN_Q_COUNT] = {
	[CHAIN_Q_OPEN] = "SELECT set_id, instrument, fields, nrows, used,"
			 " npreds FROM change_set"
			 " WHERE writer = :writer AND seq IS NULL"
			 " AND closed = 0",

	[CHAIN_Q_DUE] = "SELECT set_id, instrument, fields, nrows, used,"
			" npreds FROM change_set"
			" WHERE writer = :writer AND seq IS NULL"
			" ORDER BY closed = 0, closed LIMIT 1",

	[CHAIN_Q_CLOSE] = "UPDATE change_set SET closed = 1 + (SELECT"
			  " max(closed) FROM change_set"
			  "  WHERE writer = :writer AND seq IS NULL)"
			  " WHERE set_id = :set AND seq IS NULL",

	[CHAIN_Q_COPY] = "INSERT INTO change_set (set_id, writer, instrument,"
			 " fields, nrows, used, npreds, opened_ms, closed)"
			 " SELECT :to, writer, instrument, fields, nrows, used,"
			 " npreds, opened_ms, closed FROM change_set"
			 " WHERE set_id = :from AND seq IS NULL",

	[CHAIN_Q_MOVE] = "UPDATE set_row SET set_id = :to WHERE set_id = :from",

	[CHAIN_Q_DROP] = "DELETE FROM change_set WHERE set_id = :from",

	[CHAIN_Q_START] = "INSERT INTO change_set (set_id, writer, instrument,"
			  " fields, nrows, used, npreds, opened_ms) VALUES"
			  " (:set, :writer, :instrument, :fields, 0, 0, 0,"
			  " :now)",

	[CHAIN_Q_HOLDS] = "SELECT 1 FROM set_row"
			  " WHERE record = :record AND set_id = :set",

	[CHAIN_Q_PUT] = "INSERT INTO set_row (record, set_id, visit, kind,"
			" shown_epoch, shown_version, also, writes) VALUES"
			" (:record, :set, :visit, :kind, :epoch, :version,"
			" :also, :writes)",

	[CHAIN_Q_GREW] = "UPDATE change_set SET nrows = :nrows, used = :used,"
			 " npreds = :npreds WHERE set_id = :set",

	[CHAIN_Q_ROWS] = "SELECT record, visit, kind, shown_epoch,"
			 " shown_version, also, writes FROM set_row"
			 " WHERE set_id = :set ORDER BY record",

	[CHAIN_Q_VISIT] = "SELECT hlc, day, note FROM visit WHERE id = :id",

	[CHAIN_Q_SIGNED] = "UPDATE change_set SET seq = :seq,"
			   " change_id = :change, bytes = :bytes"
			   " WHERE set_id = :set AND seq IS NULL",

	/* What has that name at the server may be the other branch's. */
	[CHAIN_Q_OWN] = "SELECT 1 FROM change_set s"
			" WHERE set_id = :set AND writer = :writer"
			" AND NOT EXISTS (SELECT 1 FROM toggle t"
			"  WHERE t.change_id = s.change_id AND t.accept = 2)"
			" AND NOT EXISTS (SELECT 1 FROM receipt c"
			"  WHERE c.change_id = s.change_id"
			"  AND c.state = 4 AND c.reason = 8)",

	[CHAIN_Q_OWN_TWIN] = "SELECT change_id FROM change_set"
			     " WHERE writer = :writer AND seq IS NOT NULL",

	[CHAIN_Q_CLOSE_OPEN] = "UPDATE change_set SET closed = 1 + (SELECT"
			       " max(closed) FROM change_set"
			       "  WHERE writer = :old AND seq IS NULL)"
			       " WHERE writer = :old AND seq IS NULL"
			       " AND closed = 0",

	[CHAIN_Q_PASS_SETS] = "UPDATE change_set SET writer = :new"
			      " WHERE writer = :old AND seq IS NULL",

	[CHAIN_Q_PASS_VISITS] = "UPDATE visit SET writer = :new"
				" WHERE writer = :old",

	[CHAIN_Q_AUTHOR] = "SELECT writer, set_id FROM change_set"
			   " WHERE change_id = :change",

	[CHAIN_Q_UNSIGNED] = "SELECT r.record, r.set_id, r.writes"
			     " FROM set_row r JOIN change_set s"
			     "  ON s.set_id = r.set_id WHERE s.seq IS NULL"
			     " ORDER BY r.set_id, r.record",

	[CHAIN_Q_REWRITE] =
	    "UPDATE OR IGNORE set_row SET record = :to, writes = :writes"
	    " WHERE record = :record AND set_id = :set",

	[CHAIN_Q_REHOUSE] = "UPDATE visit SET household = :to"
			    " WHERE household = :record",

	/* Signed by who is halted, and not answered so that it would last. */
	[CHAIN_Q_HELD] =
	    "SELECT 1 FROM set_row r"
	    " JOIN visit v ON v.id = r.visit"
	    " JOIN set_row o ON o.record IN (r.record, v.household)"
	    " JOIN change_set s ON s.set_id = o.set_id"
	    " WHERE r.set_id = :set AND s.seq IS NOT NULL"
	    " AND s.writer IN (SELECT writer FROM halt)"
	    " AND NOT EXISTS (SELECT 1 FROM toggle t"
	    "  WHERE t.change_id = s.change_id)"
	    " AND NOT EXISTS (SELECT 1 FROM receipt c"
	    "  WHERE c.change_id = s.change_id"
	    "  AND c.epoch = :epoch AND c.state <> :custody"
	    "  AND (c.state <> :quarantined OR c.reason"
	    "   NOT BETWEEN :chain AND :set_id)) LIMIT 1",

	[CHAIN_Q_CLOSED] = "SELECT 1 FROM change_set WHERE writer = :writer"
			   " AND seq IS NULL AND closed > 0",

	[CHAIN_Q_COUNT_OPEN] = "SELECT total(nrows) FROM change_set"
			       " WHERE seq IS NULL"
			       " AND (:writer = 0 OR writer = :writer)",
};

enum status
chain_open(
    struct chain **out, struct db *db, struct signers *signers, struct err *err)
{
	struct chain *c;
	enum status st;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	c->signers = signers;
	st = db_table_open(&c->sql, db, SQL, CHAIN_Q_COUNT, err);
	if (st == ST_OK)
		*out = c;
	else
		free(c);
	return st;
}

void
chain_close(struct chain *chain)
{
	if (chain == NULL)
		return;
	db_table_close(chain->sql);
	free(chain);
}

static uint64_t
draw_set_id(const struct env *env)
{
	uint64_t id;

	do
		env_random(env, &id, sizeof(id));
	while (id == 0);
	return id;
}

static enum status
find_set(
    struct db_query *q, uint32_t writer, struct chain_set *out, struct err *err)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	db_bind_i64(q, ":writer", writer);
	if ((st = db_fetch(q, err)) == ST_OK) {
		out->set_id = (uint64_t)db_column_i64(q, 0);
		out->writer = writer;
		out->instrument = (uint16_t)db_column_i64(q, 1);
		out->fields = (uint16_t)db_column_i64(q, 2);
		out->nrows = (size_t)db_column_i64(q, 3);
		out->used = (size_t)db_column_i64(q, 4);
		out->npreds = (size_t)db_column_i64(q, 5);
	}
	db_done(q);
	return st;
}

enum status
chain_find_open(struct chain *chain, uint32_t writer, struct chain_set *out,
    struct err *err)
{
	return find_set(db_query(chain->sql, CHAIN_Q_OPEN), writer, out, err);
}

enum status
chain_find_due(struct chain *chain, uint32_t writer, struct chain_set *out,
    struct err *err)
{
	return find_set(db_query(chain->sql, CHAIN_Q_DUE), writer, out, err);
}

enum status
chain_close_set(
    struct chain *chain, const struct chain_set *set, struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_CLOSE);

	db_bind_i64(q, ":writer", set->writer);
	db_bind_i64(q, ":set", (int64_t)set->set_id);
	return db_run(q, NULL, err);
}

enum status
chain_rename_open(struct chain *chain, const struct env *env, uint32_t writer,
    struct err *err)
{
	static const enum chain_query STEPS[] = { CHAIN_Q_COPY, CHAIN_Q_MOVE,
		CHAIN_Q_DROP };
	struct chain_set set;
	struct db_query *q;
	uint64_t to;
	enum status st;
	size_t i;

	st = chain_find_open(chain, writer, &set, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	to = draw_set_id(env);
	for (i = 0; i < 3 && st == ST_OK; i++) {
		q = db_query(chain->sql, STEPS[i]);
		db_bind_i64(q, ":from", (int64_t)set.set_id);
		if (STEPS[i] != CHAIN_Q_DROP)
			db_bind_i64(q, ":to", (int64_t)to);
		st = db_run(q, NULL, err);
	}
	return st != ST_OK ? err_wrap(err, "rename a change set") : ST_OK;
}

enum status
chain_start(struct chain *chain, const struct env *env, struct chain_set *set,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_START);

	set->set_id = draw_set_id(env);
	set->nrows = set->used = set->npreds = 0;

	db_bind_i64(q, ":set", (int64_t)set->set_id);
	db_bind_i64(q, ":writer", set->writer);
	db_bind_i64(q, ":instrument", set->instrument);
	db_bind_i64(q, ":fields", set->fields);
	db_bind_i64(q, ":now", env_now_ms(env));
	if (db_run(q, NULL, err) != ST_OK)
		return err_wrap(err, "open a change set");
	return ST_OK;
}

bool
chain_fits(const struct chain_set *set, const struct row *row, size_t note_len)
{
	size_t size = row_size(row) + VISIT_EXTRA + note_len;

	return set->nrows < CHAIN_ROWS_MAX &&
	    set->used + size <= CHAIN_BYTES_MAX &&
	    set->npreds + row_npreds(row) + row->nalso <= CHAIN_PREDS_MAX;
}

enum status
chain_holds(struct chain *chain, uint64_t set_id, uint64_t record, bool *holds,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_HOLDS);
	enum status st;

	db_bind_i64(q, ":record", (int64_t)record);
	db_bind_i64(q, ":set", (int64_t)set_id);
	st = db_fetch(q, err);
	db_done(q);
	*holds = st == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
put_row(struct chain *chain, const struct chain_set *set, const struct row *row,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_PUT);
	struct writer also = { 0 }, writes = { 0 };
	enum status st;
	size_t i;

	for (i = 0; i < row->nalso; i++)
		writer_u64(&also, row->also[i]);
	row_pack_writes(&writes, row->writes, row->nwrites);
	if (!writer_ok(&also) || !writer_ok(&writes)) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	db_bind_i64(q, ":record", (int64_t)row->record);
	db_bind_i64(q, ":set", (int64_t)set->set_id);
	db_bind_i64(q, ":visit", (int64_t)row->visit);
	db_bind_i64(q, ":kind", row->kind);
	db_bind_i64(q, ":epoch", row->shown_epoch);
	db_bind_i64(q, ":version", (int64_t)row->shown_version);
	db_bind_blob(q, ":also", also.bytes, also.len);
	db_bind_blob(q, ":writes", writes.bytes, writes.len);
	st = db_run(q, NULL, err);
out:
	writer_free(&also);
	writer_free(&writes);
	return st;
}

enum status
chain_put(struct chain *chain, struct chain_set *set, const struct row *row,
    size_t note_len, struct err *err)
{
	if (!chain_fits(set, row, note_len))
		return err_set(err, ST_BUG, "a row that does not fit");
	if (put_row(chain, set, row, err) != ST_OK)
		return err_wrap(err, "add a row to a change set");

	set->nrows++;
	set->used += row_size(row) + VISIT_EXTRA + note_len;
	set->npreds += row_npreds(row) + row->nalso;
	return ST_OK;
}

enum status
chain_grew(struct chain *chain, const struct chain_set *set, struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_GREW);

	db_bind_i64(q, ":nrows", (int64_t)set->nrows);
	db_bind_i64(q, ":used", (int64_t)set->used);
	db_bind_i64(q, ":npreds", (int64_t)set->npreds);
	db_bind_i64(q, ":set", (int64_t)set->set_id);
	return db_run(q, NULL, err);
}

/* As display.h calls a set whose id is another's too. */
static bool
is_own_twin(struct chain *chain, uint64_t set_id, uint32_t writer)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_OWN_TWIN);
	const uint8_t *id;
	struct err err;
	bool own = false;
	size_t len;

	db_bind_i64(q, ":writer", writer);
	while (!own && db_fetch(q, &err) == ST_OK) {
		id = db_column_blob(q, 0, &len);
		own = len == CHANGE_ID_LEN && change_twin_id(id) == set_id;
	}
	db_done(q);
	return own;
}

bool
chain_is_own(struct chain *chain, uint64_t set_id, uint32_t writer)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_OWN);
	struct err err;
	bool own;

	db_bind_i64(q, ":set", (int64_t)set_id);
	db_bind_i64(q, ":writer", writer);
	own = db_fetch(q, &err) == ST_OK;
	db_done(q);
	return own || is_own_twin(chain, set_id, writer);
}

enum status
chain_count_open(
    struct chain *chain, uint32_t writer, size_t *nrows, struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_COUNT_OPEN);
	enum status st;

	*nrows = 0;
	db_bind_i64(q, ":writer", writer);
	if ((st = db_fetch(q, err)) == ST_OK)
		*nrows = (size_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
chain_pass_on(struct chain *chain, uint32_t old, uint32_t new, struct err *err)
{
	static const enum chain_query STEPS[] = { CHAIN_Q_CLOSE_OPEN,
		CHAIN_Q_PASS_SETS, CHAIN_Q_PASS_VISITS };
	struct db_query *q;
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]) && st == ST_OK; i++) {
		q = db_query(chain->sql, STEPS[i]);
		db_bind_i64(q, ":old", old);
		if (STEPS[i] != CHAIN_Q_CLOSE_OPEN)
			db_bind_i64(q, ":new", new);
		st = db_run(q, NULL, err);
	}
	return st;
}
