#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/path.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

static struct err err;
static struct temp temp;
static char path[300];

static const char *
at(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", temp.folder, name);
	return path;
}

static void
setup(void)
{
	temp = temp_open();
}

static void
teardown(void)
{
	rmdir(at("open"));
	temp_close(&temp);
}

START_TEST(a_pipe_or_a_folder_is_no_file_and_nobody_waits_for_it)
{
	uint8_t *bytes;
	size_t len;
	FILE *file;

	ck_assert_int_eq(mkfifo(at("pipe"), 0600), 0);
	ck_assert_int_eq(path_open_stream(&file, path, &err), ST_INVALID);
	ck_assert_ptr_null(file);
	ck_assert_int_eq(
	    env_real()->read(NULL, path, 100, &bytes, &len, &err), ST_INVALID);
	ck_assert_int_eq(
	    path_open_stream(&file, temp.folder, &err), ST_INVALID);
	ck_assert_int_eq(
	    path_open_stream(&file, "/dev/zero", &err), ST_INVALID);
	ck_assert_int_eq(
	    path_open_stream(&file, at("nothing"), &err), ST_NOTFOUND);
}
END_TEST

START_TEST(a_link_that_was_put_in_the_way_is_not_written_through)
{
	const struct env *env = env_real();
	struct stat info;
	uint8_t *bytes;
	size_t len;
	char victim[300];

	ok(env->write(NULL, at("victim"), "old", 3, &err));
	strcpy(victim, path);
	ck_assert_int_eq(symlink(victim, at("secret.tmp")), 0);
	ok(env->write(NULL, at("secret"), "new", 3, &err));
	ok(env->read(NULL, victim, 10, &bytes, &len, &err));
	ck_assert_mem_eq(bytes, "old", 3);
	free(bytes);
	/* Nor does a file that others can read become ours. */
	close(open(at("other.tmp"), O_CREAT | O_WRONLY, 0666));
	ck_assert_int_eq(chmod(path, 0666), 0);
	ok(env->write(NULL, at("other"), "new", 3, &err));
	ck_assert_int_eq(stat(at("other"), &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_folder_that_others_may_write_in_is_for_no_secrets)
{
	ok(path_check_folder(temp.folder, &err));
	ok(path_check_folder(at("not there yet"), &err));
	ck_assert_int_eq(mkdir(at("open"), 0700), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ok(path_check_folder(path, &err));
	ck_assert_int_eq(chmod(path, 0775), 0);
	ck_assert_int_eq(path_check_folder(path, &err), ST_UNTRUSTED);
	ck_assert_int_eq(chmod(path, 0702), 0);
	ck_assert_int_eq(path_check_folder(path, &err), ST_UNTRUSTED);
	ok(env_real()->write(NULL, at("file"), "x", 1, &err));
	ck_assert_int_eq(path_check_folder(path, &err), ST_INVALID);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(
	    tc, a_pipe_or_a_folder_is_no_file_and_nobody_waits_for_it);
	tcase_add_test(
	    tc, a_link_that_was_put_in_the_way_is_not_written_through);
	tcase_add_test(tc, a_folder_that_others_may_write_in_is_for_no_secrets);
}

UNIT_MAIN("path", add)
