#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/change_internal.h"
#include "common/wire/change_stored.h"

void
stored_free(struct stored *s)
{
	free(s->leaves);
	free(s->notes);
}

static enum status
bad(const char *what, struct err *err)
{
	return err_set(err, ST_INVALID,
	    "a stored change set breaks the format at its %s", what);
}

static enum status
read_leaves(struct stored *s, struct reader *r, struct err *err)
{
	struct stored_leaf *leaf;
	size_t i;

	for (i = 0; i < s->n; i++) {
		leaf = &s->leaves[i];
		*leaf = (struct stored_leaf){ 0 };
		switch (reader_u8(r)) {
		case LEAF_ERASED:
			leaf->hash = reader_bytes(r, HASH_LEN);
			break;
		case LEAF_PRESENT:
			leaf->salt = reader_bytes(r, CHANGE_SALT_LEN);
			leaf->len = reader_varint_max(r, CHANGE_INFLATED_MAX);
			leaf->bytes = reader_bytes(r, leaf->len);
			break;
		default:
			refuse(r);
		}
		if (r->failed)
			return bad("leaves", err);
	}
	return ST_OK;
}

static enum status
read_notes(struct stored *s, struct reader *r, struct err *err)
{
	struct stored_note *note;
	size_t i;

	s->nnotes = (size_t)reader_varint_max(r, s->n);
	if ((s->notes = calloc(s->nnotes + 1, sizeof(*s->notes))) == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	for (i = 0; i < s->nnotes; i++) {
		note = &s->notes[i];
		note->salt = reader_bytes(r, CHANGE_SALT_LEN);
		note->len = reader_varint_max(r, CHANGE_NOTE_MAX);
		if (note->len == 0)
			refuse(r);
		note->bytes = (const char *)reader_bytes(r, note->len);
		if (r->failed)
			return bad("notes", err);
		change_note(note->hash, note->salt, note->bytes, note->len);
	}
	return reader_finish(r) ? ST_OK : bad("end", err);
}

static enum status
check_root(const struct stored *s, struct err *err)
{
	uint8_t *hashes = malloc(s->n * HASH_LEN), got[HASH_LEN];
	const struct stored_leaf *leaf;
	size_t i;

	if (hashes == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	for (i = 0; i < s->n; i++) {
		leaf = &s->leaves[i];
		if (leaf->hash != NULL)
			memcpy(hashes + i * HASH_LEN, leaf->hash, HASH_LEN);
		else
			change_leaf(hashes + i * HASH_LEN, leaf->salt,
			    leaf->bytes, leaf->len);
	}
	change_root(got, hashes, s->n);
	free(hashes);
	if (crypto_equal(got, s->root, HASH_LEN))
		return ST_OK;
	return err_set(err, ST_INVALID,
	    "a stored change set's leaves do not give the root above them");
}

bool
stored_is_witnessed(const uint8_t *bytes, size_t len)
{
	return len >= STORED_MAGIC_LEN &&
	    memcmp(bytes, WITNESSED_MAGIC, STORED_MAGIC_LEN) == 0;
}

enum status
stored_read_top(struct stored *s, struct change_head *head, struct reader *r,
    struct err *err)
{
	bool witnessed = stored_is_witnessed(r->at, r->left);

	reader_bytes(r, STORED_MAGIC_LEN);
	s->head = reader_bytes(r, CHANGE_SIGNED_LEN);
	if (witnessed) {
		s->root = reader_bytes(r, HASH_LEN);
		s->witness = reader_bytes(r, SIGN_LEN);
	}
	if (r->failed)
		return bad("header", err);
	if (!witnessed)
		s->root = s->head + CHANGE_ROOT_AT;
	return change_head_unpack(head, s->head, err);
}

enum status
stored_open(struct stored *s, struct change_head *head, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	enum status st;

	*s = (struct stored){ 0 };
	if ((st = stored_read_top(s, head, &r, err)) != ST_OK)
		return st;
	s->n = (size_t)head->nrows + head->ntoggles;
	if ((s->leaves = calloc(s->n, sizeof(*s->leaves))) == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	if ((st = read_leaves(s, &r, err)) != ST_OK ||
	    (st = read_notes(s, &r, err)) != ST_OK)
		return st;
	return check_root(s, err);
}

/* Rows and toggles found so far; the first time only counted. */
struct found {
	struct change_visit *visits;
	struct change_row *rows;
	struct change_write *writes;
	uint64_t *names;
	struct change_toggle *toggles;
	size_t nvisits, nrows, nwrites, nnames, ntoggles;
	const struct stored *stored;
	bool note_gone;
};

/* The note that a row names, unless it was erased. */
static void
find_note(struct found *f, struct change_visit *v, const uint8_t *hash)
{
	struct stored_note *note;
	size_t i;

	for (i = 0; i < f->stored->nnotes; i++) {
		note = &f->stored->notes[i];
		if (!crypto_equal(note->hash, hash, HASH_LEN))
			continue;
		note->named = true;
		v->note = note->bytes;
		v->note_len = (uint32_t)note->len;
		return;
	}
	f->note_gone = true;
}

static struct change_visit
take_visit(struct found *f, struct reader *r)
{
	const uint8_t *hash;
	struct change_visit v = { 0 };

	v.id = reader_u64(r);
	v.hlc = reader_u64(r);
	v.day = (int32_t)reader_u32(r);
	v.person = (uint32_t)take_max(r, UINT32_MAX);
	if (take_max(r, 1) == 1 && (hash = reader_bytes(r, HASH_LEN)) != NULL)
		find_note(f, &v, hash);
	return v;
}

static bool
same_visit(const struct change_visit *a, const struct change_visit *b)
{
	return a->id == b->id && a->hlc == b->hlc && a->day == b->day &&
	    a->person == b->person && a->note_len == b->note_len &&
	    (a->note_len == 0 || memcmp(a->note, b->note, a->note_len) == 0);
}

/* Rows carry their visit each; those of one visit share it again. */
static uint32_t
add_visit(struct found *f, const struct change_visit *v)
{
	size_t i;

	if (f->visits == NULL)
		return (uint32_t)f->nvisits++;
	for (i = f->nvisits; i-- > 0;) {
		if (same_visit(&f->visits[i], v))
			return (uint32_t)i;
	}
	f->visits[f->nvisits] = *v;
	return (uint32_t)f->nvisits++;
}

static const uint64_t *
take_names(struct found *f, struct reader *r, size_t n)
{
	uint64_t *names = f->names != NULL ? f->names + f->nnames : NULL;
	size_t i;
	uint64_t name;

	f->nnames += n;
	for (i = 0; i < n; i++) {
		name = reader_u64(r);
		if (names != NULL)
			names[i] = name;
	}
	return names;
}

/* The writes of one row: registers and lengths, names, values. */
static void
take_writes(struct found *f, struct reader *r, size_t n)
{
	struct change_write row[RECORD_REGISTERS_MAX] = { 0 }, *w = row;
	const uint64_t *one = NULL;
	uint32_t reg = 0;
	unsigned code;
	size_t i;

	for (i = 0; i < n; i++) {
		reg += (uint32_t)take_max(r, UINT16_MAX) + (i > 0 ? 1 : 0);
		if (reg > UINT16_MAX)
			refuse(r);
		w[i].reg = (uint16_t)reg;
		w[i].len = (uint32_t)take_max(r, RECORD_VALUE_MAX);
	}
	code = (unsigned)take_max(r, PREDS_EACH);
	for (i = 0; i < n; i++)
		w[i].npreds = code >= PREDS_SOME
		    ? (uint16_t)take_max(r, CHANGE_PREDS_MAX)
		    : code == PREDS_ONE;
	if (code == PREDS_ONE || code == PREDS_SOME)
		one = take_names(f, r, 1);
	for (i = 0; i < n && !r->failed; i++) {
		if (code == PREDS_EACH)
			w[i].preds = take_names(f, r, w[i].npreds);
		else if (w[i].npreds > 1)
			refuse(r);
		else if (w[i].npreds == 1)
			w[i].preds = one;
	}
	for (i = 0; i < n; i++)
		w[i].value = reader_bytes(r, w[i].len);
	if (f->writes != NULL)
		memcpy(f->writes + f->nwrites, row, n * sizeof(*row));
	f->nwrites += n;
}

static void
take_row(struct found *f, struct reader *r)
{
	struct change_row row = { 0 };
	struct change_visit visit;

	row.kind = reader_u8(r);
	row.id = reader_u64(r);
	visit = take_visit(f, r);
	row.shown_epoch = (uint32_t)take_max(r, UINT32_MAX);
	row.shown_version = take(r);
	row.nalso = (uint16_t)take_max(r, CHANGE_ALSO_MAX);
	row.also = take_names(f, r, row.nalso);
	row.nwrites = (uint16_t)take_max(r, RECORD_REGISTERS_MAX);
	row.writes = f->writes != NULL ? f->writes + f->nwrites : NULL;
	take_writes(f, r, row.nwrites);
	if (r->failed)
		return;
	row.visit = add_visit(f, &visit);
	if (f->rows != NULL)
		f->rows[f->nrows] = row;
	f->nrows++;
}

/* All toggles of a set carry the same visit, or zeros for none. */
static void
take_toggle(struct found *f, struct reader *r)
{
	struct change_toggle toggle = { 0 };
	struct change_visit visit;
	unsigned code;

	reader_u8(r);
	reader_copy(r, toggle.change_id, CHANGE_ID_LEN);
	code = (unsigned)take_max(r, TOGGLE_BOOK);
	toggle.accept = code != TOGGLE_VOID;
	if (code == TOGGLE_BOOK)
		change_booking_take(&toggle.booking, r);
	toggle.reason_len = (uint32_t)take_max(r, CHANGE_NOTE_MAX);
	toggle.reason = (const char *)reader_bytes(r, toggle.reason_len);
	visit = take_visit(f, r);
	if (r->failed)
		return;
	if (visit.id != 0 || visit.hlc != 0 || visit.day != 0 ||
	    visit.person != 0 || visit.note_len != 0)
		add_visit(f, &visit);
	if (f->toggles != NULL)
		f->toggles[f->ntoggles] = toggle;
	f->ntoggles++;
}

static enum status
find_all(struct found *f, const struct stored *s,
    const struct change_head *head, struct err *err)
{
	struct reader r;
	size_t i;

	f->nvisits = f->nrows = f->nwrites = f->nnames = f->ntoggles = 0;
	for (i = 0; i < s->n; i++) {
		if (s->leaves[i].hash != NULL)
			continue;
		r = reader_start(s->leaves[i].bytes, s->leaves[i].len);
		if (i < head->nrows)
			take_row(f, &r);
		else
			take_toggle(f, &r);
		if (!reader_finish(&r))
			return bad("rows", err);
	}
	for (i = 0; i < s->nnotes; i++)
		if (!s->notes[i].named)
			return bad("notes", err);
	return ST_OK;
}

static enum status
get_memory(struct found *f, struct change_box *box, struct err *err)
{
	uint8_t *at;

	at = box->arrays = malloc(1 + f->nvisits * sizeof(*f->visits) +
	    f->nrows * sizeof(*f->rows) + f->nwrites * sizeof(*f->writes) +
	    f->nnames * sizeof(*f->names) + f->ntoggles * sizeof(*f->toggles));
	if (at == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	f->visits = (void *)at;
	f->rows = (void *)(at += f->nvisits * sizeof(*f->visits));
	f->writes = (void *)(at += f->nrows * sizeof(*f->rows));
	f->names = (void *)(at += f->nwrites * sizeof(*f->writes));
	f->toggles = (void *)(at + f->nnames * sizeof(*f->names));
	return ST_OK;
}

static enum status
unpack(struct change_box *box, const struct stored *s, struct err *err)
{
	const struct change_head *head = &box->set.head;
	struct found f = { .stored = s };
	enum status st;

	st = find_all(&f, s, head, err);
	if (st == ST_OK)
		st = get_memory(&f, box, err);
	if (st == ST_OK)
		st = find_all(&f, s, head, err);
	if (st != ST_OK)
		return st;
	change_id_make(box->set.id, s->head);
	box->set.erased = f.note_gone || f.nrows + f.ntoggles < s->n;
	box->set.nnames = f.nnames;
	box->set.body = (struct change_body){ .visits = f.visits,
		.rows = f.rows,
		.toggles = f.toggles,
		.nvisits = f.nvisits,
		.nrows = f.nrows,
		.ntoggles = f.ntoggles };
	return ST_OK;
}

enum status
change_stored_unpack(
    struct change **out, const uint8_t *bytes, size_t len, struct err *err)
{
	struct change_box *box = calloc(1, sizeof(*box));
	struct stored s = { 0 };
	enum status st;

	*out = NULL;
	/* Values and notes will point into these bytes. */
	if (box == NULL || (box->bytes = malloc(len)) == NULL) {
		free(box);
		return err_set(err, ST_NOMEM, "change set: no memory");
	}
	memcpy(box->bytes, bytes, len);
	st = stored_open(&s, &box->set.head, box->bytes, len, err);
	if (st == ST_OK)
		st = unpack(box, &s, err);
	stored_free(&s);
	if (st == ST_OK)
		*out = &box->set;
	else
		change_free(&box->set);
	return st;
}
