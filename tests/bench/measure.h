#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

/*
 * measure: what the benchmark programs share: arguments, time, medians, and
 * the one line of JSON that a benchmark prints.
 *
 *	PROGRAM [--long] [--quick] [--runs N] [--dir DIR] [ID PREFIX ...]
 *
 * Settings go to standard error, results to standard output.
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

#define MEASURE_RUNS_MAX 99

struct measure_args {
	bool at_length;  /* --long: what takes minutes too */
	bool quick;      /* --quick: does it work at all? */
	unsigned runs;   /* 0: the program's own choice */
	const char *dir; /* an existing folder for databases */
	char **prefixes; /* of wanted ids; none: all */
	int nprefixes;
};

/* Ends the program where the arguments are wrong. */
void measure_args(struct measure_args *args, int argc, char **argv);
/* Is the benchmark ${id} wanted? */
bool measure_wanted(const struct measure_args *args, const char *id);

/* CPU time of this process, user and system, in seconds. */
double measure_cpu_s(void);
double measure_wall_s(void);

/* The values of one benchmark, one of each run. */
struct measure {
	double values[MEASURE_RUNS_MAX];
	unsigned n;
};

void measure_add(struct measure *m, double value);
double measure_median(const struct measure *m);
/* {"bench": id, "value": median, "unit": unit, "n": runs, "min": .., ..} */
void measure_print(const struct measure *m, const char *id, const char *unit);

/* End the program with the text of ${err} unless ${st} is ST_OK. */
void measure_must(enum status st, const struct err *err, const char *what);
/* calloc() that cannot fail. */
void *measure_memory(size_t n, size_t size);
/* Remove a database and what SQLite leaves beside it. */
void measure_remove_db(const char *path);

#endif /* TESTS_BENCH_MEASURE_H */
