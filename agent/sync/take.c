#include <string.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/wire/change.h"
#include "common/wire/receipt.h"

#include "agent/agent.h"
#include "agent/outbox/answer.h"
#include "agent/outbox/chain.h"
#include "agent/purge/mark_box.h"
#include "agent/records/listed.h"
#include "agent/recover/recovery_key.h"
#include "agent/sync/desk_box.h"
#include "agent/sync/sync.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked.h"

/* One reply while it is taken in. */
struct taking {
	struct unlocked *u;
	const struct device *device;
	const struct sync_reply *reply;
	struct agent_synced *out;
	bool booked; /* what waited for that may be signed now */
};

static enum status
refresh(void *arg, uint64_t record, struct err *err)
{
	struct taking *t = arg;

	return listed_refresh(
	    t->u->listed, record, t->u->standing.cursor.epoch, err);
}

/* Every record of a set whose answer is news. */
static enum status
refresh_set(void *arg, const uint8_t change_id[32], struct err *err)
{
	struct taking *t = arg;

	return answers_records(t->u->answers, change_id, refresh, t, err);
}

/* The desk's order about a set of ours, perhaps. */
static enum status
take_order(void *arg, const struct change_toggle *order, struct err *err)
{
	struct taking *t = arg;
	enum status st = ST_OK;

	if (order->accept && order->booking.writer != 0) {
		t->booked = true;
		st = chain_book(t->u->chain, order, refresh, t, err);
	}
	return st == ST_OK ? refresh_set(t, order->change_id, err) : st;
}

void
sync_count(struct agent_synced *counts, enum receipt_state state)
{
	switch (state) {
	case RECEIPT_MERGED:
		counts->merged++;
		break;
	case RECEIPT_REFUSED:
		counts->refused++;
		break;
	case RECEIPT_QUARANTINED:
		counts->quarantined++;
		break;
	case RECEIPT_VOIDED:
		counts->voided++;
		break;
	case RECEIPT_CUSTODY:
		break;
	}
}

static enum status
take_receipts(struct taking *t, struct err *err)
{
	const struct reply *reply = &t->reply->reply;
	const struct receipt *r;
	bool changed;
	enum status st = ST_OK;
	uint16_t i;

	for (i = 0; i < reply->nreceipts && st == ST_OK; i++) {
		r = &t->reply->receipts[i];
		st = answers_put(t->u->answers, reply->cursor.epoch, r,
		    reply->receipts + (size_t)i * RECEIPT_LEN, &changed, err);
		if (st != ST_OK || !changed)
			continue;
		sync_count(t->out, r->state);
		st = halt_judge(t->u->halts, r,
		    reply->receipts + (size_t)i * RECEIPT_LEN, err);
		if (st != ST_OK)
			continue;
		st = refresh_set(t, r->change_id, err);
	}
	return st;
}

static enum status
take_record(struct taking *t, const uint8_t *item, size_t len, struct err *err)
{
	struct page_record record;
	bool newer;
	enum status st;

	if ((st = page_record_unpack(&record, item, len, err)) != ST_OK ||
	    (st = shelf_put(t->u->shelf, &record, &newer, err)) != ST_OK ||
	    !newer)
		return st;
	t->out->records++;
	return refresh(t, record.id, err);
}

static enum status
take_return(struct taking *t, const uint8_t *item, size_t len, struct err *err)
{
	struct page_return ret;
	bool is_new;
	enum status st;

	if ((st = page_return_unpack(&ret, item, len, err)) != ST_OK)
		return st;
	st = desk_box_put_return(t->u->desk, &ret, &is_new, err);
	if (st == ST_OK && is_new)
		t->out->returns++;
	return st;
}

static enum status
take_drop(struct taking *t, const uint8_t *item, size_t len, struct err *err)
{
	struct reader r = reader_start(item, len);
	uint64_t id = reader_u64(&r);
	enum status st;

	if (!reader_finish(&r) || !id_valid(id))
		return err_set(err, ST_INVALID, "no record's id");
	if ((st = shelf_drop(t->u->shelf, id, err)) != ST_OK)
		return st;
	t->out->dropped++;
	return refresh(t, id, err);
}

static enum status
take_item(struct taking *t, enum page_kind kind, const uint8_t *item,
    size_t len, struct err *err)
{
	switch (kind) {
	case PAGE_RECORD:
		return take_record(t, item, len, err);
	case PAGE_DESK:
		t->out->desk++;
		return desk_box_put(t->u->desk, t->u->answers, &t->reply->reply,
		    item, len, t->device->server.desk_public, take_order, t,
		    err);
	case PAGE_RETURN:
		return take_return(t, item, len, err);
	case PAGE_DROP:
		return take_drop(t, item, len, err);
	case PAGE_RECOVERY:
		return recovery_key_take(
		    t->u->recovery, t->device, item, len, err);
	case PAGE_MARK:
		return mark_box_take(t->u->marks, t->device, item, len, err);
	}
	return ST_OK; /* of a newer server: not for us */
}

static enum status
take_items(struct taking *t, struct err *err)
{
	const struct reply *reply = &t->reply->reply;
	struct writer page = { 0 };
	const uint8_t *item;
	enum page_kind kind;
	size_t at = 0, len;
	enum status st = ST_OK;

	if (reply->sealed_len == 0)
		return ST_OK;
	st = page_unseal(
	    &page, reply->sealed, reply->sealed_len, t->u->box, err);
	while (st == ST_OK) {
		st = page_next(
		    page.bytes, page.len, &at, &kind, &item, &len, err);
		if (st == ST_OK)
			st = take_item(t, kind, item, len, err);
	}
	writer_free(&page);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* All of a restored server's state is here: what is older it has no more. */
static enum status
settle(struct taking *t, struct err *err)
{
	struct unlocked *u = t->u;
	uint64_t id;
	enum status st;

	u->standing.settled = u->standing.cursor.epoch;
	while ((st = shelf_drop_before(
		    u->shelf, u->standing.settled, &id, err)) == ST_OK)
		if ((st = refresh(t, id, err)) != ST_OK)
			return st;
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
take_page(struct taking *t, struct err *err)
{
	const struct reply *reply = &t->reply->reply;
	struct standing *s = &t->u->standing;
	enum status st;

	if (reply->cursor.epoch < s->cursor.epoch)
		return ST_OK; /* of a server before its restore */
	s->cursor = reply->cursor;
	if ((st = take_items(t, err)) != ST_OK)
		return st;
	t->out->more = reply->more;
	if (!reply->more && s->settled != s->cursor.epoch)
		return settle(t, err);
	return ST_OK;
}

enum status
sync_take(struct unlocked *u, const struct device *device,
    const struct sync_reply *reply, bool page, struct agent_synced *out,
    struct err *err)
{
	struct agent_synced counts = *out;
	struct taking t = {
		.u = u, .device = device, .reply = reply, .out = &counts
	};
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	counts.more = false;
	if (page)
		st = take_page(&t, err);
	if (st == ST_OK)
		st = take_receipts(&t, err);
	if (st == ST_OK && !reply->reply.more)
		st = answers_known(u->answers, reply->reply.cursor.epoch,
		    reply->reply.cursor.version, err);
	if (st == ST_OK && reply->reply.time_ms > u->standing.server_ms)
		u->standing.server_ms = reply->reply.time_ms;
	if (st == ST_OK)
		st = shelf_stand(u->shelf, &u->standing, err);
	if (st == ST_OK)
		st = unlocked_part(u, err);
	if (st == ST_OK)
		st = unlocked_commit(u, err);
	counts.more |= t.booked && counts.desk > out->desk;
	if (st == ST_OK)
		*out = counts;
	else
		unlocked_rollback(u);
	if (st != ST_OK)
		err_wrap(err, "take in the server's reply");
	return st;
}
