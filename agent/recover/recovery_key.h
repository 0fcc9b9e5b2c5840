#ifndef AGENT_RECOVER_RECOVERY_KEY_H
#define AGENT_RECOVER_RECOVERY_KEY_H

/*
 * recovery_key: the regency's recovery key as this laptop knows it.
 *
 *	page, or enrolment --recovery_key_take--> in the sealed store
 *	unlock, sync --recovery_key_reseal--> the slot of the store's header
 *
 * It is believed because the regency's root signed it, whose fingerprint
 * came with the first enrolment code; what a header says is compared with it
 * and put right.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct device;
struct recovery_keys;
struct sealvfs_file;
struct sealvfs_slot;

/* No person can have a label with a blank in it. */
#define RECOVERY_KEY_LABEL "(recovery key)"

/* Over ${db}, migrated, which must outlive it. */
enum status recovery_keys_open(
    struct recovery_keys **out, struct db *db, struct err *err);
void recovery_keys_close(struct recovery_keys *keys);

/*
 * Keep a card, if its number is higher than what is here; in the caller's
 * transaction.  ST_UNTRUSTED: not signed by ${device}'s root.
 */
enum status recovery_key_take(struct recovery_keys *keys,
    const struct device *device, const uint8_t *card, size_t len,
    struct err *err);

/* The slot that ${card} asks for on ${device}.  ST_UNTRUSTED as above. */
enum status recovery_key_slot(struct sealvfs_slot *out,
    const struct device *device, const uint8_t *card, size_t len,
    struct err *err);

/*
 * Make the recovery slot of ${file}, which is unlocked, the one that the card
 * in the store asks for; outside of a transaction.  Nothing to do where there
 * is no card.  ST_FULL: every slot is somebody's, as an earlier version let
 * them be.
 */
enum status recovery_key_reseal(struct recovery_keys *keys,
    const struct device *device, const struct sealvfs_file *file,
    struct err *err);

#endif /* AGENT_RECOVER_RECOVERY_KEY_H */
