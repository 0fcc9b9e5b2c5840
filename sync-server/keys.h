#ifndef SYNC_SERVER_KEYS_H
#define SYNC_SERVER_KEYS_H

/*
 * keys: the server's own keys and the name they stand for, in one small
 * file that only the store key opens.
 *
 *	keys_make() -> keys_pack() -> DIR/keys -> keys_unpack() -> server
 *
 *	sealed (seal_wrap, key derived from store.key):
 *	u8 form (2) | u16 authority | u16 box id | i64 made, Unix ms
 *	| 32 root | 32 card | 32 receipt | 32 desk | 32 box     seeds
 *	| 32 checkpoint          a seed too; not in form 1, of before the
 *	                         audit log: drawn when it is first opened
 *	| u8 length and name of the office
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/card.h"

#include "sync-server/server.h"

struct env;
struct writer;

#define KEYS_FILE_MAX 1024 /* bytes of DIR/keys */

struct keys_seeds {
	uint8_t root[32], card[32], receipt[32], desk[32], box[32],
	    checkpoint[32];
};

/* What is in the file. */
struct keys {
	bool renew; /* the file lacks a seed that was drawn now */
	unsigned authority;
	uint16_t box_id;
	int64_t made_ms;
	struct keys_seeds seeds;
	char name[CARD_NAME_MAX + 1];
};

/* New seeds.  ${name} has at most CARD_NAME_MAX bytes. */
void keys_make(struct keys *out, const struct env *env, unsigned authority,
    const char *name);
enum status keys_pack(struct writer *out, const struct keys *keys,
    const uint8_t store_key[32], struct err *err);
/*
 * ${env} draws what an older form lacks; the caller then writes the file
 * anew.  ST_UNTRUSTED: another store key, or altered.  ST_INVALID: a newer
 * form.
 */
enum status keys_unpack(struct keys *keys, const struct env *env,
    const uint8_t *bytes, size_t len, const uint8_t store_key[32],
    struct err *err);

/* The key pairs of the seeds. */
void keys_open(struct server_keys *out, const struct keys *keys);

#endif /* SYNC_SERVER_KEYS_H */
