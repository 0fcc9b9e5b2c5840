#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/merge/record.h"

#include "sync-server/forward/outbox.h"
#include "sync-server/forward/payload.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/store.h"

struct touching {
	struct server *server;
	struct record *record; /* to unpack into */
	struct writer heads;
};

/* The heads of ${row} are no longer the approved ones. */
static enum status
undo(struct server *server, const struct approval *approval, bool erased,
    struct err *err)
{
	int64_t now = env_now_ms(server->env);
	struct outbox_row sent, out = { .kind = OUTBOX_CORRECTION };
	struct writer body = { 0 };
	enum status st;

	st = review_approval_undo(server->review, approval->number, now, err);
	if (st != ST_OK)
		return st;
	st = outbox_of(server->outbox, approval->number, &sent, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	if (sent.state == OUTBOX_QUEUED || sent.state == OUTBOX_REFUSED ||
	    (erased && sent.state == OUTBOX_SENDING))
		st = outbox_withdraw(server->outbox, sent.n, erased, now, err);
	if (st != ST_OK ||
	    (sent.state != OUTBOX_SENDING && sent.state != OUTBOX_DONE))
		return st;

	st = payload_correction(&body, server->authority, approval,
	    erased ? "erased" : "changed", now, err);
	if (st == ST_OK) {
		payload_key(out.key, server->authority, approval, 1);
		out.record = approval->record;
		out.approval = approval->number;
		out.body = (const char *)body.bytes;
		out.len = body.len;
		st = outbox_put(server->outbox, &out, now, err);
	}
	writer_free(&body);
	return st;
}

/* The names that an approval of ${ids}[0] would have now. */
static enum status
pack_group(struct touching *t, const uint64_t *ids, size_t n, struct err *err)
{
	struct store_row row;
	enum status st = ST_OK;
	size_t i;

	writer_clear(&t->heads);
	for (i = 0; i < n && st == ST_OK; i++) {
		st = store_row_get(t->server->store, ids[i], &row, err);
		if (st == ST_NOTFOUND) {
			/* Erased: what was approved named it. */
			st = ST_OK;
			continue;
		}
		if (st == ST_OK)
			st = record_unpack(t->record, row.body, row.len, err);
		if (st == ST_OK)
			st = i == 0 ? heads_pack(&t->heads, t->record, err)
				    : heads_pack_other(
					  &t->heads, row.id, t->record, err);
	}
	return st;
}

/*
 * Undo the approval of ${record}, if it has one, and it is not of exactly
 * the heads in ${t}; ${never}: whatever they are.
 */
static enum status
compare(struct touching *t, uint64_t record, bool never, bool erased,
    struct err *err)
{
	struct approval approval;
	enum status st;

	st = review_approval_of(t->server->review, record, &approval, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	if (!never && t->heads.len == approval.len &&
	    (approval.len == 0 ||
		memcmp(t->heads.bytes, approval.heads, approval.len) == 0))
		return ST_OK;
	return undo(t->server, &approval, erased, err);
}

/* A record that is in a group, as far as the log was followed. */
static enum status
touch_group(struct touching *t, uint64_t id, bool gone, const uint64_t *ids,
    size_t n, struct err *err)
{
	enum status st = ST_OK;

	/* What another one stands for is not approved by itself. */
	if (id != ids[0] || gone)
		st = compare(t, id, true, gone, err);
	if (st == ST_OK)
		st = pack_group(t, ids, n, err);
	return st == ST_OK ? compare(t, ids[0], false, false, err) : st;
}

static enum status
touch_one(struct touching *t, const struct store_row *row, struct err *err)
{
	uint64_t *ids = NULL;
	enum status st;
	size_t n;

	if (!review_may_be_approved(t->server->review, row->id))
		return ST_OK;
	st = store_same_group(t->server->store, row->id, &ids, &n, err);
	if (st != ST_OK)
		return st;
	if (n > 1) {
		st = touch_group(t, row->id, row->len == 0, ids, n, err);
		goto out;
	}
	writer_clear(&t->heads);
	st = record_unpack(t->record, row->body, row->len, err);
	if (st == ST_OK)
		st = heads_pack(&t->heads, t->record, err);
	if (st == ST_OK)
		st = compare(t, row->id, false, row->len == 0, err);
out:
	free(ids);
	return st;
}

enum status
approve_touched(
    void *arg, const struct store_row *rows, size_t n, struct err *err)
{
	struct touching t = { .server = arg };
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n; i++) {
		if (review_may_be_approved(t.server->review, rows[i].id))
			break;
	}
	if (i == n)
		return ST_OK;
	st = record_new(&t.record, err);
	for (; i < n && st == ST_OK; i++)
		st = touch_one(&t, &rows[i], err);
	writer_free(&t.heads);
	record_free(t.record);
	return st == ST_OK ? st : err_wrap(err, "look at approvals");
}

enum status
approve_regrouped(void *arg, uint64_t record, struct err *err)
{
	struct server *server = arg;
	struct store_row row;
	enum status st;

	if (!review_may_be_approved(server->review, record))
		return ST_OK;
	st = store_row_get(server->store, record, &row, err);
	return st == ST_OK ? approve_touched(server, &row, 1, err) : st;
}
