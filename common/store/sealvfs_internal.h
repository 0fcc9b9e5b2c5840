#ifndef COMMON_STORE_SEALVFS_INTERNAL_H
#define COMMON_STORE_SEALVFS_INTERNAL_H

/*
 * What the files of sealvfs share.  Nobody else includes this.
 *
 *	sealvfs_register.c  the VFS: which files may be opened, and as what
 *	sealvfs_registry.c  the keys this program knows, by path
 *	sealvfs_raw.c       a file opened past all sealing, for its header
 *	sealvfs_main.c      the database file
 *	sealvfs_log.c       the write-ahead log, and sealvfs_log_read.c
 *	sealvfs_ram.c       a rollback journal that never leaves memory
 *	sealvfs_forward.c   calls that go to the base VFS as they are
 *	sealvfs_header.c    the two copies of the header
 *	sealvfs_wrap.c      one slot: the file's key, wrapped
 *	sealvfs_format.c    what is sealed, and what it is bound to
 *	sealvfs_piece.c     the same bytes with less work, for the hot ways
 *	sealvfs_os.c        names, links and folders, where SQLite has no call
 *	sealvfs_create.c    a new file
 *	sealvfs_rotate.c    a new file with a new key in an old one's place
 *	sealvfs_unlock.c    from a passphrase or key to an entry in the registry
 *	sealvfs_slot.c      slots made, listed, put and removed
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

#include <sqlite3.h>
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

struct sealvfs_main;

/* A file whose key this program knows. */
struct sealvfs_entry {
	struct sealvfs_entry *next;
	struct sealvfs_keys *keys; /* secret_new() */
	uint8_t id[SEALVFS_ID_LEN];
	struct sealvfs_main *open; /* its open handles */
	bool alone;                /* rotation: nobody else may open it */
	char path[];               /* as xFullPathname prints it */
};

/* One registered VFS. */
struct sealvfs {
	sqlite3_vfs vfs; /* pAppData points back here */
	sqlite3_vfs *base;
	sqlite3_mutex *mutex; /* guards entries and all they hold */
	struct sealvfs_entry *entries;
	char name[];
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

/* What every open file begins with. */
struct sealvfs_handle {
	sqlite3_file sqlite;
	sqlite3_file *real; /* the base VFS's, behind the largest of ours */
	struct sealvfs *vfs;
	const char *path; /* SQLite's */
	const struct sealvfs_keys *keys;
	struct sealvfs_work *work;
};

struct sealvfs_log {
	struct sealvfs_handle h;
	struct sealvfs_main *main;
	bool recovering; /* SQLite looks for the end of the log */
	bool salted;     /* salt is known */
	bool named;      /* its name in its folder is durable */
	uint8_t salt[SEALVFS_SALT_LEN];
	/* The transaction being written, or the last one written. */
	int64_t start;    /* its first frame */
	int64_t next;     /* the frame after its last */
	bool committed;   /* its last frame is a commit */
	bool resumming;   /* its checksums are being written again */
	int64_t resummed; /* the frame whose header that was last, or -1 */
	/* A frame's header that waits for its page, which SQLite writes next.
	 */
	int64_t held; /* its frame, or -1 */
	uint8_t header[LOG_INNER_HEADER];
};

struct sealvfs_main {
	struct sealvfs_handle h;
	struct sealvfs_entry *entry;
	struct sealvfs_main *next; /* in entry->open */
	struct sealvfs_log *log;   /* while it is open */
};

struct sealvfs_ram {
	sqlite3_file sqlite;
	uint8_t *bytes;
	int64_t len, cap;
};

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

/* ---- sealvfs_registry.c */

/* The VFS ${file} is in and its full path there (a string to free()). */
enum status sealvfs_locate(struct sealvfs **out, char **path,
    const struct sealvfs_file *file, struct err *err);

void sealvfs_enter(struct sealvfs *v);
void sealvfs_leave(struct sealvfs *v);

/* These three only between enter and leave. */
struct sealvfs_entry *sealvfs_entry_find(struct sealvfs *v, const char *path);
/* ST_BUSY: an open file has this path and another key. */
enum status sealvfs_entry_put(struct sealvfs *v, const char *path,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err);
void sealvfs_entry_drop(struct sealvfs *v, struct sealvfs_entry *entry);

enum status sealvfs_fail(int rc, const char *doing, struct err *err);

/* ---- sealvfs_raw.c */

/*
 * A file opened through the base VFS, past all sealing.  ${write}: locked
 * against every other program; ST_BUSY if that cannot be had.  It has moved
 * if its path now leads to another file, or none.
 */
struct sealvfs_raw {
	sqlite3_file *file;
	char *name; /* sqlite3_create_filename() */
};
bool sealvfs_has_moved(sqlite3_file *file);
enum status sealvfs_raw_open(struct sealvfs_raw *out, struct sealvfs *v,
    const char *path, bool write, struct err *err);
/* As for writing, but make the file if need be. */
enum status sealvfs_raw_make(struct sealvfs_raw *out, struct sealvfs *v,
    const char *path, struct err *err);
void sealvfs_raw_close(struct sealvfs_raw *raw);

/*
 * Read both copies.  ST_UNTRUSTED: it is no sealed file.  ST_INVALID: a newer
 * version made it.
 */
enum status sealvfs_header_read(
    sqlite3_file *file, uint8_t both[SEALVFS_START], struct err *err);
/* The same of a file that is opened for it and closed again. */
enum status sealvfs_header_fetch(struct sealvfs *v, const char *path,
    uint8_t both[SEALVFS_START], struct err *err);
/* Write ${copy} over the copy at ${offset}, durably. */
int sealvfs_header_write(
    sqlite3_file *file, const uint8_t copy[SEALVFS_COPY], int64_t offset);

/* ---- sealvfs_create.c */

/* A file whose ways in another one is to have. */
struct sealvfs_like {
	uint8_t *copy; /* of its header, the one in force */
	const struct sealvfs_keys *keys;
};

/*
 * As sealvfs_create_empty(), with the ways into ${like}, but that ${slots}
 * take the place of those that have their labels.
 */
enum status sealvfs_create_like(const struct sealvfs_file *file,
    const struct sealvfs_like *like, const struct sealvfs_slot *slots,
    size_t nslots, struct err *err);

/* ---- sealvfs_os.c: only where sealvfs_os_serves() */

/*
 * What is put beside a file to take its place has its name and this, and
 * perhaps more.  After a crash it is of no use.
 */
#define SEALVFS_NEXT ".new"

/* Does the VFS sit on the system's own files? */
bool sealvfs_os_serves(const struct sealvfs *v);

/* errno, as a status. */
enum status sealvfs_os_fail(const char *doing, struct err *err);

/* ${path} and ${more} as one string to free(); NULL: no memory. */
char *sealvfs_os_name(const char *path, const char *more);

/* Make durable what the file holds; the names in its folder. */
enum status sealvfs_os_sync(const char *path, struct err *err);
enum status sealvfs_os_sync_folder(const char *path, struct err *err);

/*
 * Make a log, empty, before the base opens it, which does not tell a full
 * disk from other trouble.  False: there is no room.
 */
bool sealvfs_os_make_log(const char *path);

/* A file that is not there is removed already. */
enum status sealvfs_os_remove(const char *path, struct err *err);

/*
 * Remove what was left unfinished beside ${path}.  The first: the caller has
 * the file to itself.  The second: only if nobody has it.
 */
void sealvfs_os_sweep(const char *path);
void sealvfs_os_sweep_idle(struct sealvfs *v, const char *path);

/* ---- the files, by type */

extern const sqlite3_io_methods SEALVFS_MAIN_METHODS;
extern const sqlite3_io_methods SEALVFS_LOG_METHODS;
extern const sqlite3_io_methods SEALVFS_RAM_METHODS;

/* Room for one of ours, before the base VFS's own. */
#define SEALVFS_ROOM                                                           \
	((sizeof(struct sealvfs_log) + sizeof(struct sealvfs_main) + 15) /     \
	    16 * 16)

/*
 * Make ${file} the handle of ${path}.  ${flags} are those of xOpen.  On
 * failure nothing is left open and ${file} has no methods.
 */
int sealvfs_main_open(struct sealvfs *v, sqlite3_file *file, const char *path,
    int flags, int *out_flags);
int sealvfs_log_open(struct sealvfs *v, sqlite3_file *file, const char *path,
    int flags, int *out_flags);
void sealvfs_ram_open(sqlite3_file *file);

/* Bytes SQLite may read: 0 while the file holds no page. */
int sealvfs_main_size(sqlite3_file *file, sqlite3_int64 *size);

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

int sealvfs_log_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at);
int sealvfs_log_bad_shape(struct sealvfs_log *log, int rc, int n, int64_t at);

/* Another transaction begins: whatever is written next is its start. */
void sealvfs_log_begin(struct sealvfs_log *log);

/* Log ${rc} (through sqlite3_log) with the file's name; return it. */
int sealvfs_report(int rc, const char *path, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* ---- sealvfs_slot.c */

/* Fill in key and person of a passphrase slot with salt and cost. */
enum status sealvfs_slot_stretch(
    struct sealvfs_slot *slot, const void *typed, size_t len, struct err *err);

/* ---- sealvfs_forward.c */

int sealvfs_forward_open(struct sealvfs *v, struct sealvfs_handle *h,
    const char *path, int flags, int *out_flags);
int sealvfs_forward_close(struct sealvfs_handle *h);
/* ${base}: the base VFS's own file. */
int sealvfs_forward_read(
    sqlite3_file *base, void *out, int n, sqlite3_int64 at);
int sealvfs_forward_sync(sqlite3_file *file, int flags);
/*
 * The first lock of a handle is refused (SQLITE_BUSY: open it again) where a
 * rotation has put another file in its place.
 */
int sealvfs_forward_lock(sqlite3_file *file, int level);
int sealvfs_forward_unlock(sqlite3_file *file, int level);
int sealvfs_forward_reserved(sqlite3_file *file, int *out);
int sealvfs_forward_sector(sqlite3_file *file);
int sealvfs_forward_traits(sqlite3_file *file);
int sealvfs_forward_control(sqlite3_file *file, int op, void *arg);
int sealvfs_forward_shm_map(
    sqlite3_file *file, int region, int size, int extend, void volatile **out);
int sealvfs_forward_shm_lock(sqlite3_file *file, int from, int n, int flags);
void sealvfs_forward_shm_barrier(sqlite3_file *file);
int sealvfs_forward_shm_unmap(sqlite3_file *file, int remove);

/* ---- sealvfs_register.c */

int sealvfs_xopen(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
    int flags, int *out_flags);

#endif /* COMMON_STORE_SEALVFS_INTERNAL_H */
