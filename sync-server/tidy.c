#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/store/db.h"

#include "sync-server/server.h"
#include "sync-server/tidy.h"

/*
 * Pages of the log that are worth moving, 33 MB: an upload writes 7 to 20 of
 * them, mostly the same again, and each is moved once, however often it was
 * written.  Four times fewer at a time took a fifth more of the processors.
 */
#define STEP 8000u

struct tidy {
	struct db *db; /* the thread's */
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	unsigned npages; /* of the log, as was told last */
	unsigned moved;  /* of them */
	bool closing;
};

/* Wait until there is something to move, all of *${npages}; false: close. */
static bool
wait(struct tidy *t, unsigned *npages)
{
	bool closing;

	pthread_mutex_lock(&t->lock);
	while (t->npages < t->moved + STEP && !t->closing)
		pthread_cond_wait(&t->wake, &t->lock);
	*npages = t->npages;
	closing = t->closing;
	pthread_mutex_unlock(&t->lock);
	return !closing;
}

static void *
run(void *arg)
{
	struct tidy *t = arg;
	struct err ignored;
	unsigned npages;

	while (wait(t, &npages)) {
		/* What fails here fails for a commit, too: it will tell. */
		db_checkpoint(t->db, DB_CHECKPOINT_PASSIVE, &ignored);
		pthread_mutex_lock(&t->lock);
		t->moved = npages;
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

enum status
tidy_open(struct tidy **out, struct server *server, struct err *err)
{
	struct tidy *t;
	enum status st;

	*out = NULL;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return err_set(err, ST_NOMEM, "tidy the database: no memory");
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	st = server_db_open_another(&t->db, server, err);
	if (st == ST_OK && pthread_create(&t->thread, NULL, run, t) != 0)
		st = err_set(err, ST_NOMEM, "tidy the database: no thread");
	if (st == ST_OK) {
		*out = t;
		return ST_OK;
	}
	db_close(t->db);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return st;
}

void
tidy_close(struct tidy *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->closing = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	db_close(t->db);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void
tidy_tell(struct tidy *t, unsigned npages)
{
	pthread_mutex_lock(&t->lock);
	if (npages < t->npages)
		t->moved = 0; /* the log began anew */
	t->npages = npages;
	if (t->npages >= t->moved + STEP)
		pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}
