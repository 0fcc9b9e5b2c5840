#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/enrol.h"
#include "sync-server/people/people_internal.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* What a code allows, as it is in the database. */
struct terms {
	uint8_t mac_key[32];
	uint32_t person;
	enum card_role role;
	int64_t expires_ms;
	uint32_t used_by; /* writer; 0: not used */
	char label[CARD_LABEL_MAX + 1];
	uint8_t places[8 * CARD_PLACES_MAX];
	size_t places_len;
};

static enum status
read_terms(struct server *server, const uint8_t id[32], struct terms *out,
    struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_CODE_GET);
	const void *key, *places;
	const char *label;
	size_t key_len, label_len;
	enum status st;

	memset(out, 0, sizeof(*out));
	db_bind_blob(q, ":id", id, 32);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	key = db_column_blob(q, 0, &key_len);
	label = db_column_text(q, 3, &label_len);
	places = db_column_blob(q, 4, &out->places_len);
	if (key_len != 32 || label_len > CARD_LABEL_MAX ||
	    out->places_len > sizeof(out->places)) {
		st = err_set(err, ST_BUG, "a code's row is out of shape");
		goto out;
	}
	memcpy(out->mac_key, key, 32);
	out->person = (uint32_t)db_column_i64(q, 1);
	out->role = (enum card_role)db_column_i64(q, 2);
	memcpy(out->label, label, label_len);
	memcpy(out->places, places, out->places_len);
	out->expires_ms = db_column_i64(q, 5);
	out->used_by = (uint32_t)db_column_i64(q, 6);
out:
	db_done(q);
	return st;
}

/* The device in the row that ${q} finds, as its card says. */
static enum status
fetch_device(struct server *server, struct db_query *q, struct device_card *out,
    struct err *err)
{
	const void *transport, *box;
	size_t tlen, blen;
	enum status st;

	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	memset(out, 0, sizeof(*out));
	transport = db_column_blob(q, 1, &tlen);
	box = db_column_blob(q, 2, &blen);
	if (tlen != 32 || blen != 32) {
		st = err_set(err, ST_BUG, "a laptop's row is out of shape");
		goto out;
	}
	out->authority = (uint16_t)server->authority;
	out->device = (uint32_t)db_column_i64(q, 0);
	memcpy(out->transport_public, transport, 32);
	memcpy(out->box_public, box, 32);
	out->issued_ms = db_column_i64(q, 3);
out:
	db_done(q);
	return st;
}

/* The laptop that asks: known by its transport key, or a new one. */
static enum status
find_device(struct server *server, const struct enrol_request *request,
    struct device_card *out, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_DEVICE_BY_KEY);
	enum status st;

	db_bind_blob(q, ":transport", request->transport_public, 32);
	st = fetch_device(server, q, out, err);
	if (st == ST_OK) {
		if (memcmp(out->box_public, request->box_public, 32) != 0 ||
		    (request->device != 0 && request->device != out->device))
			return err_set(err, ST_UNTRUSTED,
			    "laptop %u has other keys", out->device);
		return ST_OK;
	}
	if (st != ST_NOTFOUND)
		return st;
	if (request->device != 0)
		return err_set(err, ST_UNTRUSTED,
		    "laptop %u has another transport key", request->device);

	memset(out, 0, sizeof(*out));
	out->authority = (uint16_t)server->authority;
	out->device = store_state(server->store)->next_device++;
	memcpy(out->transport_public, request->transport_public, 32);
	memcpy(out->box_public, request->box_public, 32);
	out->issued_ms = env_now_ms(server->env);
	q = db_query(server->people->sql, Q_DEVICE_ADD);
	db_bind_i64(q, ":device", out->device);
	db_bind_blob(q, ":transport", out->transport_public, 32);
	db_bind_blob(q, ":box", out->box_public, 32);
	db_bind_i64(q, ":now", out->issued_ms);
	return db_run(q, NULL, err);
}

static enum status
add_writer(struct server *server, const struct enrol_request *request,
    const struct terms *terms, const struct device_card *device,
    struct err *err)
{
	struct store_state *state = store_state(server->store);
	struct db_query *q = db_query(server->people->sql, Q_WRITER_ADD);
	int64_t now = env_now_ms(server->env);
	uint32_t writer = state->next_writer++;
	enum status st;

	db_bind_i64(q, ":writer", writer);
	db_bind_i64(q, ":device", device->device);
	db_bind_i64(q, ":person", terms->person);
	db_bind_blob(q, ":public", request->sign_public, 32);
	db_bind_i64(q, ":now", now);
	db_bind_i64(q, ":former", request->former);
	db_bind_blob(q, ":recovery", request->recovery,
	    request->former != 0 ? sizeof(request->recovery) : 0);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st == ST_CONFLICT
		    ? err_set(err, ST_UNTRUSTED, "that signing key is in use")
		    : st;

	q = db_query(server->people->sql, Q_CARD_ADD);
	db_bind_i64(q, ":writer", writer);
	db_bind_i64(q, ":from", 1);
	db_bind_i64(q, ":role", terms->role);
	db_bind_text(q, ":label", terms->label);
	db_bind_blob(q, ":places", terms->places, terms->places_len);
	db_bind_i64(q, ":now", now);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;

	q = db_query(server->people->sql, Q_CODE_USE);
	db_bind_i64(q, ":writer", writer);
	db_bind_blob(q, ":id", request->code_id, 32);
	return db_run(q, NULL, err);
}

/*
 * Whose place is taken after a recovery: the same person's, on the same
 * laptop, and nobody else has taken it.
 */
static enum status
check_former(struct server *server, const struct enrol_request *request,
    const struct terms *terms, const struct device_card *device,
    struct err *err)
{
	struct people_writer former;
	enum status st;

	if (request->former == 0)
		return ST_OK;
	st = people_writer(server->people, request->former, 1, &former, err);
	if (st == ST_NOTFOUND)
		return err_set(err, ST_UNTRUSTED, "no writer %u to follow",
		    request->former);
	if (st != ST_OK)
		return st;
	if (former.person != terms->person || former.device != device->device)
		return err_set(err, ST_UNTRUSTED,
		    "writer %u was not this person on this laptop",
		    request->former);
	return ST_OK;
}

/* The keys of ${writer}, made with this code, must be those that ask now. */
static enum status
check_same(struct server *server, const struct enrol_request *request,
    uint32_t writer, struct device_card *device, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_WRITER_GET);
	uint32_t number = 0;
	const void *public;
	enum status st;
	bool same = false;
	size_t len;

	db_bind_i64(q, ":writer", writer);
	if ((st = db_fetch(q, err)) == ST_OK) {
		number = (uint32_t)db_column_i64(q, 0);
		public = db_column_blob(q, 2, &len);
		same =
		    len == 32 && memcmp(public, request->sign_public, 32) == 0;
	}
	db_done(q);
	if (st != ST_OK)
		return st;
	q = db_query(server->people->sql, Q_DEVICE_GET);
	db_bind_i64(q, ":device", number);
	if ((st = fetch_device(server, q, device, err)) != ST_OK)
		return st;
	if (!same ||
	    memcmp(device->transport_public, request->transport_public, 32) !=
		0 ||
	    memcmp(device->box_public, request->box_public, 32) != 0)
		return err_set(
		    err, ST_UNTRUSTED, "the code was used by another laptop");
	return ST_OK;
}

static enum status
read_card(struct server *server, uint32_t writer, uint32_t device,
    struct writer_card *out, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_CARD_FIRST);
	struct person person;
	const void *places;
	const char *label;
	size_t len, label_len;
	enum status st;

	memset(out, 0, sizeof(*out));
	out->person = people_person(server->people, writer);
	if ((st = person_get(server, out->person, &person, err)) != ST_OK)
		return st;
	memcpy(out->name, person.name, sizeof(out->name));
	out->authority = (uint16_t)server->authority;
	out->writer = writer;
	out->device = device;
	db_bind_i64(q, ":writer", writer);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	out->from_seq = (uint32_t)db_column_i64(q, 0);
	out->role = (enum card_role)db_column_i64(q, 1);
	out->issued_ms = db_column_i64(q, 4);
	label = db_column_text(q, 2, &label_len);
	places = db_column_blob(q, 3, &len);
	if (label_len > CARD_LABEL_MAX)
		st = err_set(err, ST_BUG, "a card's row is out of shape");
	else
		memcpy(out->label, label, label_len);
	if (st == ST_OK)
		st = people_places_read(
		    out->places, &out->nplaces, places, len, err);
	db_done(q);
	return st;
}

/* Who enrolled; where the recovery key was used, that. */
static enum status
note(struct server *server, const struct enrol_request *request,
    const struct terms *terms, uint32_t device, uint32_t writer,
    struct err *err)
{
	uint8_t number[32] = { 0 };
	struct audit_entry entry = { .kind = AUDIT_ENROL,
		.facts = { { AUDIT_OF_PERSON, terms->person, NULL },
		    { AUDIT_LAPTOP, device, NULL },
		    { AUDIT_WRITER, writer, NULL },
		    { AUDIT_CODE_ID, 0, request->code_id } } };

	if (request->former != 0) {
		entry.kind = AUDIT_RECOVER;
		memcpy(number, request->recovery, sizeof(request->recovery));
		entry.facts[4] =
		    (struct audit_fact){ AUDIT_FORMER, request->former, NULL };
		entry.facts[5] =
		    (struct audit_fact){ AUDIT_REQUEST, 0, number };
		/* Only their own machines know who answered. */
		entry.facts[6] =
		    (struct audit_fact){ AUDIT_CUSTODIANS, 0, NULL };
	}
	return audit_append(server, &entry, err);
}

/* Judge ${request} and keep what it makes; *${writer} is who asks. */
static enum status
enrol(struct server *server, const struct enrol_request *request,
    const uint8_t mac[32], struct device_card *device, uint32_t *writer,
    struct err *err)
{
	struct terms terms;
	enum status st;

	st = read_terms(server, request->code_id, &terms, err);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_UNTRUSTED, "there is no such code");
	if (st != ST_OK)
		goto out;
	st = enrol_request_proves(request, mac, terms.mac_key, err);
	if (st != ST_OK)
		goto out;
	if (terms.used_by != 0) {
		*writer = terms.used_by;
		st = check_same(server, request, *writer, device, err);
		goto out;
	}
	if (env_now_ms(server->env) >= terms.expires_ms) {
		st = err_set(err, ST_UNTRUSTED, "the code is too old");
		goto out;
	}
	*writer = store_state(server->store)->next_writer;
	if ((st = find_device(server, request, device, err)) == ST_OK)
		st = check_former(server, request, &terms, device, err);
	if (st == ST_OK)
		st = add_writer(server, request, &terms, device, err);
	if (st == ST_OK)
		st =
		    note(server, request, &terms, device->device, *writer, err);
out:
	crypto_wipe(terms.mac_key, sizeof(terms.mac_key));
	return st;
}

enum status
enrol_answer(struct server *server, const uint8_t *bytes, size_t len,
    struct writer *out, struct err *err)
{
	struct enrol_request request;
	struct device_card device;
	struct writer_card card;
	uint8_t mac[32];
	uint32_t writer = 0;
	enum status st;

	st = enrol_request_unpack(
	    &request, mac, bytes, len, &server->keys.box, err);
	if (st != ST_OK)
		return err_wrap(err, "enrol");
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = enrol(server, &request, mac, &device, &writer, err);
	if (st != ST_OK)
		goto out;
	if ((st = store_commit(server->store, err)) != ST_OK)
		goto out;
	if ((st = people_reload(server->people, err)) != ST_OK ||
	    (st = read_card(server, writer, device.device, &card, err)) !=
		ST_OK)
		goto out;
	/* The same as in its row: check_same(), add_writer(). */
	memcpy(card.sign_public, request.sign_public, sizeof(card.sign_public));
	st = enrol_reply_pack(out, &device, &card, &server->keys.card, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	if (st != ST_OK)
		err_wrap(err, "enrol");
	return st;
}

enum status
enrol_card(
    struct server *server, uint32_t writer, struct writer *out, struct err *err)
{
	struct people_writer keys;
	struct writer_card card;
	enum status st;

	st = people_writer(server->people, writer, 0, &keys, err);
	if (st == ST_OK)
		st = read_card(server, writer, keys.device, &card, err);
	if (st != ST_OK)
		return st;
	memcpy(card.sign_public, keys.sign_public, sizeof(card.sign_public));
	return writer_card_pack(out, &card, &server->keys.card, err);
}
