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

/* A household or a person as the imports made it. */
struct made {
	const char *key; /* of a household: prelist_id, or else no_kk */
	uint64_t record;
	uint64_t family; /* the truth's number; 0 until it is found there */
	uint64_t house;  /* of a person: its household's record */
	bool found;
	const struct storycheck_put *puts;
	size_t nputs;
};

struct list {
	struct made *at;
	size_t n, cap;
};

struct truth {
	const struct storycheck_acks *acks;
	struct list houses, persons;
	size_t missing; /* persons of the truth that are not in the log */
};

/* A file of the truth, line by line. */
struct table {
	char *text, *at;
	char *names[COLUMNS_MAX], *cells[COLUMNS_MAX];
	struct storycheck_row row;
	unsigned long line;
	int faults;
};

/* ---- what the imports made ---------------------------------------------- */

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

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(
	    ((const struct made *)a)->key, ((const struct made *)b)->key);
}

static int
compare_families(const void *a, const void *b)
{
	const struct made *p = a, *q = b;

	return p->family < q->family ? -1 : p->family > q->family;
}

static int
compare_houses(const void *a, const void *b)
{
	const struct made *p = a, *q = b;

	return p->house < q->house ? -1 : p->house > q->house;
}

static void
sort(struct list *list, int (*compare)(const void *, const void *))
{
	if (list->n > 0)
		qsort(list->at, list->n, sizeof(*list->at), compare);
}

static struct made *
find(const struct list *list, const struct made *want,
    int (*compare)(const void *, const void *))
{
	return list->n > 0
	    ? bsearch(want, list->at, list->n, sizeof(*want), compare)
	    : NULL;
}

static struct made *
add(struct list *list, const struct storycheck_put *puts, size_t n)
{
	struct made *made;

	list->at =
	    storycheck_grow(list->at, list->n, &list->cap, sizeof(*list->at));
	made = &list->at[list->n++];
	*made =
	    (struct made){ .record = puts[0].record, .puts = puts, .nputs = n };
	return made;
}

static void
add_house(struct list *houses, const struct storycheck_put *puts, size_t n)
{
	const struct storycheck_put *key =
	    storycheck_imported(puts, n, HOUSE_NUMBER);

	if (storycheck_imported(puts, n, INSTRUMENT_PLACE) == NULL)
		return; /* not by an import */
	if (key == NULL)
		key = storycheck_imported(puts, n, HOUSE_CARD);
	add(houses, puts, n)->key = key != NULL ? text_of(key) : calloc(1, 1);
}

static void
add_person(struct list *persons, const struct storycheck_put *puts, size_t n)
{
	const struct storycheck_put *link =
	    storycheck_imported(puts, n, INSTRUMENT_HOUSEHOLD);
	char *text;

	if (link == NULL)
		return;
	text = text_of(link);
	add(persons, puts, n)->house = storycheck_number(text);
	free(text);
}

static void
collect(struct truth *truth, const struct storycheck_log *log)
{
	size_t i, n;

	for (i = 0; i < log->nputs; i += n) {
		storycheck_find(log, log->puts[i].record, &n);
		if (log->puts[i].kind == RECORD_HOUSEHOLD)
			add_house(&truth->houses, &log->puts[i], n);
		else
			add_person(&truth->persons, &log->puts[i], n);
	}
	sort(&truth->houses, compare_keys);
	sort(&truth->persons, compare_houses);
}

/* ---- what the truth says ------------------------------------------------ */

static bool
table_open(struct table *table, const char *dir, const char *name)
{
	char path[PATH_MAX], *line;
	size_t len;

	memset(table, 0, sizeof(*table));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((table->text = storycheck_file(path, &len)) == NULL) {
		table->faults = 1;
		return false;
	}
	table->at = table->text;
	table->line = 1;
	if ((line = storycheck_line(&table->at)) == NULL) {
		table->faults = storycheck_fault("%s is empty", path);
		return false;
	}
	table->row = (struct storycheck_row){ table->names, table->cells,
		storycheck_cut(line, table->names) };
	return true;
}

/* The next line; false after the last. */
static bool
table_next(struct table *table)
{
	char *line = storycheck_line(&table->at);

	if (line == NULL)
		return false;
	table->line++;
	if (storycheck_cut(line, table->cells) == table->row.n)
		return true;
	table->faults +=
	    storycheck_fault("the truth: line %lu is short", table->line);
	return false;
}

static char none[] = "";

static char *
cell(const struct table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->row.n; i++)
		if (strcmp(table->names[i], name) == 0)
			return table->cells[i];
	return none;
}

static int
check_family(struct truth *truth, const struct table *table)
{
	struct made want = { .key = cell(table, "prelist_id") }, *house;
	const char *differs;

	if (want.key[0] == '\0')
		want.key = cell(table, "no_kk");
	house = find(&truth->houses, &want, compare_keys);
	if (house == NULL || house->found)
		return storycheck_fault(
		    "family %s of the truth is not in the log", want.key);
	house->found = true;
	house->family = storycheck_number(cell(table, "family"));
	differs = storycheck_differs(house->puts, house->nputs, &table->row);
	if (differs != NULL)
		return storycheck_fault(
		    "family %s has another %s in the log", want.key, differs);
	return 0;
}

static int
check_families(
    struct truth *truth, const char *dir, struct storycheck_figures *figures)
{
	struct table table;

	if (table_open(&table, dir, "truth-families.tsv")) {
		while (table_next(&table)) {
			if (storycheck_number(cell(&table, "loaded")) == 0)
				continue;
			table.faults += check_family(truth, &table);
			figures->households++;
		}
	}
	free(table.text);
	if (truth->houses.n != figures->households)
		table.faults +=
		    storycheck_fault("the log has %zu households of the "
				     "imports, the truth %zu",
			truth->houses.n, figures->households);
	return table.faults;
}

/* Take the person of the family that is this one; false if there is none. */
static bool
take_person(struct truth *truth, const struct table *table)
{
	struct made want = { .family =
				 storycheck_number(cell(table, "family")) };
	const struct made *house =
	    find(&truth->houses, &want, compare_families);
	struct made *one, *end = truth->persons.at + truth->persons.n;

	want.house = house != NULL ? house->record : 0;
	one = find(&truth->persons, &want, compare_houses);
	while (one != NULL && one > truth->persons.at &&
	    one[-1].house == want.house)
		one--;
	for (; one != NULL && one < end && one->house == want.house; one++) {
		if (one->found ||
		    storycheck_differs(one->puts, one->nputs, &table->row) !=
			NULL)
			continue;
		one->found = true;
		return true;
	}
	return false;
}

/* Each person of the truth is there as it says; but for the erased ones. */
static int
check_persons(struct truth *truth, const char *dir)
{
	struct table table;
	size_t i;

	sort(&truth->houses, compare_families);
	if (table_open(&table, dir, "truth-persons.tsv")) {
		while (table_next(&table)) {
			if (storycheck_number(cell(&table, "loaded")) == 0 ||
			    take_person(truth, &table))
				continue;
			if (++truth->missing > truth->acks->erased.n)
				table.faults += storycheck_fault(
				    "person %s of the truth is not so in the "
				    "log",
				    cell(&table, "person"));
		}
	}
	free(table.text);
	if (truth->missing < truth->acks->erased.n)
		table.faults += storycheck_fault("%zu persons erased, and %zu "
						 "fewer in the log",
		    truth->acks->erased.n, truth->missing);
	for (i = 0; i < truth->persons.n; i++)
		if (!truth->persons.at[i].found)
			table.faults += storycheck_fault(
			    "person %" PRIu64
			    " of the imports is not in the truth",
			    truth->persons.at[i].record);
	return table.faults;
}

int
storycheck_truth(const struct storycheck_log *log,
    const struct storycheck_acks *acks, const char *dir,
    struct storycheck_figures *figures)
{
	struct truth truth = { .acks = acks };
	int faults;
	size_t i, n;

	collect(&truth, log);
	faults = check_families(&truth, dir, figures);
	if (faults == 0)
		faults = check_persons(&truth, dir);
	for (i = 0; i < truth.houses.n; i++)
		free((char *)truth.houses.at[i].key);
	free(truth.houses.at);
	free(truth.persons.at);
	for (i = 0; i < acks->erased.n; i++)
		if (storycheck_find(log, acks->erased.at[i], &n) != NULL)
			faults += storycheck_fault(
			    "record %" PRIu64 " was erased and is in the log",
			    acks->erased.at[i]);
	return faults;
}
