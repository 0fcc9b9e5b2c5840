#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"

#include "tests/lib/storycheck.h"

/* ---- tools -------------------------------------------------------------- */

int
storycheck_fault(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("storycheck: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return 1;
}

void *
storycheck_grow(void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap > 0 ? *cap * 2 : 256;
	if ((list = realloc(list, *cap * size)) == NULL)
		abort();
	return list;
}

void
storycheck_ids_add(struct storycheck_ids *ids, uint64_t id)
{
	ids->at = storycheck_grow(ids->at, ids->n, &ids->cap, sizeof(id));
	ids->at[ids->n++] = id;
}

static int
compare_ids(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

void
storycheck_ids_sort(struct storycheck_ids *ids)
{
	if (ids->n > 0)
		qsort(ids->at, ids->n, sizeof(*ids->at), compare_ids);
}

bool
storycheck_ids_has(const struct storycheck_ids *ids, uint64_t id)
{
	return ids->n > 0 &&
	    bsearch(&id, ids->at, ids->n, sizeof(id), compare_ids) != NULL;
}

char *
storycheck_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	long size = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0 &&
	    (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
	    (text = malloc((size_t)size + 1)) != NULL &&
	    fread(text, 1, (size_t)size, file) == (size_t)size) {
		text[size] = '\0';
		*len = (size_t)size;
	} else {
		free(text);
		text = NULL;
		storycheck_fault("%s cannot be read", path);
	}
	if (file != NULL)
		fclose(file);
	return text;
}

size_t
storycheck_cut(char *line, char *cells[STORYCHECK_COLUMNS_MAX])
{
	size_t n = 0;

	while (n < STORYCHECK_COLUMNS_MAX) {
		cells[n++] = line;
		if ((line = strchr(line, '\t')) == NULL)
			break;
		*line++ = '\0';
	}
	return n;
}

char *
storycheck_line(char **at)
{
	char *line = *at, *end;

	if (*line == '\0')
		return NULL;
	if ((end = strchr(line, '\n')) != NULL)
		*end++ = '\0';
	*at = end != NULL ? end : line + strlen(line);
	return line;
}

uint64_t
storycheck_number(const char *text)
{
	return strtoull(text, NULL, 10);
}

/* ---- what was acknowledged ---------------------------------------------- */

static void
remove_id(struct storycheck_ids *ids, uint64_t id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (ids->at[i] == id)
			ids->at[i--] = ids->at[--ids->n];
}

static int
take_ack(
    struct storycheck_acks *acks, char *cells[STORYCHECK_COLUMNS_MAX], size_t n)
{
	uint64_t id = n > 1 ? storycheck_number(cells[1]) : 0;

	if (strcmp(cells[0], "visit") == 0 && n == 5) {
		acks->visits = storycheck_grow(acks->visits, acks->nvisits,
		    &acks->visits_cap, sizeof(*acks->visits));
		acks->visits[acks->nvisits++] =
		    (struct storycheck_visit){ .id = id,
			    .writer = (uint32_t)storycheck_number(cells[3]),
			    .household = storycheck_number(cells[4]) };
	} else if (strcmp(cells[0], "decided") == 0 && n == 3) {
		acks->decided = storycheck_grow(acks->decided, acks->ndecided,
		    &acks->decided_cap, sizeof(*acks->decided));
		acks->decided[acks->ndecided].record = id;
		snprintf(acks->decided[acks->ndecided++].reg,
		    sizeof(acks->decided->reg), "%s", cells[2]);
	} else if (strcmp(cells[0], "approved") == 0 && id != 0) {
		remove_id(&acks->standing, id);
		storycheck_ids_add(&acks->standing, id);
	} else if (strcmp(cells[0], "undone") == 0 && id != 0) {
		remove_id(&acks->standing, id);
	} else if (strcmp(cells[0], "redacted") == 0 && id != 0) {
		remove_id(&acks->standing, id);
		storycheck_ids_add(&acks->erased, id);
	} else if (strcmp(cells[0], "writer") == 0 && n == 3) {
		storycheck_ids_add(&acks->writers, id);
		storycheck_ids_add(&acks->persons, storycheck_number(cells[2]));
	} else if (strcmp(cells[0], "server") == 0 && n == 2) {
		snprintf(acks->fingerprint, sizeof(acks->fingerprint), "%s",
		    cells[1]);
	} else {
		return storycheck_fault(
		    "acknowledgement '%s' is none that is known", cells[0]);
	}
	return 0;
}

static int
compare_visits(const void *a, const void *b)
{
	const struct storycheck_visit *p = a, *q = b;

	return p->id < q->id ? -1 : p->id > q->id;
}

int
storycheck_acks_read(struct storycheck_acks *acks, const char *path)
{
	char *text, *at, *line, *cells[STORYCHECK_COLUMNS_MAX];
	int faults = 0;
	size_t len;

	if ((text = storycheck_file(path, &len)) == NULL)
		return 1;
	at = text;
	while ((line = storycheck_line(&at)) != NULL)
		faults += take_ack(acks, cells, storycheck_cut(line, cells));
	if (acks->nvisits > 0)
		qsort(acks->visits, acks->nvisits, sizeof(*acks->visits),
		    compare_visits);
	storycheck_ids_sort(&acks->standing);
	storycheck_ids_sort(&acks->erased);
	free(text);
	return faults;
}

void
storycheck_acks_free(struct storycheck_acks *acks)
{
	free(acks->visits);
	free(acks->standing.at);
	free(acks->erased.at);
	free(acks->writers.at);
	free(acks->persons.at);
	free(acks->decided);
}

/* Both ways: what was acknowledged is there, and nothing else. */
int
storycheck_visits(const struct storycheck_log *log,
    const struct storycheck_acks *acks, struct storycheck_figures *figures)
{
	const struct storycheck_visit *a, *v;
	size_t i = 0, k = 0;
	int faults = 0;

	while (i < acks->nvisits || k < log->nvisits) {
		a = i < acks->nvisits ? &acks->visits[i] : NULL;
		v = k < log->nvisits ? &log->visits[k] : NULL;
		if (v == NULL || (a != NULL && a->id < v->id)) {
			faults += storycheck_fault(
			    "visit %" PRIu64
			    " was acknowledged and is not in the log",
			    a->id);
			i++;
		} else if (a == NULL || v->id < a->id) {
			faults += storycheck_fault(
			    "visit %" PRIu64
			    " is in the log and was never acknowledged",
			    v->id);
			k++;
		} else {
			if (a->writer != v->writer)
				faults += storycheck_fault(
				    "visit %" PRIu64
				    " is in the log by writer %u and not %u",
				    v->id, v->writer, a->writer);
			if (v->household != 0 && v->household != a->household)
				faults += storycheck_fault("visit %" PRIu64
							   " is in the log of "
							   "another household",
				    v->id);
			figures->visits++;
			i++, k++;
		}
	}
	return faults;
}

/* Both ways, too: each conflict that ended was told, and nothing else was. */
int
storycheck_decisions(
    struct storycheck_log *log, const struct storycheck_acks *acks)
{
	const struct instrument_register *reg;
	struct storycheck_settled *s;
	int faults = 0;
	size_t i, k;

	for (i = 0; i < acks->ndecided; i++) {
		for (k = 0; k < log->nsettled; k++) {
			s = &log->settled[k];
			reg = instrument_find_register(
			    instrument_builtin(), s->kind, s->reg);
			if (!s->acked && s->record == acks->decided[i].record &&
			    reg != NULL &&
			    strcmp(reg->name, acks->decided[i].reg) == 0)
				break;
		}
		if (k < log->nsettled)
			log->settled[k].acked = true;
		else
			faults += storycheck_fault("record %" PRIu64
						   ": %s was decided, and is "
						   "not so in the log",
			    acks->decided[i].record, acks->decided[i].reg);
	}
	for (k = 0; k < log->nsettled; k++)
		if (!log->settled[k].acked)
			faults += storycheck_fault(
			    "record %" PRIu64 ": register %u is settled in the "
			    "log, and nobody was told",
			    log->settled[k].record, log->settled[k].reg);
	return faults;
}
