#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/* Visits that are safe elsewhere leave the laptop, and nothing of them stays.
 */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define KEEP 30
#define must(l, call)                                                          \
	ck_assert_msg((call) == ST_OK, "%s: %s", #call, (l)->err.text)

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

static void
visit_to(uint64_t id, const char *key, const char *note)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'catatan':'%s'}}",
	    key, id, note);
}

static void
visit(const char *key, const char *note)
{
	visit_to(house, key, note);
}

/* Both clocks, and the newest signed time that the laptop has. */
static void
pass_days(int days)
{
	server->now_ms += days * (int64_t)LAPTOP_DAY;
	l->now_ms = server->now_ms;
	laptop_sync(l);
}

/* The server makes a backup of all it has, and says so. */
static void
back_up(void)
{
	fake_server_mark(server, server->version, KEEP);
	laptop_sync(l);
}

static void
purge(void)
{
	bool marked;

	writer_clear(&l->said);
	must(l, agent_purge(l->agent, &l->said, &marked, &l->err));
	writer_u8(&l->said, 0);
}

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

/* ---- what leaves ------------------------------------------------------------
 */

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
	says(l, "'not_backed_up':1");
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

/* ---- what stays
 * ---------------------------------------------------------------
 */

START_TEST(nothing_leaves_without_a_mark)
{
	visit("a", "a");
	laptop_sync(l);
	pass_days(400);
	purge();
	says(l, "'visits':0");
	says(l, "'not_backed_up':1");
	says_not(l, "keep_days");
}
END_TEST

START_TEST(what_is_above_the_mark_stays)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, server->version, KEEP);
	visit("b", "b");
	laptop_sync(l);
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	says(l, "'not_backed_up':1");
}
END_TEST

START_TEST(what_is_young_stays_to_the_day)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP - 1);
	purge();
	says(l, "'young':1");
	/* The laptop's clock says nothing. */
	l->now_ms += 400 * (int64_t)LAPTOP_DAY;
	purge();
	says(l, "'young':1");
	pass_days(2);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(the_regency_says_how_long)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, server->version, 90);
	pass_days(89);
	purge();
	says(l, "'keep_days':90");
	says(l, "'young':1");
	pass_days(2);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

static const struct {
	const char *why;
	enum receipt_state state;
	enum receipt_reason reason;
} STATES[] = {
	{ "'quarantined':1", RECEIPT_QUARANTINED, REASON_CHAIN },
	{ "'held':1", RECEIPT_MERGED, REASON_SCOPE },
	{ "'refused':1", RECEIPT_REFUSED, REASON_RECORD },
};

START_TEST(what_the_desk_still_has_to_look_at_stays)
{
	struct fake_set *set;

	visit("a", "a");
	laptop_sync(l);
	set = fake_server_latest(server, 1);
	set->state = STATES[_i].state;
	set->reason = STATES[_i].reason;
	set->answered = ++server->version;
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits':0");
	says(l, STATES[_i].why);
	laptop_visits(l);
	says(l, "'household'");
}
END_TEST

START_TEST(what_is_not_signed_or_not_sent_stays)
{
	struct writer bundle = { 0 };
	uint8_t name[32];

	back_up();
	visit("a", "a");
	must(l, agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
	writer_free(&bundle);
	visit("b", "b");
	purge();
	says(l, "'unsent':1");
	says(l, "'unsigned':1");
	says(l, "'visits':0");
}
END_TEST

START_TEST(what_was_sent_back_stays_until_it_is_visited_again)
{
	uint64_t sent;

	visit("a", "a");
	sent = laptop_id(l, "visit");
	laptop_sync(l);
	fake_server_return(server, sent, house, "foto kabur");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'returned':1");
	says(l, "'visits':0");
	visit("b", "b");
	laptop_sync(l);
	purge();
	says(l, "'not_backed_up':1");
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(what_an_unanswered_set_names_stays)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	visit("b", "b"); /* replaces what a wrote */
	server->now_ms += (KEEP + 1) * (int64_t)LAPTOP_DAY;
	l->now_ms = server->now_ms;
	/* Time passes, and b is not sent: the reply is lost. */
	laptop_lock(l);
	server->quarantine = REASON_CHAIN;
	laptop_sync(l);
	laptop_unlock(l, "SR");
	purge();
	says(l, "'named':1");
	says(l, "'quarantined':1");
}
END_TEST

START_TEST(what_has_not_come_down_stays)
{
	uint64_t other;

	visit("a", "a");
	laptop_sync(l);
	other = fake_server_latest(server, 1)->version;
	back_up();
	/* The receipt says a version that the record here is not at yet. */
	fake_server_latest(server, 1)->version = other + 1000;
	fake_server_latest(server, 1)->answered = ++server->version;
	fake_server_mark(server, other + 2000, KEEP);
	pass_days(KEEP + 1);
	pass_days(KEEP + 1);
	purge();
	says(l, "'coming':1");
}
END_TEST

START_TEST(a_visit_in_two_sets_leaves_with_the_second)
{
	uint64_t p1 = fake_server_person(server, house, "SATU");
	uint64_t p2 = fake_server_person(server, house, "DUA");

	laptop_sync(l);
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','fields':{'nama':'DUA A'}}]}",
	    house, p2);
	laptop_visit(l,
	    "{'key':'b','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','fields':{'nama':'SATU B'}},"
	    "{'person':'%" PRIu64 "','fields':{'nama':'DUA B'}}]}",
	    house, p1, p2);
	laptop_sync(l);
	laptop_status(l);
	says(l, "'merged':2");
	/* The first set is in the backup, the second is not. */
	fake_server_mark(
	    server, fake_server_latest(server, 1)->version - 1, KEEP);
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	laptop_visits(l);
	says(l, "'household'");
	back_up();
	purge();
	says(l, "'visits_so_far':2");
}
END_TEST

/* ---- marks
 * --------------------------------------------------------------------
 */

START_TEST(an_older_mark_does_not_come_back)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, 1, KEEP);
	laptop_sync(l);
	server->mark.number = 9; /* takes back what an earlier one promised */
	server->mark.version = 0;
	server->mark_at = ++server->version;
	laptop_sync(l);
	server->mark.number = 3;
	server->mark.version = server->version;
	server->mark_at = ++server->version;
	pass_days(KEEP + 1);
	purge();
	says(l, "'not_backed_up':1");
	says(l, "'backed_up_to':'1.0'");
	server->mark.number = 10;
	server->mark_at = ++server->version;
	laptop_sync(l);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(what_the_server_did_not_sign_is_no_mark)
{
	struct sign_key receipt = server->receipt;

	visit("a", "a");
	laptop_sync(l);
	/* Another's key, in a page that the server sends all the same. */
	server->mark_key = &server->desk;
	back_up();
	server->mark_key = NULL;
	pass_days(KEEP + 1);
	purge();
	says(l, "'not_backed_up':1");
	ck_assert_mem_eq(&receipt, &server->receipt, sizeof(receipt));
	fake_server_mark(server, server->version, KEEP);
	server->mark.authority++;
	laptop_sync(l);
	purge();
	says(l, "'not_backed_up':1");
	says_not(l, "keep_days");
}
END_TEST

START_TEST(after_a_restore_of_the_server_a_mark_of_before_says_nothing)
{
	visit("a", "a");
	laptop_sync(l);
	visit("b", "b");
	laptop_sync(l);
	back_up();
	/* From an older backup than the newest: b is gone there. */
	fake_server_restore(server, server->nsets - 1);
	pass_days(KEEP + 1);
	laptop_sync(l);
	purge();
	says(l, "'visits':0");
	says(l, "'not_backed_up':2");
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	back_up();
	purge();
	says(l, "'young':2");
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':2");
}
END_TEST

START_TEST(what_left_is_not_sent_again_to_a_restored_server)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	fake_server_restore(server, server->nsets);
	laptop_sync(l);
	laptop_status(l);
	says(l, "'purged':1");
	says(l, "'due':0");
	says(l, "'waiting':0");
	laptop_visits(l);
	says(l, "'visits':1,'state':'delivered','purged':true");
}
END_TEST

/* ---- afterwards
 * ---------------------------------------------------------------
 */

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
	tcase_add_test(tc, nothing_leaves_without_a_mark);
	tcase_add_test(tc, what_is_above_the_mark_stays);
	tcase_add_test(tc, what_is_young_stays_to_the_day);
	tcase_add_test(tc, the_regency_says_how_long);
	tcase_add_loop_test(tc, what_the_desk_still_has_to_look_at_stays, 0,
	    sizeof(STATES) / sizeof(STATES[0]));
	tcase_add_test(tc, what_is_not_signed_or_not_sent_stays);
	tcase_add_test(tc, what_was_sent_back_stays_until_it_is_visited_again);
	tcase_add_test(tc, what_an_unanswered_set_names_stays);
	tcase_add_test(tc, what_has_not_come_down_stays);
	tcase_add_test(tc, a_visit_in_two_sets_leaves_with_the_second);
	tcase_add_test(tc, an_older_mark_does_not_come_back);
	tcase_add_test(tc, what_the_server_did_not_sign_is_no_mark);
	tcase_add_test(
	    tc, after_a_restore_of_the_server_a_mark_of_before_says_nothing);
	tcase_add_test(tc, what_left_is_not_sent_again_to_a_restored_server);
	tcase_add_test(tc, the_same_visit_again_is_not_saved_again);
	tcase_add_test(
	    tc, the_chain_goes_on_and_an_older_copy_is_still_noticed);
}

UNIT_MAIN("agent_purge", add)
