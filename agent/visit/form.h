#ifndef AGENT_VISIT_FORM_H
#define AGENT_VISIT_FORM_H

/*
 * form: a finished visit as it is handed in, read from JSON and held to the
 * field list.  Pure: no store, no clock.
 *
 *	{"key": "the caller's own text; makes a retry harmless",
 *	 "household": "ID"  or  "new": {"village": "64.02.05.2001"},
 *	 "day": "2026-11-20",
 *	 "shown": "EPOCH.VERSION+WAITING",  (optional: as it stands now)
 *	 "fields": {"alamat": "...", "lantai": "3"},
 *	 "life": {"state": "...", "date": "...", "reason": "..."},
 *	 "members": [{"person": "ID"  or  "new": true, "shown": "...",
 *	              "fields": {...}, "life": {...}}],
 *	 "note": "..."}
 *
 * Values are texts, spelt as the field list wants them; "" or null takes a
 * value away.  A code may also be given by its word ("meninggal").  Every
 * mistake is listed, each with its place and rule, none with its value.
 *
 * Before: the page or the command line.  After: diff.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/instrument/instrument.h"

#include "common/base/arena.h"

#define FORM_KEY_MAX 100u    /* bytes */
#define FORM_MEMBERS_MAX 60u /* persons; the form has room for 30 */
#define FORM_ERRORS_MAX 50u  /* more than one screen helps nobody */

struct form_value {
	const struct instrument_field *field;
	struct instrument_value value; /* len 0: take it away */
};

struct form_record {
	uint64_t id; /* 0: new */
	enum change_record_kind kind;
	const char *path;  /* "" or "members[2].": in front of names */
	const char *shown; /* NULL: not said */
	size_t nvalues;
	struct form_value *values; /* by register and the field's place */
};

struct form_error {
	const char *path; /* "members[2].nik" */
	const char *text;
};

struct form {
	const char *key;
	int32_t day;
	const char *note; /* "" if there is none */
	uint64_t village; /* of a new household; 0 */
	size_t nrecords;  /* the household, then the members */
	struct form_record *records;
	size_t nerrors; /* listed, of all there are */
	size_t all_errors;
	struct form_error errors[FORM_ERRORS_MAX];
	struct arena arena; /* private */
};

/*
 * On ST_OK the caller passes *${out} to form_free(), and asks form_verdict()
 * before it believes any of it.  ST_INVALID: no JSON object at all.
 */
enum status form_parse(struct form **out, const struct instrument *ins,
    const char *json, size_t len, struct err *err);
void form_free(struct form *form);

/*
 * Note one more mistake; ${path} and ${text} are copied.  For rules that
 * need more than the form.
 */
void form_fault(
    struct form *form, const char *path, const char *name, const char *text);
/* ST_INVALID, with the first mistake and how many there are, or ST_OK. */
enum status form_verdict(const struct form *form, struct err *err);

#endif /* AGENT_VISIT_FORM_H */
