#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/merge/record.h"

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/records/display.h"
#include "agent/unlock/unlocked.h"

#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/replay.h"
#include "tests/sim/world.h"

/* ---- at rest -------------------------------------------------------- */

/*
 * Everybody on this laptop unlocks, and it syncs until nothing is due; who is
 * halted gets a code.  *${moved}: somebody did.
 */
static bool
settle_laptop(struct world *w, struct laptop *l, bool *moved)
{
	struct net_message *m;
	unsigned p, round;
	bool any, good = true;

	while (l->attempt.pending)
		if (!laptop_visit(w, l))
			return false;
	for (p = 0; p < l->npeople && good; p++) {
		good = laptop_unlock(w, l, p);
		for (round = 0; round < 4 && good; round++) {
			good = laptop_send(w, l, &any);
			while (good && !net_empty(&w->net)) {
				w->now_ms += 10;
				m = net_next(&w->net, w->now_ms);
				if (m == NULL)
					continue;
				good = m->up
				    ? server_take(w, m)
				    : laptop_take(w, &w->laptops[m->laptop], m);
				free(m);
			}
		}
		if (good && world_has_twins(w)) {
			good = office_renew(w, l, &any);
			*moved |= any;
		}
	}
	return good;
}

bool
world_rest(struct world *w)
{
	unsigned i, round;
	bool any = true, decided, booked = false;

	w->resting = true;
	net_heal(&w->net);
	for (i = 0; i < w->nlaptops; i++)
		w->laptops[i].machine.skew_ms = 0;
	for (round = 0; round < 60 && any; round++) {
		any = false;
		for (i = 0; i < w->nlaptops; i++)
			if (!settle_laptop(w, &w->laptops[i], &any))
				return false;
		if (world_has_twins(w) && !office_book(w, &booked))
			return false;
		if (!server_decide(w, &decided))
			return false;
		any |= booked || decided;
	}
	if (any)
		return world_fail(w, "the office does not come to an end");
	for (i = 0; i < w->nlaptops; i++)
		if (!settle_laptop(w, &w->laptops[i], &any))
			return false;
	return true;
}

/* ---- the judgement -------------------------------------------------- */

/* Does the laptop show what the server holds? */
static bool
laptop_agrees(struct world *w, struct laptop *l, const struct replay_states *s)
{
	struct unlocked *u = l->agent->open;
	struct writer packed = { 0 };
	struct display d = { 0 };
	struct err err;
	bool same = true;
	size_t i;

	for (i = 0; i < s->n && same; i++) {
		if (s->places[i] == 0)
			continue; /* its making was voided: the desk's alone */
		if (display_read(u->reader, s->ids[i], u->standing.cursor.epoch,
			&d, &err) != ST_OK ||
		    d.kind == 0 ||
		    record_pack(&packed, d.record, &err) != ST_OK)
			same = false;
		else
			same = packed.len == s->len[i] &&
			    memcmp(packed.bytes, s->bytes[i], packed.len) == 0;
		writer_clear(&packed);
		display_free(&d);
	}
	writer_free(&packed);
	if (!same)
		return world_fail(w,
		    "laptop %u shows another state than the "
		    "server's after all is synced",
		    l->number);
	return true;
}

static bool
nothing_lost(struct world *w)
{
	unsigned ids;
	size_t i;

	/* What was on no disk any more went with an older copy. */
	for (i = 0; i < w->nvisits; i++)
		if (w->visits[i].acked && w->visits[i].disks != 0 &&
		    oracle_visits(w->oracle, i + 1, &ids) == 0)
			return world_fail(w,
			    "visit %zu of laptop %u is acknowledged, and not "
			    "in the log",
			    i + 1, w->visits[i].laptop);
	return true;
}

bool
world_judge(struct world *w)
{
	struct replay_states states = { .n = 0 };
	struct err err;
	unsigned i;
	bool good;

	w->checked = UINT64_MAX; /* once more, whatever was looked at */
	good = world_check(w) && nothing_lost(w) && twin_judge(w);
	if (good &&
	    store_rows_each(
		w->server->store, replay_take_state, &states, &err) != ST_OK)
		good = world_fail(w, "cannot judge: %s", err.text);
	for (i = 0; i < w->nlaptops && good; i++)
		good = laptop_agrees(w, &w->laptops[i], &states);
	replay_states_free(&states);
	return good;
}
