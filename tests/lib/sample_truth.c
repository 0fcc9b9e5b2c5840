#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "tests/lib/sample_internal.h"

/* A value: a line break in it is written \n. */
static void
put(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			fputs("\\n", to);
		else
			putc(*text, to);
	}
	putc('\t', to);
}

static void
put_number(FILE *to, uint64_t number)
{
	fprintf(to, "%" PRIu64 "\t", number);
}

/* A code; 0 is none. */
static void
put_code(FILE *to, int code)
{
	if (code != 0)
		fprintf(to, "%d", code);
	putc('\t', to);
}

static void
put_day(FILE *to, int32_t day)
{
	char text[DAY_TEXT_SIZE] = "";

	if (day != DAY_NONE)
		day_print(day, text);
	put(to, text);
}

void
sample_problem(
    struct sample_writer *w, const char *column, const char *rule, bool loaded)
{
	put(w->problems, w->file);
	put_number(w->problems, w->line);
	put(w->problems, column);
	put(w->problems, rule);
	fprintf(w->problems, "%d\n", loaded);
	if (loaded)
		w->totals->reported++;
	else
		w->totals->refused++;
}

void
sample_truth_person(struct sample_writer *w, const struct sample_family *family,
    const struct sample_person *person, bool loaded)
{
	FILE *to = w->persons;

	put_number(to, person->number);
	put_number(to, family->number);
	put(to, w->file);
	put_number(to, w->line);
	put(to, person->nik);
	put(to, person->name);
	put_day(to, person->birth);
	put_code(to, person->sex);
	put_code(to, person->relation);
	put_code(to, person->marital);
	put_code(to, person->school);
	put_code(to, person->certificate);
	put_code(to, person->works);
	put_code(to, person->presence);
	put_day(to, person->event);
	put(to, sample_trouble(person->trouble));
	put_number(to, person->same_as);
	fprintf(to, "%d\n", loaded);
	w->totals->persons++;
	w->totals->loaded_persons += loaded;
	w->totals->identity += person->trouble != SAMPLE_NONE;
	w->totals->duplicates += person->same_as != 0;
	w->totals->gone += person->presence != 1;
}

void
sample_truth_family(struct sample_writer *w, const struct sample_family *family)
{
	char village[REGION_TEXT_SIZE];
	FILE *to = w->families;
	size_t i;

	region_print(family->village, village);
	put_number(to, family->number);
	put(to, w->file);
	put(to, village);
	put(to, family->prelist_id);
	put(to, family->no_kk);
	put(to, family->address);
	put(to, family->rt);
	put(to, family->rw);
	for (i = 0; i < SAMPLE_HOUSE_FIELDS; i++)
		put(to, family->house[i]);
	put_code(to, family->presence);
	put_number(to, family->npersons);
	fprintf(to, "%zu\n", family->loaded);
	w->totals->households++;
	w->totals->loaded_households += family->loaded > 0;
}

static enum status
open_truth(FILE **out, const struct sample_opts *opts, const char *name,
    const char *columns, struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", opts->dir, name);
	if ((*out = fopen(path, "wb")) == NULL)
		return err_set(err, ST_IO, "cannot write %s", name);
	fputs(columns, *out);
	return ST_OK;
}

static enum status
close_truth(FILE *file, struct err *err)
{
	bool bad = file != NULL && ferror(file) != 0;

	if (file != NULL && fclose(file) != 0)
		bad = true;
	return bad ? err_set(err, ST_IO, "cannot write the truth") : ST_OK;
}

enum status
sample_writer_open(struct sample_writer **out, const struct sample_opts *opts,
    struct sample_totals *totals, struct rng rng, struct err *err)
{
	struct sample_writer *w = calloc(1, sizeof(*w));
	char columns[512];
	struct err ignored;
	enum status st;
	size_t i, at;

	*out = NULL;
	if (w == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	w->opts = opts;
	w->totals = totals;
	w->rng = rng;
	at = (size_t)snprintf(columns, sizeof(columns),
	    "family\tfile\tkode_wil\tprelist_id\tno_kk\talamat\trt\trw\t");
	for (i = 0; i < SAMPLE_HOUSE_FIELDS; i++)
		at += (size_t)snprintf(columns + at, sizeof(columns) - at,
		    "%s\t", SAMPLE_HOUSE[i]);
	snprintf(columns + at, sizeof(columns) - at,
	    "keberadaan_kel\tpersons\tloaded\n");
	if ((st = open_truth(&w->families, opts, "truth-families.tsv", columns,
		 err)) != ST_OK ||
	    (st = open_truth(&w->persons, opts, "truth-persons.tsv",
		 "person\tfamily\tfile\tline\tnik\tnama\ttgl_lahir\tjk\thub\t"
		 "kawin\tsekolah\tijazah\tkerja\tkeberadaan_ind\t"
		 "tgl_peristiwa_ind\ttrouble\tsame_nik_as\tloaded\n",
		 err)) != ST_OK ||
	    (st = open_truth(&w->problems, opts, "truth-problems.tsv",
		 "file\tline\tcolumn\trule\tloaded\n", err)) != ST_OK) {
		sample_writer_close(w, &ignored);
		return st;
	}
	*out = w;
	return ST_OK;
}

enum status
sample_writer_close(struct sample_writer *w, struct err *err)
{
	enum status st, any = ST_OK;
	FILE *file[3];
	size_t i;

	if (w == NULL)
		return ST_OK;
	file[0] = w->families;
	file[1] = w->persons;
	file[2] = w->problems;
	for (i = 0; i < 3; i++) {
		if ((st = close_truth(file[i], err)) != ST_OK)
			any = st;
	}
	free(w);
	return any;
}
