#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"

#include "tests/lib/storycheck.h"

static void *
copy(const void *bytes, size_t len)
{
	void *out = malloc(len + 1);

	if (out == NULL)
		abort();
	if (len > 0)
		memcpy(out, bytes, len);
	return out;
}

static void
take_row(struct storycheck_log *log, const struct change *set,
    const struct change_row *row)
{
	const struct change_visit *visit = row->visit < set->body.nvisits
	    ? &set->body.visits[row->visit]
	    : NULL;
	const struct change_write *w;
	struct storycheck_put *p;
	size_t i;

	for (i = 0; i < row->nwrites; i++) {
		log->puts = storycheck_grow(
		    log->puts, log->nputs, &log->puts_cap, sizeof(*log->puts));
		p = &log->puts[log->nputs++];
		w = &row->writes[i];
		*p = (struct storycheck_put){ .record = row->id,
			.set_id = set->head.set_id,
			.visit = visit != NULL ? visit->id : 0,
			.kind = row->kind,
			.by = set->head.kind,
			.writer = set->head.writer,
			.person = visit != NULL ? visit->person : 0,
			.reg = w->reg,
			.created = row->shown_version == 0,
			.npreds = w->npreds,
			.len = w->len };
		p->preds = copy(w->preds, w->npreds * sizeof(*w->preds));
		p->value = copy(w->value, w->len);
	}
}

static void
take_set(struct storycheck_log *log, struct storycheck_figures *figures,
    const struct change *set)
{
	size_t i;

	for (i = 0; i < set->body.nrows; i++)
		take_row(log, set, &set->body.rows[i]);
	if (set->head.kind != CHANGE_VISITS)
		return;
	figures->changesets++;
	for (i = 0; i < set->body.nvisits; i++) {
		log->visits = storycheck_grow(log->visits, log->nvisits,
		    &log->visits_cap, sizeof(*log->visits));
		log->visits[log->nvisits++] =
		    (struct storycheck_visit){ .id = set->body.visits[i].id,
			    .writer = set->head.writer };
	}
}

/* Is it signed, by whom it says? */
static int
check_signature(const struct storycheck_cards *cards, const char *path,
    const uint8_t *bytes, size_t len, const struct change_head *head)
{
	const uint8_t *key = storycheck_key(cards, head);
	struct err err;

	if (key == NULL)
		return storycheck_fault(
		    "%s: nobody enrolled writer %u", path, head->writer);
	if (change_verify(bytes, len, key, &err) != ST_OK)
		return storycheck_fault("%s: %s", path, err.text);
	return 0;
}

/* A line of the index, and the file that it names. */
static int
read_set(struct storycheck_log *log, struct storycheck_figures *figures,
    const struct storycheck_cards *cards, const char *dir,
    char *cells[STORYCHECK_COLUMNS_MAX])
{
	bool accepted = strcmp(cells[1], "accepted") == 0;
	char path[PATH_MAX], *bytes;
	struct change *set = NULL;
	struct err err;
	size_t len;
	int faults = 0;

	snprintf(path, sizeof(path), "%s/%06" PRIu64 ".set", dir,
	    storycheck_number(cells[0]));
	if ((bytes = storycheck_file(path, &len)) == NULL)
		return 1;
	if (change_unpack(&set, (uint8_t *)bytes, len, true, &err) != ST_OK ||
	    change_check_root(set, &err) != ST_OK) {
		faults = storycheck_fault("%s: %s", path, err.text);
	} else {
		if (cards != NULL)
			faults = check_signature(
			    cards, path, (uint8_t *)bytes, len, &set->head);
		if (faults == 0)
			storycheck_link(log, set);
		if (faults == 0 && accepted)
			take_set(log, figures, set);
	}
	change_free(set);
	free(bytes);
	return faults;
}

static int
compare_puts(const void *a, const void *b)
{
	const struct storycheck_put *p = a, *q = b;

	if (p->record != q->record)
		return p->record < q->record ? -1 : 1;
	if (p->reg != q->reg)
		return p->reg < q->reg ? -1 : 1;
	return p->set_id < q->set_id ? -1 : p->set_id > q->set_id;
}

static int
compare_visits(const void *a, const void *b)
{
	const struct storycheck_visit *p = a, *q = b;

	return p->id < q->id ? -1 : p->id > q->id;
}

/* ---- the rule ----------------------------------------------------------- */

bool
storycheck_head(
    const struct storycheck_put *puts, size_t n, size_t i, bool decisions)
{
	size_t k, m;

	for (k = 0; k < n; k++) {
		if (!decisions && puts[k].by == CHANGE_DECISION)
			continue;
		for (m = 0; m < puts[k].npreds; m++)
			if (puts[k].preds[m] == puts[i].set_id)
				return false;
	}
	return decisions || puts[i].by != CHANGE_DECISION;
}

static bool
differs(const struct storycheck_put *puts, size_t n, bool decisions)
{
	const struct storycheck_put *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!storycheck_head(puts, n, i, decisions))
			continue;
		if (first != NULL &&
		    (first->len != puts[i].len ||
			memcmp(first->value, puts[i].value, first->len) != 0))
			return true;
		first = &puts[i];
	}
	return false;
}

size_t
storycheck_run(const struct storycheck_put *puts, size_t n)
{
	size_t i;

	for (i = 1; i < n && puts[i].reg == puts[0].reg; i++)
		;
	return i;
}

const struct storycheck_put *
storycheck_find(const struct storycheck_log *log, uint64_t record, size_t *n)
{
	size_t low = 0, high = log->nputs, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (log->puts[mid].record < record)
			low = mid + 1;
		else
			high = mid;
	}
	for (high = low; high < log->nputs; high++)
		if (log->puts[high].record != record)
			break;
	*n = high - low;
	return *n > 0 ? &log->puts[low] : NULL;
}

/* ---- figures ------------------------------------------------------------ */

/* One visit puts one value into one register of one record, once. */
static int
check_twice(const struct storycheck_put *puts, size_t n)
{
	int faults = 0;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (puts[i].by == CHANGE_VISITS &&
			    puts[i].visit == puts[k].visit)
				faults += storycheck_fault(
				    "visit %" PRIu64 " wrote twice to record "
				    "%" PRIu64,
				    puts[i].visit, puts[i].record);
	return faults;
}

static void
add_settled(struct storycheck_log *log, const struct storycheck_put *put)
{
	log->settled = storycheck_grow(log->settled, log->nsettled,
	    &log->settled_cap, sizeof(*log->settled));
	log->settled[log->nsettled++] =
	    (struct storycheck_settled){ put->record, put->reg, put->kind,
		    false };
}

static int
count_record(struct storycheck_log *log, struct storycheck_figures *figures,
    const struct storycheck_put *puts, size_t n)
{
	uint32_t writer = 0;
	bool several = false;
	size_t i, run;
	int faults = 0;

	for (i = 0; i < n; i++) {
		if (puts[i].by != CHANGE_VISITS)
			continue;
		several |= writer != 0 && writer != puts[i].writer;
		writer = puts[i].writer;
	}
	figures->merged += several;
	for (i = 0; i < n; i += run) {
		run = storycheck_run(puts + i, n - i);
		faults += check_twice(puts + i, run);
		if (!differs(puts + i, run, false))
			continue;
		figures->conflicts++;
		if (differs(puts + i, run, true))
			continue;
		figures->decided++;
		add_settled(log, &puts[i]);
	}
	return faults;
}

/* A visit may lie in two sets, where one was full: then it is one. */
static void
sort_visits(struct storycheck_log *log)
{
	size_t i, n = 0;

	if (log->nvisits == 0)
		return;
	qsort(log->visits, log->nvisits, sizeof(*log->visits), compare_visits);
	for (i = 0; i < log->nvisits; i++)
		if (i == 0 || log->visits[i].id != log->visits[i - 1].id)
			log->visits[n++] = log->visits[i];
	log->nvisits = n;
}

/* Which household each visit changed, where it changed one. */
static void
place_visits(struct storycheck_log *log)
{
	struct storycheck_visit want = { 0 }, *visit;
	size_t i;

	for (i = 0; i < log->nputs; i++) {
		want.id = log->puts[i].visit;
		if (log->puts[i].by != CHANGE_VISITS ||
		    log->puts[i].kind != RECORD_HOUSEHOLD)
			continue;
		visit = bsearch(&want, log->visits, log->nvisits, sizeof(want),
		    compare_visits);
		if (visit != NULL)
			visit->household = log->puts[i].record;
	}
}

static void
cut_commas(char *line)
{
	for (; *line != '\0'; line++)
		if (*line == ',')
			*line = '\t';
}

/* n,state,reason,kind,writer,seq,set_id,change_id,epoch,version */
static int
read_index(struct storycheck_log *log, struct storycheck_figures *figures,
    const struct storycheck_cards *cards, const char *dir)
{
	char path[PATH_MAX], *text, *at, *line;
	char *cells[STORYCHECK_COLUMNS_MAX];
	unsigned long n = 0;
	int faults = 0;
	size_t len;

	snprintf(path, sizeof(path), "%s/index.csv", dir);
	if ((text = storycheck_file(path, &len)) == NULL)
		return 1;
	at = text;
	storycheck_line(&at); /* what the columns are */
	while ((line = storycheck_line(&at)) != NULL) {
		cut_commas(line);
		if (storycheck_cut(line, cells) != 10 ||
		    storycheck_number(cells[0]) != ++n) {
			faults += storycheck_fault(
			    "%s: it is not entry %lu that is next", path, n);
			break;
		}
		faults += read_set(log, figures, cards, dir, cells);
	}
	free(text);
	return faults;
}

int
storycheck_log_read(struct storycheck_log *log,
    struct storycheck_figures *figures, const struct storycheck_cards *cards,
    const char *dir)
{
	int faults = read_index(log, figures, cards, dir);
	size_t i, n;

	if (cards != NULL)
		faults += storycheck_chains(log);
	if (log->nputs > 0)
		qsort(log->puts, log->nputs, sizeof(*log->puts), compare_puts);
	sort_visits(log);
	if (log->nvisits > 0)
		place_visits(log);
	for (i = 0; i < log->nputs; i += n) {
		storycheck_find(log, log->puts[i].record, &n);
		faults += count_record(log, figures, &log->puts[i], n);
	}
	return faults;
}

void
storycheck_log_free(struct storycheck_log *log)
{
	size_t i;

	for (i = 0; i < log->nputs; i++) {
		free(log->puts[i].preds);
		free(log->puts[i].value);
	}
	free(log->puts);
	free(log->visits);
	free(log->settled);
	free(log->links);
}
