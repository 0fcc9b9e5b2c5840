#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "tests/lib/sample.h"

static enum status
check_district(
    const struct sample_opts *opts, uint64_t district, struct err *err)
{
	size_t first, end;
	char text[REGION_TEXT_SIZE];

	region_span(opts->regions, district, &first, &end);
	for (; first < end; first++) {
		struct region region = region_get(opts->regions, first);

		if (region_level(region.code) == REGION_VILLAGE &&
		    region.valid_to == DAY_NONE)
			return ST_OK;
	}
	region_print(district, text);
	return err_set(err, ST_INVALID, "%s is no region with villages", text);
}

/* Addresses of two lines, as some offices have them. */
static void
break_address(struct rng *rng, struct sample_family *family)
{
	size_t i;

	for (i = 0; family->address[i] != '\0'; i++) {
		if (family->address[i] == ' ' && rng_chance(rng, 50)) {
			family->address[i] = '\n';
			return;
		}
	}
}

static enum status
make_district(struct sample_writer *writer, struct sample_people *people,
    uint64_t district, size_t nth, size_t n, struct err *err)
{
	struct sample_family *families;
	enum status st = ST_OK;
	size_t i;

	if ((families = calloc(n + 1, sizeof(*families))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for families");
	for (i = 0; i < n && st == ST_OK; i++) {
		st = sample_family_make(&families[i], people, district, err);
		if (people->opts->messy > 0 && rng_chance(&people->rng, 2))
			break_address(&people->rng, &families[i]);
	}
	for (i = 0; i < n && st == ST_OK && n > 1; i++)
		sample_family_mix(people, &families[i], families, n);
	if (st == ST_OK)
		st = sample_writer_put(writer, district, nth, families, n, err);
	free(families);
	return st;
}

static enum status
write_totals(const struct sample_opts *opts, const struct sample_totals *totals,
    struct err *err)
{
	char path[PATH_MAX];
	FILE *to;

	snprintf(path, sizeof(path), "%s/truth.json", opts->dir);
	if ((to = fopen(path, "wb")) == NULL)
		return err_set(err, ST_IO, "cannot write truth.json");
	fprintf(to,
	    "{\"households\": %zu, \"persons\": %zu, "
	    "\"loaded_households\": %zu, \"loaded_persons\": %zu, "
	    "\"rows\": %zu, \"blank\": %zu, \"refused\": %zu, "
	    "\"reported\": %zu, \"identity\": %zu, \"duplicates\": %zu, "
	    "\"gone\": %zu}\n",
	    totals->households, totals->persons, totals->loaded_households,
	    totals->loaded_persons, totals->rows, totals->blank,
	    totals->refused, totals->reported, totals->identity,
	    totals->duplicates, totals->gone);
	return fclose(to) == 0 ? ST_OK
			       : err_set(err, ST_IO, "cannot write truth.json");
}

enum status
sample_make(const struct sample_opts *opts, struct sample_totals *totals,
    struct err *err)
{
	struct sample_people people = { .opts = opts };
	struct sample_writer *writer = NULL;
	size_t i, n, left = opts->households;
	struct err ignored;
	enum status st;

	*totals = (struct sample_totals){ 0 };
	people.rng.state = opts->seed;
	for (i = 0; i < opts->ndistricts; i++) {
		st = check_district(opts, opts->districts[i], err);
		if (st != ST_OK)
			return st;
	}
	st = sample_writer_open(
	    &writer, opts, totals, (struct rng){ rng_next(&people.rng) }, err);
	for (i = 0; i < opts->ndistricts && st == ST_OK; i++) {
		n = left / (opts->ndistricts - i);
		left -= n;
		st = make_district(
		    writer, &people, opts->districts[i], i, n, err);
	}
	if (st == ST_OK)
		st = sample_writer_close(writer, err);
	else
		sample_writer_close(writer, &ignored);
	if (st == ST_OK)
		st = write_totals(opts, totals, err);
	free(people.numbers.at);
	return st;
}
