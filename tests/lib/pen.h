#ifndef TESTS_LIB_PEN_H
#define TESTS_LIB_PEN_H

/*
 * pen: made-up writers and the sets they sign, for tests of what receives
 * them.  A draft is filled row by row, in any order of ids that ascends;
 * a pen signs it as its next number.
 *
 *	pen_make -> draft_start -> draft_row, draft_write ... -> pen_sign
 *
 * Everything is made from small numbers, so that a run can be repeated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/change.h"

#define DRAFT_ROWS 64
#define DRAFT_WRITES 12
#define DRAFT_NAMES 8
#define DRAFT_TOGGLES 8

struct pen {
	struct sign_key key;
	unsigned authority;
	uint32_t writer;
	uint32_t seq;   /* last one signed */
	uint32_t epoch; /* of the desk; 0: a laptop's */
	uint8_t prev[CHANGE_ID_LEN];
	bool lies; /* its sets have roots that their rows do not give */
};

struct draft {
	enum change_kind kind;
	uint64_t set_id;
	struct change_visit visit;
	struct change_row rows[DRAFT_ROWS];
	struct change_write writes[DRAFT_ROWS][DRAFT_WRITES];
	uint64_t names[DRAFT_ROWS][DRAFT_WRITES][DRAFT_NAMES];
	uint64_t also[DRAFT_ROWS][DRAFT_NAMES];
	struct change_toggle toggles[DRAFT_TOGGLES];
	size_t nrows, ntoggles;
};

void pen_make(struct pen *pen, unsigned authority, uint32_t writer);
/* Sign ${draft} as the next number; append it to ${out}, its id to ${id}. */
void pen_sign(struct pen *pen, const struct draft *draft, struct writer *out,
    uint8_t id[CHANGE_ID_LEN]);

void draft_start(struct draft *draft, enum change_kind kind, uint64_t set_id);
/* Shown at (epoch, version); 0.0: new. */
void draft_row(struct draft *draft, uint64_t id, enum change_record_kind kind,
    uint32_t epoch, uint64_t version);
/* The latest row's author had the unanswered ${set_id} on the screen. */
void draft_also(struct draft *draft, uint64_t set_id);
/* ${text} into ${reg} of the latest row; it must live until the signing. */
void draft_write(struct draft *draft, uint16_t reg, const char *text);
/* The latest write replaces that of ${set_id}. */
void draft_name(struct draft *draft, uint64_t set_id);
void draft_toggle(
    struct draft *draft, const uint8_t id[CHANGE_ID_LEN], bool accept);

#endif /* TESTS_LIB_PEN_H */
