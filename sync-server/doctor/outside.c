#include <inttypes.h>
#include <sys/stat.h>

#include "common/base/path.h"
#include "common/crypto/crypto.h"
#include "common/doctor/files.h"
#include "common/store/sealvfs.h"

#include "sync-server/doctor/outside.h"
#include "sync-server/doctor/symptoms.h"
#include "sync-server/server_internal.h"

/* Two busy evenings of a regency. */
#define SPACE_LOW ((uint64_t)512 << 20)
/* What one commit and its log may take. */
#define SPACE_NONE ((uint64_t)64 << 20)

static enum status
check_itself(const char *dir, struct writer *out, bool *usable, struct err *err)
{
	struct stat info;
	struct err why;

	if (path_check_folder(dir, &why) != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_FOLDER_UNSAFE, "%s", why.text);
	if (stat(dir, &info) != 0)
		return symptoms_put(out, err, SYMPTOMS_FOLDER_MISSING, NULL);
	*usable = true;
	if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return symptoms_put(out, err, SYMPTOMS_FOLDER_OPEN, "mode %04o",
		    (unsigned)(info.st_mode & 07777));
	return symptoms_put(out, err, SYMPTOMS_FOLDER_OK, NULL);
}

static enum status
check_files(const char *dir, struct writer *out, struct err *err)
{
	struct files f = { 0 };
	char parts[FILES_PATH_SIZE];
	struct err why;
	enum status st;

	st = files_walk(&f, dir, &why);
	if (st == ST_OK && files_join(parts, dir, "parts"))
		st = files_walk(&f, parts, &why);
	if (st != ST_OK && st != ST_NOTFOUND)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	if (f.foreign > 0)
		st = symptoms_put(out, err, SYMPTOMS_FILES_FOREIGN,
		    "%u, the first: %s", f.foreign, f.foreign_name);
	else if (f.open > 0)
		st = symptoms_put(out, err, SYMPTOMS_FILES_OPEN,
		    "%u, the first: %s", f.open, f.open_name);
	else
		st = symptoms_put(out, err, SYMPTOMS_FILES_OK, NULL);
	if (st != ST_OK)
		return st;
	if (f.left > 0)
		return symptoms_put(out, err, SYMPTOMS_LEFTOVERS,
		    "%u, the first: %s", f.left, f.left_name);
	return symptoms_put(out, err, SYMPTOMS_LEFTOVERS_NONE, NULL);
}

static enum status
check_keys(const struct server_opts *opts, struct writer *out, bool *usable,
    struct err *err)
{
	uint8_t store_key[KEY_LEN] = { 0 };
	struct keys keys = { 0 };
	struct stat info;
	bool key, sealed;
	struct err why;
	enum status st;

	key = files_is_there(opts->dir, "store.key", &info);
	sealed = files_is_there(opts->dir, "keys", &info);
	st = ST_NOTFOUND;
	if (key && sealed)
		st = server_read_store_key(store_key, opts, &why);
	if (key && sealed && st == ST_OK)
		st = server_read_keys(&keys, opts, store_key, &why);
	crypto_wipe(store_key, sizeof(store_key));
	crypto_wipe(&keys, sizeof(keys));
	if (st == ST_OK)
		return symptoms_put(out, err, SYMPTOMS_KEYS_OK, NULL);
	*usable = false;
	if (key && sealed)
		return symptoms_put(
		    out, err, SYMPTOMS_KEYS_WRONG, "%s", why.text);
	if (key)
		return symptoms_put(out, err, SYMPTOMS_KEYS_MISSING, NULL);
	return symptoms_put(out, err,
	    sealed || files_is_there(opts->dir, "padu.db", &info)
		? SYMPTOMS_KEY_MISSING
		: SYMPTOMS_KEYS_NONE,
	    NULL);
}

static enum status
check_header(const struct server_opts *opts, struct writer *out, bool *usable,
    struct err *err)
{
	char path[FILES_PATH_SIZE];
	struct sealvfs_file file = { .vfs = server_vfs(opts), .path = path };
	bool same;
	struct err why;
	enum status st;

	if (!files_join(path, opts->dir, "padu.db"))
		return err_set(err, ST_INVALID, "the folder's name is long");
	st = sealvfs_header_same(&file, &same, &why);
	if (st == ST_OK)
		return symptoms_put(out, err,
		    same ? SYMPTOMS_HEADER_OK : SYMPTOMS_HEADER_HALF, NULL);
	*usable = false;
	if (st == ST_NOTFOUND)
		return symptoms_put(out, err, SYMPTOMS_STORE_MISSING, NULL);
	return symptoms_put(out, err,
	    st == ST_INVALID ? SYMPTOMS_HEADER_NEWER : SYMPTOMS_HEADER_DAMAGED,
	    "%s", why.text);
}

static enum status
check_space(const char *dir, struct writer *out, struct err *err)
{
	enum symptoms which = SYMPTOMS_SPACE_OK;
	struct err why;
	uint64_t room;

	if (files_room(dir, &room, &why) != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	if (room < SPACE_NONE)
		which = SYMPTOMS_SPACE_NONE;
	else if (room < SPACE_LOW)
		which = SYMPTOMS_SPACE_LOW;
	return symptoms_put(
	    out, err, which, "%" PRIu64 " MiB free", room / 1024 / 1024);
}

enum status
outside_check(const struct server_opts *opts, struct writer *out, bool *usable,
    struct err *err)
{
	struct stat info;
	bool any;
	enum status st;

	*usable = false;
	st = check_itself(opts->dir, out, usable, err);
	if (st != ST_OK || stat(opts->dir, &info) != 0)
		return st;
	any = files_is_there(opts->dir, "padu.db", &info) ||
	    files_is_there(opts->dir, "keys", &info);
	if ((st = check_files(opts->dir, out, err)) != ST_OK ||
	    (st = check_keys(opts, out, usable, err)) != ST_OK)
		return st;
	if (any)
		st = check_header(opts, out, usable, err);
	return st == ST_OK ? check_space(opts->dir, out, err) : st;
}
