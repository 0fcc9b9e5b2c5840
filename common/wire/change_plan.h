#ifndef COMMON_WIRE_CHANGE_PLAN_H
#define COMMON_WIRE_CHANGE_PLAN_H

/*
 * plan: what change_write.c needs to know of a body before its first byte:
 * patterns, parts of columns, set ids named.  Nobody else includes it.
 */

#include "common/wire/change_internal.h"

/* A list of registers that one or more rows write, in order. */
struct pattern {
	const struct change_row *row;    /* the first that has it */
	uint64_t mark;                   /* equal patterns have equal marks */
	size_t start, nrows;             /* its rows, in by_pattern */
	const struct change_row *counts; /* its last row that had counts */
};

/* One register of one pattern: part of that register's column. */
struct part {
	uint16_t reg;
	uint16_t pattern;
	uint16_t place; /* of the register within the pattern's list */
};

/* What packing needs to know before the first byte is written. */
struct plan {
	const struct change_head *head;
	const struct change_body *body;
	uint8_t columns; /* COLUMN_x that are there */
	size_t nwrites, nnames;

	struct pattern *patterns;
	size_t npatterns;
	uint16_t *row_pattern; /* of each row */
	uint16_t *by_pattern;  /* rows, those of one pattern together */

	struct part *parts; /* ascending (register, pattern) */
	size_t nparts;

	uint64_t *sets; /* named, in order of first use */
	size_t nsets;
	uint16_t *slots; /* hash table: index into sets, plus 1 */
	size_t nslots;   /* a power of two */
	uint32_t *names; /* index into sets, for each naming in order */
};

/*
 * Fill in ${p}, of which head and body are set and the rest is zero.  Free
 * it in any case.  ST_INVALID: it names too many sets.
 */
enum status plan_make(struct plan *p, struct err *err);
void plan_free(struct plan *p);

#endif /* COMMON_WIRE_CHANGE_PLAN_H */
