#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/wire/change.h"
#include "sync-server/store/contents.h"
#include "tests/lib/unit.h"

/* Random sets, asked for every record and register that they might have. */

#define NROWS 120
#define NREGS 40
#define FIRST 7000
#define NTRIES 20

static struct err err;
static struct change_write writes[NROWS][NREGS];
static struct change_row rows[NROWS];
static struct change_body body = { .rows = rows };
static uint64_t state;

static uint32_t
roll(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Many lists of registers, some of them met again and again. */
static void
make(uint64_t seed)
{
	uint64_t id = FIRST;
	uint16_t reg;
	size_t i;

	state = seed;
	body.nrows = 1 + roll(NROWS);
	for (i = 0; i < body.nrows; i++) {
		id += 1 + roll(4);
		rows[i] = (struct change_row){ .id = id, .writes = writes[i] };
		for (reg = 1; reg < NREGS; reg++)
			if (reg == 1 || roll(seed % 2 == 0 ? 40 : 2) == 0)
				writes[i][rows[i].nwrites++].reg = reg;
	}
}

static bool
has(uint64_t record, uint16_t reg, uint64_t except)
{
	size_t i, j;

	for (i = 0; i < body.nrows; i++)
		for (j = 0; j < rows[i].nwrites; j++)
			if (rows[i].id == record && record != except &&
			    (reg == 0 || writes[i][j].reg == reg))
				return true;
	return false;
}

static void
check(const struct writer *w, uint64_t except)
{
	uint64_t ids[NROWS], id, last = rows[body.nrows - 1].id + 3;
	size_t i, at = 0, n = contents_ids(w->bytes, w->len, ids, NROWS);
	uint16_t reg;

	for (i = 0; i < body.nrows; i++)
		if (rows[i].id != except)
			ck_assert_uint_eq(ids[at++], rows[i].id);
	ck_assert_uint_eq(at, n);
	for (id = FIRST; id < last; id++)
		for (reg = 0; reg <= NREGS; reg++)
			ck_assert(contents_has(w->bytes, w->len, id, reg) ==
			    has(id, reg, except));
}

START_TEST(a_set_is_asked_what_it_writes)
{
	struct writer w = { 0 };
	uint64_t except;

	make((uint64_t)_i);
	ok(contents_pack(&w, &body, 0, &err));
	check(&w, 0);
	writer_clear(&w);
	except = rows[roll((uint32_t)body.nrows)].id;
	ok(contents_pack(&w, &body, except, &err));
	check(&w, except);
	writer_free(&w);
}
END_TEST

START_TEST(sets_that_meet_records_are_found)
{
	struct writer w = { 0 };
	uint64_t ids[3];
	bool meets;
	int i, k;

	make((uint64_t)_i);
	ok(contents_pack(&w, &body, 0, &err));
	for (i = 0; i < 200; i++) {
		ids[0] = FIRST + roll(50);
		ids[1] = ids[0] + 1 + roll(50);
		ids[2] = ids[1] + 1 + roll(500);
		for (meets = false, k = 0; k < 3; k++)
			meets |= has(ids[k], 0, 0);
		ck_assert(contents_meets(w.bytes, w.len, ids, 3) == meets);
	}
	writer_free(&w);
}
END_TEST

START_TEST(a_set_without_rows_has_nothing)
{
	struct writer w = { 0 };
	uint64_t id = FIRST;

	body.nrows = 0;
	ok(contents_pack(&w, &body, 0, &err));
	ck_assert(!contents_has(w.bytes, w.len, FIRST, 0));
	ck_assert(!contents_meets(w.bytes, w.len, &id, 1));
	ck_assert_uint_eq(contents_ids(w.bytes, w.len, &id, 1), 0);
	writer_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, a_set_is_asked_what_it_writes, 0, NTRIES);
	tcase_add_loop_test(tc, sets_that_meet_records_are_found, 0, NTRIES);
	tcase_add_test(tc, a_set_without_rows_has_nothing);
}

UNIT_MAIN("contents", add)
