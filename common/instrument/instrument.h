#ifndef COMMON_INSTRUMENT_INSTRUMENT_H
#define COMMON_INSTRUMENT_INSTRUMENT_H

/*
 * instrument: which fields a household and a person have, what each may
 * hold, and in which register it lies.  Data, not code: verval.json becomes a
 * table at build time, and what a code means is known there alone.
 *
 *	text typed or imported
 *	   |  instrument_check()             one field
 *	   v
 *	instrument_pack() -> register's value -> change.h, record.h
 *	instrument_unpack() <-----------------+
 *
 * A register is a field, or a group of fields that are
 * only ever written together.  Its value is bytes:
 *
 *	one field    the text itself, UTF-8
 *	group        of each field in its order: varint length | text
 *
 * Empty text is no value; a group of nothing but that is no bytes at all.
 * A field's text has one spelling for one meaning (no "07" for 7), so equal
 * values are equal bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct writer;

/* Registers that every instrument has.  Do not renumber. */
#define INSTRUMENT_LIFE 1      /* state (a code), day, reason */
#define INSTRUMENT_HOUSEHOLD 2 /* of a person: the household's record id */
#define INSTRUMENT_SAME_AS 3   /* record id of the record this one repeats */
#define INSTRUMENT_PLACE 4     /* of a household: village code */

#define INSTRUMENT_GROUP_MAX 8 /* fields of one register */

enum instrument_type {
	INSTRUMENT_TEXT,    /* up to max characters, no control characters
	                     * but line ends */
	INSTRUMENT_DIGITS,  /* min to max digits; zeros in front are kept */
	INSTRUMENT_INT,     /* min to max */
	INSTRUMENT_DECIMAL, /* min to max, in units of the last of ${scale}
	                     * digits after the point: -0.4567 */
	INSTRUMENT_DATE,    /* YYYY-MM-DD */
	INSTRUMENT_CODE,    /* one of ${codes} */
	INSTRUMENT_RECORD,  /* a record's id, id.h */
	INSTRUMENT_VILLAGE, /* a village code, region.h */
};

struct instrument_code {
	const char *code;
	const char *label, *label_en;
	const char *aliases; /* other words for it, as instrument_key()s */
	bool gone; /* in the life register: is on the list no longer */
};

struct instrument_field {
	uint16_t id;  /* permanent */
	uint16_t reg; /* the register it lies in; permanent */
	enum change_record_kind kind;
	enum instrument_type type;
	const char *name;
	const char *label, *label_en;
	const char *columns; /* CSV headers, as instrument_key()s */
	int64_t min, max;
	int scale;
	const struct instrument_code *codes;
	size_t ncodes;
	bool identity; /* equal in two records: worth a finding */
	bool desk;     /* set by the desk, never by a visit */
};

struct instrument_register {
	uint16_t id; /* unique among those of its kind of record */
	enum change_record_kind kind;
	const char *name;
	size_t nfields;
	const struct instrument_field *fields; /* in their fixed order */
};

struct instrument {
	const char *name;
	uint16_t version;                      /* of the questionnaire */
	uint16_t fields_version;               /* of the field list */
	const struct instrument_field *fields; /* by kind and register */
	size_t nfields;
	const struct instrument_register *registers; /* by kind and id */
	size_t nregisters;
};

/* A field's text; not NUL-terminated.  len 0: no value. */
struct instrument_value {
	const char *text;
	size_t len;
};

/* The one that is built in; it never goes away. */
const struct instrument *instrument_builtin(void);

/* NULL if there is none. */
const struct instrument_field *instrument_find_id(
    const struct instrument *ins, uint16_t id);
const struct instrument_field *instrument_find_name(
    const struct instrument *ins, const char *name);
/* By a CSV header, however it is spelt: "No. KK", "no_kk". */
const struct instrument_field *instrument_find_column(
    const struct instrument *ins, const char *header);
const struct instrument_register *instrument_find_register(
    const struct instrument *ins, enum change_record_kind kind, uint16_t id);

/*
 * ${text} with nothing left but its letters, small, and its digits: how
 * headers and words are compared.  Cut short at ${size} - 1 bytes.
 */
void instrument_key(const char *text, char *out, size_t size);

/* The code that ${text} is; NULL if the field has no such code. */
const struct instrument_code *instrument_find_code(
    const struct instrument_field *field, struct instrument_value text);
/* The same, but also by its label or another word for it: "Laki-laki". */
const struct instrument_code *instrument_guess_code(
    const struct instrument_field *field, const char *text);

/*
 * May ${value} stand in ${field}?  No value always may.  ST_INVALID: the
 * text names the field and the rule, never the value.
 */
enum status instrument_check(const struct instrument_field *field,
    struct instrument_value value, struct err *err);

/*
 * Append the value of register ${reg} to ${out}, made of the texts of its
 * fields in their order (${reg}->nfields of them), each of them checked.
 */
enum status instrument_pack(struct writer *out,
    const struct instrument_register *reg,
    const struct instrument_value *values, struct err *err);

/*
 * The texts of ${reg}'s fields out of its value; they point into ${bytes}.
 * ST_INVALID: not packed so.  The texts themselves are not checked: a newer
 * instrument may have more codes.
 */
enum status instrument_unpack(struct instrument_value *values,
    const struct instrument_register *reg, const uint8_t *bytes, size_t len,
    struct err *err);

/* Could instrument_pack() have made these bytes?  For those from outside. */
enum status instrument_check_packed(const struct instrument_register *reg,
    const uint8_t *bytes, size_t len, struct err *err);

/* Does this value of the life register mean: no longer on the list? */
bool instrument_gone(const struct instrument *ins, enum change_record_kind kind,
    const uint8_t *bytes, size_t len);

#endif /* COMMON_INSTRUMENT_INSTRUMENT_H */
