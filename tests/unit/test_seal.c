#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "tests/lib/unit.h"

static struct err err;
static struct seal_key key, other;

static uint8_t *
sample(size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	size_t i;

	ck_assert_ptr_nonnull(bytes);
	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	return bytes;
}

/* Lengths around every boundary: block, kind, chunk. */
static const struct {
	size_t len, sealed;
} SIZES[] = {
	{ 0, 1 + 48 + 64 },
	{ 1, 1 + 48 + 64 },
	{ 63, 1 + 48 + 64 },
	{ 64, 1 + 48 + 128 },
	{ 65535, 1 + 48 + 65536 },
	{ 131072, 1 + 48 + 131136 },
	{ 131073, 1 + 80 + 24 + 131072 + 64 + 3 * 17 },
	{ 3 * 65536 - 1, 1 + 80 + 24 + 3 * 65536 + 3 * 17 },
	{ 3 * 65536, 1 + 80 + 24 + 3 * 65536 + 64 + 4 * 17 },
	{ 1000000, 1 + 80 + 24 + 1000000 + 64 + 16 * 17 },
};
#define NSIZES (sizeof(SIZES) / sizeof(SIZES[0]))

START_TEST(sealed_bytes_come_back_and_have_the_length_promised)
{
	uint8_t *bytes = sample(SIZES[_i].len);
	struct writer sealed = { 0 }, opened = { 0 };

	writer_bytes(&sealed, "before", 6);
	writer_bytes(&opened, "here", 4);
	ok(seal_pack(&sealed, bytes, SIZES[_i].len, key.public, &err));
	ck_assert_uint_eq(sealed.len, 6 + SIZES[_i].sealed);
	ok(seal_open(&opened, sealed.bytes + 6, sealed.len - 6, &key, &err));
	ck_assert_uint_eq(opened.len, 4 + SIZES[_i].len);
	ck_assert_mem_eq(sealed.bytes, "before", 6);
	ck_assert_mem_eq(opened.bytes, "here", 4);
	ck_assert(memcmp(opened.bytes + 4, bytes, SIZES[_i].len) == 0);
	writer_free(&sealed);
	writer_free(&opened);
	free(bytes);
}
END_TEST

/* ${sealed} must not open, and must leave nothing behind. */
static void
refused(const uint8_t *sealed, size_t len, const struct seal_key *with,
    const char *what, size_t at)
{
	struct writer opened = { 0 };
	enum status st;

	writer_bytes(&opened, "here", 4);
	st = seal_open(&opened, sealed, len, with, &err);
	ck_assert_msg(st == ST_UNTRUSTED && opened.len == 4,
	    "%s at %zu: status %d, %zu bytes", what, at, (int)st, opened.len);
	writer_free(&opened);
}

static const size_t LENGTHS[] = { 0, 200, 65536 * 2 + 77, 65536 * 3 };
#define NLENGTHS (sizeof(LENGTHS) / sizeof(LENGTHS[0]))

START_TEST(altered_or_cut_sealed_bytes_are_refused)
{
	size_t len = LENGTHS[_i], i, step;
	uint8_t *bytes = sample(len), *copy;
	struct writer sealed = { 0 };

	ok(seal_pack(&sealed, bytes, len, key.public, &err));
	copy = malloc(sealed.len + 17);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, sealed.bytes, sealed.len);
	step = sealed.len > 1000 ? 997 : 1;
	for (i = 0; i < sealed.len; i += i < 120 ? 1 : step) {
		copy[i] ^= 4;
		refused(copy, sealed.len, &key, "flip", i);
		copy[i] ^= 4;
	}
	for (i = 0; i < sealed.len; i += i < 250 ? 1 : step)
		refused(copy, i, &key, "cut", i);
	for (i = 1; i < 40 && i < sealed.len; i++)
		refused(copy, sealed.len - i, &key, "cut from end", i);
	for (i = 1; i <= 17; i++) {
		memset(copy + sealed.len, 0, i);
		refused(copy, sealed.len + i, &key, "longer", i);
	}
	refused(sealed.bytes, sealed.len, &other, "another key", 0);
	free(copy);
	free(bytes);
	writer_free(&sealed);
}
END_TEST

START_TEST(a_stream_cut_at_a_chunk_is_refused)
{
	size_t chunk = 65536 + 17, start = 1 + 80 + 24;
	uint8_t *bytes = sample(65536 * 4);
	struct writer sealed = { 0 };

	ok(seal_pack(&sealed, bytes, 65536 * 4, key.public, &err));
	refused(sealed.bytes, start, &key, "no chunk", 0);
	refused(sealed.bytes, start + chunk, &key, "one chunk", 0);
	refused(sealed.bytes, start + 4 * chunk, &key, "all but the last", 0);
	writer_free(&sealed);
	free(bytes);
}
END_TEST

START_TEST(too_much_is_refused_before_it_is_read)
{
	struct writer out = { 0 };

	ck_assert_int_eq(
	    seal_pack(&out, "", SEAL_PLAIN_MAX + 1, key.public, &err), ST_BUG);
	ck_assert_int_eq(seal_open(&out, "", SIZE_MAX, &key, &err), ST_INVALID);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(sealing_to_a_key_that_is_none_leaves_no_plaintext)
{
	static const uint8_t zero[BOX_PUBLIC_LEN];
	struct writer out = { 0 };

	writer_bytes(&out, "here", 4);
	ck_assert_int_eq(seal_pack(&out, "MARKER", 6, zero, &err), ST_INVALID);
	ck_assert_uint_eq(out.len, 4);
	ck_assert(memcmp(out.bytes + 4 + 49, "MARKER", 6) != 0);
	writer_free(&out);
}
END_TEST

START_TEST(a_wrapped_key_opens_only_with_its_key_and_domain)
{
	uint8_t plain[32], wrapped[32 + SEAL_WRAP_EXTRA], back[32], k[KEY_LEN];
	static const uint8_t zero[32];
	size_t i;

	memset(plain, 'p', sizeof(plain));
	memset(k, 'k', sizeof(k));
	seal_wrap(wrapped, k, "padu/a/v1", plain, sizeof(plain));
	ok(seal_unwrap(back, k, "padu/a/v1", wrapped, sizeof(wrapped), &err));
	ck_assert_mem_eq(back, plain, sizeof(back));
	ck_assert_int_eq(
	    seal_unwrap(back, k, "padu/b/v1", wrapped, sizeof(wrapped), &err),
	    ST_UNTRUSTED);
	ck_assert_mem_eq(back, zero, sizeof(back));
	for (i = 0; i < sizeof(wrapped); i++) {
		wrapped[i] ^= 1;
		ck_assert_int_eq(seal_unwrap(back, k, "padu/a/v1", wrapped,
				     sizeof(wrapped), &err),
		    ST_UNTRUSTED);
		wrapped[i] ^= 1;
	}
	k[31] ^= 1;
	ck_assert_int_eq(
	    seal_unwrap(back, k, "padu/a/v1", wrapped, sizeof(wrapped), &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(
	    seal_unwrap(back, k, "padu/a/v1", wrapped, 39, &err), ST_UNTRUSTED);
}
END_TEST

static void
add(TCase *tc)
{
	uint8_t seed[BOX_SEED_LEN] = { 1 };

	if (crypto_start(&err) != ST_OK)
		abort();
	seal_key_make(&key, seed);
	seed[0] = 2;
	seal_key_make(&other, seed);
	tcase_add_loop_test(tc,
	    sealed_bytes_come_back_and_have_the_length_promised, 0,
	    (int)NSIZES);
	tcase_add_loop_test(
	    tc, altered_or_cut_sealed_bytes_are_refused, 0, (int)NLENGTHS);
	tcase_add_test(tc, a_stream_cut_at_a_chunk_is_refused);
	tcase_add_test(tc, too_much_is_refused_before_it_is_read);
	tcase_add_test(tc, sealing_to_a_key_that_is_none_leaves_no_plaintext);
	tcase_add_test(tc, a_wrapped_key_opens_only_with_its_key_and_domain);
}

UNIT_MAIN("seal", add)
