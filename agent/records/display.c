#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/merge/merge.h"
#include "common/store/db.h"

#include "agent/outbox/answer.h"
#include "agent/outbox/row.h"
#include "agent/records/display.h"
#include "agent/records/shelf.h"

struct display_reader {
	struct shelf *shelf; /* not ours */
	struct db_table *sql;
};

enum { Q_ROWS, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_ROWS] = "SELECT r.set_id, r.kind, r.writes, r.visit, v.hlc, v.day,"
		   " s.writer, c.state, c.stamp_epoch, c.stamp_version,"
		   " t.accept, s.change_id, c.reason FROM set_row r"
		   " JOIN change_set s ON s.set_id = r.set_id"
		   " JOIN visit v ON v.id = r.visit"
		   " LEFT JOIN receipt c ON c.change_id = s.change_id"
		   "  AND c.epoch = :epoch"
		   " LEFT JOIN toggle t ON t.change_id = s.change_id"
		   " WHERE r.record = :record ORDER BY r.set_id",
};

enum status
display_reader_open(struct display_reader **out, struct db *db,
    struct shelf *shelf, struct err *err)
{
	struct display_reader *r;
	enum status st;

	*out = NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	r->shelf = shelf;
	if ((st = db_table_open(&r->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = r;
	else
		free(r);
	return st;
}

void
display_reader_close(struct display_reader *reader)
{
	if (reader == NULL)
		return;
	db_table_close(reader->sql);
	free(reader);
}

/* One more set on top, in its place. */
static enum status
add_waiting(struct display *out, uint64_t set_id, struct err *err)
{
	size_t before = 0, after;
	uint64_t *more;

	/* Few: what one laptop wrote to one record since its last sync. */
	more = arena_take(
	    &out->arena, (out->nwaiting + 1) * sizeof(*out->waiting));
	if (more == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	while (before < out->nwaiting && out->waiting[before] < set_id)
		before++;
	after = out->nwaiting - before;
	if (before > 0)
		memcpy(more, out->waiting, before * sizeof(*more));
	more[before] = set_id;
	if (after > 0)
		memcpy(more + before + 1, out->waiting + before,
		    after * sizeof(*more));
	out->waiting = more;
	out->nwaiting++;
	return ST_OK;
}

/*
 * Is ${head} the write ${w} of ${set}?  The office may have given the visit,
 * and its writer, another index.
 */
static bool
is_same(const struct record_head *head, const struct record_set *set,
    const struct change_write *w)
{
	return head->set.hlc == set->hlc &&
	    id_counter(head->set.visit) == id_counter(set->visit) &&
	    head->len == w->len &&
	    (w->len == 0 || memcmp(head->value, w->value, w->len) == 0);
}

static const struct record_head *
find_head(const struct record_reg *reg, uint64_t set_id)
{
	uint32_t i;

	for (i = 0; i < reg->nheads; i++)
		if (reg->heads[i].set.set_id == set_id)
			return &reg->heads[i];
	return NULL;
}

static const struct change_write *
find_write(const struct change_write *writes, size_t n, uint16_t reg)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (writes[i].reg == reg)
			return &writes[i];
	return NULL;
}

/*
 * Is a head on the record of another set with the id of ${set}?  Then this
 * laptop was copied while the set was open, and both went on with it.
 */
static bool
has_twin(const struct record *r, const struct record_set *set,
    const struct change_write *writes, size_t n)
{
	const struct record_head *head;
	const struct change_write *w;
	uint32_t i;

	for (i = 0; i < r->nregs; i++) {
		if ((head = find_head(&r->regs[i], set->set_id)) == NULL)
			continue;
		w = find_write(writes, n, r->regs[i].reg);
		if (w == NULL || !is_same(head, set, w))
			return true;
	}
	return false;
}

enum status
display_add(struct display *out, const struct record_set *set,
    enum change_record_kind kind, const struct change_write *writes, size_t n,
    struct err *err)
{
	struct merge_write w = { .set = *set };
	const struct record_reg *reg;
	struct merge_effect effect;
	enum status st;
	size_t i;

	out->kind = kind;
	/* Not signed: what it will be called is not known yet. */
	if (has_twin(out->record, set, writes, n))
		w.set.set_id = ~set->set_id;
	st = add_waiting(out, w.set.set_id, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		reg = record_find(out->record, writes[i].reg);
		if (reg != NULL && find_head(reg, w.set.set_id) != NULL)
			continue; /* the server's record has it already */
		w.reg = writes[i].reg;
		w.npreds = writes[i].npreds;
		w.preds = writes[i].preds;
		w.value = writes[i].value;
		w.len = writes[i].len;
		st = merge_apply(out->record, &w, NULL, NULL, &effect, err);
		/*
		 * The server has it already from a copy of this laptop, which
		 * signed the same set: what came from there is shown.
		 */
		if (st == ST_CONFLICT)
			st = ST_OK;
	}
	return st;
}

/* Sets that are shown under another name than they have here. */
#define TWINS_MAX 64
struct twins {
	struct twin {
		uint64_t from, to;
	} twin[TWINS_MAX];
	size_t n;
};

/* What named such a set when it had its own name meant this one. */
static void
rename_preds(const struct twins *twins, struct change_write *writes, size_t n)
{
	uint64_t *preds;
	uint16_t k;
	size_t i, t;

	for (i = 0; i < n; i++) {
		preds = (uint64_t *)writes[i].preds;
		for (k = 0; k < writes[i].npreds; k++)
			for (t = 0; t < twins->n; t++)
				if (preds[k] == twins->twin[t].from)
					preds[k] = twins->twin[t].to;
	}
}

static enum status
apply_row(struct display *out, struct twins *twins, bool only_twins,
    const struct db_query *q, struct err *err)
{
	struct answer a = { .state = (enum receipt_state)db_column_i64(q, 7),
		.epoch = (uint32_t)db_column_i64(q, 8),
		.version = (uint64_t)db_column_i64(q, 9),
		.order =
		    db_column_is_null(q, 10) ? -1 : (int)db_column_i64(q, 10) };
	struct record_set set = { .set_id = (uint64_t)db_column_i64(q, 0),
		.hlc = (uint64_t)db_column_i64(q, 4),
		.visit = (uint64_t)db_column_i64(q, 3),
		.day = (int32_t)db_column_i64(q, 5),
		.writer = (uint32_t)db_column_i64(q, 6) };
	struct change_write *writes;
	const uint8_t *bytes;
	size_t len, n;
	enum status st;

	if (!answer_waits(&a, out->epoch, out->version))
		return ST_OK;
	bytes = db_column_blob(q, 2, &len);
	if ((bytes = arena_copy(&out->arena, bytes, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = row_unpack_writes(&writes, &n, &out->arena, bytes, len, err);
	if (st != ST_OK)
		return st;
	bytes = db_column_blob(q, 11, &len);
	if (len == CHANGE_ID_LEN &&
	    ((a.state == RECEIPT_QUARANTINED &&
		 db_column_i64(q, 12) == REASON_SET_ID) ||
		has_twin(out->record, &set, writes, n))) {
		if (only_twins && twins->n < TWINS_MAX)
			twins->twin[twins->n++] =
			    (struct twin){ set.set_id, change_twin_id(bytes) };
		set.set_id = change_twin_id(bytes);
	}
	if (only_twins)
		return ST_OK;
	rename_preds(twins, writes, n);
	return display_add(out, &set,
	    (enum change_record_kind)db_column_i64(q, 1), writes, n, err);
}

static enum status
apply_rows(struct display_reader *reader, struct display *out, uint32_t epoch,
    struct err *err)
{
	struct twins twins = { .n = 0 };
	struct db_query *q;
	enum status st;
	int pass;

	/* First which of them have another name, then all of them. */
	for (pass = 0; pass < 2; pass++) {
		q = db_query(reader->sql, Q_ROWS);
		db_bind_i64(q, ":record", (int64_t)out->id);
		db_bind_i64(q, ":epoch", epoch);
		while ((st = db_fetch(q, err)) == ST_OK) {
			st = apply_row(out, &twins, pass == 0, q, err);
			if (st != ST_OK)
				break;
		}
		db_done(q);
		if (st != ST_NOTFOUND)
			return st;
	}
	return ST_OK;
}

enum status
display_read(struct display_reader *reader, uint64_t id, uint32_t epoch,
    struct display *out, struct err *err)
{
	struct shelf_record on_shelf;
	char text[ID_TEXT_SIZE];
	enum status st;

	memset(out, 0, sizeof(*out));
	out->id = id;
	if ((st = record_new(&out->record, err)) != ST_OK)
		goto out;
	st = shelf_find(reader->shelf, id, &out->arena, &on_shelf, err);
	if (st != ST_OK)
		goto out;
	out->kind = on_shelf.kind;
	out->place = on_shelf.place;
	out->epoch = on_shelf.epoch;
	out->version = on_shelf.version;
	st = record_unpack(out->record, on_shelf.body, on_shelf.len, err);
	if (st != ST_OK)
		goto out;
	/* A state is answered by the receipts of its own epoch. */
	st = apply_rows(reader, out, out->epoch != 0 ? out->epoch : epoch, err);
out:
	if (st != ST_OK) {
		display_free(out);
		id_print(id, text);
		err_wrap(err, "display %s", text);
	}
	return st;
}

void
display_free(struct display *display)
{
	record_free(display->record);
	arena_free(&display->arena);
	memset(display, 0, sizeof(*display));
}

void
display_stand_print(const struct display *display, char out[DISPLAY_STAND_SIZE])
{
	int n = snprintf(out, DISPLAY_STAND_SIZE, "%" PRIu32 ".%" PRIu64,
	    display->epoch, display->version);

	if (display->nwaiting > 0)
		snprintf(out + n, (size_t)(DISPLAY_STAND_SIZE - n), "+%zu",
		    display->nwaiting);
}

/* Digits up to ${end}; false if there are none, or too many. */
static bool
take_number(const char **at, uint64_t *out)
{
	const char *p = *at;

	*out = 0;
	for (; *p >= '0' && *p <= '9' && p - *at < 19; p++)
		*out = *out * 10 + (uint64_t)(*p - '0');
	if (p == *at)
		return false;
	*at = p;
	return true;
}

enum status
display_stand_check(
    const struct display *display, const char *text, struct err *err)
{
	uint64_t epoch, version, waiting = 0;
	char id[ID_TEXT_SIZE], now[DISPLAY_STAND_SIZE];
	const char *at = text;
	bool good;

	good = take_number(&at, &epoch) && *at++ == '.' &&
	    take_number(&at, &version);
	if (good && *at == '+') {
		at++;
		good = take_number(&at, &waiting);
	}
	if (!good || *at != '\0')
		return err_set(err, ST_INVALID,
		    "'shown' is not EPOCH.VERSION as list and show print it");
	if (epoch == display->epoch && version == display->version &&
	    waiting == display->nwaiting)
		return ST_OK;
	id_print(display->id, id);
	display_stand_print(display, now);
	return err_set(err, ST_CONFLICT,
	    "record %s has moved since it was shown; it stands at %s now", id,
	    now);
}
