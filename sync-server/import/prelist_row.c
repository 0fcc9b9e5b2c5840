#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/instrument/nik.h"
#include "common/place/region.h"
#include "sync-server/import/prelist_internal.h"

#define KEY_SIZE 272 /* a letter and a prelist id of 64 characters */

static void
add_fault(struct faults *faults, size_t column, enum prelist_rule rule)
{
	faults->fault[faults->n].column = column;
	faults->fault[faults->n].rule = rule;
	faults->n++;
	if (rule < PRELIST_NO_NAME)
		faults->refused = true;
}

/*
 * A spreadsheet keeps 15 digits: of a number of 16 the last one becomes 0.
 * In one number that says nothing; in nearly all of a column it does.
 */
static bool
has_lost_digit(struct column *column, const char *text)
{
	size_t len = strlen(text);
	bool zero;

	if (column->field->type != INSTRUMENT_DIGITS ||
	    column->field->max != NIK_LEN || len != NIK_LEN)
		return false;
	zero = text[len - 1] == '0';
	column->nlong++;
	column->nzero += zero;
	return zero && column->damaged;
}

/* All cells, each as its field wants it, in the chunk that ${row} is. */
static void
read_cells(struct row *row, char *text, struct faults *faults,
    struct header *header, const struct prelist_opts *opts,
    const struct sheet_row *cells)
{
	struct prelist_cell *cell = row->family;
	struct column *column;
	enum prelist_rule rule;
	size_t i;

	for (i = 0; i < header->ncolumns; i++) {
		column = &header->column[i];
		if (column->field == NULL) {
			/* Nobody named it, and yet something stands there. */
			if (column->header[0] == '\0' && !column->told &&
			    cells->cells[i][0] != '\0') {
				add_fault(faults, i, PRELIST_UNKNOWN);
				column->told = true;
			}
			continue;
		}
		rule =
		    prelist_value(column->field, opts, cells->cells[i], text);
		if (rule == 0 && has_lost_digit(column, text))
			rule = PRELIST_DAMAGED;
		if (rule != 0)
			add_fault(faults, i, rule);
		if (text[0] == '\0' || faults->refused)
			continue;
		cell->field = column->field;
		cell->text = text;
		cell++;
		text += strlen(text) + 1;
	}
	row->nperson = (size_t)(cell - row->family);
}

static int
compare_cells(const void *a, const void *b)
{
	const struct prelist_cell *x = a, *y = b;

	if (x->field == y->field)
		return 0;
	return x->field < y->field ? -1 : 1;
}

/* The instrument has the fields of a household before those of a person. */
static void
part_cells(struct row *row)
{
	size_t n = row->nperson;

	qsort(row->family, n, sizeof(*row->family), compare_cells);
	row->nfamily = 0;
	while (row->nfamily < n &&
	    row->family[row->nfamily].field->kind == RECORD_HOUSEHOLD)
		row->nfamily++;
	row->person = row->family + row->nfamily;
	row->nperson = n - row->nfamily;
}

/* The texts of the known fields, NULL where there is none. */
static void
find_known(const char *text[NKNOWN], const struct row *row,
    const struct header *header)
{
	size_t i, k, n = row->nfamily + row->nperson;

	for (i = 0; i < NKNOWN; i++) {
		text[i] = NULL;
		for (k = 0; k < n; k++) {
			if (row->family[k].field == header->known[i])
				text[i] = row->family[k].text;
		}
	}
}

static void
check_numbers(struct faults *faults, const char *const text[NKNOWN],
    const struct header *header, const struct prelist_opts *opts)
{
	struct nik_person person = { .birth = DAY_NONE };
	struct err ignored;

	if (text[KNOWN_BIRTH] != NULL)
		day_parse(&person.birth, text[KNOWN_BIRTH], &ignored);
	if (text[KNOWN_SEX] != NULL)
		person.sex = text[KNOWN_SEX][0] - '0';
	if (text[KNOWN_NIK] != NULL &&
	    nik_check(text[KNOWN_NIK], &person, opts->regions, opts->today) !=
		0)
		add_fault(
		    faults, header->known_at[KNOWN_NIK], PRELIST_IDENTITY);
	if (text[KNOWN_NO_KK] != NULL &&
	    nik_check_card(text[KNOWN_NO_KK], opts->regions, opts->today) != 0)
		add_fault(
		    faults, header->known_at[KNOWN_NO_KK], PRELIST_IDENTITY);
}

/* What no cell alone can be blamed for. */
static void
check_row(struct row *row, char key[KEY_SIZE], struct faults *faults,
    const struct header *header, const struct prelist_opts *opts)
{
	const char *text[NKNOWN];
	struct err ignored;

	find_known(text, row, header);
	if (text[KNOWN_VILLAGE] == NULL)
		add_fault(
		    faults, header->known_at[KNOWN_VILLAGE], PRELIST_VILLAGE);
	else
		region_parse(&row->village, text[KNOWN_VILLAGE], &ignored);
	if (text[KNOWN_PRELIST_ID] == NULL && text[KNOWN_NO_KK] == NULL)
		add_fault(faults, header->ncolumns, PRELIST_NO_FAMILY);
	if (text[KNOWN_NAME] == NULL && text[KNOWN_NIK] == NULL)
		add_fault(faults, header->ncolumns, PRELIST_NOBODY);
	if (faults->refused)
		return;
	if (text[KNOWN_NAME] == NULL)
		add_fault(
		    faults, header->known_at[KNOWN_NAME], PRELIST_NO_NAME);
	check_numbers(faults, text, header, opts);
	if (text[KNOWN_PRELIST_ID] != NULL)
		snprintf(key, KEY_SIZE, "P%s", text[KNOWN_PRELIST_ID]);
	else
		snprintf(key, KEY_SIZE, "K%s/%s", text[KNOWN_NO_KK],
		    text[KNOWN_VILLAGE]);
}

/* In one piece: the row, its cells, the key, the texts. */
static struct row *
row_new(const struct header *header, const struct sheet_row *cells, char **key)
{
	size_t i, texts = 0,
		  ncells = header->ncolumns * sizeof(struct prelist_cell);
	struct row *row;

	for (i = 0; i < cells->ncells; i++)
		texts += strlen(cells->cells[i]) + PRELIST_SLACK;
	row = calloc(1, sizeof(*row) + ncells + KEY_SIZE + texts);
	if (row == NULL)
		return NULL;
	row->line = cells->line;
	row->family = (struct prelist_cell *)(row + 1);
	*key = (char *)row->family + ncells;
	row->key = *key;
	return row;
}

enum status
prelist_row_make(struct row **out, struct faults *faults, struct header *header,
    const struct prelist_opts *opts, const struct sheet_row *cells,
    struct err *err)
{
	struct row *row;
	char *key;

	*out = NULL;
	faults->n = 0;
	faults->refused = false;
	if (cells->ncells != header->ncolumns) {
		add_fault(faults, header->ncolumns, PRELIST_COLUMNS);
		return ST_OK;
	}
	if ((row = row_new(header, cells, &key)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for a row");
	read_cells(row, key + KEY_SIZE, faults, header, opts, cells);
	if (!faults->refused) {
		part_cells(row);
		check_row(row, key, faults, header, opts);
	}
	if (faults->refused) {
		free(row);
		return ST_OK;
	}
	*out = row;
	return ST_OK;
}

static bool
same_cells(const struct prelist_cell *a, size_t na,
    const struct prelist_cell *b, size_t nb)
{
	size_t i;

	if (na != nb)
		return false;
	for (i = 0; i < na; i++) {
		if (a[i].field != b[i].field ||
		    strcmp(a[i].text, b[i].text) != 0)
			return false;
	}
	return true;
}

bool
prelist_row_same(const struct row *a, const struct row *b)
{
	return same_cells(a->family, a->nfamily, b->family, b->nfamily) &&
	    same_cells(a->person, a->nperson, b->person, b->nperson);
}
