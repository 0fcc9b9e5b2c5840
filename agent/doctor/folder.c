#include <inttypes.h>
#include <sys/stat.h>

#include "common/base/env.h"
#include "common/base/path.h"
#include "common/doctor/files.h"
#include "common/store/sealvfs.h"

#include "agent/agent.h"
#include "agent/doctor/finding.h"
#include "agent/doctor/folder.h"
#include "agent/recover/recovery_key.h"
#include "agent/unlock/device.h"
#include "agent/unlock/tally.h"
#include "agent/unlock/unlocked.h"

#define TALLY_ENTRY_LEN 64
/* Beyond a second copy of the store, which a change of key needs. */
#define SPACE_LOW (64 * 1024 * 1024)
/* A visit with its log and its envelope takes well under this. */
#define SPACE_NONE (4 * 1024 * 1024)

/* ---- who may read and write ------------------------------------------------
 */

static enum status
check_itself(const char *dir, struct writer *out, bool *usable, struct err *err)
{
	struct stat info;
	struct err why;

	if (path_check_folder(dir, &why) != ST_OK)
		return finding_put(
		    out, err, FINDING_FOLDER_UNSAFE, "%s", why.text);
	if (stat(dir, &info) != 0)
		return finding_put(out, err, FINDING_FOLDER_MISSING, NULL);
	*usable = true;
	if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return finding_put(out, err, FINDING_FOLDER_OPEN, "mode %04o",
		    (unsigned)(info.st_mode & 07777));
	return finding_put(out, err, FINDING_FOLDER_OK, NULL);
}

static enum status
check_files(const char *dir, struct writer *out, struct err *err)
{
	struct files w = { 0 };
	char spool[FILES_PATH_SIZE];
	struct err why;
	enum status st;

	st = files_walk(&w, dir, &why);
	if (st == ST_OK && files_join(spool, dir, "spool"))
		st = files_walk(&w, spool, &why);
	if (st != ST_OK && st != ST_NOTFOUND)
		return finding_put(
		    out, err, FINDING_UNREADABLE, "%s", why.text);
	if (w.foreign > 0)
		st = finding_put(out, err, FINDING_FILES_FOREIGN,
		    "%u, the first: %s", w.foreign, w.foreign_name);
	else if (w.open > 0)
		st = finding_put(out, err, FINDING_FILES_OPEN,
		    "%u, the first: %s", w.open, w.open_name);
	else
		st = finding_put(out, err, FINDING_FILES_OK, NULL);
	if (st != ST_OK)
		return st;
	if (w.left > 0)
		return finding_put(out, err, FINDING_LEFTOVERS,
		    "%u, the first: %s", w.left, w.left_name);
	return finding_put(out, err, FINDING_LEFTOVERS_NONE, NULL);
}

/* ---- what must be there ----------------------------------------------------
 */

/* ${has_store}: is one there?  Then: must one be? */
static enum status
check_device(const struct agent_opts *opts, bool *has_store, struct writer *out,
    bool *usable, struct err *err)
{
	struct device *device = NULL;
	char path[FILES_PATH_SIZE];
	bool complete;
	struct err why;
	enum status st;

	if (!files_join(path, opts->dir, "device"))
		return err_set(err, ST_INVALID, "the folder's name is long");
	st = device_read(&device, opts->env, path, &why);
	complete = device != NULL && device->complete;
	device_free(device);
	if (st == ST_OK && complete) {
		*has_store = true;
		return finding_put(out, err, FINDING_DEVICE_OK, NULL);
	}
	*usable = false;
	if (st == ST_OK)
		return finding_put(out, err, FINDING_DEVICE_CUT, NULL);
	/* It was there, so the store must be. */
	if (st != ST_NOTFOUND) {
		*has_store = true;
		return finding_put(
		    out, err, FINDING_DEVICE_DAMAGED, "%s", why.text);
	}
	return finding_put(out, err,
	    *has_store ? FINDING_DEVICE_MISSING : FINDING_DEVICE_NONE, NULL);
}

static enum status
check_ways(const struct sealvfs_file *file, struct writer *out, struct err *err)
{
	struct sealvfs_way ways[SEALVFS_SLOTS];
	struct sealvfs_sealed sealed;
	unsigned people = 0;
	struct err none;
	size_t i, n;
	enum status st;

	if ((st = sealvfs_slot_list(file, ways, &n, err)) != ST_OK)
		return st;
	for (i = 0; i < n; i++)
		people += ways[i].kind == SEALVFS_PASSPHRASE;
	st = people > 0 ? finding_put(out, err, FINDING_PEOPLE_OK,
			      "%u of %d places", people, UNLOCKED_PEOPLE_MAX)
			: finding_put(out, err, FINDING_PEOPLE_NONE, NULL);
	if (st != ST_OK)
		return st;
	st = sealvfs_recovery_read(file, RECOVERY_KEY_LABEL, &sealed, &none);
	return finding_put(out, err,
	    st == ST_OK ? FINDING_RECOVERY_OK : FINDING_RECOVERY_NONE, NULL);
}

static enum status
check_store(const struct agent_opts *opts, struct writer *out, bool *usable,
    struct err *err)
{
	char path[FILES_PATH_SIZE];
	struct sealvfs_file file = { .vfs = opts->vfs, .path = path };
	bool same;
	struct err why;
	enum status st;

	if (!files_join(path, opts->dir, "store.db"))
		return err_set(err, ST_INVALID, "the folder's name is long");
	st = sealvfs_header_same(&file, &same, &why);
	if (st == ST_OK) {
		st = finding_put(out, err,
		    same ? FINDING_HEADER_OK : FINDING_HEADER_HALF, NULL);
		return st == ST_OK ? check_ways(&file, out, err) : st;
	}
	*usable = false;
	if (st == ST_NOTFOUND)
		return finding_put(out, err, FINDING_STORE_MISSING, NULL);
	return finding_put(out, err,
	    st == ST_INVALID ? FINDING_HEADER_NEWER : FINDING_HEADER_DAMAGED,
	    "%s", why.text);
}

/* ---- beside the store ------------------------------------------------------
 */

static enum status
check_tally(const struct agent_opts *opts, struct writer *out, struct err *err)
{
	struct tally tally;
	struct stat info;
	char path[FILES_PATH_SIZE];

	/* Written by the first visit. */
	if (!files_is_there(opts->dir, "tally", &info))
		return finding_put(
		    out, err, FINDING_TALLY_OK, "none is kept yet");
	(void)files_join(path, opts->dir, "tally");
	tally_read(&tally, opts->env, path);
	if (info.st_size % TALLY_ENTRY_LEN != 0 ||
	    tally.n != (size_t)info.st_size / TALLY_ENTRY_LEN)
		return finding_put(out, err, FINDING_TALLY_TORN,
		    "%zu of its %zu entries can be read", tally.n,
		    (size_t)info.st_size / TALLY_ENTRY_LEN);
	return finding_put(out, err, FINDING_TALLY_OK, NULL);
}

static enum status
check_space(const char *dir, struct writer *out, struct err *err)
{
	struct stat info;
	uint64_t room, store = 0;
	enum finding finding = FINDING_SPACE_OK;
	struct err why;

	if (files_room(dir, &room, &why) != ST_OK)
		return finding_put(
		    out, err, FINDING_UNREADABLE, "%s", why.text);
	if (files_is_there(dir, "store.db", &info))
		store = (uint64_t)info.st_size;
	if (room < SPACE_NONE)
		finding = FINDING_SPACE_NONE;
	else if (room < SPACE_LOW + store)
		finding = FINDING_SPACE_LOW;
	return finding_put(
	    out, err, finding, "%" PRIu64 " MiB free", room / 1024 / 1024);
}

enum status
folder_check(const struct agent_opts *opts, struct writer *out, bool *usable,
    struct err *err)
{
	struct stat info;
	bool has_store;
	enum status st;

	*usable = false;
	st = check_itself(opts->dir, out, usable, err);
	if (st != ST_OK || stat(opts->dir, &info) != 0)
		return st;
	has_store = files_is_there(opts->dir, "store.db", &info);
	if ((st = check_files(opts->dir, out, err)) != ST_OK ||
	    (st = check_device(opts, &has_store, out, usable, err)) != ST_OK)
		return st;
	/* Before the enrolment is done none of the others is there. */
	if (has_store)
		st = check_store(opts, out, usable, err);
	if (st == ST_OK)
		st = check_tally(opts, out, err);
	return st == ST_OK ? check_space(opts->dir, out, err) : st;
}
