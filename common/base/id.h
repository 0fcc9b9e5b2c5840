#ifndef COMMON_BASE_ID_H
#define COMMON_BASE_ID_H

/*
 * id: the name of a record, 63 bits, made once and never changed.
 *
 *	 62        49 48            29 28                  0
 *	+------------+----------------+---------------------+
 *	| authority  |  writer index  |       counter       |
 *	+------------+----------------+---------------------+
 *
 * authority: the four-digit area code of the server that enrolled the
 * writer (6402 for the regency 64.02, 6400 for a province).  counter: how
 * many records this writer had made before, from 1.
 *
 * In JSON and for people an id is a decimal string: it passes 2^53.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define ID_AUTHORITY_MAX 9999u
#define ID_WRITER_MAX ((1u << 20) - 1)
#define ID_COUNTER_MAX ((1u << 29) - 1)
#define ID_TEXT_SIZE 20 /* 19 digits and the NUL */

/* The parts must be within the limits above. */
uint64_t id_make(unsigned authority, uint32_t writer, uint32_t counter);
unsigned id_authority(uint64_t id);
uint32_t id_writer(uint64_t id);
uint32_t id_counter(uint64_t id);

/* All three parts within their limits, none of them zero. */
bool id_valid(uint64_t id);

void id_print(uint64_t id, char out[ID_TEXT_SIZE]);
/* ST_INVALID unless ${text} is the decimal spelling of a valid id. */
enum status id_parse(uint64_t *out, const char *text, struct err *err);

/* The id that ${len} bytes of text spell; 0: none. */
uint64_t id_read(const void *text, size_t len);
/* For qsort() and bsearch() over uint64_t: ids of records or sets. */
int id_compare(const void *a, const void *b);

#endif /* COMMON_BASE_ID_H */
