#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/base/utf8.h"
#include "common/crypto/crypto.h"
#include "common/instrument/instrument.h"
#include "common/json/json.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "sync-server/review/look.h"
#include "sync-server/store/store.h"

static enum status
put_hex(struct json_writer *w, const char *name, const void *bytes, size_t len,
    struct err *err)
{
	char *hex;

	if ((hex = malloc(2 * len + 1)) == NULL)
		return err_set(err, ST_NOMEM, "show a record: no memory");
	crypto_hex(hex, bytes, len);
	json_put_string(w, name, hex);
	free(hex);
	return ST_OK;
}

/* A field's text; what is none goes out as its bytes. */
static enum status
put_text(struct json_writer *w, const char *name, const char *text, size_t len,
    struct err *err)
{
	char *copy;

	if (!utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
		return put_hex(w, name, text, len, err);

	if ((copy = malloc(len + 1)) == NULL)
		return err_set(err, ST_NOMEM, "show a record: no memory");
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	json_put_string(w, name, copy);
	free(copy);
	return ST_OK;
}

enum status
look_value(struct json_writer *w, const struct instrument *ins,
    enum change_record_kind kind, uint16_t reg, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	const struct instrument_register *known;
	enum status st = ST_OK;
	char name[24];
	size_t i;

	if (len == 0)
		return ST_OK;
	known = instrument_find_register(ins, kind, reg);
	if (known == NULL ||
	    instrument_unpack(values, known, bytes, len, err) != ST_OK) {
		snprintf(name, sizeof(name), "register-%u", reg);
		return put_hex(w, name, bytes, len, err);
	}
	for (i = 0; i < known->nfields && st == ST_OK; i++) {
		if (values[i].len > 0)
			st = put_text(w, known->fields[i].name, values[i].text,
			    values[i].len, err);
	}
	return st;
}

static enum status
put_head(struct json_writer *w, const struct instrument *ins,
    enum change_record_kind kind, uint16_t reg, const struct record_head *head,
    struct err *err)
{
	char day[DAY_TEXT_SIZE];
	enum status st;

	json_put_object(w, NULL);
	json_put_decimal(w, "set", head->set.set_id);
	json_put_i64(w, "writer", head->set.writer);
	if (head->set.day != DAY_NONE) {
		day_print(head->set.day, day);
		json_put_string(w, "day", day);
	}
	if (head->set.visit != 0)
		json_put_decimal(w, "visit", head->set.visit);
	/* Signed by who took the place of the visit's writer. */
	if (head->set.visit != 0 && head->set.flags == 0 &&
	    id_writer(head->set.visit) != head->set.writer)
		json_put_i64(w, "reissued_from", id_writer(head->set.visit));
	if (head->set.flags & RECORD_SET_DECISION)
		json_put_bool(w, "decision", true);
	if (head->set.flags & RECORD_SET_IMPORT)
		json_put_bool(w, "import", true);
	json_put_object(w, "value");
	st = look_value(w, ins, kind, reg, head->value, head->len, err);
	json_put_end(w);
	json_put_end(w);
	return st;
}

enum status
look_register(struct json_writer *w, const char *name,
    const struct instrument *ins, enum change_record_kind kind,
    const struct record_reg *reg, struct err *err)
{
	const struct instrument_register *known;
	const struct record_head *shown = record_shown(reg);
	enum status st = ST_OK;
	uint32_t i;

	known = instrument_find_register(ins, kind, reg->reg);
	json_put_object(w, name);
	json_put_string(w, "register", known != NULL ? known->name : "?");
	json_put_i64(w, "number", reg->reg);
	json_put_bool(w, "conflict", record_conflict(reg));
	json_put_object(w, "shown");
	if (shown != NULL)
		st = look_value(
		    w, ins, kind, reg->reg, shown->value, shown->len, err);
	json_put_end(w);
	json_put_array(w, "heads");
	for (i = 0; i < reg->nheads && st == ST_OK; i++)
		st = put_head(w, ins, kind, reg->reg, &reg->heads[i], err);
	json_put_end(w);
	json_put_end(w);
	return st;
}

enum status
look_record(struct json_writer *w, const char *name,
    const struct instrument *ins, const struct store_row *row,
    const struct record *record, int heads, struct err *err)
{
	enum change_record_kind kind = (enum change_record_kind)row->kind;
	char village[REGION_TEXT_SIZE], stamp[40];
	const struct record_head *shown;
	enum status st = ST_OK;
	uint32_t i;

	json_put_object(w, name);
	json_put_decimal(w, "record", row->id);
	json_put_string(
	    w, "kind", kind == RECORD_HOUSEHOLD ? "household" : "person");
	region_print(row->place, village);
	json_put_string(w, "village", village);
	snprintf(stamp, sizeof(stamp), "%u.%llu", row->epoch,
	    (unsigned long long)row->version);
	json_put_string(w, "stamp", stamp);
	json_put_i64(w, "conflicts", record_conflicts(record));
	json_put_object(w, "fields");
	for (i = 0; i < record->nregs && st == ST_OK; i++) {
		if ((shown = record_shown(&record->regs[i])) != NULL)
			st = look_value(w, ins, kind, record->regs[i].reg,
			    shown->value, shown->len, err);
	}
	json_put_end(w);
	if (heads && st == ST_OK) {
		json_put_array(w, "registers");
		for (i = 0; i < record->nregs && st == ST_OK; i++)
			st = look_register(
			    w, NULL, ins, kind, &record->regs[i], err);
		json_put_end(w);
	}
	json_put_end(w);
	return st;
}
