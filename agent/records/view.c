#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"
#include "common/json/json.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "agent/records/display.h"
#include "agent/records/view.h"

/* Text of a field with a NUL after it; "?" where it is not UTF-8. */
static void
put_text(struct json_writer *w, const char *name, struct instrument_value v)
{
	char text[RECORD_VALUE_MAX + 1];
	size_t len = v.len < sizeof(text) ? v.len : sizeof(text) - 1;

	memcpy(text, v.text, len);
	text[len] = '\0';
	json_put_message(w, name, text);
}

/* The fields of one value of ${reg}; those without text are left out. */
static void
put_fields(struct json_writer *w, const struct instrument_register *reg,
    const struct record_head *head)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	struct err ignored;
	size_t i;

	if (instrument_unpack(values, reg, head->value, head->len, &ignored) !=
	    ST_OK)
		return; /* of a newer field list: kept, not shown */
	for (i = 0; i < reg->nfields; i++)
		if (values[i].len > 0)
			put_text(w, reg->fields[i].name, values[i]);
}

static void
put_all_fields(struct json_writer *w, const struct display *d,
    const struct instrument *ins)
{
	const struct instrument_register *reg;
	const struct record_head *head;
	uint32_t i;

	json_put_object(w, "fields");
	for (i = 0; i < d->record->nregs; i++) {
		reg = instrument_find_register(
		    ins, d->kind, d->record->regs[i].reg);
		head = record_shown(&d->record->regs[i]);
		if (reg != NULL && head != NULL)
			put_fields(w, reg, head);
	}
	json_put_end(w);
}

static void
put_value(struct json_writer *w, const struct instrument_register *reg,
    const struct record_head *head, bool shown)
{
	char day[DAY_TEXT_SIZE];

	json_put_object(w, NULL);
	json_put_object(w, "fields");
	put_fields(w, reg, head);
	json_put_end(w);
	day_print(head->set.day, day);
	json_put_string(w, "day", day);
	json_put_i64(w, "writer", head->set.writer);
	json_put_bool(w, "shown", shown);
	json_put_end(w);
}

static void
put_conflicts(struct json_writer *w, const struct display *d,
    const struct instrument *ins)
{
	const struct instrument_register *reg;
	const struct record_reg *r;
	const struct record_head *shown;
	uint32_t i, k;

	json_put_array(w, "conflicts");
	for (i = 0; i < d->record->nregs; i++) {
		r = &d->record->regs[i];
		reg = instrument_find_register(ins, d->kind, r->reg);
		if (reg == NULL || !record_conflict(r))
			continue;
		shown = record_shown(r);
		json_put_object(w, NULL);
		json_put_string(w, "register", reg->name);
		json_put_array(w, "values");
		for (k = 0; k < r->nheads; k++)
			put_value(w, reg, &r->heads[k], &r->heads[k] == shown);
		json_put_end(w);
		json_put_end(w);
	}
	json_put_end(w);
}

static bool
is_gone(const struct display *d, const struct instrument *ins)
{
	const struct record_reg *reg = record_find(d->record, INSTRUMENT_LIFE);
	const struct record_head *head = reg != NULL ? record_shown(reg) : NULL;

	return head != NULL &&
	    instrument_gone(ins, d->kind, head->value, head->len);
}

void
view_put(struct json_writer *w, const struct display *display, uint64_t place,
    const struct instrument *ins)
{
	char stand[DISPLAY_STAND_SIZE], village[REGION_TEXT_SIZE];

	json_put_decimal(w, "id", display->id);
	json_put_string(w, "kind",
	    display->kind == RECORD_HOUSEHOLD ? "household" : "person");
	if (place != 0) {
		region_print(place, village);
		json_put_string(w, "village", village);
	}
	display_stand_print(display, stand);
	json_put_string(w, "shown", stand);
	json_put_i64(w, "waiting", (int64_t)display->nwaiting);
	json_put_bool(w, "gone", is_gone(display, ins));
	put_all_fields(w, display, ins);
	put_conflicts(w, display, ins);
}
