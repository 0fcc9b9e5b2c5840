#include <stdlib.h>
#include <string.h>

#include "sync-server/import/prelist_internal.h"

#define FNV_START 14695981039346656037u
#define FNV_PRIME 1099511628211u

struct entry {
	struct family family; /* first: families hand out its address */
	uint64_t hash;
	char key[];
};

/* A table with a power of two of places, never more than half full. */
struct families {
	size_t n, size;
	struct entry **at;
};

static uint64_t
hash_key(const char *key)
{
	uint64_t hash = FNV_START;

	for (; *key != '\0'; key++)
		hash = (hash ^ (uint8_t)*key) * FNV_PRIME;
	return hash ^ hash >> 32;
}

/* The place of ${key}, or the free one where it belongs. */
static struct entry **
find_place(struct entry **at, size_t size, uint64_t hash, const char *key)
{
	size_t i = (size_t)hash & (size - 1);

	while (at[i] != NULL &&
	    (at[i]->hash != hash || strcmp(at[i]->key, key) != 0))
		i = (i + 1) & (size - 1);
	return &at[i];
}

static enum status
grow(struct families *families, struct err *err)
{
	size_t i, size = families->size > 0 ? families->size * 2 : 1024;
	struct entry **at = calloc(size, sizeof(struct entry *)), *entry;

	if (at == NULL)
		return err_set(err, ST_NOMEM, "no memory for families");
	for (i = 0; i < families->size; i++) {
		if ((entry = families->at[i]) != NULL)
			*find_place(at, size, entry->hash, entry->key) = entry;
	}
	free(families->at);
	families->at = at;
	families->size = size;
	return ST_OK;
}

enum status
prelist_families_new(struct families **out, struct err *err)
{
	struct families *families = calloc(1, sizeof(*families));
	enum status st;

	*out = NULL;
	if (families == NULL)
		return err_set(err, ST_NOMEM, "no memory for families");
	if ((st = grow(families, err)) != ST_OK) {
		prelist_families_free(families);
		return st;
	}
	*out = families;
	return ST_OK;
}

void
prelist_families_free(struct families *families)
{
	size_t i;

	if (families == NULL)
		return;
	for (i = 0; i < families->size; i++) {
		if (families->at[i] != NULL)
			prelist_family_clear(&families->at[i]->family);
		free(families->at[i]);
	}
	free(families->at);
	free(families);
}

size_t
prelist_families_count(const struct families *families)
{
	return families->n;
}

enum status
prelist_families_get(struct family **out, struct families *families,
    const char *key, struct err *err)
{
	uint64_t hash = hash_key(key);
	size_t size = strlen(key) + 1;
	struct entry **place;
	enum status st;

	*out = NULL;
	if (2 * (families->n + 1) > families->size &&
	    (st = grow(families, err)) != ST_OK)
		return st;
	place = find_place(families->at, families->size, hash, key);
	if (*place == NULL) {
		if ((*place = calloc(1, sizeof(**place) + size)) == NULL)
			return err_set(err, ST_NOMEM, "no memory for families");
		(*place)->hash = hash;
		memcpy((*place)->key, key, size);
		families->n++;
	}
	*out = &(*place)->family;
	return ST_OK;
}

enum status
prelist_family_put(struct family *family, struct row *row, struct err *err)
{
	struct row **more;

	more = realloc(family->rows, (family->nrows + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ST_NOMEM, "no memory for families");
	family->rows = more;
	family->rows[family->nrows++] = row;
	return ST_OK;
}

void
prelist_family_clear(struct family *family)
{
	size_t i;

	for (i = 0; i < family->nrows; i++)
		free(family->rows[i]);
	free(family->rows);
	family->rows = NULL;
	family->nrows = 0;
}
