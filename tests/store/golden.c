#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto/curve.h"
#include "common/crypto/keyhole.h"
#include "tests/store/golden.h"
#include "tests/store/store.h"

/*
 * Sealed files of each version of the format, as a program of that version
 * left them when it was killed: a database, and a log with commits that were
 * not moved.  They are made once and never again:
 *
 *	store --golden FOLDER   writes v1.db and v1.db-wal
 *
 * Ways in: the passphrases PASS (BS) and PASS_TWO (RN); 32 bytes of 7
 * ("credential"); the recovery key made of 32 bytes of 9, for holder 77.
 */
#define VERSION "v1"
#define ROWS 40    /* in the database */
#define LOG_ROWS 3 /* and these in its log, each a commit */
#define HOLDER 77

static const char ASK[] =
    "SELECT count(*) * 1000000 + sum(a * length(b) + unicode(b)) FROM t";
static const char ASK_EACH[] =
    "SELECT count(*) FROM t WHERE b <> 'baris ' || a || ' dari desa' OR"
    " (c IS NOT NULL) <> (a % 10 = 0)";

static void
recovery_key(struct keyhole_key *out)
{
	uint8_t seed[KEY_LEN];

	memset(seed, 9, sizeof(seed));
	keyhole_key_make(out, seed);
}

static void
credential(uint8_t out[KEY_LEN])
{
	memset(out, 7, KEY_LEN);
}

static void
insert(struct db *db, int from, int to)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE x(n) AS (SELECT %d UNION ALL"
	    "	SELECT n + 1 FROM x WHERE n < %d)"
	    " INSERT INTO t SELECT n, 'baris ' || n || ' dari desa',"
	    "	CASE WHEN n %% 10 = 0 THEN zeroblob(6000) END FROM x",
	    from, to);
	kit_run(db, sql);
}

static enum status
make(const char *path, struct err *err)
{
	const struct sealvfs_file file = { .path = path };
	struct sealvfs_slot slots[4] = { kit_slot(LABEL, PASS),
		kit_slot("RN", PASS_TWO) };
	struct keyhole_key key;
	uint8_t bytes[KEY_LEN];
	enum status st;

	recovery_key(&key);
	credential(bytes);
	st = sealvfs_slot_key(&slots[2], "credential", bytes, err);
	if (st == ST_OK)
		st = sealvfs_slot_recovery(
		    &slots[3], "kabupaten", key.public, HOLDER, err);
	return st == ST_OK ? sealvfs_create(&file, slots, 4, err) : st;
}

int
golden_make(const char *folder)
{
	char path[400], kept[410], log[410];
	uint8_t *bytes, *log_bytes;
	size_t len, log_len;
	struct err err;
	struct db *db;
	int i;

	snprintf(path, sizeof(path), "%s/making.db", folder);
	snprintf(log, sizeof(log), "%s-wal", path);
	if (make(path, &err) != ST_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	db = kit_open(path);
	kit_run(db,
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB);"
	    "CREATE INDEX i ON t (b)");
	insert(db, 1, ROWS);
	kit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	for (i = 1; i <= LOG_ROWS; i++)
		insert(db, ROWS + i, ROWS + i);
	bytes = kit_load(path, &len);
	log_bytes = kit_load(log, &log_len);
	db_close(db);
	kit_remove(path);
	snprintf(kept, sizeof(kept), "%s/" VERSION ".db", folder);
	kit_store(kept, bytes, len);
	snprintf(kept, sizeof(kept), "%s/" VERSION ".db-wal", folder);
	kit_store(kept, log_bytes, log_len);
	free(bytes);
	free(log_bytes);
	return 0;
}

/* The ways in. */
static enum status
by_passphrase(const struct sealvfs_file *file, struct err *err)
{
	return sealvfs_unlock_passphrase(
	    file, LABEL, PASS, strlen(PASS), NULL, err);
}

static enum status
by_second_passphrase(const struct sealvfs_file *file, struct err *err)
{
	return sealvfs_unlock_passphrase(
	    file, "RN", PASS_TWO, strlen(PASS_TWO), NULL, err);
}

static enum status
by_key(const struct sealvfs_file *file, struct err *err)
{
	uint8_t bytes[KEY_LEN];

	credential(bytes);
	return sealvfs_unlock_key(file, bytes, err);
}

static enum status
by_recovery(const struct sealvfs_file *file, struct err *err)
{
	uint8_t shared[CURVE_POINT_LEN];
	struct sealvfs_sealed sealed;
	struct keyhole_key key;
	enum status st;

	recovery_key(&key);
	st = sealvfs_recovery_read(file, "kabupaten", &sealed, err);
	if (st != ST_OK)
		return st;
	if (sealed.holder != HOLDER ||
	    !keyhole_proven(
		sealed.wrapped, sealed.proof, sealed.public, sealed.bind) ||
	    !curve_mul(shared, key.secret, sealed.wrapped))
		return err_set(err, ST_UNTRUSTED, "the slot's proof");
	return sealvfs_unlock_recovery(file, &sealed, shared, err);
}

static const struct {
	const char *what;
	enum status (*unlock)(const struct sealvfs_file *file, struct err *err);
} WAYS[] = {
	{ "passphrase", by_passphrase },
	{ "second passphrase", by_second_passphrase },
	{ "key", by_key },
	{ "recovery", by_recovery },
};
#define NWAYS (sizeof(WAYS) / sizeof(WAYS[0]))

/* A copy of the golden file in the run's folder. */
static void
copy(const struct run *run, bool with_log)
{
	uint8_t *bytes;
	size_t len;

	bytes = kit_load(GOLDEN_DIR "/" VERSION ".db", &len);
	kit_store(run->path, bytes, len);
	free(bytes);
	unlink(run->log);
	if (!with_log)
		return;
	bytes = kit_load(GOLDEN_DIR "/" VERSION ".db-wal", &len);
	kit_store(run->log, bytes, len);
	free(bytes);
}

static void
check(struct run *run, const char *what, int64_t nrows)
{
	int64_t sum = 0, i;
	struct db *db;
	char text[60];

	for (i = 1; i <= nrows; i++)
		sum += 1000000 + 'b' +
		    i *
			snprintf(
			    text, sizeof(text), "baris %d dari desa", (int)i);
	if (kit_try_open(&db, run->path) != ST_OK) {
		run_fail(run, "%s: it does not open", what);
		return;
	}
	if (kit_ask(db, ASK) != sum || kit_ask(db, ASK_EACH) != 0 ||
	    !kit_is_sound(db))
		run_fail(run, "%s: the rows are others", what);
	/* And it can be written on. */
	if (nrows == ROWS + LOG_ROWS)
		insert(db, (int)nrows + 1, (int)nrows + 20);
	db_close(db);
	if (nrows == ROWS + LOG_ROWS)
		check(run, what, nrows + 20);
}

void
golden_opens(struct run *run)
{
	const struct sealvfs_file file = { .path = run->path };
	struct err err;
	size_t i;
	int with_log;

	for (i = 0; i < NWAYS; i++)
		for (with_log = 0; with_log < 2; with_log++) {
			run_case(run);
			kit_forget(run->path);
			copy(run, with_log == 1);
			if (WAYS[i].unlock(&file, &err) != ST_OK)
				run_fail(run, "%s: %s", WAYS[i].what, err.text);
			else
				check(run, WAYS[i].what,
				    with_log ? ROWS + LOG_ROWS : ROWS);
		}
	run_case(run);
	kit_forget(run->path);
	copy(run, true);
	if (kit_unlock(run->path, PASS_TWO) != ST_LOCKED)
		run_fail(run, "one person's passphrase opens another's slot");
}
