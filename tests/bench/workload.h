#ifndef TESTS_BENCH_WORKLOAD_H
#define TESTS_BENCH_WORKLOAD_H

/*
 * workload: made-up households and the edits that two laptops make to them,
 * the same for every engine that is measured.
 *
 *	round 0   ${nrecords} households of 30 fields, 200 in a batch
 *	round 1   laptop A: 3 fields of each of 10,000 households
 *	round 2   laptop B: the same of 10,000, without having seen round 1
 *
 * 3,000 households are edited by both, 1,000 of these in one common field.
 * Where that field has more than two values the two laptops give different
 * ones; where it has two, both give the other one and agree.  926 differ:
 * these are the true conflicts, and workload_new() insists on the number.
 *
 * Field 0 is the village's code.  All words are made up, and the identity
 * numbers have 99 as their district, which no district has.  A value is a
 * function of household, field and round, so that ten million households
 * need no memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_WRITER 10 /* who made the households; A and B follow */
#define WORKLOAD_FIELDS 30
#define WORKLOAD_BATCH 200      /* households in a batch */
#define WORKLOAD_RECORDS 20000u /* the usual number of households */
#define WORKLOAD_EDITS 10000u   /* households that one laptop edits */
#define WORKLOAD_BOTH 3000u     /* households that both edit */
#define WORKLOAD_SHARED 1000u   /* of these, in a common field */
#define WORKLOAD_CONFLICTS 926u
#define WORKLOAD_EDIT_FIELDS 3
#define WORKLOAD_VALUE_SIZE 80 /* a value's text and the NUL */

enum workload_round { WORKLOAD_BASE, WORKLOAD_A, WORKLOAD_B, WORKLOAD_ROUNDS };

/* One household's edit.  Its fields ascend. */
struct workload_edit {
	uint32_t record; /* from 0 */
	uint8_t fields[WORKLOAD_EDIT_FIELDS];
};

struct workload {
	uint32_t nrecords;
	/* By laptop; in batches of WORKLOAD_BATCH, each ascending. */
	struct workload_edit *edits[2];
};

/* What an engine makes of one batch, and how many households are in it. */
struct workload_batch {
	uint8_t *bytes;
	size_t len;
	uint32_t n;
};

/* At least WORKLOAD_RECORDS.  Ends the program if anything is wrong. */
struct workload *workload_new(uint32_t nrecords);
void workload_free(struct workload *w);

const char *workload_field_name(unsigned field);
/* Is it a number in JSON and SQL? */
bool workload_field_is_number(unsigned field);

/*
 * The text of ${field} of household ${record} as of ${round}: what that
 * laptop wrote there, if its edit has that field.  Returns its length.
 */
size_t workload_value(char out[WORKLOAD_VALUE_SIZE], uint32_t record,
    unsigned field, enum workload_round round);

/* The record id (common/base/id.h) of household ${record}. */
uint64_t workload_id(uint32_t record);

/* Batches of a round. */
size_t workload_nbatches(const struct workload *w, enum workload_round round);
void workload_batch_free(struct workload_batch *batches, size_t n);

#endif /* TESTS_BENCH_WORKLOAD_H */
