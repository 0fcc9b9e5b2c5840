#ifndef SYNC_SERVER_HTTP_PARTS_H
#define SYNC_SERVER_HTTP_PARTS_H

/*
 * parts: half-received bundles, one file each, named by the hash that the
 * whole will have.  Sealed bytes only.
 *
 *	(none) --write--> <hash>.part --all there--> taken in --> <hash>.done
 *	                      |                                       |
 *	                      +--- too old, or no room for others ----+-->
 *(none)
 *
 * A bundle that was taken in stays for a while, so that a laptop that missed
 * the answer need not send it again.  Who sends a part is known only when it
 * is whole, so that what is new never waits for what is old: where there is
 * no room, what was taken in gives way, then what stood still for longest.
 * All of it may be lost at a power cut.  Any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct env;
struct part;
struct parts;

#define PARTS_NAME_LEN 32 /* a bundle's hash */

/* What may lie in the folder; 0 stands for the value in brackets. */
struct parts_opts {
	uint64_t bytes_max;  /* [PARTS_BYTES_MAX] */
	unsigned files_max;  /* [PARTS_FILES_MAX] */
	int64_t part_ms_max; /* age of a part [14 days] */
	int64_t done_ms_max; /* age of a taken one [1 hour] */
};

/* Over the folder ${dir}, made if need be. */
enum status parts_open(struct parts **out, const struct env *env,
    const char *dir, const struct parts_opts *opts, struct err *err);
void parts_close(struct parts *parts);

/* Bytes that are there of ${name}; 0 if there is nothing. */
uint64_t parts_have(struct parts *parts, const uint8_t name[PARTS_NAME_LEN]);

/*
 * Open ${name}, which will have ${len} bytes.  The caller passes *${out} to
 * part_close().  ST_FULL: more than there may ever be.
 */
enum status parts_start(struct parts *parts, struct part **out,
    const uint8_t name[PARTS_NAME_LEN], uint64_t len, struct err *err);

/*
 * Write ${len} bytes at ${at} of ${part}, which is ${name}'s.  ST_FULL: no
 * room, even after others gave way.
 */
enum status parts_write(struct parts *parts, struct part *part,
    const uint8_t name[PARTS_NAME_LEN], uint64_t at, const void *bytes,
    size_t len, struct err *err);

/* It was taken in; or it is worth nothing. */
void parts_done(struct parts *parts, const uint8_t name[PARTS_NAME_LEN]);
void parts_drop(struct parts *parts, const uint8_t name[PARTS_NAME_LEN]);

#endif /* SYNC_SERVER_HTTP_PARTS_H */
