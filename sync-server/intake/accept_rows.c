#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "sync-server/intake/accept_internal.h"

/* The village code in a register's value; 0 if it is none. */
static uint64_t
read_place(const uint8_t *value, size_t len)
{
	char text[REGION_TEXT_SIZE];
	struct err err;
	uint64_t place;

	if (len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, value, len);
	text[len] = '\0';
	return region_parse(&place, text, &err) == ST_OK ? place : 0;
}

void
accept_start(struct accept *a, const struct change *change, uint32_t device,
    int64_t time_ms)
{
	const struct change_body *body = &change->body;
	const struct change_write *write;
	size_t i;

	change_free(a->peer);
	a->peer = NULL;
	a->npeers = 0;
	a->change = change;
	a->author = NULL;
	a->device = device;
	a->time_ms = time_ms;
	a->again = false;
	a->last = INT64_MAX;
	a->n = 0;
	a->only = NULL;
	a->nonly = 0;
	a->nheld = 0;
	a->nrows = 0;
	a->next = 0;
	a->chunk = 0;
	a->failed = ST_OK;
	writer_clear(&a->packed);
	for (i = 0; i < body->nrows; i++) {
		a->ids[i] = body->rows[i].id;
		a->skip[i] = body->rows[i].same;
		a->places[i] = 0;
		if (body->rows[i].kind != RECORD_HOUSEHOLD)
			continue;
		write = change_find_write(&body->rows[i], INSTRUMENT_PLACE);
		if (write != NULL)
			a->places[i] = read_place(write->value, write->len);
	}
}

void
accept_stamp(struct accept *a)
{
	struct store_state *state = store_state(a->store);

	a->set_epoch = a->epoch = state->epoch;
	a->set_version = a->version = ++state->version;
}

static size_t
find_row(const struct accept *a, uint64_t id)
{
	const uint64_t *at =
	    bsearch(&id, a->ids, a->change->body.nrows, sizeof(id), id_compare);

	return at == NULL ? SIZE_MAX : (size_t)(at - a->ids);
}

/*
 * Where the household ${id} is: by its row, or by this set where it is new.
 * What a set says of a household that is there already counts for nothing
 * here: its author may not write to it.  If it moves, findings/follow.c
 * moves its members.
 */
static enum status
place_of(struct accept *a, uint64_t id, uint64_t *place, struct err *err)
{
	size_t i = find_row(a, id);
	enum status st = ST_OK;

	*place = 0;
	if (id != 0)
		st = store_row_place(a->store, id, place, err);
	if (st == ST_OK && *place == 0 && i != SIZE_MAX)
		*place = a->places[i];
	return st;
}

/* Where ${row} says that it is; 0 if it says nothing. */
static enum status
claimed_place(struct accept *a, size_t i, uint64_t *place, struct err *err)
{
	const struct change_row *row = &a->change->body.rows[i];
	const struct change_write *write;

	*place = a->places[i];
	if (row->kind != RECORD_PERSON)
		return ST_OK;
	write = change_find_write(row, INSTRUMENT_HOUSEHOLD);
	if (write == NULL)
		return ST_OK;
	return place_of(a, id_read(write->value, write->len), place, err);
}

static bool
in_scope(const struct accept_author *author, uint64_t place)
{
	size_t i;

	for (i = 0; i < author->nplaces; i++)
		if (region_within(author->places[i], place))
			return true;
	return false;
}

static void
hold(struct accept *a, size_t i, enum receipt_reason reason, uint64_t place)
{
	a->skip[i] = true;
	a->held[a->nheld++] = (struct store_held){
		.record = a->ids[i], .reason = reason, .place = place
	};
}

static bool
is_desks(const struct accept *a, const struct change_row *row)
{
	const uint8_t *bits = a->desk[row->kind - RECORD_HOUSEHOLD];
	uint16_t i, reg, last = a->desk_last[row->kind - RECORD_HOUSEHOLD];

	for (i = 0; i < row->nwrites; i++) {
		reg = row->writes[i].reg;
		if (reg > last)
			return false;
		if (bits[reg / 8] >> reg % 8 & 1)
			return true;
	}
	return false;
}

/*
 * Ids can be foretold.  Where a record is, says who makes it: a row of
 * another's that comes before may not put it where that one does not write.
 */
static bool
foretells(const struct accept *a, uint64_t id, uint64_t place)
{
	return id_writer(id) != a->change->head.writer &&
	    a->opts.may_write != NULL &&
	    !a->opts.may_write(a->opts.arg, id_writer(id), place);
}

/*
 * Is row ${i} within the author's villages?  A record is where it was
 * before; a new one where it says; and a row of which nobody knows where it
 * belongs is merged, unless another of that record is held.
 */
static enum status
judge_scope(
    struct accept *a, size_t i, const struct store_row *before, struct err *err)
{
	uint64_t place = before != NULL ? before->place : 0;
	enum status st;

	if (a->author == NULL)
		return ST_OK;
	if (is_desks(a, &a->change->body.rows[i])) {
		hold(a, i, REASON_SCOPE, place);
		return ST_OK;
	}
	if (place == 0 && (st = claimed_place(a, i, &place, err)) != ST_OK)
		return st;
	if (place != 0) {
		if (!in_scope(a->author, place) ||
		    ((before == NULL || before->place == 0) &&
			foretells(a, a->ids[i], place)))
			hold(a, i, REASON_SCOPE, place);
		return ST_OK;
	}
	if (before != NULL)
		return ST_OK;
	st = store_held_record(a->store, a->ids[i], err);
	if (st == ST_OK)
		hold(a, i, REASON_SCOPE, 0);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static bool
was_accepted(void *arg, uint64_t set_id, uint16_t reg)
{
	struct accept *a = arg;
	enum status st;

	st = store_log_accepted(
	    a->store, set_id, a->ids[a->next], reg, a->last, &a->failed_err);
	if (st != ST_OK && st != ST_NOTFOUND)
		a->failed = st;
	return st == ST_OK;
}

static uint8_t
set_flags(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_DECISION:
		return RECORD_SET_DECISION;
	case CHANGE_IMPORT:
		return RECORD_SET_IMPORT;
	default:
		return 0;
	}
}

/* The set at hand as the heads of ${row} know it. */
static struct record_set
row_set(const struct accept *a, const struct change_row *row)
{
	const struct change_visit *visit = &a->change->body.visits[row->visit];

	return (struct record_set){ .set_id = a->change->head.set_id,
		.hlc = visit->hlc,
		.visit = visit->id,
		.day = visit->day,
		.writer = a->change->head.writer,
		.flags = set_flags(a->change->head.kind) };
}

static enum status
apply_writes(struct accept *a, const struct change_row *row, struct err *err)
{
	struct merge_write w = { .set = row_set(a, row) };
	struct merge_effect effect;
	enum status st;
	uint16_t i;

	for (i = 0; i < row->nwrites; i++) {
		w.reg = row->writes[i].reg;
		w.npreds = row->writes[i].npreds;
		w.preds = row->writes[i].preds;
		w.value = row->writes[i].value;
		w.len = row->writes[i].len;
		st = merge_apply(a->record, &w, was_accepted, a, &effect, err);
		if (st != ST_OK)
			return st;
		if (a->failed != ST_OK) {
			*err = a->failed_err;
			return a->failed;
		}
		accept_find_write(a, &row->writes[i], &effect);
	}
	return ST_OK;
}

/* Where the merged record is, if ${row} may have changed that. */
static enum status
merged_place(struct accept *a, const struct change_row *row, uint64_t *place,
    struct err *err)
{
	uint16_t reg = row->kind == RECORD_HOUSEHOLD ? INSTRUMENT_PLACE
						     : INSTRUMENT_HOUSEHOLD;
	const struct change_write *write = change_find_write(row, reg);
	const struct record_reg *found;
	const struct record_head *shown;

	if (write == NULL)
		return ST_OK;
	if (a->first && row->kind == RECORD_HOUSEHOLD) {
		*place = a->places[a->next];
		return ST_OK;
	}
	if (a->first)
		return place_of(
		    a, id_read(write->value, write->len), place, err);
	found = record_find(a->record, reg);
	shown = found != NULL ? record_shown(found) : NULL;
	*place = 0;
	if (shown == NULL)
		return ST_OK;
	if (row->kind == RECORD_HOUSEHOLD)
		*place = read_place(shown->value, shown->len);
	else
		return place_of(
		    a, id_read(shown->value, shown->len), place, err);
	return ST_OK;
}

static bool
names_nothing(const struct change *change, const struct change_row *row)
{
	uint16_t i;

	if (change->nnames == 0)
		return true;
	for (i = 0; i < row->nwrites; i++)
		if (row->writes[i].npreds > 0)
			return false;
	return true;
}

/* What merging ${row} into no record gives: every write is a head. */
static enum status
pack_first(struct accept *a, const struct change_row *row, struct err *err)
{
	struct record_set set = row_set(a, row);
	uint16_t i;

	for (i = 0; i < row->nwrites; i++)
		a->values[i] = (struct record_value){
			.reg = row->writes[i].reg,
			.len = row->writes[i].len,
			.value = row->writes[i].value,
		};
	return record_pack_first(
	    &a->packed, &set, a->values, row->nwrites, err);
}

/* Pack the merged record into the rows to be written. */
static enum status
keep_row(struct accept *a, const struct change_row *row,
    const struct store_row *before, struct err *err)
{
	struct store_row *out = &a->rows[a->nrows];
	size_t off = a->packed.len, len;
	enum status st;

	st = a->first ? pack_first(a, row, err)
		      : record_pack(&a->packed, a->record, err);
	if (st == ST_FULL) {
		/* Too large with this row: it waits for the desk. */
		a->packed.len = off;
		a->nfindings = 0;
		hold(a, a->next, REASON_RECORD,
		    before != NULL ? before->place : 0);
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	len = a->packed.len - off;
	if (a->chunk + len > CHUNK_BYTES && a->chunk > 0) {
		a->version = ++store_state(a->store)->version;
		a->chunk = 0;
	}
	a->chunk += len;
	*out = (struct store_row){ .id = row->id,
		.kind = (uint8_t)row->kind,
		.place = before != NULL ? before->place : 0,
		.flags = before != NULL ? before->flags : 0,
		.epoch = a->epoch,
		.version = a->version,
		.len = len };
	if ((st = merged_place(a, row, &out->place, err)) != ST_OK)
		return st;
	if ((st = accept_find_keep(a, row, &out->flags, err)) != ST_OK)
		return st;
	a->offs[a->nrows++] = off;
	return ST_OK;
}

/* Row ${a}->next, whose record is ${before} (NULL: not there yet). */
static enum status
merge_row(struct accept *a, const struct store_row *before, struct err *err)
{
	const struct change_row *row = &a->change->body.rows[a->next];
	enum status st;

	if (!a->skip[a->next] &&
	    (st = judge_scope(a, a->next, before, err)) != ST_OK)
		return st;
	if (!a->skip[a->next] && before != NULL && before->kind != row->kind)
		hold(a, a->next, REASON_RECORD, before->place);
	if (a->skip[a->next])
		return ST_OK;
	a->nfindings = 0;
	accept_find_shown(a, row, before);
	a->first = before == NULL && names_nothing(a->change, row);
	if (a->first)
		return keep_row(a, row, NULL, err);
	if (before != NULL)
		st = record_unpack(a->record, before->body, before->len, err);
	else
		record_clear(a->record);
	if (before != NULL && st == ST_OK)
		st = accept_find_before(a, row, before, err);
	if (before != NULL && st != ST_OK)
		return st;
	if ((st = apply_writes(a, row, err)) != ST_OK)
		return st;
	return keep_row(a, row, before, err);
}

static enum status
on_row(void *arg, size_t i, const struct store_row *before, struct err *err)
{
	struct accept *a = arg;
	enum status st;

	for (; a->next < i; a->next++)
		if ((st = merge_row(a, NULL, err)) != ST_OK)
			return st;
	st = merge_row(a, before, err);
	a->next++;
	return st;
}

enum status
accept_merge(struct accept *a, struct err *err)
{
	size_t nrows = a->change->body.nrows;
	enum status st;

	st = store_rows_read(a->store, a->ids, nrows, on_row, a, err);
	for (; st == ST_OK && a->next < nrows; a->next++)
		st = merge_row(a, NULL, err);
	return st;
}

enum status
accept_write(struct accept *a, struct err *err)
{
	enum status st;
	size_t i;

	for (i = 0; i < a->nrows; i++)
		a->rows[i].body = a->packed.bytes + a->offs[i];
	st = store_rows_write(a->store, a->rows, a->nrows, err);
	if (st == ST_OK && a->opts.touched != NULL && !a->again)
		st = a->opts.touched(a->opts.arg, a->rows, a->nrows, err);
	return st;
}

static enum status
skip_held(void *arg, const struct store_held *held, struct err *err)
{
	struct accept *a = arg;
	size_t i = find_row(a, held->record);

	(void)err;
	if (i != SIZE_MAX)
		a->skip[i] = true;
	return ST_OK;
}

enum status
accept_skip_held(struct accept *a, uint64_t n, struct err *err)
{
	return store_held_each(a->store, n, skip_held, a, err);
}
