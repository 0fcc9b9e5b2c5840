#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/store/sealvfs.h"
#include "common/wire/recovery.h"

#include "tests/lib/unit.h"

static struct err err;

/* One regency: its server, its custodians, one of its laptops. */
struct regency {
	struct sign_key root, cards, transport, hand[SHARE_CUSTODIANS];
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	struct share share[SHARE_CUSTODIANS];
	struct recovery_card card;
	struct writer card_bytes, server_card, device_card;
};

static struct regency here, there;
static struct seal_key once;
static struct recovery_request request;
static struct writer asked, answered[SHARE_CUSTODIANS];
static uint8_t hash[32];

static const uint8_t SECRET[KEY_LEN] = "thirty-two bytes of a file's key";

static struct sign_key
sign_of(uint8_t n)
{
	uint8_t seed[SIGN_SEED_LEN] = { n };
	struct sign_key key;

	sign_key_make(&key, seed);
	return key;
}

static void
make_regency(struct regency *r, uint8_t n)
{
	struct server_card server = { .authority = 6402,
		.version_min = 1,
		.version_max = 1,
		.desk_writer = 1,
		.name = "Dinas Sosial" };
	struct device_card device = { .authority = 6402, .device = 7 };
	unsigned i;

	memset(r, 0, sizeof(*r));
	r->root = sign_of(n);
	r->cards = sign_of((uint8_t)(n + 1));
	r->transport = sign_of((uint8_t)(n + 2));
	card_fingerprint(r->fingerprint, r->root.public);
	memcpy(server.root_public, r->root.public, 32);
	memcpy(server.card_public, r->cards.public, 32);
	ok(server_card_pack(&r->server_card, &server, &r->root, &err));
	memcpy(device.transport_public, r->transport.public, 32);
	ok(device_card_pack(&r->device_card, &device, &r->cards, &err));

	r->card.authority = 6402;
	r->card.number = 1;
	memcpy(r->card.root_public, r->root.public, 32);
	ok(share_make(r->share, &r->card.keys, &err));
	for (i = 0; i < SHARE_CUSTODIANS; i++) {
		r->hand[i] = sign_of((uint8_t)(n + 3 + i));
		memcpy(r->card.sign_public[i], r->hand[i].public, 32);
	}
	ok(recovery_card_pack(&r->card_bytes, &r->card, &r->root, &err));
}

static void
free_regency(struct regency *r)
{
	writer_free(&r->card_bytes);
	writer_free(&r->server_card);
	writer_free(&r->device_card);
}

/* A slot of the laptop ${device}, for ${r}'s recovery key. */
static void
make_slot(struct recovery_slot *slot, const struct regency *r, uint32_t device)
{
	uint8_t bound[KEY_LEN];

	memset(slot, 0, sizeof(*slot));
	memcpy(slot->label, "recovery", 8);
	slot->file[0] = 3;
	slot->holder = recovery_holder(6402, device);
	memcpy(slot->public, r->card.keys.public, CURVE_POINT_LEN);
	recovery_slot_bind(bound, slot);
	ok(keyhole_wrap(
	    slot->wrapped, slot->proof, slot->public, bound, SECRET, &err));
}

static void
ask(void)
{
	struct recovery_papers papers = { here.server_card.bytes,
		here.device_card.bytes, here.server_card.len,
		here.device_card.len };

	writer_free(&asked);
	ok(recovery_request_pack(
	    &asked, &request, &papers, &here.transport, &err));
	recovery_request_hash(hash, asked.bytes, asked.len);
}

/* Custodian ${i} (from 0) of ${r} answers. */
static void
reply(struct writer *out, const struct regency *r, unsigned i)
{
	struct recovery_answer answer = { .authority = r->card.authority,
		.number = r->card.number,
		.custodian = i + 1,
		.card = r->card_bytes.bytes,
		.card_len = r->card_bytes.len };

	memcpy(answer.request, hash, sizeof(hash));
	writer_free(out);
	ok(recovery_answer_pack(
	    out, &answer, &r->card, &request, &r->share[i], &r->hand[i], &err));
}

static enum status
take(struct share_part parts[SHARE_HALVES], const struct writer *from,
    unsigned *custodian)
{
	struct recovery_answer answer;
	struct recovery_card card;
	enum status st;

	st = recovery_answer_open(&answer, &card, parts, from->bytes, from->len,
	    &request, hash, here.fingerprint, &once, &err);
	if (custodian != NULL)
		*custodian = answer.custodian;
	return st;
}

static void
set_up(void)
{
	const uint8_t seed[BOX_SEED_LEN] = { 1 };
	unsigned i;

	ok(crypto_start(&err));
	make_regency(&here, 10);
	make_regency(&there, 60);
	seal_key_make(&once, seed);
	memset(&request, 0, sizeof(request));
	request.authority = 6402;
	request.device = 7;
	request.number[0] = 5;
	memcpy(request.once_public, once.public, 32);
	make_slot(&request.slot, &here, 7);
	ask();
	for (i = 0; i < SHARE_CUSTODIANS; i++)
		reply(&answered[i], &here, i);
}

static void
tear_down(void)
{
	unsigned i;

	for (i = 0; i < SHARE_CUSTODIANS; i++)
		writer_free(&answered[i]);
	writer_free(&asked);
	free_regency(&here);
	free_regency(&there);
}

static enum status
check_request(void)
{
	struct recovery_request got;
	struct server_card office;

	return recovery_request_unpack(
	    &got, &office, asked.bytes, asked.len, here.fingerprint, &err);
}

START_TEST(a_card_is_read_as_it_was_packed)
{
	struct recovery_card got;

	ok(recovery_card_unpack(&got, here.card_bytes.bytes,
	    here.card_bytes.len, here.fingerprint, &err));
	ck_assert_mem_eq(&got, &here.card, sizeof(got));
	ck_assert_int_eq(recovery_card_unpack(&got, here.card_bytes.bytes,
			     here.card_bytes.len, there.fingerprint, &err),
	    ST_UNTRUSTED);
}
END_TEST

START_TEST(one_altered_byte_of_a_card_is_noticed)
{
	struct recovery_card got;
	size_t i;

	for (i = 0; i < here.card_bytes.len; i++) {
		here.card_bytes.bytes[i] ^= 1;
		ck_assert_msg(
		    recovery_card_unpack(&got, here.card_bytes.bytes,
			here.card_bytes.len, here.fingerprint, &err) != ST_OK,
		    "byte %zu", i);
		here.card_bytes.bytes[i] ^= 1;
	}
}
END_TEST

START_TEST(a_request_is_read_as_it_was_packed)
{
	struct recovery_request got;
	struct server_card office;

	ok(recovery_request_unpack(
	    &got, &office, asked.bytes, asked.len, here.fingerprint, &err));
	ck_assert_mem_eq(&got, &request, sizeof(got));
	ck_assert_str_eq(office.name, "Dinas Sosial");
	ck_assert_int_eq(recovery_request_unpack(&got, &office, asked.bytes,
			     asked.len, there.fingerprint, &err),
	    ST_UNTRUSTED);
}
END_TEST

START_TEST(one_altered_byte_of_a_request_is_noticed)
{
	size_t i;

	for (i = 0; i < asked.len; i++) {
		asked.bytes[i] ^= 1;
		ck_assert_msg(check_request() != ST_OK, "byte %zu", i);
		asked.bytes[i] ^= 1;
	}
	for (i = 0; i < asked.len; i += 7) {
		asked.len -= i;
		ck_assert_msg(i == 0 || check_request() != ST_OK, "%zu cut", i);
		asked.len += i;
	}
}
END_TEST

START_TEST(another_laptops_slot_is_not_answered)
{
	/* The thief of laptop 8 sends its slot with the papers of 7. */
	make_slot(&request.slot, &here, 8);
	ask();
	ck_assert_int_eq(check_request(), ST_UNTRUSTED);
	/* And says that it is one of 7's. */
	request.slot.holder = recovery_holder(6402, 7);
	ask();
	ck_assert_int_eq(check_request(), ST_UNTRUSTED);
	make_slot(&request.slot, &here, 7);
	ask();
	ok(check_request());
}
END_TEST

START_TEST(two_answers_open_the_slot)
{
	static const unsigned PAIRS[3][2] = { { 0, 1 }, { 2, 0 }, { 1, 2 } };
	struct share_part a[SHARE_HALVES], b[SHARE_HALVES];
	uint8_t shared[CURVE_POINT_LEN], bound[KEY_LEN], got[KEY_LEN];
	unsigned x = PAIRS[_i][0], y = PAIRS[_i][1];

	ok(take(a, &answered[x], NULL));
	ok(take(b, &answered[y], NULL));
	ck_assert(share_join(shared, &a[share_half_with(x + 1, y + 1)],
	    &b[share_half_with(y + 1, x + 1)]));
	recovery_slot_bind(bound, &request.slot);
	ck_assert(keyhole_unwrap_shared(
	    got, request.slot.wrapped, request.slot.public, bound, shared));
	ck_assert_mem_eq(got, SECRET, KEY_LEN);
}
END_TEST

START_TEST(one_altered_byte_of_an_answer_is_noticed)
{
	struct share_part parts[SHARE_HALVES];
	struct writer *w = &answered[1];
	size_t i;

	for (i = 0; i < w->len; i++) {
		w->bytes[i] ^= 1;
		ck_assert_msg(take(parts, w, NULL) != ST_OK, "byte %zu", i);
		w->bytes[i] ^= 1;
	}
	ok(take(parts, w, NULL));
}
END_TEST

START_TEST(a_wrong_share_is_blamed_on_its_custodian)
{
	struct share_part parts[SHARE_HALVES];
	unsigned who;

	here.share[1].half[1][0] ^= 1;
	reply(&answered[1], &here, 1);
	ck_assert_int_eq(take(parts, &answered[1], &who), ST_UNTRUSTED);
	ck_assert_uint_eq(who, 2);
	ck_assert_ptr_nonnull(strstr(err.text, "custodian 2"));
}
END_TEST

START_TEST(one_custodian_cannot_answer_as_another)
{
	struct share_part parts[SHARE_HALVES];
	unsigned who;

	here.share[0].custodian = 2;
	here.share[1] = here.share[0];
	here.hand[1] = here.hand[0];
	reply(&answered[1], &here, 1);
	ck_assert_int_eq(take(parts, &answered[1], &who), ST_UNTRUSTED);
	ck_assert_uint_eq(who, 0);
}
END_TEST

START_TEST(another_regencys_answer_is_refused)
{
	struct share_part parts[SHARE_HALVES];

	reply(&answered[0], &there, 0);
	ck_assert_int_eq(take(parts, &answered[0], NULL), ST_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.text, "another regency"));
}
END_TEST

START_TEST(an_answer_to_an_earlier_request_is_refused)
{
	struct share_part parts[SHARE_HALVES];
	unsigned who;

	request.number[0]++;
	ask();
	ck_assert_int_eq(take(parts, &answered[0], &who), ST_CONFLICT);
	ck_assert_uint_eq(who, 1);
}
END_TEST

START_TEST(an_answer_for_another_laptop_does_not_open_this_one)
{
	struct seal_key theirs;
	const uint8_t seed[BOX_SEED_LEN] = { 2 };
	struct share_part parts[SHARE_HALVES];

	seal_key_make(&theirs, seed);
	memcpy(request.once_public, theirs.public, 32);
	reply(&answered[0], &here, 0); /* under this request's very hash */
	ck_assert_int_eq(take(parts, &answered[0], NULL), ST_UNTRUSTED);
}
END_TEST

START_TEST(an_answer_with_an_older_recovery_key_says_so)
{
	struct share_part parts[SHARE_HALVES];

	there.root = here.root;
	memcpy(there.card.root_public, here.root.public, 32);
	there.card.number = 2;
	writer_free(&there.card_bytes);
	ok(recovery_card_pack(
	    &there.card_bytes, &there.card, &there.root, &err));
	reply(&answered[0], &there, 0);
	ck_assert_int_eq(take(parts, &answered[0], NULL), ST_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.text, "recovery key 2"));
}
END_TEST

START_TEST(a_code_is_compared_as_it_is_heard)
{
	char code[RECOVERY_CODE_SIZE], typed[40];
	size_t i, n = 0;

	recovery_code_print(code, hash);
	ck_assert_uint_eq(strlen(code), RECOVERY_CODE_SIZE - 1);
	ck_assert(recovery_code_same(code, hash));
	for (i = 0; code[i] != '\0'; i++) {
		if (code[i] == '-')
			typed[n++] = ' ';
		else if (code[i] == '0')
			typed[n++] = 'o';
		else if (code[i] == '1')
			typed[n++] = 'l';
		else
			typed[n++] =
			    (char)(code[i] >= 'A' ? code[i] + 32 : code[i]);
	}
	typed[n] = '\0';
	ck_assert(recovery_code_same(typed, hash));
	typed[n - 1] = typed[n - 1] == '7' ? '8' : '7';
	ck_assert(!recovery_code_same(typed, hash));
	typed[n - 1] = '\0';
	ck_assert(!recovery_code_same(typed, hash));
	ck_assert(!recovery_code_same("", hash));
}
END_TEST

START_TEST(a_slot_is_bound_as_the_sealed_file_binds_it)
{
	struct sealvfs_sealed sealed = { .label = "recovery", .holder = 77 };
	struct recovery_slot slot = { .label = "recovery", .holder = 77 };
	uint8_t bound[KEY_LEN];

	sealed.id[2] = slot.file[2] = 9;
	sealvfs_recovery_bind(&sealed);
	recovery_slot_bind(bound, &slot);
	ck_assert_mem_eq(bound, sealed.bind, KEY_LEN);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_card_is_read_as_it_was_packed);
	tcase_add_test(tc, one_altered_byte_of_a_card_is_noticed);
	tcase_add_test(tc, a_request_is_read_as_it_was_packed);
	tcase_add_test(tc, one_altered_byte_of_a_request_is_noticed);
	tcase_add_test(tc, another_laptops_slot_is_not_answered);
	tcase_add_loop_test(tc, two_answers_open_the_slot, 0, 3);
	tcase_add_test(tc, one_altered_byte_of_an_answer_is_noticed);
	tcase_add_test(tc, a_wrong_share_is_blamed_on_its_custodian);
	tcase_add_test(tc, one_custodian_cannot_answer_as_another);
	tcase_add_test(tc, another_regencys_answer_is_refused);
	tcase_add_test(tc, an_answer_to_an_earlier_request_is_refused);
	tcase_add_test(tc, an_answer_for_another_laptop_does_not_open_this_one);
	tcase_add_test(tc, an_answer_with_an_older_recovery_key_says_so);
	tcase_add_test(tc, a_code_is_compared_as_it_is_heard);
	tcase_add_test(tc, a_slot_is_bound_as_the_sealed_file_binds_it);
}

UNIT_MAIN("recovery", add)
