#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync-server/import/prelist_internal.h"

static const char DELIMITERS[] = { ';', ',', '\t', '|' };

/* Without these nobody could be found: one of each pair. */
static const struct {
	const char *field, *other, *shown;
} NEEDED[] = {
	{ "kode_wil", "kode_wil", "KODE DESA" },
	{ "nama", "nik", "NAMA or NIK" },
	{ "prelist_id", "no_kk", "ID DTKS or NO KK" },
};
#define NNEEDED (sizeof(NEEDED) / sizeof(NEEDED[0]))

static bool
has_field(const struct header *header, const char *name)
{
	size_t i;

	for (i = 0; i < header->ncolumns; i++) {
		if (header->column[i].field != NULL &&
		    strcmp(header->column[i].field->name, name) == 0)
			return true;
	}
	return false;
}

/* The line that comes nearest to being the header. */
struct nearest {
	bool any; /* the file has lines */
	size_t n; /* of the needed columns that it has */
	bool has[NNEEDED];
};

/* How many of the needed columns are there? */
static size_t
count_needed(const struct header *header, struct nearest *nearest)
{
	bool has[NNEEDED];
	size_t i, n = 0;

	for (i = 0; i < NNEEDED; i++) {
		has[i] = has_field(header, NEEDED[i].field) ||
		    has_field(header, NEEDED[i].other);
		n += has[i];
	}
	if (n >= nearest->n) {
		nearest->n = n;
		memcpy(nearest->has, has, sizeof(has));
	}
	return n;
}

/* What is missing, and where it was looked for. */
static enum status
no_header(const struct nearest *nearest, struct err *err)
{
	char missing[80] = "";
	size_t i, at = 0;

	if (!nearest->any)
		return err_set(err, ST_INVALID, "the file is empty");
	for (i = 0; i < NNEEDED; i++)
		if (!nearest->has[i])
			at +=
			    (size_t)snprintf(missing + at, sizeof(missing) - at,
				"%s%s", at > 0 ? "; " : "", NEEDED[i].shown);
	return err_set(err, ST_INVALID,
	    "no line in the first %u names the columns that are needed; "
	    "missing from the one that comes nearest: %s",
	    PRELIST_TITLE_LINES_MAX, missing);
}

static void
forget_columns(struct header *header)
{
	size_t i;

	for (i = 0; i < header->ncolumns; i++)
		free(header->column[i].header);
	header->ncolumns = 0;
}

static enum status
take_columns(struct header *header, const struct sheet_row *row,
    const struct instrument *instrument, struct err *err)
{
	const struct instrument_field *field;
	struct column *column;
	size_t i;

	forget_columns(header);
	for (i = 0; i < row->ncells; i++) {
		column = &header->column[i];
		field = instrument_find_column(instrument, row->cells[i]);
		*column = (struct column){ .field = field };
		/* The second of two columns for one field is not loaded. */
		if (field != NULL && has_field(header, field->name)) {
			column->field = NULL;
			column->again = true;
		}
		if ((column->header = strdup(row->cells[i])) == NULL)
			return err_set(err, ST_NOMEM, "no memory for header");
		header->ncolumns++;
	}
	header->line = row->line;
	return ST_OK;
}

static void
find_known(struct header *header, const struct instrument *instrument)
{
	static const char *const NAME[NKNOWN] = {
		[KNOWN_VILLAGE] = "kode_wil",
		[KNOWN_PRELIST_ID] = "prelist_id",
		[KNOWN_NO_KK] = "no_kk",
		[KNOWN_NAME] = "nama",
		[KNOWN_NIK] = "nik",
		[KNOWN_BIRTH] = "tgl_lahir",
		[KNOWN_SEX] = "jk",
	};
	size_t i, k;

	for (i = 0; i < NKNOWN; i++) {
		header->known[i] = instrument_find_name(instrument, NAME[i]);
		for (k = 0; k < header->ncolumns; k++) {
			if (header->column[k].field != NULL &&
			    header->column[k].field == header->known[i])
				break;
		}
		header->known_at[i] = k;
	}
}

/* Look for the header in the first rows; ${nearest}: what came near so far. */
static enum status
try_delimiter(struct header *header, struct sheet *sheet, char delimiter,
    const struct instrument *instrument, struct nearest *nearest,
    struct err *err)
{
	struct sheet_row row;
	enum status st;
	size_t i, n;

	if ((st = sheet_start(sheet, delimiter, err)) != ST_OK)
		return st;
	header->delimiter = delimiter;
	for (i = 0; i < PRELIST_TITLE_LINES_MAX; i++) {
		if ((st = sheet_next(sheet, &row, err)) != ST_OK)
			return st;
		nearest->any = true;
		if (row.fault != SHEET_GOOD)
			continue;
		if ((st = take_columns(header, &row, instrument, err)) != ST_OK)
			return st;
		n = count_needed(header, nearest);
		if (n == NNEEDED) {
			header->titles = i;
			find_known(header, instrument);
			sheet_expect(sheet, header->ncolumns);
			return ST_OK;
		}
	}
	return err_set(err, ST_NOTFOUND, "no header");
}

enum status
prelist_header_read(struct header **out, struct sheet *sheet,
    const struct instrument *instrument, struct err *err)
{
	struct header *header = calloc(1, sizeof(*header));
	struct nearest nearest = { 0 };
	enum status st = ST_NOTFOUND;
	size_t i;

	*out = NULL;
	if (header == NULL)
		return err_set(err, ST_NOMEM, "no memory for header");
	for (i = 0; i < sizeof(DELIMITERS) && st == ST_NOTFOUND; i++)
		st = try_delimiter(
		    header, sheet, DELIMITERS[i], instrument, &nearest, err);
	if (st == ST_NOTFOUND)
		st = no_header(&nearest, err);
	if (st != ST_OK) {
		prelist_header_free(header);
		return st;
	}
	*out = header;
	return ST_OK;
}

void
prelist_header_free(struct header *header)
{
	if (header == NULL)
		return;
	forget_columns(header);
	free(header);
}
