/*
 * What merging costs beside engines that do less (DESIGN.md section 8).  The
 * engines take turns, round by round, within one run, so that a machine that
 * is slow for a while is slow for all of them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/floor.h"
#include "tests/bench/measure.h"
#include "tests/bench/ours.h"
#include "tests/bench/session.h"

#define RUNS 9
#define LARGE 10000000u

/* Batches of each round. */
struct batches {
	struct workload_batch *of[WORKLOAD_ROUNDS];
	size_t n[WORKLOAD_ROUNDS];
};

/* CPU seconds of each round in one run. */
struct cost {
	double cpu_s[WORKLOAD_ROUNDS];
};

struct bench {
	const struct measure_args *args;
	struct workload *w;
	struct batches floor, session, ours;
	struct measure insert, update, rate;
};

static void
in_dir(const struct bench *b, char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", b->args->dir, name);
}

static void
free_batches(struct batches *batches)
{
	int i;

	for (i = 0; i < WORKLOAD_ROUNDS; i++)
		workload_batch_free(batches->of[i], batches->n[i]);
}

static void
pack_all(struct bench *b)
{
	enum workload_round round;
	char path[4096];
	int i;

	in_dir(b, path, sizeof(path), "laptop.db");
	for (i = 0; i < WORKLOAD_ROUNDS; i++) {
		round = (enum workload_round)i;
		b->floor.n[i] = b->session.n[i] = b->ours.n[i] =
		    workload_nbatches(b->w, round);
		b->floor.of[i] = floor_pack(b->w, round);
		b->session.of[i] = session_pack(b->w, round, path);
		b->ours.of[i] = ours_pack(b->w, round);
	}
}

static void
print_bytes(const char *name, const struct batches *batches)
{
	size_t i, sum;
	int round;

	fprintf(stderr, "%s: bytes of a household on the wire:", name);
	for (round = 0; round < WORKLOAD_ROUNDS; round++) {
		for (sum = 0, i = 0; i < batches->n[round]; i++)
			sum += batches->of[round][i].len;
		fprintf(stderr, " %.1f",
		    (double)sum / (double)(batches->n[round] * WORKLOAD_BATCH));
	}
	fputc('\n', stderr);
}

#define TIMED(cost, round, engine, apply, batches)                             \
	do {                                                                   \
		double before = measure_cpu_s();                               \
		size_t at;                                                     \
                                                                               \
		for (at = 0; at < (batches).n[round]; at++)                    \
			apply(engine, &(batches).of[round][at]);               \
		(cost).cpu_s[round] = measure_cpu_s() - before;                \
	} while (0)

static double
per_record_us(const struct cost *c, int round, const struct batches *batches)
{
	return c->cpu_s[round] * 1e6 /
	    (double)(batches->n[round] * WORKLOAD_BATCH);
}

/* What a run must leave behind, whatever it took. */
static void
check(struct bench *b, struct ours *o)
{
	unsigned conflicts = ours_conflicts(o);
	unsigned lost =
	    ours_lost(o, b->w, WORKLOAD_A) + ours_lost(o, b->w, WORKLOAD_B);

	if (conflicts != WORKLOAD_CONFLICTS || lost != 0) {
		fprintf(stderr, "ours: %u conflicts, not %u; %u edits lost\n",
		    conflicts, WORKLOAD_CONFLICTS, lost);
		exit(EXIT_FAILURE);
	}
}

static void
run(struct bench *b, bool first)
{
	char floor_path[4096], session_path[4096], ours_path[4096];
	struct cost f = { 0 }, s = { 0 }, o = { 0 };
	struct session *session;
	struct floor *floor;
	struct ours *ours;
	int i;

	in_dir(b, floor_path, sizeof(floor_path), "floor.db");
	in_dir(b, session_path, sizeof(session_path), "session.db");
	in_dir(b, ours_path, sizeof(ours_path), "ours.db");
	floor = floor_open(floor_path, true);
	session = session_open(session_path);
	ours = ours_open(ours_path, true);
	for (i = 0; i < WORKLOAD_ROUNDS; i++) {
		TIMED(f, i, floor, floor_apply, b->floor);
		TIMED(o, i, ours, ours_apply, b->ours);
		TIMED(s, i, session, session_apply, b->session);
		fprintf(stderr,
		    "round %d: CPU us a household: floor %.2f, ours %.2f, "
		    "session %.2f\n",
		    i, per_record_us(&f, i, &b->floor),
		    per_record_us(&o, i, &b->ours),
		    per_record_us(&s, i, &b->session));
	}
	check(b, ours);
	if (first)
		fprintf(stderr,
		    "conflicts found: ours %u, session %u, floor none\n",
		    ours_conflicts(ours), session_conflicts(session));
	floor_close(floor);
	session_close(session);
	ours_close(ours);
	measure_remove_db(floor_path);
	measure_remove_db(session_path);
	measure_remove_db(ours_path);
	measure_add(
	    &b->insert, o.cpu_s[WORKLOAD_BASE] / f.cpu_s[WORKLOAD_BASE]);
	measure_add(&b->update,
	    (o.cpu_s[WORKLOAD_A] + o.cpu_s[WORKLOAD_B]) /
		(f.cpu_s[WORKLOAD_A] + f.cpu_s[WORKLOAD_B]));
	measure_add(&b->rate,
	    (s.cpu_s[WORKLOAD_A] + s.cpu_s[WORKLOAD_B]) /
		(o.cpu_s[WORKLOAD_A] + o.cpu_s[WORKLOAD_B]));
}

/* The other laptop's sets first, and all of them twice over. */
static void
check_order(struct bench *b)
{
	static const enum workload_round ORDER[2][3] = {
		{ WORKLOAD_BASE, WORKLOAD_A, WORKLOAD_B },
		{ WORKLOAD_B, WORKLOAD_A, WORKLOAD_BASE },
	};
	uint8_t digests[2][32];
	char path[4096];
	struct ours *o;
	size_t i, k, r;

	in_dir(b, path, sizeof(path), "ours.db");
	for (i = 0; i < 2; i++) {
		o = ours_open(path, true);
		for (r = 0; r < 3; r++)
			for (k = 0; k < b->ours.n[ORDER[i][r]]; k++)
				ours_apply(o, &b->ours.of[ORDER[i][r]][k]);
		check(b, o);
		ours_digest(o, digests[i]);
		ours_close(o);
		measure_remove_db(path);
	}
	if (memcmp(digests[0], digests[1], 32) != 0) {
		fprintf(stderr, "ours: another order, another digest\n");
		exit(EXIT_FAILURE);
	}
	fprintf(stderr, "ours: the digest is the same in another order\n");
}

static void
bench_usual(const struct measure_args *args)
{
	struct bench b = { .args = args, .w = workload_new(WORKLOAD_RECORDS) };
	unsigned i, runs = args->runs > 0 ? args->runs : RUNS;

	pack_all(&b);
	print_bytes("floor", &b.floor);
	print_bytes("session", &b.session);
	print_bytes("ours", &b.ours);
	check_order(&b);
	for (i = 0; i < runs; i++)
		run(&b, i == 0);
	if (measure_wanted(args, "merge.insert.cpu_ratio"))
		measure_print(&b.insert, "merge.insert.cpu_ratio", "ratio");
	if (measure_wanted(args, "merge.update.cpu_ratio"))
		measure_print(&b.update, "merge.update.cpu_ratio", "ratio");
	if (measure_wanted(args, "merge.vs_session.rate_ratio"))
		measure_print(&b.rate, "merge.vs_session.rate_ratio", "ratio");
	free_batches(&b.floor);
	free_batches(&b.session);
	free_batches(&b.ours);
	workload_free(b.w);
}

int
main(int argc, char **argv)
{
	struct measure_args args;

	measure_args(&args, argc, argv);
	if (measure_wanted(&args, "merge.insert.cpu_ratio") ||
	    measure_wanted(&args, "merge.update.cpu_ratio") ||
	    measure_wanted(&args, "merge.vs_session.rate_ratio"))
		bench_usual(&args);
	return EXIT_SUCCESS;
}
