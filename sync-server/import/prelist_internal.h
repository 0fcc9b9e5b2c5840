#ifndef SYNC_SERVER_IMPORT_PRELIST_INTERNAL_H
#define SYNC_SERVER_IMPORT_PRELIST_INTERNAL_H

/*
 * The parts of prelist, in the order in which a row passes them:
 *
 *	header    which column is which field
 *	value     one cell, as the field wants it
 *	row       all cells of a row: refused, or a person of a family
 *	families  the families that are not complete yet
 */

#include "common/base/limits.h"
#include "sync-server/import/prelist.h"

struct column {
	char *header;
	const struct instrument_field *field; /* NULL: not loaded */
	/* Of numbers of 16 digits: how many, how many end in 0. */
	size_t nlong, nzero;
	bool damaged; /* nearly all end in 0: the last digit was lost */
	bool again;   /* for a field that a column before it has */
	bool told;    /* without a name, and said to hold something */
};

/* The fields by which a whole row is judged. */
enum known {
	KNOWN_VILLAGE,
	KNOWN_PRELIST_ID,
	KNOWN_NO_KK,
	KNOWN_NAME,
	KNOWN_NIK,
	KNOWN_BIRTH,
	KNOWN_SEX,
	NKNOWN,
};

struct header {
	size_t line, titles, ncolumns;
	char delimiter;
	const struct instrument_field *known[NKNOWN];
	size_t known_at[NKNOWN]; /* column; ncolumns: there is none */
	struct column column[CSV_COLUMNS_MAX];
};

/* A good row.  One allocation; free() it. */
struct row {
	size_t line;
	uint64_t village;
	const char *key;
	size_t nfamily, nperson;
	struct prelist_cell *family, *person;
};

/* What is wrong with a row, in the order of its columns. */
struct faults {
	size_t n;
	bool refused;
	struct fault {
		size_t column; /* ncolumns: the whole row */
		enum prelist_rule rule;
	} fault[2 * CSV_COLUMNS_MAX];
};

/* ---- prelist_header.c ----------------------------------------------- */

/*
 * Try each delimiter until the first rows hold a header with the columns
 * that are needed; leave ${sheet} just behind it.  ST_INVALID: there is none.
 */
enum status prelist_header_read(struct header **out, struct sheet *sheet,
    const struct instrument *instrument, struct err *err);
void prelist_header_free(struct header *header);

/* ---- prelist_value.c ------------------------------------------------ */

/* How much longer than the cell its value can be: points, a whole year. */
#define PRELIST_SLACK 16

/*
 * ${text} as ${field} wants it, to ${out}, which has room for its length and
 * PRELIST_SLACK; "" for no value.  0 if it may stand so, else the rule it
 * breaks or (from PRELIST_NO_NAME on) that is to be reported.
 */
enum prelist_rule prelist_value(const struct instrument_field *field,
    const struct prelist_opts *opts, const char *text, char *out);

/* ---- prelist_row.c -------------------------------------------------- */

/*
 * Check the whole row.  *${out} is NULL where it is refused.  ${row} is no
 * blank row and has no fault of the sheet's.
 */
enum status prelist_row_make(struct row **out, struct faults *faults,
    struct header *header, const struct prelist_opts *opts,
    const struct sheet_row *row, struct err *err);

/* Do both rows hold the same of person and family? */
bool prelist_row_same(const struct row *a, const struct row *b);

/* ---- prelist_families.c --------------------------------------------- */

struct families;

struct family {
	size_t last; /* line of its last row */
	size_t nrows;
	struct row **rows; /* in the order of the file; NULL: none yet */
};

enum status prelist_families_new(struct families **out, struct err *err);
void prelist_families_free(struct families *families);
size_t prelist_families_count(const struct families *families);
/* The family of ${key}, made if there is none. */
enum status prelist_families_get(struct family **out, struct families *families,
    const char *key, struct err *err);
/* Keep ${row}, which is the family's then. */
enum status prelist_family_put(
    struct family *family, struct row *row, struct err *err);
/* Let go of its rows. */
void prelist_family_clear(struct family *family);

#endif /* SYNC_SERVER_IMPORT_PRELIST_INTERNAL_H */
