#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"

#include "tests/sim/oracle_internal.h"

void
oracle_saw(struct oracle *o, uint64_t visit, uint16_t reg, uint64_t head,
    int own, int differ)
{
	o->seen =
	    oracle_grow(o->seen, o->nseen, &o->seen_cap, sizeof(*o->seen));
	o->seen[o->nseen++] = (struct seen){ .visit = visit,
		.head = head,
		.reg = reg,
		.own = own,
		.differ = differ };
}

static struct at *
find_at(const struct oracle *o, uint64_t visit)
{
	size_t i;

	for (i = 0; i < o->nat; i++)
		if (o->at[i].visit == visit)
			return &o->at[i];
	return NULL;
}

void
oracle_at(struct oracle *o, uint64_t visit, uint64_t household)
{
	struct at *at = find_at(o, visit);

	if (at != NULL) {
		if (at->household != household)
			at->household = 0;
		return;
	}
	o->at = oracle_grow(o->at, o->nat, &o->at_cap, sizeof(*o->at));
	o->at[o->nat++] = (struct at){ visit, household };
}

/* ---- names --------------------------------------------------------------- */

/* The first write of ${record} to ${reg}, or behind where it would be. */
static size_t
first_put(const struct oracle *o, uint64_t record, uint16_t reg)
{
	size_t low = 0, high = o->nputs, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (o->puts[mid].record < record ||
		    (o->puts[mid].record == record && o->puts[mid].reg < reg))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t
oracle_name(const struct oracle *o, const struct oracle_head *head)
{
	const struct put *p;
	size_t i;

	for (i = first_put(o, head->record, head->reg);
	     i < o->nputs && o->puts[i].record == head->record; i++) {
		p = &o->puts[i];
		if (p->reg == head->reg && p->set_id == head->set_id &&
		    p->visit == head->visit && p->hlc == head->hlc &&
		    p->len == head->len &&
		    memcmp(p->value, head->value, p->len) == 0)
			return p->name;
	}
	return 0;
}

/* The write of ${set_id} to the register of ${p}; NULL: not in the log. */
static const struct put *
find_pred(const struct oracle *o, const struct put *p, uint64_t set_id)
{
	size_t i;

	for (i = first_put(o, p->record, p->reg); i < o->nputs &&
	     o->puts[i].record == p->record && o->puts[i].reg == p->reg;
	     i++)
		if (o->puts[i].set_id == set_id)
			return &o->puts[i];
	return NULL;
}

/* May ${p} name ${head}?  1: no, it closes a conflict; 2: never seen. */
static int
find_seen(const struct oracle *o, const struct put *p, uint64_t head)
{
	const struct seen *s;
	int worst = 2;
	size_t i;

	for (i = 0; i < o->nseen; i++) {
		s = &o->seen[i];
		if (s->visit != p->name || s->reg != p->reg || s->head != head)
			continue;
		if (!s->differ || s->own)
			return 0;
		worst = 1;
	}
	return worst;
}

const char *
oracle_check_named(const struct oracle *o, const struct put *p)
{
	const struct put *pred;
	size_t i;
	int seen;

	for (i = 0; i < p->npreds && !p->desk; i++) {
		if ((pred = find_pred(o, p, p->preds[i])) == NULL)
			continue;
		if ((seen = find_seen(o, p, pred->name)) == 2)
			return "a write replaced what was not on the screen";
		if (seen == 1)
			return "an ordinary write closed a conflict";
	}
	return NULL;
}

/* ---- households -----------------------------------------------------------
 */

static int
compare_homes(const void *a, const void *b)
{
	const struct home *x = a, *y = b;

	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return (x->household > y->household) - (x->household < y->household);
}

static int
compare_households(const void *a, const void *b)
{
	const struct home *x = a, *y = b;

	if (x->household != y->household)
		return x->household < y->household ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* Whoever says where a household is has made it: nobody moves here. */
static const char *
list_homes(struct oracle *o)
{
	const struct put *p;
	size_t i, n = 0;

	o->nhomes = 0;
	for (i = 0; i < o->nputs; i++) {
		p = &o->puts[i];
		if (p->kind != RECORD_HOUSEHOLD || p->reg != INSTRUMENT_PLACE)
			continue;
		o->homes = oracle_grow(
		    o->homes, o->nhomes, &o->homes_cap, sizeof(*o->homes));
		o->homes[o->nhomes++] =
		    (struct home){ p->record, p->desk ? p->record : p->name };
	}
	if (o->nhomes == 0)
		return NULL;
	qsort(o->homes, o->nhomes, sizeof(*o->homes), compare_households);
	for (i = 1; i < o->nhomes; i++)
		if (o->homes[i].household == o->homes[i - 1].household &&
		    o->homes[i].record != o->homes[i - 1].record)
			return "one household has become two";
	qsort(o->homes, o->nhomes, sizeof(*o->homes), compare_homes);
	for (i = 0; i < o->nhomes; i++) {
		if (n > 0 && o->homes[i].record == o->homes[n - 1].record &&
		    o->homes[i].household != o->homes[n - 1].household)
			return "two households have become one";
		if (n == 0 || o->homes[i].record != o->homes[n - 1].record)
			o->homes[n++] = o->homes[i];
	}
	o->nhomes = n;
	return NULL;
}

uint64_t
oracle_household(const struct oracle *o, uint64_t record)
{
	size_t i;

	for (i = 0; i < o->nhomes; i++)
		if (o->homes[i].record == record)
			return o->homes[i].household;
	return 0;
}

/* Is ${record} where the author of ${p} was, as far as both are known? */
static int
is_there(const struct oracle *o, const struct put *p, uint64_t record)
{
	const struct at *at = find_at(o, p->name);
	uint64_t home = oracle_household(o, record);

	return at == NULL || at->household == 0 || home == 0 ||
	    home == at->household;
}

/* The members: each made once, in the household its author was in. */
static const char *
check_member(const struct oracle *o, const struct put *p)
{
	char text[ID_TEXT_SIZE] = "";
	const struct put *q;
	struct err ignored;
	uint64_t home;
	size_t i;

	if (p->len >= sizeof(text))
		return "a member in no household";
	memcpy(text, p->value, p->len);
	text[p->len] = '\0';
	if (id_parse(&home, text, &ignored) != ST_OK)
		return "a member in no household";
	if (!is_there(o, p, home))
		return "a member is in another household";
	for (i = 0; i < o->nputs; i++) {
		q = &o->puts[i];
		if (q->kind != p->kind || q->reg != p->reg)
			continue;
		if (q->record == p->record && q->name != p->name)
			return "two members have become one";
		if (q->record != p->record && q->name == p->name)
			return "one member has become two";
	}
	return NULL;
}

const char *
oracle_check_households(struct oracle *o)
{
	const struct put *p;
	const char *why;
	size_t i;

	if ((why = list_homes(o)) != NULL)
		return why;
	for (i = 0; i < o->nputs; i++) {
		p = &o->puts[i];
		if (p->desk)
			continue;
		if (p->kind == RECORD_HOUSEHOLD && !is_there(o, p, p->record))
			return "a visit went to another household";
		if (p->kind == RECORD_PERSON &&
		    p->reg == INSTRUMENT_HOUSEHOLD &&
		    (why = check_member(o, p)) != NULL)
			return why;
	}
	return NULL;
}
