#ifndef TESTS_LIB_YARD_H
#define TESTS_LIB_YARD_H

/*
 * yard: a store in memory and what merges into it, for tests that take sets
 * in one by one, without keys, laptops or HTTP.
 */

#include "common/crypto/sign.h"
#include "sync-server/intake/accept.h"
#include "sync-server/store/store.h"

struct db;
struct draft;
struct pen;

struct yard {
	struct db *db;
	struct store *store;
	struct accept *accept;
	struct sign_key receipt;
	int64_t now_ms;
	const struct pen *pens; /* whom reopen believes */
	size_t npens;
};

#define YARD_AUTHORITY 6402u

/* All of these stop the test that cannot do what they are for. */
void yard_open(struct yard *yard);
void yard_close(struct yard *yard);
/*
 * Take in a signed set, in a transaction of its own.  ${device} 0: the
 * desk's.  ${place}: the writer's only village, 0: everywhere.
 */
struct accept_out yard_take(struct yard *yard, const struct pen *pen,
    const uint8_t *bytes, size_t len, uint32_t device, uint64_t place);
/* Sign ${draft} and take it in; its change id to ${id} (may be NULL). */
struct accept_out yard_send(struct yard *yard, struct pen *pen,
    const struct draft *draft, uint32_t device, uint64_t place, uint8_t *id);
/* A void or release of ${id} by the desk. */
void yard_order(struct yard *yard, struct pen *desk,
    const uint8_t id[CHANGE_ID_LEN], bool accept);
/* The values of the heads of (${record}, ${reg}) as "a|b", ascending by set
 * id; "none" where there is no such record.  Good until the next call. */
const char *yard_heads(struct yard *yard, uint64_t record, uint16_t reg);
bool yard_has_finding(
    struct yard *yard, uint64_t record, uint8_t kind, uint16_t reg);
/* Of all records, in order. */
void yard_digest(struct yard *yard, uint8_t out[32]);

#endif /* TESTS_LIB_YARD_H */
