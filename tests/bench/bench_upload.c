/*
 * How long a laptop waits for its answer when 64 ask at once, and what
 * committing in groups is worth.  The server is a
 * process of its own, its door on loopback, its store sealed.
 *
 * Each upload is a bundle of one change set of one visit (tests/lib/visits.h)
 * to a household that is new, answered after its durable commit.  In one run:
 *
 *	upload.p99_ms        the disk as it is, groups as they come
 *	upload.group_ratio   1 ms more for each sync, so that the disk's mood
 *	                     does not decide: uploads a second in groups as
 *	                     they come, beside one transaction for each
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "tests/bench/client.h"
#include "tests/bench/measure.h"
#include "tests/bench/site.h"

#define RUNS 5u
#define LAPTOPS 64u
#define UPLOADS 32u /* of each laptop, in groups */
#define ALONE 8u    /* of each laptop, one transaction for each */
#define QUICK 2u    /* of each laptop, to see that it works */
#define SYNC_US 1000u

/* One upload, and what came of it. */
struct upload {
	struct writer envelope;
	uint8_t name[BUNDLE_NAME_LEN];
	struct writer reply;
	double seconds;
};

/* Uploads of all laptops, at one server. */
struct phase {
	struct site *site;
	unsigned n; /* of each laptop */
	unsigned next[LAPTOPS];
	struct upload *uploads; /* by laptop */
	double wall_s;
};

static void
prepare(struct phase *p, struct site *site, unsigned n)
{
	struct site_laptop *laptop;
	struct visits_from from;
	struct visits_opts opts = { .n = 1, .from = &from };
	struct visits *visits;
	unsigned i, k;

	*p = (struct phase){ .site = site, .n = n };
	p->uploads = measure_memory(LAPTOPS * n, sizeof(*p->uploads));
	for (i = 0; i < LAPTOPS; i++) {
		laptop = &site->laptops[i];
		for (k = 0; k < n; k++) {
			from = site_from(site, laptop);
			from.all_new = true;
			opts.seed = laptop->writer * 100000 + laptop->seq;
			visits = visits_new(&opts);
			laptop->next_new = visits->next_new;
			site_pack(site, laptop, &visits->body,
			    &p->uploads[i * n + k].envelope);
			visits_free(visits);
		}
	}
}

static bool
ask(void *arg, unsigned i, char path[100], struct writer *body)
{
	char hex[2 * BUNDLE_NAME_LEN + 1];
	struct phase *p = arg;
	struct upload *up = &p->uploads[i * p->n + p->next[i]];

	if (p->next[i] == p->n)
		return false;
	site_bundle(&p->site->laptops[i], &up->envelope, body, up->name);
	crypto_hex(hex, up->name, BUNDLE_NAME_LEN);
	snprintf(path, 100, "/v1/bundles/%s", hex);
	return true;
}

/* Signatures are checked afterwards: the machine is the server's now. */
static void
answered(void *arg, unsigned i, unsigned code, const uint8_t *body, size_t len,
    double seconds)
{
	struct phase *p = arg;
	struct upload *up = &p->uploads[i * p->n + p->next[i]++];

	if (code != 200) {
		fprintf(stderr, "upload: an answer of %u\n", code);
		exit(EXIT_FAILURE);
	}
	writer_bytes(&up->reply, body, len);
	up->seconds = seconds;
	site_stand(&p->site->laptops[i], body, len);
}

static void
check(const struct phase *p)
{
	const struct upload *up;
	unsigned i;

	for (i = 0; i < LAPTOPS * p->n; i++) {
		up = &p->uploads[i];
		if (site_check(p->site, up->name, up->reply.bytes,
			up->reply.len) != 1) {
			fprintf(stderr, "upload: not one receipt\n");
			exit(EXIT_FAILURE);
		}
	}
}

static int
compare_seconds(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The ${share} of all that waited longest, in milliseconds. */
static double
waited_ms(const struct phase *p, double share)
{
	size_t n = LAPTOPS * p->n, i;
	double *sorted = measure_memory(n, sizeof(*sorted)), ms;

	for (i = 0; i < n; i++)
		sorted[i] = p->uploads[i].seconds;
	qsort(sorted, n, sizeof(*sorted), compare_seconds);
	i = (size_t)((double)n * share);
	ms = sorted[i < n ? i : n - 1] * 1000;
	free(sorted);
	return ms;
}

static void
finish(struct phase *p)
{
	unsigned i;

	for (i = 0; i < LAPTOPS * p->n; i++) {
		writer_free(&p->uploads[i].envelope);
		writer_free(&p->uploads[i].reply);
	}
	free(p->uploads);
}

/* Uploads a second; the 99th of a hundred waited *${p99_ms}. */
static double
run_phase(struct site *site, const char *name, const struct site_run *how,
    unsigned n, double *p99_ms)
{
	struct client_opts client = {
		.n = LAPTOPS, .ask = ask, .answered = answered
	};
	double cpu_s, rate, all = LAPTOPS * n;
	struct phase p;

	prepare(&p, site, n);
	site_start(site, how);
	client.port = site->port;
	client.arg = &p;
	cpu_s = site_cpu_s(site);
	p.wall_s = client_run(&client);
	cpu_s = site_cpu_s(site) - cpu_s;
	site_stop(site);
	check(&p);
	rate = all / p.wall_s;
	*p99_ms = waited_ms(&p, 0.99);
	fprintf(stderr,
	    "upload: %s: %.0f uploads, %.0f a second, CPU %.3f ms each; "
	    "waited ms: half %.1f, p99 %.1f, longest %.1f\n",
	    name, all, rate, cpu_s * 1000 / all, waited_ms(&p, 0.5), *p99_ms,
	    waited_ms(&p, 1));
	finish(&p);
	return rate;
}

int
main(int argc, char **argv)
{
	static const struct site_run AS_IT_IS = { 0 };
	static const struct site_run GROUPS = { .sync_us = SYNC_US };
	static const struct site_run SINGLY = { .sync_us = SYNC_US,
		.batch_max = 1 };
	struct measure p99 = { 0 }, ratio = { 0 };
	bool want_p99, want_ratio;
	struct measure_args args;
	double ms, groups, singly;
	struct site *site;
	unsigned i, runs;

	measure_args(&args, argc, argv);
	want_p99 = measure_wanted(&args, "upload.p99_ms");
	want_ratio = measure_wanted(&args, "upload.group_ratio");
	if (!want_p99 && !want_ratio)
		return EXIT_SUCCESS;
	runs = args.runs > 0 ? args.runs : args.quick ? 1 : RUNS;
	site = site_open(args.dir);
	for (i = 0; i < LAPTOPS; i++)
		site_join(site);
	site_catch_up(site);
	for (i = 0; i < runs; i++) {
		if (want_p99) {
			run_phase(site, "the disk as it is", &AS_IT_IS,
			    args.quick ? QUICK : UPLOADS, &ms);
			measure_add(&p99, ms);
		}
		if (!want_ratio)
			continue;
		groups = run_phase(site, "in groups, slow disk", &GROUPS,
		    args.quick ? QUICK : UPLOADS, &ms);
		singly = run_phase(site, "one by one, slow disk", &SINGLY,
		    args.quick ? 1 : ALONE, &ms);
		measure_add(&ratio, groups / singly);
	}
	if (want_p99)
		measure_print(&p99, "upload.p99_ms", "ms");
	if (want_ratio)
		measure_print(&ratio, "upload.group_ratio", "ratio");
	site_close(site);
	return EXIT_SUCCESS;
}
