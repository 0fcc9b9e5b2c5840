#ifndef SYNC_SERVER_STORE_FINDING_H
#define SYNC_SERVER_STORE_FINDING_H

/*
 * finding: a row of the table of findings.  What the kinds mean, and when
 * one is raised and closed: findings/findings.h.
 *
 * There is at most one of a kind for a register of a record.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct store;

struct store_finding {
	uint64_t record;
	uint8_t kind;    /* enum finding_kind */
	uint16_t reg;    /* 0: the whole record */
	uint64_t set_id; /* the set that raised it; 0: none */
	uint64_t other;  /* the set or the record that it is about; 0 */
	uint32_t epoch;  /* stamp when it was raised */
	uint64_t version;
	int64_t time_ms;
};

/* Insert or replace. */
enum status store_finding_put(
    struct store *store, const struct store_finding *finding, struct err *err);
/* ST_OK also where there was none. */
enum status store_finding_close(struct store *store, uint64_t record,
    uint8_t kind, uint16_t reg, struct err *err);
/* ST_NOTFOUND if there is none. */
enum status store_finding_get(struct store *store, uint64_t record,
    uint8_t kind, uint16_t reg, struct store_finding *finding, struct err *err);
/* All of ${record} that intake raised: kinds below FINDING_SAME_IDENTITY. */
enum status store_finding_close_all(
    struct store *store, uint64_t record, struct err *err);
/* The same of all records: a rebuild raises them again. */
enum status store_finding_clear(struct store *store, struct err *err);
/* All of ${record}, which is erased. */
enum status store_finding_erase(
    struct store *store, uint64_t record, struct err *err);

typedef enum status store_finding_fn(
    void *arg, const struct store_finding *finding, struct err *err);

/* Of one record, by kind and register. */
enum status store_finding_of(struct store *store, uint64_t record,
    store_finding_fn *each, void *arg, struct err *err);
/*
 * Of kind ${kind} (0: every kind), by kind and record, in the villages
 * within ${place} (0: everywhere; store_index_follow() first).
 */
enum status store_finding_each(struct store *store, uint8_t kind,
    uint64_t place, store_finding_fn *each, void *arg, struct err *err);

#endif /* SYNC_SERVER_STORE_FINDING_H */
