#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "common/store/sealvfs.h"

/*
 * sealpages FILE KEYFILE, or FILE LABEL PASSFILE: print every page of a
 * server's, or a laptop's, sealed file as who holds its key, or a passphrase,
 * can read it, also the free ones, once its log is moved into it: for flows
 * that look for what must not be there any more.
 */

#define PAGE 4096

static int
print_pages(sqlite3 *h)
{
	sqlite3_int64 size = 0, at;
	uint8_t page[PAGE];
	sqlite3_file *file;

	if (sqlite3_exec(h, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL,
		NULL) != SQLITE_OK ||
	    sqlite3_file_control(h, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
		SQLITE_OK ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK || size < PAGE)
		return 1;
	for (at = 0; at + PAGE <= size; at += PAGE)
		if (file->pMethods->xRead(file, page, PAGE, at) != SQLITE_OK ||
		    fwrite(page, 1, PAGE, stdout) != PAGE)
			return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}

/* With a key's 32 bytes, or with the passphrase on the first line. */
static enum status
unlock(const struct sealvfs_file *file, const char *label, FILE *from,
    struct err *err)
{
	char secret[256] = { 0 };
	size_t len = fread(secret, 1, sizeof(secret) - 1, from);

	if (label != NULL)
		return sealvfs_unlock_passphrase(
		    file, label, secret, strcspn(secret, "\n"), NULL, err);
	if (len != KEY_LEN)
		return err_set(err, ST_INVALID, "that is no key");
	return sealvfs_unlock_key(file, (const uint8_t *)secret, err);
}

int
main(int argc, char **argv)
{
	struct sealvfs_file file = { .path = argc > 1 ? argv[1] : NULL };
	sqlite3 *h = NULL;
	struct err err;
	FILE *from;
	int rc = 1;

	if (argc != 3 && argc != 4) {
		fprintf(
		    stderr, "usage: sealpages FILE KEYFILE | LABEL PASSFILE\n");
		return 2;
	}
	if ((from = fopen(argv[argc - 1], "rb")) == NULL) {
		perror(argv[argc - 1]);
		goto out;
	}
	if (crypto_start(&err) != ST_OK ||
	    sealvfs_register(SEALVFS_NAME, NULL, &err) != ST_OK ||
	    unlock(&file, argc == 4 ? argv[2] : NULL, from, &err) != ST_OK) {
		fprintf(stderr, "sealpages: %s\n", err.text);
		goto out;
	}
	if (sqlite3_open_v2(file.path, &h, SQLITE_OPEN_READWRITE,
		SEALVFS_NAME) == SQLITE_OK)
		rc = print_pages(h);
	if (rc != 0)
		fprintf(stderr, "sealpages: %s\n", sqlite3_errmsg(h));
	sqlite3_close(h);
out:
	if (from != NULL)
		fclose(from);
	return rc;
}
