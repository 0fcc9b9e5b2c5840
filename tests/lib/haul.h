#ifndef TESTS_LIB_HAUL_H
#define TESTS_LIB_HAUL_H

/*
 * haul: what a server answered to a bundle of office.h, opened and counted.
 */

#include <stdbool.h>

#include "common/wire/bundle.h"
#include "common/wire/mark.h"
#include "tests/lib/office.h"

#define HAUL_RECORDS 4000
#define HAUL_RECEIPTS 600
#define HAUL_DROPS 4000

struct haul {
	struct cursor cursor; /* after it */
	bool more, sealed;    /* more follows; there was a page */
	struct receipt receipts[HAUL_RECEIPTS];
	uint64_t records[HAUL_RECORDS], places[HAUL_RECORDS];
	uint64_t drops[HAUL_DROPS];
	size_t nreceipts, nrecords, ndrops, ndesk, nreturns, nrecovery;
	size_t nmarks;
	struct mark mark; /* the last of them */
	size_t page_len;  /* bytes */
};

/* Send ${bytes}, a bundle of ${laptop}'s, whose cursor stays. */
enum status haul_send(struct haul *haul, struct office *office,
    struct laptop *laptop, const struct writer *bytes, struct err *err);
/* Send what was added, or a pull, and go on from where the answer ends. */
void haul_exchange(
    struct haul *haul, struct office *office, struct laptop *laptop);

bool haul_has(const struct haul *haul, uint64_t record);
/* NULL if none is about ${id}. */
const struct receipt *haul_receipt(
    const struct haul *haul, const uint8_t id[CHANGE_ID_LEN]);

/* A void or release by the desk, durably. */
void haul_order(
    struct office *office, const uint8_t id[CHANGE_ID_LEN], bool accept);

#endif /* TESTS_LIB_HAUL_H */
