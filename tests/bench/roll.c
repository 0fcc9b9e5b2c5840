#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "sync-server/findings/follow.h"
#include "sync-server/intake/desk.h"
#include "sync-server/store/store.h"
#include "tests/bench/measure.h"
#include "tests/bench/roll.h"
#include "tests/bench/site_internal.h"

#define WRITES_MAX 16  /* of one row */
#define TEXT_MAX 400   /* bytes of one row that is made here */
#define FAMILY 4u      /* records of a household that nobody visits */
#define IMPORTED_DAY 0 /* before every visit */

/* A record to be imported. */
struct slot {
	const struct change_row *row; /* of its visit; NULL: none comes */
	uint64_t household;           /* of a person */
};

/* A set while it is made. */
struct making {
	const struct site_laptop *laptop;
	struct change_row rows[VISITS_IMPORT_ROWS];
	struct change_write writes[VISITS_IMPORT_ROWS][WRITES_MAX];
	char text[VISITS_IMPORT_ROWS][TEXT_MAX];
	size_t nrows, used;
	uint64_t last_household; /* that nobody visits */
};

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "import");
}

static void
put(struct making *m, uint16_t reg, const void *value, size_t len)
{
	struct change_row *row = &m->rows[m->nrows];
	struct change_write *w = &m->writes[m->nrows][row->nwrites++];

	if (row->nwrites > WRITES_MAX)
		abort();
	*w = (struct change_write){
		.reg = reg, .value = value, .len = (uint32_t)len
	};
}

static void
put_text(struct making *m, uint16_t reg, const char *text)
{
	size_t len = strlen(text);
	char *at = m->text[m->nrows] + m->used;

	if (m->used + len > TEXT_MAX)
		abort();
	memcpy(at, text, len);
	m->used += len;
	put(m, reg, at, len);
}

/* Fields of a group: texts with the length of each in front. */
static void
put_group(struct making *m, uint16_t reg, const char *const *texts, size_t n)
{
	char value[TEXT_MAX];
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(value + len, sizeof(value) - len,
		    "%c%s", (int)strlen(texts[i]), texts[i]);
	if (m->used + len > TEXT_MAX)
		abort();
	memcpy(m->text[m->nrows] + m->used, value, len);
	put(m, reg, m->text[m->nrows] + m->used, len);
	m->used += len;
}

/* What the visit of ${slot} will find. */
static void
copy_listed(struct making *m, const struct slot *slot)
{
	const struct change_row *from = slot->row;
	const struct change_write *w;
	char id[ID_TEXT_SIZE];
	uint16_t i;

	for (i = 0; i < from->nwrites; i++) {
		w = &from->writes[i];
		if (w->npreds > 0)
			put(m, w->reg, w->value, w->len);
		if (w->reg != INSTRUMENT_LIFE)
			continue;
		if (from->kind == RECORD_HOUSEHOLD) {
			put_text(m, INSTRUMENT_PLACE, m->laptop->village);
		} else {
			id_print(slot->household, id);
			put_text(m, INSTRUMENT_HOUSEHOLD, id);
		}
	}
}

static void
make_household(struct making *m, uint32_t counter)
{
	char text[80];

	put_text(m, INSTRUMENT_PLACE, m->laptop->village);
	snprintf(text, sizeof(text), "640299000000%04u", counter % 10000);
	text[9] = (char)('0' + counter / 10000 % 10);
	put_text(m, 51, text);
	snprintf(text, sizeof(text), "JL. POROS NO. %u", counter % 500);
	put_text(m, 52, text);
	snprintf(text, sizeof(text), "%u", 1 + counter % 12);
	put_text(m, 53, text);
}

static void
make_person(struct making *m, uint32_t counter)
{
	unsigned day = 1 + counter / 500 % 28, year = counter / 14000 % 100;
	char nik[32], born[24], id[ID_TEXT_SIZE];
	const char *texts[] = { nik, "SITI RAHMAT", born, "1" };

	/* Numbers that no visit makes up: those end in 0001 to 0030. */
	snprintf(nik, sizeof(nik), "640299%02u01%02u%04u", day, year,
	    31 + counter % 500);
	snprintf(born, sizeof(born), "19%02u-01-%02u", year, day);
	id_print(m->last_household, id);
	put_text(m, INSTRUMENT_HOUSEHOLD, id);
	put_group(m, 32, texts, sizeof(texts) / sizeof(texts[0]));
	put_text(m, 131, "1");
}

/* A record that nobody visits: a household or one of its members. */
static void
make_unvisited(struct making *m, uint32_t counter, uint64_t id)
{
	static const char *const ALIVE[] = { "1", "", "" };
	struct change_row *row = &m->rows[m->nrows];

	put_group(m, INSTRUMENT_LIFE, ALIVE, 3);
	if (m->last_household == 0 || counter % FAMILY == 0) {
		row->kind = RECORD_HOUSEHOLD;
		m->last_household = id;
		make_household(m, counter);
	} else {
		row->kind = RECORD_PERSON;
		make_person(m, counter);
	}
}

static void
make_row(
    struct making *m, const struct slot *slot, uint32_t counter, uint64_t id)
{
	struct change_row *row = &m->rows[m->nrows];

	*row = (struct change_row){ .id = id, .writes = m->writes[m->nrows] };
	m->used = 0;
	if (slot->row != NULL) {
		row->kind = slot->row->kind;
		copy_listed(m, slot);
	} else {
		make_unvisited(m, counter, id);
	}
	m->nrows++;
}

/* Which visits find which records. */
static void
fill_slots(struct slot *slots, uint32_t first, uint32_t until,
    const struct visits *v, uint32_t desk)
{
	uint64_t *households =
	    measure_memory(v->body.nvisits, sizeof(*households));
	const struct change_row *row;
	uint32_t counter;
	size_t i;

	for (i = 0; i < v->body.nrows; i++)
		if (v->body.rows[i].kind == RECORD_HOUSEHOLD)
			households[v->body.rows[i].visit] = v->body.rows[i].id;
	for (i = 0; i < v->body.nrows; i++) {
		row = &v->body.rows[i];
		counter = id_counter(row->id);
		if (id_writer(row->id) != desk)
			continue;
		if (counter < first || counter >= until)
			abort();
		slots[counter - first].row = row;
		slots[counter - first].household = households[row->visit];
	}
	free(households);
}

/* Sign and merge ${m} as the desk's, in a transaction of its own. */
static void
import_set(
    struct site *site, const struct making *m, uint64_t set_id, uint32_t last)
{
	struct change_visit visit = { .day = IMPORTED_DAY };
	struct change_body body = { .visits = &visit,
		.rows = m->rows,
		.nvisits = 1,
		.nrows = m->nrows };
	struct store *store = site->server->store;
	struct err err;

	server_lock(site->server);
	must(store_begin(store, &err), &err);
	visit.hlc = desk_next_hlc(site->server);
	must(desk_put(site->server, CHANGE_IMPORT, set_id, &body, NULL, &err),
	    &err);
	if (store_state(store)->desk_counter < last)
		store_state(store)->desk_counter = last;
	must(follow_log(store, instrument_builtin(), &err), &err);
	must(store_commit(store, &err), &err);
	server_unlock(site->server);
}

void
roll_import(struct site *site, const struct site_laptop *laptop,
    struct visits *const *visits, size_t n, uint32_t until)
{
	uint32_t first = laptop->next_listed, desk = site->card.desk_writer, c;
	struct slot *slots = measure_memory(until - first, sizeof(*slots));
	struct making *m = measure_memory(1, sizeof(*m));
	size_t i;

	if (first % VISITS_IMPORT_ROWS != 0)
		abort();
	for (i = 0; i < n; i++)
		fill_slots(slots, first, until, visits[i], desk);
	m->laptop = laptop;
	for (c = first; c < until; c++) {
		make_row(
		    m, &slots[c - first], c, id_make(SITE_AUTHORITY, desk, c));
		if (m->nrows < VISITS_IMPORT_ROWS && c + 1 < until)
			continue;
		import_set(site, m, SITE_IMPORT + c / VISITS_IMPORT_ROWS, c);
		m->nrows = 0;
	}
	site->next_listed = (until + VISITS_IMPORT_ROWS - 1) /
	    VISITS_IMPORT_ROWS * VISITS_IMPORT_ROWS;
	free(slots);
	free(m);
}
