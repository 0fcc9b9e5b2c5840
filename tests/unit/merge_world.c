#include <string.h>

#include "common/merge/merge.h"
#include "tests/lib/unit.h"
#include "tests/unit/merge_world.h"

static struct err err;

uint64_t
world_random(struct world *w)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned
world_below(struct world *w, unsigned n)
{
	return (unsigned)(world_random(w) % n);
}

bool
world_chance(struct world *w, unsigned percent)
{
	return world_below(w, 100) < percent;
}

const struct write *
world_write(const struct set *set, unsigned rec, uint16_t reg)
{
	unsigned i;

	for (i = 0; i < set->nwrites; i++)
		if (set->writes[i].rec == rec && set->writes[i].reg == reg)
			return &set->writes[i];
	return NULL;
}

static bool
is_named(const struct world *w, const bool *holds, uint64_t id, unsigned rec,
    uint16_t reg)
{
	const struct write *by;
	unsigned i, k;

	for (i = 0; i < w->nsets; i++) {
		if (!holds[i] ||
		    (by = world_write(&w->sets[i], rec, reg)) == NULL)
			continue;
		for (k = 0; k < by->npreds; k++)
			if (by->preds[k] == id)
				return true;
	}
	return false;
}

static bool
has_write(const struct world *w, const bool *holds, uint64_t id, unsigned rec,
    uint16_t reg)
{
	unsigned i;

	for (i = 0; i < w->nsets; i++)
		if (holds[i] && w->sets[i].id == id &&
		    world_write(&w->sets[i], rec, reg) != NULL)
			return true;
	return false;
}

static bool
is_head(const struct record_reg *reg, uint64_t id)
{
	uint32_t i;

	for (i = 0; reg != NULL && i < reg->nheads; i++)
		if (reg->heads[i].set.set_id == id)
			return true;
	return false;
}

static bool
is_awaited(const struct record_reg *reg, uint64_t id)
{
	uint32_t i;

	for (i = 0; reg != NULL && i < reg->nawaited; i++)
		if (reg->awaited[i] == id)
			return true;
	return false;
}

void
world_check_heads(const struct world *w, const struct record *r,
    const bool *holds, unsigned rec)
{
	const struct record_reg *reg;
	uint32_t nheads;
	unsigned i;
	uint16_t f;

	for (f = 0; f < WORLD_REGS; f++) {
		reg = record_find(r, f);
		nheads = 0;
		for (i = 0; i < w->nsets; i++) {
			if (!holds[i] ||
			    world_write(&w->sets[i], rec, f) == NULL ||
			    is_named(w, holds, w->sets[i].id, rec, f))
				continue;
			nheads++;
			ck_assert_msg(is_head(reg, w->sets[i].id),
			    "record %u register %u: a head is missing", rec, f);
		}
		ck_assert_msg(nheads == (reg != NULL ? reg->nheads : 0),
		    "record %u register %u: a replaced write is a head", rec,
		    f);
		w->seen->heads3 += nheads >= 3;
	}
}

void
world_check_awaited(const struct world *w, const struct record *r,
    const bool *holds, unsigned rec)
{
	const struct record_reg *reg;
	const struct write *by;
	unsigned i, k;
	uint16_t f;

	for (i = 0; i < w->nsets; i++) {
		for (f = 0; holds[i] && f < WORLD_REGS; f++) {
			if ((by = world_write(&w->sets[i], rec, f)) == NULL)
				continue;
			reg = record_find(r, f);
			for (k = 0; k < by->npreds; k++)
				ck_assert_msg(is_awaited(reg, by->preds[k]) ==
					!has_write(
					    w, holds, by->preds[k], rec, f),
				    "record %u register %u: awaited", rec, f);
		}
	}
	for (i = 0; i < r->nregs; i++)
		for (k = 0; k < r->regs[i].nawaited; k++, w->seen->awaited++)
			ck_assert(is_named(w, holds, r->regs[i].awaited[k], rec,
			    r->regs[i].reg));
}

struct asking {
	const struct world *w;
	const bool *holds;
	unsigned rec;
};

static bool
was_added(void *arg, uint64_t set_id, uint16_t reg)
{
	const struct asking *a = arg;

	return has_write(a->w, a->holds, set_id, a->rec, reg);
}

void
world_apply(struct world *w, struct record *r, const struct set *set,
    const struct write *write, const bool *holds)
{
	struct asking asking = { w, holds, write->rec };
	struct merge_write mw = {
		.set = { .set_id = set->id,
		    .hlc = set->hlc,
		    .day = set->day,
		    .writer = set->writer,
		    .flags = set->decision ? RECORD_SET_DECISION : 0 },
		.reg = write->reg,
		.npreds = write->npreds,
		.preds = write->preds,
		.value = (const uint8_t *)write->value,
		.len = 1,
	};
	struct merge_effect effect;

	ok(merge_apply(
	    r, &mw, holds != NULL ? was_added : NULL, &asking, &effect, &err));
	w->seen->agreed += effect.was_conflict && !effect.is_conflict;
	w->seen->arrived += !effect.head;
}

void
world_add(struct world *w, struct state *state, unsigned rec, unsigned set)
{
	struct writer *packed = &state->packed[rec];
	struct writer next = { 0 };
	unsigned i;

	ok(record_unpack(w->work, packed->bytes, packed->len, &err));
	for (i = 0; i < w->sets[set].nwrites; i++)
		if (w->sets[set].writes[i].rec == rec)
			world_apply(w, w->work, &w->sets[set],
			    &w->sets[set].writes[i], state->holds[rec]);
	ok(record_pack(&next, w->work, &err));
	writer_free(packed);
	*packed = next;
	state->holds[rec][set] = true;
}

bool
world_touches(const struct set *set, unsigned rec)
{
	unsigned i;

	for (i = 0; i < set->nwrites; i++)
		if (set->writes[i].rec == rec)
			return true;
	return false;
}

void
world_rebuild(
    struct world *w, struct state *state, unsigned rec, enum world_order order)
{
	unsigned turn[2 * WORLD_SETS], i, k, swap, n = 2 * w->nsets;

	writer_free(&state->packed[rec]);
	memset(state->holds[rec], 0, sizeof(state->holds[rec]));
	for (i = 0; i < n; i++)
		turn[i] = (order == REVERSED ? n - 1 - i : i) % w->nsets;
	for (i = n; order == SHUFFLED && i > 1; i--) {
		k = world_below(w, i);
		swap = turn[k];
		turn[k] = turn[i - 1];
		turn[i - 1] = swap;
	}
	for (i = 0; i < n; i++)
		if (w->sets[turn[i]].accepted &&
		    world_touches(&w->sets[turn[i]], rec) &&
		    !state->holds[rec][turn[i]])
			world_add(w, state, rec, turn[i]);
}
