#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/place/region.h"

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/unlock/unlocked.h"

#include "sync-server/people/code.h"
#include "sync-server/people/enrol.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"

#include "tests/sim/world.h"

static const char *const LABEL[WORLD_PEOPLE_MAX] = { "AA", "BB" };
static const char *const PASSPHRASE[WORLD_PEOPLE_MAX] = {
	"sungai padi kayu batu", "angin laut pagi biru"
};

static bool
open_agent(struct world *w, struct laptop *l)
{
	struct agent_opts opts = {
		.dir = l->dir,
		.vfs = machine_vfs(&l->machine),
		.env = &l->machine.env,
		.cost = { .ops = 1, .mem = 8192 },
	};
	struct err err;
	int tries;

	for (tries = 0; tries < 20; tries++) {
		if (agent_open(&l->agent, &opts, &err) == ST_OK)
			return true;
		if (!simfs_dead(l->machine.fs))
			break;
		simfs_reboot(l->machine.fs);
	}
	return world_fail(
	    w, "laptop %u does not start: %s", l->number, err.text);
}

void
laptop_off(struct world *w, struct laptop *l)
{
	(void)w;
	agent_close(l->agent);
	l->agent = NULL;
	l->who = -1;
	l->waiting = false;
}

bool
laptop_boot(struct world *w, struct laptop *l)
{
	if (simfs_dead(l->machine.fs)) {
		w->n.laptop_cuts++;
		simfs_reboot(l->machine.fs);
		world_trace(
		    w, "laptop cut", l->number, simfs_calls(l->machine.fs));
	}
	simfs_cut_at(l->machine.fs, 0);
	return open_agent(w, l);
}

void
laptop_may_die(struct world *w, struct laptop *l)
{
	if (w->resting || !rng_chance(&w->rng, w->cuts))
		return;
	if (rng_chance(&w->rng, 50))
		simfs_cut_at(l->machine.fs, 1 + rng_below(&w->rng, 40));
	else
		simfs_cut_at_sync(l->machine.fs);
}

bool
laptop_survived(struct world *w, struct laptop *l, bool *died)
{
	*died = simfs_dead(l->machine.fs);
	if (!*died) {
		simfs_cut_at(l->machine.fs, 0);
		return true;
	}
	laptop_off(w, l);
	return laptop_boot(w, l);
}

bool
laptop_unlock(struct world *w, struct laptop *l, unsigned person)
{
	struct err err;
	enum status st = ST_OK;
	bool died;

	if (l->who == (int)person)
		return true;
	laptop_may_die(w, l);
	if (l->who >= 0)
		st = agent_lock(l->agent, &err);
	if (st == ST_OK)
		st = agent_unlock(
		    l->agent, LABEL[person], PASSPHRASE[person], &err);
	l->who = st == ST_OK ? (int)person : -1;
	world_trace(w, "unlock", l->number, person);
	if (!laptop_survived(w, l, &died))
		return false;
	if (died)
		return true;
	if (st != ST_OK)
		return world_fail(
		    w, "laptop %u cannot be unlocked: %s", l->number, err.text);
	return true;
}

bool
laptop_enrol_person(struct world *w, struct laptop *l, unsigned p)
{
	uint64_t places[1];
	struct code_terms terms = {
		.label = LABEL[p], .places = places, .nplaces = 1, .hours = 72
	};
	char name[32], code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://127.0.0.1:1",
		.label = LABEL[p],
		.passphrase = PASSPHRASE[p] };
	struct writer card = { 0 }, request = { 0 }, reply = { 0 };
	struct person person;
	struct err err;
	enum status st;

	snprintf(name, sizeof(name), "Petugas %u-%u", l->number, p);
	st = region_parse(&places[0], "64.02.05", &err);
	if (st == ST_OK && l->persons[p] == 0) {
		st = person_add(
		    w->server, name, PERSON_ENUMERATOR, &person, &err);
		l->persons[p] = person.number;
	}
	terms.person = l->persons[p];
	if (st == ST_OK)
		st = code_issue(code, w->server, &terms, &err);
	if (st == ST_OK)
		st = server_card_pack(
		    &card, &w->server->card, &w->server->keys.root, &err);
	if (st == ST_OK)
		st = agent_enrol_request(
		    l->agent, &enrol, card.bytes, card.len, &request, &err);
	if (st == ST_OK)
		st = enrol_answer(
		    w->server, request.bytes, request.len, &reply, &err);
	if (st == ST_OK)
		st = agent_enrol_reply(
		    l->agent, &enrol, reply.bytes, reply.len, &err);
	writer_free(&card);
	writer_free(&request);
	writer_free(&reply);
	if (st != ST_OK)
		return world_fail(w, "cannot enrol: %s", err.text);
	return true;
}

bool
laptop_enrol(struct world *w, struct laptop *l)
{
	unsigned p;

	l->who = -1;
	snprintf(l->dir, sizeof(l->dir), "/m%u", l->number + 1);
	if (!open_agent(w, l))
		return false;
	for (p = 0; p < l->npeople; p++) {
		if (p > 0 && !agent_unlocked(l->agent) &&
		    !laptop_unlock(w, l, 0))
			return false;
		if (!laptop_enrol_person(w, l, p))
			return false;
	}
	laptop_off(w, l);
	return laptop_boot(w, l);
}

/* ---- sync ----------------------------------------------------------- */

bool
laptop_send(struct world *w, struct laptop *l, bool *any)
{
	struct writer bundle = { 0 };
	struct err err;
	enum status st;
	bool died;

	laptop_may_die(w, l);
	st = agent_sync_bundle(l->agent, true, &bundle, l->name, &err);
	*any = st == ST_OK;
	world_trace(w, "send", l->number, bundle.len);
	if (st == ST_OK)
		net_send(&w->net, w->now_ms, l->number, true, l->name,
		    bundle.bytes, bundle.len);
	writer_free(&bundle);
	w->n.syncs++;
	if (!laptop_survived(w, l, &died))
		return false;
	if (st != ST_OK && st != ST_NOTFOUND && !died)
		return world_fail(
		    w, "laptop %u cannot send: %s", l->number, err.text);
	return true;
}

bool
laptop_take(struct world *w, struct laptop *l, const struct net_message *m)
{
	struct agent_synced synced = { 0 };
	struct err err;
	enum status st;
	bool died, any;

	l->nfresh = 0;
	laptop_may_die(w, l);
	st = agent_sync_reply(
	    l->agent, m->name, m->bytes, m->len, &synced, &err);
	world_trace(w, "reply", l->number, (uint64_t)st);
	world_trace(w, "  took", synced.quarantined, synced.records);
	if (!laptop_survived(w, l, &died))
		return false;
	if (st != ST_OK && st != ST_UNTRUSTED && st != ST_INVALID && !died)
		return world_fail(w, "laptop %u cannot take a reply: %s",
		    l->number, err.text);
	if (st == ST_OK && synced.more && !died)
		return laptop_send(w, l, &any);
	return true;
}
