#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/sheet/sheet.h"
#include "tests/lib/unit.h"

static struct err err;

/* Bytes in memory, handed out ${step} at a time. */
struct bytes {
	const char *at;
	size_t len, used, step;
};

static enum status
read_bytes(void *arg, void *out, size_t size, size_t *got, struct err *e)
{
	struct bytes *b = arg;

	(void)e;
	*got = b->len - b->used;
	if (*got > size)
		*got = size;
	if (*got > b->step)
		*got = b->step;
	memcpy(out, b->at + b->used, *got);
	b->used += *got;
	return ST_OK;
}

static enum status
rewind_bytes(void *arg, struct err *e)
{
	(void)e;
	((struct bytes *)arg)->used = 0;
	return ST_OK;
}

/*
 * All rows as text: the line, then each cell in brackets; a fault by its
 * letter: Q quoting, E encoding, L too long.
 */
static void
print_rows(const char *text, size_t len, size_t step, char delimiter,
    size_t expect, char *out, size_t size)
{
	struct bytes bytes = { text, len, 0, step };
	struct sheet_source source = { &bytes, read_bytes, rewind_bytes };
	struct sheet *sheet;
	struct sheet_row row;
	enum status st;
	size_t i, at = 0;

	out[0] = '\0';
	ok(sheet_open(&sheet, &source, &err));
	ok(sheet_start(sheet, delimiter, &err));
	sheet_expect(sheet, expect);
	while ((st = sheet_next(sheet, &row, &err)) == ST_OK) {
		at += (size_t)snprintf(
		    out + at, size - at, "%zu%c", row.line, " QEL"[row.fault]);
		for (i = 0; i < row.ncells; i++)
			at += (size_t)snprintf(
			    out + at, size - at, "[%.200s]", row.cells[i]);
		at += (size_t)snprintf(out + at, size - at, ";");
	}
	ck_assert_int_eq(st, ST_NOTFOUND);
	sheet_close(sheet);
}

static const struct {
	const char *what, *text, *rows;
	char delimiter;
	size_t expect;
} CASES[] = {
	{ "nothing", "", "", ',', 0 },
	{ "plain", "a,b\nc,d\n", "1 [a][b];2 [c][d];", ',', 0 },
	{ "no line end at the end", "a,b\nc,d", "1 [a][b];2 [c][d];", ',', 0 },
	{ "CRLF", "a,b\r\nc,d\r\n", "1 [a][b];2 [c][d];", ',', 0 },
	{ "byte order mark",
	    "\xef\xbb\xbf"
	    "a,b\n",
	    "1 [a][b];", ',', 0 },
	{ "semicolons", "a,b;c\n", "1 [a,b][c];", ';', 0 },
	{ "tabs", "a\tb c\t\n", "1 [a][b c][];", '\t', 0 },
	{ "blanks at the ends", " a , b\n", "1 [a][b];", ',', 0 },
	{ "quoted", "\"a,b\",\" c \"\n", "1 [a,b][c];", ',', 0 },
	{ "quotes in quotes", "\"a \"\"b\"\" c\",d\n", "1 [a \"b\" c][d];", ',',
	    0 },
	{ "line end in quotes", "\"a\nb\",c\nd,e\n", "1 [a\nb][c];3 [d][e];",
	    ',', 0 },
	{ "CRLF in quotes", "\"a\r\nb\",c\r\nd,e\r\n",
	    "1 [a\r\nb][c];3 [d][e];", ',', 0 },
	{ "empty lines", "a,b\n\n\nc,d\n", "1 [a][b];2 ;3 ;4 [c][d];", ',', 0 },
	{ "empty cells", ",\n,,\n", "1 [][];2 [][][];", ',', 0 },
	{ "quote never closed", "a,\"b\nc,d\ne,f\n",
	    "1Q[a,\"b];2 [c][d];3 [e][f];", ',', 0 },
	{ "quote never closed, last line", "a,b\nc,\"d", "1 [a][b];2Q[c,\"d];",
	    ',', 0 },
	{ "quote in a cell", "a,b\"c\nd,e\n", "1Q[a,b\"c];2 [d][e];", ',', 0 },
	{ "two quotes in a cell", "a,Jl. \"X\" 3\nd,e\n",
	    "1Q[a,Jl. \"X\" 3];2 [d][e];", ',', 0 },
	{ "text behind a quote", "a,\"b\"c\nd,e\n", "1Q[a,\"b\"c];2 [d][e];",
	    ',', 0 },
	{ "open quote before a quoted line end", "a,\"b\nc,\"d\ne\"\nf,g\n",
	    "1Q[a,\"b];2 [c][d\ne];4 [f][g];", ',', 0 },
	{ "two open quotes that pair up to a row of other width",
	    "a,\"b,c\nd,e,\"\nf,g,h\n", "1Q[a,\"b,c];2Q[d,e,\"];3 [f][g][h];",
	    ',', 3 },
	{ "two open quotes, width not known", "a,\"b,c\nd,e,\"\n",
	    "1 [a][b,c\nd,e,];", ',', 0 },
	{ "Latin-1", "a,caf\xe9\nb,c\n", "1E[a,caf?];2 [b][c];", ',', 0 },
	{ "control characters in a broken row", "a\x01\"b,c\n", "1Q[a?\"b,c];",
	    ',', 0 },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(rows_come_with_the_line_they_begin_on)
{
	static const size_t STEPS[] = { 1, 3, 4096 };
	char out[512];
	size_t i;

	for (i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
		print_rows(CASES[_i].text, strlen(CASES[_i].text), STEPS[i],
		    CASES[_i].delimiter, CASES[_i].expect, out, sizeof(out));
		ck_assert_msg(strcmp(out, CASES[_i].rows) == 0,
		    "%s: %s, expected %s", CASES[_i].what, out, CASES[_i].rows);
	}
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	static const char TEXT[] = "a,b\0c\nd,e\n";
	char out[64];

	print_rows(TEXT, sizeof(TEXT) - 1, 4096, ',', 0, out, sizeof(out));
	ck_assert_str_eq(out, "1E[a,b?c];2 [d][e];");
}
END_TEST

START_TEST(a_line_that_is_too_long_hides_no_other)
{
	size_t len = 3 * SHEET_LINE_MAX;
	char *text = malloc(len + 64), out[512];

	memcpy(text, "a,b\n", 4);
	memset(text + 4, 'x', len);
	strcpy(text + 4 + len, "\nc,d\n");
	print_rows(text, strlen(text), 1000, ',', 0, out, sizeof(out));
	ck_assert(strncmp(out, "1 [a][b];2L[xxxx", 16) == 0);
	ck_assert_str_eq(out + strlen(out) - 10, ";3 [c][d];");
	free(text);
}
END_TEST

START_TEST(cells_have_a_limit)
{
	size_t len = CSV_CELL_MAX + 1;
	char *text = malloc(len + 64), out[512];

	memset(text, 'x', len);
	strcpy(text + len, ",b\nc,d\n");
	print_rows(text, strlen(text), 4096, ',', 0, out, sizeof(out));
	ck_assert(strncmp(out, "1L[xxx", 6) == 0);
	print_rows(text + 1, strlen(text + 1), 4096, ',', 0, out, sizeof(out));
	ck_assert(strncmp(out, "1 [xxx", 6) == 0);
	memset(text, ',', CSV_COLUMNS_MAX);
	strcpy(text + CSV_COLUMNS_MAX, "\nc,d\n");
	print_rows(text, strlen(text), 4096, ',', 0, out, sizeof(out));
	ck_assert(strncmp(out, "1L[,,,", 6) == 0);
	ck_assert(strstr(out, "2 [c][d]") != NULL);
	free(text);
}
END_TEST

/* Sixteen lines are looked at, then the first is given up. */
START_TEST(an_open_quote_swallows_nothing)
{
	char text[2048] = "a,\"b\n", out[2048], want[2048] = "1Q[a,\"b];";
	size_t i, at = 5, n = 9;

	for (i = 2; i < 60; i++) {
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "%zu,x\n", i);
		n += (size_t)snprintf(
		    want + n, sizeof(want) - n, "%zu [%zu][x];", i, i);
	}
	print_rows(text, at, 7, ',', 2, out, sizeof(out));
	ck_assert_str_eq(out, want);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *word;
} OTHER[] = {
	{ "PK\3\4....", 8, "workbook" },
	{ "\xd0\xcf\x11\xe0....", 8, "workbook" },
	{ "\xff\xfe"
	  "a\0",
	    4, "UTF-16" },
	{ "\xfe\xff\0a", 4, "UTF-16" },
};
#define NOTHER (sizeof(OTHER) / sizeof(OTHER[0]))

START_TEST(another_kind_of_file_is_said)
{
	struct bytes bytes = { OTHER[_i].bytes, OTHER[_i].len, 0, 1 };
	struct sheet_source source = { &bytes, read_bytes, rewind_bytes };
	struct sheet *sheet;

	ck_assert_int_eq(sheet_open(&sheet, &source, &err), ST_INVALID);
	ck_assert_ptr_null(sheet);
	ck_assert(strstr(err.text, OTHER[_i].word) != NULL);
}
END_TEST

static enum status
fail_to_read(void *arg, void *out, size_t size, size_t *got, struct err *e)
{
	struct bytes *b = arg;

	if (b->used >= 8)
		return err_set(e, ST_IO, "planted");
	return read_bytes(arg, out, size, got, e);
}

START_TEST(a_source_that_fails_ends_it)
{
	struct bytes bytes = { "a,b\nc,d\ne,f\n", 12, 0, 4 };
	struct sheet_source source = { &bytes, fail_to_read, rewind_bytes };
	struct sheet_row row;
	struct sheet *sheet;

	ok(sheet_open(&sheet, &source, &err));
	ok(sheet_next(sheet, &row, &err));
	ok(sheet_next(sheet, &row, &err));
	ck_assert_int_eq(sheet_next(sheet, &row, &err), ST_IO);
	sheet_close(sheet);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, rows_come_with_the_line_they_begin_on, 0, (int)NCASES);
	tcase_add_test(tc, a_nul_is_no_text);
	tcase_add_test(tc, a_line_that_is_too_long_hides_no_other);
	tcase_add_test(tc, cells_have_a_limit);
	tcase_add_test(tc, an_open_quote_swallows_nothing);
	tcase_add_loop_test(tc, another_kind_of_file_is_said, 0, (int)NOTHER);
	tcase_add_test(tc, a_source_that_fails_ends_it);
}

UNIT_MAIN("sheet", add)
