#include <stdlib.h>
#include <string.h>

#include "tests/sim/oracle.h"
#include "tests/sim/oracle_internal.h"

void *
oracle_grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap > 0 ? *cap * 2 : 256;
	if ((list = realloc(list, *cap * size)) == NULL)
		abort();
	return list;
}

int
oracle_same_value(const struct put *p, const struct put *q)
{
	return p->len == q->len && memcmp(p->value, q->value, p->len) == 0;
}

void
oracle_forget_log(struct oracle *o)
{
	size_t i;

	for (i = 0; i < o->nputs; i++)
		free(o->puts[i].value);
	o->nputs = o->nvisits = o->nsets = o->norders = 0;
}

/* ---- the log ------------------------------------------------------------ */

/* What the desk writes has names too: far above those of the visits. */
#define DESK_NAME ((uint64_t)1 << 63)

/* The world gives every visit its name as a note. */
static uint64_t
visit_name(const struct change_visit *visit)
{
	char text[24] = "";

	if (visit->note_len < sizeof(text) && visit->note_len > 0)
		memcpy(text, visit->note, visit->note_len);
	return strtoull(text, NULL, 10);
}

static void
take_write(struct oracle *o, const struct change *set,
    const struct change_row *row, const struct change_write *w)
{
	const struct change_visit *visit = &set->body.visits[row->visit];
	struct put *p;

	o->puts =
	    oracle_grow(o->puts, o->nputs, &o->puts_cap, sizeof(*o->puts));
	p = &o->puts[o->nputs++];
	memset(p, 0, sizeof(*p));
	p->record = row->id;
	p->set_id = set->head.set_id;
	p->set = o->nsets - 1;
	p->visit = visit->id;
	p->hlc = visit->hlc;
	p->kind = row->kind;
	p->writer = set->head.writer;
	p->reg = w->reg;
	p->desk = set->head.kind != CHANGE_VISITS;
	p->name = p->desk ? p->set_id | DESK_NAME : visit_name(visit);
	p->npreds = w->npreds;
	if (w->npreds > 0)
		memcpy(p->preds, w->preds, w->npreds * sizeof(*w->preds));
	p->len = w->len;
	if ((p->value = malloc(w->len + 1)) == NULL)
		abort();
	if (w->len > 0)
		memcpy(p->value, w->value, w->len);
}

static void
take_orders(struct oracle *o, const struct change *set)
{
	struct order *order;
	size_t i;

	for (i = 0; i < set->body.ntoggles; i++) {
		o->orders = oracle_grow(
		    o->orders, o->norders, &o->orders_cap, sizeof(*o->orders));
		order = &o->orders[o->norders++];
		memcpy(order->id, set->body.toggles[i].change_id,
		    sizeof(order->id));
		order->accept = set->body.toggles[i].accept;
		order->epoch = set->head.epoch;
		order->seq = set->head.seq;
	}
}

static enum status
take_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct oracle *o = arg;
	struct change *set;
	enum status st;
	size_t i, k;

	st = change_unpack(&set, entry->bytes, entry->len, true, err);
	if (st != ST_OK)
		return st;
	o->sets =
	    oracle_grow(o->sets, o->nsets, &o->sets_cap, sizeof(*o->sets));
	o->sets[o->nsets] = (struct set){ .set_id = set->head.set_id,
		.kind = set->head.kind,
		.state = entry->state };
	memcpy(o->sets[o->nsets++].id, set->id, CHANGE_ID_LEN);
	take_orders(o, set);
	for (i = 0; i < set->body.nvisits; i++) {
		if (set->head.kind != CHANGE_VISITS)
			break;
		o->visits = oracle_grow(
		    o->visits, o->nvisits, &o->visits_cap, sizeof(*o->visits));
		o->visits[o->nvisits++] =
		    (struct logged){ visit_name(&set->body.visits[i]),
			    set->body.visits[i].id };
	}
	for (i = 0; i < set->body.nrows; i++)
		for (k = 0;
		     k < set->body.rows[i].nwrites && !set->body.rows[i].same;
		     k++)
			take_write(o, set, &set->body.rows[i],
			    &set->body.rows[i].writes[k]);
	change_free(set);
	return ST_OK;
}

static int
compare_puts(const void *a, const void *b)
{
	const struct put *p = a, *q = b;

	if (p->record != q->record)
		return p->record < q->record ? -1 : 1;
	if (p->reg != q->reg)
		return p->reg < q->reg ? -1 : 1;
	if (p->set_id != q->set_id)
		return p->set_id < q->set_id ? -1 : 1;
	return 0;
}

static int
compare_visits(const void *a, const void *b)
{
	const struct logged *p = a, *q = b;

	if (p->name != q->name)
		return p->name < q->name ? -1 : 1;
	return (p->id > q->id) - (p->id < q->id);
}

enum status
oracle_read_log(struct oracle *o, struct store *store, struct err *err)
{
	enum status st;

	oracle_forget_log(o);
	st = store_log_each(store, 1, take_entry, o, err);
	if (st == ST_OK && o->nputs > 0)
		qsort(o->puts, o->nputs, sizeof(*o->puts), compare_puts);
	if (st == ST_OK && o->nvisits > 0)
		qsort(
		    o->visits, o->nvisits, sizeof(*o->visits), compare_visits);
	return st;
}

/* ---- who is accepted --------------------------------------------------- */

/* Which of the ${n} writes of one register name differing ones of others? */
static void
find_misnaming(struct oracle *o, const struct put *group, size_t n)
{
	const struct put *other;
	size_t i, k, m;

	for (i = 0; i < n; i++) {
		other = NULL;
		for (k = 0; k < group[i].npreds && !group[i].desk; k++) {
			for (m = 0; m < n; m++) {
				if (group[m].set_id != group[i].preds[k] ||
				    group[m].writer == group[i].writer)
					continue;
				if (other != NULL &&
				    !oracle_same_value(other, &group[m]))
					o->sets[group[i].set].misnames = 1;
				other = &group[m];
			}
		}
	}
}

/* The last order about ${set}, by the desk's epoch and number. */
static void
find_order(const struct oracle *o, struct set *set)
{
	const struct order *order;
	size_t i;

	for (i = 0; i < o->norders && set->kind != CHANGE_CONTROL; i++) {
		order = &o->orders[i];
		if (memcmp(order->id, set->id, CHANGE_ID_LEN) != 0 ||
		    (set->ordered &&
			(order->epoch < set->epoch ||
			    (order->epoch == set->epoch &&
				order->seq < set->seq))))
			continue;
		set->ordered = 1;
		set->accept = order->accept;
		set->epoch = order->epoch;
		set->seq = order->seq;
	}
}

static int
is_accepted(const struct set *set)
{
	return set->ordered ? set->accept : !set->misnames;
}

const char *
oracle_check_accepted(struct oracle *o)
{
	size_t i, end;

	for (i = 0; i < o->nputs; i = end) {
		for (end = i; end < o->nputs &&
		     o->puts[end].record == o->puts[i].record &&
		     o->puts[end].reg == o->puts[i].reg;
		     end++)
			;
		find_misnaming(o, &o->puts[i], end - i);
	}
	for (i = 0; i < o->nsets; i++) {
		find_order(o, &o->sets[i]);
		if (is_accepted(&o->sets[i]) !=
		    (o->sets[i].state == STORE_LOG_ACCEPTED))
			return is_accepted(&o->sets[i])
			    ? "a set that counts is not accepted"
			    : "a set that does not count is accepted";
	}
	for (i = 0; i < o->nputs; i++)
		o->puts[i].counts = is_accepted(&o->sets[o->puts[i].set]);
	return NULL;
}
