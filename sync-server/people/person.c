#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/utf8.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/people_internal.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

static const char *const ROLES[] = {
	[PERSON_ENUMERATOR] = "enumerator",
	[PERSON_COORDINATOR] = "coordinator",
	[PERSON_REVIEWER] = "reviewer",
	[PERSON_APPROVER] = "approver",
};

#define NROLES (sizeof(ROLES) / sizeof(ROLES[0]))

const char *
person_role_name(enum person_role role)
{
	return role > 0 && role < NROLES ? ROLES[role] : "?";
}

enum status
person_role_parse(enum person_role *out, const char *text, struct err *err)
{
	size_t i;

	for (i = 1; i < NROLES; i++) {
		if (strcmp(text, ROLES[i]) == 0) {
			*out = (enum person_role)i;
			return ST_OK;
		}
	}
	return err_set(err, ST_INVALID,
	    "a role is enumerator, coordinator, "
	    "reviewer or approver");
}

static bool
is_number(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static enum status
check_name(const char *name, struct err *err)
{
	size_t i, len = strlen(name);

	if (len == 0 || len > CARD_NAME_MAX)
		return err_set(err, ST_INVALID,
		    "a name of %zu bytes; 1 to %d are allowed", len,
		    CARD_NAME_MAX);
	if (!utf8_valid(name, len))
		return err_set(err, ST_INVALID, "a name that is not UTF-8");
	for (i = 0; i < len; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return err_set(err, ST_INVALID,
			    "a name with a control character in it");
	}
	if (is_number(name))
		return err_set(err, ST_INVALID,
		    "a name of digits only would be taken for a number");
	return ST_OK;
}

/* Take the row that ${q} stands on. */
static void
take(struct person *out, const struct db_query *q)
{
	const char *name;
	size_t len;

	memset(out, 0, sizeof(*out));
	out->number = (uint32_t)db_column_i64(q, 0);
	out->role = (enum person_role)db_column_i64(q, 1);
	out->made_ms = db_column_i64(q, 2);
	name = db_column_text(q, 3, &len);
	if (len > CARD_NAME_MAX)
		len = CARD_NAME_MAX;
	if (name != NULL)
		memcpy(out->name, name, len);
}

static enum status
fetch_one(struct db_query *q, struct person *out, struct err *err)
{
	enum status st = db_fetch(q, err);

	if (st == ST_OK)
		take(out, q);
	db_done(q);
	if (st == ST_NOTFOUND)
		err_set(err, st,
		    "there is no such person; `person list` "
		    "shows who there is");
	return st;
}

enum status
person_get(
    struct server *server, uint32_t number, struct person *out, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_PERSON_GET);

	db_bind_i64(q, ":number", number);
	return fetch_one(q, out, err);
}

static enum status
named(struct server *server, const char *name, struct person *out,
    struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_PERSON_NAMED);

	db_bind_text(q, ":name", name);
	return fetch_one(q, out, err);
}

enum status
person_find(struct server *server, const char *text, struct person *out,
    struct err *err)
{
	if (is_number(text) && strlen(text) <= 9)
		return person_get(
		    server, (uint32_t)strtoul(text, NULL, 10), out, err);
	return named(server, text, out, err);
}

enum status
person_desk(struct server *server, const char *text, int approver,
    struct person *out, struct err *err)
{
	enum status st = person_find(server, text, out, err);

	if (st != ST_OK)
		return st;
	if (out->role == PERSON_APPROVER)
		return ST_OK;
	if (approver)
		return err_set(err, ST_UNTRUSTED,
		    "person %u is %s; only an approver may do this",
		    out->number, person_role_name(out->role));
	if (out->role != PERSON_REVIEWER)
		return err_set(err, ST_UNTRUSTED,
		    "person %u is %s; only a reviewer or approver may do this",
		    out->number, person_role_name(out->role));
	return ST_OK;
}

static enum status
insert(struct server *server, const struct person *person, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_PERSON_ADD);

	db_bind_i64(q, ":number", person->number);
	db_bind_text(q, ":name", person->name);
	db_bind_i64(q, ":role", person->role);
	db_bind_i64(q, ":now", person->made_ms);
	return db_run(q, NULL, err);
}

static enum status
note(struct server *server, const struct person *person, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_PERSON,
		.facts = { { AUDIT_OF_PERSON, person->number, NULL },
		    { AUDIT_ROLE, person->role, NULL } } };

	return audit_append(server, &entry, err);
}

enum status
person_add(struct server *server, const char *name, enum person_role role,
    struct person *out, struct err *err)
{
	struct person person = { 0 };
	enum status st;

	if ((st = check_name(name, err)) != ST_OK)
		return err_wrap(err, "add a person");
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = named(server, name, &person, err);
	if (st == ST_OK && person.role != role)
		st = err_set(err, ST_CONFLICT,
		    "number %u has that name and is %s; nothing was changed",
		    person.number, person_role_name(person.role));
	if (st != ST_NOTFOUND)
		goto out;

	person.number = store_state(server->store)->next_person++;
	person.role = role;
	person.made_ms = env_now_ms(server->env);
	memcpy(person.name, name, strlen(name) + 1);
	if ((st = insert(server, &person, err)) != ST_OK ||
	    (st = note(server, &person, err)) != ST_OK)
		goto out;
	st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	if (st == ST_OK)
		*out = person;
	else
		err_wrap(err, "add a person");
	return st;
}

enum status
person_each(struct server *server,
    enum status (*each)(
	void *arg, const struct person *person, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_PERSON_EACH);
	struct person person;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		take(&person, q);
		if ((st = each(arg, &person, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}
