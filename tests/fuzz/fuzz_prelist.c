/*
 * Any bytes as a prelist: refused whole with a sentence, or each row is loaded
 * once or refused with a line, and what is loaded may stand in its field.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/utf8.h"
#include "common/place/region.h"
#include "sync-server/import/prelist.h"

#define KEYS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char REGIONS[] =
    "code,name,name_before,valid_from,valid_to,successor,bps_code\n"
    "64,Kalimantan Timur,,2022-11-09,,,64\n"
    "64.02,Kabupaten Kutai Kartanegara,,2022-11-09,,,6403\n"
    "64.02.05,Muara Badak,,2022-11-09,,,\n"
    "64.02.05.2001,Saliki,,2022-11-09,,,\n"
    "64.02.05.2002,Salo Palai,,2022-11-09,,,\n"
    "64.02.05.2003,Lama,,2022-11-09,2025-04-25,64.02.05.2001,\n"
    "64.02.05.2004,Hilang,,2022-11-09,2025-04-25,,\n"
    "64.03,Kabupaten Berau,,2022-11-09,,,6405\n"
    "64.03.01.2001,Lain,,2022-11-09,,,\n";

/* What was said of one file. */
struct said {
	size_t persons, families, line; /* of the latest row that was refused */
	size_t refused, reported;
	char *key[KEYS_MAX];
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_stand(
    const struct prelist_cell *cells, size_t n, enum change_record_kind kind)
{
	struct instrument_value value;
	struct err err;
	size_t i;

	for (i = 0; i < n; i++) {
		value.text = cells[i].text;
		value.len = strlen(cells[i].text);
		must(value.len > 0 && cells[i].field->kind == kind);
		must(instrument_check(cells[i].field, value, &err) == ST_OK);
		must(i == 0 || cells[i - 1].field < cells[i].field);
	}
}

static enum status
take_family(void *arg, const struct prelist_family *family, struct err *err)
{
	struct said *said = arg;
	size_t i;

	(void)err;
	must(family->npersons > 0 && family->key[0] != '\0');
	must(region_level(family->village) == REGION_VILLAGE);
	must_stand(family->cells, family->ncells, RECORD_HOUSEHOLD);
	for (i = 0; i < family->npersons; i++) {
		must_stand(family->persons[i].cells, family->persons[i].ncells,
		    RECORD_PERSON);
		must(i == 0 ||
		    family->persons[i - 1].line < family->persons[i].line);
	}
	said->persons += family->npersons;
	for (i = 0; i < said->families && i < KEYS_MAX; i++)
		must(strcmp(said->key[i], family->key) != 0);
	if (i < KEYS_MAX)
		must((said->key[i] = strdup(family->key)) != NULL);
	said->families++;
	return ST_OK;
}

static enum status
take_problem(void *arg, const struct prelist_problem *problem, struct err *err)
{
	struct said *said = arg;

	(void)err;
	must(problem->line > 0);
	must(prelist_rule_name(problem->rule)[0] != '\0');
	must(utf8_valid(problem->value, strlen(problem->value)));
	if (problem->loaded) {
		said->reported++;
	} else if (problem->line != said->line) {
		must(problem->line > said->line);
		said->line = problem->line;
		said->refused++;
	}
	return ST_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct region_table *regions;
	struct said said = { 0 };
	struct prelist_sink sink = { &said, take_family, take_problem };
	struct prelist_opts opts = {
		.instrument = instrument_builtin(),
		.regency = region_from_authority(6402),
		.today = day_make(2026, 11, 22),
	};
	struct prelist_counts counts;
	struct err err = { 0 };
	enum status st;
	size_t i;

	if (regions == NULL)
		must(region_table_parse(&regions, REGIONS, sizeof(REGIONS) - 1,
			 &err) == ST_OK);
	opts.regions = regions;
	st = prelist_read_bytes(&counts, bytes, size, &opts, &sink, &err);
	if (st != ST_OK) {
		must(st == ST_INVALID && err.text[0] != '\0');
		must(said.persons == 0 && said.refused == 0);
		return 0;
	}
	must(counts.rows == counts.loaded + counts.refused + counts.blank);
	must(counts.loaded == said.persons);
	must(counts.families == said.families);
	must(counts.refused == said.refused);
	must(counts.reported == said.reported);
	for (i = 0; i < said.families && i < KEYS_MAX; i++)
		free(said.key[i]);
	return 0;
}
