#ifndef COMMON_INSTRUMENT_NIK_H
#define COMMON_INSTRUMENT_NIK_H

/*
 * nik: what can be said of an identity number (NIK) or a family card number
 * (nomor KK) without asking the civil registry.
 *
 *	NIK  6 4 0 2 9 9  D D M M Y Y  S S S S     day + 40 for a woman
 *	KK   6 4 0 2 9 9  D D M M Y Y  S S S S     the day it was recorded
 *	     |           |            +- serial from 0001
 *	     |           +- birth
 *	     +- province, regency, district where it was first given
 *
 * There is no check digit.  What is found are warnings, never a reason to
 * refuse: a region may have been split since, a birth date corrected, a
 * century is not written, and a number that looks wrong may be on the card.
 */

#include <stdint.h>

#define NIK_LEN 16

struct region_table;

/* Warnings, one bit each.  Do not renumber. */
#define NIK_FORMAT (1u << 0)   /* not 16 digits, or all of them the same */
#define NIK_REGION (1u << 1)   /* no province or regency of any edition */
#define NIK_DISTRICT (1u << 2) /* district 00 */
#define NIK_DATE (1u << 3)     /* no such day, or (KK) not yet */
#define NIK_SERIAL (1u << 4)   /* serial 0000 */
#define NIK_SEX (1u << 5)      /* says the other sex */
#define NIK_BIRTH (1u << 6)    /* says another birth date */
#define NIK_EVERY 0x7fu
#define NIK_NWARNINGS 7

struct nik_person {
	int sex;       /* 1 male, 2 female, 0 not known */
	int32_t birth; /* day, or DAY_NONE */
};

/*
 * The warnings about ${nik}, 0 if there are none.  Where NIK_FORMAT is set
 * nothing else is.  ${person} is what is known otherwise; NULL: nothing.
 * ${regions} may be NULL: regions are not looked at.
 */
unsigned nik_check(const char *nik, const struct nik_person *person,
    const struct region_table *regions, int32_t today);

/* The same for the number of a family card. */
unsigned nik_check_card(
    const char *no_kk, const struct region_table *regions, int32_t today);

/*
 * Sex and birth date as ${nik} says them: the latest century that is not
 * after ${today}; 0 and DAY_NONE where it has no such day.
 */
struct nik_person nik_read(const char *nik, int32_t today);

/* A word for warning number ${i} below NIK_NWARNINGS: "format", ... */
const char *nik_warning(int i);

#endif /* COMMON_INSTRUMENT_NIK_H */
