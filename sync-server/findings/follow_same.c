#include <stdlib.h>
#include <string.h>

#include "common/merge/same.h"
#include "sync-server/findings/follow_internal.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/index.h"

/* ---- what a record says --------------------------------------------- */

/* The group of ${id} is to be looked at again. */
static enum status
touch(struct follow *f, enum change_record_kind kind, uint64_t id,
    struct err *err)
{
	enum status st = ST_OK;

	if (f->same[kind] == NULL)
		st = same_new(&f->same[kind], err);
	return st == ST_OK ? same_node(f->same[kind], id, err) : st;
}

static enum status
note_named(void *arg, uint64_t record, struct err *err)
{
	(void)record;
	(void)err;
	*(bool *)arg = true;
	return ST_OK;
}

enum status
follow_same(struct follow *f, uint64_t record, enum change_record_kind kind,
    uint64_t target, bool changed, struct err *err)
{
	bool named = false;
	uint64_t before;
	enum status st;

	/* Where nobody ever said so, that is all there is to it. */
	if (target == 0 && !store_alias_any(f->store))
		return ST_OK;
	st = store_alias_get(f->store, record, kind, &before, err);
	if (st == ST_OK && before != target)
		st = store_alias_put(f->store, record, kind, target, err);
	if (st == ST_OK && changed && before == 0 && target == 0)
		st = store_alias_to(
		    f->store, record, kind, note_named, &named, err);
	if (st != ST_OK || (before == target && !changed) ||
	    (before == 0 && target == 0 && !named))
		return st;
	st = touch(f, kind, record, err);
	if (st == ST_OK && before != 0)
		st = touch(f, kind, before, err);
	return st;
}

void
follow_same_free(struct follow *f)
{
	size_t kind;

	for (kind = 0; kind <= RECORD_PERSON; kind++)
		same_free(f->same[kind]);
}

/* ---- groups --------------------------------------------------------- */

struct walking {
	struct follow *f;
	enum change_record_kind kind;
	struct same *same;
	uint64_t id; /* whose links are told */
	bool *other; /* of each node: is its group another now? */
};

static enum status
tell_link(void *arg, uint64_t record, struct err *err)
{
	const struct walking *w = arg;

	return same_link(w->same, record, w->id, err);
}

/* From what may have changed to everything that hangs together with it. */
static enum status
walk(struct walking *w, struct err *err)
{
	struct store *store = w->f->store;
	struct store_scope scope;
	enum status st = ST_OK;
	uint64_t target;

	while (st == ST_OK && same_next(w->same, &w->id)) {
		st = store_alias_get(store, w->id, w->kind, &target, err);
		if (st == ST_OK && target != 0)
			st = same_link(w->same, w->id, target, err);
		if (st == ST_OK)
			st = store_alias_to(
			    store, w->id, w->kind, tell_link, w, err);
		if (st != ST_OK)
			break;
		st = store_scope_get(store, w->id, &scope, err);
		if (st == ST_OK && scope.kind == w->kind)
			same_there(w->same, w->id);
		if (st == ST_NOTFOUND)
			st = ST_OK;
	}
	if (st == ST_OK)
		same_join(w->same);
	return st;
}

/* One past the last node of the group that begins at ${first}. */
static size_t
end_of(const struct same *same, size_t first)
{
	uint64_t root = same_at(same, first)->root;
	size_t i = first + 1;

	while (
	    i < same_count(same) && root != 0 && same_at(same, i)->root == root)
		i++;
	return i;
}

/*
 * Is the group of nodes ${i} to ${end} - 1 another than the one that its
 * first record was in?  If it is the same, it was so for each of them.
 */
static enum status
compare(struct walking *w, size_t i, size_t end, bool *other, struct err *err)
{
	uint64_t *before = NULL;
	enum status st = ST_OK;
	size_t n = 0, k = 0;

	*other = true;
	for (; i < end && st == ST_OK; i++) {
		if (!same_at(w->same, i)->there)
			continue;
		if (before == NULL)
			st = store_same_group(w->f->store,
			    same_at(w->same, i)->id, &before, &n, err);
		if (st != ST_OK || k == n ||
		    before[k++] != same_at(w->same, i)->id)
			goto out;
	}
	*other = k != n;
out:
	free(before);
	return st;
}

/* Keep the group of these nodes; what has no record is in none. */
static enum status
keep_group(struct walking *w, size_t i, size_t end, struct err *err)
{
	const struct same_entry *e;
	enum status st = ST_OK;
	size_t k, n = 0;

	for (k = i; k < end; k++)
		n += same_at(w->same, k)->there;
	for (; i < end && st == ST_OK; i++) {
		e = same_at(w->same, i);
		if (w->other[i] || !e->there)
			st = store_same_put(w->f->store, e->id,
			    e->there && n > 1 ? e->root : 0, err);
	}
	return st;
}

/* What follows from it for each record whose group is another now. */
static enum status
tell_others(struct walking *w, struct err *err)
{
	const struct same_entry *e;
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < same_count(w->same) && st == ST_OK; i++) {
		e = same_at(w->same, i);
		if (!w->other[i])
			continue;
		st = follow_judge_record(w->f, e->id, w->kind, err);
		if (st == ST_OK && e->there)
			st = store_alias_tell(w->f->store, e->id, err);
	}
	return st;
}

static enum status
regroup(struct walking *w, struct err *err)
{
	size_t i, end, n;
	enum status st;
	bool other;

	if ((st = walk(w, err)) != ST_OK)
		return st;
	n = same_count(w->same);
	if ((w->other = calloc(n + 1, sizeof(*w->other))) == NULL)
		return err_set(err, ST_NOMEM, "groups: no memory");
	/* All are compared before one is changed: groups part and meet. */
	for (i = 0; i < n && st == ST_OK; i = end) {
		end = end_of(w->same, i);
		st = compare(w, i, end, &other, err);
		memset(w->other + i, other, end - i);
	}
	for (i = 0; i < n && st == ST_OK; i = end) {
		end = end_of(w->same, i);
		st = keep_group(w, i, end, err);
	}
	if (st == ST_OK)
		st = tell_others(w, err);
	free(w->other);
	return st;
}

enum status
follow_groups(struct follow *f, struct err *err)
{
	struct walking w = { .f = f };
	enum status st = ST_OK;
	size_t kind;

	for (kind = 0; kind <= RECORD_PERSON && st == ST_OK; kind++) {
		w.kind = (enum change_record_kind)kind;
		if ((w.same = f->same[kind]) != NULL)
			st = regroup(&w, err);
	}
	return st;
}
