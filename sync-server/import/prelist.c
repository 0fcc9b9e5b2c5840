#include <stdlib.h>
#include <string.h>

#include "sync-server/import/prelist_internal.h"

/* When so many numbers of a column end in 0, its last digits were lost. */
#define LOST_MIN 20
#define LOST_PERCENT 95

struct prelist {
	const struct prelist_opts *opts;
	const struct prelist_sink *sink;
	struct prelist_counts *counts;
	struct sheet *sheet;
	struct header *header;
	struct families *families;
	struct faults faults;
};

/* ---- what is said --------------------------------------------------- */

static enum status
report(
    struct prelist *p, const struct prelist_problem *problem, struct err *err)
{
	if (problem->loaded)
		p->counts->reported++;
	return p->sink->problem(p->sink->arg, problem, err);
}

static enum status
refuse(struct prelist *p, const struct sheet_row *cells, enum prelist_rule rule,
    const char *value, struct err *err)
{
	struct prelist_problem problem = {
		.line = cells->line,
		.column = "",
		.value = value,
		.rule = rule,
	};

	p->counts->refused++;
	return report(p, &problem, err);
}

/*
 * The faults of a row.  Of one that is refused only those that refuse it:
 * whether the rest is right shows when it comes again.
 */
static enum status
report_faults(struct prelist *p, const struct sheet_row *cells, struct err *err)
{
	struct prelist_problem problem = { .line = cells->line };
	enum status st = ST_OK;
	bool whole;
	size_t i, column;

	for (i = 0; i < p->faults.n && st == ST_OK; i++) {
		problem.rule = p->faults.fault[i].rule;
		problem.loaded = problem.rule >= PRELIST_NO_NAME;
		if (problem.loaded && p->faults.refused)
			continue;
		column = p->faults.fault[i].column;
		whole =
		    column >= p->header->ncolumns || column >= cells->ncells;
		problem.column = whole ? "" : p->header->column[column].header;
		problem.value = whole ? "" : cells->cells[column];
		st = report(p, &problem, err);
	}
	if (p->faults.refused)
		p->counts->refused++;
	return st;
}

static enum status
report_columns(struct prelist *p, struct err *err)
{
	struct prelist_problem problem = {
		.line = p->header->line,
		.value = "",
		.loaded = true,
	};
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < p->header->ncolumns && st == ST_OK; i++) {
		problem.column = p->header->column[i].header;
		problem.rule = p->header->column[i].again ? PRELIST_TWICE
							  : PRELIST_UNKNOWN;
		if (p->header->column[i].field == NULL &&
		    problem.column[0] != '\0')
			st = report(p, &problem, err);
	}
	return st;
}

/* ---- families ------------------------------------------------------- */

/* What the family's rows say of it, the first that says something first. */
static size_t
gather_cells(struct prelist_cell *out, const struct family *family)
{
	const struct row *row;
	size_t i, k, at, n = 0;

	for (i = 0; i < family->nrows; i++) {
		row = family->rows[i];
		for (k = 0; k < row->nfamily; k++) {
			for (at = 0;
			     at < n && out[at].field < row->family[k].field;
			     at++)
				;
			if (at < n && out[at].field == row->family[k].field)
				continue;
			memmove(
			    out + at + 1, out + at, (n - at) * sizeof(*out));
			out[at] = row->family[k];
			n++;
		}
	}
	return n;
}

static enum status
hand_over(struct prelist *p, struct family *family, struct err *err)
{
	struct prelist_cell cells[CSV_COLUMNS_MAX];
	struct prelist_person persons[PRELIST_MEMBERS_MAX];
	struct prelist_family complete = {
		.key = family->rows[0]->key,
		.village = family->rows[0]->village,
		.ncells = gather_cells(cells, family),
		.cells = cells,
		.npersons = family->nrows,
		.persons = persons,
	};
	enum status st;
	size_t i;

	for (i = 0; i < family->nrows; i++)
		persons[i] = (struct prelist_person){
			.line = family->rows[i]->line,
			.ncells = family->rows[i]->nperson,
			.cells = family->rows[i]->person,
		};
	p->counts->families++;
	p->counts->loaded += family->nrows;
	st = p->sink->family(p->sink->arg, &complete, err);
	prelist_family_clear(family);
	return st;
}

/* May ${row} join the family?  0, or the rule that forbids it. */
static enum prelist_rule
check_member(const struct family *family, const struct row *row)
{
	size_t i;

	for (i = 0; i < family->nrows; i++) {
		if (prelist_row_same(family->rows[i], row))
			return PRELIST_REPEATED;
	}
	if (family->nrows > 0 && family->rows[0]->village != row->village)
		return PRELIST_MOVED;
	if (family->nrows == PRELIST_MEMBERS_MAX)
		return PRELIST_MEMBERS;
	return 0;
}

static size_t
find_column(const struct header *header, const struct instrument_field *field)
{
	size_t i;

	for (i = 0; i < header->ncolumns; i++) {
		if (header->column[i].field == field)
			break;
	}
	return i;
}

/* Cells of the family that are not what its rows before said. */
static void
compare_with_family(
    struct prelist *p, const struct family *family, const struct row *row)
{
	struct prelist_cell cells[CSV_COLUMNS_MAX];
	struct fault *fault;
	size_t i, k, n = gather_cells(cells, family);

	for (i = k = 0; i < n && k < row->nfamily;) {
		if (cells[i].field < row->family[k].field) {
			i++;
			continue;
		}
		if (cells[i].field == row->family[k].field &&
		    strcmp(cells[i].text, row->family[k].text) != 0) {
			fault = &p->faults.fault[p->faults.n++];
			fault->rule = PRELIST_DIFFERS;
			fault->column =
			    find_column(p->header, row->family[k].field);
		}
		k++;
	}
}

/* A row that is good by itself: into its family, or refused by it. */
static enum status
add_member(struct prelist *p, struct family *family,
    const struct sheet_row *cells, struct row *row, struct err *err)
{
	enum prelist_rule rule = check_member(family, row);
	enum status st;

	if (rule != 0) {
		free(row);
		return refuse(p, cells, rule, "", err);
	}
	compare_with_family(p, family, row);
	st = prelist_family_put(family, row, err);
	if (st != ST_OK) {
		free(row);
		return st;
	}
	return report_faults(p, cells, err);
}

/* ---- rows ----------------------------------------------------------- */

static bool
is_blank(const struct sheet_row *cells)
{
	size_t i;

	for (i = 0; i < cells->ncells; i++) {
		if (cells->cells[i][0] != '\0')
			return false;
	}
	return true;
}

/* The first time: only where each family ends. */
static enum status
scan_row(struct prelist *p, const struct sheet_row *cells, struct err *err)
{
	struct family *family;
	struct row *row;
	enum status st;

	if (cells->fault != SHEET_GOOD || is_blank(cells))
		return ST_OK;
	st = prelist_row_make(&row, &p->faults, p->header, p->opts, cells, err);
	if (st != ST_OK || row == NULL)
		return st;
	st = prelist_families_get(&family, p->families, row->key, err);
	if (st == ST_OK)
		family->last = row->line;
	free(row);
	return st;
}

/* The second time: everything. */
static enum status
load_row(struct prelist *p, const struct sheet_row *cells, struct err *err)
{
	static const enum prelist_rule RULE[] = {
		[SHEET_QUOTING] = PRELIST_QUOTING,
		[SHEET_ENCODING] = PRELIST_ENCODING,
		[SHEET_TOO_LONG] = PRELIST_TOO_LONG,
	};
	struct family *family;
	struct row *row;
	enum status st;

	p->counts->rows++;
	p->counts->lines = cells->line + cells->nlines - 1;
	if (cells->fault != SHEET_GOOD)
		return refuse(
		    p, cells, RULE[cells->fault], cells->cells[0], err);
	if (is_blank(cells)) {
		p->counts->blank++;
		return ST_OK;
	}
	st = prelist_row_make(&row, &p->faults, p->header, p->opts, cells, err);
	if (st != ST_OK)
		return st;
	if (row == NULL)
		return report_faults(p, cells, err);
	st = prelist_families_get(&family, p->families, row->key, err);
	if (st != ST_OK) {
		free(row);
		return st;
	}
	if ((st = add_member(p, family, cells, row, err)) == ST_OK &&
	    cells->line == family->last)
		st = hand_over(p, family, err);
	return st;
}

typedef enum status row_function(
    struct prelist *p, const struct sheet_row *cells, struct err *err);

/* Every row below the header, once. */
static enum status
each_row(struct prelist *p, row_function *each, struct err *err)
{
	struct sheet_row cells;
	enum status st;
	size_t nrows = 0;

	do {
		if ((st = sheet_next(p->sheet, &cells, err)) != ST_OK)
			break;
		if (++nrows > PRELIST_ROWS_MAX)
			return err_set(err, ST_INVALID,
			    "more than %u rows: part the file",
			    PRELIST_ROWS_MAX);
		st = each(p, &cells, err);
	} while (st == ST_OK);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* Back to the first row below the header. */
static enum status
go_to_rows(struct prelist *p, struct err *err)
{
	struct sheet_row cells;
	enum status st;

	st = sheet_start(p->sheet, p->header->delimiter, err);
	do {
		if (st == ST_OK)
			st = sheet_next(p->sheet, &cells, err);
	} while (st == ST_OK && cells.line < p->header->line);
	sheet_expect(p->sheet, p->header->ncolumns);
	return st;
}

/* True if a column turned out to be damaged that was not known to be. */
static bool
find_damage(struct header *header)
{
	struct column *column;
	bool found = false;
	size_t i;

	for (i = 0; i < header->ncolumns; i++) {
		column = &header->column[i];
		if (!column->damaged && column->nlong >= LOST_MIN &&
		    column->nzero * 100 >= column->nlong * LOST_PERCENT)
			found = column->damaged = true;
		column->nlong = column->nzero = 0;
		column->told = false; /* that was the scan */
	}
	return found;
}

/*
 * Where each family ends, by the rows that are good.  Once more where a
 * damaged column makes other rows good than before.
 */
static enum status
scan(struct prelist *p, struct err *err)
{
	enum status st;

	do {
		prelist_families_free(p->families);
		p->families = NULL;
		if ((st = prelist_families_new(&p->families, err)) != ST_OK ||
		    (st = go_to_rows(p, err)) != ST_OK ||
		    (st = each_row(p, scan_row, err)) != ST_OK)
			return st;
	} while (find_damage(p->header));
	return ST_OK;
}

enum status
prelist_read(struct prelist_counts *counts, const struct sheet_source *source,
    const struct prelist_opts *opts, const struct prelist_sink *sink,
    struct err *err)
{
	struct prelist p = { .opts = opts, .sink = sink, .counts = counts };
	enum status st;

	memset(counts, 0, sizeof(*counts));
	if ((st = sheet_open(&p.sheet, source, err)) != ST_OK ||
	    (st = prelist_header_read(
		 &p.header, p.sheet, opts->instrument, err)) != ST_OK ||
	    (st = scan(&p, err)) != ST_OK ||
	    (st = report_columns(&p, err)) != ST_OK ||
	    (st = go_to_rows(&p, err)) != ST_OK)
		goto out;
	counts->titles = p.header->titles;
	counts->lines = p.header->line;
	if ((st = each_row(&p, load_row, err)) != ST_OK)
		goto out;
	if (counts->rows != counts->loaded + counts->refused + counts->blank)
		st = err_set(err, ST_INVALID,
		    "the file changed while it was read: import it again");
out:
	prelist_families_free(p.families);
	prelist_header_free(p.header);
	sheet_close(p.sheet);
	return st;
}

/* ---- bytes in memory ------------------------------------------------ */

struct bytes {
	const char *at;
	size_t len, used;
};

static enum status
read_bytes(void *arg, void *out, size_t size, size_t *got, struct err *err)
{
	struct bytes *bytes = arg;

	(void)err;
	*got = bytes->len - bytes->used;
	if (*got > size)
		*got = size;
	if (*got > 0)
		memcpy(out, bytes->at + bytes->used, *got);
	bytes->used += *got;
	return ST_OK;
}

static enum status
rewind_bytes(void *arg, struct err *err)
{
	struct bytes *bytes = arg;

	(void)err;
	bytes->used = 0;
	return ST_OK;
}

enum status
prelist_read_bytes(struct prelist_counts *counts, const void *bytes, size_t len,
    const struct prelist_opts *opts, const struct prelist_sink *sink,
    struct err *err)
{
	struct bytes all = { .at = bytes, .len = len };
	struct sheet_source source = { &all, read_bytes, rewind_bytes };

	return prelist_read(counts, &source, opts, sink, err);
}
