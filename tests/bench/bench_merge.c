/*
 * What merging costs beside engines that do less.  The engines take turns, a
 * few batches each, so that a machine that is slow for a while is slow for
 * all of them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/floor.h"
#include "tests/bench/measure.h"
#include "tests/bench/ours.h"
#include "tests/bench/session.h"

#define RUNS 9
#define TURN 5 /* batches that an engine takes before the next one */
#define LARGE 10000000u
#define PARTS 5 /* that each round at LARGE is measured in */

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

/* The engines of one run. */
struct engines {
	struct floor *floor;
	struct session *session;
	struct ours *ours;
	struct cost f, s, o;
};

/* Give each engine the same few batches in its turn. */
static void
take_turn(struct bench *b, struct engines *e, int round, size_t from, size_t to)
{
	double start = measure_cpu_s(), now;
	size_t i;

	for (i = from; i < to; i++)
		floor_apply(e->floor, &b->floor.of[round][i]);
	now = measure_cpu_s();
	e->f.cpu_s[round] += now - start;
	start = now;
	for (i = from; i < to; i++)
		ours_apply(e->ours, &b->ours.of[round][i]);
	now = measure_cpu_s();
	e->o.cpu_s[round] += now - start;
	start = now;
	for (i = from; i < to && e->session != NULL; i++)
		session_apply(e->session, &b->session.of[round][i]);
	e->s.cpu_s[round] += measure_cpu_s() - start;
}

static void
take_part(struct bench *b, struct engines *e, int round, size_t from, size_t to)
{
	for (; from < to; from += TURN)
		take_turn(
		    b, e, round, from, from + TURN < to ? from + TURN : to);
}

static double
per_record_us(const struct cost *c, int round, const struct batches *batches)
{
	return c->cpu_s[round] * 1e6 /
	    (double)(batches->n[round] * WORKLOAD_BATCH);
}

static void
print_settings(const struct engines *e)
{
	floor_print_settings(e->floor);
	ours_print_settings(e->ours);
	session_print_settings(e->session);
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

/* What A and B took together, of one engine. */
static double
updates_s(const struct cost *c)
{
	return c->cpu_s[WORKLOAD_A] + c->cpu_s[WORKLOAD_B];
}

static void
run(struct bench *b, bool first)
{
	char floor_path[4096], session_path[4096], ours_path[4096];
	struct engines e = { 0 };
	int i;

	in_dir(b, floor_path, sizeof(floor_path), "floor.db");
	in_dir(b, session_path, sizeof(session_path), "session.db");
	in_dir(b, ours_path, sizeof(ours_path), "ours.db");
	e.floor = floor_open(floor_path, true);
	e.session = session_open(session_path);
	e.ours = ours_open(ours_path, true);
	if (first)
		print_settings(&e);
	for (i = 0; i < WORKLOAD_ROUNDS; i++) {
		take_part(b, &e, i, 0, b->ours.n[i]);
		fprintf(stderr,
		    "round %d: CPU us a household: floor %.2f, ours %.2f, "
		    "session %.2f\n",
		    i, per_record_us(&e.f, i, &b->floor),
		    per_record_us(&e.o, i, &b->ours),
		    per_record_us(&e.s, i, &b->session));
	}
	check(b, e.ours);
	if (first)
		fprintf(stderr,
		    "conflicts found: ours %u, session %u, floor none\n",
		    ours_conflicts(e.ours), session_conflicts(e.session));
	floor_close(e.floor);
	session_close(e.session);
	ours_close(e.ours);
	measure_remove_db(floor_path);
	measure_remove_db(session_path);
	measure_remove_db(ours_path);
	measure_add(
	    &b->insert, e.o.cpu_s[WORKLOAD_BASE] / e.f.cpu_s[WORKLOAD_BASE]);
	measure_add(&b->update, updates_s(&e.o) / updates_s(&e.f));
	measure_add(&b->rate, updates_s(&e.s) / updates_s(&e.o));
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

/*
 * What the deferred indexes (villages, identity numbers) cost a household
 * that was made or edited: brought up to date after every turn, in a
 * transaction of its own.
 */
static void
bench_index(struct bench *b)
{
	unsigned run, runs = b->args->runs > 0 ? b->args->runs : RUNS;
	struct measure m = { 0 };
	size_t at, nrecords = 0;
	double start, cpu_s;
	char path[4096];
	struct ours *o;
	int round;

	in_dir(b, path, sizeof(path), "ours.db");
	for (run = 0; run < runs; run++) {
		o = ours_open(path, true);
		cpu_s = 0;
		nrecords = 0;
		for (round = 0; round < WORKLOAD_ROUNDS; round++) {
			for (at = 0; at < b->ours.n[round]; at++) {
				ours_apply(o, &b->ours.of[round][at]);
				nrecords += WORKLOAD_BATCH;
				if ((at + 1) % TURN != 0)
					continue;
				start = measure_cpu_s();
				ours_index(o);
				cpu_s += measure_cpu_s() - start;
			}
		}
		measure_add(&m, cpu_s * 1e6 / (double)nrecords);
		ours_close(o);
		measure_remove_db(path);
	}
	measure_print(&m, "merge.index_us", "us");
}

static bool
want_ratios(const struct measure_args *args)
{
	return measure_wanted(args, "merge.insert.cpu_ratio") ||
	    measure_wanted(args, "merge.update.cpu_ratio") ||
	    measure_wanted(args, "merge.vs_session.rate_ratio");
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
	for (i = 0; i < runs && want_ratios(args); i++)
		run(&b, i == 0);
	if (measure_wanted(args, "merge.insert.cpu_ratio"))
		measure_print(&b.insert, "merge.insert.cpu_ratio", "ratio");
	if (measure_wanted(args, "merge.update.cpu_ratio"))
		measure_print(&b.update, "merge.update.cpu_ratio", "ratio");
	if (measure_wanted(args, "merge.vs_session.rate_ratio"))
		measure_print(&b.rate, "merge.vs_session.rate_ratio", "ratio");
	if (measure_wanted(args, "merge.index_us"))
		bench_index(&b);
	free_batches(&b.floor);
	free_batches(&b.session);
	free_batches(&b.ours);
	workload_free(b.w);
}

static void
pack_edits(struct bench *b)
{
	enum workload_round round;
	int i;

	for (i = WORKLOAD_A; i < WORKLOAD_ROUNDS; i++) {
		round = (enum workload_round)i;
		b->floor.n[i] = b->ours.n[i] = workload_nbatches(b->w, round);
		b->floor.of[i] = floor_pack(b->w, round);
		b->ours.of[i] = ours_pack(b->w, round);
	}
}

/*
 * Updates where there are ten million households; a value is a part of both
 * rounds, since loading takes too long to do it several times.
 */
static void
bench_large(const struct measure_args *args)
{
	struct bench b = { .args = args, .w = workload_new(LARGE) };
	char floor_path[4096], ours_path[4096];
	double floor_s[PARTS] = { 0 }, ours_s[PARTS] = { 0 };
	struct measure m = { 0 };
	struct engines e = { 0 };
	double start = measure_wall_s();
	size_t part, n;
	int round;

	in_dir(&b, floor_path, sizeof(floor_path), "floor.db");
	in_dir(&b, ours_path, sizeof(ours_path), "ours.db");
	e.floor = floor_open(floor_path, true);
	e.ours = ours_open(ours_path, true);
	floor_load(e.floor, b.w);
	fprintf(stderr, "floor: %u households loaded, %.0f s\n", LARGE,
	    measure_wall_s() - start);
	ours_load(e.ours, b.w);
	fprintf(stderr, "ours: %u households loaded, %.0f s\n", LARGE,
	    measure_wall_s() - start);
	pack_edits(&b);
	for (round = WORKLOAD_A; round < WORKLOAD_ROUNDS; round++) {
		n = b.ours.n[round];
		for (part = 0; part < PARTS; part++) {
			e.f = e.o = (struct cost){ 0 };
			take_part(&b, &e, round, n * part / PARTS,
			    n * (part + 1) / PARTS);
			floor_s[part] += e.f.cpu_s[round];
			ours_s[part] += e.o.cpu_s[round];
			fprintf(stderr,
			    "round %d, part %zu: CPU us a household: floor "
			    "%.2f, ours %.2f\n",
			    round, part + 1,
			    per_record_us(&e.f, round, &b.floor) * PARTS,
			    per_record_us(&e.o, round, &b.ours) * PARTS);
		}
	}
	for (part = 0; part < PARTS; part++)
		measure_add(&m, ours_s[part] / floor_s[part]);
	check(&b, e.ours);
	measure_print(&m, "merge.update_1e7.cpu_ratio", "ratio");
	floor_close(e.floor);
	ours_close(e.ours);
	measure_remove_db(floor_path);
	measure_remove_db(ours_path);
	free_batches(&b.floor);
	free_batches(&b.ours);
	workload_free(b.w);
}

int
main(int argc, char **argv)
{
	struct measure_args args;

	measure_args(&args, argc, argv);
	if (want_ratios(&args) || measure_wanted(&args, "merge.index_us"))
		bench_usual(&args);
	if (args.at_length &&
	    measure_wanted(&args, "merge.update_1e7.cpu_ratio"))
		bench_large(&args);
	return EXIT_SUCCESS;
}
