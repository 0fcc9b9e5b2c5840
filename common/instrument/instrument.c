#include <string.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/instrument/instrument_internal.h"

#define KEY_SIZE 64 /* longer than any header we know */

const struct instrument *
instrument_builtin(void)
{
	return &instrument_verval;
}

const struct instrument_field *
instrument_find_id(const struct instrument *ins, uint16_t id)
{
	size_t i;

	for (i = 0; i < ins->nfields; i++) {
		if (ins->fields[i].id == id)
			return &ins->fields[i];
	}
	return NULL;
}

const struct instrument_field *
instrument_find_name(const struct instrument *ins, const char *name)
{
	size_t i;

	for (i = 0; i < ins->nfields; i++) {
		if (ins->fields[i].name[0] == name[0] &&
		    strcmp(ins->fields[i].name, name) == 0)
			return &ins->fields[i];
	}
	return NULL;
}

void
instrument_key(const char *text, char *out, size_t size)
{
	size_t len = 0;
	char c;

	for (; *text != '\0' && len < size - 1; text++) {
		c = *text;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[len++] = c;
	}
	out[len] = '\0';
}

/* Is ${key} one of the words of ${list}, which spaces part? */
static bool
has_word(const char *list, const char *key)
{
	size_t len = strlen(key), word;

	for (; *list != '\0'; list += word + (list[word] == ' ' ? 1 : 0)) {
		word = strcspn(list, " ");
		if (word == len && memcmp(list, key, len) == 0)
			return true;
	}
	return false;
}

const struct instrument_field *
instrument_find_column(const struct instrument *ins, const char *header)
{
	char key[KEY_SIZE];
	size_t i;

	instrument_key(header, key, sizeof(key));
	for (i = 0; i < ins->nfields; i++) {
		if (has_word(ins->fields[i].columns, key))
			return &ins->fields[i];
	}
	return NULL;
}

const struct instrument_register *
instrument_find_register(
    const struct instrument *ins, enum change_record_kind kind, uint16_t id)
{
	const struct instrument_register *reg;
	size_t low = 0, high = ins->nregisters, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		reg = &ins->registers[mid];
		if (reg->kind == kind && reg->id == id)
			return reg;
		if (reg->kind < kind || (reg->kind == kind && reg->id < id))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct instrument_code *
instrument_find_code(
    const struct instrument_field *field, struct instrument_value text)
{
	const struct instrument_code *code;
	size_t i;

	for (i = 0; i < field->ncodes; i++) {
		code = &field->codes[i];
		if (strlen(code->code) == text.len &&
		    memcmp(code->code, text.text, text.len) == 0)
			return code;
	}
	return NULL;
}

const struct instrument_code *
instrument_guess_code(const struct instrument_field *field, const char *text)
{
	const struct instrument_code *code;
	char key[KEY_SIZE], label[KEY_SIZE];
	size_t i;

	code = instrument_find_code(field,
	    (struct instrument_value){ .text = text, .len = strlen(text) });
	if (code != NULL)
		return code;
	instrument_key(text, key, sizeof(key));
	for (i = 0; i < field->ncodes; i++) {
		code = &field->codes[i];
		instrument_key(code->label, label, sizeof(label));
		if (strcmp(key, label) == 0 || has_word(code->aliases, key))
			return code;
	}
	return NULL;
}

static enum status
check_values(const struct instrument_register *reg,
    const struct instrument_value *values, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < reg->nfields && st == ST_OK; i++)
		st = instrument_check(&reg->fields[i], values[i], err);
	return st;
}

static size_t
packed_len(const struct instrument_register *reg,
    const struct instrument_value *values)
{
	size_t i, len = 0;

	for (i = 0; i < reg->nfields; i++)
		len += values[i].len;
	if (len > 0 && reg->nfields > 1)
		len += 2 * reg->nfields; /* a varint of two bytes at most */
	return len;
}

enum status
instrument_pack(struct writer *out, const struct instrument_register *reg,
    const struct instrument_value *values, struct err *err)
{
	enum status st;
	size_t i, len;

	if ((st = check_values(reg, values, err)) != ST_OK)
		return st;
	len = packed_len(reg, values);
	if (len > RECORD_VALUE_MAX)
		return err_set(err, ST_INVALID, "%s: longer than %u bytes",
		    reg->name, RECORD_VALUE_MAX);
	if (len == 0)
		return ST_OK;
	for (i = 0; i < reg->nfields; i++) {
		if (reg->nfields > 1)
			writer_varint(out, values[i].len);
		writer_bytes(out, values[i].text, values[i].len);
	}
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

enum status
instrument_unpack(struct instrument_value *values,
    const struct instrument_register *reg, const uint8_t *bytes, size_t len,
    struct err *err)
{
	struct reader r = reader_start(bytes, len);
	size_t i, all = 0;

	for (i = 0; i < reg->nfields; i++)
		values[i] = (struct instrument_value){ .text = "" };
	if (len == 0)
		return ST_OK;
	for (i = 0; i < reg->nfields; i++) {
		values[i].len = reg->nfields == 1
		    ? len
		    : (size_t)reader_varint_max(&r, RECORD_VALUE_MAX);
		values[i].text = (const char *)reader_bytes(&r, values[i].len);
		all += values[i].len;
	}
	if (!reader_finish(&r) || all == 0) {
		for (i = 0; i < reg->nfields; i++)
			values[i] = (struct instrument_value){ .text = "" };
		return err_set(
		    err, ST_INVALID, "%s: not a packed value", reg->name);
	}
	return ST_OK;
}

enum status
instrument_check_packed(const struct instrument_register *reg,
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	enum status st;

	if (len > RECORD_VALUE_MAX)
		return err_set(err, ST_INVALID, "%s: longer than %u bytes",
		    reg->name, RECORD_VALUE_MAX);
	if ((st = instrument_unpack(values, reg, bytes, len, err)) != ST_OK)
		return st;
	return check_values(reg, values, err);
}

bool
instrument_gone(const struct instrument *ins, enum change_record_kind kind,
    const uint8_t *bytes, size_t len)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	const struct instrument_register *reg;
	const struct instrument_code *code;
	struct err ignored;

	reg = instrument_find_register(ins, kind, INSTRUMENT_LIFE);
	if (reg == NULL ||
	    instrument_unpack(values, reg, bytes, len, &ignored) != ST_OK)
		return false;
	code = instrument_find_code(&reg->fields[0], values[0]);
	return code != NULL && code->gone;
}
