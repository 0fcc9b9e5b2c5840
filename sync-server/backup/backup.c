#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/say/say.h"
#include "common/words/words.h"

#include "sync-server/audit/audit.h"
#include "sync-server/backup/backup.h"
#include "sync-server/backup/escrow.h"
#include "sync-server/backup/marks.h"
#include "sync-server/backup/snapshot.h"
#include "sync-server/server_internal.h"
#include "sync-server/store/store.h"

/* Beside the store: keys, papers, what the folder itself takes. */
#define ROOM_BESIDE (1u << 20)

/* A backup while it is made. */
struct making {
	struct server *server;
	const struct backup_opts *opts;
	struct server_opts files; /* the server's own folder */
	struct place *place;
	uint8_t store_key[KEY_LEN];
	struct backup_made *out;
};

static enum status
check_opts(const struct backup_opts *opts, struct err *err)
{
	if (opts->keep_days > MARK_KEEP_DAYS_MAX)
		return err_set(err, ST_INVALID,
		    "visits are kept for 1 to %u days, not %u",
		    MARK_KEEP_DAYS_MAX, opts->keep_days);
	return opts->passphrase != NULL ? words_judge(opts->passphrase, err)
					: ST_OK;
}

static enum status
name_it(struct making *m, struct err *err)
{
	time_t now = (time_t)(m->out->paper.time_ms / 1000);
	struct tm t = { 0 };
	char when[32];
	int n;

	gmtime_r(&now, &t);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &t);
	n = snprintf(m->out->path, sizeof(m->out->path), "%s/padu-%04u-%s",
	    m->opts->to, m->server->authority, when);
	if (n < 0 || n >= (int)sizeof(m->out->path))
		return err_set(
		    err, ST_INVALID, "the folder's name is too long");
	return ST_OK;
}

/* Better said now than after half an hour. */
static enum status
check_room(const struct making *m, struct err *err)
{
	char path[SERVER_PATH_SIZE];
	uint64_t need, room;
	enum status st;

	if ((st = server_path(path, m->server->dir, "padu.db", err)) != ST_OK)
		return st;
	need = place_len(path) + ROOM_BESIDE;
	if ((st = server_path(path, m->server->dir, "padu.db-wal", err)) !=
	    ST_OK)
		return st;
	need += place_len(path);
	room = place_room(m->opts->to);
	if (room < need)
		return err_set(err, ST_FULL,
		    "the backup needs %llu MiB, and %llu MiB are free",
		    (unsigned long long)(need >> 20) + 1,
		    (unsigned long long)(room >> 20));
	return ST_OK;
}

static enum status
copy_store(struct making *m, struct err *err)
{
	struct snapshot_opts opts = { .store_key = m->store_key,
		.progress = m->opts->progress,
		.arg = m->opts->arg };
	char path[PLACE_PATH_SIZE];
	enum status st;

	if ((st = place_path(m->place, "padu.db", path, err)) != ST_OK)
		return st;
	opts.path = path;
	st = snapshot_make(m->server, &opts, &m->out->paper.facts, err);
	m->out->bytes = place_len(path);
	return st;
}

/* As they lie there, and readable: whoever restores has nothing else. */
static enum status
copy_keys(struct making *m, struct err *err)
{
	uint8_t *bytes = NULL;
	struct keys keys;
	size_t len = 0;
	enum status st;

	st = server_read_small(
	    &m->files, "keys", KEYS_FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = keys_unpack(
		    &keys, m->server->env, bytes, len, m->store_key, err);
	crypto_wipe(&keys, sizeof(keys));
	if (st == ST_OK)
		st = place_write(m->place, "keys", bytes, len, err);
	free(bytes);
	return st;
}

/* The store key, if a passphrase was given; tried before it counts. */
static enum status
put_key(struct making *m, struct err *err)
{
	struct passphrase_cost cost = m->opts->cost;
	uint8_t again[KEY_LEN];
	struct writer file = { 0 };
	enum status st = ST_OK;

	if (m->opts->passphrase == NULL)
		return ST_OK;
	if (cost.ops == 0)
		st = passphrase_calibrate(&cost, m->server->env, 1000, err);
	if (st == ST_OK)
		st = escrow_pack(
		    &file, m->store_key, m->opts->passphrase, &cost, err);
	if (st == ST_OK)
		st = escrow_open(
		    again, file.bytes, file.len, m->opts->passphrase, err);
	if (st == ST_OK && !crypto_equal(again, m->store_key, KEY_LEN))
		st = err_set(err, ST_BUG, "the key does not come back");
	if (st == ST_OK)
		st = place_write(
		    m->place, "store.key.sealed", file.bytes, file.len, err);
	crypto_wipe(again, sizeof(again));
	writer_free(&file);
	return st;
}

static enum status
put_paper(struct making *m, struct err *err)
{
	struct paper *paper = &m->out->paper, again;
	struct writer text = { 0 };
	enum status st;

	paper->authority = m->server->authority;
	paper->with_key = m->opts->passphrase != NULL;
	memcpy(paper->name, m->server->card.name, sizeof(paper->name));
	st = paper_print(&text, paper, err);
	if (st == ST_OK)
		st = paper_parse(&again, text.bytes, text.len, err);
	if (st == ST_OK && !paper_same(&again.facts, &paper->facts))
		st = err_set(err, ST_BUG, "the paper says something else");
	if (st == ST_OK)
		st = place_write(
		    m->place, PAPER_NAME, text.bytes, text.len, err);
	writer_free(&text);
	return st;
}

/* From here on laptops may rely on it. */
static enum status
put_mark(struct making *m, struct err *err)
{
	struct server *server = m->server;
	const struct paper_facts *facts = &m->out->paper.facts;
	struct marks_entry before, entry = { .log = facts->log };
	struct audit_entry done = { .kind = AUDIT_BACKUP,
		.facts = { { AUDIT_NUMBER, 0, NULL } } };
	struct store_state *state;
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	state = store_state(server->store);
	st = marks_newest(server->marks, 0, &before, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		goto out;
	entry.mark = (struct mark){
		.authority = (uint16_t)server->authority,
		.epoch = facts->epoch,
		.number = before.mark.epoch == facts->epoch
		    ? before.mark.number + 1
		    : 1,
		.version = facts->version,
		.time_ms = m->out->paper.time_ms,
		.keep_days = before.mark.keep_days,
	};
	if (m->opts->keep_days != 0)
		entry.mark.keep_days = (uint16_t)m->opts->keep_days;
	else if (entry.mark.keep_days == 0)
		entry.mark.keep_days = MARK_KEEP_DAYS;
	entry.stamp = ++state->version;
	mark_pack(entry.bytes, &entry.mark, &server->keys.receipt);
	done.facts[0].number = entry.mark.number;
	if ((st = marks_put(server->marks, &entry, err)) == ST_OK)
		st = audit_append(server, &done, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	m->out->mark = entry.mark;
out:
	store_rollback(server->store);
	server_unlock(server);
	return st == ST_OK ? st
			   : err_wrap(err,
				 "the backup is whole, but laptops "
				 "are not told of it");
}

static enum status
fill(struct making *m, struct err *err)
{
	enum status st;

	if ((st = check_room(m, err)) != ST_OK ||
	    (st = copy_store(m, err)) != ST_OK ||
	    (st = copy_keys(m, err)) != ST_OK ||
	    (st = put_key(m, err)) != ST_OK ||
	    (st = put_paper(m, err)) != ST_OK)
		return st;
	return place_finish(m->place, err);
}

/* What a person is told, by where it failed. */
static void
say_where(struct err *err, enum status opening)
{
	if (err->status == ST_FULL)
		say_mark(err, SAY_BACKUP_FULL);
	else if (opening == ST_NOTFOUND)
		say_mark(err, SAY_BACKUP_NO_FOLDER);
	else if (opening == ST_CONFLICT)
		say_mark(err, SAY_BACKUP_THERE);
	else if (opening == ST_INVALID)
		say_mark(err, SAY_BACKUP_NOT_WRITABLE);
	else
		say_mark(err, SAY_BACKUP_FAILED);
}

enum status
backup_make(struct server *server, const struct backup_opts *opts,
    struct backup_made *out, struct err *err)
{
	struct making m = { .server = server, .opts = opts, .out = out };
	enum status st, opening = ST_OK;
	char prefix[16];

	memset(out, 0, sizeof(*out));
	if ((st = check_opts(opts, err)) != ST_OK)
		return st;
	m.files.dir = server->dir;
	m.files.env = server->env;
	out->paper.time_ms = env_now_ms(server->env);
	if ((st = name_it(&m, err)) != ST_OK)
		return st;
	snprintf(prefix, sizeof(prefix), "padu-%04u-", server->authority);
	place_sweep(opts->to, prefix);
	st = opening = place_open(&m.place, server->env, out->path, err);
	if (st == ST_OK)
		st = server_read_store_key(m.store_key, &m.files, err);
	if (st == ST_OK)
		st = fill(&m, err);
	if (st == ST_OK)
		st = put_mark(&m, err);
	crypto_wipe(m.store_key, sizeof(m.store_key));
	place_close(m.place);
	if (st != ST_OK)
		say_where(err, opening);
	return st;
}
