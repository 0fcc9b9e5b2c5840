#include <string.h>

#include "common/base/env.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/people_internal.h"
#include "sync-server/people/reason.h"
#include "sync-server/people/revoke.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* The last set of a writer that came, or the one that is asked for. */
struct search {
	uint32_t writer;
	uint32_t seq; /* 0: the last */
	struct revoke_result *out;
};

static enum status
look(void *arg, const struct store_log *entry, struct err *err)
{
	struct search *s = arg;

	(void)err;
	if (entry->device == 0 || entry->head.writer != s->writer ||
	    (s->seq != 0 ? entry->head.seq != s->seq
			 : entry->head.seq <= s->out->cut_seq))
		return ST_OK;
	s->out->cut_seq = entry->head.seq;
	memcpy(s->out->cut_id, entry->id, CHANGE_ID_LEN);
	return ST_OK;
}

static enum status
find_cut(struct server *server, const struct revoke_opts *opts,
    struct revoke_result *out, struct err *err)
{
	struct search search = { opts->number, opts->last_seq, out };
	struct people_writer writer;
	enum status st;

	st = people_writer(server->people, opts->number, 1, &writer, err);
	if (st == ST_OK)
		st = store_log_each(server->store, 1, look, &search, err);
	if (st == ST_OK && opts->last_seq != 0 && out->cut_seq == 0)
		st = err_set(err, ST_NOTFOUND,
		    "number %u of writer %u never came", opts->last_seq,
		    opts->number);
	return st;
}

static enum status
check(struct server *server, const struct revoke_opts *opts, struct err *err)
{
	struct people_device device;
	enum status st;

	if ((st = reason_check(opts->reason, err)) != ST_OK)
		return st;
	return opts->device
	    ? people_device(server->people, opts->number, &device, err)
	    : ST_OK;
}

static enum status
insert(struct server *server, const struct revoke_opts *opts,
    const struct revoke_result *cut, struct err *err)
{
	struct db_query *q = db_query(server->people->sql, Q_REVOKE);
	enum status st;

	db_bind_i64(q, ":kind",
	    opts->device ? PEOPLE_REVOKED_DEVICE : PEOPLE_REVOKED_WRITER);
	db_bind_i64(q, ":number", opts->number);
	db_bind_i64(q, ":seq", cut->cut_seq);
	db_bind_blob(q, ":id", cut->cut_id, CHANGE_ID_LEN);
	db_bind_i64(q, ":person", opts->person);
	db_bind_text(q, ":reason", opts->reason);
	db_bind_i64(q, ":now", env_now_ms(server->env));
	st = db_run(q, NULL, err);
	if (st == ST_CONFLICT)
		err_set(err, st, "%s %u is revoked already",
		    opts->device ? "laptop" : "writer", opts->number);
	return st;
}

static enum status
note(struct server *server, const struct revoke_opts *opts,
    const struct revoke_result *cut, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_REVOKE,
		.person = opts->person,
		.facts = { { opts->device ? AUDIT_LAPTOP : AUDIT_WRITER,
			       opts->number, NULL },
		    { AUDIT_SEQ, cut->cut_seq, NULL },
		    { AUDIT_CHANGE, 0, cut->cut_id } } };

	return audit_append(server, &entry, err);
}

enum status
revoke_put(struct server *server, const struct revoke_opts *opts,
    struct revoke_result *out, struct err *err)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = check(server, opts, err)) != ST_OK)
		goto out;
	if (!opts->device && (st = find_cut(server, opts, out, err)) != ST_OK)
		goto out;
	if ((st = insert(server, opts, out, err)) != ST_OK ||
	    (st = note(server, opts, out, err)) != ST_OK ||
	    (st = store_commit(server->store, err)) != ST_OK)
		goto out;
	st = people_reload(server->people, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	return st == ST_OK ? st : err_wrap(err, "revoke");
}
