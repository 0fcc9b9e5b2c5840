#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "tests/lib/random_set.h"

#define NAMED 12 /* different set ids in one set */

/* Memory of one set, handed out piece by piece. */
struct arena {
	uint8_t *bytes;
	size_t used, cap;
};

uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t
random_below(uint64_t *state, uint64_t n)
{
	return random_next(state) % n;
}

static void *
get(struct arena *a, size_t n, size_t size)
{
	void *here = a->bytes + a->used;

	a->used += (n * size + 7) / 8 * 8;
	if (a->used > a->cap)
		abort();
	return here;
}

static uint8_t *
random_bytes(struct arena *a, uint64_t *s, size_t len)
{
	uint8_t *bytes = get(a, len, 1);
	size_t i;

	/* Letters mostly, so that compressing has something to find. */
	for (i = 0; i < len; i++)
		bytes[i] =
		    (uint8_t)(random_below(s, 4) != 0 ? 'a' + random_below(s, 6)
						      : random_next(s));
	return bytes;
}

/* ${n} different ones out of ${named}. */
static const uint64_t *
pick_names(struct arena *a, uint64_t *s, const uint64_t *named, size_t n)
{
	uint64_t *names = get(a, n, sizeof(*names));
	size_t i, first = random_below(s, NAMED);

	for (i = 0; i < n; i++)
		names[i] = named[(first + i) % NAMED];
	return names;
}

static const struct change_write *
random_writes(struct arena *a, uint64_t *s, const struct random_set_opts *opts,
    size_t n, const uint64_t *named)
{
	struct change_write *w = get(a, n, sizeof(*w));
	unsigned value = opts->value != 0 ? opts->value : 24;
	bool alike = random_below(s, 2) == 0;
	size_t i, reg = random_below(s, 5);

	for (i = 0; i < n; i++) {
		w[i] = (struct change_write){ .reg = (uint16_t)reg };
		reg += 1 + random_below(s, random_below(s, 10) == 0 ? 300 : 2);
		w[i].len = (uint32_t)random_below(s, value + 1);
		w[i].value = random_bytes(a, s, w[i].len);
		w[i].npreds =
		    (uint16_t)(random_below(s, 3) == 0 ? random_below(s, 5)
						       : 1);
		if (alike && i > 0) {
			w[i].npreds = w[0].npreds;
			w[i].preds = w[0].preds;
		} else if (w[i].npreds > 0) {
			w[i].preds = pick_names(a, s, named, w[i].npreds);
		}
	}
	return w;
}

static const struct change_row *
random_rows(struct arena *a, uint64_t *s, const struct random_set_opts *opts,
    size_t nvisits)
{
	struct change_row *rows = get(a, opts->nrows, sizeof(*rows)), *row;
	uint32_t counter = (uint32_t)random_below(s, 1000) + 1;
	unsigned nwrites = opts->nwrites != 0 ? opts->nwrites : 8;
	uint64_t named[NAMED];
	bool seen[1000] = { false };
	size_t i;

	for (i = 0; i < NAMED; i++)
		named[i] = random_next(s) | 1;
	for (i = 0; i < opts->nrows; i++) {
		row = &rows[i];
		*row = (struct change_row){ .id = id_make(6402, 1, counter) };
		counter += 1 + (uint32_t)random_below(s, 200);
		row->kind =
		    random_below(s, 3) == 0 ? RECORD_HOUSEHOLD : RECORD_PERSON;
		/* Every visit gets a row. */
		row->visit = (uint32_t)(opts->nrows - i <= nvisits
			? opts->nrows - i - 1
			: random_below(s, nvisits));
		seen[row->visit] = true;
		row->nwrites = (uint16_t)(1 + random_below(s, nwrites));
		row->writes = random_writes(a, s, opts, row->nwrites, named);
		if (random_below(s, 4) != 0) {
			row->shown_epoch = (uint32_t)random_below(s, 3);
			row->shown_version = random_below(s, 4) * 1000;
		}
		row->nalso = (uint16_t)(random_below(s, 6) == 0 ? 2 : 0);
		if (row->nalso > 0)
			row->also = pick_names(a, s, named, row->nalso);
	}
	for (i = 0; i < nvisits; i++) {
		if (!seen[i])
			abort();
	}
	return rows;
}

static const struct change_visit *
random_visits(struct arena *a, uint64_t *s, size_t n, bool desk)
{
	struct change_visit *v = get(a, n, sizeof(*v));
	uint64_t ms = 1790000000000u;
	size_t i;

	for (i = 0; i < n; i++) {
		ms += random_below(s, 4000000);
		v[i] = (struct change_visit){
			.id = desk ? 0 : id_make(6402, 14, (uint32_t)i + 1),
			.day = (int32_t)(ms / 86400000) - 1,
		};
		v[i].hlc = ms << 16 | random_below(s, 3);
		v[i].day += (int32_t)random_below(s, 3);
		if (!desk)
			continue;
		v[i].person = (uint32_t)random_below(s, 100);
		v[i].note_len = (uint32_t)random_below(s, 60);
		v[i].note = (const char *)random_bytes(a, s, v[i].note_len);
	}
	return v;
}

static const struct change_toggle *
random_toggles(struct arena *a, uint64_t *s, size_t n)
{
	struct change_toggle *t = get(a, n, sizeof(*t));
	size_t i;

	for (i = 0; i < n; i++) {
		t[i] =
		    (struct change_toggle){ .accept = random_below(s, 2) == 0 };
		memcpy(t[i].change_id, random_bytes(a, s, CHANGE_ID_LEN),
		    CHANGE_ID_LEN);
		t[i].reason_len = (uint32_t)random_below(s, 40);
		t[i].reason = (const char *)random_bytes(a, s, t[i].reason_len);
	}
	return t;
}

static size_t
bytes_needed(const struct random_set_opts *opts)
{
	size_t nwrites = opts->nwrites != 0 ? opts->nwrites : 8;
	size_t value = opts->value != 0 ? opts->value : 24;
	size_t write = sizeof(struct change_write) + value + 8 + 5 * 8;

	return opts->nrows *
	    (sizeof(struct change_row) + sizeof(struct change_visit) + 200 +
		sizeof(struct change_toggle) + nwrites * write);
}

struct random_set *
random_set_new(uint64_t seed, const struct random_set_opts *opts)
{
	struct random_set *set = calloc(1, sizeof(*set));
	struct arena a = { .cap = bytes_needed(opts) };
	struct change_body *body;
	uint64_t s = seed;

	if (set == NULL || (a.bytes = malloc(a.cap)) == NULL)
		abort();
	set->memory = a.bytes;
	set->head = (struct change_head){ .kind = opts->kind,
		.authority = 6402,
		.writer = 14,
		.epoch = opts->kind == CHANGE_VISITS ? 0 : 3,
		.instrument = 7,
		.fields = 2 };
	set->head.seq = 1 + (uint32_t)random_below(&s, 100);
	set->head.set_id = random_next(&s) | 1;
	body = &set->body;
	if (opts->kind == CHANGE_CONTROL) {
		body->nvisits = random_below(&s, 2);
		body->ntoggles = opts->nrows;
		body->toggles = random_toggles(&a, &s, opts->nrows);
	} else {
		body->nvisits = 1 + random_below(&s, opts->nrows);
		body->nrows = opts->nrows;
		body->rows = random_rows(&a, &s, opts, body->nvisits);
	}
	body->visits =
	    random_visits(&a, &s, body->nvisits, opts->kind != CHANGE_VISITS);
	return set;
}

void
random_set_free(struct random_set *set)
{
	if (set == NULL)
		return;
	free(set->memory);
	free(set);
}

static bool
same_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static bool
same_visit(const struct change_visit *a, const struct change_visit *b)
{
	return a->id == b->id && a->hlc == b->hlc && a->day == b->day &&
	    a->person == b->person &&
	    same_bytes(a->note, a->note_len, b->note, b->note_len);
}

static bool
same_write(const struct change_write *a, const struct change_write *b)
{
	return a->reg == b->reg &&
	    same_bytes(a->preds, 8u * a->npreds, b->preds, 8u * b->npreds) &&
	    same_bytes(a->value, a->len, b->value, b->len);
}

static const char *
row_differs(const struct change_row *a, const struct change_row *b)
{
	size_t i;

	if (a->id != b->id || a->kind != b->kind)
		return "a row's id or kind";
	if (a->shown_epoch != b->shown_epoch ||
	    a->shown_version != b->shown_version)
		return "a row's state shown";
	if (!same_bytes(a->also, 8u * a->nalso, b->also, 8u * b->nalso))
		return "a row's other sets shown";
	if (a->nwrites != b->nwrites)
		return "a row's number of writes";
	for (i = 0; i < a->nwrites; i++) {
		if (!same_write(&a->writes[i], &b->writes[i]))
			return "a write";
	}
	return NULL;
}

const char *
random_set_differs(const struct change_body *a, const struct change_body *b)
{
	const struct change_toggle *t, *u;
	const char *what;
	size_t i;

	if (a->nvisits != b->nvisits || a->nrows != b->nrows ||
	    a->ntoggles != b->ntoggles)
		return "a number";
	for (i = 0; i < a->nrows; i++) {
		if ((what = row_differs(&a->rows[i], &b->rows[i])) != NULL)
			return what;
		if (a->rows[i].visit != b->rows[i].visit)
			return "a row's visit";
	}
	for (i = 0; i < a->nvisits; i++) {
		if (!same_visit(&a->visits[i], &b->visits[i]))
			return "a visit";
	}
	for (i = 0; i < a->ntoggles; i++) {
		t = &a->toggles[i];
		u = &b->toggles[i];
		if (t->accept != u->accept ||
		    memcmp(t->change_id, u->change_id, CHANGE_ID_LEN) != 0 ||
		    !same_bytes(
			t->reason, t->reason_len, u->reason, u->reason_len))
			return "a toggle";
	}
	return NULL;
}
