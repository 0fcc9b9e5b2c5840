#include <stdlib.h>

#include "common/merge/same.h"
#include "common/store/db.h"

#include "agent/records/alias.h"

struct aliases {
	struct db_table *sql;
	struct same *same;
	bool any; /* false: there is none, for certain */
};

enum { Q_ANY, Q_PUT, Q_REMOVE, Q_ALL, Q_THERE, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_ANY] = "SELECT EXISTS (SELECT 1 FROM alias)",

	[Q_PUT] = ("INSERT OR REPLACE INTO alias (record, kind, target)"
		   " VALUES (:record, :kind, :target)"),

	[Q_REMOVE] = "DELETE FROM alias WHERE record = :record",

	[Q_ALL] = "SELECT record, target FROM alias WHERE kind = :kind",

	[Q_THERE] = "SELECT 1 FROM listed WHERE id = :id AND kind = :kind",
};

static enum status
find_any(struct aliases *a, struct err *err)
{
	struct db_query *q = db_query(a->sql, Q_ANY);
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		a->any = db_column_i64(q, 0) != 0;
	db_done(q);
	return st;
}

enum status
aliases_open(struct aliases **out, struct db *db, struct err *err)
{
	struct aliases *a;
	enum status st;

	*out = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = same_new(&a->same, err)) == ST_OK &&
	    (st = db_table_open(&a->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		st = find_any(a, err);
	if (st == ST_OK)
		*out = a;
	else
		aliases_close(a);
	return st;
}

void
aliases_close(struct aliases *aliases)
{
	if (aliases == NULL)
		return;
	db_table_close(aliases->sql);
	same_free(aliases->same);
	free(aliases);
}

enum status
aliases_put(struct aliases *aliases, uint64_t record,
    enum change_record_kind kind, uint64_t target, struct err *err)
{
	struct db_query *q;

	if (target == 0 && !aliases->any)
		return ST_OK;
	q = db_query(aliases->sql, target != 0 ? Q_PUT : Q_REMOVE);
	db_bind_i64(q, ":record", (int64_t)record);
	if (target != 0) {
		db_bind_i64(q, ":kind", kind);
		db_bind_i64(q, ":target", (int64_t)target);
		aliases->any = true;
	}
	return db_run(q, NULL, err);
}

static enum status
tell_links(struct aliases *a, enum change_record_kind kind, struct err *err)
{
	struct db_query *q = db_query(a->sql, Q_ALL);
	enum status st;

	db_bind_i64(q, ":kind", kind);
	while ((st = db_fetch(q, err)) == ST_OK) {
		st = same_link(a->same, (uint64_t)db_column_i64(q, 0),
		    (uint64_t)db_column_i64(q, 1), err);
		if (st != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
tell_there(struct aliases *a, enum change_record_kind kind, struct err *err)
{
	enum status st = ST_OK;
	struct db_query *q;
	uint64_t id;

	while (st == ST_OK && same_next(a->same, &id)) {
		q = db_query(a->sql, Q_THERE);
		db_bind_i64(q, ":id", (int64_t)id);
		db_bind_i64(q, ":kind", kind);
		if ((st = db_fetch(q, err)) == ST_OK)
			same_there(a->same, id);
		db_done(q);
		st = st == ST_NOTFOUND ? ST_OK : st;
	}
	return st;
}

enum status
aliases_groups(struct aliases *aliases, enum change_record_kind kind,
    const struct same **out, struct err *err)
{
	enum status st;

	*out = NULL;
	if (!aliases->any)
		return ST_OK;
	same_clear(aliases->same);
	if ((st = tell_links(aliases, kind, err)) != ST_OK ||
	    (st = tell_there(aliases, kind, err)) != ST_OK)
		return st;
	same_join(aliases->same);
	*out = aliases->same;
	return ST_OK;
}
