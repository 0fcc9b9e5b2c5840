/*
 * What saving a visit takes beside saving its rows.
 *
 * An agent, unlocked, has a village's prelist of 1,250 households and their
 * members from a real server.  Each visit (tests/lib/visits.h) is handed to
 * it as JSON and is durable when agent_visit() returns; then the same rows
 * are saved in plain SQLite with the same tables, keys and indexes, each in
 * one transaction, synchronous=FULL.  The two take turns, and a run's ratio
 * is of the median visits, so that a disk with moods has them for both.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "common/base/env.h"
#include "common/crypto/passphrase.h"
#include "common/store/sealvfs.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/enrol.h"
#include "sync-server/server.h"
#include "tests/bench/measure.h"
#include "tests/bench/roll.h"
#include "tests/bench/site.h"
#include "tests/bench/twin.h"
#include "tests/bench/visit_json.h"

#define RUNS 7u
#define VISITS 40u       /* in a run */
#define HOUSEHOLDS 1250u /* in the prelist */
#define LISTED (HOUSEHOLDS * 4u)
#define PASSPHRASE "sungai padi kayu batu"

struct bench {
	struct site *site;
	struct site_laptop place; /* only its village and counters count */
	struct agent *agent;
	char dir[3900], store[4000];
	unsigned runs, nvisits;
	struct visits **visits; /* by run */
	struct twin *twin, *bare;
	struct measure ratio;
};

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "visit");
}

static void
make_visits(struct bench *b)
{
	struct visits_from from = site_from(b->site, &b->place);
	struct visits_opts opts = { .n = b->nvisits, .from = &from };
	unsigned i;

	for (i = 0; i < b->runs; i++) {
		opts.seed = i + 1;
		visits_free(b->visits[i]);
		b->visits[i] = visits_new(&opts);
		from.next_new = b->visits[i]->next_new;
		from.next_listed = b->visits[i]->next_listed;
	}
}

static void
import_roll(struct bench *b)
{
	uint32_t until;

	site_village(b->site, b->place.village);
	b->place.writer = 2;
	b->place.next_new = 1;
	b->place.next_listed = b->site->next_listed;
	/* What they stand on must only not be "nothing". */
	b->place.cursor = (struct cursor){ 1, 1 };
	make_visits(b);
	until = b->visits[b->runs - 1]->next_listed;
	if (until < b->place.next_listed + LISTED)
		until = b->place.next_listed + LISTED;
	roll_import(b->site, &b->place, b->visits, b->runs, until);
}

/* One exchange without a network; is there more? */
static bool
exchange(struct bench *b, struct agent_synced *synced)
{
	struct writer bundle = { 0 }, reply = { 0 };
	struct server *server = b->site->server;
	struct intake_job *job;
	uint8_t name[32];
	struct err err;

	synced->more = false;
	must(agent_sync_bundle(b->agent, true, &bundle, name, &err), &err);
	must(intake_open(&job, server, name, bundle.bytes, bundle.len, &err),
	    &err);
	must(intake_commit(server, &job, 1, &err), &err);
	must(intake_answer(server, job, &reply, &err), &err);
	must(agent_sync_reply(
		 b->agent, name, reply.bytes, reply.len, synced, &err),
	    &err);
	intake_job_free(job);
	writer_free(&bundle);
	writer_free(&reply);
	return synced->more;
}

/* A laptop that has the whole prelist, and one person who unlocked it. */
static void
open_agent(struct bench *b, const char *under)
{
	struct agent_opts opts = { .dir = b->dir,
		.env = &b->site->env,
		.cost = { .ops = 1, .mem = 8192 } };
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://127.0.0.1",
		.label = "UJI",
		.passphrase = PASSPHRASE };
	struct writer card = { 0 }, ask = { 0 }, reply = { 0 };
	struct agent_synced synced = { 0 };
	struct err err;

	snprintf(b->dir, sizeof(b->dir), "%s/laptop", under);
	snprintf(b->store, sizeof(b->store), "%s/store.db", b->dir);
	site_code(b->site, "UJI", b->place.village, code);
	must(server_card_pack(
		 &card, &b->site->card, &b->site->server->keys.root, &err),
	    &err);
	must(agent_open(&b->agent, &opts, &err), &err);
	must(agent_enrol_request(
		 b->agent, &enrol, card.bytes, card.len, &ask, &err),
	    &err);
	must(enrol_answer(b->site->server, ask.bytes, ask.len, &reply, &err),
	    &err);
	must(agent_enrol_reply(b->agent, &enrol, reply.bytes, reply.len, &err),
	    &err);
	must(agent_unlock(b->agent, "UJI", PASSPHRASE, &err), &err);
	while (exchange(b, &synced))
		;
	fprintf(stderr, "visit: %u records came down\n", synced.records);
	writer_free(&card);
	writer_free(&ask);
	writer_free(&reply);
}

/* Save visit ${i} of run ${run}; wall and CPU seconds, and its id. */
static uint64_t
save(struct bench *b, unsigned run, unsigned i, double *wall_s, double *cpu_s)
{
	struct writer json = { 0 }, answer = { 0 };
	enum status st;
	struct err err;
	uint64_t id;
	const char *at;

	visit_json(&json, b->visits[run], i, b->place.village);
	*wall_s = measure_wall_s();
	*cpu_s = measure_cpu_s();
	st = agent_visit(b->agent, (const char *)json.bytes,
	    strlen((const char *)json.bytes), &answer, &err);
	*cpu_s = measure_cpu_s() - *cpu_s;
	*wall_s = measure_wall_s() - *wall_s;
	writer_u8(&answer, 0);
	if (st != ST_OK)
		fprintf(stderr, "%s\n%s\n", (const char *)json.bytes,
		    (const char *)answer.bytes);
	must(st, &err);
	at = strstr((const char *)answer.bytes, "\"visit\"");
	at = at != NULL ? strpbrk(at, "0123456789") : NULL;
	id = at != NULL ? strtoull(at, NULL, 10) : 0;
	writer_free(&json);
	writer_free(&answer);
	return id;
}

static void
save_again(struct twin *twin, uint64_t id, struct measure *wall,
    struct measure *cpu, unsigned *nrows)
{
	double wall_s, cpu_s;

	*nrows += twin_read(twin, id);
	wall_s = measure_wall_s();
	cpu_s = measure_cpu_s();
	twin_save(twin);
	measure_add(cpu, (measure_cpu_s() - cpu_s) * 1e6);
	measure_add(wall, (measure_wall_s() - wall_s) * 1e6);
}

static void
measure_run(struct bench *b, unsigned run)
{
	struct measure ours = { 0 }, twin = { 0 }, bare = { 0 };
	struct measure ours_cpu = { 0 }, twin_cpu = { 0 }, bare_cpu = { 0 };
	unsigned i, nrows = 0, ignored = 0;
	double wall_s, cpu_s;
	uint64_t id;

	for (i = 0; i < b->nvisits; i++) {
		id = save(b, run, i, &wall_s, &cpu_s);
		measure_add(&ours, wall_s * 1e6);
		measure_add(&ours_cpu, cpu_s * 1e6);
		save_again(b->twin, id, &twin, &twin_cpu, &nrows);
		save_again(b->bare, id, &bare, &bare_cpu, &ignored);
	}
	measure_add(&b->ratio, measure_median(&ours) / measure_median(&twin));
	fprintf(stderr,
	    "visit: %.1f rows a visit; us, and of them CPU: saved %.0f %.0f, "
	    "its rows in plain SQLite %.0f %.0f, without indexes %.0f %.0f; "
	    "ratio %.2f, without indexes %.2f\n",
	    (double)nrows / b->nvisits, measure_median(&ours),
	    measure_median(&ours_cpu), measure_median(&twin),
	    measure_median(&twin_cpu), measure_median(&bare),
	    measure_median(&bare_cpu),
	    measure_median(&ours) / measure_median(&twin),
	    measure_median(&ours) / measure_median(&bare));
}

/*
 * From the passphrase to the first screen, at the cost that this machine is
 * measured to take, with all the visits above in the store.
 */
static void
measure_unlocking(struct bench *b)
{
	static const char NEW[] = "kipas teluk jambu rintik";
	struct measure unlock = { 0 };
	struct passphrase_cost cost;
	double from;
	bool renewed;
	struct err err;
	unsigned i;

	must(passphrase_calibrate(&cost, env_real(), 1000, &err), &err);
	fprintf(stderr, "agent: Argon2id with %llu passes over %llu MiB\n",
	    (unsigned long long)cost.ops, (unsigned long long)cost.mem >> 20);
	must(agent_passphrase(b->agent, PASSPHRASE, NEW, &cost, &renewed, &err),
	    &err);
	for (i = 0; i < b->runs; i++) {
		must(agent_lock(b->agent, &err), &err);
		from = measure_wall_s();
		must(agent_unlock(b->agent, "UJI", NEW, &err), &err);
		measure_add(&unlock, (measure_wall_s() - from) * 1e3);
	}
	measure_print(&unlock, "agent.unlock_ms", "ms");
}

static void
remove_laptop(const char *dir)
{
	static const char *const NAMES[] = { "spool", "" };
	char folder[4000], path[4400];
	struct dirent *entry;
	DIR *d;
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(folder, sizeof(folder), "%s/%s", dir, NAMES[i]);
		if ((d = opendir(folder)) == NULL)
			continue;
		while ((entry = readdir(d)) != NULL) {
			snprintf(
			    path, sizeof(path), "%s/%s", folder, entry->d_name);
			unlink(path);
		}
		closedir(d);
		rmdir(folder);
	}
}

int
main(int argc, char **argv)
{
	struct bench b = { .nvisits = VISITS };
	char twin[4000], bare[4000];
	struct measure_args args;
	struct err err;
	unsigned i;

	measure_args(&args, argc, argv);
	if (!measure_wanted(&args, "visit.save_ratio") &&
	    !measure_wanted(&args, "agent.unlock_ms"))
		return EXIT_SUCCESS;
	b.runs = args.runs > 0 ? args.runs : args.quick ? 1 : RUNS;
	if (args.quick)
		b.nvisits = 3;
	b.visits = measure_memory(b.runs, sizeof(*b.visits));
	snprintf(twin, sizeof(twin), "%s/twin.db", args.dir);
	snprintf(bare, sizeof(bare), "%s/bare.db", args.dir);
	b.site = site_open(args.dir);
	import_roll(&b);
	must(sealvfs_register(SEALVFS_NAME, NULL, &err) == ST_OK ||
		    err.status == ST_CONFLICT
		? ST_OK
		: err.status,
	    &err);
	open_agent(&b, args.dir);
	b.twin = twin_open(twin, b.store, true);
	b.bare = twin_open(bare, b.store, false);
	for (i = 0; i < b.runs; i++)
		measure_run(&b, i);
	if (measure_wanted(&args, "visit.save_ratio"))
		measure_print(&b.ratio, "visit.save_ratio", "ratio");
	if (measure_wanted(&args, "agent.unlock_ms"))
		measure_unlocking(&b);
	twin_close(b.twin);
	twin_close(b.bare);
	agent_close(b.agent);
	remove_laptop(b.dir);
	measure_remove_db(twin);
	measure_remove_db(bare);
	for (i = 0; i < b.runs; i++)
		visits_free(b.visits[i]);
	free(b.visits);
	site_close(b.site);
	return EXIT_SUCCESS;
}
