#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/json/json.h"
#include "common/place/region.h"

#include "agent/visit/form.h"

#define LIFE_FIELDS 3u /* that "life" may give */

/* What one reading carries along. */
struct reading {
	struct form *form;
	const struct instrument *ins;
	struct form_record *record; /* that values go to */
	size_t room;                /* for values of it */
};

static const char *
keep_text(struct form *form, const char *text)
{
	return arena_copy(&form->arena, text, strlen(text));
}

void
form_fault(
    struct form *form, const char *path, const char *name, const char *text)
{
	struct form_error *e;
	char full[128];

	form->all_errors++;
	if (form->nerrors == FORM_ERRORS_MAX)
		return;
	snprintf(full, sizeof(full), "%s%s", path, name);
	e = &form->errors[form->nerrors];
	e->path = keep_text(form, full);
	e->text = keep_text(form, text);
	if (e->path != NULL && e->text != NULL)
		form->nerrors++;
}

enum status
form_verdict(const struct form *form, struct err *err)
{
	if (form->all_errors == 0)
		return ST_OK;
	if (form->nerrors == 0)
		return err_set(err, ST_NOMEM, "no memory");
	if (form->all_errors == 1)
		return err_set(err, ST_INVALID, "%s: %s", form->errors[0].path,
		    form->errors[0].text);
	return err_set(err, ST_INVALID, "%s: %s (and %zu more)",
	    form->errors[0].path, form->errors[0].text, form->all_errors - 1);
}

/* ${err} came from json.h: its text names the path already. */
static void
fault_json(struct reading *in, const char *name, const struct err *err)
{
	form_fault(in->form, "", name, err->text);
}

static bool
add_value(struct reading *in, const struct instrument_field *field,
    struct instrument_value value)
{
	struct form_record *r = in->record;
	size_t i;

	for (i = 0; i < r->nvalues; i++)
		if (r->values[i].field == field) {
			form_fault(
			    in->form, r->path, field->name, "is given twice");
			return false;
		}
	if (r->nvalues == in->room)
		return false; /* cannot be: each gives one value */
	r->values[r->nvalues].field = field;
	r->values[r->nvalues].value = value;
	r->nvalues++;
	return true;
}

/* ${err} names the field, as does the path that it is listed with. */
static const char *
rule_of(const struct instrument_field *field, const struct err *err)
{
	size_t len = strlen(field->name);

	if (strncmp(err->text, field->name, len) == 0 &&
	    strncmp(err->text + len, ": ", 2) == 0)
		return err->text + len + 2;
	return err->text;
}

/* Hold one text to its field; codes may be given by their word. */
static void
read_text(struct reading *in, const struct instrument_field *field,
    const char *path, const char *text)
{
	const struct instrument_code *code;
	struct instrument_value value = { text, strlen(text) };
	struct err err;

	if (field->type == INSTRUMENT_CODE && value.len > 0 &&
	    instrument_find_code(field, value) == NULL &&
	    (code = instrument_guess_code(field, text)) != NULL) {
		value.text = code->code;
		value.len = strlen(code->code);
	}
	if (instrument_check(field, value, &err) != ST_OK) {
		form_fault(in->form, path, field->name, rule_of(field, &err));
		return;
	}
	if (value.len > 0 &&
	    (value.text = keep_text(in->form, value.text)) == NULL) {
		form_fault(in->form, path, field->name, "no memory");
		return;
	}
	add_value(in, field, value);
}

static void
read_field(struct reading *in, const struct json *member)
{
	const char *name = json_name(member), *path = in->record->path;
	const struct instrument_field *field;
	const char *text = "";
	struct err err;

	field = instrument_find_name(in->ins, name);
	if (field == NULL || field->kind != in->record->kind) {
		json_path(member, err.text, sizeof(err.text));
		form_fault(in->form, "", err.text,
		    "there is no such field in this form");
		return;
	}
	if (field->desk) {
		form_fault(in->form, path, field->name,
		    "is for the office to fill in, not for a visit");
		return;
	}
	if (field->kind == RECORD_PERSON &&
	    field->reg == INSTRUMENT_HOUSEHOLD) {
		form_fault(in->form, path, field->name,
		    "follows from the household that the person is listed in");
		return;
	}
	if (field->kind == RECORD_HOUSEHOLD && in->record->id == 0 &&
	    field->reg == INSTRUMENT_PLACE) {
		form_fault(in->form, path, field->name,
		    "follows from \"new\": {\"village\": ...}");
		return;
	}
	if (json_kind(member) != JSON_NULL &&
	    json_as_string(member, &text, &err) != ST_OK) {
		form_fault(in->form, path, field->name,
		    "must be text, in quotation marks, or null");
		return;
	}
	read_text(in, field, path, text);
}

static void
read_fields(struct reading *in, const struct json *object)
{
	const struct json *fields;
	struct err err;
	size_t i;

	if (json_opt_object(object, "fields", &fields, &err) != ST_OK) {
		fault_json(in, "fields", &err);
		return;
	}
	for (i = 0; fields != NULL && i < json_count(fields); i++)
		read_field(in, json_at(fields, i));
}

/* "life": the life register by the names that every instrument shares. */
static void
read_life(struct reading *in, const struct json *object)
{
	static const char *const NAMES[LIFE_FIELDS] = { "state", "date",
		"reason" };
	const struct instrument_register *reg;
	const struct json *life;
	const char *text;
	char path[96];
	struct err err;
	size_t i;

	if (json_opt_object(object, "life", &life, &err) != ST_OK ||
	    (life != NULL &&
		json_only(life, NAMES, LIFE_FIELDS, &err) != ST_OK)) {
		fault_json(in, "life", &err);
		return;
	}
	reg = instrument_find_register(
	    in->ins, in->record->kind, INSTRUMENT_LIFE);
	snprintf(path, sizeof(path), "%slife: ", in->record->path);
	for (i = 0; life != NULL && reg != NULL && i < reg->nfields; i++) {
		if (i == LIFE_FIELDS)
			break;
		if (json_opt_string(life, NAMES[i], &text, &err) != ST_OK)
			fault_json(in, NAMES[i], &err);
		else if (text != NULL)
			read_text(in, &reg->fields[i], path, text);
		else if (i == 0)
			form_fault(in->form, path, NAMES[i], "is missing");
		else /* a new state does not keep the old one's day */
			read_text(in, &reg->fields[i], path, "");
	}
}

/* How many the member ${name} of ${object} holds. */
static size_t
count_in(const struct json *object, const char *name)
{
	const struct json *member = json_find(object, name);

	return member != NULL ? json_count(member) : 0;
}

static bool
goes_after(const struct form_value *x, const struct form_value *y)
{
	if (x->field->reg != y->field->reg)
		return x->field->reg > y->field->reg;
	return x->field > y->field;
}

/* They mostly come as the form has them. */
static void
sort_values(struct form_record *record)
{
	struct form_value v;
	size_t i, k;

	for (i = 1; i < record->nvalues; i++) {
		v = record->values[i];
		for (k = i; k > 0 && goes_after(&record->values[k - 1], &v);
		     k--)
			record->values[k] = record->values[k - 1];
		record->values[k] = v;
	}
}

static void
read_values(
    struct reading *in, struct form_record *record, const struct json *object)
{
	struct err err;

	in->record = record;
	in->room = count_in(object, "fields") + LIFE_FIELDS;
	record->values =
	    arena_take(&in->form->arena, in->room * sizeof(*record->values));
	if (record->values == NULL) {
		form_fault(in->form, record->path, "fields", "no memory");
		return;
	}
	if (json_opt_string(object, "shown", &record->shown, &err) != ST_OK)
		fault_json(in, "shown", &err);
	if (record->shown != NULL)
		record->shown = keep_text(in->form, record->shown);
	read_fields(in, object);
	read_life(in, object);
	sort_values(record);
}

/* The id in ${name}; true if it is given and good. */
static bool
read_id(struct reading *in, const struct json *object, const char *path,
    const char *name, uint64_t *out)
{
	const char *text;
	struct err err;

	*out = 0;
	if (json_opt_string(object, name, &text, &err) != ST_OK) {
		fault_json(in, name, &err);
		return false;
	}
	if (text == NULL)
		return false;
	if (id_parse(out, text, &err) == ST_OK)
		return true;
	form_fault(in->form, path, name, "is not the id of a record");
	return false;
}

static void
read_member(struct reading *in, struct form_record *record,
    const struct json *member, size_t i)
{
	static const char *const NAMES[] = { "person", "new", "fields", "life",
		"shown" };
	char path[32];
	bool is_new = false, is_old;
	struct err err;

	snprintf(path, sizeof(path), "members[%zu].", i);
	record->kind = RECORD_PERSON;
	if ((record->path = keep_text(in->form, path)) == NULL) {
		record->path = "";
		form_fault(in->form, "", "members", "no memory");
		return;
	}
	if (json_only(member, NAMES, 5, &err) != ST_OK ||
	    json_opt_bool(member, "new", false, &is_new, &err) != ST_OK) {
		fault_json(in, "members", &err);
		return;
	}
	is_old = read_id(in, member, record->path, "person", &record->id);
	if (is_old == is_new)
		form_fault(in->form, record->path, "person",
		    "either this or \"new\": true must be given");
	read_values(in, record, member);
}

static void
read_members(struct reading *in, const struct json *members)
{
	struct form *form = in->form;
	size_t i, k, n = members != NULL ? json_count(members) : 0;

	if (n > FORM_MEMBERS_MAX) {
		form_fault(form, "", "members", "more than 60 persons");
		n = FORM_MEMBERS_MAX;
	}
	for (i = 0; i < n; i++) {
		read_member(in, &form->records[1 + i], json_at(members, i), i);
		for (k = 0; k < i; k++)
			if (form->records[1 + k].id != 0 &&
			    form->records[1 + k].id == form->records[1 + i].id)
				form_fault(form, form->records[1 + i].path,
				    "person", "is listed twice");
	}
	form->nrecords = 1 + n;
}

static void
read_household(struct reading *in, const struct json *doc)
{
	static const char *const NAMES[] = { "village" };
	struct form_record *record = &in->form->records[0];
	const struct json *is_new;
	const char *village;
	struct err err;
	bool is_old;

	record->kind = RECORD_HOUSEHOLD;
	record->path = "";
	if (json_opt_object(doc, "new", &is_new, &err) != ST_OK) {
		fault_json(in, "new", &err);
		return;
	}
	is_old = read_id(in, doc, "", "household", &record->id);
	if (is_old == (is_new != NULL))
		form_fault(in->form, "", "household",
		    "either this or \"new\" must be given");
	if (is_new == NULL)
		return;
	if (json_only(is_new, NAMES, 1, &err) != ST_OK ||
	    json_get_string(is_new, "village", &village, &err) != ST_OK)
		fault_json(in, "new", &err);
	else if (region_parse(&in->form->village, village, &err) != ST_OK ||
	    region_level(in->form->village) != REGION_VILLAGE)
		form_fault(in->form, "", "new.village",
		    "is not the code of a village");
}

static void
read_head(struct reading *in, const struct json *doc)
{
	struct form *form = in->form;
	const char *text = NULL;
	struct err err;

	form->key = form->note = "";
	if (json_get_string(doc, "key", &text, &err) != ST_OK)
		fault_json(in, "key", &err);
	else if (text[0] == '\0' || strlen(text) > FORM_KEY_MAX)
		form_fault(form, "", "key", "must be 1 to 100 bytes long");
	else
		form->key = keep_text(form, text);

	if (json_get_string(doc, "day", &text, &err) != ST_OK)
		fault_json(in, "day", &err);
	else if (day_parse(&form->day, text, &err) != ST_OK)
		form_fault(form, "", "day", "is not a date as YYYY-MM-DD");

	if (json_opt_string(doc, "note", &text, &err) != ST_OK)
		fault_json(in, "note", &err);
	else if (text != NULL && strlen(text) > CHANGE_NOTE_MAX)
		form_fault(form, "", "note", "is longer than a note may be");
	else if (text != NULL)
		form->note = keep_text(form, text);
	if (form->key == NULL || form->note == NULL)
		form_fault(form, "", "key", "no memory");
}

static void
read_document(struct reading *in, const struct json *doc)
{
	static const char *const NAMES[] = { "key", "household", "new", "day",
		"shown", "fields", "life", "members", "note" };
	struct form *form = in->form;
	const struct json *members;
	struct err err;
	size_t n;

	if (json_only(doc, NAMES, sizeof(NAMES) / sizeof(NAMES[0]), &err) !=
	    ST_OK)
		fault_json(in, "visit", &err);
	form->key = form->note = "";
	n = count_in(doc, "members");
	form->records = arena_take(&form->arena,
	    (1 + (n < FORM_MEMBERS_MAX ? n : FORM_MEMBERS_MAX)) *
		sizeof(*form->records));
	if (form->records == NULL) {
		form_fault(form, "", "visit", "no memory");
		return;
	}
	form->nrecords = 1;
	read_head(in, doc);
	read_household(in, doc);
	read_values(in, &form->records[0], doc);
	if (json_opt_array(doc, "members", &members, &err) != ST_OK)
		fault_json(in, "members", &err);
	else
		read_members(in, members);
}

enum status
form_parse(struct form **out, const struct instrument *ins, const char *json,
    size_t len, struct err *err)
{
	struct reading in = { .ins = ins };
	struct json *doc = NULL;
	enum status st;

	*out = NULL;
	if ((in.form = calloc(1, sizeof(*in.form))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = json_parse(&doc, json, len, JSON_TEXT_MAX, err);
	if (st == ST_OK)
		st = json_as_object(doc, err);
	if (st == ST_OK) {
		read_document(&in, doc);
		*out = in.form;
	} else {
		form_free(in.form);
	}
	json_free(doc);
	return st;
}

void
form_free(struct form *form)
{
	if (form == NULL)
		return;
	arena_free(&form->arena);
	free(form);
}
