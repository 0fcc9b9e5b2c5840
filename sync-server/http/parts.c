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
	uint64_t bytes;       /* promised to files since the last sweep */
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

/* Remove what is too old; all that was taken in too if ${hard}. */
static void
sweep(struct parts *parts, bool hard)
{
	const struct env *env = parts->env;
	int64_t now = env_now_ms(env), max;
	struct part_info info;
	char path[PATH_SIZE], **names;
	struct err err;
	size_t i, n;

	if (env->list(env->arg, parts->dir, &names, &n, &err) != ST_OK)
		return;
	parts->bytes = 0;
	parts->files = 0;
	parts->swept_ms = now;
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", parts->dir, names[i]);
		if (part_look(path, &info, &err) != ST_OK)
			continue;
		max = !ends_with(names[i], ".done") ? parts->opts.part_ms_max
		    : hard                          ? -1
						    : parts->opts.done_ms_max;
		if (now - info.changed_ms > max) {
			env->remove(env->arg, path, &err);
			continue;
		}
		parts->bytes += info.len;
		parts->files++;
	}
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
	sweep(parts, false);
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

/* Is there room for ${len} bytes in one more file? */
static bool
has_room(const struct parts *parts, uint64_t len)
{
	return parts->files < parts->opts.files_max &&
	    len <= parts->opts.bytes_max &&
	    parts->bytes <= parts->opts.bytes_max - len;
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
	path_of(part, parts, name, ".part");
	path_of(done, parts, name, ".done");
	part_rename(done, part, &ignored);
	is_new = parts_have(parts, name) == 0;

	pthread_mutex_lock(&parts->lock);
	if (env_now_ms(parts->env) - parts->swept_ms > SWEEP_MS)
		sweep(parts, false);
	if (is_new && !has_room(parts, len))
		sweep(parts, true);
	if ((room = !is_new || has_room(parts, len)) && is_new) {
		parts->bytes += len;
		parts->files++;
	}
	pthread_mutex_unlock(&parts->lock);
	if (!room)
		return err_set(err, ST_FULL,
		    "no room for more uploads now; nothing is lost, try "
		    "again later");
	if ((st = part_open(out, part, 1, err)) != ST_OK)
		err_wrap(err, "start an upload");
	return st;
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
	parts->env->remove(parts->env->arg, part, &ignored);
	pthread_mutex_lock(&parts->lock);
	parts->bytes -= info.len < parts->bytes ? info.len : parts->bytes;
	parts->files -= parts->files > 0;
	pthread_mutex_unlock(&parts->lock);
}
