/*
 * What sealing costs: the same work on a sealed file
 * and on a plain one, through the same SQLite.  The sealed side is as the
 * programs have it: its log's index in memory, one program at a time.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/crypto/crypto.h"
#include "common/store/sealvfs.h"
#include "tests/bench/store_work.h"

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "store");
}

static sqlite3 *
open_plain(const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		exit(EXIT_FAILURE);
	return db;
}

static sqlite3 *
open_sealed(const char *path)
{
	struct sealvfs_file file = { .path = path };
	static const uint8_t key[KEY_LEN] = { 1 };
	struct sealvfs_slot slot;
	sqlite3 *db = NULL;
	enum status st;
	struct err err;

	must(sealvfs_slot_key(&slot, "bench", key, &err), &err);
	st = sealvfs_create(&file, &slot, 1, &err);
	must(st == ST_CONFLICT ? ST_OK : st, &err);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, SEALVFS_NAME) !=
	    SQLITE_OK) {
		fprintf(stderr, "store: %s\n", sqlite3_errmsg(db));
		exit(EXIT_FAILURE);
	}
	return db;
}

int
main(int argc, char **argv)
{
	static const char *const PREFIXES[] = { "", "store" };
	struct store_side sides[] = {
		{ .name = "plain", .open = open_plain },
		{ .name = "sealed", .open = open_sealed },
	};
	struct measure_args args;
	struct err err;

	measure_args(&args, argc, argv);
	if (!measure_wanted(&args, "store.commit1_ratio") &&
	    !measure_wanted(&args, "store.commit100_ratio") &&
	    !measure_wanted(&args, "store.read_ratio") &&
	    !measure_wanted(&args, "store.scan_ratio"))
		return EXIT_SUCCESS;
	must(crypto_start(&err), &err);
	must(sealvfs_register(SEALVFS_NAME, NULL, &err), &err);
	fprintf(stderr, "store: SQLite %s\n", sqlite3_libversion());
	store_work_compare(sides, 2, PREFIXES, &args);
	return EXIT_SUCCESS;
}
