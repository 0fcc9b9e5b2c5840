#include <stdio.h>
#include <stdlib.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "sync-server/commands/command.h"
#include "sync-server/findings/follow.h"
#include "sync-server/review/group.h"
#include "sync-server/review/look.h"
#include "sync-server/review/members.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/* Where the findings of one record go. */
struct showing {
	struct json_writer *w;
	uint8_t kind; /* of the record */
};

static enum status
put_one_finding(void *arg, const struct store_finding *f, struct err *err)
{
	const struct showing *s = arg;

	(void)err;
	json_put_object(s->w, NULL);
	command_put_finding(s->w, f, s->kind);
	json_put_end(s->w);
	return ST_OK;
}

/* The approval of ${id} that stands, if one does. */
static enum status
put_approval(
    struct json_writer *w, struct server *server, uint64_t id, struct err *err)
{
	struct approval approval;
	enum status st;

	st = review_approval_of(server->review, id, &approval, err);
	if (st == ST_NOTFOUND) {
		json_put_null(w, "approved");
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	json_put_object(w, "approved");
	json_put_i64(w, "number", (int64_t)approval.number);
	json_put_i64(w, "person", approval.person);
	json_put_i64(w, "time_ms", approval.time_ms);
	json_put_end(w);
	return ST_OK;
}

static enum status
put_members(struct json_writer *w, struct server *server, uint64_t household,
    struct err *err)
{
	uint64_t *ids = NULL;
	enum status st;
	size_t i, n;

	if ((st = members_of(server, household, &ids, &n, err)) != ST_OK)
		return st;
	json_put_array(w, "members");
	for (i = 0; i < n; i++)
		json_put_decimal(w, NULL, ids[i]);
	json_put_end(w);
	free(ids);
	return ST_OK;
}

/* One record with its registers; *${kind} of it. */
static enum status
put_look(struct json_writer *w, const char *name, struct server *server,
    uint64_t id, struct record *record, uint8_t *kind, struct err *err)
{
	struct store_row row;
	enum status st;

	if ((st = store_row_get(server->store, id, &row, err)) != ST_OK ||
	    (st = record_unpack(record, row.body, row.len, err)) != ST_OK)
		return st;
	*kind = row.kind;
	return look_record(w, name, instrument_builtin(), &row, record, 1, err);
}

/* Those that the first one stands for, each with what it holds itself. */
static enum status
put_same(struct json_writer *w, struct server *server,
    const struct group *group, struct record *record, struct err *err)
{
	enum status st = ST_OK;
	char stamp[40];
	uint8_t kind;
	size_t i;

	snprintf(stamp, sizeof(stamp), "%u.%llu", group->epoch,
	    (unsigned long long)group->version);
	json_put_string(w, "group_stamp", stamp);
	json_put_array(w, "same");
	for (i = 1; i < group->n && st == ST_OK; i++)
		st = put_look(
		    w, NULL, server, group->ids[i], record, &kind, err);
	json_put_end(w);
	return st;
}

/*
 * Everything of one record, inside a transaction; of one that another one
 * stands for, everything of that.
 */
static enum status
show(struct json_writer *w, struct server *server, uint64_t id,
    const struct group *group, struct record *record, struct err *err)
{
	struct showing showing = { .w = w };
	enum status st;
	size_t i;

	st = put_look(
	    w, "record", server, group->ids[0], record, &showing.kind, err);
	if (st == ST_OK && group->ids[0] != id)
		json_put_decimal(w, "asked", id);
	if (st == ST_OK && group->n > 1)
		st = put_same(w, server, group, record, err);
	if (st != ST_OK ||
	    (st = put_approval(w, server, group->ids[0], err)) != ST_OK)
		return st;
	json_put_array(w, "findings");
	for (i = 0; i < group->n && st == ST_OK; i++)
		st = store_finding_of(server->store, group->ids[i],
		    put_one_finding, &showing, err);
	json_put_end(w);
	if (st == ST_OK && showing.kind == RECORD_HOUSEHOLD)
		st = put_members(w, server, group->ids[0], err);
	return st;
}

enum status
command_show(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct record *record = NULL;
	struct group group = { 0 };
	enum status st;
	uint64_t id;

	if ((st = id_parse(&id, call->args.pos[0], err)) != ST_OK ||
	    (st = record_new(&record, err)) != ST_OK)
		goto out;
	server_lock(server);
	if ((st = store_begin(server->store, err)) == ST_OK)
		st = group_find(server, id, &group, err);
	if (st == ST_OK)
		st = show(
		    control_result(call->out), server, id, &group, record, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	server_unlock(server);
	if (st == ST_NOTFOUND)
		err_set(err, st, "there is no such record");
out:
	group_free(&group);
	record_free(record);
	return st;
}

static enum status
collect_scope(void *arg, const struct store_scope *scope, struct err *err)
{
	return command_add_number(arg, scope->id, err);
}

/* Whom a record of a list stands for. */
static enum status
put_others(
    struct json_writer *w, struct store *store, uint64_t id, struct err *err)
{
	uint64_t *ids = NULL;
	enum status st;
	size_t i, n;

	st = store_same_group(store, id, &ids, &n, err);
	if (st == ST_OK && n > 1) {
		json_put_array(w, "same");
		for (i = 0; i < n; i++)
			if (ids[i] != id)
				json_put_decimal(w, NULL, ids[i]);
		json_put_end(w);
	}
	free(ids);
	return st;
}

/* Send one record; one at a time, so that uploads get their turn. */
static enum status
put_record(struct command_call *call, uint64_t id, struct record *record,
    struct err *err)
{
	struct server *server = call->server;
	struct json_writer *w;
	struct store_row row;
	enum status st;

	server_lock(server);
	st = store_row_get(server->store, id, &row, err);
	if (st == ST_OK)
		st = record_unpack(record, row.body, row.len, err);
	if (st == ST_OK) {
		w = control_row(call->out);
		st = look_record(
		    w, "record", instrument_builtin(), &row, record, 0, err);
		if (st == ST_OK)
			st = put_others(w, server->store, id, err);
		if (st == ST_OK)
			st = put_approval(w, server, id, err);
	}
	server_unlock(server);
	if (st == ST_NOTFOUND)
		return ST_OK; /* gone meanwhile */
	control_row_end(call->out);
	return st;
}

enum status
command_records(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct record *record = NULL;
	struct command_numbers ids = { 0 };
	uint64_t village;
	enum status st;
	size_t i;

	if ((st = command_read_village(&village, call, err)) != ST_OK ||
	    (st = record_new(&record, err)) != ST_OK)
		goto out;
	server_lock(server);
	st = follow_now(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = store_scope_each(
		    server->store, village, collect_scope, &ids, err);
	server_unlock(server);
	for (i = 0; i < ids.n && st == ST_OK; i++) {
		if (control_stopping(call->out))
			break;
		st = put_record(call, ids.at[i], record, err);
	}
	json_put_i64(control_result(call->out), "records", (int64_t)i);
out:
	record_free(record);
	free(ids.at);
	return st;
}
