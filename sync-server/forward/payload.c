#include <stdio.h>
#include <stdlib.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/json/json.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "sync-server/forward/payload.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/look.h"
#include "sync-server/review/review.h"
#include "sync-server/store/store.h"

#define KEY_DOMAIN "padu/outbox-key/v1"

void
payload_key(uint8_t key[PAYLOAD_KEY_LEN], unsigned authority,
    const struct approval *approval, int correction)
{
	struct writer head = { 0 };
	struct hash h;

	writer_u16(&head, (uint16_t)authority);
	writer_u8(&head, correction ? 2 : 1);
	writer_u64(&head, approval->record);
	writer_u64(&head, approval->number);
	hash_start(&h, KEY_DOMAIN);
	hash_add(&h, head.bytes, head.len);
	hash_add(&h, approval->heads, approval->len);
	hash_end(&h, key);
	writer_free(&head);
}

static void
put_hex(
    struct json_writer *w, const char *name, const uint8_t *bytes, size_t len)
{
	char hex[2 * PAYLOAD_KEY_LEN + 1];

	crypto_hex(hex, bytes, len);
	json_put_string(w, name, hex);
}

static void
put_heads(struct json_writer *w, const struct record *record)
{
	const struct record_reg *reg;
	uint32_t i, k;

	json_put_array(w, "heads");
	for (i = 0; i < record->nregs; i++) {
		reg = &record->regs[i];
		if (reg->nheads == 0)
			continue;
		json_put_object(w, NULL);
		json_put_i64(w, "register", reg->reg);
		json_put_array(w, "sets");
		for (k = 0; k < reg->nheads; k++)
			json_put_decimal(w, NULL, reg->heads[k].set.set_id);
		json_put_end(w);
		json_put_end(w);
	}
	json_put_end(w);
}

static void
put_approval(struct json_writer *w, const struct approval *approval)
{
	json_put_object(w, "approved");
	json_put_i64(w, "number", (int64_t)approval->number);
	json_put_i64(w, "person", approval->person);
	json_put_i64(w, "time_ms", approval->time_ms);
	json_put_end(w);
}

/* Whom the record stands for, as it was approved. */
static enum status
put_same(
    struct json_writer *w, const struct approval *approval, struct err *err)
{
	uint64_t *ids;
	enum status st;
	size_t i, n;

	st = heads_others(&ids, &n, approval->heads, approval->len, err);
	if (st != ST_OK)
		return st;
	json_put_array(w, "same");
	for (i = 0; i < n; i++)
		json_put_decimal(w, NULL, ids[i]);
	json_put_end(w);
	free(ids);
	return ST_OK;
}

static void
put_start(struct json_writer *w, const uint8_t key[PAYLOAD_KEY_LEN],
    const char *type, unsigned authority, uint64_t record)
{
	json_put_object(w, NULL);
	put_hex(w, "key", key, PAYLOAD_KEY_LEN);
	json_put_string(w, "type", type);
	json_put_i64(w, "authority", authority);
	json_put_decimal(w, "record", record);
}

enum status
payload_record(struct writer *out, unsigned authority,
    const struct instrument *ins, const struct store_row *row,
    const struct record *record, const struct approval *approval,
    struct err *err)
{
	struct json_writer w = json_writer_start(out);
	enum change_record_kind kind = (enum change_record_kind)row->kind;
	char village[REGION_TEXT_SIZE], stamp[40];
	const struct record_head *shown;
	uint8_t key[PAYLOAD_KEY_LEN];
	enum status st;
	uint32_t i;

	payload_key(key, authority, approval, 0);
	put_start(&w, key, "record", authority, row->id);
	st = put_same(&w, approval, err);
	json_put_string(
	    &w, "kind", kind == RECORD_HOUSEHOLD ? "household" : "person");
	region_print(row->place, village);
	json_put_string(&w, "village", village);
	snprintf(stamp, sizeof(stamp), "%u.%llu", row->epoch,
	    (unsigned long long)row->version);
	json_put_string(&w, "stamp", stamp);
	json_put_string(&w, "instrument", ins->name);
	json_put_i64(&w, "fields_version", ins->fields_version);
	json_put_object(&w, "fields");
	for (i = 0; i < record->nregs && st == ST_OK; i++) {
		if ((shown = record_shown(&record->regs[i])) != NULL)
			st = look_value(&w, ins, kind, record->regs[i].reg,
			    shown->value, shown->len, err);
	}
	json_put_end(&w);
	put_heads(&w, record);
	put_approval(&w, approval);
	json_put_end(&w);
	if (st == ST_OK)
		st = json_writer_finish(&w, err);
	return st == ST_OK ? st : err_wrap(err, "write a payload");
}

enum status
payload_correction(struct writer *out, unsigned authority,
    const struct approval *approval, const char *reason, int64_t now_ms,
    struct err *err)
{
	struct json_writer w = json_writer_start(out);
	uint8_t key[PAYLOAD_KEY_LEN], corrects[PAYLOAD_KEY_LEN];
	enum status st;

	payload_key(key, authority, approval, 1);
	payload_key(corrects, authority, approval, 0);
	put_start(&w, key, "correction", authority, approval->record);
	put_hex(&w, "corrects", corrects, sizeof(corrects));
	json_put_string(&w, "reason", reason);
	json_put_i64(&w, "time_ms", now_ms);
	json_put_end(&w);
	st = json_writer_finish(&w, err);
	return st == ST_OK ? st : err_wrap(err, "write a correction");
}
