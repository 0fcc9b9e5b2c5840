#include <sodium.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

/*
 * One copy of the header:
 *
 *	   0  magic 8            16  generation u64     40  slots in use u32
 *	   8  version u32        24  file id 16         64  slots 8 x 160
 *	  12  page size u32                           4064  MAC 32
 *
 * The MAC is keyed BLAKE2b over everything before it.  A slot:
 *
 *	   0  kind u32 (0: free)     4  zero u32     8  label 16, zero-padded
 *	passphrase  24 passes u64  32 bytes u64  40 salt 16  56 nonce 24
 *	            80 wrapped key 48
 *	recovery    24 public key 32  56 sealed key 80
 *	key         56 nonce 24  80 wrapped key 48
 */
#define AT_VERSION 8
#define AT_PAGE_SIZE 12
#define AT_GENERATION 16
#define AT_ID 24
#define AT_NSLOTS 40
#define AT_SLOTS 64
#define AT_MAC (SEALVFS_COPY - HASH_LEN)
#define SLOT_SIZE 160
#define SLOT_LABEL 8
#define SLOT_OPS 24
#define SLOT_MEM 32
#define SLOT_SALT 40
#define SLOT_NONCE 56
#define SLOT_WRAPPED 80
#define SLOT_PUBLIC 24
#define SLOT_SEALED 56
#define WRAPPED_LEN (KEY_LEN + SEALVFS_TAG)
#define SEALED_LEN (KEY_LEN + crypto_box_SEALBYTES)
#define VERSION 1

static const uint8_t MAGIC[8] = "SEALDB1\n";

void
sealvfs_header_new(uint8_t copy[SEALVFS_COPY], const uint8_t id[SEALVFS_ID_LEN])
{
	memset(copy, 0, SEALVFS_COPY);
	memcpy(copy, MAGIC, sizeof(MAGIC));
	put_u32(copy + AT_VERSION, VERSION);
	put_u32(copy + AT_PAGE_SIZE, SEALVFS_PAGE);
	memcpy(copy + AT_ID, id, SEALVFS_ID_LEN);
}

bool
sealvfs_header_shaped(const uint8_t copy[SEALVFS_COPY])
{
	return memcmp(copy, MAGIC, sizeof(MAGIC)) == 0 &&
	    get_u32(copy + AT_VERSION) == VERSION &&
	    get_u32(copy + AT_PAGE_SIZE) == SEALVFS_PAGE;
}

uint64_t
sealvfs_header_generation(const uint8_t copy[SEALVFS_COPY])
{
	return get_u64(copy + AT_GENERATION);
}

const uint8_t *
sealvfs_header_id(const uint8_t copy[SEALVFS_COPY])
{
	return copy + AT_ID;
}

static void
authenticate(uint8_t out[HASH_LEN], const uint8_t copy[SEALVFS_COPY],
    const uint8_t key[KEY_LEN])
{
	crypto_generichash(out, HASH_LEN, copy, AT_MAC, key, KEY_LEN);
}

void
sealvfs_header_finish(
    uint8_t copy[SEALVFS_COPY], uint64_t generation, const uint8_t key[KEY_LEN])
{
	uint32_t i, used = 0;

	for (i = 0; i < SEALVFS_SLOTS; i++)
		used += get_u32(sealvfs_header_slot(copy, i)) != SEALVFS_FREE;
	put_u32(copy + AT_NSLOTS, used);
	put_u64(copy + AT_GENERATION, generation);
	authenticate(copy + AT_MAC, copy, key);
}

uint8_t *
sealvfs_header_best(uint8_t both[SEALVFS_START], const uint8_t file[KEY_LEN],
    struct sealvfs_keys *keys)
{
	uint8_t *copy, *best = NULL;
	uint8_t mac[HASH_LEN];
	size_t i;

	for (i = 0; i < 2; i++) {
		copy = both + i * SEALVFS_COPY;
		if (!sealvfs_header_shaped(copy))
			continue;
		sealvfs_keys_derive(keys, file, sealvfs_header_id(copy));
		authenticate(mac, copy, keys->header);
		if (!crypto_equal(mac, copy + AT_MAC, HASH_LEN))
			continue;
		if (best == NULL ||
		    sealvfs_header_generation(copy) >
			sealvfs_header_generation(best))
			best = copy;
	}
	if (best != NULL)
		sealvfs_keys_derive(keys, file, sealvfs_header_id(best));
	else
		crypto_wipe(keys, sizeof(*keys));
	return best;
}

uint8_t *
sealvfs_header_slot(uint8_t *copy, size_t i)
{
	return copy + AT_SLOTS + i * SLOT_SIZE;
}

bool
sealvfs_header_same_slot(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SLOT_SIZE) == 0;
}

bool
sealvfs_header_way(struct sealvfs_way *out, const uint8_t *slot)
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

uint8_t *
sealvfs_header_find(uint8_t *copy, const char *label)
{
	struct sealvfs_way way;
	uint8_t *slot;
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS; i++) {
		slot = sealvfs_header_slot(copy, i);
		if (sealvfs_header_way(&way, slot) &&
		    strcmp(way.label, label) == 0)
			return slot;
	}
	return NULL;
}

uint8_t *
sealvfs_header_find_free(uint8_t *copy)
{
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS; i++)
		if (get_u32(sealvfs_header_slot(copy, i)) == SEALVFS_FREE)
			return sealvfs_header_slot(copy, i);
	return NULL;
}

void
sealvfs_header_clear_slot(uint8_t *slot)
{
	memset(slot, 0, SLOT_SIZE);
}

enum status
sealvfs_header_wrap(uint8_t *at, const struct sealvfs_slot *slot,
    const uint8_t file[KEY_LEN], const uint8_t id[SEALVFS_ID_LEN],
    struct err *err)
{
	memset(at, 0, SLOT_SIZE);
	put_u32(at, slot->kind);
	memcpy(at + SLOT_LABEL, slot->label, strlen(slot->label));
	if (slot->kind == SEALVFS_RECOVERY) {
		memcpy(at + SLOT_PUBLIC, slot->key, BOX_PUBLIC_LEN);
		if (crypto_box_seal(
			at + SLOT_SEALED, file, KEY_LEN, slot->key) != 0)
			return err_set(
			    err, ST_INVALID, "unusable recovery key");
		return ST_OK;
	}
	if (slot->kind == SEALVFS_PASSPHRASE) {
		put_u64(at + SLOT_OPS, slot->cost.ops);
		put_u64(at + SLOT_MEM, slot->cost.mem);
		memcpy(at + SLOT_SALT, slot->salt, SALT_LEN);
	}
	randombytes_buf(at + SLOT_NONCE, SEALVFS_NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(at + SLOT_WRAPPED, NULL,
	    file, KEY_LEN, id, SEALVFS_ID_LEN, NULL, at + SLOT_NONCE,
	    slot->key);
	return ST_OK;
}

void
sealvfs_header_cost(
    const uint8_t *slot, struct passphrase_cost *cost, uint8_t salt[SALT_LEN])
{
	cost->ops = get_u64(slot + SLOT_OPS);
	cost->mem = get_u64(slot + SLOT_MEM);
	memcpy(salt, slot + SLOT_SALT, SALT_LEN);
}

bool
sealvfs_header_unwrap(uint8_t file[KEY_LEN], const uint8_t *slot,
    const uint8_t key[KEY_LEN], const uint8_t id[SEALVFS_ID_LEN])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(file, NULL, NULL,
		   slot + SLOT_WRAPPED, WRAPPED_LEN, id, SEALVFS_ID_LEN,
		   slot + SLOT_NONCE, key) == 0;
}

bool
sealvfs_header_unwrap_recovery(
    uint8_t file[KEY_LEN], const uint8_t *slot, const struct seal_key *key)
{
	return memcmp(slot + SLOT_PUBLIC, key->public, BOX_PUBLIC_LEN) == 0 &&
	    crypto_box_seal_open(file, slot + SLOT_SEALED, SEALED_LEN,
		key->public, key->secret) == 0;
}
