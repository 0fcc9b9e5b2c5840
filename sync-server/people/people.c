#include <stdlib.h>
#include <string.h>

#include "common/base/reader.h"

#include "sync-server/people/people_internal.h"

enum status
people_places_read(
    uint64_t *out, uint16_t *n, const void *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	size_t i;

	*n = 0;
	if (len == 0 || len % 8 != 0 || len / 8 > CARD_PLACES_MAX)
		return err_set(err, ST_BUG, "villages of %zu bytes", len);
	for (i = 0; i < len / 8; i++)
		out[i] = reader_u64(&r);
	*n = (uint16_t)(len / 8);
	return ST_OK;
}

/* Make room for one more of ${size} bytes in the array at *${array}. */
static enum status
grow(void **array, size_t n, size_t size, struct err *err)
{
	void *more;

	if (n != 0 && (n & (n - 1)) != 0)
		return ST_OK;
	if ((more = realloc(*array, (n == 0 ? 1 : 2 * n) * size)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for look-ups");
	*array = more;
	return ST_OK;
}

static enum status
copy_key(uint8_t out[32], struct db_query *q, int column, struct err *err)
{
	const void *bytes;
	size_t len;

	bytes = db_column_blob(q, column, &len);
	if (len != 32)
		return err_set(err, ST_BUG, "key of %zu bytes", len);
	memcpy(out, bytes, 32);
	return ST_OK;
}

static enum status
load_devices(
    struct people *p, struct people_device **out, size_t *n, struct err *err)
{
	struct db_query *q = db_query(p->sql, Q_DEVICE_EACH);
	struct people_device *d;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		st = grow((void **)out, *n, sizeof(**out), err);
		if (st != ST_OK)
			break;
		d = &(*out)[*n];
		memset(d, 0, sizeof(*d));
		d->device = (uint32_t)db_column_i64(q, 0);
		if ((st = copy_key(d->transport_public, q, 1, err)) != ST_OK ||
		    (st = copy_key(d->box_public, q, 2, err)) != ST_OK)
			break;
		(*n)++;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/*
 * ${writer} took the place of ${former}, and so of whom that had replaced;
 * it has a lower number and is among the ${n} cards read before.
 */
static void
note_former(struct people_writer *writer, const struct people_card *cards,
    size_t n, uint32_t former)
{
	size_t i;

	if (former == 0)
		return;
	writer->former[writer->nformer++] = former;
	for (i = n; i > 0; i--)
		if (cards[i - 1].writer.writer == former)
			break;
	if (i == 0)
		return;
	n = cards[i - 1].writer.nformer;
	if (n > PEOPLE_FORMER_MAX - 1)
		n = PEOPLE_FORMER_MAX - 1;
	memcpy(writer->former + 1, cards[i - 1].writer.former,
	    n * sizeof(*writer->former));
	writer->nformer = (uint8_t)(n + 1);
}

static enum status
load_cards(
    struct people *p, struct people_card **out, size_t *n, struct err *err)
{
	struct db_query *q = db_query(p->sql, Q_CARD_EACH);
	struct people_writer *w;
	const void *places;
	enum status st;
	size_t len;

	while ((st = db_fetch(q, err)) == ST_OK) {
		st = grow((void **)out, *n, sizeof(**out), err);
		if (st != ST_OK)
			break;
		memset(&(*out)[*n], 0, sizeof(**out));
		(*out)[*n].from_seq = (uint32_t)db_column_i64(q, 1);
		w = &(*out)[*n].writer;
		w->writer = (uint32_t)db_column_i64(q, 0);
		w->device = (uint32_t)db_column_i64(q, 2);
		w->person = (uint32_t)db_column_i64(q, 3);
		w->role = (enum card_role)db_column_i64(q, 5);
		note_former(w, *out, *n, (uint32_t)db_column_i64(q, 7));
		w->booked = db_column_i64(q, 8) != 0;
		if ((st = copy_key(w->sign_public, q, 4, err)) != ST_OK)
			break;
		places = db_column_blob(q, 6, &len);
		st = people_places_read(
		    w->places, &w->nplaces, places, len, err);
		if (st != ST_OK)
			break;
		(*n)++;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static int
by_device(const void *key, const void *item)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct people_device *)item)->device;

	return (a > b) - (a < b);
}

/* The first card of ${writer}; *${n} of them. */
static struct people_card *
cards_of(struct people_card *cards, size_t ncards, uint32_t writer, size_t *n)
{
	size_t low = 0, high = ncards, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (cards[mid].writer.writer < writer)
			low = mid + 1;
		else
			high = mid;
	}
	for (*n = 0; low + *n < ncards; (*n)++) {
		if (cards[low + *n].writer.writer != writer)
			break;
	}
	return *n == 0 ? NULL : cards + low;
}

static enum status
load_revocations(struct people *p, struct people_device *devices,
    size_t ndevices, struct people_card *cards, size_t ncards, struct err *err)
{
	struct db_query *q = db_query(p->sql, Q_REVOKE_EACH);
	struct people_device *d;
	struct people_card *c;
	uint32_t number;
	enum status st;
	size_t i, n;

	while ((st = db_fetch(q, err)) == ST_OK) {
		number = (uint32_t)db_column_i64(q, 1);
		if (db_column_i64(q, 0) == PEOPLE_REVOKED_DEVICE) {
			d = devices == NULL
			    ? NULL
			    : bsearch(&number, devices, ndevices, sizeof(*d),
				  by_device);
			if (d != NULL)
				d->revoked = true;
			continue;
		}
		c = cards_of(cards, ncards, number, &n);
		for (i = 0; i < n; i++) {
			c[i].writer.revoked = true;
			c[i].writer.cut_seq = (uint32_t)db_column_i64(q, 2);
			st = copy_key(c[i].writer.cut_id, q, 3, err);
			if (st != ST_OK)
				goto out;
		}
	}
out:
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
people_reload(struct people *p, struct err *err)
{
	struct people_device *devices = NULL, *old_devices;
	struct people_card *cards = NULL, *old_cards;
	size_t ndevices = 0, ncards = 0;
	enum status st;

	if ((st = load_devices(p, &devices, &ndevices, err)) != ST_OK ||
	    (st = load_cards(p, &cards, &ncards, err)) != ST_OK ||
	    (st = load_revocations(p, devices, ndevices, cards, ncards, err)) !=
		ST_OK)
		goto out;

	pthread_rwlock_wrlock(&p->lock);
	old_devices = p->devices;
	old_cards = p->cards;
	p->devices = devices;
	p->cards = cards;
	p->ndevices = ndevices;
	p->ncards = ncards;
	pthread_rwlock_unlock(&p->lock);
	devices = old_devices;
	cards = old_cards;
out:
	free(devices);
	free(cards);
	if (st != ST_OK)
		err_wrap(err, "read who is who");
	return st;
}

enum status
people_open(struct people **out, struct db *db, struct err *err)
{
	struct people *p;
	enum status st;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ST_NOMEM, "open people: no memory");
	p->db = db;
	if (pthread_rwlock_init(&p->lock, NULL) != 0) {
		free(p);
		return err_set(err, ST_NOMEM, "open people: no lock");
	}
	st = db_table_open(&p->sql, db, people_sql, PEOPLE_SQL_COUNT, err);
	if (st != ST_OK)
		goto out;
	if ((st = people_reload(p, err)) != ST_OK)
		goto out;

	*out = p;
	p = NULL;
out:
	if (st != ST_OK)
		err_wrap(err, "open people");
	people_close(p);
	return st;
}

void
people_close(struct people *p)
{
	if (p == NULL)
		return;
	db_table_close(p->sql);
	pthread_rwlock_destroy(&p->lock);
	free(p->devices);
	free(p->cards);
	free(p);
}

enum status
people_device(struct people *p, uint32_t device, struct people_device *out,
    struct err *err)
{
	const struct people_device *d = NULL;

	pthread_rwlock_rdlock(&p->lock);
	if (p->ndevices > 0)
		d = bsearch(
		    &device, p->devices, p->ndevices, sizeof(*d), by_device);
	if (d != NULL)
		*out = *d;
	pthread_rwlock_unlock(&p->lock);
	if (d == NULL)
		return err_set(err, ST_NOTFOUND, "no laptop %u", device);
	return ST_OK;
}

enum status
people_writer(struct people *p, uint32_t writer, uint32_t seq,
    struct people_writer *out, struct err *err)
{
	const struct people_card *c;
	size_t i, n;

	pthread_rwlock_rdlock(&p->lock);
	c = cards_of(p->cards, p->ncards, writer, &n);
	if (c != NULL) {
		for (i = 0; i + 1 < n && c[i + 1].from_seq <= seq; i++)
			;
		*out = c[i].writer;
	}
	pthread_rwlock_unlock(&p->lock);
	if (c == NULL)
		return err_set(err, ST_NOTFOUND, "no writer %u", writer);
	return ST_OK;
}

uint32_t
people_person(struct people *p, uint32_t writer)
{
	const struct people_card *c;
	uint32_t person = 0;
	size_t n;

	pthread_rwlock_rdlock(&p->lock);
	if ((c = cards_of(p->cards, p->ncards, writer, &n)) != NULL)
		person = c->writer.person;
	pthread_rwlock_unlock(&p->lock);
	return person;
}

/* Put ${place} where it belongs among the ${n} in ${places}, once. */
static size_t
add_place(uint64_t *places, size_t n, size_t max, uint64_t place)
{
	size_t i, at = 0;

	while (at < n && at < max && places[at] < place)
		at++;
	if (at < n && at < max && places[at] == place)
		return n;
	if (at < max) {
		for (i = n < max ? n : max - 1; i > at; i--)
			places[i] = places[i - 1];
		places[at] = place;
	}
	return n + 1;
}

size_t
people_places(struct people *p, uint32_t device, uint64_t *places, size_t max)
{
	const struct people_card *c;
	size_t i, j, n = 0;

	pthread_rwlock_rdlock(&p->lock);
	for (i = 0; i < p->ncards; i++) {
		c = &p->cards[i];
		if (c->writer.device != device || c->writer.revoked)
			continue;
		if (i + 1 < p->ncards && c[1].writer.writer == c->writer.writer)
			continue; /* not the newest */
		for (j = 0; j < c->writer.nplaces; j++)
			n = add_place(places, n, max, c->writer.places[j]);
	}
	pthread_rwlock_unlock(&p->lock);
	return n;
}

enum status
people_book(
    struct people *people, uint32_t writer, uint32_t of, struct err *err)
{
	struct db_query *q = db_query(people->sql, Q_BOOKED_ADD);
	int changed = 0;
	enum status st;

	db_bind_i64(q, ":writer", writer);
	db_bind_i64(q, ":of", of);
	st = db_run(q, &changed, err);
	if (st == ST_OK && changed == 0)
		st = err_set(err, ST_CONFLICT, "writer %u is another's already",
		    (unsigned)writer);
	return st;
}

static enum status
count(struct db_query *q, uint32_t *out, struct err *err)
{
	enum status st = db_fetch(q, err);

	if (st == ST_OK)
		*out = (uint32_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
people_count(struct people *p, int64_t now_ms, struct people_counts *out,
    struct err *err)
{
	struct db_query *q;
	enum status st;
	size_t i;

	memset(out, 0, sizeof(*out));
	st = count(db_query(p->sql, Q_PERSON_COUNT), &out->persons, err);
	if (st != ST_OK)
		return st;
	q = db_query(p->sql, Q_CODE_COUNT);
	db_bind_i64(q, ":now", now_ms);
	if ((st = count(q, &out->codes_open, err)) != ST_OK)
		return st;
	pthread_rwlock_rdlock(&p->lock);
	out->devices = (uint32_t)p->ndevices;
	for (i = 0; i < p->ncards; i++) {
		out->writers += i == 0 ||
		    p->cards[i].writer.writer != p->cards[i - 1].writer.writer;
	}
	pthread_rwlock_unlock(&p->lock);
	return ST_OK;
}

enum status
people_recovered_each(struct people *people,
    enum status (*each)(
	void *arg, const struct people_recovered *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(people->sql, Q_RECOVERED_EACH);
	struct people_recovered row;
	const void *request;
	enum status st;
	size_t len;

	while ((st = db_fetch(q, err)) == ST_OK) {
		memset(&row, 0, sizeof(row));
		row.writer = (uint32_t)db_column_i64(q, 0);
		row.device = (uint32_t)db_column_i64(q, 1);
		row.name = db_column_text(q, 2, NULL);
		row.former = (uint32_t)db_column_i64(q, 3);
		request = db_column_blob(q, 4, &len);
		if (len == sizeof(row.request))
			memcpy(row.request, request, len);
		row.time_ms = db_column_i64(q, 5);
		if ((st = each(arg, &row, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}
