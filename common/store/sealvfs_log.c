#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

/* In a frame header: pages in the file after a commit, else 0; the salts. */
#define AT_COMMIT 4
#define AT_FRAME_SALT 8
/* In the log's header. */
#define AT_LOG_PAGE_SIZE 8
#define AT_LOG_SALT 16

static_assert(LOG_HEADER == LOG_INNER_HEADER, "one buffer serves for both");

static struct sealvfs_log *
self(sqlite3_file *file)
{
	return (struct sealvfs_log *)(void *)file;
}

static int
real_read(struct sealvfs_log *log, void *out, int n, int64_t at)
{
	return log->h.real->pMethods->xRead(log->h.real, out, n, at);
}

static int
real_write(struct sealvfs_log *log, const void *in, int n, int64_t at)
{
	return log->h.real->pMethods->xWrite(log->h.real, in, n, at);
}

/* Where frame ${frame} (from 0) lies on the disk. */
static int64_t
frame_place(int64_t frame)
{
	return LOG_HEADER_SEALED + frame * LOG_FRAME_SEALED;
}

static int
bad_shape(struct sealvfs_log *log, int rc, int n, int64_t at)
{
	return sealvfs_report(rc, log->h.path,
	    "log: %d bytes at %lld have an unknown shape", n, (long long)at);
}

/* The log's header: what became of reading it. */
enum header {
	HEADER_GOOD,
	HEADER_NONE, /* nothing there, or zeros that a power cut left */
	HEADER_BAD,
	HEADER_ERROR, /* *rc says which */
};

static enum header
load_header(struct sealvfs_log *log, uint8_t out[LOG_HEADER_SEALED], int *rc)
{
	struct sealvfs_bound to = sealvfs_bound_log_header();
	bool zero;

	*rc = real_read(log, out, LOG_HEADER_SEALED, 0);
	if (*rc != SQLITE_OK && *rc != SQLITE_IOERR_SHORT_READ)
		return HEADER_ERROR;
	zero = sodium_is_zero(out, LOG_HEADER_SEALED) == 1;
	if (zero)
		return HEADER_NONE;
	if (*rc != SQLITE_OK ||
	    !sealvfs_unseal(out, LOG_HEADER, &to, log->h.keys->log))
		return HEADER_BAD;
	memcpy(log->salt, out + AT_LOG_SALT, SEALVFS_SALT_LEN);
	log->salted = true;
	return HEADER_GOOD;
}

static int
read_header(struct sealvfs_log *log, uint8_t *out, int n, int64_t at)
{
	uint8_t header[LOG_HEADER_SEALED];
	int rc;

	if (at + n > LOG_HEADER)
		return bad_shape(log, SQLITE_IOERR_READ, n, at);
	memset(out, 0, (size_t)n);
	switch (load_header(log, header, &rc)) {
	case HEADER_GOOD:
		break;
	case HEADER_NONE:
		return SQLITE_IOERR_SHORT_READ;
	case HEADER_BAD:
		/* SQLite would take the log for empty and drop its commits. */
		return sealvfs_report(SQLITE_IOERR_DATA, log->h.path,
		    "log: its header is not authentic");
	case HEADER_ERROR:
		return rc;
	}
	memcpy(out, header + at, (size_t)n);
	/* Reading it whole is how SQLite begins to look for the log's end. */
	log->recovering = n == LOG_HEADER;
	return SQLITE_OK;
}

/* Unseal the header of ${frame}: 24 bytes for SQLite, then the start. */
static bool
load_frame_header(struct sealvfs_log *log, uint8_t out[LOG_FRAME_HEADER_SEALED],
    int64_t frame, int *rc)
{
	struct sealvfs_bound to = sealvfs_bound_frame_header(frame);

	*rc = real_read(log, out, LOG_FRAME_HEADER_SEALED, frame_place(frame));
	return *rc == SQLITE_OK &&
	    sealvfs_unseal(out, LOG_INNER_HEADER, &to, log->h.keys->log);
}

static bool
of_this_generation(const struct sealvfs_log *log, const uint8_t *frame_header)
{
	return log->salted &&
	    memcmp(frame_header + AT_FRAME_SALT, log->salt, SEALVFS_SALT_LEN) ==
	    0;
}

/*
 * Is there a frame after ${frame} whose transaction began after it?  Then
 * ${frame} had been synced before that one was written: it was damaged
 * since, and is no end that a power cut left.
 */
static bool
is_followed(struct sealvfs_log *log, int64_t frame)
{
	uint8_t header[LOG_FRAME_HEADER_SEALED];
	int64_t next;
	int rc = SQLITE_OK;

	for (next = frame + 1; rc == SQLITE_OK; next++)
		if (load_frame_header(log, header, next, &rc) &&
		    of_this_generation(log, header) &&
		    get_u64(header + LOG_FRAME_HEADER) > (uint64_t)frame)
			return true;
	return false;
}

/*
 * SQLite, looking for the log's end, asked for a frame that is not one of
 * this generation.  Zeros make it stop there.
 */
static int
end_of_log(struct sealvfs_log *log, int64_t frame)
{
	uint8_t header[LOG_HEADER_SEALED];
	int rc;

	if (load_header(log, header, &rc) == HEADER_GOOD &&
	    is_followed(log, frame))
		return sealvfs_report(SQLITE_IOERR_DATA, log->h.path,
		    "log: frame %lld is damaged, commits follow it",
		    (long long)frame + 1);
	return SQLITE_OK;
}

/*
 * Read the page of ${frame} whole into ${page}.  *${good} says whether it
 * is authentic.
 */
static int
load_frame_page(
    struct sealvfs_log *log, uint8_t *page, int64_t frame, bool *good)
{
	uint8_t header[LOG_HEADER_SEALED], before[SEALVFS_SALT_LEN];
	int64_t at = frame_place(frame) + LOG_FRAME_HEADER_SEALED;
	struct sealvfs_bound to;
	enum header got;
	int rc, tries;

	*good = false;
	for (tries = 0; tries < 2; tries++) {
		/* Another connection may have begun a new generation. */
		if (!log->salted || tries > 0) {
			memcpy(before, log->salt, SEALVFS_SALT_LEN);
			got = load_header(log, header, &rc);
			if (got != HEADER_GOOD)
				return got == HEADER_ERROR ? rc : SQLITE_OK;
			if (tries > 0 &&
			    memcmp(before, log->salt, SEALVFS_SALT_LEN) == 0)
				return SQLITE_OK;
		}
		rc = real_read(log, page, SEALVFS_PAGE, at);
		if (rc == SQLITE_IOERR_SHORT_READ)
			return SQLITE_OK;
		if (rc != SQLITE_OK)
			return rc;
		to = sealvfs_bound_frame_page(log->salt, frame);
		if (sealvfs_unseal_page(page, &to, log->h.keys->log)) {
			*good = true;
			return SQLITE_OK;
		}
	}
	return SQLITE_OK;
}

static int
not_authentic(struct sealvfs_log *log, int64_t frame)
{
	return sealvfs_report(SQLITE_IOERR_DATA, log->h.path,
	    "log: frame %lld is not authentic", (long long)frame + 1);
}

/* ${n} bytes of a page, from its byte ${within} on. */
static int
read_page(
    struct sealvfs_log *log, uint8_t *out, int n, int64_t frame, int64_t within)
{
	uint8_t *page = n == SEALVFS_PAGE ? out : log->h.page;
	bool good;
	int rc = load_frame_page(log, page, frame, &good);

	if (rc == SQLITE_OK && !good)
		rc = not_authentic(log, frame);
	if (rc != SQLITE_OK)
		memset(out, 0, (size_t)n);
	else if (page != out)
		memcpy(out, page + within, (size_t)n);
	if (page != out)
		sodium_memzero(page, SEALVFS_PAGE);
	return rc;
}

/* A whole frame: SQLite looks for the log's end, or sums up again. */
static int
read_frame(struct sealvfs_log *log, uint8_t *out, int64_t frame)
{
	uint8_t header[LOG_FRAME_HEADER_SEALED];
	bool good;
	int rc;

	good = load_frame_header(log, header, frame, &rc);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	if (good && log->recovering)
		good = of_this_generation(log, header);
	if (good) {
		memcpy(out, header, LOG_FRAME_HEADER);
		rc = load_frame_page(log, out + LOG_FRAME_HEADER, frame, &good);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (good)
		return SQLITE_OK;
	memset(out, 0, LOG_FRAME);
	return log->recovering ? end_of_log(log, frame)
			       : not_authentic(log, frame);
}

static int
log_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	struct sealvfs_log *log = self(file);
	int64_t frame = (at - LOG_HEADER) / LOG_FRAME;
	int64_t within = (at - LOG_HEADER) % LOG_FRAME;
	uint8_t header[LOG_FRAME_HEADER_SEALED];
	int rc;

	if (at < LOG_HEADER)
		return read_header(log, out, n, at);
	if (within == 0 && n == LOG_FRAME)
		return read_frame(log, out, frame);
	if (within >= LOG_FRAME_HEADER && within + n <= LOG_FRAME)
		return read_page(log, out, n, frame, within - LOG_FRAME_HEADER);
	if (within + n > LOG_FRAME_HEADER)
		return bad_shape(log, SQLITE_IOERR_READ, n, at);
	if (!load_frame_header(log, header, frame, &rc)) {
		memset(out, 0, (size_t)n);
		return rc != SQLITE_OK ? rc : not_authentic(log, frame);
	}
	memcpy(out, header + within, (size_t)n);
	return SQLITE_OK;
}

void
sealvfs_log_begin(struct sealvfs_log *log)
{
	log->committed = true;
	log->resumming = false;
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

static int
write_frame_header(struct sealvfs_log *log, const uint8_t *in, int64_t frame)
{
	struct sealvfs_bound to = sealvfs_bound_frame_header(frame);
	uint8_t sealed[LOG_FRAME_HEADER_SEALED], inner[LOG_INNER_HEADER];

	follow(log, in, frame);
	memcpy(inner, in, LOG_FRAME_HEADER);
	put_u64(inner + LOG_FRAME_HEADER, (uint64_t)log->start);
	sealvfs_seal(sealed, inner, sizeof(inner), &to, log->h.keys->log);
	return real_write(log, sealed, sizeof(sealed), frame_place(frame));
}

static int
write_page(struct sealvfs_log *log, const uint8_t *in, int64_t frame)
{
	struct sealvfs_bound to;

	if (!log->salted || !sodium_is_zero(in + SEALVFS_USABLE, SEALVFS_EXTRA))
		return sealvfs_report(SQLITE_IOERR_WRITE, log->h.path,
		    "log: the database has no room for nonce and tag");
	/* No header is summed again with its page: the commit had failed, and
	 * this is the first frame of the next transaction. */
	if (frame == log->resummed) {
		log->next = frame + 1;
		log->committed = log->resumming = false;
	}
	to = sealvfs_bound_frame_page(log->salt, frame);
	sealvfs_seal(log->h.page, in, SEALVFS_USABLE, &to, log->h.keys->log);
	return real_write(log, log->h.page, SEALVFS_PAGE,
	    frame_place(frame) + LOG_FRAME_HEADER_SEALED);
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
	return bad_shape(log, SQLITE_IOERR_WRITE, n, at);
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct sealvfs_log *log = self(file);
	int64_t place = 0;

	if (size >= LOG_HEADER)
		place = frame_place((size - LOG_HEADER) / LOG_FRAME);
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
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = sealvfs_forward_sync,
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
	int rc;

	if (owner == NULL || owner->pMethods != &SEALVFS_MAIN_METHODS)
		return sealvfs_report(
		    SQLITE_CANTOPEN, path, "a log without a sealed database");
	memset(log, 0, sizeof(*log));
	rc = sealvfs_forward_open(v, &log->h, path, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	log->main = (struct sealvfs_main *)(void *)owner;
	log->main->log = log;
	log->h.keys = log->main->h.keys;
	sealvfs_log_begin(log);
	file->pMethods = &SEALVFS_LOG_METHODS;
	return SQLITE_OK;
}
