#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/store/db.h"

#include "sync-server/import/imported.h"

#define DOMAIN "padu/import-key/v1"
#define VALUE_LEN 10 /* u16 register, u64 hash */

struct imported {
	struct db_table *sql;
	uint8_t salt[KEY_LEN];
};

enum {
	Q_SALT,
	Q_SALT_PUT,
	Q_FAMILY,
	Q_FAMILY_PUT,
	Q_PERSONS,
	Q_PERSON_PUT,
	Q_VALUES,
	Q_VALUES_PUT,
	Q_FORGET_PERSON,
	Q_FORGET_VALUES,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_SALT] = "SELECT salt FROM import_salt",

	[Q_SALT_PUT] = "INSERT INTO import_salt (only, salt)"
		       " VALUES (1, :salt)",

	[Q_FAMILY] = "SELECT household FROM import_family WHERE key = :key",

	[Q_FAMILY_PUT] = "INSERT INTO import_family (key, household)"
			 " VALUES (:key, :household)",

	[Q_PERSONS] = "SELECT person, identity, name, born FROM import_person"
		      " WHERE household = :household ORDER BY person",

	[Q_PERSON_PUT] =
	    "INSERT INTO import_person (person, household, identity,"
	    " name, born) VALUES (:person, :household, :identity,"
	    " :name, :born) ON CONFLICT (person) DO UPDATE SET"
	    " household = :household, identity = :identity, name = :name,"
	    " born = :born",

	[Q_VALUES] = "SELECT body FROM import_values WHERE record = :record",

	[Q_VALUES_PUT] = "INSERT INTO import_values (record, body)"
			 " VALUES (:record, :body) ON CONFLICT (record)"
			 " DO UPDATE SET body = :body",

	[Q_FORGET_PERSON] = "UPDATE import_person"
			    " SET identity = 0, name = 0, born = 0"
			    " WHERE person = :record",

	[Q_FORGET_VALUES] = "DELETE FROM import_values"
			    " WHERE record = :record",
};

static enum status
read_salt(struct imported *imp, const struct env *env, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_SALT);
	const void *salt;
	enum status st;
	size_t len;

	if ((st = db_fetch(q, err)) == ST_OK) {
		salt = db_column_blob(q, 0, &len);
		if (len == sizeof(imp->salt))
			memcpy(imp->salt, salt, len);
		else
			st = err_set(err, ST_BUG, "a salt of %zu bytes", len);
	}
	db_done(q);
	if (st != ST_NOTFOUND)
		return st;
	env_random(env, imp->salt, sizeof(imp->salt));
	q = db_query(imp->sql, Q_SALT_PUT);
	db_bind_blob(q, ":salt", imp->salt, sizeof(imp->salt));
	return db_run(q, NULL, err);
}

enum status
imported_open(struct imported **out, struct db *db, const struct env *env,
    struct err *err)
{
	struct imported *imp;
	enum status st;

	*out = NULL;
	if ((imp = calloc(1, sizeof(*imp))) == NULL)
		return err_set(err, ST_NOMEM, "open imports: no memory");
	if ((st = db_table_open(&imp->sql, db, SQL, Q_COUNT, err)) != ST_OK ||
	    (st = read_salt(imp, env, err)) != ST_OK) {
		imported_close(imp);
		return err_wrap(err, "open imports");
	}
	*out = imp;
	return ST_OK;
}

void
imported_close(struct imported *imp)
{
	if (imp == NULL)
		return;
	db_table_close(imp->sql);
	free(imp);
}

static void
hash_of(const struct imported *imp, const char *what, const void *text,
    size_t len, uint8_t out[HASH_LEN])
{
	uint8_t key[KEY_LEN];

	hash_derive(key, imp->salt, DOMAIN, what, strlen(what));
	hash_derive(out, key, DOMAIN, text, len);
}

uint64_t
imported_hash(
    const struct imported *imp, const char *what, const void *text, size_t len)
{
	uint8_t hash[HASH_LEN];
	struct reader r;
	uint64_t number;

	if (len == 0)
		return 0;
	hash_of(imp, what, text, len, hash);
	r = reader_start(hash, sizeof(hash));
	number = reader_u64(&r) >> 1; /* fits SQLite's integers */
	return number != 0 ? number : 1;
}

void
imported_key(
    const struct imported *imp, const char *key, uint8_t out[IMPORTED_KEY_LEN])
{
	hash_of(imp, "family", key, strlen(key), out);
}

enum status
imported_family(struct imported *imp, const uint8_t key[IMPORTED_KEY_LEN],
    uint64_t *household, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_FAMILY);
	enum status st;

	db_bind_blob(q, ":key", key, IMPORTED_KEY_LEN);
	if ((st = db_fetch(q, err)) == ST_OK)
		*household = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
imported_family_put(struct imported *imp, const uint8_t key[IMPORTED_KEY_LEN],
    uint64_t household, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_FAMILY_PUT);

	db_bind_blob(q, ":key", key, IMPORTED_KEY_LEN);
	db_bind_i64(q, ":household", (int64_t)household);
	return db_run(q, NULL, err);
}

enum status
imported_persons(struct imported *imp, uint64_t household,
    struct imported_person *persons, size_t *n, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_PERSONS);
	struct imported_person *p;
	enum status st;

	*n = 0;
	db_bind_i64(q, ":household", (int64_t)household);
	while ((st = db_fetch(q, err)) == ST_OK && *n < IMPORTED_PERSONS_MAX) {
		p = &persons[(*n)++];
		p->person = (uint64_t)db_column_i64(q, 0);
		p->identity = (uint64_t)db_column_i64(q, 1);
		p->name = (uint64_t)db_column_i64(q, 2);
		p->born = (uint64_t)db_column_i64(q, 3);
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
imported_person_put(struct imported *imp, uint64_t household,
    const struct imported_person *person, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_PERSON_PUT);

	db_bind_i64(q, ":person", (int64_t)person->person);
	db_bind_i64(q, ":household", (int64_t)household);
	db_bind_i64(q, ":identity", (int64_t)person->identity);
	db_bind_i64(q, ":name", (int64_t)person->name);
	db_bind_i64(q, ":born", (int64_t)person->born);
	return db_run(q, NULL, err);
}

enum status
imported_values(struct imported *imp, uint64_t record,
    struct imported_value *values, size_t *n, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_VALUES);
	const void *body;
	struct reader r;
	enum status st;
	size_t len;

	*n = 0;
	db_bind_i64(q, ":record", (int64_t)record);
	if ((st = db_fetch(q, err)) == ST_OK) {
		body = db_column_blob(q, 0, &len);
		r = reader_start(body, len);
		while (r.left >= VALUE_LEN && *n < IMPORTED_VALUES_MAX) {
			values[*n].reg = reader_u16(&r);
			values[(*n)++].hash = reader_u64(&r);
		}
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
imported_values_put(struct imported *imp, uint64_t record,
    const struct imported_value *values, size_t n, struct err *err)
{
	struct db_query *q = db_query(imp->sql, Q_VALUES_PUT);
	struct writer body = { 0 };
	enum status st;
	size_t i;

	for (i = 0; i < n; i++) {
		writer_u16(&body, values[i].reg);
		writer_u64(&body, values[i].hash);
	}
	if (!writer_ok(&body)) {
		st = err_set(err, ST_NOMEM, "no memory for an import");
	} else {
		db_bind_i64(q, ":record", (int64_t)record);
		db_bind_blob(q, ":body", body.bytes, body.len);
		st = db_run(q, NULL, err);
	}
	writer_free(&body);
	return st;
}

static enum status
forget(struct imported *imp, int which, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(imp->sql, (size_t)which);

	db_bind_i64(q, ":record", (int64_t)record);
	return db_run(q, NULL, err);
}

enum status
imported_forget(
    struct db *db, const struct env *env, uint64_t record, struct err *err)
{
	struct imported *imp;
	enum status st;

	if ((st = imported_open(&imp, db, env, err)) != ST_OK)
		return st;
	if ((st = forget(imp, Q_FORGET_PERSON, record, err)) == ST_OK)
		st = forget(imp, Q_FORGET_VALUES, record, err);
	imported_close(imp);
	return st;
}
