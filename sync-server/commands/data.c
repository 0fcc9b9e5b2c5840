#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/place/region.h"

#include "sync-server/commands/command.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/people/people.h"
#include "sync-server/review/look.h"
#include "sync-server/review/members.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/* A growing list of numbers. */
struct numbers {
	uint64_t *at;
	size_t n;
};

static enum status
add_number(struct numbers *l, uint64_t number, struct err *err)
{
	uint64_t *more;

	if ((l->n & (l->n - 1)) == 0) {
		more =
		    realloc(l->at, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory for a list");
		l->at = more;
	}
	l->at[l->n++] = number;
	return ST_OK;
}

/* Which number it is, and what register says that two records are one. */
static void
put_identity(struct json_writer *w, const struct store_finding *f, uint8_t of)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_field *field = instrument_find_id(ins, f->reg);
	const struct instrument_register *same = instrument_find_register(
	    ins, (enum change_record_kind)of, INSTRUMENT_SAME_AS);

	if (field != NULL)
		json_put_string(w, "field", field->name);
	if (same != NULL)
		json_put_string(w, "same_as", same->name);
}

/* ${of}: the kind of the record it is about, 0 if that is gone. */
static void
put_finding(struct json_writer *w, const struct store_finding *f, uint8_t of)
{
	const struct instrument_register *reg = instrument_find_register(
	    instrument_builtin(), (enum change_record_kind)of, f->reg);
	enum finding_kind kind = (enum finding_kind)f->kind;

	json_put_string(w, "kind", finding_word(kind));
	json_put_decimal(w, "record", f->record);
	if (f->reg != 0)
		json_put_i64(w, "number", f->reg);
	if (kind == FINDING_SAME_IDENTITY)
		put_identity(w, f, of);
	else if (f->reg != 0 && reg != NULL)
		json_put_string(w, "register", reg->name);
	json_put_bool(w, "blocks", finding_blocks(kind));
	if (f->set_id != 0)
		json_put_decimal(w, "set", f->set_id);
	if (f->other != 0)
		json_put_decimal(w, "other", f->other);
	if (f->time_ms != 0)
		json_put_i64(w, "time_ms", f->time_ms);
}

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
	put_finding(s->w, f, s->kind);
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

/* Everything of one record, inside a transaction. */
static enum status
show(struct json_writer *w, struct server *server, uint64_t id,
    struct record *record, struct err *err)
{
	struct showing showing = { .w = w };
	struct store_row row;
	enum status st;

	if ((st = store_row_get(server->store, id, &row, err)) != ST_OK ||
	    (st = record_unpack(record, row.body, row.len, err)) != ST_OK ||
	    (st = look_record(w, "record", instrument_builtin(), &row, record,
		 1, err)) != ST_OK)
		return st;
	showing.kind = row.kind;
	if ((st = put_approval(w, server, id, err)) != ST_OK)
		return st;
	json_put_array(w, "findings");
	st =
	    store_finding_of(server->store, id, put_one_finding, &showing, err);
	json_put_end(w);
	if (st == ST_OK && showing.kind == RECORD_HOUSEHOLD)
		st = put_members(w, server, id, err);
	return st;
}

enum status
command_show(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct record *record = NULL;
	enum status st;
	uint64_t id;

	if ((st = id_parse(&id, call->args.pos[0], err)) != ST_OK ||
	    (st = record_new(&record, err)) != ST_OK)
		goto out;
	server_lock(server);
	if ((st = store_begin(server->store, err)) == ST_OK)
		st = show(control_result(call->out), server, id, record, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	server_unlock(server);
	if (st == ST_NOTFOUND)
		err_set(err, st, "there is no such record");
out:
	record_free(record);
	return st;
}

/*
 * --village, or 0 for everywhere.  A code that ended stands for what took its
 * place: records are kept under that one.
 */
static enum status
read_village(uint64_t *out, const struct command_call *call, struct err *err)
{
	const char *text = args_get(&call->args, "village");
	uint64_t now;
	enum status st;

	*out = 0;
	if (text == NULL)
		return ST_OK;
	if ((st = region_parse(out, text, err)) != ST_OK)
		return st;
	now = region_current(call->server->regions, *out);
	if (now != 0)
		*out = now;
	return ST_OK;
}

static enum status
collect_scope(void *arg, const struct store_scope *scope, struct err *err)
{
	return add_number(arg, scope->id, err);
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
	struct numbers ids = { 0 };
	uint64_t village;
	enum status st;
	size_t i;

	if ((st = read_village(&village, call, err)) != ST_OK ||
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

/* Findings are copied before they are sent: the lock is not held for that. */
struct found {
	struct store *store;
	struct {
		struct store_finding finding;
		uint8_t kind; /* of the record */
	} * at;
	size_t n;
};

static enum status
collect_finding(void *arg, const struct store_finding *f, struct err *err)
{
	struct store_scope scope = { 0 };
	struct found *l = arg;
	struct err ignored;
	void *more;

	if ((l->n & (l->n - 1)) == 0) {
		more =
		    realloc(l->at, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*l->at));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory for a list");
		l->at = more;
	}
	if (store_scope_get(l->store, f->record, &scope, &ignored) != ST_OK)
		scope.kind = 0;
	l->at[l->n].finding = *f;
	l->at[l->n++].kind = scope.kind;
	return ST_OK;
}

static enum status
collect_undone(void *arg, const struct approval *approval, struct err *err)
{
	return add_number(arg, approval->record, err);
}

/* Approvals that a later write ended are listed beside the findings. */
static enum status
put_undone(struct command_call *call, uint64_t *n, struct err *err)
{
	struct numbers ids = { 0 };
	struct json_writer *w;
	enum status st;
	size_t i;

	server_lock(call->server);
	st =
	    review_undone_each(call->server->review, collect_undone, &ids, err);
	server_unlock(call->server);
	for (i = 0; i < ids.n && st == ST_OK; i++) {
		w = control_row(call->out);
		json_put_string(w, "kind", "approval_undone");
		json_put_decimal(w, "record", ids.at[i]);
		json_put_bool(w, "blocks", false);
		control_row_end(call->out);
		(*n)++;
	}
	free(ids.at);
	return st;
}

static enum status
put_findings(struct command_call *call, enum finding_kind kind,
    uint64_t village, uint64_t *n, struct err *err)
{
	struct server *server = call->server;
	struct found found = { .store = server->store };
	enum status st;
	size_t i;

	server_lock(server);
	st = follow_now(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = store_finding_each(server->store, (uint8_t)kind, village,
		    collect_finding, &found, err);
	server_unlock(server);
	for (i = 0; i < found.n && st == ST_OK; i++) {
		put_finding(control_row(call->out), &found.at[i].finding,
		    found.at[i].kind);
		control_row_end(call->out);
		(*n)++;
	}
	free(found.at);
	return st;
}

enum status
command_findings(struct command_call *call, struct err *err)
{
	const char *word = args_get(&call->args, "kind");
	bool undone = word != NULL && strcmp(word, "approval_undone") == 0;
	enum finding_kind kind = (enum finding_kind)0;
	uint64_t village, n = 0;
	enum status st;

	if (word != NULL && !undone &&
	    (kind = finding_of_word(word)) == (enum finding_kind)0)
		return err_set(
		    err, ST_INVALID, "there is no such kind of finding");
	if ((st = read_village(&village, call, err)) != ST_OK)
		return st;
	if (!undone)
		st = put_findings(call, kind, village, &n, err);
	if (st == ST_OK && (undone || (word == NULL && village == 0)))
		st = put_undone(call, &n, err);
	json_put_i64(control_result(call->out), "findings", (int64_t)n);
	return st;
}
