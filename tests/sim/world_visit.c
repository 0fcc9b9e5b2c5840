#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/outbox/chain.h"
#include "agent/records/display.h"
#include "agent/records/listed.h"
#include "agent/unlock/unlocked.h"
#include "agent/visit/visit.h"

#include "tests/sim/world.h"

/* ---- what is on the screen ------------------------------------------- */

/* Which heads are on the screen now, register by register. */
struct screen {
	uint64_t household; /* by the name of who made it; 0: not clear */
	uint16_t reg[512];
	uint64_t name[512], visit[512];
	int own[512], differ[512];
	size_t n;
};

/* The visits made here, their names by their ids. */
struct made {
	uint64_t id[1024], name[1024];
	size_t n;
};

static enum status
note_made(void *arg, const struct visit_line *line, struct err *err)
{
	struct made *made = arg;

	(void)err;
	if (made->n == 1024)
		abort();
	made->id[made->n] = line->id;
	made->name[made->n++] = strtoull(line->note, NULL, 10);
	return ST_OK;
}

/*
 * Whose visit is this head?  The server's, if its log has just that under
 * this name; else one that was made here.
 */
static uint64_t
head_name(struct world *w, const struct made *made, uint64_t record,
    uint16_t reg, const struct record_head *head, bool *here)
{
	struct oracle_head key = { .record = record,
		.set_id = head->set.set_id,
		.visit = head->set.visit,
		.hlc = head->set.hlc,
		.reg = reg,
		.value = head->value,
		.len = head->len };
	uint64_t name = oracle_name(w->oracle, &key);
	size_t i;

	*here = false;
	for (i = 0; i < made->n; i++) {
		if (name == 0 && made->id[i] == head->set.visit)
			name = made->name[i];
		*here |= made->name[i] == name;
	}
	return name;
}

static void
look_at_register(struct world *w, struct laptop *l, const struct made *made,
    uint64_t record, const struct record_reg *reg, struct screen *screen)
{
	struct unlocked *u = l->agent->open;
	uint64_t name;
	uint32_t k;
	bool here;

	for (k = 0; k < reg->nheads && screen->n < 512; k++) {
		name =
		    head_name(w, made, record, reg->reg, &reg->heads[k], &here);
		screen->reg[screen->n] = reg->reg;
		screen->name[screen->n] = name;
		screen->visit[screen->n] = reg->heads[k].set.visit;
		screen->own[screen->n] = here &&
		    chain_is_own(
			u->chain, reg->heads[k].set.set_id, u->signer.writer);
		screen->differ[screen->n++] = record_conflict(reg);
		if (reg->reg != INSTRUMENT_PLACE)
			continue;
		if (reg->heads[k].set.flags & RECORD_SET_IMPORT)
			name = record;
		screen->household =
		    k == 0 || screen->household == name ? name : 0;
	}
}

static bool
look(struct world *w, struct laptop *l, uint64_t record, struct screen *screen)
{
	struct unlocked *u = l->agent->open;
	struct made made = { .n = 0 };
	struct display d = { 0 };
	struct err err;
	size_t i;

	screen->n = 0;
	screen->household = 0;
	if (record == 0) {
		screen->household = l->attempt.name;
		return true;
	}
	if (visits_each(u->visits, u->standing.cursor.epoch, note_made, &made,
		&err) != ST_OK ||
	    display_read(
		u->reader, record, u->standing.cursor.epoch, &d, &err) != ST_OK)
		return world_fail(w, "cannot look: %s", err.text);
	for (i = 0; d.kind != 0 && i < d.record->nregs; i++)
		look_at_register(
		    w, l, &made, record, &d.record->regs[i], screen);
	display_free(&d);
	return true;
}

static void
remember(struct world *w, uint64_t name, const struct screen *screen)
{
	size_t i;

	oracle_at(w->oracle, name, screen->household);
	for (i = 0; i < screen->n; i++)
		oracle_saw(w->oracle, name, screen->reg[i], screen->name[i],
		    screen->own[i], screen->differ[i]);
}

/* A visit of this laptop is on its screen until something else comes. */
static bool
own_is_shown(
    struct world *w, struct laptop *l, uint64_t record, struct screen *screen)
{
	uint64_t visit = 0;
	unsigned k;
	size_t i;

	for (k = 0; k < l->nfresh; k++)
		if (l->fresh[k].record == record)
			visit = l->fresh[k].visit;
	for (i = 0; i < screen->n && visit != 0; i++)
		if (screen->visit[i] == visit)
			visit = 0;
	if (visit != 0)
		return world_fail(
		    w, "laptop %u does not show its own visit", l->number);
	return true;
}

/* ---- the form --------------------------------------------------------- */

static void
say(struct attempt *a, int *at, const char *text)
{
	*at +=
	    snprintf(a->json + *at, sizeof(a->json) - (size_t)*at, "%s", text);
}

/* A form about one household: few fields with few values, to disagree. */
static void
fill_form(struct world *w, struct attempt *a)
{
	static const char *const NAME[] = { "alamat", "lantai", "dinding",
		"rt" };
	struct rng *rng = &w->rng;
	char id[ID_TEXT_SIZE];
	unsigned i, n = 0;
	int at;

	at = snprintf(a->json, sizeof(a->json),
	    "{\"key\":\"k%" PRIu64 "\",\"note\":\"%" PRIu64 "\",", a->name,
	    a->name);
	if (a->record == 0) {
		say(a, &at, "\"new\":{\"village\":\"64.02.05.2001\"}");
	} else {
		id_print(a->record, id);
		at += snprintf(a->json + at, sizeof(a->json) - (size_t)at,
		    "\"household\":\"%s\"", id);
	}
	a->member = world_has_twins(w) && rng_chance(rng, 15);
	if (a->member)
		say(a, &at,
		    ",\"members\":[{\"new\":true,\"fields\":{\"jk\":\"1\"}}]");
	at += snprintf(a->json + at, sizeof(a->json) - (size_t)at,
	    ",\"day\":\"2026-11-%02u\",\"fields\":{",
	    1 + (unsigned)rng_below(rng, 2));
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
	say(a, &at, "}}");
	a->len = (size_t)at;
}

/* The number behind "${key}":" in the answer. */
static uint64_t
number_of(const struct writer *answer, const char *key)
{
	char text[1024], found[32];
	const char *at;

	snprintf(found, sizeof(found), "\"%s\":\"", key);
	snprintf(text, sizeof(text), "%.*s", (int)answer->len,
	    answer->bytes != NULL ? (const char *)answer->bytes : "");
	at = strstr(text, found);
	return at != NULL ? strtoull(at + strlen(found), NULL, 10) : 0;
}

/* ---- one visit -------------------------------------------------------- */

struct choice {
	struct world *w;
	uint64_t id;
	uint64_t n;
};

static enum status
choose(void *arg, const struct listed_line *line, struct err *err)
{
	struct choice *c = arg;

	(void)err;
	if (rng_below(&c->w->rng, ++c->n) == 0)
		c->id = line->id;
	return ST_OK;
}

/* Which household: one of the desk's, or one that was found on the way. */
static bool
choose_record(struct world *w, struct laptop *l, uint64_t *out)
{
	struct choice c = { .w = w };
	struct err err;

	*out = w->households[rng_below(&w->rng, w->nhouseholds)];
	if (!world_has_twins(w) || rng_chance(&w->rng, 30))
		return true;
	if (rng_chance(&w->rng, 30)) {
		*out = 0;
		return true;
	}
	if (listed_households(l->agent->open->listed, 0, choose, &c, &err) !=
	    ST_OK)
		return world_fail(w, "cannot list: %s", err.text);
	if (c.id != 0)
		*out = c.id;
	return true;
}

static struct visit *
ask(struct world *w, struct laptop *l)
{
	if (w->nvisits == w->visits_cap) {
		w->visits_cap = w->visits_cap * 2 + 64;
		w->visits =
		    realloc(w->visits, w->visits_cap * sizeof(*w->visits));
		if (w->visits == NULL)
			abort();
	}
	w->visits[w->nvisits] = (struct visit){ .laptop = l->number };
	l->attempt.name = w->nvisits + 1;
	return &w->visits[w->nvisits++];
}

static void
acknowledge(
    struct world *w, struct laptop *l, uint64_t visit, uint64_t household)
{
	struct visit *v = &w->visits[l->attempt.name - 1];
	unsigned k;

	for (k = 0; k < l->nfresh; k++)
		if (l->fresh[k].record == household)
			break;
	/* With a member it may have written nothing to the household. */
	if (l->attempt.member)
		visit = 0;
	if (k < WORLD_FRESH_MAX) {
		l->fresh[k] = (struct fresh){ household, visit };
		l->nfresh += k == l->nfresh;
	}
	v->acked = true;
	v->disks |= 1u << l->number;
	w->n.visits++;
}

/* Somebody opens a form; false in *${any}: there is no household yet. */
static bool
start_attempt(
    struct world *w, struct laptop *l, struct screen *screen, bool *any)
{
	struct attempt *a = &l->attempt;

	*any = false;
	if (!choose_record(w, l, &a->record) ||
	    !look(w, l, a->record, screen) ||
	    !own_is_shown(w, l, a->record, screen))
		return false;
	if (a->record != 0 && screen->n == 0)
		return true; /* nothing has come down yet */
	ask(w, l);
	fill_form(w, a);
	if (a->record == 0)
		screen->household = a->name;
	a->pending = *any = true;
	return true;
}

bool
laptop_visit(struct world *w, struct laptop *l)
{
	struct attempt *a = &l->attempt;
	struct writer answer = { 0 };
	struct screen screen;
	uint64_t visit, household;
	struct err err;
	enum status st;
	bool died, any = true;

	if (!a->pending)
		a->person = (unsigned)rng_below(&w->rng, l->npeople);
	if (!laptop_unlock(w, l, a->person))
		return false;
	if (l->who != (int)a->person)
		return true; /* it died meanwhile */
	if (!(a->pending ? look(w, l, a->record, &screen)
			 : start_attempt(w, l, &screen, &any)))
		return false;
	if (!any)
		return true;
	/* What was on the screen counts, whichever try made the write. */
	remember(w, a->name, &screen);
	laptop_may_die(w, l);
	st = agent_visit(l->agent, a->json, a->len, &answer, &err);
	visit = number_of(&answer, "visit");
	household = number_of(&answer, "household");
	writer_free(&answer);
	world_trace(w, "visit", l->number, visit);
	world_trace(w, "at", a->name, household);
	if (!laptop_survived(w, l, &died))
		return false;
	if (visit == 0 && died)
		/* It may be saved all the same, over an earlier one. */
		l->nfresh = 0;
	if (st == ST_OK && visit != 0) {
		acknowledge(w, l, visit, household);
		a->pending = false;
	} else if (!died) {
		return world_fail(
		    w, "a visit is refused: %s (%s)", err.text, a->json);
	}
	return true;
}
