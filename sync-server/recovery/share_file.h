#ifndef SYNC_SERVER_RECOVERY_SHARE_FILE_H
#define SYNC_SERVER_RECOVERY_SHARE_FILE_H

/*
 * share_file: one custodian's share of the recovery key, under a passphrase.
 *
 *	padu-share-6402-1-2	authority 6402, recovery key 1, custodian 2
 *
 *	"padu share 1\n" | u8 custodian | u8 length, label
 *	| u64 passes, u64 bytes of Argon2id | 16 salt
 *	| u16 length, recovery card, signed by the regency's root
 *	| wrapped: two halves 64, seed of the custodian's signing key 32
 *
 * What is before the wrapped part can be read by anyone and is believed of
 * nobody: the share must fit the card.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/passphrase.h"
#include "common/crypto/share.h"
#include "common/crypto/sign.h"
#include "common/wire/recovery.h"

struct writer;

#define SHARE_FILE_MAX 4096
#define SHARE_LABEL_MAX 100

struct share_file {
	unsigned custodian;
	char label[SHARE_LABEL_MAX + 1];
	struct passphrase_cost cost;
	uint8_t salt[SALT_LEN];
	struct recovery_card card;
	uint8_t card_bytes[CARD_BYTES_MAX]; /* signed */
	size_t card_len;
	const uint8_t *wrapped; /* into the file's bytes */
};

/* What only the passphrase opens; wipe it with crypto_wipe(). */
struct share_secret {
	struct share share;
	uint8_t sign_seed[SIGN_SEED_LEN];
	struct sign_key sign;
};

/* Append a file.  ${file}: all but salt, card and wrapped is filled in. */
enum status share_file_pack(struct writer *out, const struct share_file *file,
    const struct share_secret *secret, const char *passphrase, struct err *err);
/* Read what is in the clear.  ST_UNTRUSTED: damaged. */
enum status share_file_unpack(
    struct share_file *file, const uint8_t *bytes, size_t len, struct err *err);
/* ST_LOCKED: not the passphrase.  ST_UNTRUSTED: it does not fit its card. */
enum status share_file_open(struct share_secret *out,
    const struct share_file *file, const char *passphrase, struct err *err);

#endif /* SYNC_SERVER_RECOVERY_SHARE_FILE_H */
