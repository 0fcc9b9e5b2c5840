#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"

#include "sync-server/intake/desk.h"
#include "sync-server/review/book_internal.h"
#include "sync-server/server.h"

int
book_compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
			      : (x->hlc > y->hlc) - (x->hlc < y->hlc);
}

static enum status
see_visits(struct booking *b, const struct change *change, struct err *err)
{
	struct seen *more;
	size_t i;

	for (i = 0; i < change->body.nvisits; i++) {
		if (b->nseen == b->cap) {
			b->cap = b->cap > 0 ? 2 * b->cap : 64;
			more = realloc(b->seen, b->cap * sizeof(*more));
			if (more == NULL)
				return err_set(
				    err, ST_NOMEM, "book: no memory");
			b->seen = more;
		}
		b->seen[b->nseen++] = (struct seen){ change->body.visits[i].id,
			change->body.visits[i].hlc };
	}
	return ST_OK;
}

/*
 * What the writer's accepted chain holds from the first fork on, and what
 * others signed who are the same person: they may have issued the same
 * visits again.
 */
static bool
may_hold(const struct booking *b, const struct change_head *head)
{
	struct people *people = b->server->people;

	if (head->kind != CHANGE_VISITS)
		return false;
	if (head->writer == b->opts->writer)
		return head->seq >= b->pieces[0].change->head.seq;
	return people_person(people, head->writer) == b->writer.person;
}

enum status
book_see_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct booking *b = arg;
	struct change *change;
	enum status st;

	if (!may_hold(b, &entry->head))
		return ST_OK;
	st = change_unpack(&change, entry->bytes, entry->len, true, err);
	if (st != ST_OK)
		return st;
	st = see_visits(b, change, err);
	change_free(change);
	return st;
}

static bool
is_common(const struct booking *b, const struct change_visit *visit)
{
	const struct seen key = { visit->id, visit->hlc };

	return b->nseen > 0 &&
	    bsearch(&key, b->seen, b->nseen, sizeof(*b->seen),
		book_compare_seen) != NULL;
}

static bool
took_place_of(const struct booking *b, uint32_t writer)
{
	uint8_t i;

	for (i = 0; i < b->writer.nformer; i++)
		if (b->writer.former[i] == writer)
			return true;
	return false;
}

/* Ids of ${of}, a former writer, are the branch's own above ${counter}. */
static void
part_former(
    struct change_booking *to, bool fresh, uint32_t of, uint32_t counter)
{
	uint8_t i = 0, n = to->nformer;

	while (i < n && to->former[i].of < of)
		i++;
	if (i < n && to->former[i].of == of) {
		if (fresh && counter < to->former[i].counter)
			to->former[i].counter = counter;
		return;
	}
	if (n == CHANGE_FORMER_MAX)
		return;
	memmove(&to->former[i + 1], &to->former[i],
	    (size_t)(n - i) * sizeof(to->former[0]));
	to->former[i] = (struct change_moved){ .of = of, .counter = counter };
	to->nformer++;
}

/* From which ids on is the branch of ${p} by itself? */
static void
part_ids(struct booking *b, const struct piece *p)
{
	struct change_booking *to = &b->branches[p->branch];
	bool fresh = b->fresh[p->branch] || to->counter == ID_COUNTER_MAX;
	const struct change_body *body = &p->change->body;
	uint32_t writer, below;
	size_t i;

	for (i = 0; i < body->nvisits; i++) {
		if (is_common(b, &body->visits[i]))
			continue;
		writer = id_writer(body->visits[i].id);
		below = id_counter(body->visits[i].id) - 1;
		if (writer != b->opts->writer && took_place_of(b, writer))
			part_former(to, b->fresh[p->branch], writer, below);
		else if (writer == b->opts->writer && fresh &&
		    below < to->counter)
			to->counter = below;
	}
}

/* By its change id, so that its laptop knows it before it is told. */
static uint64_t
name_for(struct booking *b, const struct change_booking *to, uint64_t set_id)
{
	size_t i;

	for (i = 0; i < b->npieces; i++)
		if (b->pieces[i].branch >= 0 &&
		    &b->branches[b->pieces[i].branch] == to &&
		    b->pieces[i].change->head.set_id == set_id)
			return change_twin_id(b->pieces[i].id);
	return desk_set_id(b->server);
}

/* A set id that is another's gets another name.  False: there are too many. */
static bool
rename_set(struct booking *b, struct change_booking *to, uint64_t set_id,
    enum change_rename how)
{
	uint8_t i = 0, n = to->nsets;

	while (i < n && to->sets[i].from < set_id)
		i++;
	if (i < n && to->sets[i].from == set_id)
		return true;
	if (n == CHANGE_RENAMED_MAX)
		return false;
	memmove(&to->sets[i + 1], &to->sets[i],
	    (size_t)(n - i) * sizeof(to->sets[0]));
	to->sets[i] =
	    (struct change_renamed){ set_id, name_for(b, to, set_id), how };
	to->nsets++;
	return true;
}

static const struct change_row *
find_row(const struct change *set, uint64_t record)
{
	size_t i;

	for (i = 0; i < set->body.nrows; i++)
		if (set->body.rows[i].id == record)
			return &set->body.rows[i];
	return NULL;
}

/* Is all of visits that both have in ${twin} too, word for word? */
static bool
holds_common(const struct booking *b, const struct change *set,
    const struct change *twin)
{
	const struct change_row *row, *other;
	size_t i;

	for (i = 0; i < set->body.nrows; i++) {
		row = &set->body.rows[i];
		if (!is_common(b, &set->body.visits[row->visit]))
			continue;
		other = find_row(twin, row->id);
		if (other == NULL || !change_row_same(row, other))
			return false;
	}
	return true;
}

/* Has the log another set of that id?  Then how is ours to be called? */
static enum status
find_twin(struct booking *b, const struct change *set, bool *twin,
    enum change_rename *how, struct err *err)
{
	struct change *other = NULL;
	struct store_log entry;
	enum status st;

	*how = RENAME_ALL;
	st = store_log_by_set(b->server->store, set->head.set_id, &entry, err);
	*twin = st == ST_OK;
	/* One that does not count must not keep this one from counting. */
	if (st == ST_OK && entry.state == STORE_LOG_ACCEPTED) {
		st = change_unpack(&other, entry.bytes, entry.len, true, err);
		if (st == ST_OK && holds_common(b, set, other))
			*how = RENAME_OWN;
		change_free(other);
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
book_measure(struct booking *b, size_t i, struct err *err)
{
	struct piece *p = &b->pieces[i];
	enum change_rename how;
	bool twin;
	enum status st;
	size_t j;

	/* What follows one that waits on waits too. */
	for (j = 0; j < i; j++)
		if (b->pieces[j].branch < 0 &&
		    memcmp(b->pieces[j].id, p->change->head.prev,
			CHANGE_ID_LEN) == 0)
			p->branch = -1;
	if (p->branch < 0)
		return ST_OK;
	part_ids(b, p);
	st = find_twin(b, p->change, &twin, &how, err);
	if (st == ST_OK && twin &&
	    !rename_set(
		b, &b->branches[p->branch], p->change->head.set_id, how))
		p->branch = -1;
	return st;
}

/* The branch's own form of the set that ${renamed} is about; to free. */
static enum status
own_form(struct booking *b, const struct change_renamed *renamed,
    struct change **out, struct err *err)
{
	struct store_log entry;
	enum status st;

	*out = NULL;
	st = store_log_by_set(b->server->store, renamed->to, &entry, err);
	if (st == ST_OK)
		st = change_unpack(out, entry.bytes, entry.len, true, err);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* Is the row of ${record} in ${set}, as its author signed it, both's? */
static bool
is_boths(const struct booking *b, const struct change *set, uint64_t record)
{
	const struct change_row *row = find_row(set, record);

	/* Nothing of it here: the other's is meant. */
	return row == NULL || row->same ||
	    is_common(b, &set->body.visits[row->visit]);
}

static bool
names_set(const uint64_t *names, size_t n, uint64_t set_id)
{
	while (n > 0)
		if (names[--n] == set_id)
			return true;
	return false;
}

static bool
row_names(const struct change_row *row, uint64_t set_id)
{
	uint16_t i;

	if (names_set(row->also, row->nalso, set_id))
		return true;
	for (i = 0; i < row->nwrites; i++)
		if (names_set(
			row->writes[i].preds, row->writes[i].npreds, set_id))
			return true;
	return false;
}

enum status
book_settle_names(struct booking *b, const struct change *change,
    struct change_renamed *renamed, struct err *err)
{
	const struct change *own = NULL;
	struct change *logged = NULL;
	enum status st = ST_OK;
	size_t i;

	if (renamed->how == RENAME_ALL)
		return ST_OK;
	for (i = 0; i < b->npieces && own == NULL; i++)
		if (b->pieces[i].change->head.set_id == renamed->from)
			own = b->pieces[i].change;
	if (own == NULL)
		st = own_form(b, renamed, &logged, err);
	if (own == NULL)
		own = logged;
	renamed->how = RENAME_STAYS;
	for (i = 0; i < change->body.nrows && own != NULL; i++)
		if (row_names(&change->body.rows[i], renamed->from) &&
		    !is_boths(b, own, change->body.rows[i].id))
			renamed->how = RENAME_OWN;
	change_free(logged);
	return st;
}
