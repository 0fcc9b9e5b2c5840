#include <sodium.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

/* In a frame header: pages in the file after a commit, else 0; the salts. */
#define AT_COMMIT 4
#define AT_FRAME_SALT 8
/* In the log's header. */
#define AT_LOG_PAGE_SIZE 8
#define AT_LOG_SALT 16

static struct sealvfs_log *
self(sqlite3_file *file)
{
	return (struct sealvfs_log *)(void *)file;
}

static int
real_write(struct sealvfs_log *log, const void *in, int n, int64_t at)
{
	return log->h.real->pMethods->xWrite(log->h.real, in, n, at);
}

int
sealvfs_log_bad_shape(struct sealvfs_log *log, int rc, int n, int64_t at)
{
	return sealvfs_report(rc, log->h.path,
	    "log: %d bytes at %lld have an unknown shape", n, (long long)at);
}

void
sealvfs_log_begin(struct sealvfs_log *log)
{
	log->committed = true;
	log->resumming = false;
	log->held = -1;
	sealvfs_work_forget_nonces(log->h.work);
}

static int
write_header(struct sealvfs_log *log, const uint8_t *in)
{
	struct sealvfs_bound to = sealvfs_bound_log_header();
	uint8_t sealed[LOG_HEADER_SEALED];

	if (get_u32(in + AT_LOG_PAGE_SIZE) != SEALVFS_PAGE)
		return sealvfs_report(SQLITE_IOERR_WRITE, log->h.path,
		    "log: the page size is fixed");
	memcpy(log->salt, in + AT_LOG_SALT, SEALVFS_SALT_LEN);
	log->salted = true;
	sealvfs_log_begin(log);
	sealvfs_seal(sealed, in, LOG_HEADER, &to, log->h.keys->log);
	return real_write(log, sealed, sizeof(sealed), 0);
}

/*
 * Follow which transaction ${frame}, about to get this header, is of.
 *
 * Frames are added at log->next.  A roll-back, to a mark or of it all, goes
 * on at an earlier frame of the same transaction, or at its start, where
 * the next one begins.  When a page was written twice in a transaction,
 * SQLite leaves salts and sums of the headers after it zero, and at the
 * commit writes these headers again, in order, up to the last.
 */
static void
follow(struct sealvfs_log *log, const uint8_t *in, int64_t frame)
{
	bool within = frame >= log->start && frame < log->next;
	bool commit = get_u32(in + AT_COMMIT) != 0;
	bool summed = !sodium_is_zero(in + AT_FRAME_SALT, SEALVFS_SALT_LEN);

	if (summed) {
		memcpy(log->salt, in + AT_FRAME_SALT, SEALVFS_SALT_LEN);
		log->salted = true;
	}
	log->resummed = log->resumming && within && summed ? frame : -1;
	if (log->resummed >= 0) {
		log->resumming = frame != log->next - 1;
		return;
	}
	if (log->committed || (!within && frame != log->next))
		log->start = frame;
	log->next = frame + 1;
	log->committed = commit;
	log->resumming = commit && !summed;
}

/* To its place in the frame that is worked on. */
static void
seal_header(struct sealvfs_log *log, int64_t frame)
{
	struct sealvfs_bound to = sealvfs_bound_frame_header(frame);

	sealvfs_piece_seal(log->h.work, log->h.work->frame + WORK_HEADER,
	    log->header, LOG_INNER_HEADER, &to, log->h.keys->log);
}

/* Its page is written next, and with it what is written here; but for a
 * header that is summed up again, which comes alone. */
static int
write_frame_header(struct sealvfs_log *log, const uint8_t *in, int64_t frame)
{
	follow(log, in, frame);
	memcpy(log->header, in, LOG_FRAME_HEADER);
	put_u64(log->header + LOG_FRAME_HEADER, (uint64_t)log->start);
	log->held = log->resummed >= 0 ? -1 : frame;
	if (log->held >= 0)
		return SQLITE_OK;
	seal_header(log, frame);
	return real_write(log, log->h.work->frame + WORK_HEADER,
	    LOG_FRAME_HEADER_SEALED, sealvfs_frame_place(frame));
}

static int
write_page(struct sealvfs_log *log, const uint8_t *in, int64_t frame)
{
	uint8_t *page = log->h.work->frame + WORK_PAGE;
	struct sealvfs_bound to;

	if (!log->salted || !sealvfs_has_room(in))
		return sealvfs_report(SQLITE_IOERR_WRITE, log->h.path,
		    "log: the database has no room for nonce and tag");
	/* No header is summed again with its page: the commit had failed, and
	 * this is the first frame of the next transaction. */
	if (frame == log->resummed) {
		log->next = frame + 1;
		log->committed = log->resumming = false;
	}
	to = sealvfs_bound_frame_page(log->salt, frame);
	sealvfs_piece_seal(
	    log->h.work, page, in, SEALVFS_USABLE, &to, log->h.keys->log);
	if (log->held != frame)
		return real_write(log, page, SEALVFS_PAGE,
		    sealvfs_frame_place(frame) + LOG_FRAME_HEADER_SEALED);
	log->held = -1;
	seal_header(log, frame);
	return real_write(log, log->h.work->frame + WORK_HEADER,
	    LOG_FRAME_SEALED, sealvfs_frame_place(frame));
}

static int
log_write(sqlite3_file *file, const void *in, int n, sqlite3_int64 at)
{
	struct sealvfs_log *log = self(file);
	int64_t frame = (at - LOG_HEADER) / LOG_FRAME;
	int64_t within = (at - LOG_HEADER) % LOG_FRAME;

	log->recovering = false;
	if (at == 0 && n == LOG_HEADER)
		return write_header(log, in);
	if (at >= LOG_HEADER && within == 0 && n == LOG_FRAME_HEADER)
		return write_frame_header(log, in, frame);
	if (at >= LOG_HEADER && within == LOG_FRAME_HEADER && n == SEALVFS_PAGE)
		return write_page(log, in, frame);
	return sealvfs_log_bad_shape(log, SQLITE_IOERR_WRITE, n, at);
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct sealvfs_log *log = self(file);
	int64_t place = 0;

	if (size >= LOG_HEADER)
		place = sealvfs_frame_place((size - LOG_HEADER) / LOG_FRAME);
	return log->h.real->pMethods->xTruncate(log->h.real, place);
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct sealvfs_log *log = self(file);
	sqlite3_int64 place = 0;
	int rc = log->h.real->pMethods->xFileSize(log->h.real, &place);

	*size = 0;
	if (rc != SQLITE_OK || place < LOG_HEADER_SEALED)
		return rc;
	place -= LOG_HEADER_SEALED;
	*size = LOG_HEADER + place / LOG_FRAME_SEALED * LOG_FRAME +
	    (place % LOG_FRAME_SEALED != 0);
	return SQLITE_OK;
}

/*
 * The name of a new log must be durable before a commit in it is.  SQLite
 * sees to that too, but goes on where it fails.
 */
static int
log_sync(sqlite3_file *file, int flags)
{
	struct sealvfs_log *log = self(file);
	enum status st = ST_OK;
	struct err ignored;

	if (!log->named && sealvfs_os_serves(log->h.vfs))
		st = sealvfs_os_sync_folder(log->h.path, &ignored);
	if (st != ST_OK)
		return st == ST_NOMEM ? SQLITE_IOERR_NOMEM
		    : st == ST_FULL   ? SQLITE_FULL
				      : SQLITE_IOERR_DIR_FSYNC;
	log->named = true;
	return sealvfs_forward_sync(file, flags);
}

static int
no_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int
log_close(sqlite3_file *file)
{
	struct sealvfs_log *log = self(file);

	if (log->main->log == log)
		log->main->log = NULL;
	return sealvfs_forward_close(&log->h);
}

/* SQLite locks the database file only, and shares memory through it. */
const sqlite3_io_methods SEALVFS_LOG_METHODS = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = sealvfs_log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = no_lock,
	.xUnlock = no_lock,
	.xCheckReservedLock = sealvfs_forward_reserved,
	.xFileControl = sealvfs_forward_control,
	.xSectorSize = sealvfs_forward_sector,
	.xDeviceCharacteristics = sealvfs_forward_traits,
};

int
sealvfs_log_open(struct sealvfs *v, sqlite3_file *file, const char *path,
    int flags, int *out_flags)
{
	sqlite3_file *owner = sqlite3_database_file_object(path);
	struct sealvfs_log *log = self(file);
	int rc, given = flags;

	if (owner == NULL || owner->pMethods != &SEALVFS_MAIN_METHODS)
		return sealvfs_report(
		    SQLITE_CANTOPEN, path, "a log without a sealed database");
	memset(log, 0, sizeof(*log));
	if (sealvfs_os_serves(v) && (flags & SQLITE_OPEN_CREATE) != 0 &&
	    !sealvfs_os_make_log(path))
		return SQLITE_FULL;
	rc = sealvfs_forward_open(v, &log->h, path, flags, &given);
	if (rc != SQLITE_OK)
		return rc;
	/* Or the connection could never write again. */
	if ((given & SQLITE_OPEN_READONLY) != 0) {
		sealvfs_forward_close(&log->h);
		return sealvfs_report(
		    SQLITE_CANTOPEN, path, "the log cannot be written");
	}
	if (out_flags != NULL)
		*out_flags = given;
	log->main = (struct sealvfs_main *)(void *)owner;
	log->main->log = log;
	log->h.keys = log->main->h.keys;
	sealvfs_log_begin(log);
	file->pMethods = &SEALVFS_LOG_METHODS;
	return SQLITE_OK;
}
