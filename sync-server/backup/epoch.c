#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/store/db.h"

#include "sync-server/backup/epoch.h"
#include "sync-server/store/store.h"

#define START_MS 1767225600000 /* 2026-01-01 00:00 UTC */
#define MINUTE_MS 60000

enum { Q_RECORDS, Q_CODES, Q_AHEAD, Q_RESTORED, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_RECORDS] = "UPDATE rec SET epoch = :epoch",

	[Q_CODES] = "UPDATE code SET expires_ms = :now"
		    " WHERE writer = 0 AND expires_ms > :now",

	[Q_AHEAD] = "DELETE FROM ahead",

	[Q_RESTORED] = "INSERT INTO restored (epoch, former, version, log,"
		       " backup_ms, time_ms) VALUES (:epoch, :former,"
		       " :version, :log, :backup, :now)",
};

static uint32_t
next_epoch(uint32_t former, int64_t now_ms)
{
	int64_t minutes = (now_ms - START_MS) / MINUTE_MS;

	if (minutes > (int64_t)former && minutes < UINT32_MAX)
		return (uint32_t)minutes;
	return former + 1;
}

/* Indexes go ahead, the desk gets one of them. */
static enum status
jump(struct store_state *state, const struct env *env, uint32_t epoch,
    struct err *err)
{
	uint32_t ahead, drawn;

	env_random(env, &drawn, sizeof(drawn));
	ahead = EPOCH_JUMP * (1 + drawn % EPOCH_JUMPS_MAX);
	if (state->next_writer + ahead >= ID_WRITER_MAX)
		ahead = EPOCH_JUMP;
	if (state->next_writer + ahead >= ID_WRITER_MAX || epoch == 0)
		return err_set(err, ST_FULL,
		    "this server has no indexes left for a restore");
	state->next_writer += ahead;
	state->next_device += ahead;
	state->next_person += ahead;
	state->epoch = epoch;
	state->desk_writer = state->next_writer++;
	state->desk_seq = 0;
	state->desk_counter = 0;
	memset(state->desk_prev, 0, sizeof(state->desk_prev));
	return ST_OK;
}

static enum status
note(struct db_table *sql, const struct paper *paper, int64_t now_ms,
    struct epoch_begun *out, struct err *err)
{
	struct db_query *q = db_query(sql, Q_RECORDS);
	enum status st;
	int codes = 0;

	db_bind_i64(q, ":epoch", out->epoch);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;
	q = db_query(sql, Q_CODES);
	db_bind_i64(q, ":now", now_ms);
	if ((st = db_run(q, &codes, err)) != ST_OK)
		return st;
	out->codes = (uint64_t)codes;
	if ((st = db_run(db_query(sql, Q_AHEAD), NULL, err)) != ST_OK)
		return st;
	q = db_query(sql, Q_RESTORED);
	db_bind_i64(q, ":epoch", out->epoch);
	db_bind_i64(q, ":former", paper->facts.epoch);
	db_bind_i64(q, ":version", (int64_t)paper->facts.version);
	db_bind_i64(q, ":log", (int64_t)paper->facts.log);
	db_bind_i64(q, ":backup", paper->time_ms);
	db_bind_i64(q, ":now", now_ms);
	return db_run(q, NULL, err);
}

enum status
epoch_begin(struct db *db, const struct env *env, const struct paper *paper,
    struct epoch_begun *out, struct err *err)
{
	int64_t now_ms = env_now_ms(env);
	struct store_state *state;
	struct db_table *sql = NULL;
	struct store *store = NULL;
	enum status st;

	memset(out, 0, sizeof(*out));
	if ((st = db_table_open(&sql, db, SQL, Q_COUNT, err)) != ST_OK ||
	    (st = store_open(&store, db, paper->authority, err)) != ST_OK ||
	    (st = store_begin(store, err)) != ST_OK)
		goto out;
	state = store_state(store);
	st = jump(state, env, next_epoch(state->epoch, now_ms), err);
	if (st != ST_OK)
		goto out;
	out->epoch = state->epoch;
	out->desk_writer = state->desk_writer;
	if ((st = note(sql, paper, now_ms, out, err)) == ST_OK)
		st = store_commit(store, err);
out:
	if (store != NULL)
		store_rollback(store);
	store_close(store);
	db_table_close(sql);
	return st == ST_OK ? st : err_wrap(err, "begin a new epoch");
}
