#ifndef AGENT_VISIT_VISIT_INTERNAL_H
#define AGENT_VISIT_VISIT_INTERNAL_H

/* What visit.c (one visit's way), visit_answer.c (what is told of it) and
 * visits.c (the store's table) share. */

#include <stdbool.h>

#include "common/crypto/crypto.h"

#include "agent/outbox/chain.h"
#include "agent/outbox/row.h"
#include "agent/records/display.h"
#include "agent/visit/diff.h"
#include "agent/visit/form.h"
#include "agent/visit/visit.h"
#include "common/base/arena.h"

struct db_table;
struct unlocked;

struct visits {
	struct db_table *sql;
};

struct visit_row {
	uint64_t id, household, hlc;
	uint32_t writer;
	int32_t day;
	int64_t saved_ms;
	const char *key, *note;
	const uint8_t *digest; /* HASH_LEN */
	const uint8_t *answer;
	size_t answer_len;
};

/* ST_NOTFOUND: no such key.  ST_CONFLICT: other bytes. */
enum status visits_find(struct visits *visits, uint32_t writer, const char *key,
    const uint8_t digest[HASH_LEN], struct writer *answer, struct err *err);
enum status visits_put(
    struct visits *visits, const struct visit_row *row, struct err *err);

/* One record of the visit. */
struct saving_record {
	const struct form_record *form;
	uint64_t id;
	struct display display;
	struct diff diff;
	bool moved; /* since it was shown to the author */
};

/* A visit on its way into the store. */
struct saving {
	struct unlocked *u;
	struct form *form;
	uint8_t digest[HASH_LEN];
	uint64_t visit;
	struct saving_record *records; /* form->nrecords of them */
	bool unchanged;
	/* Where its rows go, once it is known; grown: not yet kept. */
	struct chain_set set;
	bool set_known, set_open, set_grown;
	struct arena arena;
};

/* Append the JSON that visit.h shows. */
enum status visit_answer_saved(
    struct writer *out, const struct saving *s, struct err *err);
enum status visit_answer_errors(
    struct writer *out, const struct form *form, struct err *err);
enum status visit_answer_conflicts(
    struct writer *out, const struct saving *s, struct err *err);

#endif /* AGENT_VISIT_VISIT_INTERNAL_H */
