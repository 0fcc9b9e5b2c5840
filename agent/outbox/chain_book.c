#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/store/db.h"
#include "common/wire/change.h"
#include "common/wire/receipt.h"

#include "agent/outbox/chain_internal.h"
#include "agent/outbox/row.h"

/* A row that is not signed, with its new names. */
struct moved {
	uint64_t record, to, set_id;
	const uint8_t *writes;
	size_t len;
};

struct moving {
	struct chain *chain;
	const struct change_booking *booking;
	uint32_t writer;                      /* of the booked set */
	uint64_t records[CHANGE_RECORDS_MAX]; /* in it */
	size_t nrecords;
	struct arena arena;
	struct moved *rows;
	size_t nrows, room;
};

/*
 * An id that the booked set gave to something of its own.  Others may be of
 * the other branch, whose things come down under the ids that this one gave.
 */
static uint64_t
move_id(const struct moving *m, uint64_t id)
{
	size_t i;

	for (i = 0; i < m->nrecords; i++)
		if (m->records[i] == id)
			return change_book_id(m->booking, m->writer, id);
	return id;
}

/* The text of a link to a household that has another id now. */
static enum status
move_link(struct moving *m, struct change_write *write, bool *changed,
    struct err *err)
{
	char text[ID_TEXT_SIZE], *moved;
	struct err ignored;
	uint64_t id;
	uint8_t i;

	for (i = 0; i < m->booking->nlinks; i++)
		if (m->booking->links[i] == write->reg)
			break;
	if (i == m->booking->nlinks || write->len == 0 ||
	    write->len >= sizeof(text))
		return ST_OK;
	memcpy(text, write->value, write->len);
	text[write->len] = '\0';
	if (id_parse(&id, text, &ignored) != ST_OK || move_id(m, id) == id)
		return ST_OK;
	if ((moved = arena_take(&m->arena, ID_TEXT_SIZE)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	id_print(move_id(m, id), moved);
	write->value = (const uint8_t *)moved;
	write->len = (uint32_t)strlen(moved);
	*changed = true;
	return ST_OK;
}

static bool
names(const struct change_write *write, uint64_t set_id)
{
	uint16_t i;

	for (i = 0; i < write->npreds; i++)
		if (write->preds[i] == set_id)
			return true;
	return false;
}

/* Who names both had both on the screen (display.c), and means both. */
static void
move_names(
    const struct change_booking *b, struct change_write *write, bool *changed)
{
	uint64_t *preds = (uint64_t *)write->preds;
	uint16_t i;
	uint8_t k;

	for (i = 0; i < write->npreds; i++) {
		for (k = 0; k < b->nsets; k++) {
			if (preds[i] != b->sets[k].from ||
			    names(write, b->sets[k].to))
				continue;
			preds[i] = b->sets[k].to;
			*changed = true;
			break;
		}
	}
}

static enum status
add_row(struct moving *m, const struct moved *row, struct err *err)
{
	struct moved *more;

	if (m->nrows == m->room) {
		m->room = m->room > 0 ? 2 * m->room : 32;
		more = realloc(m->rows, m->room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		m->rows = more;
	}
	m->rows[m->nrows++] = *row;
	return ST_OK;
}

static enum status
look_at_row(struct moving *m, const struct db_query *q, struct err *err)
{
	struct moved row = { .record = (uint64_t)db_column_i64(q, 0),
		.set_id = (uint64_t)db_column_i64(q, 1) };
	struct change_write *writes;
	struct writer packed = { 0 };
	const uint8_t *bytes;
	bool changed;
	enum status st;
	size_t i, len, n;

	row.to = move_id(m, row.record);
	changed = row.to != row.record;
	bytes = db_column_blob(q, 2, &len);
	if ((bytes = arena_copy(&m->arena, bytes, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = row_unpack_writes(&writes, &n, &m->arena, bytes, len, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		move_names(m->booking, &writes[i], &changed);
		st = move_link(m, &writes[i], &changed, err);
	}
	if (st != ST_OK || !changed)
		return st;
	row_pack_writes(&packed, writes, n);
	row.len = packed.len;
	row.writes = writer_ok(&packed)
	    ? arena_copy(&m->arena, packed.bytes, packed.len)
	    : NULL;
	writer_free(&packed);
	if (row.writes == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	return add_row(m, &row, err);
}

static enum status
move_row(struct moving *m, const struct moved *row, struct err *err)
{
	struct db_query *q = db_query(m->chain->sql, CHAIN_Q_REWRITE);
	enum status st;

	db_bind_i64(q, ":record", (int64_t)row->record);
	db_bind_i64(q, ":set", (int64_t)row->set_id);
	db_bind_i64(q, ":to", (int64_t)row->to);
	db_bind_blob(q, ":writes", row->writes, row->len);
	st = db_run(q, NULL, err);
	if (st != ST_OK || row->to == row->record)
		return st;
	q = db_query(m->chain->sql, CHAIN_Q_REHOUSE);
	db_bind_i64(q, ":record", (int64_t)row->record);
	db_bind_i64(q, ":to", (int64_t)row->to);
	return db_run(q, NULL, err);
}

static enum status
list_records(struct moving *m, uint64_t set_id, struct err *err)
{
	struct db_query *q = db_query(m->chain->sql, CHAIN_Q_ROWS);
	enum status st;

	db_bind_i64(q, ":set", (int64_t)set_id);
	while ((st = db_fetch(q, err)) == ST_OK &&
	    m->nrecords < CHANGE_RECORDS_MAX)
		m->records[m->nrecords++] = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
move_rows(struct moving *m,
    enum status (*each)(void *arg, uint64_t record, struct err *err), void *arg,
    struct err *err)
{
	struct db_query *q = db_query(m->chain->sql, CHAIN_Q_UNSIGNED);
	enum status st;
	size_t i;

	while ((st = db_fetch(q, err)) == ST_OK)
		if ((st = look_at_row(m, q, err)) != ST_OK)
			break;
	db_done(q);
	if (st == ST_NOTFOUND)
		st = ST_OK;
	for (i = 0; i < m->nrows && st == ST_OK; i++)
		st = move_row(m, &m->rows[i], err);
	for (i = 0; i < m->nrows && st == ST_OK; i++) {
		st = each(arg, m->rows[i].record, err);
		if (st == ST_OK && m->rows[i].to != m->rows[i].record)
			st = each(arg, m->rows[i].to, err);
	}
	return st;
}

enum status
chain_book(struct chain *chain, const struct change_toggle *order,
    enum status (*each)(void *arg, uint64_t record, struct err *err), void *arg,
    struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_AUTHOR);
	struct moving *m;
	uint64_t set_id;
	enum status st;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	m->chain = chain;
	m->booking = &order->booking;
	db_bind_blob(q, ":change", order->change_id, CHANGE_ID_LEN);
	if ((st = db_fetch(q, err)) == ST_OK) {
		m->writer = (uint32_t)db_column_i64(q, 0);
		set_id = (uint64_t)db_column_i64(q, 1);
	}
	db_done(q);
	if (st == ST_OK)
		st = list_records(m, set_id, err);
	if (st == ST_OK)
		st = move_rows(m, each, arg, err);
	arena_free(&m->arena);
	free(m->rows);
	free(m);
	if (st == ST_NOTFOUND)
		return ST_OK; /* not made here */
	return st != ST_OK ? err_wrap(err, "follow a booking") : ST_OK;
}

enum status
chain_is_held(struct chain *chain, const struct chain_set *set, uint32_t epoch,
    bool *held, struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_HELD);
	enum status st;

	db_bind_i64(q, ":set", (int64_t)set->set_id);
	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":custody", RECEIPT_CUSTODY);
	db_bind_i64(q, ":quarantined", RECEIPT_QUARANTINED);
	db_bind_i64(q, ":chain", REASON_CHAIN);
	db_bind_i64(q, ":set_id", REASON_SET_ID);
	st = db_fetch(q, err);
	db_done(q);
	*held = st == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
chain_has_closed(
    struct chain *chain, uint32_t writer, bool *has, struct err *err)
{
	struct db_query *q = db_query(chain->sql, CHAIN_Q_CLOSED);
	enum status st;

	db_bind_i64(q, ":writer", writer);
	st = db_fetch(q, err);
	db_done(q);
	*has = st == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}
