#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/wire/receipt.h"
#include "common/wire/spool.h"

#include "agent/agent.h"
#include "agent/sync/sync.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked.h"

enum status
sync_reply_open(struct sync_reply *out, const struct device *device,
    const uint8_t name[BUNDLE_NAME_LEN], const uint8_t *bytes, size_t len,
    struct err *err)
{
	const uint8_t *public = device->server.receipt_public;
	enum status st;
	uint16_t i;

	memset(out, 0, sizeof(*out));
	st = reply_unpack(&out->reply, bytes, len, name, public, err);
	if (st != ST_OK)
		return st;
	if (out->reply.authority != device->authority)
		return err_set(err, ST_UNTRUSTED, "another server's reply");
	out->receipts =
	    calloc((size_t)out->reply.nreceipts + 1, sizeof(*out->receipts));
	if (out->receipts == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < out->reply.nreceipts && st == ST_OK; i++)
		st = receipt_unpack(&out->receipts[i],
		    out->reply.receipts + (size_t)i * RECEIPT_LEN, public, err);
	if (st != ST_OK) {
		sync_reply_free(out);
		if (st == ST_INVALID) /* a signed reply with junk in it */
			st = err->status = ST_UNTRUSTED;
	}
	return st;
}

void
sync_reply_free(struct sync_reply *reply)
{
	free(reply->receipts);
	memset(reply, 0, sizeof(*reply));
}

const struct receipt *
sync_reply_find(const struct sync_reply *reply, const uint8_t change_id[32])
{
	uint16_t i;

	for (i = 0; i < reply->reply.nreceipts; i++)
		if (memcmp(reply->receipts[i].change_id, change_id, 32) == 0)
			return &reply->receipts[i];
	return NULL;
}

enum status
sync_keep(struct spool *spool, struct device *device, const struct env *env,
    const char *path, const uint8_t name[BUNDLE_NAME_LEN],
    const struct sync_reply *reply, bool page, const uint8_t *bytes, size_t len,
    struct err *err)
{
	const struct reply *r = &reply->reply;
	struct cursor at = device_cursor(device);
	struct device_kept *kept;
	enum status st;
	bool moved = r->cursor.epoch != at.epoch ||
	    r->cursor.version != at.version || r->sealed_len > 0;

	if (r->nreceipts == 0 && !(page && moved))
		return ST_OK; /* nothing in it */
	st = spool_put(spool, SPOOL_REPLY, name, bytes, len, err);
	if (st != ST_OK)
		return st;
	if (r->time_ms > device->server_ms)
		device->server_ms = r->time_ms;
	if (page && moved && device->nkept < DEVICE_KEPT_MAX) {
		kept = &device->kept[device->nkept++];
		memcpy(kept->name, name, BUNDLE_NAME_LEN);
		kept->to = r->cursor;
	}
	return device_write(device, env, path, err);
}

/* One kept reply; ST_NOTFOUND, ST_UNTRUSTED: it cannot be used. */
static enum status
take_kept(struct unlocked *u, struct spool *spool, const struct device *device,
    const uint8_t *name, bool page, struct err *err)
{
	struct agent_synced counts = { 0 };
	struct sync_reply reply = { 0 };
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	st = spool_read(spool, SPOOL_REPLY, name, &bytes, &len, err);
	if (st == ST_OK)
		st = sync_reply_open(&reply, device, name, bytes, len, err);
	if (st == ST_OK)
		st = sync_take(u, device, &reply, page, &counts, err);
	sync_reply_free(&reply);
	free(bytes);
	return st;
}

static bool
unusable(enum status st)
{
	return st == ST_NOTFOUND || st == ST_UNTRUSTED || st == ST_INVALID;
}

/* Pages in their order, up to the first that is not there any more. */
static enum status
take_pages(struct unlocked *u, struct spool *spool, const struct device *device,
    struct err *err)
{
	enum status st = ST_OK;
	uint32_t i;

	for (i = 0; i < device->nkept && st == ST_OK; i++)
		st = take_kept(
		    u, spool, device, device->kept[i].name, true, err);
	return unusable(st) ? ST_OK : st;
}

/* Receipts of all that lies there, also of what is in no order. */
static enum status
take_receipts(struct unlocked *u, struct spool *spool,
    const struct device *device, const uint8_t *names, size_t n,
    struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n && st == ST_OK; i++) {
		st = take_kept(u, spool, device, names + 32 * i, false, err);
		if (unusable(st))
			st = ST_OK;
	}
	return st;
}

/*
 * Is the store not as far as the pages that were kept begin?  An older copy
 * of it was put back, or it was to begin anew.  All is asked for again.
 */
static bool
is_behind(const struct cursor *store, const struct cursor *pages)
{
	return store->epoch < pages->epoch ||
	    (store->epoch == pages->epoch && store->version < pages->version);
}

enum status
sync_catch_up(struct unlocked *u, struct spool *spool, struct device *device,
    const struct env *env, const char *path, struct err *err)
{
	uint8_t *names = NULL;
	size_t n = 0, i;
	enum status st;

	st = spool_list(spool, SPOOL_REPLY, &names, &n, err);
	if (st == ST_OK && !is_behind(&u->standing.cursor, &device->cursor))
		st = take_pages(u, spool, device, err);
	if (st == ST_OK)
		st = take_receipts(u, spool, device, names, n, err);
	if (st != ST_OK)
		goto out;
	if (device->nkept > 0 ||
	    device->cursor.epoch != u->standing.cursor.epoch ||
	    device->cursor.version != u->standing.cursor.version) {
		device->nkept = 0;
		device->cursor = u->standing.cursor;
		st = device_write(device, env, path, err);
	}
	/* Only now: the files are what a crash would start from again. */
	for (i = 0; i < n && st == ST_OK; i++)
		st = spool_remove(spool, SPOOL_REPLY, names + 32 * i, err);
out:
	free(names);
	if (st != ST_OK)
		err_wrap(err, "take in what came while locked");
	return st;
}
