#ifndef TESTS_LIB_TEMP_H
#define TESTS_LIB_TEMP_H

/*
 * temp: a folder of a test's own.
 *
 *	struct temp t = temp_open() -> temp_path(&t, "x.db") -> temp_close(&t)
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

struct temp {
	char folder[200];
	char path[4][300]; /* the latest four that temp_path() gave */
	unsigned n;
};

static inline struct temp
temp_open(void)
{
	const char *under = getenv("TMPDIR");
	struct temp t = { 0 };

	snprintf(t.folder, sizeof(t.folder), "%s/padu-test-XXXXXX",
	    under != NULL && strlen(under) < 150 ? under : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(t.folder));
	return t;
}

/* The path of ${name}; good until four further calls. */
static inline const char *
temp_path(struct temp *t, const char *name)
{
	char *path = t->path[t->n++ % 4];

	ck_assert_uint_lt(strlen(name), 90);
	stpcpy(stpcpy(stpcpy(path, t->folder), "/"), name);
	return path;
}

/* Remove the files of the folder; it stays. */
static inline void
temp_clear(struct temp *t)
{
	DIR *dir = opendir(t->folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			unlink(temp_path(t, entry->d_name));
	closedir(dir);
}

static inline void
temp_close(struct temp *t)
{
	temp_clear(t);
	rmdir(t->folder);
}

#endif /* TESTS_LIB_TEMP_H */
