#include <stdlib.h>
#include <string.h>

#include "sync-server/import/prelist_internal.h"

static const char DELIMITERS[] = { ';', ',', '\t', '|' };

/* Without these nobody could be found: one of each pair. */
static const char *const NEEDED[][2] = {
	{ "kode_wil", "kode_wil" },
	{ "nama", "nik" },
	{ "prelist_id", "no_kk" },
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

/* How many of the needed columns are there? */
static size_t
count_needed(const struct header *header)
{
	size_t i, n = 0;

	for (i = 0; i < NNEEDED; i++)
		n += has_field(header, NEEDED[i][0]) ||
		    has_field(header, NEEDED[i][1]);
	return n;
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
		/* The second of two columns for one field is not loaded. */
		if (field != NULL && has_field(header, field->name))
			field = NULL;
		*column = (struct column){ .field = field };
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

/* Look for the header in the first rows; *${best} needed columns so far. */
static enum status
try_delimiter(struct header *header, struct sheet *sheet, char delimiter,
    const struct instrument *instrument, size_t *best, struct err *err)
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
		if (row.fault != SHEET_GOOD)
			continue;
		if ((st = take_columns(header, &row, instrument, err)) != ST_OK)
			return st;
		if ((n = count_needed(header)) > *best)
			*best = n;
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
	enum status st = ST_NOTFOUND;
	size_t i, best = 0;

	*out = NULL;
	if (header == NULL)
		return err_set(err, ST_NOMEM, "no memory for header");
	for (i = 0; i < sizeof(DELIMITERS) && st == ST_NOTFOUND; i++)
		st = try_delimiter(
		    header, sheet, DELIMITERS[i], instrument, &best, err);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_INVALID,
		    "no line with the names of the columns in the first %u: "
		    "needed are KODE DESA, NAMA or NIK, ID DTKS or NO KK "
		    "(%zu of 3 are there)",
		    PRELIST_TITLE_LINES_MAX, best);
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
