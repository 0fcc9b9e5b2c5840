#include <stdio.h>
#include <string.h>

#include "common/store/db.h"
#include "common/wire/checkpoint.h"
#include "sync-server/audit/audit.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

/* No entry of the audit log can be spoilt unseen. */

static struct office office;
static struct err err;

static void
set_up(void)
{
	office_open(&office);
}

static void
tear_down(void)
{
	office_close(&office);
}

static uint64_t
size(void)
{
	struct merkle tree;

	server_lock(office.server);
	ok(audit_tree(office.server->audit, &tree, &err));
	server_unlock(office.server);
	return tree.size;
}

static struct writer
checkpoint(bool leaves)
{
	struct writer out = { 0 };
	uint64_t n;

	server_lock(office.server);
	ok(audit_checkpoint(office.server, &out, leaves, &n, &err));
	server_unlock(office.server);
	return out;
}

/* Faults as text: "5 changed; ". */
static char faults[2000];

static void
note_fault(void *arg, enum audit_fault fault, uint64_t n, uint64_t other)
{
	static const char *const WORD[] = { "missing", "moved", "changed",
		"past the end" };
	size_t len = strlen(faults);

	(void)arg;
	snprintf(faults + len, sizeof(faults) - len, "%d %s %d; ", (int)n,
	    WORD[fault], (int)other);
}

static struct audit_checked
verify(const struct writer *older)
{
	struct audit_check check = { .fault = note_fault };
	struct audit_checked checked;

	faults[0] = '\0';
	if (older != NULL) {
		check.checkpoint = older->bytes;
		check.len = older->len;
	}
	server_lock(office.server);
	ok(audit_verify(office.server, &check, &checked, &err));
	server_unlock(office.server);
	return checked;
}

static void
sql(const char *text)
{
	ok(db_exec_script(office.server->db, text, &err));
}

/* Ten entries or more, of which an older checkpoint has eight. */
static struct writer
fill(bool leaves)
{
	struct writer older;
	char name[20];
	int i;

	for (i = 0; size() < 8; i++) {
		snprintf(name, sizeof(name), "Petugas %d", i);
		office_person(&office, name, PERSON_ENUMERATOR);
	}
	older = checkpoint(leaves);
	office_person(&office, "Sesudah", PERSON_ENUMERATOR);
	office_person(&office, "Sesudahnya", PERSON_ENUMERATOR);
	return older;
}

START_TEST(a_log_that_only_grew_is_good)
{
	struct writer older = fill(true), brief, now;
	struct audit_checked checked;

	brief = checkpoint(false);
	now = checkpoint(true);
	ck_assert_uint_eq(brief.len, CHECKPOINT_LEN);
	ck_assert_uint_eq(now.len, CHECKPOINT_LEN + 32 * size());
	checked = verify(&older);
	ck_assert_uint_eq(checked.faults, 0);
	ck_assert(checked.extends && checked.named);
	ck_assert_uint_eq(checked.entries, size());
	ck_assert_uint_lt(checked.older, size());
	checked = verify(&brief);
	ck_assert(checked.extends && !checked.named && checked.faults == 0);
	office_restart(&office);
	checked = verify(&now);
	ck_assert(checked.extends && checked.faults == 0);
	writer_free(&older);
	writer_free(&brief);
	writer_free(&now);
}
END_TEST

/* Whoever has the store changes a row, as a person with SQL would. */
static const struct {
	const char *name, *sql, *found;
} CLUMSY[] = {
	{ "a body changed",
	    "UPDATE audit SET body = CAST(substr(body, 1, 21) || x'07' ||"
	    " substr(body, 23) AS BLOB) WHERE n = 3",
	    "3 changed 0; " },
	{ "a salt changed", "UPDATE audit SET salt = zeroblob(32) WHERE n = 4",
	    "4 changed 0; " },
	{ "a leaf changed", "UPDATE audit SET leaf = zeroblob(32) WHERE n = 5",
	    "5 changed 0; " },
	{ "one removed", "DELETE FROM audit WHERE n = 6", "6 missing 0; " },
	{ "the first removed", "DELETE FROM audit WHERE n = 1",
	    "1 missing 0; " },
	{ "the last removed", "DELETE FROM audit WHERE n = 10",
	    "10 missing 0; " },
	{ "two exchanged",
	    "UPDATE audit SET n = 99 WHERE n = 2;"
	    "UPDATE audit SET n = 2 WHERE n = 7;"
	    "UPDATE audit SET n = 7 WHERE n = 99;",
	    "2 moved 7; 7 moved 2; " },
	{ "one put at the end",
	    "INSERT INTO audit SELECT 11, salt, body, leaf FROM audit"
	    " WHERE n = 10",
	    "11 moved 10; " },
	{ "all that came last forgotten, and its number with it",
	    "DELETE FROM audit WHERE n > 8;"
	    "UPDATE audit_tree SET size = 8, at = (SELECT leaf FROM audit"
	    " WHERE n = 8)",
	    "" },
};

START_TEST(what_is_spoilt_in_the_store_is_found_and_named)
{
	struct writer older = fill(true);
	struct audit_checked checked;

	ck_assert_uint_eq(size(), 10);
	sql(CLUMSY[_i].sql);
	checked = verify(NULL);
	ck_assert_msg(checked.faults > 0, "%s was not found", CLUMSY[_i].name);
	ck_assert_str_eq(faults, CLUMSY[_i].found);
	checked = verify(&older);
	ck_assert_uint_gt(checked.faults, 0);
	writer_free(&older);
}
END_TEST

/* Who knows the program makes all hashes of it anew. */
struct forging {
	uint64_t skip, change, first; /* entries, 0: none */
	struct {
		uint8_t salt[32], body[400];
		size_t len;
	} at[64];
	size_t n;
};

static enum status
take(void *arg, const struct audit_row *row, struct err *e)
{
	struct forging *f = arg;

	(void)e;
	if (row->n == f->skip)
		return ST_OK;
	memcpy(f->at[f->n].salt, row->salt, 32);
	memcpy(f->at[f->n].body, row->body, row->len);
	f->at[f->n].len = row->len;
	if (row->n == f->change)
		f->at[f->n].body[21] ^= 1; /* the person */
	f->n++;
	return ST_OK;
}

static void
forge(struct forging *f)
{
	struct db_table *table;
	struct merkle tree = { 0 };
	static const char *const SQL[] = {
		"INSERT INTO audit VALUES (:n, :salt, :body, :leaf)",
		"UPDATE audit_tree SET size = :size, at = :at",
	};
	uint8_t leaf[32];
	struct db_query *q;
	size_t i, from;

	ok(audit_each(office.server->audit, 1, take, f, &err));
	sql("DELETE FROM audit");
	ok(db_table_open(&table, office.server->db, SQL, 2, &err));
	for (i = 0; i < f->n; i++) {
		from = f->first != 0 && i <= 1 ? 1 - i : i;
		f->at[from].body[9] = (uint8_t)(i + 1);
		audit_leaf(leaf,
		    &(struct audit_row){ .n = i + 1,
			.salt = f->at[from].salt,
			.body = f->at[from].body,
			.len = f->at[from].len });
		merkle_add(&tree, leaf);
		q = db_query(table, 0);
		db_bind_i64(q, ":n", (int64_t)i + 1);
		db_bind_blob(q, ":salt", f->at[from].salt, 32);
		db_bind_blob(q, ":body", f->at[from].body, f->at[from].len);
		db_bind_blob(q, ":leaf", leaf, 32);
		ok(db_run(q, NULL, &err));
	}
	q = db_query(table, 1);
	db_bind_i64(q, ":size", (int64_t)tree.size);
	db_bind_blob(q, ":at", tree.at, merkle_depth(&tree) * (size_t)32);
	ok(db_run(q, NULL, &err));
	db_table_close(table);
}

static const struct {
	const char *name;
	struct forging how;
	const char *found; /* beside a checkpoint with leaves */
} SKILLED[] = {
	{ "nothing", { 0 }, "" },
	{ "changed", { .change = 4 }, "4 changed 0; " },
	{ "removed", { .skip = 6 }, "6 changed 0; 7 changed 0; 8 changed 0; " },
	{ "exchanged", { .first = 1 }, "1 changed 0; 2 changed 0; " },
	{ "the last of then changed", { .change = 8 }, "8 changed 0; " },
	{ "a later one changed", { .change = 9 }, "" },
};

START_TEST(what_is_forged_with_all_its_hashes_is_found_by_who_kept_one)
{
	static struct forging forging;
	struct writer older = fill(true), brief = { 0 };
	struct audit_checked checked;
	bool seen = SKILLED[_i].found[0] != '\0';

	writer_bytes(&brief, older.bytes, CHECKPOINT_LEN);
	forging = SKILLED[_i].how;
	server_lock(office.server);
	forge(&forging);
	server_unlock(office.server);
	/* By itself the log fits together again. */
	ck_assert_uint_eq(verify(NULL).faults, 0);
	checked = verify(&older);
	ck_assert_str_eq(faults, SKILLED[_i].found);
	ck_assert_int_eq(checked.extends, !seen);
	ck_assert_int_eq(checked.faults > 0, seen);
	checked = verify(&brief);
	ck_assert_str_eq(faults, "");
	ck_assert_int_eq(checked.extends, !seen);
	ck_assert_int_eq(checked.faults > 0, seen);
	writer_free(&older);
	writer_free(&brief);
}
END_TEST

START_TEST(a_checkpoint_that_was_touched_is_not_believed)
{
	struct writer older = fill(true);
	struct audit_checked checked;
	struct audit_check check = { .checkpoint = older.bytes };
	size_t i;

	server_lock(office.server);
	for (i = 0; i < older.len; i++) {
		older.bytes[i] ^= 1;
		check.len = older.len;
		ck_assert_int_ne(
		    audit_verify(office.server, &check, &checked, &err), ST_OK);
		older.bytes[i] ^= 1;
		check.len = i;
		if (i != CHECKPOINT_LEN)
			ck_assert_int_ne(
			    audit_verify(office.server, &check, &checked, &err),
			    ST_OK);
	}
	server_unlock(office.server);
	writer_free(&older);
}
END_TEST

START_TEST(another_offices_checkpoint_is_not_believed)
{
	struct writer theirs = { 0 };
	struct audit_checked checked;
	struct audit_check check;
	struct sign_key other;
	struct checkpoint c = { .authority = OFFICE_AUTHORITY };
	uint8_t seed[32] = { 5 };

	sign_key_make(&other, seed);
	ok(checkpoint_pack(&theirs, &c, &other, &other, &err));
	check = (struct audit_check){ .checkpoint = theirs.bytes,
		.len = theirs.len };
	server_lock(office.server);
	ck_assert_int_eq(
	    audit_verify(office.server, &check, &checked, &err), ST_UNTRUSTED);
	/* Nor one whose key the root does not vouch for. */
	writer_clear(&theirs);
	ok(checkpoint_pack(
	    &theirs, &c, &office.server->keys.root, &other, &err));
	memcpy(theirs.bytes + 38, office.server->keys.desk.public, 32);
	ck_assert_int_eq(
	    audit_verify(office.server, &check, &checked, &err), ST_UNTRUSTED);
	server_unlock(office.server);
	writer_free(&theirs);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_log_that_only_grew_is_good);
	tcase_add_loop_test(tc, what_is_spoilt_in_the_store_is_found_and_named,
	    0, (int)(sizeof(CLUMSY) / sizeof(CLUMSY[0])));
	tcase_add_loop_test(tc,
	    what_is_forged_with_all_its_hashes_is_found_by_who_kept_one, 0,
	    (int)(sizeof(SKILLED) / sizeof(SKILLED[0])));
	tcase_add_test(tc, a_checkpoint_that_was_touched_is_not_believed);
	tcase_add_test(tc, another_offices_checkpoint_is_not_believed);
}

UNIT_MAIN("audit_log", add)
