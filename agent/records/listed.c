#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/merge/same.h"
#include "common/place/region.h"
#include "common/store/db.h"

#include "agent/records/alias.h"
#include "agent/records/display.h"
#include "agent/records/listed.h"
#include "agent/records/listed_internal.h"

#define COLUMNS "id, kind, place, household, gone, conflicts, waiting"
#define LINE "SELECT " COLUMNS

static const char *const SQL[Q_COUNT] = {
	/* Where it belongs is the same, mostly: its indexes stay untouched. */
	[Q_KEEP] = "UPDATE listed SET gone = :gone, conflicts = :conflicts,"
		   " waiting = :waiting WHERE id = :id AND kind = :kind"
		   " AND place = :place AND household = :household",

	[Q_PUT] = "INSERT OR REPLACE INTO listed (" COLUMNS ") VALUES"
		  " (:id, :kind, :place, :household, :gone, :conflicts,"
		  " :waiting)",

	[Q_DELETE] = "DELETE FROM listed WHERE id = :id",

	[Q_ALL] = LINE " FROM listed WHERE kind = :kind ORDER BY place, id",

	[Q_PLACE] = LINE " FROM listed"
			 " WHERE kind = :kind AND place = :place ORDER BY id",

	[Q_MEMBERS] = LINE " FROM listed"
			   " WHERE household = :household AND household <> 0"
			   " ORDER BY id",

	[Q_TOTALS] = "SELECT kind, count(*), total(conflicts)"
		     " FROM listed"
		     " GROUP BY kind",

	[Q_EMPTY] = "SELECT NOT EXISTS (SELECT 1 FROM listed)",

	/* What the server sent, and what was made here. */
	[Q_NEXT] = "SELECT min(id) FROM ("
		   "SELECT min(id) AS id FROM record WHERE id > :id UNION ALL"
		   " SELECT min(record) FROM set_row WHERE record > :id)",
};

enum status
listed_open(struct listed **out, struct db *db, struct display_reader *reader,
    const struct instrument *ins, struct err *err)
{
	struct listed *l;
	enum status st;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	l->reader = reader;
	l->ins = ins;
	if ((st = db_table_open(&l->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		st = aliases_open(&l->aliases, db, err);
	if (st == ST_OK)
		*out = l;
	else
		listed_close(l);
	return st;
}

void
listed_close(struct listed *listed)
{
	if (listed == NULL)
		return;
	db_table_close(listed->sql);
	aliases_close(listed->aliases);
	free(listed);
}

/* The text shown in ${reg}; false if there is none that fits ${size}. */
static bool
shown_text(const struct record *record, uint16_t reg, char *out, size_t size)
{
	const struct record_reg *r = record_find(record, reg);
	const struct record_head *head = r != NULL ? record_shown(r) : NULL;

	if (head == NULL || head->len == 0 || head->len >= size)
		return false;
	memcpy(out, head->value, head->len);
	out[head->len] = '\0';
	return true;
}

uint64_t
listed_link(const struct record *record, uint16_t reg)
{
	char text[ID_TEXT_SIZE];
	struct err err;
	uint64_t id;

	if (!shown_text(record, reg, text, sizeof(text)) ||
	    id_parse(&id, text, &err) != ST_OK)
		return 0;
	return id;
}

uint64_t
listed_place(const struct display *d)
{
	char text[REGION_TEXT_SIZE];
	struct err err;
	uint64_t code;

	if (shown_text(d->record, INSTRUMENT_PLACE, text, sizeof(text)) &&
	    region_parse(&code, text, &err) == ST_OK)
		return code;
	return d->place;
}

static bool
shown_gone(const struct instrument *ins, const struct display *d)
{
	const struct record_reg *reg = record_find(d->record, INSTRUMENT_LIFE);
	const struct record_head *head = reg != NULL ? record_shown(reg) : NULL;

	return head != NULL &&
	    instrument_gone(ins, d->kind, head->value, head->len);
}

static enum status
run_line(struct listed *listed, int query, const struct display *d,
    int *changed, struct err *err)
{
	struct db_query *q = db_query(listed->sql, (size_t)query);
	bool household = d->kind == RECORD_HOUSEHOLD;

	db_bind_i64(q, ":id", (int64_t)d->id);
	db_bind_i64(q, ":kind", d->kind);
	db_bind_i64(q, ":place", household ? (int64_t)listed_place(d) : 0);
	db_bind_i64(q, ":household",
	    household ? 0
		      : (int64_t)listed_link(d->record, INSTRUMENT_HOUSEHOLD));
	db_bind_i64(q, ":gone", shown_gone(listed->ins, d));
	db_bind_i64(q, ":conflicts", record_conflicts(d->record));
	db_bind_i64(q, ":waiting", (int64_t)d->nwaiting);
	return db_run(q, changed, err);
}

enum status
listed_put(struct listed *listed, const struct display *d, struct err *err)
{
	enum status st;
	int changed = 0;

	st = run_line(listed, Q_KEEP, d, &changed, err);
	if (st == ST_OK && changed == 0)
		st = run_line(listed, Q_PUT, d, NULL, err);
	if (st == ST_OK)
		st = aliases_put(listed->aliases, d->id, d->kind,
		    same_target(d->record, INSTRUMENT_SAME_AS, d->id), err);
	return st;
}

enum status
listed_refresh(
    struct listed *listed, uint64_t id, uint32_t epoch, struct err *err)
{
	struct db_query *q;
	struct display d;
	enum status st;

	st = display_read(listed->reader, id, epoch, &d, err);
	if (st != ST_OK)
		return st;
	if (d.kind != 0) {
		st = listed_put(listed, &d, err);
	} else {
		q = db_query(listed->sql, Q_DELETE);
		db_bind_i64(q, ":id", (int64_t)id);
		st = db_run(q, NULL, err);
		if (st == ST_OK)
			st = aliases_put(listed->aliases, id, d.kind, 0, err);
	}
	display_free(&d);
	return st;
}

/* The first of all records after ${id}; 0: there are no more. */
static enum status
next_record(struct listed *listed, uint64_t *id, struct err *err)
{
	struct db_query *q = db_query(listed->sql, Q_NEXT);
	enum status st;

	db_bind_i64(q, ":id", (int64_t)*id);
	if ((st = db_fetch(q, err)) == ST_OK)
		*id = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
listed_empty(struct listed *listed, bool *empty, struct err *err)
{
	struct db_query *q = db_query(listed->sql, Q_EMPTY);
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		*empty = db_column_i64(q, 0) != 0;
	db_done(q);
	return st;
}

enum status
listed_remake(struct listed *listed, uint32_t epoch, struct err *err)
{
	uint64_t id = 0;
	enum status st;

	while ((st = next_record(listed, &id, err)) == ST_OK && id != 0) {
		st = listed_refresh(listed, id, epoch, err);
		if (st != ST_OK)
			break;
	}
	return st;
}
