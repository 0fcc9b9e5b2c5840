#include "common/store/db.h"

#include "agent/purge/purge.h"

/* Pages in one step: 2 MiB, with as much of log. */
#define STEP "512"

static enum status
ask(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	struct db_table *table = NULL;
	struct db_query *q;
	enum status st;

	*out = 0;
	if ((st = db_table_open(&table, db, &sql, 1, err)) != ST_OK)
		return st;
	q = db_query(table, 0);
	if ((st = db_fetch(q, err)) == ST_OK)
		*out = db_column_i64(q, 0);
	db_done(q);
	db_table_close(table);
	return st;
}

enum status
purge_shrink(struct db *db, unsigned steps, int64_t *left, struct err *err)
{
	unsigned i;
	enum status st;

	st = purge_free(db, left, err);
	for (i = 0; st == ST_OK && *left > 0 && (steps == 0 || i < steps);
	     i++) {
		st = db_exec_script(
		    db, "PRAGMA incremental_vacuum(" STEP ")", err);
		if (st == ST_OK)
			st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
		if (st == ST_OK)
			st = purge_free(db, left, err);
	}
	/* What was purged is in the log, too, as it was before. */
	if (st == ST_OK && i == 0)
		st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
	return st;
}

enum status
purge_free(struct db *db, int64_t *pages, struct err *err)
{
	return ask(db, "PRAGMA freelist_count", pages, err);
}

enum status
purge_count(struct db *db, uint64_t *visits, struct err *err)
{
	int64_t n;
	enum status st =
	    ask(db, "SELECT count(*) FROM visit WHERE household = 0", &n, err);

	*visits = (uint64_t)n;
	return st;
}
