#include <pthread.h>
#include <stdatomic.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/http/control.h"
#include "common/json/json.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

static struct err err;
static struct control *control;
static char dir[64], file[80];

/* What the commands do and see. */
static struct {
	atomic_uint runs, inside, most_inside, ended;
	atomic_bool go;
} seen;

static enum status
run_add(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	int64_t a, b;

	(void)arg;
	atomic_fetch_add(&seen.runs, 1);
	if (json_get_i64(request, "a", &a, e) != ST_OK ||
	    json_get_i64(request, "b", &b, e) != ST_OK)
		return e->status;
	json_put_i64(control_result(out), "sum", a + b);
	return ST_OK;
}

static enum status
run_nothing(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	(void)out;
	(void)e;
	atomic_fetch_add(&seen.runs, 1);
	return ST_OK;
}

static enum status
run_fail(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	json_put_string(control_result(out), "shown", "all the same");
	return err_set(e, ST_NOTFOUND, "no record \"7\"");
}

/* Fails before it has anything to show. */
static enum status
run_early(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	control_result(out);
	return err_set(e, ST_CONFLICT, "it moved");
}

/* Tells of progress and waits until the client has seen it. */
static enum status
run_wait(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	(void)arg;
	(void)request;
	(void)e;
	atomic_fetch_add(&seen.runs, 1);
	control_progress(out, "records", 1, 2);
	while (!atomic_load(&seen.go) && !control_stopping(out))
		raw_sleep_ms(1);
	control_progress(out, "records", 2, 2);
	atomic_fetch_add(&seen.ended, 1);
	json_put_bool(control_result(out), "stopped", control_stopping(out));
	return ST_OK;
}

static enum status
run_list(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	int64_t n, i;

	(void)arg;
	if (json_get_i64(request, "n", &n, e) != ST_OK)
		return e->status;
	for (i = 0; i < n; i++) {
		json_put_i64(control_row(out), "i", i);
		control_row_end(out);
		control_progress(out, "rows", (uint64_t)i + 1, (uint64_t)n);
	}
	json_put_i64(control_result(out), "n", n);
	return ST_OK;
}

static enum status
run_crowd(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	unsigned inside = atomic_fetch_add(&seen.inside, 1) + 1;
	unsigned most = atomic_load(&seen.most_inside);

	(void)arg;
	(void)request;
	(void)out;
	(void)e;
	while (inside > most &&
	    !atomic_compare_exchange_weak(&seen.most_inside, &most, inside))
		;
	raw_sleep_ms(20);
	atomic_fetch_sub(&seen.inside, 1);
	return ST_OK;
}

static enum status
run_huge(void *arg, const struct json *request, struct control_out *out,
    struct err *e)
{
	char *text = malloc(JSON_TEXT_MAX + 1);

	(void)arg;
	(void)request;
	(void)e;
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', JSON_TEXT_MAX);
	text[JSON_TEXT_MAX] = '\0';
	json_put_string(control_result(out), "text", text);
	free(text);
	return ST_OK;
}

static const struct control_command COMMANDS[] = {
	{ "add", run_add, false },
	{ "nothing", run_nothing, false },
	{ "early", run_early, false },
	{ "fail", run_fail, false },
	{ "wait", run_wait, true },
	{ "list", run_list, false },
	{ "crowd", run_crowd, false },
	{ "crowd-together", run_crowd, true },
	{ "huge", run_huge, false },
};
static const struct control_table TABLE = { COMMANDS,
	sizeof(COMMANDS) / sizeof(COMMANDS[0]), NULL };

static void
make_dir(void)
{
	memset(&seen, 0, sizeof(seen));
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

/* All lines of a call, one after another. */
struct heard {
	struct writer text;
	unsigned nrows, nprogress;
	int64_t next_row;
};

static void
hear(void *arg, const struct json *line, const char *text)
{
	struct heard *heard = arg;
	const struct json *row = json_find(line, "row");
	int64_t i;

	ck_assert_ptr_null(strchr(text, '\n'));
	if (row != NULL) {
		ok(json_get_i64(row, "i", &i, &err));
		ck_assert_int_eq(i, heard->next_row++);
		heard->nrows++;
	} else if (json_find(line, "progress") != NULL) {
		heard->nprogress++;
		atomic_store(&seen.go, true);
	} else {
		writer_bytes(&heard->text, text, strlen(text));
	}
}

static struct control_request
request(const char *command, const char *json, struct heard *heard)
{
	memset(heard, 0, sizeof(*heard));
	return (struct control_request){ .dir = dir,
		.env = env_real(),
		.command = command,
		.json = json,
		.json_len = json != NULL ? strlen(json) : 0,
		.on_line = hear,
		.arg = heard };
}

static enum status
call(const char *command, const char *json, struct heard *heard)
{
	struct control_request r = request(command, json, heard);
	enum status st;
	bool reached;

	st = control_call(&r, &reached, &err);
	ck_assert_msg(reached, "not reached: %s", err.text);
	writer_u8(&heard->text, 0);
	return st;
}

START_TEST(a_command_is_run_and_its_result_comes_back)
{
	struct heard heard;

	ok(call("add", "{\"a\":3,\"b\":4}", &heard));
	ck_assert_str_eq((char *)heard.text.bytes, "{\"result\":{\"sum\":7}}");
	writer_free(&heard.text);
	ok(call("nothing", NULL, &heard));
	ck_assert_str_eq((char *)heard.text.bytes, "{\"result\":{}}");
	writer_free(&heard.text);
}
END_TEST

START_TEST(a_failure_has_its_status_and_text_and_what_was_put)
{
	struct heard heard;

	ck_assert_int_eq(call("fail", NULL, &heard), ST_NOTFOUND);
	ck_assert_str_eq(err.text, "no record \"7\"");
	ck_assert_str_eq((char *)heard.text.bytes,
	    "{\"result\":{\"shown\":\"all the same\"}}");
	writer_free(&heard.text);
	ck_assert_int_eq(call("add", "{\"a\":3}", &heard), ST_INVALID);
	ck_assert_str_eq(err.text, "document: 'b' is missing");
	writer_free(&heard.text);
}
END_TEST

START_TEST(a_failure_that_put_nothing_has_no_result)
{
	struct heard heard;

	ck_assert_int_eq(call("early", NULL, &heard), ST_CONFLICT);
	ck_assert_str_eq((char *)heard.text.bytes, "");
	writer_free(&heard.text);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
	static const struct {
		const char *command, *json;
	} ROWS[] = { { "none", "{}" }, { "nothing", "[]" }, { "nothing", "{" },
		{ "nothing", "{\"a\":1,\"a\":1}" }, { "nothing", "" },
		{ "nothing/", "{}" } };
	struct heard heard;
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		ck_assert_msg(
		    call(ROWS[i].command, ROWS[i].json, &heard) == ST_INVALID,
		    "%s %s: %s", ROWS[i].command, ROWS[i].json, err.text);
		writer_free(&heard.text);
	}
	ck_assert_uint_eq(atomic_load(&seen.runs), 0);
}
END_TEST

START_TEST(progress_comes_while_the_command_runs)
{
	struct heard heard;

	ok(call("wait", NULL, &heard));
	ck_assert_uint_eq(heard.nprogress, 2);
	ck_assert_str_eq(
	    (char *)heard.text.bytes, "{\"result\":{\"stopped\":false}}");
	writer_free(&heard.text);
}
END_TEST

START_TEST(a_long_list_comes_whole_and_in_order)
{
	struct heard heard;

	ok(call("list", "{\"n\":100000}", &heard));
	ck_assert_uint_eq(heard.nrows, 100000);
	ck_assert_uint_ge(heard.nprogress, 1);
	ck_assert_uint_lt(heard.nprogress, 1000);
	ck_assert_str_eq(
	    (char *)heard.text.bytes, "{\"result\":{\"n\":100000}}");
	writer_free(&heard.text);
}
END_TEST

START_TEST(a_result_too_large_is_told)
{
	struct heard heard;

	ck_assert_int_eq(call("huge", NULL, &heard), ST_FULL);
	writer_free(&heard.text);
}
END_TEST

START_TEST(without_a_daemon_the_same_lines_come)
{
	static const struct {
		const char *command, *json;
		enum status status;
	} ROWS[] = { { "add", "{\"a\":3,\"b\":4}", ST_OK },
		{ "nothing", NULL, ST_OK }, { "fail", NULL, ST_NOTFOUND },
		{ "list", "{\"n\":50}", ST_OK }, { "huge", NULL, ST_FULL },
		{ "none", NULL, ST_INVALID }, { "nothing", "[]", ST_INVALID },
		{ "nothing", "{", ST_INVALID } };
	struct heard there, here;
	struct control_request r;
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		ck_assert_int_eq(call(ROWS[i].command, ROWS[i].json, &there),
		    ROWS[i].status);
		r = request(ROWS[i].command, ROWS[i].json, &here);
		ck_assert_int_eq(
		    control_run_local(&TABLE, &r, &err), ROWS[i].status);
		writer_u8(&here.text, 0);
		ck_assert_str_eq(
		    (char *)here.text.bytes, (char *)there.text.bytes);
		ck_assert_uint_eq(here.nrows, there.nrows);
		writer_free(&here.text);
		writer_free(&there.text);
	}
}
END_TEST

static void *
call_crowd(void *command)
{
	struct heard heard;
	struct err e;
	bool reached;
	struct control_request r = request(command, NULL, &heard);

	ck_assert_int_eq(control_call(&r, &reached, &e), ST_OK);
	writer_free(&heard.text);
	return NULL;
}

static unsigned
most_inside_of_eight(const char *command)
{
	pthread_t thread[8];
	char name[32];
	int i;

	strcpy(name, command);
	atomic_store(&seen.most_inside, 0);
	for (i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, call_crowd, name);
	for (i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	return atomic_load(&seen.most_inside);
}

START_TEST(commands_run_one_after_another_unless_they_say)
{
	ck_assert_uint_eq(most_inside_of_eight("crowd"), 1);
	ck_assert_uint_gt(most_inside_of_eight("crowd-together"), 1);
}
END_TEST

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

START_TEST(a_command_runs_to_its_end_without_its_client)
{
	char text[300], token[65];
	unsigned port = read_file(token);
	int fd = raw_connect((uint16_t)port), waited;

	snprintf(text, sizeof(text),
	    "POST /v1/commands/wait HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Padu-Token: %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: 2\r\n\r\n{}",
	    port, token);
	raw_say(fd, text);
	ck_assert_int_ge(raw_byte(fd), 0);
	close(fd);
	atomic_store(&seen.go, true);
	for (waited = 0; atomic_load(&seen.ended) == 0; waited++) {
		ck_assert_int_lt(waited, 5000);
		raw_sleep_ms(1);
	}
}
END_TEST

#define LINE "POST /v1/commands/nothing HTTP/1.1\r\n"
#define OWN_HOST "Host: 127.0.0.1:%u\r\n"
#define TOKEN "Padu-Token: %s\r\n"
#define JSON "Content-Type: application/json\r\n"
#define BODY "Content-Length: 2\r\n\r\n{}"

START_TEST(stopping_waits_for_commands_and_tells_them)
{
	char text[300], token[65];
	unsigned port = read_file(token);
	int fd = raw_connect((uint16_t)port), waited;
	struct raw_reply r;

	snprintf(text, sizeof(text),
	    "POST /v1/commands/wait HTTP/1.1\r\n" OWN_HOST TOKEN JSON BODY,
	    port, token);
	raw_say(fd, text);
	for (waited = 0; atomic_load(&seen.runs) == 0; waited++) {
		ck_assert_int_lt(waited, 5000);
		raw_sleep_ms(1);
	}
	control_stop(control);
	control = NULL;
	ck_assert_uint_eq(atomic_load(&seen.ended), 1);
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 200);
	ck_assert_ptr_nonnull(strstr(r.body, "{\"stopped\":true}"));
	close(fd);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_command_is_run_and_its_result_comes_back);
	tcase_add_test(tc, a_failure_has_its_status_and_text_and_what_was_put);
	tcase_add_test(tc, a_failure_that_put_nothing_has_no_result);
	tcase_add_test(tc, bad_requests_are_refused);
	tcase_add_test(tc, progress_comes_while_the_command_runs);
	tcase_add_test(tc, a_long_list_comes_whole_and_in_order);
	tcase_add_test(tc, a_result_too_large_is_told);
	tcase_add_test(tc, without_a_daemon_the_same_lines_come);
	tcase_add_test(tc, commands_run_one_after_another_unless_they_say);
	tcase_add_test(tc, a_command_runs_to_its_end_without_its_client);
	tcase_add_test(tc, stopping_waits_for_commands_and_tells_them);
}

UNIT_MAIN("control", add)
