#ifndef COMMON_BASE_PART_H
#define COMMON_BASE_PART_H

/*
 * part: a file that arrives in pieces, over several tries.
 *
 *	part_open --> part_write ... part_write --> part_read --> part_close
 *	                   |
 *	                   +--> part_close; on the next try it goes on from
 *	                        part_len
 *
 * It may be lost at a power cut: whoever sends it sends it again.  Pieces
 * may overlap and be written by several threads, each with its own handle.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct part;

/* Open the file ${path}, made with mode 0600 if ${make}.  ST_NOTFOUND. */
enum status part_open(
    struct part **out, const char *path, int make, struct err *err);
void part_close(struct part *part);

/* Bytes that are there now. */
enum status part_len(const struct part *part, uint64_t *len, struct err *err);

/* ST_FULL: no room; what was there before stays. */
enum status part_write(struct part *part, uint64_t at, const void *bytes,
    size_t len, struct err *err);

/*
 * Read all ${len} bytes into ${out}.  ST_INVALID: there are not so many.
 */
enum status part_read(
    const struct part *part, uint8_t *out, size_t len, struct err *err);

/* Give the file ${from} the name ${to}.  ST_NOTFOUND: no such file. */
enum status part_rename(const char *from, const char *to, struct err *err);

/* Durable some time: a part that comes back at a power cut does no harm. */
enum status part_remove(const char *path, struct err *err);

struct part_info {
	uint64_t len;
	int64_t changed_ms; /* Unix time of the last write */
};
enum status part_look(const char *path, struct part_info *out, struct err *err);

#endif /* COMMON_BASE_PART_H */
