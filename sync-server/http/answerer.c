#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sync-server/http/answerer.h"
#include "sync-server/intake/intake.h"

#define QUEUE_MAX 200u

struct item {
	struct intake_job *job;
	struct intake_answer *answer;
	void *upload;
};

struct answerer {
	answerer_tell *tell;
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t filled, emptied;
	bool closing;
	unsigned first, nitems; /* a ring */
	struct item ring[QUEUE_MAX];
};

/* The oldest; false when there is nothing and we close. */
static bool
take(struct answerer *a, struct item *out)
{
	bool any;

	pthread_mutex_lock(&a->lock);
	while (a->nitems == 0 && !a->closing)
		pthread_cond_wait(&a->filled, &a->lock);
	any = a->nitems > 0;
	if (any) {
		*out = a->ring[a->first];
		a->first = (a->first + 1) % QUEUE_MAX;
		a->nitems--;
		pthread_cond_signal(&a->emptied);
	}
	pthread_mutex_unlock(&a->lock);
	return any;
}

static void *
run(void *arg)
{
	struct writer reply = { 0 };
	struct answerer *a = arg;
	struct err err = { 0 };
	struct item item;
	enum status st;

	while (take(a, &item)) {
		writer_clear(&reply);
		st = intake_pack(item.answer, &reply, &err);
		a->tell(a->arg, item.upload, st, &reply, &err);
		intake_answer_free(item.answer);
		intake_job_free(item.job);
	}
	writer_free(&reply);
	return NULL;
}

static void
discard(struct answerer *a)
{
	pthread_cond_destroy(&a->filled);
	pthread_cond_destroy(&a->emptied);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

enum status
answerer_open(
    struct answerer **out, answerer_tell *tell, void *arg, struct err *err)
{
	struct answerer *a;

	*out = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "start to answer: no memory");
	a->tell = tell;
	a->arg = arg;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->emptied, NULL);
	if (pthread_create(&a->thread, NULL, run, a) != 0) {
		discard(a);
		return err_set(err, ST_NOMEM, "start to answer: no thread");
	}
	*out = a;
	return ST_OK;
}

void
answerer_close(struct answerer *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->closing = true;
	pthread_cond_signal(&a->filled);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	discard(a);
}

void
answerer_put(struct answerer *a, struct intake_job *job,
    struct intake_answer *answer, void *upload)
{
	pthread_mutex_lock(&a->lock);
	while (a->nitems == QUEUE_MAX)
		pthread_cond_wait(&a->emptied, &a->lock);
	a->ring[(a->first + a->nitems) % QUEUE_MAX] =
	    (struct item){ job, answer, upload };
	a->nitems++;
	pthread_cond_signal(&a->filled);
	pthread_mutex_unlock(&a->lock);
}
