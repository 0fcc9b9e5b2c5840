#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/wire/bundle.h"
#include "common/wire/envelope.h"
#include "common/wire/receipt.h"
#include "common/wire/spool.h"

#include "agent/sync/sync.h"
#include "agent/unlock/device.h"

struct item {
	struct envelope_head head;
	uint8_t *bytes;
	size_t len;
};

/* Oldest first: by number, and writers in turn. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->head.seq != y->head.seq)
		return x->head.seq < y->head.seq ? -1 : 1;
	if (x->head.writer != y->head.writer)
		return x->head.writer < y->head.writer ? -1 : 1;
	return memcmp(
	    x->head.change_id, y->head.change_id, sizeof(x->head.change_id));
}

static void
free_items(struct item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(items[i].bytes);
	free(items);
}

/* Read one; what is no envelope does not belong in our spool. */
static enum status
read_item(struct spool *spool, const uint8_t *name, struct item *items,
    size_t *n, struct err *err)
{
	struct item *item = &items[*n];
	struct err unread;
	size_t whole;
	enum status st;

	st = spool_read(
	    spool, SPOOL_ENVELOPE, name, &item->bytes, &item->len, err);
	if (st == ST_NOTFOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	if (envelope_peek(&item->head, &whole, item->bytes, item->len,
		&unread) == ST_OK &&
	    whole == item->len) {
		++*n;
		return ST_OK;
	}
	free(item->bytes);
	item->bytes = NULL;
	return spool_remove(spool, SPOOL_ENVELOPE, name, err);
}

static enum status
read_items(struct spool *spool, struct item **out, size_t *n, struct err *err)
{
	uint8_t *names = NULL;
	size_t nnames = 0, i;
	enum status st;

	*out = NULL;
	*n = 0;
	st = spool_list(spool, SPOOL_ENVELOPE, &names, &nnames, err);
	if (st != ST_OK || nnames == 0)
		goto out;
	if ((*out = calloc(nnames, sizeof(**out))) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	for (i = 0; i < nnames && st == ST_OK; i++)
		st = read_item(spool, names + 32 * i, *out, n, err);
	if (st == ST_OK && *n > 0)
		qsort(*out, *n, sizeof(**out), compare_items);
out:
	free(names);
	return st;
}

enum status
sync_bundle(struct spool *spool, const struct device *device, int64_t now_ms,
    bool pull, struct writer *out, struct sync_sent *sent, struct err *err)
{
	struct bundle_head head = { .authority = device->authority,
		.device = device->device,
		.cursor = device_cursor(device) };
	struct item *items = NULL;
	size_t n = 0, i, start = out->len;
	enum status st;

	if ((st = read_items(spool, &items, &n, err)) != ST_OK)
		goto out;
	if (n == 0 && !pull) {
		st = err_set(err, ST_NOTFOUND, "nothing is due");
		goto out;
	}
	memset(sent, 0, sizeof(*sent));
	sent->from = head.cursor;
	bundle_head_pack(out, &head);
	for (i = 0; i < n && i < BUNDLE_ENVELOPES_MAX; i++) {
		if (out->len - start + items[i].len > BUNDLE_MAX)
			break;
		writer_bytes(out, items[i].bytes, items[i].len);
	}
	sent->left = i < n;
	sent->nsets = (unsigned)i;
	if (n == 0)
		bundle_pull_pack(out, &head, now_ms, device->transport);
	if (!writer_ok(out)) {
		st = err_set(err, ST_NOMEM, "no memory for a bundle");
		goto out;
	}
	bundle_name(sent->name, out->bytes + start, out->len - start);
	sent->any = true;
out:
	free_items(items, n);
	return st;
}

enum status
sync_answered(struct spool *spool, const struct sync_reply *reply,
    struct agent_synced *counts, struct err *err)
{
	const struct receipt *r;
	struct item *items = NULL;
	uint8_t name[BUNDLE_NAME_LEN];
	size_t n = 0, i;
	enum status st;

	if (reply->reply.nreceipts == 0)
		return ST_OK;
	st = read_items(spool, &items, &n, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		r = sync_reply_find(reply, items[i].head.change_id);
		if (r == NULL || r->state == RECEIPT_CUSTODY)
			continue;
		bundle_name(name, items[i].bytes, items[i].len);
		st = spool_remove(spool, SPOOL_ENVELOPE, name, err);
		if (st == ST_OK && counts != NULL)
			sync_count(counts, r->state);
	}
	free_items(items, n);
	return st;
}
