#ifndef SYNC_SERVER_COMMANDS_PASSPHRASE_FILE_H
#define SYNC_SERVER_COMMANDS_PASSPHRASE_FILE_H

/* passphrase_file: a passphrase is the first line of a file. */

#include "common/base/err.h"
#include "common/base/limits.h"

struct env;

/* The caller wipes ${out}.  ST_INVALID: it is empty or too long. */
enum status passphrase_file_read(char out[PASSPHRASE_MAX + 1],
    const struct env *env, const char *path, struct err *err);

#endif /* SYNC_SERVER_COMMANDS_PASSPHRASE_FILE_H */
