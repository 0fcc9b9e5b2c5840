#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"

#include "tests/lib/storycheck.h"

#define COLUMNS_MAX STORYCHECK_COLUMNS_MAX
#define HOUSE_NUMBER 50 /* prelist_id */
#define HOUSE_CARD 51   /* no_kk */

/* A household as the imports made it. */
struct house {
	const char *key; /* prelist_id, or no_kk where there is none */
	char village[16];
	uint64_t record;
	size_t persons;
};

struct houses {
	struct house *at;
	size_t n, cap;
};

static char *
text_of(const struct storycheck_put *put)
{
	char *text = malloc(put->len + 1);

	if (text == NULL)
		abort();
	memcpy(text, put->value, put->len);
	text[put->len] = '\0';
	return text;
}

/* What the import that made the record put into ${reg}; NULL: nothing. */
static const struct storycheck_put *
imported(const struct storycheck_put *puts, size_t n, uint16_t reg)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (puts[i].by == CHANGE_IMPORT && puts[i].created &&
		    puts[i].reg == reg && puts[i].len > 0)
			return &puts[i];
	return NULL;
}

static int
compare_houses(const void *a, const void *b)
{
	return strcmp(
	    ((const struct house *)a)->key, ((const struct house *)b)->key);
}

static int
compare_records(const void *a, const void *b)
{
	const struct house *p = a, *q = b;

	return p->record < q->record ? -1 : p->record > q->record;
}

static void
add_house(struct houses *houses, const struct storycheck_put *puts, size_t n)
{
	const struct storycheck_put *key = imported(puts, n, HOUSE_NUMBER);
	const struct storycheck_put *place =
	    imported(puts, n, INSTRUMENT_PLACE);
	struct house *house;

	if (key == NULL)
		key = imported(puts, n, HOUSE_CARD);
	if (place == NULL)
		return; /* not by an import */
	houses->at = storycheck_grow(
	    houses->at, houses->n, &houses->cap, sizeof(*houses->at));
	house = &houses->at[houses->n++];
	memset(house, 0, sizeof(*house));
	house->key = key != NULL ? text_of(key) : calloc(1, 1);
	house->record = puts[0].record;
	memcpy(house->village, place->value, place->len < 15 ? place->len : 15);
}

/* Add each imported person to the house it was imported with. */
static void
add_person(struct houses *houses, const struct storycheck_put *puts, size_t n)
{
	const struct storycheck_put *link =
	    imported(puts, n, INSTRUMENT_HOUSEHOLD);
	struct house want = { 0 }, *house;
	char *text;

	if (link == NULL)
		return;
	text = text_of(link);
	want.record = storycheck_number(text);
	free(text);
	house = bsearch(
	    &want, houses->at, houses->n, sizeof(want), compare_records);
	if (house != NULL)
		house->persons++;
}

/* Records ascend, and so do the houses then. */
static void
collect(struct houses *houses, const struct storycheck_log *log)
{
	size_t i, n;

	for (i = 0; i < log->nputs; i += n) {
		storycheck_find(log, log->puts[i].record, &n);
		if (log->puts[i].kind == RECORD_HOUSEHOLD)
			add_house(houses, &log->puts[i], n);
	}
	for (i = 0; i < log->nputs; i += n) {
		storycheck_find(log, log->puts[i].record, &n);
		if (log->puts[i].kind == RECORD_PERSON)
			add_person(houses, &log->puts[i], n);
	}
}

static size_t
column(char *cells[COLUMNS_MAX], size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n && strcmp(cells[i], name) != 0; i++)
		;
	return i;
}

struct columns {
	size_t key, card, village, loaded;
};

static int
check_family(struct houses *houses, char *cells[COLUMNS_MAX],
    const struct columns *c, size_t *persons)
{
	const char *key =
	    cells[c->key][0] != '\0' ? cells[c->key] : cells[c->card];
	struct house want = { .key = key }, *house;
	size_t loaded = (size_t)storycheck_number(cells[c->loaded]);

	house =
	    bsearch(&want, houses->at, houses->n, sizeof(want), compare_houses);
	if (house == NULL || house->record == 0)
		return storycheck_fault(
		    "family %s of the truth is not in the log", key);
	house->record = 0; /* found: not again */
	*persons += house->persons;
	if (strcmp(house->village, cells[c->village]) != 0)
		return storycheck_fault(
		    "family %s is in another village in the log", key);
	if (house->persons > loaded)
		return storycheck_fault("family %s has %zu members in the log "
					"and %zu in the truth",
		    key, house->persons, loaded);
	return 0;
}

static int
check_families(struct houses *houses, char *text,
    const struct storycheck_acks *acks, struct storycheck_figures *figures)
{
	char *at = text, *line, *cells[COLUMNS_MAX];
	size_t n, persons = 0, loaded = 0;
	struct columns c;
	int faults = 0;

	if ((line = storycheck_line(&at)) == NULL)
		return storycheck_fault("the truth is empty");
	n = storycheck_cut(line, cells);
	c.key = column(cells, n, "prelist_id");
	c.card = column(cells, n, "no_kk");
	c.village = column(cells, n, "kode_wil");
	c.loaded = column(cells, n, "loaded");
	if (c.key == n || c.card == n || c.village == n || c.loaded == n)
		return storycheck_fault("the truth lacks a column");
	while ((line = storycheck_line(&at)) != NULL) {
		if (storycheck_cut(line, cells) != n)
			faults += storycheck_fault("the truth: a short line");
		else if (storycheck_number(cells[c.loaded]) > 0) {
			faults += check_family(houses, cells, &c, &persons);
			loaded += (size_t)storycheck_number(cells[c.loaded]);
			figures->households++;
		}
	}
	if (persons + acks->erased.n != loaded)
		faults += storycheck_fault("%zu persons in the log and %zu "
					   "erased, of %zu in the truth",
		    persons, acks->erased.n, loaded);
	if (houses->n != figures->households)
		faults += storycheck_fault("the log has %zu households of the "
					   "imports, the truth %zu",
		    houses->n, figures->households);
	return faults;
}

int
storycheck_truth(const struct storycheck_log *log,
    const struct storycheck_acks *acks, const char *dir,
    struct storycheck_figures *figures)
{
	struct houses houses = { 0 };
	char path[PATH_MAX], *text;
	int faults = 0;
	size_t i, len;

	snprintf(path, sizeof(path), "%s/truth-families.tsv", dir);
	if ((text = storycheck_file(path, &len)) == NULL)
		return 1;
	collect(&houses, log);
	if (houses.n > 0)
		qsort(houses.at, houses.n, sizeof(*houses.at), compare_houses);
	faults = check_families(&houses, text, acks, figures);
	for (i = 0; i < houses.n; i++)
		free((char *)houses.at[i].key);
	free(houses.at);
	free(text);
	for (i = 0; i < acks->erased.n; i++)
		if (storycheck_find(log, acks->erased.at[i], &len) != NULL)
			faults += storycheck_fault(
			    "record %" PRIu64 " was erased and is in the log",
			    acks->erased.at[i]);
	return faults;
}
