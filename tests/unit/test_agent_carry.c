#include <inttypes.h>

#include "agent/sync/carry.h"
#include "common/base/writer.h"
#include "tests/lib/fake.h"
#include "tests/lib/unit.h"

/* A server that follows a script, one line for each request. */

#define LEN 200000 /* bytes of the bundle */

struct line {
	const char *method;
	long offset;       /* its Upload-Offset; -1: none is said */
	long take;         /* bytes of the body before it cuts; -1: all */
	const char *reply; /* NULL: cuts without a word */
};

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nreply"
/*
 * Closes, as libcurl by itself tries again on a new connection where one
 * that it had used before breaks.
 */
#define AT(code, n)                                                            \
	"HTTP/1.1 " code "\r\nUpload-Offset: " n                               \
	"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

struct script {
	const char *name;
	struct line lines[6];
	enum status st;
	const char *says; /* in the error */
};

static const struct script SCRIPTS[] = {
	{ "at once", { { "POST", 0, -1, OK_REPLY } }, ST_OK, "" },
	{ "broken in the middle, gone on from what was there",
	    { { "POST", 0, 70000, NULL },
		{ "HEAD", -1, -1, AT("200 OK", "65536") },
		{ "POST", 65536, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "broken twice",
	    { { "POST", 0, 70000, NULL },
		{ "HEAD", -1, -1, AT("200 OK", "65536") },
		{ "POST", 65536, 50000, NULL },
		{ "HEAD", -1, -1, AT("200 OK", "110000") },
		{ "POST", 110000, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "all of it there, only the answer was lost",
	    { { "POST", 0, -1, NULL },
		{ "HEAD", -1, -1, AT("200 OK", "200000") },
		{ "POST", 200000, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "nothing there after a break",
	    { { "POST", 0, 10, NULL }, { "HEAD", -1, -1, AT("200 OK", "0") },
		{ "POST", 0, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "nobody knows after a break",
	    { { "POST", 0, 10, NULL },
		{ "HEAD", -1, -1,
		    "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" },
		{ "POST", 0, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "from elsewhere",
	    { { "POST", 0, -1, AT("409 Conflict", "4096") },
		{ "POST", 4096, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "a piece, and more is wanted",
	    { { "POST", 0, -1, AT("202 Accepted", "150000") },
		{ "POST", 150000, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "not what was named: all of it again",
	    { { "POST", 0, -1, AT("422 No", "0") },
		{ "POST", 0, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "an offset past the end is not believed",
	    { { "POST", 0, -1, AT("409 Conflict", "200001") } }, ST_CONFLICT,
	    "nothing was delivered" },
	{ "an offset that is none",
	    { { "POST", 0, -1, AT("409 Conflict", "-5") } }, ST_CONFLICT,
	    "nothing was delivered" },
	{ "busy, and then not",
	    { { "POST", 0, -1,
		  "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" },
		{ "HEAD", -1, -1, AT("200 OK", "200000") },
		{ "POST", 200000, -1, OK_REPLY } },
	    ST_OK, "" },
	{ "one byte more each time is no progress",
	    { { "POST", 0, -1, AT("202 Accepted", "1") },
		{ "POST", 1, -1, AT("202 Accepted", "2") },
		{ "POST", 2, -1, AT("202 Accepted", "3") } },
	    ST_BUSY, "the server did not take it" },
	{ "a login page of the network",
	    { { "POST", 0, -1,
		"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n"
		"Content-Length: 0\r\n\r\n" } },
	    ST_UNTRUSTED, "nothing was delivered" },
	{ "a laptop that was blocked",
	    { { "POST", 0, -1,
		"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" } },
	    ST_UNTRUSTED, "nothing was delivered" },
	{ "no server of ours",
	    { { "POST", 0, -1,
		"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" } },
	    ST_NOTFOUND, "nothing was delivered" },
	{ "never the same again and again",
	    { { "POST", 0, -1, AT("422 No", "0") },
		{ "POST", 0, -1, AT("422 No", "0") },
		{ "POST", 0, -1, AT("422 No", "0") } },
	    ST_INVALID, "nothing was delivered" },
};

struct server {
	const struct script *script;
	int listen_fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	size_t at; /* lines that were played */
	char wrong[200];
};

static struct err err;

static bool
read_head(int fd, char *head, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && recv(fd, head + n, 1, 0) == 1) {
		head[++n] = '\0';
		if (strstr(head, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static long
header(const char *head, const char *name)
{
	const char *at = strstr(head, name);

	return at != NULL ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* Play one line on ${fd}; false: the connection is over. */
static bool
play(struct server *s, int fd)
{
	const struct line *line = &s->script->lines[s->at];
	char head[4096] = "", byte[4096];
	long left, n;

	if (!read_head(fd, head, sizeof(head)))
		return false;
	if (line->method == NULL ||
	    strncmp(head, line->method, strlen(line->method)) != 0 ||
	    strstr(head, " /v1/bundles/0102") == NULL ||
	    strstr(head, "Padu-Protocol: 1\r\n") == NULL ||
	    header(head, "Upload-Offset: ") != line->offset ||
	    (line->offset >= 0 && header(head, "Upload-Length: ") != LEN)) {
		snprintf(s->wrong, sizeof(s->wrong), "line %zu: %.100s", s->at,
		    head);
		return false;
	}
	s->at++;
	left = header(head, "Content-Length: ");
	if (line->take >= 0 && line->take < left)
		left = line->take;
	for (; left > 0; left -= n) {
		n = recv(fd, byte,
		    left < (long)sizeof(byte) ? (size_t)left : sizeof(byte), 0);
		if (n <= 0)
			return false;
	}
	return line->reply != NULL &&
	    raw_send(fd, line->reply, strlen(line->reply)) &&
	    strstr(line->reply, "Connection: close") == NULL;
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd p = { .fd = s->listen_fd, .events = POLLIN };
	int fd;

	while (!atomic_load(&s->stop)) {
		if (poll(&p, 1, 10) != 1 ||
		    (fd = accept(s->listen_fd, NULL, NULL)) < 0)
			continue;
		while (!atomic_load(&s->stop) && play(s, fd))
			continue;
		close(fd);
	}
	return NULL;
}

static void
start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(s->listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(s->listen_fd, 4), 0);
	getsockname(s->listen_fd, (struct sockaddr *)&at, &len);
	s->port = ntohs(at.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop(struct server *s)
{
	atomic_store(&s->stop, true);
	shutdown(s->listen_fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listen_fd);
}

static bool
watch(void *arg, uint64_t sent, uint64_t total)
{
	uint64_t *most = arg;

	ck_assert_uint_le(sent, total);
	ck_assert_uint_eq(total, LEN);
	if (sent > *most)
		*most = sent;
	return true;
}

START_TEST(a_bundle_arrives_whatever_the_link_does)
{
	static uint8_t bundle[LEN];
	static const uint8_t name[32] = { 1, 2 };
	struct server s = { .script = &SCRIPTS[_i] };
	struct carry_opts opts = {
		.progress = watch, .tries = 3, .wait_ms = 1
	};
	struct writer reply = { 0 };
	struct carry *carry;
	uint64_t most = 0;
	char url[64];
	enum status st;
	size_t n;

	start(&s);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)s.port);
	opts.url = url;
	opts.arg = &most;
	ok(carry_open(&carry, &opts, &err));
	err.text[0] = '\0';
	st = carry_bundle(carry, name, bundle, LEN, &reply, &err);
	carry_close(carry);
	stop(&s);
	ck_assert_msg(s.wrong[0] == '\0', "%s: %s", SCRIPTS[_i].name, s.wrong);
	ck_assert_msg(st == SCRIPTS[_i].st, "%s: %s %s", SCRIPTS[_i].name,
	    err_name(st), err.text);
	for (n = 0; n < 6 && SCRIPTS[_i].lines[n].method != NULL; n++)
		continue;
	ck_assert_msg(
	    s.at == n, "%s: %zu of %zu lines", SCRIPTS[_i].name, s.at, n);
	if (st == ST_OK) {
		ck_assert_uint_eq(reply.len, 5);
		ck_assert_mem_eq(reply.bytes, "reply", 5);
		ck_assert_uint_eq(most, LEN);
	} else {
		ck_assert_uint_eq(reply.len, 0);
		ck_assert_msg(strstr(err.text, SCRIPTS[_i].says) != NULL,
		    "%s: %s", SCRIPTS[_i].name, err.text);
	}
	writer_free(&reply);
}
END_TEST

static bool
give_up(void *arg, uint64_t sent, uint64_t total)
{
	unsigned *calls = arg;

	(void)sent;
	(void)total;
	++*calls;
	return false;
}

START_TEST(who_gives_up_is_not_tried_again)
{
	static uint8_t bundle[LEN];
	static const uint8_t name[32] = { 1, 2 };
	struct server s = { .script = &SCRIPTS[0] };
	unsigned calls = 0;
	struct carry_opts opts = {
		.progress = give_up, .arg = &calls, .wait_ms = 1
	};
	struct writer reply = { 0 };
	struct carry *carry;
	char url[64];

	start(&s);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)s.port);
	opts.url = url;
	ok(carry_open(&carry, &opts, &err));
	ck_assert_int_eq(
	    carry_bundle(carry, name, bundle, LEN, &reply, &err), ST_BUSY);
	ck_assert_uint_eq(calls, 1);
	carry_close(carry);
	stop(&s);
	writer_free(&reply);
}
END_TEST

START_TEST(a_url_that_is_none_is_refused)
{
	struct carry_opts opts = { .url = "" };
	struct carry *carry;

	ck_assert_int_eq(carry_open(&carry, &opts, &err), ST_INVALID);
	opts.url = "////";
	ck_assert_int_eq(carry_open(&carry, &opts, &err), ST_INVALID);
	ck_assert_ptr_null(carry);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, a_bundle_arrives_whatever_the_link_does, 0,
	    sizeof(SCRIPTS) / sizeof(SCRIPTS[0]));
	tcase_add_test(tc, who_gives_up_is_not_tried_again);
	tcase_add_test(tc, a_url_that_is_none_is_refused);
}

UNIT_MAIN("agent_carry", add)
