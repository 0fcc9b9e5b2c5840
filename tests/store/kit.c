#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/store.h"

const struct passphrase_cost CHEAP = { 1, 8192 };

static void
must(enum status st, const char *what, const struct err *err)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err->text);
	abort();
}

struct sealvfs_slot
kit_slot(const char *label, const char *pass)
{
	struct sealvfs_slot slot;
	struct err err;

	must(sealvfs_slot_passphrase(
		 &slot, label, pass, strlen(pass), &CHEAP, &err),
	    "slot", &err);
	return slot;
}

void
kit_forget(const char *path)
{
	struct sealvfs_file file = { .path = path };
	struct err err;

	must(sealvfs_lock(&file, &err), "lock", &err);
}

void
kit_remove(const char *path)
{
	char log[400];

	kit_forget(path);
	unlink(path);
	snprintf(log, sizeof(log), "%s-wal", path);
	unlink(log);
}

void
kit_make(const char *path)
{
	struct sealvfs_file file = { .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS);
	struct err err;

	kit_remove(path);
	must(sealvfs_create(&file, &slot, 1, &err), "create", &err);
}

enum status
kit_unlock(const char *path, const char *pass)
{
	struct sealvfs_file file = { .path = path };
	struct err err;

	return sealvfs_unlock_passphrase(
	    &file, LABEL, pass, strlen(pass), NULL, &err);
}

enum status
kit_try_open(struct db **out, const char *path)
{
	struct db_opts opts = {
		.path = path, .vfs = SEALVFS_NAME, .busy_ms = 50
	};
	struct err err;

	return db_open(out, &opts, &err);
}

struct db *
kit_open(const char *path)
{
	struct db_opts opts = { .path = path, .vfs = SEALVFS_NAME };
	struct db *db;
	struct err err;

	must(db_open(&db, &opts, &err), "open", &err);
	return db;
}

void
kit_run(struct db *db, const char *sql)
{
	struct err err;

	must(db_exec_script(db, sql, &err), sql, &err);
}

int64_t
kit_ask(struct db *db, const char *sql)
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

bool
kit_is_sound(struct db *db)
{
	return kit_ask(db, "PRAGMA integrity_check") == 1;
}

uint8_t *
kit_load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long size = -1;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0)
		bytes = malloc((size_t)size + 1);
	if (bytes == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		abort();
	}
	rewind(f);
	*len = fread(bytes, 1, (size_t)size, f);
	fclose(f);
	return bytes;
}

void
kit_store(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0) {
		fprintf(stderr, "%s: cannot be written\n", path);
		abort();
	}
}

void
kit_clear(const char *folder)
{
	struct dirent *entry;
	char path[600];
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) != 0) {
			kit_clear(path);
			rmdir(path);
		}
	}
	closedir(dir);
}
