#ifndef TESTS_LIB_FAKE_SERVER_H
#define TESTS_LIB_FAKE_SERVER_H

/*
 * fake_server: a small server in memory for tests of the agent: real keys,
 * cards, envelopes, change sets, receipts and pages, and a merge from the
 * log at every answer; no store, no people, no HTTP, one region.
 *
 *	fake_server_new -> fake_server_code -> (agent asks) fake_server_enrol
 *	    -> (agent's bundle) fake_server_answer -> reply
 *
 * Whatever fails inside ends the test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto/seal.h"
#include "common/crypto/share.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/mark.h"
#include "common/wire/receipt.h"

struct record;
struct recovery_card;
struct writer;

#define FAKE_AUTHORITY 6402
#define FAKE_DESK 900 /* writer index of the desk */

struct fake_set {
	uint8_t id[32];
	uint64_t set_id;
	uint8_t *bytes;
	size_t len;
	enum receipt_state state;
	enum receipt_reason reason;
	uint32_t epoch; /* stamp */
	uint64_t version;
	bool desk;
	uint32_t desk_epoch, desk_seq;
	uint64_t at;       /* version at which it was logged: for pages */
	uint64_t answered; /* version of its latest receipt */
};

struct fake_record {
	uint64_t id;
	uint8_t kind;
	uint64_t place;
	uint32_t epoch;
	uint64_t version;
	bool dropped; /* left the scope */
};

struct fake_return {
	uint64_t visit, record, number, at;
	char reason[80];
};

struct fake_server {
	struct sign_key root, card, receipt, desk;
	struct seal_key box;
	struct server_card server;
	int64_t now_ms;
	uint32_t epoch;
	uint64_t version;
	size_t page_max; /* records in one page; 0: all */

	uint8_t code[16], code_key[32]; /* the latest code */
	char label[17], name[40];
	uint64_t places[4];
	unsigned nplaces;

	uint32_t ndevices, nwriters;
	struct device_card devices[8];
	struct writer_card writers[8];

	struct fake_set *sets;
	size_t nsets;
	struct fake_record *records;
	size_t nrecords;
	struct fake_return returns[8];
	size_t nreturns;
	uint32_t desk_seq;
	uint8_t desk_prev[32];
	uint64_t next_id; /* counter of records the desk makes */
	/* The next sets that come are quarantined for this reason. */
	enum receipt_reason quarantine;
	unsigned bundles; /* answered */
	/* The newest recovery card, its shares, and since which version. */
	struct recovery_card *recovery; /* NULL: none */
	struct share share[SHARE_CUSTODIANS];
	struct sign_key hand[SHARE_CUSTODIANS];
	uint64_t recovery_at;
	/* The newest backup mark, and since which version; 0: none. */
	struct mark mark;
	uint64_t mark_at;
	const struct sign_key *mark_key; /* NULL: receipts' */
	uint32_t former[8]; /* of writers[i], as the enrolment said */
};

struct fake_server *fake_server_new(int64_t now_ms);
void fake_server_free(struct fake_server *s);

/* The server's card, as GET /v1/server gives it. */
void fake_server_card(struct fake_server *s, struct writer *out);
/* A code for ${name}; two villages at the most, as texts; NULL ends. */
void fake_server_code(struct fake_server *s, const char *label,
    const char *village, const char *village2, char out[CARD_CODE_TEXT_SIZE]);
/* Answer an enrolment. */
void fake_server_enrol(struct fake_server *s, const uint8_t *bytes, size_t len,
    struct writer *out);

/* Take a bundle in and append the reply.  ${answer} false: take only. */
void fake_server_answer(struct fake_server *s, const uint8_t *bytes, size_t len,
    struct writer *out);

/* Make a (further) recovery key. */
void fake_server_recovery(struct fake_server *s);
/* The recovery card, signed. */
void fake_server_recovery_card(struct fake_server *s, struct writer *out);
/* Custodian ${i} (from 1) answers ${request}, both as text. */
void fake_server_custodian(
    struct fake_server *s, unsigned i, const char *request, struct writer *out);

/* A household with an address, and persons in it, from the desk's import. */
uint64_t fake_server_household(
    struct fake_server *s, const char *village, const char *address);
uint64_t fake_server_person(
    struct fake_server *s, uint64_t household, const char *name);
/*
 * Somebody else's ordinary write of one field that replaces what stands
 * (${blind}: that replaces nothing).  Returns the set id.
 */
uint64_t fake_server_write(struct fake_server *s, uint64_t record,
    const char *field, const char *text, bool blind);
/* A decision of the desk: it names all heads. */
void fake_server_decide(struct fake_server *s, uint64_t record,
    const char *field, const char *text);
/* The desk's order on the set with that change id. */
void fake_server_toggle(
    struct fake_server *s, const uint8_t change_id[32], bool accept);
void fake_server_return(
    struct fake_server *s, uint64_t visit, uint64_t record, const char *reason);
/*
 * The next backup mark: all up to ${version} of this epoch is in a backup,
 * and visits are to be kept for ${keep_days}.
 */
void fake_server_mark(
    struct fake_server *s, uint64_t version, uint16_t keep_days);
void fake_server_drop(struct fake_server *s, uint64_t record);
/* As restored from a backup that held the first ${nsets} sets. */
void fake_server_restore(struct fake_server *s, size_t nsets);

/* The log's latest set of ${writer}; NULL if there is none. */
struct fake_set *fake_server_latest(struct fake_server *s, uint32_t writer);
/* The shown text of a one-field register by name; "" if none; "!" after it
 * if it is in conflict. */
void fake_server_text(struct fake_server *s, uint64_t record, const char *field,
    char *out, size_t size);
/* Records whose sets in the log hold a visit of that day. */
size_t fake_server_visits(struct fake_server *s, int32_t day);

#endif /* TESTS_LIB_FAKE_SERVER_H */
