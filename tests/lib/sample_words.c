#include <stdio.h>
#include <string.h>

#include "tests/lib/sample.h"

/* Common names in common spellings; nobody in particular. */
static const char *const MEN[] = { "AHMAD", "ABDUL", "AGUS", "AMIR", "ANDI",
	"ARDI", "BAMBANG", "BUDI", "DARMA", "DEDI", "EKO", "FAISAL", "GUNAWAN",
	"HADI", "HASAN", "HENDRA", "IBRAHIM", "IMAM", "IRFAN", "ISMAIL",
	"JAMAL", "JOKO", "KAMAL", "KARIM", "LUKMAN", "MAHMUD", "MISRAN",
	"NASIR", "NUR", "RAHMAT", "RIDWAN", "RUDI", "SALIM", "SAMSUL", "SUKRI",
	"SUPRI", "SYAHRIL", "TAUFIK", "USMAN", "WAHYU", "YUSUF", "ZAINAL",
	"YOHANES", "PAULUS", "LEJAU", "JALUNG" };
static const char *const WOMEN[] = { "AISYAH", "AMINAH", "ANI", "ASIH", "DEWI",
	"DIAN", "ENDANG", "ERNA", "FATIMAH", "FITRI", "HALIMAH", "HARTATI",
	"HASNAH", "IDA", "INDAH", "JUMIATI", "KARTINI", "LESTARI", "LINA",
	"MARIAM", "MARYATI", "MULIANA", "NANI", "NOOR", "NURHAYATI", "NURUL",
	"RATNA", "RINA", "ROHANI", "RUSMINI", "SALMAH", "SARI", "SITI", "SRI",
	"SUMIATI", "SURYANI", "TUTI", "WATI", "YANTI", "YULIANA", "ZAHRA",
	"MARTA", "LUCIA", "UNYANG", "BULAN" };
static const char *const LAST[] = { "HIDAYAT", "SAPUTRA", "SETIAWAN", "RAHMAN",
	"HAKIM", "SANTOSO", "WIJAYA", "KURNIAWAN", "FADILLAH", "ANWAR",
	"RAMADHAN", "PRATAMA", "SUSANTO", "HASANAH", "RAHAYU", "ASTUTI",
	"MULYANI", "PURNAMA", "MAULANA", "SAFITRI", "UTAMI", "SYAHRIANI",
	"EFENDI", "MA'RUF", "NOOR'AINI" };
/* Genuine all the same: offices have met each of these. */
static const char *const ODD[] = { "IT", "NA70", "O", "Y.", "MUHAMMAD 2" };

static const char *const WAYS[] = { "JL. %s NO. %u", "JL. %s RT %02u",
	"GG. %s NO. %u", "JALAN POROS %s KM %u", "DUSUN %s %u",
	"TEPI SUNGAI %s NO. %u" };
static const char *const PLACES[] = { "MELATI", "MAWAR", "ANGGREK", "KENANGA",
	"FLAMBOYAN", "CEMPAKA", "RAMBUTAN", "MANGGA", "DURIAN", "ENGGANG",
	"MERPATI", "PESUT", "HARUAN", "PATIN", "ULIN", "MERANTI", "BENGKIRAI",
	"DAMAI", "SEJAHTERA", "MAKMUR", "HARAPAN", "SUKA MAJU", "MUARA LAMA" };

#define PICK(rng, list)                                                        \
	((list)[rng_below((rng), sizeof(list) / sizeof((list)[0]))])

void
sample_name(struct rng *rng, int sex, char *out, size_t size)
{
	const char *first = sex == 1 ? PICK(rng, MEN) : PICK(rng, WOMEN);
	const char *last = PICK(rng, LAST);
	unsigned kind = (unsigned)rng_below(rng, 1000);

	if (kind < 3)
		snprintf(out, size, "%s", PICK(rng, ODD));
	else if (kind < 150)
		snprintf(out, size, "%s", first);
	else if (kind < 300)
		snprintf(out, size, "%s %s %s", sex == 1 ? "MUHAMMAD" : "NOR",
		    first, last);
	else
		snprintf(out, size, "%s %s", first, last);
}

void
sample_address(struct rng *rng, char *out, size_t size)
{
	const char *way = PICK(rng, WAYS), *place = PICK(rng, PLACES);

	snprintf(out, size, way, place, (unsigned)rng_below(rng, 98) + 1);
}
