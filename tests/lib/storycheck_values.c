#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"

#include "tests/lib/storycheck.h"

/*
 * What the truth knows of the world, and no list says: it is for the visits
 * of the story, and an import that had it would have made it up.
 */
static const char *const WORLD[] = { "keberadaan_kel", "keberadaan_ind",
	"tgl_peristiwa_ind" };

const struct storycheck_put *
storycheck_imported(const struct storycheck_put *puts, size_t n, uint16_t reg)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (puts[i].by == CHANGE_IMPORT && puts[i].created &&
		    puts[i].reg == reg && puts[i].len > 0)
			return &puts[i];
	return NULL;
}

/* What the import put into ${field}; len 0: nothing, or nothing readable. */
static struct instrument_value
value_of(const struct storycheck_put *puts, size_t n,
    const struct instrument_field *field)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	const struct instrument_register *reg = instrument_find_register(
	    instrument_builtin(), field->kind, field->reg);
	const struct storycheck_put *put =
	    storycheck_imported(puts, n, field->reg);
	struct err err;

	if (put == NULL || reg == NULL ||
	    instrument_unpack(values, reg, put->value, put->len, &err) != ST_OK)
		return (struct instrument_value){ 0 };
	return values[field - reg->fields];
}

/* The truth's text for ${name}; NULL: it has no such column. */
static const char *
truth_of(const struct storycheck_row *row, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(WORLD) / sizeof(WORLD[0]); i++)
		if (strcmp(WORLD[i], name) == 0)
			return NULL;
	for (i = 0; i < row->n; i++)
		if (strcmp(row->names[i], name) == 0)
			return row->cells[i];
	return NULL;
}

/* Equal, where the truth writes a line break as \n? */
static bool
same(struct instrument_value value, const char *text)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		if (text[0] == '\\' && text[1] == 'n' && value.text[i] == '\n')
			text++;
		else if (*text != value.text[i])
			return false;
		text++;
	}
	return *text == '\0';
}

const char *
storycheck_differs(const struct storycheck_put *puts, size_t n,
    const struct storycheck_row *row)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_field *field;
	const char *text;
	size_t i;

	for (i = 0; i < ins->nfields; i++) {
		field = &ins->fields[i];
		if (field->kind != puts[0].kind ||
		    field->reg == INSTRUMENT_HOUSEHOLD)
			continue;
		text = truth_of(row, field->name);
		if (!same(value_of(puts, n, field), text != NULL ? text : ""))
			return field->name;
	}
	return NULL;
}
