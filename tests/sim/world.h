#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

/*
 * world: some laptops, one server, a desk, and the network between them, all
 * driven by one seed.
 *
 *	world_new -> world_step ... -> world_rest -> world_judge -> world_free
 *	             visits, syncs,    everything    replay in other
 *	             decisions, cuts   arrives       orders, compare
 *
 * The laptops and the server are the objects that ship.  Only clock, random
 * numbers, disk and network are the simulator's.
 *
 * In some worlds a laptop is copied while it runs and both go on, or an older
 * copy of its disk is put back (world_twin.c).  Not tried so yet: two people
 * on such a laptop, voids and releases beside it, copies of copies.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/machine.h"
#include "tests/sim/net.h"
#include "tests/sim/oracle.h"

struct accept;
struct agent;
struct record;
struct replay;
struct server;
struct store_row;

#define WORLD_LAPTOPS_MAX 7
#define WORLD_CLONES_MAX 1 /* of those */
#define WORLD_OLDERS_MAX 1
#define WORLD_FRESH_MAX 32
#define WORLD_PEOPLE_MAX 2
#define WORLD_HOUSEHOLDS_MAX 8
#define WORLD_SERVER_SLOT 0

/* A visit that has been asked for and not answered yet. */
struct attempt {
	bool pending;
	unsigned person; /* index of who makes it */
	uint64_t name;
	uint64_t record; /* 0: a new household */
	bool member;     /* with a new member */
	char json[1024];
	size_t len;
};

struct laptop {
	struct machine machine;
	struct agent *agent; /* NULL: the machine is off, or not enrolled */
	unsigned number, npeople;
	int who; /* index of the person who unlocked it; -1: locked */
	char dir[16];
	struct attempt attempt;
	uint32_t persons[WORLD_PEOPLE_MAX]; /* numbers at the office */
	/* Own visits that nothing that came down can have replaced. */
	struct fresh {
		uint64_t record, visit;
	} fresh[WORLD_FRESH_MAX];
	unsigned nfresh;
	struct simfs *image; /* its disk as it was some time ago; or NULL */
	bool waiting;        /* for the reply to ${name} */
	uint8_t name[32];
};

/* A visit by its name, from 1 on. */
struct visit {
	unsigned laptop; /* that it was asked of first */
	bool acked;
	bool arrived;   /* it has been in the server's log */
	bool shared;    /* two laptops, or a laptop twice, may send it */
	uint32_t disks; /* laptops that have it, a bit each */
	uint32_t kept;  /* ... and that have it in their image */
};

struct world {
	struct rng rng;
	int64_t now_ms;
	struct machine machine; /* the server's */
	struct server *server;
	struct laptop laptops[WORLD_LAPTOPS_MAX];
	unsigned nlaptops;
	uint64_t households[WORLD_HOUSEHOLDS_MAX];
	unsigned nhouseholds;
	uint32_t reviewer;
	struct net net;
	struct oracle *oracle;
	struct replay *replay;
	uint64_t seed;
	uint64_t checked; /* entries of the log, when it was last replayed */
	struct visit *visits;
	size_t nvisits, visits_cap;
	/* What this world does, in 100. */
	unsigned cuts, orders;
	unsigned clones, olders; /* laptops copied, older copies put back */
	unsigned nclones;
	bool resting; /* no more faults */
	uint64_t trace;
	bool loud;     /* print what happens */
	char why[400]; /* what went wrong; empty: nothing */
	/* Counted, for the figures. */
	struct world_counts {
		uint64_t visits, refused, syncs, decisions, voids, releases,
		    same, laptop_cuts, server_cuts, clock_jumps, clones, olders,
		    booked, anew;
	} n;
};

/* ${twins}: laptops may be copied, and older copies put back. */
struct world *world_new(uint64_t seed, bool twins);
void world_free(struct world *w);
/* One step of whatever comes up, and world_check(). */
bool world_step(struct world *w);
/*
 * What must hold at any time: the server's records are what the rules make
 * of its log, in whatever order that is delivered; no visit is in it twice,
 * and none that was in it has gone.  False: something went wrong.
 */
bool world_check(struct world *w);
/* Heal everything and sync until nothing moves. */
bool world_rest(struct world *w);
/* The end: nothing lost, nothing twice, all agree, any order the same. */
bool world_judge(struct world *w);

/* Remember the first thing that went wrong; always false. */
bool world_fail(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Mix something that happened into the trace. */
void world_trace(struct world *w, const char *what, uint64_t a, uint64_t b);

/* world_server.c: the machine with the server on it. */
bool server_boot(struct world *w);
void server_off(struct world *w);
bool server_take(struct world *w, const struct net_message *m);
bool server_decide(struct world *w, bool *any);
bool server_order(struct world *w);
bool server_same(struct world *w);

/* world_laptop.c */
bool laptop_enrol(struct world *w, struct laptop *l);
/* The person who is here gets a code, and a writer; locked after it. */
bool laptop_enrol_person(struct world *w, struct laptop *l, unsigned person);
bool laptop_boot(struct world *w, struct laptop *l);
void laptop_off(struct world *w, struct laptop *l);
bool laptop_unlock(struct world *w, struct laptop *l, unsigned person);
/* The machine may die at the next that it is asked; did it? */
void laptop_may_die(struct world *w, struct laptop *l);
bool laptop_survived(struct world *w, struct laptop *l, bool *died);
bool laptop_send(struct world *w, struct laptop *l, bool *any);
bool laptop_take(
    struct world *w, struct laptop *l, const struct net_message *m);

/* world_visit.c */
bool laptop_visit(struct world *w, struct laptop *l);

/* world_twin.c: two of one laptop, and what the office does about it. */

/* Does anything of it happen in this world? */
bool world_has_twins(const struct world *w);
/* One of the laptops is copied, or an older copy put back. */
bool twin_step(struct world *w, struct laptop *l);
/* The office books what waits; *${any}: there was something. */
bool office_book(struct world *w, bool *any);
/* If the person who is here is halted they enrol anew; *${any}: they did. */
bool office_renew(struct world *w, struct laptop *l, bool *any);
/* Nothing of an honest laptop waits, and nobody is halted. */
bool twin_judge(struct world *w);

#endif /* TESTS_SIM_WORLD_H */
