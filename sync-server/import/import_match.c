#include <string.h>

#include "sync-server/import/import_internal.h"

/* Which cells tell people apart: the field list says which fields do. */
enum { IDENTITY, NAME, BIRTH };

/* The register that an identity field lies in, beside name and birth. */
static uint16_t
identity_register(const struct instrument *ins)
{
	size_t i;

	for (i = 0; i < ins->nfields; i++) {
		if (ins->fields[i].kind == RECORD_PERSON &&
		    ins->fields[i].identity)
			return ins->fields[i].reg;
	}
	return 0;
}

static bool
tells(const struct instrument_field *field, uint16_t reg, int what)
{
	if (what == IDENTITY)
		return field->identity;
	if (field->reg != reg || field->identity)
		return false;
	return field->type ==
	    (what == NAME ? INSTRUMENT_TEXT : INSTRUMENT_DATE);
}

static uint64_t
hash_cells(const struct import *im, const struct prelist_person *person,
    uint16_t reg, int what)
{
	const struct prelist_cell *cell;
	uint64_t hash = 0;
	size_t i;

	for (i = 0; i < person->ncells; i++) {
		cell = &person->cells[i];
		if (tells(cell->field, reg, what))
			hash ^= imported_hash(im->imported, cell->field->name,
			    cell->text, strlen(cell->text));
	}
	return hash;
}

/* From the surest sign to the weakest. */
enum { BY_ALL, BY_IDENTITY, BY_NAME_AND_BIRTH, BY_NAME, NWAYS };

static bool
fits(int way, const struct imported_person *a, const struct imported_person *b)
{
	bool identity = a->identity != 0 && a->identity == b->identity;
	bool name = a->name != 0 && a->name == b->name;

	switch (way) {
	case BY_ALL:
		return a->identity == b->identity && a->name == b->name &&
		    a->born == b->born;
	case BY_IDENTITY:
		return identity;
	case BY_NAME_AND_BIRTH:
		return name && a->born != 0 && a->born == b->born;
	default:
		return name;
	}
}

/* A row of a file has a name or a number, or it is refused. */
bool
import_was_erased(const struct imported_person *known)
{
	return known->identity == 0 && known->name == 0;
}

void
import_match(const struct import *im, const struct prelist_family *family,
    const struct imported_person *known, size_t nknown,
    struct imported_person *persons)
{
	bool used[IMPORTED_PERSONS_MAX] = { false };
	uint16_t reg = identity_register(im->ins);
	const struct prelist_person *p;
	size_t i, k;
	int way;

	for (i = 0; i < family->npersons; i++) {
		p = &family->persons[i];
		persons[i].person = 0;
		persons[i].identity = hash_cells(im, p, reg, IDENTITY);
		persons[i].name = hash_cells(im, p, reg, NAME);
		persons[i].born = hash_cells(im, p, reg, BIRTH);
	}
	for (way = BY_ALL; way < NWAYS; way++) {
		for (i = 0; i < family->npersons; i++) {
			for (k = 0; k < nknown && persons[i].person == 0; k++) {
				if (used[k] || import_was_erased(&known[k]) ||
				    !fits(way, &persons[i], &known[k]))
					continue;
				used[k] = true;
				persons[i].person = known[k].person;
			}
		}
	}
}
