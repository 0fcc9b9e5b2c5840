#include <string.h>

#include "common/base/day.h"
#include "common/base/limits.h"
#include "common/merge/merge.h"
#include "common/merge/record_internal.h"

/* One write being added. */
struct adding {
	const struct merge_write *w;
	struct record_reg *reg;
	merge_accepted *accepted;
	void *arg;
	bool named; /* by an accepted write: becomes no head */
	bool older; /* it replaced another value, observed later */
};

static bool
same_value(const struct record_head *head, const struct merge_write *w)
{
	return record_value_same(head, w->value, w->len);
}

static bool
same_write(const struct record_head *head, const struct merge_write *w)
{
	const struct record_set *a = &head->set, *b = &w->set;

	return a->hlc == b->hlc && a->visit == b->visit && a->day == b->day &&
	    a->writer == b->writer && a->flags == b->flags &&
	    same_value(head, w);
}

static bool
day_before(int32_t a, int32_t b)
{
	return a != DAY_NONE && b != DAY_NONE && a < b;
}

static bool
has_head(const struct record_reg *reg, uint32_t at, uint64_t set_id)
{
	return at < reg->nheads && reg->heads[at].set.set_id == set_id;
}

static bool
has_awaited(const struct record_reg *reg, uint32_t at, uint64_t set_id)
{
	return at < reg->nawaited && reg->awaited[at] == set_id;
}

static void
remove_head(struct record_reg *reg, uint32_t at)
{
	memmove(&reg->heads[at], &reg->heads[at + 1],
	    (reg->nheads - at - 1) * sizeof(*reg->heads));
	reg->nheads--;
}

static void
put_head(struct record_reg *reg, const struct merge_write *w)
{
	uint32_t at = record_head_place(reg, w->set.set_id);

	memmove(&reg->heads[at + 1], &reg->heads[at],
	    (reg->nheads - at) * sizeof(*reg->heads));
	reg->heads[at] = (struct record_head){
		.set = w->set,
		.value = w->value,
		.len = w->len,
	};
	reg->nheads++;
}

static bool
named_before(const struct merge_write *w, uint16_t at)
{
	uint16_t i;

	for (i = 0; i < at; i++)
		if (w->preds[i] == w->preds[at])
			return true;
	return false;
}

/* The first half of the table in merge.h: what becomes of a named write. */
static void
replace(struct adding *a, uint16_t i)
{
	struct record_reg *reg = a->reg;
	uint64_t name = a->w->preds[i];
	uint32_t at = record_head_place(reg, name);

	if (has_head(reg, at, name)) {
		if (day_before(a->w->set.day, reg->heads[at].set.day) &&
		    !same_value(&reg->heads[at], a->w))
			a->older = true;
		remove_head(reg, at);
		return;
	}
	if (name == a->w->set.set_id) {
		a->named = true;
		return;
	}
	at = record_awaited_place(reg, name);
	if (has_awaited(reg, at, name) || named_before(a->w, i))
		return;
	if (a->accepted != NULL && a->accepted(a->arg, name, reg->reg))
		return;
	memmove(&reg->awaited[at + 1], &reg->awaited[at],
	    (reg->nawaited - at) * sizeof(*reg->awaited));
	reg->awaited[at] = name;
	reg->nawaited++;
}

/* Does a write of this name come for the first time? */
static void
await_no_more(struct adding *a)
{
	struct record_reg *reg = a->reg;
	uint64_t name = a->w->set.set_id;
	uint32_t at = record_awaited_place(reg, name);

	if (!has_awaited(reg, at, name))
		return;
	memmove(&reg->awaited[at], &reg->awaited[at + 1],
	    (reg->nawaited - at - 1) * sizeof(*reg->awaited));
	reg->nawaited--;
	a->named = true;
}

/* Is the value that is shown now an older one than one that went? */
static bool
shows_older(const struct adding *a)
{
	const struct record_head *shown = record_shown(a->reg);

	if (shown == NULL)
		return false;
	if (a->named)
		return day_before(shown->set.day, a->w->set.day) &&
		    !same_value(shown, a->w);
	return a->older && shown->set.set_id == a->w->set.set_id;
}

/* Room for all that may come, before anything is changed. */
static bool
reserve(struct record *r, struct record_reg *reg, const struct merge_write *w)
{
	uint32_t at, more = 0;
	uint16_t i;

	for (i = 0; i < w->npreds; i++) {
		at = record_head_place(reg, w->preds[i]);
		more += !has_head(reg, at, w->preds[i]);
	}
	/* A head that is replaced makes room for the new one. */
	return record_awaited_reserve(r, reg, more) &&
	    record_heads_reserve(r, reg, more == w->npreds);
}

/* The first write, or one that replaces the only head: nearly all writes. */
static bool
is_usual(const struct record_reg *reg, const struct merge_write *w)
{
	if (reg->nawaited > 0 || reg->nheads != w->npreds || w->npreds > 1)
		return false;
	return w->npreds == 0 ||
	    (w->preds[0] == reg->heads[0].set.set_id &&
		w->preds[0] != w->set.set_id);
}

/* What the long way below does, in few steps; false: no memory. */
static bool
apply_usual(struct record *r, struct record_reg *reg,
    const struct merge_write *w, struct merge_effect *effect)
{
	struct record_head *head;

	if (!record_heads_reserve(r, reg, w->npreds == 0))
		return false;
	head = &reg->heads[0];
	effect->head = true;
	effect->older_shown = w->npreds > 0 &&
	    day_before(w->set.day, head->set.day) && !same_value(head, w);
	head->set = w->set;
	head->value = w->value;
	head->len = w->len;
	reg->nheads = 1;
	return true;
}

enum status
merge_apply(struct record *r, const struct merge_write *w,
    merge_accepted *accepted, void *arg, struct merge_effect *effect,
    struct err *err)
{
	struct adding a = { .w = w, .accepted = accepted, .arg = arg };
	struct record_reg *reg;
	uint32_t at;
	uint16_t i;

	*effect = (struct merge_effect){ 0 };
	if (w->len > RECORD_VALUE_MAX)
		return err_set(err, ST_INVALID,
		    "register %u: %u bytes; %u allowed", w->reg, w->len,
		    RECORD_VALUE_MAX);
	if ((reg = record_reg_make(r, w->reg)) == NULL)
		return err_set(err, ST_NOMEM, "record: no memory");
	if (is_usual(reg, w) && apply_usual(r, reg, w, effect))
		return ST_OK;
	effect->was_conflict = effect->is_conflict = record_conflict(reg);
	at = record_head_place(reg, w->set.set_id);
	if (has_head(reg, at, w->set.set_id)) {
		effect->head = true;
		if (same_write(&reg->heads[at], w))
			return ST_OK;
		return err_set(err, ST_CONFLICT,
		    "register %u: two writes of one name", w->reg);
	}
	if (!reserve(r, reg, w)) {
		if (reg->nheads + reg->nawaited == 0)
			record_reg_drop(r, reg);
		return err_set(err, ST_NOMEM, "record: no memory");
	}
	a.reg = reg;
	for (i = 0; i < w->npreds; i++)
		replace(&a, i);
	await_no_more(&a);
	if (!a.named)
		put_head(reg, w);
	effect->head = !a.named;
	effect->is_conflict = record_conflict(reg);
	effect->older_shown = shows_older(&a);
	if (reg->nheads + reg->nawaited == 0)
		record_reg_drop(r, reg);
	return ST_OK;
}

size_t
merge_preds(const struct record_reg *reg,
    bool (*own)(void *arg, uint64_t set_id), void *arg, uint64_t *preds,
    size_t max)
{
	size_t n = 0;
	uint32_t i;

	if (reg == NULL)
		return 0;
	if (!record_conflict(reg))
		return merge_preds_all(reg, preds, max);
	for (i = 0; i < reg->nheads; i++) {
		if (!own(arg, reg->heads[i].set.set_id))
			continue;
		if (n == max)
			return max + 1;
		preds[n++] = reg->heads[i].set.set_id;
	}
	return n;
}

size_t
merge_preds_all(const struct record_reg *reg, uint64_t *preds, size_t max)
{
	uint32_t i;

	if (reg == NULL)
		return 0;
	for (i = 0; i < reg->nheads && i < max; i++)
		preds[i] = reg->heads[i].set.set_id;
	return reg->nheads > max ? max + 1 : reg->nheads;
}
