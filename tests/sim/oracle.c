#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/merge/record.h"
#include "common/wire/change.h"

#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/oracle.h"

struct seen {
	uint64_t visit, record, head;
	uint16_t reg;
	int own, differ;
};

struct put {
	uint64_t record, set_id, visit;
	uint64_t preds[CHANGE_PREDS_MAX];
	size_t npreds;
	uint32_t writer;
	uint16_t reg;
	int desk;
	int named; /* by an accepted write */
	uint8_t *value;
	size_t len;
};

struct oracle {
	struct seen *seen;
	size_t nseen, seen_cap;
	struct put *puts;
	size_t nputs, puts_cap;
	uint64_t *visits;
	size_t nvisits, visits_cap;
	size_t conflicts;
	char why[320];
};

static void *
grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap > 0 ? *cap * 2 : 256;
	if ((list = realloc(list, *cap * size)) == NULL)
		abort();
	return list;
}

struct oracle *
oracle_new(void)
{
	struct oracle *o = calloc(1, sizeof(*o));

	if (o == NULL)
		abort();
	return o;
}

static void
forget_log(struct oracle *o)
{
	size_t i;

	for (i = 0; i < o->nputs; i++)
		free(o->puts[i].value);
	o->nputs = o->nvisits = 0;
}

void
oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	forget_log(o);
	free(o->seen);
	free(o->puts);
	free(o->visits);
	free(o);
}

void
oracle_saw(struct oracle *o, uint64_t visit, uint64_t record, uint16_t reg,
    const uint64_t *heads, const int *own, size_t n, int differ)
{
	size_t i;

	for (i = 0; i < n; i++) {
		o->seen =
		    grow(o->seen, o->nseen, &o->seen_cap, sizeof(*o->seen));
		o->seen[o->nseen++] = (struct seen){ .visit = visit,
			.record = record,
			.head = heads[i],
			.reg = reg,
			.own = own[i],
			.differ = differ };
	}
}

void
oracle_rename(struct oracle *o, uint64_t visit, uint64_t name)
{
	size_t i;

	for (i = 0; i < o->nseen; i++)
		if (o->seen[i].visit == visit)
			o->seen[i].visit = name;
}

/* May ${p} name ${head}?  1: no, it closes a conflict; 2: never seen. */
static int
find_seen(const struct oracle *o, const struct put *p, uint64_t head)
{
	int worst = 2;
	size_t i;

	for (i = 0; i < o->nseen; i++) {
		const struct seen *s = &o->seen[i];

		if (s->visit != p->visit || s->record != p->record ||
		    s->reg != p->reg || s->head != head)
			continue;
		if (!s->differ || s->own)
			return 0;
		worst = 1;
	}
	return worst;
}

static void
take_write(struct oracle *o, const struct change *set,
    const struct change_row *row, const struct change_write *w)
{
	struct put *p;

	o->puts = grow(o->puts, o->nputs, &o->puts_cap, sizeof(*o->puts));
	p = &o->puts[o->nputs++];
	memset(p, 0, sizeof(*p));
	p->record = row->id;
	p->set_id = set->head.set_id;
	p->visit = set->body.visits[row->visit].id;
	p->writer = set->head.writer;
	p->reg = w->reg;
	p->desk = set->head.kind != CHANGE_VISITS;
	p->npreds = w->npreds;
	memcpy(p->preds, w->preds, w->npreds * sizeof(*w->preds));
	p->len = w->len;
	if ((p->value = malloc(w->len + 1)) == NULL)
		abort();
	memcpy(p->value, w->value, w->len);
}

struct load {
	struct oracle *o;
	struct store *store;
};

static enum status
take_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct load *load = arg;
	struct oracle *o = load->o;
	struct change *set;
	enum status st, held;
	size_t i, k;

	st = change_unpack(&set, entry->bytes, entry->len, true, err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < set->body.nvisits; i++) {
		if (set->head.kind != CHANGE_VISITS)
			break;
		o->visits = grow(
		    o->visits, o->nvisits, &o->visits_cap, sizeof(uint64_t));
		o->visits[o->nvisits++] = set->body.visits[i].id;
	}
	for (i = 0; entry->state == STORE_LOG_ACCEPTED && i < set->body.nrows;
	     i++) {
		const struct change_row *row = &set->body.rows[i];

		for (k = 0; k < row->nwrites; k++) {
			/* A row that is held back does not count. */
			held = store_log_accepted(load->store, set->head.set_id,
			    row->id, row->writes[k].reg, INT64_MAX, err);
			if (held == ST_OK)
				take_write(o, set, row, &row->writes[k]);
		}
	}
	change_free(set);
	return st;
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
same_value(const struct put *p, const struct put *q)
{
	return p->len == q->len && memcmp(p->value, q->value, p->len) == 0;
}

/* Does the ordinary write ${p} name only what its author may name? */
static const char *
check_named(
    struct oracle *o, const struct put *group, size_t n, const struct put *p)
{
	const struct put *other = NULL;
	size_t i, k;
	int seen;

	for (i = 0; i < p->npreds && !p->desk; i++) {
		if ((seen = find_seen(o, p, p->preds[i])) == 2)
			return "a write replaced what was not on the screen";
		if (seen == 1)
			return "an ordinary write closed a conflict";
		for (k = 0; k < n; k++) {
			if (group[k].set_id != p->preds[i] ||
			    group[k].writer == p->writer)
				continue;
			if (other != NULL && !same_value(other, &group[k]))
				return "a misnaming write was accepted";
			other = &group[k];
		}
	}
	return NULL;
}

/* The heads of one register by the rules, beside the server's. */
static const char *
check_register(
    struct oracle *o, struct put *group, size_t n, const struct record *r)
{
	const struct record_reg *reg = record_find(r, group->reg);
	const struct put *first = NULL;
	const char *why;
	size_t i, k, m, heads = 0;
	int differ = 0;

	if (reg == NULL)
		return "a register that was written is missing";
	for (i = 0; i < n; i++) {
		if ((why = check_named(o, group, n, &group[i])) != NULL)
			return why;
		for (k = 0; k < group[i].npreds; k++)
			for (m = 0; m < n; m++)
				if (group[m].set_id == group[i].preds[k])
					group[m].named = 1;
	}
	for (i = 0; i < n; i++) {
		if (group[i].named)
			continue;
		if (heads >= reg->nheads ||
		    reg->heads[heads].set.set_id != group[i].set_id)
			return "heads are not the writes that none names";
		if (reg->heads[heads].len != group[i].len ||
		    memcmp(reg->heads[heads].value, group[i].value,
			group[i].len) != 0)
			return "a head has a value that nobody wrote";
		if (first != NULL && !same_value(first, &group[i]))
			differ = 1;
		first = &group[i];
		heads++;
	}
	if (heads != reg->nheads)
		return "a head that some write names";
	if (differ != record_conflict(reg))
		return "a conflict is not what the heads say";
	o->conflicts += (size_t)differ;
	return NULL;
}

struct check {
	struct oracle *o;
	struct record *record;
	size_t at;
	const char *why;
};

static enum status
check_row(void *arg, const struct store_row *row, struct err *err)
{
	struct check *c = arg;
	struct oracle *o = c->o;
	size_t end, nregs = 0;
	enum status st;

	if (c->why != NULL)
		return ST_OK;
	st = record_unpack(c->record, row->body, row->len, err);
	if (st != ST_OK)
		return st;
	if (c->at < o->nputs && o->puts[c->at].record < row->id)
		c->why = "a record that was written is missing";
	while (c->why == NULL && c->at < o->nputs &&
	    o->puts[c->at].record == row->id) {
		for (end = c->at;
		     end < o->nputs && o->puts[end].record == row->id &&
		     o->puts[end].reg == o->puts[c->at].reg;
		     end++)
			;
		c->why =
		    check_register(o, &o->puts[c->at], end - c->at, c->record);
		c->at = end;
		nregs++;
	}
	if (c->why == NULL && nregs != c->record->nregs)
		c->why = "a register that nobody wrote";
	return ST_OK;
}

const char *
oracle_check(struct oracle *o, struct server *server)
{
	struct load load = { .o = o, .store = server->store };
	struct check c = { .o = o };
	struct err err;

	forget_log(o);
	o->conflicts = 0;
	if (store_log_each(server->store, 1, take_entry, &load, &err) != ST_OK)
		goto fail;
	if (o->nputs > 0)
		qsort(o->puts, o->nputs, sizeof(*o->puts), compare_puts);
	if (record_new(&c.record, &err) != ST_OK)
		goto fail;
	if (store_rows_each(server->store, check_row, &c, &err) != ST_OK)
		goto fail;
	if (c.why == NULL && c.at < o->nputs)
		c.why = "a record that was written is missing";
	record_free(c.record);
	return c.why;
fail:
	record_free(c.record);
	snprintf(o->why, sizeof(o->why), "cannot check: %s", err.text);
	return o->why;
}

unsigned
oracle_visits(const struct oracle *o, uint64_t visit)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < o->nvisits; i++)
		n += o->visits[i] == visit;
	return n;
}

size_t
oracle_nvisits(const struct oracle *o)
{
	size_t i, n = 0;

	for (i = 0; i < o->nvisits; i++)
		n += i == 0 || oracle_visits(o, o->visits[i]) == 1;
	return n;
}

size_t
oracle_conflicts(const struct oracle *o)
{
	return o->conflicts;
}
