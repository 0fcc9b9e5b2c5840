#include <string.h>

#include "common/base/id.h"
#include "common/wire/change_internal.h"

/* What is counted over a whole set. */
struct totals {
	size_t nwrites;
	size_t nnames;
};

static enum status
check_counts(
    enum change_kind kind, size_t nrows, size_t ntoggles, struct err *err)
{
	if (kind == CHANGE_CONTROL && nrows == 0 && ntoggles >= 1 &&
	    ntoggles <= CHANGE_TOGGLES_MAX)
		return ST_OK;
	if (kind != CHANGE_CONTROL && ntoggles == 0 && nrows >= 1 &&
	    nrows <= CHANGE_RECORDS_MAX)
		return ST_OK;
	return err_set(err, ST_INVALID,
	    "a change set of kind %d with %zu rows and %zu toggles", (int)kind,
	    nrows, ntoggles);
}

enum status
change_check_head(const struct change_head *head, struct err *err)
{
	static const uint8_t ZEROS[CHANGE_ID_LEN];

	if (head->kind < CHANGE_VISITS || head->kind > CHANGE_CONTROL)
		return err_set(
		    err, ST_INVALID, "a change set of kind %d", head->kind);
	if (head->authority == 0 || head->authority > ID_AUTHORITY_MAX ||
	    head->writer == 0 || head->writer > ID_WRITER_MAX)
		return err_set(err, ST_INVALID,
		    "a change set by writer %u of authority %u", head->writer,
		    head->authority);
	if (head->seq == 0 || head->set_id == 0)
		return err_set(err, ST_INVALID,
		    "a change set without a number or without a set id");
	if (head->seq == 1 && memcmp(head->prev, ZEROS, CHANGE_ID_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "change set 1 names one that came before it");
	if (head->body_len > CHANGE_BODY_MAX ||
	    head->inflated_len > CHANGE_INFLATED_MAX)
		return err_set(err, ST_INVALID,
		    "a change set of %u bytes, %u inflated; %u and %u allowed",
		    head->body_len, head->inflated_len, CHANGE_BODY_MAX,
		    CHANGE_INFLATED_MAX);
	return check_counts(head->kind, head->nrows, head->ntoggles, err);
}

/* Each name at most once, and none of them 0. */
static bool
good_names(const uint64_t *names, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		if (names[i] == 0)
			return false;
		for (k = 0; k < i; k++) {
			if (names[k] == names[i])
				return false;
		}
	}
	return true;
}

static enum status
check_writes(
    const struct change_row *row, struct totals *totals, struct err *err)
{
	const struct change_write *w = row->writes;
	size_t i;

	for (i = 0; i < row->nwrites; i++, w++) {
		if (i > 0 && w->reg <= w[-1].reg)
			return err_set(err, ST_INVALID,
			    "register %u comes after register %u", w->reg,
			    w[-1].reg);
		if (w->len > RECORD_VALUE_MAX)
			return err_set(err, ST_INVALID,
			    "register %u has %u bytes; %u allowed", w->reg,
			    w->len, RECORD_VALUE_MAX);
		if (w->npreds > CHANGE_PREDS_MAX ||
		    !good_names(w->preds, w->npreds))
			return err_set(err, ST_INVALID,
			    "register %u names %u writes, or one of them "
			    "twice; %u allowed",
			    w->reg, w->npreds, CHANGE_PREDS_MAX);
		totals->nnames += w->npreds;
	}
	totals->nwrites += row->nwrites;
	return ST_OK;
}

static enum status
check_row(const struct change_row *row, size_t nvisits, struct totals *totals,
    struct err *err)
{
	if (!id_valid(row->id) || row->id > INT64_MAX)
		return err_set(err, ST_INVALID, "its id is none");
	if (row->kind != RECORD_HOUSEHOLD && row->kind != RECORD_PERSON)
		return err_set(err, ST_INVALID, "its kind is %d", row->kind);
	if (row->visit >= nvisits)
		return err_set(
		    err, ST_INVALID, "visit %u is not in the set", row->visit);
	if (row->nwrites == 0 || row->nwrites > RECORD_REGISTERS_MAX)
		return err_set(err, ST_INVALID, "%u writes; 1 to %u allowed",
		    row->nwrites, RECORD_REGISTERS_MAX);
	if (row->nalso > CHANGE_ALSO_MAX || !good_names(row->also, row->nalso))
		return err_set(err, ST_INVALID,
		    "%u other sets shown, or one of them twice; %u allowed",
		    row->nalso, CHANGE_ALSO_MAX);
	totals->nnames += row->nalso;
	return check_writes(row, totals, err);
}

static enum status
check_rows(const struct change_body *body, struct err *err)
{
	struct totals totals = { 0 };
	const struct change_row *row;
	char text[ID_TEXT_SIZE];
	enum status st;
	size_t i;

	for (i = 0; i < body->nrows; i++) {
		row = &body->rows[i];
		st = check_row(row, body->nvisits, &totals, err);
		if (st == ST_OK && i > 0 && row->id <= row[-1].id)
			st = err_set(
			    err, ST_INVALID, "rows do not ascend by id");
		if (st != ST_OK) {
			id_print(row->id, text);
			return err_wrap(err, "record %s", text);
		}
	}
	if (totals.nwrites > CHANGE_WRITES_MAX ||
	    totals.nnames > CHANGE_NAMES_MAX)
		return err_set(err, ST_INVALID,
		    "a change set of %zu writes that name %zu; %u and %u "
		    "allowed",
		    totals.nwrites, totals.nnames, CHANGE_WRITES_MAX,
		    CHANGE_NAMES_MAX);
	return ST_OK;
}

/* A visit that no row belongs to would be in no leaf. */
static enum status
check_visits(const struct change_body *body, struct err *err)
{
	bool used[CHANGE_RECORDS_MAX] = { false };
	size_t i;

	for (i = 0; i < body->nrows; i++)
		used[body->rows[i].visit] = true;
	for (i = 0; i < body->nvisits; i++) {
		if (body->nrows > 0 && !used[i])
			return err_set(
			    err, ST_INVALID, "visit %zu has no rows", i);
		if (body->visits[i].id != 0 &&
		    (body->visits[i].id > INT64_MAX ||
			!id_valid(body->visits[i].id)))
			return err_set(
			    err, ST_INVALID, "visit %zu: its id is none", i);
		if (body->visits[i].note_len > CHANGE_NOTE_MAX)
			return err_set(err, ST_INVALID,
			    "visit %zu has a note of %u bytes; %u allowed", i,
			    body->visits[i].note_len, CHANGE_NOTE_MAX);
	}
	return ST_OK;
}

enum status
change_check_body(const struct change_head *head,
    const struct change_body *body, struct err *err)
{
	size_t i, visits_max = body->nrows > 0 ? body->nrows : 1;
	enum status st;

	st = check_counts(head->kind, body->nrows, body->ntoggles, err);
	if (st != ST_OK)
		return st;
	if (body->nvisits > visits_max ||
	    (body->nvisits == 0 && body->nrows > 0))
		return err_set(err, ST_INVALID,
		    "a change set of %zu visits and %zu rows", body->nvisits,
		    body->nrows);
	for (i = 0; i < body->ntoggles; i++) {
		if (body->toggles[i].reason_len > CHANGE_NOTE_MAX)
			return err_set(err, ST_INVALID,
			    "toggle %zu has a reason of %u bytes; %u allowed",
			    i, body->toggles[i].reason_len, CHANGE_NOTE_MAX);
		if (body->toggles[i].booking.writer != 0 &&
		    (!body->toggles[i].accept ||
			!change_booking_good(&body->toggles[i].booking)))
			return err_set(err, ST_INVALID,
			    "toggle %zu books what cannot be", i);
	}
	if ((st = check_rows(body, err)) != ST_OK)
		return st;
	return check_visits(body, err);
}
