#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/store/db.h"
#include "sync-server/backup/ahead.h"
#include "sync-server/backup/marks.h"
#include "sync-server/doctor/inside.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

/* What an open server can have; what is seen from outside, the flow meets. */

#define REG 40
#define DAY_MS ((int64_t)86400000)

static struct err err;
static struct office office;
static struct laptop sari;
static struct draft draft;
static struct haul haul;
static struct writer lines;

static void
set_up(void)
{
	office_open(&office);
	laptop_make(&sari, 1);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
}

static void
tear_down(void)
{
	writer_free(&lines);
	laptop_free(&sari);
	office_close(&office);
}

static void
add(uint32_t n)
{
	uint8_t id[CHANGE_ID_LEN];

	draft_start(&draft, CHANGE_VISITS, n);
	draft_row(&draft, laptop_id(&sari, n), RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, "baru");
	laptop_add(&sari, &office, &draft, id);
}

/* Is ${name} what doctor finds, in ${state}? */
static bool
finds(const char *state, const char *name)
{
	char want[120];

	writer_clear(&lines);
	ok(inside_check(office.server, &lines, &err));
	writer_u8(&lines, 0);
	snprintf(want, sizeof(want), "\"state\":\"%s\",\"finding\":\"%s\"",
	    state, name);
	return strstr((const char *)lines.bytes, want) != NULL;
}

static void
run_sql(const char *sql)
{
	server_lock(office.server);
	ok(db_exec_script(office.server->db, sql, &err));
	server_unlock(office.server);
}

START_TEST(nothing_is_wrong_with_a_server_that_works)
{
	add(5);
	haul_exchange(&haul, &office, &sari);
	ck_assert(finds("ok", "pages-ok"));
	ck_assert(finds("ok", "log-ok"));
	ck_assert(finds("ok", "sets-ok"));
	ck_assert(finds("ok", "epoch-ok"));
	ck_assert(finds("ok", "clock-ok"));
	ck_assert(finds("ok", "quarantine-ok"));
	ck_assert(finds("ok", "outbox-ok"));
	ck_assert(finds("attention", "backup-none"));
	ck_assert(finds("attention", "recovery-none"));
	ck_assert_ptr_null(
	    strstr((const char *)lines.bytes, "\"state\":\"wrong\""));
}
END_TEST

START_TEST(an_entry_of_the_log_that_was_changed_is_wrong)
{
	add(5);
	haul_exchange(&haul, &office, &sari);
	run_sql("UPDATE log SET bytes = zeroblob(length(bytes))");
	ck_assert(finds("wrong", "log-faults"));
}
END_TEST

START_TEST(a_log_too_long_to_check_now_is_said_to_be_unchecked)
{
	char sql[600];

	add(5);
	haul_exchange(&haul, &office, &sari);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO log SELECT %u, state, reason, epoch, version, device,"
	    " writer, seq + 1, set_id + 1, answered, time_ms, kind, desk_epoch,"
	    " instrument, fields, nrows, ntoggles, upto, held, zeroblob(32),"
	    " prev, receipt, contents, bytes FROM log",
	    INSIDE_LOG_MAX + 1);
	run_sql(sql);
	office_restart(&office);
	ck_assert(finds("unchecked", "log-long"));
}
END_TEST

START_TEST(a_set_that_never_came_is_to_be_looked_at)
{
	struct writer lost = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];

	add(5);
	laptop_bundle(&sari, &office, &lost, name);
	writer_free(&lost);
	add(6);
	haul_exchange(&haul, &office, &sari);
	ck_assert(finds("attention", "sets-awaited"));
}
END_TEST

START_TEST(an_older_copy_of_the_server_is_wrong_until_it_is_restored)
{
	struct ahead_seen seen = { { 1, 5000 }, 3, 1 };

	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(ahead_note(office.server->ahead, &seen, &err));
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
	ck_assert(finds("wrong", "rolled-back"));
	ck_assert_ptr_nonnull(
	    strstr((const char *)lines.bytes, "laptop 3 has seen 1.5000"));
	office_restart(&office);
	ck_assert(finds("wrong", "rolled-back"));
}
END_TEST

START_TEST(a_clock_behind_what_it_was_is_to_be_looked_at)
{
	add(5);
	haul_exchange(&haul, &office, &sari);
	office.ahead_ms = -60000;
	ck_assert(finds("ok", "clock-ok"));
	office.ahead_ms = -DAY_MS;
	ck_assert(finds("attention", "clock-behind"));
}
END_TEST

START_TEST(a_backup_grows_old_in_a_week)
{
	struct marks_entry entry = { .stamp = 1,
		.mark = { .epoch = 1,
		    .number = 1,
		    .time_ms = env_now_ms(&office.env),
		    .keep_days = 30 } };

	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(marks_put(office.server->marks, &entry, &err));
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
	ck_assert(finds("ok", "backup-ok"));
	office.ahead_ms = INSIDE_BACKUP_DAYS * DAY_MS - 60000;
	ck_assert(finds("ok", "backup-ok"));
	office.ahead_ms += 120000;
	ck_assert(finds("attention", "backup-old"));
	/* One of before a restore is none. */
	run_sql("UPDATE state SET epoch = 9");
	office_restart(&office);
	ck_assert(finds("attention", "backup-none"));
}
END_TEST

static void
quarantine(unsigned from, unsigned to)
{
	uint8_t receipt[RECEIPT_LEN] = { 0 };
	struct store_quarantine item = { .device = 7,
		.receipt = receipt,
		.bytes = (const uint8_t *)"x",
		.len = 1 };

	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	for (; from < to; from++) {
		memcpy(item.hash, &from, sizeof(from));
		ok(store_quarantine_add(office.server->store, &item, &err));
	}
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
}

START_TEST(a_quarantine_that_fills_is_seen_before_it_is_full)
{
	quarantine(0, 1);
	ck_assert(finds("attention", "quarantine-waits"));
	quarantine(1, QUARANTINE_ITEMS_MAX / 5 * 4 - 1);
	ck_assert(finds("attention", "quarantine-waits"));
	quarantine(
	    QUARANTINE_ITEMS_MAX / 5 * 4 - 1, QUARANTINE_ITEMS_MAX / 5 * 4);
	ck_assert(finds("wrong", "quarantine-full"));
	ck_assert_ptr_nonnull(
	    strstr((const char *)lines.bytes, "laptop 7: 800 of 1000"));
}
END_TEST

static void
queue(int state)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
	    "PRAGMA foreign_keys = OFF; INSERT INTO outbox (key, kind, record,"
	    " approval, state, batch, body, made_ms, moved_ms) VALUES"
	    " (randomblob(32), 1, 1, 1, %d, 0, '{}', 0, 0);"
	    "PRAGMA foreign_keys = ON",
	    state);
	run_sql(sql);
}

START_TEST(what_is_stuck_on_its_way_up_is_to_be_looked_at)
{
	queue(1);
	ck_assert(finds("attention", "outbox-waits"));
	office.server->upstream.on = true;
	ck_assert(finds("ok", "outbox-ok"));
	office.server->upstream.failures = 3;
	ck_assert(finds("attention", "outbox-failing"));
	queue(5);
	ck_assert(finds("attention", "outbox-refused"));
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nothing_is_wrong_with_a_server_that_works);
	tcase_add_test(tc, an_entry_of_the_log_that_was_changed_is_wrong);
	tcase_add_test(tc, a_log_too_long_to_check_now_is_said_to_be_unchecked);
	tcase_add_test(tc, a_set_that_never_came_is_to_be_looked_at);
	tcase_add_test(
	    tc, an_older_copy_of_the_server_is_wrong_until_it_is_restored);
	tcase_add_test(tc, a_clock_behind_what_it_was_is_to_be_looked_at);
	tcase_add_test(tc, a_backup_grows_old_in_a_week);
	tcase_add_test(tc, a_quarantine_that_fills_is_seen_before_it_is_full);
	tcase_add_test(tc, what_is_stuck_on_its_way_up_is_to_be_looked_at);
}

UNIT_MAIN("server_doctor", add_tests)
