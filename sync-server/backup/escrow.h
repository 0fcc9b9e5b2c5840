#ifndef SYNC_SERVER_BACKUP_ESCROW_H
#define SYNC_SERVER_BACKUP_ESCROW_H

/*
 * escrow: the server's store key under a passphrase, beside a backup.
 *
 *	store.key --escrow_pack(passphrase)--> BACKUP/store.key.sealed
 *	                                            |
 *	restore <--escrow_open(passphrase)----------+
 *
 *	"padu backup key 1\n" | u64 passes, u64 bytes of Argon2id | 16 salt
 *	| wrapped: the key 32
 *
 * Who has the backup and the passphrase has everything: SECURITY.md says
 * where the passphrase is to be kept.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"
#include "common/crypto/passphrase.h"

struct writer;

#define ESCROW_FILE_MAX 256

enum status escrow_pack(struct writer *out, const uint8_t key[KEY_LEN],
    const char *passphrase, const struct passphrase_cost *cost,
    struct err *err);
/* ST_UNTRUSTED: damaged.  ST_LOCKED: another passphrase. */
enum status escrow_open(uint8_t key[KEY_LEN], const uint8_t *bytes, size_t len,
    const char *passphrase, struct err *err);

#endif /* SYNC_SERVER_BACKUP_ESCROW_H */
