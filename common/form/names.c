#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/form/names.h"

#define ROOM_FIRST 256u /* places; a power of two, as ever after */

struct names {
	struct arena arena;
	const char **table; /* open addressing; at most half full */
	size_t room, n;
};

/* FNV-1a, 32 bits. */
static uint32_t
hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

/* Where ${name} is, or would be. */
static size_t
place_of(const struct names *names, const char *name, size_t len)
{
	size_t at = hash(name, len) & (names->room - 1);
	const char *there;

	while ((there = names->table[at]) != NULL) {
		if (strncmp(there, name, len) == 0 && there[len] == '\0')
			break;
		at = (at + 1) & (names->room - 1);
	}
	return at;
}

static enum status
grow(struct names *names, struct err *err)
{
	const char **old = names->table;
	size_t i, room = names->room;

	names->table = calloc(room * 2, sizeof(*names->table));
	if (names->table == NULL) {
		names->table = old;
		return err_set(err, ST_NOMEM, "no memory for names");
	}
	names->room = room * 2;
	for (i = 0; i < room; i++) {
		if (old[i] != NULL)
			names->table[place_of(names, old[i], strlen(old[i]))] =
			    old[i];
	}
	free(old);
	return ST_OK;
}

enum status
names_new(struct names **out, struct err *err)
{
	struct names *names = calloc(1, sizeof(*names));

	*out = NULL;
	if (names != NULL)
		names->table = calloc(ROOM_FIRST, sizeof(*names->table));
	if (names == NULL || names->table == NULL) {
		free(names);
		return err_set(err, ST_NOMEM, "no memory for names");
	}
	names->room = ROOM_FIRST;
	*out = names;
	return ST_OK;
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	arena_free(&names->arena);
	free(names->table);
	free(names);
}

enum status
names_intern(struct names *names, const char *name, size_t len,
    const char **out, struct err *err)
{
	enum status st;
	size_t at = place_of(names, name, len);
	char *copy;

	if ((*out = names->table[at]) != NULL)
		return ST_OK;
	if (len > TREE_NAME_MAX)
		return err_set(err, ST_INVALID,
		    "a name of %zu bytes; %u are allowed", len, TREE_NAME_MAX);
	if (names->n == TREE_NAMES_MAX)
		return err_set(err, ST_FULL, "more than %u different names",
		    TREE_NAMES_MAX);
	if ((names->n + 1) * 2 > names->room) {
		if ((st = grow(names, err)) != ST_OK)
			return st;
		at = place_of(names, name, len);
	}
	if ((copy = arena_copy(&names->arena, name, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for names");
	names->table[at] = *out = copy;
	names->n++;
	return ST_OK;
}

const char *
names_find(const struct names *names, const char *name, size_t len)
{
	return names->table[place_of(names, name, len)];
}
