/* Who may come in at the local door, and whom a command line believes. */

#define _GNU_SOURCE /* memmem */

#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/env.h"
#include "common/crypto/crypto.h"
#include "common/http/control.h"
#include "common/json/json.h"
#include "tests/lib/fake.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

static struct err err;
static struct control *control;
static char dir[64], file[80];
static atomic_uint runs;

static enum status
run_nothing(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	(void)out;
	(void)e;
	atomic_fetch_add(&runs, 1);
	return ST_OK;
}

static enum status
run_die(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	(void)out;
	(void)e;
	_exit(3);
}

static const struct control_command COMMANDS[] = {
	{ "nothing", run_nothing, false },
	{ "die", run_die, false },
};
static const struct control_table TABLE = { COMMANDS,
	sizeof(COMMANDS) / sizeof(COMMANDS[0]), NULL };

static void
make_dir(void)
{
	atomic_store(&runs, 0);
	ok(crypto_start(&err));
	strcpy(dir, "/tmp/test-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/control", dir);
}

static void
setup(void)
{
	make_dir();
	ok(control_start(&control, dir, env_real(), &TABLE, &err));
}

static void
remove_dir(void)
{
	unlink(file);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
teardown(void)
{
	control_stop(control);
	control = NULL;
	remove_dir();
}

static enum status
call(const char *command, bool *reached)
{
	const struct control_request request = {
		.dir = dir,
		.env = env_real(),
		.command = command,
	};

	return control_call(&request, reached, &err);
}

static void
must_not_reach(enum status status)
{
	bool reached = true;

	ck_assert_int_eq(call("nothing", &reached), status);
	ck_assert(!reached);
	ck_assert_uint_eq(atomic_load(&runs), 0);
}

static unsigned
read_file(char token[65])
{
	FILE *f = fopen(file, "r");
	unsigned port;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%u %64[0-9a-f]", &port, token), 2);
	ck_assert_uint_eq(strlen(token), 64);
	fclose(f);
	return port;
}

#define LINE "POST /v1/commands/nothing HTTP/1.1\r\n"
#define OWN_HOST "Host: 127.0.0.1:%u\r\n"
#define TOKEN "Padu-Token: %s\r\n"
#define JSON "Content-Type: application/json\r\n"
#define BODY "Content-Length: 2\r\n\r\n{}"

/* Each names the port first and the token second. */
static const struct {
	const char *what;
	unsigned code;
	const char *text;
} STRANGERS[] = {
	{ "nothing wrong", 200, LINE OWN_HOST TOKEN JSON BODY },
	{ "no token", 403, LINE OWN_HOST JSON BODY },
	{ "token of nothing", 403, LINE OWN_HOST "Padu-Token:\r\n" JSON BODY },
	{ "wrong token", 403,
	    LINE OWN_HOST "Padu-Token: x%.63s\r\n" JSON BODY },
	{ "longer token", 403, LINE OWN_HOST "Padu-Token: %s0\r\n" JSON BODY },
	{ "shorter token", 403,
	    LINE OWN_HOST "Padu-Token: %.63s\r\n" JSON BODY },
	{ "Host localhost", 403,
	    LINE "Host: localhost:%u\r\n" TOKEN JSON BODY },
	{ "Host without port", 403,
	    LINE "Host: 127.0.0.1\r\nX: %u\r\n" TOKEN JSON BODY },
	{ "Host of another site", 403,
	    LINE "Host: padu.example:%u\r\n" TOKEN JSON BODY },
	{ "Host in IPv6", 403, LINE "Host: [::1]:%u\r\n" TOKEN JSON BODY },
	{ "Origin of its own", 403,
	    LINE OWN_HOST TOKEN JSON "Origin: http://127.0.0.1\r\n" BODY },
	{ "Origin null", 403,
	    LINE OWN_HOST TOKEN JSON "Origin: null\r\n" BODY },
	{ "Origin of nothing", 403,
	    LINE OWN_HOST TOKEN JSON "Origin:\r\n" BODY },
	{ "Sec-Fetch-Site", 403,
	    LINE OWN_HOST TOKEN JSON "Sec-Fetch-Site: none\r\n" BODY },
	{ "a form's type", 415,
	    LINE OWN_HOST TOKEN "Content-Type: text/plain\r\n" BODY },
	{ "no type", 415, LINE OWN_HOST TOKEN BODY },
	{ "GET", 405,
	    "GET /v1/commands/nothing HTTP/1.1\r\n" OWN_HOST TOKEN JSON
	    "\r\n" },
	{ "preflight", 405,
	    "OPTIONS /v1/commands/nothing HTTP/1.1\r\n" OWN_HOST TOKEN JSON
	    "\r\n" },
	{ "hello without a nonce", 400,
	    "GET /v1/hello HTTP/1.1\r\n" OWN_HOST TOKEN "\r\n" },
	{ "hello with a short nonce", 400,
	    "GET /v1/hello HTTP/1.1\r\n" OWN_HOST TOKEN
	    "Padu-Nonce: 00\r\n\r\n" },
	{ "hello from a page", 403,
	    "GET /v1/hello HTTP/1.1\r\n" OWN_HOST TOKEN
	    "Origin: null\r\nPadu-Nonce: 00\r\n\r\n" },
};
#define NSTRANGERS (sizeof(STRANGERS) / sizeof(STRANGERS[0]))

static void
write_file(const char *text)
{
	ok(env_real()->write(NULL, file, text, strlen(text), &err));
}

START_TEST(strangers_and_pages_are_refused)
{
	char text[1000], token[65];
	unsigned port = read_file(token);
	struct raw_reply r;

	snprintf(text, sizeof(text), STRANGERS[_i].text, port, token);
	r = raw_ask((uint16_t)port, text);
	ck_assert_msg(r.code == STRANGERS[_i].code, "%s: %u: %s",
	    STRANGERS[_i].what, r.code, r.body);
	ck_assert_uint_eq(
	    atomic_load(&runs), STRANGERS[_i].code == 200 ? 1 : 0);
	ck_assert_ptr_null(strstr(r.head, "Access-Control"));
}
END_TEST

START_TEST(the_file_is_private_and_goes_with_the_daemon)
{
	struct stat info;

	ck_assert_int_eq(stat(file, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	control_stop(control);
	control = NULL;
	ck_assert_int_ne(stat(file, &info), 0);
	must_not_reach(ST_NOTFOUND);
}
END_TEST

START_TEST(the_file_of_another_daemon_is_left)
{
	struct stat info;

	write_file("1 00\n");
	control_stop(control);
	control = NULL;
	ck_assert_int_eq(stat(file, &info), 0);
}
END_TEST

START_TEST(a_damaged_file_is_reported)
{
	static const char *const TEXTS[] = { "", "x", "80\n", "80 00\n",
		"0 0000000000000000000000000000000000000000000000000000000000"
		"000000\n",
		"70000 000000000000000000000000000000000000000000000000000000"
		"0000000000\n",
		"80 0000000000000000000000000000000000000000000000000000000000"
		"000000" };
	size_t i;

	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
		write_file(TEXTS[i]);
		must_not_reach(ST_INVALID);
	}
}
END_TEST

/* Whoever listens where a daemon was learns neither token nor request. */
START_TEST(an_impostor_on_the_port_is_told_nothing)
{
	static const char SAYS[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	struct fake fake = {
		.says = SAYS, .len = sizeof(SAYS) - 1, .then = FAKE_KEEP
	};
	char text[128], token[65];

	read_file(token);
	fake_start(&fake);
	snprintf(text, sizeof(text), "%u %s\n", (unsigned)fake.port, token);
	write_file(text);
	must_not_reach(ST_NOTFOUND);
	ck_assert_uint_eq(atomic_load(&fake.nrequests), 1);
	ck_assert_ptr_nonnull(strstr(fake.request, "GET /v1/hello "));
	ck_assert_ptr_null(strstr(fake.request, token));
	fake_stop(&fake);
}
END_TEST

static pid_t
start_in_child(void)
{
	pid_t child = fork();
	int waited;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (control_start(&control, dir, env_real(), &TABLE, &err) !=
		    ST_OK)
			_exit(1);
		raw_sleep_ms(60000);
		_exit(2);
	}
	for (waited = 0; access(file, F_OK) != 0; waited++) {
		ck_assert_int_lt(waited, 10000);
		raw_sleep_ms(1);
	}
	return child;
}

START_TEST(a_daemon_that_dies_leaves_the_end_unknown_and_then_is_none)
{
	bool reached;
	pid_t child = start_in_child();
	int status;

	ck_assert_int_eq(call("die", &reached), ST_BUSY);
	ck_assert(reached);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	must_not_reach(ST_NOTFOUND);
}
END_TEST

/* ---- what stays in memory --------------------------------------------- */

#define MARK "rahasia yang dinginkan"
#define MARK_LEN (sizeof(MARK) - 1)

static atomic_bool watching;
static atomic_uint given_back; /* blocks of memory with the mark in them */

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&                    \
    !HAS_FEATURE(address_sanitizer)
#define CAN_WATCH 1

size_t malloc_usable_size(void *block);
void __libc_free(void *block);
void *__libc_realloc(void *block, size_t size);

static void
look_at(void *block)
{
	if (block != NULL && atomic_load(&watching) &&
	    memmem(block, malloc_usable_size(block), MARK, MARK_LEN) != NULL)
		atomic_fetch_add(&given_back, 1);
}

void
free(void *block)
{
	look_at(block);
	__libc_free(block);
}

void *
realloc(void *block, size_t size)
{
	look_at(block);
	return __libc_realloc(block, size);
}
#else
#define CAN_WATCH 0
#endif

START_TEST(nothing_of_a_request_is_left_in_memory)
{
	char text[600], token[65], *block = malloc(MARK_LEN + 1);
	unsigned port = read_file(token);
	int fd, n;

	/* It is seen where something is left. */
	memcpy(block, MARK, MARK_LEN + 1);
	atomic_store(&watching, true);
	free(block);
	ck_assert_uint_eq(atomic_load(&given_back), CAN_WATCH);
	atomic_store(&given_back, 0);

	n = snprintf(text, sizeof(text),
	    LINE OWN_HOST TOKEN JSON "Content-Length: %zu\r\n\r\n"
				     "{\"x\": [\"%0200d " MARK "\", 1]}",
	    port, token, 8 + 200 + 1 + MARK_LEN + 6, 0);
	fd = raw_connect((uint16_t)port);
	/* In two pieces, so that memory for it would have to grow. */
	raw_send(fd, text, (size_t)n - 5);
	raw_sleep_ms(100);
	raw_send(fd, text + n - 5, 5);
	ck_assert_uint_eq(raw_read(fd).code, 200);
	close(fd);
	ck_assert_uint_eq(atomic_load(&runs), 1);
	/* What belongs to the connection goes with the door at the latest. */
	control_stop(control);
	control = NULL;
	atomic_store(&watching, false);
	ck_assert_uint_eq(atomic_load(&given_back), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, strangers_and_pages_are_refused, 0, (int)NSTRANGERS);
	tcase_add_test(tc, the_file_is_private_and_goes_with_the_daemon);
	tcase_add_test(tc, the_file_of_another_daemon_is_left);
	tcase_add_test(tc, a_damaged_file_is_reported);
	tcase_add_test(tc, an_impostor_on_the_port_is_told_nothing);
	tcase_add_test(tc, nothing_of_a_request_is_left_in_memory);
}

int
main(void)
{
	Suite *suite = suite_create("control, the door");
	TCase *tc = tcase_create("control"), *other = tcase_create("dying");
	SRunner *runner;
	int failed;

	/* First: it forks, which is best done before there are threads. */
	tcase_add_checked_fixture(other, make_dir, remove_dir);
	tcase_add_test(
	    other, a_daemon_that_dies_leaves_the_end_unknown_and_then_is_none);
	add(tc);
	tcase_set_timeout(tc, 300);
	tcase_set_timeout(other, 300);
	suite_add_tcase(suite, other);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
