#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/store/sealvfs_internal.h"

/* What somebody holds who wants to open a file; one of three. */
struct attempt {
	enum sealvfs_kind kind;
	const char *label; /* passphrase */
	const void *typed;
	size_t len;
	struct sealvfs_slot slot; /* passphrase: stretched; key: derived */
	const struct sealvfs_sealed *sealed; /* recovery */
	const uint8_t *shared;
};

static enum status
refuse(struct err *err)
{
	return err_set(err, ST_LOCKED, "it does not open with this");
}

static enum status
distrust(struct err *err)
{
	return err_set(err, ST_UNTRUSTED, "the header was damaged or altered");
}

static bool
try_shared(uint8_t file[KEY_LEN], const struct attempt *a, const uint8_t *at,
    const uint8_t *id)
{
	struct sealvfs_sealed here;

	sealvfs_slot_sealed(&here, at, id);
	return crypto_equal(
		   here.wrapped, a->sealed->wrapped, KEYHOLE_WRAPPED_LEN) &&
	    keyhole_unwrap_shared(
		file, here.wrapped, here.public, here.bind, a->shared);
}

/* Does ${a} open the slot at ${at}?  ST_LOCKED: no. */
static enum status
try_slot(uint8_t file[KEY_LEN], struct attempt *a, const uint8_t *at,
    const uint8_t *id, struct err *err)
{
	struct sealvfs_way way;
	enum status st;
	bool good;

	if (!sealvfs_slot_way(&way, at) || way.kind != a->kind ||
	    (a->label != NULL && strcmp(a->label, way.label) != 0))
		return refuse(err);
	if (a->kind == SEALVFS_PASSPHRASE) {
		sealvfs_slot_cost(at, &a->slot.cost, a->slot.salt);
		st = sealvfs_slot_stretch(&a->slot, a->typed, a->len, err);
		if (st == ST_INVALID) /* a cost that nobody wrote */
			return distrust(err);
		if (st != ST_OK)
			return st;
	}
	if (a->kind == SEALVFS_RECOVERY)
		good = try_shared(file, a, at, id);
	else
		good = sealvfs_slot_unwrap(file, at, a->slot.key, id);
	return good ? ST_OK : refuse(err);
}

/* Is a slot with the very bytes of ${at} in ${copy}? */
static bool
has_slot(uint8_t *copy, const uint8_t *at)
{
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS; i++)
		if (sealvfs_slot_same(sealvfs_header_slot(copy, i), at))
			return true;
	return false;
}

/* Was slot ${at} of the second copy tried, as one of the first? */
static bool
was_tried(uint8_t both[SEALVFS_START], const uint8_t *at)
{
	return sealvfs_header_shaped(both) && has_slot(both, at) &&
	    memcmp(sealvfs_header_id(both),
		sealvfs_header_id(both + SEALVFS_COPY), SEALVFS_ID_LEN) == 0;
}

/*
 * Slot ${at} gave ${file}, which is wiped.  Is it of the copy in force?  It
 * may be of a copy that was damaged, or one that was taken away.
 */
static enum status
accept(uint8_t **best, struct sealvfs_keys *keys, uint8_t both[SEALVFS_START],
    uint8_t file[KEY_LEN], const uint8_t *at, struct err *err)
{
	*best = sealvfs_header_best(both, file, keys);
	crypto_wipe(file, KEY_LEN);
	if (*best == NULL)
		return distrust(err);
	if (has_slot(*best, at))
		return ST_OK;
	crypto_wipe(keys, sizeof(*keys));
	return refuse(err);
}

/*
 * Try every slot of both copies, a slot that is in both once.  *${best} is
 * the copy in force.
 */
static enum status
try_copies(uint8_t **best, struct sealvfs_keys *keys, struct attempt *a,
    uint8_t both[SEALVFS_START], struct err *err)
{
	uint8_t file[KEY_LEN], *copy, *at;
	struct err why; /* the worst of what was found */
	enum status st;
	size_t c, i;

	err_set(&why, ST_UNTRUSTED, "it is no sealed file");
	for (c = 0; c < 2; c++) {
		copy = both + c * SEALVFS_COPY;
		if (!sealvfs_header_shaped(copy))
			continue;
		if (c == 0 || !sealvfs_header_shaped(both))
			refuse(&why);
		for (i = 0; i < SEALVFS_SLOTS; i++) {
			at = sealvfs_header_slot(copy, i);
			if (c == 1 && was_tried(both, at))
				continue;
			st =
			    try_slot(file, a, at, sealvfs_header_id(copy), err);
			if (st == ST_OK)
				st = accept(best, keys, both, file, at, err);
			if (st == ST_OK)
				return ST_OK;
			if (st != ST_LOCKED)
				why = *err;
		}
	}
	*err = why;
	return why.status;
}

static enum status
unlock(const struct sealvfs_file *file, struct attempt *a, struct err *err)
{
	uint8_t both[SEALVFS_START], *best = NULL;
	struct sealvfs_keys keys;
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	if ((st = sealvfs_header_fetch(v, path, both, err)) != ST_OK)
		goto out;
	if ((st = try_copies(&best, &keys, a, both, err)) != ST_OK)
		goto out;
	sealvfs_enter(v);
	st = sealvfs_entry_put(v, path, &keys, sealvfs_header_id(best), err);
	if (st == ST_OK)
		sealvfs_os_sweep_idle(v, path);
	sealvfs_leave(v);
	crypto_wipe(&keys, sizeof(keys));
out:
	free(path);
	return st == ST_OK ? st : err_wrap(err, "unlock");
}

enum status
sealvfs_unlock_passphrase(const struct sealvfs_file *file, const char *label,
    const void *typed, size_t len, uint8_t person[KEY_LEN], struct err *err)
{
	struct attempt a = { .kind = SEALVFS_PASSPHRASE,
		.label = label,
		.typed = typed,
		.len = len };
	enum status st;

	if (person != NULL)
		memset(person, 0, KEY_LEN);
	if (len > PASSPHRASE_MAX)
		return refuse(err);
	st = unlock(file, &a, err);
	if (st == ST_OK && person != NULL)
		memcpy(person, a.slot.person, KEY_LEN);
	crypto_wipe(&a, sizeof(a));
	return st;
}

enum status
sealvfs_unlock_key(const struct sealvfs_file *file, const uint8_t key[KEY_LEN],
    struct err *err)
{
	struct attempt a = { .kind = SEALVFS_KEY };
	enum status st;

	st = sealvfs_slot_key(&a.slot, "key", key, err);
	if (st == ST_OK)
		st = unlock(file, &a, err);
	crypto_wipe(&a, sizeof(a));
	return st;
}

enum status
sealvfs_unlock_recovery(const struct sealvfs_file *file,
    const struct sealvfs_sealed *sealed, const uint8_t shared[CURVE_POINT_LEN],
    struct err *err)
{
	struct attempt a = {
		.kind = SEALVFS_RECOVERY, .sealed = sealed, .shared = shared
	};

	return unlock(file, &a, err);
}

enum status
sealvfs_lock(const struct sealvfs_file *file, struct err *err)
{
	struct sealvfs_entry *entry;
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	sealvfs_enter(v);
	entry = sealvfs_entry_find(v, path);
	if (entry != NULL && entry->open != NULL)
		st = err_set(err, ST_BUSY, "the file is open");
	else if (entry != NULL)
		sealvfs_entry_drop(v, entry);
	sealvfs_leave(v);
	free(path);
	return st;
}
