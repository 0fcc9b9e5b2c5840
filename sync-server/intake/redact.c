#include <stdlib.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/store/db.h"

#include "sync-server/audit/audit.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/import/imported.h"
#include "sync-server/intake/accept.h"
#include "sync-server/intake/intake.h"
#include "sync-server/intake/redact.h"
#include "sync-server/people/reason.h"
#include "sync-server/review/approve.h"
#include "sync-server/server.h"
#include "sync-server/store/contents.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

static bool
is_it(void *arg, const struct change_row *row)
{
	const uint64_t *record = arg;

	return row->id == *record;
}

/* What is erased, and who signs for sets whose root is a lie. */
struct target {
	uint64_t record;
	const struct sign_key *witness;
};

/* ${bytes} without the rows of ${target}, and what it contains then. */
static enum status
make_erased(struct writer *erased, struct writer *contents,
    const uint8_t *bytes, size_t len, const struct target *target,
    struct err *err)
{
	uint64_t record = target->record;
	const struct change_eraser eraser = { is_it, &record, target->witness };
	struct change *change = NULL;
	enum status st;
	size_t i;

	st = change_erase(erased, bytes, len, &eraser, err);
	/* Read it back: nothing is overwritten by what cannot be read. */
	if (st == ST_OK)
		st = change_unpack(
		    &change, erased->bytes, erased->len, true, err);
	for (i = 0; st == ST_OK && i < change->body.nrows; i++)
		if (change->body.rows[i].id == record)
			st = err_set(err, ST_BUG, "the row is still there");
	if (st == ST_OK && contents != NULL)
		st = contents_pack(contents, &change->body, record, err);
	change_free(change);
	return st;
}

static enum status
erase_entry(struct store *store, uint64_t n, const struct target *target,
    struct err *err)
{
	struct writer erased = { 0 }, contents = { 0 };
	struct store_log entry;
	enum status st;

	if ((st = store_log_get(store, n, &entry, err)) != ST_OK)
		return st;
	st = make_erased(
	    &erased, &contents, entry.bytes, entry.len, target, err);
	if (st == ST_OK)
		st = store_log_erase(store, n, erased.bytes, erased.len,
		    contents.bytes, contents.len, err);
	writer_free(&erased);
	writer_free(&contents);
	if (st != ST_OK)
		err_wrap(err, "entry %llu", (unsigned long long)n);
	return st;
}

struct quarantined {
	struct store *store;
	const struct target *target;
	size_t n;
};

/*
 * A set in quarantine is erased as one in the log, if it can be read at all.
 * Its key stays the hash of what came, so that it is known if it comes
 * again.
 */
static enum status
erase_item(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct quarantined *q = arg;
	struct store_quarantine changed = *item;
	struct change *change = NULL;
	struct writer erased = { 0 };
	struct err ignored;
	bool has = false;
	enum status st = ST_OK;
	size_t i;

	if (item->envelope ||
	    change_unpack(&change, item->bytes, item->len, true, &ignored) !=
		ST_OK)
		return ST_OK;
	for (i = 0; i < change->body.nrows; i++)
		has |= change->body.rows[i].id == q->target->record;
	change_free(change);
	if (!has)
		return ST_OK;
	st = make_erased(&erased, NULL, item->bytes, item->len, q->target, err);
	if (st == ST_OK) {
		changed.bytes = erased.bytes;
		changed.len = erased.len;
		st = store_quarantine_update(q->store, &changed, err);
		q->n++;
	}
	writer_free(&erased);
	return st;
}

/* The record itself, and what was derived from it. */
static enum status
erase_row(struct server *server, uint64_t record, struct err *err)
{
	const struct store_row gone = { .id = record };
	struct store *store = server->store;
	enum status st;

	if ((st = store_row_delete(store, record, err)) != ST_OK ||
	    (st = store_held_erase(store, record, err)) != ST_OK ||
	    (st = store_finding_erase(store, record, err)) != ST_OK ||
	    (st = store_index_dirty(store, record, err)) != ST_OK)
		return st;
	++store_state(store)->version;
	if (server->review != NULL)
		st = approve_touched(server, &gone, 1, err);
	if (st == ST_OK && server->outbox != NULL)
		st = outbox_erase(
		    server->outbox, record, env_now_ms(server->env), err);
	if (st == ST_OK && server->review != NULL)
		st = imported_forget(server->db, server->env, record, err);
	return st;
}

static enum status
erase_log(struct server *server, const struct redact_opts *opts,
    struct redact_result *out, struct err *err)
{
	const struct target target = { opts->record, &server->keys.receipt };
	uint64_t *numbers;
	enum status st;
	size_t i;

	st = store_log_with(
	    server->store, &opts->record, 1, &numbers, &out->sets, err);
	for (i = 0; i < out->sets && st == ST_OK; i++) {
		st = erase_entry(server->store, numbers[i], &target, err);
		if (opts->progress != NULL)
			opts->progress(opts->arg, i + 1, out->sets);
	}
	free(numbers);
	return st;
}

static enum status
redact(struct server *server, const struct redact_opts *opts,
    struct redact_result *out, struct err *err)
{
	struct store_tombstone stone = { .record = opts->record,
		.reason = opts->reason,
		.person = opts->person,
		.time_ms = env_now_ms(server->env) };
	const struct audit_entry entry = { .kind = AUDIT_ERASE,
		.person = opts->person,
		.facts = { { AUDIT_RECORD, opts->record, NULL } } };
	const struct target target = { opts->record, &server->keys.receipt };
	struct quarantined q = { server->store, &target, 0 };
	enum status st;
	bool already;

	st = store_tombstones_meet(
	    server->store, &opts->record, 1, &already, err);
	if (st == ST_OK && already)
		st = err_set(err, ST_CONFLICT, "it is erased already");
	if (st != ST_OK || (st = erase_log(server, opts, out, err)) != ST_OK ||
	    (st = store_quarantine_each(
		 server->store, NULL, erase_item, &q, err)) != ST_OK)
		return st;
	out->quarantined = q.n;
	if (out->sets == 0 && q.n == 0)
		return err_set(err, ST_NOTFOUND, "nothing has such a record");
	if ((st = erase_row(server, opts->record, err)) != ST_OK ||
	    (st = store_tombstone_add(server->store, &stone, err)) != ST_OK ||
	    (st = audit_append(server, &entry, err)) != ST_OK)
		return st;
	return follow_log(server->store, instrument_builtin(), err);
}

enum status
redact_record(struct server *server, const struct redact_opts *opts,
    struct redact_result *out, struct err *err)
{
	enum status st;

	*out = (struct redact_result){ 0 };
	if ((st = reason_check(opts->reason, err)) != ST_OK)
		return st;
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = redact(server, opts, out, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	/* Pages of before lie in the write-ahead log until it is emptied. */
	if (st == ST_OK)
		st = db_checkpoint(server->db, DB_CHECKPOINT_TRUNCATE, err);
out:
	server_unlock(server);
	return st != ST_OK ? err_wrap(err, "erase a record") : ST_OK;
}
