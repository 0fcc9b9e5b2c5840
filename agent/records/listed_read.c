#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/merge/same.h"
#include "common/store/db.h"

#include "agent/records/alias.h"
#include "agent/records/listed_internal.h"

/* ---- those that are said to be one ----------------------------------------
 */

enum status
listed_group(struct listed *listed, enum change_record_kind kind, uint64_t id,
    uint64_t **ids, size_t *n, struct err *err)
{
	const struct same_entry *e, *mine = NULL;
	const struct same *same;
	enum status st;
	size_t i;

	*ids = NULL;
	*n = 0;
	st = aliases_groups(listed->aliases, kind, &same, err);
	if (st != ST_OK)
		return st;
	if (same != NULL)
		mine = same_find(same, id);
	*ids =
	    malloc((same != NULL ? same_count(same) + 1 : 1) * sizeof(**ids));
	if (*ids == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; mine != NULL && mine->there && i < same_count(same); i++) {
		e = same_at(same, i);
		if (e->there && e->root == mine->root)
			(*ids)[(*n)++] = e->id;
	}
	if (*n == 0)
		(*ids)[(*n)++] = id;
	return ST_OK;
}

enum status
listed_same(struct listed *listed, enum change_record_kind kind, uint64_t a,
    uint64_t b, bool *same, struct err *err)
{
	const struct same_entry *x = NULL, *y = NULL;
	const struct same *groups;
	enum status st;

	*same = a == b;
	if (*same)
		return ST_OK;
	st = aliases_groups(listed->aliases, kind, &groups, err);
	if (st == ST_OK && groups != NULL) {
		x = same_find(groups, a);
		y = same_find(groups, b);
		*same = x != NULL && y != NULL && x->root != 0 &&
		    x->root == y->root;
	}
	return st;
}

/* Does another record that is here stand for ${id}? */
static bool
is_hidden(const struct same *same, uint64_t id)
{
	const struct same_entry *e = same != NULL ? same_find(same, id) : NULL;

	return e != NULL && e->there && e->root != id;
}

/* How many are hidden. */
static enum status
count_hidden(struct listed *listed, enum change_record_kind kind, unsigned *n,
    struct err *err)
{
	const struct same *same;
	enum status st;
	size_t i;

	*n = 0;
	st = aliases_groups(listed->aliases, kind, &same, err);
	for (i = 0; st == ST_OK && same != NULL && i < same_count(same); i++)
		*n += is_hidden(same, same_at(same, i)->id);
	return st;
}

/* ---- lists ----------------------------------------------------------------
 */

struct lines {
	struct listed_line *at;
	size_t n, room;
};

static enum status
add_line(struct lines *lines, const struct listed_line *line, struct err *err)
{
	struct listed_line *more;

	if (lines->n == lines->room) {
		lines->room = lines->room > 0 ? 2 * lines->room : 16;
		more = realloc(lines->at, lines->room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		lines->at = more;
	}
	lines->at[lines->n++] = *line;
	return ST_OK;
}

/* Add the lines of ${q} that no other one stands for. */
static enum status
collect(struct lines *lines, struct db_query *q, const struct same *same,
    struct err *err)
{
	struct listed_line line;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		line.id = (uint64_t)db_column_i64(q, 0);
		line.kind = (enum change_record_kind)db_column_i64(q, 1);
		line.place = (uint64_t)db_column_i64(q, 2);
		line.household = (uint64_t)db_column_i64(q, 3);
		line.gone = db_column_i64(q, 4) != 0;
		line.conflicts = (unsigned)db_column_i64(q, 5);
		line.waiting = (unsigned)db_column_i64(q, 6);
		if (!is_hidden(same, line.id) &&
		    (st = add_line(lines, &line, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
give(const struct lines *lines, listed_each *each, void *arg, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < lines->n && st == ST_OK; i++)
		st = each(arg, &lines->at[i], err);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
listed_households(struct listed *listed, uint64_t place, listed_each *each,
    void *arg, struct err *err)
{
	struct lines lines = { 0 };
	const struct same *same;
	struct db_query *q;
	enum status st;

	st = aliases_groups(listed->aliases, RECORD_HOUSEHOLD, &same, err);
	if (st != ST_OK)
		return st;
	q = db_query(listed->sql, place == 0 ? Q_ALL : Q_PLACE);
	db_bind_i64(q, ":kind", RECORD_HOUSEHOLD);
	if (place != 0)
		db_bind_i64(q, ":place", (int64_t)place);
	if ((st = collect(&lines, q, same, err)) == ST_OK)
		st = give(&lines, each, arg, err);
	free(lines.at);
	return st;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct listed_line *x = a, *y = b;

	return id_compare(&x->id, &y->id);
}

enum status
listed_members(struct listed *listed, uint64_t household, listed_each *each,
    void *arg, struct err *err)
{
	struct lines lines = { 0 };
	const struct same *same;
	struct db_query *q;
	uint64_t *houses;
	enum status st;
	size_t i, n;

	st =
	    listed_group(listed, RECORD_HOUSEHOLD, household, &houses, &n, err);
	if (st == ST_OK)
		st = aliases_groups(listed->aliases, RECORD_PERSON, &same, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		q = db_query(listed->sql, Q_MEMBERS);
		db_bind_i64(q, ":household", (int64_t)houses[i]);
		st = collect(&lines, q, same, err);
	}
	if (n > 1 && lines.n > 1)
		qsort(lines.at, lines.n, sizeof(*lines.at), compare_lines);
	if (st == ST_OK)
		st = give(&lines, each, arg, err);
	free(lines.at);
	free(houses);
	return st;
}

enum status
listed_count(struct listed *listed, struct listed_counts *out, struct err *err)
{
	struct db_query *q = db_query(listed->sql, Q_TOTALS);
	unsigned households = 0, persons = 0;
	enum status st;

	memset(out, 0, sizeof(*out));
	while ((st = db_fetch(q, err)) == ST_OK) {
		if (db_column_i64(q, 0) == RECORD_HOUSEHOLD)
			out->households = (unsigned)db_column_i64(q, 1);
		else
			out->persons = (unsigned)db_column_i64(q, 1);
		out->conflicts += (unsigned)db_column_i64(q, 2);
	}
	db_done(q);
	if (st != ST_NOTFOUND)
		return st;
	if ((st = count_hidden(listed, RECORD_HOUSEHOLD, &households, err)) !=
		ST_OK ||
	    (st = count_hidden(listed, RECORD_PERSON, &persons, err)) != ST_OK)
		return st;
	out->households -= households;
	out->persons -= persons;
	return ST_OK;
}
