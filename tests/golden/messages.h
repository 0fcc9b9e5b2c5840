#ifndef TESTS_GOLDEN_MESSAGES_H
#define TESTS_GOLDEN_MESSAGES_H

/*
 * messages: every message of common/PROTOCOL.md, made from fixed seeds, and
 * messages that must be refused.
 *
 *	golden_start -> for each GOLDEN: random_restart, make -> bytes
 *	                for each BAD:    make -> bytes, enter -> a refusal
 *
 * Ends the program where something fails that cannot.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"

/* Key ${k} is the key pair of a seed of 32 bytes with the value ${k}. */
struct golden_keys {
	struct sign_key root;      /* 1 */
	struct sign_key cards;     /* 2 */
	struct sign_key receipts;  /* 3 */
	struct sign_key desk;      /* 4 */
	struct sign_key writer;    /* 5 */
	struct sign_key transport; /* 6 */
	struct seal_key server;    /* 7 */
	struct seal_key device;    /* 8 */
};

extern struct golden_keys golden_keys;

#define GOLDEN_NOW_MS 1790000000000

/* Before anything else: libsodium's random bytes become a fixed sequence. */
void golden_start(void);
void golden_random_restart(void);

struct golden {
	const char *file; /* in tests/golden */
	void (*make)(struct writer *out);
	/* What one who gets it does: checks all of it, and says in words
	 * what is in it. */
	enum status (*enter)(const uint8_t *bytes, size_t len,
	    struct writer *text, struct err *err);
	int squeezed; /* bytes may differ with the library that compresses */
};

extern const struct golden GOLDEN[];
extern const size_t NGOLDEN;

struct golden_bad {
	const char *file; /* in tests/golden/bad */
	const char *what;
	void (*make)(struct writer *out);
	enum status (*enter)(const uint8_t *bytes, size_t len,
	    struct writer *text, struct err *err);
	enum status want;
};

extern const struct golden_bad BAD[];
extern const size_t NBAD;

/* Doors, for both lists. */
#define GOLDEN_DOOR(name)                                                      \
	enum status name(const uint8_t *bytes, size_t len,                     \
	    struct writer *text, struct err *err)
GOLDEN_DOOR(enter_change);
GOLDEN_DOOR(enter_desk);
GOLDEN_DOOR(enter_stored);
GOLDEN_DOOR(enter_stored_desk);
GOLDEN_DOOR(enter_envelope);
GOLDEN_DOOR(enter_bundle);
GOLDEN_DOOR(enter_reply);
GOLDEN_DOOR(enter_page);
GOLDEN_DOOR(enter_receipt);
GOLDEN_DOOR(enter_mark);
GOLDEN_DOOR(enter_server_card);
GOLDEN_DOOR(enter_device_card);
GOLDEN_DOOR(enter_writer_card);
GOLDEN_DOOR(enter_code);
GOLDEN_DOOR(enter_enrol_request);
GOLDEN_DOOR(enter_enrol_reply);

GOLDEN_DOOR(enter_recovery_card);
GOLDEN_DOOR(enter_recover_request);
GOLDEN_DOOR(enter_recover_answer);
GOLDEN_DOOR(enter_enrol_recovered);
GOLDEN_DOOR(enter_checkpoint);

/* Makers: change sets of sets.c, then what both lists use. */
void make_change(struct writer *out);
void make_verval(struct writer *out);
void make_decision(struct writer *out);
void make_import(struct writer *out);
void make_control(struct writer *out);
void make_largest(struct writer *out);
void make_erased(struct writer *out);
void make_witnessed(struct writer *out);   /* the same, its root a lie */
void make_erased_note(struct writer *out); /* all there, with a note */
void make_envelope(struct writer *out);
void make_receipt(struct writer *out);
/* Of mark.c. */
void make_mark(struct writer *out);
void make_mark_other_key(struct writer *out);
void make_mark_no_days(struct writer *out);
void make_mark_many_days(struct writer *out);
void make_mark_no_number(struct writer *out);
void make_server_card(struct writer *out);
void make_device_card(struct writer *out);
/* Of recovery.c. */
void make_recovery_card(struct writer *out);
void make_recover_request(struct writer *out);
void make_recover_answer_1(struct writer *out);
void make_recover_answer_3(struct writer *out);
void make_enrol_recovered(struct writer *out);
/* Of checkpoint.c; the last three are bad. */
void make_checkpoint(struct writer *out);
void make_checkpoint_leaves(struct writer *out);
void make_checkpoint_altered(struct writer *out);
void make_checkpoint_leaf(struct writer *out);
void make_checkpoint_cut(struct writer *out);
void make_bundle(struct writer *out);
void make_reply(struct writer *out);
/* The name of the bundle that make_reply() answers. */
void golden_bundle_name(uint8_t name[32]);

/* End the program unless ${st} is ST_OK. */
void golden_must(enum status st, const struct err *err);

#endif /* TESTS_GOLDEN_MESSAGES_H */
