#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "common/wire/change.h"

#include "sync-server/intake/desk.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/replay.h"
#include "tests/sim/world.h"

#define START_MS 1793606400000 /* 2026-11-02, the world's first day */

/* A table of one district is enough here. */
static const char REGIONS[] =
    "code,name,name_before,valid_from,valid_to,successor,bps_code\n"
    "64,Kalimantan Timur,,2022-11-09,,,64\n"
    "64.02,Kabupaten Kutai Kartanegara,,2022-11-09,,,6403\n"
    "64.02.05,Loa Kulu,,2022-11-09,,,\n"
    "64.02.05.2001,Jembayan,,2022-11-09,,,\n"
    "64.02.05.2002,Loh Sumber,,2022-11-09,,,\n";

bool
world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->why[0] != '\0')
		return false;
	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	return false;
}

void
world_trace(struct world *w, const char *what, uint64_t a, uint64_t b)
{
	struct rng mix = { .state = w->trace };

	if (w->loud)
		printf("%s %" PRIu64 " %" PRIx64 "\n", what, a, b);
	for (; *what != '\0'; what++)
		mix.state = rng_next(&mix) ^ (uint64_t)*what;
	mix.state = rng_next(&mix) ^ a;
	mix.state = rng_next(&mix) ^ b;
	w->trace = rng_next(&mix);
}

/* The households that everybody knows: one desk set. */
static bool
make_households(struct world *w)
{
	static const char PLACE[] = "64.02.05.2001";
	const struct change_write place = { .reg = INSTRUMENT_PLACE,
		.value = (const uint8_t *)PLACE,
		.len = sizeof(PLACE) - 1 };
	struct change_visit visit = { .day = 20000 };
	struct change_row rows[WORLD_HOUSEHOLDS_MAX];
	struct change_body body = { .visits = &visit,
		.nvisits = 1,
		.rows = rows,
		.nrows = w->nhouseholds };
	struct err err;
	enum status st;
	unsigned i;

	server_lock(w->server);
	st = store_begin(w->server->store, &err);
	memset(rows, 0, sizeof(rows));
	for (i = 0; i < w->nhouseholds && st == ST_OK; i++) {
		w->households[i] = desk_next_id(w->server);
		rows[i].id = w->households[i];
		rows[i].kind = RECORD_HOUSEHOLD;
		rows[i].nwrites = 1;
		rows[i].writes = &place;
	}
	visit.hlc = desk_next_hlc(w->server);
	if (st == ST_OK)
		st = desk_put(w->server, CHANGE_IMPORT, desk_set_id(w->server),
		    &body, NULL, &err);
	if (st == ST_OK)
		st = store_commit(w->server->store, &err);
	server_unlock(w->server);
	if (st != ST_OK)
		return world_fail(w, "no households: %s", err.text);
	return true;
}

static bool
make_server(struct world *w)
{
	struct server_opts opts = { .dir = "/m0",
		.vfs = machine_vfs(&w->machine),
		.regions = "/m0/regions.csv",
		.env = &w->machine.env };
	struct person reviewer;
	struct err err;

	if (simfs_write(w->machine.fs, opts.regions, REGIONS,
		sizeof(REGIONS) - 1, &err) != ST_OK)
		return world_fail(w, "no regions: %s", err.text);
	if (server_create(&opts, 6402, "Dinas Sosial", &err) != ST_OK)
		return world_fail(w, "no server: %s", err.text);
	if (!server_boot(w))
		return false;
	if (person_add(w->server, "Peninjau", PERSON_REVIEWER, &reviewer,
		&err) != ST_OK)
		return world_fail(w, "no reviewer: %s", err.text);
	w->reviewer = reviewer.number;
	return true;
}

struct world *
world_new(uint64_t seed, bool twins)
{
	struct world *w = calloc(1, sizeof(*w));
	struct laptop *l;
	unsigned i;

	if (w == NULL)
		abort();
	w->seed = seed;
	w->rng.state = seed * 0x9e3779b97f4a7c15u + 1;
	w->now_ms = START_MS;
	w->oracle = oracle_new();
	w->nlaptops = 2 + (unsigned)rng_below(&w->rng, 3);
	w->nhouseholds = 1 + (unsigned)rng_below(&w->rng, 4);
	w->clones = twins && rng_chance(&w->rng, 30) ? 4 : 0;
	w->olders = twins && w->clones == 0 && rng_chance(&w->rng, 40) ? 6 : 0;
	machine_start(&w->machine, WORLD_SERVER_SLOT, &w->rng, &w->now_ms);
	if (!make_server(w))
		return w;
	for (i = 0; i < w->nlaptops; i++) {
		l = &w->laptops[i];
		l->number = i;
		l->npeople = 1 + (unsigned)rng_below(&w->rng, 2);
		if (world_has_twins(w))
			l->npeople = 1;
		machine_start(&l->machine, (int)i + 1, &w->rng, &w->now_ms);
		if (!laptop_enrol(w, l))
			return w;
	}
	if (!make_households(w))
		return w;
	/* Each world has its own weather. */
	w->net = (struct net){
		.rng = &w->rng,
		.lose = (unsigned)rng_below(&w->rng, 30),
		.twice = (unsigned)rng_below(&w->rng, 30),
		.alter = (unsigned)rng_below(&w->rng, 15),
		.portal = (unsigned)rng_below(&w->rng, 10),
		.delay_ms = 1 + (unsigned)rng_below(&w->rng, 90000),
	};
	w->cuts =
	    rng_chance(&w->rng, 60) ? (unsigned)rng_below(&w->rng, 15) : 0;
	w->orders = rng_chance(&w->rng, 50) && !world_has_twins(w) ? 8 : 0;
	for (i = 0; i < w->nlaptops; i++)
		if (rng_chance(&w->rng, 50))
			w->laptops[i].machine.skew_ms =
			    (int64_t)rng_below(&w->rng, 7200000) - 3600000;
	return w;
}

void
world_free(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->nlaptops; i++) {
		if (w->laptops[i].agent != NULL)
			laptop_off(w, &w->laptops[i]);
		machine_stop(&w->laptops[i].machine);
		simfs_free(w->laptops[i].image);
	}
	server_off(w);
	machine_stop(&w->machine);
	net_clear(&w->net);
	replay_free(w->replay);
	oracle_free(w->oracle);
	free(w->visits);
	free(w);
}

/* Messages that are due. */
static bool
deliver(struct world *w)
{
	struct net_message *m;
	bool good = true;

	while (good && (m = net_next(&w->net, w->now_ms)) != NULL) {
		good = m->up ? server_take(w, m)
			     : laptop_take(w, &w->laptops[m->laptop], m);
		free(m);
	}
	return good;
}

static void
jump_clock(struct world *w, struct laptop *l)
{
	static const int64_t BY[] = { -86400000, 86400000, 3600000, -60000,
		604800000 };

	l->machine.skew_ms += BY[rng_below(&w->rng, 5)];
	w->n.clock_jumps++;
}

bool
world_check(struct world *w)
{
	uint64_t last = store_log_last(w->server->store);
	const char *why;
	unsigned times, ids;
	struct visit *v;
	size_t i;

	if ((why = oracle_check(w->oracle, w->server)) != NULL)
		return world_fail(w, "%s", why);
	for (i = 0; i < w->nvisits; i++) {
		v = &w->visits[i];
		times = oracle_visits(w->oracle, i + 1, &ids);
		if (ids > 1 || (times > 1 && !v->shared))
			return world_fail(w,
			    "visit %zu of laptop %u is in the log %u times, "
			    "under %u ids",
			    i + 1, v->laptop, times, ids);
		if (times == 0 && v->arrived)
			return world_fail(w,
			    "visit %zu of laptop %u has left the log", i + 1,
			    v->laptop);
		v->arrived = times > 0;
	}
	if (oracle_visits(w->oracle, 0, &ids) > 0 ||
	    oracle_last_visit(w->oracle) > w->nvisits)
		return world_fail(w, "a visit that nobody made");
	if (last == w->checked)
		return true;
	w->checked = last;
	if ((why = oracle_check_same(w->server)) != NULL)
		return world_fail(w, "%s", why);
	return replay_log(w);
}

bool
world_step(struct world *w)
{
	struct laptop *l = &w->laptops[rng_below(&w->rng, w->nlaptops)];
	uint64_t what;
	bool any, good;

	w->now_ms += (int64_t)rng_below(&w->rng, 60000);
	if (w->why[0] != '\0' || !deliver(w))
		return false;
	if (world_has_twins(w) && !twin_step(w, l))
		return false;
	what = rng_below(&w->rng, 100);
	if (what < 45)
		good = laptop_visit(w, l);
	else if (what < 78)
		good = laptop_send(w, l, &any);
	else if (what < 86)
		good = server_decide(w, &any) && (any || server_same(w));
	else if (what < 86 + w->orders)
		good = server_order(w);
	else if (what < 96)
		good = laptop_unlock(
		    w, l, (unsigned)rng_below(&w->rng, l->npeople));
	else {
		jump_clock(w, l);
		good = true;
	}
	return good && world_check(w);
}
