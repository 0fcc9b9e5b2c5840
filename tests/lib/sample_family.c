#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "tests/lib/sample.h"

#define NUMBERS_START 4096 /* places; a power of two */
#define SERIAL_MAX 9999

const char *const SAMPLE_HOUSE[SAMPLE_HOUSE_FIELDS] = { "stat_bangunan",
	"luas_lantai", "lantai", "dinding", "atap", "air_minum", "penerangan",
	"daya_1", "bahan_bakar", "bab", "terima_pkh", "terima_bpnt" };

enum { LIGHT = 6, POWER = 7 };

/* What is common stands there more often. */
static const char *const HOUSE[SAMPLE_HOUSE_FIELDS][10] = {
	{ "1", "1", "1", "1", "1", "2", "3", "3", "4", "5" },
	{ "18", "21", "24", "30", "36", "36", "42", "48", "54", "72" },
	{ "5", "5", "5", "5", "6", "6", "6", "2", "8", "4" },
	{ "3", "3", "3", "3", "3", "1", "1", "2", "5", "4" },
	{ "3", "3", "3", "3", "3", "3", "2", "5", "7", "4" },
	{ "4", "4", "3", "2", "9", "9", "5", "6", "10", "10" },
	{ "1", "1", "1", "1", "1", "1", "2", "2", "3", "4" },
	{ "1", "1", "1", "1", "1", "2", "2", "2", "2", "3" },
	{ "4", "4", "4", "4", "4", "4", "10", "10", "7", "1" },
	{ "1", "1", "1", "1", "1", "2", "3", "4", "6", "6" },
	{ "1", "1", "1", "2", "2", "2", "2", "2", "2", "2" },
	{ "1", "1", "1", "1", "2", "2", "2", "2", "2", "2" },
};

/* Where people come from; the district of all is 99.  64.04 is no more. */
static const char *const ELSEWHERE[] = { "7371", "3578", "6472", "6471", "7313",
	"6303", "3515", "7316" };
#define NELSEWHERE (sizeof(ELSEWHERE) / sizeof(ELSEWHERE[0]))

int32_t
sample_today(void)
{
	return day_make(2026, 11, 1);
}

const char *
sample_trouble(enum sample_trouble trouble)
{
	static const char *const WORD[] = { "", "no-nik", "birth", "sex",
		"region", "serial" };

	return WORD[trouble];
}

/* ---- numbers -------------------------------------------------------- */

static enum status
numbers_grow(struct sample_numbers *numbers, struct err *err)
{
	size_t i, k,
	    size = numbers->size > 0 ? 2 * numbers->size : NUMBERS_START;
	uint64_t *at = calloc(size, sizeof(*at));

	if (at == NULL)
		return err_set(err, ST_NOMEM, "no memory for numbers");
	for (i = 0; i < numbers->size; i++) {
		if (numbers->at[i] == 0)
			continue;
		k = (numbers->at[i] * 0x9e3779b97f4a7c15u) & (size - 1);
		while (at[k] != 0)
			k = (k + 1) & (size - 1);
		at[k] = numbers->at[i];
	}
	free(numbers->at);
	numbers->at = at;
	numbers->size = size;
	return ST_OK;
}

/* True if ${number} was not there yet.  There must be room. */
static bool
numbers_add(struct sample_numbers *numbers, uint64_t number)
{
	size_t k = (number * 0x9e3779b97f4a7c15u) & (numbers->size - 1);

	for (; numbers->at[k] != 0; k = (k + 1) & (numbers->size - 1)) {
		if (numbers->at[k] == number)
			return false;
	}
	numbers->at[k] = number;
	numbers->n++;
	return true;
}

/* Region, 99, the date with ${add} to its day, and a serial of its own. */
static enum status
make_number(char out[17], struct sample_people *people, const char *region,
    int32_t day, int add, struct err *err)
{
	struct day_parts date = day_split(day);
	enum status st;
	unsigned serial;

	if (2 * (people->numbers.n + 1) > people->numbers.size &&
	    (st = numbers_grow(&people->numbers, err)) != ST_OK)
		return st;
	do {
		serial = (unsigned)rng_below(&people->rng, SERIAL_MAX) + 1;
		snprintf(out, 17, "%.4s99%02u%02u%02u%04u", region,
		    (unsigned)(date.day + add) % 100,
		    (unsigned)date.month % 100, (unsigned)date.year % 100,
		    serial % 10000);
	} while (!numbers_add(&people->numbers, strtoull(out, NULL, 10)));
	return ST_OK;
}

static const char *
pick_region(struct rng *rng, uint64_t district, char own[5])
{
	snprintf(own, 5, "%04u", region_authority(district) % 10000);
	return rng_chance(rng, 92) ? own
				   : ELSEWHERE[rng_below(rng, NELSEWHERE)];
}

/* The number as it should be, or wrong in one way. */
static enum status
make_nik(struct sample_person *person, struct sample_people *people,
    uint64_t district, struct err *err)
{
	/* Of thirteen wrong ones, so many each. */
	static const enum sample_trouble KINDS[] = { SAMPLE_NO_NIK,
		SAMPLE_NO_NIK, SAMPLE_NO_NIK, SAMPLE_NO_NIK, SAMPLE_BIRTH,
		SAMPLE_BIRTH, SAMPLE_BIRTH, SAMPLE_SEX, SAMPLE_SEX,
		SAMPLE_REGION, SAMPLE_REGION, SAMPLE_SERIAL, SAMPLE_SERIAL };
	struct rng *rng = &people->rng;
	int32_t birth = person->birth;
	int sex = person->sex;
	enum status st;
	const char *region;
	char own[5];

	region = pick_region(rng, district, own);
	if (rng_chance(rng, people->opts->identity))
		person->trouble =
		    KINDS[rng_below(rng, sizeof(KINDS) / sizeof(KINDS[0]))];
	if (person->trouble == SAMPLE_NO_NIK)
		return ST_OK;
	if (person->trouble == SAMPLE_BIRTH)
		birth += 1 + (int32_t)rng_below(rng, 300);
	if (birth > sample_today())
		birth -= 400;
	if (person->trouble == SAMPLE_SEX)
		sex = 3 - sex;
	if (person->trouble == SAMPLE_REGION)
		region = "6404";
	st = make_number(
	    person->nik, people, region, birth, sex == 2 ? 40 : 0, err);
	if (person->trouble == SAMPLE_SERIAL)
		memcpy(person->nik + 12, "0000", 5);
	return st;
}

/* ---- persons -------------------------------------------------------- */

static int32_t
born_between(struct rng *rng, int young, int old)
{
	struct day_parts today = day_split(sample_today());
	int year = today.year - young -
	    (int)rng_below(rng, (uint64_t)(old - young) + 1);

	return day_make(year - 1, 1, 1) + (int32_t)rng_below(rng, 365);
}

static int
age_of(const struct sample_person *person)
{
	return (sample_today() - person->birth) / 366;
}

/* School and work that fit the age. */
static void
fill_person(struct sample_person *person, struct rng *rng)
{
	static const int CERTIFICATE[] = { 23, 23, 3, 3, 3, 8, 8, 13, 13, 15 };
	int age = age_of(person);

	sample_name(rng, person->sex, person->name, sizeof(person->name));
	if (age >= 5)
		person->school = age < 17 ? 2 : 3;
	if (age >= 18)
		person->certificate = CERTIFICATE[rng_below(rng, 10)];
	if (age >= 15)
		person->works =
		    rng_chance(rng, person->sex == 1 ? 80 : 35) ? 1 : 2;
	person->event = DAY_NONE;
	person->presence = 1;
}

static struct sample_person *
add_person(struct sample_family *family, struct rng *rng, int relation, int sex,
    int32_t birth)
{
	struct sample_person *person = &family->person[family->npersons++];

	person->relation = relation;
	person->sex = sex;
	person->birth = birth;
	fill_person(person, rng);
	person->marital = 1;
	return person;
}

static void
add_members(struct sample_family *family, struct rng *rng)
{
	/* With these a family has 3.2 members. */
	static const int CHILDREN[] = { 0, 0, 1, 1, 1, 2, 2, 2, 2, 3 };
	int i, children, head_sex = rng_chance(rng, 86) ? 1 : 2;
	struct sample_person *head;
	bool couple = rng_chance(rng, head_sex == 1 ? 78 : 10);
	int32_t birth;
	int age, sex;

	head = add_person(family, rng, 1, head_sex, born_between(rng, 23, 74));
	head->marital = couple ? 2 : rng_chance(rng, 60) ? 4 : 3;
	age = age_of(head);
	if (couple)
		add_person(family, rng, 2, 3 - head_sex,
		    head->birth + (int32_t)rng_below(rng, 2000) - 500)
		    ->marital = 2;
	children = CHILDREN[rng_below(rng, 10)];
	for (i = 0; i < children; i++) {
		sex = (int)rng_below(rng, 2) + 1;
		birth = born_between(rng, 0, age > 50 ? 30 : age - 20);
		add_person(family, rng, 3, sex, birth);
	}
	if (age < 55 && rng_chance(rng, 10)) {
		sex = (int)rng_below(rng, 2) + 1;
		add_person(family, rng, 6, sex, head->birth - 8000)->marital =
		    4;
	}
}

/* ---- what became of them -------------------------------------------- */

/*
 * Of ${gone} percent of the persons, three in five are gone with their whole
 * family and two by themselves.
 */
static void
decide_fate(struct sample_family *family, struct rng *rng, unsigned gone)
{
	static const int FAMILY[][2] = { { 5, 3 }, { 5, 3 }, { 4, 3 }, { 9, 6 },
		{ 9, 6 } };        /* of the family, of its persons */
	unsigned whole = gone * 6; /* of 1,000 */
	unsigned alone = gone * 4 * 1000 / (1000 - whole);
	struct sample_person *person;
	size_t i, kind = rng_below(rng, sizeof(FAMILY) / sizeof(FAMILY[0]));
	bool all = rng_below(rng, 1000) < whole;

	family->presence = all ? FAMILY[kind][0] : 1;
	for (i = 0; i < family->npersons; i++) {
		person = &family->person[i];
		if (all)
			person->presence = FAMILY[kind][1];
		else if (rng_below(rng, 1000) < alone)
			person->presence = rng_chance(rng, 60) ? 2 : 3;
		if (person->presence == 2 || person->presence == 3)
			person->event =
			    sample_today() - 30 - (int32_t)rng_below(rng, 900);
		if (person->event != DAY_NONE && person->event < person->birth)
			person->event = person->birth;
	}
}

/* ---- families ------------------------------------------------------- */

static uint64_t
pick_village(struct sample_people *people, uint64_t district)
{
	size_t first, end, i;
	struct region region;

	region_span(people->opts->regions, district, &first, &end);
	do {
		i = first + rng_below(&people->rng, end - first);
		region = region_get(people->opts->regions, i);
	} while (region_level(region.code) != REGION_VILLAGE ||
	    region.valid_to != DAY_NONE);
	return region.code;
}

enum status
sample_family_make(struct sample_family *family, struct sample_people *people,
    uint64_t district, struct err *err)
{
	struct rng *rng = &people->rng;
	const char *region;
	enum status st;
	int32_t recorded;
	char own[5];
	size_t i;

	memset(family, 0, sizeof(*family));
	family->number = ++people->nfamilies;
	family->village = pick_village(people, district);
	if (rng_chance(rng, 97))
		snprintf(family->prelist_id, sizeof(family->prelist_id),
		    "DT-%04u-%08zu", region_authority(district) % 10000,
		    family->number);
	sample_address(rng, family->address, sizeof(family->address));
	snprintf(family->rt, sizeof(family->rt), "%03u",
	    (unsigned)rng_below(rng, 30) + 1);
	snprintf(family->rw, sizeof(family->rw), "%03u",
	    (unsigned)rng_below(rng, 8));
	for (i = 0; i < SAMPLE_HOUSE_FIELDS; i++)
		family->house[i] = HOUSE[i][rng_below(rng, 10)];
	if (strcmp(family->house[LIGHT], "1") != 0)
		family->house[POWER] = ""; /* only behind a meter */
	region = pick_region(rng, district, own);
	recorded = day_make(2006, 1, 1) + (int32_t)rng_below(rng, 7000);
	st = make_number(family->no_kk, people, region, recorded, 0, err);
	if (st != ST_OK)
		return st;
	add_members(family, rng);
	for (i = 0; i < family->npersons && st == ST_OK; i++) {
		family->person[i].number = ++people->npersons;
		st = make_nik(&family->person[i], people, district, err);
	}
	decide_fate(family, rng, people->opts->gone);
	return st;
}

/* Somebody of another family whose numbers are as they should be. */
static struct sample_person *
find_other(struct rng *rng, const struct sample_family *family,
    struct sample_family *all, size_t n)
{
	struct sample_family *other;
	struct sample_person *person;
	int i;

	for (i = 0; i < 20; i++) {
		other = &all[rng_below(rng, n)];
		person = &other->person[rng_below(rng, other->npersons)];
		if (other != family && person->trouble == SAMPLE_NONE &&
		    person->same_as == 0)
			return person;
	}
	return NULL;
}

void
sample_family_mix(struct sample_people *people, struct sample_family *family,
    struct sample_family *all, size_t n)
{
	struct rng *rng = &people->rng;
	struct sample_person *person, *other;
	size_t i;

	for (i = 0; i < family->npersons; i++) {
		person = &family->person[i];
		if (person->trouble != SAMPLE_NONE || person->shared ||
		    !rng_chance(rng, people->opts->duplicates) ||
		    (other = find_other(rng, family, all, n)) == NULL)
			continue;
		/* The same person, or somebody else's number by mistake. */
		memcpy(person->nik, other->nik, sizeof(person->nik));
		person->birth = other->birth;
		person->sex = other->sex;
		person->same_as = other->number;
		other->shared = true;
		if (person->event != DAY_NONE && person->event < person->birth)
			person->event = person->birth;
		if (rng_chance(rng, 60))
			memcpy(person->name, other->name, sizeof(person->name));
	}
}
