#ifndef COMMON_STORE_SEALVFS_H
#define COMMON_STORE_SEALVFS_H

/*
 * sealvfs: SQLite files that are encrypted and authenticated page by page.
 *
 *	sealvfs_register (once)
 *	sealvfs_slot_passphrase ... -> sealvfs_create        a new file
 *	sealvfs_unlock_passphrase   -> db_open (vfs = name)  one that is there
 *	db_close -> sealvfs_lock
 *	db_close -> sealvfs_rotate -> db_open                another key
 *	sealvfs_copy -> sealvfs_place                        a backup
 *	sealvfs_fetch -> unlock -> sealvfs_check -> sealvfs_place   and back
 *
 * The file's key is 32 random bytes.  It lies in the file's header in up to
 * eight slots, each a way in of its own:
 *
 *	passphrase   one person's, found by its public label
 *	recovery     the regency's recovery key, which nobody holds whole
 *	key          under 32 bytes kept elsewhere (a server's credential)
 *
 * Each is a public point (common/crypto/keyhole.h) that the file's key is
 * wrapped to: when the file gets a new key, that is wrapped to everybody's
 * point without anyone's passphrase.  Nobody who never had the file open
 * can put a file of their own before a person.
 *
 *	[header A 4096][header B 4096][page 1 4096][page 2 4096] ...
 *
 * Each page is bound to its number and its file.  The write-ahead log is
 * sealed too, frame by frame.  Nothing else is ever written: what would be
 * a file of another type is refused or kept in memory.  No header is ever
 * overwritten before its twin holds the new one durably.
 *
 * Not noticed by the file alone: an older state of the whole file, of a page
 * or of the log put back, the log or its newest commits taken away, an older
 * header put back (with the passphrases of then, until sealvfs_rotate()).
 * The chain of change sets notices these.
 *
 * A lock on the file is held by one program at a time (the base VFS is
 * unix-excl); within it several connections and threads may use it.
 *
 * Everything below may return ST_NOMEM or ST_IO, and what reads a header
 * ST_INVALID: a newer version of this program made the file (which it is
 * not damaged for).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/keyhole.h"
#include "common/crypto/passphrase.h"
#include "common/crypto/seal.h"

struct db;

#define SEALVFS_NAME "padu-seal" /* the name that programs register */
#define SEALVFS_SLOTS 8
#define SEALVFS_LABEL_MAX 16 /* bytes */
#define SEALVFS_ID_LEN 16    /* drawn for each file */

/* A file: the VFS it is in, and its path there. */
struct sealvfs_file {
	const char *vfs; /* as registered; NULL: SEALVFS_NAME */
	const char *path;
};

/* Lasting numbers: do not renumber. */
enum sealvfs_kind {
	SEALVFS_FREE = 0,
	SEALVFS_PASSPHRASE = 1,
	SEALVFS_RECOVERY = 2,
	SEALVFS_KEY = 3,
};

/*
 * A way in, ready to be put into a header.  Made by the three functions
 * below; whoever holds one wipes it with crypto_wipe().
 */
struct sealvfs_slot {
	enum sealvfs_kind kind;
	char label[SEALVFS_LABEL_MAX + 1];
	struct passphrase_cost cost; /* passphrase only, as is salt */
	uint8_t salt[SALT_LEN];
	uint8_t key[KEY_LEN]; /* wraps the file's key; recovery: public */
	uint64_t holder;      /* recovery: whose file it is */
	/*
	 * Passphrase only: a secret of this person, salt and passphrase, to
	 * derive keys from that wrap what is theirs alone.
	 * sealvfs_unlock_passphrase() gives the same bytes.
	 */
	uint8_t person[KEY_LEN];
};

/* What a header shows to anyone who can read the file. */
struct sealvfs_way {
	enum sealvfs_kind kind;
	char label[SEALVFS_LABEL_MAX + 1];
};

/*
 * Register the VFS ${name} over the VFS ${base} (NULL: the stock one that
 * holds its lock for the program).  crypto_start() must have been called.
 * ST_NOTFOUND: no such base.  ST_CONFLICT: ${name} is taken.
 */
enum status sealvfs_register(
    const char *name, const char *base, struct err *err);

/*
 * Undo it, forgetting every key.  Every file of it must be closed.  Nothing
 * happens if there is no such VFS.
 */
void sealvfs_unregister(const char *name);

/*
 * Stretch a passphrase under a new salt; slow.  The label is public, 1 to
 * SEALVFS_LABEL_MAX bytes of printable ASCII (initials, not a name).
 * ST_INVALID: label, passphrase or cost against the rules.
 */
enum status sealvfs_slot_passphrase(struct sealvfs_slot *out, const char *label,
    const void *typed, size_t len, const struct passphrase_cost *cost,
    struct err *err);
/*
 * ${public} is the recovery key as it was pinned, never as a file names it.
 * ${holder}, a number, says to the custodians whose file it is; the slot
 * proves that it was made for this holder.
 */
enum status sealvfs_slot_recovery(struct sealvfs_slot *out, const char *label,
    const uint8_t public[CURVE_POINT_LEN], uint64_t holder, struct err *err);
enum status sealvfs_slot_key(struct sealvfs_slot *out, const char *label,
    const uint8_t key[KEY_LEN], struct err *err);

/*
 * Make the file with a new key and these slots, and unlock it.  After a
 * crash it is there whole or not at all.  It holds an empty database in WAL
 * mode; ${empty} files hold none, as the target of VACUUM INTO must.
 * ST_CONFLICT: there is such a file, or two slots have one label.
 */
enum status sealvfs_create(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err);
enum status sealvfs_create_empty(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err);

/*
 * Make the file's key known to this program, until sealvfs_lock().
 * ST_LOCKED: no such label, or the wrong passphrase or key (which of them is
 * not said).  ST_UNTRUSTED: no sealed file, or its header was altered.
 * ST_NOTFOUND: no such file.
 *
 * ${person} receives the slot's secret; wipe it.  It may be NULL.
 */
enum status sealvfs_unlock_passphrase(const struct sealvfs_file *file,
    const char *label, const void *typed, size_t len, uint8_t person[KEY_LEN],
    struct err *err);
enum status sealvfs_unlock_key(const struct sealvfs_file *file,
    const uint8_t key[KEY_LEN], struct err *err);

/*
 * A recovery slot as it is shown to the custodians: nothing in it is secret.
 * The file's key is in it, wrapped to ${public}.
 */
struct sealvfs_sealed {
	char label[SEALVFS_LABEL_MAX]; /* zero-padded */
	uint8_t id[SEALVFS_ID_LEN];
	uint64_t holder;
	uint8_t public[CURVE_POINT_LEN];
	uint8_t wrapped[KEYHOLE_WRAPPED_LEN];
	uint8_t proof[KEYHOLE_PROOF_LEN];
	uint8_t bind[KEY_LEN]; /* what wrapped and proof are bound to */
};

/*
 * Read the recovery slot ${label}, or the first there is if that is NULL.
 * Needs no key and proves nothing of the file.  ST_NOTFOUND: none.
 */
enum status sealvfs_recovery_read(const struct sealvfs_file *file,
    const char *label, struct sealvfs_sealed *out, struct err *err);
/* Fill in ${sealed}->bind from label, id and holder. */
void sealvfs_recovery_bind(struct sealvfs_sealed *sealed);
/*
 * Unlock with ${shared}: the recovery secret times the first point of
 * ${sealed}->wrapped.  ST_LOCKED: it is not that, or the slot is not in
 * force any more.
 */
enum status sealvfs_unlock_recovery(const struct sealvfs_file *file,
    const struct sealvfs_sealed *sealed, const uint8_t shared[CURVE_POINT_LEN],
    struct err *err);

/* Forget the key.  ST_BUSY: the file is open. */
enum status sealvfs_lock(const struct sealvfs_file *file, struct err *err);

/* List the ways in; *${n} of them.  Needs no key and proves nothing. */
enum status sealvfs_slot_list(const struct sealvfs_file *file,
    struct sealvfs_way out[SEALVFS_SLOTS], size_t *n, struct err *err);

/*
 * Are the two copies of the header one and the same?  If not, one of them
 * was damaged, or a change of the slots was cut off between them; the file
 * opens all the same, and sealvfs_slot_settle() makes them one.  Needs no key
 * and proves nothing.
 */
enum status sealvfs_header_same(
    const struct sealvfs_file *file, bool *same, struct err *err);

/*
 * Put ${slot} into the header, in place of the one with its label if there
 * is one.  The file must be unlocked and may be open, but then by the
 * calling thread.  On ST_OK it is durable; after a crash the header is the
 * old or the new one.  ST_LOCKED: not unlocked.  ST_FULL: no free slot.
 * ST_BUSY: another program has the file.
 *
 * A person whose passphrase changes has keys wrapped under the old secret:
 * store them wrapped under ${slot}->person too, durably, before the put;
 * drop the old ones after it.
 */
enum status sealvfs_slot_put(const struct sealvfs_file *file,
    const struct sealvfs_slot *slot, struct err *err);

/*
 * Write the header in force once more, over both copies: after a change that
 * failed or was cut off, one of them may be on the disk and the other only
 * seem to be.  With the statuses of sealvfs_slot_put().
 */
enum status sealvfs_slot_settle(
    const struct sealvfs_file *file, struct err *err);

/*
 * Take the way in ${label} away, with the statuses of sealvfs_slot_put().
 * Whoever kept a copy of the file can still open that copy.
 * ST_NOTFOUND: no such label.  ST_INVALID: it is the last one.
 */
enum status sealvfs_slot_remove(
    const struct sealvfs_file *file, const char *label, struct err *err);

/*
 * Give the file a new key: who kept a copy of the old header, or the old
 * key, opens nothing that is written from now on.  Every way in stays one,
 * also for people who are absent, but that ${slots} take the place of those
 * with their labels, or are added; ${nslots} may be 0.  To shut somebody out,
 * sealvfs_slot_remove() before.  Everything in the database stays, also what
 * is wrapped under a slot's ${person}.
 *
 * Copies the database into a new file (which needs as much room on the disk,
 * but no more memory than the page cache), reads the copy back, checks it
 * and its numbers of rows, and renames it over the old one.
 *
 * The file must be unlocked and closed; on ST_OK it is unlocked with its new
 * key, and durable.  On any other status the old file is there as it was,
 * with one exception: where renaming worked and syncing the folder did not
 * (ST_IO), the new one is, and a power cut may bring the old one back.  After
 * a crash it is the one or the other, whole, so old passphrases and keys
 * must not be thought gone before ST_OK.  What a crash leaves beside it (its
 * name and ".new...") is removed at the next unlocking.
 *
 * ST_LOCKED: not unlocked.  ST_BUSY: it is open, here or elsewhere.
 * ST_FULL: no room for a second copy, or no free slot.  ST_UNTRUSTED: it is
 * damaged.  ST_IO: also if the copy did not come out right.  ST_CONFLICT: two
 * of ${slots} have one label.  ST_BUG: the VFS is not over the system's own
 * files.
 */
enum status sealvfs_rotate(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err);

/*
 * Copy ${file}, which ${db} has open outside of a transaction, to the new
 * file ${to} in whatever folder: under a key of its own, with the same ways
 * in, and without free pages.  ${note} may write into the copy before it is
 * closed.  On ST_OK it is durable, without a log, and every page of it was
 * read back and is authentic; on any other status it is gone.  A crash leaves
 * part of it under its name: give it another with sealvfs_place() then.
 *
 * ST_CONFLICT: there is such a file.  ST_FULL: no room.  ST_IO: also if the
 * copy did not come out right.
 */
typedef enum status sealvfs_note(void *arg, struct db *copy, struct err *err);
enum status sealvfs_copy(const struct sealvfs_file *file, struct db *db,
    const struct sealvfs_file *to, sealvfs_note *note, void *arg,
    struct err *err);

/*
 * Read every page of a file, and both copies of its header: unlocked, closed
 * and without a log.  ST_UNTRUSTED: a byte is not as it was written, one is
 * missing, or one too many.
 */
enum status sealvfs_check(const struct sealvfs_file *file, struct err *err);

/*
 * Copy the bytes of ${from}, the path of any sealed file, to the new file
 * ${to}, durably.  Nothing in it is looked at.  ST_NOTFOUND: no such file;
 * ST_INVALID: it is a folder, a pipe or a device.
 */
enum status sealvfs_fetch(
    const char *from, const struct sealvfs_file *to, struct err *err);

/*
 * Rename ${file}, locked, within its folder, durably.  ST_CONFLICT: there is
 * such a file, which stays.
 */
enum status sealvfs_place(
    const struct sealvfs_file *file, const char *name, struct err *err);
/* Remove a file that is locked, and its log, as far as they are there. */
void sealvfs_discard(const struct sealvfs_file *file);

#endif /* COMMON_STORE_SEALVFS_H */
