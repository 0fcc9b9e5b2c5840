#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/store/db.h"
#include "common/wire/receipt.h"

#include "agent/visit/visit_internal.h"

#define DOMAIN_KEY "padu/visit-key/v1"

enum { Q_FIND, Q_PUT, Q_ALL, Q_OLDEST, Q_LATER, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_FIND] = "SELECT digest, answer FROM visit"
		   " WHERE writer = :writer AND key = :key",

	[Q_PUT] = "INSERT INTO visit (id, writer, key, digest, household, day,"
		  " hlc, saved_ms, note, answer) VALUES (:id, :writer, :key,"
		  " :digest, :household, :day, :hlc, :saved, :note, :answer)",

	[Q_ALL] = "SELECT v.id, v.household, v.writer, v.day, v.saved_ms,"
		  " v.note,"
		  " total(s.seq IS NULL),"
		  " total(s.seq IS NOT NULL AND t.accept IS NOT 0"
		  "  AND coalesce(c.state, :custody) = :custody),"
		  " total(c.state IS :merged AND t.accept IS NOT 0),"
		  " total(c.state IS :quarantined AND t.accept IS NOT 0),"
		  " total(t.accept IS 0 OR c.state IS :refused"
		  "  OR c.state IS :voided),"
		  " v.hlc, b.time_ms, b.by, b.reason"
		  " FROM visit v"
		  " LEFT JOIN sent_back b ON b.visit = v.id AND b.number ="
		  "  (SELECT max(number) FROM sent_back WHERE visit = v.id)"
		  " LEFT JOIN (SELECT DISTINCT visit, set_id FROM set_row) r"
		  "  ON r.visit = v.id"
		  " LEFT JOIN change_set s ON s.set_id = r.set_id"
		  " LEFT JOIN receipt c ON c.change_id = s.change_id"
		  "  AND c.epoch = :epoch"
		  " LEFT JOIN toggle t ON t.change_id = s.change_id"
		  " WHERE v.household <> 0"
		  " GROUP BY v.id ORDER BY v.hlc DESC, v.id DESC",

	[Q_OLDEST] = "SELECT min(v.saved_ms) FROM change_set s"
		     " JOIN set_row r ON r.set_id = s.set_id"
		     " JOIN visit v ON v.id = r.visit"
		     " WHERE s.seq IS NULL OR NOT EXISTS (SELECT 1"
		     "  FROM receipt c WHERE c.change_id = s.change_id"
		     "  AND c.epoch = :epoch AND c.state <> :custody)",
	[Q_LATER] = "SELECT EXISTS (SELECT 1 FROM visit"
		    " WHERE household = :household AND hlc > :hlc)",
};

enum status
visits_open(struct visits **out, struct db *db, struct err *err)
{
	struct visits *v;
	enum status st;

	*out = NULL;
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&v->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = v;
	else
		free(v);
	return st;
}

void
visits_close(struct visits *visits)
{
	if (visits == NULL)
		return;
	db_table_close(visits->sql);
	free(visits);
}

void
visit_key_hash(char out[VISIT_KEY_HASHED_SIZE], const char *key)
{
	uint8_t hash[HASH_LEN];
	size_t i;

	hash_domain(hash, DOMAIN_KEY, key, strlen(key));
	out += sprintf(out, "gone-");
	for (i = 0; i < 16; i++)
		out += sprintf(out, "%02x", hash[i]);
}

/* A visit that has left is known by the hash of its key. */
static enum status
find_gone(
    struct visits *visits, uint32_t writer, const char *key, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_FIND);
	char hashed[VISIT_KEY_HASHED_SIZE];
	enum status st;

	visit_key_hash(hashed, key);
	db_bind_i64(q, ":writer", writer);
	db_bind_text(q, ":key", hashed);
	st = db_fetch(q, err);
	db_done(q);
	if (st == ST_OK)
		st = err_set(err, ST_CONFLICT,
		    "this key stands for a visit that was delivered long ago "
		    "and has left this laptop; nothing was saved");
	return st;
}

enum status
visits_find(struct visits *visits, uint32_t writer, const char *key,
    const uint8_t digest[HASH_LEN], struct writer *answer, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_FIND);
	const void *bytes;
	size_t len;
	enum status st;

	db_bind_i64(q, ":writer", writer);
	db_bind_text(q, ":key", key);
	if ((st = db_fetch(q, err)) == ST_OK) {
		bytes = db_column_blob(q, 0, &len);
		if (len != HASH_LEN || memcmp(bytes, digest, HASH_LEN) != 0) {
			st = err_set(err, ST_CONFLICT,
			    "this key stands for another visit, which is "
			    "saved; nothing of this one was");
		} else {
			bytes = db_column_blob(q, 1, &len);
			writer_bytes(answer, bytes, len);
		}
	}
	db_done(q);
	return st == ST_NOTFOUND ? find_gone(visits, writer, key, err) : st;
}

enum status
visits_put(struct visits *visits, const struct visit_row *row, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_PUT);

	db_bind_i64(q, ":id", (int64_t)row->id);
	db_bind_i64(q, ":writer", row->writer);
	db_bind_text(q, ":key", row->key);
	db_bind_blob(q, ":digest", row->digest, HASH_LEN);
	db_bind_i64(q, ":household", (int64_t)row->household);
	db_bind_i64(q, ":day", row->day);
	db_bind_i64(q, ":hlc", (int64_t)row->hlc);
	db_bind_i64(q, ":saved", row->saved_ms);
	db_bind_text(q, ":note", row->note);
	db_bind_blob(q, ":answer", row->answer, row->answer_len);
	return db_run(q, NULL, err);
}

enum status
visits_oldest_kept(
    struct visits *visits, uint32_t epoch, int64_t *saved_ms, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_OLDEST);
	enum status st;

	*saved_ms = 0;
	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":custody", RECEIPT_CUSTODY);
	if ((st = db_fetch(q, err)) == ST_OK)
		*saved_ms = db_column_i64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
visits_later(struct visits *visits, uint64_t household, uint64_t hlc,
    bool *later, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_LATER);
	enum status st;

	db_bind_i64(q, ":household", (int64_t)household);
	db_bind_i64(q, ":hlc", (int64_t)hlc);
	if ((st = db_fetch(q, err)) == ST_OK)
		*later = db_column_i64(q, 0) != 0;
	db_done(q);
	return st;
}

enum status
visits_each(struct visits *visits, uint32_t epoch,
    enum status (*each)(
	void *arg, const struct visit_line *line, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(visits->sql, Q_ALL);
	struct visit_line line;
	enum status st;

	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":custody", RECEIPT_CUSTODY);
	db_bind_i64(q, ":merged", RECEIPT_MERGED);
	db_bind_i64(q, ":quarantined", RECEIPT_QUARANTINED);
	db_bind_i64(q, ":refused", RECEIPT_REFUSED);
	db_bind_i64(q, ":voided", RECEIPT_VOIDED);
	while ((st = db_fetch(q, err)) == ST_OK) {
		line.id = (uint64_t)db_column_i64(q, 0);
		line.household = (uint64_t)db_column_i64(q, 1);
		line.writer = (uint32_t)db_column_i64(q, 2);
		line.day = (int32_t)db_column_i64(q, 3);
		line.saved_ms = db_column_i64(q, 4);
		line.note = db_column_text(q, 5, NULL);
		line.open = (unsigned)db_column_i64(q, 6);
		line.waiting = (unsigned)db_column_i64(q, 7);
		line.merged = (unsigned)db_column_i64(q, 8);
		line.quarantined = (unsigned)db_column_i64(q, 9);
		line.out = (unsigned)db_column_i64(q, 10);
		line.hlc = (uint64_t)db_column_i64(q, 11);
		line.returned = !db_column_is_null(q, 12);
		line.returned_ms = db_column_i64(q, 12);
		line.by = db_column_text(q, 13, NULL);
		line.reason = db_column_text(q, 14, NULL);
		if ((st = each(arg, &line, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}
