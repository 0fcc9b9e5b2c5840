#ifndef COMMON_STORE_SEALVFS_INTERNAL_H
#define COMMON_STORE_SEALVFS_INTERNAL_H

/*
 * What the files of sealvfs share.  Nobody else includes this.
 *
 *	sealvfs_register.c  the VFS: which files may be opened, and as what
 *	sealvfs_registry.c  the keys this program knows, by path
 *	sealvfs_raw.c       a file opened past all sealing, for its header
 *	sealvfs_main.c      the database file
 *	sealvfs_scrub.c     and what no page of it may keep
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
 *	sealvfs_copy.c      a copy under a new key
 *	sealvfs_check.c     every page read; a file taken from elsewhere
 *	sealvfs_unlock.c    from a passphrase or key to an entry in the registry
 *	sealvfs_slot.c      slots made, listed, put and removed
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/sealvfs.h"
#include "common/store/sealvfs_format.h"

struct db;
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

/* ---- sealvfs_copy.c */

/* Open ${path}, unlocked, for this connection alone. */
enum status sealvfs_copy_open(
    struct db **out, struct sealvfs *v, const char *path, struct err *err);
/*
 * Make an empty file ${next} with a key of its own and the ways into ${path},
 * which is open; ${slots} as in sealvfs_create_like().
 */
enum status sealvfs_copy_make(struct sealvfs *v, const char *path,
    const char *next, const struct sealvfs_slot *slots, size_t nslots,
    struct err *err);
/* Fill it with what ${from} holds. */
enum status sealvfs_copy_fill(
    struct db *from, const char *next, struct err *err);
/* ST_IO unless the copy ${made} is sound and has as many rows. */
enum status sealvfs_copy_compare(
    struct db *from, struct db *made, struct err *err);

/* ---- sealvfs_scrub.c */

/*
 * Does ${page}, number ${number} of ${npages}, hold bytes that nothing in the
 * database leads to?  Then ${out} is the page without them.
 */
bool sealvfs_scrub(uint8_t out[SEALVFS_PAGE], const uint8_t page[SEALVFS_PAGE],
    int64_t number, int64_t npages);

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

/*
 * Give the file ${from} the name ${to} instead, in the same folder.
 * ST_CONFLICT: there is such a file, which stays.
 */
enum status sealvfs_os_place(const char *from, const char *to, struct err *err);

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
