#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/base/hlc.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/place/region.h"
#include "common/say/say.h"

#include "agent/outbox/chain.h"
#include "agent/records/listed.h"
#include "agent/unlock/unlocked.h"
#include "agent/visit/visit_internal.h"

#define DOMAIN_VISIT "padu/visit-text/v1"

/* The next id of the person who is here. */
static enum status
make_id(struct saving *s, uint64_t *out, struct err *err)
{
	struct signer *signer = &s->u->signer;

	if (signer->counter >= ID_COUNTER_MAX)
		return err_set(err, ST_FULL,
		    "this writer has made all the ids it may; ask the office "
		    "for a new enrolment");
	*out =
	    id_make(signer->card.authority, signer->writer, ++signer->counter);
	return ST_OK;
}

/*
 * A day after tomorrow is a typing error, unless the clock is known to be
 * behind: then it cannot tell, and stops nobody.
 */
static void
check_day(struct saving *s)
{
	int64_t now = env_now_ms(s->u->env);

	if (unlocked_clock_behind(s->u, now))
		return;
	if (s->form->day > day_from_ms(now, 0) + 1)
		form_fault(s->form, "", "day", "lies in the future");
}

static enum status
check_village(struct saving *s, uint64_t village, const char *path,
    const char *name, struct err *err)
{
	if (village != 0 && !signer_may_write(&s->u->signer, village))
		form_fault(s->form, path, name,
		    "is not one of the villages you are enrolled for");
	return form_verdict(s->form, err);
}

/* Read what is displayed of a record that the form says is there. */
static enum status
read_known(struct saving *s, struct saving_record *r, struct err *err)
{
	enum status st;

	r->id = r->form->id;
	st = display_read(
	    s->u->reader, r->id, s->u->standing.cursor.epoch, &r->display, err);
	if (st != ST_OK)
		return st;
	/* Its id may be an identity number: never repeated. */
	if (r->display.kind != r->form->kind)
		return err_set(err, ST_NOTFOUND,
		    "%s: there is no %s of that id on this laptop; nothing was "
		    "saved",
		    r->form->path[0] != '\0' ? r->form->path : "household",
		    r->form->kind == RECORD_HOUSEHOLD ? "household" : "person");
	if (r->form->shown == NULL)
		return ST_OK;
	st = display_stand_check(&r->display, r->form->shown, err);
	if (st == ST_INVALID) {
		form_fault(s->form, r->form->path, "shown", err->text);
		return ST_OK;
	}
	r->moved = st == ST_CONFLICT;
	return ST_OK;
}

static enum status
read_record(struct saving *s, struct saving_record *r, struct err *err)
{
	if (r->form->id != 0)
		return read_known(s, r, err);
	if (make_id(s, &r->id, err) != ST_OK)
		return err->status;
	r->display.id = r->id;
	r->display.kind = r->form->kind;
	return record_new(&r->display.record, err);
}

static enum status
read_records(struct saving *s, struct err *err)
{
	bool moved = false;
	enum status st;
	size_t i;

	s->records =
	    arena_take(&s->arena, s->form->nrecords * sizeof(*s->records));
	if (s->records == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < s->form->nrecords; i++) {
		s->records[i].form = &s->form->records[i];
		if ((st = read_record(s, &s->records[i], err)) != ST_OK)
			return st;
		moved = moved || s->records[i].moved;
	}
	if ((st = form_verdict(s->form, err)) != ST_OK)
		return st;
	if (moved)
		return say_set(err, SAY_RECORD_MOVED, NULL);
	return ST_OK;
}

static bool
is_own(void *arg, uint64_t set_id)
{
	const struct saving *s = arg;

	return chain_is_own(s->u->chain, set_id, s->u->signer.writer);
}

/* A household's writes may move it to another village: one of ours? */
static enum status
check_place(struct saving *s, const struct saving_record *r, struct err *err)
{
	const struct form_value *v = r->form->values;
	char text[REGION_TEXT_SIZE] = "";
	struct err ignored;
	uint64_t village;
	size_t i;

	for (i = 0; i < r->form->nvalues; i++) {
		if (r->form->kind != RECORD_HOUSEHOLD ||
		    v[i].field->reg != INSTRUMENT_PLACE ||
		    v[i].value.len >= sizeof(text))
			continue;
		memcpy(text, v[i].value.text, v[i].value.len);
		text[v[i].value.len] = '\0';
		if (region_parse(&village, text, &ignored) == ST_OK)
			return check_village(
			    s, village, "", v[i].field->name, err);
		form_fault(s->form, "", v[i].field->name,
		    "a household cannot be nowhere");
		return form_verdict(s->form, err);
	}
	return ST_OK;
}

/*
 * The household that a member's record is to name: 0 where it names one that
 * is said to be the same, so that undoing that finds everybody where they
 * were.
 */
static enum status
find_link(struct saving *s, const struct saving_record *r, uint64_t *link,
    struct err *err)
{
	uint64_t now;
	enum status st;
	bool same;

	*link = s->records[0].id;
	if (r->form->id == 0)
		return ST_OK;
	now = listed_link(r->display.record, INSTRUMENT_HOUSEHOLD);
	if (now == 0 || now == *link)
		return ST_OK;
	st =
	    listed_same(s->u->listed, RECORD_HOUSEHOLD, now, *link, &same, err);
	if (st == ST_OK && same)
		*link = 0;
	return st;
}

static enum status
fill_opts(struct diff_opts *opts, struct saving *s, size_t i, struct err *err)
{
	const struct saving_record *r = &s->records[i];

	memset(opts, 0, sizeof(*opts));
	opts->ins = s->u->ins;
	opts->displayed = r->display.record;
	opts->form = r->form;
	opts->village = i == 0 && r->form->id == 0 ? s->form->village : 0;
	opts->own = is_own;
	opts->own_arg = s;
	return i > 0 ? find_link(s, r, &opts->link, err) : ST_OK;
}

static enum status
compare_records(struct saving *s, struct err *err)
{
	struct diff_opts opts;
	bool unchanged = true;
	enum status st;
	size_t i;

	for (i = 0; i < s->form->nrecords; i++) {
		st = check_place(s, &s->records[i], err);
		if (st != ST_OK)
			return st;
		if ((st = fill_opts(&opts, s, i, err)) != ST_OK)
			return st;
		st = diff_make(&s->records[i].diff, &opts, &s->arena, err);
		if (st == ST_INVALID) {
			form_fault(s->form, s->records[i].form->path, "fields",
			    err->text);
			return form_verdict(s->form, err);
		}
		if (st != ST_OK)
			return st;
		unchanged = unchanged && s->records[i].diff.n == 0;
	}
	s->unchanged = unchanged;
	for (i = 0; unchanged && i < s->form->nrecords; i++) {
		if ((st = fill_opts(&opts, s, i, err)) != ST_OK)
			return st;
		st = diff_confirm(&s->records[i].diff, &opts, &s->arena, err);
		if (st != ST_OK)
			return st;
		if (s->records[i].diff.n > 0)
			return ST_OK;
	}
	if (unchanged)
		form_fault(s->form, "", "fields",
		    "a visit must hold at least one field");
	return form_verdict(s->form, err);
}

static enum status
find_set(struct saving *s, struct err *err)
{
	struct unlocked *u = s->u;
	enum status st;

	if (s->set_known)
		return ST_OK;
	st = chain_find_open(u->chain, u->signer.writer, &s->set, err);
	s->set_open = st == ST_OK;
	s->set_known = st == ST_OK || st == ST_NOTFOUND;
	return s->set_known ? ST_OK : st;
}

static enum status
keep_set(struct saving *s, struct err *err)
{
	if (!s->set_grown)
		return ST_OK;
	s->set_grown = false;
	return chain_grew(s->u->chain, &s->set, err);
}

static enum status
end_set(struct saving *s, struct err *err)
{
	struct unlocked *u = s->u;
	enum status st = keep_set(s, err);

	s->set_open = false;
	if (st != ST_OK)
		return st;
	return unlocked_end_set(u, &s->set, err);
}

static enum status
start_set(
    struct saving *s, const struct row *row, size_t note_len, struct err *err)
{
	struct unlocked *u = s->u;
	enum status st;

	s->set = (struct chain_set){ .writer = u->signer.writer,
		.instrument = u->ins->version,
		.fields = u->ins->fields_version };
	if (!chain_fits(&s->set, row, note_len)) {
		form_fault(s->form, "", "fields",
		    "one record of this visit is larger than can be sent");
		return form_verdict(s->form, err);
	}
	st = chain_start(u->chain, u->env, &s->set, err);
	s->set_open = st == ST_OK;
	return st;
}

/* Into the open set; signed and another opened where it must be. */
static enum status
put_row(struct saving *s, const struct row *row, struct err *err)
{
	struct unlocked *u = s->u;
	size_t note_len = strlen(s->form->note);
	bool holds = false;
	enum status st;

	st = find_set(s, err);
	if (st == ST_OK && s->set_open)
		st = chain_holds(
		    u->chain, s->set.set_id, row->record, &holds, err);
	if (st == ST_OK && s->set_open &&
	    (holds || !chain_fits(&s->set, row, note_len) ||
		s->set.instrument != u->ins->version ||
		s->set.fields != u->ins->fields_version))
		st = end_set(s, err);
	if (st == ST_OK && !s->set_open)
		st = start_set(s, row, note_len, err);
	if (st != ST_OK)
		return st;
	s->set_grown = true;
	return chain_put(u->chain, &s->set, row, note_len, err);
}

static enum status
put_record(struct saving *s, struct saving_record *r, struct err *err)
{
	struct record_set set = { .hlc = s->u->signer.hlc,
		.visit = s->visit,
		.day = s->form->day,
		.writer = s->u->signer.writer };
	struct row row = { .record = r->id,
		.kind = r->form->kind,
		.visit = s->visit,
		.shown_epoch = r->display.epoch,
		.shown_version = r->display.version,
		.also = r->display.waiting,
		.nalso = r->display.nwaiting,
		.writes = r->diff.writes,
		.nwrites = r->diff.n };
	enum status st;

	if (row.nwrites == 0)
		return ST_OK;
	if (row.nalso > CHANGE_ALSO_MAX)
		row.nalso = CHANGE_ALSO_MAX;
	if ((st = put_row(s, &row, err)) != ST_OK)
		return st;
	/* As if it were read again. */
	set.set_id = s->set.set_id;
	st = display_add(
	    &r->display, &set, r->form->kind, r->diff.writes, r->diff.n, err);
	return st == ST_OK ? listed_put(s->u->listed, &r->display, err) : st;
}

static enum status
put_visit(struct saving *s, struct writer *answer, struct err *err)
{
	struct unlocked *u = s->u;
	int64_t server = u->standing.server_ms;
	int64_t now = env_now_ms(u->env);
	struct visit_row row = { .id = s->visit,
		.household = s->records[0].id,
		.writer = u->signer.writer,
		.day = s->form->day,
		.saved_ms = now,
		.key = s->form->key,
		.note = s->form->note,
		.digest = s->digest };
	size_t before = answer->len;
	enum status st;

	u->signer.hlc = hlc_next(u->signer.hlc, now > server ? now : server);
	row.hlc = u->signer.hlc;
	if ((st = visit_answer_saved(answer, s, err)) != ST_OK)
		return st;
	row.answer = answer->bytes + before;
	row.answer_len = answer->len - before;
	return visits_put(u->visits, &row, err);
}

/* In the transaction. */
static enum status
save(struct saving *s, struct writer *answer, struct err *err)
{
	struct unlocked *u = s->u;
	enum status st;
	size_t i;

	st = visits_find(
	    u->visits, u->signer.writer, s->form->key, s->digest, answer, err);
	if (st != ST_NOTFOUND)
		return st;
	st = make_id(s, &s->visit, err);
	if (st == ST_OK)
		st = read_records(s, err);
	if (st == ST_OK)
		st = compare_records(s, err);
	if (st == ST_OK)
		st = put_visit(s, answer, err);
	for (i = 0; i < s->form->nrecords && st == ST_OK; i++)
		st = put_record(s, &s->records[i], err);
	if (st == ST_OK)
		st = keep_set(s, err);
	if (st == ST_OK)
		st = signers_advance(u->signers, &u->signer, err);
	return st;
}

/* What the caller is told beside ${st}. */
static void
explain(const struct saving *s, enum status st, struct writer *answer)
{
	struct err ignored;

	if (st == ST_INVALID && s->form != NULL && s->form->nerrors > 0)
		visit_answer_errors(answer, s->form, &ignored);
	else if (st == ST_CONFLICT && s->records != NULL)
		visit_answer_conflicts(answer, s, &ignored);
}

enum status
visit_save(struct unlocked *u, const char *json, size_t len,
    struct writer *answer, struct err *err)
{
	struct saving s = { .u = u };
	size_t i, before = answer->len;
	enum status st;

	hash_domain(s.digest, DOMAIN_VISIT, json, len);
	if ((st = form_parse(&s.form, u->ins, json, len, err)) != ST_OK)
		goto out;
	check_day(&s);
	st = check_village(&s, s.form->village, "new.", "village", err);
	if (st != ST_OK)
		goto out;
	if ((st = unlocked_begin(u, err)) != ST_OK)
		goto out;
	st = save(&s, answer, err);
	if (st == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK)
		unlocked_rollback(u);
out:
	if (st != ST_OK) {
		answer->len = before;
		explain(&s, st, answer);
	}
	for (i = 0; s.records != NULL && i < s.form->nrecords; i++)
		display_free(&s.records[i].display);
	form_free(s.form);
	arena_free(&s.arena);
	return st;
}
