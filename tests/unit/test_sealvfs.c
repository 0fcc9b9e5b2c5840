#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/crypto/curve.h"
#include "common/store/sealvfs_internal.h"

#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

static struct err err;
static struct temp temp;
static char path[300], log_path[310];
static struct sealvfs_file file;

static void
set_up(void)
{
	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	strcpy(log_path, temp_path(&temp, "x.db-wal"));
	file = sealed_file(path);
	sealed_make(path);
}

static void
tear_down(void)
{
	sealed_remove(path);
	temp_close(&temp);
}

static void
fill(void)
{
	struct db *db = sealed_open(path);

	sealed_run(db,
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < 2000)"
	    " INSERT INTO t SELECT x, hex(randomblob(100)) FROM c;");
	db_close(db);
}

static int64_t
rows(void)
{
	struct db *db;
	int64_t n;

	if (sealed_try_open(&db, path) != ST_OK)
		return -1;
	n = sealed_ask(db, "SELECT count(*) FROM t");
	db_close(db);
	return n;
}

START_TEST(what_was_written_is_there_after_unlocking)
{
	struct db *db;

	fill();
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_try_open(&db, path), ST_LOCKED);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(rows(), 2000);
}
END_TEST

START_TEST(a_new_file_is_a_sound_empty_database)
{
	struct db *db = sealed_open(path);
	size_t len;

	free(bytes_load(path, &len));
	ck_assert_uint_eq(len, SEALED_START + 4096);
	ck_assert(sealed_is_sound(db));
	ck_assert_int_eq(sealed_ask(db, "PRAGMA auto_vacuum"), 2);
	ck_assert_int_eq(sealed_ask(db, "PRAGMA page_count"), 1);
	sealed_run(db, "CREATE TABLE t (a)");
	ck_assert(sealed_is_sound(db));
	ck_assert_int_eq(sealed_ask(db, "PRAGMA auto_vacuum"), 2);
	db_close(db);
}
END_TEST

/* Who is let in, and as what the others are refused. */
static const struct {
	const char *what, *label, *pass;
	enum status expected;
} TRIES[] = {
	{ "right", SEALED_LABEL, SEALED_PASS, ST_OK },
	{ "wrong passphrase", SEALED_LABEL, "pass two", ST_LOCKED },
	{ "empty passphrase", SEALED_LABEL, "", ST_LOCKED },
	{ "longer", SEALED_LABEL, SEALED_PASS " ", ST_LOCKED },
	{ "no such label", "XX", SEALED_PASS, ST_LOCKED },
	{ "label in other case", "bs", SEALED_PASS, ST_LOCKED },
};
#define NTRIES (sizeof(TRIES) / sizeof(TRIES[0]))

/*
 * A long schema made at once: pages are taken, given back before they were
 * ever written, and read again.
 */
START_TEST(pages_freed_before_they_were_written_are_not_missed)
{
	struct db *db = sealed_open(path);
	char name[401] = "", sql[1000];
	int i;

	memset(name, 'c', sizeof(name) - 1);
	sealed_run(db, "BEGIN");
	for (i = 0; i < 16; i++) {
		snprintf(sql, sizeof(sql),
		    "CREATE TABLE t%d (x BLOB NOT NULL UNIQUE, %s INT)", i,
		    name);
		sealed_run(db, sql);
	}
	sealed_run(db, "COMMIT");
	ck_assert(sealed_is_sound(db));
	db_close(db);
}
END_TEST

START_TEST(only_the_right_passphrase_opens)
{
	struct db *db;

	ok(sealvfs_lock(&file, &err));
	ck_assert_msg(sealed_unlock(path, TRIES[_i].label, TRIES[_i].pass) ==
		TRIES[_i].expected,
	    "%s", TRIES[_i].what);
	ck_assert_int_eq(sealed_try_open(&db, path), TRIES[_i].expected);
	db_close(db);
}
END_TEST

START_TEST(a_wrong_try_does_not_lock_what_is_unlocked)
{
	fill();
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, "wrong"), ST_LOCKED);
	ck_assert_int_eq(rows(), 2000);
}
END_TEST

START_TEST(two_people_open_the_same_file_each_with_their_own)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	uint8_t first[KEY_LEN], second[KEY_LEN], again[KEY_LEN];

	fill();
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, "RN", SEALED_PASS), ST_LOCKED);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, "pass two"), ST_LOCKED);
	ok(sealvfs_unlock_passphrase(&file, "RN", "pass two", 8, second, &err));
	ck_assert_int_eq(rows(), 2000);
	ok(sealvfs_lock(&file, &err));
	ok(sealvfs_unlock_passphrase(
	    &file, SEALED_LABEL, SEALED_PASS, 8, first, &err));
	ck_assert_int_eq(rows(), 2000);

	/* Each has a secret of their own, and the same at every unlocking. */
	ok(sealvfs_unlock_passphrase(&file, "RN", "pass two", 8, again, &err));
	ck_assert(crypto_equal(second, again, KEY_LEN));
	ck_assert(crypto_equal(second, slot.person, KEY_LEN));
	ck_assert(!crypto_equal(first, second, KEY_LEN));
	ck_assert_int_eq(
	    sealvfs_unlock_passphrase(&file, "RN", "wrong", 5, again, &err),
	    ST_LOCKED);
	memset(first, 0, KEY_LEN);
	ck_assert(crypto_equal(again, first, KEY_LEN));
}
END_TEST

START_TEST(a_changed_passphrase_opens_and_the_old_one_does_not)
{
	struct sealvfs_slot slot = sealed_slot(SEALED_LABEL, "pass two");

	fill();
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_LOCKED);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, "pass two"), ST_OK);
	ck_assert_int_eq(rows(), 2000);
}
END_TEST

/*
 * Another program that tries to open the file when told.  It starts while
 * the file is closed: locks held at a fork would look like its own.
 */
struct other {
	pid_t pid;
	int tell[2];
};

static struct other
other_start(void)
{
	struct other other;
	struct db *db;
	char byte;

	ck_assert_int_eq(pipe(other.tell), 0);
	other.pid = fork();
	if (other.pid == 0) {
		close(other.tell[1]);
		if (read(other.tell[0], &byte, 1) != 1)
			_exit(99);
		_exit((int)sealed_try_open(&db, path));
	}
	return other;
}

/* What the opening came to, as an enum status. */
static int
other_result(struct other *other)
{
	int code;

	ck_assert_int_eq(write(other->tell[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(other->pid, &code, 0), other->pid);
	close(other->tell[0]);
	close(other->tell[1]);
	return WEXITSTATUS(code);
}

START_TEST(slots_are_edited_while_the_file_is_open_and_written)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	struct other program;
	struct db *db, *other;

	fill();
	program = other_start();
	db = sealed_open(path);
	other = sealed_open(path);
	ok(db_begin(db, &err));
	sealed_run(db, "DELETE FROM t WHERE a > 1990");
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_slot_remove(&file, SEALED_LABEL, &err));
	/* The lock on the file has to survive the edit. */
	ck_assert_int_eq(other_result(&program), ST_BUSY);
	ok(db_commit(db, &err));
	ck_assert_int_eq(sealed_ask(other, "SELECT count(*) FROM t"), 1990);
	ck_assert_int_eq(sealvfs_lock(&file, &err), ST_BUSY);
	db_close(db);
	ck_assert_int_eq(sealvfs_lock(&file, &err), ST_BUSY);
	db_close(other);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_LOCKED);
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass two"), ST_OK);
	ck_assert_int_eq(rows(), 1990);
}
END_TEST

START_TEST(unlocking_an_open_file_leaves_its_locks)
{
	struct other program;
	struct db *db;

	fill();
	program = other_start();
	db = sealed_open(path);
	ok(db_begin(db, &err));
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(other_result(&program), ST_BUSY);
	db_rollback(db);
	db_close(db);
}
END_TEST

START_TEST(another_program_keeps_slots_from_being_edited)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	int to_child[2], to_us[2], code;
	char byte = 'x';
	struct db *db;
	pid_t child;

	ck_assert(pipe(to_child) == 0 && pipe(to_us) == 0);
	child = fork();
	if (child == 0) {
		if (sealed_try_open(&db, path) != ST_OK)
			_exit(1);
		_exit(write(to_us[1], &byte, 1) == 1 &&
			    read(to_child[0], &byte, 1) == 1
			? 0
			: 2);
	}
	ck_assert_int_eq(read(to_us[0], &byte, 1), 1);
	ck_assert_int_eq(sealvfs_slot_put(&file, &slot, &err), ST_BUSY);
	ck_assert_int_eq(write(to_child[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
	ok(sealvfs_slot_put(&file, &slot, &err));
	close(to_child[0]);
	close(to_child[1]);
	close(to_us[0]);
	close(to_us[1]);
}
END_TEST

START_TEST(two_copies_of_a_header_that_differ_are_seen_and_made_one)
{
	bool same = false;
	uint8_t *bytes;
	size_t len, at;

	fill();
	ok(sealvfs_header_same(&file, &same, &err));
	ck_assert(same);
	for (at = 0; at < SEALVFS_START; at += 819) {
		bytes = bytes_load(path, &len);
		bytes[at] ^= 1;
		bytes_store(path, bytes, len);
		free(bytes);
		ok(sealvfs_header_same(&file, &same, &err));
		ck_assert_msg(!same, "byte %zu", at);
		ok(sealvfs_slot_settle(&file, &err));
		ok(sealvfs_header_same(&file, &same, &err));
		ck_assert_msg(same, "byte %zu, settled", at);
	}
	ck_assert_int_eq(rows(), 2000);
}
END_TEST

START_TEST(the_last_way_in_stays)
{
	ck_assert_int_eq(
	    sealvfs_slot_remove(&file, SEALED_LABEL, &err), ST_INVALID);
	ck_assert_int_eq(sealvfs_slot_remove(&file, "XX", &err), ST_NOTFOUND);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
}
END_TEST

START_TEST(eight_slots_are_all)
{
	struct sealvfs_way ways[SEALVFS_SLOTS];
	struct sealvfs_slot slot = sealed_slot("P2", "p");
	size_t i, n;

	for (i = 2; i <= 8; i++) {
		snprintf(slot.label, sizeof(slot.label), "P%zu", i);
		ok(sealvfs_slot_put(&file, &slot, &err));
	}
	strcpy(slot.label, "P9");
	ck_assert_int_eq(sealvfs_slot_put(&file, &slot, &err), ST_FULL);
	strcpy(slot.label, "P8");
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ok(sealvfs_slot_list(&file, ways, &n, &err));
	ck_assert_uint_eq(n, 8);
	ck_assert_str_eq(ways[0].label, SEALED_LABEL);
	ck_assert_str_eq(ways[7].label, "P8");
	ck_assert_int_eq(ways[7].kind, SEALVFS_PASSPHRASE);
	ck_assert_int_eq(sealed_unlock(path, "P8", "p"), ST_OK);
}
END_TEST

START_TEST(slots_need_the_file_unlocked)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");

	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealvfs_slot_put(&file, &slot, &err), ST_LOCKED);
	ck_assert_int_eq(
	    sealvfs_slot_remove(&file, SEALED_LABEL, &err), ST_LOCKED);
}
END_TEST

START_TEST(a_servers_key_opens_its_file)
{
	const char *own = temp_path(&temp, "server.db");
	struct sealvfs_file server = sealed_file(own);
	uint8_t key[KEY_LEN] = { 7 }, wrong[KEY_LEN] = { 8 };
	struct sealvfs_slot slot;
	struct db *db;

	ok(sealvfs_slot_key(&slot, "credential", key, &err));
	ok(sealvfs_create(&server, &slot, 1, &err));
	db = sealed_open(own);
	sealed_run(db, "CREATE TABLE t (a); INSERT INTO t VALUES (5)");
	db_close(db);
	ok(sealvfs_lock(&server, &err));
	ck_assert_int_eq(sealvfs_unlock_key(&server, wrong, &err), ST_LOCKED);
	ck_assert_int_eq(
	    sealed_unlock(own, "credential", SEALED_PASS), ST_LOCKED);
	ok(sealvfs_unlock_key(&server, key, &err));
	db = sealed_open(own);
	ck_assert_int_eq(sealed_ask(db, "SELECT a FROM t"), 5);
	db_close(db);
	sealed_remove(own);
}
END_TEST

/* What the custodians work out, with the whole recovery secret. */
static void
answer(uint8_t shared[CURVE_POINT_LEN], const struct keyhole_key *key,
    const struct sealvfs_sealed *sealed)
{
	ck_assert(curve_mul(shared, key->secret, sealed->wrapped));
}

START_TEST(the_recovery_key_opens_what_a_forgotten_passphrase_does_not)
{
	uint8_t seed[KEY_LEN] = { 1 }, shared[CURVE_POINT_LEN];
	struct keyhole_key key, other;
	struct sealvfs_sealed sealed;
	struct sealvfs_slot slot;

	keyhole_key_make(&key, seed);
	seed[0] = 2;
	keyhole_key_make(&other, seed);
	fill();
	ck_assert_int_eq(
	    sealvfs_recovery_read(&file, NULL, &sealed, &err), ST_NOTFOUND);
	ok(sealvfs_slot_recovery(&slot, "kabupaten", key.public, 77, &err));
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_slot_remove(&file, SEALED_LABEL, &err));
	ok(sealvfs_lock(&file, &err));
	ok(sealvfs_recovery_read(&file, NULL, &sealed, &err));
	ck_assert_str_eq(sealed.label, "kabupaten");
	ck_assert_uint_eq(sealed.holder, 77);
	ck_assert_mem_eq(sealed.public, key.public, CURVE_POINT_LEN);
	answer(shared, &other, &sealed);
	ck_assert_int_eq(
	    sealvfs_unlock_recovery(&file, &sealed, shared, &err), ST_LOCKED);
	answer(shared, &key, &sealed);
	ok(sealvfs_unlock_recovery(&file, &sealed, shared, &err));
	ck_assert_int_eq(rows(), 2000);
	slot = sealed_slot(SEALED_LABEL, "a new one");
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, "a new one"), ST_OK);
	memset(key.public, 0, sizeof(key.public));
	ok(sealvfs_slot_recovery(&slot, "bad", key.public, 77, &err));
	ck_assert_int_eq(sealvfs_slot_put(&file, &slot, &err), ST_INVALID);
}
END_TEST

START_TEST(a_recovery_slot_proves_whose_file_it_is)
{
	uint8_t seed[KEY_LEN] = { 1 };
	struct keyhole_key key;
	struct sealvfs_sealed sealed;
	struct sealvfs_slot slot;

	keyhole_key_make(&key, seed);
	ok(sealvfs_slot_recovery(&slot, "kabupaten", key.public, 77, &err));
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_recovery_read(&file, "kabupaten", &sealed, &err));
	sealvfs_recovery_bind(&sealed);
	ck_assert(keyhole_proven(
	    sealed.wrapped, sealed.proof, sealed.public, sealed.bind));
	sealed.holder++;
	sealvfs_recovery_bind(&sealed);
	ck_assert(!keyhole_proven(
	    sealed.wrapped, sealed.proof, sealed.public, sealed.bind));
	sealed.holder--;
	sealed.id[3] ^= 1;
	sealvfs_recovery_bind(&sealed);
	ck_assert(!keyhole_proven(
	    sealed.wrapped, sealed.proof, sealed.public, sealed.bind));
}
END_TEST

START_TEST(an_answer_to_a_slot_that_was_replaced_is_of_no_use)
{
	uint8_t seed[KEY_LEN] = { 1 }, shared[CURVE_POINT_LEN];
	struct keyhole_key key;
	struct sealvfs_sealed sealed;
	struct sealvfs_slot slot;

	keyhole_key_make(&key, seed);
	ok(sealvfs_slot_recovery(&slot, "kabupaten", key.public, 77, &err));
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_recovery_read(&file, NULL, &sealed, &err));
	answer(shared, &key, &sealed);
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealvfs_unlock_recovery(&file, &sealed, shared, &err), ST_LOCKED);
	ok(sealvfs_recovery_read(&file, NULL, &sealed, &err));
	answer(shared, &key, &sealed);
	ok(sealvfs_unlock_recovery(&file, &sealed, shared, &err));
}
END_TEST

/* Two files' keys; the second as it is after a change of the file's key. */
static void
two_keys(struct sealvfs_keys *old, struct sealvfs_keys *new)
{
	memset(old, 1, sizeof(*old));
	*new = *old;
	memset(new->file, 2, sizeof(new->file));
}

START_TEST(a_new_file_key_is_given_to_a_person_who_is_not_there)
{
	uint8_t at[SEALVFS_SLOT_LEN], next[SEALVFS_SLOT_LEN], got[KEY_LEN];
	const uint8_t id[SEALVFS_ID_LEN] = { 1 },
		      new_id[SEALVFS_ID_LEN] = { 2 };
	struct sealvfs_slot slot = sealed_slot("BS", "pass one");
	struct sealvfs_keys old, new;

	two_keys(&old, &new);
	ok(sealvfs_slot_wrap(at, &slot, &old, id, &err));
	ck_assert(sealvfs_slot_unwrap(got, at, slot.key, id));
	ck_assert_mem_eq(got, old.file, KEY_LEN);
	ok(sealvfs_slot_rewrap(next, at, &new, new_id, &err));
	ck_assert(sealvfs_slot_unwrap(got, next, slot.key, new_id));
	ck_assert_mem_eq(got, new.file, KEY_LEN);
	ck_assert(!sealvfs_slot_unwrap(got, next, slot.key, id));
	ck_assert(!sealvfs_slot_unwrap(got, at, slot.key, new_id));
}
END_TEST

START_TEST(who_never_had_the_file_open_cannot_put_another_before_a_person)
{
	uint8_t at[SEALVFS_SLOT_LEN], next[SEALVFS_SLOT_LEN], got[KEY_LEN];
	const uint8_t id[SEALVFS_ID_LEN] = { 1 };
	struct sealvfs_slot slot = sealed_slot("BS", "pass one");
	struct sealvfs_keys old, new;

	two_keys(&old, &new);
	new.warrant[0] ^= 1; /* a thief's: all but this is in the file */
	ok(sealvfs_slot_wrap(at, &slot, &old, id, &err));
	ok(sealvfs_slot_rewrap(next, at, &new, id, &err));
	ck_assert(!sealvfs_slot_unwrap(got, next, slot.key, id));
}
END_TEST

START_TEST(a_slot_with_another_label_does_not_open)
{
	uint8_t at[SEALVFS_SLOT_LEN], got[KEY_LEN];
	const uint8_t id[SEALVFS_ID_LEN] = { 1 };
	struct sealvfs_slot slot = sealed_slot("BS", "pass one");
	struct sealvfs_keys old, new;

	two_keys(&old, &new);
	ok(sealvfs_slot_wrap(at, &slot, &old, id, &err));
	at[8] = 'X';
	ck_assert(!sealvfs_slot_unwrap(got, at, slot.key, id));
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_written_is_there_after_unlocking);
	tcase_add_test(tc, pages_freed_before_they_were_written_are_not_missed);
	tcase_add_test(tc, a_new_file_is_a_sound_empty_database);
	tcase_add_loop_test(
	    tc, only_the_right_passphrase_opens, 0, (int)NTRIES);
	tcase_add_test(tc, a_wrong_try_does_not_lock_what_is_unlocked);
	tcase_add_test(tc, two_people_open_the_same_file_each_with_their_own);
	tcase_add_test(tc, a_changed_passphrase_opens_and_the_old_one_does_not);
	tcase_add_test(tc, slots_are_edited_while_the_file_is_open_and_written);
	tcase_add_test(tc, unlocking_an_open_file_leaves_its_locks);
	tcase_add_test(tc, another_program_keeps_slots_from_being_edited);
	tcase_add_test(
	    tc, two_copies_of_a_header_that_differ_are_seen_and_made_one);
	tcase_add_test(tc, the_last_way_in_stays);
	tcase_add_test(tc, eight_slots_are_all);
	tcase_add_test(tc, slots_need_the_file_unlocked);
	tcase_add_test(tc, a_servers_key_opens_its_file);
	tcase_add_test(
	    tc, the_recovery_key_opens_what_a_forgotten_passphrase_does_not);
	tcase_add_test(tc, a_recovery_slot_proves_whose_file_it_is);
	tcase_add_test(tc, an_answer_to_a_slot_that_was_replaced_is_of_no_use);
	tcase_add_test(
	    tc, a_new_file_key_is_given_to_a_person_who_is_not_there);
	tcase_add_test(
	    tc, who_never_had_the_file_open_cannot_put_another_before_a_person);
	tcase_add_test(tc, a_slot_with_another_label_does_not_open);
}

UNIT_MAIN("sealvfs", add)
