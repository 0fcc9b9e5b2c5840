#include <stdlib.h>
#include <string.h>

#include "tests/sim/rng.h"
#include "tests/sim/simfs_internal.h"

struct simfs_file *
simfs_find(struct simfs *fs, const char *path)
{
	struct simfs_file *f;

	for (f = fs->files; f != NULL; f = f->next)
		if (f->linked && strcmp(f->path, path) == 0)
			return f;
	return NULL;
}

struct simfs_file *
simfs_make(struct simfs *fs, const char *path)
{
	struct simfs_file *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->path = strdup(path)) == NULL)
		abort();
	f->linked = true;
	f->next = fs->files;
	fs->files = f;
	return f;
}

void
simfs_resize(struct simfs_file *f, size_t size)
{
	if (size > f->cap) {
		f->cap = size * 2 + 4096;
		if ((f->now = realloc(f->now, f->cap)) == NULL)
			abort();
	}
	if (size > f->size)
		memset(f->now + f->size, 0, size - f->size);
	f->size = size;
	f->changed = true;
}

void
simfs_sync(struct simfs_file *f)
{
	if (!f->changed && f->durable)
		return;
	if (f->size > 0 && (f->kept = realloc(f->kept, f->size)) == NULL)
		abort();
	if (f->size > 0)
		memcpy(f->kept, f->now, f->size);
	f->kept_size = f->size;
	f->changed = false;
	f->durable = true;
}

/* One I/O call: false once the machine is dead. */
bool
simfs_call(struct simfs *fs)
{
	if (fs->dead)
		return false;
	fs->calls++;
	if (fs->cut_at != 0 && --fs->cut_at == 0) {
		fs->dead = true;
		return false;
	}
	return true;
}

struct simfs *
simfs_new(int slot, struct rng *rng)
{
	struct simfs *fs = calloc(1, sizeof(*fs));

	if (fs == NULL)
		abort();
	fs->slot = slot;
	fs->rng = rng;
	simfs_vfs_put(fs);
	return fs;
}

static void
file_free(struct simfs_file *f)
{
	while (f->nshm > 0)
		free(f->shm[--f->nshm]);
	free(f->shm);
	free(f->path);
	free(f->now);
	free(f->kept);
	free(f);
}

void
simfs_free(struct simfs *fs)
{
	struct simfs_file *f;

	if (fs == NULL)
		return;
	if (fs->slot >= 0)
		simfs_vfs_take(fs);
	while ((f = fs->files) != NULL) {
		fs->files = f->next;
		file_free(f);
	}
	free(fs);
}

static bool
ends_with(const char *path, const char *const *tails, size_t n)
{
	size_t i, len = strlen(path), tail;

	for (i = 0; i < n; i++) {
		tail = strlen(tails[i]);
		if (len >= tail && strcmp(path + len - tail, tails[i]) == 0)
			return true;
	}
	return false;
}

void
simfs_copy(struct simfs *to, const struct simfs *from, const char *const *tails,
    size_t n)
{
	const struct simfs_file *f;
	struct simfs_file *mine;

	for (mine = to->files; mine != NULL; mine = mine->next)
		if (ends_with(mine->path, tails, n))
			mine->linked = false;
	for (f = from->files; f != NULL; f = f->next) {
		if (!f->linked || !ends_with(f->path, tails, n))
			continue;
		mine = simfs_make(to, f->path);
		simfs_resize(mine, f->size);
		if (f->size > 0)
			memcpy(mine->now, f->now, f->size);
		simfs_sync(mine);
	}
}

struct simfs *
simfs_image(const struct simfs *fs)
{
	static const char *const ALL[] = { "" };
	struct simfs *image = calloc(1, sizeof(*image));

	if (image == NULL)
		abort();
	image->slot = -1;
	simfs_copy(image, fs, ALL, 1);
	return image;
}

void
simfs_cut_at(struct simfs *fs, uint64_t calls)
{
	fs->cut_at = calls;
	fs->cut_at_sync = false;
}

void
simfs_cut_at_sync(struct simfs *fs)
{
	fs->cut_at_sync = true;
}

bool
simfs_dead(const struct simfs *fs)
{
	return fs->dead;
}

uint64_t
simfs_calls(const struct simfs *fs)
{
	return fs->calls;
}

/* What is left of one file: every 512-byte sector that was not synced is
 * the old or the new one. */
static void
file_after_cut(struct simfs *fs, struct simfs_file *f)
{
	size_t at, size, new_size, part, kept;

	new_size = size = f->size;
	if (size > f->kept_size && rng_chance(fs->rng, 50))
		size =
		    f->kept_size + rng_below(fs->rng, size - f->kept_size + 1);
	else if (size < f->kept_size && rng_chance(fs->rng, 50))
		size = f->kept_size;
	simfs_resize(f, size);
	for (at = 0; at < size; at += 512) {
		part = size - at < 512 ? size - at : 512;
		if (at + part <= new_size && rng_chance(fs->rng, 50))
			continue; /* the new one got there */
		kept = at < f->kept_size ? f->kept_size - at : 0;
		kept = kept < part ? kept : part;
		memset(f->now + at, 0, part);
		if (kept > 0)
			memcpy(f->now + at, f->kept + at, kept);
	}
}

void
simfs_reboot(struct simfs *fs)
{
	struct simfs_file **at = &fs->files, *f;

	while ((f = *at) != NULL) {
		if (!f->linked || (!f->durable && rng_chance(fs->rng, 50))) {
			*at = f->next;
			file_free(f);
			continue;
		}
		if (f->changed)
			file_after_cut(fs, f);
		simfs_sync(f);
		at = &f->next;
	}
	fs->dead = false;
	simfs_cut_at(fs, 0);
}
