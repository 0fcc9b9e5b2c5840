#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "tests/lib/sample.h"
#include "tests/lib/sample_internal.h"

/* The columns after the family's and person's own: SAMPLE_HOUSE. */
#define NCOLUMNS (SAMPLE_COLUMNS + SAMPLE_HOUSE_FIELDS)

/* ---- how offices write ---------------------------------------------- */

static const struct sample_style STYLES[] = {
	{ .title = "DAFTAR PRELIST VERIFIKASI",
	    .bom = "\xef\xbb\xbf",
	    .line_end = "\r\n",
	    .delimiter = ';',
	    .dates = SAMPLE_DAY_FIRST,
	    .sexes = { "L", "P" },
	    .unknown = true },
	{ .title = NULL,
	    .bom = "",
	    .line_end = "\n",
	    .delimiter = ',',
	    .dates = SAMPLE_ISO,
	    .sexes = { "1", "2" },
	    .bare_village = true,
	    .scattered = true },
	{ .title = NULL,
	    .bom = "",
	    .line_end = "\n",
	    .delimiter = ';',
	    .dates = SAMPLE_DAY_FIRST,
	    .words = true,
	    .mark = "'",
	    .sexes = { "Laki-laki", "Perempuan" },
	    .unknown = true },
};
#define NSTYLES (sizeof(STYLES) / sizeof(STYLES[0]))

/* Plain: for who asks for no mess. */
static const struct sample_style PLAIN = { .bom = "",
	.line_end = "\n",
	.delimiter = ',',
	.dates = SAMPLE_ISO,
	.sexes = { "1", "2" } };

static const char *const HEADERS[SAMPLE_COLUMNS] = {
	[SAMPLE_C_NO] = "NO",
	[SAMPLE_C_ID] = "ID DTKS",
	[SAMPLE_C_KK] = "NO KK",
	[SAMPLE_C_VILLAGE] = "KODE DESA",
	[SAMPLE_C_VILLAGE_NAME] = "DESA",
	[SAMPLE_C_ADDRESS] = "ALAMAT",
	[SAMPLE_C_RT] = "RT",
	[SAMPLE_C_RW] = "RW",
	[SAMPLE_C_NIK] = "NIK",
	[SAMPLE_C_NAME] = "NAMA LENGKAP",
	[SAMPLE_C_BIRTH] = "TANGGAL LAHIR",
	[SAMPLE_C_SEX] = "JENIS KELAMIN",
	[SAMPLE_C_RELATION] = "HUBUNGAN KELUARGA",
	[SAMPLE_C_MARITAL] = "STATUS KAWIN",
	[SAMPLE_C_SCHOOL] = "PARTISIPASI SEKOLAH",
	[SAMPLE_C_CERTIFICATE] = "IJAZAH",
	[SAMPLE_C_WORKS] = "BEKERJA",
};

static const char *
header_of(size_t column)
{
	return column < SAMPLE_COLUMNS ? HEADERS[column]
				       : SAMPLE_HOUSE[column - SAMPLE_COLUMNS];
}

/* A code, or the first word for it. */
static void
print_code(char *out, size_t size, const struct sample_style *style,
    const char *field, const char *code)
{
	const struct instrument_field *f;
	const struct instrument_code *c;

	f = instrument_find_name(instrument_builtin(), field);
	c = style->words && f->ncodes > 0 ? instrument_guess_code(f, code)
					  : NULL;
	snprintf(out, size, "%s", c != NULL ? c->label : code);
}

static void
print_number(char *out, size_t size, const struct sample_style *style,
    const char *field, int code)
{
	char text[12] = "";

	if (code != 0)
		snprintf(text, sizeof(text), "%d", code);
	print_code(out, size, style, field, text);
}

static void
print_birth(
    char *out, size_t size, const struct sample_style *style, int32_t birth)
{
	struct day_parts date = day_split(birth);

	if (style->dates == SAMPLE_ISO)
		snprintf(out, size, "%04d-%02d-%02d", date.year, date.month,
		    date.day);
	else
		snprintf(out, size, "%02d/%02d/%04d", date.day, date.month,
		    date.year);
}

static void
print_village(
    char *out, size_t size, const struct sample_style *style, uint64_t village)
{
	char text[REGION_TEXT_SIZE];
	size_t i, len = 0;

	region_print(village, text);
	for (i = 0; text[i] != '\0' && len < size - 1; i++) {
		if (text[i] != '.' || !style->bare_village)
			out[len++] = text[i];
	}
	out[len] = '\0';
}

static void
fill_family(struct sample_cells *cells, const struct sample_writer *w,
    const struct sample_family *family)
{
	const struct sample_style *style = w->style;
	char(*cell)[SAMPLE_CELL] = cells->cell;
	struct region region;
	size_t i;

	region_find(w->opts->regions, family->village, &region);
	snprintf(cell[SAMPLE_C_ID], SAMPLE_CELL, "%s", family->prelist_id);
	snprintf(cell[SAMPLE_C_KK], SAMPLE_CELL, "%s%s",
	    style->mark != NULL ? style->mark : "", family->no_kk);
	print_village(
	    cell[SAMPLE_C_VILLAGE], SAMPLE_CELL, style, family->village);
	snprintf(cell[SAMPLE_C_VILLAGE_NAME], SAMPLE_CELL, "%s", region.name);
	snprintf(cell[SAMPLE_C_ADDRESS], SAMPLE_CELL, "%s", family->address);
	snprintf(cell[SAMPLE_C_RT], SAMPLE_CELL, "%s", family->rt);
	snprintf(cell[SAMPLE_C_RW], SAMPLE_CELL, "%s", family->rw);
	for (i = 0; i < SAMPLE_HOUSE_FIELDS; i++)
		print_code(cell[SAMPLE_COLUMNS + i], SAMPLE_CELL, style,
		    SAMPLE_HOUSE[i], family->house[i]);
}

static void
fill_person(struct sample_cells *cells, const struct sample_writer *w,
    const struct sample_person *person)
{
	const struct sample_style *style = w->style;
	char(*cell)[SAMPLE_CELL] = cells->cell;

	snprintf(cell[SAMPLE_C_NIK], SAMPLE_CELL, "%s%s",
	    style->mark != NULL && person->nik[0] != '\0' ? style->mark : "",
	    person->nik);
	snprintf(cell[SAMPLE_C_NAME], SAMPLE_CELL, "%s", person->name);
	print_birth(cell[SAMPLE_C_BIRTH], SAMPLE_CELL, style, person->birth);
	snprintf(cell[SAMPLE_C_SEX], SAMPLE_CELL, "%s",
	    style->sexes[person->sex - 1]);
	print_number(cell[SAMPLE_C_RELATION], SAMPLE_CELL, style, "hub",
	    person->relation);
	print_number(cell[SAMPLE_C_MARITAL], SAMPLE_CELL, style, "kawin",
	    person->marital);
	print_number(cell[SAMPLE_C_SCHOOL], SAMPLE_CELL, style, "sekolah",
	    person->school);
	print_number(cell[SAMPLE_C_CERTIFICATE], SAMPLE_CELL, style, "ijazah",
	    person->certificate);
	print_number(
	    cell[SAMPLE_C_WORKS], SAMPLE_CELL, style, "kerja", person->works);
}

/* ---- lines ---------------------------------------------------------- */

static bool
is_left_out(const struct sample_writer *w, size_t column)
{
	return !w->style->unknown &&
	    (column == SAMPLE_C_NO || column == SAMPLE_C_VILLAGE_NAME);
}

/* One cell; quoted where it has to be. */
static void
write_cell(struct sample_writer *w, const char *text)
{
	char special[] = { w->style->delimiter, '"', '\n', '\0' };
	const char *at;

	if (text[strcspn(text, special)] == '\0') {
		fputs(text, w->csv);
		return;
	}
	putc('"', w->csv);
	for (at = text; *at != '\0'; at++) {
		if (*at == '"')
			putc('"', w->csv);
		putc(*at, w->csv);
		w->line += *at == '\n';
	}
	putc('"', w->csv);
}

static void
end_line(struct sample_writer *w)
{
	fputs(w->style->line_end, w->csv);
	w->line++;
}

static void
write_header(struct sample_writer *w)
{
	size_t i, written = 0;

	w->line = 1;
	fputs(w->style->bom, w->csv);
	if (w->style->title != NULL) {
		fputs(w->style->title, w->csv);
		end_line(w);
	}
	for (i = 0; i < NCOLUMNS; i++) {
		if (is_left_out(w, i))
			continue;
		if (written++ > 0)
			putc(w->style->delimiter, w->csv);
		write_cell(w, header_of(i));
		if (i == SAMPLE_C_NO || i == SAMPLE_C_VILLAGE_NAME)
			sample_problem(w, header_of(i), "unknown-column", true);
	}
	end_line(w);
}

void
sample_write_row(struct sample_writer *w, const struct sample_cells *cells,
    enum sample_damage damage)
{
	size_t i, written = 0;
	size_t n = damage == SAMPLE_SHORT ? NCOLUMNS - 1 : NCOLUMNS;

	for (i = 0; i < n; i++) {
		if (is_left_out(w, i))
			continue;
		if (written++ > 0)
			putc(w->style->delimiter, w->csv);
		if (damage == SAMPLE_QUOTE && i == SAMPLE_C_ADDRESS)
			fprintf(w->csv, "\"%s", cells->cell[i]);
		else
			write_cell(w, cells->cell[i]);
	}
	if (damage == SAMPLE_LONG)
		fprintf(w->csv, "%cx", w->style->delimiter);
	end_line(w);
	w->totals->rows++;
}

/* ---- files ---------------------------------------------------------- */

struct place {
	struct sample_family *family;
	size_t person;
};

/* Which row stands where; scattered: not all of a family together. */
static struct place *
order_rows(struct sample_writer *w, struct sample_family *families, size_t n,
    size_t *nrows)
{
	struct place *rows, swap;
	size_t i, k, at = 0;

	*nrows = 0;
	for (i = 0; i < n; i++)
		*nrows += families[i].npersons;
	if ((rows = malloc((*nrows + 1) * sizeof(*rows))) == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		for (k = 0; k < families[i].npersons; k++)
			rows[at++] = (struct place){ &families[i], k };
	}
	for (i = 0; w->style->scattered && i + 30 < *nrows; i += 5) {
		k = i + rng_below(&w->rng, 30);
		swap = rows[i];
		rows[i] = rows[k];
		rows[k] = swap;
	}
	return rows;
}

static enum status
open_csv(struct sample_writer *w, uint64_t district, struct err *err)
{
	char path[PATH_MAX], code[REGION_TEXT_SIZE];

	region_print(district, code);
	snprintf(w->file, sizeof(w->file), "prelist-%s.csv", code);
	snprintf(path, sizeof(path), "%s/%s", w->opts->dir, w->file);
	if ((w->csv = fopen(path, "wb")) == NULL)
		return err_set(err, ST_IO, "cannot write %s", w->file);
	return ST_OK;
}

enum status
sample_writer_put(struct sample_writer *w, uint64_t district, size_t nth,
    struct sample_family *families, size_t n, struct err *err)
{
	struct sample_cells *cells = NULL;
	struct place *rows = NULL;
	enum status st;
	size_t i, nrows;

	w->style = w->opts->messy == 0 ? &PLAIN : &STYLES[nth % NSTYLES];
	if ((st = open_csv(w, district, err)) != ST_OK)
		return st;
	rows = order_rows(w, families, n, &nrows);
	cells = malloc(sizeof(*cells));
	if (rows == NULL || cells == NULL) {
		st = err_set(err, ST_NOMEM, "no memory for rows");
		goto out;
	}
	write_header(w);
	for (i = 0; i < nrows; i++) {
		memset(cells, 0, sizeof(*cells));
		snprintf(cells->cell[SAMPLE_C_NO], SAMPLE_CELL, "%zu", i + 1);
		fill_family(cells, w, rows[i].family);
		fill_person(cells, w, &rows[i].family->person[rows[i].person]);
		sample_put_row(w, cells, rows[i].family, rows[i].person);
	}
	for (i = 0; i < n; i++)
		sample_truth_family(w, &families[i]);
out:
	free(rows);
	free(cells);
	if (ferror(w->csv) != 0 && st == ST_OK)
		st = err_set(err, ST_IO, "cannot write %s", w->file);
	if (fclose(w->csv) != 0 && st == ST_OK)
		st = err_set(err, ST_IO, "cannot write %s", w->file);
	w->csv = NULL;
	return st;
}
