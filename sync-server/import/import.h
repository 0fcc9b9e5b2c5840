#ifndef SYNC_SERVER_IMPORT_IMPORT_H
#define SYNC_SERVER_IMPORT_IMPORT_H

/*
 * import: a prelist becomes writes of the desk.
 *
 *	FILE.csv --prelist--> families --> sets of one village each
 *--desk_put--> |                                                     log,
 *records
 *	    +--> report of what was wrong, beside the file
 *
 * Importing again changes nothing; a changed file changes what changed in
 * it, as writes that replace what the import before wrote, and nothing else.
 * What people have changed since stays; if the file changed there too, to
 * another value, both stand in conflict until the desk decides.  A register
 * on which people disagree already is not touched, and reported.
 *
 * Of a person who was erased nothing is kept to know them by.  So in a
 * family of which somebody was erased, a row that is nobody we know is not
 * loaded, and reported: it may be them again.
 *
 * Many transactions, each whole: after a kill the same import again ends in
 * the same state.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

struct import_opts {
	const char *file;
	const char *report; /* written in the end; holds personal data */
	/* ${rows} of the file so far; false: stop.  May be NULL. */
	bool (*progress)(void *arg, uint64_t rows);
	void *arg;
};

/* rows == members + bad_rows + blank */
struct import_counts {
	uint64_t rows; /* below the header */
	uint64_t blank;
	uint64_t bad_rows; /* not loaded: in the report */
	uint64_t members;  /* loaded, now or before */
	uint64_t families; /* of these members */
	uint64_t reported; /* lines of the report */
	/* What it changed. */
	uint64_t loaded_families; /* new ones */
	uint64_t loaded_members;  /* new ones */
	uint64_t changed;         /* records that got writes */
	uint64_t already;         /* records that needed none */
	uint64_t conflicts;       /* registers left as they are */
	uint64_t sets;
};

/*
 * Takes and releases the server's lock, again and again.  ST_NOTFOUND: no
 * such file.  ST_INVALID: no prelist; nothing was done.  ST_BUSY: stopped by
 * progress(); what was done stays.
 */
enum status import_prelist(struct server *server,
    const struct import_opts *opts, struct import_counts *counts,
    struct err *err);

#endif /* SYNC_SERVER_IMPORT_IMPORT_H */
