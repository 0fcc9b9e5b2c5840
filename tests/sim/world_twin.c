#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/unlock/unlocked.h"

#include "sync-server/review/book.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

#include "tests/sim/world.h"

bool
world_has_twins(const struct world *w)
{
	return w->clones > 0 || w->olders > 0;
}

/* ---- two of one ------------------------------------------------------- */

/* What ${l} may have saved without an answer is nobody's to ask for again. */
static void
give_up_attempt(struct world *w, struct laptop *l)
{
	if (l->attempt.pending)
		w->visits[l->attempt.name - 1].shared = true;
	l->attempt.pending = false;
}

/* All of the disk goes to a new machine; both go on. */
static bool
clone_laptop(struct world *w, struct laptop *l)
{
	static const char *const ALL[] = { "" };
	struct laptop *c = &w->laptops[w->nlaptops];
	const uint32_t from = 1u << l->number, to = 1u << w->nlaptops;
	size_t i;

	*c = (struct laptop){ .number = w->nlaptops, .npeople = l->npeople };
	memcpy(c->dir, l->dir, sizeof(c->dir));
	memcpy(c->persons, l->persons, sizeof(c->persons));
	memcpy(c->fresh, l->fresh, sizeof(c->fresh));
	c->nfresh = l->nfresh;
	c->who = -1;
	machine_start(&c->machine, (int)c->number + 1, &w->rng, &w->now_ms);
	c->machine.skew_ms = l->machine.skew_ms;
	simfs_copy(c->machine.fs, l->machine.fs, ALL, 1);
	for (i = 0; i < w->nvisits; i++) {
		if ((w->visits[i].disks & from) == 0)
			continue;
		w->visits[i].disks |= to;
		w->visits[i].shared = true;
	}
	if (l->attempt.pending)
		w->visits[l->attempt.name - 1].shared = true;
	w->nlaptops++;
	w->nclones++;
	w->n.clones++;
	world_trace(w, "clone", l->number, c->number);
	return laptop_boot(w, c);
}

/* Somebody makes a copy of the disk, for later. */
static void
keep_image(struct world *w, struct laptop *l)
{
	const uint32_t bit = 1u << l->number;
	size_t i;

	simfs_free(l->image);
	l->image = simfs_image(l->machine.fs);
	for (i = 0; i < w->nvisits; i++) {
		w->visits[i].kept &= ~bit;
		w->visits[i].kept |= w->visits[i].disks & bit;
	}
}

/*
 * The copy is put back: the store and its log, these and the tally, or all
 * that there was.
 */
static bool
put_image_back(struct world *w, struct laptop *l)
{
	static const char *const TAILS[] = { "/store.db", "/store.db-wal",
		"/tally" };
	static const char *const ALL[] = { "" };
	const uint32_t bit = 1u << l->number;
	uint64_t how = rng_below(&w->rng, 3);
	size_t i;

	laptop_off(w, l);
	if (how < 2)
		simfs_copy(l->machine.fs, l->image, TAILS, 2 + how);
	else
		simfs_copy(l->machine.fs, l->image, ALL, 1);
	give_up_attempt(w, l);
	l->nfresh = 0;
	for (i = 0; i < w->nvisits; i++) {
		if (((w->visits[i].disks | w->visits[i].kept) & bit) != 0)
			w->visits[i].shared = true;
		w->visits[i].disks &= ~bit;
		w->visits[i].disks |= w->visits[i].kept & bit;
	}
	w->n.olders++;
	world_trace(w, "older copy", l->number, how);
	return laptop_boot(w, l);
}

bool
twin_step(struct world *w, struct laptop *l)
{
	uint64_t what = rng_below(&w->rng, 100);
	bool any;

	if (what < w->clones && w->nclones < WORLD_CLONES_MAX &&
	    w->nlaptops < WORLD_LAPTOPS_MAX)
		return clone_laptop(w, l);
	what -= what < w->clones ? 0 : w->clones;
	if (what < w->olders && l->image != NULL &&
	    w->n.olders < WORLD_OLDERS_MAX)
		return put_image_back(w, l);
	if (what < 2 * (uint64_t)w->olders)
		keep_image(w, l);
	else if (what >= 90)
		return office_book(w, &any);
	else if (what >= 80)
		return office_renew(w, l, &any);
	return true;
}

/* ---- the office ------------------------------------------------------- */

struct waiting {
	uint32_t writers[64];
	size_t n;
};

static enum status
note_writer(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct waiting *waiting = arg;
	size_t i;

	(void)err;
	for (i = 0; i < waiting->n; i++)
		if (waiting->writers[i] == item->writer)
			return ST_OK;
	if (waiting->n < 64)
		waiting->writers[waiting->n++] = item->writer;
	return ST_OK;
}

static bool
list_waiting(struct world *w, struct waiting *out)
{
	struct err err;
	enum status st;

	out->n = 0;
	server_lock(w->server);
	st = store_quarantine_each(
	    w->server->store, NULL, note_writer, out, &err);
	server_unlock(w->server);
	if (st != ST_OK)
		return world_fail(w, "cannot look: %s", err.text);
	return true;
}

bool
office_book(struct world *w, bool *any)
{
	struct book_opts opts = { .reason = "disalin", .person = w->reviewer };
	struct book_result result;
	struct waiting waiting;
	struct err err;
	enum status st;
	size_t i;

	*any = false;
	if (!list_waiting(w, &waiting))
		return false;
	for (i = 0; i < waiting.n; i++) {
		opts.writer = waiting.writers[i];
		st = book_writer(w->server, &opts, &result, &err);
		world_trace(w, "book", opts.writer, (uint64_t)st);
		if (st == ST_NOTFOUND)
			continue;
		if (st != ST_OK)
			return world_fail(w, "cannot book: %s", err.text);
		*any |= result.sets > 0;
		w->n.booked += result.sets;
	}
	return true;
}

bool
office_renew(struct world *w, struct laptop *l, bool *any)
{
	struct err err;
	unsigned person = (unsigned)l->who;

	*any = false;
	if (l->who < 0 || agent_halted(l->agent, &err) == ST_OK)
		return true;
	world_trace(w, "anew", l->number, person);
	if (!laptop_enrol_person(w, l, person))
		return false;
	l->who = -1;
	w->n.anew++;
	*any = true;
	return laptop_unlock(w, l, person);
}

bool
twin_judge(struct world *w)
{
	struct waiting waiting;
	struct laptop *l;
	struct err err;
	unsigned i, p;

	if (!list_waiting(w, &waiting))
		return false;
	if (waiting.n > 0)
		return world_fail(w,
		    "a set of writer %u waits in quarantine for ever",
		    (unsigned)waiting.writers[0]);
	for (i = 0; i < w->nlaptops; i++) {
		l = &w->laptops[i];
		for (p = 0; p < l->npeople; p++) {
			if (!laptop_unlock(w, l, p))
				return false;
			if (agent_halted(l->agent, &err) != ST_OK)
				return world_fail(
				    w, "laptop %u is halted for ever", i);
		}
	}
	return true;
}
