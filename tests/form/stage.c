#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/form/xpath_value.h"
#include "tests/form/stage.h"

static int64_t
stage_now(void *arg)
{
	struct stage *stage = arg;

	return stage->now_ms;
}

static void
stage_random(void *arg, void *out, size_t len)
{
	struct stage *stage = arg;
	uint8_t *bytes = out;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = stage->dice++;
}

char *
stage_read(const char *folder, const char *name, size_t *len)
{
	char path[1024], *text;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((file = fopen(path, "rb")) == NULL)
		return NULL;
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;
	if (text != NULL)
		*len = fread(text, 1, (size_t)size, file);
	fclose(file);
	return text;
}

static enum status
open_file(
    void *arg, const char *name, uint8_t **out, size_t *len, struct err *err)
{
	struct stage *stage = arg;

	*out = (uint8_t *)stage_read(stage->folder, name, len);
	return *out != NULL ? ST_OK
			    : err_set(err, ST_NOTFOUND, "no file %s", name);
}

static const char *
find_property(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, "username") == 0)
		return "petugas-7";
	if (strcmp(name, "deviceid") == 0)
		return "padu:laptop-14";
	return NULL;
}

void
stage_open(struct stage *stage, const char *folder)
{
	bool is_time;

	*stage = (struct stage){ .folder = folder };
	stage->env.arg = stage;
	stage->env.now_ms = stage_now;
	stage->env.random = stage_random;
	stage->files = (struct xform_files){ .arg = stage, .open = open_file };
	stage->opts.env = &stage->env;
	stage->opts.zone_min = 7 * 60;
	stage->opts.property = find_property;
	stage->opts.arg = stage;
	stage->opts.language = SIZE_MAX; /* the form's own choice */
	(void)xpath_moment_parse("2026-11-22T12:00:00+07:00", 25, 0, false,
	    &stage->now_ms, &is_time);
}

void
stage_close(struct stage *stage)
{
	session_close(stage->session);
	xform_free(stage->form);
	stage->session = NULL;
	stage->form = NULL;
}

enum status
stage_load(struct stage *stage, const char *text, size_t len, struct err *err)
{
	stage_close(stage);
	return xform_load(&stage->form, text, len, &stage->files, err);
}

enum status
stage_start(struct stage *stage, const char *instance, struct err *err)
{
	session_close(stage->session);
	stage->session = NULL;
	stage->opts.instance = instance;
	stage->opts.instance_len = instance != NULL ? strlen(instance) : 0;
	return session_open(&stage->session, stage->form, &stage->opts, err);
}

enum status
stage_validate(
    struct stage *stage, const char *instance, size_t *nfaults, struct err *err)
{
	session_close(stage->session);
	stage->session = NULL;
	stage->opts.instance = instance;
	stage->opts.instance_len = strlen(instance);
	return session_validate(
	    &stage->session, stage->form, &stage->opts, nfaults, err);
}
