#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/env.h"
#include "common/http/fetch.h"

#include "sync-server/forward/forwarder.h"
#include "sync-server/server.h"

#define POLL_MS 250
#define REPLY_MAX (64u << 10) /* bytes of an answer that are looked at */

struct forwarder {
	struct server *server; /* not ours */
	struct fetch *fetch;
	struct forward *forward;
	char *url;
	atomic_bool closing;
	bool running;
	pthread_t thread;
	pthread_mutex_t lock; /* for counts */
	struct forward_counts counts;
};

static bool
go_on(void *arg, uint64_t sent, uint64_t received)
{
	struct forwarder *f = arg;

	(void)sent;
	(void)received;
	return !atomic_load(&f->closing);
}

/* Send one batch and judge the answer. */
static enum forward_outcome
carry(struct forwarder *f, struct forward_batch *batch)
{
	enum forward_outcome outcome;
	const char *type;
	char key[96], signature[180];
	const char *headers[] = { "Content-Type: application/json",
		"Padu-Protocol: 1-1", key, signature };
	struct fetch_request request = {
		.method = "POST",
		.url = f->url,
		.headers = headers,
		.nheaders = sizeof(headers) / sizeof(headers[0]),
		.body = batch->body.bytes,
		.len = batch->body.len,
		.reply_max = REPLY_MAX,
		.on_progress = go_on,
		.arg = f,
	};
	struct fetch_reply reply;
	struct err err;

	snprintf(key, sizeof(key), "Idempotency-Key: %s", batch->key);
	snprintf(signature, sizeof(signature), "Padu-Signature: %s",
	    batch->signature);
	if (fetch_run(f->fetch, &request, &reply, &err) != ST_OK) {
		snprintf(batch->why, sizeof(batch->why), "%.150s", err.text);
		return FORWARD_FAILED;
	}
	type = fetch_header(f->fetch, "Content-Type");
	outcome = forward_judge(reply.code, type);
	if (outcome == FORWARD_FAILED)
		forward_explain(
		    batch->why, sizeof(batch->why), reply.code, type);
	return outcome;
}

static void
nap(void)
{
	static const struct timespec ts = { 0, POLL_MS * 1000000L };

	nanosleep(&ts, NULL);
}

static void *
run(void *arg)
{
	struct forwarder *f = arg;
	struct forward_batch batch;
	enum forward_outcome outcome;
	int64_t due_ms;
	struct err err;

	while (!atomic_load(&f->closing)) {
		if (forward_next(f->forward, env_now_ms(f->server->env), &batch,
			&due_ms, &err) != ST_OK) {
			nap();
			continue;
		}
		outcome = carry(f, &batch);
		if (forward_done(f->forward, &batch, outcome,
			env_now_ms(f->server->env), &err) != ST_OK)
			nap(); /* not settled: the same batch again */
		forward_batch_free(&batch);
		pthread_mutex_lock(&f->lock);
		forward_count(f->forward, &f->counts);
		pthread_mutex_unlock(&f->lock);
	}
	return NULL;
}

enum status
forwarder_open(
    struct forwarder **out, const struct forwarder_opts *opts, struct err *err)
{
	struct fetch_opts fetch = { 0 };
	struct forwarder *f;
	enum status st;

	*out = NULL;
	if (strncmp(opts->url, "http://", 7) != 0 &&
	    strncmp(opts->url, "https://", 8) != 0)
		return err_set(err, ST_INVALID,
		    "the upstream address has to begin with http:// or "
		    "https://");
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return err_set(err, ST_NOMEM, "start forwarding: no memory");
	pthread_mutex_init(&f->lock, NULL);
	f->server = opts->server;
	if ((f->url = strdup(opts->url)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	if ((st = fetch_open(&f->fetch, &fetch, err)) != ST_OK ||
	    (st = forward_open(
		 &f->forward, opts->server, &opts->forward, err)) != ST_OK)
		goto out;
	if (pthread_create(&f->thread, NULL, run, f) != 0) {
		st = err_set(err, ST_NOMEM, "no thread");
		goto out;
	}
	f->running = true;
	*out = f;
	f = NULL;
out:
	if (st != ST_OK)
		err_wrap(err, "start forwarding");
	forwarder_close(f);
	return st;
}

void
forwarder_close(struct forwarder *f)
{
	if (f == NULL)
		return;
	atomic_store(&f->closing, true);
	if (f->running)
		pthread_join(f->thread, NULL);
	forward_close(f->forward);
	fetch_close(f->fetch);
	pthread_mutex_destroy(&f->lock);
	free(f->url);
	free(f);
}

void
forwarder_count(struct forwarder *f, struct forward_counts *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->counts;
	pthread_mutex_unlock(&f->lock);
}
