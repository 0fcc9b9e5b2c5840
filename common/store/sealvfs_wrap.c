#include <string.h>

#include "common/crypto/hash.h"
#include "common/store/sealvfs_format.h"

/*
 * A slot, one way to the file's key:
 *
 *	  0  kind u32 (0: free)    4  zero u32    8  label 16, zero-padded
 *	 24  passphrase: passes u64   32  bytes u64   40  salt 16
 *	     recovery: holder u64
 *	 56  public point 32         88  file's key, wrapped to it 80
 *	168  passphrase, key: warrant under their key 72
 *	     recovery: proof 64
 *
 * The file's key is wrapped (keyhole.h) to a point whose secret comes of the
 * passphrase or key, or is the regency's recovery key.  So a new file key
 * can be given to everybody by anyone who has the file open.  The bind of
 * that wrapping is BLAKE2b-256, keyed with the warrant (recovery: unkeyed),
 * of ( 18 | "padu/store-slot/v1" | kind u32 | label 16 | file id 16 |
 * holder u64 ): who never had the file open cannot put another file's key
 * before a person.
 */
#define SLOT_LABEL 8
#define SLOT_OPS 24
#define SLOT_HOLDER 24
#define SLOT_MEM 32
#define SLOT_SALT 40
#define SLOT_PUBLIC 56
#define SLOT_WRAPPED 88
#define SLOT_WARRANT (SLOT_WRAPPED + KEYHOLE_WRAPPED_LEN)
#define SLOT_PROOF SLOT_WARRANT
#define WARRANT_LEN (KEY_LEN + SEAL_WRAP_EXTRA)
#define DOMAIN_BIND "padu/store-slot/v1"
#define DOMAIN_WARRANT "padu/store-slot-warrant/v1"

_Static_assert(SLOT_WARRANT + WARRANT_LEN == SEALVFS_SLOT_LEN, "a slot");
_Static_assert(SLOT_PROOF + KEYHOLE_PROOF_LEN <= SEALVFS_SLOT_LEN, "a slot");

bool
sealvfs_slot_same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SEALVFS_SLOT_LEN) == 0;
}

void
sealvfs_slot_clear(uint8_t *slot)
{
	memset(slot, 0, SEALVFS_SLOT_LEN);
}

bool
sealvfs_slot_way(struct sealvfs_way *out, const uint8_t *slot)
{
	uint32_t kind = get_u32(slot);
	size_t i;

	if (kind == SEALVFS_FREE || kind > SEALVFS_KEY)
		return false;
	*out = (struct sealvfs_way){ .kind = (enum sealvfs_kind)kind };
	memcpy(out->label, slot + SLOT_LABEL, SEALVFS_LABEL_MAX);
	/* The header may have been edited; the label goes to a terminal. */
	for (i = 0; out->label[i] != '\0'; i++)
		if (out->label[i] < ' ' || out->label[i] > '~')
			out->label[i] = '?';
	return true;
}

/* What a wrapping is bound to; ${warrant} is NULL in a recovery slot. */
static void
bind(uint8_t out[KEY_LEN], const uint8_t *slot,
    const uint8_t id[SEALVFS_ID_LEN], const uint8_t *warrant)
{
	uint8_t said[4 + SEALVFS_LABEL_MAX + SEALVFS_ID_LEN + 8] = { 0 };
	bool recovery = get_u32(slot) == SEALVFS_RECOVERY;

	memcpy(said, slot, 4);
	memcpy(said + 4, slot + SLOT_LABEL, SEALVFS_LABEL_MAX);
	memcpy(said + 20, id, SEALVFS_ID_LEN);
	if (recovery)
		memcpy(said + 36, slot + SLOT_HOLDER, 8);
	if (warrant != NULL)
		hash_derive(out, warrant, DOMAIN_BIND, said, sizeof(said));
	else
		hash_domain(out, DOMAIN_BIND, said, sizeof(said));
}

/* Wrap the file's key in ${keys} to the point in ${at}. */
static enum status
wrap(uint8_t *at, const struct sealvfs_keys *keys,
    const uint8_t id[SEALVFS_ID_LEN], struct err *err)
{
	bool recovery = get_u32(at) == SEALVFS_RECOVERY;
	uint8_t bound[KEY_LEN];
	enum status st;

	bind(bound, at, id, recovery ? NULL : keys->warrant);
	st = keyhole_wrap(at + SLOT_WRAPPED, recovery ? at + SLOT_PROOF : NULL,
	    at + SLOT_PUBLIC, bound, keys->file, err);
	crypto_wipe(bound, sizeof(bound));
	return st;
}

enum status
sealvfs_slot_wrap(uint8_t *at, const struct sealvfs_slot *slot,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err)
{
	struct keyhole_key pair;

	sealvfs_slot_clear(at);
	put_u32(at, slot->kind);
	memcpy(at + SLOT_LABEL, slot->label, strlen(slot->label));
	if (slot->kind == SEALVFS_RECOVERY) {
		put_u64(at + SLOT_HOLDER, slot->holder);
		memcpy(at + SLOT_PUBLIC, slot->key, CURVE_POINT_LEN);
		return wrap(at, keys, id, err);
	}
	if (slot->kind == SEALVFS_PASSPHRASE) {
		put_u64(at + SLOT_OPS, slot->cost.ops);
		put_u64(at + SLOT_MEM, slot->cost.mem);
		memcpy(at + SLOT_SALT, slot->salt, SALT_LEN);
	}
	keyhole_key_make(&pair, slot->key);
	memcpy(at + SLOT_PUBLIC, pair.public, CURVE_POINT_LEN);
	crypto_wipe(&pair, sizeof(pair));
	seal_wrap(at + SLOT_WARRANT, slot->key, DOMAIN_WARRANT, keys->warrant,
	    KEY_LEN);
	return wrap(at, keys, id, err);
}

enum status
sealvfs_slot_rewrap(uint8_t *at, const uint8_t *from,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err)
{
	memcpy(at, from, SEALVFS_SLOT_LEN);
	return wrap(at, keys, id, err);
}

void
sealvfs_slot_cost(
    const uint8_t *slot, struct passphrase_cost *cost, uint8_t salt[SALT_LEN])
{
	cost->ops = get_u64(slot + SLOT_OPS);
	cost->mem = get_u64(slot + SLOT_MEM);
	memcpy(salt, slot + SLOT_SALT, SALT_LEN);
}

bool
sealvfs_slot_unwrap(uint8_t file[KEY_LEN], const uint8_t *slot,
    const uint8_t key[KEY_LEN], const uint8_t id[SEALVFS_ID_LEN])
{
	uint8_t warrant[KEY_LEN], bound[KEY_LEN];
	struct keyhole_key pair;
	struct err err;
	bool good;

	memset(file, 0, KEY_LEN);
	if (seal_unwrap(warrant, key, DOMAIN_WARRANT, slot + SLOT_WARRANT,
		WARRANT_LEN, &err) != ST_OK)
		return false;
	keyhole_key_make(&pair, key);
	bind(bound, slot, id, warrant);
	good = keyhole_unwrap(file, slot + SLOT_WRAPPED, &pair, bound);
	crypto_wipe(warrant, sizeof(warrant));
	crypto_wipe(bound, sizeof(bound));
	crypto_wipe(&pair, sizeof(pair));
	return good;
}

void
sealvfs_slot_sealed(struct sealvfs_sealed *out, const uint8_t *slot,
    const uint8_t id[SEALVFS_ID_LEN])
{
	bind(out->bind, slot, id, NULL);
	memcpy(out->label, slot + SLOT_LABEL, SEALVFS_LABEL_MAX);
	memcpy(out->id, id, SEALVFS_ID_LEN);
	out->holder = get_u64(slot + SLOT_HOLDER);
	memcpy(out->public, slot + SLOT_PUBLIC, CURVE_POINT_LEN);
	memcpy(out->wrapped, slot + SLOT_WRAPPED, KEYHOLE_WRAPPED_LEN);
	memcpy(out->proof, slot + SLOT_PROOF, KEYHOLE_PROOF_LEN);
}

void
sealvfs_recovery_bind(struct sealvfs_sealed *sealed)
{
	uint8_t slot[SEALVFS_SLOT_LEN] = { 0 };

	put_u32(slot, SEALVFS_RECOVERY);
	memcpy(slot + SLOT_LABEL, sealed->label, SEALVFS_LABEL_MAX);
	put_u64(slot + SLOT_HOLDER, sealed->holder);
	bind(sealed->bind, slot, sealed->id, NULL);
}
