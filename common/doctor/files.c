#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/doctor/files.h"

bool
files_join(char path[FILES_PATH_SIZE], const char *dir, const char *name)
{
	return (size_t)snprintf(path, FILES_PATH_SIZE, "%s/%s", dir, name) <
	    FILES_PATH_SIZE;
}

bool
files_is_there(const char *dir, const char *name, struct stat *info)
{
	char path[FILES_PATH_SIZE];

	return files_join(path, dir, name) && stat(path, info) == 0;
}

static void
note(unsigned *count, char name[FILES_NAME_SIZE], const char *found)
{
	if ((*count)++ == 0)
		snprintf(name, FILES_NAME_SIZE, "%s", found);
}

static bool
is_left(const char *name)
{
	size_t len = strlen(name);

	return (len > 4 && strcmp(name + len - 4, ".tmp") == 0) ||
	    strstr(name, ".new") != NULL;
}

static void
walk_file(struct files *files, const char *path, const char *name)
{
	struct stat info;

	/* A file may go while we look: the daemon works on. */
	if (lstat(path, &info) != 0)
		return;
	if (S_ISDIR(info.st_mode) && info.st_uid == geteuid())
		return;
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
		note(&files->foreign, files->foreign_name, name);
	else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		note(&files->open, files->open_name, name);
	if (is_left(name))
		note(&files->left, files->left_name, name);
}

enum status
files_walk(struct files *files, const char *dir, struct err *err)
{
	char path[FILES_PATH_SIZE];
	struct dirent *entry;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return err_set(err, errno == ENOENT ? ST_NOTFOUND : ST_IO,
		    "list the folder: %s", strerror(errno));
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    files_join(path, dir, entry->d_name))
			walk_file(files, path, entry->d_name);
	closedir(d);
	return ST_OK;
}

enum status
files_room(const char *dir, uint64_t *room, struct err *err)
{
	struct statvfs disk;

	*room = 0;
	if (statvfs(dir, &disk) != 0)
		return err_set(err, ST_IO, "the disk: %s", strerror(errno));
	*room = (uint64_t)disk.f_bavail * disk.f_frsize;
	return ST_OK;
}
