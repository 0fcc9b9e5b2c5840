#ifndef COMMON_DOCTOR_SYMPTOM_H
#define COMMON_DOCTOR_SYMPTOM_H

/*
 * symptom: one thing that a `doctor` can find, with the check it belongs to,
 * how bad it is, and what to do, in English and in Indonesian.
 *
 *	a check -> symptom_put() -> one line of JSON
 *
 *	{"check": "space", "state": "attention", "finding": "space-low",
 *	 "detail": "...", "en": "...", "id": "..."}
 *
 * Sentences hold no data; the detail holds numbers, and names of files.
 */

#include <stdarg.h>

#include "common/base/err.h"

struct writer;

/* How bad it is, as programs read it. */
#define SYMPTOM_OK "ok"
#define SYMPTOM_ATTENTION "attention"
#define SYMPTOM_WRONG "wrong"
#define SYMPTOM_UNCHECKED "unchecked"

struct symptom {
	const char *check, *state, *name;
	const char *en, *id;
};

/* Append the line; the detail is as err_set() has it, or NULL. */
enum status symptom_put(struct writer *out, struct err *err,
    const struct symptom *symptom, const char *fmt, va_list args);

#endif /* COMMON_DOCTOR_SYMPTOM_H */
