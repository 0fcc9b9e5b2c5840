#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define PAGE 4096
#define FRAME 4168 /* a sealed frame of the log */
#define LOG_START 72
#define NROWS 60
#define NCOMMITS 12

static struct err err;
static struct temp temp;
static char path[300], log_path[310];

/* A database, and a log beside it with NCOMMITS commits not moved yet. */
static uint8_t *main_bytes, *log_bytes;
static size_t main_len, log_len;

static void
set_up(void)
{
	struct db *db;
	char sql[100];
	int i;

	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	strcpy(log_path, temp_path(&temp, "x.db-wal"));
	sealed_make(path);
	db = sealed_open(path);
	sealed_run(db,
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB);");
	for (i = 0; i < NROWS; i++) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO t VALUES (%d, zeroblob(900))", i);
		sealed_run(db, sql);
	}
	ok(db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, &err));
	for (i = 0; i < NCOMMITS; i++) {
		snprintf(sql, sizeof(sql),
		    "UPDATE t SET b = zeroblob(902) WHERE a = %d", i * 4);
		sealed_run(db, sql);
	}
	main_bytes = bytes_load(path, &main_len);
	log_bytes = bytes_load(log_path, &log_len);
	db_close(db);
	/* From here on sealed_remove() would lose the key. */
	unlink(path);
	unlink(log_path);
}

static void
tear_down(void)
{
	free(main_bytes);
	free(log_bytes);
	sealed_remove(path);
	temp_close(&temp);
}

/* Put ${n} bytes of the database there and ${m} of the log, if any. */
static void
put(const uint8_t *bytes, size_t n, const uint8_t *log, size_t m)
{
	unlink(log_path);
	bytes_store(path, bytes, n);
	if (log != NULL)
		bytes_store(log_path, log, m);
}

/* How many of the log's commits are there; -1: the damage was reported. */
static int64_t
commits(void)
{
	struct db *db;
	int64_t n;

	if (sealed_try_open(&db, path) != ST_OK)
		return -1;
	n = sealed_ask(db, "SELECT count(*) FROM t WHERE length(b) = 902");
	if (n >= 0)
		n = sealed_ask(db, "SELECT sum(length(b)) FROM t") ==
			    NROWS * 900 + n * 2 &&
			sealed_is_sound(db)
		    ? n
		    : -1;
	db_close(db);
	return n;
}

START_TEST(undamaged_everything_is_there)
{
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_int_eq(commits(), NCOMMITS);
	put(main_bytes, main_len, NULL, 0);
	ck_assert_int_eq(commits(), 0);
}
END_TEST

START_TEST(a_flipped_bit_of_the_database_is_never_silent)
{
	size_t at, reported = 0, spare = 0;
	uint8_t bit;

	for (at = 0; at < main_len; at += 37) {
		bit = (uint8_t)(1u << at % 8);
		main_bytes[at] ^= bit;
		put(main_bytes, main_len, NULL, 0);
		main_bytes[at] ^= bit;
		if (commits() == -1)
			reported++;
		else if (at < SEALED_START)
			spare++;
		else
			ck_abort_msg("byte %zu", at);
	}
	ck_assert_uint_gt(reported, 1000);
	ck_assert_uint_gt(spare, 200);
}
END_TEST

START_TEST(a_flipped_bit_of_the_log_never_loses_an_earlier_commit_silently)
{
	size_t at, reported = 0, torn = 0;
	int64_t n;
	uint8_t bit;

	for (at = 0; at < log_len; at += 53) {
		bit = (uint8_t)(1u << at % 8);
		log_bytes[at] ^= bit;
		put(main_bytes, main_len, log_bytes, log_len);
		log_bytes[at] ^= bit;
		n = commits();
		if (n == -1)
			reported++;
		else if (n == NCOMMITS - 1)
			torn++;
		else if (n != NCOMMITS)
			ck_abort_msg("byte %zu: %d commits", at, (int)n);
	}
	ck_assert_uint_gt(reported, 500);
	ck_assert_uint_lt(torn, reported / 5);
}
END_TEST

START_TEST(a_log_cut_anywhere_keeps_what_is_before_the_cut)
{
	int64_t n, least = 0;
	size_t len;

	for (len = 0; len <= log_len; len += 1371) {
		put(main_bytes, main_len, log_bytes, len);
		n = commits();
		ck_assert_msg(n >= least, "cut at %zu: %d", len, (int)n);
		least = n;
	}
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_int_eq(commits(), NCOMMITS);
}
END_TEST

START_TEST(a_database_cut_short_is_reported)
{
	size_t len;

	for (len = 0; len < main_len; len += PAGE / 2) {
		put(main_bytes, len, NULL, 0);
		ck_assert_msg(commits() == -1, "cut at %zu", len);
	}
}
END_TEST

START_TEST(a_database_cut_short_is_not_filled_with_zeros_beside_its_log)
{
	size_t len;
	int64_t n;

	for (len = SEALED_START; len < main_len; len += PAGE / 2) {
		put(main_bytes, len, log_bytes, log_len);
		n = commits();
		ck_assert_msg(n == -1 || n == NCOMMITS, "cut at %zu", len);
	}
}
END_TEST

/* Let two stretches of ${bytes} change places. */
static void
swap(uint8_t *bytes, size_t a, size_t b, size_t len)
{
	uint8_t held[FRAME];

	memcpy(held, bytes + a, len);
	memcpy(bytes + a, bytes + b, len);
	memcpy(bytes + b, held, len);
}

START_TEST(pages_do_not_change_places)
{
	const size_t a = SEALED_START + 5 * PAGE, b = a + PAGE;
	uint8_t held[PAGE];
	struct db *db;

	/* Rows would still add up if only the order of pages were wrong. */
	swap(main_bytes, a, b, PAGE);
	put(main_bytes, main_len, NULL, 0);
	db = sealed_open(path);
	ck_assert_int_eq(sealed_ask(db, "SELECT sum(length(b)) FROM t"), -1);
	db_close(db);
	swap(main_bytes, a, b, PAGE);
	/* A page that is all zero is none, either. */
	memcpy(held, main_bytes + a, PAGE);
	memset(main_bytes + a, 0, PAGE);
	put(main_bytes, main_len, NULL, 0);
	db = sealed_open(path);
	ck_assert_int_eq(sealed_ask(db, "SELECT sum(length(b)) FROM t"), -1);
	db_close(db);
	memcpy(main_bytes + a, held, PAGE);
	put(main_bytes, main_len, NULL, 0);
	ck_assert_int_eq(commits(), 0);
}
END_TEST

/* Parts of two frames: from the start of a frame, bytes. */
static const struct {
	const char *what;
	size_t at, len;
} FRAME_PARTS[] = {
	{ "whole", 0, FRAME },
	{ "header", 0, 72 },
	{ "page", 72, PAGE },
};
#define NFRAME_PARTS (sizeof(FRAME_PARTS) / sizeof(FRAME_PARTS[0]))

START_TEST(frames_do_not_change_places)
{
	const size_t a = LOG_START + 2 * FRAME + FRAME_PARTS[_i].at;

	swap(log_bytes, a, a + FRAME, FRAME_PARTS[_i].len);
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_msg(commits() == -1, "%s", FRAME_PARTS[_i].what);
	swap(log_bytes, a, a + FRAME, FRAME_PARTS[_i].len);
	memset(log_bytes + a, 0, FRAME_PARTS[_i].len);
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_msg(commits() == -1, "%s zero", FRAME_PARTS[_i].what);
}
END_TEST

START_TEST(zeros_where_the_logs_header_was_do_not_drop_its_commits)
{
	memset(log_bytes, 0, LOG_START);
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_int_eq(commits(), -1);
	/* All zero is what a power cut may leave of a log just made. */
	memset(log_bytes, 0, log_len);
	put(main_bytes, main_len, log_bytes, log_len);
	ck_assert_int_eq(commits(), 0);
}
END_TEST

/* Two files with the same rows and slots; nothing of one fits the other. */
START_TEST(nothing_of_another_file_is_taken)
{
	const char *own = temp_path(&temp, "other.db");
	uint8_t *other, *copy = malloc(main_len);
	struct db *db;
	size_t len;

	ck_assert_ptr_nonnull(copy);
	sealed_make(own);
	db = sealed_open(own);
	sealed_run(db,
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB);"
	    "PRAGMA wal_checkpoint(TRUNCATE);");
	db_close(db);
	other = bytes_load(own, &len);
	ck_assert_uint_le(len, main_len);
	memcpy(copy, main_bytes, main_len);
	memcpy(copy + SEALED_START, other + SEALED_START, len - SEALED_START);
	put(copy, main_len, NULL, 0);
	ck_assert_int_eq(commits(), -1);
	memcpy(copy, other, SEALED_START);
	put(copy, main_len, NULL, 0);
	ck_assert_int_eq(commits(), -1);
	/* Its whole file under this name, and our log beside it. */
	put(other, len, NULL, 0);
	ck_assert_int_eq(commits(), -1);
	put(other, len, log_bytes, log_len);
	ck_assert_int_eq(commits(), -1);
	free(other);
	free(copy);
	sealed_remove(own);
}
END_TEST

START_TEST(another_files_log_is_refused)
{
	const char *own = temp_path(&temp, "other.db");
	const char *own_log = temp_path(&temp, "other.db-wal");
	struct db *db;
	uint8_t *log;
	size_t len;

	sealed_make(own);
	db = sealed_open(own);
	sealed_run(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)");
	log = bytes_load(own_log, &len);
	db_close(db);
	put(main_bytes, main_len, log, len);
	ck_assert_int_eq(commits(), -1);
	free(log);
	sealed_remove(own);
}
END_TEST

START_TEST(a_frame_of_an_earlier_log_does_not_cut_this_one_off)
{
	uint8_t *earlier, *copy;
	size_t earlier_len, len;
	char sql[100];
	struct db *db;
	int i;

	/* The log begins anew: same place, new salts. */
	put(main_bytes, main_len, log_bytes, log_len);
	db = sealed_open(path);
	sealed_run(db, "PRAGMA wal_autocheckpoint = 0");
	earlier = bytes_load(log_path, &earlier_len);
	sealed_run(db, "PRAGMA wal_checkpoint(RESTART)");
	for (i = 0; i < 6; i++) {
		snprintf(sql, sizeof(sql),
		    "UPDATE t SET b = zeroblob(902) WHERE a = %d", i * 4 + 1);
		sealed_run(db, sql);
	}
	copy = bytes_load(log_path, &len);
	free(main_bytes);
	main_bytes = bytes_load(path, &main_len);
	db_close(db);

	put(main_bytes, main_len, copy, len);
	ck_assert_int_eq(commits(), NCOMMITS + 6);
	/* Authentic, and of frame 3, but of the log before: damage. */
	memcpy(copy + LOG_START + 2 * FRAME + FRAME_PARTS[_i].at,
	    earlier + LOG_START + 2 * FRAME + FRAME_PARTS[_i].at,
	    FRAME_PARTS[_i].len);
	put(main_bytes, main_len, copy, len);
	ck_assert_msg(commits() == -1, "%s", FRAME_PARTS[_i].what);
	free(earlier);
	free(copy);
}
END_TEST

START_TEST(a_page_one_torn_on_disk_and_whole_in_the_log_is_read)
{
	struct db *db;
	uint8_t *log;
	size_t len;

	put(main_bytes, main_len, NULL, 0);
	db = sealed_open(path);
	sealed_run(db,
	    "PRAGMA wal_autocheckpoint = 0; CREATE TABLE n (x);"
	    "INSERT INTO n VALUES (5);");
	log = bytes_load(log_path, &len);
	db_close(db);
	memset(main_bytes + SEALED_START + 2048, 0x5a, 2048);
	put(main_bytes, main_len, NULL, 0);
	ck_assert_int_eq(commits(), -1);
	put(main_bytes, main_len, log, len);
	db = sealed_open(path);
	ck_assert_int_eq(sealed_ask(db, "SELECT x FROM n"), 5);
	ck_assert(sealed_is_sound(db));
	db_close(db);
	free(log);
}
END_TEST

/* Damage to one copy of the header, to the other, to both. */
static const struct {
	const char *what;
	size_t at;
	bool first, second, opens;
} HEADERS[] = {
	{ "magic", 0, true, false, true },
	{ "magic", 0, false, true, true },
	{ "magic", 0, true, true, false },
	{ "file id", 30, true, false, true },
	{ "file id", 30, false, true, true },
	{ "spare bytes of a slot", 64 + 6, true, false, true },
	{ "slot", 100, true, false, true },
	{ "slot", 100, false, true, true },
	{ "slot", 100, true, true, false },
	{ "wrapped key", 64 + 90, true, true, false },
	{ "generation", 20, true, false, true },
	{ "generation", 20, true, true, false },
	{ "unused slot", 64 + 7 * 160, true, true, false },
	{ "mac", 4090, false, true, true },
	{ "mac", 4090, true, true, false },
};
#define NHEADERS (sizeof(HEADERS) / sizeof(HEADERS[0]))

START_TEST(one_copy_of_the_header_is_enough)
{
	struct sealvfs_file file = sealed_file(path);
	uint8_t *mended;
	enum status st;
	size_t len;

	if (HEADERS[_i].first)
		main_bytes[HEADERS[_i].at] ^= 1;
	if (HEADERS[_i].second)
		main_bytes[4096 + HEADERS[_i].at] ^= 1;
	put(main_bytes, main_len, log_bytes, log_len);
	ok(sealvfs_lock(&file, &err));
	st = sealed_unlock(path, SEALED_LABEL, SEALED_PASS);
	ck_assert_msg((st == ST_OK) == HEADERS[_i].opens, "%s: status %d",
	    HEADERS[_i].what, (int)st);
	if (!HEADERS[_i].opens) {
		ck_assert(st == ST_UNTRUSTED || st == ST_LOCKED);
		return;
	}
	ck_assert_int_eq(commits(), NCOMMITS);
	mended = bytes_load(path, &len);
	ck_assert_mem_eq(mended, mended + 4096, 4096);
	free(mended);
}
END_TEST

START_TEST(a_header_may_not_ask_for_absurd_work)
{
	struct sealvfs_file file = sealed_file(path);
	size_t copy;

	/* Passes and bytes of the first slot: at 24 and 32 of it. */
	for (copy = 0; copy < 2; copy++)
		memset(main_bytes + copy * 4096 + 64 + 24, 0x7f, 16);
	put(main_bytes, main_len, NULL, 0);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_UNTRUSTED);
}
END_TEST

START_TEST(a_crash_between_the_copies_leaves_no_removed_person_in)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	struct sealvfs_file file = sealed_file(path);
	uint8_t old[4096], *bytes;
	size_t len;
	int side;

	for (side = 0; side < 2; side++) {
		put(main_bytes, main_len, NULL, 0);
		memcpy(old, main_bytes, 4096);
		if (side == 0)
			ok(sealvfs_slot_put(&file, &slot, &err));
		ok(sealvfs_slot_put(&file, &slot, &err));
		ok(sealvfs_slot_remove(&file, SEALED_LABEL, &err));
		bytes = bytes_load(path, &len);
		ck_assert_mem_eq(bytes, bytes + 4096, 4096);
		memcpy(bytes + side * 4096, old, 4096);
		put(bytes, len, NULL, 0);
		free(bytes);
		ok(sealvfs_lock(&file, &err));
		ck_assert_int_eq(
		    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_LOCKED);
		ck_assert_int_eq(sealed_unlock(path, "RN", "pass two"), ST_OK);
		ck_assert_int_eq(commits(), 0);
		/* And opening it has put the old copy right. */
		bytes = bytes_load(path, &len);
		ck_assert_mem_eq(bytes, bytes + 4096, 4096);
		free(bytes);
		bytes = NULL;
	}
}
END_TEST

START_TEST(what_is_not_sealed_is_untrusted)
{
	struct sealvfs_file file = sealed_file(path);
	struct db_opts plain = { .path = path };
	struct db *db;

	ok(db_open(&db, &plain, &err));
	sealed_run(db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
	db_close(db);
	ck_assert_int_eq(sealed_try_open(&db, path), ST_UNTRUSTED);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_UNTRUSTED);
	bytes_store(path, main_bytes, 8191);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_UNTRUSTED);
	bytes_store(path, main_bytes, 0);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_UNTRUSTED);
}
END_TEST

START_TEST(a_planted_journal_is_not_rolled_back_into_the_file)
{
	const char *own = temp_path(&temp, "x.db-journal");
	static const uint8_t magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1,
		0x63, 0xd7 };
	uint8_t journal[512 + 8 + PAGE] = { 0 }, *after;
	size_t len;

	memcpy(journal, magic, 8);
	journal[11] = 1;  /* pages in it */
	journal[19] = 10; /* pages before */
	journal[22] = 2;  /* sectors of 512 bytes */
	journal[26] = 16; /* pages of 4096 */
	journal[512 + 3] = 2;
	put(main_bytes, main_len, log_bytes, log_len);
	bytes_store(own, journal, sizeof(journal));
	ck_assert_int_eq(commits(), NCOMMITS);
	after = bytes_load(own, &len);
	ck_assert_uint_eq(len, sizeof(journal));
	ck_assert_mem_eq(after, journal, len);
	free(after);
}
END_TEST

START_TEST(a_log_that_is_a_link_is_not_followed)
{
	const char *victim = temp_path(&temp, "victim");
	struct db *db;
	uint8_t *bytes;
	size_t len;

	put(main_bytes, main_len, NULL, 0);
	bytes_store(victim, (const uint8_t *)"keep me", 7);
	ck_assert_int_eq(symlink(victim, log_path), 0);
	ck_assert_int_ne(sealed_try_open(&db, path), ST_OK);
	bytes = bytes_load(victim, &len);
	ck_assert_uint_eq(len, 7);
	free(bytes);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, undamaged_everything_is_there);
	tcase_add_test(tc, a_flipped_bit_of_the_database_is_never_silent);
	tcase_add_test(tc,
	    a_flipped_bit_of_the_log_never_loses_an_earlier_commit_silently);
	tcase_add_test(tc, a_log_cut_anywhere_keeps_what_is_before_the_cut);
	tcase_add_test(tc, a_database_cut_short_is_reported);
	tcase_add_test(
	    tc, a_database_cut_short_is_not_filled_with_zeros_beside_its_log);
	tcase_add_test(tc, pages_do_not_change_places);
	tcase_add_loop_test(
	    tc, frames_do_not_change_places, 0, (int)NFRAME_PARTS);
	tcase_add_test(
	    tc, zeros_where_the_logs_header_was_do_not_drop_its_commits);
	tcase_add_test(tc, nothing_of_another_file_is_taken);
	tcase_add_test(tc, another_files_log_is_refused);
	tcase_add_loop_test(tc,
	    a_frame_of_an_earlier_log_does_not_cut_this_one_off, 0,
	    (int)NFRAME_PARTS);
	tcase_add_test(
	    tc, a_page_one_torn_on_disk_and_whole_in_the_log_is_read);
	tcase_add_loop_test(
	    tc, one_copy_of_the_header_is_enough, 0, (int)NHEADERS);
	tcase_add_test(tc, a_header_may_not_ask_for_absurd_work);
	tcase_add_test(
	    tc, a_crash_between_the_copies_leaves_no_removed_person_in);
	tcase_add_test(tc, what_is_not_sealed_is_untrusted);
	tcase_add_test(tc, a_planted_journal_is_not_rolled_back_into_the_file);
	tcase_add_test(tc, a_log_that_is_a_link_is_not_followed);
}

UNIT_MAIN("sealvfs_damage", add)
