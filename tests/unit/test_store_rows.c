#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "sync-server/store/store.h"
#include "tests/lib/random_set.h"
#include "tests/lib/unit.h"
#include "tests/lib/yard.h"

#define MAX_IDS 1000u

static struct err err;
static struct yard yard;

/* What a read answered. */
struct answer {
	const uint64_t *ids;
	bool seen[MAX_IDS];
	size_t n, last;
	enum status stop; /* answered at the third row */
};

static enum status
take(void *arg, size_t i, const struct store_row *row, struct err *e)
{
	struct answer *a = arg;

	(void)e;
	ck_assert_uint_eq(row->id, a->ids[i]);
	ck_assert_uint_eq(row->len, sizeof(row->id));
	ck_assert_mem_eq(row->body, &row->id, sizeof(row->id));
	ck_assert(a->n == 0 || i > a->last); /* in order, each once */
	a->seen[i] = true;
	a->last = i;
	return ++a->n == 3 ? a->stop : ST_OK;
}

static uint64_t
id_of(uint32_t k)
{
	return id_make(YARD_AUTHORITY, 7, k + 1);
}

static void
put(uint32_t k)
{
	uint64_t id = id_of(k);
	struct store_row row = { .id = id,
		.kind = 1,
		.epoch = 1,
		.version = 1,
		.body = (const uint8_t *)&id,
		.len = sizeof(id) };

	ok(store_rows_write(yard.store, &row, 1, &err));
}

/* Records there: of the first 1,000, each with a chance of ${there} in 8. */
static const struct {
	const char *what;
	unsigned there, asked; /* in 8 */
} CASES[] = {
	{ "none there", 0, 8 },
	{ "all there", 8, 8 },
	{ "all there, few asked", 8, 1 },
	{ "few there, all asked", 1, 8 },
	{ "few there, few asked", 1, 1 },
	{ "half there, half asked", 4, 4 },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(those_that_exist_are_read_in_order_and_no_others)
{
	static const size_t LIMITS[] = { 0, 1, 7, 8, 49, 50, 51, 100, 101,
		MAX_IDS };
	bool there[MAX_IDS];
	uint64_t ids[MAX_IDS], random = (uint64_t)_i;
	size_t n, i, limit;
	struct answer a;
	uint32_t k;

	yard_open(&yard);
	ok(store_begin(yard.store, &err));
	for (k = 0; k < MAX_IDS; k++) {
		there[k] = random_below(&random, 8) < CASES[_i].there;
		if (there[k])
			put(k);
	}
	for (limit = 0; limit < sizeof(LIMITS) / sizeof(LIMITS[0]); limit++) {
		for (n = 0, k = 0; k < MAX_IDS && n < LIMITS[limit]; k++)
			if (random_below(&random, 8) < CASES[_i].asked)
				ids[n++] = id_of(k);
		a = (struct answer){ .ids = ids };
		ok(store_rows_read(yard.store, ids, n, take, &a, &err));
		for (i = 0; i < n; i++)
			ck_assert_msg(
			    a.seen[i] == there[id_counter(ids[i]) - 1],
			    "%s: %zu asked, number %zu", CASES[_i].what, n, i);
	}
	ok(store_commit(yard.store, &err));
	yard_close(&yard);
}
END_TEST

/* ST_NOTFOUND too: it is no end of the rows. */
static const enum status STOPS[] = { ST_NOTFOUND, ST_CONFLICT, ST_BUG };

START_TEST(who_reads_may_stop)
{
	uint64_t ids[200];
	struct answer a = { .ids = ids, .stop = STOPS[_i] };
	uint32_t k;

	yard_open(&yard);
	ok(store_begin(yard.store, &err));
	for (k = 0; k < 200; k++) {
		ids[k] = id_of(k);
		put(k);
	}
	ck_assert_int_eq(
	    store_rows_read(yard.store, ids, 200, take, &a, &err), STOPS[_i]);
	ck_assert_uint_eq(a.n, 3);
	a.n = 0;
	ck_assert_int_eq(
	    store_rows_read(yard.store, ids, 7, take, &a, &err), STOPS[_i]);
	ck_assert_uint_eq(a.n, 3);
	ok(store_commit(yard.store, &err));
	yard_close(&yard);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc,
	    those_that_exist_are_read_in_order_and_no_others, 0, (int)NCASES);
	tcase_add_loop_test(tc, who_reads_may_stop, 0, 3);
}

UNIT_MAIN("store_rows", add)
