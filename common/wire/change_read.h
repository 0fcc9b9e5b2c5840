#ifndef COMMON_WIRE_CHANGE_READ_H
#define COMMON_WIRE_CHANGE_READ_H

/*
 * What the files that read columns share; nobody else includes it.
 *
 *	change_read.c         counts and tables; the order of it all
 *	change_read_rows.c    visits and rows
 *	change_read_writes.c  predecessors, values, toggles
 */

#include "common/wire/change_internal.h"

/* A list of registers, and the rows that write exactly these. */
struct pattern {
	uint32_t regs; /* where its registers start in regs */
	uint16_t nregs;
	uint16_t start; /* where its rows start in firsts */
	uint16_t nrows;
	uint8_t kind;
	const struct change_row *counts; /* its last row that had counts */
};

/* One register of one pattern: part of that register's column. */
struct part {
	uint16_t reg;
	uint16_t pattern;
	uint16_t place; /* of the register within the pattern's list */
};

/* A body while it is read. */
struct columns {
	struct reader r;
	const struct change_head *head;
	uint8_t present; /* COLUMN_x */
	size_t nvisits, nsets, npatterns, nwrites, nnames, nrows, ntoggles;
	size_t nregs;    /* of all patterns together */
	size_t nnamed;   /* names read so far */
	size_t next_set; /* the set id that has not been named yet */

	/* What the set keeps. */
	struct change_visit *visits;
	struct change_row *rows;
	struct change_write *writes;
	struct change_toggle *toggles;
	uint64_t *names;

	/* What is needed until the end only. */
	void *scratch;
	uint64_t *sets;
	struct pattern *patterns;
	uint16_t *regs;
	uint16_t *row_pattern;
	uint32_t *firsts; /* each row's first write; by pattern */
	struct part *parts, *sorted;
};

/* ST_INVALID: the body breaks the format at its ${column}. */
enum status columns_bad(const char *column, struct err *err);

/*
 * An index into a table of ${n} entries that come in order of first use,
 * counted back from *${next}, the one that would be next: 0 is that one.
 */
size_t columns_take_index(struct columns *c, size_t *next, size_t n);

enum status columns_read_visits(struct columns *c, struct err *err);
enum status columns_read_rows(struct columns *c, struct err *err);
enum status columns_read_names(struct columns *c, struct err *err);
enum status columns_read_values(struct columns *c, struct err *err);
enum status columns_read_toggles(struct columns *c, struct err *err);

#endif /* COMMON_WIRE_CHANGE_READ_H */
