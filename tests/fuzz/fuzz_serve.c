/*
 * Any bytes as what a client says to an HTTP door, over a real connection.
 * The first byte says in how many pieces they are sent.  Whatever it is:
 *
 *	- every reply begins as one, and says how long it is
 *	- what was let in keeps to the rules of serve.h
 *	- each request that was begun is closed, once
 *	- the next client is served
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/http/serve.h"

#define BODY_MAX 200u
#define INPUT_MAX ((size_t)40 << 10)

static struct serve *serve;
static struct err err;
static atomic_uint nopen; /* begun and not closed */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* What a handler may rely on. */
static void
look_at(struct serve_request *request)
{
	const char *path = serve_path(request), *p;
	const char *host = serve_header(request, "Host");
	size_t len;

	must(path[0] == '/' && strstr(path, "..") == NULL);
	must(strstr(path, "//") == NULL);
	for (p = path; *p != '\0'; p++)
		must(*p > ' ' && *p < 0x7f && *p != '%' && *p != '?');
	must(host != NULL && host[0] != '\0');
	must(serve_header(request, "Content-Length") == NULL ||
	    serve_header(request, "Transfer-Encoding") == NULL);
	must(serve_body_announced(request) <= (int64_t)BODY_MAX);
	(void)serve_body(request, &len);
	must(len <= BODY_MAX);
	(void)serve_query(request, "q");
}

static enum serve_next
answer(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	look_at(request);
	reply->type = "text/plain";
	reply->body = serve_body(request, &reply->len);
	return SERVE_REPLY;
}

static enum serve_next
answer_later(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct serve_reply later = { .code = 200, .body = "later", .len = 5 };

	(void)arg;
	(void)reply;
	look_at(request);
	serve_reply_later(request, &later);
	return SERVE_LATER;
}

static enum serve_next
begin(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	(void)arg;
	look_at(request);
	must(serve_data(request) == NULL);
	serve_set_data(request, calloc(1, sizeof(size_t)));
	must(serve_data(request) != NULL);
	atomic_fetch_add(&nopen, 1);
	return strcmp(serve_tail(request), "no") == 0
	    ? serve_refuse_code(reply, 409, ST_CONFLICT, "not this one")
	    : SERVE_MORE;
}

static enum status
take(void *arg, struct serve_request *request, const void *bytes, size_t len,
    struct err *e)
{
	size_t *have = serve_data(request);
	const char *at = bytes;

	(void)arg;
	*have += len;
	must(len > 0 && *have <= BODY_MAX);
	return at[0] == '!' ? err_set(e, ST_INVALID, "not these bytes") : ST_OK;
}

static void
end(void *arg, struct serve_request *request)
{
	(void)arg;
	free(serve_data(request));
	must(atomic_fetch_sub(&nopen, 1) > 0);
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/hello", .handle = answer },
	{ .method = "POST",
	    .path = "/echo",
	    .body_max = BODY_MAX,
	    .handle = answer },
	{ .method = "PUT",
	    .path = "/later",
	    .body_max = BODY_MAX,
	    .handle = answer_later },
	{ .method = "POST",
	    .path = "/parts/*",
	    .body_max = BODY_MAX,
	    .handle = answer,
	    .begin = begin,
	    .data = take,
	    .close = end },
};

static void
start(void)
{
	const struct serve_opts opts = { .routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.secret = true,
		.patience = { .head_ms = 200,
		    .idle_ms = 200,
		    .window_ms = 300,
		    .rate = 1 } };

	if (serve == NULL)
		must(serve_open(&serve, &opts, &err) == ST_OK);
}

static int
call(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct linger reset = { 1, 0 }; /* or ports run out */
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons(serve_port(serve));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	must(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

/* All that comes until the other side closes; it has half a minute, for slow
 * machines. */
static size_t
hear(int fd, char *out, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;
	int ready;

	while (len < size - 1) {
		do /* the fuzzer's own clock interrupts */
			ready = poll(&p, 1, 30000);
		while (ready < 0 && errno == EINTR);
		must(ready == 1); /* or it hangs */
		n = recv(fd, out + len, size - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return len;
}

static void
next_is_served(void)
{
	static const char ASK[] =
	    "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	char reply[2000];
	int fd = call();

	must(send(fd, ASK, sizeof(ASK) - 1, MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(ASK) - 1);
	hear(fd, reply, sizeof(reply));
	must(strncmp(reply, "HTTP/1.1 200 ", 13) == 0);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char reply[1 << 20];
	const struct timespec nap = { 0, 1000000 };
	size_t at = 1, step, n, waits;
	int fd;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	start();
	step = (size - 1) / (1 + bytes[0] % 8) + 1;
	fd = call();
	for (; at < size; at += n) {
		n = step < size - at ? step : size - at;
		if (send(fd, bytes + at, n, MSG_NOSIGNAL) != (ssize_t)n)
			break; /* it closed already, as it may */
	}
	shutdown(fd, SHUT_WR);
	n = hear(fd, reply, sizeof(reply));
	must(n == 0 || strncmp(reply, "HTTP/1.", 7) == 0);
	close(fd);
	for (waits = 0; waits < 2000 && atomic_load(&nopen) > 0; waits++)
		nanosleep(&nap, NULL);
	must(atomic_load(&nopen) == 0);
	if (bytes[0] >= 248)
		next_is_served();
	return 0;
}
