#ifndef TESTS_LIB_FAKE_H
#define TESTS_LIB_FAKE_H

/*
 * fake: a server that says exactly the bytes it is told, once a request has
 * come, and then does what it is told with the connection.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "tests/lib/raw.h"

enum fake_then {
	FAKE_CLOSE, /* close the connection */
	FAKE_KEEP,  /* wait for the next request on it */
	FAKE_HANG,  /* say nothing more */
};

struct fake {
	const char *says;
	size_t len;
	size_t times; /* how often it says so, per request; 0: once */
	enum fake_then then;
	bool mute; /* does not even listen to the request */
	/* Seen. */
	atomic_uint nconnections, nrequests;
	char request[4096]; /* the last one's head */
	/* Ours. */
	uint16_t port;
	int listen_fd;
	pthread_t thread;
	atomic_bool stop;
};

/* Read a request with its body; false at the end of the connection. */
static inline bool
fake_read_request(struct fake *fake, int fd)
{
	char head[4096] = { 0 }, byte;
	const char *length;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long left = -1;
	size_t n = 0;

	while (left != 0) {
		if (poll(&p, 1, 20) == 0) {
			if (atomic_load(&fake->stop))
				return false;
			continue;
		}
		if (recv(fd, &byte, 1, 0) != 1)
			return false;
		if (left > 0) {
			left--;
			continue;
		}
		if (n < sizeof(head) - 1)
			head[n++] = byte;
		if (strstr(head, "\r\n\r\n") == NULL)
			continue;
		length = strstr(head, "Content-Length: ");
		left = length != NULL ? strtol(length + 16, NULL, 10) : 0;
	}
	memcpy(fake->request, head, sizeof(head));
	return true;
}

static inline void
fake_talk(struct fake *fake, int fd)
{
	size_t i;

	do {
		if (!fake->mute && !fake_read_request(fake, fd))
			return;
		atomic_fetch_add(&fake->nrequests, 1);
		for (i = 0; i == 0 || i < fake->times; i++) {
			if (!raw_send(fd, fake->says, fake->len))
				break;
		}
	} while (fake->then == FAKE_KEEP);
	while (fake->then == FAKE_HANG && !atomic_load(&fake->stop))
		raw_sleep_ms(5);
}

static inline void *
fake_run(void *arg)
{
	struct fake *fake = arg;
	struct pollfd p = { .fd = fake->listen_fd, .events = POLLIN };
	int fd;

	while (!atomic_load(&fake->stop)) {
		if (poll(&p, 1, 20) != 1)
			continue;
		if ((fd = accept(fake->listen_fd, NULL, NULL)) < 0)
			continue;
		atomic_fetch_add(&fake->nconnections, 1);
		fake_talk(fake, fd);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static inline void
fake_start(struct fake *fake)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fake->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(fake->listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fake->listen_fd, 16), 0);
	getsockname(fake->listen_fd, (struct sockaddr *)&at, &len);
	fake->port = ntohs(at.sin_port);
	atomic_store(&fake->stop, false);
	ck_assert_int_eq(
	    pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

static inline void
fake_stop(struct fake *fake)
{
	atomic_store(&fake->stop, true);
	pthread_join(fake->thread, NULL);
	close(fake->listen_fd);
}

#endif /* TESTS_LIB_FAKE_H */
