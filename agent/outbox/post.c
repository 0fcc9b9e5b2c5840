#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/store/db.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "common/wire/receipt.h"
#include "common/wire/spool.h"

#include "agent/outbox/post.h"
#include "agent/records/shelf.h"
#include "agent/unlock/device.h"

struct post {
	struct db *db; /* not ours, as are the next two */
	struct spool *spool;
	const struct device *device;
	struct db_table *sql;
};

enum {
	Q_DUE,
	Q_COUNT_DUE,
	Q_OWN_BYTES,
	Q_DESK_BYTES,
	Q_OWN_ENVELOPE,
	Q_DESK_ENVELOPE,
	Q_KNOWN,
	Q_COUNT
};

#define NO_RECEIPT(table)                                                      \
	" NOT EXISTS (SELECT 1 FROM receipt c WHERE c.change_id = " table      \
	".change_id AND c.epoch = :epoch"                                      \
	" AND c.state <> :custody)"
#define DUE " FROM change_set s WHERE length(bytes) > 0 AND" NO_RECEIPT("s")
#define DESK_DUE                                                                      \
	" FROM desk_set d WHERE epoch < :epoch AND :settled = :epoch AND" NO_RECEIPT( \
	    "d")

static const char *const SQL[Q_COUNT] = {
	[Q_DUE] = "SELECT change_id, envelope, 0" DUE
		  " UNION ALL SELECT change_id, envelope, 1" DESK_DUE,

	[Q_COUNT_DUE] =
	    "SELECT (SELECT count(*)" DUE ") + (SELECT count(*)" DESK_DUE ")",

	[Q_OWN_BYTES] = "SELECT bytes FROM change_set"
			" WHERE change_id = :change",

	[Q_DESK_BYTES] = "SELECT bytes FROM desk_set"
			 " WHERE change_id = :change",

	[Q_OWN_ENVELOPE] = "UPDATE change_set SET envelope = :envelope"
			   " WHERE change_id = :change",

	[Q_KNOWN] = "SELECT 1 FROM change_set WHERE change_id = :change"
		    " UNION ALL"
		    " SELECT 1 FROM desk_set WHERE change_id = :change",

	[Q_DESK_ENVELOPE] = "UPDATE desk_set SET envelope = :envelope"
			    " WHERE change_id = :change",
};

/* One set that is due. */
struct due {
	uint8_t change_id[32];
	uint8_t envelope[32];
	bool sealed; /* envelope says its name */
	bool desk;
	bool renamed; /* sealed anew: to be noted */
};

struct filling {
	struct due *due;
	size_t n, room;
	uint8_t *names; /* in the spool, sorted */
	size_t nnames;
};

enum status
post_open(struct post **out, struct db *db, struct spool *spool,
    const struct device *device, struct err *err)
{
	struct post *p;
	enum status st;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	p->db = db;
	p->spool = spool;
	p->device = device;
	if ((st = db_table_open(&p->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = p;
	else
		free(p);
	return st;
}

void
post_close(struct post *post)
{
	if (post == NULL)
		return;
	db_table_close(post->sql);
	free(post);
}

static void
bind_due(struct db_query *q, const struct standing *standing)
{
	db_bind_i64(q, ":epoch", standing->cursor.epoch);
	db_bind_i64(q, ":settled", standing->settled);
	db_bind_i64(q, ":custody", RECEIPT_CUSTODY);
}

static enum status
add_due(struct filling *f, const struct db_query *q, struct err *err)
{
	const void *id, *envelope;
	size_t id_len, envelope_len;
	struct due *more, *d;

	if (f->n == f->room) {
		f->room = f->room == 0 ? 32 : 2 * f->room;
		more = realloc(f->due, f->room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		f->due = more;
	}
	d = &f->due[f->n];
	memset(d, 0, sizeof(*d));
	id = db_column_blob(q, 0, &id_len);
	envelope = db_column_blob(q, 1, &envelope_len);
	if (id_len != sizeof(d->change_id))
		return err_set(err, ST_UNTRUSTED, "a damaged change id");
	memcpy(d->change_id, id, id_len);
	if ((d->sealed = envelope_len == sizeof(d->envelope)))
		memcpy(d->envelope, envelope, envelope_len);
	d->desk = db_column_i64(q, 2) != 0;
	f->n++;
	return ST_OK;
}

static enum status
list_due(struct post *post, const struct standing *standing, struct filling *f,
    struct err *err)
{
	struct db_query *q = db_query(post->sql, Q_DUE);
	enum status st;

	bind_due(q, standing);
	while ((st = db_fetch(q, err)) == ST_OK)
		if ((st = add_due(f, q, err)) != ST_OK)
			break;
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static int
compare_names(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Does the spool hold it, sealed to the key that the server has now? */
static bool
is_ready(struct post *post, const struct filling *f, const struct due *d)
{
	struct envelope_head head;
	uint8_t *bytes = NULL;
	size_t len, whole;
	struct err err;
	bool ready;

	if (!d->sealed || f->nnames == 0 ||
	    bsearch(d->envelope, f->names, f->nnames, 32, compare_names) ==
		NULL)
		return false;
	ready = spool_read(post->spool, SPOOL_ENVELOPE, d->envelope, &bytes,
		    &len, &err) == ST_OK &&
	    envelope_peek(&head, &whole, bytes, len, &err) == ST_OK &&
	    head.server_key == post->device->server.box_key;
	free(bytes);
	return ready;
}

/* Seal one set and put it into the spool. */
static enum status
seal_due(struct post *post, struct due *d, struct err *err)
{
	const struct device *device = post->device;
	struct db_query *q =
	    db_query(post->sql, d->desk ? Q_DESK_BYTES : Q_OWN_BYTES);
	struct envelope_head head = { .authority = device->authority,
		.server_key = device->server.box_key,
		.device = device->device };
	struct change_head change;
	struct writer env = { 0 };
	const void *bytes;
	size_t len;
	enum status st;

	db_bind_blob(q, ":change", d->change_id, sizeof(d->change_id));
	if ((st = db_fetch(q, err)) == ST_OK) {
		bytes = db_column_blob(q, 0, &len);
		st = change_peek(&change, head.change_id, bytes, len, err);
		head.writer = change.writer;
		head.seq = change.seq;
		if (st == ST_OK)
			st = envelope_pack(&env, &head, bytes, len,
			    device->server.box_public, device->transport, err);
	}
	db_done(q);
	if (st == ST_OK) {
		bundle_name(d->envelope, env.bytes, env.len);
		d->sealed = d->renamed = true;
		st = spool_put(post->spool, SPOOL_ENVELOPE, d->envelope,
		    env.bytes, env.len, err);
	}
	writer_free(&env);
	return st;
}

static enum status
note_envelopes(struct post *post, const struct filling *f, struct err *err)
{
	struct db_query *q;
	enum status st;
	size_t i;

	if ((st = db_begin(post->db, err)) != ST_OK)
		return st;
	for (i = 0; i < f->n && st == ST_OK; i++) {
		if (!f->due[i].renamed)
			continue;
		q = db_query(post->sql,
		    f->due[i].desk ? Q_DESK_ENVELOPE : Q_OWN_ENVELOPE);
		db_bind_blob(q, ":envelope", f->due[i].envelope, 32);
		db_bind_blob(q, ":change", f->due[i].change_id, 32);
		st = db_run(q, NULL, err);
	}
	if (st == ST_OK)
		st = db_commit(post->db, err);
	if (st != ST_OK)
		db_rollback(post->db);
	return st;
}

static int
compare_envelopes(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	return memcmp(x->envelope, y->envelope, sizeof(x->envelope));
}

/*
 * Does the store know the set in the envelope ${name}?  If not, the store is
 * an older copy, and the envelope may be all there is: it is sent, and goes
 * with its receipt.
 */
static bool
is_known(struct post *post, const uint8_t *name)
{
	struct db_query *q = db_query(post->sql, Q_KNOWN);
	struct envelope_head head;
	uint8_t *bytes = NULL;
	size_t len, whole;
	struct err err;
	bool known = true;

	if (spool_read(post->spool, SPOOL_ENVELOPE, name, &bytes, &len, &err) ==
		ST_OK &&
	    envelope_peek(&head, &whole, bytes, len, &err) == ST_OK) {
		db_bind_blob(
		    q, ":change", head.change_id, sizeof(head.change_id));
		known = db_fetch(q, &err) != ST_NOTFOUND;
		db_done(q);
	}
	free(bytes);
	return known;
}

/* What lies in the spool and is not due. */
static enum status
remove_rest(struct post *post, struct filling *f, struct err *err)
{
	struct due key;
	enum status st = ST_OK;
	size_t i;

	if (f->n > 0)
		qsort(f->due, f->n, sizeof(*f->due), compare_envelopes);
	for (i = 0; i < f->nnames && st == ST_OK; i++) {
		memcpy(key.envelope, f->names + i * 32, 32);
		if ((f->n == 0 ||
			bsearch(&key, f->due, f->n, sizeof(*f->due),
			    compare_envelopes) == NULL) &&
		    is_known(post, key.envelope))
			st = spool_remove(
			    post->spool, SPOOL_ENVELOPE, key.envelope, err);
	}
	return st;
}

enum status
post_fill(struct post *post, const struct standing *standing, struct err *err)
{
	struct filling f = { 0 };
	bool renamed = false;
	enum status st;
	size_t i;

	st = spool_list(post->spool, SPOOL_ENVELOPE, &f.names, &f.nnames, err);
	if (st == ST_OK)
		st = list_due(post, standing, &f, err);
	for (i = 0; i < f.n && st == ST_OK; i++) {
		if (is_ready(post, &f, &f.due[i]))
			continue;
		st = seal_due(post, &f.due[i], err);
		renamed = true;
	}
	if (st == ST_OK && renamed)
		st = note_envelopes(post, &f, err);
	if (st == ST_OK)
		st = remove_rest(post, &f, err);
	free(f.names);
	free(f.due);
	if (st != ST_OK)
		err_wrap(err, "put what is due into the spool");
	return st;
}

enum status
post_count(struct post *post, const struct standing *standing, size_t *n,
    struct err *err)
{
	struct db_query *q = db_query(post->sql, Q_COUNT_DUE);
	enum status st;

	*n = 0;
	bind_due(q, standing);
	if ((st = db_fetch(q, err)) == ST_OK)
		*n = (size_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}
