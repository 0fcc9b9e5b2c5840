#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "agent/visit/diff.h"
#include "agent/visit/form.h"
#include "common/base/arena.h"

/* One register while it is put together. */
struct cell {
	const struct instrument_register *reg;
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
};

static const struct record_head *
shown_head(const struct diff_opts *opts, uint16_t reg)
{
	const struct record_reg *r = record_find(opts->displayed, reg);

	return r != NULL ? record_shown(r) : NULL;
}

/* Start from what is displayed; what cannot be read counts as not there. */
static void
start_cell(struct cell *cell, const struct diff_opts *opts,
    const struct instrument_register *reg)
{
	const struct record_head *head = shown_head(opts, reg->id);
	struct err ignored;

	memset(cell, 0, sizeof(*cell));
	cell->reg = reg;
	if (head != NULL &&
	    instrument_unpack(
		cell->values, reg, head->value, head->len, &ignored) != ST_OK)
		memset(cell->values, 0, sizeof(cell->values));
}

static enum status
name_preds(struct change_write *w, const struct diff_opts *opts,
    struct arena *arena, struct err *err)
{
	const struct record_reg *r = record_find(opts->displayed, w->reg);
	uint64_t preds[CHANGE_PREDS_MAX];
	size_t n;

	n = merge_preds(r, opts->own, opts->own_arg, preds, CHANGE_PREDS_MAX);
	/* More than fit: those that are left out stay beside this one. */
	if (n > CHANGE_PREDS_MAX)
		n = CHANGE_PREDS_MAX;
	w->npreds = (uint16_t)n;
	w->preds = arena_copy(arena, preds, n * sizeof(*preds));
	if (w->preds == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	return ST_OK;
}

/* Add the write of ${cell}, unless it says what is displayed anyway. */
static enum status
end_cell(struct diff *out, const struct cell *cell,
    const struct diff_opts *opts, bool again, struct arena *arena,
    struct err *err)
{
	const struct record_head *head = shown_head(opts, cell->reg->id);
	struct change_write *w = &out->writes[out->n];
	struct writer bytes = { 0 };
	bool same;
	enum status st;

	st = instrument_pack(&bytes, cell->reg, cell->values, err);
	if (st != ST_OK)
		goto out;
	same = head != NULL ? head->len == bytes.len &&
		(bytes.len == 0 ||
		    memcmp(head->value, bytes.bytes, bytes.len) == 0)
			    : bytes.len == 0;
	if (same && !again)
		goto out;
	w->reg = cell->reg->id;
	w->len = (uint32_t)bytes.len;
	if ((w->value = arena_copy(arena, bytes.bytes, bytes.len)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	if ((st = name_preds(w, opts, arena, err)) == ST_OK)
		out->n++;
out:
	writer_free(&bytes);
	return st;
}

/* A register of one field, set by the program. */
static enum status
put_own(struct diff *out, const struct diff_opts *opts, uint16_t id,
    const char *text, struct arena *arena, struct err *err)
{
	const struct instrument_register *reg =
	    instrument_find_register(opts->ins, opts->form->kind, id);
	struct cell cell = { .reg = reg };

	if (reg == NULL)
		return err_set(err, ST_BUG, "the field list has no register %u",
		    (unsigned)id);
	cell.values[0].text = text;
	cell.values[0].len = strlen(text);
	return end_cell(out, &cell, opts, false, arena, err);
}

/* Values ${from} to *${next} lie in one register. */
static enum status
put_group(struct diff *out, const struct diff_opts *opts, size_t from,
    size_t *next, bool again, struct arena *arena, struct err *err)
{
	const struct form_record *form = opts->form;
	const struct instrument_field *field = form->values[from].field;
	const struct instrument_register *reg =
	    instrument_find_register(opts->ins, form->kind, field->reg);
	struct cell cell;
	size_t i;

	start_cell(&cell, opts, reg);
	for (i = from; i < form->nvalues; i++) {
		field = form->values[i].field;
		if (field->reg != reg->id)
			break;
		cell.values[field - reg->fields] = form->values[i].value;
	}
	*next = i;
	return end_cell(out, &cell, opts, again, arena, err);
}

static int
compare_writes(const struct change_write *a, const struct change_write *b)
{
	return a->reg < b->reg ? -1 : a->reg > b->reg;
}

/* The program's own registers came last: put them where they belong. */
static void
sort_writes(struct diff *diff)
{
	struct change_write w;
	size_t i, k;

	for (i = 1; i < diff->n; i++) {
		w = diff->writes[i];
		for (k = i;
		     k > 0 && compare_writes(&diff->writes[k - 1], &w) > 0; k--)
			diff->writes[k] = diff->writes[k - 1];
		diff->writes[k] = w;
	}
}

static enum status
start_diff(struct diff *out, const struct diff_opts *opts, struct arena *arena,
    struct err *err)
{
	out->n = 0;
	out->writes =
	    arena_take(arena, (opts->form->nvalues + 2) * sizeof(*out->writes));
	if (out->writes == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	return ST_OK;
}

enum status
diff_make(struct diff *out, const struct diff_opts *opts, struct arena *arena,
    struct err *err)
{
	char id[ID_TEXT_SIZE], place[REGION_TEXT_SIZE];
	enum status st;
	size_t i;

	st = start_diff(out, opts, arena, err);
	for (i = 0; i < opts->form->nvalues && st == ST_OK;)
		st = put_group(out, opts, i, &i, false, arena, err);
	if (st == ST_OK && opts->link != 0) {
		id_print(opts->link, id);
		st = put_own(out, opts, INSTRUMENT_HOUSEHOLD, id, arena, err);
	}
	if (st == ST_OK && opts->village != 0) {
		region_print(opts->village, place);
		st = put_own(out, opts, INSTRUMENT_PLACE, place, arena, err);
	}
	if (st == ST_OK)
		sort_writes(out);
	return st;
}

enum status
diff_confirm(struct diff *out, const struct diff_opts *opts,
    struct arena *arena, struct err *err)
{
	const struct record_reg *reg;
	enum status st;
	size_t i;

	st = start_diff(out, opts, arena, err);
	for (i = 0; i < opts->form->nvalues && st == ST_OK && out->n == 0;) {
		reg = record_find(
		    opts->displayed, opts->form->values[i].field->reg);
		if (reg != NULL && record_conflict(reg))
			i++; /* would be one more voice in it */
		else
			st = put_group(out, opts, i, &i, true, arena, err);
	}
	/* One more voice, if there is nothing else: the visit was made. */
	for (i = 0; i < opts->form->nvalues && st == ST_OK && out->n == 0;)
		st = put_group(out, opts, i, &i, true, arena, err);
	return st;
}
