#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/people_internal.h"
#include "sync-server/people/person.h"
#include "sync-server/people/readmit.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* What is shown, verified. */
struct shown {
	struct device_card device;
	struct writer_card writer;
};

static enum status
read_shown(struct shown *out, struct server *server, const uint8_t *bytes,
    size_t len, struct err *err)
{
	const uint8_t *public = server->keys.card.public;
	const uint8_t *device, *writer;
	size_t device_len, writer_len;
	struct writer plain = { 0 };
	enum status st;

	if (len > ENROL_REQUEST_MAX)
		return err_set(err, ST_INVALID, "cards of %zu bytes", len);
	st = seal_open(&plain, bytes, len, &server->keys.box, err);
	if (st == ST_OK)
		st = enrol_reply_unpack(&device, &device_len, &writer,
		    &writer_len, plain.bytes, plain.len, err);
	if (st == ST_OK)
		st = device_card_unpack(
		    &out->device, device, device_len, public, err);
	if (st == ST_OK)
		st = writer_card_unpack(
		    &out->writer, writer, writer_len, public, err);
	if (st == ST_OK &&
	    (out->device.authority != server->authority ||
		out->writer.authority != server->authority ||
		out->writer.device != out->device.device ||
		out->writer.writer == 0 || out->writer.person == 0))
		st = err_set(
		    err, ST_UNTRUSTED, "the cards are not of one laptop here");
	writer_free(&plain);
	return st;
}

static enum status
check_restored(struct server *server, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_RESTORED);
	enum status st = db_fetch(q, err);

	db_done(q);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_UNTRUSTED,
		    "nothing is unknown here: this server was not restored");
	return st;
}

static bool
is_key(const struct db_query *q, int column, const uint8_t key[32])
{
	size_t len;
	const void *bytes = db_column_blob(q, column, &len);

	return len == 32 && memcmp(bytes, key, 32) == 0;
}

static enum status
put_device(struct server *server, const struct device_card *card, bool *is_new,
    struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_DEVICE_GET);
	struct store_state *state = store_state(server->store);
	enum status st;
	bool same;

	db_bind_i64(q, ":device", card->device);
	st = db_fetch(q, err);
	same = st == ST_OK && is_key(q, 1, card->transport_public) &&
	    is_key(q, 2, card->box_public);
	db_done(q);
	if (st == ST_OK)
		return same ? ST_OK
			    : err_set(err, ST_UNTRUSTED,
				  "laptop %u has other keys", card->device);
	if (st != ST_NOTFOUND)
		return st;
	*is_new = true;
	if (state->next_device <= card->device)
		state->next_device = card->device + 1;
	q = db_query(server->people->sql, Q_DEVICE_ADD);
	db_bind_i64(q, ":device", card->device);
	db_bind_blob(q, ":transport", card->transport_public, 32);
	db_bind_blob(q, ":box", card->box_public, 32);
	db_bind_i64(q, ":now", card->issued_ms);
	return db_run(q, NULL, err);
}

/* Their number as it was; that of their name, if they were added again. */
static enum status
put_person(struct server *server, const struct writer_card *card,
    uint32_t *number, struct err *err)
{
	struct store_state *state = store_state(server->store);
	struct person person;
	struct db_query *q;
	enum status st;

	*number = card->person;
	st = person_get(server, card->person, &person, err);
	if (st == ST_OK)
		return strcmp(person.name, card->name) == 0
		    ? ST_OK
		    : err_set(err, ST_UNTRUSTED, "person %u is somebody else",
			  card->person);
	if (st != ST_NOTFOUND)
		return st;
	st = person_find(server, card->name, &person, err);
	if (st == ST_OK)
		*number = person.number;
	if (st != ST_NOTFOUND)
		return st;
	if (state->next_person <= card->person)
		state->next_person = card->person + 1;
	q = db_query(server->people->sql, Q_PERSON_ADD);
	db_bind_i64(q, ":number", card->person);
	db_bind_text(q, ":name", card->name);
	db_bind_i64(q, ":role", card->role);
	db_bind_i64(q, ":now", card->issued_ms);
	return db_run(q, NULL, err);
}

static enum status
add_writer(struct server *server, const struct writer_card *card,
    uint32_t person, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_WRITER_ADD);
	struct store_state *state = store_state(server->store);
	struct writer places = { 0 };
	enum status st;
	uint16_t i;

	if (state->next_writer <= card->writer)
		state->next_writer = card->writer + 1;
	db_bind_i64(q, ":writer", card->writer);
	db_bind_i64(q, ":device", card->device);
	db_bind_i64(q, ":person", person);
	db_bind_blob(q, ":public", card->sign_public, 32);
	db_bind_i64(q, ":now", card->issued_ms);
	db_bind_i64(q, ":former", 0);
	db_bind_blob(q, ":recovery", NULL, 0);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st == ST_CONFLICT
		    ? err_set(err, ST_UNTRUSTED, "that signing key is in use")
		    : st;
	for (i = 0; i < card->nplaces; i++)
		writer_u64(&places, card->places[i]);
	q = db_query(server->people->sql, Q_CARD_ADD);
	db_bind_i64(q, ":writer", card->writer);
	db_bind_i64(q, ":from", card->from_seq);
	db_bind_i64(q, ":role", card->role);
	db_bind_text(q, ":label", card->label);
	db_bind_blob(q, ":places", places.bytes, places.len);
	db_bind_i64(q, ":now", card->issued_ms);
	st = writer_ok(&places) ? db_run(q, NULL, err)
				: err_set(err, ST_NOMEM, "no memory");
	writer_free(&places);
	return st;
}

static enum status
put_writer(struct server *server, const struct writer_card *card, bool *is_new,
    struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_WRITER_GET);
	uint32_t person;
	enum status st;
	bool same;

	db_bind_i64(q, ":writer", card->writer);
	st = db_fetch(q, err);
	same = st == ST_OK && db_column_i64(q, 0) == card->device &&
	    is_key(q, 2, card->sign_public);
	db_done(q);
	if (st == ST_OK)
		return same ? ST_OK
			    : err_set(err, ST_UNTRUSTED,
				  "writer %u has another key", card->writer);
	if (st != ST_NOTFOUND ||
	    (st = put_person(server, card, &person, err)) != ST_OK)
		return st;
	*is_new = true;
	return add_writer(server, card, person, err);
}

static enum status
put(struct server *server, const struct shown *shown, bool *is_new,
    struct err *err)
{
	const struct audit_entry done = { .kind = AUDIT_READMIT,
		.facts = { { AUDIT_OF_PERSON, shown->writer.person, NULL },
		    { AUDIT_LAPTOP, shown->device.device, NULL },
		    { AUDIT_WRITER, shown->writer.writer, NULL } } };
	enum status st;

	*is_new = false;
	if ((st = check_restored(server, err)) != ST_OK ||
	    (st = put_device(server, &shown->device, is_new, err)) != ST_OK ||
	    (st = put_writer(server, &shown->writer, is_new, err)) != ST_OK)
		return st;
	return *is_new ? audit_append(server, &done, err) : ST_OK;
}

enum status
readmit(
    struct server *server, const uint8_t *bytes, size_t len, struct err *err)
{
	struct shown shown;
	enum status st;
	bool is_new;

	if ((st = read_shown(&shown, server, bytes, len, err)) != ST_OK)
		return err_wrap(err, "cards");
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = put(server, &shown, &is_new, err);
	if (st == ST_OK && is_new)
		st = store_commit(server->store, err);
	if (st == ST_OK && is_new)
		st = people_reload(server->people, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	return st == ST_OK ? st : err_wrap(err, "cards");
}
