#include <string.h>

#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/merge/record.h"

#include "agent/visit/visit_internal.h"

enum status
visit_answer_saved(struct writer *out, const struct saving *s, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	size_t i, writes = 0;

	for (i = 0; i < s->form->nrecords; i++)
		writes += s->records[i].diff.n;
	json_put_object(&w, NULL);
	json_put_decimal(&w, "visit", s->visit);
	json_put_decimal(&w, "household", s->records[0].id);
	json_put_array(&w, "members");
	for (i = 1; i < s->form->nrecords; i++)
		json_put_decimal(&w, NULL, s->records[i].id);
	json_put_end(&w);
	json_put_i64(&w, "writes", (int64_t)writes);
	json_put_bool(&w, "unchanged", s->unchanged);
	json_put_end(&w);
	return json_writer_finish(&w, err);
}

enum status
visit_answer_errors(
    struct writer *out, const struct form *form, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	size_t i;

	json_put_object(&w, NULL);
	json_put_array(&w, "errors");
	for (i = 0; i < form->nerrors; i++) {
		json_put_object(&w, NULL);
		json_put_message(&w, "field", form->errors[i].path);
		json_put_message(&w, "message", form->errors[i].text);
		json_put_end(&w);
	}
	json_put_end(&w);
	json_put_end(&w);
	return json_writer_finish(&w, err);
}

static void
put_chars(struct json_writer *w, const char *name,
    struct instrument_value value, struct arena *arena)
{
	const char *text = arena_copy(arena, value.text, value.len);

	json_put_string(w, name, text);
}

/* The form's value of one field beside the one displayed now. */
static void
put_field(struct json_writer *w, const struct saving_record *r,
    const struct form_value *value, const struct instrument *ins,
    struct arena *arena)
{
	const struct instrument_field *field = value->field;
	const struct instrument_register *reg =
	    instrument_find_register(ins, field->kind, field->reg);
	const struct record_reg *shown =
	    record_find(r->display.record, field->reg);
	const struct record_head *head =
	    shown != NULL ? record_shown(shown) : NULL;
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	struct instrument_value *now = &values[field - reg->fields];
	struct err ignored;

	if (head != NULL &&
	    instrument_unpack(values, reg, head->value, head->len, &ignored) !=
		ST_OK)
		memset(values, 0, sizeof(values));
	if (now->len == value->value.len &&
	    (now->len == 0 ||
		memcmp(now->text, value->value.text, now->len) == 0))
		return;
	json_put_object(w, NULL);
	json_put_string(w, "field", field->name);
	put_chars(w, "yours", value->value, arena);
	put_chars(w, "now", *now, arena);
	json_put_end(w);
}

static void
put_conflict(struct json_writer *w, const struct saving_record *r,
    const struct instrument *ins, struct arena *arena)
{
	char now[DISPLAY_STAND_SIZE];
	size_t i;

	display_stand_print(&r->display, now);
	json_put_object(w, NULL);
	json_put_decimal(w, "record", r->id);
	json_put_string(w, "shown", r->form->shown);
	json_put_string(w, "now", now);
	json_put_array(w, "fields");
	for (i = 0; i < r->form->nvalues; i++)
		put_field(w, r, &r->form->values[i], ins, arena);
	json_put_end(w);
	json_put_end(w);
}

enum status
visit_answer_conflicts(
    struct writer *out, const struct saving *s, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	struct arena arena = { 0 };
	enum status st;
	size_t i;

	json_put_object(&w, NULL);
	json_put_array(&w, "conflicts");
	for (i = 0; i < s->form->nrecords; i++)
		if (s->records[i].moved)
			put_conflict(
			    &w, &s->records[i], instrument_builtin(), &arena);
	json_put_end(&w);
	json_put_end(&w);
	st = json_writer_finish(&w, err);
	arena_free(&arena);
	return st;
}
