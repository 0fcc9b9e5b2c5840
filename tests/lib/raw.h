#ifndef TESTS_LIB_RAW_H
#define TESTS_LIB_RAW_H

/*
 * raw: a client that says exactly the bytes it is told, over loopback, and
 * shows exactly what comes back.  For one reply a connection, or several.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#define RAW_TIMEOUT_MS 20000

struct raw_reply {
	unsigned code;   /* 0: none came */
	bool closed;     /* the connection ended */
	bool close;      /* "Connection: close" was said */
	size_t len;      /* of the body */
	char body[8192]; /* cut, and terminated */
	char head[4096];
};

static inline int64_t
raw_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline void
raw_sleep_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/* From 127.0.${net}.1: what counts clients by address sees another. */
static inline int
raw_connect_from(uint16_t port, unsigned net)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr = htonl(0x7f000001 | (net & 0xff) << 8);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline int
raw_connect(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* As much as the other side takes, which may have closed already: all? */
static inline bool
raw_send(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0 && (n = send(fd, bytes, len, MSG_NOSIGNAL)) > 0) {
		bytes += n;
		len -= (size_t)n;
	}
	return len == 0;
}

static inline void
raw_say(int fd, const char *text)
{
	raw_send(fd, text, strlen(text));
}

/* One byte, or -1 at the end; fails the test if nothing comes for long. */
static inline int
raw_byte(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char byte;

	ck_assert_msg(poll(&p, 1, RAW_TIMEOUT_MS) == 1, "no byte in time");
	return recv(fd, &byte, 1, 0) == 1 ? byte : -1;
}

static inline void
raw_read_body(int fd, struct raw_reply *r, long length)
{
	int b;

	while (length != 0 && (b = raw_byte(fd)) >= 0) {
		if (r->len < sizeof(r->body) - 1)
			r->body[r->len] = (char)b;
		r->len++;
		length--;
	}
	if (length > 0)
		r->closed = true;
}

/* The reply to a HEAD has no body, whatever its length says. */
static inline struct raw_reply
raw_read_after(int fd, bool head)
{
	struct raw_reply r = { 0 };
	const char *line;
	long length = -1;
	size_t n = 0;
	int b;

	while (strstr(r.head, "\r\n\r\n") == NULL) {
		if ((b = raw_byte(fd)) < 0) {
			r.closed = true;
			return r;
		}
		ck_assert_uint_lt(n, sizeof(r.head) - 1);
		r.head[n++] = (char)b;
	}
	ck_assert_int_eq(sscanf(r.head, "HTTP/1.1 %u", &r.code), 1);
	for (line = r.head; (line = strstr(line, "\r\n")) != NULL; line += 2) {
		if (strncasecmp(line, "\r\nContent-Length:", 17) == 0)
			length = strtol(line + 17, NULL, 10);
		if (strncasecmp(line, "\r\nConnection: close", 19) == 0)
			r.close = true;
	}
	raw_read_body(fd, &r, head || r.code == 100 ? 0 : length);
	return r;
}

static inline struct raw_reply
raw_read(int fd)
{
	return raw_read_after(fd, false);
}

/* Whether the other side closes within ${ms}; bytes are thrown away. */
static inline bool
raw_is_closed(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until = raw_now_ms() + ms;
	char buffer[4096];

	while (raw_now_ms() < until) {
		if (poll(&p, 1, (int)(until - raw_now_ms())) == 1 &&
		    recv(fd, buffer, sizeof(buffer), 0) <= 0)
			return true;
	}
	return false;
}

/* Say ${text} on a connection of its own, and hear one reply. */
static inline struct raw_reply
raw_ask(uint16_t port, const char *text)
{
	int fd = raw_connect(port);
	struct raw_reply r;

	raw_say(fd, text);
	r = raw_read(fd);
	close(fd);
	return r;
}

#endif /* TESTS_LIB_RAW_H */
