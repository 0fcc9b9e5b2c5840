#ifndef COMMON_WIRE_RECEIPT_H
#define COMMON_WIRE_RECEIPT_H

/*
 * receipt: the server's signed answer to one change set.  Signed, not
 * sealed: a locked laptop keeps it.  The same set gets the same bytes on
 * every route and every try, until its state changes.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct sign_key;

#define RECEIPT_LEN 143

/* On the wire and stored: do not renumber. */
enum receipt_state {
	RECEIPT_CUSTODY = 1, /* a relay has it */
	RECEIPT_MERGED = 2,
	RECEIPT_REFUSED = 3,
	RECEIPT_QUARANTINED = 4, /* kept, waits for a person */
	RECEIPT_VOIDED = 5,      /* was merged, the desk took it out */
};

/* Why: do not renumber.  receipt_reason() has the sentence. */
enum receipt_reason {
	REASON_NONE = 0,
	REASON_FORMAT = 1, /* the author broke the format */
	REASON_SIGNATURE = 2,
	REASON_WRITER = 3, /* unknown, or not on this device */
	REASON_REVOKED = 4,
	REASON_SCOPE = 5,    /* outside the writer's villages, or the desk's */
	REASON_CHAIN = 6,    /* prev does not fit what we hold */
	REASON_FORK = 7,     /* another set with that number */
	REASON_SET_ID = 8,   /* another set with that set id */
	REASON_MISNAMED = 9, /* names differing heads of others */
	REASON_DESK = 10,    /* a decision of the desk */
	REASON_VERSION = 11, /* a version we do not speak */
	REASON_RECORD = 12,  /* makes a record under another's name */
};

struct receipt {
	uint16_t authority;
	uint32_t writer;
	uint32_t seq;
	uint64_t set_id;
	uint8_t change_id[32];
	enum receipt_state state;
	enum receipt_reason reason;
	uint32_t epoch; /* stamp at acceptance; 0 where not merged */
	uint64_t version;
	int64_t time_ms; /* the server's clock */
};

void receipt_pack(uint8_t out[RECEIPT_LEN], const struct receipt *receipt,
    const struct sign_key *server);
/* ST_UNTRUSTED: not signed by ${public}.  ST_INVALID: not a receipt. */
enum status receipt_unpack(struct receipt *receipt,
    const uint8_t bytes[RECEIPT_LEN], const uint8_t public[32],
    struct err *err);
/* A sentence for people: what happened, what to do. */
const char *receipt_reason(enum receipt_reason reason);

#endif /* COMMON_WIRE_RECEIPT_H */
