#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/store/db.h"

#include "sync-server/http/answerer.h"
#include "sync-server/http/committer.h"
#include "sync-server/intake/intake.h"
#include "sync-server/server.h"
#include "sync-server/tidy.h"

#define BATCH_UPLOADS 200u
#define BATCH_BYTES (8u << 20)
#define BUSY_TRIES 20 /* of a commit that lost against another writer */
#define BUSY_MS 10

struct item {
	struct intake_job *job;
	size_t len;
	void *upload;
};

struct committer {
	struct committer_opts opts;
	struct answerer *answerer;
	struct tidy *tidy;
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	bool closing;
	unsigned first, nitems; /* a ring of opts.queue_max */
	size_t bytes;           /* of what waits */
	struct committer_counts counts;
	struct item ring[];
};

/* Take the oldest: up to a batch; 0 when there is nothing and we close. */
static unsigned
take(struct committer *c, struct item batch[BATCH_UPLOADS])
{
	size_t bytes = 0;
	unsigned n = 0;

	pthread_mutex_lock(&c->lock);
	while (c->nitems == 0 && !c->closing)
		pthread_cond_wait(&c->wake, &c->lock);
	while (c->nitems > 0 && n < c->opts.batch_max) {
		if (n > 0 && bytes + c->ring[c->first].len > BATCH_BYTES)
			break;
		batch[n] = c->ring[c->first];
		c->bytes -= batch[n].len;
		bytes += batch[n++].len;
		c->first = (c->first + 1) % c->opts.queue_max;
		c->nitems--;
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

static enum status
commit(
    struct committer *c, const struct item *batch, unsigned n, struct err *err)
{
	static const struct timespec nap = { 0, BUSY_MS * 1000000L };
	struct intake_job *jobs[BATCH_UPLOADS];
	unsigned i, npages, tries = 0;
	enum status st;

	for (i = 0; i < n; i++)
		jobs[i] = batch[i].job;
	while ((st = intake_commit(c->opts.server, jobs, n, err)) == ST_BUSY) {
		if (++tries == BUSY_TRIES)
			break;
		nanosleep(&nap, NULL);
	}
	if (st == ST_OK) {
		pthread_mutex_lock(&c->lock);
		c->counts.uploads += n;
		c->counts.batches++;
		pthread_mutex_unlock(&c->lock);
		server_lock(c->opts.server);
		npages = db_log_pages(c->opts.server->db);
		server_unlock(c->opts.server);
		tidy_tell(c->tidy, npages);
	}
	return st;
}

/* ${st} is what became of its commit. */
static void
answer(struct committer *c, const struct item *item, enum status st,
    struct err *err)
{
	struct writer nothing = { 0 };
	struct intake_answer *said;

	if (st == ST_OK)
		st = intake_gather(&said, c->opts.server, item->job, err);
	if (st == ST_OK) {
		answerer_put(c->answerer, item->job, said, item->upload);
		return;
	}
	c->opts.answer(c->opts.arg, item->upload, st, &nothing, err);
	intake_job_free(item->job);
}

static void *
run(void *arg)
{
	struct item batch[BATCH_UPLOADS];
	struct committer *c = arg;
	struct err err = { 0 };
	enum status st;
	unsigned i, n;

	while ((n = take(c, batch)) > 0) {
		st = commit(c, batch, n, &err);
		if (st == ST_OK || n == 1) {
			for (i = 0; i < n; i++)
				answer(c, &batch[i], st, &err);
			continue;
		}
		for (i = 0; i < n; i++) {
			st = commit(c, &batch[i], 1, &err);
			answer(c, &batch[i], st, &err);
		}
	}
	return NULL;
}

enum status
committer_open(
    struct committer **out, const struct committer_opts *opts, struct err *err)
{
	unsigned max =
	    opts->queue_max != 0 ? opts->queue_max : QUEUE_UPLOADS_MAX;
	struct committer *c;
	enum status st;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c) + max * sizeof(c->ring[0]))) == NULL)
		return err_set(err, ST_NOMEM, "start the committer: no memory");
	c->opts = *opts;
	c->opts.queue_max = max;
	if (c->opts.batch_max == 0 || c->opts.batch_max > BATCH_UPLOADS)
		c->opts.batch_max = BATCH_UPLOADS;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	st = tidy_open(&c->tidy, opts->server, err);
	if (st == ST_OK)
		st = answerer_open(&c->answerer, opts->answer, opts->arg, err);
	if (st == ST_OK && pthread_create(&c->thread, NULL, run, c) != 0)
		st = err_set(err, ST_NOMEM, "start the committer: no thread");
	if (st == ST_OK) {
		*out = c;
		return ST_OK;
	}
	answerer_close(c->answerer);
	tidy_close(c->tidy);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
	return st;
}

void
committer_close(struct committer *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	answerer_close(c->answerer);
	tidy_close(c->tidy);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

enum status
committer_put(struct committer *c, struct intake_job *job, size_t len,
    void *upload, struct err *err)
{
	struct item *item;
	bool room;

	pthread_mutex_lock(&c->lock);
	room = !c->closing && c->nitems < c->opts.queue_max &&
	    (c->nitems == 0 || c->bytes + len <= QUEUE_BYTES_MAX);
	if (room) {
		item = &c->ring[(c->first + c->nitems) % c->opts.queue_max];
		*item = (struct item){ job, len, upload };
		c->nitems++;
		c->bytes += len;
		pthread_cond_signal(&c->wake);
	}
	pthread_mutex_unlock(&c->lock);
	return room ? ST_OK
		    : err_set(err, ST_BUSY,
			  "too many uploads at once; nothing is lost, try "
			  "again in a moment");
}

void
committer_count(struct committer *c, struct committer_counts *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->counts;
	out->waiting = c->nitems;
	pthread_mutex_unlock(&c->lock);
}
