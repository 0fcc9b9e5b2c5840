#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/card.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key root, cards, person, transport;
static struct seal_key box;
static struct server_card server;
static struct device_card device;
static struct writer_card writer;
static uint8_t print[CARD_FINGERPRINT_LEN];

static void
key_of(struct sign_key *key, uint8_t first)
{
	uint8_t seed[SIGN_SEED_LEN] = { first };

	sign_key_make(key, seed);
}

static void
make(void)
{
	static const uint8_t seed[BOX_SEED_LEN] = { 9 };
	size_t i;

	ok(crypto_start(&err));
	key_of(&root, 1);
	key_of(&cards, 2);
	key_of(&person, 3);
	key_of(&transport, 4);
	seal_key_make(&box, seed);
	card_fingerprint(print, root.public);
	server = (struct server_card){ .authority = ID_AUTHORITY_MAX,
		.version_min = 1,
		.version_max = 2,
		.epoch = UINT32_MAX,
		.box_key = UINT16_MAX,
		.desk_writer = ID_WRITER_MAX,
		.issued_ms = 1790000000000,
		.name = "Dinas Sosial Kutai Kartanegara" };
	memcpy(server.root_public, root.public, 32);
	memcpy(server.box_public, box.public, 32);
	memcpy(server.receipt_public, person.public, 32);
	memcpy(server.desk_public, transport.public, 32);
	memcpy(server.card_public, cards.public, 32);
	device = (struct device_card){
		.authority = 6402, .device = 14, .issued_ms = 1790000000001
	};
	memcpy(device.transport_public, transport.public, 32);
	memcpy(device.box_public, box.public, 32);
	writer = (struct writer_card){ .authority = 6402,
		.writer = ID_WRITER_MAX,
		.device = 14,
		.person = 3,
		.role = ROLE_COORDINATOR,
		.from_seq = 208,
		.issued_ms = 1790000000002,
		.nplaces = CARD_PLACES_MAX };
	memcpy(writer.sign_public, person.public, 32);
	memset(writer.label, 'L', CARD_LABEL_MAX);
	memset(writer.name, 'N', CARD_NAME_MAX);
	for (i = 0; i < CARD_PLACES_MAX; i++)
		writer.places[i] = i << 50 | 1;
}

START_TEST(a_server_card_comes_back_as_it_went_in)
{
	struct server_card back;
	struct writer w = { 0 };

	make();
	ok(server_card_pack(&w, &server, &root, &err));
	ok(server_card_unpack(&back, w.bytes, w.len, print, &err));
	ck_assert_uint_eq(back.authority, server.authority);
	ck_assert_uint_eq(back.version_min, 1);
	ck_assert_uint_eq(back.version_max, 2);
	ck_assert_uint_eq(back.epoch, server.epoch);
	ck_assert_uint_eq(back.box_key, server.box_key);
	ck_assert_mem_eq(back.root_public, server.root_public, 32);
	ck_assert_mem_eq(back.box_public, server.box_public, 32);
	ck_assert_mem_eq(back.receipt_public, server.receipt_public, 32);
	ck_assert_mem_eq(back.desk_public, server.desk_public, 32);
	ck_assert_mem_eq(back.card_public, server.card_public, 32);
	ck_assert_uint_eq(back.desk_writer, server.desk_writer);
	ck_assert_int_eq(back.issued_ms, server.issued_ms);
	ck_assert_str_eq(back.name, server.name);
	writer_free(&w);
}
END_TEST

START_TEST(a_server_card_by_another_root_is_refused)
{
	struct server_card back;
	struct writer w = { 0 };

	make();
	/* Another root signs, and says it is that of the code. */
	ok(server_card_pack(&w, &server, &cards, &err));
	ck_assert_int_eq(server_card_unpack(&back, w.bytes, w.len, print, &err),
	    ST_UNTRUSTED);
	/* Another root signs in its own name. */
	writer_clear(&w);
	memcpy(server.root_public, cards.public, 32);
	ok(server_card_pack(&w, &server, &cards, &err));
	ck_assert_int_eq(server_card_unpack(&back, w.bytes, w.len, print, &err),
	    ST_UNTRUSTED);
	ck_assert_uint_eq(back.authority, 0);
	writer_free(&w);
}
END_TEST

START_TEST(a_device_card_comes_back_as_it_went_in)
{
	struct device_card back;
	struct writer w = { 0 };

	make();
	ok(device_card_pack(&w, &device, &cards, &err));
	ok(device_card_unpack(&back, w.bytes, w.len, cards.public, &err));
	ck_assert_uint_eq(back.authority, 6402);
	ck_assert_uint_eq(back.device, 14);
	ck_assert_mem_eq(back.transport_public, transport.public, 32);
	ck_assert_mem_eq(back.box_public, box.public, 32);
	ck_assert_int_eq(back.issued_ms, device.issued_ms);
	ck_assert_int_eq(
	    device_card_unpack(&back, w.bytes, w.len, root.public, &err),
	    ST_UNTRUSTED);
	writer_free(&w);
}
END_TEST

START_TEST(a_writer_card_comes_back_as_it_went_in)
{
	struct writer_card back;
	struct writer w = { 0 };

	make();
	ok(writer_card_pack(&w, &writer, &cards, &err));
	ok(writer_card_unpack(&back, w.bytes, w.len, cards.public, &err));
	ck_assert_uint_eq(back.authority, writer.authority);
	ck_assert_uint_eq(back.writer, writer.writer);
	ck_assert_uint_eq(back.device, writer.device);
	ck_assert_uint_eq(back.person, writer.person);
	ck_assert_int_eq(back.role, writer.role);
	ck_assert_mem_eq(back.sign_public, writer.sign_public, 32);
	ck_assert_uint_eq(back.from_seq, writer.from_seq);
	ck_assert_int_eq(back.issued_ms, writer.issued_ms);
	ck_assert_str_eq(back.label, writer.label);
	ck_assert_str_eq(back.name, writer.name);
	ck_assert_uint_eq(back.nplaces, writer.nplaces);
	ck_assert_mem_eq(back.places, writer.places, sizeof(back.places));
	writer.nplaces = CARD_PLACES_MAX + 1;
	ck_assert_int_eq(
	    writer_card_pack(&w, &writer, &cards, &err), ST_INVALID);
	writer_free(&w);
}
END_TEST

START_TEST(no_bit_of_a_card_can_be_changed_and_none_can_be_cut)
{
	struct server_card s;
	struct device_card d;
	struct writer_card p;
	struct writer w[3] = { { 0 } };
	enum status st;
	size_t card, i, len;

	make();
	ok(server_card_pack(&w[0], &server, &root, &err));
	ok(device_card_pack(&w[1], &device, &cards, &err));
	ok(writer_card_pack(&w[2], &writer, &cards, &err));
#define UNPACK(n)                                                              \
	(card == 0 ? server_card_unpack(&s, w[0].bytes, n, print, &err)        \
		: card == 1                                                    \
		? device_card_unpack(&d, w[1].bytes, n, cards.public, &err)    \
		: writer_card_unpack(&p, w[2].bytes, n, cards.public, &err))
	for (card = 0; card < 3; card++) {
		for (i = 0; i < 8 * w[card].len; i += 3) {
			w[card].bytes[i / 8] ^= (uint8_t)(1 << i % 8);
			st = UNPACK(w[card].len);
			ck_assert_msg(st == ST_UNTRUSTED || st == ST_INVALID,
			    "card %zu, bit %zu", card, i);
			w[card].bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (len = 0; len < w[card].len; len++)
			ck_assert_int_ne(UNPACK(len), ST_OK);
		ok(UNPACK(w[card].len));
		writer_free(&w[card]);
	}
#undef UNPACK
}
END_TEST

/* Signed well, and still not to be believed. */
START_TEST(a_card_that_breaks_a_rule_is_refused_though_signed)
{
	struct writer_card back;
	struct writer w = { 0 };
	int i;

	for (i = 0; i < 7; i++) {
		make();
		if (i == 0)
			writer.role = 3;
		else if (i == 1)
			writer.writer = 0;
		else if (i == 2)
			writer.writer = ID_WRITER_MAX + 1;
		else if (i == 3)
			writer.device = 0;
		else if (i == 4)
			writer.name[0] = '\n';
		else if (i == 5)
			writer.name[0] = (char)0xff;
		else
			writer.authority = ID_AUTHORITY_MAX + 1;
		writer_clear(&w);
		ok(writer_card_pack(&w, &writer, &cards, &err));
		ck_assert_msg(writer_card_unpack(&back, w.bytes, w.len,
				  cards.public, &err) == ST_INVALID,
		    "case %d", i);
		ck_assert_uint_eq(back.writer, 0);
	}
	writer_free(&w);
}
END_TEST

START_TEST(a_code_is_read_as_people_type_it)
{
	uint8_t code[CARD_CODE_LEN] = { 0x7f, 1, 2, 3 }, back[CARD_CODE_LEN];
	uint8_t root_print[CARD_FINGERPRINT_LEN];
	char text[CARD_CODE_TEXT_SIZE], typed[2 * CARD_CODE_TEXT_SIZE];
	size_t i, n = 0;

	make();
	card_code_print(text, code, print);
	ok(card_code_parse(back, root_print, text, &err));
	ck_assert_mem_eq(back, code, sizeof(code));
	ck_assert_mem_eq(root_print, print, sizeof(print));
	for (i = 0; text[i] != '\0'; i++) {
		typed[n++] = text[i] == '-' ? ' ' : text[i];
		if (text[i] >= 'A' && text[i] <= 'Z' && i % 2 == 0)
			typed[n - 1] = (char)(text[i] - 'A' + 'a');
	}
	typed[n++] = '\n';
	typed[n] = '\0';
	ok(card_code_parse(back, root_print, typed, &err));
	ck_assert_mem_eq(back, code, sizeof(code));
}
END_TEST

START_TEST(a_mistyped_code_is_noticed)
{
	uint8_t code[CARD_CODE_LEN] = { 0x7f, 1, 2, 3 }, back[CARD_CODE_LEN];
	uint8_t root_print[CARD_FINGERPRINT_LEN];
	char text[CARD_CODE_TEXT_SIZE + 2], was;
	size_t i, len;

	make();
	card_code_print(text, code, print);
	len = strlen(text);
	for (i = 0; i < len; i++) {
		was = text[i];
		if (was == '-')
			continue;
		text[i] = was == '7' ? '8' : '7';
		ck_assert_int_eq(
		    card_code_parse(back, root_print, text, &err), ST_INVALID);
		text[i] = was;
	}
	text[len - 1] = '\0';
	ck_assert_int_eq(
	    card_code_parse(back, root_print, text, &err), ST_INVALID);
	card_code_print(text, code, print);
	strcat(text, "7");
	ck_assert_int_eq(
	    card_code_parse(back, root_print, text, &err), ST_INVALID);
}
END_TEST

static const uint8_t CODE[CARD_CODE_LEN] = { 1, 2, 3 };

static void
make_request(struct writer *w, struct enrol_request *request)
{
	make();
	*request =
	    (struct enrol_request){ .device = 14, .time_ms = 1790000000000 };
	card_code_id(request->code_id, CODE);
	memcpy(request->sign_public, person.public, 32);
	memcpy(request->transport_public, transport.public, 32);
	memcpy(request->box_public, box.public, 32);
	ok(enrol_request_pack(
	    w, request, CODE, &person, &transport, &server, &err));
}

START_TEST(an_enrolment_proves_its_code_and_its_keys)
{
	static const uint8_t OTHER[CARD_CODE_LEN] = { 1, 2, 4 };
	struct enrol_request sent, back;
	uint8_t mac[32], key[32];
	struct writer w = { 0 };

	make_request(&w, &sent);
	ok(enrol_request_unpack(&back, mac, w.bytes, w.len, &box, &err));
	ck_assert_mem_eq(back.code_id, sent.code_id, 32);
	ck_assert_uint_eq(back.device, 14);
	ck_assert_mem_eq(back.sign_public, person.public, 32);
	ck_assert_mem_eq(back.transport_public, transport.public, 32);
	ck_assert_mem_eq(back.box_public, box.public, 32);
	ck_assert_int_eq(back.time_ms, sent.time_ms);
	card_code_key(key, CODE);
	ok(enrol_request_proves(&back, mac, key, &err));
	card_code_key(key, OTHER);
	ck_assert_int_eq(
	    enrol_request_proves(&back, mac, key, &err), ST_UNTRUSTED);
	card_code_key(key, CODE);
	back.box_public[0] ^= 1;
	ck_assert_int_eq(
	    enrol_request_proves(&back, mac, key, &err), ST_UNTRUSTED);
	writer_free(&w);
}
END_TEST

START_TEST(an_enrolment_with_a_key_that_it_does_not_hold_is_refused)
{
	struct enrol_request request, back;
	struct writer w = { 0 };
	uint8_t mac[32];
	int i;

	for (i = 0; i < 3; i++) {
		writer_clear(&w);
		make_request(&w, &request);
		if (i == 0)
			request.sign_public[0] ^= 1;
		else if (i == 1)
			request.transport_public[0] ^= 1;
		writer_clear(&w);
		/* The last: for another server that passes it on. */
		if (i == 2)
			memcpy(server.box_public, cards.public, 32);
		ok(enrol_request_pack(
		    &w, &request, CODE, &person, &transport, &server, &err));
		ck_assert_msg(enrol_request_unpack(&back, mac, w.bytes, w.len,
				  &box, &err) == ST_UNTRUSTED,
		    "case %d", i);
		ck_assert_uint_eq(back.device, 0);
	}
	writer_free(&w);
}
END_TEST

START_TEST(the_code_itself_does_not_travel)
{
	struct writer w = { 0 }, plain = { 0 };
	struct enrol_request request;
	uint8_t key[32];
	size_t i;

	make_request(&w, &request);
	card_code_key(key, CODE);
	ok(seal_open(&plain, w.bytes, w.len, &box, &err));
	for (i = 0; i + 32 <= plain.len; i++) {
		ck_assert(memcmp(plain.bytes + i, CODE, sizeof(CODE)) != 0);
		ck_assert(memcmp(plain.bytes + i, key, sizeof(key)) != 0);
	}
	writer_free(&w);
	writer_free(&plain);
}
END_TEST

START_TEST(the_answer_holds_both_cards)
{
	const uint8_t *d_bytes, *w_bytes;
	struct device_card d;
	struct writer_card p;
	struct writer w = { 0 };
	size_t d_len, w_len, len;

	make();
	ok(enrol_reply_pack(&w, &device, &writer, &cards, &err));
	ok(enrol_reply_unpack(
	    &d_bytes, &d_len, &w_bytes, &w_len, w.bytes, w.len, &err));
	ok(device_card_unpack(&d, d_bytes, d_len, cards.public, &err));
	ok(writer_card_unpack(&p, w_bytes, w_len, cards.public, &err));
	ck_assert_uint_eq(d.device, 14);
	ck_assert_uint_eq(p.person, 3);
	for (len = 0; len < w.len; len++)
		ck_assert_int_eq(enrol_reply_unpack(&d_bytes, &d_len, &w_bytes,
				     &w_len, w.bytes, len, &err),
		    ST_INVALID);
	ck_assert_ptr_null(d_bytes);
	writer_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_server_card_comes_back_as_it_went_in);
	tcase_add_test(tc, a_server_card_by_another_root_is_refused);
	tcase_add_test(tc, a_device_card_comes_back_as_it_went_in);
	tcase_add_test(tc, a_writer_card_comes_back_as_it_went_in);
	tcase_add_test(tc, no_bit_of_a_card_can_be_changed_and_none_can_be_cut);
	tcase_add_test(tc, a_card_that_breaks_a_rule_is_refused_though_signed);
	tcase_add_test(tc, a_code_is_read_as_people_type_it);
	tcase_add_test(tc, a_mistyped_code_is_noticed);
	tcase_add_test(tc, an_enrolment_proves_its_code_and_its_keys);
	tcase_add_test(
	    tc, an_enrolment_with_a_key_that_it_does_not_hold_is_refused);
	tcase_add_test(tc, the_code_itself_does_not_travel);
	tcase_add_test(tc, the_answer_holds_both_cards);
}

UNIT_MAIN("card", add)
