#include <stdlib.h>
#include <string.h>

#include "tests/sim/rng.h"
#include "tests/sim/simfs_internal.h"

static enum status
gone(struct err *err)
{
	return err_set(err, ST_IO, "the machine is off");
}

enum status
simfs_read(void *arg, const char *path, size_t max, uint8_t **out, size_t *len,
    struct err *err)
{
	struct simfs *fs = arg;
	struct simfs_file *f;

	*out = NULL;
	*len = 0;
	if (!simfs_call(fs))
		return gone(err);
	if ((f = simfs_find(fs, path)) == NULL)
		return err_set(err, ST_NOTFOUND, "no such file");
	if (f->size > max)
		return err_set(err, ST_INVALID, "file is too long");
	if ((*out = malloc(f->size + 1)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if (f->size > 0)
		memcpy(*out, f->now, f->size);
	*len = f->size;
	return ST_OK;
}

enum status
simfs_write(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	struct simfs *fs = arg;
	struct simfs_file *f;

	/* Four calls on a real disk: write, sync, rename, sync the folder.
	 * Dying at the first three leaves the old bytes, at the last either. */
	if (!simfs_call(fs) || !simfs_call(fs) || !simfs_call(fs))
		return gone(err);
	if (!simfs_call(fs) && rng_chance(fs->rng, 50))
		return gone(err);
	if ((f = simfs_find(fs, path)) == NULL)
		f = simfs_make(fs, path);
	simfs_resize(f, len);
	if (len > 0)
		memcpy(f->now, bytes, len);
	simfs_sync(f);
	return fs->dead ? gone(err) : ST_OK;
}

enum status
simfs_jot(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	struct simfs *fs = arg;
	struct simfs_file *f;

	if (!simfs_call(fs))
		return gone(err);
	if ((f = simfs_find(fs, path)) == NULL)
		f = simfs_make(fs, path);
	simfs_resize(f, len);
	if (len > 0)
		memcpy(f->now, bytes, len);
	return ST_OK;
}

enum status
simfs_remove(void *arg, const char *path, struct err *err)
{
	struct simfs *fs = arg;
	struct simfs_file *f;

	if (!simfs_call(fs))
		return gone(err);
	if ((f = simfs_find(fs, path)) != NULL)
		f->linked = false;
	return ST_OK;
}

enum status
simfs_mkdir(void *arg, const char *path, struct err *err)
{
	(void)path;
	return simfs_call(arg) ? ST_OK : gone(err);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name of ${f} if it lies right in the folder ${dir}. */
static const char *
name_in(const struct simfs_file *f, const char *dir)
{
	size_t len = strlen(dir);

	if (!f->linked || strncmp(f->path, dir, len) != 0 ||
	    f->path[len] != '/' || strchr(f->path + len + 1, '/') != NULL)
		return NULL;
	return f->path + len + 1;
}

enum status
simfs_list(
    void *arg, const char *path, char ***names, size_t *n, struct err *err)
{
	struct simfs *fs = arg;
	struct simfs_file *f;
	size_t have = 0, text = 1;
	char *at;

	*names = NULL;
	*n = 0;
	if (!simfs_call(fs))
		return gone(err);
	for (f = fs->files; f != NULL; f = f->next) {
		if (name_in(f, path) != NULL) {
			have++;
			text += strlen(name_in(f, path)) + 1;
		}
	}
	if ((*names = malloc(have * sizeof(**names) + text)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	at = (char *)(*names + have);
	for (f = fs->files; f != NULL; f = f->next) {
		if (name_in(f, path) == NULL)
			continue;
		(*names)[(*n)++] = at;
		at = stpcpy(at, name_in(f, path)) + 1;
	}
	qsort(*names, *n, sizeof(**names), compare_names);
	return ST_OK;
}
