#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/change.h"
#include "tests/lib/random_set.h"
#include "tests/lib/unit.h"
#include "tests/lib/visits.h"

static struct err err;
static struct sign_key key;

/* A set of rows that are all alike, as large as a case wants it. */
struct large {
	struct change_visit visit;
	struct change_row *rows;
	struct change_write *writes;
	uint64_t *names;
	uint8_t *values;
	struct change_body body;
	struct change_head head;
};

struct size {
	size_t nrows, nwrites, nnames, value;
	bool apart;  /* every naming is another set */
	bool random; /* values that do not compress */
};

static void *
get(size_t n, size_t size)
{
	void *memory = calloc(n + 1, size);

	ck_assert_ptr_nonnull(memory);
	return memory;
}

static void
large_make(struct large *l, const struct size *size)
{
	size_t i, n = size->nrows * size->nwrites, len = n * size->value;
	uint64_t s = 7;

	memset(l, 0, sizeof(*l));
	l->visit = (struct change_visit){ .id = id_make(6402, 14, 1),
		.hlc = 1790000000000u << 16 };
	l->rows = get(size->nrows, sizeof(*l->rows));
	l->writes = get(n, sizeof(*l->writes));
	l->names = get(n * size->nnames, sizeof(*l->names));
	l->values = get(len, 1);
	for (i = 0; i < len && size->random; i++)
		l->values[i] = (uint8_t)random_next(&s);
	for (i = 0; i < n * size->nnames; i++)
		l->names[i] = 1 + (size->apart ? i : i % size->nnames);
	for (i = 0; i < n; i++)
		l->writes[i] = (struct change_write){
			.reg = (uint16_t)(i % size->nwrites),
			.value = l->values + i * size->value,
			.len = (uint32_t)size->value,
			.preds = l->names + i * size->nnames,
			.npreds = (uint16_t)size->nnames,
		};
	for (i = 0; i < size->nrows; i++)
		l->rows[i] = (struct change_row){
			.id = id_make(6402, 1, (uint32_t)i + 1),
			.kind = RECORD_PERSON,
			.writes = l->writes + i * size->nwrites,
			.nwrites = (uint16_t)size->nwrites,
		};
	l->body = (struct change_body){ .visits = &l->visit,
		.rows = l->rows,
		.nvisits = 1,
		.nrows = size->nrows };
	l->head = (struct change_head){ .kind = CHANGE_IMPORT,
		.authority = 6402,
		.writer = 14,
		.seq = 2,
		.set_id = 5 };
}

static void
large_free(struct large *l)
{
	free(l->rows);
	free(l->writes);
	free(l->names);
	free(l->values);
}

static const struct {
	const char *what;
	struct size size;
	enum status want;
} CASES[] = {
	{ "1,000 rows", { 1000, 1, 0, 1, false, false }, ST_OK },
	{ "1,001 rows", { 1001, 1, 0, 1, false, false }, ST_INVALID },
	{ "512 registers", { 1, 512, 0, 1, false, false }, ST_OK },
	{ "513 registers", { 1, 513, 0, 1, false, false }, ST_INVALID },
	{ "65,536 writes", { 512, 128, 0, 1, false, false }, ST_OK },
	{ "65,792 writes", { 514, 128, 0, 1, false, false }, ST_INVALID },
	{ "64 names of a write", { 1, 1, 64, 1, true, false }, ST_OK },
	{ "65 names of a write", { 1, 1, 65, 1, true, false }, ST_INVALID },
	{ "4,096 sets named", { 64, 1, 64, 1, true, false }, ST_OK },
	{ "4,160 sets named", { 65, 1, 64, 1, true, false }, ST_INVALID },
	{ "65,536 names", { 512, 2, 64, 1, false, false }, ST_OK },
	{ "65,664 names", { 513, 2, 64, 1, false, false }, ST_INVALID },
	{ "a megabyte inflated", { 255, 1, 0, 4096, false, false }, ST_OK },
	{ "more inflated", { 256, 1, 0, 4096, false, false }, ST_INVALID },
	{ "64 KiB compressed", { 15, 1, 0, 4096, false, true }, ST_OK },
	{ "more compressed", { 16, 1, 0, 4096, false, true }, ST_INVALID },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

static void
make_key(void)
{
	static const uint8_t seed[SIGN_SEED_LEN] = { 1 };

	ok(crypto_start(&err));
	sign_key_make(&key, seed);
}

START_TEST(what_is_at_a_limit_is_packed_and_what_is_over_it_is_not)
{
	static const uint8_t SEED[CHANGE_SEED_LEN] = { 3 };
	struct change *out = NULL;
	uint8_t id[CHANGE_ID_LEN];
	struct writer w = { 0 };
	struct large l;
	enum status st;

	make_key();
	large_make(&l, &CASES[_i].size);
	st = change_pack(&w, &l.head, &l.body, SEED, &key, id, &err);
	ck_assert_msg(st == CASES[_i].want, "%s: %s", CASES[_i].what,
	    st != ST_OK ? err.text : "packed");
	if (st == ST_OK) {
		ok(change_unpack(&out, w.bytes, w.len, false, &err));
		ck_assert_ptr_null(random_set_differs(&l.body, &out->body));
		change_free(out);
	} else {
		ck_assert_uint_eq(w.len, 0);
	}
	writer_free(&w);
	large_free(&l);
}
END_TEST

START_TEST(visits_come_back_as_they_were)
{
	static const size_t SIZES[] = { 1, 2, 7, 40, 180 };
	static const uint8_t SEED[CHANGE_SEED_LEN] = { 3 };
	struct visits_opts opts = {
		.seed = 1, .n = SIZES[_i / 2], .plain = _i % 2 == 1
	};
	struct visits *v = visits_new(&opts);
	struct change_head head = visits_head(&opts, 2);
	uint8_t id[CHANGE_ID_LEN];
	struct change *out = NULL;
	struct writer w = { 0 };

	make_key();
	ok(change_pack(&w, &head, &v->body, SEED, &key, id, &err));
	ok(change_unpack(&out, w.bytes, w.len, false, &err));
	ck_assert_ptr_null(random_set_differs(&v->body, &out->body));
	/* What DESIGN.md section 8 allows, for one visit and for many. */
	ck_assert_uint_lt(w.len, 204 + 400 + 140 * opts.n);
	change_free(out);
	writer_free(&w);
	visits_free(v);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc,
	    what_is_at_a_limit_is_packed_and_what_is_over_it_is_not, 0,
	    (int)NCASES);
	tcase_add_loop_test(tc, visits_come_back_as_they_were, 0, 10);
}

UNIT_MAIN("change_limits", add)
