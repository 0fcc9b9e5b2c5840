#ifndef SYNC_SERVER_BACKUP_PLACE_H
#define SYNC_SERVER_BACKUP_PLACE_H

/*
 * place: a folder that is there whole or not at all.
 *
 *	place_open: NAME.part, what a crash left of it removed
 *	     -> files are put in, each made durable
 *	place_finish: synced, renamed to NAME, that made durable
 *
 *	place_close, before that: NAME.part goes, with all that is in it
 *
 * Only plain files lie in such a folder, and folders without anything.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct env;
struct place;

#define PLACE_PATH_SIZE 4096

/*
 * Begin the folder ${path}.  ST_NOTFOUND: there is no folder to make it in.
 * ST_CONFLICT: there is such a folder, with something in it.  ST_INVALID:
 * may not be written in.
 */
enum status place_open(struct place **out, const struct env *env,
    const char *path, struct err *err);
/* Where the file ${name} is put meanwhile. */
enum status place_path(const struct place *place, const char *name,
    char out[PLACE_PATH_SIZE], struct err *err);
/* Write a small file. */
enum status place_write(struct place *place, const char *name,
    const void *bytes, size_t len, struct err *err);
/*
 * Copy the file ${from} to ${name}, durably.  ${progress}, in bytes, may be
 * NULL.  ST_FULL: no room.
 */
enum status place_copy(struct place *place, const char *name, const char *from,
    void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct err *err);
/* Make the folder's name durable, and its own. */
enum status place_finish(struct place *place, struct err *err);
/* Accepts NULL. */
void place_close(struct place *place);

/* Remove from ${folder} what cut-off places called ${prefix}... left. */
void place_sweep(const char *folder, const char *prefix);

/* Free bytes of the disk that ${path} is on; UINT64_MAX: nobody knows. */
uint64_t place_room(const char *path);
/* Length of the file ${path}; 0: there is none. */
uint64_t place_len(const char *path);

#endif /* SYNC_SERVER_BACKUP_PLACE_H */
