#include <stdlib.h>
#include <string.h>

#include "common/crypto/hash.h"
#include "common/store/sealvfs_internal.h"

static enum status
start(struct sealvfs_slot *out, enum sealvfs_kind kind, const char *label,
    struct err *err)
{
	size_t i, len = strlen(label);

	memset(out, 0, sizeof(*out));
	if (len == 0 || len > SEALVFS_LABEL_MAX)
		return err_set(err, ST_INVALID,
		    "a label has 1 to %d characters", SEALVFS_LABEL_MAX);
	for (i = 0; i < len; i++)
		if (label[i] < ' ' || label[i] > '~')
			return err_set(err, ST_INVALID,
			    "a label is of plain letters, digits and signs");
	out->kind = kind;
	memcpy(out->label, label, len);
	return ST_OK;
}

enum status
sealvfs_slot_stretch(
    struct sealvfs_slot *slot, const void *typed, size_t len, struct err *err)
{
	uint8_t stretched[KEY_LEN];
	enum status st;

	st = passphrase_stretch(
	    stretched, typed, len, slot->salt, &slot->cost, err);
	if (st == ST_OK) {
		passphrase_derive(slot->key, stretched, "padu/store-slot/v1");
		passphrase_derive(slot->person, stretched, "padu/person/v1");
	}
	crypto_wipe(stretched, sizeof(stretched));
	return st;
}

enum status
sealvfs_slot_passphrase(struct sealvfs_slot *out, const char *label,
    const void *typed, size_t len, const struct passphrase_cost *cost,
    struct err *err)
{
	enum status st = start(out, SEALVFS_PASSPHRASE, label, err);

	if (st != ST_OK)
		return st;
	out->cost = *cost;
	crypto_random(out->salt, SALT_LEN);
	return sealvfs_slot_stretch(out, typed, len, err);
}

enum status
sealvfs_slot_recovery(struct sealvfs_slot *out, const char *label,
    const uint8_t public[CURVE_POINT_LEN], uint64_t holder, struct err *err)
{
	enum status st = start(out, SEALVFS_RECOVERY, label, err);

	if (st == ST_OK) {
		memcpy(out->key, public, CURVE_POINT_LEN);
		out->holder = holder;
	}
	return st;
}

enum status
sealvfs_slot_key(struct sealvfs_slot *out, const char *label,
    const uint8_t key[KEY_LEN], struct err *err)
{
	enum status st = start(out, SEALVFS_KEY, label, err);

	if (st == ST_OK)
		hash_derive(out->key, key, "padu/store-slot/v1", NULL, 0);
	return st;
}

/* The copy of the header that seems to be in force, without any key. */
static enum status
fetch_newer(uint8_t both[SEALVFS_START], uint8_t **copy,
    const struct sealvfs_file *file, struct err *err)
{
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	st = sealvfs_header_fetch(v, path, both, err);
	*copy = both;
	if (!sealvfs_header_shaped(both) ||
	    (sealvfs_header_shaped(both + SEALVFS_COPY) &&
		sealvfs_header_generation(both + SEALVFS_COPY) >
		    sealvfs_header_generation(both)))
		*copy = both + SEALVFS_COPY;
	free(path);
	return st;
}

enum status
sealvfs_slot_list(const struct sealvfs_file *file,
    struct sealvfs_way out[SEALVFS_SLOTS], size_t *n, struct err *err)
{
	uint8_t both[SEALVFS_START], *copy;
	enum status st;
	size_t i;

	*n = 0;
	if ((st = fetch_newer(both, &copy, file, err)) != ST_OK)
		return st;
	for (i = 0; i < SEALVFS_SLOTS; i++)
		if (sealvfs_slot_way(&out[*n], sealvfs_header_slot(copy, i)))
			(*n)++;
	return ST_OK;
}

enum status
sealvfs_header_same(
    const struct sealvfs_file *file, bool *same, struct err *err)
{
	uint8_t both[SEALVFS_START], *copy;
	enum status st;

	*same = false;
	if ((st = fetch_newer(both, &copy, file, err)) == ST_OK)
		*same = memcmp(both, both + SEALVFS_COPY, SEALVFS_COPY) == 0;
	return st;
}

enum status
sealvfs_recovery_read(const struct sealvfs_file *file, const char *label,
    struct sealvfs_sealed *out, struct err *err)
{
	uint8_t both[SEALVFS_START], *copy, *at;
	struct sealvfs_way way;
	enum status st;
	size_t i;

	memset(out, 0, sizeof(*out));
	if ((st = fetch_newer(both, &copy, file, err)) != ST_OK)
		return st;
	for (i = 0; i < SEALVFS_SLOTS; i++) {
		at = sealvfs_header_slot(copy, i);
		if (!sealvfs_slot_way(&way, at) ||
		    way.kind != SEALVFS_RECOVERY ||
		    (label != NULL && strcmp(label, way.label) != 0))
			continue;
		sealvfs_slot_sealed(out, at, sealvfs_header_id(copy));
		return ST_OK;
	}
	return err_set(err, ST_NOTFOUND, "the file has no recovery slot");
}

/* Change a copy of the header in memory. */
typedef enum status (*edit_fn)(uint8_t *copy, const struct sealvfs_keys *keys,
    const void *arg, struct err *err);

/*
 * Read the header of ${file}, change it, and write it: over the copy that
 * is not in force first, so that there is a good one at every moment.
 */
static enum status
change(sqlite3_file *file, struct sealvfs_entry *entry, edit_fn edit,
    const void *arg, struct err *err)
{
	uint8_t both[SEALVFS_START], copy[SEALVFS_COPY], *best;
	struct sealvfs_keys keys;
	enum status st;
	int64_t at;
	int rc;

	if ((st = sealvfs_header_read(file, both, err)) != ST_OK)
		return st;
	best = sealvfs_header_best(both, entry->keys->file, &keys);
	if (best == NULL)
		return err_set(err, ST_UNTRUSTED, "the header was altered");
	memcpy(copy, best, SEALVFS_COPY);
	if ((st = edit(copy, &keys, arg, err)) != ST_OK)
		goto out;
	sealvfs_header_finish(
	    copy, sealvfs_header_generation(best) + 1, keys.header);
	at = best == both ? SEALVFS_COPY : 0;
	rc = sealvfs_header_write(file, copy, at);
	if (rc == SQLITE_OK)
		rc = sealvfs_header_write(file, copy, SEALVFS_COPY - at);
	if (rc != SQLITE_OK)
		st = sealvfs_fail(rc, "write the header", err);
out:
	crypto_wipe(&keys, sizeof(keys));
	return st;
}

/*
 * Find the file and change its header: through SQLite's own handle where it
 * is open, for opening and closing it beside would drop SQLite's locks.
 */
static enum status
change_file(const struct sealvfs_file *file, edit_fn edit, const void *arg,
    struct err *err)
{
	struct sealvfs_raw raw = { 0 };
	struct sealvfs_entry *entry;
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	sealvfs_enter(v);
	entry = sealvfs_entry_find(v, path);
	if (entry == NULL) {
		st = err_set(err, ST_LOCKED, "the file is not unlocked");
	} else if (entry->alone ||
	    (entry->open != NULL && sealvfs_has_moved(entry->open->h.real))) {
		st = err_set(err, ST_BUSY, "the file is being replaced");
	} else if (entry->open != NULL) {
		st = change(entry->open->h.real, entry, edit, arg, err);
	} else {
		st = sealvfs_raw_open(&raw, v, path, true, err);
		if (st == ST_OK)
			st = change(raw.file, entry, edit, arg, err);
		sealvfs_raw_close(&raw);
	}
	sealvfs_leave(v);
	free(path);
	return st;
}

static enum status
put(uint8_t *copy, const struct sealvfs_keys *keys, const void *arg,
    struct err *err)
{
	const struct sealvfs_slot *slot = arg;
	uint8_t *at = sealvfs_header_find(copy, slot->label);

	if (at == NULL)
		at = sealvfs_header_find_free(copy);
	if (at == NULL)
		return err_set(
		    err, ST_FULL, "all %d slots are in use", SEALVFS_SLOTS);
	return sealvfs_slot_wrap(at, slot, keys, sealvfs_header_id(copy), err);
}

enum status
sealvfs_slot_put(const struct sealvfs_file *file,
    const struct sealvfs_slot *slot, struct err *err)
{
	return change_file(file, put, slot, err);
}

static enum status
leave(uint8_t *copy, const struct sealvfs_keys *keys, const void *arg,
    struct err *err)
{
	(void)copy;
	(void)keys;
	(void)arg;
	(void)err;
	return ST_OK;
}

enum status
sealvfs_slot_settle(const struct sealvfs_file *file, struct err *err)
{
	return change_file(file, leave, NULL, err);
}

static enum status
remove_slot(uint8_t *copy, const struct sealvfs_keys *keys, const void *arg,
    struct err *err)
{
	uint8_t *at = sealvfs_header_find(copy, arg);
	struct sealvfs_way way;
	size_t i, left = 0;

	(void)keys;
	if (at == NULL)
		return err_set(err, ST_NOTFOUND, "no slot has this label");
	sealvfs_slot_clear(at);
	for (i = 0; i < SEALVFS_SLOTS; i++)
		left += sealvfs_slot_way(&way, sealvfs_header_slot(copy, i));
	if (left == 0)
		return err_set(
		    err, ST_INVALID, "it is the last way into the file");
	return ST_OK;
}

enum status
sealvfs_slot_remove(
    const struct sealvfs_file *file, const char *label, struct err *err)
{
	return change_file(file, remove_slot, label, err);
}
