#ifndef COMMON_PLACE_REGION_H
#define COMMON_PLACE_REGION_H

/*
 * region: a province, regency or city, district (kecamatan) or village, by
 * the code that the Ministry of Home Affairs gives it:
 *
 *	64          Kalimantan Timur             province
 *	64.02       Kutai Kartanegara            regency; 71 and up is a city
 *	64.02.05    Muara Badak                  district
 *	64.02.05.2001  Saliki                    village; 1... kelurahan,
 *	                                         2... desa, 3... desa adat
 *
 * A code is text outside and a number inside, so that it can be a key:
 * its digits filled up with zeros to ten, times eight, plus its level.
 * Numbers sort as the texts do, what lies in a region follows it, and
 * 64.1 (which is no code) can never stand for 64.10.  0 is no region.
 *
 *	regions.csv -> region_table_read() -> table -> region_find()
 *
 * A code that ended stays in the table, with the day and, where it is known,
 * its successor: it is understood and shown with what took its place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/env.h"
#include "common/base/err.h"

#define REGION_TEXT_SIZE 14 /* 64.02.05.2001 and the NUL */

enum region_level {
	REGION_NONE = 0,
	REGION_PROVINCE,
	REGION_REGENCY,
	REGION_DISTRICT,
	REGION_VILLAGE,
};

/* ST_INVALID unless ${text} is exactly a code of one of the four levels. */
enum status region_parse(uint64_t *out, const char *text, struct err *err);
/* Could region_parse() have made ${code}?  For numbers from outside. */
bool region_is_code(uint64_t code);
/* "" for 0. */
void region_print(uint64_t code, char out[REGION_TEXT_SIZE]);

enum region_level region_level(uint64_t code);
/* What it is called: "provinsi", "kabupaten", "kota", "kecamatan", ... */
const char *region_kind(uint64_t code);

/* One level up; 0 for a province. */
uint64_t region_parent(uint64_t code);
/* The region of ${level} that ${code} lies in, or is; 0 if it is above. */
uint64_t region_at_level(uint64_t code, enum region_level level);

/* Is ${code} the region ${scope} or in it?  Nothing is within 0. */
bool region_within(uint64_t scope, uint64_t code);
/* The keys of all that is within ${scope}: *${first} to *${last}, both in. */
void region_range(uint64_t scope, uint64_t *first, uint64_t *last);

/*
 * The authority part of record ids (id.h): 6402 for the regency 64.02, 6400
 * for the province 64; and back, 0 if it is neither.
 */
unsigned region_authority(uint64_t code);
uint64_t region_from_authority(unsigned authority);

struct region {
	uint64_t code;
	const char *name;
	const char *name_before; /* in the edition before; "" if the same */
	int32_t valid_from;      /* day of the first edition that has it */
	int32_t valid_to;        /* first day without it, or DAY_NONE */
	uint64_t successor;      /* 0: still valid, or not known */
	const char *bps_code;    /* of Statistics Indonesia; "" if not known */
};

struct region_table;

/*
 * Read a regions.csv (make-regions.mjs says what it holds) of ${len} bytes.
 * The caller frees *${out} with region_table_free(); the strings of every
 * struct region live as long as it.  ST_INVALID: names the line.
 */
enum status region_table_parse(
    struct region_table **out, const char *text, size_t len, struct err *err);
/* The same from the file ${path}.  ST_NOTFOUND: no such file. */
enum status region_table_read(struct region_table **out, const struct env *env,
    const char *path, struct err *err);
void region_table_free(struct region_table *table);

/* False if no edition has ${code}. */
bool region_find(
    const struct region_table *table, uint64_t code, struct region *out);

/*
 * Was there such a code on ${day}?  Of the days before the oldest edition in
 * the table nothing is known: what that edition has counts as valid then.
 */
bool region_valid_on(
    const struct region_table *table, uint64_t code, int32_t day);

/*
 * ${code} itself where it is still valid, else what took its place, over as
 * many steps as that needs; 0 where that is not known, or no such code.
 */
uint64_t region_current(const struct region_table *table, uint64_t code);

/* All regions are numbered in the order of their codes, from 0. */
size_t region_count(const struct region_table *table);
struct region region_get(const struct region_table *table, size_t at);
/* The numbers of those within ${scope}: *${first} to *${end} - 1. */
void region_span(const struct region_table *table, uint64_t scope,
    size_t *first, size_t *end);

#endif /* COMMON_PLACE_REGION_H */
