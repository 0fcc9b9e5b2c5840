#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/purging.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/* Visits that are safe elsewhere go, and nothing of them is left behind. */

/* How many pages of the store, used and free, hold ${text}; locks it. */
static unsigned
pages_with(const char *text)
{
	char path[400];
	sqlite3_int64 size = 0, at;
	uint8_t page[4096];
	sqlite3_file *file;
	sqlite3 *h;
	unsigned n = 0;
	size_t i;

	laptop_lock(l);
	snprintf(path, sizeof(path), "%s", laptop_path(l, "store.db"));
	ck_assert_int_eq(sealed_unlock(path, "SR", "rahasia SR"), ST_OK);
	ck_assert_int_eq(
	    sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, SEALVFS_NAME),
	    SQLITE_OK);
	sqlite3_file_control(h, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	file->pMethods->xFileSize(file, &size);
	ck_assert_int_gt(size, 4096);
	for (at = 0; at < size; at += 4096) {
		ck_assert_int_eq(
		    file->pMethods->xRead(file, page, 4096, at), SQLITE_OK);
		for (i = 0; i + strlen(text) <= 4096; i++)
			if (memcmp(page + i, text, strlen(text)) == 0)
				break;
		n += i + strlen(text) <= 4096;
	}
	sqlite3_close(h);
	laptop_unlock(l, "SR");
	return n;
}

/* ---- what leaves */

START_TEST(what_is_backed_up_and_old_leaves)
{
	visit("a", "SUDAHDIGANTI");
	laptop_sync(l);
	visit("b", "BERLAKU");
	laptop_sync(l);
	ck_assert_uint_gt(pages_with("SUDAHDIGANTI"), 0);
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':2");
	laptop_visits(l);
	says(l, "'visits':2,'state':'delivered','purged':true");
	says_not(l, "'household'");
	laptop_status(l);
	says(l, "'merged':0");
	says(l, "'waiting':0");
	says(l, "'purged':2");
	says(l, "'envelopes':0");
	/* What is believed stays, what it replaced is nowhere. */
	laptop_show(l, house);
	says(l, "BERLAKU");
	ck_assert_uint_eq(pages_with("SUDAHDIGANTI"), 0);
	ck_assert_uint_gt(pages_with("BERLAKU"), 0);
}
END_TEST

START_TEST(it_happens_by_itself_at_a_sync)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	laptop_visits(l);
	says(l, "'visit'");
	pass_days(KEEP + 1);
	laptop_visits(l);
	says(l, "'visits':1,'state':'delivered','purged':true");
}
END_TEST

START_TEST(it_happens_by_itself_at_an_unlock_and_once_a_day)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	laptop_lock(l);
	server->now_ms += (KEEP + 1) * (int64_t)LAPTOP_DAY;
	fake_server_write(server, house, "alamat", "Jl. Baru 1", false);
	laptop_sync(l); /* kept, and taken in at the unlock */
	laptop_unlock(l, "SR");
	laptop_visits(l);
	says(l, "'purged':true");
	visit("b", "b");
	laptop_sync(l);
	back_up();
	server->now_ms += (KEEP + 1) * (int64_t)LAPTOP_DAY;
	ck_assert_int_eq(laptop_exchange(l, false), ST_OK);
	agent_purge_daily(l->agent);
	laptop_visits(l);
	says_not(l, "'household'");
}
END_TEST

START_TEST(somebody_voided_is_in_no_page)
{
	uint64_t visited;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'3'},'members':[{'new':true,'fields':{"
	    "'nama':'BUNGAPENANDA','nik':'6402995507219992',"
	    "'tgl_lahir':'2021-07-15','hub':'3','jk':'2'}}]}",
	    house);
	visited = laptop_id(l, "members");
	laptop_sync(l);
	ck_assert_uint_gt(pages_with("6402995507219992"), 0);
	fake_server_toggle(server, fake_server_latest(server, 1)->id, false);
	laptop_sync(l);
	/* A backup from before it was voided does not do. */
	fake_server_mark(server, server->version - 1, KEEP);
	pass_days(KEEP + 1);
	purge();
	says(l, "'stays':'not_backed_up','changesets':1");
	back_up();
	purge();
	says(l, "'visits_so_far':1");
	laptop_show(l, visited);
	says_not(l, "BUNGAPENANDA");
	ck_assert_uint_eq(pages_with("6402995507219992"), 0);
	ck_assert_uint_eq(pages_with("BUNGAPENANDA"), 0);
}
END_TEST

START_TEST(who_left_the_scope_is_in_no_page)
{
	uint64_t other;

	laptop_visit(l,
	    "{'key':'a','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'JALANPENANDA'}}");
	other = laptop_id(l, "household");
	laptop_sync(l);
	back_up();
	fake_server_drop(server, other);
	pass_days(KEEP + 1);
	purge();
	laptop_list(l);
	says_not(l, "JALANPENANDA");
	ck_assert_uint_eq(pages_with("JALANPENANDA"), 0);
}
END_TEST

START_TEST(what_the_desk_decided_long_ago_leaves_too)
{
	visit("a", "dari petugas");
	laptop_sync(l);
	fake_server_decide(server, house, "catatan", "PUTUSANLAMA");
	laptop_sync(l);
	fake_server_decide(server, house, "catatan", "PUTUSANBARU");
	laptop_sync(l);
	ck_assert_uint_gt(pages_with("PUTUSANBARU"), 0);
	back_up();
	pass_days(KEEP + 1);
	purge();
	ck_assert_uint_eq(pages_with("PUTUSANLAMA"), 0);
	laptop_show(l, house);
	says(l, "PUTUSANBARU");
}
END_TEST

START_TEST(a_note_and_a_reason_leave_with_their_visit)
{
	uint64_t sent;

	laptop_visit(l,
	    "{'key':'KUNCIPENANDA','household':'%" PRIu64 "',"
	    "'day':'2026-11-17','fields':{'lantai':'3'},"
	    "'note':'CATATANPENANDA'}",
	    house);
	sent = laptop_id(l, "visit");
	laptop_sync(l);
	fake_server_return(server, sent, house, "ALASANPENANDA");
	laptop_sync(l);
	visit("b", "lagi");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	ck_assert_uint_eq(pages_with("CATATANPENANDA"), 0);
	ck_assert_uint_eq(pages_with("ALASANPENANDA"), 0);
	ck_assert_uint_eq(pages_with("KUNCIPENANDA"), 0);
	laptop_returns(l);
	says_not(l, "'visit'");
}
END_TEST

START_TEST(the_file_shrinks)
{
	struct stat before, after;
	char key[10], text[900];
	int i;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		text[i] = 'y';
		visit(key, text);
	}
	laptop_sync(l);
	back_up();
	laptop_lock(l);
	ck_assert_int_eq(stat(laptop_path(l, "store.db"), &before), 0);
	laptop_unlock(l, "SR");
	pass_days(KEEP + 1);
	purge();
	laptop_lock(l);
	ck_assert_int_eq(stat(laptop_path(l, "store.db"), &after), 0);
	ck_assert_msg(after.st_size < before.st_size / 2, "%lld to %lld bytes",
	    (long long)before.st_size, (long long)after.st_size);
}
END_TEST

/* ---- afterwards */

START_TEST(the_same_visit_again_is_not_saved_again)
{
	char json[300];
	char *p;

	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	snprintf(json, sizeof(json),
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'catatan':'a'}}",
	    house);
	for (p = json; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	ck_assert_int_eq(laptop_try_visit(l, json), ST_CONFLICT);
	visit("b", "b");
}
END_TEST

START_TEST(the_chain_goes_on_and_an_older_copy_is_still_noticed)
{
	uint8_t *bytes;
	size_t len;

	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	laptop_lock(l);
	bytes = bytes_load(laptop_path(l, "store.db"), &len);
	laptop_unlock(l, "SR");
	visit("b", "b");
	laptop_sync(l);
	laptop_status(l);
	says(l, "'halted':''");
	says(l, "'merged':1");
	laptop_lock(l);
	agent_close(l->agent);
	l->agent = NULL;
	bytes_store(laptop_path(l, "store.db"), bytes, len);
	free(bytes);
	laptop_reopen(l);
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'halted':'older-copy'");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_is_backed_up_and_old_leaves);
	tcase_add_test(tc, it_happens_by_itself_at_a_sync);
	tcase_add_test(tc, it_happens_by_itself_at_an_unlock_and_once_a_day);
	tcase_add_test(tc, somebody_voided_is_in_no_page);
	tcase_add_test(tc, who_left_the_scope_is_in_no_page);
	tcase_add_test(tc, what_the_desk_decided_long_ago_leaves_too);
	tcase_add_test(tc, a_note_and_a_reason_leave_with_their_visit);
	tcase_add_test(tc, the_file_shrinks);
	tcase_add_test(tc, the_same_visit_again_is_not_saved_again);
	tcase_add_test(
	    tc, the_chain_goes_on_and_an_older_copy_is_still_noticed);
}

UNIT_MAIN("agent_purge", add)
