#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

/*
 * sealsql FILE LABEL PASSPHRASE SQL: run SQL on a laptop's sealed file, as
 * nobody can who has not its passphrase: for flows that need a store from
 * another program.  Of a SELECT the first column is printed, a row a line.
 *
 * sealsql --key KEYFILE FILE SQL: the same on a server's, as its administrator
 * can.
 *
 * Without SQL: print "holding" and hold the file open until standard input
 * ends.
 */
static enum status
unlock(const struct sealvfs_file *file, char **argv, struct err *err)
{
	uint8_t key[KEY_LEN];
	enum status st;
	FILE *f;

	if (strcmp(argv[1], "--key") != 0)
		return sealvfs_unlock_passphrase(
		    file, argv[2], argv[3], strlen(argv[3]), NULL, err);
	if ((f = fopen(argv[2], "rb")) == NULL ||
	    fread(key, 1, sizeof(key), f) != sizeof(key))
		st = err_set(err, ST_IO, "no key");
	else
		st = sealvfs_unlock_key(file, key, err);
	if (f != NULL)
		fclose(f);
	return st;
}

static enum status
run(struct db *db, const char *sql, struct err *err)
{
	struct db_table *table = NULL;
	struct db_query *q;
	enum status st;

	if (strncmp(sql, "SELECT", 6) != 0)
		return db_exec_script(db, sql, err);
	if ((st = db_table_open(&table, db, &sql, 1, err)) != ST_OK)
		return st;
	q = db_query(table, 0);
	while ((st = db_fetch(q, err)) == ST_OK)
		printf("%s\n", db_column_text(q, 0, NULL));
	db_table_close(table);
	return st == ST_NOTFOUND ? ST_OK : st;
}

int
main(int argc, char **argv)
{
	bool key = argc > 1 && strcmp(argv[1], "--key") == 0;
	struct sealvfs_file file = { .path =
					 argc > 3 ? argv[key ? 3 : 1] : NULL };
	struct db_opts opts = { .path = file.path, .vfs = SEALVFS_NAME };
	struct db *db = NULL;
	struct err err;
	enum status st;

	if (argc < 4 || argc > 5) {
		fprintf(stderr,
		    "usage: sealsql FILE LABEL PASSPHRASE [SQL]\n"
		    "       sealsql --key KEYFILE FILE [SQL]\n");
		return 2;
	}
	if ((st = crypto_start(&err)) == ST_OK &&
	    (st = sealvfs_register(SEALVFS_NAME, NULL, &err)) == ST_OK)
		st = unlock(&file, argv, &err);
	if (st == ST_OK)
		st = db_open(&db, &opts, &err);
	if (st == ST_OK && argc == 5)
		st = run(db, argv[4], &err);
	if (st == ST_OK && argc == 4) {
		puts("holding");
		fflush(stdout);
		while (getchar() != EOF)
			continue;
	}
	db_close(db);
	if (st != ST_OK)
		fprintf(stderr, "sealsql: %s\n", err.text);
	return st == ST_OK ? 0 : 1;
}
