#ifndef TESTS_SIM_ORACLE_INTERNAL_H
#define TESTS_SIM_ORACLE_INTERNAL_H

/* What the oracle's files share: oracle_log.c reads the log and says which of
 * it counts, oracle_who.c whose visit and which household it is, oracle.c
 * what that makes of the records. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/wire/change.h"
#include "sync-server/store/store.h"

#include "tests/sim/oracle.h"

struct seen {
	uint64_t visit, head;
	uint16_t reg;
	int own, differ;
};

/* Where a visit was, as its author saw it. */
struct at {
	uint64_t visit, household;
};

/* One entry of the log. */
struct set {
	uint64_t set_id;
	uint8_t id[CHANGE_ID_LEN];
	enum change_kind kind;
	enum store_log_state state; /* as the server has it */
	int misnames;
	int ordered, accept; /* by the desk's last order about it */
	uint32_t epoch, seq; /* of that order */
};

/* One order of the desk. */
struct order {
	uint8_t id[CHANGE_ID_LEN];
	int accept;
	uint32_t epoch, seq;
};

struct put {
	uint64_t record, set_id;
	uint64_t name, visit, hlc; /* of its visit; of the desk: of its set */
	uint64_t preds[CHANGE_PREDS_MAX];
	size_t npreds;
	uint32_t writer;
	uint16_t reg;
	enum change_record_kind kind;
	size_t set; /* index among the sets */
	int desk;
	int counts; /* its set is accepted */
	int named;  /* by an accepted write */
	uint8_t *value;
	size_t len;
};

/* A visit in one set. */
struct logged {
	uint64_t name, id;
};

/* The household that a record is, by the visit that made it. */
struct home {
	uint64_t record, household;
};

struct oracle {
	struct seen *seen;
	size_t nseen, seen_cap;
	struct at *at;
	size_t nat, at_cap;
	struct set *sets;
	size_t nsets, sets_cap;
	struct order *orders;
	size_t norders, orders_cap;
	struct put *puts; /* by record, register and set id */
	size_t nputs, puts_cap;
	struct logged *visits; /* of laptops, by name and id */
	size_t nvisits, visits_cap;
	struct home *homes; /* by record */
	size_t nhomes, homes_cap;
	size_t conflicts;
	char why[320];
};

/* Room for one more of ${size} bytes in ${list}. */
void *oracle_grow(void *list, size_t n, size_t *cap, size_t size);
int oracle_same_value(const struct put *p, const struct put *q);

void oracle_forget_log(struct oracle *o);
/* All sets, and their writes by record, register and set id. */
enum status oracle_read_log(
    struct oracle *o, struct store *store, struct err *err);
/*
 * Every set of the log is accepted or not by what the desk said last, or
 * else by its naming; which writes count.  NULL if the server has it so,
 * else a sentence.
 */
const char *oracle_check_accepted(struct oracle *o);
/*
 * Every household was made by one visit, and that visit made one; every
 * write is in the household that its author was in.
 */
const char *oracle_check_households(struct oracle *o);
/*
 * Does the ordinary write ${p} name only what its author may name?  Of names
 * that are not in the log nothing can be said yet.
 */
const char *oracle_check_named(const struct oracle *o, const struct put *p);

#endif /* TESTS_SIM_ORACLE_INTERNAL_H */
