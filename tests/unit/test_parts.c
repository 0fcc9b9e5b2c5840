#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/part.h"
#include "sync-server/http/parts.h"
#include "tests/lib/unit.h"

static struct err err;
static struct env env;
static int64_t ahead_ms; /* how far the clock was turned */
static char dir[64];

static int64_t
now_ms(void *arg)
{
	(void)arg;
	return env_real()->now_ms(env_real()->arg) + ahead_ms;
}

static struct parts *
start(const struct parts_opts *opts)
{
	struct parts *parts;

	env = *env_real();
	env.now_ms = now_ms;
	ahead_ms = 0;
	snprintf(dir, sizeof(dir), "/tmp/padu-parts-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ok(parts_open(&parts, &env, dir, opts, &err));
	return parts;
}

static void
stop(struct parts *parts)
{
	char path[512];
	struct dirent *entry;
	DIR *d = opendir(dir);

	parts_close(parts);
	while ((entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

static enum status
write_part(struct parts *parts, uint8_t n, uint64_t total, uint64_t at,
    const char *text)
{
	uint8_t name[PARTS_NAME_LEN];
	struct part *part;
	enum status st;

	memset(name, n, sizeof(name));
	st = parts_start(parts, &part, name, total, &err);
	if (st == ST_OK)
		st = parts_write(
		    parts, part, name, at, text, strlen(text), &err);
	part_close(part);
	return st;
}

static uint64_t
have(struct parts *parts, uint8_t n)
{
	uint8_t name[PARTS_NAME_LEN];

	memset(name, n, sizeof(name));
	return parts_have(parts, name);
}

START_TEST(an_upload_goes_on_where_it_broke_off)
{
	uint8_t name[PARTS_NAME_LEN], bytes[10];
	struct parts *parts = start(NULL);
	struct part *part;

	ck_assert_uint_eq(have(parts, 1), 0);
	ok(write_part(parts, 1, 10, 0, "01234"));
	ck_assert_uint_eq(have(parts, 1), 5);
	/* Also over a restart; pieces may overlap. */
	parts_close(parts);
	ok(parts_open(&parts, &env, dir, NULL, &err));
	ok(write_part(parts, 1, 10, 3, "3456789"));
	memset(name, 1, sizeof(name));
	ok(parts_start(parts, &part, name, 10, &err));
	ok(part_read(part, bytes, sizeof(bytes), &err));
	ck_assert_mem_eq(bytes, "0123456789", 10);
	part_close(part);
	stop(parts);
}
END_TEST

START_TEST(what_was_taken_in_can_be_asked_for_again)
{
	uint8_t name[PARTS_NAME_LEN];
	struct parts *parts = start(NULL);

	memset(name, 1, sizeof(name));
	ok(write_part(parts, 1, 5, 0, "01234"));
	parts_done(parts, name);
	ck_assert_uint_eq(have(parts, 1), 5);
	ok(write_part(parts, 1, 5, 5, ""));
	ck_assert_uint_eq(have(parts, 1), 5);
	stop(parts);
}
END_TEST

START_TEST(a_dropped_part_is_gone)
{
	uint8_t name[PARTS_NAME_LEN];
	struct parts *parts = start(NULL);

	memset(name, 1, sizeof(name));
	ok(write_part(parts, 1, 5, 0, "012"));
	parts_drop(parts, name);
	ck_assert_uint_eq(have(parts, 1), 0);
	stop(parts);
}
END_TEST

START_TEST(old_parts_make_room)
{
	struct parts_opts opts = { .part_ms_max = 1000 };
	struct parts *parts = start(&opts);

	ok(write_part(parts, 1, 5, 0, "01234"));
	ahead_ms = 3600 * 1000;
	ok(write_part(parts, 2, 5, 0, "01234"));
	ck_assert_uint_eq(have(parts, 1), 0);
	ck_assert_uint_eq(have(parts, 2), 5);
	stop(parts);
}
END_TEST

/* As if it had been written ${ms} ago. */
static void
grow_old(uint8_t n, int64_t ms)
{
	struct timespec times[2];
	char path[256], *at = path;
	int i;

	at += sprintf(at, "%s/", dir);
	for (i = 0; i < PARTS_NAME_LEN; i++)
		at += sprintf(at, "%02x", n);
	strcpy(at, ".part");
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= (time_t)(ms / 1000);
	times[1] = times[0];
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(what_stood_still_for_longest_gives_way_to_new_uploads)
{
	struct parts_opts opts = { .files_max = 3 };
	struct parts *parts = start(&opts);

	ok(write_part(parts, 1, 10, 0, "01234"));
	ok(write_part(parts, 2, 10, 0, "01234"));
	ok(write_part(parts, 3, 10, 0, "01234"));
	grow_old(1, 5000);
	grow_old(2, 9000);
	grow_old(3, 7000);
	ok(write_part(parts, 4, 10, 0, "01234"));
	ck_assert_uint_eq(have(parts, 2), 0);
	ck_assert_uint_eq(have(parts, 1) + have(parts, 3) + have(parts, 4), 15);
	/* What goes on is the newest again. */
	ok(write_part(parts, 3, 10, 5, "5"));
	ok(write_part(parts, 5, 10, 0, "01234"));
	ck_assert_uint_eq(have(parts, 1), 0);
	ck_assert_uint_eq(have(parts, 3), 6);
	stop(parts);
}
END_TEST

START_TEST(no_more_bytes_lie_there_than_may_whatever_was_announced)
{
	struct parts_opts opts = { .bytes_max = 100 };
	struct parts *parts = start(&opts);
	uint64_t sum = 0;
	uint8_t n;

	for (n = 1; n <= 20; n++)
		ok(write_part(parts, n, 20, 0, "0"));
	for (n = 1; n <= 20; n++) {
		if (have(parts, n) > 0)
			(void)write_part(
			    parts, n, 20, 1, "1234567890123456789");
	}
	for (n = 1; n <= 20; n++)
		sum += have(parts, n);
	ck_assert_uint_le(sum, 100);
	ck_assert_uint_ge(sum, 60);
	/* Nor can one alone have more. */
	ck_assert_int_eq(write_part(parts, 30, 101, 0, "0"), ST_FULL);
	stop(parts);
}
END_TEST

START_TEST(what_was_taken_in_gives_way_to_new_uploads)
{
	struct parts_opts opts = { .files_max = 1 };
	uint8_t name[PARTS_NAME_LEN];
	struct parts *parts = start(&opts);

	memset(name, 1, sizeof(name));
	ok(write_part(parts, 1, 5, 0, "01234"));
	parts_done(parts, name);
	ok(write_part(parts, 2, 5, 0, "01234"));
	ck_assert_uint_eq(have(parts, 1), 0);
	stop(parts);
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
	struct parts *parts = start(NULL);
	uint8_t name[PARTS_NAME_LEN];
	char path[256];
	struct stat info;

	memset(name, 0x11, sizeof(name));
	ok(write_part(parts, 0x11, 5, 0, "01234"));
	snprintf(path, sizeof(path),
	    "%s/"
	    "11111111111111111111111111111111"
	    "11111111111111111111111111111111.part",
	    dir);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0600);
	stop(parts);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, an_upload_goes_on_where_it_broke_off);
	tcase_add_test(tc, what_was_taken_in_can_be_asked_for_again);
	tcase_add_test(tc, a_dropped_part_is_gone);
	tcase_add_test(tc, old_parts_make_room);
	tcase_add_test(
	    tc, what_stood_still_for_longest_gives_way_to_new_uploads);
	tcase_add_test(
	    tc, no_more_bytes_lie_there_than_may_whatever_was_announced);
	tcase_add_test(tc, what_was_taken_in_gives_way_to_new_uploads);
	tcase_add_test(tc, files_are_for_their_owner_alone);
}

UNIT_MAIN("parts", add)
