#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/code.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/crypto/passphrase.h"
#include "common/crypto/secret.h"
#include "common/crypto/sign.h"
#include "tests/lib/unit.h"

#define DOMAIN "padu/test/v1"

static struct err err;

/* 0, 1, 2, ...: the seed and key of every fixed value below. */
static void
count_up(uint8_t out[32])
{
	unsigned i;

	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)i;
}

static void
same_hex(const uint8_t *bytes, size_t len, const char *expected)
{
	char text[2 * 64 + 1];

	crypto_hex(text, bytes, len);
	ck_assert_str_eq(text, expected);
}

/* Made with another implementation (Python's hashlib). */
static const struct {
	const char *domain, *bytes, *hash;
} HASHES[] = {
	{ NULL, "abc",
	    "bddd813c634239723171ef3fee98579b"
	    "94964e3bb1cb3e427262c8c068d52319" },
	{ DOMAIN, "",
	    "4f27cbdf6e01a455c361ab7719009552"
	    "fb858da5e06045dcc221f1fa85dfff6a" },
	{ DOMAIN, "abc",
	    "aa875ab729aa05899431bd570fd179db"
	    "090c488b763662a08224175a58c75ac7" },
};
#define NHASHES (sizeof(HASHES) / sizeof(HASHES[0]))

START_TEST(a_hash_is_what_another_implementation_says)
{
	const char *domain = HASHES[_i].domain, *bytes = HASHES[_i].bytes;
	uint8_t out[HASH_LEN];

	if (domain == NULL)
		hash_bytes(out, bytes, strlen(bytes));
	else
		hash_domain(out, domain, bytes, strlen(bytes));
	same_hex(out, sizeof(out), HASHES[_i].hash);
}
END_TEST

START_TEST(a_derived_key_is_what_another_implementation_says)
{
	uint8_t key[KEY_LEN], out[KEY_LEN], other[KEY_LEN];

	count_up(key);
	hash_derive(out, key, DOMAIN, "context", 7);
	same_hex(out, sizeof(out),
	    "20351fca34bdd08f6d801b73a9c64bc7"
	    "1715a26de6c6fd097ae8d95a28ab5d1d");
	passphrase_derive(out, key, DOMAIN);
	hash_derive(other, key, DOMAIN, NULL, 0);
	ck_assert(crypto_equal(out, other, sizeof(out)));
}
END_TEST

START_TEST(a_key_stream_is_that_of_rfc_8439)
{
	/* RFC 8439 appendix A.1, vector 1: a key of zeros. */
	static const uint8_t KEY[KEY_LEN];
	uint8_t out[32];

	hash_stream(out, sizeof(out), KEY);
	same_hex(out, sizeof(out),
	    "76b8e0ada0f13d90405d6ae55386bd28"
	    "bdd219b8a08ded1aa836efcc8b770dc7");
}
END_TEST

START_TEST(hashing_in_parts_gives_the_hash_of_the_whole)
{
	uint8_t whole[HASH_LEN], parts[HASH_LEN];
	struct hash h;

	hash_domain(whole, DOMAIN, "one two three", 13);
	hash_start(&h, DOMAIN);
	hash_add(&h, "one ", 4);
	hash_add(&h, NULL, 0);
	hash_add(&h, "two three", 9);
	hash_end(&h, parts);
	ck_assert(crypto_equal(whole, parts, sizeof(whole)));
}
END_TEST

START_TEST(bytes_cannot_move_between_domain_and_text)
{
	uint8_t a[HASH_LEN], b[HASH_LEN];

	hash_domain(a, "padu/a", "b", 1);
	hash_domain(b, "padu/ab", "", 0);
	ck_assert(!crypto_equal(a, b, sizeof(a)));
}
END_TEST

START_TEST(a_signature_is_what_another_implementation_says)
{
	uint8_t seed[SIGN_SEED_LEN], sig[SIGN_LEN];
	struct sign_key key;

	count_up(seed);
	sign_key_make(&key, seed);
	same_hex(key.public, sizeof(key.public),
	    "03a107bff3ce10be1d70dd18e74bc099"
	    "67e4d6309ba50d5f1ddc8664125531b8");
	ok(sign_make(sig, &key, DOMAIN, "abc", 3, &err));
	same_hex(sig, sizeof(sig),
	    "f11c22f26f768016e16e3c23d6356b42"
	    "56a80e70993760de2d2d56dbfdcb2524"
	    "bc85487300df736fef3884fc45355da5"
	    "bf8c137fab2bd6c02bd0e350c2cec903");
	ok(sign_check(sig, key.public, DOMAIN, "abc", 3, &err));
}
END_TEST

START_TEST(a_signature_holds_for_nothing_else)
{
	uint8_t seed[SIGN_SEED_LEN], sig[SIGN_LEN], bad[SIGN_LEN];
	struct sign_key key, other;
	size_t i;

	count_up(seed);
	sign_key_make(&key, seed);
	seed[0] = 99;
	sign_key_make(&other, seed);
	ok(sign_make(sig, &key, DOMAIN, "abc", 3, &err));
	ck_assert_int_eq(
	    sign_check(sig, key.public, DOMAIN, "abd", 3, &err), ST_UNTRUSTED);
	ck_assert_int_eq(
	    sign_check(sig, key.public, DOMAIN, "ab", 2, &err), ST_UNTRUSTED);
	ck_assert_int_eq(
	    sign_check(sig, key.public, "padu/else/v1", "abc", 3, &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(sign_check(sig, other.public, DOMAIN, "abc", 3, &err),
	    ST_UNTRUSTED);
	for (i = 0; i < SIGN_LEN; i++) {
		memcpy(bad, sig, SIGN_LEN);
		bad[i] ^= 1;
		ck_assert_int_eq(
		    sign_check(bad, key.public, DOMAIN, "abc", 3, &err),
		    ST_UNTRUSTED);
	}
}
END_TEST

START_TEST(only_what_is_short_is_signed)
{
	static uint8_t bytes[SIGN_INPUT_MAX + 1];
	uint8_t seed[SIGN_SEED_LEN], sig[SIGN_LEN];
	struct sign_key key;

	count_up(seed);
	sign_key_make(&key, seed);
	ok(sign_make(sig, &key, DOMAIN, bytes, SIGN_INPUT_MAX, &err));
	ok(sign_check(sig, key.public, DOMAIN, bytes, SIGN_INPUT_MAX, &err));
	ck_assert_int_eq(
	    sign_make(sig, &key, DOMAIN, bytes, sizeof(bytes), &err), ST_BUG);
	ck_assert_int_eq(
	    sign_check(sig, key.public, DOMAIN, bytes, sizeof(bytes), &err),
	    ST_UNTRUSTED);
}
END_TEST

START_TEST(hexadecimal_text_comes_back)
{
	const uint8_t bytes[4] = { 0x00, 0xab, 0xff, 0x10 };
	uint8_t back[4];
	char text[9];

	crypto_hex(text, bytes, sizeof(bytes));
	ck_assert_str_eq(text, "00abff10");
	ok(crypto_unhex(back, sizeof(back), "00ABff10", &err));
	ck_assert_mem_eq(back, bytes, sizeof(back));
}
END_TEST

static const char *const BAD_HEX[] = { "", "00abff1", "00abff100", "00abff1g",
	"00 abff1", "00:bff10" };
#define NBAD_HEX (sizeof(BAD_HEX) / sizeof(BAD_HEX[0]))

START_TEST(what_is_not_hexadecimal_is_refused)
{
	uint8_t back[4] = { 9, 9, 9, 9 };

	ck_assert_msg(
	    crypto_unhex(back, sizeof(back), BAD_HEX[_i], &err) == ST_INVALID,
	    "'%s'", BAD_HEX[_i]);
	ck_assert_mem_eq(back, "\0\0\0\0", 4);
}
END_TEST

/* Made with a second implementation of the description in code.h. */
static const struct {
	uint8_t first, last; /* bytes; those between are zero */
	const char *text;
} CODES[] = {
	{ 0, 0, "00000-00000-00000-00000-00000-00" },
	{ 0, 1, "00000-00000-00000-00000-00000-12" },
	{ 0, 31, "00000-00000-00000-00000-00000-ZV" },
	{ 0x80, 0, "40000-00000-00000-00000-00000-0P" },
};
#define NCODES (sizeof(CODES) / sizeof(CODES[0]))

START_TEST(a_code_is_printed_and_read_back)
{
	uint8_t code[CODE_LEN] = { 0 }, back[CODE_LEN];
	char text[CODE_TEXT_SIZE];

	code[0] = CODES[_i].first;
	code[CODE_LEN - 1] = CODES[_i].last;
	code_print(text, code);
	ck_assert_str_eq(text, CODES[_i].text);
	ok(code_parse(back, text, &err));
	ck_assert_mem_eq(back, code, CODE_LEN);
}
END_TEST

START_TEST(a_code_may_be_typed_carelessly)
{
	uint8_t code[CODE_LEN], back[CODE_LEN];
	char text[CODE_TEXT_SIZE], typed[2 * CODE_TEXT_SIZE];
	size_t i, n, round;

	for (round = 0; round < 200; round++) {
		crypto_random(code, sizeof(code));
		code_print(text, code);
		for (i = 0, n = 0; text[i] != '\0'; i++) {
			typed[n++] = text[i] == '1' ? 'l'
			    : text[i] == '0'        ? 'o'
			    : text[i] == '-'        ? ' '
			    : text[i] >= 'A'        ? (char)(text[i] + 32)
						    : text[i];
		}
		typed[n] = '\0';
		ok(code_parse(back, typed, &err));
		ck_assert_mem_eq(back, code, CODE_LEN);
	}
}
END_TEST

START_TEST(a_mistyped_code_is_noticed)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t code[CODE_LEN], back[CODE_LEN];
	char text[CODE_TEXT_SIZE], wrong[CODE_TEXT_SIZE];
	size_t i, k, j;

	crypto_random(code, sizeof(code));
	code_print(text, code);
	for (i = 0; text[i] != '\0'; i++) {
		for (k = 0; text[i] != '-' && digits[k] != '\0'; k++) {
			strcpy(wrong, text);
			wrong[i] = digits[k];
			if (digits[k] != text[i])
				ck_assert_int_eq(
				    code_parse(back, wrong, &err), ST_INVALID);
		}
		for (j = i + 1; text[j] != '\0'; j++) {
			strcpy(wrong, text);
			wrong[i] = text[j];
			wrong[j] = text[i];
			if (text[i] != text[j] && text[i] != '-' &&
			    text[j] != '-')
				ck_assert_int_eq(
				    code_parse(back, wrong, &err), ST_INVALID);
		}
	}
	strcpy(wrong, text);
	wrong[CODE_TEXT_SIZE - 2] = '\0';
	ck_assert_int_eq(code_parse(back, wrong, &err), ST_INVALID);
	ck_assert_int_eq(code_parse(back, "U", &err), ST_INVALID);
	ck_assert_int_eq(code_parse(back, "", &err), ST_INVALID);
}
END_TEST

static const struct {
	const char *what;
	size_t len;
	struct passphrase_cost cost;
	enum status expected;
} STRETCHES[] = {
	{ "smallest", 5, { 1, 8192 }, ST_OK },
	{ "longest text", PASSPHRASE_MAX, { 1, 8192 }, ST_OK },
	{ "empty text", 0, { 1, 8192 }, ST_OK },
	{ "text too long", PASSPHRASE_MAX + 1, { 1, 8192 }, ST_INVALID },
	{ "no passes", 5, { 0, 8192 }, ST_INVALID },
	{ "too many passes", 5, { 17, 8192 }, ST_INVALID },
	{ "too little memory", 5, { 1, 8191 }, ST_INVALID },
	{ "a memory bomb", 5, { 1, 1ull << 31 }, ST_INVALID },
	{ "an absurd memory bomb", 5, { 1, UINT64_MAX }, ST_INVALID },
};
#define NSTRETCHES (sizeof(STRETCHES) / sizeof(STRETCHES[0]))

START_TEST(the_cost_of_a_passphrase_has_bounds)
{
	static const uint8_t salt[SALT_LEN];
	char typed[PASSPHRASE_MAX + 1];
	uint8_t out[KEY_LEN];

	memset(typed, 'a', sizeof(typed));
	ck_assert_msg(passphrase_stretch(out, typed, STRETCHES[_i].len, salt,
			  &STRETCHES[_i].cost, &err) == STRETCHES[_i].expected,
	    "%s: %s", STRETCHES[_i].what, err.text);
}
END_TEST

START_TEST(another_salt_or_letter_gives_another_key)
{
	const struct passphrase_cost cost = { 1, 8192 };
	uint8_t salt[SALT_LEN] = { 0 }, a[KEY_LEN], b[KEY_LEN];

	ok(passphrase_stretch(a, "pass", 4, salt, &cost, &err));
	ok(passphrase_stretch(b, "pass", 4, salt, &cost, &err));
	ck_assert(crypto_equal(a, b, KEY_LEN));
	ok(passphrase_stretch(b, "past", 4, salt, &cost, &err));
	ck_assert(!crypto_equal(a, b, KEY_LEN));
	salt[0] = 1;
	ok(passphrase_stretch(b, "pass", 4, salt, &cost, &err));
	ck_assert(!crypto_equal(a, b, KEY_LEN));
}
END_TEST

/* What each stretch takes; the clock is asked before and after it. */
struct machine_clock {
	int64_t now_ms;
	int64_t takes_ms[2]; /* at the floor; with the memory chosen */
	unsigned calls;
};

static int64_t
clock_of_calls(void *arg)
{
	struct machine_clock *c = arg;

	if (c->calls % 2 == 1)
		c->now_ms += c->takes_ms[c->calls / 2 % 2];
	c->calls++;
	return c->now_ms;
}

static const struct {
	const char *what;
	int64_t takes_ms[2];
	struct passphrase_cost cost;
} MACHINES[] = {
	{ "a slow machine", { 2000, 0 }, { 3, 64u << 20 } },
	{ "twice as quick as asked", { 500, 1000 }, { 3, 128u << 20 } },
	{ "a little quicker than the floor", { 700, 0 }, { 4, 64u << 20 } },
	{ "memory slower than thought", { 400, 1300 }, { 4, 64u << 20 } },
	{ "ten times as quick", { 100, 400 }, { 7, 256u << 20 } },
	{ "the same, with slow memory", { 100, 700 }, { 4, 256u << 20 } },
	{ "absurdly quick", { 1, 4 }, { 16, 256u << 20 } },
	{ "a clock that stands still", { 0, 0 }, { 3, 64u << 20 } },
	{ "a clock that jumps back", { -5000, 0 }, { 3, 64u << 20 } },
	{ "a clock that is set meanwhile", { 86400000, 0 }, { 3, 64u << 20 } },
	{ "and then stands still", { 100, 0 }, { 3, 64u << 20 } },
};
#define NMACHINES (sizeof(MACHINES) / sizeof(MACHINES[0]))

START_TEST(the_cost_fits_the_machine_and_never_goes_below_the_floor)
{
	struct machine_clock clock = { .now_ms = 1000000,
		.takes_ms = {
		    MACHINES[_i].takes_ms[0], MACHINES[_i].takes_ms[1] } };
	struct env env = { .arg = &clock, .now_ms = clock_of_calls };
	struct passphrase_cost cost;

	ok(passphrase_calibrate(&cost, &env, 1000, &err));
	ck_assert_msg(cost.ops == MACHINES[_i].cost.ops &&
		cost.mem == MACHINES[_i].cost.mem,
	    "%s: %llu passes, %llu bytes", MACHINES[_i].what,
	    (unsigned long long)cost.ops, (unsigned long long)cost.mem);
}
END_TEST

START_TEST(secret_memory_starts_at_zero_and_is_freed_in_any_case)
{
	uint8_t *secret = secret_new(100);

	ck_assert_ptr_nonnull(secret);
	ck_assert_int_eq(secret[0] | secret[99], 0);
	secret[99] = 1;
	secret_free(secret);
	secret_free(NULL);
}
END_TEST

static void
add(TCase *tc)
{
	if (crypto_start(&err) != ST_OK)
		abort();
	tcase_add_loop_test(
	    tc, a_hash_is_what_another_implementation_says, 0, (int)NHASHES);
	tcase_add_test(tc, a_derived_key_is_what_another_implementation_says);
	tcase_add_test(tc, a_key_stream_is_that_of_rfc_8439);
	tcase_add_test(tc, hashing_in_parts_gives_the_hash_of_the_whole);
	tcase_add_test(tc, bytes_cannot_move_between_domain_and_text);
	tcase_add_test(tc, a_signature_is_what_another_implementation_says);
	tcase_add_test(tc, a_signature_holds_for_nothing_else);
	tcase_add_test(tc, only_what_is_short_is_signed);
	tcase_add_test(tc, hexadecimal_text_comes_back);
	tcase_add_loop_test(
	    tc, what_is_not_hexadecimal_is_refused, 0, (int)NBAD_HEX);
	tcase_add_loop_test(
	    tc, a_code_is_printed_and_read_back, 0, (int)NCODES);
	tcase_add_test(tc, a_code_may_be_typed_carelessly);
	tcase_add_test(tc, a_mistyped_code_is_noticed);
	tcase_add_loop_test(
	    tc, the_cost_of_a_passphrase_has_bounds, 0, (int)NSTRETCHES);
	tcase_add_test(tc, another_salt_or_letter_gives_another_key);
	tcase_add_loop_test(tc,
	    the_cost_fits_the_machine_and_never_goes_below_the_floor, 0,
	    (int)NMACHINES);
	tcase_add_test(
	    tc, secret_memory_starts_at_zero_and_is_freed_in_any_case);
}

UNIT_MAIN("crypto", add)
