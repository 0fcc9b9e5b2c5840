#ifndef COMMON_WIRE_CHANGE_H
#define COMMON_WIRE_CHANGE_H

/*
 * change: a change set, the unit of signing: writes of one writer.
 *
 *	struct change_body --change_pack()--> signed bytes --seal, carry--+
 *	                                                                  |
 *	struct change <--change_unpack()-- change_verify() <--------------+
 *
 *	+--------+-----------+----------------------------+
 *	| header | signature | body (columns, compressed) |
 *	|  140   |    64     | <= CHANGE_BODY_MAX         |
 *	+--------+-----------+----------------------------+
 *
 * The header names the BLAKE2b-256 of the compressed body, so that nothing
 * is inflated before it is known to be what was signed; that is the whole
 * set.  The change id is the hash of the header; `prev`, the log and receipts
 * use it.  The header's root over the rows is for later: with it, rows that
 * are left when others were erased are still known to be signed.  Only who
 * erases, and who checks a log, needs it: change_check_root().  Layout,
 * limits and domains: common/PROTOCOL.md.
 *
 * Before: agent/visit, sync-server/review make the writes.  After:
 * envelope.h seals the bytes; merge/merge.h adds them to the records.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct reader;
struct sign_key;
struct writer;

#define CHANGE_ID_LEN 32
#define CHANGE_HEAD_LEN 140
#define CHANGE_SIGNED_LEN (CHANGE_HEAD_LEN + 64) /* header and signature */
#define CHANGE_SEED_LEN 16
#define CHANGE_VERSION 1

/* On the wire and in the log: do not renumber. */
enum change_kind {
	CHANGE_VISITS = 1,   /* an enumerator's writes */
	CHANGE_DECISION = 2, /* the desk: settles what it names */
	CHANGE_IMPORT = 3,   /* the desk: ordinary writes from a file */
	CHANGE_CONTROL = 4,  /* the desk: voids and releases, no rows */
};

/* Kinds of record: do not renumber. */
enum change_record_kind {
	RECORD_HOUSEHOLD = 1,
	RECORD_PERSON = 2,
};

struct change_head {
	enum change_kind kind;
	uint8_t dictionary; /* squeeze.h; 0: none */
	uint16_t authority;
	uint32_t writer;     /* index at that authority */
	uint32_t seq;        /* from 1, without gaps */
	uint64_t set_id;     /* random, drawn when the set was opened */
	uint32_t epoch;      /* of the desk; 0 from a laptop */
	uint16_t instrument; /* version of the questionnaire */
	uint16_t fields;     /* version of the field list */
	uint16_t nrows;
	uint16_t ntoggles;
	uint32_t body_len;           /* bytes, compressed */
	uint32_t inflated_len;       /* bytes */
	uint8_t prev[CHANGE_ID_LEN]; /* change id of seq - 1; zeros for 1 */
	uint8_t body_hash[32];
	uint8_t root[32]; /* Merkle root over the salted rows */
};

/* A household visit; in a desk set, one sitting of a reviewer. */
struct change_visit {
	uint64_t id;      /* a creation dot like a record's; 0 on imports */
	uint64_t hlc;     /* when it was saved */
	int32_t day;      /* of observation, days since 1970-01-01 */
	uint32_t person;  /* who, in a desk set; 0 from a laptop */
	const char *note; /* not NUL-terminated; a decision's reason */
	uint32_t note_len;
};

/* A value put into one register of one record. */
struct change_write {
	const uint8_t *value;  /* as instrument_pack() makes it */
	const uint64_t *preds; /* set ids of the writes it replaces */
	uint32_t len;          /* bytes of value; 0: no value */
	uint16_t reg;          /* register id, instrument.h */
	uint16_t npreds;
};

/* One record in the set; a record has at most one row in one set. */
struct change_row {
	uint64_t id;
	enum change_record_kind kind;
	uint32_t visit;       /* index into visits */
	uint32_t shown_epoch; /* the record as displayed; 0.0: new */
	uint64_t shown_version;
	uint16_t nalso;
	uint16_t nwrites;     /* at least 1, registers ascending */
	bool same;            /* of a booked set: it counts already, in the
	                       * set of that name before (log only) */
	const uint64_t *also; /* unanswered sets that were on the screen */
	const struct change_write *writes;
};

#define CHANGE_LINKS_MAX 8
#define CHANGE_FORMER_MAX 8    /* writers whose places were taken in turn */
#define CHANGE_RENAMED_MAX 128 /* sets not signed when the two parted */

/* Ids of ${of} above ${counter} become ${to}'s. */
struct change_moved {
	uint32_t of, counter, to;
};

/* On the wire: do not renumber. */
enum change_rename {
	RENAME_ALL = 0,   /* all in it counts under its new name */
	RENAME_STAYS = 1, /* what both have does not count again; and where
	                   * this set names it, what both have is meant */
	RENAME_OWN = 2,   /* the same; what the branch put into it is meant */
};

/* The set ${from} is called ${to}. */
struct change_renamed {
	uint64_t from, to;
	enum change_rename how;
};

/*
 * A set whose number or set id was given twice (a clone, a restored backup)
 * counts under a writer index of its own.  What its author made since the
 * two parted, ids of theirs above ${counter}, becomes that index's; so do
 * those of the writers whose place the author took, each an index's of its
 * own.  Sets that were not signed when they parted get other set ids.
 */
struct change_booking {
	uint32_t writer;  /* the new index; 0: no booking */
	uint32_t counter; /* up to here the ids are both's */
	uint8_t nformer;  /* ascending by of */
	struct change_moved former[CHANGE_FORMER_MAX];
	uint8_t nsets; /* ascending by from */
	struct change_renamed sets[CHANGE_RENAMED_MAX];
	uint8_t nlinks;
	uint16_t links[CHANGE_LINKS_MAX]; /* registers that hold record ids */
};

/* A desk order: the set ${change_id} counts, or does not. */
struct change_toggle {
	uint8_t change_id[CHANGE_ID_LEN];
	bool accept;                   /* release; false: void */
	struct change_booking booking; /* with accept: counts as this says */
	const char *reason;            /* not NUL-terminated */
	uint32_t reason_len;
};

/* What is in a set.  Rows ascend by id.  All pointers are the caller's. */
struct change_body {
	const struct change_visit *visits;
	const struct change_row *rows;
	const struct change_toggle *toggles;
	size_t nvisits, nrows, ntoggles;
};

/* An unpacked set; everything it points to lives as long as it does. */
struct change {
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	struct change_body body;
	size_t nnames; /* sets named by all its rows and writes together */
	bool erased;   /* some rows were redacted (log only) */
};

/*
 * Pack and sign ${body}: append header, signature and compressed body to
 * ${out}.  Of ${head} the caller fills kind, dictionary, authority, writer,
 * seq, set_id, epoch, instrument, fields and prev; the rest is filled in.
 * ${seed} is random; the rows' salts come from it.  ${id} gets the change
 * id.  The result is read back and compared before it is signed.
 * ST_INVALID: over a limit of limits.h, rows out of order.
 */
enum status change_pack(struct writer *out, struct change_head *head,
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    const struct sign_key *key, uint8_t id[CHANGE_ID_LEN], struct err *err);

/*
 * Read the header and make the change id; nothing is believed yet.
 * ST_INVALID: not a change set, a version we do not speak, over a limit,
 * or ${len} is not what the header says.
 */
enum status change_peek(struct change_head *head, uint8_t id[CHANGE_ID_LEN],
    const uint8_t *bytes, size_t len, struct err *err);

/*
 * Check signature and body hash against the writer's key ${public}.
 * ST_UNTRUSTED if either does not fit.  Does not inflate.
 */
enum status change_verify(const uint8_t *bytes, size_t len,
    const uint8_t public[32], struct err *err);

/*
 * Inflate and unpack.  Call only after change_verify().  On success the
 * caller passes *${out} to change_free().  ${bytes} may go away.
 * ST_INVALID: the author broke the format.  ${stored}: bytes from our own
 * log, which are checked for damage (the body's hash), and may have the
 * erased form (its leaves against the root) or the booked form.  Of a booked
 * set the head's writer and set id, the rows' and visits' ids, names and
 * links are those it counts under; its id stays.
 */
enum status change_unpack(struct change **out, const uint8_t *bytes, size_t len,
    bool stored, struct err *err);
void change_free(struct change *set);
/* What ${row} writes to ${reg}; NULL: nothing. */
const struct change_write *change_find_write(
    const struct change_row *row, uint16_t reg);

/*
 * Do the rows give the root in the header?  ST_INVALID: they do not; a
 * program that its maker changed signed it.  Nothing is wrong with the rows
 * then, only that erasing needs a witness.  An erased form that was unpacked
 * is ST_OK.
 */
enum status change_check_root(const struct change *set, struct err *err);

/* Who erases, and what. */
struct change_eraser {
	bool (*erase)(void *arg, const struct change_row *row);
	void *arg;
	/*
	 * Signs for a set whose root is a lie (padu/erased/v1): what is left
	 * of it can be known by the server's word only.  NULL: ST_INVALID.
	 */
	const struct sign_key *witness;
};

/*
 * Redact: append to ${out} the stored form of the set in ${bytes} (either
 * form) without the rows for which ${eraser} says true: header and signature
 * as they were, each remaining row with its salt, each erased row as its
 * leaf hash.  The note of a visit goes with the first of its rows: it may be
 * about the same person.  change_verify() and change_unpack(stored) accept the
 * result.
 */
enum status change_erase(struct writer *out, const uint8_t *bytes, size_t len,
    const struct change_eraser *eraser, struct err *err);

/*
 * *${witnessed}: an erased form that a witness signed for.  ST_UNTRUSTED if
 * it is one, and the signature is not by ${public}.
 */
enum status change_check_witness(const uint8_t *bytes, size_t len,
    const uint8_t public[32], bool *witnessed, struct err *err);

/*
 * Book: append to ${out} the stored form of the set in ${bytes} (either
 * form), counting as ${booking} says.  The signed bytes stay whole in it.
 */
enum status change_book(struct writer *out,
    const struct change_booking *booking, const uint8_t *bytes, size_t len,
    struct err *err);

/* Do both say the same of the same record, and replace the same? */
bool change_row_same(const struct change_row *a, const struct change_row *b);

/*
 * What the id ${id} that the booked set of ${writer} gave becomes: of before
 * the two parted, or the new index's.
 */
uint64_t change_book_id(
    const struct change_booking *booking, uint32_t writer, uint64_t id);

/*
 * The set id under which the set with the change id ${id} counts if its own
 * is another's too: what the desk books it under, so that its laptop knows.
 */
uint64_t change_twin_id(const uint8_t id[CHANGE_ID_LEN]);

/* Is this the stored form of a booked set? */
bool change_is_booked(const uint8_t *bytes, size_t len);

/* The bytes of a booking, as in an order; taking a bad one fails ${r}. */
void change_booking_pack(
    struct writer *out, const struct change_booking *booking);
void change_booking_take(struct change_booking *out, struct reader *r);

#endif /* COMMON_WIRE_CHANGE_H */
