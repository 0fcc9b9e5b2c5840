#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "common/store/sealvfs_internal.h"
#include "tests/lib/unit.h"

/*
 * The quick way to seal must give what the library's own function gives:
 * sealvfs_seal() is that function and nothing else.
 */

static const uint8_t SALT[SEALVFS_SALT_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* Every kind of piece; a page is bound to 5 bytes in one file, 17 in the
 * other, which is on either side of one block. */
static const struct {
	const char *name;
	size_t at, len;
} PIECES[] = {
	{ "a page", WORK_PAGE, SEALVFS_USABLE },
	{ "a page of the log", WORK_PAGE, SEALVFS_USABLE },
	{ "a frame's header", WORK_HEADER, LOG_INNER_HEADER },
};
#define NPIECES (sizeof(PIECES) / sizeof(PIECES[0]))

static struct sealvfs_work work;
static uint8_t key[KEY_LEN], text[SEALVFS_PAGE], sealed[SEALVFS_PAGE];

static struct sealvfs_bound
bound(int i)
{
	return i == 0 ? sealvfs_bound_page(7)
	    : i == 1  ? sealvfs_bound_frame_page(SALT, 7)
		      : sealvfs_bound_frame_header(7);
}

static void
draw(void)
{
	crypto_random(key, sizeof(key));
	crypto_random(text, sizeof(text));
}

START_TEST(a_piece_sealed_quickly_is_unsealed_by_the_library)
{
	uint8_t *at = work.frame + PIECES[_i].at;
	struct sealvfs_bound to = bound(_i);
	size_t len = PIECES[_i].len;
	int k;

	for (k = 0; k < 200; k++) {
		draw();
		sealvfs_piece_seal(&work, at, text, len, &to, key);
		ck_assert(memcmp(at, text, len) != 0);
		ck_assert_msg(
		    sealvfs_unseal(at, len, &to, key), "%s", PIECES[_i].name);
		ck_assert(memcmp(at, text, len) == 0);
	}
}
END_TEST

START_TEST(a_piece_sealed_by_the_library_is_shown_quickly)
{
	uint8_t *at = work.frame + PIECES[_i].at, out[SEALVFS_PAGE];
	struct sealvfs_bound to = bound(_i);
	size_t len = PIECES[_i].len;
	int k;

	for (k = 0; k < 200; k++) {
		draw();
		sealvfs_seal(at, text, len, &to, key);
		ck_assert(sealvfs_piece_check(&work, at, len, &to, key));
		sealvfs_piece_show(&work, out, at, 0, len);
		ck_assert_msg(
		    memcmp(out, text, len) == 0, "%s", PIECES[_i].name);
		sealvfs_piece_show(&work, out, at, 5, 13);
		ck_assert_mem_eq(out, text + 5, 13);
	}
}
END_TEST

START_TEST(no_bit_of_a_piece_can_be_altered)
{
	uint8_t *at = work.frame + PIECES[_i].at;
	struct sealvfs_bound to = bound(_i), other = bound(_i);
	size_t len = PIECES[_i].len, bit;

	draw();
	sealvfs_seal(sealed, text, len, &to, key);
	for (bit = 0; bit < 8 * (len + SEALVFS_EXTRA); bit += 3) {
		memcpy(at, sealed, len + SEALVFS_EXTRA);
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(!sealvfs_piece_check(&work, at, len, &to, key),
		    "%s: bit %zu", PIECES[_i].name, bit);
	}
	memcpy(at, sealed, len + SEALVFS_EXTRA);
	other.bytes[other.len - 1] ^= 1;
	ck_assert(!sealvfs_piece_check(&work, at, len, &other, key));
	memcpy(at, sealed, len + SEALVFS_EXTRA);
	key[0] ^= 1;
	ck_assert(!sealvfs_piece_check(&work, at, len, &to, key));
	key[0] ^= 1;
	memcpy(at, sealed, len + SEALVFS_EXTRA);
	ck_assert(sealvfs_piece_check(&work, at, len, &to, key));
}
END_TEST

START_TEST(a_page_shown_ends_in_zeros_wherever_it_is_cut)
{
	uint8_t *at = work.frame + WORK_PAGE, out[SEALVFS_PAGE];
	struct sealvfs_bound to = bound(0);
	size_t from, n;

	draw();
	sealvfs_seal(at, text, SEALVFS_USABLE, &to, key);
	memset(text + SEALVFS_USABLE, 0, SEALVFS_EXTRA);
	ck_assert(sealvfs_piece_check(&work, at, SEALVFS_USABLE, &to, key));
	for (from = 0; from < SEALVFS_PAGE; from += 13)
		for (n = 1; from + n <= SEALVFS_PAGE; n += 17) {
			memset(out, 0xee, sizeof(out));
			sealvfs_piece_show_page(&work, out, from, n);
			ck_assert(memcmp(out, text + from, n) == 0);
			ck_assert(n == SEALVFS_PAGE || out[n] == 0xee);
		}
}
END_TEST

#define MANY 500

static int
compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, SEALVFS_NONCE);
}

START_TEST(no_nonce_is_used_twice)
{
	static uint8_t nonces[MANY][SEALVFS_NONCE];
	uint8_t *at = work.frame + WORK_HEADER;
	struct sealvfs_bound to = bound(2);
	size_t i;

	draw();
	for (i = 0; i < MANY; i++) {
		if (i % 7 == 0)
			sealvfs_work_forget_nonces(&work);
		sealvfs_piece_seal(&work, at, text, LOG_INNER_HEADER, &to, key);
		memcpy(nonces[i], at + LOG_INNER_HEADER, SEALVFS_NONCE);
	}
	qsort(nonces, MANY, SEALVFS_NONCE, compare_nonces);
	for (i = 1; i < MANY; i++)
		ck_assert(compare_nonces(nonces[i - 1], nonces[i]) != 0);
}
END_TEST

START_TEST(nonces_drawn_before_are_forgotten)
{
	static const uint8_t zero[sizeof(work.nonces)];
	struct sealvfs_bound to = bound(2);
	int i;

	draw();
	sealvfs_work_forget_nonces(&work);
	for (i = 0; i < 3; i++)
		sealvfs_piece_seal(&work, work.frame + WORK_HEADER, text,
		    LOG_INNER_HEADER, &to, key);
	ck_assert_uint_gt(work.nnonces, 0);
	sealvfs_work_forget_nonces(&work);
	ck_assert_uint_eq(work.nnonces, 0);
	ck_assert(memcmp(work.nonces, zero, sizeof(zero)) == 0);
}
END_TEST

static void
start(void)
{
	struct err err;

	ok(crypto_start(&err));
}

static void
add(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, start, NULL);
	tcase_add_loop_test(
	    tc, a_piece_sealed_quickly_is_unsealed_by_the_library, 0, NPIECES);
	tcase_add_loop_test(
	    tc, a_piece_sealed_by_the_library_is_shown_quickly, 0, NPIECES);
	tcase_add_loop_test(tc, no_bit_of_a_piece_can_be_altered, 0, NPIECES);
	tcase_add_test(tc, a_page_shown_ends_in_zeros_wherever_it_is_cut);
	tcase_add_test(tc, no_nonce_is_used_twice);
	tcase_add_test(tc, nonces_drawn_before_are_forgotten);
}

UNIT_MAIN("sealvfs_piece", add)
