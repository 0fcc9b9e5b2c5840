#include "common/http/fetch.h"
#include "common/http/serve.h"
#include "tests/lib/fake.h"
#include "tests/lib/unit.h"

static struct err err;
static struct fetch *fetch;

static void
setup(void)
{
	const struct fetch_opts opts = { .stall_s = 2 };

	ok(fetch_open(&fetch, &opts, &err));
}

static void
teardown(void)
{
	fetch_close(fetch);
}

/* The address of ${path} on this machine; good until the next call. */
static const char *
url(uint16_t port, const char *path)
{
	static char text[128];

	snprintf(
	    text, sizeof(text), "http://127.0.0.1:%u%s", (unsigned)port, path);
	return text;
}

static enum serve_next
echo(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	const char *code = serve_query(request, "code");

	(void)arg;
	if (code != NULL)
		reply->code = (unsigned)strtoul(code, NULL, 10);
	reply->body = serve_body(request, &reply->len);
	reply->keep_open = true;
	serve_add_header(reply, "X-Method", "%s", serve_method(request));
	serve_add_header(reply, "X-Twice", "1");
	serve_add_header(reply, "X-Twice", "2");
	if (serve_header(request, "X-Seen") != NULL)
		serve_add_header(
		    reply, "X-Seen", "%s", serve_header(request, "X-Seen"));
	return SERVE_REPLY;
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/echo", .handle = echo },
	{ .method = "POST",
	    .path = "/echo",
	    .body_max = 8u << 20,
	    .handle = echo },
	{ .method = "PUT", .path = "/echo", .body_max = 100, .handle = echo },
	{ .method = "DELETE", .path = "/echo", .handle = echo },
};

static struct serve *
serve_echo(void)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]) };
	struct serve *serve;

	ok(serve_open(&serve, &opts, &err));
	return serve;
}

START_TEST(every_method_goes_there_and_back)
{
	static const struct {
		const char *method, *body, *back;
	} ROWS[] = { { "GET", "", "" }, { "POST", "hello", "hello" },
		{ "HEAD", "", "" }, { "PUT", "there", "there" },
		{ "DELETE", "", "" }, { "POST", "", "" }, { "GET", "", "" },
		{ "HEAD", "", "" }, { "POST", "again", "again" } };
	const char *const seen[] = { "X-Seen: yes" };
	struct serve *serve = serve_echo();
	struct fetch_reply reply;
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct fetch_request request = {
			.method = ROWS[i].method,
			.url = url(serve_port(serve), "/echo"),
			.headers = seen,
			.nheaders = 1,
			.body = ROWS[i].body,
			.len = strlen(ROWS[i].body),
			.reply_max = 100,
		};

		ok(fetch_run(fetch, &request, &reply, &err));
		ck_assert_uint_eq(reply.code, 200);
		ck_assert_uint_eq(reply.len, strlen(ROWS[i].back));
		if (reply.len > 0)
			ck_assert_mem_eq(reply.body, ROWS[i].back, reply.len);
		ck_assert_str_eq(
		    fetch_header(fetch, "x-method"), ROWS[i].method);
		ck_assert_str_eq(fetch_header(fetch, "X-Seen"), "yes");
		ck_assert_ptr_null(fetch_header(fetch, "X-Twice"));
		ck_assert_ptr_null(fetch_header(fetch, "X-None"));
	}
	serve_close(serve);
}
END_TEST

START_TEST(a_large_body_goes_there_and_back)
{
	const size_t len = 8u << 20;
	struct serve *serve = serve_echo();
	char *body = malloc(len);
	struct fetch_request request = {
		.method = "POST", .body = body, .len = len, .reply_max = len
	};
	struct fetch_reply reply;
	size_t i;

	ck_assert_ptr_nonnull(body);
	for (i = 0; i < len; i++)
		body[i] = (char)(i * 2654435761u >> 13);
	request.url = url(serve_port(serve), "/echo");
	ok(fetch_run(fetch, &request, &reply, &err));
	ck_assert_uint_eq(reply.len, len);
	ck_assert_mem_eq(reply.body, body, len);
	request.reply_max = len - 1;
	ck_assert_int_eq(fetch_run(fetch, &request, &reply, &err), ST_INVALID);
	ck_assert_ptr_null(reply.body);
	free(body);
	serve_close(serve);
}
END_TEST

START_TEST(a_refusal_arrives_though_the_body_is_being_sent)
{
	const size_t len = (8u << 20) + 1;
	struct serve *serve = serve_echo();
	char *body = calloc(1, len);
	struct fetch_request request = {
		.method = "POST", .body = body, .len = len, .reply_max = 1000
	};
	struct fetch_reply reply;
	int i;

	ck_assert_ptr_nonnull(body);
	for (i = 0; i < 20; i++) {
		request.url = url(serve_port(serve), "/echo");
		ok(fetch_run(fetch, &request, &reply, &err));
		ck_assert_uint_eq(reply.code, 413);
	}
	free(body);
	serve_close(serve);
}
END_TEST

static enum status
get(uint16_t port, struct fetch_reply *reply)
{
	const struct fetch_request request = { .method = "GET",
		.url = url(port, "/secret-path"),
		.reply_max = 1000 };

	return fetch_run(fetch, &request, reply, &err);
}

START_TEST(what_is_sent_is_what_was_asked_and_no_more)
{
	static const char SAYS[] = "HTTP/1.1 200 OK\r\nContent-Length: 0"
				   "\r\n\r\n";
	struct fake fake = {
		.says = SAYS, .len = sizeof(SAYS) - 1, .then = FAKE_KEEP
	};
	char body[3000] = { 0 }, expected[400];
	struct fetch_request request = {
		.method = "POST", .body = body, .len = sizeof(body)
	};
	struct fetch_reply reply;

	fake_start(&fake);
	request.url = url(fake.port, "/v1/bundles/x");
	ok(fetch_run(fetch, &request, &reply, &err));
	snprintf(expected, sizeof(expected),
	    "POST /v1/bundles/x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "User-Agent: padu/" PADU_VERSION "\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 3000\r\n\r\n",
	    (unsigned)fake.port);
	ck_assert_str_eq(fake.request, expected);
	ok(get(fake.port, &reply));
	ok(get(fake.port, &reply));
	ck_assert_uint_eq(atomic_load(&fake.nrequests), 3);
	ck_assert_uint_eq(atomic_load(&fake.nconnections), 1);
	fake_stop(&fake);
}
END_TEST

START_TEST(a_connection_closed_between_requests_is_made_again)
{
	static const char SAYS[] = "HTTP/1.1 200 OK\r\nContent-Length: 0"
				   "\r\n\r\n";
	struct fake fake = { .says = SAYS, .len = sizeof(SAYS) - 1 };
	struct fetch_reply reply;
	unsigned i;

	fake_start(&fake);
	for (i = 0; i < 5; i++)
		ok(get(fake.port, &reply));
	ck_assert_uint_eq(atomic_load(&fake.nconnections), 5);
	fake_stop(&fake);
}
END_TEST

struct row {
	const char *what;
	enum status status;
	unsigned code;
	const char *says;
	size_t len;
	size_t times;
	enum fake_then then;
};

#define SAYS(text) text, sizeof(text) - 1
#define GOOD "HTTP/1.1 200 OK\r\n"
#define LONG "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"

static const struct row ROWS[] = {
	{ "nothing", ST_BUSY, 0, SAYS(""), 0, FAKE_CLOSE },
	{ "silence", ST_BUSY, 0, SAYS(""), 0, FAKE_HANG },
	{ "half a status line", ST_BUSY, 0, SAYS("HTTP/1.1 20"), 0, FAKE_HANG },
	{ "half a head", ST_BUSY, 0, SAYS(GOOD "Content-Le"), 0, FAKE_HANG },
	{ "half a body", ST_BUSY, 0,
	    SAYS(GOOD "Content-Length: 10\r\n\r\nhello"), 0, FAKE_CLOSE },
	{ "half a body, then silence", ST_BUSY, 0,
	    SAYS(GOOD "Content-Length: 10\r\n\r\nhello"), 0, FAKE_HANG },
	{ "chunks that do not end", ST_BUSY, 0,
	    SAYS(GOOD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), 0,
	    FAKE_CLOSE },
	{ "no HTTP", ST_INVALID, 0, SAYS("SSH-2.0-OpenSSH_9.2\r\n"), 0,
	    FAKE_CLOSE },
	{ "a page without a head", ST_INVALID, 0, SAYS("<html>log in</html>"),
	    0, FAKE_CLOSE },
	{ "length longer than allowed", ST_INVALID, 0,
	    SAYS(GOOD "Content-Length: 1001\r\n\r\n"
		      "0123456789012345678901234567890123456789"),
	    26, FAKE_CLOSE },
	{ "endless body", ST_INVALID, 0, SAYS(GOOD "\r\n"), 100000,
	    FAKE_CLOSE },
	{ "endless head", ST_INVALID, 0, SAYS(GOOD LONG LONG LONG LONG LONG),
	    100000, FAKE_CLOSE },
	{ "redirect", ST_OK, 302,
	    SAYS("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		 "Content-Length: 0\r\n\r\n"),
	    0, FAKE_CLOSE },
	{ "redirect to a file", ST_OK, 301,
	    SAYS("HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\n"
		 "Content-Length: 0\r\n\r\n"),
	    0, FAKE_CLOSE },
	{ "as large as is allowed", ST_OK, 200,
	    SAYS(GOOD "Content-Length: 5\r\n\r\nhello"), 0, FAKE_CLOSE },
	{ "an error", ST_OK, 500,
	    SAYS("HTTP/1.1 500 Broken\r\nContent-Length: 5\r\n\r\nhello"), 0,
	    FAKE_CLOSE },
};
#define NROWS (sizeof(ROWS) / sizeof(ROWS[0]))

START_TEST(odd_replies_have_their_status)
{
	const struct row *row = &ROWS[_i];
	struct fake fake = { .says = row->says,
		.len = row->len,
		.times = row->times,
		.then = row->then };
	struct fetch_reply reply;
	enum status st;

	fake_start(&fake);
	err.text[0] = '\0';
	st = get(fake.port, &reply);
	ck_assert_msg(st == row->status, "%s: %s (%s)", row->what, err_name(st),
	    err.text);
	ck_assert_uint_eq(reply.code, row->code);
	ck_assert(reply.connected);
	if (row->code != 0)
		ck_assert_uint_eq(atomic_load(&fake.nrequests), 1);
	ck_assert_ptr_null(strstr(err.text, "log in"));
	ck_assert_ptr_null(strstr(err.text, "secret-path"));
	fake_stop(&fake);
}
END_TEST

START_TEST(nobody_there_is_told_as_busy)
{
	struct fake fake = { .says = "" };
	struct fetch_reply reply;

	fake_start(&fake);
	fake_stop(&fake);
	ck_assert_int_eq(get(fake.port, &reply), ST_BUSY);
	ck_assert(!reply.connected);
}
END_TEST

START_TEST(other_schemes_are_refused)
{
	static const char *const URLS[] = { "file:///etc/passwd",
		"ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/",
		"http:", "", "::", "http://127.0.0.1:99999/" };
	struct fetch_request request = { .method = "GET", .reply_max = 10 };
	struct fetch_reply reply;
	size_t i;

	for (i = 0; i < sizeof(URLS) / sizeof(URLS[0]); i++) {
		request.url = URLS[i];
		ck_assert_msg(
		    fetch_run(fetch, &request, &reply, &err) == ST_INVALID,
		    "'%s': %s", URLS[i], err.text);
	}
}
END_TEST

START_TEST(a_proxy_of_the_environment_is_not_asked)
{
	struct serve *serve = serve_echo();
	struct fetch_reply reply;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	ok(get(serve_port(serve), &reply));
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	serve_close(serve);
}
END_TEST

START_TEST(only_a_server_with_a_certificate_is_trusted)
{
	static const char SAYS[] = "HTTP/1.1 200 OK\r\n\r\n";
	struct fake fake = {
		.says = SAYS, .len = sizeof(SAYS) - 1, .mute = true
	};
	char text[64];
	struct fetch_request request = { .method = "GET", .url = text };
	struct fetch_reply reply;

	fake_start(&fake);
	snprintf(
	    text, sizeof(text), "https://127.0.0.1:%u/", (unsigned)fake.port);
	ck_assert_int_ne(fetch_run(fetch, &request, &reply, &err), ST_OK);
	fake_stop(&fake);
}
END_TEST

struct tally {
	uint64_t sent, received, calls;
	size_t bytes;
	bool give_up;
};

static bool
count_progress(void *arg, uint64_t sent, uint64_t received)
{
	struct tally *tally = arg;

	tally->sent = sent;
	tally->received = received;
	tally->calls++;
	return !tally->give_up;
}

static enum status
count_bytes(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct tally *tally = arg;

	(void)bytes;
	tally->bytes += len;
	if (tally->give_up)
		return err_set(e, ST_FULL, "enough");
	return ST_OK;
}

START_TEST(progress_is_told_and_may_give_up)
{
	const size_t len = 1u << 20;
	struct serve *serve = serve_echo();
	struct tally tally = { 0 };
	char *body = calloc(1, len);
	struct fetch_request request = { .method = "POST",
		.body = body,
		.len = len,
		.reply_max = len,
		.arg = &tally,
		.on_progress = count_progress };
	struct fetch_reply reply;

	ck_assert_ptr_nonnull(body);
	request.url = url(serve_port(serve), "/echo");
	ok(fetch_run(fetch, &request, &reply, &err));
	ck_assert_uint_gt(tally.calls, 0);
	ck_assert_uint_eq(tally.sent, len);
	ck_assert_uint_eq(tally.received, len);
	tally.give_up = true;
	ck_assert_int_eq(fetch_run(fetch, &request, &reply, &err), ST_BUSY);
	free(body);
	serve_close(serve);
}
END_TEST

START_TEST(pieces_of_a_good_reply_go_where_they_are_wanted)
{
	struct serve *serve = serve_echo();
	struct tally tally = { 0 };
	struct fetch_request request = { .method = "POST",
		.body = "hello",
		.len = 5,
		.reply_max = 10,
		.arg = &tally,
		.on_body = count_bytes };
	struct fetch_reply reply;

	request.url = url(serve_port(serve), "/echo");
	ok(fetch_run(fetch, &request, &reply, &err));
	ck_assert_uint_eq(tally.bytes, 5);
	ck_assert_uint_eq(reply.len, 0);
	request.url = url(serve_port(serve), "/echo?code=400");
	ok(fetch_run(fetch, &request, &reply, &err));
	ck_assert_uint_eq(tally.bytes, 5);
	ck_assert_uint_eq(reply.len, 5);
	tally.give_up = true;
	request.url = url(serve_port(serve), "/echo");
	ck_assert_int_eq(fetch_run(fetch, &request, &reply, &err), ST_FULL);
	ck_assert_str_eq(err.text, "enough");
	serve_close(serve);
}
END_TEST

START_TEST(every_code_has_its_meaning_and_none_shows_the_reply)
{
	static const struct {
		unsigned code;
		enum status status;
	} CODES[] = { { 200, ST_OK }, { 201, ST_OK }, { 204, ST_OK },
		{ 301, ST_UNTRUSTED }, { 302, ST_UNTRUSTED },
		{ 304, ST_UNTRUSTED }, { 400, ST_INVALID },
		{ 401, ST_UNTRUSTED }, { 403, ST_UNTRUSTED },
		{ 404, ST_NOTFOUND }, { 408, ST_BUSY }, { 409, ST_CONFLICT },
		{ 410, ST_NOTFOUND }, { 413, ST_INVALID }, { 422, ST_INVALID },
		{ 429, ST_BUSY }, { 500, ST_BUSY }, { 502, ST_BUSY },
		{ 503, ST_BUSY }, { 511, ST_BUSY }, { 0, ST_INVALID } };
	struct fetch_reply reply = { .body = "secret", .len = 6 };
	size_t i;

	for (i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
		reply.code = CODES[i].code;
		err.text[0] = '\0';
		ck_assert_msg(fetch_check(&reply, &err) == CODES[i].status,
		    "%u", reply.code);
		ck_assert_ptr_null(strstr(err.text, "secret"));
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_method_goes_there_and_back);
	tcase_add_test(tc, a_large_body_goes_there_and_back);
	tcase_add_test(tc, a_refusal_arrives_though_the_body_is_being_sent);
	tcase_add_test(tc, what_is_sent_is_what_was_asked_and_no_more);
	tcase_add_test(tc, a_connection_closed_between_requests_is_made_again);
	tcase_add_loop_test(tc, odd_replies_have_their_status, 0, (int)NROWS);
	tcase_add_test(tc, nobody_there_is_told_as_busy);
	tcase_add_test(tc, other_schemes_are_refused);
	tcase_add_test(tc, a_proxy_of_the_environment_is_not_asked);
	tcase_add_test(tc, only_a_server_with_a_certificate_is_trusted);
	tcase_add_test(tc, progress_is_told_and_may_give_up);
	tcase_add_test(tc, pieces_of_a_good_reply_go_where_they_are_wanted);
	tcase_add_test(tc, every_code_has_its_meaning_and_none_shows_the_reply);
}

UNIT_MAIN("fetch", add)
