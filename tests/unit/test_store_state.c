#include <string.h>

#include "common/store/db.h"
#include "sync-server/schema.h"
#include "sync-server/store/store.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define AUTHORITY 6402u

static struct err err;
static struct temp temp;

/* A program that has the file open. */
struct program {
	struct db *db;
	struct store *store;
};

static void
program_start(struct program *p)
{
	const struct db_opts opts = { .path = temp_path(&temp, "x.db") };

	ok(db_open(&p->db, &opts, &err));
	ok(db_migrate(p->db, server_schema, server_schema_count, &err));
	ok(store_open(&p->store, p->db, AUTHORITY, &err));
}

static void
program_end(struct program *p)
{
	store_close(p->store);
	db_close(p->db);
}

/* Hand out a version, and log a set that says so. */
static void
log_set(struct program *p, uint64_t set_id)
{
	uint8_t receipt[RECEIPT_LEN] = { 0 };
	struct store_log entry = { .state = STORE_LOG_ACCEPTED,
		.head = { .kind = CHANGE_VISITS,
		    .writer = 3,
		    .seq = 1,
		    .set_id = set_id,
		    .nrows = 1 },
		.bytes = (const uint8_t *)"set",
		.len = 3,
		.receipt = receipt };

	memcpy(entry.id, &set_id, sizeof(set_id));
	entry.version = ++store_state(p->store)->version;
	ok(store_log_append(p->store, &entry, NULL, 0, false, &err));
}

static uint64_t
version_now(struct program *p)
{
	uint64_t version;

	ok(store_begin(p->store, &err));
	version = store_state(p->store)->version;
	store_rollback(p->store);
	return version;
}

/* In what a transaction hands out versions. */
static const struct {
	const char *what;
	unsigned before, sets, after, devices;
	bool kept; /* committed */
} CASES[] = {
	{ "a set", 0, 1, 0, 0, true },
	{ "sets", 0, 3, 0, 0, true },
	{ "no set", 1, 0, 0, 0, true },
	{ "rows, then their set", 2, 1, 0, 0, true },
	{ "a set, then rows", 0, 1, 2, 0, true },
	{ "a set and a device", 0, 1, 0, 1, true },
	{ "a device", 0, 0, 0, 1, true },
	{ "a set that is rolled back", 1, 1, 1, 1, false },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(no_version_is_handed_out_twice)
{
	struct program p;
	uint64_t want, set_id = 1;
	uint32_t device;
	unsigned i, round;

	temp = temp_open();
	program_start(&p);
	want = version_now(&p);
	ok(store_begin(p.store, &err));
	device = store_state(p.store)->next_device;
	store_rollback(p.store);
	for (round = 0; round < 2; round++) {
		ok(store_begin(p.store, &err));
		store_state(p.store)->version += CASES[_i].before;
		for (i = 0; i < CASES[_i].sets; i++)
			log_set(&p, set_id++);
		store_state(p.store)->version += CASES[_i].after;
		store_state(p.store)->next_device += CASES[_i].devices;
		if (CASES[_i].kept) {
			want = store_state(p.store)->version;
			device += CASES[_i].devices;
			ok(store_commit(p.store, &err));
		} else {
			store_rollback(p.store);
		}
		ck_assert_uint_eq(version_now(&p), want);
	}
	program_end(&p);
	program_start(&p);
	ck_assert_msg(version_now(&p) == want, "%s", CASES[_i].what);
	ck_assert_uint_eq(store_state(p.store)->next_device, device);
	ck_assert_uint_eq(
	    store_log_last(p.store), CASES[_i].kept ? 2 * CASES[_i].sets : 0);
	program_end(&p);
	temp_close(&temp);
}
END_TEST

START_TEST(what_another_program_committed_is_seen)
{
	struct program a, b;
	uint64_t first;

	temp = temp_open();
	program_start(&a);
	program_start(&b);
	first = version_now(&a);
	ok(store_begin(a.store, &err));
	log_set(&a, 1);
	ok(store_commit(a.store, &err));
	ck_assert_uint_eq(version_now(&b), first + 1);
	ok(store_begin(b.store, &err));
	log_set(&b, 2);
	store_state(b.store)->version += 5;
	store_state(b.store)->next_person = 77;
	ok(store_commit(b.store, &err));

	ok(store_begin(a.store, &err));
	ck_assert_uint_eq(store_state(a.store)->version, first + 7);
	ck_assert_uint_eq(store_state(a.store)->next_person, 77);
	ck_assert_uint_eq(store_log_last(a.store), 2);
	store_rollback(a.store);
	program_end(&b);
	program_end(&a);
	temp_close(&temp);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, no_version_is_handed_out_twice, 0, (int)NCASES);
	tcase_add_test(tc, what_another_program_committed_is_seen);
}

UNIT_MAIN("store_state", add)
