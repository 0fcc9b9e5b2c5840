#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/store/sealvfs.h"

#include "agent/unlock/tries.h"

#define MAGIC "padu tries 1\n"
#define FILE_MAX 4096u /* bytes: eight lines have less */

struct entry {
	char label[SEALVFS_LABEL_MAX + 1]; /* "": not in use */
	unsigned wrong;                    /* in a row */
	int64_t last_ms;                   /* when the latest was */
};

struct tries {
	const struct env *env;
	struct entry entry[SEALVFS_SLOTS];
	char path[]; /* with its NUL */
};

static struct entry *
find(const struct tries *tries, const char *label)
{
	struct entry *entry = (struct entry *)tries->entry;
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS; i++)
		if (label[0] != '\0' && strcmp(entry[i].label, label) == 0)
			return &entry[i];
	return NULL;
}

/* LABEL COUNT WHEN, a line each; labels have no blank. */
static void
parse(struct tries *tries, const char *text)
{
	struct entry e;
	size_t n = 0;
	int used;

	while (n < SEALVFS_SLOTS &&
	    sscanf(text, "%16s %9u %15" SCNd64 "%n", e.label, &e.wrong,
		&e.last_ms, &used) == 3) {
		tries->entry[n++] = e;
		text += used;
	}
}

enum status
tries_open(struct tries **out, const struct env *env, const char *path,
    struct err *err)
{
	size_t size = strlen(path) + 1, len;
	uint8_t *bytes = NULL;
	struct err none;

	*out = calloc(1, sizeof(**out) + size);
	if (*out == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	(*out)->env = env;
	memcpy((*out)->path, path, size);
	if (env->read(env->arg, path, FILE_MAX, &bytes, &len, &none) == ST_OK &&
	    len > strlen(MAGIC) && memcmp(bytes, MAGIC, strlen(MAGIC)) == 0 &&
	    bytes[len - 1] == '\n') {
		bytes[len - 1] = '\0';
		parse(*out, (const char *)bytes + strlen(MAGIC));
	}
	free(bytes);
	return ST_OK;
}

void
tries_close(struct tries *tries)
{
	free(tries);
}

static void
store(const struct tries *tries)
{
	const struct env *env = tries->env;
	const struct entry *e;
	char text[FILE_MAX];
	size_t len;
	struct err none;

	len = (size_t)snprintf(text, sizeof(text), MAGIC);
	for (e = tries->entry; e < tries->entry + SEALVFS_SLOTS; e++)
		if (e->wrong > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s %u %" PRId64 "\n", e->label, e->wrong,
			    e->last_ms);
	if (len > strlen(MAGIC))
		(void)env->write(env->arg, tries->path, text, len, &none);
	else
		(void)env->remove(env->arg, tries->path, &none);
}

static int64_t
pause_ms(unsigned wrong)
{
	unsigned doublings;
	int64_t ms = 1000;

	if (wrong < TRIES_FREE)
		return 0;
	for (doublings = wrong - TRIES_FREE; doublings > 0 && ms < TRIES_MAX_MS;
	     doublings--)
		ms *= 2;
	return ms < TRIES_MAX_MS ? ms : TRIES_MAX_MS;
}

int64_t
tries_wait_ms(const struct tries *tries, const char *label)
{
	struct entry *e = find(tries, label);
	int64_t now = env_now_ms(tries->env), left;

	if (e == NULL)
		return 0;
	/* A clock that was set back must not make it longer. */
	if (now < e->last_ms)
		e->last_ms = now;
	left = e->last_ms + pause_ms(e->wrong) - now;
	return left > 0 ? left : 0;
}

void
tries_wrong(struct tries *tries, const char *label)
{
	struct entry *e = find(tries, label), *oldest = tries->entry;
	size_t i;

	if (strlen(label) > SEALVFS_LABEL_MAX || label[0] == '\0')
		return;
	if (e == NULL) {
		/* Somebody who left may be in the way. */
		for (i = 1; i < SEALVFS_SLOTS; i++)
			if (tries->entry[i].last_ms < oldest->last_ms)
				oldest = &tries->entry[i];
		e = oldest;
		memset(e, 0, sizeof(*e));
		strcpy(e->label, label);
	}
	if (e->wrong < 1000000)
		e->wrong++;
	e->last_ms = env_now_ms(tries->env);
	store(tries);
}

void
tries_right(struct tries *tries, const char *label)
{
	struct entry *e = find(tries, label);

	if (e == NULL)
		return;
	memset(e, 0, sizeof(*e));
	store(tries);
}
