#include <sodium.h>
#include <string.h>

#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/store/sealvfs_format.h"

/*
 * One copy of the header:
 *
 *	   0  magic 8            16  generation u64     40  slots in use u32
 *	   8  version u32        24  file id 16         64  slots 8 x 240
 *	  12  page size u32                           4064  MAC 32
 *
 *	                         1984  warrant 72
 *
 * The MAC is keyed BLAKE2b over everything before it.  The warrant is 32
 * random bytes that stay the same for as long as there is a way in that was
 * there before, also when the file's key is changed: who opens the file
 * learns it, and a slot that was not written by somebody who knew it does
 * not open.  Here it is wrapped by the file's key.  sealvfs_wrap.c has the
 * layout of a slot.
 */
#define AT_VERSION 8
#define AT_PAGE_SIZE 12
#define AT_GENERATION 16
#define AT_ID 24
#define AT_NSLOTS 40
#define AT_SLOTS 64
#define AT_WARRANT (AT_SLOTS + SEALVFS_SLOTS * SEALVFS_SLOT_LEN)
#define AT_MAC (SEALVFS_COPY - HASH_LEN)
#define VERSION 1
#define DOMAIN_WARRANT "padu/store-warrant/v1"

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

static bool
is_newer(const uint8_t *copy)
{
	return memcmp(copy, MAGIC, sizeof(MAGIC)) == 0 &&
	    get_u32(copy + AT_VERSION) > VERSION;
}

enum sealvfs_shape
sealvfs_header_shape(const uint8_t both[SEALVFS_START])
{
	if (sealvfs_header_shaped(both) ||
	    sealvfs_header_shaped(both + SEALVFS_COPY))
		return SHAPE_OURS;
	return is_newer(both) || is_newer(both + SEALVFS_COPY) ? SHAPE_NEWER
							       : SHAPE_UNKNOWN;
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

static void
warrant_key(
    uint8_t out[KEY_LEN], const uint8_t *copy, const struct sealvfs_keys *keys)
{
	hash_derive(out, keys->file, DOMAIN_WARRANT, sealvfs_header_id(copy),
	    SEALVFS_ID_LEN);
}

void
sealvfs_header_set_warrant(
    uint8_t copy[SEALVFS_COPY], const struct sealvfs_keys *keys)
{
	uint8_t key[KEY_LEN];

	warrant_key(key, copy, keys);
	seal_wrap(
	    copy + AT_WARRANT, key, DOMAIN_WARRANT, keys->warrant, KEY_LEN);
	crypto_wipe(key, sizeof(key));
}

static bool
read_warrant(const uint8_t *copy, struct sealvfs_keys *keys)
{
	uint8_t key[KEY_LEN];
	struct err err;
	enum status st;

	warrant_key(key, copy, keys);
	st = seal_unwrap(keys->warrant, key, DOMAIN_WARRANT, copy + AT_WARRANT,
	    KEY_LEN + SEAL_WRAP_EXTRA, &err);
	crypto_wipe(key, sizeof(key));
	return st == ST_OK;
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
	if (best == NULL || !read_warrant(best, keys)) {
		crypto_wipe(keys, sizeof(*keys));
		return NULL;
	}
	return best;
}

uint8_t *
sealvfs_header_slot(uint8_t *copy, size_t i)
{
	return copy + AT_SLOTS + i * SEALVFS_SLOT_LEN;
}

uint8_t *
sealvfs_header_find(uint8_t *copy, const char *label)
{
	struct sealvfs_way way;
	uint8_t *slot;
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS; i++) {
		slot = sealvfs_header_slot(copy, i);
		if (sealvfs_slot_way(&way, slot) &&
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
