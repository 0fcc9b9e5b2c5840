/*
 * What SQLCipher's sealing costs: the work of bench_store.c on a file of
 * SQLCipher's and on a plain one, both through its own SQLite.  Once with
 * its own pages of 1,024 bytes, once with pages of 4,096, which suit it
 * better.  The key is given as it is: nothing is stretched.
 *
 * Built only where the distribution's library is installed.
 */

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "tests/bench/store_work.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static sqlite3 *
open_with(const char *path, const char *script)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, script, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "sqlcipher: %s\n", sqlite3_errmsg(db));
		exit(EXIT_FAILURE);
	}
	return db;
}

static sqlite3 *
open_plain(const char *path)
{
	return open_with(path, "PRAGMA page_size = 4096");
}

static sqlite3 *
open_as_shipped(const char *path)
{
	return open_with(path, "PRAGMA key = \"x'" KEY "'\"");
}

static sqlite3 *
open_large(const char *path)
{
	return open_with(path,
	    "PRAGMA key = \"x'" KEY "'\"; PRAGMA cipher_page_size = 4096");
}

int
main(int argc, char **argv)
{
	static const char *const PREFIXES[] = { "", "sqlcipher",
		"sqlcipher4096" };
	struct store_side sides[] = {
		{ .name = "plain", .open = open_plain },
		{ .name = "its own pages", .open = open_as_shipped },
		{ .name = "pages of 4096", .open = open_large },
	};
	struct measure_args args;

	measure_args(&args, argc, argv);
	if (!measure_wanted(&args, "sqlcipher"))
		return EXIT_SUCCESS;
	fprintf(stderr, "sqlcipher: SQLite %s\n", sqlite3_libversion());
	store_work_compare(sides, 3, PREFIXES, &args);
	return EXIT_SUCCESS;
}
