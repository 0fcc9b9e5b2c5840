#include <stdatomic.h>

#include "common/http/serve.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

static struct err err;
static struct serve *serve;

/* What the streamed route saw. */
static struct {
	atomic_uint begun, closed, ended;
	atomic_size_t bytes;
} seen;

static enum serve_next
say_hello(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	const char *name = serve_query(request, "name");

	(void)arg;
	reply->type = "text/plain";
	reply->body = name != NULL ? name : "hello";
	reply->len = strlen(reply->body);
	serve_add_header(reply, "X-Method", "%s", serve_method(request));
	return SERVE_REPLY;
}

static enum serve_next
echo(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	reply->body = serve_body(request, &reply->len);
	return SERVE_REPLY;
}

static enum serve_next
begin_upload(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	atomic_fetch_add(&seen.begun, 1);
	if (strcmp(serve_tail(request), "gap") == 0) {
		reply->code = 409;
		serve_add_header(reply, "Upload-Offset", "%d", 7);
		return SERVE_REPLY;
	}
	serve_set_data(request, &seen);
	return SERVE_MORE;
}

static enum status
take_upload(void *arg, struct serve_request *request, const void *bytes,
    size_t len, struct err *e)
{
	(void)arg;
	ck_assert_ptr_eq(serve_data(request), &seen);
	if (memchr(bytes, '!', len) != NULL)
		return err_set(e, ST_FULL, "the disk is full");
	atomic_fetch_add(&seen.bytes, len);
	return ST_OK;
}

static enum serve_next
end_upload(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)request;
	atomic_fetch_add(&seen.ended, 1);
	serve_add_header(
	    reply, "X-Bytes", "%zu", (size_t)atomic_load(&seen.bytes));
	return SERVE_REPLY;
}

static void
close_upload(void *arg, struct serve_request *request)
{
	(void)arg;
	(void)request;
	atomic_fetch_add(&seen.closed, 1);
}

static enum serve_next
tell_offset(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	reply->code = strcmp(serve_tail(request), "none") == 0 ? 404 : 204;
	reply->keep_open = true;
	serve_add_header(reply, "Upload-Offset", "%d", 42);
	return SERVE_REPLY;
}

static enum serve_next
refuse_strangers(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	const struct err e = { ST_UNTRUSTED, "no strangers" };

	(void)arg;
	if (serve_header(request, "X-Stranger") == NULL)
		return SERVE_MORE;
	return serve_refuse(reply, &e);
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/hello", .handle = say_hello },
	{ .method = "POST", .path = "/echo", .body_max = 1000, .handle = echo },
	{ .method = "POST",
	    .path = "/up/*",
	    .body_max = 1u << 20,
	    .handle = end_upload,
	    .begin = begin_upload,
	    .data = take_upload,
	    .close = close_upload },
	{ .method = "HEAD", .path = "/up/*", .handle = tell_offset },
};

static void
setup(void)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.threads = 2,
		.guard = refuse_strangers };

	memset(&seen, 0, sizeof(seen));
	ok(serve_open(&serve, &opts, &err));
}

static void
teardown(void)
{
	serve_close(serve);
	serve = NULL;
}

static struct raw_reply
ask(const char *text)
{
	return raw_ask(serve_port(serve), text);
}

#define HOST " HTTP/1.1\r\nHost: a\r\n"

START_TEST(several_requests_are_served_on_one_connection)
{
	int fd = raw_connect(serve_port(serve)), i;
	struct raw_reply r;

	for (i = 0; i < 3; i++) {
		raw_say(fd, "GET /hello" HOST "\r\n");
		r = raw_read(fd);
		ck_assert_uint_eq(r.code, 200);
		ck_assert_str_eq(r.body, "hello");
		ck_assert(!r.close);
	}
	raw_say(fd, "GET /hello?name=sari" HOST "Connection: close\r\n\r\n");
	ck_assert_str_eq(raw_read(fd).body, "sari");
	ck_assert(raw_is_closed(fd, 2000));
	close(fd);
}
END_TEST

START_TEST(head_is_answered_like_get_without_a_body)
{
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	raw_say(fd, "HEAD /hello" HOST "\r\nGET /hello" HOST "\r\n");
	r = raw_read_after(fd, true);
	ck_assert_uint_eq(r.code, 200);
	ck_assert_ptr_nonnull(strstr(r.head, "Content-Length: 5"));
	ck_assert_ptr_nonnull(strstr(r.head, "X-Method: HEAD"));
	r = raw_read(fd);
	ck_assert_str_eq(r.body, "hello");
	close(fd);
}
END_TEST

START_TEST(a_line_for_head_goes_before_get_and_may_keep_the_connection)
{
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	raw_say(fd, "HEAD /up/none" HOST "\r\n");
	r = raw_read_after(fd, true);
	ck_assert_uint_eq(r.code, 404);
	ck_assert(!r.close);
	raw_say(fd, "HEAD /up/some" HOST "\r\n");
	r = raw_read_after(fd, true);
	ck_assert_uint_eq(r.code, 204);
	ck_assert_ptr_nonnull(strstr(r.head, "Upload-Offset: 42"));
	close(fd);
}
END_TEST

START_TEST(another_method_is_told_which_there_are)
{
	struct raw_reply r = ask("PUT /up/x" HOST "Content-Length: 0\r\n\r\n");

	ck_assert_uint_eq(r.code, 405);
	ck_assert_ptr_nonnull(strstr(r.head, "Allow: POST, HEAD\r\n"));
	ck_assert(r.close);
}
END_TEST

START_TEST(the_guard_comes_before_all_routes)
{
	struct raw_reply r =
	    ask("POST /up/x" HOST "X-Stranger: 1\r\nContent-Length: 5\r\n\r\n");

	ck_assert_uint_eq(r.code, 403);
	ck_assert_str_eq(
	    r.body, "{\"status\":\"untrusted\",\"message\":\"no strangers\"}");
	ck_assert_uint_eq(atomic_load(&seen.begun), 0);
	ck_assert_uint_eq(
	    ask("GET /nowhere" HOST "X-Stranger: 1\r\n\r\n").code, 403);
}
END_TEST

/* Whether all of it was taken. */
static bool
say_body(int fd, const char *head, size_t len)
{
	bool good = true;
	char block[1000];
	size_t part;

	memset(block, 'x', sizeof(block));
	raw_say(fd, head);
	while (len > 0) {
		part = len < sizeof(block) ? len : sizeof(block);
		good = raw_send(fd, block, part) && good;
		len -= part;
	}
	return good;
}

START_TEST(a_streamed_body_arrives_whole_and_is_closed_once)
{
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	say_body(
	    fd, "POST /up/x" HOST "Content-Length: 1048576\r\n\r\n", 1u << 20);
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 200);
	ck_assert_ptr_nonnull(strstr(r.head, "X-Bytes: 1048576"));
	raw_say(fd, "GET /hello" HOST "\r\n");
	ck_assert_uint_eq(raw_read(fd).code, 200);
	close(fd);
	ck_assert_uint_eq(atomic_load(&seen.begun), 1);
	ck_assert_uint_eq(atomic_load(&seen.ended), 1);
	ck_assert_uint_eq(atomic_load(&seen.closed), 1);
}
END_TEST

START_TEST(a_body_too_large_is_refused_before_it_is_read)
{
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	raw_say(fd, "POST /up/x" HOST "Content-Length: 1048577\r\n\r\n");
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 413);
	ck_assert(r.close);
	ck_assert_uint_eq(atomic_load(&seen.begun), 0);
	close(fd);
}
END_TEST

/*
 * The reply must come through although the client talks on and on: the
 * connection ends, and is not reset, which would take with it what is lost
 * on the way and would have been sent again.
 */
START_TEST(a_refusal_reaches_a_client_that_is_still_sending)
{
	int i, fd;

	for (i = 0; i < 20; i++) {
		fd = raw_connect(serve_port(serve));
		ck_assert(say_body(fd,
		    "POST /up/gap" HOST "Content-Length: 1000000\r\n\r\n",
		    1000000));
		ck_assert_uint_eq(raw_read(fd).code, 409);
		close(fd);
	}
	ck_assert_uint_eq(atomic_load(&seen.bytes), 0);
}
END_TEST

START_TEST(a_chunked_body_too_large_is_refused)
{
	int fd = raw_connect(serve_port(serve));
	struct raw_reply r;

	say_body(fd,
	    "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n"
	    "1000\r\n",
	    0x1000);
	raw_say(fd, "\r\n0\r\n\r\n");
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 413);
	ck_assert(raw_is_closed(fd, 2000));
	close(fd);
}
END_TEST

START_TEST(an_endless_chunked_body_is_cut)
{
	int fd = raw_connect(serve_port(serve));

	say_body(fd,
	    "POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n"
	    "7fffffffffffffff\r\n",
	    4u << 20);
	ck_assert(raw_is_closed(fd, 5000));
	close(fd);
}
END_TEST

/* It comes when the reply has gone. */
static void
wait_for_close(void)
{
	int waited;

	for (waited = 0; atomic_load(&seen.closed) == 0; waited++) {
		ck_assert_int_lt(waited, 5000);
		raw_sleep_ms(1);
	}
	ck_assert_uint_eq(atomic_load(&seen.closed), 1);
}

START_TEST(a_failure_within_a_body_is_the_reply)
{
	struct raw_reply r =
	    ask("POST /up/x" HOST "Content-Length: 9\r\n\r\nhell! yes");

	ck_assert_uint_eq(r.code, 507);
	ck_assert_str_eq(
	    r.body, "{\"status\":\"full\",\"message\":\"the disk is full\"}");
	ck_assert_uint_eq(atomic_load(&seen.ended), 0);
	wait_for_close();
}
END_TEST

START_TEST(a_broken_upload_is_closed_and_never_ended)
{
	int fd = raw_connect(serve_port(serve)), waited;

	raw_say(fd, "POST /up/x" HOST "Content-Length: 100\r\n\r\nhello");
	for (waited = 0; atomic_load(&seen.bytes) < 5; waited++) {
		ck_assert_int_lt(waited, 2000);
		raw_sleep_ms(1);
	}
	close(fd);
	wait_for_close();
	ck_assert_uint_eq(atomic_load(&seen.ended), 0);
}
END_TEST

START_TEST(a_client_that_waits_for_continue_is_told_to)
{
	int fd = raw_connect(serve_port(serve));

	raw_say(fd,
	    "POST /echo" HOST "Content-Length: 2\r\n"
	    "Expect: 100-continue\r\n\r\n");
	ck_assert_uint_eq(raw_read(fd).code, 100);
	raw_say(fd, "hi");
	ck_assert_str_eq(raw_read(fd).body, "hi");
	close(fd);
}
END_TEST

/* Also while clients come and talk, in both ways of having threads. */
START_TEST(closing_often_leaves_no_descriptor_behind)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.threads = 3 };
	int first = dup(0), last, fd[3], i, k;
	struct serve *other;

	for (i = 0; i < 200; i++) {
		opts.thread_per_connection = i % 2 == 1;
		ok(serve_open(&other, &opts, &err));
		for (k = 0; k < 3; k++) {
			fd[k] = raw_connect(serve_port(other));
			raw_say(fd[k], "GET /hello" HOST "\r\n");
		}
		if (i % 4 < 2)
			ck_assert_uint_eq(raw_read(fd[0]).code, 200);
		serve_close(other);
		for (k = 0; k < 3; k++)
			close(fd[k]);
	}
	last = dup(0);
	/* One may be the test framework's own. */
	ck_assert_int_le(last, first + 2);
	close(first);
	close(last);
}
END_TEST

START_TEST(an_address_in_use_or_none_is_reported)
{
	struct serve_opts opts = { .port = serve_port(serve) };
	struct serve *second;

	ck_assert_int_eq(serve_open(&second, &opts, &err), ST_IO);
	ck_assert_ptr_null(second);
	opts.address = "localhost";
	ck_assert_int_eq(serve_open(&second, &opts, &err), ST_INVALID);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, several_requests_are_served_on_one_connection);
	tcase_add_test(tc, head_is_answered_like_get_without_a_body);
	tcase_add_test(
	    tc, a_line_for_head_goes_before_get_and_may_keep_the_connection);
	tcase_add_test(tc, another_method_is_told_which_there_are);
	tcase_add_test(tc, the_guard_comes_before_all_routes);
	tcase_add_test(tc, a_streamed_body_arrives_whole_and_is_closed_once);
	tcase_add_test(tc, a_body_too_large_is_refused_before_it_is_read);
	tcase_add_test(tc, a_refusal_reaches_a_client_that_is_still_sending);
	tcase_add_test(tc, a_chunked_body_too_large_is_refused);
	tcase_add_test(tc, an_endless_chunked_body_is_cut);
	tcase_add_test(tc, a_failure_within_a_body_is_the_reply);
	tcase_add_test(tc, a_broken_upload_is_closed_and_never_ended);
	tcase_add_test(tc, a_client_that_waits_for_continue_is_told_to);
	tcase_add_test(tc, closing_often_leaves_no_descriptor_behind);
	tcase_add_test(tc, an_address_in_use_or_none_is_reported);
}

UNIT_MAIN("serve", add)
