#ifndef SYNC_SERVER_IMPORT_PRELIST_H
#define SYNC_SERVER_IMPORT_PRELIST_H

/*
 * prelist: the list of families to be verified, as an office sends it: a CSV
 * file with one row for each person, in which what belongs to the family
 * stands again in each row.
 *
 *	source --sheet--> rows --prelist--> family() complete families
 *	                              |
 *	                              +---> problem() what is wrong, by line
 *
 * Every row is either loaded, as a member of a family that family() gets, or
 * refused, and then problem() says so at least once for its line.  None is
 * dropped or changed unseen: rows == loaded + refused + blank.
 *
 * What makes a row refused: what cannot be read (broken quoting, not UTF-8,
 * wrong number of cells, no such date or code, a number that a spreadsheet
 * damaged) and what cannot be placed (unknown village, outside the regency,
 * no key of the family, neither name nor NIK, a row that stands there twice).
 * The whole row: half a person helps nobody, and the office has one list of
 * lines to mend.
 *
 * What is loaded and only reported: an empty name, an identity number that
 * looks wrong (nik.h), a village code that has a successor (which is loaded
 * in its place), a family's cell that differs between its rows (the first is
 * loaded), a column nobody knows.  The same NIK twice is loaded twice: that is
 * a finding, not a fault of the file.
 *
 * Spelling is brought to the one the instrument wants, and nothing else is:
 * blanks and an apostrophe in front, dates as 31/12/1990, codes by their
 * words ("Laki-laki"), ten digits of a village without points, "-" and
 * "NULL" for nothing.
 *
 * The file is read twice: families need not stand together, and only those
 * that are not complete yet are kept in memory.
 *
 * Pure: no database; the source and both functions come from the caller.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/instrument/instrument.h"
#include "common/sheet/sheet.h"

struct region_table;

/* Why a row is refused or reported.  In reports: do not renumber. */
enum prelist_rule {
	PRELIST_QUOTING = 1,    /* broken quoting */
	PRELIST_ENCODING = 2,   /* not UTF-8 */
	PRELIST_TOO_LONG = 3,   /* line or cell too long */
	PRELIST_COLUMNS = 4,    /* more or fewer cells than the header */
	PRELIST_DAMAGED = 5,    /* number damaged by a spreadsheet */
	PRELIST_VALUE = 6,      /* not what the field may hold */
	PRELIST_DATE = 7,       /* no such date, or in the future */
	PRELIST_CODE = 8,       /* no such code */
	PRELIST_VILLAGE = 9,    /* no such village, or ended */
	PRELIST_OUTSIDE = 10,   /* village of another regency */
	PRELIST_NO_FAMILY = 11, /* neither prelist id nor KK number */
	PRELIST_NOBODY = 12,    /* neither name nor NIK */
	PRELIST_REPEATED = 13,  /* the same row again */
	PRELIST_MEMBERS = 14,   /* more members than a family may have */
	PRELIST_MOVED = 15,     /* another village than the family's */
	PRELIST_ERASED = 16,    /* may be one of the family who was erased */
	/* Loaded all the same. */
	PRELIST_NO_NAME = 32,
	PRELIST_IDENTITY = 33,  /* NIK or KK number looks wrong */
	PRELIST_SUCCESSOR = 34, /* village has another code now */
	PRELIST_DIFFERS = 35,   /* family's cell differs from its first row */
	PRELIST_UNKNOWN = 36,   /* nobody knows this column: not loaded */
	PRELIST_TWICE = 37,     /* its field has a column already: not loaded */
};

struct prelist_problem {
	size_t line;        /* where the row begins */
	const char *column; /* as the header writes it; "" for the whole row */
	const char *value;  /* as it stands in the file; personal data */
	enum prelist_rule rule;
	bool loaded; /* the row is not refused because of this */
};

struct prelist_cell {
	const struct instrument_field *field;
	const char *text; /* as the field wants it, not empty */
};

struct prelist_person {
	size_t line;
	size_t ncells;
	const struct prelist_cell *cells; /* in the order of the instrument */
};

struct prelist_family {
	const char *key;  /* the same each time the file is read */
	uint64_t village; /* region.h */
	size_t ncells;
	const struct prelist_cell *cells; /* in the order of the instrument */
	size_t npersons;                  /* at least 1 */
	const struct prelist_person *persons; /* in the order of the file */
};

struct prelist_counts {
	size_t lines;   /* of the file */
	size_t titles;  /* rows above the header */
	size_t rows;    /* below it */
	size_t blank;   /* of them without a single value */
	size_t refused; /* of them not loaded */
	size_t loaded;  /* of them in a family */
	size_t families;
	size_t reported; /* problems of rows that are loaded */
};

/* What family() and problem() get is valid during the call. */
struct prelist_sink {
	void *arg;
	enum status (*family)(
	    void *arg, const struct prelist_family *family, struct err *err);
	enum status (*problem)(
	    void *arg, const struct prelist_problem *problem, struct err *err);
};

struct prelist_opts {
	const struct instrument *instrument;
	const struct region_table *regions;
	uint64_t regency; /* or province: villages must be within */
	int32_t today;    /* day.h; births after it are refused */
};

/*
 * Read all of ${source}.  ST_INVALID: no prelist at all (another kind of
 * file, no header with the columns that are needed): nothing was called.
 * What a function of ${sink} returns other than ST_OK ends the reading.
 */
enum status prelist_read(struct prelist_counts *counts,
    const struct sheet_source *source, const struct prelist_opts *opts,
    const struct prelist_sink *sink, struct err *err);

/* The same of ${len} bytes in memory. */
enum status prelist_read_bytes(struct prelist_counts *counts, const void *bytes,
    size_t len, const struct prelist_opts *opts,
    const struct prelist_sink *sink, struct err *err);

/* A word for reports, "damaged", and a sentence in Bahasa Indonesia. */
const char *prelist_rule_name(enum prelist_rule rule);
const char *prelist_rule_text(enum prelist_rule rule);

#endif /* SYNC_SERVER_IMPORT_PRELIST_H */
