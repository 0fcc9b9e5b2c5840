#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/wire/change.h"

#include "tests/lib/storycheck.h"

struct put {
	uint64_t record, set_id;
	uint32_t writer;
	uint16_t reg;
	enum change_kind kind;
	size_t npreds, len;
	uint64_t preds[CHANGE_PREDS_MAX];
	uint8_t *value;
};

struct tally {
	struct put *puts;
	size_t nputs, puts_cap;
	uint64_t *visits;
	size_t nvisits, visits_cap;
	struct storycheck_figures *out;
};

static void *
grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap > 0 ? *cap * 2 : 1024;
	if ((list = realloc(list, *cap * size)) == NULL)
		abort();
	return list;
}

static void
take_row(
    struct tally *t, const struct change *set, const struct change_row *row)
{
	struct put *p;
	size_t i;

	for (i = 0; i < row->nwrites; i++) {
		t->puts =
		    grow(t->puts, t->nputs, &t->puts_cap, sizeof(*t->puts));
		p = &t->puts[t->nputs++];
		memset(p, 0, sizeof(*p));
		p->record = row->id;
		p->set_id = set->head.set_id;
		p->writer = set->head.writer;
		p->kind = set->head.kind;
		p->reg = row->writes[i].reg;
		p->npreds = row->writes[i].npreds;
		memcpy(p->preds, row->writes[i].preds,
		    p->npreds * sizeof(p->preds[0]));
		p->len = row->writes[i].len;
		if ((p->value = malloc(p->len + 1)) == NULL)
			abort();
		memcpy(p->value, row->writes[i].value, p->len);
	}
}

static void
take_set(struct tally *t, const struct change *set)
{
	size_t i;

	t->out->changesets += set->head.kind == CHANGE_VISITS;
	for (i = 0; i < set->body.nvisits; i++) {
		if (set->head.kind != CHANGE_VISITS)
			break;
		t->visits = grow(
		    t->visits, t->nvisits, &t->visits_cap, sizeof(*t->visits));
		t->visits[t->nvisits++] = set->body.visits[i].id;
	}
	for (i = 0; i < set->body.nrows; i++) {
		if (set->head.kind == CHANGE_IMPORT &&
		    set->body.rows[i].kind == RECORD_HOUSEHOLD &&
		    set->body.rows[i].shown_version == 0)
			t->out->households++;
		take_row(t, set, &set->body.rows[i]);
	}
}

static int
read_set(struct tally *t, const char *dir, unsigned long n)
{
	char path[PATH_MAX];
	struct change *set;
	struct err err;
	uint8_t *bytes;
	size_t len;
	int bad;

	snprintf(path, sizeof(path), "%s/%06lu.set", dir, n);
	if (env_real()->read(NULL, path, CHANGE_INFLATED_MAX * 2, &bytes, &len,
		&err) != ST_OK) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		return 1;
	}
	bad = change_unpack(&set, bytes, len, true, &err) != ST_OK;
	if (bad)
		fprintf(stderr, "%s: %s\n", path, err.text);
	else
		take_set(t, set);
	if (!bad)
		change_free(set);
	free(bytes);
	return bad;
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
compare_u64(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

/* Do the heads of the register differ, with or without decisions? */
static int
differs(const struct put *p, size_t n, int decisions)
{
	const struct put *first = NULL;
	size_t i, k, m;
	int named;

	for (i = 0; i < n; i++) {
		if (!decisions && p[i].kind == CHANGE_DECISION)
			continue;
		named = 0;
		for (k = 0; k < n && !named; k++) {
			if (!decisions && p[k].kind == CHANGE_DECISION)
				continue;
			for (m = 0; m < p[k].npreds; m++)
				named |= p[k].preds[m] == p[i].set_id;
		}
		if (named)
			continue;
		if (first != NULL &&
		    (first->len != p[i].len ||
			memcmp(first->value, p[i].value, p[i].len) != 0))
			return 1;
		first = &p[i];
	}
	return 0;
}

/* Registers in conflict, and records that several writers visited. */
static void
count_puts(struct tally *t)
{
	struct storycheck_figures *out = t->out;
	uint32_t writer = 0;
	size_t i, end, k;
	int several = 0;

	for (i = 0; i < t->nputs; i = end) {
		const struct put *p = &t->puts[i];

		if (i == 0 || p[-1].record != p->record)
			writer = 0, several = 0;
		for (end = i;
		     end < t->nputs && t->puts[end].record == p->record &&
		     t->puts[end].reg == p->reg;
		     end++)
			;
		if (differs(p, end - i, 0)) {
			out->conflicts++;
			out->decided += !differs(p, end - i, 1);
		}
		for (k = i; k < end && several < 2; k++) {
			if (t->puts[k].kind != CHANGE_VISITS)
				continue;
			if (writer != 0 && writer != t->puts[k].writer)
				several++;
			writer = t->puts[k].writer;
			if (several == 1)
				out->merged++, several = 2;
		}
	}
}

int
storycheck_log(
    const char *dir, struct storycheck_figures *out, uint64_t **visits)
{
	struct tally t = { .out = out };
	char path[PATH_MAX], line[512], state[32];
	unsigned long n;
	FILE *index;
	size_t i;
	int bad = 0;

	*visits = NULL;
	memset(out, 0, sizeof(*out));
	snprintf(path, sizeof(path), "%s/index.csv", dir);
	if ((index = fopen(path, "r")) == NULL) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), index) != NULL) {
		if (sscanf(line, "%lu,%31[^,],", &n, state) == 2 &&
		    strcmp(state, "accepted") == 0)
			bad |= read_set(&t, dir, n);
	}
	fclose(index);
	if (t.nputs > 0)
		qsort(t.puts, t.nputs, sizeof(*t.puts), compare_puts);
	count_puts(&t);
	if (t.nvisits > 0)
		qsort(t.visits, t.nvisits, sizeof(*t.visits), compare_u64);
	for (i = 0; i < t.nvisits; i++) {
		if (i > 0 && t.visits[i] == t.visits[i - 1])
			out->twice++;
		else
			t.visits[out->visits++] = t.visits[i];
	}
	for (i = 0; i < t.nputs; i++)
		free(t.puts[i].value);
	free(t.puts);
	*visits = t.visits;
	return bad;
}
