#ifndef COMMON_JSON_JSON_H
#define COMMON_JSON_JSON_H

/*
 * json: documents from outside, read strictly, and documents of ours,
 * written so that we would read them.
 *
 *	bytes -> json_parse -> struct json (a tree of values) -> json_free
 *	                          |
 *	                   json_get_*, json_at
 *
 *	struct writer <- json_put_* <- struct json_writer
 *
 * cJSON parses, but it is lax (33 of 188 invalid texts of a public suite pass),
 *so the bytes are checked first.  Refused, beyond what RFC 8259 refuses anyway:
 *
 *	- bytes that are not UTF-8, a byte order mark, escapes that make half
 *	  a surrogate pair, \u0000 (texts are C strings from there on)
 *	- the same name twice in one object, after escapes are undone
 *	- a number beyond 2^53 - 1 either way, or so small that it becomes 0:
 *	  other programs would read another number.  Identity numbers and ids
 *	  are strings
 *	- more nesting, values or bytes than limits.h or the caller allows
 *
 * An error names the place in the text (line and column) or the path of the
 * value ("members[2].nik"), never the value.  Names that are no plain words
 * of small letters and a few digits are shown as "?": they may hold anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct writer;

/* One value: a document, or a part of one that lives as long as it does. */
struct json;

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/*
 * Read the ${len} bytes at ${bytes}, at most ${max} of them, as one
 * document.  They are not needed afterwards.  The caller frees *${out} with
 * json_free().  ST_INVALID: refused; ST_NOMEM.
 */
enum status json_parse(struct json **out, const void *bytes, size_t len,
    size_t max, struct err *err);

/* Free what json_parse() gave.  Accepts NULL. */
void json_free(struct json *doc);

enum json_kind json_kind(const struct json *value);

/* How many values are in the array or object ${value}; 0 for others. */
size_t json_count(const struct json *value);

/* Number ${i} of them, in the text's order; NULL if there are not so many. */
const struct json *json_at(const struct json *value, size_t i);

/* The name of ${member} in its object, or NULL if it is in none. */
const char *json_name(const struct json *member);

/* The member called ${name}, case and all, or NULL. */
const struct json *json_find(const struct json *object, const char *name);

/*
 * What ${value} holds.  ST_INVALID, with its path, if it is of another kind.
 * Texts belong to the document.
 */
enum status json_as_string(
    const struct json *value, const char **out, struct err *err);
/* Whole numbers only, in any spelling: 3, 3.0, 3e0. */
enum status json_as_i64(
    const struct json *value, int64_t *out, struct err *err);
enum status json_as_number(
    const struct json *value, double *out, struct err *err);
enum status json_as_bool(const struct json *value, bool *out, struct err *err);
enum status json_as_object(const struct json *value, struct err *err);

/*
 * The member ${name} of ${object}.  ST_INVALID if ${object} is none, if it
 * has no such member, or if that is of another kind (null is a kind).
 */
enum status json_get_object(const struct json *object, const char *name,
    const struct json **out, struct err *err);
enum status json_get_array(const struct json *object, const char *name,
    const struct json **out, struct err *err);
enum status json_get_string(const struct json *object, const char *name,
    const char **out, struct err *err);
enum status json_get_i64(
    const struct json *object, const char *name, int64_t *out, struct err *err);
/* The same, from ${min} to ${max}; the error says so. */
enum status json_get_i64_in(const struct json *object, const char *name,
    int64_t min, int64_t max, int64_t *out, struct err *err);
enum status json_get_number(
    const struct json *object, const char *name, double *out, struct err *err);
enum status json_get_bool(
    const struct json *object, const char *name, bool *out, struct err *err);

/*
 * The same where the member may be left out or null: *${out} is then NULL,
 * or ${otherwise}.
 */
enum status json_opt_object(const struct json *object, const char *name,
    const struct json **out, struct err *err);
enum status json_opt_array(const struct json *object, const char *name,
    const struct json **out, struct err *err);
enum status json_opt_string(const struct json *object, const char *name,
    const char **out, struct err *err);
enum status json_opt_i64(const struct json *object, const char *name,
    int64_t otherwise, int64_t *out, struct err *err);
enum status json_opt_bool(const struct json *object, const char *name,
    bool otherwise, bool *out, struct err *err);

/*
 * Every member of ${object} has one of the ${n} names at ${names}; so a name
 * with a typing error is reported instead of its value being lost.
 */
enum status json_only(const struct json *object, const char *const *names,
    size_t n, struct err *err);

/*
 * Where ${value} is in its document, as errors show it: "members[2].nik",
 * "document" for all of it.  Cut short to fit ${size}.
 */
void json_path(const struct json *value, char *out, size_t size);

/*
 * Writing.  Every value has a name within an object (${name} not NULL) and
 * none elsewhere (${name} NULL).  Mistakes and lack of memory are remembered
 * and told by json_writer_finish(), so a run of puts needs one check.
 */
struct json_writer {
	struct writer *out; /* not ours */
	enum status status; /* the first thing that went wrong */
	unsigned depth;     /* open arrays and objects */
	uint64_t objects;   /* bit d: the one at depth d is an object */
	bool begun;         /* the innermost has a value already */
};

struct json_writer json_writer_start(struct writer *out);

void json_put_object(struct json_writer *w, const char *name);
void json_put_array(struct json_writer *w, const char *name);
/* End the innermost object or array. */
void json_put_end(struct json_writer *w);

/* ${text} must be UTF-8 (else ST_INVALID); NULL is written as null. */
void json_put_string(struct json_writer *w, const char *name, const char *text);
/* Text of an error, which may be cut within a character: "?" stands there. */
void json_put_message(
    struct json_writer *w, const char *name, const char *text);
/* Within +-(2^53 - 1), else ST_INVALID: use json_put_decimal(). */
void json_put_i64(struct json_writer *w, const char *name, int64_t value);
/* As a string of decimal digits: ids. */
void json_put_decimal(struct json_writer *w, const char *name, uint64_t value);
/* With as many digits as bring back the same number; not NaN, infinity. */
void json_put_number(struct json_writer *w, const char *name, double value);
void json_put_bool(struct json_writer *w, const char *name, bool value);
void json_put_null(struct json_writer *w, const char *name);
/* A copy of ${value}, from another document. */
void json_put_value(
    struct json_writer *w, const char *name, const struct json *value);

/*
 * Check that one whole value was written.  ST_NOMEM, ST_INVALID as above,
 * ST_BUG: puts and ends do not match.
 */
enum status json_writer_finish(struct json_writer *w, struct err *err);

#endif /* COMMON_JSON_JSON_H */
