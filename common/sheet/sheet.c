#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/sheet/sheet.h"

#define CHUNK (64u << 10)
#define SHOWN_MAX 120 /* bytes of a broken line that are shown */

/*
 * Bytes are taken from the source into ${buf}; what lies between ${at} and
 * ${end} is still to be read.  A row is parsed in place there, so that lines
 * can be given back by not moving ${at}.
 */
struct sheet {
	const struct sheet_source *source;
	struct csv_parser parser;
	bool parser_made;
	char delimiter;
	size_t expected; /* cells; 0: any number */

	char *buf;
	size_t cap, at, end;
	bool ended; /* the source has no more */
	size_t line;

	/* The row that is being made. */
	char *text; /* its cells, each with its NUL */
	size_t text_len, text_cap;
	size_t start[CSV_COLUMNS_MAX];
	const char *cell[CSV_COLUMNS_MAX];
	size_t ncells, nrows;
	bool nomem, too_long;
};

/* ---- bytes and lines ------------------------------------------------ */

/* One more chunk behind what is there. */
static enum status
fill(struct sheet *sheet, struct err *err)
{
	enum status st;
	size_t got, cap;
	char *more;

	if (sheet->at > 0) {
		memmove(
		    sheet->buf, sheet->buf + sheet->at, sheet->end - sheet->at);
		sheet->end -= sheet->at;
		sheet->at = 0;
	}
	if (sheet->cap - sheet->end < CHUNK) {
		cap = sheet->cap * 2 + CHUNK;
		if ((more = realloc(sheet->buf, cap)) == NULL)
			return err_set(err, ST_NOMEM, "no memory to read");
		sheet->buf = more;
		sheet->cap = cap;
	}
	st = sheet->source->read(
	    sheet->source->arg, sheet->buf + sheet->end, CHUNK, &got, err);
	if (st != ST_OK)
		return st;
	if (got == 0)
		sheet->ended = true;
	sheet->end += got;
	return ST_OK;
}

/*
 * The length, with its line end, of the line that begins ${from} bytes after
 * ${at}; 0 if there is none.  One that is too long is given back cut.
 */
static enum status
find_line(struct sheet *sheet, size_t from, size_t *len, struct err *err)
{
	enum status st;
	size_t seen = 0, left;
	const char *start, *stop;

	for (;;) {
		start = sheet->buf + sheet->at + from;
		left = sheet->end - sheet->at - from;
		stop = left > seen ? memchr(start + seen, '\n', left - seen)
				   : NULL;
		if (stop != NULL || sheet->ended || left > SHEET_LINE_MAX)
			break;
		seen = left;
		if ((st = fill(sheet, err)) != ST_OK)
			return st;
	}
	*len = stop != NULL ? (size_t)(stop - start) + 1 : left;
	if (*len > SHEET_LINE_MAX)
		*len = SHEET_LINE_MAX + 1;
	return ST_OK;
}

/* Leave out the rest of a line that is too long. */
static enum status
skip_line(struct sheet *sheet, struct err *err)
{
	enum status st;
	char *stop;

	for (;;) {
		stop = memchr(
		    sheet->buf + sheet->at, '\n', sheet->end - sheet->at);
		if (stop != NULL) {
			sheet->at = (size_t)(stop - sheet->buf) + 1;
			return ST_OK;
		}
		sheet->at = sheet->end;
		if (sheet->ended)
			return ST_OK;
		if ((st = fill(sheet, err)) != ST_OK)
			return st;
	}
}

/* ---- cells ---------------------------------------------------------- */

static void
take_cell(void *bytes, size_t len, void *arg)
{
	struct sheet *sheet = arg;
	const char *at = bytes;
	size_t cap;
	char *more;

	while (len > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", at[len - 1]) != NULL)
		len--;
	if (sheet->ncells == CSV_COLUMNS_MAX || len > CSV_CELL_MAX) {
		sheet->too_long = true;
		return;
	}
	if (sheet->text_cap - sheet->text_len < len + 1) {
		cap = (sheet->text_cap + len + 1) * 2;
		if ((more = realloc(sheet->text, cap)) == NULL) {
			sheet->nomem = true;
			return;
		}
		sheet->text = more;
		sheet->text_cap = cap;
	}
	if (len > 0)
		memcpy(sheet->text + sheet->text_len, at, len);
	sheet->text[sheet->text_len + len] = '\0';
	sheet->start[sheet->ncells++] = sheet->text_len;
	sheet->text_len += len + 1;
}

static void
take_row(int end, void *arg)
{
	struct sheet *sheet = arg;

	(void)end;
	sheet->nrows++;
}

/* Are ${len} bytes exactly one row?  An empty line is a row of no cells. */
static enum sheet_fault
parse_row(struct sheet *sheet, const char *bytes, size_t len)
{
	struct csv_parser *parser = &sheet->parser;
	bool good;
	size_t i;

	sheet->ncells = sheet->nrows = sheet->text_len = 0;
	sheet->too_long = false;
	good = csv_parse(parser, bytes, len, take_cell, take_row, sheet) == len;
	if (csv_fini(parser, take_cell, take_row, sheet) != 0 || !good) {
		if (csv_error(parser) == CSV_ENOMEM)
			sheet->nomem = true;
		/* What a broken row left behind must not begin the next. */
		csv_free(parser);
		if (csv_init(parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
			sheet->nomem = true;
		csv_set_delim(parser, (unsigned char)sheet->delimiter);
		return SHEET_QUOTING;
	}
	if (sheet->nrows > 1)
		return SHEET_QUOTING;
	if (sheet->too_long)
		return SHEET_TOO_LONG;
	if (!utf8_valid(bytes, len) || memchr(bytes, '\0', len) != NULL)
		return SHEET_ENCODING;
	for (i = 0; i < sheet->ncells; i++)
		sheet->cell[i] = sheet->text + sheet->start[i];
	return SHEET_GOOD;
}

static size_t
count_quotes(const char *bytes, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += bytes[i] == '"';
	return n;
}

/*
 * What begins at ${at}: as many lines as its quotes need to pair up.  *${len}
 * bytes of *${nlines} lines; *${first} is the length of the first.
 */
static enum status
gather_lines(struct sheet *sheet, size_t *first, size_t *len, size_t *nlines,
    struct err *err)
{
	enum status st;
	size_t more, quotes = 0;

	*len = *nlines = 0;
	do {
		st = find_line(sheet, *len, &more, err);
		if (st != ST_OK)
			return st;
		if (more == 0)
			break;
		quotes += count_quotes(sheet->buf + sheet->at + *len, more);
		*len += more;
		if (++*nlines == 1)
			*first = more;
	} while (quotes % 2 != 0 && *nlines < SHEET_LINES_MAX &&
	    more <= SHEET_LINE_MAX);
	return ST_OK;
}

/* Only what can be printed, so that a report stays readable. */
static enum status
show_line(struct sheet *sheet, const char *bytes, size_t len, struct err *err)
{
	size_t i, n, out = 0;
	uint32_t c;

	if (len > SHOWN_MAX)
		len = SHOWN_MAX;
	if (sheet->text_cap <= SHOWN_MAX) {
		char *more = realloc(sheet->text, SHOWN_MAX + 1);

		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory to read");
		sheet->text = more;
		sheet->text_cap = SHOWN_MAX + 1;
	}
	for (i = 0; i < len; i += n) {
		n = utf8_next(bytes + i, len - i, &c);
		if (n == 0 || c < ' ' || c == 0x7f) {
			n = 1;
			if (bytes[i] != '\r' && bytes[i] != '\n')
				sheet->text[out++] = '?';
			continue;
		}
		memcpy(sheet->text + out, bytes + i, n);
		out += n;
	}
	sheet->text[out] = '\0';
	sheet->cell[0] = sheet->text;
	sheet->ncells = 1;
	return ST_OK;
}

/* ---- the sheet ------------------------------------------------------ */

enum status
sheet_next(struct sheet *sheet, struct sheet_row *row, struct err *err)
{
	size_t first = 0, len, nlines;
	enum status st;

	if ((st = gather_lines(sheet, &first, &len, &nlines, err)) != ST_OK)
		return st;
	if (nlines == 0)
		return err_set(err, ST_NOTFOUND, "no row left");
	row->fault = first > SHEET_LINE_MAX
	    ? SHEET_TOO_LONG
	    : parse_row(sheet, sheet->buf + sheet->at, len);
	if (nlines > 1 &&
	    (row->fault == SHEET_QUOTING || row->fault == SHEET_TOO_LONG ||
		(sheet->expected != 0 && sheet->ncells != sheet->expected))) {
		/* A quote left open joined lines that do not belong. */
		nlines = 1;
		len = first;
		row->fault = SHEET_QUOTING;
	}
	if (sheet->nomem)
		return err_set(err, ST_NOMEM, "no memory to read");
	if (row->fault != SHEET_GOOD &&
	    (st = show_line(sheet, sheet->buf + sheet->at, len, err)) != ST_OK)
		return st;
	row->line = sheet->line;
	row->nlines = nlines;
	row->ncells = sheet->ncells;
	row->cells = sheet->cell;
	sheet->line += nlines;
	if (first > SHEET_LINE_MAX)
		return skip_line(sheet, err);
	sheet->at += len;
	return ST_OK;
}

void
sheet_expect(struct sheet *sheet, size_t ncells)
{
	sheet->expected = ncells;
}

/* Files that office programs call by the same name. */
static enum status
check_kind(const struct sheet *sheet, struct err *err)
{
	static const struct {
		const char *bytes, *what;
		size_t len;
	} OTHER[] = {
		{ "PK\3\4", "a workbook (.xlsx or .ods)", 4 },
		{ "\xd0\xcf\x11\xe0", "a workbook (.xls)", 4 },
		{ "\xff\xfe", "UTF-16 text", 2 },
		{ "\xfe\xff", "UTF-16 text", 2 },
	};
	size_t i, len = sheet->end - sheet->at;

	for (i = 0; i < sizeof(OTHER) / sizeof(OTHER[0]); i++) {
		if (len >= OTHER[i].len &&
		    memcmp(sheet->buf + sheet->at, OTHER[i].bytes,
			OTHER[i].len) == 0)
			return err_set(err, ST_INVALID,
			    "this is %s, not CSV: save it as \"CSV UTF-8\"",
			    OTHER[i].what);
	}
	return ST_OK;
}

enum status
sheet_start(struct sheet *sheet, char delimiter, struct err *err)
{
	enum status st;

	sheet->at = sheet->end = 0;
	sheet->ended = false;
	sheet->line = 1;
	sheet->expected = 0;
	sheet->delimiter = delimiter;
	csv_set_delim(&sheet->parser, (unsigned char)delimiter);
	st = sheet->source->rewind(sheet->source->arg, err);
	while (st == ST_OK && !sheet->ended && sheet->end < 4)
		st = fill(sheet, err);
	if (st == ST_OK && sheet->end >= 3 &&
	    memcmp(sheet->buf, "\xef\xbb\xbf", 3) == 0)
		sheet->at = 3;
	return st;
}

enum status
sheet_open(
    struct sheet **out, const struct sheet_source *source, struct err *err)
{
	struct sheet *sheet;
	enum status st;

	*out = NULL;
	if ((sheet = calloc(1, sizeof(*sheet))) == NULL)
		return err_set(err, ST_NOMEM, "no memory to read");
	sheet->source = source;
	if (csv_init(&sheet->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		st = err_set(err, ST_NOMEM, "no memory to read");
		goto out;
	}
	sheet->parser_made = true;
	if ((st = sheet_start(sheet, ',', err)) != ST_OK ||
	    (st = check_kind(sheet, err)) != ST_OK)
		goto out;
	*out = sheet;
	sheet = NULL;
out:
	sheet_close(sheet);
	return st;
}

void
sheet_close(struct sheet *sheet)
{
	if (sheet == NULL)
		return;
	if (sheet->parser_made)
		csv_free(&sheet->parser);
	free(sheet->buf);
	free(sheet->text);
	free(sheet);
}
