#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

/*
 * client: many laptops at one door at once, in one thread, so that little of
 * the machine goes into asking.  Each asks again as soon as it is answered.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;

#define CLIENT_MAX 64

struct client_opts {
	uint16_t port; /* on loopback */
	unsigned n;    /* laptops, each with a connection of its own */
	/* Append the path and the body of laptop ${i}'s next POST; false:
	 * it has no more to ask. */
	bool (*ask)(void *arg, unsigned i, char path[100], struct writer *body);
	/* The answer to it, ${seconds} after its first byte was sent. */
	void (*answered)(void *arg, unsigned i, unsigned code,
	    const uint8_t *body, size_t len, double seconds);
	void *arg;
};

/* Until nobody has more to ask; wall seconds.  Ends the program if the door
 * closes, or says nothing for long. */
double client_run(const struct client_opts *opts);

#endif /* TESTS_BENCH_CLIENT_H */
