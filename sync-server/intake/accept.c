#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"
#include "sync-server/intake/accept_internal.h"
#include "sync-server/store/contents.h"

static void
note_desk(struct accept *a, const struct instrument *ins)
{
	const struct instrument_field *field;
	unsigned kind;
	size_t i;

	for (i = 0; ins != NULL && i < ins->nfields; i++) {
		field = &ins->fields[i];
		if (!field->desk)
			continue;
		kind = field->kind - RECORD_HOUSEHOLD;
		a->desk[kind][field->reg / 8] |= (uint8_t)(1 << field->reg % 8);
		if (a->desk_last[kind] < field->reg)
			a->desk_last[kind] = field->reg;
	}
}

enum status
accept_open(
    struct accept **out, const struct accept_opts *opts, struct err *err)
{
	struct accept *a;
	enum status st;

	*out = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "intake: no memory");
	a->opts = *opts;
	a->store = opts->store;
	note_desk(a, opts->instrument);
	if ((st = record_new(&a->record, err)) != ST_OK) {
		accept_close(a);
		return st;
	}
	*out = a;
	return ST_OK;
}

void
accept_close(struct accept *a)
{
	if (a == NULL)
		return;
	record_free(a->record);
	change_free(a->peer);
	writer_free(&a->packed);
	writer_free(&a->contents);
	free(a);
}

void
accept_receipt(struct accept *a, const struct change_head *head,
    const uint8_t id[CHANGE_ID_LEN], struct accept_out *out, int64_t time_ms)
{
	struct receipt receipt = { .authority = (uint16_t)a->opts.authority,
		.writer = head->writer,
		.seq = head->seq,
		.set_id = head->set_id,
		.state = out->state,
		.reason = out->reason,
		.epoch = out->epoch,
		.version = out->version,
		.time_ms = time_ms };

	memcpy(receipt.change_id, id, CHANGE_ID_LEN);
	receipt_pack(out->receipt, &receipt, a->opts.receipt_key);
}

/* The answer to a set that is in the log already. */
static void
answer_known(struct accept *a, const struct accept_in *in,
    const struct store_log *entry, struct accept_out *out)
{
	static const enum receipt_state STATES[] = {
		[STORE_LOG_ACCEPTED] = RECEIPT_MERGED,
		[STORE_LOG_VOIDED] = RECEIPT_VOIDED,
		[STORE_LOG_QUARANTINED] = RECEIPT_QUARANTINED,
	};

	out->known = true;
	out->logged = true;
	out->n = entry->n;
	out->epoch = entry->epoch;
	out->version = entry->version;
	out->state = STATES[entry->state];
	out->reason = entry->reason;
	if (entry->receipt != NULL)
		memcpy(out->receipt, entry->receipt, RECEIPT_LEN);
	else if (in->answer) /* the desk's own, given back by a laptop */
		accept_receipt(
		    a, &in->change->head, entry->id, out, entry->time_ms);
}

struct erase {
	struct accept *a;
	enum status st;
	struct err err;
};

static bool
is_erased(void *arg, const struct change_row *row)
{
	struct erase *e = arg;
	enum status st;
	bool meet = false;

	st = store_tombstones_meet(e->a->store, &row->id, 1, &meet, &e->err);
	if (st != ST_OK)
		e->st = st;
	return meet;
}

/* Has an erased person's row come again?  Then keep the set without it. */
static enum status
erase_again(struct accept *a, const struct accept_in *in, struct writer *erased,
    bool *any, struct err *err)
{
	struct erase e = { .a = a, .st = ST_OK };
	const struct change_eraser eraser = { is_erased, &e,
		a->opts.receipt_key };
	enum status st;

	*any = false;
	st = store_tombstones_meet(
	    a->store, a->ids, in->change->body.nrows, any, err);
	if (st != ST_OK || !*any)
		return st;
	st = change_erase(erased, in->bytes, in->len, &eraser, err);
	if (st == ST_OK && e.st != ST_OK) {
		*err = e.err;
		st = e.st;
	}
	return st;
}

/* Append the set, what it contains and what of it is held. */
static enum status
log_set(struct accept *a, const struct accept_in *in, struct accept_out *out,
    struct err *err)
{
	struct store_log entry = { .reason = out->reason,
		.epoch = out->epoch,
		.version = out->version,
		.answered = out->version,
		.time_ms = in->time_ms,
		.device = a->device,
		.head = in->change->head,
		.bytes = in->bytes,
		.len = in->len,
		.receipt = in->answer ? out->receipt : NULL };
	enum status st;
	size_t i;

	entry.state = out->state == RECEIPT_MERGED ? STORE_LOG_ACCEPTED
	    : out->state == RECEIPT_VOIDED         ? STORE_LOG_VOIDED
						   : STORE_LOG_QUARANTINED;
	memcpy(entry.id, in->change->id, CHANGE_ID_LEN);
	/* Not accepted: a version all the same, so that the receipt is new. */
	if (out->version == 0)
		entry.answered = ++store_state(a->store)->version;
	writer_clear(&a->contents);
	st = contents_pack(&a->contents, &in->change->body, 0, err);
	if (st == ST_OK)
		st = store_log_append(a->store, &entry, a->contents.bytes,
		    a->contents.len, a->nheld > 0, err);
	out->n = entry.n;
	out->logged = st == ST_OK;
	for (i = 0; i < a->nheld && st == ST_OK; i++) {
		a->held[i].n = entry.n;
		st = store_held_add(a->store, &a->held[i], err);
	}
	return st;
}

/* Judge, merge, log and write one set that was never here before. */
static enum status
add_set(struct accept *a, const struct accept_in *in,
    const struct store_toggle *toggle, struct accept_out *out, struct err *err)
{
	bool misnames = false, missing = false;
	enum status st;

	st = judge_set(a, in, toggle, out, err);
	if (st == ST_OK && out->state == RECEIPT_MERGED)
		st = judge_misnames(a, in->change, &misnames, &missing, err);
	if (st != ST_OK)
		return st;
	if (misnames && toggle == NULL) {
		out->state = RECEIPT_QUARANTINED;
		out->reason = REASON_MISNAMED;
	}
	if (out->state == RECEIPT_REFUSED ||
	    (out->state == RECEIPT_QUARANTINED && !misnames))
		return ST_OK;

	if (toggle == NULL)
		a->author = in->author;
	if (out->state == RECEIPT_MERGED) {
		accept_stamp(a);
		out->epoch = a->set_epoch;
		out->version = a->set_version;
		if ((st = accept_merge(a, err)) != ST_OK)
			return st;
		if (a->nheld > 0)
			out->reason = REASON_SCOPE;
	}
	if (in->answer)
		accept_receipt(a, &in->change->head, in->change->id, out,
		    in->answer_ms != 0 ? in->answer_ms : in->time_ms);
	if ((st = log_set(a, in, out, err)) != ST_OK)
		return st;
	if (missing && !misnames && toggle == NULL)
		st = judge_note_namer(a, in->change, out->n, err);
	if (st == ST_OK && out->state == RECEIPT_MERGED)
		st = accept_write(a, err);
	return st;
}

/* A set as it counts: its bytes with the booking, and what they then say. */
struct counted {
	struct accept_in in;
	struct accept_author author;
	struct writer bytes;
	struct change *change;
};

static enum status
count_booked(struct accept *a, const struct change_booking *booking,
    struct counted *c, struct err *err)
{
	const uint32_t writer = c->in.change->head.writer;
	enum status st;
	uint8_t i;

	st = change_book(&c->bytes, booking, c->in.bytes, c->in.len, err);
	if (st == ST_OK)
		st = change_unpack(
		    &c->change, c->bytes.bytes, c->bytes.len, true, err);
	if (st == ST_OK && a->opts.booked != NULL)
		st = a->opts.booked(a->opts.arg, booking->writer, writer, err);
	for (i = 0; i < booking->nformer && a->opts.booked != NULL; i++)
		if (st == ST_OK)
			st = a->opts.booked(a->opts.arg, booking->former[i].to,
			    booking->former[i].of, err);
	if (st != ST_OK)
		return st;
	/* What both branches have keeps the ids of the writer who made it. */
	c->author = *c->in.author;
	c->author.former[c->author.nformer++] = writer;
	for (i = 0; i < booking->nformer; i++)
		c->author.former[c->author.nformer++] = booking->former[i].to;
	c->in.author = &c->author;
	c->in.bytes = c->bytes.bytes;
	c->in.len = c->bytes.len;
	c->in.change = c->change;
	return ST_OK;
}

static enum status
add_new(struct accept *a, const struct accept_in *in,
    const struct store_toggle *toggle, struct accept_out *out, struct err *err)
{
	struct accept_in kept = *in;
	struct writer erased = { 0 };
	struct change *without = NULL;
	enum status st;
	bool any;

	accept_start(a, in->change, in->author != NULL ? in->author->device : 0,
	    in->time_ms);
	st = erase_again(a, in, &erased, &any, err);
	if (st == ST_OK && any) {
		st = change_unpack(
		    &without, erased.bytes, erased.len, true, err);
		if (st != ST_OK)
			goto out;
		kept.bytes = erased.bytes;
		kept.len = erased.len;
		kept.change = without;
		accept_start(a, without, a->device, in->time_ms);
	}
	if (st == ST_OK)
		st = add_set(a, &kept, toggle, out, err);
	if (st == ST_OK && out->logged)
		st =
		    orders_named(a, kept.change->head.set_id, in->time_ms, err);
	if (st == ST_OK && out->state == RECEIPT_MERGED &&
	    kept.change->head.kind == CHANGE_CONTROL)
		st = orders_follow(a, kept.change, in->time_ms, err);
out:
	writer_free(&erased);
	change_free(without);
	return st;
}

enum status
accept_set(struct accept *a, const struct accept_in *in, struct accept_out *out,
    struct err *err)
{
	struct counted counted = { .in = *in };
	struct store_toggle toggle = { 0 };
	struct store_log entry;
	bool toggled;
	enum status st;

	*out = (struct accept_out){ 0 };
	st = store_log_by_id(a->store, in->change->id, &entry, err);
	if (st == ST_OK) {
		answer_known(a, in, &entry, out);
		return ST_OK;
	}
	if (st != ST_NOTFOUND)
		return st;
	st = store_toggle_get(a->store, in->change->id, &toggle, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	/* Orders about orders are none: the last one about a set counts. */
	toggled = st == ST_OK && in->change->head.kind != CHANGE_CONTROL;
	st = ST_OK;
	if (toggled && toggle.booking.writer != 0 && in->author != NULL)
		st = count_booked(a, &toggle.booking, &counted, err);
	if (st == ST_OK)
		st =
		    add_new(a, &counted.in, toggled ? &toggle : NULL, out, err);
	writer_free(&counted.bytes);
	change_free(counted.change);
	return st;
}
