#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/crypto/sign.h"
#include "sync-server/intake/accept_internal.h"
#include "sync-server/store/index.h"

/* Has the desk released the whole set, held rows too? */
static enum status
is_released(struct accept *a, const uint8_t id[CHANGE_ID_LEN], bool *released,
    struct err *err)
{
	struct store_toggle toggle;
	enum status st;

	st = store_toggle_get(a->store, id, &toggle, err);
	*released = st == ST_OK && toggle.accept;
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
orders_replay(struct accept *a, uint64_t n, const uint64_t *ids, size_t nids,
    bool *counted, struct err *err)
{
	struct change *change = NULL;
	struct store_log entry;
	bool released;
	enum status st;
	size_t i;

	*counted = false;
	if ((st = store_log_get(a->store, n, &entry, err)) != ST_OK ||
	    entry.state != STORE_LOG_ACCEPTED)
		return st;
	st = change_unpack(&change, entry.bytes, entry.len, true, err);
	if (st != ST_OK)
		return st;
	if ((st = is_released(a, change->id, &released, err)) != ST_OK)
		goto out;
	*counted = true;
	accept_start(a, change, entry.device, entry.time_ms);
	a->again = true;
	a->last = n - 1;
	a->set_epoch = entry.epoch;
	a->set_version = entry.version;
	for (i = 0; ids != NULL && i < change->body.nrows; i++)
		a->skip[i] |= bsearch(&a->ids[i], ids, nids, sizeof(*ids),
				  id_compare) == NULL;
	if (!released && (st = accept_skip_held(a, n, err)) != ST_OK)
		goto out;
	if ((st = accept_merge(a, err)) == ST_OK)
		st = accept_write(a, err);
out:
	change_free(change);
	return st;
}

/* Tell who watches how the records stand now; the indexes follow later. */
static enum status
tell(struct accept *a, const uint64_t *ids, size_t n, struct err *err)
{
	struct store_row row;
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n && st == ST_OK; i++) {
		st = store_index_dirty(a->store, ids[i], err);
		if (st != ST_OK || a->opts.touched == NULL)
			continue;
		st = store_row_get(a->store, ids[i], &row, err);
		if (st == ST_OK || st == ST_NOTFOUND)
			st = a->opts.touched(a->opts.arg, &row, 1, err);
	}
	return st;
}

enum status
orders_remake(struct accept *a, const uint64_t *ids, size_t n, struct err *err)
{
	uint64_t *numbers;
	bool counted;
	size_t i, count;
	enum status st;

	st = store_log_with(a->store, ids, n, &numbers, &count, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		st = store_row_delete(a->store, ids[i], err);
		if (st == ST_OK)
			st = store_finding_close_all(a->store, ids[i], err);
	}
	a->epoch = store_state(a->store)->epoch;
	a->version = ++store_state(a->store)->version;
	for (i = 0; i < count && st == ST_OK; i++)
		st = orders_replay(a, numbers[i], ids, n, &counted, err);
	free(numbers);
	return st == ST_OK ? tell(a, ids, n, err) : st;
}

/*
 * When a receipt after ${before} is made: laptops keep the latest of a set,
 * so that no clock that was put right, and no arrival long ago, may make it
 * an earlier one.
 */
static int64_t
receipt_time(const struct accept *a, const uint8_t *before, int64_t time_ms)
{
	struct receipt receipt;
	struct err ignored;

	if (before != NULL &&
	    receipt_unpack(&receipt, before, a->opts.receipt_key->public,
		&ignored) == ST_OK &&
	    receipt.time_ms >= time_ms)
		return receipt.time_ms + 1;
	return time_ms;
}

/* Give ${entry} another state, and its author a receipt that says so. */
static enum status
change_state(struct accept *a, struct store_log *entry,
    enum store_log_state state, enum receipt_state answer,
    enum receipt_reason reason, int64_t time_ms, struct err *err)
{
	struct accept_out out = { .state = answer, .reason = reason };

	entry->state = state;
	entry->reason = reason;
	if (state == STORE_LOG_ACCEPTED) {
		out.epoch = entry->epoch;
		out.version = entry->version;
	} else {
		entry->epoch = 0;
		entry->version = 0;
	}
	entry->answered = store_state(a->store)->version;
	if (entry->receipt != NULL) {
		accept_receipt(a, &entry->head, entry->id, &out,
		    receipt_time(a, entry->receipt, time_ms));
		entry->receipt = out.receipt;
	}
	return store_log_update(a->store, entry, err);
}

/* Take an accepted set out again. */
static enum status
take_out(struct accept *a, struct store_log *entry, const struct change *change,
    enum store_log_state state, enum receipt_state answer,
    enum receipt_reason reason, int64_t time_ms, struct err *err)
{
	uint64_t *ids;
	size_t i, n = change->body.nrows;
	enum status st;

	++store_state(a->store)->version;
	st = change_state(a, entry, state, answer, reason, time_ms, err);
	if (st != ST_OK || n == 0)
		return st;
	if ((ids = malloc(n * sizeof(*ids))) == NULL)
		return err_set(err, ST_NOMEM, "take a set out: no memory");
	for (i = 0; i < n; i++)
		ids[i] = change->body.rows[i].id;
	st = orders_remake(a, ids, n, err);
	free(ids);
	return st;
}

/* Let a set in that was in the log but did not count. */
static enum status
let_in(struct accept *a, struct store_log *entry, const struct change *change,
    int64_t time_ms, struct err *err)
{
	enum status st;
	size_t i;

	accept_start(a, change, entry->device, entry->time_ms);
	accept_stamp(a);
	entry->epoch = a->set_epoch;
	entry->version = a->set_version;
	if ((st = accept_merge(a, err)) != ST_OK)
		return st;
	st = change_state(a, entry, STORE_LOG_ACCEPTED, RECEIPT_MERGED,
	    REASON_DESK, time_ms, err);
	/* The set is an old one in the log: the indexes would not look. */
	for (i = 0; i < change->body.nrows && st == ST_OK; i++)
		st = store_index_dirty(a->store, a->ids[i], err);
	return st == ST_OK ? accept_write(a, err) : st;
}

static enum status
unskip(void *arg, const struct store_held *held, struct err *err)
{
	struct accept *a = arg;
	size_t i;

	(void)err;
	for (i = 0; i < a->change->body.nrows; i++)
		if (a->ids[i] == held->record)
			a->skip[i] = a->change->body.rows[i].same;
	return ST_OK;
}

/* Merge the held rows of an accepted set. */
static enum status
let_rows_in(struct accept *a, struct store_log *entry,
    const struct change *change, int64_t time_ms, struct err *err)
{
	enum status st;
	size_t i;

	accept_start(a, change, entry->device, entry->time_ms);
	for (i = 0; i < change->body.nrows; i++)
		a->skip[i] = true;
	st = store_held_each(a->store, entry->n, unskip, a, err);
	if (st != ST_OK)
		return st;
	accept_stamp(a);
	if ((st = accept_merge(a, err)) != ST_OK)
		return st;
	st = change_state(a, entry, STORE_LOG_ACCEPTED, RECEIPT_MERGED,
	    REASON_DESK, time_ms, err);
	for (i = 0; i < change->body.nrows && st == ST_OK; i++)
		if (!a->skip[i])
			st = store_index_dirty(a->store, a->ids[i], err);
	return st == ST_OK ? accept_write(a, err) : st;
}

/* ---- naming judged again -------------------------------------------- */

static enum status
judge_again(struct accept *a, uint64_t n, int64_t time_ms, struct err *err)
{
	struct change *change = NULL;
	struct store_toggle toggle;
	struct store_log entry;
	bool misnames, missing;
	enum status st;

	if ((st = store_log_get(a->store, n, &entry, err)) != ST_OK ||
	    entry.state != STORE_LOG_ACCEPTED)
		return st;
	st = store_toggle_get(a->store, entry.id, &toggle, err);
	if (st != ST_NOTFOUND)
		return st;
	st = change_unpack(&change, entry.bytes, entry.len, true, err);
	if (st == ST_OK)
		st = judge_misnames(a, change, &misnames, &missing, err);
	if (st == ST_OK && misnames) {
		if ((st = store_log_get(a->store, n, &entry, err)) == ST_OK)
			st = take_out(a, &entry, change, STORE_LOG_QUARANTINED,
			    RECEIPT_QUARANTINED, REASON_MISNAMED, time_ms, err);
	}
	change_free(change);
	return st;
}

enum status
orders_named(
    struct accept *a, uint64_t set_id, int64_t time_ms, struct err *err)
{
	uint64_t *numbers;
	size_t i, n;
	enum status st;

	st = store_namers(a->store, set_id, NULL, 0, &n, err);
	if (st != ST_OK || n == 0)
		return st;
	if ((numbers = malloc(n * sizeof(*numbers))) == NULL)
		return err_set(err, ST_NOMEM, "judge again: no memory");
	st = store_namers(a->store, set_id, numbers, n, &n, err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = judge_again(a, numbers[i], time_ms, err);
	free(numbers);
	return st;
}

/* ---- voids and releases --------------------------------------------- */

static enum status
release_entry(struct accept *a, struct store_log *entry,
    const struct change *change, int64_t time_ms, struct err *err)
{
	if (entry->state != STORE_LOG_ACCEPTED)
		return let_in(a, entry, change, time_ms, err);
	if (entry->reason == REASON_SCOPE)
		return let_rows_in(a, entry, change, time_ms, err);
	return ST_OK;
}

static enum status
void_entry(struct accept *a, struct store_log *entry,
    const struct change *change, int64_t time_ms, struct err *err)
{
	switch (entry->state) {
	case STORE_LOG_ACCEPTED:
		return take_out(a, entry, change, STORE_LOG_VOIDED,
		    RECEIPT_VOIDED, REASON_DESK, time_ms, err);
	case STORE_LOG_QUARANTINED:
		++store_state(a->store)->version;
		return change_state(a, entry, STORE_LOG_VOIDED, RECEIPT_VOIDED,
		    REASON_DESK, time_ms, err);
	default:
		return ST_OK;
	}
}

static enum status
order_entry(struct accept *a, const uint8_t id[CHANGE_ID_LEN], bool accept,
    int64_t time_ms, struct err *err)
{
	uint8_t receipt[RECEIPT_LEN];
	struct change *change = NULL;
	struct store_log entry;
	enum status st;

	if ((st = store_log_by_id(a->store, id, &entry, err)) != ST_OK)
		return st;
	/* Orders about orders are none: the last one about a set counts. */
	if (entry.head.kind == CHANGE_CONTROL)
		return ST_OK;
	st = change_unpack(&change, entry.bytes, entry.len, true, err);
	if (st != ST_OK)
		return st;
	/* Its columns go away with the next call on the log. */
	entry.bytes = NULL;
	if (entry.receipt != NULL) {
		memcpy(receipt, entry.receipt, RECEIPT_LEN);
		entry.receipt = receipt;
	}
	st = accept ? release_entry(a, &entry, change, time_ms, err)
		    : void_entry(a, &entry, change, time_ms, err);
	change_free(change);
	return st;
}

struct quarantine_order {
	struct accept *a;
	bool accept;
	int64_t time_ms;
};

/* Bring the item into the log, if it can be believed at all. */
static enum status
release_item(struct accept *a, const struct store_quarantine *item,
    int64_t time_ms, struct err *err)
{
	struct accept_author author;
	struct change *change = NULL;
	struct accept_out out;
	struct accept_in in = { .bytes = item->bytes,
		.len = item->len,
		.author = &author,
		.time_ms = item->time_ms,
		.answer = true,
		.answer_ms = receipt_time(a, item->receipt, time_ms) };
	uint64_t q = item->q;
	struct err why;
	enum status st;

	if (item->envelope || a->opts.reopen == NULL)
		return ST_OK;
	st = a->opts.reopen(
	    a->opts.arg, item->bytes, item->len, &change, &author, &why);
	if (st == ST_UNTRUSTED || st == ST_INVALID || st == ST_NOTFOUND)
		return ST_OK; /* it stays where it is */
	if (st != ST_OK) {
		*err = why;
		return st;
	}
	in.change = change;
	st = accept_set(a, &in, &out, err);
	if (st == ST_OK && out.logged)
		st = store_quarantine_remove(a->store, q, err);
	change_free(change);
	return st;
}

static enum status
order_item(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct quarantine_order *order = arg;
	struct accept *a = order->a;
	struct accept_out out = { .state = RECEIPT_VOIDED,
		.reason = REASON_DESK };
	struct store_quarantine voided = *item;
	struct change_head head = {
		.writer = item->writer, .seq = item->seq, .set_id = item->set_id
	};

	if (order->accept)
		return release_item(a, item, order->time_ms, err);
	accept_receipt(a, &head, item->id, &out,
	    receipt_time(a, item->receipt, order->time_ms));
	voided.reason = REASON_DESK;
	voided.receipt = out.receipt;
	voided.answered = ++store_state(a->store)->version;
	return store_quarantine_update(a->store, &voided, err);
}

static enum status
follow(struct accept *a, const struct change_toggle *order,
    const struct store_toggle *toggle, int64_t time_ms, struct err *err)
{
	struct quarantine_order item_order = { a, order->accept, time_ms };
	struct store_toggle before, latest = *toggle;
	uint8_t id[CHANGE_ID_LEN];
	bool old = false;
	enum status st;

	/* Void and released it still counts under the names it was given. */
	memcpy(id, order->change_id, CHANGE_ID_LEN);
	st = store_toggle_get(a->store, id, &before, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	if (st == ST_OK) {
		old = before.epoch > toggle->epoch ||
		    (before.epoch == toggle->epoch &&
			before.seq >= toggle->seq);
		latest = old ? before : *toggle;
		if (latest.booking.writer == 0)
			latest.booking = old ? toggle->booking : before.booking;
	}
	if ((st = store_toggle_set(a->store, id, &latest, err)) != ST_OK || old)
		return st;
	st = order_entry(a, id, order->accept, time_ms, err);
	if (st == ST_NOTFOUND)
		st = store_quarantine_each(
		    a->store, id, order_item, &item_order, err);
	return st;
}

enum status
orders_follow(struct accept *a, const struct change *change, int64_t time_ms,
    struct err *err)
{
	struct store_toggle toggle = { .epoch = change->head.epoch,
		.seq = change->head.seq };
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < change->body.ntoggles && st == ST_OK; i++) {
		toggle.accept = change->body.toggles[i].accept;
		toggle.booking = change->body.toggles[i].booking;
		st = follow(a, &change->body.toggles[i], &toggle, time_ms, err);
	}
	return st;
}
