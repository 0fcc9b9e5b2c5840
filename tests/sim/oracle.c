#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/merge/record.h"
#include "common/wire/change.h"

#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/oracle.h"
#include "tests/sim/oracle_internal.h"

struct oracle *
oracle_new(void)
{
	struct oracle *o = calloc(1, sizeof(*o));

	if (o == NULL)
		abort();
	return o;
}

void
oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	oracle_forget_log(o);
	free(o->seen);
	free(o->puts);
	free(o->sets);
	free(o->orders);
	free(o->visits);
	free(o);
}

void
oracle_saw(struct oracle *o, uint64_t visit, uint64_t record, uint16_t reg,
    const uint64_t *heads, const int *own, size_t n, int differ)
{
	size_t i;

	for (i = 0; i < n; i++) {
		o->seen = oracle_grow(
		    o->seen, o->nseen, &o->seen_cap, sizeof(*o->seen));
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

/*
 * By what name is what was on the screen for ${visit} remembered?  A visit
 * that was cut off may be saved and sent before it is asked for again: then
 * nobody could say its name yet.
 */
static uint64_t
seen_name(const struct oracle *o, uint64_t visit)
{
	size_t i;

	for (i = 0; i < o->nseen; i++)
		if (o->seen[i].visit == visit)
			return visit;
	return ORACLE_NAMELESS;
}

/* May ${p} name ${head}?  1: no, it closes a conflict; 2: never seen. */
static int
find_seen(const struct oracle *o, const struct put *p, uint64_t head)
{
	uint64_t name = seen_name(o, p->visit);
	int worst = 2;
	size_t i;

	for (i = 0; i < o->nseen; i++) {
		const struct seen *s = &o->seen[i];

		if (s->visit < name || (s->visit > name && name == p->visit) ||
		    s->record != p->record || s->reg != p->reg ||
		    s->head != head)
			continue;
		if (!s->differ || s->own)
			return 0;
		worst = 1;
	}
	return worst;
}

/* Does the ordinary write ${p} name only what its author may name? */
static const char *
check_named(const struct oracle *o, const struct put *p)
{
	size_t i;
	int seen;

	for (i = 0; i < p->npreds && !p->desk; i++) {
		if ((seen = find_seen(o, p, p->preds[i])) == 2)
			return "a write replaced what was not on the screen";
		if (seen == 1)
			return "an ordinary write closed a conflict";
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
		if ((why = check_named(o, &group[i])) != NULL)
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
		if (first != NULL && !oracle_same_value(first, &group[i]))
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
	struct check c = { .o = o };
	struct err err;

	o->conflicts = 0;
	if (oracle_read_log(o, server->store, &err) != ST_OK)
		goto fail;
	if ((c.why = oracle_check_accepted(o)) != NULL)
		return c.why;
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
