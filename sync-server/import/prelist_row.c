#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/instrument/nik.h"
#include "common/place/region.h"
#include "sync-server/import/prelist_internal.h"

#define KEY_SIZE 96 /* K, a KK number, a village; or P and a prelist id */

/* What the whole row is judged by. */
struct known {
	const char *village, *prelist_id, *no_kk, *name, *nik, *birth, *sex;
	size_t village_at, no_kk_at, name_at, nik_at; /* columns */
};

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
		if (column->field == NULL)
			continue;
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

static void
find_known(
    struct known *known, const struct row *row, const struct header *header)
{
	const struct {
		const char *name;
		const char **text;
		size_t *at;
	} WANTED[] = {
		{ "kode_wil", &known->village, &known->village_at },
		{ "prelist_id", &known->prelist_id, NULL },
		{ "no_kk", &known->no_kk, &known->no_kk_at },
		{ "nama", &known->name, &known->name_at },
		{ "nik", &known->nik, &known->nik_at },
		{ "tgl_lahir", &known->birth, NULL },
		{ "jk", &known->sex, NULL },
	};
	size_t i, k, n = row->nfamily + row->nperson;

	for (i = 0; i < sizeof(WANTED) / sizeof(WANTED[0]); i++) {
		*WANTED[i].text = NULL;
		for (k = 0; k < n; k++) {
			if (strcmp(row->family[k].field->name,
				WANTED[i].name) == 0)
				*WANTED[i].text = row->family[k].text;
		}
		if (WANTED[i].at == NULL)
			continue;
		*WANTED[i].at = header->ncolumns;
		for (k = 0; k < header->ncolumns; k++) {
			if (header->column[k].field != NULL &&
			    strcmp(header->column[k].field->name,
				WANTED[i].name) == 0)
				*WANTED[i].at = k;
		}
	}
}

static void
check_numbers(struct faults *faults, const struct known *known,
    const struct prelist_opts *opts)
{
	struct nik_person person = { .birth = DAY_NONE };
	struct err ignored;

	if (known->birth != NULL)
		day_parse(&person.birth, known->birth, &ignored);
	if (known->sex != NULL)
		person.sex = known->sex[0] - '0';
	if (known->nik != NULL &&
	    nik_check(known->nik, &person, opts->regions, opts->today) != 0)
		add_fault(faults, known->nik_at, PRELIST_IDENTITY);
	if (known->no_kk != NULL &&
	    nik_check_card(known->no_kk, opts->regions, opts->today) != 0)
		add_fault(faults, known->no_kk_at, PRELIST_IDENTITY);
}

/* What no cell alone can be blamed for. */
static void
check_row(struct row *row, char key[KEY_SIZE], struct faults *faults,
    const struct header *header, const struct prelist_opts *opts)
{
	struct err ignored;
	struct known known;

	find_known(&known, row, header);
	if (known.village == NULL)
		add_fault(faults, known.village_at, PRELIST_VILLAGE);
	else
		region_parse(&row->village, known.village, &ignored);
	if (known.prelist_id == NULL && known.no_kk == NULL)
		add_fault(faults, header->ncolumns, PRELIST_NO_FAMILY);
	if (known.name == NULL && known.nik == NULL)
		add_fault(faults, header->ncolumns, PRELIST_NOBODY);
	if (faults->refused)
		return;
	if (known.name == NULL)
		add_fault(faults, known.name_at, PRELIST_NO_NAME);
	check_numbers(faults, &known, opts);
	if (known.prelist_id != NULL)
		snprintf(key, KEY_SIZE, "P%s", known.prelist_id);
	else
		snprintf(key, KEY_SIZE, "K%s/%s", known.no_kk, known.village);
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
