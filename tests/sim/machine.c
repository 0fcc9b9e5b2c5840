#include <stdio.h>
#include <stdlib.h>

#include "common/store/sealvfs.h"

#include "tests/sim/machine.h"

static char seal_names[SIMFS_SLOTS][16];

static int64_t
machine_now(void *arg)
{
	struct machine *m = arg;

	return *m->world_ms + m->skew_ms;
}

static void
machine_random(void *arg, void *out, size_t len)
{
	struct machine *m = arg;

	rng_fill(m->rng, out, len);
}

static enum status
machine_read(void *arg, const char *path, size_t max, uint8_t **out,
    size_t *len, struct err *err)
{
	struct machine *m = arg;

	return simfs_read(m->fs, path, max, out, len, err);
}

static enum status
machine_write(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	struct machine *m = arg;

	return simfs_write(m->fs, path, bytes, len, err);
}

static enum status
machine_jot(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	struct machine *m = arg;

	return simfs_jot(m->fs, path, bytes, len, err);
}

static enum status
machine_remove(void *arg, const char *path, struct err *err)
{
	struct machine *m = arg;

	return simfs_remove(m->fs, path, err);
}

static enum status
machine_mkdir(void *arg, const char *path, struct err *err)
{
	struct machine *m = arg;

	return simfs_mkdir(m->fs, path, err);
}

static enum status
machine_list(
    void *arg, const char *path, char ***names, size_t *n, struct err *err)
{
	struct machine *m = arg;

	return simfs_list(m->fs, path, names, n, err);
}

void
machine_start(
    struct machine *m, int slot, struct rng *rng, const int64_t *world_ms)
{
	struct err err;

	m->slot = slot;
	m->rng = rng;
	m->world_ms = world_ms;
	m->skew_ms = 0;
	if (m->fs == NULL)
		m->fs = simfs_new(slot, rng);
	m->env = (struct env){
		.arg = m,
		.now_ms = machine_now,
		.random = machine_random,
		.read = machine_read,
		.write = machine_write,
		.jot = machine_jot,
		.remove = machine_remove,
		.mkdir = machine_mkdir,
		.list = machine_list,
	};
	if (seal_names[slot][0] != '\0')
		return;
	snprintf(seal_names[slot], sizeof(seal_names[slot]), "seal%d", slot);
	if (sealvfs_register(seal_names[slot], simfs_vfs_name(slot), &err) !=
	    ST_OK) {
		fprintf(stderr, "sim: %s\n", err.text);
		abort();
	}
}

void
machine_stop(struct machine *m)
{
	simfs_free(m->fs);
	m->fs = NULL;
}

const char *
machine_vfs(const struct machine *m)
{
	return seal_names[m->slot];
}
