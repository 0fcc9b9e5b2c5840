#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/wire/squeeze.h"
#include "tests/lib/random_set.h"
#include "tests/lib/visits.h"

#define AUTHORITY 6402
#define WRITER 14
#define DESK 1
#define ROWS_MAX 9    /* of one visit */
#define WRITES_MAX 40 /* of one row */
#define VISIT_BYTES (24u << 10)
#define FIRST_MS 1790000000000u

/* A field that is a number or a code, and how it is spread. */
struct field {
	uint16_t reg;
	const char *name;
	unsigned min, max;
	unsigned lean; /* of 100, how often it is the least but one */
	bool listed;   /* in the prelist: a visit names what it replaces */
};

static const struct field HOUSEHOLD[] = {
	{ 53, "rt", 1, 12, 10, true },
	{ 58, "jml_anggota", 1, 8, 20, true },
	{ 60, "stat_bangunan", 1, 5, 75, false },
	{ 62, "luas_lantai", 12, 120, 0, false },
	{ 63, "lantai", 2, 9, 40, false },
	{ 64, "dinding", 1, 7, 50, false },
	{ 66, "atap", 2, 8, 80, false },
	{ 67, "air_minum", 2, 11, 35, false },
	{ 69, "penerangan", 1, 4, 88, false },
	{ 70, "daya_1", 1, 5, 55, false },
	{ 72, "bahan_bakar", 3, 10, 78, false },
	{ 73, "bab", 1, 6, 75, false },
	{ 81, "ada_lemari_es", 1, 2, 60, false },
	{ 85, "ada_tv", 1, 2, 70, false },
	{ 88, "ada_motor", 1, 2, 75, false },
	{ 93, "ada_smartphone", 1, 2, 80, false },
};

static const struct field INCOME[] = {
	{ 114, "makan_per_hari", 2, 3, 30, false },
	{ 115, "terima_pkh", 1, 2, 25, true },
	{ 116, "terima_bpnt", 1, 2, 30, true },
	{ 120, "hasil_kunjungan", 1, 7, 93, false },
};

static const struct field PERSON[] = {
	{ 131, "hub", 1, 8, 0, true },
	{ 132, "kawin", 1, 4, 45, false },
	{ 136, "sekolah", 1, 3, 10, false },
	{ 137, "jenjang", 3, 19, 35, false },
	{ 140, "kerja", 1, 2, 45, false },
};
#define NHOUSEHOLD (sizeof(HOUSEHOLD) / sizeof(HOUSEHOLD[0]))
#define NINCOME (sizeof(INCOME) / sizeof(INCOME[0]))
#define NPERSON (sizeof(PERSON) / sizeof(PERSON[0]))

static const char *const FIRST[] = { "SITI", "NUR", "ANDI", "RAHMAT", "JUMIATI",
	"HASAN", "SARIPAH", "YOHANES", "DEWI", "AGUS", "RUSLI", "NORHAYATI",
	"BUDI", "MARIANI", "ARDIANSYAH", "LINA", "SURYADI", "HALIMAH" };
static const char *const LAST[] = { "AMINAH", "HIDAYAT", "SAPUTRA", "LESTARI",
	"PURNOMO", "RAHMAN", "WATI", "SUSANTO", "MAULANA", "FITRIANI",
	"HANDAYANI", "SYAHRANI", "KURNIAWAN", "YULIANTI" };
static const char *const STREET[] = { "JL. POROS", "JL. AWANG LONG",
	"GG. KELUARGA", "JL. DIPONEGORO", "DUSUN MEKAR SARI", "JL. MASJID" };
#define PICK(m, list) (list)[below(m, sizeof(list) / sizeof((list)[0]))]

/* A set while it is made. */
struct maker {
	const struct visits_opts *opts;
	struct visits *out;
	uint64_t s;
	uint8_t *at, *end; /* memory */
	uint64_t *import;  /* two: the first ends at last_of_first */
	uint32_t writer, desk;
	uint32_t next_listed, next_new, last_of_first;
	struct change_visit *visits;
	struct change_row *rows;
	size_t nrows;
};

static uint64_t
below(struct maker *m, uint64_t n)
{
	return random_below(&m->s, n);
}

static void *
get(struct maker *m, size_t len)
{
	uint8_t *here = m->at;

	m->at += (len + 7) / 8 * 8;
	if (m->at > m->end)
		abort();
	return here;
}

/* A row while it is made. */
struct draft {
	struct change_write *writes;
	size_t n;
	const uint64_t *pred; /* NULL: the record is new */
};

static void
put(struct maker *m, struct draft *d, uint16_t reg, bool listed,
    const void *value, size_t len)
{
	struct change_write *w = &d->writes[d->n++];

	if (d->n > WRITES_MAX)
		abort();
	*w = (struct change_write){ .reg = reg, .len = (uint32_t)len };
	w->value = memcpy(get(m, len), value, len);
	if (listed && d->pred != NULL) {
		w->npreds = 1;
		w->preds = d->pred;
	}
}

static void
put_text(struct maker *m, struct draft *d, uint16_t reg, const char *name,
    bool listed, const char *text)
{
	put(m, d, reg, listed, text, strlen(text));
	m->out->json_len += strlen(name) + strlen(text) + 6;
}

/* A group's fields: name, text, name, text, ..., NULL. */
static void
put_group(struct maker *m, struct draft *d, uint16_t reg, int listed, ...)
{
	uint8_t value[256];
	const char *name, *text;
	size_t len = 0;
	va_list ap;

	va_start(ap, listed);
	while ((name = va_arg(ap, const char *)) != NULL) {
		text = va_arg(ap, const char *);
		value[len++] = (uint8_t)strlen(text);
		memcpy(value + len, text, strlen(text));
		len += strlen(text);
		m->out->json_len += strlen(name) + strlen(text) + 6;
	}
	va_end(ap);
	put(m, d, reg, listed != 0, value, len);
}

static void
put_fields(struct maker *m, struct draft *d, const struct field *f, size_t n)
{
	char text[16];
	unsigned v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = f[i].min + (f[i].lean >= 50 ? 0 : 1);
		if (below(m, 100) >=
			(f[i].lean >= 50 ? f[i].lean : 100 - f[i].lean) ||
		    f[i].lean == 0)
			v = f[i].min +
			    (unsigned)below(m, f[i].max - f[i].min + 1);
		if (v > f[i].max)
			v = f[i].max;
		snprintf(text, sizeof(text), "%u", v);
		put_text(m, d, f[i].reg, f[i].name, f[i].listed, text);
	}
}

static void
syllables(struct maker *m, char *out, size_t n)
{
	static const char *const S[] = { "ka", "lo", "mi", "ru", "te", "pa",
		"so", "ni", "du", "wa", "ge", "bo" };

	for (out[0] = '\0'; n > 0; n--)
		strcat(out, PICK(m, S));
}

static void
make_name(struct maker *m, char *out)
{
	if (m->opts->plain) {
		syllables(m, out, 5);
		out[4] = ' ';
	} else {
		strcpy(out, PICK(m, FIRST));
		strcat(out, " ");
		strcat(out, PICK(m, LAST));
	}
}

static void
put_place(struct maker *m, struct draft *d)
{
	char lat[24], lon[24], acc[24], text[80], street[40];
	unsigned born, number;

	snprintf(lat, sizeof(lat), "-0.4%06u", (unsigned)below(m, 150000));
	snprintf(lon, sizeof(lon), "116.9%06u", (unsigned)below(m, 150000));
	snprintf(acc, sizeof(acc), "%u", 3 + (unsigned)below(m, 30));
	put_group(
	    m, d, 40, false, "lat", lat, "lon", lon, "akurasi_m", acc, NULL);
	/* Drawn one by one: arguments have no order of their own. */
	born = (unsigned)(10100 + below(m, 280000));
	number = (unsigned)below(m, 3000);
	snprintf(text, sizeof(text), "640299%06u%04u", born, number);
	put_text(m, d, 51, "no_kk", true, text);
	if (m->opts->plain)
		syllables(m, street, 4);
	else
		strcpy(street, PICK(m, STREET));
	number = 1 + (unsigned)below(m, 120);
	snprintf(text, sizeof(text), "%s NO. %u", street, number);
	put_text(m, d, 52, "alamat", true, text);
}

/* The row of a record that an import brought to a real server. */
static void
stand_on(struct maker *m, struct draft *d, struct change_row *row)
{
	const struct visits_from *from = m->opts->from;
	uint64_t *pred = get(m, sizeof(*pred));

	*pred = from->import + id_counter(row->id) / VISITS_IMPORT_ROWS;
	d->pred = pred;
	row->shown_epoch = from->shown_epoch;
	row->shown_version = from->shown_version;
}

static void
make_row(
    struct maker *m, struct draft *d, enum change_record_kind kind, bool listed)
{
	struct change_row *row = &m->rows[m->nrows++];

	*row = (struct change_row){ .kind = kind,
		.visit = (uint32_t)(m->visits - m->out->body.visits) };
	*d =
	    (struct draft){ .writes = get(m, WRITES_MAX * sizeof(*d->writes)) };
	row->writes = d->writes;
	if (!listed) {
		row->id = id_make(AUTHORITY, m->writer, m->next_new++);
		return;
	}
	row->id = id_make(AUTHORITY, m->desk, m->next_listed++);
	if (m->opts->from != NULL) {
		stand_on(m, d, row);
		return;
	}
	row->shown_epoch = 1;
	row->shown_version = m->next_listed > m->last_of_first ? 18 : 17;
	d->pred = &m->import[m->next_listed > m->last_of_first];
}

static void
make_household(struct maker *m, bool listed)
{
	char money[16];
	struct draft d;

	make_row(m, &d, RECORD_HOUSEHOLD, listed);
	put_group(m, &d, 1, true, "keberadaan_kel", "1", "tgl_peristiwa_kel",
	    "", "alasan_kel", "", NULL);
	if (m->opts->from != NULL && !listed)
		put_text(m, &d, INSTRUMENT_PLACE, "desa", false,
		    m->opts->from->village);
	put_place(m, &d);
	put_fields(m, &d, HOUSEHOLD, NHOUSEHOLD);
	snprintf(
	    money, sizeof(money), "%u", 5000 * (unsigned)(20 + below(m, 160)));
	put_text(m, &d, 110, "mkn_mingguan", false, money);
	put_fields(m, &d, INCOME, NINCOME);
	m->rows[m->nrows - 1].nwrites = (uint16_t)d.n;
}

static void
make_person(struct maker *m, uint64_t household, bool listed)
{
	char nik[32], name[40], born[DAY_TEXT_SIZE], id[ID_TEXT_SIZE];
	bool woman = below(m, 2) == 1;
	struct day_parts p;
	int32_t day = (int32_t)below(m, 29000) - 9500;
	struct draft d;

	make_row(m, &d, RECORD_PERSON, listed);
	p = day_split(day);
	day_print(day, born);
	snprintf(nik, sizeof(nik), "640299%02d%02d%02d%04u",
	    p.day + (woman ? 40 : 0), p.month, p.year % 100,
	    1 + (unsigned)below(m, 30));
	make_name(m, name);
	put_group(m, &d, 1, true, "keberadaan_ind", "1", "tgl_peristiwa_ind",
	    "", "alasan_ind", "", NULL);
	id_print(household, id);
	if (!listed)
		put_text(m, &d, 2, "id_keluarga", true, id);
	put_group(m, &d, 32, true, "nik", nik, "nama", name, "tgl_lahir", born,
	    "jk", woman ? "2" : "1", NULL);
	put_fields(m, &d, PERSON, NPERSON);
	m->rows[m->nrows - 1].nwrites = (uint16_t)d.n;
}

static void
make_visit(struct maker *m, uint64_t *ms)
{
	static const unsigned MEMBERS[] = { 1, 2, 2, 3, 3, 3, 4, 4, 4, 6 };
	bool listed = below(m, 10) != 0 &&
	    (m->opts->from == NULL || !m->opts->from->all_new);
	unsigned n = PICK(m, MEMBERS), k;
	uint64_t household;

	*ms += 600000 + below(m, 1800000);
	*m->visits = (struct change_visit){
		.id = id_make(AUTHORITY, m->writer, m->next_new++),
		.hlc = *ms << 16,
		.day = day_from_ms((int64_t)*ms, 8 * 60),
	};
	/* Houses that nobody opened, or that another went to. */
	if (below(m, 4) == 0)
		m->next_listed += (uint32_t)below(m, 30);
	household = id_make(AUTHORITY, listed ? m->desk : m->writer,
	    listed ? m->next_listed : m->next_new);
	make_household(m, listed);
	for (k = 0; k < n; k++)
		make_person(m, household, listed && below(m, 20) != 0);
	m->out->json_len += 110; /* braces, ids, times */
}

static int
compare_rows(const void *a, const void *b)
{
	const struct change_row *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

struct visits *
visits_new(const struct visits_opts *opts)
{
	struct visits *v = calloc(1, sizeof(*v));
	struct maker m = { .opts = opts,
		.out = v,
		.s = opts->seed * 7919 + 1,
		.writer = WRITER,
		.desk = DESK };
	size_t i, len = opts->n * VISIT_BYTES;
	uint64_t ms;

	if (v == NULL || (v->memory = calloc(1, len)) == NULL)
		abort();
	m.at = v->memory;
	m.end = m.at + len;
	m.visits = get(&m, opts->n * sizeof(*m.visits));
	m.rows = get(&m, opts->n * ROWS_MAX * sizeof(*m.rows));
	v->body.visits = m.visits;
	v->body.rows = m.rows;
	m.import = get(&m, 2 * sizeof(*m.import));
	for (i = 0; i < 2; i++)
		m.import[i] = random_next(&m.s) | 1;
	m.next_listed = 1 + (uint32_t)below(&m, 200000);
	m.last_of_first = m.next_listed + 2 * (uint32_t)opts->n;
	m.next_new = 1 + (uint32_t)below(&m, 3000);
	ms = FIRST_MS + below(&m, 1000) * 86400000u;
	if (opts->from != NULL) {
		m.writer = opts->from->writer;
		m.desk = opts->from->desk;
		m.next_listed = opts->from->next_listed;
		m.next_new = opts->from->next_new;
	}
	for (i = 0; i < opts->n; i++, m.visits++)
		make_visit(&m, &ms);
	qsort(m.rows, m.nrows, sizeof(*m.rows), compare_rows);
	v->body.nvisits = opts->n;
	v->body.nrows = m.nrows;
	v->next_new = m.next_new;
	v->next_listed = m.next_listed;
	return v;
}

void
visits_free(struct visits *v)
{
	if (v == NULL)
		return;
	free(v->memory);
	free(v);
}

struct change_head
visits_head(const struct visits_opts *opts, uint32_t seq)
{
	const struct instrument *ins = instrument_builtin();
	uint64_t s = opts->seed * 104729 + seq;
	struct change_head head = { .kind = CHANGE_VISITS,
		.dictionary = SQUEEZE_DICT_VERVAL,
		.authority = AUTHORITY,
		.writer = WRITER,
		.seq = seq,
		.set_id = random_next(&s) | 1,
		.instrument = ins->version,
		.fields = ins->fields_version };
	size_t i;

	for (i = 0; seq > 1 && i < CHANGE_ID_LEN; i++)
		head.prev[i] = (uint8_t)random_next(&s);
	return head;
}
