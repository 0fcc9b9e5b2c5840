#ifndef AGENT_RECORDS_LISTED_INTERNAL_H
#define AGENT_RECORDS_LISTED_INTERNAL_H

/* What listed.c (makes lines) and listed_read.c (reads them) share. */

#include "agent/records/listed.h"

struct aliases;
struct db_table;

struct listed {
	struct display_reader *reader; /* not ours */
	const struct instrument *ins;
	struct db_table *sql;
	struct aliases *aliases;
};

enum {
	Q_KEEP,
	Q_PUT,
	Q_DELETE,
	Q_ALL,
	Q_PLACE,
	Q_MEMBERS,
	Q_TOTALS,
	Q_EMPTY,
	Q_NEXT,
	Q_COUNT
};

#endif /* AGENT_RECORDS_LISTED_INTERNAL_H */
