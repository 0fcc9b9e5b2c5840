#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/wire/bundle.h"
#include "common/wire/spool.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

static struct err err;
static struct temp temp;
static struct spool *spool;

static void
make(void)
{
	ok(crypto_start(&err));
	temp = temp_open();
	ok(spool_open(&spool, env_real(), temp_path(&temp, "spool"), &err));
}

static void
clear(void)
{
	spool_close(spool);
	temp_close(&temp);
}

static void
put(const char *text, uint8_t name[32])
{
	bundle_name(name, text, strlen(text));
	ok(spool_put(spool, SPOOL_ENVELOPE, name, text, strlen(text), &err));
}

static void
plant(const char *file, const char *text)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/spool/%s", temp.folder, file);
	ok(env_real()->write(NULL, path, text, strlen(text), &err));
}

START_TEST(what_was_put_is_read_and_listed_once)
{
	uint8_t a[32], b[32], answer[32] = { 1 }, *names, *bytes;
	size_t n, len;

	make();
	put("first", a);
	put("second", b);
	put("first", a);
	ok(spool_put(spool, SPOOL_REPLY, answer, "reply", 5, &err));
	ok(spool_list(spool, SPOOL_ENVELOPE, &names, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert(memcmp(names, names + 32, 32) < 0);
	ck_assert(memcmp(names, a, 32) == 0 || memcmp(names, b, 32) == 0);
	free(names);
	ok(spool_list(spool, SPOOL_REPLY, &names, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_mem_eq(names, answer, 32);
	free(names);
	ok(spool_read(spool, SPOOL_ENVELOPE, b, &bytes, &len, &err));
	ck_assert_uint_eq(len, 6);
	ck_assert_mem_eq(bytes, "second", 6);
	free(bytes);
	clear();
}
END_TEST

START_TEST(what_was_removed_is_gone_and_may_be_removed_again)
{
	uint8_t a[32], *bytes, *names;
	size_t n, len;

	make();
	put("first", a);
	ok(spool_remove(spool, SPOOL_ENVELOPE, a, &err));
	ok(spool_remove(spool, SPOOL_ENVELOPE, a, &err));
	ck_assert_int_eq(
	    spool_read(spool, SPOOL_ENVELOPE, a, &bytes, &len, &err),
	    ST_NOTFOUND);
	ck_assert_ptr_null(bytes);
	ok(spool_list(spool, SPOOL_ENVELOPE, &names, &n, &err));
	ck_assert_uint_eq(n, 0);
	free(names);
	clear();
}
END_TEST

START_TEST(files_that_are_not_ours_are_let_be)
{
	uint8_t a[32], *names;
	char hex[65], file[80];
	size_t n, i;

	make();
	put("first", a);
	crypto_hex(hex, a, 32);
	plant("README.txt", "x");
	plant("autorun.inf", "x");
	plant("0123.env", "x");
	snprintf(file, sizeof(file), "%s.bak", hex);
	plant(file, "x");
	for (i = 0; i < 64; i++)
		if (hex[i] >= 'a')
			hex[i] = (char)(hex[i] - 'a' + 'A');
	snprintf(file, sizeof(file), "%s.env", hex);
	plant(file, "x");
	ok(spool_list(spool, SPOOL_ENVELOPE, &names, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_mem_eq(names, a, 32);
	free(names);
	clear();
}
END_TEST

START_TEST(a_damaged_envelope_is_noticed)
{
	uint8_t a[32], *bytes;
	char hex[65], file[80];
	size_t len;

	make();
	put("first", a);
	crypto_hex(hex, a, 32);
	snprintf(file, sizeof(file), "%s.env", hex);
	plant(file, "firsf");
	ck_assert_int_eq(
	    spool_read(spool, SPOOL_ENVELOPE, a, &bytes, &len, &err),
	    ST_INVALID);
	ck_assert_ptr_null(bytes);
	clear();
}
END_TEST

START_TEST(a_wrong_name_or_too_much_is_not_kept)
{
	uint8_t a[32] = { 1 }, *names, *big;
	size_t n;

	make();
	ck_assert_int_eq(
	    spool_put(spool, SPOOL_ENVELOPE, a, "first", 5, &err), ST_BUG);
	big = calloc(1, ENVELOPE_MAX + 1);
	bundle_name(a, big, ENVELOPE_MAX + 1);
	ck_assert_int_eq(
	    spool_put(spool, SPOOL_ENVELOPE, a, big, ENVELOPE_MAX + 1, &err),
	    ST_INVALID);
	ok(spool_list(spool, SPOOL_ENVELOPE, &names, &n, &err));
	ck_assert_uint_eq(n, 0);
	free(names);
	free(big);
	clear();
}
END_TEST

START_TEST(a_spool_opens_again_with_what_it_had)
{
	uint8_t a[32], *bytes;
	size_t len;

	make();
	put("first", a);
	spool_close(spool);
	ok(spool_open(&spool, env_real(), temp_path(&temp, "spool"), &err));
	ok(spool_read(spool, SPOOL_ENVELOPE, a, &bytes, &len, &err));
	free(bytes);
	clear();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_was_put_is_read_and_listed_once);
	tcase_add_test(tc, what_was_removed_is_gone_and_may_be_removed_again);
	tcase_add_test(tc, files_that_are_not_ours_are_let_be);
	tcase_add_test(tc, a_damaged_envelope_is_noticed);
	tcase_add_test(tc, a_wrong_name_or_too_much_is_not_kept);
	tcase_add_test(tc, a_spool_opens_again_with_what_it_had);
}

UNIT_MAIN("spool", add)
