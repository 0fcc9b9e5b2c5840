#ifndef COMMON_BASE_PATH_H
#define COMMON_BASE_PATH_H

/*
 * path: whether what lies at a path may be used: others put named pipes,
 * devices and links in our way, by mistake or to make us wait or write
 * where they like.
 */

#include <stdio.h>

#include "common/base/err.h"

/*
 * Open the file ${path} for reading, without ever waiting for it.
 * ST_NOTFOUND; ST_INVALID: it is a folder, a pipe or a device.
 */
enum status path_open(int *fd, const char *path, struct err *err);

/* The same, as a stream; the caller passes *${out} to fclose(). */
enum status path_open_stream(FILE **out, const char *path, struct err *err);

/*
 * May secrets be kept in the folder ${path}?  ST_UNTRUSTED if it is somebody
 * else's or others may write in it, ST_INVALID if it is none.  ST_OK also if
 * there is nothing yet.
 */
enum status path_check_folder(const char *path, struct err *err);

#endif /* COMMON_BASE_PATH_H */
