#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/crypto/hash.h"
#include "sync-server/intake/accept_internal.h"

static enum status
refuse(struct accept_out *out, enum receipt_state state,
    enum receipt_reason reason)
{
	out->state = state;
	out->reason = reason;
	return ST_OK;
}

/* Is ${writer} the author, or one whose place the author took? */
static bool
stands_for(const struct accept_author *author, const struct change *change,
    uint32_t writer)
{
	size_t i;

	for (i = 0; i < author->nformer; i++)
		if (author->former[i] == writer)
			return true;
	return writer == change->head.writer;
}

/*
 * A record that its author shows as new, with no earlier set of their own
 * on the screen, is made here: then its id must be of this writer, or of one
 * whose unsigned writes are issued again.  Any other row may come before the
 * record does.
 */
static bool
makes_for_others(const struct accept *a, const struct accept_author *author,
    const struct change *change)
{
	const struct change_row *row;
	size_t i;

	for (i = 0; i < change->body.nrows; i++) {
		row = &change->body.rows[i];
		if (row->shown_epoch == 0 && row->shown_version == 0 &&
		    row->nalso == 0 &&
		    (id_authority(row->id) != a->opts.authority ||
			!stands_for(author, change, id_writer(row->id))))
			return true;
	}
	for (i = 0; i < change->body.nvisits; i++)
		if (change->body.visits[i].person != 0 &&
		    !stands_for(author, change, change->body.visits[i].person))
			return true;
	return false;
}

static enum status
is_double(void *arg, const struct store_quarantine *item, struct err *err)
{
	bool *found = arg;

	(void)err;
	*found |= item->reason == REASON_FORK ||
	    item->reason == REASON_SET_ID || item->reason == REASON_CHAIN;
	return ST_OK;
}

/*
 * Does it follow a set that waits to be booked, or was?  Its number may be
 * free here; its ids need not be.
 */
static enum status
follows_double(struct accept *a, const struct change_head *head, bool *follows,
    struct err *err)
{
	struct store_toggle toggle;
	enum status st;

	*follows = false;
	if (head->seq == 1)
		return ST_OK;
	st = store_toggle_get(a->store, head->prev, &toggle, err);
	if (st == ST_OK && toggle.accept && toggle.booking.writer != 0) {
		*follows = true;
		return ST_OK;
	}
	return st == ST_OK || st == ST_NOTFOUND
	    ? store_quarantine_each(
		  a->store, head->prev, is_double, follows, err)
	    : st;
}

enum status
judge_set(struct accept *a, const struct accept_in *in,
    const struct store_toggle *toggle, struct accept_out *out, struct err *err)
{
	const struct change_head *head = &in->change->head;
	struct store_log_brief brief;
	bool follows = false;
	enum status st;

	out->state = RECEIPT_MERGED;
	out->reason = REASON_NONE;
	if (in->author != NULL && makes_for_others(a, in->author, in->change))
		return refuse(out, RECEIPT_REFUSED, REASON_RECORD);
	st = store_log_brief(a->store, head->set_id, &brief, err);
	if (st == ST_OK)
		return refuse(out, RECEIPT_QUARANTINED, REASON_SET_ID);
	if (st != ST_NOTFOUND)
		return st;
	/* The desk has looked at it: what follows was for that. */
	if (toggle != NULL)
		return toggle->accept
		    ? ST_OK
		    : refuse(out, RECEIPT_VOIDED, REASON_DESK);
	if (in->author != NULL && in->author->revoked)
		return refuse(out, RECEIPT_QUARANTINED, REASON_REVOKED);
	st = store_log_chain(
	    a->store, head->writer, head->seq, in->change->id, head->prev, err);
	if (st == ST_CONFLICT)
		return refuse(out, RECEIPT_QUARANTINED, REASON_FORK);
	if (st == ST_OK && in->author != NULL)
		st = follows_double(a, head, &follows, err);
	if (st == ST_UNTRUSTED || follows)
		return refuse(out, RECEIPT_QUARANTINED, REASON_CHAIN);
	return st;
}

/* A write that names several sets, one of them. */
struct naming {
	uint64_t set_id;
	const struct change_row *row;
	const struct change_write *write;
	size_t k; /* of its write, among those that name several */
};

/* What is known of one write that names several. */
struct named {
	uint8_t value[HASH_LEN]; /* of the first that is another's */
	bool found;
};

struct names {
	struct naming *namings;
	struct named *named;
	size_t n, nwrites;
};

static int
compare_row(const void *key, const void *item)
{
	uint64_t a = *(const uint64_t *)key;
	uint64_t b = ((const struct change_row *)item)->id;

	return (a > b) - (a < b);
}

static const struct change_write *
find_write(const struct change *change, uint64_t record, uint16_t reg)
{
	const struct change_body *body = &change->body;
	const struct change_row *row;

	if (body->nrows == 0)
		return NULL;
	row = bsearch(
	    &record, body->rows, body->nrows, sizeof(*row), compare_row);
	return row != NULL ? change_find_write(row, reg) : NULL;
}

static int
compare_naming(const void *a, const void *b)
{
	uint64_t x = ((const struct naming *)a)->set_id;
	uint64_t y = ((const struct naming *)b)->set_id;

	return (x > y) - (x < y);
}

/* Count the writes that name several, or note them too. */
static void
list_names(struct names *names, const struct change_body *body)
{
	const struct change_write *w;
	size_t i;
	uint16_t j, k;

	names->n = 0;
	names->nwrites = 0;
	for (i = 0; i < body->nrows; i++) {
		for (j = 0; j < body->rows[i].nwrites; j++) {
			w = &body->rows[i].writes[j];
			if (w->npreds < 2)
				continue;
			for (k = 0; names->namings != NULL && k < w->npreds;
			     k++)
				names->namings[names->n + k] =
				    (struct naming){ w->preds[k],
					    &body->rows[i], w, names->nwrites };
			names->n += w->npreds;
			names->nwrites++;
		}
	}
}

/* The set ${set_id} if it is in the log and another's; NULL if not. */
static enum status
load_other(struct accept *a, uint64_t set_id, uint32_t writer,
    struct change **other, bool *missing, struct err *err)
{
	struct store_log entry;
	enum status st;

	*other = NULL;
	st = store_log_by_set(a->store, set_id, &entry, err);
	if (st == ST_NOTFOUND) {
		*missing = true;
		return ST_OK;
	}
	if (st != ST_OK || entry.head.writer == writer)
		return st;
	return change_unpack(other, entry.bytes, entry.len, true, err);
}

/* Does ${naming} name another value in ${other} than in one before? */
static bool
differs(struct names *names, const struct naming *naming,
    const struct change *other)
{
	const struct change_write *found =
	    find_write(other, naming->row->id, naming->write->reg);
	struct named *named = &names->named[naming->k];
	uint8_t value[HASH_LEN];

	if (found == NULL)
		return false;
	hash_bytes(value, found->value, found->len);
	if (named->found)
		return memcmp(value, named->value, HASH_LEN) != 0;
	memcpy(named->value, value, HASH_LEN);
	named->found = true;
	return false;
}

/* Set by set, so that none is read twice however often it is named. */
static enum status
judge_names(struct accept *a, struct names *names, uint32_t writer,
    bool *misnames, bool *missing, struct err *err)
{
	struct change *other = NULL;
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < names->n && st == ST_OK; i++) {
		if (i == 0 ||
		    names->namings[i].set_id != names->namings[i - 1].set_id) {
			change_free(other);
			st = load_other(a, names->namings[i].set_id, writer,
			    &other, missing, err);
		}
		if (st == ST_OK && other != NULL)
			*misnames |= differs(names, &names->namings[i], other);
	}
	change_free(other);
	return st;
}

enum status
judge_misnames(struct accept *a, const struct change *change, bool *misnames,
    bool *missing, struct err *err)
{
	struct names names = { NULL };
	enum status st;

	*misnames = false;
	*missing = false;
	if (change->head.kind != CHANGE_VISITS || change->nnames == 0)
		return ST_OK;
	list_names(&names, &change->body);
	if (names.n == 0)
		return ST_OK;
	names.namings = malloc(names.n * sizeof(*names.namings));
	names.named = calloc(names.nwrites, sizeof(*names.named));
	if (names.namings == NULL || names.named == NULL) {
		st = err_set(err, ST_NOMEM, "judge a set: no memory");
	} else {
		list_names(&names, &change->body);
		qsort(names.namings, names.n, sizeof(*names.namings),
		    compare_naming);
		st = judge_names(
		    a, &names, change->head.writer, misnames, missing, err);
	}
	free(names.namings);
	free(names.named);
	return st;
}

enum status
judge_note_namer(
    struct accept *a, const struct change *change, uint64_t n, struct err *err)
{
	struct store_log_brief brief;
	const struct change_write *write;
	enum status st;
	uint16_t j, k;
	size_t i;

	for (i = 0; i < change->body.nrows; i++) {
		for (j = 0; j < change->body.rows[i].nwrites; j++) {
			write = &change->body.rows[i].writes[j];
			for (k = 0; write->npreds >= 2 && k < write->npreds;
			     k++) {
				st = store_log_brief(
				    a->store, write->preds[k], &brief, err);
				if (st == ST_NOTFOUND)
					st = store_namer_add(
					    a->store, write->preds[k], n, err);
				if (st != ST_OK)
					return st;
			}
		}
	}
	return ST_OK;
}
