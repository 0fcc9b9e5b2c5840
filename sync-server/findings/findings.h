#ifndef SYNC_SERVER_FINDINGS_FINDINGS_H
#define SYNC_SERVER_FINDINGS_FINDINGS_H

/*
 * findings: what rules noticed in merged data.  Derived from the records and
 * the log, and never the other way round: no merge depends on one.
 *
 *	intake/ merges a row --> conflict, agreed, deleted_updated,
 *	                         edited_together, older_shown, clock_ahead
 *	store/index.c        --> same_identity
 *	held rows, quarantine--> held, quarantined (listed, not stored)
 *	                              |
 *	                              v
 *	                     padu-server findings, review/
 *
 *	kind              raised                        closed
 *	conflict          heads of a register differ    they no longer do
 *	agreed            an ordinary write made        the register is written
 *	                  differing heads agree         by who saw it
 *	deleted_updated   a life write "gone" and       the life register is
 *	                  another write, neither of     written by who saw both
 *	                  whose authors saw the other
 *	aliased_updated   said to be the same as       same_as is written by
 *	                  another record, and another   who saw both
 *	                  write, neither of whose
 *	                  authors saw the other
 *	edited_together   two sets, other fields,       anything is written by
 *	                  neither saw the other         who saw both
 *	older_shown       what is shown was observed    the register is written
 *	                  before what it replaced       by who saw it
 *	clock_ahead       a visit's clock is more than  never: it is a fact
 *	                  10 minutes ahead of its
 *	                  arrival
 *	reissued          the visit was saved under      never: it is a fact
 *	                  a writer whose passphrase
 *	                  was forgotten, and signed by
 *	                  the one who took its place
 *	same_identity     an identity field has the     it no longer has, or
 *	                  same value in two records     they are said to be one
 *	                  that are not said to be one   (undone: raised again)
 *
 * deleted_updated, aliased_updated and edited_together compare a row with the
 *sets whose writes are heads then; they are about what stands in the record,
 *not a history.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct store;

/* In the database: do not renumber. */
enum finding_kind {
	FINDING_CONFLICT = 1,
	FINDING_AGREED = 2,
	FINDING_DELETED_UPDATED = 3,
	FINDING_EDITED_TOGETHER = 4,
	FINDING_OLDER_SHOWN = 5,
	FINDING_CLOCK_AHEAD = 6,
	FINDING_SAME_IDENTITY = 7,
	FINDING_HELD = 8,
	FINDING_QUARANTINED = 9,
	FINDING_REISSUED = 10,
	FINDING_ALIASED_UPDATED = 11,
};
#define FINDING_NKINDS 12

/* More than this ahead of its arrival a clock is wrong. */
#define FINDING_CLOCK_MS (10 * 60 * 1000)

/* A word for programs: "conflict"; NULL if there is no such kind. */
const char *finding_word(enum finding_kind kind);
/* The kind of that name; 0 if there is none. */
enum finding_kind finding_of_word(const char *word);
/* What it means and what to do, for people. */
const char *finding_text(enum finding_kind kind);
/* May a record with it be approved? */
bool finding_blocks(enum finding_kind kind);

/* Open findings of ${record} that block its approval. */
enum status findings_blocking(
    struct store *store, uint64_t record, unsigned *n, struct err *err);

#endif /* SYNC_SERVER_FINDINGS_FINDINGS_H */
