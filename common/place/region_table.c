#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/place/region.h"

/*
 * Kept small, since every laptop holds all of it: one column of codes to
 * search, one of names, one of periods.  The few rows that have more have an
 * entry in ${extra}, sorted by row as well.
 */
struct region_table {
	size_t n;
	uint64_t *code;
	uint32_t *name;                   /* where in ${text} */
	uint8_t (*valid)[2];              /* from, to: which of ${day} */
	int32_t day[REGION_DAYS_MAX + 1]; /* the first is DAY_NONE */
	size_t ndays;
	struct extra *extra;
	size_t nextra, extra_cap;
	char *text; /* names, each with its NUL; the first is "" */
	size_t text_len;
};

struct extra {
	uint32_t row;
	uint32_t name_before, bps_code; /* where in ${text} */
	uint64_t successor;
};

enum column {
	CODE,
	NAME,
	NAME_BEFORE,
	VALID_FROM,
	VALID_TO,
	SUCCESSOR,
	BPS_CODE,
	NCOLUMNS,
};

static const char HEADER[] =
    "code,name,name_before,valid_from,valid_to,successor,bps_code";

struct source {
	const char *at, *end;
	char cell[NCOLUMNS][REGION_CELL_MAX];
};

/* One cell, quoted or not, without the comma or line end that follows it. */
static bool
read_cell(struct source *in, char out[REGION_CELL_MAX])
{
	bool quoted = in->at < in->end && *in->at == '"';
	size_t len = 0;

	if (quoted)
		in->at++;
	for (; in->at < in->end; in->at++) {
		if (*in->at == '"') {
			if (!quoted)
				return false;
			if (++in->at == in->end || *in->at != '"') {
				quoted = false;
				break;
			}
		} else if (!quoted && (*in->at == ',' || *in->at == '\n')) {
			break;
		}
		if ((uint8_t)*in->at < ' ' || len == REGION_CELL_MAX - 1)
			return false;
		out[len++] = *in->at;
	}
	out[len] = '\0';
	return !quoted;
}

static enum status
read_row(struct source *in, struct err *err)
{
	int i;

	for (i = 0; i < NCOLUMNS; i++) {
		if (!read_cell(in, in->cell[i]))
			return err_set(err, ST_INVALID,
			    "cell %d: broken quoting, or too long", i + 1);
		if (in->at == in->end ||
		    *in->at != (i == NCOLUMNS - 1 ? '\n' : ','))
			return err_set(err, ST_INVALID,
			    "%d cells, then a line end, expected", NCOLUMNS);
		in->at++;
	}
	return ST_OK;
}

static uint32_t
add_text(struct region_table *table, const char *text)
{
	uint32_t at = (uint32_t)table->text_len;
	size_t size = strlen(text) + 1;

	if (size == 1)
		return 0;
	memcpy(table->text + at, text, size);
	table->text_len += size;
	return at;
}

/* The few different days are kept once each. */
static enum status
add_day(
    struct region_table *table, uint8_t *out, const char *text, struct err *err)
{
	enum status st;
	int32_t day;
	size_t i;

	*out = 0;
	if (text[0] == '\0')
		return ST_OK;
	if ((st = day_parse(&day, text, err)) != ST_OK)
		return st;
	for (i = 1; i < table->ndays && table->day[i] != day; i++)
		;
	if (i > REGION_DAYS_MAX)
		return err_set(err, ST_INVALID, "more than %u different days",
		    REGION_DAYS_MAX);
	table->day[i] = day;
	if (i == table->ndays)
		table->ndays++;
	*out = (uint8_t)i;
	return ST_OK;
}

static enum status
add_extra(struct region_table *table, const struct source *in, struct err *err)
{
	struct extra *more, extra = { .row = (uint32_t)table->n };
	enum status st;
	size_t cap;

	if (in->cell[NAME_BEFORE][0] == '\0' && in->cell[BPS_CODE][0] == '\0' &&
	    in->cell[SUCCESSOR][0] == '\0')
		return ST_OK;
	if (in->cell[SUCCESSOR][0] != '\0' &&
	    (st = region_parse(&extra.successor, in->cell[SUCCESSOR], err)) !=
		ST_OK)
		return st;
	if (table->nextra == table->extra_cap) {
		cap = table->extra_cap > 0 ? table->extra_cap * 2 : 64;
		more = realloc(table->extra, cap * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		table->extra = more;
		table->extra_cap = cap;
	}
	extra.name_before = add_text(table, in->cell[NAME_BEFORE]);
	extra.bps_code = add_text(table, in->cell[BPS_CODE]);
	table->extra[table->nextra++] = extra;
	return ST_OK;
}

static enum status
add_row(struct region_table *table, const struct source *in, struct err *err)
{
	const char *name = in->cell[NAME];
	size_t n = table->n;
	enum status st;
	uint64_t code;

	if ((st = region_parse(&code, in->cell[CODE], err)) != ST_OK)
		return st;
	if (n > 0 && code <= table->code[n - 1])
		return err_set(err, ST_INVALID,
		    "%s is not in the order of codes", in->cell[CODE]);
	if (name[0] == '\0' || !utf8_valid(name, strlen(name)))
		return err_set(
		    err, ST_INVALID, "%s has no name", in->cell[CODE]);
	if (in->cell[VALID_FROM][0] == '\0')
		return err_set(err, ST_INVALID, "%s has no day of beginning",
		    in->cell[CODE]);
	if ((st = add_day(table, &table->valid[n][0], in->cell[VALID_FROM],
		 err)) != ST_OK ||
	    (st = add_day(table, &table->valid[n][1], in->cell[VALID_TO],
		 err)) != ST_OK ||
	    (st = add_extra(table, in, err)) != ST_OK)
		return st;
	table->code[n] = code;
	table->name[n] = add_text(table, name);
	table->n++;
	return ST_OK;
}

/* Room for ${nrows} rows and for all the text that ${len} bytes can hold. */
static struct region_table *
table_new(size_t nrows, size_t len)
{
	struct region_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->code = malloc(nrows * sizeof(*table->code));
	table->name = malloc(nrows * sizeof(*table->name));
	table->valid = malloc(nrows * sizeof(*table->valid));
	table->text = malloc(len + 1);
	if (table->code == NULL || table->name == NULL ||
	    table->valid == NULL || table->text == NULL) {
		region_table_free(table);
		return NULL;
	}
	table->day[0] = DAY_NONE;
	table->ndays = 1;
	table->text[0] = '\0';
	table->text_len = 1;
	return table;
}

static size_t
count_lines(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	size_t n = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		n++;
		at++;
	}
	return n;
}

enum status
region_table_parse(
    struct region_table **out, const char *text, size_t len, struct err *err)
{
	struct source in = { .at = text, .end = text + len };
	struct region_table *table = NULL;
	enum status st = ST_OK;
	size_t nrows, header = sizeof(HEADER) - 1;
	char *less;

	*out = NULL;
	if (len > REGION_TABLE_MAX ||
	    (nrows = count_lines(text, len)) > REGION_ROWS_MAX)
		return err_set(err, ST_INVALID, "region table too large");
	if (len <= header || memcmp(text, HEADER, header) != 0 ||
	    text[header] != '\n' || nrows < 2)
		return err_set(err, ST_INVALID, "not a region table");
	if ((table = table_new(nrows, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for region table");
	in.at += header + 1;
	while (in.at < in.end) {
		if ((st = read_row(&in, err)) != ST_OK ||
		    (st = add_row(table, &in, err)) != ST_OK) {
			err_wrap(err, "region table: row %zu", table->n + 2);
			goto out;
		}
	}
	if ((less = realloc(table->text, table->text_len)) != NULL)
		table->text = less;
	*out = table;
	table = NULL;
out:
	region_table_free(table);
	return st;
}

enum status
region_table_read(struct region_table **out, const struct env *env,
    const char *path, struct err *err)
{
	uint8_t *text = NULL;
	enum status st;
	size_t len;

	*out = NULL;
	st = env->read(env->arg, path, REGION_TABLE_MAX, &text, &len, err);
	if (st != ST_OK)
		return err_wrap(err, "region table");
	st = region_table_parse(out, (const char *)text, len, err);
	free(text);
	return st;
}

void
region_table_free(struct region_table *table)
{
	if (table == NULL)
		return;
	free(table->code);
	free(table->name);
	free(table->valid);
	free(table->extra);
	free(table->text);
	free(table);
}

/* The number of the first region whose code is not less than ${code}. */
static size_t
first_not_less(const struct region_table *table, uint64_t code)
{
	size_t low = 0, high = table->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (table->code[mid] < code)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct extra *
find_extra(const struct region_table *table, size_t row)
{
	size_t low = 0, high = table->nextra, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (table->extra[mid].row < row)
			low = mid + 1;
		else
			high = mid;
	}
	return low < table->nextra && table->extra[low].row == row
	    ? &table->extra[low]
	    : NULL;
}

bool
region_find(const struct region_table *table, uint64_t code, struct region *out)
{
	size_t at = first_not_less(table, code);

	if (at == table->n || table->code[at] != code)
		return false;
	*out = region_get(table, at);
	return true;
}

bool
region_valid_on(const struct region_table *table, uint64_t code, int32_t day)
{
	struct region region;
	int32_t oldest;
	size_t i;

	if (!region_find(table, code, &region))
		return false;
	oldest = region.valid_from;
	for (i = 1; i < table->ndays; i++)
		oldest = table->day[i] < oldest ? table->day[i] : oldest;
	if (region.valid_from > oldest && day < region.valid_from)
		return false;
	return region.valid_to == DAY_NONE || day < region.valid_to;
}

uint64_t
region_current(const struct region_table *table, uint64_t code)
{
	struct region region;
	unsigned step;

	for (step = 0; step < REGION_STEPS_MAX; step++) {
		if (!region_find(table, code, &region))
			return 0;
		if (region.valid_to == DAY_NONE)
			return code;
		code = region.successor;
	}
	return 0;
}

size_t
region_count(const struct region_table *table)
{
	return table->n;
}

struct region
region_get(const struct region_table *table, size_t at)
{
	const struct extra *extra = find_extra(table, at);
	const char *text = table->text;

	return (struct region){
		.code = table->code[at],
		.name = text + table->name[at],
		.name_before = extra != NULL ? text + extra->name_before : "",
		.valid_from = table->day[table->valid[at][0]],
		.valid_to = table->day[table->valid[at][1]],
		.successor = extra != NULL ? extra->successor : 0,
		.bps_code = extra != NULL ? text + extra->bps_code : "",
	};
}

void
region_span(const struct region_table *table, uint64_t scope, size_t *first,
    size_t *end)
{
	uint64_t from, to;

	region_range(scope, &from, &to);
	*first = first_not_less(table, from);
	*end = first_not_less(table, to + 1);
}
