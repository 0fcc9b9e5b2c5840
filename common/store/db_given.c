#include <string.h>

#include "common/store/db_internal.h"

/*
 * The table-valued function given(rows): eponymous, so that no schema can
 * make one, and direct only, so that none can use it.
 */
#define DECLARED "CREATE TABLE x (a, b, c, d, e, f, g, h, rows HIDDEN)"
#define HIDDEN_ROWS 8
#define POINTER "padu-given"

struct cursor {
	sqlite3_vtab_cursor base;
	const struct db_given *given;
	size_t at;
};

/* SQLite gives back pointers to what each struct begins with. */
static struct cursor *
of(sqlite3_vtab_cursor *base)
{
	return (struct cursor *)(void *)base;
}

static int
on_connect(sqlite3 *h, void *arg, int argc, const char *const *argv,
    sqlite3_vtab **out, char **message)
{
	int rc;

	(void)arg;
	(void)argc;
	(void)argv;
	(void)message;
	*out = NULL;
	if ((rc = sqlite3_declare_vtab(h, DECLARED)) != SQLITE_OK)
		return rc;
	sqlite3_vtab_config(h, SQLITE_VTAB_DIRECTONLY);
	if ((*out = sqlite3_malloc64(sizeof(**out))) == NULL)
		return SQLITE_NOMEM;
	memset(*out, 0, sizeof(**out));
	return SQLITE_OK;
}

static int
on_disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

/* All rows, in order: there is one way to read them, and it needs them. */
static int
on_plan(sqlite3_vtab *table, sqlite3_index_info *plan)
{
	int i;

	(void)table;
	for (i = 0; i < plan->nConstraint; i++) {
		if (plan->aConstraint[i].iColumn != HIDDEN_ROWS ||
		    plan->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		if (!plan->aConstraint[i].usable)
			return SQLITE_CONSTRAINT;
		plan->aConstraintUsage[i].argvIndex = 1;
		plan->aConstraintUsage[i].omit = 1;
		plan->estimatedCost = 1;
		plan->estimatedRows = 200;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int
on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct cursor *c = sqlite3_malloc64(sizeof(*c));

	(void)table;
	if (c == NULL)
		return SQLITE_NOMEM;
	memset(c, 0, sizeof(*c));
	*out = &c->base;
	return SQLITE_OK;
}

static int
on_close(sqlite3_vtab_cursor *base)
{
	sqlite3_free(of(base));
	return SQLITE_OK;
}

static int
on_first(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
    sqlite3_value **argv)
{
	struct cursor *c = of(base);

	(void)number;
	(void)text;
	c->at = 0;
	c->given = argc == 1 ? sqlite3_value_pointer(argv[0], POINTER) : NULL;
	return c->given != NULL ? SQLITE_OK : SQLITE_MISUSE;
}

static int
on_next(sqlite3_vtab_cursor *base)
{
	of(base)->at++;
	return SQLITE_OK;
}

static int
on_eof(sqlite3_vtab_cursor *base)
{
	const struct cursor *c = of(base);

	return c->at >= c->given->n;
}

static int
on_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct cursor *c = of(base);
	struct db_cell cell = { 0 };

	if (column >= HIDDEN_ROWS)
		return SQLITE_OK;
	c->given->cell(c->given->arg, c->at, column, &cell);
	if (cell.bytes != NULL)
		sqlite3_result_blob64(out, cell.bytes, cell.len, SQLITE_STATIC);
	else
		sqlite3_result_int64(out, cell.number);
	return SQLITE_OK;
}

static int
on_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)of(base)->at;
	return SQLITE_OK;
}

int
db_given_register(sqlite3 *h)
{
	static const sqlite3_module MODULE = {
		.xConnect = on_connect,
		.xBestIndex = on_plan,
		.xDisconnect = on_disconnect,
		.xOpen = on_open,
		.xClose = on_close,
		.xFilter = on_first,
		.xNext = on_next,
		.xEof = on_eof,
		.xColumn = on_column,
		.xRowid = on_rowid,
	};

	return sqlite3_create_module(h, "given", &MODULE, NULL);
}

int
db_given_bind(sqlite3_stmt *st, int at, const struct db_given *given)
{
	/* Bound as a pointer, which SQL can neither make nor read. */
	return sqlite3_bind_pointer(
	    st, at, (void *)(uintptr_t)given, POINTER, NULL);
}
