#ifndef AGENT_PURGE_PURGE_INTERNAL_H
#define AGENT_PURGE_PURGE_INTERNAL_H

/* What purge.c (what goes) and purge_judge.c (what may) share. */

#include <stdbool.h>
#include <stddef.h>

#include "common/wire/mark.h"

#include "agent/outbox/answer.h"
#include "agent/purge/purge.h"
#include "agent/records/shelf.h"

struct db;
struct db_table;

/* A set that still has its rows. */
struct purge_set {
	uint64_t set_id;
	bool open;
	struct answer answer;
	int reason;    /* enum receipt_reason */
	int64_t known; /* -1: not yet */
	int64_t time_ms;
};

struct purging {
	struct unlocked *u;
	struct db_table *sql;
	bool marked; /* a mark of the epoch that the cursor is in */
	struct mark mark;
	uint64_t *named; /* set ids in unanswered sets, ascending */
	size_t nnamed, room;
	/* Visits, ascending, and in how many sets each still has rows. */
	uint64_t *visits;
	unsigned *nsets;
	size_t nvisits;
};

enum purge_query {
	PURGE_Q_SETS,
	PURGE_Q_ROWS,
	PURGE_Q_RETURNED,
	PURGE_Q_NAMED,
	PURGE_Q_VISITS,
	PURGE_Q_VISITS_OF,
	PURGE_Q_RECORDS_OF,
	PURGE_Q_DROP_ROWS,
	PURGE_Q_EMPTY_SET,
	PURGE_Q_KEY,
	PURGE_Q_BLANK_VISIT,
	PURGE_Q_BLANK_RETURN,
	PURGE_Q_DROP_DESK,
	PURGE_Q_COUNT
};

/* Collect what unanswered sets name, in ${p}->named. */
enum status purge_collect_named(struct purging *p, struct err *err);

/* May ${set} go, and if not, why? */
enum status purge_judge(struct purging *p, const struct purge_set *set,
    enum purge_why *out, struct err *err);

/* Received before this may go: the server's clock less the days it said. */
int64_t purge_before(const struct purging *p);

#endif /* AGENT_PURGE_PURGE_INTERNAL_H */
