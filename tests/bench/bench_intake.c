/*
 * What taking in visits costs the server, from the first byte of HTTP to the
 * signed answer, over a sealed store.  The server is a
 * process of its own; its CPU time is read from outside.
 *
 * Each laptop has a village and its prelist, which was imported, and has seen
 * it.  A bundle is one change set of 50 visits (tests/lib/visits.h), sent
 * when the one before was answered: no upload shares a commit with another.
 */

#include <stdio.h>
#include <stdlib.h>

#include "common/crypto/crypto.h"
#include "tests/bench/client.h"
#include "tests/bench/measure.h"
#include "tests/bench/roll.h"
#include "tests/bench/site.h"

#define RUNS 5u
#define LAPTOPS 20u
#define VISITS 50u /* in a bundle */

struct bench {
	struct site *site;
	unsigned runs, nlaptops;
	/* By laptop and run. */
	struct writer *envelopes;
	unsigned run, next; /* laptop whose turn it is */
	uint8_t name[BUNDLE_NAME_LEN];
	size_t sent, received; /* bytes of bodies in this run */
	struct measure cpu;
};

static struct visits_opts
opts_of(unsigned laptop, unsigned run, const struct visits_from *from)
{
	return (struct visits_opts){
		.seed = laptop * 1000 + run + 1, .n = VISITS, .from = from
	};
}

/* All visits of ${laptop}, one lot for each run, in the order of runs. */
static void
make_visits(const struct bench *b, unsigned laptop, struct visits **out)
{
	struct visits_from from = site_from(b->site, &b->site->laptops[laptop]);
	struct visits_opts opts;
	unsigned run;

	for (run = 0; run < b->runs; run++) {
		opts = opts_of(laptop, run, &from);
		out[run] = visits_new(&opts);
		from.next_new = out[run]->next_new;
		from.next_listed = out[run]->next_listed;
	}
}

static void
prepare(struct bench *b)
{
	struct visits **visits = measure_memory(b->runs, sizeof(*visits));
	struct site_laptop *laptop;
	unsigned i, run;

	for (i = 0; i < b->nlaptops; i++) {
		laptop = site_join(b->site);
		make_visits(b, i, visits);
		roll_import(b->site, laptop, visits, b->runs,
		    visits[b->runs - 1]->next_listed);
		for (run = 0; run < b->runs; run++)
			visits_free(visits[run]);
	}
	site_catch_up(b->site);
	for (i = 0; i < b->nlaptops; i++) {
		make_visits(b, i, visits);
		for (run = 0; run < b->runs; run++) {
			site_pack(b->site, &b->site->laptops[i],
			    &visits[run]->body,
			    &b->envelopes[i * b->runs + run]);
			visits_free(visits[run]);
		}
	}
	free(visits);
}

static bool
ask(void *arg, unsigned i, char path[100], struct writer *body)
{
	char hex[2 * BUNDLE_NAME_LEN + 1];
	struct bench *b = arg;

	(void)i;
	if (b->next == b->nlaptops)
		return false;
	site_bundle(&b->site->laptops[b->next],
	    &b->envelopes[b->next * b->runs + b->run], body, b->name);
	crypto_hex(hex, b->name, BUNDLE_NAME_LEN);
	snprintf(path, 100, "/v1/bundles/%s", hex);
	b->sent += body->len;
	return true;
}

static void
answered(void *arg, unsigned i, unsigned code, const uint8_t *body, size_t len,
    double seconds)
{
	struct bench *b = arg;

	(void)i;
	(void)seconds;
	if (code != 200 || site_check(b->site, b->name, body, len) != 1) {
		fprintf(stderr, "intake: an answer of %u\n", code);
		exit(EXIT_FAILURE);
	}
	site_stand(&b->site->laptops[b->next++], body, len);
	b->received += len;
}

static void
measure_run(struct bench *b)
{
	double visits = VISITS * b->nlaptops, cpu_s, wall_s;
	struct client_opts client = {
		.port = b->site->port,
		.n = 1,
		.ask = ask,
		.answered = answered,
		.arg = b,
	};

	b->next = 0;
	b->sent = b->received = 0;
	cpu_s = site_cpu_s(b->site);
	wall_s = client_run(&client);
	cpu_s = (site_cpu_s(b->site) - cpu_s) * 1000 / visits;
	fprintf(stderr,
	    "intake: %.0f visits: %.4f CPU s per 1,000, %.0f visits/s, bytes "
	    "a visit: %.1f received, %.1f answered\n",
	    visits, cpu_s, visits / wall_s, (double)b->sent / visits,
	    (double)b->received / visits);
	measure_add(&b->cpu, cpu_s);
}

int
main(int argc, char **argv)
{
	struct site_run as_usual = { 0 };
	struct bench b = { .nlaptops = LAPTOPS };
	struct measure_args args;
	unsigned i;

	measure_args(&args, argc, argv);
	if (!measure_wanted(&args, "intake.cpu_s_per_1000"))
		return EXIT_SUCCESS;
	b.runs = args.runs > 0 ? args.runs : args.quick ? 1 : RUNS;
	if (args.quick)
		b.nlaptops = 2;
	b.envelopes = measure_memory(b.nlaptops * b.runs, sizeof(*b.envelopes));
	b.site = site_open(args.dir);
	prepare(&b);
	fprintf(stderr,
	    "intake: %u laptops, %u records in their prelists; bundles of one "
	    "change set of %u visits, one after the other\n",
	    b.nlaptops, b.site->next_listed - VISITS_IMPORT_ROWS, VISITS);
	site_start(b.site, &as_usual);
	for (b.run = 0; b.run < b.runs; b.run++)
		measure_run(&b);
	site_stop(b.site);
	measure_print(&b.cpu, "intake.cpu_s_per_1000", "s");
	site_close(b.site);
	for (i = 0; i < b.nlaptops * b.runs; i++)
		writer_free(&b.envelopes[i]);
	free(b.envelopes);
	return EXIT_SUCCESS;
}
