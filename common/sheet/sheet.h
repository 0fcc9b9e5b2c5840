#ifndef COMMON_SHEET_SHEET_H
#define COMMON_SHEET_SHEET_H

/*
 * sheet: a CSV file as offices really send it, row by row, with the line on
 * which each row begins.  The only user of libcsv.
 *
 *	bytes -> sheet_next() -> row -> prelist.c
 *	           |
 *	           +-> row with a fault: broken, but the next one is whole
 *
 * Understood: UTF-8 with or without a byte order mark, any delimiter, lines
 * that end in LF or CRLF, quoted cells with line ends in them.
 *
 * A quote that is never closed would swallow all that follows.  So where what
 * begins on a line is no row after SHEET_LINES_MAX lines, or no row that
 * RFC 4180 allows, or not of as many cells as expected, that one line is given
 * back as broken and reading goes on with the line after it.
 */

#include <stddef.h>

#include "common/base/err.h"

/* Where the bytes come from; read twice, so it must go back to its start. */
struct sheet_source {
	void *arg;
	/* *${got} bytes, at most ${size}; 0 at the end. */
	enum status (*read)(
	    void *arg, void *out, size_t size, size_t *got, struct err *err);
	enum status (*rewind)(void *arg, struct err *err);
};

enum sheet_fault {
	SHEET_GOOD = 0,
	SHEET_QUOTING,  /* quotes do not pair up */
	SHEET_ENCODING, /* not UTF-8, or a NUL */
	SHEET_TOO_LONG, /* a line, a cell or the number of cells */
};

struct sheet_row {
	size_t line;   /* from 1 */
	size_t nlines; /* lines that it takes */
	enum sheet_fault fault;
	size_t ncells;            /* 0 for an empty line */
	const char *const *cells; /* without blanks at their ends; where there
	                           * is a fault, cells[0] is the line, cut
	                           * short and made printable */
};

struct sheet;

/*
 * Read what ${source} has, which must stay.  ST_INVALID: it is no CSV file
 * but a workbook or UTF-16 text, which the text says.
 */
enum status sheet_open(
    struct sheet **out, const struct sheet_source *source, struct err *err);
void sheet_close(struct sheet *sheet);

/* Go back to the first line, and from now on part cells by ${delimiter}. */
enum status sheet_start(struct sheet *sheet, char delimiter, struct err *err);

/* From now on a row that takes several lines has ${ncells} cells. */
void sheet_expect(struct sheet *sheet, size_t ncells);

/*
 * The next row.  It stays valid until the next call.  ST_NOTFOUND: there is
 * none left.
 */
enum status sheet_next(
    struct sheet *sheet, struct sheet_row *row, struct err *err);

#endif /* COMMON_SHEET_SHEET_H */
