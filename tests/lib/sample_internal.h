#ifndef TESTS_LIB_SAMPLE_INTERNAL_H
#define TESTS_LIB_SAMPLE_INTERNAL_H

/*
 * What the parts of sample's writer share: sample_write.c makes a file of
 * rows, sample_damage.c spoils some of them, sample_truth.c writes down what
 * is so.
 */

#include <stdbool.h>
#include <stdio.h>

#include "tests/lib/sample.h"

#define SAMPLE_CELL 128 /* bytes of a cell */

enum sample_column {
	SAMPLE_C_NO,
	SAMPLE_C_ID,
	SAMPLE_C_KK,
	SAMPLE_C_VILLAGE,
	SAMPLE_C_VILLAGE_NAME,
	SAMPLE_C_ADDRESS,
	SAMPLE_C_RT,
	SAMPLE_C_RW,
	SAMPLE_C_NIK,
	SAMPLE_C_NAME,
	SAMPLE_C_BIRTH,
	SAMPLE_C_SEX,
	SAMPLE_C_RELATION,
	SAMPLE_C_MARITAL,
	SAMPLE_C_SCHOOL,
	SAMPLE_C_CERTIFICATE,
	SAMPLE_C_WORKS,
	SAMPLE_COLUMNS,
};

struct sample_cells {
	char cell[SAMPLE_COLUMNS + SAMPLE_HOUSE_FIELDS][SAMPLE_CELL];
};

/* One office's habits. */
struct sample_style {
	const char *title; /* a line above the header, or NULL */
	const char *bom, *line_end;
	char delimiter;
	enum { SAMPLE_ISO, SAMPLE_DAY_FIRST } dates;
	const char *sexes[2];
	const char *mark;  /* in front of long numbers, or NULL */
	bool words;        /* instead of codes */
	bool bare_village; /* no points in the code */
	bool unknown;      /* columns that nobody needs */
	bool scattered;    /* rows of a family do not stand together */
};

/* What an office can do to a row. */
enum sample_damage {
	SAMPLE_WHOLE,
	/* Not loaded. */
	SAMPLE_DAMAGED_NIK,
	SAMPLE_DAMAGED_KK,
	SAMPLE_SHORT_NIK,
	SAMPLE_UNKNOWN_VILLAGE,
	SAMPLE_OTHER_REGENCY,
	SAMPLE_NO_DATE,
	SAMPLE_NO_CODE,
	SAMPLE_LATIN1,
	SAMPLE_NOBODY,
	SAMPLE_SHORT,
	SAMPLE_LONG,
	SAMPLE_QUOTE,
	/* Only where the family has a loaded row already. */
	SAMPLE_MOVED,
	SAMPLE_DAMAGES,
};

struct sample_writer {
	const struct sample_opts *opts;
	struct sample_totals *totals;
	struct rng rng;
	FILE *families, *persons, *problems; /* the truth */

	/* The file that is being written. */
	FILE *csv;
	char file[40];
	const struct sample_style *style;
	size_t line; /* the next one to be written, from 1 */
};

/* ---- sample_write.c ------------------------------------------------- */

void sample_write_row(struct sample_writer *w, const struct sample_cells *cells,
    enum sample_damage damage);

/* ---- sample_damage.c ------------------------------------------------ */

/* Write the row of a person, whole or spoilt, and the truth about it. */
void sample_put_row(struct sample_writer *w, struct sample_cells *cells,
    struct sample_family *family, size_t person);

/* ---- sample_truth.c ------------------------------------------------- */

/* A problem of the row that begins on the next line to be written. */
void sample_problem(
    struct sample_writer *w, const char *column, const char *rule, bool loaded);
void sample_truth_family(
    struct sample_writer *w, const struct sample_family *family);
void sample_truth_person(struct sample_writer *w,
    const struct sample_family *family, const struct sample_person *person,
    bool loaded);

#endif /* TESTS_LIB_SAMPLE_INTERNAL_H */
