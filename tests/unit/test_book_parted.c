#include "tests/lib/clone.h"

/* Several sets that were not signed when two laptops parted. */

/* One household in a set of its own, its visit and record ids as given. */
static uint64_t
recorded(uint32_t writer, uint64_t set_id, uint32_t counter, uint64_t hlc,
    const char *text)
{
	uint64_t record = id_make(OFFICE_AUTHORITY, writer, counter + 1);

	draft_start(&draft, CHANGE_VISITS, set_id);
	draft.visit.id = id_make(OFFICE_AUTHORITY, writer, counter);
	draft.visit.hlc = hlc << 16;
	draft_row(&draft, record, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, text);
	return record;
}

/* The same person enrols anew, in the place of ${former}. */
static void
succeed(struct laptop *laptop, uint32_t former, uint8_t seed)
{
	char code[CARD_CODE_TEXT_SIZE];

	office_code(&office,
	    people_person(office.server->people, sari.pen.writer),
	    OFFICE_VILLAGE, code);
	laptop_share(laptop, &sari, seed);
	laptop->former = former;
	ok(laptop_enrol(laptop, &office, code, &err));
}

/* Three sets that Sari closed and could not sign, signed by ${laptop}. */
static enum receipt_reason
issue_three(struct laptop *laptop, uint64_t records[3])
{
	static const char *const STREET[] = { "Jl. Satu", "Jl. Dua",
		"Jl. Tiga" };
	enum receipt_reason reason = REASON_NONE;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		records[i] = recorded(
		    sari.pen.writer, 51 + i, 10 + 2 * i, 100 + i, STREET[i]);
		draft.visit.person = sari.pen.writer;
		reason = send_set(laptop);
	}
	return reason;
}

START_TEST(three_closed_sets_on_both_sides_count_once_each)
{
	struct laptop one, two;
	struct book_result result;
	uint64_t both[3], mine, theirs, own;
	uint32_t next;
	size_t i;

	succeed(&one, sari.pen.writer, 7);
	succeed(&two, sari.pen.writer, 8);
	ck_assert_int_eq(issue_three(&one, both), REASON_NONE);
	ck_assert_int_eq(issue_three(&two, both), REASON_SET_ID);
	/* Both recorded on before they enrolled: the same ids, two homes. */
	mine = recorded(sari.pen.writer, 61, 20, 200, "Jl. Pertama");
	draft.visit.person = sari.pen.writer;
	ck_assert_int_eq(send_set(&one), REASON_NONE);
	theirs = recorded(sari.pen.writer, 62, 20, 201, "Jl. Kedua");
	draft.visit.person = sari.pen.writer;
	ck_assert_int_eq(send_set(&two), REASON_CHAIN);
	ck_assert_uint_eq(mine, theirs);
	/* And the second changes what both have, as its new writer. */
	own = recorded(two.pen.writer, 63, 1, 300, "Jl. Baru");
	draft_row(&draft, both[1], RECORD_HOUSEHOLD, 0, 0);
	draft_also(&draft, 52);
	draft_write(&draft, REG, "Jl. Dua A");
	draft_name(&draft, 52);
	memmove(&draft.rows[2], &draft.rows[0], sizeof(draft.rows[0]));
	memmove(&draft.rows[0], &draft.rows[1], 2 * sizeof(draft.rows[0]));
	draft.nrows = 2;
	send_set(&two);

	sari.pen.writer = two.pen.writer;
	next = store_state(office.server->store)->next_writer;
	result = book();
	sari.pen.writer = sari.writer.writer;
	ck_assert_uint_eq(result.sets, 5);
	ck_assert_uint_eq(result.branches, 1);
	ck_assert_uint_eq(result.waiting, 0);
	ck_assert_str_eq(shown(both[0], REG), "Jl. Satu");
	ck_assert_str_eq(shown(both[1], REG), "Jl. Dua A");
	ck_assert_str_eq(shown(both[2], REG), "Jl. Tiga");
	ck_assert_str_eq(shown(mine, REG), "Jl. Pertama");
	ck_assert_str_eq(shown(under(next + 1, theirs), REG), "Jl. Kedua");
	ck_assert_str_eq(shown(under(next, own), REG), "Jl. Baru");
	for (i = 0; i < 3; i++) {
		ck_assert_str_eq(shown(under(next, both[i]), REG), "");
		ck_assert_str_eq(shown(under(next + 1, both[i]), REG), "");
	}
	all_agrees();
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(sets_that_arrive_after_the_booking_are_renamed_too)
{
	struct laptop one, two;
	uint64_t both[3];
	uint32_t i;

	succeed(&one, sari.pen.writer, 7);
	succeed(&two, sari.pen.writer, 8);
	issue_three(&one, both);
	/* The first of three comes, and is booked; then the others. */
	for (i = 0; i < 3; i++) {
		recorded(sari.pen.writer, 51 + i, 10 + 2 * i, 100 + i,
		    i == 0       ? "Jl. Satu"
			: i == 1 ? "Jl. Dua"
				 : "Jl. Tiga lain");
		draft.visit.person = sari.pen.writer;
		ck_assert_int_eq(send_set(&two), REASON_SET_ID);
		sari.pen.writer = two.pen.writer;
		ck_assert_uint_eq(book().waiting, 0);
		sari.pen.writer = sari.writer.writer;
	}
	ck_assert_str_eq(shown(both[1], REG), "Jl. Dua");
	/* Where the two say different things both are kept. */
	ck_assert_ptr_nonnull(strchr(shown(both[2], REG), '!'));
	all_agrees();
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(sets_with_numbers_given_twice_may_share_several_names)
{
	uint64_t last[2];
	uint32_t next, i;
	struct laptop *who[2] = { &sari, &clone };
	size_t k;

	part();
	for (k = 0; k < 2; k++) {
		for (i = 0; i < 3; i++) {
			recorded(sari.writer.writer, 71 + i, 10 + 2 * i,
			    100 + i, "Jl. Bersama");
			send_set(who[k]);
		}
		last[k] = recorded(sari.writer.writer, 81 + k, 20, 200 + k,
		    k == 0 ? "Jl. Sari" : "Jl. Salinan");
		send_set(who[k]);
	}
	next = store_state(office.server->store)->next_writer;
	ck_assert_uint_eq(book().sets, 1);
	ck_assert_str_eq(shown(last[0], REG), "Jl. Sari");
	ck_assert_str_eq(shown(under(next, last[1]), REG), "Jl. Salinan");
	all_agrees();
}
END_TEST

/* A backup from before all of it is restored; the clone is first now. */
START_TEST(who_came_first_before_a_restore_may_be_booked_after_it)
{
	uint64_t home[3];
	uint32_t next, i;

	part();
	start(&clone, 6, 1);
	home[0] = household(&clone, 2, "Jl. Salinan");
	ck_assert_int_eq(send_set(&clone), REASON_NONE);
	for (i = 0; i < 3; i++) {
		start(&sari, 91 + i, 1 + 2 * i);
		home[i] = household(&sari, 2 + 2 * i, "Jl. Sari");
		ck_assert_int_ne(send_set(&sari), REASON_NONE);
	}
	next = store_state(office.server->store)->next_writer;
	ck_assert_uint_eq(book().sets, 3);
	ck_assert_str_eq(shown(home[0], REG), "Jl. Salinan");
	for (i = 0; i < 3; i++)
		ck_assert_str_eq(shown(under(next, home[i]), REG), "Jl. Sari");
	/* What the first goes on to sign is booked under the same index. */
	start(&sari, 99, 7);
	home[0] = household(&sari, 8, "Jl. Lagi");
	ck_assert_int_ne(send_set(&sari), REASON_NONE);
	ck_assert_uint_eq(book().sets, 1);
	ck_assert_str_eq(shown(under(next, home[0]), REG), "Jl. Lagi");
	all_agrees();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, three_closed_sets_on_both_sides_count_once_each);
	tcase_add_test(tc, sets_that_arrive_after_the_booking_are_renamed_too);
	tcase_add_test(
	    tc, sets_with_numbers_given_twice_may_share_several_names);
	tcase_add_test(
	    tc, who_came_first_before_a_restore_may_be_booked_after_it);
}

UNIT_MAIN("book_parted", add)
