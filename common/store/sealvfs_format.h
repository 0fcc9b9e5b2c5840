#ifndef COMMON_STORE_SEALVFS_FORMAT_H
#define COMMON_STORE_SEALVFS_FORMAT_H

/*
 * What lies in the files of sealvfs, and how it is sealed.  Bytes only: no
 * file is opened here.  Only the files of sealvfs include this.
 *
 * On disk (all numbers big-endian):
 *
 *	database   [header A 4096][header B 4096][page 1 4096][page 2] ...
 *	page       ciphertext 4056 | nonce 24 | tag 16
 *	           (SQLite sees 40 zero bytes where nonce and tag are)
 *	log        [sealed log header 72] then for each frame
 *	           [sealed frame header 72][page 4096]
 *	sealed log header    ciphertext 32 | nonce 24 | tag 16
 *	sealed frame header  ciphertext 24 + u64 start | nonce 24 | tag 16
 *
 * start is the number of the first frame of the frame's transaction; it
 * tells a log that a power cut tore from one that somebody damaged.  The
 * frame header is sealed because SQLite keeps a checksum of the plaintext
 * page in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/store/sealvfs.h"

#define SEALVFS_PAGE 4096 /* page size, the only one */
#define SEALVFS_NONCE 24
#define SEALVFS_TAG 16
#define SEALVFS_EXTRA (SEALVFS_NONCE + SEALVFS_TAG) /* SQLite's "reserve" */
#define SEALVFS_USABLE (SEALVFS_PAGE - SEALVFS_EXTRA)
#define SEALVFS_COPY 4096                /* one copy of the header */
#define SEALVFS_START (2 * SEALVFS_COPY) /* where page 1 lies */
#define SEALVFS_SLOT_LEN 240             /* one way in */
#define SEALVFS_SALT_LEN 8 /* of one generation of the log: SQLite's */

/* The log as SQLite sees it, and as it lies on the disk. */
#define LOG_HEADER 32
#define LOG_FRAME_HEADER 24
#define LOG_FRAME (LOG_FRAME_HEADER + SEALVFS_PAGE)
#define LOG_INNER_HEADER (LOG_FRAME_HEADER + 8)
#define LOG_HEADER_SEALED (LOG_HEADER + SEALVFS_EXTRA)
#define LOG_FRAME_HEADER_SEALED (LOG_INNER_HEADER + SEALVFS_EXTRA)
#define LOG_FRAME_SEALED (LOG_FRAME_HEADER_SEALED + SEALVFS_PAGE)

/* The keys of one file: the one drawn, and those derived from it. */
struct sealvfs_keys {
	uint8_t file[KEY_LEN];
	uint8_t page[KEY_LEN];
	uint8_t log[KEY_LEN];
	uint8_t header[KEY_LEN];
	uint8_t warrant[KEY_LEN]; /* not derived: see sealvfs_header.c */
};

/*
 * Room to work in, one for each open file.  A piece is sealed and unsealed
 * where it lies in ${frame}; the SEALVFS_LEAD bytes before it are written
 * over.
 */
#define SEALVFS_LEAD 40 /* the page after it lies at a multiple of 16 */
#define SEALVFS_NONCES 32
#define WORK_HEADER SEALVFS_LEAD /* in frame[]: a sealed frame header */
#define WORK_PAGE (WORK_HEADER + LOG_FRAME_HEADER_SEALED) /* and its page */
struct sealvfs_work {
	uint8_t frame[SEALVFS_LEAD + LOG_FRAME_SEALED];
	uint8_t stream[64 + SEALVFS_PAGE]; /* of the piece last worked on */
	/*
	 * Random, each used once, none across a fork; drawn some at a time,
	 * after a lock for writing was taken, since each draw asks the kernel.
	 */
	uint8_t nonces[SEALVFS_NONCES][SEALVFS_NONCE];
	unsigned nnonces, draw;
};

/* Where frame ${frame} (from 0) of a log lies on the disk. */
static inline int64_t
sealvfs_frame_place(int64_t frame)
{
	return LOG_HEADER_SEALED + frame * LOG_FRAME_SEALED;
}

/* Has SQLite left the end of ${page} free for nonce and tag? */
static inline bool
sealvfs_has_room(const uint8_t page[SEALVFS_PAGE])
{
	static const uint8_t zero[SEALVFS_EXTRA];

	return memcmp(page + SEALVFS_USABLE, zero, SEALVFS_EXTRA) == 0;
}

static inline void
put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static inline void
put_u64(uint8_t *at, uint64_t value)
{
	put_u32(at, (uint32_t)(value >> 32));
	put_u32(at + 4, (uint32_t)value);
}

static inline uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t
get_u64(const uint8_t *at)
{
	return (uint64_t)get_u32(at) << 32 | get_u32(at + 4);
}

/* ---- sealvfs_format.c */

/* What a sealed piece is bound to, beside its key. */
struct sealvfs_bound {
	uint8_t bytes[1 + SEALVFS_SALT_LEN + 8];
	size_t len;
};

struct sealvfs_bound sealvfs_bound_page(int64_t number); /* from 1 */
struct sealvfs_bound sealvfs_bound_log_header(void);
struct sealvfs_bound sealvfs_bound_frame_header(int64_t frame); /* from 0 */
struct sealvfs_bound sealvfs_bound_frame_page(
    const uint8_t salt[SEALVFS_SALT_LEN], int64_t frame);

/*
 * Seal the ${len} bytes ${in} to ${len} + SEALVFS_EXTRA bytes ${out}.
 * Unsealing is in place: the plaintext is the first ${len} bytes.  False:
 * not authentic; the bytes are then of no use.
 */
void sealvfs_seal(uint8_t *out, const uint8_t *in, size_t len,
    const struct sealvfs_bound *to, const uint8_t key[KEY_LEN]);
bool sealvfs_unseal(uint8_t *sealed, size_t len, const struct sealvfs_bound *to,
    const uint8_t key[KEY_LEN]);

/* All keys of the file ${id} whose key is ${file}. */
void sealvfs_keys_derive(struct sealvfs_keys *out, const uint8_t file[KEY_LEN],
    const uint8_t id[SEALVFS_ID_LEN]);

/* ---- sealvfs_piece.c
 *
 * What sealvfs_seal() and sealvfs_unseal() do, to the byte, with one call of
 * the cipher and one of the authenticator: the library's own function makes
 * three and five, which for a page is a ninth of the time.
 */

/* Seal ${len} bytes to ${at}, in frame[]. */
void sealvfs_piece_seal(struct sealvfs_work *w, uint8_t *at, const uint8_t *in,
    size_t len, const struct sealvfs_bound *to, const uint8_t key[KEY_LEN]);

/*
 * Is the piece at ${at}, in frame[], authentic?  Only then show bytes of it,
 * ${n} from ${from} on, until the next piece.  Its nonce is written over.
 */
bool sealvfs_piece_check(struct sealvfs_work *w, uint8_t *at, size_t len,
    const struct sealvfs_bound *to, const uint8_t key[KEY_LEN]);
void sealvfs_piece_show(const struct sealvfs_work *w, uint8_t *out,
    const uint8_t *at, size_t from, size_t n);
/* The same of the page at WORK_PAGE, as SQLite sees it: zeros at its end. */
void sealvfs_piece_show_page(
    const struct sealvfs_work *w, uint8_t *out, size_t from, size_t n);

void sealvfs_work_forget_nonces(struct sealvfs_work *w);

/* ---- sealvfs_header.c; ${both} is SEALVFS_START bytes, ${copy} half. */

/* Zero but for the magic, version, page size, generation 1 and ${id}. */
void sealvfs_header_new(
    uint8_t copy[SEALVFS_COPY], const uint8_t id[SEALVFS_ID_LEN]);
bool sealvfs_header_shaped(const uint8_t copy[SEALVFS_COPY]);
/* One copy that is shaped as this version makes them is enough. */
enum sealvfs_shape {
	SHAPE_OURS,
	SHAPE_NEWER, /* a later version of this program made it */
	SHAPE_UNKNOWN,
};
enum sealvfs_shape sealvfs_header_shape(const uint8_t both[SEALVFS_START]);
uint64_t sealvfs_header_generation(const uint8_t copy[SEALVFS_COPY]);
const uint8_t *sealvfs_header_id(const uint8_t copy[SEALVFS_COPY]);

/* Count the slots, set ${generation} and authenticate. */
void sealvfs_header_finish(uint8_t copy[SEALVFS_COPY], uint64_t generation,
    const uint8_t key[KEY_LEN]);

/*
 * The authentic copy of the highest generation, its keys in ${keys}; NULL
 * if neither is authentic under the file's key ${file}.
 */
uint8_t *sealvfs_header_best(uint8_t both[SEALVFS_START],
    const uint8_t file[KEY_LEN], struct sealvfs_keys *keys);

/* Slot ${i} of a copy. */
uint8_t *sealvfs_header_slot(uint8_t *copy, size_t i);
/* The slot labelled ${label}, or NULL. */
uint8_t *sealvfs_header_find(uint8_t *copy, const char *label);
uint8_t *sealvfs_header_find_free(uint8_t *copy);
/* Keep the warrant of ${keys} in a copy, wrapped. */
void sealvfs_header_set_warrant(
    uint8_t copy[SEALVFS_COPY], const struct sealvfs_keys *keys);

/* ---- sealvfs_wrap.c; ${slot} is SEALVFS_SLOT_LEN bytes of a header. */

bool sealvfs_slot_same(const uint8_t *a, const uint8_t *b);
void sealvfs_slot_clear(uint8_t *slot);
/* Its kind and label as a person may see them; false: free or unknown. */
bool sealvfs_slot_way(struct sealvfs_way *out, const uint8_t *slot);
/* The salt and cost of a passphrase slot. */
void sealvfs_slot_cost(
    const uint8_t *slot, struct passphrase_cost *cost, uint8_t salt[SALT_LEN]);
/* Make ${at} the slot ${slot} with the file's key, of the file ${id}. */
enum status sealvfs_slot_wrap(uint8_t *at, const struct sealvfs_slot *slot,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err);
/*
 * Make ${at} the slot ${from} of another file with the same warrant, or of
 * this one: what opened that opens this.  Needs nothing of the person's.
 */
enum status sealvfs_slot_rewrap(uint8_t *at, const uint8_t *from,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err);
/* Unwrap the file's key; false: not with this key. */
bool sealvfs_slot_unwrap(uint8_t file[KEY_LEN], const uint8_t *slot,
    const uint8_t key[KEY_LEN], const uint8_t id[SEALVFS_ID_LEN]);
/* What of a recovery slot goes to the custodians. */
void sealvfs_slot_sealed(struct sealvfs_sealed *out, const uint8_t *slot,
    const uint8_t id[SEALVFS_ID_LEN]);

#endif /* COMMON_STORE_SEALVFS_FORMAT_H */
