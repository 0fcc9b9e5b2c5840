/* Clients that are slow, on purpose or not. */

#include <stdatomic.h>

#include "common/http/serve.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

#define NCLIENTS 50
#define HOST " HTTP/1.1\r\nHost: a\r\n"

static struct err err;
static struct serve *serve;
static atomic_uint ended;

static enum serve_next
say_hello(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)request;
	reply->body = "hello";
	reply->len = 5;
	return SERVE_REPLY;
}

static enum status
take_upload(void *arg, struct serve_request *request, const void *bytes,
    size_t len, struct err *e)
{
	(void)arg;
	(void)request;
	(void)bytes;
	(void)len;
	(void)e;
	return ST_OK;
}

static enum serve_next
end_upload(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)request;
	(void)reply;
	atomic_fetch_add(&ended, 1);
	return SERVE_REPLY;
}

static enum serve_next
send_much(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	static char much[4u << 20];

	(void)arg;
	(void)request;
	reply->body = much;
	reply->len = sizeof(much);
	reply->own = SERVE_STATIC;
	return SERVE_REPLY;
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/hello", .handle = say_hello },
	{ .method = "POST",
	    .path = "/up/*",
	    .body_max = 1u << 20,
	    .handle = end_upload,
	    .data = take_upload },
	{ .method = "GET", .path = "/much", .handle = send_much },
};

static void
open_server(unsigned rate)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.threads = 2,
		.patience = { 1000, 1000, 1000, rate } };

	ok(serve_open(&serve, &opts, &err));
}

static void
setup(void)
{
	atomic_store(&ended, 0);
	open_server(1000);
}

static void
teardown(void)
{
	serve_close(serve);
}

/* One byte now and then keeps no connection alive. */
static void
trickle(const char *head, const char *again, int max_ms)
{
	int fd[NCLIENTS], i, gone = 0;
	int64_t start;

	for (i = 0; i < NCLIENTS; i++) {
		fd[i] = raw_connect(serve_port(serve));
		raw_say(fd[i], head);
	}
	start = raw_now_ms();
	while (gone < NCLIENTS && raw_now_ms() < start + max_ms) {
		ck_assert_uint_eq(
		    raw_ask(serve_port(serve), "GET /hello" HOST "\r\n").code,
		    200);
		for (i = 0; i < NCLIENTS; i++) {
			if (fd[i] < 0)
				continue;
			raw_say(fd[i], again);
			if (!raw_is_closed(fd[i], 1))
				continue;
			close(fd[i]);
			fd[i] = -1;
			gone++;
		}
	}
	ck_assert_int_eq(gone, NCLIENTS);
	ck_assert_msg(raw_now_ms() - start >= 500, "after %d ms",
	    (int)(raw_now_ms() - start));
}

START_TEST(a_head_in_trickles_is_cut)
{
	trickle("GET /hello HTTP/1.1\r\nHost: a\r\nX: ", "y", 4000);
}
END_TEST

START_TEST(a_request_line_in_trickles_is_cut)
{
	trickle("GET /", "y", 4000);
}
END_TEST

START_TEST(a_body_in_trickles_is_cut)
{
	trickle("POST /up/x" HOST "Content-Length: 100000\r\n\r\n", "y", 4000);
	ck_assert_uint_eq(atomic_load(&ended), 0);
}
END_TEST

START_TEST(chunks_in_trickles_are_cut)
{
	trickle("POST /up/x" HOST "Transfer-Encoding: chunked\r\n\r\n",
	    "1\r\ny\r\n", 4000);
}
END_TEST

START_TEST(a_second_head_in_trickles_is_cut)
{
	int fd = raw_connect(serve_port(serve));
	int64_t start = raw_now_ms();

	raw_say(fd, "GET /hello" HOST "\r\n");
	ck_assert_uint_eq(raw_read(fd).code, 200);
	while (!raw_is_closed(fd, 50)) {
		ck_assert_int_lt(raw_now_ms() - start, 5000);
		raw_say(fd, "G");
	}
	ck_assert_int_ge(raw_now_ms() - start, 800);
	close(fd);
}
END_TEST

START_TEST(a_slow_body_that_is_fast_enough_survives)
{
	int fd = raw_connect(serve_port(serve)), i;
	struct raw_reply r;
	char block[1000];

	memset(block, 'x', sizeof(block));
	raw_say(fd, "POST /up/x" HOST "Content-Length: 12000\r\n\r\n");
	for (i = 0; i < 12; i++) {
		raw_sleep_ms(250);
		raw_send(fd, block, sizeof(block));
	}
	r = raw_read(fd);
	ck_assert_uint_eq(r.code, 200);
	close(fd);
}
END_TEST

START_TEST(a_client_that_does_not_take_its_reply_is_cut)
{
	int fd, got = 0;
	char block[65536];
	ssize_t n;

	serve_close(serve);
	open_server(10u << 20);
	fd = raw_connect(serve_port(serve));
	raw_say(fd, "GET /much" HOST "\r\n");
	raw_sleep_ms(3000);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0)
		got += (int)n;
	ck_assert_int_lt(got, 4 << 20);
	close(fd);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_head_in_trickles_is_cut);
	tcase_add_test(tc, a_request_line_in_trickles_is_cut);
	tcase_add_test(tc, a_body_in_trickles_is_cut);
	tcase_add_test(tc, chunks_in_trickles_are_cut);
	tcase_add_test(tc, a_second_head_in_trickles_is_cut);
	tcase_add_test(tc, a_slow_body_that_is_fast_enough_survives);
	tcase_add_test(tc, a_client_that_does_not_take_its_reply_is_cut);
}

UNIT_MAIN("serve, slow clients", add)
