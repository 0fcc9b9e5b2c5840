#ifndef COMMON_WIRE_CHANGE_INTERNAL_H
#define COMMON_WIRE_CHANGE_INTERNAL_H

/*
 * What the files of change share; nobody else includes it.
 *
 *	change.c          header, signature, pack and unpack
 *	change_check.c    is what a caller wants to pack within the limits?
 *	change_plan.c     patterns, parts and names of a body
 *	change_write.c    body -> columns
 *	change_read*.c    columns -> body
 *	change_row.c      a row as bytes of its own; leaves and root
 *	change_stored.c   the erased form of the log, read
 *	change_erase.c    and made
 *
 * Layouts: common/PROTOCOL.md sections 3.2 to 3.5.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/crypto/crypto.h"
#include "common/wire/change.h"

#define CHANGE_SALT_LEN 16
#define CHANGE_ROOT_AT 108 /* where the header has its root */
#define STORED_MAGIC "PDX1"
#define WITNESSED_MAGIC "PDY1"
#define STORED_MAGIC_LEN 4

/* Which optional columns a body has. */
#define COLUMN_PERSONS 1u /* visits have persons or notes */
#define COLUMN_ALSO 2u    /* rows name other sets shown */
#define COLUMN_PREDS 4u   /* writes name predecessors */
#define COLUMN_ALL 7u

/* How the column `shown` says which state of the record was displayed. */
enum shown_code {
	SHOWN_NEW = 0,     /* 0.0 */
	SHOWN_SAME = 1,    /* as the row before that was not new */
	SHOWN_VERSION = 2, /* same epoch; the change of version follows */
	SHOWN_BOTH = 3,    /* epoch and version follow */
};

/* How a row says what its writes replace. */
enum preds_code {
	PREDS_NONE = 0,
	PREDS_ONE = 1,  /* every write the same one */
	PREDS_SOME = 2, /* the same one, but not every write: counts follow */
	PREDS_EACH = 3, /* counts follow */
};
/* Counts are those of the last row of the same pattern that has counts. */
#define PREDS_AGAIN 4u

/* What an order says; stands in its column and in its leaf. */
enum toggle_code {
	TOGGLE_VOID = 0,
	TOGGLE_RELEASE = 1,
	TOGGLE_BOOK = 2, /* release, as its booking says */
};

static inline enum toggle_code
change_toggle_code(const struct change_toggle *toggle)
{
	if (!toggle->accept)
		return TOGGLE_VOID;
	return toggle->booking.writer != 0 ? TOGGLE_BOOK : TOGGLE_RELEASE;
}

/* A set with the memory that it needs; change_free() gets &set. */
struct change_box {
	struct change set;
	void *arrays;        /* visits, rows, writes, names, toggles */
	uint8_t *bytes;      /* inflated body; values and notes point into it */
	const uint8_t *seed; /* in bytes; NULL: unpacked from the log's form */
	char *links;         /* values that a booking made; NULL: not booked */
	enum status root;    /* of a booked set: of what was signed */
};

/* Where row ids and visit ids of a set start to count from. */
static inline uint64_t
change_row_base(const struct change_head *head)
{
	return (uint64_t)head->authority << 49;
}

static inline uint64_t
change_visit_base(const struct change_head *head)
{
	return change_row_base(head) | (uint64_t)head->writer << 29;
}

/* The day, UTC, of a clock value: what a visit's day is compared with. */
static inline int64_t
change_hlc_day(uint64_t hlc)
{
	return (int64_t)((hlc >> 16) / 86400000u);
}

/* How this row's predecessors are written. */
enum preds_code change_preds_code(const struct change_row *row);

/* change_check.c: limits, order, references; ST_INVALID says which. */
enum status change_check_head(const struct change_head *head, struct err *err);
enum status change_check_body(const struct change_head *head,
    const struct change_body *body, struct err *err);

/* change_write.c: append the columns of a checked body to ${out}. */
enum status change_columns_pack(struct writer *out,
    const struct change_head *head, const struct change_body *body,
    const uint8_t seed[CHANGE_SEED_LEN], struct err *err);

/*
 * change_read.c: fill ${box}->set.body from the ${len} bytes at
 * ${box}->bytes.  *${seed} points to the seed in them.
 */
enum status change_columns_unpack(
    struct change_box *box, size_t len, const uint8_t **seed, struct err *err);

/*
 * change_row.c.  A row, or a toggle, as bytes that stand on their own; the
 * leaf over them; the root over leaves.  A visit's note is in there as a
 * hash, ${note} (NULL: it has none), so that it can go and the row stay.
 */
enum status change_row_pack(struct writer *out,
    const struct change_visit *visit, const uint8_t *note,
    const struct change_row *row, struct err *err);
enum status change_toggle_pack(struct writer *out,
    const struct change_visit *visit, const uint8_t *note,
    const struct change_toggle *toggle, struct err *err);
void change_note(uint8_t out[HASH_LEN], const uint8_t salt[CHANGE_SALT_LEN],
    const char *note, size_t len);
void change_leaf(uint8_t out[HASH_LEN], const uint8_t salt[CHANGE_SALT_LEN],
    const uint8_t *bytes, size_t len);
/* Over ${n} >= 1 leaves of HASH_LEN bytes, which are used up. */
void change_root(uint8_t out[HASH_LEN], uint8_t *leaves, size_t n);
/* What the seed gives: a salt for each leaf, then one for each visit's note. */
struct change_salts {
	uint8_t *salts;
	size_t nleaves;
	uint8_t *notes; /* a hash for each visit; NULL: none has a note */
};
enum status change_salts_make(struct change_salts *out,
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    struct err *err);
void change_salts_free(struct change_salts *salts);
const uint8_t *change_salts_leaf(const struct change_salts *salts, size_t i);
const uint8_t *change_salts_visit(const struct change_salts *salts, size_t i);
/* The hash of the note of visit ${i}; NULL if there is no note. */
const uint8_t *change_salts_note(
    const struct change_salts *salts, const struct change_body *body, size_t i);
/* Pack row or toggle ${i} of ${body}, the toggles after the rows. */
enum status change_leaf_pack(struct writer *out, const struct change_body *body,
    const struct change_salts *salts, size_t i, struct err *err);
/* The root of a whole body. */
enum status change_body_root(uint8_t out[HASH_LEN],
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    struct err *err);

/* change_stored.c: unpack and check the erased form. */
enum status change_stored_unpack(
    struct change **out, const uint8_t *bytes, size_t len, struct err *err);

/* change_booked.c: what stands before a booked set, and its length. */
enum status change_booking_read(struct change_booking *out, size_t *skip,
    const uint8_t *bytes, size_t len, struct err *err);
/* The set counts as ${booking} says. */
enum status change_booking_apply(struct change_box *box,
    const struct change_booking *booking, struct err *err);
/* A row's id, or a visit's. */
uint64_t change_booking_id(const struct change_booking *booking,
    const struct change_head *head, uint64_t id);
/* Is it one that can be: its numbers within their limits? */
bool change_booking_good(const struct change_booking *booking);

/* change.c */
enum status change_head_unpack(
    struct change_head *head, const uint8_t *bytes, struct err *err);
void change_id_make(
    uint8_t id[CHANGE_ID_LEN], const uint8_t head[CHANGE_HEAD_LEN]);

/* Quick forms of reader's, for columns: most numbers are one byte. */
static inline void
refuse(struct reader *r)
{
	r->failed = true;
	r->left = 0;
}

static inline uint64_t
take(struct reader *r)
{
	if (r->left > 0 && r->at[0] < 0x80) {
		r->left--;
		return *r->at++;
	}
	return reader_varint(r);
}

/* At most ${max}: more fails the reader, and gives 0. */
static inline uint64_t
take_max(struct reader *r, uint64_t max)
{
	uint64_t v = take(r);

	if (v <= max)
		return v;
	refuse(r);
	return 0;
}

static inline int64_t
take_signed(struct reader *r)
{
	uint64_t v = take(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif /* COMMON_WIRE_CHANGE_INTERNAL_H */
