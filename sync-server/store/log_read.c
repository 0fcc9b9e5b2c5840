#include <stdlib.h>

#include "sync-server/store/contents.h"
#include "sync-server/store/store_internal.h"

enum { Q_EACH, Q_CONTENTS, Q_ANSWERS, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_EACH] = "SELECT " LOG_COLUMNS " FROM log WHERE n >= ?1 ORDER BY n",

	[Q_CONTENTS] = "SELECT n, contents FROM log"
		       " WHERE n BETWEEN ?1 AND ?2 ORDER BY n",

	[Q_ANSWERS] = "SELECT answered, receipt FROM log"
		      " WHERE writer IN"
		      " (SELECT writer FROM writer WHERE device = ?1)"
		      " AND answered > ?2 AND answered <= ?3"
		      " AND receipt IS NOT NULL"
		      " UNION ALL SELECT answered, receipt FROM quarantine"
		      " WHERE device = ?1 AND answered > ?2 AND answered <= ?3"
		      " ORDER BY 1",
};

enum status
store_log_more_open(struct store *store, struct err *err)
{
	return db_table_open(&store->log_more, store->db, SQL, Q_COUNT, err);
}

enum status
store_log_each(struct store *store, uint64_t from,
    enum status (*each)(
	void *arg, const struct store_log *entry, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->log_more, Q_EACH);
	struct store_log entry;
	enum status st;

	bind_u64(q, 1, from);
	while ((st = db_fetch(q, err)) == ST_OK) {
		if ((st = store_log_read(q, &entry, err)) == ST_OK)
			st = each(arg, &entry, err);
		if (st != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_log_contents(struct store *store, uint64_t from, uint64_t to,
    enum status (*each)(void *arg, uint64_t n, const uint8_t *contents,
	size_t len, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->log_more, Q_CONTENTS);
	const uint8_t *body;
	enum status st;
	size_t len;

	bind_u64(q, 1, from);
	bind_u64(q, 2, to);
	while ((st = db_fetch(q, err)) == ST_OK) {
		body = db_column_blob(q, 1, &len);
		st = each(arg, column_u64(q, 0), body, len, err);
		if (st != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

struct with {
	const uint64_t *ids;
	size_t n;
	uint64_t *numbers;
	size_t count, room;
};

static enum status
add_with(
    void *arg, uint64_t n, const uint8_t *contents, size_t len, struct err *err)
{
	struct with *w = arg;
	uint64_t *more;
	size_t room;

	if (!contents_meets(contents, len, w->ids, w->n))
		return ST_OK;
	if (w->count == w->room) {
		room = w->room == 0 ? 64 : w->room * 2;
		more = realloc(w->numbers, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "log: no memory");
		w->numbers = more;
		w->room = room;
	}
	w->numbers[w->count++] = n;
	return ST_OK;
}

enum status
store_log_with(struct store *store, const uint64_t *ids, size_t n,
    uint64_t **numbers, size_t *count, struct err *err)
{
	struct with w = { .ids = ids, .n = n };
	enum status st;

	*numbers = NULL;
	*count = 0;
	st = store_log_contents(store, 1, store->last, add_with, &w, err);
	if (st != ST_OK) {
		free(w.numbers);
		return st;
	}
	*numbers = w.numbers;
	*count = w.count;
	return ST_OK;
}

enum status
store_log_answers(struct store *store, uint32_t device, uint64_t after,
    uint64_t until,
    enum status (*each)(
	void *arg, uint64_t answered, const uint8_t *receipt, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->log_more, Q_ANSWERS);
	const uint8_t *receipt;
	enum status st;
	size_t len;

	db_bind_i64_at(q, 1, device);
	bind_u64(q, 2, after);
	bind_u64(q, 3, until);
	while ((st = db_fetch(q, err)) == ST_OK) {
		receipt = db_column_blob(q, 1, &len);
		st = len == RECEIPT_LEN
		    ? each(arg, column_u64(q, 0), receipt, err)
		    : err_set(err, ST_BUG, "a receipt of %zu bytes", len);
		if (st != ST_OK) {
			db_done(q);
			return st == ST_NOTFOUND ? ST_OK : st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}
