#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/place/region.h"
#include "sync-server/import/prelist.h"
#include "tests/lib/sample.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

/*
 * The generator and the reader of prelists, each held to the other: what the
 * truth says of a file is exactly what reading it says.
 */

#define FILE_MAX (64u << 20)

/* Of seed 11, 300 households, as messy as can be. */
#define SAMPLE_DIGEST 0xa06fb5b34244eb26u

static struct err err;
static struct region_table *regions;
static struct temp temp;

/* Lines of text in any order. */
struct lines {
	char **at;
	size_t n, cap;
};

static void
lines_add(struct lines *lines, const char *text)
{
	if (lines->n == lines->cap) {
		lines->cap = lines->cap * 2 + 64;
		lines->at = realloc(lines->at, lines->cap * sizeof(*lines->at));
		ck_assert_ptr_nonnull(lines->at);
	}
	ck_assert_ptr_nonnull(lines->at[lines->n++] = strdup(text));
}

static void
lines_free(struct lines *lines)
{
	while (lines->n > 0)
		free(lines->at[--lines->n]);
	free(lines->at);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
ck_same_lines(struct lines *a, struct lines *b, const char *what)
{
	size_t i;

	qsort(a->at, a->n, sizeof(*a->at), compare);
	qsort(b->at, b->n, sizeof(*b->at), compare);
	for (i = 0; i < a->n && i < b->n; i++)
		ck_assert_msg(strcmp(a->at[i], b->at[i]) == 0,
		    "%s: the truth '%s', read '%s'", what, a->at[i], b->at[i]);
	ck_assert_msg(
	    a->n == b->n, "%s: %zu in the truth, %zu read", what, a->n, b->n);
}

static char *
read_file(const char *name)
{
	uint8_t *bytes;
	size_t len;
	char *text;

	ok(env_real()->read(
	    NULL, temp_path(&temp, name), FILE_MAX, &bytes, &len, &err));
	ck_assert_ptr_nonnull(text = realloc(bytes, len + 1));
	text[len] = '\0';
	return text;
}

/* Cell ${n} of a row of the truth, of which this cuts it off. */
static char *
cut(char **row)
{
	char *cell = *row;

	*row += strcspn(*row, "\t");
	if (**row == '\t')
		*(*row)++ = '\0';
	return cell;
}

/* ---- what reading says ---------------------------------------------- */

struct said {
	const char *file;
	struct lines problems, persons, families;
};

static enum status
take_problem(void *arg, const struct prelist_problem *problem, struct err *e)
{
	struct said *said = arg;
	char line[256];

	(void)e;
	snprintf(line, sizeof(line), "%s %zu %s %s %d", said->file,
	    problem->line, problem->column, prelist_rule_name(problem->rule),
	    problem->loaded);
	lines_add(&said->problems, line);
	return ST_OK;
}

static const char *
cell_of(const struct prelist_cell *cells, size_t n, const char *field)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(cells[i].field->name, field) == 0)
			return cells[i].text;
	}
	return "";
}

/* A value as the truth writes it. */
static void
print_value(char *out, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text != '\0' && len < size - 3; text++) {
		if (*text == '\n') {
			out[len++] = '\\';
			out[len++] = 'n';
		} else {
			out[len++] = *text;
		}
	}
	out[len] = '\0';
}

static const char *const FAMILY[] = { "kode_wil", "prelist_id", "no_kk",
	"alamat", "rt", "rw" };
static const char *const PERSON[] = { "nik", "nama", "tgl_lahir", "jk", "hub",
	"kawin", "sekolah", "ijazah", "kerja" };
#define NFAMILY (sizeof(FAMILY) / sizeof(FAMILY[0]))
#define NPERSON (sizeof(PERSON) / sizeof(PERSON[0]))

static enum status
take_family(void *arg, const struct prelist_family *family, struct err *e)
{
	struct said *said = arg;
	char line[1024], value[256];
	size_t i, k, at;

	(void)e;
	at = (size_t)snprintf(line, sizeof(line), "%s", said->file);
	for (i = 0; i < NFAMILY + SAMPLE_HOUSE_FIELDS; i++) {
		print_value(value, sizeof(value),
		    cell_of(family->cells, family->ncells,
			i < NFAMILY ? FAMILY[i] : SAMPLE_HOUSE[i - NFAMILY]));
		at += (size_t)snprintf(
		    line + at, sizeof(line) - at, "|%s", value);
	}
	snprintf(line + at, sizeof(line) - at, "|%zu", family->npersons);
	lines_add(&said->families, line);
	for (k = 0; k < family->npersons; k++) {
		at = (size_t)snprintf(line, sizeof(line), "%s %zu", said->file,
		    family->persons[k].line);
		for (i = 0; i < NPERSON; i++)
			at += (size_t)snprintf(line + at, sizeof(line) - at,
			    "|%s",
			    cell_of(family->persons[k].cells,
				family->persons[k].ncells, PERSON[i]));
		lines_add(&said->persons, line);
	}
	return ST_OK;
}

static void
read_prelist(struct said *said, const char *file, struct prelist_counts *counts)
{
	struct prelist_opts opts = {
		.instrument = instrument_builtin(),
		.regions = regions,
		.regency = region_from_authority(6402),
		.today = sample_today(),
	};
	struct prelist_sink sink = { said, take_family, take_problem };
	char *text = read_file(file);

	said->file = file;
	ok(prelist_read_bytes(counts, text, strlen(text), &opts, &sink, &err));
	ck_assert_uint_eq(
	    counts->rows, counts->loaded + counts->refused + counts->blank);
	free(text);
}

/* ---- what the truth says -------------------------------------------- */

static void
each_row(const char *name, void (*each)(struct said *truth, char *row),
    struct said *truth)
{
	char *text = read_file(name), *row = text, *next;

	for (row = strchr(text, '\n') + 1; *row != '\0'; row = next) {
		next = row + strcspn(row, "\n");
		*next++ = '\0';
		each(truth, row);
	}
	free(text);
}

static void
problem_of_truth(struct said *truth, char *row)
{
	char *file = cut(&row), *line = cut(&row), *column = cut(&row);
	char *rule = cut(&row), text[256];

	snprintf(text, sizeof(text), "%s %s %s %s %s", file, line, column, rule,
	    row);
	lines_add(&truth->problems, text);
}

static void
person_of_truth(struct said *truth, char *row)
{
	char text[1024];
	size_t i, at;
	char *file, *line;

	cut(&row);
	cut(&row);
	file = cut(&row);
	line = cut(&row);
	at = (size_t)snprintf(text, sizeof(text), "%s %s", file, line);
	for (i = 0; i < NPERSON; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "|%s", cut(&row));
	if (row[strlen(row) - 1] == '1')
		lines_add(&truth->persons, text);
}

static void
family_of_truth(struct said *truth, char *row)
{
	char text[1024];
	size_t i, at;

	cut(&row);
	at = (size_t)snprintf(text, sizeof(text), "%s", cut(&row));
	for (i = 0; i < NFAMILY + SAMPLE_HOUSE_FIELDS; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "|%s", cut(&row));
	cut(&row);
	cut(&row);
	snprintf(text + at, sizeof(text) - at, "|%s", row);
	if (strcmp(row, "0") != 0)
		lines_add(&truth->families, text);
}

/* ---- tests ---------------------------------------------------------- */

#define NDISTRICTS 4

static void
make(uint64_t seed, size_t households, unsigned messy,
    struct sample_totals *totals)
{
	uint64_t district[NDISTRICTS];
	struct sample_opts opts = { .seed = seed,
		.households = households,
		.districts = district,
		.ndistricts = NDISTRICTS,
		.dir = temp.folder,
		.regions = regions,
		.messy = messy,
		.identity = 13,
		.duplicates = 1,
		.gone = 39 };

	ok(region_parse(&district[0], "64.02.05", &err));
	ok(region_parse(&district[1], "64.02.06", &err));
	ok(region_parse(&district[2], "64.02.10", &err));
	ok(region_parse(&district[3], "64.02.01", &err));
	ok(sample_make(&opts, totals, &err));
}

static const char *const FILES[NDISTRICTS] = { "prelist-64.02.05.csv",
	"prelist-64.02.06.csv", "prelist-64.02.10.csv",
	"prelist-64.02.01.csv" };

static const struct {
	uint64_t seed;
	unsigned messy;
} RUNS[] = { { 1, 0 }, { 1, 20 }, { 2, 100 }, { 3, 100 }, { 4, 100 },
	{ 5, 50 } };
#define NRUNS (sizeof(RUNS) / sizeof(RUNS[0]))

START_TEST(reading_a_sample_says_what_its_truth_says)
{
	struct prelist_counts counts, all = { 0 };
	struct said said = { 0 }, truth = { 0 };
	struct sample_totals totals;
	size_t i;

	make(RUNS[_i].seed, 1200, RUNS[_i].messy, &totals);
	for (i = 0; i < NDISTRICTS; i++) {
		read_prelist(&said, FILES[i], &counts);
		all.rows += counts.rows;
		all.blank += counts.blank;
		all.refused += counts.refused;
		all.loaded += counts.loaded;
		all.families += counts.families;
		all.reported += counts.reported;
	}
	each_row("truth-problems.tsv", problem_of_truth, &truth);
	each_row("truth-persons.tsv", person_of_truth, &truth);
	each_row("truth-families.tsv", family_of_truth, &truth);
	ck_same_lines(&truth.problems, &said.problems, "problems");
	ck_same_lines(&truth.persons, &said.persons, "persons");
	ck_same_lines(&truth.families, &said.families, "families");
	ck_assert_uint_eq(all.rows, totals.rows);
	ck_assert_uint_eq(all.blank, totals.blank);
	ck_assert_uint_eq(all.refused, totals.refused);
	ck_assert_uint_eq(all.reported, totals.reported);
	ck_assert_uint_eq(all.loaded, totals.loaded_persons);
	ck_assert_uint_eq(all.families, totals.loaded_households);
	ck_assert(RUNS[_i].messy == 0 ? all.refused == 0 : all.refused > 5);
	lines_free(&said.problems);
	lines_free(&said.persons);
	lines_free(&said.families);
	lines_free(&truth.problems);
	lines_free(&truth.persons);
	lines_free(&truth.families);
}
END_TEST

/* Of 1,000, with room for chance. */
static void
ck_share(size_t part, size_t whole, size_t low, size_t high)
{
	size_t share = part * 1000 / whole;

	ck_assert_msg(share >= low && share <= high, "%zu of %zu", part, whole);
}

START_TEST(errors_come_at_the_rates_of_the_field)
{
	struct sample_totals totals;

	make(7, 8000, 100, &totals);
	ck_assert_uint_eq(totals.households, 8000);
	ck_share(totals.persons, totals.households, 3000, 3400);
	ck_share(totals.identity, totals.persons, 120, 140);
	ck_share(totals.duplicates, totals.persons, 6, 12);
	ck_share(totals.gone, totals.persons, 370, 410);
	ck_share(totals.refused, totals.rows, 45, 65);
	ck_assert_uint_gt(totals.blank, 10);
}
END_TEST

/* FNV-1a of all files: another machine must come to the same number. */
static uint64_t
digest(void)
{
	static const char *const TRUTH[] = { "truth-families.tsv",
		"truth-persons.tsv", "truth-problems.tsv", "truth.json" };
	uint64_t hash = 14695981039346656037u;
	size_t i;
	char *text, *at;

	for (i = 0; i < NDISTRICTS + 4; i++) {
		text = read_file(
		    i < NDISTRICTS ? FILES[i] : TRUTH[i - NDISTRICTS]);
		for (at = text; *at != '\0'; at++)
			hash = (hash ^ (uint8_t)*at) * 1099511628211u;
		free(text);
	}
	return hash;
}

START_TEST(the_same_seed_makes_the_same_bytes)
{
	struct sample_totals totals;
	uint64_t first, second;

	make(11, 300, 100, &totals);
	first = digest();
	make(12, 300, 100, &totals);
	second = digest();
	ck_assert(first != second);
	make(11, 300, 100, &totals);
	ck_assert(digest() == first);
	ck_assert_msg(first == SAMPLE_DIGEST,
	    "other bytes than on other machines: %#llx",
	    (unsigned long long)first);
}
END_TEST

START_TEST(a_district_without_villages_is_refused)
{
	uint64_t district;
	struct sample_totals totals;
	struct sample_opts opts = { .households = 1,
		.districts = &district,
		.ndistricts = 1,
		.dir = temp.folder,
		.regions = regions };

	ok(region_parse(&district, "64.02.99", &err));
	ck_assert_int_eq(sample_make(&opts, &totals, &err), ST_INVALID);
	ok(region_parse(&district, "64.02.05", &err));
	opts.dir = "/nowhere/at/all";
	ck_assert_int_eq(sample_make(&opts, &totals, &err), ST_IO);
}
END_TEST

static void
begin(void)
{
	temp = temp_open();
	ok(region_table_read(
	    &regions, env_real(), getenv("PADU_REGIONS"), &err));
}

static void
end(void)
{
	region_table_free(regions);
	temp_close(&temp);
}

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(
	    tc, reading_a_sample_says_what_its_truth_says, 0, (int)NRUNS);
	tcase_add_test(tc, errors_come_at_the_rates_of_the_field);
	tcase_add_test(tc, the_same_seed_makes_the_same_bytes);
	tcase_add_test(tc, a_district_without_villages_is_refused);
}

UNIT_MAIN("sample", add)
