#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/id.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct err err;

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
visit(const char *key, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, house, address);
}

/* The bundle that is due, its name, and the server's reply to it. */
static struct writer bundle, reply;
static uint8_t name[BUNDLE_NAME_LEN];

static void
make_bundle(void)
{
	writer_clear(&bundle);
	writer_clear(&reply);
	ok(agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
}

static enum status
take(const struct writer *bytes)
{
	return agent_sync_reply(
	    l->agent, name, bytes->bytes, bytes->len, &l->synced, &l->err);
}

static size_t
count_items(void)
{
	size_t at = BUNDLE_HEAD_LEN, len, n = 0;
	const uint8_t *item;
	bool is_pull;

	while (bundle_next(bundle.bytes, bundle.len, &at, &item, &len, &is_pull,
		   &err) == ST_OK)
		n += !is_pull;
	return n;
}

/* ---- replies ---------------------------------------------------------------
 */

START_TEST(nothing_but_a_signed_reply_is_delivered)
{
	static const char PORTAL[] = "<html>Selamat datang</html>";
	struct writer page = { 0 };
	size_t i;

	visit("a", "Jl. Baru");
	make_bundle();
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);

	writer_bytes(&page, PORTAL, sizeof(PORTAL));
	ck_assert_int_eq(take(&page), ST_UNTRUSTED);
	writer_clear(&page);
	ck_assert_int_eq(take(&page), ST_UNTRUSTED);
	/* Cut short, or one bit changed anywhere. */
	for (i = 0; i < reply.len; i += 13) {
		writer_clear(&page);
		writer_bytes(&page, reply.bytes, i);
		ck_assert_int_eq(take(&page), ST_UNTRUSTED);
		writer_clear(&page);
		writer_bytes(&page, reply.bytes, reply.len);
		page.bytes[i] ^= 4;
		ck_assert_msg(take(&page) == ST_UNTRUSTED, "byte %zu taken", i);
	}
	ck_assert_uint_eq(l->synced.merged, 0);
	laptop_status(l);
	says(l, "'due':1");
	ok(take(&reply));
	ck_assert_uint_eq(l->synced.merged, 1);
	writer_free(&page);
}
END_TEST

START_TEST(a_reply_to_another_bundle_is_no_answer)
{
	uint8_t other[BUNDLE_NAME_LEN];

	visit("a", "Jl. Baru");
	make_bundle();
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	memcpy(other, name, sizeof(other));
	other[0] ^= 1;
	ck_assert_int_eq(agent_sync_reply(l->agent, other, reply.bytes,
			     reply.len, &l->synced, &l->err),
	    ST_UNTRUSTED);
}
END_TEST

START_TEST(the_same_reply_again_changes_nothing)
{
	visit("a", "Jl. Baru");
	make_bundle();
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	l->synced = (struct agent_synced){ 0 };
	ok(take(&reply));
	ck_assert_uint_eq(l->synced.merged, 1);
	ok(take(&reply));
	ok(take(&reply));
	ck_assert_uint_eq(l->synced.merged, 1);
	laptop_reopen(l);
	ok(take(&reply));
	ck_assert_uint_eq(l->synced.merged, 1);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
}
END_TEST

START_TEST(a_late_reply_to_an_older_bundle_moves_no_cursor_back)
{
	struct writer old = { 0 };
	uint8_t old_name[BUNDLE_NAME_LEN];

	make_bundle();
	fake_server_write(server, house, "alamat", "Jl. Satu", false);
	fake_server_answer(server, bundle.bytes, bundle.len, &old);
	memcpy(old_name, name, sizeof(name));
	fake_server_write(server, house, "alamat", "Jl. Dua", false);
	laptop_sync(l);
	memcpy(name, old_name, sizeof(name));
	ok(take(&old));
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Dua'");
	fake_server_write(server, house, "alamat", "Jl. Tiga", false);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.records, 1);
	writer_free(&old);
}
END_TEST

START_TEST(a_late_reply_drops_nothing_that_came_back_since)
{
	struct writer old = { 0 };
	uint8_t old_name[BUNDLE_NAME_LEN];
	char text[ID_TEXT_SIZE];

	make_bundle();
	fake_server_drop(server, house);
	fake_server_answer(server, bundle.bytes, bundle.len, &old);
	memcpy(old_name, name, sizeof(name));
	fake_server_write(server, house, "alamat", "Jl. Kembali", false);
	laptop_sync(l);
	memcpy(name, old_name, sizeof(name));
	ok(take(&old));
	laptop_list(l);
	id_print(house, text);
	says(l, text);
	writer_free(&old);
}
END_TEST

START_TEST(a_lost_reply_costs_nothing)
{
	int32_t day = 20774; /* 2026-11-17 */

	visit("a", "Jl. Baru");
	laptop_exchange(l, true);
	laptop_exchange(l, true);
	laptop_reopen(l);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
	ck_assert_uint_eq(fake_server_visits(server, day), 1);
	laptop_status(l);
	says(l, "'due':0");
}
END_TEST

START_TEST(any_prefix_is_a_good_place_to_go_on_from)
{
	size_t i, total = 12;

	for (i = 0; i < total; i++)
		fake_server_household(server, VILLAGE, "Jl. Satu");
	server->page_max = 1;
	for (i = 0; i < total; i++) {
		/* Every second answer is lost, and power with every third. */
		laptop_exchange(l, i % 2 == 1);
		if (i % 3 == 0)
			laptop_reopen(l);
	}
	laptop_sync(l);
	laptop_status(l);
	says(l, "'households':13");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.records, 0);
}
END_TEST

/* ---- bundles ---------------------------------------------------------------
 */

START_TEST(a_bundle_is_the_same_until_something_changes)
{
	uint8_t first[BUNDLE_NAME_LEN];

	visit("a", "Jl. Baru");
	make_bundle();
	memcpy(first, name, sizeof(first));
	laptop_reopen(l);
	make_bundle();
	ck_assert_mem_eq(first, name, sizeof(first));
	visit("b", "Jl. Lagi");
	make_bundle();
	ck_assert_mem_ne(first, name, sizeof(first));
	ck_assert_uint_eq(count_items(), 2);
}
END_TEST

START_TEST(nothing_due_makes_no_bundle_unless_asked)
{
	writer_clear(&bundle);
	ck_assert_int_eq(
	    agent_sync_bundle(l->agent, false, &bundle, name, &l->err),
	    ST_NOTFOUND);
	ok(agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
	ck_assert_uint_eq(count_items(), 0);
}
END_TEST

START_TEST(envelopes_go_oldest_first)
{
	struct envelope_head head;
	size_t at = BUNDLE_HEAD_LEN, len, whole;
	const uint8_t *item;
	char key[8];
	uint32_t seq = 0;
	bool is_pull;
	int i;

	for (i = 0; i < 6; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		visit(key, key);
	}
	make_bundle();
	while (bundle_next(bundle.bytes, bundle.len, &at, &item, &len, &is_pull,
		   &err) == ST_OK) {
		ok(envelope_peek(&head, &whole, item, len, &err));
		ck_assert_uint_eq(head.seq, ++seq);
	}
	ck_assert_uint_eq(seq, 6);
}
END_TEST

START_TEST(the_spool_is_made_again_from_the_store)
{
	visit("a", "Jl. Baru");
	visit("b", "Jl. Lagi");
	make_bundle();
	ck_assert_uint_eq(count_items(), 2);
	laptop_empty(l, "spool");
	laptop_reopen(l);
	make_bundle();
	ck_assert_uint_eq(count_items(), 2);
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	ok(take(&reply));
	ck_assert_uint_eq(l->synced.merged, 2);
}
END_TEST

START_TEST(what_is_no_envelope_of_ours_is_never_sent)
{
	FILE *f;

	visit("a", "Jl. Baru");
	make_bundle();
	f = fopen(laptop_path(l,
		      "spool/00112233445566778899aabbccddeeff"
		      "00112233445566778899aabbccddeeff.env"),
	    "w");
	ck_assert_ptr_nonnull(f);
	fputs("somebody put this here", f);
	fclose(f);
	make_bundle();
	ck_assert_uint_eq(count_items(), 1);
}
END_TEST

START_TEST(a_new_key_of_the_server_is_sealed_to)
{
	uint8_t seed[BOX_SEED_LEN] = { 7 };
	struct writer card = { 0 };

	visit("a", "Jl. Baru");
	make_bundle();
	laptop_lock(l);
	seal_key_make(&server->box, seed);
	memcpy(server->server.box_public, server->box.public, 32);
	server->server.box_key = 2;
	fake_server_card(server, &card);
	ok(agent_server_card(l->agent, card.bytes, card.len, &l->err));
	laptop_unlock(l, "SR");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
	writer_free(&card);
}
END_TEST

START_TEST(another_servers_card_is_refused)
{
	struct fake_server *other = fake_server_new(NOW);
	struct writer card = { 0 };

	fake_server_card(other, &card);
	ck_assert_int_eq(
	    agent_server_card(l->agent, card.bytes, card.len, &l->err),
	    ST_UNTRUSTED);
	fake_server_free(other);
	writer_free(&card);
}
END_TEST

/* ---- locked ----------------------------------------------------------------
 */

START_TEST(a_locked_laptop_sends_what_was_signed)
{
	visit("a", "Jl. Baru");
	laptop_lock(l);
	laptop_sync(l);
	ck_assert(l->synced.locked);
	ck_assert_uint_eq(l->synced.sent, 1);
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	/* Its receipt lies in the spool: it is not sent again. */
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
	laptop_reopen(l);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'merged':1");
	says(l, "'due':0");
	says(l, "'kept_replies':0");
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru'");
	says(l, "'waiting':0");
}
END_TEST

START_TEST(what_comes_while_locked_is_read_at_the_next_unlock)
{
	uint64_t later;

	laptop_lock(l);
	later = fake_server_household(server, VILLAGE, "Jl. Satu");
	laptop_sync(l);
	fake_server_write(server, later, "alamat", "Jl. Dua", false);
	laptop_sync(l);
	laptop_reopen(l);
	laptop_status(l);
	says(l, "'kept_replies':2");
	laptop_unlock(l, "SR");
	laptop_show(l, later);
	says(l, "'alamat':'Jl. Dua'");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.records, 0);
}
END_TEST

START_TEST(a_kept_reply_that_was_lost_is_asked_for_again)
{
	uint64_t one, two;

	laptop_lock(l);
	one = fake_server_household(server, VILLAGE, "Jl. Satu");
	laptop_sync(l);
	laptop_empty(l, "spool");
	two = fake_server_household(server, VILLAGE, "Jl. Dua");
	laptop_sync(l);
	laptop_unlock(l, "SR");
	laptop_sync(l);
	laptop_show(l, one);
	says(l, "Jl. Satu");
	laptop_show(l, two);
	says(l, "Jl. Dua");
}
END_TEST

START_TEST(a_reply_that_cannot_be_kept_was_not_delivered)
{
	visit("a", "Jl. Baru");
	laptop_lock(l);
	make_bundle();
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	l->fail_write = 1;
	ck_assert_int_eq(take(&reply), ST_FULL);
	laptop_reopen(l);
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'due':1");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
}
END_TEST

START_TEST(receipts_of_a_reply_that_was_kept_but_not_noted_count)
{
	visit("a", "Jl. Baru");
	laptop_lock(l);
	make_bundle();
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	l->fail_write = 2; /* the reply is in the spool; the note fails */
	ck_assert_int_eq(take(&reply), ST_FULL);
	laptop_reopen(l);
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'due':0");
	says(l, "'merged':1");
	/* Its page was not taken: the cursor is where it was. */
	laptop_show(l, house);
	says(l, "'waiting':1");
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'waiting':0");
}
END_TEST

START_TEST(a_locked_laptop_tells_nothing)
{
	struct writer out = { 0 };

	laptop_lock(l);
	ck_assert_int_eq(agent_list(l->agent, NULL, &out, &err), ST_LOCKED);
	ck_assert_int_eq(agent_show(l->agent, house, &out, &err), ST_LOCKED);
	ck_assert_int_eq(agent_visits(l->agent, &out, &err), ST_LOCKED);
	ck_assert_int_eq(agent_returns(l->agent, &out, &err), ST_LOCKED);
	ck_assert_int_eq(agent_visit(l->agent, "{}", 2, &out, &err), ST_LOCKED);
	laptop_status(l);
	says(l, "'unlocked':false");
	says_not(l, "households");
	writer_free(&out);
}
END_TEST

/* ---- what the desk sends ---------------------------------------------------
 */

START_TEST(a_visit_sent_back_arrives_with_its_reason)
{
	uint64_t id;

	visit("a", "Jl. Baru");
	id = laptop_id(l, "visit");
	laptop_sync(l);
	fake_server_return(server, id, house, "Alamat kurang jelas");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.returns, 1);
	laptop_returns(l);
	says(l, "Alamat kurang jelas");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.returns, 0);
	laptop_status(l);
	says(l, "'returns':1");
}
END_TEST

START_TEST(an_older_card_of_the_server_is_not_taken)
{
	struct writer old = { 0 }, new = { 0 }, older = { 0 };

	fake_server_card(server, &old);
	server->server.issued_ms += 1000;
	server->server.box_key++;
	fake_server_card(server, &new);
	ok(agent_server_card(l->agent, new.bytes, new.len, &l->err));
	ck_assert_int_eq(
	    agent_server_card(l->agent, old.bytes, old.len, &l->err),
	    ST_UNTRUSTED);
	/* A restored server may have older keys, but has a newer epoch. */
	server->server.issued_ms -= 1000;
	server->epoch++;
	fake_server_card(server, &older);
	ok(agent_server_card(l->agent, older.bytes, older.len, &l->err));
	ck_assert_int_eq(
	    agent_server_card(l->agent, new.bytes, new.len, &l->err),
	    ST_UNTRUSTED);
	writer_free(&old);
	writer_free(&new);
	writer_free(&older);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_older_card_of_the_server_is_not_taken);
	tcase_add_test(tc, nothing_but_a_signed_reply_is_delivered);
	tcase_add_test(tc, a_reply_to_another_bundle_is_no_answer);
	tcase_add_test(tc, the_same_reply_again_changes_nothing);
	tcase_add_test(
	    tc, a_late_reply_to_an_older_bundle_moves_no_cursor_back);
	tcase_add_test(tc, a_late_reply_drops_nothing_that_came_back_since);
	tcase_add_test(tc, a_lost_reply_costs_nothing);
	tcase_add_test(tc, any_prefix_is_a_good_place_to_go_on_from);
	tcase_add_test(tc, a_bundle_is_the_same_until_something_changes);
	tcase_add_test(tc, nothing_due_makes_no_bundle_unless_asked);
	tcase_add_test(tc, envelopes_go_oldest_first);
	tcase_add_test(tc, the_spool_is_made_again_from_the_store);
	tcase_add_test(tc, what_is_no_envelope_of_ours_is_never_sent);
	tcase_add_test(tc, a_new_key_of_the_server_is_sealed_to);
	tcase_add_test(tc, another_servers_card_is_refused);
	tcase_add_test(tc, a_locked_laptop_sends_what_was_signed);
	tcase_add_test(tc, what_comes_while_locked_is_read_at_the_next_unlock);
	tcase_add_test(tc, a_kept_reply_that_was_lost_is_asked_for_again);
	tcase_add_test(tc, a_reply_that_cannot_be_kept_was_not_delivered);
	tcase_add_test(
	    tc, receipts_of_a_reply_that_was_kept_but_not_noted_count);
	tcase_add_test(tc, a_locked_laptop_tells_nothing);
	tcase_add_test(tc, a_visit_sent_back_arrives_with_its_reason);
}

UNIT_MAIN("agent_sync", add)
