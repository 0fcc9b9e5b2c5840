#include <string.h>

#include "common/base/id.h"
#include "sync-server/intake/accept_internal.h"

static enum status
refuse(struct accept_out *out, enum receipt_state state,
    enum receipt_reason reason)
{
	out->state = state;
	out->reason = reason;
	return ST_OK;
}

/*
 * A record that its author shows as new, with no earlier set of their own
 * on the screen, is made here: then its id must be of this writer.  Any
 * other row may come before the record does.
 */
static bool
makes_for_others(const struct accept *a, const struct change *change)
{
	const struct change_row *row;
	size_t i;

	for (i = 0; i < change->body.nrows; i++) {
		row = &change->body.rows[i];
		if (row->shown_epoch == 0 && row->shown_version == 0 &&
		    row->nalso == 0 &&
		    (id_authority(row->id) != a->opts.authority ||
			id_writer(row->id) != change->head.writer))
			return true;
	}
	return false;
}

enum status
judge_set(struct accept *a, const struct accept_in *in,
    const struct store_toggle *toggle, struct accept_out *out, struct err *err)
{
	const struct change_head *head = &in->change->head;
	struct store_log_brief brief;
	enum status st;

	out->state = RECEIPT_MERGED;
	out->reason = REASON_NONE;
	if (in->author != NULL && makes_for_others(a, in->change))
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
	if (st == ST_UNTRUSTED)
		return refuse(out, RECEIPT_QUARANTINED, REASON_CHAIN);
	return st;
}

static const struct change_write *
find_write(const struct change *change, uint64_t record, uint16_t reg)
{
	const struct change_row *row;
	size_t i;
	uint16_t j;

	for (i = 0; i < change->body.nrows; i++) {
		row = &change->body.rows[i];
		if (row->id != record)
			continue;
		for (j = 0; j < row->nwrites; j++)
			if (row->writes[j].reg == reg)
				return &row->writes[j];
	}
	return NULL;
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

/* Does ${write} name two sets of others with different values? */
static enum status
names_differing(struct accept *a, const struct change *change,
    const struct change_row *row, const struct change_write *write,
    bool *differ, bool *missing, struct err *err)
{
	const struct change_write *found, *first = NULL;
	struct change *other, *kept = NULL;
	enum status st = ST_OK;
	uint16_t i;

	for (i = 0; i < write->npreds && st == ST_OK; i++) {
		st = load_other(a, write->preds[i], change->head.writer, &other,
		    missing, err);
		if (st != ST_OK || other == NULL)
			continue;
		found = find_write(other, row->id, write->reg);
		if (found != NULL && first == NULL) {
			first = found;
			kept = other;
			continue;
		}
		if (found != NULL &&
		    (found->len != first->len ||
			(found->len > 0 &&
			    memcmp(found->value, first->value, found->len) !=
				0)))
			*differ = true;
		change_free(other);
	}
	change_free(kept);
	return st;
}

enum status
judge_misnames(struct accept *a, const struct change *change, bool *misnames,
    bool *missing, struct err *err)
{
	const struct change_row *row;
	enum status st = ST_OK;
	uint16_t j;
	size_t i;

	*misnames = false;
	*missing = false;
	if (change->head.kind != CHANGE_VISITS)
		return ST_OK;
	for (i = 0; i < change->body.nrows; i++) {
		row = &change->body.rows[i];
		for (j = 0; j < row->nwrites && st == ST_OK; j++)
			if (row->writes[j].npreds >= 2)
				st = names_differing(a, change, row,
				    &row->writes[j], misnames, missing, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
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
