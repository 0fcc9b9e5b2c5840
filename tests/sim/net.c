#include <stdlib.h>
#include <string.h>

#include "tests/sim/net.h"

static const char PORTAL[] =
    "<html><body>Selamat datang. Silakan masuk untuk memakai Wi-Fi."
    "</body></html>";

static void
put(struct net *net, struct net_message *m)
{
	struct net_message **at = &net->queue;

	while (*at != NULL &&
	    ((*at)->at_ms < m->at_ms ||
		((*at)->at_ms == m->at_ms && (*at)->number < m->number)))
		at = &(*at)->next;
	m->next = *at;
	*at = m;
}

static void
send_one(struct net *net, int64_t now_ms, unsigned laptop, bool up,
    const uint8_t name[32], const void *bytes, size_t len)
{
	struct net_message *m = malloc(sizeof(*m) + len + 1);

	if (m == NULL)
		abort();
	memset(m, 0, sizeof(*m));
	m->at_ms = now_ms + 1 + (int64_t)rng_below(net->rng, net->delay_ms);
	m->number = net->sent++;
	m->laptop = laptop;
	m->up = up;
	memcpy(m->name, name, sizeof(m->name));
	m->len = len;
	memcpy(m->bytes, bytes, len);
	if (len > 0 && rng_chance(net->rng, net->alter)) {
		net->altered++;
		if (rng_chance(net->rng, 50))
			m->len = rng_below(net->rng, len);
		else
			m->bytes[rng_below(net->rng, len)] ^=
			    (uint8_t)(1u << rng_below(net->rng, 8));
	}
	put(net, m);
}

void
net_send(struct net *net, int64_t now_ms, unsigned laptop, bool up,
    const uint8_t name[32], const void *bytes, size_t len)
{
	if (rng_chance(net->rng, net->lose)) {
		net->lost++;
		return;
	}
	if (up && rng_chance(net->rng, net->portal)) {
		net->portals++;
		send_one(net, now_ms, laptop, false, name, PORTAL,
		    sizeof(PORTAL) - 1);
		return;
	}
	send_one(net, now_ms, laptop, up, name, bytes, len);
	if (rng_chance(net->rng, net->twice)) {
		net->doubled++;
		send_one(net, now_ms, laptop, up, name, bytes, len);
	}
}

struct net_message *
net_next(struct net *net, int64_t now_ms)
{
	struct net_message *m = net->queue;

	if (m == NULL || m->at_ms > now_ms)
		return NULL;
	net->queue = m->next;
	return m;
}

bool
net_empty(const struct net *net)
{
	return net->queue == NULL;
}

void
net_heal(struct net *net)
{
	net->lose = net->twice = net->alter = net->portal = 0;
	net->delay_ms = 1;
}

void
net_clear(struct net *net)
{
	struct net_message *m;

	while ((m = net->queue) != NULL) {
		net->queue = m->next;
		free(m);
	}
}
