#ifndef SYNC_SERVER_FORWARD_PAYLOAD_H
#define SYNC_SERVER_FORWARD_PAYLOAD_H

/*
 * payload: what goes up of one record, as JSON.
 *
 *	record      {"key", "type": "record", "authority", "record",
 *	             "same": [decimal], "kind", "village", "stamp": "E.V",
 *"instrument", "fields_version", "fields": {name: text}, "heads": [{"register",
 *"sets": [decimal]}], "approved": {"number", "person", "time_ms"}} correction
 *{"key", "type": "correction", "authority", "record", "corrects": key,
 *"reason", "time_ms"}
 *
 * The whole state, not a change of it, with the names of the writes it is
 * made of.  same: the further ids that the record stands for, which are said
 * to be the same and are not sent by themselves; what they hold is not in it.
 * Where one joins or leaves them, a correction of what was sent follows, and
 * one of what was sent of the joining record itself.  Ids and set ids are
 * decimal strings, keys hexadecimal ones.
 * Pure.
 */

#include <stdint.h>

#include "common/base/err.h"

struct approval;
struct instrument;
struct record;
struct store_row;
struct writer;

#define PAYLOAD_KEY_LEN 32

/*
 * The idempotency key of what ${approval} (number, record, heads) sends up,
 * or of the correction of it.
 */
void payload_key(uint8_t key[PAYLOAD_KEY_LEN], unsigned authority,
    const struct approval *approval, int correction);

/* Append the JSON of ${row}, unpacked as ${record}. */
enum status payload_record(struct writer *out, unsigned authority,
    const struct instrument *ins, const struct store_row *row,
    const struct record *record, const struct approval *approval,
    struct err *err);

/* ${reason}: "changed" or "erased". */
enum status payload_correction(struct writer *out, unsigned authority,
    const struct approval *approval, const char *reason, int64_t now_ms,
    struct err *err);

#endif /* SYNC_SERVER_FORWARD_PAYLOAD_H */
