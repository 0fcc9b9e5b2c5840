#ifndef SYNC_SERVER_REVIEW_REVIEW_H
#define SYNC_SERVER_REVIEW_REVIEW_H

/*
 * review: the tables behind return.h and approve.h.
 *
 * Server locked in every call; what writes needs a transaction of the
 * caller's.  Which records are approved is kept in memory too, so that
 * intake can ask for each record it touches.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct return_row;
struct review;

enum status review_open(struct review **out, struct db *db, struct err *err);
void review_close(struct review *review);

/* Keep ${row}; fills its number.  ${by} is not kept: the person is. */
enum status review_return_put(
    struct review *review, struct return_row *row, struct err *err);

struct approval {
	uint64_t number;
	uint64_t record;
	uint32_t epoch; /* the record's stamp when it was approved */
	uint64_t version;
	uint32_t person;
	int64_t time_ms;
	int64_t undone_ms;    /* 0: it stands */
	const uint8_t *heads; /* heads.h; valid until the next call */
	size_t len;
};

/*
 * True unless no approval that stands covers ${record}, its own or that of
 * the record that stands for it, for certain: what was rolled back may linger
 * here.
 */
bool review_may_be_approved(const struct review *review, uint64_t record);

/* The one that stands.  ST_NOTFOUND: none does. */
enum status review_approval_of(struct review *review, uint64_t record,
    struct approval *out, struct err *err);
/* Keep ${approval}; fills its number. */
enum status review_approval_put(
    struct review *review, struct approval *approval, struct err *err);
enum status review_approval_undo(
    struct review *review, uint64_t number, int64_t now_ms, struct err *err);

/* Records whose last approval was undone, ascending. */
enum status review_undone_each(struct review *review,
    enum status (*each)(
	void *arg, const struct approval *approval, struct err *err),
    void *arg, struct err *err);

struct review_counts {
	uint64_t returns;
	uint64_t approved; /* records whose approval stands */
	uint64_t undone;   /* records whose last approval does not */
};
enum status review_count(
    struct review *review, struct review_counts *out, struct err *err);

#endif /* SYNC_SERVER_REVIEW_REVIEW_H */
