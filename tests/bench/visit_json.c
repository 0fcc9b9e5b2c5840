#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/wire/change.h"
#include "tests/bench/measure.h"
#include "tests/bench/visit_json.h"
#include "tests/lib/visits.h"

static void say(struct writer *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct writer *out, const char *fmt, ...)
{
	char text[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(text))
		abort();
	writer_bytes(out, text, (size_t)n);
}

/* Without needless zeros, which visits.h does not mind. */
static size_t
trim(const struct instrument_field *field, struct instrument_value value)
{
	size_t len = value.len;

	if (field->type != INSTRUMENT_DECIMAL ||
	    memchr(value.text, '.', len) == NULL)
		return len;
	while (value.text[len - 1] == '0')
		len--;
	return value.text[len - 1] == '.' ? len - 1 : len;
}

/* The fields of one write; nothing in them needs an escape. */
static void
say_write(struct writer *out, enum change_record_kind kind,
    const struct change_write *w, const char **comma)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	const struct instrument_register *reg;
	struct err err;
	size_t i;

	reg = instrument_find_register(instrument_builtin(), kind, w->reg);
	if (reg == NULL)
		abort();
	measure_must(instrument_unpack(values, reg, w->value, w->len, &err),
	    &err, "visit");
	for (i = 0; i < reg->nfields; i++) {
		say(out, "%s\"%s\": \"%.*s\"", *comma, reg->fields[i].name,
		    (int)trim(&reg->fields[i], values[i]), values[i].text);
		*comma = ", ";
	}
}

/* Of a person the household, of a household the village: said elsewhere. */
static void
say_fields(struct writer *out, const struct change_row *row)
{
	const char *comma = "";
	uint16_t i;

	say(out, "\"fields\": {");
	for (i = 0; i < row->nwrites; i++)
		if (row->writes[i].reg > INSTRUMENT_PLACE)
			say_write(out, row->kind, &row->writes[i], &comma);
	say(out, "}");
}

static bool
is_new(const struct change_row *row)
{
	return row->shown_epoch == 0;
}

static void
say_members(struct writer *out, const struct visits *v, size_t visit)
{
	const struct change_row *row;
	const char *comma = "";
	char id[ID_TEXT_SIZE];
	size_t i;

	say(out, ", \"members\": [");
	for (i = 0; i < v->body.nrows; i++) {
		row = &v->body.rows[i];
		if (row->visit != visit || row->kind != RECORD_PERSON)
			continue;
		id_print(row->id, id);
		if (is_new(row))
			say(out, "%s{\"new\": true, ", comma);
		else
			say(out, "%s{\"person\": \"%s\", ", comma, id);
		say_fields(out, row);
		say(out, "}");
		comma = ", ";
	}
	say(out, "]}");
	writer_u8(out, 0);
}

void
visit_json(
    struct writer *out, const struct visits *v, size_t i, const char *village)
{
	const struct change_visit *visit = &v->body.visits[i];
	const struct change_row *row = v->body.rows;
	char id[ID_TEXT_SIZE], day[DAY_TEXT_SIZE];

	while (row->visit != i || row->kind != RECORD_HOUSEHOLD)
		row++;
	id_print(visit->id, id);
	day_print(visit->day, day);
	say(out, "{\"key\": \"%s\", \"day\": \"%s\", ", id, day);
	id_print(row->id, id);
	if (is_new(row))
		say(out, "\"new\": {\"village\": \"%s\"}, ", village);
	else
		say(out, "\"household\": \"%s\", ", id);
	say_fields(out, row);
	say_members(out, v, i);
}
