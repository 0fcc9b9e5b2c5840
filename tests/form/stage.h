#ifndef TESTS_FORM_STAGE_H
#define TESTS_FORM_STAGE_H

/*
 * stage: a form, a visit on it, and the world around, for scenarios and
 * benches: the clock stands still, random numbers count up, files are those
 * of tests/form/files.
 *
 *	stage_open -> stage_load -> stage_start -> ... -> stage_close
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/env.h"
#include "common/base/err.h"
#include "common/form/session.h"
#include "common/form/tree.h"
#include "common/form/xform.h"

struct stage {
	const char *folder; /* of files */
	struct env env;
	struct xform_files files;
	struct session_opts opts;
	int64_t now_ms;
	uint8_t dice;
	struct xform *form;
	struct session *session;
};

/* Midday of 22 November 2026, at UTC+7. */
void stage_open(struct stage *stage, const char *folder);
void stage_close(struct stage *stage);

/* Load a form; the one before it and its visit are gone. */
enum status stage_load(
    struct stage *stage, const char *text, size_t len, struct err *err);
/* Begin a new visit, or go on with ${instance}. */
enum status stage_start(
    struct stage *stage, const char *instance, struct err *err);
enum status stage_validate(struct stage *stage, const char *instance,
    size_t *nfaults, struct err *err);

/* The whole file, with a NUL behind it, to be freed; NULL: none. */
char *stage_read(const char *folder, const char *name, size_t *len);

#endif /* TESTS_FORM_STAGE_H */
