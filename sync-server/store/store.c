#include <stdlib.h>

#include "sync-server/store/store_internal.h"

enum { Q_STATE, Q_STATE_ADD, Q_STATE_SET, Q_LAST, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_STATE] = "SELECT authority, epoch, version, next_writer,"
		    " next_device, next_person, desk_writer, desk_seq,"
		    " desk_counter, desk_hlc, desk_prev FROM state",

	[Q_STATE_ADD] = "INSERT INTO state VALUES (1, :authority, 1, 0, 2, 1,"
			" 1, 1, 0, 0, 0, zeroblob(32))",

	[Q_STATE_SET] = "UPDATE state SET epoch = ?1, version = ?2,"
			" next_writer = ?3, next_device = ?4,"
			" next_person = ?5, desk_writer = ?6, desk_seq = ?7,"
			" desk_counter = ?8, desk_hlc = ?9, desk_prev = ?10",

	[Q_LAST] = "SELECT EXISTS (SELECT 1 FROM held),"
		   " EXISTS (SELECT 1 FROM tombstone), n, upto,"
		   " EXISTS (SELECT 1 FROM alias)"
		   " FROM (SELECT 1) LEFT JOIN"
		   " (SELECT n, upto FROM log ORDER BY n DESC LIMIT 1)",
};

static enum status
read_state(struct store *store, struct err *err)
{
	struct db_query *q = db_query(store->sql, Q_STATE);
	struct store_state *s = &store->state;
	const uint8_t *prev;
	unsigned authority;
	enum status st;
	size_t len;

	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	authority = column_u32(q, 0);
	s->epoch = column_u32(q, 1);
	s->version = column_u64(q, 2);
	s->next_writer = column_u32(q, 3);
	s->next_device = column_u32(q, 4);
	s->next_person = column_u32(q, 5);
	s->desk_writer = column_u32(q, 6);
	s->desk_seq = column_u32(q, 7);
	s->desk_counter = column_u32(q, 8);
	s->desk_hlc = column_u64(q, 9);
	prev = db_column_blob(q, 10, &len);
	if (len == CHANGE_ID_LEN)
		memcpy(s->desk_prev, prev, CHANGE_ID_LEN);
	else
		st = err_set(err, ST_BUG, "state: prev of %zu bytes", len);
	db_done(q);
	if (st == ST_OK && authority != store->authority)
		st = err_set(err, ST_INVALID,
		    "this database is authority %u's, not %u's", authority,
		    store->authority);
	return st;
}

static enum status
read_last(struct store *store, struct err *err)
{
	struct db_query *q = db_query(store->sql, Q_LAST);
	enum status st;

	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	store->any_held = db_column_i64(q, 0) != 0;
	store->any_tombstone = db_column_i64(q, 1) != 0;
	store->last = column_u64(q, 2); /* NULL is 0 */
	store->upto = column_u64(q, 3);
	store->any_alias = db_column_i64(q, 4) != 0;
	db_done(q);
	return ST_OK;
}

static enum status
read_all(struct store *store, struct err *err)
{
	enum status st;

	if ((st = read_state(store, err)) != ST_OK ||
	    (st = read_last(store, err)) != ST_OK)
		return st;
	if (store->state.version < store->upto)
		store->state.version = store->upto;
	store->before = store->state;
	return ST_OK;
}

/* The counters of a new database: index 1 is the desk's. */
static enum status
make_state(struct store *store, struct err *err)
{
	struct db_query *q;
	enum status st;

	if ((st = read_all(store, err)) != ST_NOTFOUND)
		return st;
	q = db_query(store->sql, Q_STATE_ADD);
	db_bind_i64(q, ":authority", store->authority);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;
	return read_all(store, err);
}

/* Is all that changed the version, and said by the log's last entry? */
static bool
log_says_all(const struct store *store)
{
	struct store_state before = store->before;

	if (store->state.version == store->upto)
		before.version = store->upto;
	return memcmp(&store->state, &before, sizeof(before)) == 0;
}

static enum status
write_state(struct store *store, struct err *err)
{
	struct db_query *q;
	const struct store_state *s = &store->state;

	if (log_says_all(store))
		return ST_OK;
	q = db_query(store->sql, Q_STATE_SET);
	bind_u64(q, 1, s->epoch);
	bind_u64(q, 2, s->version);
	bind_u64(q, 3, s->next_writer);
	bind_u64(q, 4, s->next_device);
	bind_u64(q, 5, s->next_person);
	bind_u64(q, 6, s->desk_writer);
	bind_u64(q, 7, s->desk_seq);
	bind_u64(q, 8, s->desk_counter);
	bind_u64(q, 9, s->desk_hlc);
	db_bind_blob_at(q, 10, s->desk_prev, CHANGE_ID_LEN);
	return db_run(q, NULL, err);
}

enum status
store_open(
    struct store **out, struct db *db, unsigned authority, struct err *err)
{
	struct store *store;
	enum status st;

	*out = NULL;
	if ((store = calloc(1, sizeof(*store))) == NULL)
		return err_set(err, ST_NOMEM, "open store: no memory");
	store->db = db;
	store->authority = authority;
	if ((st = db_table_open(&store->sql, db, SQL, Q_COUNT, err)) != ST_OK)
		goto out;
	if ((st = store_rows_open(store, err)) != ST_OK)
		goto out;
	if ((st = store_log_open(store, err)) != ST_OK)
		goto out;
	if ((st = store_log_more_open(store, err)) != ST_OK)
		goto out;
	if ((st = store_keep_open(store, err)) != ST_OK)
		goto out;
	if ((st = store_finding_open(store, err)) != ST_OK)
		goto out;
	if ((st = store_index_open(store, err)) != ST_OK ||
	    (st = store_alias_open(store, err)) != ST_OK)
		goto out;
	if ((st = make_state(store, err)) != ST_OK)
		goto out;

	*out = store;
	store = NULL;
out:
	if (st != ST_OK)
		err_wrap(err, "open store");
	store_close(store);
	return st;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_rollback(store);
	db_table_close(store->alias);
	db_table_close(store->index);
	db_table_close(store->finding);
	db_table_close(store->keep);
	db_table_close(store->log_more);
	db_table_close(store->log);
	db_table_close(store->rows);
	db_table_close(store->sql);
	free(store);
}

enum status
store_begin(struct store *store, struct err *err)
{
	enum status st;

	if ((st = db_begin(store->db, err)) != ST_OK)
		return st;
	store->open = true;
	/* Mostly nobody else wrote since our last commit. */
	if (store->seen != 0 && store->seen == db_data_version(store->db))
		return ST_OK;
	if ((st = read_all(store, err)) != ST_OK)
		store_rollback(store);
	return st;
}

enum status
store_commit(struct store *store, struct err *err)
{
	enum status st;

	if ((st = write_state(store, err)) == ST_OK) {
		/* Rows that were handed out are good until here. */
		db_done_all(store->db);
		st = db_commit(store->db, err);
	}
	if (st != ST_OK)
		return st;
	store->before = store->state;
	store->seen = db_data_version(store->db);
	store->beside = false;
	store->open = false;
	return ST_OK;
}

void
store_rollback(struct store *store)
{
	struct err err;

	if (!store->open)
		return;
	db_done_all(store->db);
	db_rollback(store->db);
	store->open = false;
	store->beside = false;
	store->state = store->before;
	store->seen = 0;
	store_log_forget(store);
	(void)read_last(store, &err); /* read again by the next begin */
}

void
store_done(struct store *store)
{
	db_done_all(store->db);
}

struct store_state *
store_state(struct store *store)
{
	return &store->state;
}
