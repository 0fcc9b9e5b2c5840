#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/measure.h"

static void
usage(const char *program)
{
	fprintf(stderr,
	    "usage: %s [--long] [--quick] [--runs N] [--dir DIR] "
	    "[ID PREFIX ...]\n",
	    program);
	exit(2);
}

void
measure_args(struct measure_args *args, int argc, char **argv)
{
	int i;

	*args = (struct measure_args){ .dir = "." };
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--long") == 0)
			args->at_length = true;
		else if (strcmp(argv[i], "--quick") == 0)
			args->quick = true;
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			args->runs = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			args->dir = argv[++i];
		else
			usage(argv[0]);
	}
	if (args->runs > MEASURE_RUNS_MAX)
		usage(argv[0]);
	args->prefixes = argv + i;
	args->nprefixes = argc - i;
}

bool
measure_wanted(const struct measure_args *args, const char *id)
{
	int i;

	for (i = 0; i < args->nprefixes; i++)
		if (strncmp(id, args->prefixes[i], strlen(args->prefixes[i])) ==
		    0)
			return true;
	return args->nprefixes == 0;
}

static double
read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double
measure_cpu_s(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

double
measure_wall_s(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
measure_add(struct measure *m, double value)
{
	if (m->n < MEASURE_RUNS_MAX)
		m->values[m->n++] = value;
}

static int
compare_values(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Returns how many there are. */
static unsigned
sort_values(const struct measure *m, double sorted[MEASURE_RUNS_MAX])
{
	memcpy(sorted, m->values, m->n * sizeof(*sorted));
	qsort(sorted, m->n, sizeof(*sorted), compare_values);
	return m->n;
}

double
measure_median(const struct measure *m)
{
	double sorted[MEASURE_RUNS_MAX] = { 0 };
	unsigned n = sort_values(m, sorted);

	return n % 2 == 1 ? sorted[n / 2]
	    : n > 0       ? (sorted[n / 2 - 1] + sorted[n / 2]) / 2
			  : 0;
}

void
measure_print(const struct measure *m, const char *id, const char *unit)
{
	double sorted[MEASURE_RUNS_MAX] = { 0 };
	unsigned n = sort_values(m, sorted);

	printf("{\"bench\": \"%s\", \"value\": %.4g, \"unit\": \"%s\", "
	       "\"n\": %u, \"min\": %.4g, \"max\": %.4g}\n",
	    id, measure_median(m), unit, n, sorted[0],
	    n > 0 ? sorted[n - 1] : 0);
	fflush(stdout);
}

void
measure_must(enum status st, const struct err *err, const char *what)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err->text);
	exit(EXIT_FAILURE);
}

void *
measure_memory(size_t n, size_t size)
{
	void *memory = calloc(n > 0 ? n : 1, size);

	if (memory == NULL) {
		fprintf(stderr, "no memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

void
measure_remove_db(const char *path)
{
	static const char *const BESIDE[] = { "", "-wal", "-shm", "-journal" };
	char name[4096];
	size_t i;

	for (i = 0; i < sizeof(BESIDE) / sizeof(BESIDE[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, BESIDE[i]);
		unlink(name);
	}
}
