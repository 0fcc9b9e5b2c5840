#ifndef SYNC_SERVER_STORE_KEEP_H
#define SYNC_SERVER_STORE_KEEP_H

/*
 * keep: what endures beside the log: what could not be believed (quarantine),
 * rows that are not merged (held), who named what is not here yet (namers),
 * the desk's voids and releases (toggles), and what was erased (tombstones).
 *
 * All inside a transaction of store.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"
#include "common/wire/receipt.h"

struct store;

/* ---- quarantine ----------------------------------------------------- */

struct store_quarantine {
	uint64_t q;                /* number, filled in by add */
	uint8_t hash[32];          /* of the bytes */
	uint8_t id[CHANGE_ID_LEN]; /* as claimed */
	bool envelope;             /* an envelope that did not open */
	enum receipt_reason reason;
	uint32_t device;      /* that signed the envelope */
	uint32_t writer, seq; /* as claimed */
	uint64_t set_id;
	uint64_t answered;      /* version when the receipt was made */
	int64_t time_ms;        /* arrival */
	const uint8_t *receipt; /* RECEIPT_LEN bytes */
	const uint8_t *bytes;
	size_t len;
};

enum status store_quarantine_add(
    struct store *store, struct store_quarantine *item, struct err *err);
/* ST_NOTFOUND if these bytes are not there.  Pointers are valid until the
 * next call on quarantine. */
enum status store_quarantine_get(struct store *store, const uint8_t hash[32],
    struct store_quarantine *item, struct err *err);
/* All items that claim the change id ${id}, or all (NULL), by number; the
 * callback may change or remove the item that it is shown. */
enum status store_quarantine_each(struct store *store, const uint8_t *id,
    enum status (*each)(
	void *arg, const struct store_quarantine *item, struct err *err),
    void *arg, struct err *err);
/* Reason, receipt and when it was made, or the bytes, of item ${item->q}. */
enum status store_quarantine_update(
    struct store *store, const struct store_quarantine *item, struct err *err);
enum status store_quarantine_remove(
    struct store *store, uint64_t q, struct err *err);
/* What ${device} has there. */
enum status store_quarantine_sum(struct store *store, uint32_t device,
    uint64_t *items, uint64_t *bytes, struct err *err);

/* ---- rows that are held --------------------------------------------- */

struct store_held {
	uint64_t n; /* of the log entry */
	uint64_t record;
	enum receipt_reason reason;
	uint64_t place; /* the record's village then, 0 unknown */
};

enum status store_held_add(
    struct store *store, const struct store_held *held, struct err *err);
/* Of entry ${n}, by record; n 0: of all entries, by entry. */
enum status store_held_each(struct store *store, uint64_t n,
    enum status (*each)(
	void *arg, const struct store_held *held, struct err *err),
    void *arg, struct err *err);
/* ST_OK if a row of ${record} is held, ST_NOTFOUND if not. */
enum status store_held_record(
    struct store *store, uint64_t record, struct err *err);
/* Forget the held rows of an erased record. */
enum status store_held_erase(
    struct store *store, uint64_t record, struct err *err);

/* ---- namers --------------------------------------------------------- */

enum status store_namer_add(
    struct store *store, uint64_t set_id, uint64_t n, struct err *err);
/* The entries that name ${set_id}, ascending, up to ${max}; *${count} is
 * how many there are. */
enum status store_namers(struct store *store, uint64_t set_id,
    uint64_t *numbers, size_t max, size_t *count, struct err *err);

/* ---- the desk's orders ---------------------------------------------- */

struct store_toggle {
	bool accept;
	struct change_booking booking; /* writer 0: none */
	uint32_t epoch, seq;
};

/* ST_NOTFOUND: the desk never said anything about ${id}. */
enum status store_toggle_get(struct store *store,
    const uint8_t id[CHANGE_ID_LEN], struct store_toggle *toggle,
    struct err *err);
enum status store_toggle_set(struct store *store,
    const uint8_t id[CHANGE_ID_LEN], const struct store_toggle *toggle,
    struct err *err);

/* ---- erased records ------------------------------------------------- */

struct store_tombstone {
	uint64_t record;
	const char *reason; /* NUL-terminated */
	uint32_t person;
	int64_t time_ms;
};

enum status store_tombstone_add(struct store *store,
    const struct store_tombstone *tombstone, struct err *err);
enum status store_tombstone_each(struct store *store,
    enum status (*each)(
	void *arg, const struct store_tombstone *tombstone, struct err *err),
    void *arg, struct err *err);
/* Is any of the ${n} ascending ${ids} erased? */
enum status store_tombstones_meet(struct store *store, const uint64_t *ids,
    size_t n, bool *meet, struct err *err);

#endif /* SYNC_SERVER_STORE_KEEP_H */
