#ifndef AGENT_OUTBOX_CHAIN_INTERNAL_H
#define AGENT_OUTBOX_CHAIN_INTERNAL_H

/* What chain.c (open sets), chain_sign.c (signing them) and chain_book.c (what
 * the desk booked) share. */

#include "agent/outbox/chain.h"

struct db_table;

struct chain {
	struct signers *signers; /* not ours */
	struct db_table *sql;
};

enum chain_query {
	CHAIN_Q_OPEN,
	CHAIN_Q_DUE,
	CHAIN_Q_CLOSE,
	CHAIN_Q_COPY,
	CHAIN_Q_MOVE,
	CHAIN_Q_DROP,
	CHAIN_Q_START,
	CHAIN_Q_HOLDS,
	CHAIN_Q_PUT,
	CHAIN_Q_GREW,
	CHAIN_Q_ROWS,
	CHAIN_Q_VISIT,
	CHAIN_Q_SIGNED,
	CHAIN_Q_OWN,
	CHAIN_Q_OWN_TWIN,
	CHAIN_Q_COUNT_OPEN,
	CHAIN_Q_CLOSE_OPEN,
	CHAIN_Q_PASS_SETS,
	CHAIN_Q_PASS_VISITS,
	CHAIN_Q_AUTHOR,
	CHAIN_Q_UNSIGNED,
	CHAIN_Q_REWRITE,
	CHAIN_Q_REHOUSE,
	CHAIN_Q_HELD,
	CHAIN_Q_CLOSED,
	CHAIN_Q_COUNT
};

#endif /* AGENT_OUTBOX_CHAIN_INTERNAL_H */
