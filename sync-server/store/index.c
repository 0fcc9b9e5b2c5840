#include "sync-server/store/index.h"
#include "common/place/region.h"
#include "sync-server/store/store_internal.h"

enum {
	Q_AT,
	Q_MOVE,
	Q_DIRTY,
	Q_DIRT,
	Q_CLEAN,
	Q_CLEAR_SCOPE,
	Q_CLEAR_DEPARTED,
	Q_CLEAR_IDENTITY,
	Q_CLEAR_DOWN,
	Q_CLEAR_ALIAS,
	Q_CLEAR_SAME,
	Q_SCOPE_GET,
	Q_SCOPE_PUT,
	Q_SCOPE_REMOVE,
	Q_DEPARTED_PUT,
	Q_SCOPE_MEMBER,
	Q_SCOPE_EACH,
	Q_SCOPE_NEXT_PLACE,
	Q_SCOPE_SINCE,
	Q_DEPARTED_SINCE,
	Q_DOWN_SINCE,
	Q_IDENTITY_GET,
	Q_IDENTITY_PUT,
	Q_IDENTITY_REMOVE,
	Q_IDENTITY_SAME,
	Q_DOWN_PUT,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_AT] = "SELECT n FROM indexed",
	[Q_MOVE] = "UPDATE indexed SET n = ?1",
	[Q_DIRTY] = "INSERT OR IGNORE INTO dirty VALUES (?1)",
	[Q_DIRT] = "SELECT id FROM dirty ORDER BY id LIMIT ?1",
	[Q_CLEAN] = "DELETE FROM dirty WHERE id <= ?1",
	[Q_CLEAR_SCOPE] = "DELETE FROM scope",
	[Q_CLEAR_DEPARTED] = "DELETE FROM departed",
	[Q_CLEAR_IDENTITY] = "DELETE FROM identity",
	[Q_CLEAR_DOWN] = "DELETE FROM down",
	[Q_CLEAR_ALIAS] = "DELETE FROM alias",
	[Q_CLEAR_SAME] = "DELETE FROM same",

	[Q_SCOPE_GET] = "SELECT id, kind, place, household, version FROM scope"
			" WHERE id = ?1",
	[Q_SCOPE_PUT] = "INSERT INTO scope (id, kind, place, household,"
			" version) VALUES (?1, ?2, ?3, ?4, ?5)"
			" ON CONFLICT (id) DO UPDATE SET place = ?3,"
			" household = ?4, version = ?5",
	[Q_SCOPE_REMOVE] = "DELETE FROM scope WHERE id = ?1",
	[Q_DEPARTED_PUT] = "INSERT OR IGNORE INTO departed"
			   " (place, version, id) VALUES (?1, ?2, ?3)",
	[Q_SCOPE_MEMBER] = "SELECT id, kind, place, household, version"
			   " FROM scope WHERE household = ?1 AND household != 0"
			   " AND id > ?2 ORDER BY id LIMIT 1",
	[Q_SCOPE_EACH] = "SELECT id, kind, place, household, version"
			 " FROM scope WHERE place BETWEEN ?1 AND ?2"
			 " AND NOT EXISTS (SELECT 1 FROM same s"
			 " WHERE s.id = scope.id AND s.root != s.id)"
			 " ORDER BY place, version, id",

	[Q_SCOPE_NEXT_PLACE] = "SELECT min(p) FROM ("
			       "SELECT min(place) AS p FROM scope"
			       " WHERE place > ?1 AND place <= ?2"
			       " UNION ALL SELECT min(place) FROM departed"
			       " WHERE place > ?1 AND place <= ?2"
			       " UNION ALL SELECT min(place) FROM down"
			       " WHERE place > ?1 AND place <= ?2)",

	[Q_SCOPE_SINCE] = "SELECT version, id FROM scope"
			  " WHERE place = ?1 AND version > ?3"
			  " ORDER BY version, id LIMIT ?4",
	[Q_DEPARTED_SINCE] = "SELECT version, id FROM departed"
			     " WHERE place = ?1 AND version > ?3"
			     " ORDER BY version, id LIMIT ?4",
	[Q_DOWN_SINCE] = "SELECT version, n FROM down"
			 " WHERE place = ?1 AND device = ?2 AND version > ?3"
			 " ORDER BY version, n LIMIT ?4",

	[Q_IDENTITY_GET] = "SELECT hash FROM identity"
			   " WHERE record = ?1 AND field = ?2",
	[Q_IDENTITY_PUT] = "REPLACE INTO identity (record, field, hash)"
			   " VALUES (?1, ?2, ?3)",
	[Q_IDENTITY_REMOVE] = "DELETE FROM identity"
			      " WHERE record = ?1 AND field = ?2",
	[Q_IDENTITY_SAME] = "SELECT DISTINCT record FROM identity"
			    " WHERE hash = ?1 ORDER BY record LIMIT ?2",

	[Q_DOWN_PUT] = "INSERT OR IGNORE INTO down (place, device, version, n)"
		       " VALUES (?1, ?2, ?3, ?4)",
};

enum status
store_index_open(struct store *store, struct err *err)
{
	return db_table_open(&store->index, store->db, SQL, Q_COUNT, err);
}

/* ---- how far it has come -------------------------------------------- */

enum status
store_index_at(struct store *store, uint64_t *n, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_AT);
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		*n = column_u64(q, 0);
	db_done(q);
	return st;
}

enum status
store_index_move(struct store *store, uint64_t n, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_MOVE);

	bind_u64(q, 1, n);
	return db_run(q, NULL, err);
}

enum status
store_index_dirty(struct store *store, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_DIRTY);

	bind_u64(q, 1, record);
	return db_run(q, NULL, err);
}

enum status
store_index_dirt(struct store *store, uint64_t *records, size_t max,
    size_t *count, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_DIRT);
	enum status st;

	*count = 0;
	db_bind_i64_at(q, 1, (int64_t)max);
	while ((st = db_fetch(q, err)) == ST_OK)
		records[(*count)++] = column_u64(q, 0);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_index_clean(struct store *store, uint64_t until, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_CLEAN);

	bind_u64(q, 1, until);
	return db_run(q, NULL, err);
}

enum status
store_index_clear(struct store *store, struct err *err)
{
	size_t i;
	enum status st;

	for (i = Q_CLEAR_SCOPE; i <= Q_CLEAR_SAME; i++)
		if ((st = db_run(db_query(store->index, i), NULL, err)) !=
		    ST_OK)
			return st;
	return store_index_move(store, 0, err);
}

/* ---- where records belong ------------------------------------------- */

static void
read_scope(const struct db_query *q, struct store_scope *scope)
{
	scope->id = column_u64(q, 0);
	scope->kind = (uint8_t)db_column_i64(q, 1);
	scope->place = column_u64(q, 2);
	scope->household = column_u64(q, 3);
	scope->version = column_u64(q, 4);
}

enum status
store_scope_get(struct store *store, uint64_t id, struct store_scope *scope,
    struct err *err)
{
	struct db_query *q = db_query(store->index, Q_SCOPE_GET);
	enum status st;

	bind_u64(q, 1, id);
	if ((st = db_fetch(q, err)) == ST_OK)
		read_scope(q, scope);
	db_done(q);
	return st;
}

enum status
store_scope_put(
    struct store *store, const struct store_scope *scope, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_SCOPE_PUT);

	bind_u64(q, 1, scope->id);
	db_bind_i64_at(q, 2, scope->kind);
	bind_u64(q, 3, scope->place);
	bind_u64(q, 4, scope->household);
	bind_u64(q, 5, scope->version);
	return db_run(q, NULL, err);
}

enum status
store_scope_remove(struct store *store, uint64_t id, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_SCOPE_REMOVE);

	bind_u64(q, 1, id);
	return db_run(q, NULL, err);
}

enum status
store_departed_put(struct store *store, uint64_t place, uint64_t version,
    uint64_t id, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_DEPARTED_PUT);

	bind_u64(q, 1, place);
	bind_u64(q, 2, version);
	bind_u64(q, 3, id);
	return db_run(q, NULL, err);
}

enum status
store_scope_members(struct store *store, uint64_t household,
    store_scope_fn *each, void *arg, struct err *err)
{
	struct store_scope scope = { .id = 0 };
	struct db_query *q;
	enum status st;

	/* One at a time, so that the callback may change the table. */
	for (;;) {
		q = db_query(store->index, Q_SCOPE_MEMBER);
		bind_u64(q, 1, household);
		bind_u64(q, 2, scope.id);
		st = db_fetch(q, err);
		if (st == ST_OK)
			read_scope(q, &scope);
		db_done(q);
		if (st == ST_OK)
			st = each(arg, &scope, err);
		if (st != ST_OK)
			return st == ST_NOTFOUND ? ST_OK : st;
	}
}

enum status
store_scope_each(struct store *store, uint64_t place, store_scope_fn *each,
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_SCOPE_EACH);
	uint64_t first = 0, last = INT64_MAX;
	struct store_scope scope;
	enum status st;

	if (place != 0)
		region_range(place, &first, &last);
	bind_u64(q, 1, first);
	bind_u64(q, 2, last);
	while ((st = db_fetch(q, err)) == ST_OK) {
		read_scope(q, &scope);
		if ((st = each(arg, &scope, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_scope_next_place(struct store *store, uint64_t after, uint64_t last,
    uint64_t *place, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_SCOPE_NEXT_PLACE);
	enum status st;

	bind_u64(q, 1, after);
	bind_u64(q, 2, last);
	if ((st = db_fetch(q, err)) == ST_OK)
		*place = column_u64(q, 0);
	db_done(q);
	return st;
}

enum status
store_news(struct store *store, enum store_news_kind kind, uint64_t place,
    uint32_t device, uint64_t version, struct store_news *news, size_t max,
    size_t *count, struct err *err)
{
	static const size_t QUERY[] = {
		[STORE_NEWS_RECORD] = Q_SCOPE_SINCE,
		[STORE_NEWS_DEPARTED] = Q_DEPARTED_SINCE,
		[STORE_NEWS_DESK] = Q_DOWN_SINCE,
	};
	struct db_query *q = db_query(store->index, QUERY[kind]);
	enum status st;

	*count = 0;
	bind_u64(q, 1, place);
	db_bind_i64_at(q, 3, (int64_t)version);
	db_bind_i64_at(q, 4, (int64_t)max);
	if (kind == STORE_NEWS_DESK)
		db_bind_i64_at(q, 2, device);
	while ((st = db_fetch(q, err)) == ST_OK)
		news[(*count)++] = (struct store_news){ column_u64(q, 0),
			column_u64(q, 1), kind };
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* ---- identity numbers ----------------------------------------------- */

enum status
store_identity_get(struct store *store, uint64_t record, uint16_t field,
    uint64_t *hash, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_IDENTITY_GET);
	enum status st;

	*hash = 0;
	bind_u64(q, 1, record);
	db_bind_i64_at(q, 2, field);
	if ((st = db_fetch(q, err)) == ST_OK)
		*hash = column_u64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_identity_put(struct store *store, uint64_t record, uint16_t field,
    uint64_t hash, uint64_t *before, struct err *err)
{
	struct db_query *q;
	enum status st;

	st = store_identity_get(store, record, field, before, err);
	if (st != ST_OK)
		return st;
	if (*before == hash)
		return ST_OK;
	q = db_query(
	    store->index, hash != 0 ? Q_IDENTITY_PUT : Q_IDENTITY_REMOVE);
	bind_u64(q, 1, record);
	db_bind_i64_at(q, 2, field);
	if (hash != 0)
		bind_u64(q, 3, hash);
	return db_run(q, NULL, err);
}

enum status
store_identity_same(struct store *store, uint64_t hash, uint64_t *records,
    size_t max, size_t *count, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_IDENTITY_SAME);
	enum status st;

	*count = 0;
	bind_u64(q, 1, hash);
	db_bind_i64_at(q, 2, (int64_t)max);
	while ((st = db_fetch(q, err)) == ST_OK)
		records[(*count)++] = column_u64(q, 0);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* ---- desk sets that go down ----------------------------------------- */

enum status
store_down_put(struct store *store, uint64_t place, uint32_t device,
    uint64_t version, uint64_t n, struct err *err)
{
	struct db_query *q = db_query(store->index, Q_DOWN_PUT);

	bind_u64(q, 1, place);
	db_bind_i64_at(q, 2, device);
	bind_u64(q, 3, version);
	bind_u64(q, 4, n);
	return db_run(q, NULL, err);
}
