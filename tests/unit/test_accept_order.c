#include <string.h>

#include "common/base/id.h"
#include "common/merge/record.h"
#include "sync-server/findings/findings.h"
#include "sync-server/store/finding.h"
#include "tests/lib/pen.h"
#include "tests/lib/unit.h"
#include "tests/lib/yard.h"

/*
 * Random histories: sets that name one another at will, decisions, voids and
 * releases.  Whatever the order in which they come, and however often, the
 * records must be the ones that the definition gives (common/PROTOCOL.md
 * section 3.3): accepted is what the desk says last, or else what does not
 * misname; a head is an accepted write that no accepted write names.
 */

#define NPENS 4
#define NSETS 40
#define NRECORDS 4
#define NREGS 3
#define FIRST_REG 40
#define NORDERS 4
#define NHISTORIES 25

static struct err err;

struct made {
	struct draft draft;
	struct writer bytes;
	uint8_t id[CHANGE_ID_LEN];
	size_t pen; /* NPENS: the desk */
	size_t targets[DRAFT_TOGGLES];
};

static struct pen pens[NPENS + 1];
static struct made sets[NSETS];
static uint64_t state;

static uint32_t
roll(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static uint64_t
set_id_of(size_t i)
{
	return 1000 + 7 * i;
}

static uint64_t
record_of(size_t i)
{
	return id_make(YARD_AUTHORITY, 10, (uint32_t)i + 1);
}

static void
make_rows(struct made *made)
{
	static const char *const VALUES[] = { "a", "b", "c" };
	size_t record, reg, names;

	for (record = 0; record < NRECORDS; record++) {
		if (roll(3) != 0 &&
		    (record + 1 < NRECORDS || made->draft.nrows > 0))
			continue;
		draft_row(
		    &made->draft, record_of(record), RECORD_HOUSEHOLD, 1, 1);
		for (reg = 0; reg < NREGS; reg++) {
			if (roll(2) != 0 &&
			    (reg + 1 < NREGS ||
				made->draft.rows[made->draft.nrows - 1]
					.nwrites > 0))
				continue;
			draft_write(&made->draft, (uint16_t)(FIRST_REG + reg),
			    VALUES[roll(3)]);
			for (names = roll(4); names > 0; names--)
				draft_name(
				    &made->draft, set_id_of(roll(NSETS + 3)));
		}
	}
}

/* A name twice in one write is not allowed on the wire. */
static void
drop_doubles(struct draft *draft)
{
	struct change_write *w;
	size_t i, j, k, m;
	uint64_t *names;

	for (i = 0; i < draft->nrows; i++) {
		for (j = 0; j < draft->rows[i].nwrites; j++) {
			w = &draft->writes[i][j];
			names = draft->names[i][j];
			for (k = 0; k < w->npreds; k++) {
				for (m = 0; m < k && names[m] != names[k];)
					m++;
				if (m < k)
					names[k--] = names[--w->npreds];
			}
		}
	}
}

static void
make_sets(uint64_t seed)
{
	struct made *made;
	size_t i, n;

	state = seed;
	for (i = 0; i <= NPENS; i++)
		pen_make(
		    &pens[i], YARD_AUTHORITY, i < NPENS ? 10 + (uint32_t)i : 1);
	pens[NPENS].epoch = 1;
	for (i = 0; i < NSETS; i++) {
		made = &sets[i];
		*made =
		    (struct made){ .pen = roll(10) < 7 ? roll(NPENS) : NPENS };
		draft_start(&made->draft,
		    made->pen < NPENS           ? CHANGE_VISITS
			: i > 0 && roll(2) == 0 ? CHANGE_CONTROL
						: CHANGE_DECISION,
		    set_id_of(i));
		if (made->draft.kind != CHANGE_CONTROL)
			make_rows(made);
		else
			for (n = 1 + roll(2); n > 0; n--) {
				made->targets[made->draft.ntoggles] =
				    roll((uint32_t)i);
				draft_toggle(&made->draft,
				    sets[made->targets[made->draft.ntoggles]]
					.id,
				    roll(2) == 0);
			}
		if (made->draft.ntoggles == 2 &&
		    made->targets[0] == made->targets[1])
			made->draft.ntoggles = 1;
		drop_doubles(&made->draft);
		pen_sign(
		    &pens[made->pen], &made->draft, &made->bytes, made->id);
	}
}

static void
free_sets(void)
{
	size_t i;

	for (i = 0; i < NSETS; i++)
		writer_free(&sets[i].bytes);
}

/* ---- the definition ------------------------------------------------- */

static const struct change_write *
write_of(size_t set, uint64_t record, uint16_t reg)
{
	const struct draft *draft = &sets[set].draft;
	size_t i, j;

	for (i = 0; i < draft->nrows; i++)
		for (j = 0; j < draft->rows[i].nwrites; j++)
			if (draft->rows[i].id == record &&
			    draft->writes[i][j].reg == reg)
				return &draft->writes[i][j];
	return NULL;
}

static bool
names(const struct change_write *w, uint64_t set_id)
{
	size_t i;

	for (i = 0; i < w->npreds; i++)
		if (w->preds[i] == set_id)
			return true;
	return false;
}

static bool
misnames(size_t set)
{
	const struct draft *draft = &sets[set].draft;
	const struct change_write *w, *other, *first;
	size_t i, j, k;

	for (i = 0; i < draft->nrows; i++) {
		for (j = 0; j < draft->rows[i].nwrites; j++) {
			w = &draft->writes[i][j];
			first = NULL;
			for (k = 0; k < NSETS; k++) {
				if (!names(w, set_id_of(k)) ||
				    sets[k].pen == sets[set].pen)
					continue;
				other = write_of(k, draft->rows[i].id, w->reg);
				if (other != NULL && first != NULL &&
				    *other->value != *first->value)
					return true;
				first = other != NULL ? other : first;
			}
		}
	}
	return false;
}

static bool
accepted(size_t set)
{
	size_t i, j;
	int last = -1;

	if (sets[set].draft.kind == CHANGE_CONTROL)
		return true;
	for (i = 0; i < NSETS; i++) /* the desk's numbers ascend with i */
		for (j = 0; j < sets[i].draft.ntoggles; j++)
			if (sets[i].targets[j] == set)
				last = sets[i].draft.toggles[j].accept;
	if (last >= 0)
		return last;
	return sets[set].draft.kind == CHANGE_DECISION || !misnames(set);
}

static void
check_register(const struct yard *yard, uint64_t record, uint16_t reg,
    const struct record *r, const bool *in)
{
	const struct record_reg *found = record_find(r, reg);
	const struct change_write *w;
	struct store_finding finding;
	bool head, hard = false;
	const uint8_t *value = NULL;
	uint32_t at = 0;
	size_t i, j;

	for (i = 0; i < NSETS; i++) {
		if (!in[i] || (w = write_of(i, record, reg)) == NULL)
			continue;
		head = true;
		for (j = 0; j < NSETS; j++)
			if (in[j] && write_of(j, record, reg) != NULL &&
			    names(write_of(j, record, reg), set_id_of(i)))
				head = false;
		if (!head)
			continue;
		ck_assert_ptr_nonnull(found);
		ck_assert_uint_lt(at, found->nheads);
		ck_assert_uint_eq(found->heads[at].set.set_id, set_id_of(i));
		at++;
		hard |= value != NULL && *value != *w->value;
		value = w->value;
	}
	ck_assert_uint_eq(at, found != NULL ? found->nheads : 0);
	ck_assert_int_eq(store_finding_get(yard->store, record,
			     FINDING_CONFLICT, reg, &finding, &err),
	    hard ? ST_OK : ST_NOTFOUND);
}

static void
check_definition(const struct yard *yard)
{
	struct store_row row;
	struct record *r;
	bool in[NSETS];
	enum status st;
	size_t i, reg;

	for (i = 0; i < NSETS; i++)
		in[i] = accepted(i);
	ok(record_new(&r, &err));
	for (i = 0; i < NRECORDS; i++) {
		st = store_row_get(yard->store, record_of(i), &row, &err);
		if (st == ST_OK)
			ok(record_unpack(r, row.body, row.len, &err));
		else
			record_clear(r);
		for (reg = 0; reg < NREGS; reg++)
			check_register(yard, record_of(i),
			    (uint16_t)(FIRST_REG + reg), r, in);
	}
	record_free(r);
}

/* ---- orders --------------------------------------------------------- */

/* In order, in reverse, then shuffled with a third of them twice. */
static size_t
make_order(size_t *order, int which)
{
	size_t i, j, n = NSETS, swap;

	for (i = 0; i < NSETS; i++)
		order[i] = which == 1 ? NSETS - 1 - i : i;
	if (which < 2)
		return n;
	for (i = 0; i < NSETS / 3; i++)
		order[n++] = roll(NSETS);
	for (i = n - 1; i > 0; i--) {
		j = roll((uint32_t)i + 1);
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return n;
}

static void
deliver(struct yard *yard, int which)
{
	size_t order[2 * NSETS], i, n = make_order(order, which);
	const struct made *made;
	uint32_t device;

	for (i = 0; i < n; i++) {
		made = &sets[order[i]];
		/* The first two share a laptop. */
		device = made->pen == NPENS ? 0
		    : made->pen < 2         ? 20
					    : 20 + (uint32_t)made->pen;
		yard_take(yard, &pens[made->pen], made->bytes.bytes,
		    made->bytes.len, device, 0);
	}
}

START_TEST(any_order_gives_what_the_definition_says)
{
	uint8_t first[32], digest[32];
	struct yard yard;
	int which;

	make_sets((uint64_t)_i * 7919 + 1);
	for (which = 0; which < NORDERS; which++) {
		yard_open(&yard);
		deliver(&yard, which);
		check_definition(&yard);
		yard_digest(&yard, which == 0 ? first : digest);
		if (which > 0)
			ck_assert_mem_eq(digest, first, 32);
		yard_close(&yard);
	}
	free_sets();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, any_order_gives_what_the_definition_says, 0, NHISTORIES);
}

UNIT_MAIN("accept_order", add)
