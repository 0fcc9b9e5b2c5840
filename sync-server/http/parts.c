#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/part.h"
#include "common/crypto/crypto.h"

#include "sync-server/http/parts.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define SWEEP_MS ((int64_t)10 * 60 * 1000) /* between two sweeps */
#define PATH_SIZE 1200

struct parts {
	const struct env *env;
	struct parts_opts opts;
	pthread_mutex_t lock; /* for what follows */
	uint64_t bytes;       /* in files, about */
	unsigned files;
	int64_t swept_ms;
	char dir[];
};

static void
path_of(char out[PATH_SIZE], const struct parts *parts,
    const uint8_t name[PARTS_NAME_LEN], const char *suffix)
{
	char hex[2 * PARTS_NAME_LEN + 1];

	crypto_hex(hex, name, PARTS_NAME_LEN);
	snprintf(out, PATH_SIZE, "%s/%s%s", parts->dir, hex, suffix);
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* One file of the folder. */
struct found {
	const char *name;
	uint64_t len;
	int64_t changed_ms; /* of what was taken in: before all others */
};

static int
compare_found(const void *a, const void *b)
{
	int64_t x = ((const struct found *)a)->changed_ms;
	int64_t y = ((const struct found *)b)->changed_ms;

	return (x > y) - (x < y);
}

/* Remove it, unless it is ${keep}'s or cannot be removed. */
static bool
give_way(struct parts *parts, const struct found *file, const char *keep)
{
	char path[PATH_SIZE];
	struct err err;

	if (keep != NULL && strncmp(file->name, keep, strlen(keep)) == 0)
		return false;
	snprintf(path, sizeof(path), "%s/%s", parts->dir, file->name);
	return part_remove(path, &err) == ST_OK;
}

/* Look at every file: those that are too old go, the others are counted. */
static size_t
look(struct parts *parts, char **names, size_t n, struct found *files)
{
	int64_t now = env_now_ms(parts->env), max;
	struct part_info info;
	char path[PATH_SIZE];
	struct err err;
	size_t i, k = 0;
	bool done;

	parts->bytes = 0;
	parts->files = 0;
	parts->swept_ms = now;
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", parts->dir, names[i]);
		if (part_look(path, &info, &err) != ST_OK)
			continue;
		done = ends_with(names[i], ".done");
		max = done ? parts->opts.done_ms_max : parts->opts.part_ms_max;
		files[k] = (struct found){ names[i], info.len,
			done ? INT64_MIN : info.changed_ms };
		if (now - info.changed_ms > max &&
		    give_way(parts, &files[k], NULL))
			continue;
		parts->bytes += info.len;
		parts->files++;
		k++;
	}
	return k;
}

/* Is there room for ${len} bytes more, in ${files} files more? */
static bool
has_room(const struct parts *parts, uint64_t len, unsigned files)
{
	return parts->files + files <= parts->opts.files_max &&
	    len <= parts->opts.bytes_max &&
	    parts->bytes <= parts->opts.bytes_max - len;
}

/*
 * Remove what is too old; then, until there is room, what was taken in and
 * what stood still for longest, but not ${keep}.  An eighth more than need
 * be, so that not every upload of many has to look at all files.
 */
static void
sweep(struct parts *parts, uint64_t len, unsigned nfiles, const char *keep)
{
	const struct env *env = parts->env;
	uint64_t bytes = len + parts->opts.bytes_max / 8;
	unsigned many = nfiles + parts->opts.files_max / 8;
	struct found *files = NULL;
	char **names = NULL;
	struct err err;
	size_t i, n;

	if (env->list(env->arg, parts->dir, &names, &n, &err) != ST_OK)
		return;
	if ((files = malloc((n + 1) * sizeof(*files))) == NULL)
		goto out;
	n = look(parts, names, n, files);
	if (has_room(parts, len, nfiles))
		goto out;
	if (n > 0)
		qsort(files, n, sizeof(*files), compare_found);
	for (i = 0; i < n; i++) {
		if (has_room(parts, len, nfiles) &&
		    (has_room(parts, bytes, many) || i >= n / 2))
			break;
		if (!give_way(parts, &files[i], keep))
			continue;
		parts->bytes -= files[i].len;
		parts->files--;
	}
out:
	free(files);
	free(names);
}

enum status
parts_open(struct parts **out, const struct env *env, const char *dir,
    const struct parts_opts *opts, struct err *err)
{
	struct parts *parts;
	enum status st;

	*out = NULL;
	if ((st = env->mkdir(env->arg, dir, err)) != ST_OK)
		return err_wrap(err, "open parts");
	parts = calloc(1, sizeof(*parts) + strlen(dir) + 1);
	if (parts == NULL || pthread_mutex_init(&parts->lock, NULL) != 0) {
		free(parts);
		return err_set(err, ST_NOMEM, "open parts: no memory");
	}
	parts->env = env;
	memcpy(parts->dir, dir, strlen(dir) + 1);
	if (opts != NULL)
		parts->opts = *opts;
	if (parts->opts.bytes_max == 0)
		parts->opts.bytes_max = PARTS_BYTES_MAX;
	if (parts->opts.files_max == 0)
		parts->opts.files_max = PARTS_FILES_MAX;
	if (parts->opts.part_ms_max == 0)
		parts->opts.part_ms_max = 14 * DAY_MS;
	if (parts->opts.done_ms_max == 0)
		parts->opts.done_ms_max = DAY_MS / 24;
	sweep(parts, 0, 0, NULL);
	*out = parts;
	return ST_OK;
}

void
parts_close(struct parts *parts)
{
	if (parts == NULL)
		return;
	pthread_mutex_destroy(&parts->lock);
	free(parts);
}

uint64_t
parts_have(struct parts *parts, const uint8_t name[PARTS_NAME_LEN])
{
	struct part_info info;
	char path[PATH_SIZE];
	struct err err;

	path_of(path, parts, name, ".part");
	if (part_look(path, &info, &err) == ST_OK)
		return info.len;
	path_of(path, parts, name, ".done");
	if (part_look(path, &info, &err) == ST_OK)
		return info.len;
	return 0;
}

enum status
parts_start(struct parts *parts, struct part **out,
    const uint8_t name[PARTS_NAME_LEN], uint64_t len, struct err *err)
{
	char part[PATH_SIZE], done[PATH_SIZE];
	struct err ignored;
	enum status st;
	bool room, is_new;

	*out = NULL;
	if (len > parts->opts.bytes_max)
		return err_set(err, ST_FULL, "no room for so large an upload");
	path_of(part, parts, name, ".part");
	path_of(done, parts, name, ".done");
	part_rename(done, part, &ignored);
	is_new = parts_have(parts, name) == 0;

	pthread_mutex_lock(&parts->lock);
	if (env_now_ms(parts->env) - parts->swept_ms > SWEEP_MS)
		sweep(parts, 0, 0, NULL);
	if (is_new && !has_room(parts, len, 1))
		sweep(parts, len, 1, NULL);
	room = !is_new || has_room(parts, len, 1);
	parts->files += room && is_new;
	pthread_mutex_unlock(&parts->lock);
	if (!room)
		return err_set(err, ST_FULL,
		    "no room for more uploads now; nothing is lost, try "
		    "again later");
	if ((st = part_open(out, part, 1, err)) != ST_OK)
		err_wrap(err, "start an upload");
	return st;
}

enum status
parts_write(struct parts *parts, struct part *part,
    const uint8_t name[PARTS_NAME_LEN], uint64_t at, const void *bytes,
    size_t len, struct err *err)
{
	char hex[2 * PARTS_NAME_LEN + 1];
	uint64_t have, more;
	enum status st;
	bool room;

	if ((st = part_len(part, &have, err)) != ST_OK)
		return st;
	more = at + len > have ? at + len - have : 0;
	crypto_hex(hex, name, PARTS_NAME_LEN);
	pthread_mutex_lock(&parts->lock);
	if (!has_room(parts, more, 0))
		sweep(parts, more, 0, hex);
	if ((room = has_room(parts, more, 0)))
		parts->bytes += more;
	pthread_mutex_unlock(&parts->lock);
	if (!room)
		return err_set(err, ST_FULL,
		    "no room for more uploads now; nothing is lost, try "
		    "again later");
	return part_write(part, at, bytes, len, err);
}

void
parts_done(struct parts *parts, const uint8_t name[PARTS_NAME_LEN])
{
	char part[PATH_SIZE], done[PATH_SIZE];
	struct err ignored;

	path_of(part, parts, name, ".part");
	path_of(done, parts, name, ".done");
	part_rename(part, done, &ignored);
}

void
parts_drop(struct parts *parts, const uint8_t name[PARTS_NAME_LEN])
{
	struct part_info info;
	char part[PATH_SIZE];
	struct err ignored;

	path_of(part, parts, name, ".part");
	if (part_look(part, &info, &ignored) != ST_OK)
		return;
	part_remove(part, &ignored);
	pthread_mutex_lock(&parts->lock);
	parts->bytes -= info.len < parts->bytes ? info.len : parts->bytes;
	parts->files -= parts->files > 0;
	pthread_mutex_unlock(&parts->lock);
}
