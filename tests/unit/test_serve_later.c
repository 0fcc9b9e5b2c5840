/* Answers that come later, from another thread. */

#include <pthread.h>
#include <stdatomic.h>

#include "common/http/serve.h"
#include "tests/lib/raw.h"
#include "tests/lib/unit.h"

#define NCLIENTS 64
#define HOST " HTTP/1.1\r\nHost: a\r\n"

static struct err err;
static struct serve *serve;

/* Requests waiting for their answer. */
static struct {
	pthread_mutex_t lock;
	struct serve_request *waiting[NCLIENTS];
	unsigned n;
	atomic_bool stop;
	atomic_uint wait_ms, least; /* before a round of answers */
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum serve_next
say_hello(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)request;
	reply->body = "hello";
	reply->len = 5;
	return SERVE_REPLY;
}

static enum serve_next
enqueue(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)reply;
	pthread_mutex_lock(&queue.lock);
	queue.waiting[queue.n++] = request;
	pthread_mutex_unlock(&queue.lock);
	return SERVE_LATER;
}

static void
answer(struct serve_request *request)
{
	struct serve_reply reply = { .code = 200, .own = SERVE_COPY };

	reply.body = serve_body(request, &reply.len);
	serve_reply_later(request, &reply);
}

static enum serve_next
answer_at_once(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	(void)reply;
	answer(request);
	return SERVE_LATER;
}

static void *
answer_all(void *arg)
{
	struct serve_request *round[NCLIENTS];
	unsigned i, n;

	(void)arg;
	while (!atomic_load(&queue.stop)) {
		raw_sleep_ms(1);
		pthread_mutex_lock(&queue.lock);
		n = queue.n >= atomic_load(&queue.least) ? queue.n : 0;
		memcpy(round, queue.waiting, n * sizeof(round[0]));
		queue.n -= n;
		pthread_mutex_unlock(&queue.lock);
		if (n > 0)
			raw_sleep_ms(atomic_load(&queue.wait_ms));
		for (i = 0; i < n; i++)
			answer(round[i]);
	}
	return NULL;
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/hello", .handle = say_hello },
	{ .method = "POST",
	    .path = "/later",
	    .body_max = 1000,
	    .handle = enqueue },
	{ .method = "POST",
	    .path = "/at-once",
	    .body_max = 1000,
	    .handle = answer_at_once },
};

static void
open_server(unsigned patience_ms)
{
	struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.threads = 2,
		.patience = { patience_ms, patience_ms, patience_ms, 1000 } };

	atomic_store(&queue.stop, false);
	atomic_store(&queue.wait_ms, 0);
	atomic_store(&queue.least, 1);
	ok(serve_open(&serve, &opts, &err));
}

static void
setup(void)
{
	open_server(20000);
}

static void
teardown(void)
{
	serve_close(serve);
	serve = NULL;
}

/* ${nrounds} times, each of 64 connections asks and gets its own answer. */
static void
talk_in_rounds(const char *path, int nrounds)
{
	int fd[NCLIENTS], i, round;
	char text[200], expected[32];
	struct raw_reply r;

	for (i = 0; i < NCLIENTS; i++)
		fd[i] = raw_connect(serve_port(serve));
	for (round = 0; round < nrounds; round++) {
		for (i = 0; i < NCLIENTS; i++) {
			snprintf(text, sizeof(text),
			    "POST %s" HOST "Content-Length: 9\r\n\r\n%04d-%04d",
			    path, round, i);
			raw_say(fd[i], text);
		}
		for (i = 0; i < NCLIENTS; i++) {
			r = raw_read(fd[i]);
			snprintf(
			    expected, sizeof(expected), "%04d-%04d", round, i);
			ck_assert_uint_eq(r.code, 200);
			ck_assert_str_eq(r.body, expected);
		}
	}
	for (i = 0; i < NCLIENTS; i++)
		close(fd[i]);
}

START_TEST(later_answers_reach_their_own_clients)
{
	pthread_t thread;

	pthread_create(&thread, NULL, answer_all, NULL);
	talk_in_rounds("/later", 20);
	atomic_store(&queue.stop, true);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(an_answer_may_come_before_the_handler_returns)
{
	talk_in_rounds("/at-once", 20);
}
END_TEST

START_TEST(a_client_may_leave_before_its_answer)
{
	int fd[NCLIENTS], i;
	pthread_t thread;

	for (i = 0; i < NCLIENTS; i++) {
		fd[i] = raw_connect(serve_port(serve));
		raw_say(
		    fd[i], "POST /later" HOST "Content-Length: 2\r\n\r\nhi");
	}
	for (i = 0; i < NCLIENTS; i += 2)
		close(fd[i]);
	pthread_create(&thread, NULL, answer_all, NULL);
	for (i = 1; i < NCLIENTS; i += 2) {
		ck_assert_str_eq(raw_read(fd[i]).body, "hi");
		close(fd[i]);
	}
	ck_assert_uint_eq(
	    raw_ask(serve_port(serve), "GET /hello" HOST "\r\n").code, 200);
	atomic_store(&queue.least, 0);
	atomic_store(&queue.stop, true);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(closing_waits_for_the_answers_that_are_due)
{
	int fd[8], i, waited;
	pthread_t thread;

	for (i = 0; i < 8; i++) {
		fd[i] = raw_connect(serve_port(serve));
		raw_say(
		    fd[i], "POST /later" HOST "Content-Length: 2\r\n\r\nhi");
	}
	for (waited = 0; waited < 5000; waited++) {
		pthread_mutex_lock(&queue.lock);
		i = (int)queue.n;
		pthread_mutex_unlock(&queue.lock);
		if (i == 8)
			break;
		raw_sleep_ms(1);
	}
	ck_assert_int_eq(i, 8);
	atomic_store(&queue.wait_ms, 300);
	pthread_create(&thread, NULL, answer_all, NULL);
	serve_close(serve);
	serve = NULL;
	atomic_store(&queue.stop, true);
	pthread_join(thread, NULL);
	for (i = 0; i < 8; i++) {
		ck_assert_str_eq(raw_read(fd[i]).body, "hi");
		close(fd[i]);
	}
}
END_TEST

START_TEST(a_wait_for_our_own_work_is_not_cut)
{
	pthread_t thread;
	int fd;

	serve_close(serve);
	open_server(1000);
	fd = raw_connect(serve_port(serve));
	atomic_store(&queue.wait_ms, 2500);
	pthread_create(&thread, NULL, answer_all, NULL);
	raw_say(fd, "POST /later" HOST "Content-Length: 2\r\n\r\nhi");
	ck_assert_str_eq(raw_read(fd).body, "hi");
	atomic_store(&queue.stop, true);
	pthread_join(thread, NULL);
	close(fd);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, later_answers_reach_their_own_clients);
	tcase_add_test(tc, an_answer_may_come_before_the_handler_returns);
	tcase_add_test(tc, a_client_may_leave_before_its_answer);
	tcase_add_test(tc, closing_waits_for_the_answers_that_are_due);
	tcase_add_test(tc, a_wait_for_our_own_work_is_not_cut);
}

UNIT_MAIN("serve, later answers", add)
