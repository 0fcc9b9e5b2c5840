#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"

#include "sync-server/commands/command.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

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

void
command_put_finding(
    struct json_writer *w, const struct store_finding *f, uint8_t of)
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

/* Findings are copied before they are sent: the lock is not held for that. */
struct found {
	struct store *store;
	struct {
		struct store_finding finding;
		uint8_t kind;  /* of the record */
		uint64_t root; /* what stands for it */
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
	l->at[l->n].kind = scope.kind;
	return store_same_root(l->store, f->record, &l->at[l->n++].root, err);
}

static enum status
collect_undone(void *arg, const struct approval *approval, struct err *err)
{
	return command_add_number(arg, approval->record, err);
}

/* Approvals that a later write ended are listed beside the findings. */
static enum status
put_undone(struct command_call *call, uint64_t *n, struct err *err)
{
	struct command_numbers ids = { 0 };
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
	struct json_writer *w;
	enum status st;
	size_t i;

	server_lock(server);
	st = follow_now(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = store_finding_each(server->store, (uint8_t)kind, village,
		    collect_finding, &found, err);
	server_unlock(server);
	for (i = 0; i < found.n && st == ST_OK; i++) {
		w = control_row(call->out);
		command_put_finding(w, &found.at[i].finding, found.at[i].kind);
		if (found.at[i].root != found.at[i].finding.record)
			json_put_decimal(w, "represented_by", found.at[i].root);
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
	if ((st = command_read_village(&village, call, err)) != ST_OK)
		return st;
	if (!undone)
		st = put_findings(call, kind, village, &n, err);
	if (st == ST_OK && (undone || (word == NULL && village == 0)))
		st = put_undone(call, &n, err);
	json_put_i64(control_result(call->out), "findings", (int64_t)n);
	return st;
}
