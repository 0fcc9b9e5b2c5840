#ifndef SYNC_SERVER_REVIEW_LOOK_H
#define SYNC_SERVER_REVIEW_LOOK_H

/*
 * look: a record as JSON for people and programs: what is shown, and of
 * every register its heads: who wrote what, when.
 *
 * Pure, apart from the record given.
 */

#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct instrument;
struct json_writer;
struct record;
struct record_reg;
struct store_row;

/*
 * {"register", "shown": {field: text}, "conflict", "heads": [{"set",
 * "writer", "day", "visit", "decision", "import", "value": {field: text}}]}
 */
enum status look_register(struct json_writer *w, const char *name,
    const struct instrument *ins, enum change_record_kind kind,
    const struct record_reg *reg, struct err *err);

/*
 * {"record", "kind", "village", "stamp", "conflicts", "fields": {...},
 * "registers": [...]}; registers only if ${heads}.
 */
enum status look_record(struct json_writer *w, const char *name,
    const struct instrument *ins, const struct store_row *row,
    const struct record *record, int heads, struct err *err);

/* The fields of one register's value: {field: text}. */
enum status look_value(struct json_writer *w, const struct instrument *ins,
    enum change_record_kind kind, uint16_t reg, const uint8_t *bytes,
    size_t len, struct err *err);

#endif /* SYNC_SERVER_REVIEW_LOOK_H */
