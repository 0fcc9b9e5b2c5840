#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sync-server/import/import_internal.h"

static struct import_village *
find_village(struct import_wait *wait, uint64_t code)
{
	struct import_village *more;
	size_t i;

	for (i = 0; i < wait->nvillages; i++) {
		if (wait->villages[i].code == code)
			return &wait->villages[i];
	}
	if ((wait->nvillages & (wait->nvillages - 1)) == 0) {
		more = realloc(wait->villages,
		    (wait->nvillages == 0 ? 1 : 2 * wait->nvillages) *
			sizeof(*more));
		if (more == NULL)
			return NULL;
		wait->villages = more;
	}
	more = &wait->villages[wait->nvillages++];
	memset(more, 0, sizeof(*more));
	more->code = code;
	return more;
}

static struct prelist_cell *
copy_cells(struct pool *pool, const struct prelist_cell *cells, size_t n)
{
	struct prelist_cell *copy = pool_get(pool, (n + 1) * sizeof(*copy));
	size_t i, len;
	char *text;

	for (i = 0; copy != NULL && i < n; i++) {
		len = strlen(cells[i].text);
		if ((text = pool_copy(pool, cells[i].text, len)) == NULL)
			return NULL;
		text[len] = '\0';
		copy[i].field = cells[i].field;
		copy[i].text = text;
	}
	return copy;
}

/* Copy ${family} to the end of ${v}'s; false: no memory. */
static bool
keep_family(struct import_village *v, const struct prelist_family *family)
{
	struct prelist_family *more, *to;
	struct prelist_person *persons;
	size_t i, len = strlen(family->key);
	char *key;

	if (v->nfamilies == v->room) {
		more = realloc(v->families,
		    (v->room == 0 ? 16 : 2 * v->room) * sizeof(*more));
		if (more == NULL)
			return false;
		v->families = more;
		v->room = v->room == 0 ? 16 : 2 * v->room;
	}
	to = &v->families[v->nfamilies];
	*to = *family;
	key = pool_copy(&v->pool, family->key, len);
	persons = pool_copy(
	    &v->pool, family->persons, family->npersons * sizeof(*persons));
	to->cells = copy_cells(&v->pool, family->cells, family->ncells);
	if (key == NULL || persons == NULL || to->cells == NULL)
		return false;
	key[len] = '\0';
	for (i = 0; i < family->npersons; i++) {
		persons[i].cells =
		    copy_cells(&v->pool, persons[i].cells, persons[i].ncells);
		if (persons[i].cells == NULL)
			return false;
	}
	to->key = key;
	to->persons = persons;
	v->nfamilies++;
	v->nrows += 1 + family->npersons;
	return true;
}

struct import_village *
import_wait_add(struct import_wait *wait, const struct prelist_family *family)
{
	struct import_village *v = find_village(wait, family->village);

	return v != NULL && keep_family(v, family) ? v : NULL;
}

void
import_wait_clear(struct import_village *v)
{
	v->nfamilies = 0;
	v->nrows = 0;
	pool_clear(&v->pool);
}

void
import_wait_free(struct import_wait *wait)
{
	size_t i;

	for (i = 0; i < wait->nvillages; i++) {
		pool_clear(&wait->villages[i].pool);
		free(wait->villages[i].families);
	}
	free(wait->villages);
}
