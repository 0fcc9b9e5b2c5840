/*
 * Random histories of several laptops, a server and a desk, with lost sets,
 * late sets, quarantined sets, voids, releases, cloned laptops and hostile
 * names.  After every step what merge_apply() made is held against the
 * definition, which is computed here in the plainest way from all writes.
 */

#include <string.h>

#include "common/merge/merge.h"
#include "tests/lib/unit.h"
#include "tests/unit/merge_world.h"

#define HISTORIES 2500

static struct err err;

/* ---- the server ---- */

static void
check_server(struct world *w, unsigned rec)
{
	const struct writer *packed = &w->server.packed[rec];

	ok(record_unpack(w->work, packed->bytes, packed->len, &err));
	world_check_heads(w, w->work, w->server.holds[rec], rec);
	world_check_awaited(w, w->work, w->server.holds[rec], rec);
	w->seen->conflicts += record_conflicts(w->work);
}

/* Accept or drop a set, as the log and the desk have it now. */
static void
judge(struct world *w, unsigned i)
{
	struct set *set = &w->sets[i];
	bool accept =
	    set->in_log && !set->voided && (!set->bad || set->released);
	unsigned rec;

	if (accept == set->accepted)
		return;
	set->accepted = accept;
	w->version++;
	if (accept)
		set->stamp = w->version;
	for (rec = 0; rec < WORLD_RECS; rec++) {
		if (!world_touches(set, rec))
			continue;
		if (accept)
			world_add(w, &w->server, rec, i);
		else
			world_rebuild(w, &w->server, rec, SHUFFLED);
		w->server.version[rec] = w->version;
		check_server(w, rec);
	}
}

static void
receive(struct world *w, unsigned i)
{
	w->sets[i].in_log = true; /* a second time changes nothing */
	judge(w, i);
}

/* ---- laptops and the desk write ---- */

static bool
is_pending(
    const struct world *w, const struct laptop *lap, unsigned rec, unsigned i)
{
	if (!lap->own[i] || w->sets[i].lost || !world_touches(&w->sets[i], rec))
		return false;
	if (lap->answer[i] == WORLD_VOID)
		return false;
	return lap->answer[i] == 0 || lap->down.version[rec] < lap->answer[i];
}

/*
 * What is on the screen: the server's state with one's own unanswered sets
 * on top.  That too is the definition, over both kinds of sets.
 */
static void
display(struct world *w, const struct laptop *lap, unsigned rec)
{
	const struct writer *packed = &lap->down.packed[rec];
	bool holds[WORLD_SETS], again = false;
	unsigned i, k;

	memcpy(holds, lap->down.holds[rec], sizeof(holds));
	ok(record_unpack(w->work, packed->bytes, packed->len, &err));
	for (i = 0; i < w->nsets; i++) {
		if (!is_pending(w, lap, rec, i))
			continue;
		again = again || holds[i]; /* voided and released since */
		holds[i] = true;
		for (k = 0; k < w->sets[i].nwrites; k++)
			if (w->sets[i].writes[k].rec == rec)
				world_apply(w, w->work, &w->sets[i],
				    &w->sets[i].writes[k], NULL);
	}
	if (!again)
		world_check_heads(w, w->work, holds, rec);
}

struct owner {
	const struct world *w;
	const struct laptop *lap; /* NULL: the desk */
};

static bool
is_own(void *arg, uint64_t set_id)
{
	const struct owner *owner = arg;
	unsigned i;

	for (i = 0; owner->lap != NULL && i < owner->w->nsets; i++)
		if (owner->lap->own[i] && owner->w->sets[i].id == set_id)
			return true;
	return false;
}

static void
note_conflict(struct world *w, struct write *write,
    const struct record_reg *reg, struct owner *owner)
{
	uint32_t i;
	bool differ = false, own;

	for (i = 0; reg != NULL && i < reg->nheads; i++)
		if (reg->heads[i].value[0] != reg->heads[0].value[0])
			differ = true;
	for (i = 0; differ && i < reg->nheads; i++) {
		own = is_own(owner, reg->heads[i].set.set_id);
		w->seen->own_in_conflict += own;
		if (!own && write->nconflicting < WORLD_NAMES)
			write->conflicting[write->nconflicting++] =
			    reg->heads[i].set.set_id;
	}
}

static void
hostile_names(struct world *w, struct write *write, uint64_t self)
{
	uint64_t name;

	write->npreds = (uint16_t)world_below(w, 6);
	for (unsigned i = 0; i < write->npreds; i++) {
		name = world_chance(w, 10)
		    ? self
		    : w->sets[world_below(w, w->nsets)].id;
		write->preds[i] = world_chance(w, 10) ? world_random(w) : name;
	}
}

/* A new set, without writes. */
static struct set *
open_set(struct world *w, uint32_t writer, int32_t skew)
{
	struct set *set = &w->sets[w->nsets++];

	set->id = world_random(w);
	set->hlc = (uint64_t)((int64_t)w->now * 1000 + 100000 + skew);
	set->day = (int32_t)world_below(w, 30);
	set->writer = writer;
	return set;
}

static void
write_register(struct world *w, struct set *set, unsigned rec, uint16_t f,
    struct owner *owner)
{
	static const char *const VALUES[] = { "a", "b", "c" };
	const struct record_reg *reg = record_find(w->work, f);
	struct write *write = &set->writes[set->nwrites];
	size_t n;

	*write = (struct write){ .rec = rec, .reg = f };
	write->value = VALUES[world_below(w, 3)];
	note_conflict(w, write, reg, owner);
	if (set->decision)
		n = merge_preds_all(reg, write->preds, WORLD_NAMES);
	else
		n = merge_preds(reg, is_own, owner, write->preds, WORLD_NAMES);
	if (n > WORLD_NAMES)
		return; /* such a register waits for a decision */
	write->npreds = (uint16_t)n;
	if (set->hostile)
		hostile_names(w, write, set->id);
	set->nwrites++;
}

static void
save(struct world *w, struct laptop *lap)
{
	struct owner owner = { w, lap };
	unsigned rec = world_below(w, WORLD_RECS);
	uint16_t f = (uint16_t)world_below(w, WORLD_REGS);
	struct set *set;

	display(w, lap, rec);
	set = open_set(w, lap->writer, lap->skew);
	set->bad = world_chance(w, 6);
	set->lost = world_chance(w, 6);
	set->hostile = world_chance(w, 5);
	lap->own[w->nsets - 1] = true;
	write_register(w, set, rec, f, &owner);
	if (world_chance(w, 50))
		write_register(
		    w, set, rec, (uint16_t)((f + 1) % WORLD_REGS), &owner);
}

/* Any of one's sets, in any order; then answers, then records, or a part. */
static void
sync(struct world *w, struct laptop *lap, bool all)
{
	unsigned from = world_below(w, w->nsets + 1), i, at, rec;
	bool broke = !all && world_chance(w, 20);
	struct state *down = &lap->down;

	for (i = 0; i < w->nsets; i++) {
		at = (i + from) % w->nsets;
		if (lap->own[at] && !w->sets[at].lost &&
		    (all || world_chance(w, 75)))
			receive(w, at);
	}
	if (!all && world_chance(w, 10))
		return;
	for (i = 0; i < w->nsets; i++)
		lap->answer[i] = w->sets[i].accepted ? w->sets[i].stamp
		    : w->sets[i].voided              ? WORLD_VOID
						     : 0;
	for (rec = 0; rec < WORLD_RECS; rec++) {
		if (down->version[rec] >= w->server.version[rec] ||
		    (broke && world_chance(w, 50)))
			continue;
		down->version[rec] = w->server.version[rec];
		writer_clear(&down->packed[rec]);
		writer_bytes(&down->packed[rec], w->server.packed[rec].bytes,
		    w->server.packed[rec].len);
		memcpy(down->holds[rec], w->server.holds[rec],
		    sizeof(down->holds[rec]));
	}
}

static bool
decide(struct world *w)
{
	unsigned first = world_below(w, WORLD_RECS), i, k, rec;
	struct owner owner = { w, NULL };
	struct set *set;

	for (i = 0; i < WORLD_RECS; i++) {
		rec = (first + i) % WORLD_RECS;
		ok(record_unpack(w->work, w->server.packed[rec].bytes,
		    w->server.packed[rec].len, &err));
		for (k = 0; k < w->work->nregs; k++)
			if (record_conflict(&w->work->regs[k]))
				break;
		if (k == w->work->nregs)
			continue;
		w->seen->decisions++;
		set = open_set(w, 900, 0);
		set->decision = true;
		write_register(w, set, rec, w->work->regs[k].reg, &owner);
		receive(w, w->nsets - 1);
		return true;
	}
	return false;
}

/* The desk voids, releases, or settles what is quarantined. */
static void
govern(struct world *w)
{
	unsigned i = world_below(w, w->nsets);
	struct set *set = &w->sets[i];

	if (set->voided || (set->bad && !set->released)) {
		set->voided = false;
		set->released = true;
		w->seen->releases++;
	} else {
		set->voided = true;
		w->seen->voids++;
	}
	judge(w, i);
}

static void
copy_laptop(struct laptop *to, const struct laptop *from)
{
	unsigned rec;

	*to = *from;
	for (rec = 0; rec < WORLD_RECS; rec++) {
		to->down.packed[rec] = (struct writer){ 0 };
		writer_bytes(&to->down.packed[rec],
		    from->down.packed[rec].bytes, from->down.packed[rec].len);
	}
}

/* ---- a history ---- */

static void
step(struct world *w)
{
	struct laptop *lap = &w->laps[world_below(w, w->nlaps)];
	unsigned x = world_below(w, 100);

	if (x < 52 || w->nsets == 0)
		save(w, lap);
	else if (x < 82)
		sync(w, lap, false);
	else if (x < 90)
		(void)decide(w);
	else if (x < 97)
		govern(w);
	else if (w->nlaps < WORLD_LAPTOPS)
		copy_laptop(&w->laps[w->nlaps++], lap);
}

/* The model's check: only a decision closes a conflict that was shown. */
static void
check_names(const struct world *w)
{
	const struct write *write;
	unsigned i, k, a, b;

	for (i = 0; i < w->nsets; i++) {
		if (w->sets[i].decision || w->sets[i].hostile)
			continue;
		for (k = 0; k < w->sets[i].nwrites; k++) {
			write = &w->sets[i].writes[k];
			for (a = 0; a < write->npreds; a++)
				for (b = 0; b < write->nconflicting; b++)
					ck_assert_msg(write->preds[a] !=
						write->conflicting[b],
					    "an ordinary write closes a "
					    "conflict that its author saw");
		}
	}
}

static void
check_same(const struct writer *a, const struct writer *b, const char *what)
{
	ck_assert_msg(a->len == b->len &&
		(a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0),
	    "other bytes: %s", what);
}

/* Straight, reversed, shuffled, each doubled; then without one set. */
static void
check_orders(struct world *w)
{
	struct state other = { 0 };
	unsigned rec, i = world_below(w, w->nsets);
	int order;

	for (rec = 0; rec < WORLD_RECS; rec++) {
		for (order = SHUFFLED; order <= STRAIGHT; order++) {
			world_rebuild(w, &other, rec, (enum world_order)order);
			check_same(&other.packed[rec], &w->server.packed[rec],
			    "another order");
		}
	}
	if (w->sets[i].accepted) {
		w->sets[i].voided = true;
		judge(w, i);
		w->sets[i].voided = false;
		judge(w, i);
	}
	for (rec = 0; rec < WORLD_RECS; rec++) {
		check_same(&other.packed[rec], &w->server.packed[rec],
		    "voided and released");
		writer_free(&other.packed[rec]);
	}
}

static void
come_to_rest(struct world *w)
{
	unsigned i, rec, rounds = 0;

	do {
		for (i = 0; i < w->nlaps; i++)
			sync(w, &w->laps[i], true);
	} while (decide(w) && w->nsets < WORLD_SETS && rounds++ < 60);
	for (i = 0; i < 2 * w->nlaps; i++)
		sync(w, &w->laps[i % w->nlaps], true);
	for (i = 0; i < w->nlaps; i++) {
		for (rec = 0; rec < WORLD_RECS; rec++) {
			check_same(&w->laps[i].down.packed[rec],
			    &w->server.packed[rec], "laptop and server");
			display(w, &w->laps[i], rec);
		}
	}
}

static void
run(struct world *w, unsigned seed)
{
	unsigned i, n, rec;

	w->random = seed;
	w->nlaps = 1 + world_below(w, 4);
	for (i = 0; i < w->nlaps; i++)
		w->laps[i] = (struct laptop){ .writer = i + 1,
			.skew = (int32_t)world_below(w, 20000) - 10000 };
	n = 15 + world_below(w, 30);
	for (w->now = 0; w->now < n; w->now++)
		step(w);
	come_to_rest(w);
	check_names(w);
	check_orders(w);
	for (rec = 0; rec < WORLD_RECS; rec++) {
		writer_free(&w->server.packed[rec]);
		for (i = 0; i < w->nlaps; i++)
			writer_free(&w->laps[i].down.packed[rec]);
	}
}

START_TEST(heads_are_a_function_of_the_set_of_accepted_writes)
{
	struct world_seen seen = { 0 };
	struct record *work;
	struct world *w;
	unsigned seed;

	ok(record_new(&work, &err));
	w = malloc(sizeof(*w));
	ck_assert_ptr_nonnull(w);
	for (seed = 0; seed < HISTORIES; seed++) {
		*w = (struct world){ .work = work, .seen = &seen };
		run(w, seed);
	}
	free(w);
	record_free(work);
	/* The histories were worth something. */
	ck_assert_uint_gt(seen.conflicts, HISTORIES);
	ck_assert_uint_gt(seen.awaited, HISTORIES);
	ck_assert_uint_gt(seen.arrived, HISTORIES);
	ck_assert_uint_gt(seen.decisions, HISTORIES);
	ck_assert_uint_gt(seen.voids, HISTORIES / 2);
	ck_assert_uint_gt(seen.releases, HISTORIES / 4);
	ck_assert_uint_gt(seen.heads3, HISTORIES);
	ck_assert_uint_gt(seen.agreed, HISTORIES);
	ck_assert_uint_gt(seen.own_in_conflict, HISTORIES / 4);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, heads_are_a_function_of_the_set_of_accepted_writes);
}

UNIT_MAIN("merge_order", add)
