#ifndef SYNC_SERVER_FINDINGS_FOLLOW_INTERNAL_H
#define SYNC_SERVER_FINDINGS_FOLLOW_INTERNAL_H

/*
 * What follow's files share: follow.c (the log, places, desk sets),
 * follow_identity.c (identity numbers), follow_same.c (who is said to be
 * whom).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/change.h"

struct instrument;
struct record;
struct record_head;
struct same;
struct store;

struct follow {
	struct store *store;
	const struct instrument *ins;
	struct record *record; /* that is looked at */
	uint64_t *ids;         /* to be looked at */
	size_t nids;
	/* By kind of record: whose group may be another now; NULL: nobody's. */
	struct same *same[RECORD_PERSON + 1];
};

/* The head that is shown in ${reg}; NULL if there is none. */
const struct record_head *follow_shown(const struct record *r, uint16_t reg);

/*
 * Keep the identity numbers of ${record}, unpacked in ${f}->record; ${there}
 * false: it is gone.
 */
enum status follow_identity(struct follow *f, uint64_t record,
    enum change_record_kind kind, bool there, struct err *err);
/* Its numbers are as before, but its group is not. */
enum status follow_judge_record(struct follow *f, uint64_t record,
    enum change_record_kind kind, struct err *err);

/*
 * ${record} says that it is the same as ${target} (0: as nobody); ${changed}:
 * it came, or is gone.  After its scope.
 */
enum status follow_same(struct follow *f, uint64_t record,
    enum change_record_kind kind, uint64_t target, bool changed,
    struct err *err);
/* Make the groups again that this may have changed.  After all records. */
enum status follow_groups(struct follow *f, struct err *err);
void follow_same_free(struct follow *f);

#endif /* SYNC_SERVER_FINDINGS_FOLLOW_INTERNAL_H */
