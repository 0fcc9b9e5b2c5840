/*
 * golden [--write]: make every message from fixed seeds and compare it with
 * the file that was made when its format was settled; enter every file as
 * the one who gets it would; enter every bad one and be refused.
 *
 * --write makes the files anew: a change of the protocol, to be said in
 * common/PROTOCOL.md.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/wire/squeeze.h"
#include "tests/golden/messages.h"
#include "tests/lib/unit.h"

#define FILE_MAX (1u << 20)
#define SQUEEZE_VERSION 10504 /* that the files were made with */

static struct err err;

static const char *
path_of(const char *folder, const char *file, const char *suffix)
{
	static char path[400];

	snprintf(
	    path, sizeof(path), "%s/%s%s%s", GOLDEN_DIR, folder, file, suffix);
	return path;
}

static uint8_t *
read_file(const char *path, size_t *len)
{
	uint8_t *bytes = NULL;

	ck_assert_msg(
	    env_real()->read(NULL, path, FILE_MAX, &bytes, len, &err) == ST_OK,
	    "%s", err.text);
	return bytes;
}

START_TEST(a_message_has_the_bytes_it_always_had)
{
	const struct golden *g = &GOLDEN[_i];
	struct writer w = { 0 };
	uint8_t *file;
	size_t len;

	golden_random_restart();
	g->make(&w);
	file = read_file(path_of("", g->file, ".bin"), &len);
	if (!g->squeezed || squeeze_version() == SQUEEZE_VERSION) {
		ck_assert_msg(len == w.len && memcmp(file, w.bytes, len) == 0,
		    "%s has changed", g->file);
	}
	free(file);
	writer_free(&w);
}
END_TEST

START_TEST(a_message_says_what_it_always_said)
{
	const struct golden *g = &GOLDEN[_i];
	struct writer text = { 0 };
	uint8_t *file, *said;
	size_t len, said_len;

	file = read_file(path_of("", g->file, ".bin"), &len);
	said = read_file(path_of("", g->file, ".txt"), &said_len);
	ck_assert_msg(g->enter(file, len, &text, &err) == ST_OK, "%s: %s",
	    g->file, err.text);
	ck_assert_msg(
	    said_len == text.len && memcmp(said, text.bytes, said_len) == 0,
	    "%s reads:\n%.*s", g->file, (int)text.len, text.bytes);
	free(file);
	free(said);
	writer_free(&text);
}
END_TEST

START_TEST(a_bad_message_is_refused_as_it_always_was)
{
	const struct golden_bad *b = &BAD[_i];
	struct writer w = { 0 }, text = { 0 };
	enum status st;
	uint8_t *file;
	size_t len;

	golden_random_restart();
	b->make(&w);
	file = read_file(path_of("bad/", b->file, ".bin"), &len);
	if (squeeze_version() == SQUEEZE_VERSION)
		ck_assert_msg(len == w.len && memcmp(file, w.bytes, len) == 0,
		    "%s has changed", b->file);
	st = b->enter(file, len, &text, &err);
	ck_assert_msg(st == b->want, "%s, %s: %s: %s", b->file, b->what,
	    err_name(st), st != ST_OK ? err.text : "");
	free(file);
	writer_free(&w);
	writer_free(&text);
}
END_TEST

static void
write_file(const char *path, const struct writer *w)
{
	golden_must(
	    env_real()->write(NULL, path, w->bytes, w->len, &err), &err);
}

static void
write_all(void)
{
	struct writer w = { 0 }, text = { 0 };
	size_t i;

	for (i = 0; i < NGOLDEN; i++) {
		writer_clear(&w);
		writer_clear(&text);
		golden_random_restart();
		GOLDEN[i].make(&w);
		golden_must(GOLDEN[i].enter(w.bytes, w.len, &text, &err), &err);
		write_file(path_of("", GOLDEN[i].file, ".bin"), &w);
		write_file(path_of("", GOLDEN[i].file, ".txt"), &text);
	}
	for (i = 0; i < NBAD; i++) {
		writer_clear(&w);
		golden_random_restart();
		BAD[i].make(&w);
		write_file(path_of("bad/", BAD[i].file, ".bin"), &w);
	}
	writer_free(&w);
	writer_free(&text);
}

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, a_message_has_the_bytes_it_always_had, 0, (int)NGOLDEN);
	tcase_add_loop_test(
	    tc, a_message_says_what_it_always_said, 0, (int)NGOLDEN);
	tcase_add_loop_test(
	    tc, a_bad_message_is_refused_as_it_always_was, 0, (int)NBAD);
}

static int
run(void)
{
	Suite *suite = suite_create("golden");
	TCase *tc = tcase_create("golden");
	SRunner *runner;
	int failed;

	add(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	golden_start();
	if (argc == 2 && strcmp(argv[1], "--write") == 0) {
		write_all();
		return EXIT_SUCCESS;
	}
	if (argc != 1) {
		fprintf(stderr, "usage: golden [--write]\n");
		return 2;
	}
	return run();
}
