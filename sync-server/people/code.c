#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/code.h"
#include "sync-server/people/people_internal.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#define HOUR_MS ((int64_t)3600 * 1000)

static enum status
check_label(const char *label, struct err *err)
{
	size_t i, len = strlen(label);

	if (len == 0 || len > CARD_LABEL_MAX)
		return err_set(err, ST_INVALID,
		    "a label of %zu bytes; 1 to %d are allowed (initials)", len,
		    CARD_LABEL_MAX);
	if (!utf8_valid(label, len))
		return err_set(err, ST_INVALID, "a label that is not UTF-8");
	for (i = 0; i < len; i++) {
		if ((unsigned char)label[i] <= 0x20 || label[i] == 0x7f)
			return err_set(err, ST_INVALID,
			    "a label with a space or control character");
	}
	return ST_OK;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A laptop for a place that is no more would receive nothing. */
static enum status
check_ended(
    const struct server *server, const struct region *region, struct err *err)
{
	uint64_t now = region_current(server->regions, region->code);
	char text[REGION_TEXT_SIZE], successor[REGION_TEXT_SIZE];

	if (region->valid_to == DAY_NONE)
		return ST_OK;
	region_print(region->code, text);
	region_print(now, successor);
	if (now == 0)
		return err_set(err, ST_INVALID,
		    "region %s is no more, and what took its place is not "
		    "known",
		    text);
	return err_set(err, ST_INVALID, "region %s is no more; it is %s now",
	    text, successor);
}

/* Check the villages; append them to ${out}, ascending and each once. */
static enum status
pack_places(struct writer *out, const struct server *server,
    const struct code_terms *terms, struct err *err)
{
	uint64_t scope = region_from_authority(server->authority);
	uint64_t places[CARD_PLACES_MAX];
	char text[REGION_TEXT_SIZE];
	struct region region;
	size_t i;

	if (terms->nplaces == 0 || terms->nplaces > CARD_PLACES_MAX)
		return err_set(err, ST_INVALID,
		    "%zu villages; 1 to %d are allowed (a kecamatan's code "
		    "stands for all of its villages)",
		    terms->nplaces, CARD_PLACES_MAX);
	memcpy(places, terms->places, terms->nplaces * sizeof(places[0]));
	qsort(places, terms->nplaces, sizeof(places[0]), compare);
	for (i = 0; i < terms->nplaces; i++) {
		region_print(places[i], text);
		if (!region_within(scope, places[i]))
			return err_set(err, ST_INVALID,
			    "region %s is not this server's", text);
		if (!region_find(server->regions, places[i], &region))
			return err_set(
			    err, ST_INVALID, "there is no region %s", text);
		if (check_ended(server, &region, err) != ST_OK)
			return err->status;
		if (i == 0 || places[i] != places[i - 1])
			writer_u64(out, places[i]);
	}
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

static enum status
note(struct server *server, const uint8_t id[32],
    const struct code_terms *terms, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_CODE,
		.facts = { { AUDIT_OF_PERSON, terms->person, NULL },
		    { AUDIT_EXPIRES,
			(uint64_t)(env_now_ms(server->env) +
			    (int64_t)terms->hours * HOUR_MS),
			NULL },
		    { AUDIT_CODE_ID, 0, id } } };

	return audit_append(server, &entry, err);
}

static enum status
insert(struct server *server, const uint8_t code[CARD_CODE_LEN],
    const struct code_terms *terms, const struct person *person,
    const struct writer *places, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_CODE_ADD);
	int64_t now = env_now_ms(server->env);
	uint8_t id[32], key[32];
	enum status st;

	card_code_id(id, code);
	card_code_key(key, code);
	db_bind_blob(q, ":id", id, sizeof(id));
	db_bind_blob(q, ":key", key, sizeof(key));
	db_bind_i64(q, ":person", person->number);
	db_bind_i64(q, ":role", person->role);
	db_bind_text(q, ":label", terms->label);
	db_bind_blob(q, ":places", places->bytes, places->len);
	db_bind_i64(q, ":now", now);
	db_bind_i64(q, ":expires", now + (int64_t)terms->hours * HOUR_MS);
	st = db_run(q, NULL, err);
	crypto_wipe(key, sizeof(key));
	return st == ST_OK ? note(server, id, terms, err) : st;
}

enum status
code_issue(char out[CARD_CODE_TEXT_SIZE], struct server *server,
    const struct code_terms *terms, struct err *err)
{
	uint8_t code[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	struct writer places = { 0 };
	struct person person;
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = check_label(terms->label, err)) != ST_OK ||
	    (st = pack_places(&places, server, terms, err)) != ST_OK ||
	    (st = person_get(server, terms->person, &person, err)) != ST_OK)
		goto out;
	if (terms->hours == 0 || terms->hours > CODE_HOURS_MAX) {
		st = err_set(err, ST_INVALID,
		    "a code for %u hours; 1 to %d are allowed", terms->hours,
		    CODE_HOURS_MAX);
		goto out;
	}
	if (person.role != PERSON_ENUMERATOR &&
	    person.role != PERSON_COORDINATOR) {
		st = err_set(err, ST_INVALID,
		    "person %u is %s and works at the desk, not on a laptop",
		    person.number, person_role_name(person.role));
		goto out;
	}
	env_random(server->env, code, sizeof(code));
	if ((st = insert(server, code, terms, &person, &places, err)) != ST_OK)
		goto out;
	if ((st = store_commit(server->store, err)) != ST_OK)
		goto out;
	card_fingerprint(fingerprint, server->keys.root.public);
	card_code_print(out, code, fingerprint);
out:
	store_rollback(server->store);
	server_unlock(server);
	writer_free(&places);
	crypto_wipe(code, sizeof(code));
	if (st != ST_OK)
		err_wrap(err, "make a one-time code");
	return st;
}
