#include "tests/lib/clone.h"

/* Two laptops that went on with the files of one: nothing is mixed up. */

START_TEST(households_made_under_one_id_stay_two)
{
	struct book_result result;
	uint64_t mine, theirs;
	uint32_t next;

	part();
	start(&sari, 5, 1);
	mine = household(&sari, 2, "Jl. Sari");
	ck_assert_int_eq(send_set(&sari), REASON_NONE);
	start(&clone, 6, 1);
	theirs = household(&clone, 2, "Jl. Salinan");
	ck_assert_uint_eq(mine, theirs);
	ck_assert_int_eq(send_set(&clone), REASON_FORK);

	next = store_state(office.server->store)->next_writer;
	result = book();
	ck_assert_uint_eq(result.sets, 1);
	ck_assert_uint_eq(result.branches, 1);
	ck_assert_uint_eq(result.waiting, 0);
	ck_assert_str_eq(shown(mine, REG), "Jl. Sari");
	ck_assert_str_eq(shown(under(next, mine), REG), "Jl. Salinan");
	ck_assert_uint_eq(people_person(office.server->people, next),
	    people_person(office.server->people, sari.pen.writer));
	all_agrees();
	office_restart(&office);
	ck_assert_uint_eq(people_person(office.server->people, next),
	    people_person(office.server->people, sari.pen.writer));
	all_agrees();
}
END_TEST

START_TEST(links_of_the_branch_follow_its_households)
{
	char text[ID_TEXT_SIZE], moved[ID_TEXT_SIZE];
	uint64_t home;
	uint32_t next;

	part();
	start(&sari, 5, 1);
	household(&sari, 2, "Jl. Sari");
	send_set(&sari);
	start(&clone, 6, 1);
	home = household(&clone, 2, "Jl. Salinan");
	id_print(home, text);
	draft_row(&draft, laptop_id(&clone, 3), RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	ck_assert_int_eq(send_set(&clone), REASON_FORK);

	next = store_state(office.server->store)->next_writer;
	book();
	id_print(under(next, home), moved);
	ck_assert_str_eq(shown(under(next, laptop_id(&clone, 3)), 2), moved);
	all_agrees();
}
END_TEST

START_TEST(what_both_had_before_they_parted_stays_one)
{
	uint64_t old;
	uint32_t next;

	/* In the log before. */
	start(&sari, 4, 1);
	old = household(&sari, 2, "Jl. Lama");
	send_set(&sari);
	part();
	start(&sari, 5, 3);
	draft_row(&draft, old, RECORD_HOUSEHOLD, 1, haul.cursor.version);
	draft_write(&draft, REG, "Jl. Sari");
	draft_name(&draft, 4);
	send_set(&sari);
	start(&clone, 6, 3);
	draft_row(&draft, old, RECORD_HOUSEHOLD, 1, haul.cursor.version);
	draft_write(&draft, REG + 1, "dari salinan");
	ck_assert_int_eq(send_set(&clone), REASON_FORK);

	next = store_state(office.server->store)->next_writer;
	book();
	ck_assert_str_eq(shown(old, REG), "Jl. Sari");
	ck_assert_str_eq(shown(old, REG + 1), "dari salinan");
	ck_assert_str_eq(shown(under(next, old), REG), "");
	all_agrees();
}
END_TEST

START_TEST(a_set_that_was_open_when_they_parted_counts_once)
{
	uint64_t both, own;
	uint32_t next;

	/* The same visit is in both, and each went on with the set. */
	part();
	start(&sari, 5, 1);
	both = household(&sari, 2, "Jl. Bersama");
	send_set(&sari);
	draft_start(&draft, CHANGE_VISITS, 5);
	draft.visit.id = laptop_id(&clone, 1);
	household(&clone, 2, "Jl. Bersama");
	household(&clone, 3, "Jl. Ketiga");
	ck_assert_int_eq(send_set(&clone), REASON_SET_ID);
	start(&clone, 8, 4);
	own = household(&clone, 5, "Jl. Salinan");
	draft_row(&draft, laptop_id(&clone, 6), RECORD_HOUSEHOLD, 0, 0);
	draft_also(&draft, 5);
	draft_write(&draft, REG, "Jl. Keenam");
	send_set(&clone);

	next = store_state(office.server->store)->next_writer;
	ck_assert_uint_eq(book().sets, 2);
	ck_assert_str_eq(shown(both, REG), "Jl. Bersama");
	ck_assert_str_eq(shown(under(next, both), REG), "");
	ck_assert_str_eq(shown(laptop_id(&clone, 3), REG), "Jl. Ketiga");
	ck_assert_str_eq(shown(under(next, own), REG), "Jl. Salinan");
	all_agrees();
}
END_TEST

START_TEST(later_sets_of_the_branch_go_under_the_same_index)
{
	struct book_opts opts = { .writer = sari.pen.writer,
		.reason = "laptop disalin",
		.person = 1 };
	struct book_result result;
	uint64_t second;
	uint32_t next;

	part();
	start(&sari, 5, 1);
	household(&sari, 2, "Jl. Sari");
	send_set(&sari);
	start(&clone, 6, 1);
	household(&clone, 2, "Jl. Salinan");
	send_set(&clone);
	next = store_state(office.server->store)->next_writer;
	book();
	start(&clone, 7, 3);
	second = household(&clone, 4, "Jl. Salinan 2");
	draft_row(&draft, laptop_id(&clone, 2), RECORD_HOUSEHOLD, 0, 0);
	memmove(&draft.rows[1], &draft.rows[0], sizeof(draft.rows[0]));
	draft.rows[0] = (struct change_row){ .id = laptop_id(&clone, 2),
		.kind = RECORD_HOUSEHOLD,
		.also = draft.also[1],
		.writes = draft.writes[1] };
	draft.also[1][draft.rows[0].nalso++] = 6;
	draft.writes[1][0] = (struct change_write){ .reg = REG,
		.value = (const uint8_t *)"Jl. Pindah",
		.len = 10,
		.npreds = 1,
		.preds = draft.names[1][0] };
	draft.names[1][0][0] = 6;
	draft.rows[0].nwrites = 1;
	ck_assert_int_ne(send_set(&clone), REASON_NONE);
	result = book();
	ck_assert_uint_eq(result.sets, 1);
	ck_assert_uint_eq(
	    store_state(office.server->store)->next_writer, next + 1);
	ck_assert_str_eq(shown(under(next, second), REG), "Jl. Salinan 2");
	ck_assert_str_eq(
	    shown(under(next, laptop_id(&clone, 2)), REG), "Jl. Pindah");
	ck_assert_int_eq(
	    book_writer(office.server, &opts, &result, &err), ST_NOTFOUND);
	all_agrees();
}
END_TEST

START_TEST(an_order_may_come_before_the_set)
{
	struct change_toggle order = { .accept = true,
		.booking = { .writer = 77, .counter = 0 },
		.reason = "disalin",
		.reason_len = 7 };
	uint8_t desk[CHANGE_ID_LEN];
	struct writer kept;
	uint64_t theirs;

	part();
	start(&clone, 6, 1);
	theirs = household(&clone, 2, "Jl. Salinan");
	laptop_add(&clone, &office, &draft, id);
	kept = clone.items;
	clone.items = (struct writer){ 0 };
	start(&sari, 5, 1);
	household(&sari, 2, "Jl. Sari");
	laptop_add(&sari, &office, &draft, desk);
	haul_exchange(&haul, &office, &sari);

	memcpy(order.change_id, id, CHANGE_ID_LEN);
	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(order_sign(office.server, &order, 1, 1, desk, &err));
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
	clone.items = kept;
	haul_exchange(&haul, &office, &clone);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
	ck_assert_str_eq(shown(theirs, REG), "Jl. Sari");
	ck_assert_str_eq(shown(under(77, theirs), REG), "Jl. Salinan");
	ck_assert_uint_eq(store_state(office.server->store)->next_writer, 78);
	all_agrees();
}
END_TEST

START_TEST(a_booked_set_is_voided_released_and_erased_like_any)
{
	struct redact_opts redact = { .person = 1, .reason = "diminta" };
	struct redact_result redacted;
	uint8_t before[32], after[32];
	uint64_t record, n;
	uint32_t next;

	part();
	start(&sari, 5, 1);
	household(&sari, 2, "Jl. Sari");
	send_set(&sari);
	start(&clone, 6, 1);
	household(&clone, 2, "Jl. Salinan");
	household(&clone, 3, "Jl. Salinan 3");
	send_set(&clone);
	next = store_state(office.server->store)->next_writer;
	book();
	ok(rebuild_digest(office.server->store, before, &n, &err));
	haul_order(&office, id, false);
	record = under(next, laptop_id(&clone, 2));
	ck_assert_str_eq(shown(record, REG), "");
	all_agrees();
	haul_order(&office, id, true);
	ok(rebuild_digest(office.server->store, after, &n, &err));
	ck_assert_mem_eq(before, after, 32);
	all_agrees();

	redact.record = record;
	ok(redact_record(office.server, &redact, &redacted, &err));
	ck_assert_uint_eq(redacted.sets, 1);
	ck_assert_str_eq(shown(record, REG), "");
	ck_assert_str_eq(shown(laptop_id(&sari, 2), REG), "Jl. Sari");
	ck_assert_str_eq(
	    shown(under(next, laptop_id(&clone, 3)), REG), "Jl. Salinan 3");
	all_agrees();
}
END_TEST

START_TEST(nothing_arrives_under_an_index_that_is_nobodys)
{
	uint32_t next;

	part();
	start(&sari, 5, 1);
	household(&sari, 2, "Jl. Sari");
	send_set(&sari);
	start(&clone, 6, 1);
	household(&clone, 2, "Jl. Salinan");
	send_set(&clone);
	next = store_state(office.server->store)->next_writer;
	book();
	clone.pen.writer = next;
	clone.pen.seq = 0;
	memset(clone.pen.prev, 0, sizeof(clone.pen.prev));
	start(&clone, 9, 9);
	household(&clone, 10, "Jl. Palsu");
	ck_assert_int_eq(send_set(&clone), REASON_WRITER);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, households_made_under_one_id_stay_two);
	tcase_add_test(tc, links_of_the_branch_follow_its_households);
	tcase_add_test(tc, what_both_had_before_they_parted_stays_one);
	tcase_add_test(tc, a_set_that_was_open_when_they_parted_counts_once);
	tcase_add_test(tc, later_sets_of_the_branch_go_under_the_same_index);
	tcase_add_test(tc, an_order_may_come_before_the_set);
	tcase_add_test(tc, a_booked_set_is_voided_released_and_erased_like_any);
	tcase_add_test(tc, nothing_arrives_under_an_index_that_is_nobodys);
}

UNIT_MAIN("book", add)
