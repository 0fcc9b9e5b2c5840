#define _DEFAULT_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/writer.h"
#include "tests/bench/client.h"
#include "tests/bench/measure.h"

#define PATIENCE_MS 30000
#define READ_SIZE 65536

struct conn {
	int fd; /* -1: nothing more to ask */
	struct writer out, in;
	size_t sent;
	size_t head_len, want; /* of the answer; 0: not known yet */
	unsigned code;
	double began_s;
};

struct client {
	const struct client_opts *opts;
	struct conn conns[CLIENT_MAX];
	unsigned nopen;
};

static void
fail(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int
open_conn(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		fail("connect");
	return fd;
}

static void
push(struct conn *c)
{
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->fd, c->out.bytes + c->sent, c->out.len - c->sent,
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			fail("send");
		c->sent += (size_t)n;
	}
}

/* The next request of laptop ${i}, or none. */
static void
begin(struct client *cl, unsigned i)
{
	struct conn *c = &cl->conns[i];
	struct writer body = { 0 };
	char path[100], head[300];
	int n;

	writer_clear(&c->out);
	writer_clear(&c->in);
	c->sent = c->head_len = c->want = 0;
	if (!cl->opts->ask(cl->opts->arg, i, path, &body)) {
		close(c->fd);
		c->fd = -1;
		cl->nopen--;
		return;
	}
	n = snprintf(head, sizeof(head),
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nPadu-Protocol: 1\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    path, cl->opts->port, body.len);
	writer_bytes(&c->out, head, (size_t)n);
	writer_bytes(&c->out, body.bytes, body.len);
	writer_free(&body);
	c->began_s = measure_wall_s();
	push(c);
}

/* Code and length, once the whole head is there. */
static void
read_head(struct conn *c)
{
	const char *line, *end;
	size_t i;

	for (i = 3; i < c->in.len; i++)
		if (memcmp(c->in.bytes + i - 3, "\r\n\r\n", 4) == 0)
			break;
	if (i >= c->in.len)
		return;
	c->head_len = i + 1;
	c->want = c->head_len;
	line = (const char *)c->in.bytes;
	end = line + c->head_len;
	c->code = (unsigned)strtoul(line + 9, NULL, 10);
	for (; line < end; line = strchr(line, '\n') + 1)
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			c->want += strtoul(line + 15, NULL, 10);
}

static void
pull(struct client *cl, unsigned i)
{
	struct conn *c = &cl->conns[i];
	uint8_t buffer[READ_SIZE];
	double seconds;
	ssize_t n;

	n = recv(c->fd, buffer, sizeof(buffer), 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		fail("the server closed the connection");
	writer_bytes(&c->in, buffer, (size_t)n);
	if (c->head_len == 0)
		read_head(c);
	if (c->head_len == 0 || c->in.len < c->want)
		return;
	seconds = measure_wall_s() - c->began_s;
	cl->opts->answered(cl->opts->arg, i, c->code, c->in.bytes + c->head_len,
	    c->in.len - c->head_len, seconds);
	begin(cl, i);
}

double
client_run(const struct client_opts *opts)
{
	struct client *cl = measure_memory(1, sizeof(*cl));
	struct pollfd polls[CLIENT_MAX];
	double began;
	unsigned i;

	cl->opts = opts;
	cl->nopen = opts->n;
	for (i = 0; i < opts->n; i++)
		cl->conns[i].fd = open_conn(opts->port);
	began = measure_wall_s();
	for (i = 0; i < opts->n; i++)
		begin(cl, i);
	while (cl->nopen > 0) {
		for (i = 0; i < opts->n; i++) {
			polls[i] = (struct pollfd){ .fd = cl->conns[i].fd,
				.events = POLLIN };
			if (cl->conns[i].sent < cl->conns[i].out.len)
				polls[i].events |= POLLOUT;
		}
		if (poll(polls, opts->n, PATIENCE_MS) <= 0)
			fail("no answer");
		for (i = 0; i < opts->n; i++) {
			if (polls[i].revents & POLLOUT)
				push(&cl->conns[i]);
			if (polls[i].revents & (POLLIN | POLLHUP | POLLERR))
				pull(cl, i);
		}
	}
	began = measure_wall_s() - began;
	for (i = 0; i < opts->n; i++) {
		writer_free(&cl->conns[i].out);
		writer_free(&cl->conns[i].in);
	}
	free(cl);
	return began;
}
