#ifndef TESTS_LIB_SAMPLE_H
#define TESTS_LIB_SAMPLE_H

/*
 * sample: a register that never was, as the files that offices send, with
 * the truth beside them.  Same options, same bytes, on any machine.
 *
 *	sample_make() -> DIR/prelist-64.02.05.csv     one for each district
 *	                 DIR/truth-families.tsv       what is in them,
 *	                 DIR/truth-persons.tsv        and what became of it
 *	                 DIR/truth-problems.tsv       what is wrong, by line
 *	                 DIR/truth.json               the totals
 *
 * Nobody in it is real: names and addresses are put together from common
 * words, and the district part of every NIK and KK number is 99, which no
 * district has.  Villages are real ones, of the region table.
 *
 * The truth is text parted by tabs, a line break in a value written \n; its
 * first line names the columns.  Values are as the instrument wants them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "tests/sim/rng.h"

struct region_table;

#define SAMPLE_MEMBERS_MAX 9
#define SAMPLE_HOUSE_FIELDS 12

struct sample_opts {
	uint64_t seed;
	size_t households;
	const uint64_t *districts; /* region codes of kecamatan */
	size_t ndistricts;
	const char *dir;
	const struct region_table *regions;
	unsigned messy;      /* 0 to 100: how badly offices keep their files;
	                      * at 100, 5 % of the rows cannot be loaded */
	unsigned identity;   /* percent of persons with a wrong number */
	unsigned duplicates; /* percent of persons listed elsewhere too */
	unsigned gone;       /* percent of persons dead, moved or not found */
};

/* Totals, as in truth.json. */
struct sample_totals {
	size_t households, persons; /* in the files, loaded or not */
	size_t loaded_households, loaded_persons;
	size_t rows, blank, refused, reported; /* as in prelist.h */
	size_t identity, duplicates, gone;     /* persons */
};

/* The day on which all this is so: 1 November 2026. */
int32_t sample_today(void);

/* Write it all.  ${opts->dir} must exist. */
enum status sample_make(const struct sample_opts *opts,
    struct sample_totals *totals, struct err *err);

/* ---- between the parts ---------------------------------------------- */

/* What is wrong with a person's numbers; the word stands in the truth. */
enum sample_trouble {
	SAMPLE_NONE,
	SAMPLE_NO_NIK, /* no number at all */
	SAMPLE_BIRTH,  /* says another birth date */
	SAMPLE_SEX,    /* says the other sex */
	SAMPLE_REGION, /* a regency that is no more */
	SAMPLE_SERIAL, /* serial 0000 */
};
const char *sample_trouble(enum sample_trouble trouble);

struct sample_person {
	char nik[17];
	char name[64];
	int32_t birth;
	int sex, relation, marital, school, certificate, works; /* codes */
	enum sample_trouble trouble;
	size_t same_as; /* whose NIK this is as well; 0 nobody's */
	bool shared;    /* somebody else has this one's NIK */
	size_t number;  /* from 1, over all files */
	int presence;   /* code of keberadaan_ind that a visit will find */
	int32_t event;  /* day of death or move, or DAY_NONE */
};

struct sample_family {
	size_t number; /* from 1, over all files */
	uint64_t village;
	char prelist_id[24], no_kk[17];
	char address[96], rt[4], rw[4];
	const char *house[SAMPLE_HOUSE_FIELDS]; /* codes, "" for none */
	int presence; /* code of keberadaan_kel that a visit will find */
	size_t npersons;
	struct sample_person person[SAMPLE_MEMBERS_MAX];
	size_t loaded; /* rows that can be loaded, known when written */
};

/* Field names of ${house}. */
extern const char *const SAMPLE_HOUSE[SAMPLE_HOUSE_FIELDS];

/* Numbers that were given out, so that none is given twice. */
struct sample_numbers {
	uint64_t *at;
	size_t n, size;
};

/* Makes families; zero it, set ${opts} and ${rng}. */
struct sample_people {
	const struct sample_opts *opts;
	struct rng rng;
	struct sample_numbers numbers;
	size_t nfamilies, npersons;
};

/* The next family, in a village of ${district}. */
enum status sample_family_make(struct sample_family *out,
    struct sample_people *people, uint64_t district, struct err *err);
/* Lists some persons of ${family} in place of others of ${all}. */
void sample_family_mix(struct sample_people *people,
    struct sample_family *family, struct sample_family *all, size_t n);

/* Put together from common words, into ${out}. */
void sample_name(struct rng *rng, int sex, char *out, size_t size);
void sample_address(struct rng *rng, char *out, size_t size);

struct sample_writer;
enum status sample_writer_open(struct sample_writer **out,
    const struct sample_opts *opts, struct sample_totals *totals,
    struct rng rng, struct err *err);
/* One district's file, in the ${nth} of the ways that offices have. */
enum status sample_writer_put(struct sample_writer *writer, uint64_t district,
    size_t nth, struct sample_family *families, size_t n, struct err *err);
/* ST_IO if anything could not be written. */
enum status sample_writer_close(struct sample_writer *writer, struct err *err);

#endif /* TESTS_LIB_SAMPLE_H */
