#ifndef COMMON_WIRE_SQUEEZE_H
#define COMMON_WIRE_SQUEEZE_H

/*
 * squeeze: compression, the one place that speaks to zstd.  Dictionaries
 * are numbered, never changed, and hold made-up text only (a dictionary
 * contains literal strings of its samples).
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct writer;

#define SQUEEZE_DICT_NONE 0
#define SQUEEZE_DICT_VERVAL 1 /* bodies of the built-in instrument */

/* How hard to try: a laptop closing a set may take a while. */
#define SQUEEZE_LEVEL_FAST 3
#define SQUEEZE_LEVEL_SMALL 19

/* Append the compressed form of ${bytes} to ${out}. */
enum status squeeze_pack(struct writer *out, const void *bytes, size_t len,
    int level, unsigned dictionary, struct err *err);

/*
 * Inflate to exactly ${want} bytes at ${out}.  ST_INVALID: unknown
 * dictionary, not our format, or not exactly ${want} bytes.  Never writes
 * past ${want}.
 */
enum status squeeze_unpack(uint8_t *out, size_t want, const void *bytes,
    size_t len, unsigned dictionary, struct err *err);

/*
 * Of the library that compresses, as in 10504: another may make other bytes
 * of the same text.  Any of them inflates the bytes of any other.
 */
unsigned squeeze_version(void);

#endif /* COMMON_WIRE_SQUEEZE_H */
