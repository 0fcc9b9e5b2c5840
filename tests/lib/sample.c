/*
 * sample: write the files of a register that never was (sample.h).
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/place/region.h"
#include "tests/lib/sample.h"

#define DISTRICTS_MAX 64

static const char HELP[] =
    "sample --out DIR [--seed N] [--households N] [--kecamatan CODE,CODE...]\n"
    "       [--messy 0..100] [--identity %] [--duplicates %] [--gone %]\n"
    "       [--regions FILE]\n"
    "\n"
    "Write DIR/prelist-CODE.csv, one for each kecamatan, as offices send such\n"
    "lists, and the truth about them beside (truth-*.tsv, truth.json).  The\n"
    "same options make the same bytes on any machine.\n"
    "\n"
    "  --messy       0: clean files; 100: 5 % of the rows cannot be loaded.\n"
    "                Default 20\n"
    "  --identity    percent of persons with a wrong number. Default 13\n"
    "  --duplicates  percent listed elsewhere as well. Default 1\n"
    "  --gone        percent dead, moved or not found. Default 39\n"
    "\n"
    "Exit status: 0 written, 1 something failed, 2 bad use.\n";

static int
bad_use(const char *what)
{
	fprintf(stderr, "sample: %s (see --help)\n", what);
	return 2;
}

/* False if ${text} is no number up to ${max}. */
static int
read_number(uint64_t *out, const char *text, uint64_t max)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
	    *out <= max;
}

static int
read_districts(struct sample_opts *opts, uint64_t *out, char *text)
{
	struct err ignored;
	char *one;

	opts->ndistricts = 0;
	for (one = strtok(text, ","); one != NULL; one = strtok(NULL, ",")) {
		if (opts->ndistricts == DISTRICTS_MAX ||
		    region_parse(&out[opts->ndistricts], one, &ignored) !=
			ST_OK ||
		    region_level(out[opts->ndistricts]) != REGION_DISTRICT)
			return 0;
		opts->ndistricts++;
	}
	return opts->ndistricts > 0;
}

static int
run(struct sample_opts *opts, const char *regions)
{
	struct region_table *table = NULL;
	struct sample_totals totals;
	struct err err;
	enum status st;

	mkdir(opts->dir, 0755);
	st = region_table_read(&table, env_real(), regions, &err);
	if (st == ST_OK) {
		opts->regions = table;
		st = sample_make(opts, &totals, &err);
	}
	region_table_free(table);
	if (st != ST_OK) {
		fprintf(stderr, "sample: %s\n", err.text);
		return 1;
	}
	printf("households=%zu persons=%zu rows=%zu refused=%zu reported=%zu\n",
	    totals.households, totals.persons, totals.rows, totals.refused,
	    totals.reported);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "households", required_argument, NULL, 'n' },
		{ "kecamatan", required_argument, NULL, 'k' },
		{ "out", required_argument, NULL, 'o' },
		{ "messy", required_argument, NULL, 'm' },
		{ "identity", required_argument, NULL, 'i' },
		{ "duplicates", required_argument, NULL, 'd' },
		{ "gone", required_argument, NULL, 'g' },
		{ "regions", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char standard[] = "64.02.05,64.02.06";
	uint64_t districts[DISTRICTS_MAX], number = 0;
	const char *regions = SAMPLE_REGIONS;
	struct sample_opts opts = { .seed = 1,
		.households = 1000,
		.districts = districts,
		.messy = 20,
		.identity = 13,
		.duplicates = 1,
		.gone = 39 };
	int c, good = read_districts(&opts, districts, standard);

	while (good && (c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		if (strchr("mdig", c) != NULL)
			good = read_number(&number, optarg, 100);
		else if (strchr("sn", c) != NULL)
			good = read_number(&number, optarg, UINT64_MAX);
		if (c == 's')
			opts.seed = number;
		else if (c == 'n')
			opts.households = number;
		else if (c == 'k')
			good = read_districts(&opts, districts, optarg);
		else if (c == 'o')
			opts.dir = optarg;
		else if (c == 'm')
			opts.messy = (unsigned)number;
		else if (c == 'i')
			opts.identity = (unsigned)number;
		else if (c == 'd')
			opts.duplicates = (unsigned)number;
		else if (c == 'g')
			opts.gone = (unsigned)number;
		else if (c == 'r')
			regions = optarg;
		else if (c == 'h')
			return fputs(HELP, stdout) < 0;
		else
			return 2;
	}
	if (!good)
		return bad_use("an option has a wrong value");
	if (optind < argc)
		return bad_use("arguments without an option");
	if (opts.dir == NULL)
		return bad_use("where to? --out DIR");
	if (opts.households > 10000000)
		return bad_use("at most 10000000 households");
	return run(&opts, regions);
}
