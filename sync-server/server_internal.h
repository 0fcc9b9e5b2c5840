#ifndef SYNC_SERVER_SERVER_INTERNAL_H
#define SYNC_SERVER_SERVER_INTERNAL_H

/* server: what server*.c and backup/ share. */

#include "common/crypto/crypto.h"

#include "sync-server/keys.h"
#include "sync-server/server.h"

struct sealvfs_file;

#define SERVER_PATH_SIZE 1024

/* ${dir}/${name} into ${out}. */
enum status server_path(char out[SERVER_PATH_SIZE], const char *dir,
    const char *name, struct err *err);

/* Small files of the folder, whole. */
enum status server_read_small(const struct server_opts *opts, const char *name,
    size_t max, uint8_t **out, size_t *len, struct err *err);
enum status server_write_small(const struct server_opts *opts, const char *name,
    const void *bytes, size_t len, struct err *err);
enum status server_read_store_key(
    uint8_t key[KEY_LEN], const struct server_opts *opts, struct err *err);
enum status server_read_keys(struct keys *keys, const struct server_opts *opts,
    const uint8_t store_key[KEY_LEN], struct err *err);
/* ST_IO, with what to do about it, where the file is missing. */
enum status server_read_regions(
    struct region_table **out, const struct server_opts *opts, struct err *err);

/* The VFS that ${opts} ask for. */
const char *server_vfs(const struct server_opts *opts);
const char *server_vfs_name(const struct server *server);
/* Open padu.db, making it if ${make}, and bring its schema up to date. */
enum status server_open_db(struct db **out, const struct sealvfs_file *file,
    const uint8_t store_key[KEY_LEN], bool make, struct err *err);

#endif /* SYNC_SERVER_SERVER_INTERNAL_H */
