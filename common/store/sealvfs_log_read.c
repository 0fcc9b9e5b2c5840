#include <sodium.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

#define AT_LOG_SALT 16  /* in the log's header */
#define AT_FRAME_SALT 8 /* in a frame's */

static struct sealvfs_log *
self(sqlite3_file *file)
{
	return (struct sealvfs_log *)(void *)file;
}

static int
real_read(struct sealvfs_log *log, void *out, int n, int64_t at)
{
	return sealvfs_forward_read(log->h.real, out, n, at);
}

/* Unseal the header of ${frame}: 24 bytes for SQLite, then the start. */
static bool
load_frame_header(struct sealvfs_log *log, uint8_t out[LOG_INNER_HEADER],
    int64_t frame, int *rc)
{
	struct sealvfs_bound to = sealvfs_bound_frame_header(frame);
	uint8_t *header = log->h.work->frame + WORK_HEADER;

	*rc = real_read(
	    log, header, LOG_FRAME_HEADER_SEALED, sealvfs_frame_place(frame));
	if (*rc != SQLITE_OK ||
	    !sealvfs_piece_check(
		log->h.work, header, LOG_INNER_HEADER, &to, log->h.keys->log))
		return false;
	sealvfs_piece_show(log->h.work, out, header, 0, LOG_INNER_HEADER);
	return true;
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
	uint8_t frame[LOG_INNER_HEADER];

	*rc = real_read(log, out, LOG_HEADER_SEALED, 0);
	if (*rc != SQLITE_OK && *rc != SQLITE_IOERR_SHORT_READ)
		return HEADER_ERROR;
	/* SQLite syncs the header before it writes a frame: zeros before an
	 * authentic frame are no power cut's. */
	if (sodium_is_zero(out, LOG_HEADER_SEALED) == 1)
		return load_frame_header(log, frame, 0, rc) ? HEADER_BAD
							    : HEADER_NONE;
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
		return sealvfs_log_bad_shape(log, SQLITE_IOERR_READ, n, at);
	memset(out, 0, (size_t)n);
	switch (load_header(log, header, &rc)) {
	case HEADER_GOOD:
		break;
	case HEADER_NONE:
		return SQLITE_OK; /* zeros: SQLite takes the log for empty */
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
	uint8_t header[LOG_INNER_HEADER];
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

/* Read the page of ${frame}; *${good} says whether it is authentic. */
static int
load_frame_page(struct sealvfs_log *log, int64_t frame, bool *good)
{
	uint8_t *page = log->h.work->frame + WORK_PAGE;
	uint8_t header[LOG_HEADER_SEALED], before[SEALVFS_SALT_LEN];
	int64_t at = sealvfs_frame_place(frame) + LOG_FRAME_HEADER_SEALED;
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
		*good = sealvfs_piece_check(
		    log->h.work, page, SEALVFS_USABLE, &to, log->h.keys->log);
		if (*good)
			return SQLITE_OK;
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
	bool good;
	int rc = load_frame_page(log, frame, &good);

	if (rc == SQLITE_OK && !good)
		rc = not_authentic(log, frame);
	if (rc != SQLITE_OK)
		memset(out, 0, (size_t)n);
	else
		sealvfs_piece_show_page(
		    log->h.work, out, (size_t)within, (size_t)n);
	return rc;
}

/* A whole frame: SQLite looks for the log's end, or sums up again. */
static int
read_frame(struct sealvfs_log *log, uint8_t *out, int64_t frame)
{
	uint8_t header[LOG_INNER_HEADER];
	bool good;
	int rc;

	good = load_frame_header(log, header, frame, &rc);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	if (good && log->recovering)
		good = of_this_generation(log, header);
	if (good) {
		memcpy(out, header, LOG_FRAME_HEADER);
		rc = load_frame_page(log, frame, &good);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (good) {
		sealvfs_piece_show_page(
		    log->h.work, out + LOG_FRAME_HEADER, 0, SEALVFS_PAGE);
		return SQLITE_OK;
	}
	memset(out, 0, LOG_FRAME);
	return log->recovering ? end_of_log(log, frame)
			       : not_authentic(log, frame);
}

int
sealvfs_log_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	struct sealvfs_log *log = self(file);
	int64_t frame = (at - LOG_HEADER) / LOG_FRAME;
	int64_t within = (at - LOG_HEADER) % LOG_FRAME;
	uint8_t header[LOG_INNER_HEADER];
	int rc;

	if (at < LOG_HEADER)
		return read_header(log, out, n, at);
	if (within == 0 && n == LOG_FRAME)
		return read_frame(log, out, frame);
	if (within >= LOG_FRAME_HEADER && within + n <= LOG_FRAME)
		return read_page(log, out, n, frame, within - LOG_FRAME_HEADER);
	if (within + n > LOG_FRAME_HEADER)
		return sealvfs_log_bad_shape(log, SQLITE_IOERR_READ, n, at);
	if (!load_frame_header(log, header, frame, &rc)) {
		memset(out, 0, (size_t)n);
		return rc != SQLITE_OK ? rc : not_authentic(log, frame);
	}
	memcpy(out, header + within, (size_t)n);
	return SQLITE_OK;
}
