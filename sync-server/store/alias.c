#include <stdlib.h>

#include "sync-server/store/alias.h"
#include "sync-server/store/store_internal.h"

enum {
	Q_ALIAS_GET,
	Q_ALIAS_PUT,
	Q_ALIAS_REMOVE,
	Q_ALIAS_TO,
	Q_SAME_PUT,
	Q_SAME_REMOVE,
	Q_SAME_ROOT,
	Q_SAME_OF,
	Q_SAME_COUNT,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_ALIAS_GET] = "SELECT target FROM alias"
			" WHERE record = ?1 AND kind = ?2",
	[Q_ALIAS_PUT] = "REPLACE INTO alias (record, kind, target)"
			" VALUES (?1, ?2, ?3)",
	[Q_ALIAS_REMOVE] = "DELETE FROM alias WHERE record = ?1",
	[Q_ALIAS_TO] = "SELECT record FROM alias"
		       " WHERE target = ?1 AND kind = ?2 ORDER BY record",
	[Q_SAME_PUT] = "REPLACE INTO same (id, root) VALUES (?1, ?2)",
	[Q_SAME_REMOVE] = "DELETE FROM same WHERE id = ?1",
	[Q_SAME_ROOT] = "SELECT root FROM same WHERE id = ?1",
	[Q_SAME_OF] = "SELECT id FROM same WHERE root ="
		      " (SELECT root FROM same WHERE id = ?1) ORDER BY id",
	[Q_SAME_COUNT] = "SELECT count(*) FROM same WHERE id != root",
};

enum status
store_alias_open(struct store *store, struct err *err)
{
	return db_table_open(&store->alias, store->db, SQL, Q_COUNT, err);
}

bool
store_alias_any(const struct store *store)
{
	return store->any_alias;
}

/* The number that ${q} answers; ST_OK also where there is none. */
static enum status
ask(struct db_query *q, uint64_t *out, struct err *err)
{
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		*out = column_u64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_alias_get(struct store *store, uint64_t record,
    enum change_record_kind kind, uint64_t *target, struct err *err)
{
	struct db_query *q;

	*target = 0;
	if (!store->any_alias)
		return ST_OK;
	q = db_query(store->alias, Q_ALIAS_GET);
	bind_u64(q, 1, record);
	db_bind_i64_at(q, 2, kind);
	return ask(q, target, err);
}

enum status
store_alias_put(struct store *store, uint64_t record,
    enum change_record_kind kind, uint64_t target, struct err *err)
{
	struct db_query *q;

	if (target == 0 && !store->any_alias)
		return ST_OK;
	q = db_query(store->alias, target != 0 ? Q_ALIAS_PUT : Q_ALIAS_REMOVE);
	bind_u64(q, 1, record);
	if (target != 0) {
		db_bind_i64_at(q, 2, kind);
		bind_u64(q, 3, target);
		store->any_alias = true;
	}
	return db_run(q, NULL, err);
}

/* A growing list. */
struct list {
	uint64_t *ids;
	size_t n;
};

static enum status
add(struct list *l, uint64_t id, struct err *err)
{
	uint64_t *more;

	if ((l->n & (l->n - 1)) == 0) {
		more =
		    realloc(l->ids, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory for a group");
		l->ids = more;
	}
	l->ids[l->n++] = id;
	return ST_OK;
}

/* All that ${q} answers; it is done then, so that others may write. */
static enum status
collect(struct db_query *q, struct list *l, struct err *err)
{
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK)
		if ((st = add(l, column_u64(q, 0), err)) != ST_OK)
			break;
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_alias_to(struct store *store, uint64_t target,
    enum change_record_kind kind, store_alias_fn *each, void *arg,
    struct err *err)
{
	struct list l = { 0 };
	struct db_query *q;
	enum status st;
	size_t i;

	if (!store->any_alias)
		return ST_OK;
	q = db_query(store->alias, Q_ALIAS_TO);
	bind_u64(q, 1, target);
	db_bind_i64_at(q, 2, kind);
	st = collect(q, &l, err);
	for (i = 0; i < l.n && st == ST_OK; i++)
		st = each(arg, l.ids[i], err);
	free(l.ids);
	return st;
}

enum status
store_same_put(struct store *store, uint64_t id, uint64_t root, struct err *err)
{
	struct db_query *q =
	    db_query(store->alias, root != 0 ? Q_SAME_PUT : Q_SAME_REMOVE);

	bind_u64(q, 1, id);
	if (root != 0)
		bind_u64(q, 2, root);
	return db_run(q, NULL, err);
}

enum status
store_same_root(
    struct store *store, uint64_t id, uint64_t *root, struct err *err)
{
	struct db_query *q;

	*root = id;
	if (!store->any_alias)
		return ST_OK;
	q = db_query(store->alias, Q_SAME_ROOT);
	bind_u64(q, 1, id);
	return ask(q, root, err);
}

enum status
store_same_group(struct store *store, uint64_t id, uint64_t **ids, size_t *n,
    struct err *err)
{
	struct list l = { 0 };
	struct db_query *q;
	enum status st = ST_OK;

	*ids = NULL;
	*n = 0;
	if (store->any_alias) {
		q = db_query(store->alias, Q_SAME_OF);
		bind_u64(q, 1, id);
		st = collect(q, &l, err);
	}
	if (st == ST_OK && l.n == 0)
		st = add(&l, id, err);
	if (st != ST_OK) {
		free(l.ids);
		return st;
	}
	*ids = l.ids;
	*n = l.n;
	return ST_OK;
}

enum status
store_same_count(struct store *store, uint64_t *repeated, struct err *err)
{
	return ask(db_query(store->alias, Q_SAME_COUNT), repeated, err);
}

void
store_alias_watch(struct store *store, store_alias_fn *told, void *arg)
{
	store->regrouped = told;
	store->regrouped_arg = arg;
}

enum status
store_alias_tell(struct store *store, uint64_t record, struct err *err)
{
	return store->regrouped != NULL
	    ? store->regrouped(store->regrouped_arg, record, err)
	    : ST_OK;
}
