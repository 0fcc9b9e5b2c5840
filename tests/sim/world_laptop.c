#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/records/display.h"
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

static void
maybe_cut(struct world *w, struct laptop *l)
{
	if (w->resting || !rng_chance(&w->rng, w->cuts))
		return;
	if (rng_chance(&w->rng, 50))
		simfs_cut_at(l->machine.fs, 1 + rng_below(&w->rng, 40));
	else
		simfs_cut_at_sync(l->machine.fs);
}

/* After something was asked of the laptop: did it die? */
static bool
survived(struct world *w, struct laptop *l, bool *died)
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
	maybe_cut(w, l);
	if (l->who >= 0)
		st = agent_lock(l->agent, &err);
	if (st == ST_OK)
		st = agent_unlock(
		    l->agent, LABEL[person], PASSPHRASE[person], &err);
	l->who = st == ST_OK ? (int)person : -1;
	world_trace(w, "unlock", l->number, person);
	if (!survived(w, l, &died))
		return false;
	if (died)
		return true;
	if (st != ST_OK)
		return world_fail(
		    w, "laptop %u cannot be unlocked: %s", l->number, err.text);
	return true;
}

static bool
enrol_person(struct world *w, struct laptop *l, unsigned p)
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
	if (st == ST_OK)
		st = person_add(
		    w->server, name, PERSON_ENUMERATOR, &person, &err);
	terms.person = person.number;
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
		if (!enrol_person(w, l, p))
			return false;
	}
	laptop_off(w, l);
	return laptop_boot(w, l);
}

/* ---- visits --------------------------------------------------------- */

/* Which heads are on the screen now, register by register. */
struct screen {
	uint16_t reg[512];
	uint64_t head[512], visit[512];
	int own[512], differ[512];
	size_t n;
};

static bool
look(struct world *w, struct laptop *l, uint64_t record, struct screen *screen)
{
	struct unlocked *u = l->agent->open;
	struct display d = { 0 };
	const struct record_reg *reg;
	struct err err;
	uint32_t k;
	size_t i;

	screen->n = 0;
	if (display_read(
		u->reader, record, u->standing.cursor.epoch, &d, &err) != ST_OK)
		return world_fail(w, "cannot look: %s", err.text);
	for (i = 0; d.kind != 0 && i < d.record->nregs; i++) {
		reg = &d.record->regs[i];
		for (k = 0; k < reg->nheads && screen->n < 512; k++) {
			screen->reg[screen->n] = reg->reg;
			screen->head[screen->n] = reg->heads[k].set.set_id;
			screen->visit[screen->n] = reg->heads[k].set.visit;
			screen->own[screen->n] =
			    reg->heads[k].set.writer == u->signer.writer;
			screen->differ[screen->n++] = record_conflict(reg);
		}
	}
	display_free(&d);
	return true;
}

static void
remember(struct world *w, uint64_t visit, uint64_t record,
    const struct screen *screen)
{
	size_t i;

	for (i = 0; i < screen->n; i++)
		oracle_saw(w->oracle, visit, record, screen->reg[i],
		    &screen->head[i], &screen->own[i], 1, screen->differ[i]);
}

/* A visit of this laptop is on its screen until something else comes. */
static bool
own_is_shown(
    struct world *w, struct laptop *l, uint64_t record, struct screen *screen)
{
	uint64_t visit = 0;
	unsigned k;
	size_t i;

	for (k = 0; k < w->nhouseholds; k++)
		if (w->households[k] == record)
			visit = l->fresh[k];
	for (i = 0; i < screen->n && visit != 0; i++)
		if (screen->visit[i] == visit)
			visit = 0;
	if (visit != 0)
		return world_fail(
		    w, "laptop %u does not show its own visit", l->number);
	return true;
}

/* A form about one household: few fields with few values, to disagree. */
static void
fill_form(struct world *w, struct laptop *l, struct attempt *a)
{
	static const char *const NAME[] = { "alamat", "lantai", "dinding",
		"rt" };
	struct rng *rng = &w->rng;
	char id[ID_TEXT_SIZE];
	unsigned i, n = 0;
	int at;

	id_print(a->record, id);
	at = snprintf(a->json, sizeof(a->json),
	    "{\"key\":\"k%u-%u\",\"household\":\"%s\",\"day\":\"2026-11-%02u\","
	    "\"fields\":{",
	    l->number, l->keys++, id, 1 + (unsigned)rng_below(rng, 2));
	for (i = 0; i < 4; i++) {
		if (!rng_chance(rng, 40) && (i < 3 || n > 0))
			continue; /* at least one */
		at += snprintf(a->json + at, sizeof(a->json) - (size_t)at,
		    "%s\"%s\":\"%u\"", n++ > 0 ? "," : "", NAME[i],
		    1 + (unsigned)rng_below(rng, 3));
	}
	if (rng_chance(rng, 30))
		at += snprintf(a->json + at, sizeof(a->json) - (size_t)at,
		    "%s\"lat\":\"-0.%u\",\"lon\":\"116.%u\","
		    "\"akurasi_m\":\"%u\"",
		    n++ > 0 ? "," : "", 1 + (unsigned)rng_below(rng, 3),
		    1 + (unsigned)rng_below(rng, 3),
		    5 + (unsigned)rng_below(rng, 2));
	if (rng_chance(rng, 10))
		at += snprintf(a->json + at, sizeof(a->json) - (size_t)at,
		    "},\"life\":{\"state\":\"%u\"",
		    1 + 8 * (unsigned)rng_below(rng, 2));
	at += snprintf(a->json + at, sizeof(a->json) - (size_t)at, "}}");
	a->len = (size_t)at;
}

/* The number behind "visit":" in the answer. */
static uint64_t
visit_of(const struct writer *answer)
{
	static const char KEY[] = "\"visit\":\"";
	const char *at;
	char text[1024];

	snprintf(text, sizeof(text), "%.*s", (int)answer->len,
	    answer->bytes != NULL ? (const char *)answer->bytes : "");
	at = strstr(text, KEY);
	return at != NULL ? strtoull(at + strlen(KEY), NULL, 10) : 0;
}

static void
acknowledge(struct world *w, struct laptop *l, uint64_t visit)
{
	unsigned k;

	if (w->nacked == w->acked_cap) {
		w->acked_cap = w->acked_cap * 2 + 64;
		w->acked = realloc(w->acked, w->acked_cap * sizeof(*w->acked));
		if (w->acked == NULL)
			abort();
	}
	for (k = 0; k < w->nhouseholds; k++)
		if (w->households[k] == l->attempt.record)
			l->fresh[k] = visit;
	w->acked[w->nacked++] =
	    (struct acked){ .visit = visit, .laptop = l->number };
	w->n.visits++;
}

bool
laptop_visit(struct world *w, struct laptop *l)
{
	struct attempt *a = &l->attempt;
	struct writer answer = { 0 };
	struct screen screen;
	struct err err;
	enum status st;
	uint64_t visit;
	bool died;

	if (!a->pending) {
		a->person = (unsigned)rng_below(&w->rng, l->npeople);
		a->record = w->households[rng_below(&w->rng, w->nhouseholds)];
	}
	if (!laptop_unlock(w, l, a->person))
		return false;
	if (l->who != (int)a->person)
		return true; /* it died meanwhile */
	if (!look(w, l, a->record, &screen) ||
	    !own_is_shown(w, l, a->record, &screen))
		return false;
	if (!a->pending && screen.n == 0)
		return true; /* nothing has come down yet */
	if (!a->pending)
		fill_form(w, l, a);
	a->pending = true;
	maybe_cut(w, l);
	st = agent_visit(l->agent, a->json, a->len, &answer, &err);
	visit = visit_of(&answer);
	writer_free(&answer);
	world_trace(w, "visit", l->number, visit);
	if (!survived(w, l, &died))
		return false;
	/* What was on the screen counts, whichever try made the write. */
	if (visit == 0 && died)
		/* It may be saved all the same, over an earlier one. */
		memset(l->fresh, 0, sizeof(l->fresh));
	if (visit == 0 && died)
		remember(w, UINT64_MAX - l->number, a->record, &screen);
	if (st == ST_OK && visit != 0) {
		remember(w, visit, a->record, &screen);
		oracle_rename(w->oracle, UINT64_MAX - l->number, visit);
		acknowledge(w, l, visit);
		a->pending = false;
	} else if (!died) {
		return world_fail(
		    w, "a visit is refused: %s (%s)", err.text, a->json);
	}
	return true;
}

/* ---- sync ----------------------------------------------------------- */

bool
laptop_send(struct world *w, struct laptop *l, bool *any)
{
	struct writer bundle = { 0 };
	struct err err;
	enum status st;
	bool died;

	maybe_cut(w, l);
	st = agent_sync_bundle(l->agent, true, &bundle, l->name, &err);
	*any = st == ST_OK;
	world_trace(w, "send", l->number, bundle.len);
	if (st == ST_OK)
		net_send(&w->net, w->now_ms, l->number, true, l->name,
		    bundle.bytes, bundle.len);
	writer_free(&bundle);
	w->n.syncs++;
	if (!survived(w, l, &died))
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

	memset(l->fresh, 0, sizeof(l->fresh));
	maybe_cut(w, l);
	st = agent_sync_reply(
	    l->agent, m->name, m->bytes, m->len, &synced, &err);
	world_trace(w, "reply", l->number, (uint64_t)st);
	if (!survived(w, l, &died))
		return false;
	if (st != ST_OK && st != ST_UNTRUSTED && st != ST_INVALID && !died)
		return world_fail(w, "laptop %u cannot take a reply: %s",
		    l->number, err.text);
	if (st == ST_OK && synced.more && !died)
		return laptop_send(w, l, &any);
	return true;
}
