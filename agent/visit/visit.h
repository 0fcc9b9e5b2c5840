#ifndef AGENT_VISIT_VISIT_H
#define AGENT_VISIT_VISIT_H

/*
 * visit: a finished visit, saved: durable before the answer.
 *
 *	JSON -> form.h -> diff.h (against what is displayed) -> rows
 *	     -> outbox/chain.h, in one transaction -> answer
 *
 * The answer, as JSON:
 *
 *	{"visit": "ID", "household": "ID", "members": ["ID", ...],
 *	 "writes": 7, "unchanged": false}
 *
 * members: the person of each member of the form, in its order.  unchanged:
 * nothing differed from what was displayed; the visit is kept all the same.
 *
 * Refused, as JSON beside the error:
 *
 *	{"errors": [{"field": "members[2].nik", "message": "..."}]}
 *	{"conflicts": [{"record": "ID", "shown": "1.7", "now": "1.9",
 *	                "fields": [{"field": "alamat", "yours": "...",
 *	                            "now": "..."}]}]}
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct unlocked;
struct visits;
struct writer;

/* Over ${db}, migrated, which must outlive it. */
enum status visits_open(struct visits **out, struct db *db, struct err *err);
void visits_close(struct visits *visits);

/*
 * Save the visit in ${json}.  ST_OK: it is durable; the same key and text
 * again gives the same answer and changes nothing.  ST_INVALID: against the
 * rules, see the answer.  ST_CONFLICT: a record moved since it was shown
 * (see the answer), or the key stands for another visit (no answer).
 * ST_NOTFOUND: no such household or person here.  On any failure nothing
 * was saved.
 */
enum status visit_save(struct unlocked *u, const char *json, size_t len,
    struct writer *answer, struct err *err);

struct visit_line {
	uint64_t id, household;
	uint32_t writer;
	int32_t day;
	int64_t saved_ms;
	const char *note;
	unsigned open, waiting, merged, quarantined, out; /* sets of it */
	uint64_t hlc;
	bool returned; /* the desk sent it back */
	int64_t returned_ms;
	const char *by, *reason; /* who did, and why; NULL */
};
/* All visits that are here, newest first. */
enum status visits_each(struct visits *visits, uint32_t epoch,
    enum status (*each)(
	void *arg, const struct visit_line *line, struct err *err),
    void *arg, struct err *err);

/*
 * What stands for ${key} once its visit has left the laptop (purge/purge.h):
 * the same visit again is then refused, ST_CONFLICT.
 */
#define VISIT_KEY_HASHED_SIZE 40
void visit_key_hash(char out[VISIT_KEY_HASHED_SIZE], const char *key);

/* When the oldest visit that has no receipt was saved; 0: all have. */
enum status visits_oldest_kept(
    struct visits *visits, uint32_t epoch, int64_t *saved_ms, struct err *err);
/* Was a visit to ${household} made here after the clock value ${hlc}? */
enum status visits_later(struct visits *visits, uint64_t household,
    uint64_t hlc, bool *later, struct err *err);

#endif /* AGENT_VISIT_VISIT_H */
