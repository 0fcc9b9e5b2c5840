#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "tests/bench/workload.h"
#include "tests/lib/random_set.h"

/* The first seed from 20261122 on whose common fields have two values 74 times
 * in 1,000. */
#define SEED UINT64_C(20261147)

enum kind {
	KIND_IDENTITY, /* 16 digits, 99 as the district */
	KIND_NAME,
	KIND_LETTER, /* one of the letters of text */
	KIND_DATE,   /* years low to high - 1 */
	KIND_TIME,   /* a moment in 2026 */
	KIND_PHONE,
	KIND_ADDRESS,
	KIND_NUMBER,  /* low to high - 1, times step */
	KIND_PADDED,  /* text and the same with width digits */
	KIND_DEGREES, /* low to high, six digits after the point */
	KIND_REMARK,
};

static const struct field {
	const char *name;
	enum kind kind;
	int64_t low, high;
	int width; /* or step */
	const char *text;
} FIELDS[WORKLOAD_FIELDS] = {
	{ "desa", KIND_PADDED, 2000, 2400, 4, "64.02.05." },
	{ "nik", KIND_IDENTITY },
	{ "nama", KIND_NAME },
	{ "kelamin", KIND_LETTER, .text = "LPX" },
	{ "tgl_lahir", KIND_DATE, 1935, 2006 },
	{ "telepon", KIND_PHONE },
	{ "alamat", KIND_ADDRESS },
	{ "kecamatan", KIND_PADDED, 100, 140, 3, "" },
	{ "wilayah", KIND_PADDED, 1, 12, 2, "" },
	{ "kode_pos", KIND_PADDED, 800000, 800300, 6, "" },
	{ "lintang", KIND_DEGREES, -2, 0 },
	{ "bujur", KIND_DEGREES, 84, 86 },
	{ "akurasi", KIND_NUMBER, 3, 40, 1 },
	{ "anggota", KIND_NUMBER, 1, 13, 1 },
	{ "anak", KIND_NUMBER, 0, 6, 1 },
	{ "kamar", KIND_NUMBER, 1, 8, 1 },
	{ "atap", KIND_PADDED, 1, 10, 2, "A" },
	{ "dinding", KIND_PADDED, 1, 10, 2, "D" },
	{ "lantai", KIND_PADDED, 1, 10, 2, "L" },
	{ "air", KIND_PADDED, 1, 10, 2, "M" },
	{ "jamban", KIND_PADDED, 1, 10, 2, "J" },
	{ "bahan_bakar", KIND_PADDED, 1, 10, 2, "B" },
	{ "listrik", KIND_NUMBER, 0, 2, 1 },
	{ "kartu", KIND_PADDED, 0, 10000000000, 10, "KB" },
	{ "rekening", KIND_NUMBER, 0, 2, 1 },
	{ "pendapatan", KIND_NUMBER, 20, 600, 500 },
	{ "tgl_kunjungan", KIND_DATE, 2026, 2027 },
	{ "waktu", KIND_TIME },
	{ "petugas", KIND_PADDED, 1, 250, 5, "PT" },
	{ "catatan", KIND_REMARK },
};

/* Made-up syllables and words; no person's name is meant. */
static const char *const SYLLABLES[] = { "ra", "lo", "mi", "ta", "su", "ne",
	"ko", "wa", "di", "pe", "la", "ru", "sa", "ti", "mo", "ga" };
static const char *const STREETS[] = { "Jalan Utama", "Jalan Kali Lama",
	"Gang Sumur", "Jalan Sekolah", "Jalan Pasar", "Gang Kebun",
	"Jalan Dermaga", "Jalan Bukit", "Gang Rawa", "Jalan Kantor Pos" };
static const char *const VILLAGES[] = { "Muaralu", "Tepirani", "Longbesi",
	"Sumberpua", "Batulare", "Rantaulo", "Tanjungwe", "Loatera", "Sebulani",
	"Kotamiri", "Jembara", "Handilu" };
static const char *const REMARKS[] = { "pintu terkunci waktu pertama datang",
	"kepala tidak di rumah, pasangan menjawab",
	"merantau kerja sejak bulan Maret", "ada anggota baru untuk dicatat",
	"tidak ada catatan", "diminta datang lagi minggu depan",
	"kartu sedang diperbaiki", "rumah sedang dibangun",
	"berkas dilihat dan cocok", "telepon milik tetangga" };

#define PICK(list, rng)                                                        \
	(list)[random_below(rng, sizeof(list) / sizeof(*(list)))]

static void
capital(char *word)
{
	word[0] = (char)(word[0] - 'a' + 'A');
}

static void
make_name(char out[WORKLOAD_VALUE_SIZE], uint64_t *rng)
{
	char first[16], last[16];

	/* As many as 30 first and 20 last names in use would give. */
	snprintf(first, sizeof(first), "%s%s%s",
	    SYLLABLES[random_below(rng, 6)],
	    SYLLABLES[6 + random_below(rng, 5)], "ni");
	snprintf(last, sizeof(last), "%s%s", SYLLABLES[random_below(rng, 5)],
	    SYLLABLES[11 + random_below(rng, 4)]);
	capital(first);
	capital(last);
	snprintf(out, WORKLOAD_VALUE_SIZE, "%s %s", first, last);
}

static int64_t
between(uint64_t *rng, int64_t low, int64_t high)
{
	return low + (int64_t)random_below(rng, (uint64_t)(high - low));
}

static void
make_text(char out[WORKLOAD_VALUE_SIZE], const struct field *f, uint64_t *rng)
{
	const size_t size = WORKLOAD_VALUE_SIZE;
	int64_t n;

	switch (f->kind) {
	case KIND_NAME:
		make_name(out, rng);
		break;
	case KIND_LETTER:
		snprintf(out, size, "%c",
		    f->text[random_below(rng, strlen(f->text))]);
		break;
	case KIND_ADDRESS:
		snprintf(out, size, "No. %d, %s, RT %d, %s",
		    (int)between(rng, 1, 900), PICK(STREETS, rng),
		    (int)between(rng, 1, 30), PICK(VILLAGES, rng));
		break;
	case KIND_DEGREES:
		n = between(rng, f->low * 1000000 + 1, f->high * 1000000);
		snprintf(out, size, "%s%lld.%06lld", n < 0 ? "-" : "",
		    llabs(n) / 1000000, llabs(n) % 1000000);
		break;
	case KIND_REMARK:
		snprintf(out, size, "%s", PICK(REMARKS, rng));
		break;
	case KIND_NUMBER:
		snprintf(out, size, "%lld",
		    (long long)between(rng, f->low, f->high) * f->width);
		break;
	default: /* KIND_PADDED; the rest is make_digits() */
		snprintf(out, size, "%s%0*lld", f->text, f->width,
		    (long long)between(rng, f->low, f->high));
		break;
	}
}

static void
make_digits(char out[WORKLOAD_VALUE_SIZE], const struct field *f, uint64_t *rng)
{
	const size_t size = WORKLOAD_VALUE_SIZE;
	int a, b, c, d;

	switch (f->kind) {
	case KIND_IDENTITY:
		a = (int)between(rng, 1000, 10000);
		snprintf(out, size, "%04d99%010lld", a,
		    (long long)between(rng, 0, 10000000000));
		return;
	case KIND_PHONE: /* no network has these */
		snprintf(
		    out, size, "+620%09d", (int)between(rng, 0, 1000000000));
		return;
	case KIND_DATE:
		a = (int)between(rng, f->low, f->high);
		b = (int)between(rng, 1, 13);
		c = (int)between(rng, 1, 29);
		snprintf(out, size, "%04d-%02d-%02d", a, b, c);
		return;
	case KIND_TIME:
		a = (int)between(rng, 0, 11 * 28);
		b = (int)between(rng, 7, 19);
		c = (int)between(rng, 0, 60);
		d = (int)between(rng, 0, 60);
		snprintf(out, size, "2026-%02d-%02dT%02d:%02d:%02d+08:00",
		    a / 28 + 1, a % 28 + 1, b, c, d);
		return;
	default:
		make_text(out, f, rng);
	}
}

const char *
workload_field_name(unsigned field)
{
	return FIELDS[field].name;
}

bool
workload_field_is_number(unsigned field)
{
	return FIELDS[field].kind == KIND_NUMBER;
}

static bool
has_two_values(unsigned field)
{
	return FIELDS[field].kind == KIND_NUMBER &&
	    FIELDS[field].high - FIELDS[field].low == 2;
}

size_t
workload_value(char out[WORKLOAD_VALUE_SIZE], uint32_t record, unsigned field,
    enum workload_round round)
{
	uint64_t rng = SEED + ((uint64_t)record * WORKLOAD_FIELDS + field);
	char before[2][WORKLOAD_VALUE_SIZE] = { "", "" };

	make_digits(out, &FIELDS[field], &rng);
	if (round == WORKLOAD_BASE)
		return strlen(out);
	/* Another value than before; and B another one than A, if it can. */
	strcpy(before[0], out);
	do
		make_digits(out, &FIELDS[field], &rng);
	while (strcmp(out, before[0]) == 0);
	if (round == WORKLOAD_A || has_two_values(field))
		return strlen(out);
	strcpy(before[1], out);
	do
		make_digits(out, &FIELDS[field], &rng);
	while (strcmp(out, before[0]) == 0 || strcmp(out, before[1]) == 0);
	return strlen(out);
}

uint64_t
workload_id(uint32_t record)
{
	return id_make(6402, WORKLOAD_WRITER, record + 1);
}

static void *
get_memory(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (memory == NULL) {
		fprintf(stderr, "workload: no memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* ${n} different fields in a random order. */
static void
pick_fields(uint8_t *fields, unsigned n, uint64_t *rng)
{
	uint8_t all[WORKLOAD_FIELDS], swap;
	unsigned i, k;

	for (i = 0; i < WORKLOAD_FIELDS; i++)
		all[i] = (uint8_t)i;
	for (i = 0; i < n; i++) {
		k = i + (unsigned)random_below(rng, WORKLOAD_FIELDS - i);
		swap = all[i];
		all[i] = all[k];
		all[k] = swap;
	}
	memcpy(fields, all, n);
}

static int
compare_bytes(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

static int
compare_edits(const void *a, const void *b)
{
	const struct workload_edit *x = a, *y = b;

	return (x->record > y->record) - (x->record < y->record);
}

/* Which households: A's are the first 10,000 of ${who}, B's the first 3,000
 * and the 7,000 after A's.  Returns how often a common field can differ. */
static unsigned
make_edits(struct workload *w, const uint32_t *who, uint64_t *rng)
{
	uint8_t fields[2 * WORKLOAD_EDIT_FIELDS];
	struct workload_edit *a = w->edits[0], *b = w->edits[1];
	unsigned conflicts = 0;
	uint32_t i;

	for (i = 0; i < WORKLOAD_EDITS; i++) {
		pick_fields(fields, sizeof(fields), rng);
		if (i < WORKLOAD_SHARED) {
			fields[WORKLOAD_EDIT_FIELDS] = fields[0];
			conflicts += !has_two_values(fields[0]);
		}
		a[i].record = who[i];
		b[i].record = i < WORKLOAD_BOTH
		    ? who[i]
		    : who[WORKLOAD_EDITS + i - WORKLOAD_BOTH];
		memcpy(a[i].fields, fields, WORKLOAD_EDIT_FIELDS);
		memcpy(b[i].fields, fields + WORKLOAD_EDIT_FIELDS,
		    WORKLOAD_EDIT_FIELDS);
		qsort(a[i].fields, WORKLOAD_EDIT_FIELDS, 1, compare_bytes);
		qsort(b[i].fields, WORKLOAD_EDIT_FIELDS, 1, compare_bytes);
	}
	return conflicts;
}

/* In an order of its own, but ascending within a batch. */
static void
order_edits(struct workload_edit *edits, uint64_t *rng)
{
	struct workload_edit swap;
	uint32_t i, k;

	for (i = WORKLOAD_EDITS; i > 1; i--) {
		k = (uint32_t)random_below(rng, i);
		swap = edits[k];
		edits[k] = edits[i - 1];
		edits[i - 1] = swap;
	}
	for (i = 0; i < WORKLOAD_EDITS; i += WORKLOAD_BATCH)
		qsort(&edits[i], WORKLOAD_BATCH, sizeof(*edits), compare_edits);
}

struct workload *
workload_new(uint32_t nrecords)
{
	struct workload *w = get_memory(1, sizeof(*w));
	uint32_t *who = get_memory(nrecords, sizeof(*who)), i, k, swap;
	uint64_t choice = SEED, rng = ~SEED;
	unsigned conflicts;

	w->nrecords = nrecords;
	w->edits[0] = get_memory(WORKLOAD_EDITS, sizeof(*w->edits[0]));
	w->edits[1] = get_memory(WORKLOAD_EDITS, sizeof(*w->edits[1]));
	for (i = 0; i < nrecords; i++)
		who[i] = i;
	for (i = 0; i < 2 * WORKLOAD_EDITS - WORKLOAD_BOTH; i++) {
		k = i + (uint32_t)random_below(&rng, nrecords - i);
		swap = who[i];
		who[i] = who[k];
		who[k] = swap;
	}
	conflicts = make_edits(w, who, &choice);
	free(who);
	order_edits(w->edits[0], &rng);
	order_edits(w->edits[1], &rng);
	if (conflicts != WORKLOAD_CONFLICTS) {
		fprintf(stderr, "workload: %u true conflicts, not %u\n",
		    conflicts, WORKLOAD_CONFLICTS);
		exit(EXIT_FAILURE);
	}
	return w;
}

void
workload_free(struct workload *w)
{
	if (w == NULL)
		return;
	free(w->edits[0]);
	free(w->edits[1]);
	free(w);
}

size_t
workload_nbatches(const struct workload *w, enum workload_round round)
{
	return (round == WORKLOAD_BASE ? w->nrecords : WORKLOAD_EDITS) /
	    WORKLOAD_BATCH;
}

void
workload_batch_free(struct workload_batch *batches, size_t n)
{
	size_t i;

	for (i = 0; batches != NULL && i < n; i++)
		free(batches[i].bytes);
	free(batches);
}
