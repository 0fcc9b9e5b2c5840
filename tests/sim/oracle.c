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
	free(o->at);
	free(o->homes);
	free(o->puts);
	free(o->sets);
	free(o->orders);
	free(o->visits);
	free(o);
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
		if (!group[i].counts)
			continue;
		if ((why = oracle_check_named(o, &group[i])) != NULL)
			return why;
		for (k = 0; k < group[i].npreds; k++)
			for (m = 0; m < n; m++)
				if (group[m].set_id == group[i].preds[k])
					group[m].named = 1;
	}
	for (i = 0; i < n; i++) {
		if (group[i].named || !group[i].counts)
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

/* Does any of the ${n} writes count? */
static int
any_counts(const struct put *group, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (group[i].counts)
			return 1;
	return 0;
}

struct check {
	struct oracle *o;
	struct record *record;
	size_t at;
	const char *why;
};

/* What is written before ${record} must not count. */
static void
pass_by(struct check *c, uint64_t record)
{
	const struct oracle *o = c->o;

	for (; c->at < o->nputs && o->puts[c->at].record < record; c->at++)
		if (o->puts[c->at].counts)
			c->why = "a record that was written is missing";
}

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
	pass_by(c, row->id);
	while (c->why == NULL && c->at < o->nputs &&
	    o->puts[c->at].record == row->id) {
		for (end = c->at;
		     end < o->nputs && o->puts[end].record == row->id &&
		     o->puts[end].reg == o->puts[c->at].reg;
		     end++)
			;
		if (any_counts(&o->puts[c->at], end - c->at)) {
			c->why = check_register(
			    o, &o->puts[c->at], end - c->at, c->record);
			nregs++;
		}
		c->at = end;
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
	if ((c.why = oracle_check_accepted(o)) != NULL ||
	    (c.why = oracle_check_households(o)) != NULL)
		return c.why;
	if (record_new(&c.record, &err) != ST_OK)
		goto fail;
	if (store_rows_each(server->store, check_row, &c, &err) != ST_OK)
		goto fail;
	if (c.why == NULL)
		pass_by(&c, UINT64_MAX);
	record_free(c.record);
	return c.why;
fail:
	record_free(c.record);
	snprintf(o->why, sizeof(o->why), "cannot check: %s", err.text);
	return o->why;
}

unsigned
oracle_visits(const struct oracle *o, uint64_t visit, unsigned *ids)
{
	size_t low = 0, high = o->nvisits, mid;
	unsigned n;

	while (low < high) {
		mid = (low + high) / 2;
		if (o->visits[mid].name < visit)
			low = mid + 1;
		else
			high = mid;
	}
	*ids = 0;
	for (n = 0; low + n < o->nvisits && o->visits[low + n].name == visit;
	     n++)
		*ids += n == 0 ||
		    o->visits[low + n].id != o->visits[low + n - 1].id;
	return n;
}

uint64_t
oracle_last_visit(const struct oracle *o)
{
	return o->nvisits > 0 ? o->visits[o->nvisits - 1].name : 0;
}

size_t
oracle_conflicts(const struct oracle *o)
{
	return o->conflicts;
}
