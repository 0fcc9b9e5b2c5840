#include <stdio.h>
#include <string.h>

#include "common/place/region.h"
#include "tests/lib/sample_internal.h"

/* The column and rule that prelist.h gives for each. */
static const struct {
	int column; /* -1: the whole row */
	const char *rule;
} SAYS[SAMPLE_DAMAGES] = {
	[SAMPLE_DAMAGED_NIK] = { SAMPLE_C_NIK, "damaged" },
	[SAMPLE_DAMAGED_KK] = { SAMPLE_C_KK, "damaged" },
	[SAMPLE_SHORT_NIK] = { SAMPLE_C_NIK, "value" },
	[SAMPLE_UNKNOWN_VILLAGE] = { SAMPLE_C_VILLAGE, "village" },
	[SAMPLE_OTHER_REGENCY] = { SAMPLE_C_VILLAGE, "outside" },
	[SAMPLE_NO_DATE] = { SAMPLE_C_BIRTH, "date" },
	[SAMPLE_NO_CODE] = { SAMPLE_C_SEX, "code" },
	[SAMPLE_LATIN1] = { -1, "encoding" },
	[SAMPLE_NOBODY] = { -1, "nobody" },
	[SAMPLE_SHORT] = { -1, "columns" },
	[SAMPLE_LONG] = { -1, "columns" },
	[SAMPLE_QUOTE] = { -1, "quoting" },
	[SAMPLE_MOVED] = { -1, "moved" },
};

static const char *const HEADER[SAMPLE_COLUMNS] = {
	[SAMPLE_C_KK] = "NO KK",
	[SAMPLE_C_VILLAGE] = "KODE DESA",
	[SAMPLE_C_ADDRESS] = "ALAMAT",
	[SAMPLE_C_NIK] = "NIK",
	[SAMPLE_C_NAME] = "NAMA LENGKAP",
	[SAMPLE_C_BIRTH] = "TANGGAL LAHIR",
	[SAMPLE_C_SEX] = "JENIS KELAMIN",
};

/* What a spreadsheet shows of a long number, in its own way of writing. */
static void
damage_number(struct sample_writer *w, char cell[SAMPLE_CELL])
{
	snprintf(cell, SAMPLE_CELL, "6%c40%sE+15",
	    w->style->delimiter == ';' ? ',' : '.',
	    rng_chance(&w->rng, 50) ? "" : "299");
}

/* Another village of the same regency, or of the next one. */
static void
replace_village(struct sample_writer *w, char cell[SAMPLE_CELL], uint64_t scope,
    uint64_t not_in)
{
	size_t first, end, i, len = 0;
	char text[REGION_TEXT_SIZE];
	struct region region;

	region_span(w->opts->regions, scope, &first, &end);
	do {
		region = region_get(
		    w->opts->regions, first + rng_below(&w->rng, end - first));
	} while (region_level(region.code) != REGION_VILLAGE ||
	    region.valid_to != INT32_MIN || region_within(not_in, region.code));
	region_print(region.code, text);
	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] != '.' || !w->style->bare_village)
			cell[len++] = text[i];
	}
	cell[len] = '\0';
}

static void
spoil(struct sample_writer *w, struct sample_cells *cells,
    const struct sample_family *family, enum sample_damage damage)
{
	uint64_t regency = region_at_level(family->village, REGION_REGENCY);
	char(*cell)[SAMPLE_CELL] = cells->cell;
	size_t len;

	switch (damage) {
	case SAMPLE_DAMAGED_NIK:
		damage_number(w, cell[SAMPLE_C_NIK]);
		break;
	case SAMPLE_DAMAGED_KK:
		damage_number(w, cell[SAMPLE_C_KK]);
		break;
	case SAMPLE_SHORT_NIK:
		snprintf(
		    cell[SAMPLE_C_NIK], SAMPLE_CELL, "%.15s", family->no_kk);
		break;
	case SAMPLE_UNKNOWN_VILLAGE:
		len = strlen(cell[SAMPLE_C_VILLAGE]);
		memcpy(cell[SAMPLE_C_VILLAGE] + len - 4, "2999", 4);
		break;
	case SAMPLE_OTHER_REGENCY:
		replace_village(
		    w, cell[SAMPLE_C_VILLAGE], region_parent(regency), regency);
		break;
	case SAMPLE_MOVED:
		replace_village(
		    w, cell[SAMPLE_C_VILLAGE], regency, family->village);
		break;
	case SAMPLE_NO_DATE:
		snprintf(cell[SAMPLE_C_BIRTH], SAMPLE_CELL, "%s",
		    rng_chance(&w->rng, 50) ? "31/02/1988" : "33055");
		break;
	case SAMPLE_NO_CODE:
		snprintf(cell[SAMPLE_C_SEX], SAMPLE_CELL, "X");
		break;
	case SAMPLE_LATIN1:
		snprintf(cell[SAMPLE_C_NAME], SAMPLE_CELL, "REN\xe9");
		break;
	case SAMPLE_NOBODY:
		cell[SAMPLE_C_NIK][0] = '\0';
		snprintf(cell[SAMPLE_C_NAME], SAMPLE_CELL, "-");
		break;
	case SAMPLE_SHORT:
	case SAMPLE_LONG:
	case SAMPLE_QUOTE:
		/* On one line; sample_write_row() does the rest. */
		for (len = 0; cell[SAMPLE_C_ADDRESS][len] != '\0'; len++) {
			if (cell[SAMPLE_C_ADDRESS][len] == '\n')
				cell[SAMPLE_C_ADDRESS][len] = ' ';
		}
		break;
	default:
		break;
	}
}

/* How this row is spoilt; SAMPLE_WHOLE in most cases. */
static enum sample_damage
pick_damage(struct sample_writer *w, const struct sample_family *family)
{
	enum sample_damage damage;

	if (rng_below(&w->rng, 2000) >= w->opts->messy)
		return SAMPLE_WHOLE;
	damage =
	    (enum sample_damage)(1 + rng_below(&w->rng, SAMPLE_DAMAGES - 1));
	if (damage == SAMPLE_MOVED &&
	    (family->loaded == 0 || family->prelist_id[0] == '\0'))
		return SAMPLE_SHORT;
	return damage;
}

/* What is odd, but loaded.  Changes ${person} to what will be loaded. */
static void
make_odd(struct sample_writer *w, struct sample_cells *cells,
    const struct sample_family *family, struct sample_person *person)
{
	char(*cell)[SAMPLE_CELL] = cells->cell;

	if (rng_below(&w->rng, 10000) < w->opts->messy &&
	    person->nik[0] != '\0') {
		snprintf(cell[SAMPLE_C_NAME], SAMPLE_CELL, "%s",
		    rng_chance(&w->rng, 50) ? "" : "-");
		person->name[0] = '\0';
		sample_problem(w, HEADER[SAMPLE_C_NAME], "no-name", true);
	}
	if (person->trouble > SAMPLE_NO_NIK)
		sample_problem(w, HEADER[SAMPLE_C_NIK], "identity", true);
	if (rng_below(&w->rng, 10000) < w->opts->messy && family->loaded > 0) {
		snprintf(cell[SAMPLE_C_ADDRESS], SAMPLE_CELL, "%.100s LAMA",
		    family->address);
		sample_problem(w, HEADER[SAMPLE_C_ADDRESS], "differs", true);
	}
}

void
sample_put_row(struct sample_writer *w, struct sample_cells *cells,
    struct sample_family *family, size_t nth)
{
	struct sample_person *person = &family->person[nth];
	enum sample_damage damage = pick_damage(w, family);
	int column = SAYS[damage].column;

	if (damage != SAMPLE_WHOLE) {
		spoil(w, cells, family, damage);
		sample_problem(w, column < 0 ? "" : HEADER[column],
		    SAYS[damage].rule, false);
		sample_truth_person(w, family, person, false);
		sample_write_row(w, cells, damage);
		return;
	}
	make_odd(w, cells, family, person);
	sample_truth_person(w, family, person, true);
	sample_write_row(w, cells, SAMPLE_WHOLE);
	family->loaded++;
	/* Copied once too often, or a line left empty. */
	if (rng_below(&w->rng, 20000) < w->opts->messy) {
		sample_problem(w, "", "repeated", false);
		sample_write_row(w, cells, SAMPLE_WHOLE);
	}
	if (rng_below(&w->rng, 20000) < w->opts->messy) {
		memset(cells, 0, sizeof(*cells));
		sample_write_row(w, cells, SAMPLE_WHOLE);
		w->totals->blank++;
	}
}
