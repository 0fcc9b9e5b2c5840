#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "agent/agent_internal.h"
#include "agent/outbox/post.h"
#include "agent/unlock/backup.h"

#define PATH_SIZE 4400
#define NAME_SIZE 80
#define PREFIX_SIZE 32
#define UNFINISHED ".new" /* behind the name, until it is whole */

static bool
is_there(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0;
}

/* ---- backup ----------------------------------------------------------------
 */

/* Where a backup goes: its name, and the one that it has until it is whole. */
struct place {
	char folder[PATH_SIZE];   /* "": the name of a file was said */
	char prefix[PREFIX_SIZE]; /* of this laptop's backups */
	char path[PATH_SIZE], unfinished[PATH_SIZE];
};

/* Numbers only: the name is for everybody to see. */
static void
name_backup(char out[NAME_SIZE], const char prefix[PREFIX_SIZE], int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm utc = { 0 };
	char text[32];

	gmtime_r(&now, &utc);
	if (strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &utc) == 0)
		text[0] = '\0';
	snprintf(out, NAME_SIZE, "%s%s.padu", prefix, text);
}

static enum status
choose_place(
    struct place *p, const struct agent *agent, const char *to, struct err *err)
{
	char name[NAME_SIZE];
	struct stat info;
	int n;

	memset(p, 0, sizeof(*p));
	snprintf(p->prefix, sizeof(p->prefix), "padu-%04u-%u-",
	    (unsigned)agent->device->authority,
	    (unsigned)agent->device->device);
	if (stat(to, &info) == 0 && S_ISDIR(info.st_mode)) {
		name_backup(name, p->prefix, env_now_ms(agent->env));
		snprintf(p->folder, sizeof(p->folder), "%s", to);
		n = snprintf(p->path, sizeof(p->path), "%s/%s", to, name);
	} else {
		n = snprintf(p->path, sizeof(p->path), "%s", to);
	}
	if (n < 0 || (size_t)n + sizeof(UNFINISHED) > sizeof(p->path))
		return err_set(err, ST_INVALID, "its name is too long");
	snprintf(p->unfinished, sizeof(p->unfinished), "%.*s" UNFINISHED, n,
	    p->path);
	if (is_there(p->path))
		return err_set(err, ST_CONFLICT,
		    "there is such a file; nothing is written over");
	return ST_OK;
}

/* What earlier tries of this laptop left in the folder. */
static void
sweep(const struct place *p, const struct env *env)
{
	size_t len = strlen(p->prefix), i, n = 0;
	char path[2 * PATH_SIZE];
	char **names = NULL;
	struct err none;

	if (p->folder[0] == '\0' ||
	    env->list(env->arg, p->folder, &names, &n, &none) != ST_OK)
		return;
	for (i = 0; i < n; i++) {
		if (strncmp(names[i], p->prefix, len) != 0 ||
		    strstr(names[i], UNFINISHED) == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", p->folder, names[i]);
		(void)env->remove(env->arg, path, &none);
	}
	free(names);
}

static enum status
mark(void *arg, struct db *copy, struct err *err)
{
	struct agent *agent = arg;

	return backup_mark(copy, agent->device, env_now_ms(agent->env), err);
}

static enum status
copy_store(struct agent *agent, const struct place *p, struct err *err)
{
	struct sealvfs_file store = { .vfs = agent->vfs,
		.path = agent->store_path };
	struct sealvfs_file made = { .vfs = agent->vfs, .path = p->unfinished };
	enum status st;

	sweep(p, agent->env);
	sealvfs_discard(&made);
	st = sealvfs_copy(&store, agent->open->db, &made, mark, agent, err);
	if (st == ST_OK) {
		st = sealvfs_place(&made, p->path, err);
		if (st != ST_OK)
			sealvfs_discard(&made);
	}
	if (st == ST_IO || st == ST_NOTFOUND)
		say_mark(err, SAY_STICK_FAILED);
	return st;
}

enum status
agent_backup(
    struct agent *agent, const char *to, struct writer *out, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	struct place place;
	struct stat info;
	struct err later;
	enum status st;

	if ((st = agent_need_unlocked(agent, err)) != ST_OK ||
	    (st = choose_place(&place, agent, to, err)) != ST_OK ||
	    (st = unlocked_sign(agent->open, err)) != ST_OK ||
	    (st = post_fill(agent->open->post, &agent->open->standing, err)) !=
		ST_OK ||
	    (st = copy_store(agent, &place, err)) != ST_OK)
		return st;
	/* The backup is good, whether or not its day can be noted. */
	(void)backup_note(agent->open->db, env_now_ms(agent->env), &later);
	json_put_object(&w, NULL);
	json_put_string(&w, "backup", place.path);
	if (stat(place.path, &info) == 0)
		json_put_i64(&w, "bytes", (int64_t)info.st_size);
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK)
		writer_u8(out, '\n');
	return st;
}

/* ---- restore ---------------------------------------------------------------
 */

/* A backup on its way to be a laptop's store. */
struct restoring {
	struct agent *agent;
	const struct agent_restoring *how;
	char path[PATH_SIZE]; /* of the copy that it is made of */
	struct sealvfs_file file;
	struct device *device;
};

/* Never over a store, nor into another laptop's folder. */
static enum status
check_free(const struct agent *agent, struct err *err)
{
	char log[PATH_SIZE];

	snprintf(log, sizeof(log), "%s-wal", agent->store_path);
	if (agent->open == NULL && !is_there(agent->store_path) &&
	    !is_there(log))
		return ST_OK;
	return say_set(err, SAY_RESTORE_TAKEN, NULL);
}

static enum status
try_open(void *arg, struct err *err)
{
	struct restoring *r = arg;

	return sealvfs_unlock_passphrase(&r->file, r->how->label,
	    r->how->passphrase, strlen(r->how->passphrase), NULL, err);
}

/*
 * The header is there twice.  Where one of the two is damaged nothing is
 * lost, but it is the backup that decays: that is for a person to decide.
 */
static enum status
check_header(const struct restoring *r, struct err *err)
{
	bool same = true;
	enum status st = sealvfs_header_same(&r->file, &same, err);

	if (st == ST_OK && !same && !r->how->worn)
		st = err_set(err, ST_UNTRUSTED,
		    "one of the two copies of its header is damaged; the "
		    "other may be good: --worn takes it");
	return st;
}

/* Every page of it, with a person's passphrase. */
static enum status
prove(struct restoring *r, struct err *err)
{
	enum status st;

	if ((st = check_header(r, err)) != ST_OK ||
	    (st = agent_try_passphrase(
		 r->agent, r->how->label, try_open, r, err)) != ST_OK)
		return st;
	if (r->how->worn && (st = sealvfs_slot_settle(&r->file, err)) != ST_OK)
		return st;
	return sealvfs_check(&r->file, err);
}

/* The laptop that it is of; the copy is then that laptop's store. */
static enum status
take_out(struct restoring *r, struct err *err)
{
	const struct device *here = r->agent->device;
	struct unlocked_opts opts;
	struct db *db = NULL;
	enum status st;

	agent_unlocked_opts(r->agent, &opts);
	opts.path = r->path;
	if ((st = unlocked_open_store(&db, &opts, err)) == ST_OK)
		st = backup_take(&r->device, db, err);
	if (st == ST_OK)
		st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
	db_close(db);
	if (st == ST_NOTFOUND)
		st = err->status = ST_UNTRUSTED;
	if (st == ST_OK && here != NULL &&
	    (here->authority != r->device->authority ||
		here->device != r->device->device))
		st = say_set(err, SAY_RESTORE_TAKEN, NULL);
	return st;
}

/*
 * The device first: a folder with a device and no store can be restored
 * into once more.  Replies kept while locked fit the store that is gone.
 */
static enum status
put_in_place(struct restoring *r, struct err *err)
{
	struct agent *agent = r->agent;
	bool was_there = agent->device != NULL;
	struct err none;
	enum status st;

	r->device->nkept = 0;
	st = device_write(r->device, agent->env, agent->device_path, err);
	if (st != ST_OK)
		return st;
	if ((st = sealvfs_lock(&r->file, err)) == ST_OK)
		st = sealvfs_place(&r->file, agent->store_path, err);
	if (st != ST_OK && !was_there)
		(void)agent->env->remove(
		    agent->env->arg, agent->device_path, &none);
	if (st == ST_CONFLICT)
		say_mark(err, SAY_RESTORE_TAKEN);
	if (st != ST_OK)
		return st;
	device_free(agent->device);
	agent->device = r->device;
	r->device = NULL;
	return ST_OK;
}

enum status
agent_restore(
    struct agent *agent, const struct agent_restoring *how, struct err *err)
{
	struct restoring r = { .agent = agent, .how = how };
	struct err none;
	enum status st;

	if ((st = check_free(agent, err)) != ST_OK)
		return st;
	if ((size_t)snprintf(r.path, sizeof(r.path), "%s.new-restore",
		agent->store_path) >= sizeof(r.path))
		return err_set(err, ST_INVALID, "the folder's name is long");
	r.file = (struct sealvfs_file){ .vfs = agent->vfs, .path = r.path };
	sealvfs_discard(&r.file);
	if ((st = sealvfs_fetch(how->from, &r.file, err)) == ST_OK)
		st = prove(&r, err);
	if (st == ST_OK)
		st = take_out(&r, err);
	/* Not what the sentence of a damaged store says. */
	if (st == ST_UNTRUSTED)
		say_mark(err, SAY_STICK_DAMAGED);
	if (st == ST_OK)
		st = put_in_place(&r, err);
	(void)sealvfs_lock(&r.file, &none);
	if (st != ST_OK)
		sealvfs_discard(&r.file);
	device_free(r.device);
	return st;
}
