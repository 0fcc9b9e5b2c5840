#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"
#include "common/wire/change.h"
#include "common/wire/recovery.h"

#include "agent/recover/qr.h"
#include "agent/recover/recovery_key.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/* Two people on a laptop; SR (writer 1) forgets the passphrase. */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define OLD "rahasia SR"
#define NEW "sungai padi kayu batu"
#define DAY 20774 /* 2026-11-17 */

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct err err;
static struct writer request, answer[4]; /* [1] to [3]: custodians' */

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_enrol(l, "BU", VILLAGE, NULL);
	laptop_sync(l);
	fake_server_recovery(server);
	laptop_sync(l);
}

static void
tear_down(void)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		writer_free(&answer[i]);
	writer_free(&request);
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

static void
new_house(const char *key, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, address);
}

/* The plug is pulled: nothing more is signed. */
static void
pull_plug(void)
{
	l->label[0] = '\0';
	laptop_reopen(l);
}

static void
ask(void)
{
	char code[AGENT_CODE_SIZE];
	struct writer line = { 0 };
	uint32_t laptop;

	writer_free(&request);
	ok(agent_recover_request(
	    l->agent, &request, &line, code, &laptop, &err));
	writer_u8(&request, '\0');
	ck_assert_uint_eq(laptop, 1);
	writer_free(&line);
}

static void
custodian(unsigned i)
{
	writer_free(&answer[i]);
	fake_server_custodian(
	    server, i, (const char *)request.bytes, &answer[i]);
}

static enum status
take(unsigned x, unsigned y, const char *label, const char *pass)
{
	struct agent_recovery r = { .label = label, .passphrase = pass };

	r.answer[0] = (const char *)answer[x].bytes;
	r.answer[1] = (const char *)answer[y].bytes;
	return agent_recover_finish(l->agent, &r, &err);
}

static void
recover(void)
{
	pull_plug();
	ask();
	custodian(1);
	custodian(3);
	ok(take(1, 3, "SR", NEW));
}

static enum status
unlock(const char *label, const char *pass)
{
	enum status st = agent_unlock(l->agent, label, pass, &err);

	if (st == ST_OK) {
		snprintf(l->label, sizeof(l->label), "%s", label);
		snprintf(l->pass, sizeof(l->pass), "%s", pass);
	}
	return st;
}

/* SR, unlocked, enrols anew. */
static enum status
enrol_again(const char *pass)
{
	struct writer card = { 0 }, ask_bytes = { 0 }, reply = { 0 };
	struct agent_enrol enrol = {
		.url = "http://127.0.0.1:1", .label = "SR", .passphrase = pass
	};
	char code[CARD_CODE_TEXT_SIZE];
	enum status st;

	fake_server_code(server, "SR", VILLAGE, NULL, code);
	enrol.code = code;
	fake_server_card(server, &card);
	st = agent_enrol_request(
	    l->agent, &enrol, card.bytes, card.len, &ask_bytes, &err);
	if (st == ST_OK) {
		fake_server_enrol(
		    server, ask_bytes.bytes, ask_bytes.len, &reply);
		st = agent_enrol_reply(
		    l->agent, &enrol, reply.bytes, reply.len, &err);
	}
	writer_free(&card);
	writer_free(&ask_bytes);
	writer_free(&reply);
	return st;
}

static const uint8_t *
slot_point(struct sealvfs_sealed *sealed)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };

	ok(sealvfs_recovery_read(&file, RECOVERY_KEY_LABEL, sealed, &err));
	return sealed->public;
}

/* ---- the slot --------------------------------------------------------------
 */

START_TEST(the_recovery_key_that_came_down_gets_a_slot)
{
	struct sealvfs_sealed sealed;

	ck_assert_mem_eq(slot_point(&sealed), server->recovery->keys.public,
	    CURVE_POINT_LEN);
	ck_assert_uint_eq(sealed.holder, (uint64_t)FAKE_AUTHORITY << 32 | 1);
}
END_TEST

START_TEST(a_newer_key_that_came_while_locked_gets_it_at_the_next_unlock)
{
	struct sealvfs_sealed sealed;

	laptop_lock(l);
	fake_server_recovery(server);
	laptop_sync(l);
	ck_assert_mem_ne(slot_point(&sealed), server->recovery->keys.public,
	    CURVE_POINT_LEN);
	laptop_unlock(l, "BU");
	ck_assert_mem_eq(slot_point(&sealed), server->recovery->keys.public,
	    CURVE_POINT_LEN);
}
END_TEST

START_TEST(an_older_key_does_not_take_its_place_again)
{
	struct recovery_card first = *server->recovery;
	struct sealvfs_sealed sealed;

	fake_server_recovery(server);
	laptop_sync(l);
	*server->recovery = first;
	server->recovery_at = ++server->version;
	laptop_sync(l);
	ck_assert_mem_ne(
	    slot_point(&sealed), first.keys.public, CURVE_POINT_LEN);
}
END_TEST

START_TEST(a_key_that_the_root_did_not_sign_is_not_believed)
{
	struct sealvfs_sealed sealed;
	uint8_t before[CURVE_POINT_LEN];
	struct sign_key root = server->root;
	struct recovery_card kept = *server->recovery;

	memcpy(before, slot_point(&sealed), sizeof(before));
	server->root = server->desk; /* who has the server, not the root */
	fake_server_recovery(server);
	ck_assert_int_eq(laptop_exchange(l, false), ST_UNTRUSTED);
	server->root = root;
	*server->recovery = kept;
	ck_assert_mem_eq(slot_point(&sealed), before, sizeof(before));
}
END_TEST

START_TEST(a_slot_that_somebody_planted_is_put_right)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };
	const uint8_t seed[KEY_LEN] = { 3 };
	struct keyhole_key thief;
	struct sealvfs_sealed sealed;
	struct sealvfs_slot slot;

	keyhole_key_make(&thief, seed);
	ok(sealvfs_slot_recovery(
	    &slot, RECOVERY_KEY_LABEL, thief.public, 1, &err));
	ok(sealvfs_slot_put(&file, &slot, &err));
	laptop_lock(l);
	laptop_unlock(l, "BU");
	ck_assert_mem_eq(slot_point(&sealed), server->recovery->keys.public,
	    CURVE_POINT_LEN);
}
END_TEST

/* ---- finishing -------------------------------------------------------------
 */

START_TEST(the_new_passphrase_opens_and_the_old_one_does_not)
{
	visit("a", "Jl. Sari");
	recover();
	ck_assert_int_eq(unlock("SR", OLD), ST_LOCKED);
	l->now_ms += 60000;
	ok(unlock("SR", NEW));
	laptop_show(l, house);
	says(l, "Jl. Sari");
	laptop_lock(l);
	ok(unlock("BU", "rahasia BU"));
	laptop_show(l, house);
	says(l, "Jl. Sari");
}
END_TEST

START_TEST(an_old_header_put_back_opens_nothing)
{
	size_t len, now_len;
	uint8_t *old, *now;

	pull_plug();
	old = bytes_load(laptop_path(l, "store.db"), &len);
	recover();
	now = bytes_load(laptop_path(l, "store.db"), &now_len);
	memcpy(now, old, SEALED_START);
	bytes_store(laptop_path(l, "store.db"), now, now_len);
	ck_assert_int_ne(unlock("SR", OLD), ST_OK);
	free(old);
	free(now);
}
END_TEST

START_TEST(the_answers_open_nothing_twice)
{
	recover();
	ck_assert_int_eq(take(1, 3, "SR", NEW), ST_NOTFOUND);
	ck_assert_int_eq((int)say_of(&err), SAY_NO_REQUEST);
	/* A new request: the old answers are to another. */
	ask();
	ck_assert_int_eq(take(1, 3, "SR", NEW), ST_CONFLICT);
}
END_TEST

START_TEST(the_same_request_is_made_until_it_is_answered)
{
	struct writer first;

	pull_plug();
	ask();
	first = request;
	memset(&request, 0, sizeof(request));
	laptop_reopen(l);
	ask();
	ck_assert_str_eq((char *)first.bytes, (char *)request.bytes);
	writer_free(&first);
	/* The slot got another key: who answered the old request would
	 * answer in vain. */
	fake_server_recovery(server);
	laptop_sync(l);
	laptop_unlock(l, "BU");
	laptop_lock(l);
	first = request;
	memset(&request, 0, sizeof(request));
	ask();
	ck_assert_str_ne((char *)first.bytes, (char *)request.bytes);
	writer_free(&first);
}
END_TEST

START_TEST(what_cannot_open_it_changes_nothing)
{
	size_t len, again_len;
	uint8_t *before, *after;

	visit("a", "Jl. Sari");
	pull_plug();
	ask();
	custodian(1);
	custodian(2);
	before = bytes_load(laptop_path(l, "store.db"), &len);
	ck_assert_int_eq(take(1, 1, "SR", NEW), ST_CONFLICT);
	ck_assert_int_eq((int)say_of(&err), SAY_ANSWER_OTHER);
	ck_assert_int_eq(take(1, 2, "ZZ", NEW), ST_NOTFOUND);
	ck_assert_int_eq((int)say_of(&err), SAY_NO_PERSON);
	ck_assert_int_eq(take(1, 2, "SR", "123456"), ST_INVALID);
	answer[2].bytes[200] = answer[2].bytes[200] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(take(1, 2, "SR", NEW), ST_UNTRUSTED);
	ck_assert_int_eq((int)say_of(&err), SAY_ANSWER_WRONG);
	server->share[1].half[0][1] ^= 1;
	custodian(2);
	ck_assert_int_eq(take(1, 2, "SR", NEW), ST_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.text, "custodian 2"));
	after = bytes_load(laptop_path(l, "store.db"), &again_len);
	ck_assert_uint_eq(again_len, len);
	ck_assert_mem_eq(after, before, len);
	free(before);
	free(after);
	ok(unlock("SR", OLD));
}
END_TEST

START_TEST(nobody_recovers_while_somebody_works)
{
	ck_assert_int_eq(take(1, 2, "SR", NEW), ST_CONFLICT);
	ck_assert_int_eq((int)say_of(&err), SAY_TAKEN);
}
END_TEST

/* ---- afterwards ------------------------------------------------------------
 */

static unsigned reissued, visits_seen;

/* Count in the server's log what ${writer} signed again for writer 1. */
static void
count_marks(uint32_t writer)
{
	struct change *set;
	size_t i, j;

	reissued = visits_seen = 0;
	for (i = 0; i < server->nsets; i++) {
		if (server->sets[i].desk)
			continue;
		ok(change_unpack(&set, server->sets[i].bytes,
		    server->sets[i].len, true, &err));
		for (j = 0; j < set->body.nvisits; j++) {
			visits_seen++;
			if (set->body.visits[j].person != 0) {
				ck_assert_uint_eq(
				    set->body.visits[j].person, 1);
				ck_assert_uint_eq(set->head.writer, writer);
				reissued++;
			} else {
				ck_assert_uint_eq(
				    id_writer(set->body.visits[j].id),
				    set->head.writer);
			}
		}
		change_free(set);
	}
}

START_TEST(everything_arrives_each_under_who_could_sign_it)
{
	visit("a", "Jl. Satu");
	laptop_lock(l); /* signs a */
	laptop_unlock(l, "SR");
	visit("b", "Jl. Dua");
	new_house("c", "Jl. Baru");
	recover();
	ok(unlock("SR", NEW));
	ck_assert(agent_waits(l->agent));
	visit("d", "Jl. Tiga"); /* closes the set that cannot be signed */
	laptop_sync(l);
	count_marks(0);
	ck_assert_uint_eq(visits_seen, 1); /* a, as it was signed */
	ok(enrol_again(NEW));
	ck_assert_uint_eq(server->former[server->nwriters - 1], 1);
	ck_assert(!agent_unlocked(l->agent));
	ok(unlock("SR", NEW));
	ck_assert(!agent_waits(l->agent));
	visit("e", "Jl. Empat");
	laptop_sync(l);
	count_marks(server->nwriters);
	ck_assert_uint_eq(visits_seen, 5);
	ck_assert_uint_eq(reissued, 3);
	laptop_status(l);
	says(l, "'unsigned_records':0");
	laptop_visits(l);
	says(l, "'state':'delivered'");
	says_not(l, "'waiting'");
}
END_TEST

START_TEST(a_visit_that_is_sent_again_after_all_that_is_known)
{
	char first[2000];

	visit("b", "Jl. Dua");
	snprintf(first, sizeof(first), "%s", (const char *)l->said.bytes);
	recover();
	ok(unlock("SR", NEW));
	ok(enrol_again(NEW));
	ok(unlock("SR", NEW));
	visit("b", "Jl. Dua");
	ck_assert_str_eq(first, (const char *)l->said.bytes);
}
END_TEST

START_TEST(enrolling_anew_needs_the_new_passphrase)
{
	visit("a", "Jl. Sari");
	recover();
	ok(unlock("SR", NEW));
	ck_assert_int_eq(enrol_again(OLD), ST_LOCKED);
	l->now_ms += 60000;
	ok(enrol_again(NEW));
}
END_TEST

START_TEST(who_waits_can_change_the_passphrase_but_not_leave)
{
	bool renewed;

	visit("a", "Jl. Satu");
	recover();
	ok(unlock("SR", NEW));
	ok(agent_passphrase(
	    l->agent, NEW, "gunung laut pasir awan", NULL, &renewed, &err));
	ck_assert_int_eq(
	    agent_remove(l->agent, "SR", &renewed, &err), ST_LOCKED);
	ck_assert_int_eq((int)say_of(&err), SAY_UNSIGNED);
	ok(agent_lock(l->agent, &err));
	ok(unlock("SR", "gunung laut pasir awan"));
	ck_assert(agent_waits(l->agent));
	ok(enrol_again("gunung laut pasir awan"));
	ok(unlock("SR", "gunung laut pasir awan"));
	laptop_sync(l);
	laptop_status(l);
	says(l, "'unsigned_records':0");
	says(l, "'recoverable':true");
}
END_TEST

START_TEST(nobody_else_enrols_in_the_place_of_who_waits)
{
	recover();
	ok(unlock("BU", "rahasia BU"));
	ck_assert_int_eq(enrol_again(NEW), ST_CONFLICT);
	ck_assert_int_eq((int)say_of(&err), SAY_LABEL_TAKEN);
}
END_TEST

START_TEST(forgetting_twice_loses_nothing)
{
	visit("a", "Jl. Satu");
	recover();
	ok(unlock("SR", NEW));
	visit("b", "Jl. Dua");
	recover();
	ok(unlock("SR", NEW));
	ok(enrol_again(NEW));
	ok(unlock("SR", NEW));
	visit("c", "Jl. Tiga");
	recover();
	ok(unlock("SR", NEW));
	ok(enrol_again(NEW));
	ok(unlock("SR", NEW));
	laptop_sync(l);
	laptop_status(l);
	says(l, "'unsigned_records':0");
	ck_assert_uint_eq(fake_server_visits(server, DAY), 3);
}
END_TEST

/* ---- the QR code -----------------------------------------------------------
 */

START_TEST(a_request_fits_a_qr_code)
{
	struct writer text = { 0 }, line = { 0 }, lines = { 0 }, svg = { 0 };
	char code[AGENT_CODE_SIZE];
	struct qr qr;
	uint32_t laptop;

	pull_plug();
	ok(agent_recover_request(l->agent, &text, &line, code, &laptop, &err));
	writer_u8(&line, '\0');
	ok(qr_draw(&qr, (const char *)line.bytes, &err));
	ck_assert_uint_ge(qr.width, 21);
	ck_assert_uint_le(qr.width, 177);
	/* The three corners that every code has. */
	ck_assert(qr.dark[0] && qr.dark[6] && qr.dark[qr.width - 1]);
	ck_assert(qr.dark[(qr.width - 1) * qr.width]);
	ok(qr_lines(&lines, &qr, &err));
	ok(qr_svg(&svg, &qr, &err));
	ck_assert_uint_gt(lines.len, qr.width);
	ck_assert_uint_gt(svg.len, qr.width);
	qr_free(&qr);
	writer_free(&text);
	writer_free(&line);
	writer_free(&lines);
	writer_free(&svg);
}
END_TEST

START_TEST(more_than_a_qr_code_holds_is_refused)
{
	static char text[9000];
	struct qr qr;

	memset(text, 'A', sizeof(text) - 1);
	ck_assert_int_eq(qr_draw(&qr, text, &err), ST_INVALID);
	ck_assert_ptr_null(qr.dark);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_recovery_key_that_came_down_gets_a_slot);
	tcase_add_test(
	    tc, a_newer_key_that_came_while_locked_gets_it_at_the_next_unlock);
	tcase_add_test(tc, an_older_key_does_not_take_its_place_again);
	tcase_add_test(tc, a_key_that_the_root_did_not_sign_is_not_believed);
	tcase_add_test(tc, a_slot_that_somebody_planted_is_put_right);
	tcase_add_test(tc, the_new_passphrase_opens_and_the_old_one_does_not);
	tcase_add_test(tc, an_old_header_put_back_opens_nothing);
	tcase_add_test(tc, the_answers_open_nothing_twice);
	tcase_add_test(tc, the_same_request_is_made_until_it_is_answered);
	tcase_add_test(tc, what_cannot_open_it_changes_nothing);
	tcase_add_test(tc, nobody_recovers_while_somebody_works);
	tcase_add_test(tc, everything_arrives_each_under_who_could_sign_it);
	tcase_add_test(tc, a_visit_that_is_sent_again_after_all_that_is_known);
	tcase_add_test(tc, enrolling_anew_needs_the_new_passphrase);
	tcase_add_test(tc, who_waits_can_change_the_passphrase_but_not_leave);
	tcase_add_test(tc, nobody_else_enrols_in_the_place_of_who_waits);
	tcase_add_test(tc, forgetting_twice_loses_nothing);
	tcase_add_test(tc, a_request_fits_a_qr_code);
	tcase_add_test(tc, more_than_a_qr_code_holds_is_refused);
}

UNIT_MAIN("agent_recover", add)
