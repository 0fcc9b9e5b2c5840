#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

/*
 * net: the network between laptops and server: messages that are lost,
 * doubled, delayed past one another, cut short, altered, or answered by a
 * portal that knows nothing of Padu.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/rng.h"

struct net_message {
	struct net_message *next;
	int64_t at_ms;   /* when it arrives */
	uint64_t number; /* tie-break: order of sending */
	unsigned laptop;
	bool up; /* a bundle; else a reply */
	uint8_t name[32];
	size_t len;
	uint8_t bytes[];
};

struct net {
	struct rng *rng;
	struct net_message *queue; /* by at_ms, number */
	uint64_t sent, lost, doubled, altered, portals;
	/* Chances in 100, drawn for each world. */
	unsigned lose, twice, alter, portal;
	unsigned delay_ms;
};

/* Send: copies ${bytes}. */
void net_send(struct net *net, int64_t now_ms, unsigned laptop, bool up,
    const uint8_t name[32], const void *bytes, size_t len);
/* The next message due at ${now_ms}, to free(); NULL if there is none. */
struct net_message *net_next(struct net *net, int64_t now_ms);
bool net_empty(const struct net *net);
/* No more faults: what is sent from now on arrives. */
void net_heal(struct net *net);
void net_clear(struct net *net);

#endif /* TESTS_SIM_NET_H */
