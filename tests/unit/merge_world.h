#ifndef TESTS_UNIT_MERGE_WORLD_H
#define TESTS_UNIT_MERGE_WORLD_H

/*
 * merge_world: all writes of one random history, what each place believes of
 * each record, and the definition of common/PROTOCOL.md section 3.3 in the
 * plainest form, to hold merge_apply() against.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/writer.h"
#include "common/merge/record.h"

#define WORLD_RECS 3
#define WORLD_REGS 4
#define WORLD_SETS 200
#define WORLD_NAMES 16
#define WORLD_LAPTOPS 6
#define WORLD_VOID UINT32_MAX

struct write {
	unsigned rec;
	uint16_t reg;
	const char *value; /* of one character */
	uint64_t preds[WORLD_NAMES];
	uint16_t npreds;
	/* The truth, apart from what was named: heads of others that were
	 * shown in conflict. */
	uint64_t conflicting[WORLD_NAMES];
	unsigned nconflicting;
};

struct set {
	uint64_t id, hlc;
	int32_t day;
	uint32_t writer, stamp; /* stamp: version when last accepted */
	bool decision, hostile, bad, lost, voided, released;
	bool in_log, accepted;
	struct write writes[2];
	unsigned nwrites;
};

/* What one place believes of each record. */
struct state {
	struct writer packed[WORLD_RECS];
	uint32_t version[WORLD_RECS];
	bool holds[WORLD_RECS][WORLD_SETS]; /* the sets that it was made of */
};

struct laptop {
	uint32_t writer;
	int32_t skew;
	bool own[WORLD_SETS];
	uint32_t answer[WORLD_SETS]; /* 0: none; version; WORLD_VOID */
	struct state down;
};

/* How often what is to be tested did happen, over all histories. */
struct world_seen {
	unsigned conflicts, awaited, arrived, decisions, voids, releases,
	    heads3, agreed, own_in_conflict;
};

struct world {
	uint64_t random;
	uint32_t version, now;
	struct set sets[WORLD_SETS];
	struct laptop laps[WORLD_LAPTOPS];
	unsigned nsets, nlaps;
	struct state server;
	struct record *work; /* to unpack into */
	struct world_seen *seen;
};

uint64_t world_random(struct world *w);
unsigned world_below(struct world *w, unsigned n);
bool world_chance(struct world *w, unsigned percent);

/* The set's write on the register, or NULL. */
const struct write *world_write(
    const struct set *set, unsigned rec, uint16_t reg);
bool world_touches(const struct set *set, unsigned rec);

/*
 * Add one write to ${r}.  ${holds}: the sets that ${r} was made of, or NULL
 * where that is not asked, as on a laptop's screen.
 */
void world_apply(struct world *w, struct record *r, const struct set *set,
    const struct write *write, const bool *holds);
/* Add a set's writes on one record to what a place believes of it. */
void world_add(
    struct world *w, struct state *state, unsigned rec, unsigned set);

enum world_order { SHUFFLED, REVERSED, STRAIGHT };

/* Make a record again from all accepted sets, each offered twice. */
void world_rebuild(
    struct world *w, struct state *state, unsigned rec, enum world_order order);

/* Heads: held writes that no held write names. */
void world_check_heads(const struct world *w, const struct record *r,
    const bool *holds, unsigned rec);
/* Awaited: named by held writes, and not held. */
void world_check_awaited(const struct world *w, const struct record *r,
    const bool *holds, unsigned rec);

#endif /* TESTS_UNIT_MERGE_WORLD_H */
