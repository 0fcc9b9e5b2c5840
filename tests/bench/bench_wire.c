/*
 * What travels, in bytes: edits and households of the
 * workload in envelopes of 200, and visits in whole bundles; signatures,
 * sealing and padding included.  Everything that is counted is opened again
 * first, and must be whole.
 */

#include <stdio.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "tests/bench/measure.h"
#include "tests/bench/ours.h"
#include "tests/bench/workload.h"
#include "tests/lib/visits.h"

struct bench {
	const struct measure_args *args;
	struct sign_key writer, transport;
	struct seal_key server;
	/* For the settings on standard error. */
	double unpack_s;
	size_t nunpacked, json_len, nvisits;
};

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "wire");
}

/* Seal ${set} into an envelope behind ${out}; open and unpack it again. */
static void
put_envelope(struct bench *b, struct writer *out, const uint8_t *set,
    size_t len, size_t nrows)
{
	struct envelope_head head = { .authority = 6402,
		.server_key = 1,
		.device = 14,
		.writer = 14,
		.seq = 1 };
	struct change_head change;
	struct writer opened = { 0 };
	size_t start = out->len;
	struct change *back;
	double since;
	struct err err;

	must(change_peek(&change, head.change_id, set, len, &err), &err);
	must(envelope_pack(
		 out, &head, set, len, b->server.public, &b->transport, &err),
	    &err);
	must(envelope_verify(out->bytes + start, out->len - start,
		 b->transport.public, &err),
	    &err);
	must(envelope_unseal(&opened, out->bytes + start, out->len - start,
		 &b->server, &err),
	    &err);
	since = measure_cpu_s();
	must(change_unpack(&back, opened.bytes, opened.len, false, &err), &err);
	b->unpack_s += measure_cpu_s() - since;
	b->nunpacked += nrows;
	if (back->body.nrows != nrows)
		must(err_set(&err, ST_BUG, "rows are missing"), &err);
	change_free(back);
	writer_free(&opened);
}

/* Bytes of a household in envelopes of 200; the last values of ${m}. */
static void
run_round(struct bench *b, const struct workload *w, enum workload_round round,
    struct measure *m, unsigned max)
{
	struct workload_batch *batches = ours_pack(w, round);
	size_t i, n = workload_nbatches(w, round);
	struct writer out = { 0 };

	for (i = 0; i < n && m->n < max; i++, writer_clear(&out)) {
		put_envelope(
		    b, &out, batches[i].bytes, batches[i].len, batches[i].n);
		measure_add(m, (double)out.len / batches[i].n);
	}
	writer_free(&out);
	workload_batch_free(batches, n);
}

static void
bench_workload(struct bench *b)
{
	static const char UPDATE[] = "wire.update3.bytes";
	static const char INSERT[] = "wire.household30.bytes";
	struct measure update = { 0 }, insert = { 0 };
	struct workload *w;

	if (!measure_wanted(b->args, UPDATE) &&
	    !measure_wanted(b->args, INSERT))
		return;
	w = workload_new(WORKLOAD_RECORDS);
	if (measure_wanted(b->args, UPDATE)) {
		run_round(b, w, WORKLOAD_A, &update, MEASURE_RUNS_MAX / 2);
		run_round(b, w, WORKLOAD_B, &update, MEASURE_RUNS_MAX);
		measure_print(&update, UPDATE, "B");
	}
	if (measure_wanted(b->args, INSERT)) {
		run_round(b, w, WORKLOAD_BASE, &insert, MEASURE_RUNS_MAX);
		measure_print(&insert, INSERT, "B");
	}
	workload_free(w);
}

/* A bundle of ${nsets} sets with ${n} visits each; its bytes per visit. */
static double
bundle_of(struct bench *b, uint64_t seed, size_t nsets, size_t n)
{
	const struct bundle_head head = {
		.authority = 6402, .device = 14, .cursor = { 1, 1000 }
	};
	struct writer out = { 0 }, set = { 0 };
	uint8_t id[CHANGE_ID_LEN], secret[CHANGE_SEED_LEN];
	double bytes;
	struct err err;
	size_t i;

	bundle_head_pack(&out, &head);
	for (i = 0; i < nsets; i++, writer_clear(&set)) {
		struct visits_opts opts = { .seed = seed * 100 + i, .n = n };
		struct visits *v = visits_new(&opts);
		struct change_head change =
		    visits_head(&opts, (uint32_t)(seed + i + 2));

		crypto_random(secret, sizeof(secret));
		must(change_pack(
			 &set, &change, &v->body, secret, &b->writer, id, &err),
		    &err);
		put_envelope(b, &out, set.bytes, set.len, v->body.nrows);
		b->json_len += v->json_len;
		b->nvisits += n;
		visits_free(v);
	}
	bytes = (double)out.len / (double)(nsets * n);
	writer_free(&out);
	writer_free(&set);
	return bytes;
}

static void
bench_visits(struct bench *b, const char *id, size_t nsets, size_t n)
{
	struct measure m = { 0 };
	uint64_t seed;

	if (id != NULL && !measure_wanted(b->args, id))
		return;
	b->json_len = b->nvisits = 0;
	for (seed = 1; m.n < (n == 1 ? MEASURE_RUNS_MAX : 15); seed++)
		measure_add(&m, bundle_of(b, seed, nsets, n));
	if (id != NULL)
		measure_print(&m, id, "B");
	fprintf(stderr,
	    "%zu x %zu visits: %.0f B each as JSON, %.1f B in a bundle\n",
	    nsets, n, (double)b->json_len / (double)b->nvisits,
	    measure_median(&m));
}

static void
make_keys(struct bench *b)
{
	static const uint8_t seed[32] = { 7 };
	struct err err;

	must(crypto_start(&err), &err);
	sign_key_make(&b->writer, seed);
	sign_key_make(&b->transport, seed);
	seal_key_make(&b->server, seed);
}

int
main(int argc, char **argv)
{
	struct measure_args args;
	struct bench b = { .args = &args };

	measure_args(&args, argc, argv);
	make_keys(&b);
	bench_workload(&b);
	bench_visits(&b, "wire.visit100.bytes", 1, 100);
	bench_visits(&b, "wire.visit1.bytes", 1, 1);
	if (measure_wanted(&args, "wire.visit100.bytes"))
		bench_visits(&b, NULL, 5, 20); /* locked every evening */
	if (b.nunpacked > 0)
		fprintf(stderr, "unpack and root: %.2f us of CPU per row\n",
		    1e6 * b.unpack_s / (double)b.nunpacked);
	return 0;
}
