#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/change_internal.h"
#include "common/wire/change_stored.h"

#define WITNESS_DOMAIN "padu/erased/v1"

static void
put_leaf(struct writer *out, const uint8_t *salt, const struct writer *row,
    bool erase)
{
	uint8_t hash[HASH_LEN];

	if (erase) {
		change_leaf(hash, salt, row->bytes, row->len);
		writer_u8(out, LEAF_ERASED);
		writer_bytes(out, hash, sizeof(hash));
		return;
	}
	writer_u8(out, LEAF_PRESENT);
	writer_bytes(out, salt, CHANGE_SALT_LEN);
	writer_varint(out, row->len);
	writer_bytes(out, row->bytes, row->len);
}

/* Where a row's person stands: behind kind, id, visit's id, hlc and day. */
#define NOTE_AT 29u

/* Which rows and which visits' notes go. */
struct going {
	bool rows[CHANGE_RECORDS_MAX];
	bool notes[CHANGE_RECORDS_MAX];
};

/* With a row goes the note of its visit: it may be about the same person. */
static void
find_going(struct going *going, const struct change_body *body,
    const struct change_eraser *ask)
{
	size_t i;

	*going = (struct going){ 0 };
	for (i = 0; i < body->nrows; i++) {
		going->rows[i] = ask->erase(ask->arg, &body->rows[i]);
		if (going->rows[i])
			going->notes[body->rows[i].visit] = true;
	}
}

static void
put_note(struct writer *out, const uint8_t *salt, const char *bytes, size_t len)
{
	writer_bytes(out, salt, CHANGE_SALT_LEN);
	writer_varint(out, len);
	writer_bytes(out, bytes, len);
}

/* What a witness signs: this set, and the root of the rows it has. */
static void
put_witnessed(uint8_t out[CHANGE_ID_LEN + HASH_LEN],
    const uint8_t id[CHANGE_ID_LEN], const uint8_t root[HASH_LEN])
{
	memcpy(out, id, CHANGE_ID_LEN);
	memcpy(out + CHANGE_ID_LEN, root, HASH_LEN);
}

static void
put_top(struct writer *out, const uint8_t *head, const uint8_t *root,
    const uint8_t *witness)
{
	writer_bytes(out, witness != NULL ? WITNESSED_MAGIC : STORED_MAGIC,
	    STORED_MAGIC_LEN);
	writer_bytes(out, head, CHANGE_SIGNED_LEN);
	if (witness == NULL)
		return;
	writer_bytes(out, root, HASH_LEN);
	writer_bytes(out, witness, SIGN_LEN);
}

/* The first time: where the root is a lie, the witness says which holds. */
static enum status
top_first(struct writer *out, const struct change *set, const uint8_t *bytes,
    const uint8_t *seed, const struct sign_key *witness, struct err *err)
{
	uint8_t root[HASH_LEN], sig[SIGN_LEN], said[CHANGE_ID_LEN + HASH_LEN];
	enum status st;

	st = change_body_root(root, &set->body, seed, err);
	if (st != ST_OK)
		return st;
	if (crypto_equal(root, set->head.root, HASH_LEN)) {
		put_top(out, bytes, NULL, NULL);
		return ST_OK;
	}
	if (witness == NULL)
		return err_set(err, ST_INVALID,
		    "a change set's rows do not give the root in its header");
	put_witnessed(said, set->id, root);
	st = sign_make(sig, witness, WITNESS_DOMAIN, said, sizeof(said), err);
	if (st == ST_OK)
		put_top(out, bytes, root, sig);
	return st;
}

/* From the form that travels: the salts come from its seed. */
static enum status
erase_first(struct writer *out, const struct change *set, const uint8_t *seed,
    const struct going *going, struct err *err)
{
	const struct change_body *body = &set->body;
	size_t i, n = body->nrows + body->ntoggles, nnotes = 0;
	struct change_salts salts;
	struct writer w = { 0 };
	enum status st;

	if ((st = change_salts_make(&salts, body, seed, err)) != ST_OK)
		return st;
	for (i = 0; i < n && st == ST_OK; i++, writer_clear(&w)) {
		st = change_leaf_pack(&w, body, &salts, i, err);
		if (st == ST_OK)
			put_leaf(out, change_salts_leaf(&salts, i), &w,
			    i < body->nrows && going->rows[i]);
	}
	for (i = 0; i < body->nvisits; i++)
		nnotes += body->visits[i].note_len > 0 && !going->notes[i];
	writer_varint(out, nnotes);
	for (i = 0; i < body->nvisits; i++)
		if (body->visits[i].note_len > 0 && !going->notes[i])
			put_note(out, change_salts_visit(&salts, i),
			    body->visits[i].note, body->visits[i].note_len);
	crypto_wipe(w.bytes, w.len);
	writer_free(&w);
	change_salts_free(&salts);
	return st;
}

/* The hash of the note that a row's bytes name; NULL: none. */
static const uint8_t *
named_note(const struct stored_leaf *row)
{
	struct reader r = reader_start(row->bytes, row->len);

	reader_bytes(&r, NOTE_AT);
	reader_varint(&r); /* person */
	return reader_u8(&r) == 1 ? reader_bytes(&r, HASH_LEN) : NULL;
}

/* With a row goes the note of its visit. */
static void
find_notes(struct stored *s, size_t nrows, const struct going *going)
{
	const uint8_t *hash;
	size_t i, k, row = 0;

	for (i = 0; i < nrows; i++) {
		if (s->leaves[i].hash != NULL || !going->rows[row++] ||
		    (hash = named_note(&s->leaves[i])) == NULL)
			continue;
		for (k = 0; k < s->nnotes; k++)
			if (crypto_equal(s->notes[k].hash, hash, HASH_LEN))
				s->notes[k].goes = true;
	}
}

/* From a form in which some may be erased already. */
static enum status
erase_again(struct writer *out, const uint8_t *bytes, size_t len,
    const struct going *going, struct err *err)
{
	struct change_head head;
	struct stored s = { 0 };
	struct writer w;
	enum status st;
	size_t i, row = 0, nnotes = 0;

	if ((st = stored_open(&s, &head, bytes, len, err)) != ST_OK)
		goto out;
	put_top(out, s.head, s.root, s.witness);
	find_notes(&s, head.nrows, going);
	for (i = 0; i < s.n; i++) {
		if (s.leaves[i].hash != NULL) {
			writer_u8(out, LEAF_ERASED);
			writer_bytes(out, s.leaves[i].hash, HASH_LEN);
			continue;
		}
		/* To read only. */
		w = (struct writer){ .bytes = (uint8_t *)s.leaves[i].bytes,
			.len = s.leaves[i].len };
		put_leaf(out, s.leaves[i].salt, &w,
		    i < head.nrows && going->rows[row++]);
	}
	for (i = 0; i < s.nnotes; i++)
		nnotes += !s.notes[i].goes;
	writer_varint(out, nnotes);
	for (i = 0; i < s.nnotes; i++)
		if (!s.notes[i].goes)
			put_note(out, s.notes[i].salt, s.notes[i].bytes,
			    s.notes[i].len);
out:
	stored_free(&s);
	return st;
}

/* Rows of a booked set are asked about under the names that they count by. */
struct booked_question {
	const struct change_eraser *eraser;
	const struct change_booking *booking;
	struct change_head head;
};

static bool
ask_booked(void *arg, const struct change_row *row)
{
	const struct booked_question *q = arg;
	struct change_row named = *row;

	named.id = change_booking_id(q->booking, &q->head, row->id);
	return q->eraser->erase(q->eraser->arg, &named);
}

static enum status
erase_booked(struct writer *out, const uint8_t *bytes, size_t len,
    const struct change_eraser *eraser, struct err *err)
{
	struct change_booking booking;
	struct booked_question q = { .eraser = eraser, .booking = &booking };
	const struct change_eraser named = {
		.erase = ask_booked, .arg = &q, .witness = eraser->witness
	};
	struct change *inner = NULL;
	size_t skip, before = out->len;
	enum status st;

	st = change_booking_read(&booking, &skip, bytes, len, err);
	if (st == ST_OK)
		st = change_unpack(&inner, bytes + skip, len - skip, true, err);
	if (st != ST_OK)
		return st;
	q.head = inner->head;
	change_free(inner);
	writer_bytes(out, bytes, skip);
	st = change_erase(out, bytes + skip, len - skip, &named, err);
	if (st != ST_OK)
		out->len = before;
	return st;
}

enum status
change_erase(struct writer *out, const uint8_t *bytes, size_t len,
    const struct change_eraser *eraser, struct err *err)
{
	const struct change_box *box;
	size_t before = out->len;
	struct change *set = NULL;
	struct going going;
	enum status st;

	if (change_is_booked(bytes, len))
		return erase_booked(out, bytes, len, eraser, err);
	if ((st = change_unpack(&set, bytes, len, true, err)) != ST_OK)
		return st;
	/* The set is the first member of its box. */
	box = (const struct change_box *)(const void *)set;
	find_going(&going, &set->body, eraser);
	if (box->seed == NULL) {
		st = erase_again(out, bytes, len, &going, err);
	} else {
		st =
		    top_first(out, set, bytes, box->seed, eraser->witness, err);
		if (st == ST_OK)
			st = erase_first(out, set, box->seed, &going, err);
	}
	if (st == ST_OK && !writer_ok(out))
		st = err_set(err, ST_NOMEM, "change set: no memory");
	if (st != ST_OK)
		out->len = before;
	change_free(set);
	return st;
}

enum status
change_check_witness(const uint8_t *bytes, size_t len, const uint8_t public[32],
    bool *witnessed, struct err *err)
{
	uint8_t said[CHANGE_ID_LEN + HASH_LEN], id[CHANGE_ID_LEN];
	struct reader r = reader_start(bytes, len);
	struct change_head head;
	struct stored s = { 0 };
	enum status st;

	*witnessed = stored_is_witnessed(bytes, len);
	if (!*witnessed)
		return ST_OK;
	if ((st = stored_read_top(&s, &head, &r, err)) != ST_OK)
		return st;
	change_id_make(id, s.head);
	put_witnessed(said, id, s.root);
	return sign_check(
	    s.witness, public, WITNESS_DOMAIN, said, sizeof(said), err);
}
