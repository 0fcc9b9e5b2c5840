#ifndef TESTS_LIB_SEALED_H
#define TESTS_LIB_SEALED_H

/*
 * sealed: sealed files for tests, with the cheapest passphrase there is.
 *
 *	sealed_start() once -> sealed_make(path) -> sealed_open(path)
 *
 * and files as bytes, to be damaged.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/crypto/crypto.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#define SEALED_LABEL "BS"
#define SEALED_PASS "pass one"
#define SEALED_START 8192 /* bytes before page 1 */

static const struct passphrase_cost SEALED_COST = { 1, 8192 };

static inline void
sealed_start(void)
{
	struct err err;

	if (crypto_start(&err) != ST_OK ||
	    (sealvfs_register(SEALVFS_NAME, NULL, &err) != ST_OK &&
		err.status != ST_CONFLICT)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

static inline struct sealvfs_file
sealed_file(const char *path)
{
	return (struct sealvfs_file){ .path = path };
}

static inline struct sealvfs_slot
sealed_slot(const char *label, const char *pass)
{
	struct sealvfs_slot slot;
	struct err err;

	ck_assert_msg(sealvfs_slot_passphrase(&slot, label, pass, strlen(pass),
			  &SEALED_COST, &err) == ST_OK,
	    "%s", err.text);
	return slot;
}

/* Remove the file and its log, and forget its key. */
static inline void
sealed_remove(const char *path)
{
	struct sealvfs_file file = sealed_file(path);
	char log[400];
	struct err err;

	ck_assert_msg(sealvfs_lock(&file, &err) == ST_OK, "lock: %s", err.text);
	unlink(path);
	snprintf(log, sizeof(log), "%s-wal", path);
	unlink(log);
}

/* A new file that SEALED_PASS opens, unlocked. */
static inline void
sealed_make(const char *path)
{
	struct sealvfs_file file = sealed_file(path);
	struct sealvfs_slot slot = sealed_slot(SEALED_LABEL, SEALED_PASS);
	struct err err;

	sealed_remove(path);
	ck_assert_msg(
	    sealvfs_create(&file, &slot, 1, &err) == ST_OK, "%s", err.text);
}

static inline enum status
sealed_unlock(const char *path, const char *label, const char *pass)
{
	struct sealvfs_file file = sealed_file(path);
	struct err err;

	return sealvfs_unlock_passphrase(
	    &file, label, pass, strlen(pass), NULL, &err);
}

static inline enum status
sealed_try_open(struct db **db, const char *path)
{
	struct db_opts opts = {
		.path = path, .vfs = SEALVFS_NAME, .busy_ms = 50
	};
	struct err err;

	return db_open(db, &opts, &err);
}

static inline struct db *
sealed_open(const char *path)
{
	struct db_opts opts = { .path = path, .vfs = SEALVFS_NAME };
	struct db *db;
	struct err err;

	ck_assert_msg(db_open(&db, &opts, &err) == ST_OK, "%s", err.text);
	return db;
}

static inline void
sealed_run(struct db *db, const char *sql)
{
	struct err err;

	ck_assert_msg(
	    db_exec_script(db, sql, &err) == ST_OK, "%s: %s", sql, err.text);
}

/* The first column of the first row; a text that is "ok" is 1.  -1: failed. */
static inline int64_t
sealed_ask(struct db *db, const char *sql)
{
	struct db_table *table;
	struct db_query *q;
	const char *text;
	struct err err;
	int64_t value = -1;

	if (db_table_open(&table, db, &sql, 1, &err) != ST_OK)
		return -1;
	q = db_query(table, 0);
	if (db_fetch(q, &err) == ST_OK) {
		value = db_column_i64(q, 0);
		text = db_column_text(q, 0, NULL);
		if (text != NULL && strcmp(text, "ok") == 0)
			value = 1;
	}
	db_table_close(table);
	return value;
}

static inline bool
sealed_is_sound(struct db *db)
{
	return sealed_ask(db, "PRAGMA integrity_check") == 1;
}

/* A whole file; free() it. */
static inline uint8_t *
bytes_load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long size;

	ck_assert_msg(f != NULL, "%s", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	ck_assert(size >= 0);
	*len = (size_t)size;
	bytes = malloc(*len + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *len, f), *len);
	fclose(f);
	return bytes;
}

static inline void
bytes_store(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

#endif /* TESTS_LIB_SEALED_H */
