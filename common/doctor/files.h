#ifndef COMMON_DOCTOR_FILES_H
#define COMMON_DOCTOR_FILES_H

/*
 * files: who may read and write the files of a folder, and what work that was
 * cut off left there.  Looks from outside; opens and changes nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct stat;

#define FILES_PATH_SIZE 4400
#define FILES_NAME_SIZE 256 /* Linux names have 255 bytes */

/* What walks over folders counted; of each kind the first's name. */
struct files {
	unsigned open;    /* others may read or write it */
	unsigned foreign; /* another user's, or no plain file */
	unsigned left;    /* by work that was cut off */
	char open_name[FILES_NAME_SIZE], foreign_name[FILES_NAME_SIZE],
	    left_name[FILES_NAME_SIZE];
};

/* Add what is in ${dir}.  ST_NOTFOUND: no such folder. */
enum status files_walk(struct files *files, const char *dir, struct err *err);

/* A path in the folder; false: too long. */
bool files_join(char path[FILES_PATH_SIZE], const char *dir, const char *name);
bool files_is_there(const char *dir, const char *name, struct stat *info);

/* Free bytes of the disk that ${dir} is on. */
enum status files_room(const char *dir, uint64_t *room, struct err *err);

#endif /* COMMON_DOCTOR_FILES_H */
