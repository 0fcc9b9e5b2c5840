#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/env.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/instrument/instrument.h"

#include "sync-server/findings/follow.h"
#include "sync-server/forward/forward.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/server.h"

#define BATCH_MAX 100
#define BACKOFF_MIN_MS 5000
#define BACKOFF_MAX_MS ((int64_t)15 * 60 * 1000)

struct forward {
	struct server *server; /* not ours */
	struct forward_opts opts;
	struct forward_counts counts;
	int64_t due_ms; /* 0: at once */
};

enum status
forward_open(struct forward **out, struct server *server,
    const struct forward_opts *opts, struct err *err)
{
	struct forward *f;

	*out = NULL;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return err_set(err, ST_NOMEM, "open forward: no memory");
	f->server = server;
	f->opts = *opts;
	if (f->opts.batch_max == 0)
		f->opts.batch_max = BATCH_MAX;
	if (f->opts.backoff_min_ms <= 0)
		f->opts.backoff_min_ms = BACKOFF_MIN_MS;
	if (f->opts.backoff_max_ms < f->opts.backoff_min_ms)
		f->opts.backoff_max_ms = f->opts.backoff_min_ms > BACKOFF_MAX_MS
		    ? f->opts.backoff_min_ms
		    : BACKOFF_MAX_MS;
	server_lock(server);
	server->upstream = (struct server_upstream){ .on = true };
	server_unlock(server);
	*out = f;
	return ST_OK;
}

void
forward_close(struct forward *f)
{
	free(f);
}

/* Append a row's JSON to the batch's. */
static enum status
add_row(void *arg, const struct outbox_row *row, struct err *err)
{
	struct forward_batch *batch = arg;

	(void)err;
	if (batch->rows++ > 0)
		writer_u8(&batch->body, ',');
	writer_bytes(&batch->body, row->body, row->len);
	return ST_OK;
}

static enum status
read_batch(struct forward *f, int64_t now_ms, struct forward_batch *batch,
    struct err *err)
{
	struct writer items = { 0 };
	char head[80];
	enum status st;
	int n;

	server_lock(f->server);
	/* What is said to be another record since is not sent by itself. */
	st = follow_now(f->server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = outbox_next(f->server->outbox, f->opts.batch_max, now_ms,
		    &batch->number, add_row, batch, err);
	server_unlock(f->server);
	if (st != ST_OK)
		return st;
	items = batch->body;
	memset(&batch->body, 0, sizeof(batch->body));
	n = snprintf(head, sizeof(head),
	    "{\"authority\":%u,\"batch\":\"%llu\",\"items\":[",
	    f->server->authority, (unsigned long long)batch->number);
	writer_bytes(&batch->body, head, (size_t)n);
	writer_bytes(&batch->body, items.bytes, items.len);
	writer_bytes(&batch->body, "]}", 2);
	if (!writer_ok(&items) || !writer_ok(&batch->body))
		st = err_set(err, ST_NOMEM, "no memory for a batch");
	writer_free(&items);
	return st;
}

static enum status
sign(struct forward *f, struct forward_batch *batch, struct err *err)
{
	uint8_t hash[HASH_LEN], signature[SIGN_LEN];
	char hex[2 * SIGN_LEN + 1];
	enum status st;

	hash_bytes(hash, batch->body.bytes, batch->body.len);
	crypto_hex(batch->key, hash, sizeof(hash));
	st = sign_make(signature, &f->server->keys.receipt, FORWARD_DOMAIN,
	    hash, sizeof(hash), err);
	if (st == ST_OK) {
		crypto_hex(hex, signature, sizeof(signature));
		snprintf(batch->signature, sizeof(batch->signature), "%u:%s",
		    f->server->authority, hex);
	}
	return st;
}

enum status
forward_next(struct forward *f, int64_t now_ms, struct forward_batch *batch,
    int64_t *due_ms, struct err *err)
{
	enum status st;

	memset(batch, 0, sizeof(*batch));
	*due_ms = INT64_MAX;
	/* A clock that was put back must not make us wait for years. */
	if (f->due_ms - now_ms > f->opts.backoff_max_ms)
		f->due_ms = now_ms + f->opts.backoff_max_ms;
	if (f->due_ms > now_ms) {
		*due_ms = f->due_ms;
		return ST_NOTFOUND;
	}
	st = read_batch(f, now_ms, batch, err);
	if (st == ST_OK)
		st = sign(f, batch, err);
	if (st == ST_OK) {
		f->counts.sent++;
		return ST_OK;
	}
	forward_batch_free(batch);
	return st == ST_NOTFOUND ? st : err_wrap(err, "forward");
}

void
forward_batch_free(struct forward_batch *batch)
{
	writer_free(&batch->body);
	batch->rows = 0;
}

/*
 * Full jitter: anywhere between nothing and twice as far as the last time,
 * so that many servers do not come back in step.
 */
static void
back_off(struct forward *f, int64_t now_ms)
{
	int64_t span = f->opts.backoff_min_ms;
	uint64_t random;
	unsigned i;

	for (i = 1; i < f->counts.failures; i++) {
		if (span >= f->opts.backoff_max_ms / 2) {
			span = f->opts.backoff_max_ms;
			break;
		}
		span *= 2;
	}
	env_random(f->server->env, &random, sizeof(random));
	f->due_ms = now_ms + 1 + (int64_t)(random % (uint64_t)span);
}

static void
note_failure(struct forward *f, const char *why, int64_t now_ms)
{
	struct server_upstream *up = &f->server->upstream;

	server_lock(f->server);
	up->failures = f->counts.failures;
	up->failed_ms = now_ms;
	up->due_ms = f->due_ms;
	snprintf(up->why, sizeof(up->why), "%s", why);
	server_unlock(f->server);
}

enum status
forward_done(struct forward *f, const struct forward_batch *batch,
    enum forward_outcome outcome, int64_t now_ms, struct err *err)
{
	enum status st;

	if (outcome == FORWARD_FAILED) {
		f->counts.failures++;
		back_off(f, now_ms);
		note_failure(f, batch->why, now_ms);
		return ST_OK;
	}
	server_lock(f->server);
	f->server->upstream = (struct server_upstream){ .on = true };
	st = outbox_settle(f->server->outbox, batch->number,
	    outcome == FORWARD_ACCEPTED ? OUTBOX_ACCEPTED : OUTBOX_REJECTED,
	    now_ms, err);
	server_unlock(f->server);
	if (st != ST_OK)
		return err_wrap(err, "forward");
	f->counts.accepted += outcome == FORWARD_ACCEPTED;
	f->counts.failures = 0;
	f->due_ms = 0;
	return ST_OK;
}

static bool
is_page(const char *type)
{
	return type != NULL && strncasecmp(type, "text/html", 9) == 0;
}

void
forward_explain(char *out, size_t size, unsigned code, const char *type)
{
	const char *what = is_page(type) ? ", with a page for people: a portal "
					   "in between, or not the address of "
					   "a receiver"
	    : code == 404                ? ": nothing is at that address"
	    : code == 401 || code == 403 ? ": it does not let us in (yet)"
	    : code >= 300 && code <= 399
	    ? ": it is elsewhere now, and nothing is sent after it"
	    : "";

	snprintf(out, size, "the receiver answered HTTP %u%s", code, what);
}

enum forward_outcome
forward_judge(unsigned code, const char *type)
{
	if (is_page(type))
		return FORWARD_FAILED;
	if (code >= 200 && code <= 299)
		return FORWARD_ACCEPTED;
	switch (code) {
	case 400: /* not understood */
	case 409: /* another body under this key */
	case 413: /* too large: one by one may pass */
	case 422: /* understood, and against a rule */
		return FORWARD_REJECTED;
	default: /* wrong address, not allowed yet, busy, broken */
		return FORWARD_FAILED;
	}
}

void
forward_count(const struct forward *f, struct forward_counts *out)
{
	*out = f->counts;
}
