#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "sync-server/audit/audit.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/forward/payload.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/author.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/members.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* May ${row}, unpacked as ${record}, be approved by this person? */
static enum status
judge(struct server *server, const struct approve_opts *opts,
    const struct store_row *row, const struct record *record,
    const struct writer *heads, struct err *err)
{
	uint64_t *sets = NULL;
	unsigned blocking = 0;
	enum status st;
	size_t n;

	st = findings_blocking(server->store, row->id, &blocking, err);
	if (st != ST_OK)
		return st;
	if (blocking > 0 || record_conflicts(record) > 0)
		return err_set(err, ST_INVALID,
		    "%u open findings block it; `findings` lists them, "
		    "`decide` settles them",
		    blocking > 0 ? blocking : record_conflicts(record));
	if ((st = heads_sets(&sets, &n, heads->bytes, heads->len, err)) ==
	    ST_OK)
		st = author_check(server, opts->person, row->id, sets, n, err);
	free(sets);
	return st;
}

/* Keep the approval, and queue the record to go up. */
static enum status
keep(struct server *server, const struct approve_opts *opts,
    const struct store_row *row, const struct record *record,
    const struct writer *heads, struct err *err)
{
	int64_t now = env_now_ms(server->env);
	struct writer body = { 0 };
	struct approval approval = {
		.record = row->id,
		.epoch = row->epoch,
		.version = row->version,
		.person = opts->person,
		.time_ms = now,
		.heads = heads->bytes,
		.len = heads->len,
	};
	struct outbox_row out = { .kind = OUTBOX_RECORD, .record = row->id };
	enum status st;

	st = review_approval_put(server->review, &approval, err);
	if (st != ST_OK)
		return st;
	st = payload_record(&body, server->authority, instrument_builtin(), row,
	    record, &approval, err);
	if (st == ST_OK) {
		payload_key(out.key, server->authority, &approval, 0);
		out.approval = approval.number;
		out.body = (const char *)body.bytes;
		out.len = body.len;
		st = outbox_put(server->outbox, &out, now, err);
	}
	writer_free(&body);
	return st;
}

/* One record, inside the transaction. */
static enum status
approve_one(struct server *server, const struct approve_opts *opts, uint64_t id,
    struct approve_result *out, struct err *err)
{
	struct record *record = NULL;
	struct writer heads = { 0 };
	struct approval standing;
	char text[ID_TEXT_SIZE];
	struct store_row row;
	enum status st;

	if ((st = record_new(&record, err)) != ST_OK ||
	    (st = store_row_get(server->store, id, &row, err)) != ST_OK ||
	    (st = record_unpack(record, row.body, row.len, err)) != ST_OK ||
	    (st = heads_pack(&heads, record, err)) != ST_OK)
		goto out;
	if (id == opts->record && opts->shown_epoch != 0 &&
	    (row.epoch != opts->shown_epoch ||
		row.version != opts->shown_version)) {
		st = err_set(err, ST_CONFLICT,
		    "it moved on to %u.%llu since it was shown; look at it "
		    "again",
		    row.epoch, (unsigned long long)row.version);
		goto out;
	}
	st = review_approval_of(server->review, id, &standing, err);
	if (st == ST_OK) {
		out->already++;
		goto out;
	}
	if (st != ST_NOTFOUND)
		goto out;
	if ((st = judge(server, opts, &row, record, &heads, err)) != ST_OK)
		goto out;
	/* What judge() asked the store may have moved the row away. */
	if ((st = store_row_get(server->store, id, &row, err)) != ST_OK ||
	    (st = record_unpack(record, row.body, row.len, err)) != ST_OK)
		goto out;
	st = keep(server, opts, &row, record, &heads, err);
	out->approved += st == ST_OK;
out:
	writer_free(&heads);
	record_free(record);
	/* What is no record's id may be an identity number: never repeated. */
	if (st != ST_OK && st != ST_NOTFOUND) {
		id_print(id, text);
		err_wrap(err, "record %s", text);
	}
	return st;
}

static enum status
note(struct server *server, const struct approve_opts *opts,
    const struct approve_result *made, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_APPROVE,
		.person = opts->person,
		.facts = { { AUDIT_RECORD, opts->record, NULL },
		    { AUDIT_COUNT, made->approved, NULL } } };

	return audit_append(server, &entry, err);
}

enum status
approve_put(struct server *server, const struct approve_opts *opts,
    struct approve_result *out, struct err *err)
{
	uint64_t *members = NULL;
	enum status st;
	size_t i, n = 0;

	memset(out, 0, sizeof(*out));
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	/* What the desk or an import wrote may not be among the findings yet.
	 */
	st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = approve_one(server, opts, opts->record, out, err);
	if (st == ST_OK && opts->members)
		st = members_of(server, opts->record, &members, &n, err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = approve_one(server, opts, members[i], out, err);
	/* What stood already changed nothing. */
	if (st == ST_OK && out->approved > 0)
		st = note(server, opts, out, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	free(members);
	if (st != ST_OK) {
		memset(out, 0, sizeof(*out));
		err_wrap(err, "approve");
	}
	return st;
}

/* The heads of ${row} are no longer the approved ones. */
static enum status
undo(struct server *server, const struct approval *approval, bool erased,
    struct err *err)
{
	int64_t now = env_now_ms(server->env);
	struct outbox_row sent, out = { .kind = OUTBOX_CORRECTION };
	struct writer body = { 0 };
	enum status st;

	st = review_approval_undo(server->review, approval->number, now, err);
	if (st != ST_OK)
		return st;
	st = outbox_of(server->outbox, approval->number, &sent, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	if (sent.state == OUTBOX_QUEUED || sent.state == OUTBOX_REFUSED ||
	    (erased && sent.state == OUTBOX_SENDING))
		st = outbox_withdraw(server->outbox, sent.n, erased, now, err);
	if (st != ST_OK ||
	    (sent.state != OUTBOX_SENDING && sent.state != OUTBOX_DONE))
		return st;

	st = payload_correction(&body, server->authority, approval,
	    erased ? "erased" : "changed", now, err);
	if (st == ST_OK) {
		payload_key(out.key, server->authority, approval, 1);
		out.record = approval->record;
		out.approval = approval->number;
		out.body = (const char *)body.bytes;
		out.len = body.len;
		st = outbox_put(server->outbox, &out, now, err);
	}
	writer_free(&body);
	return st;
}

static enum status
touch_one(struct server *server, const struct store_row *row,
    struct record *record, struct writer *heads, struct err *err)
{
	struct approval approval;
	enum status st;

	if (!review_may_be_approved(server->review, row->id))
		return ST_OK;
	st = review_approval_of(server->review, row->id, &approval, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	writer_clear(heads);
	if ((st = record_unpack(record, row->body, row->len, err)) != ST_OK ||
	    (st = heads_pack(heads, record, err)) != ST_OK)
		return st;
	if (heads->len == approval.len &&
	    (heads->len == 0 ||
		memcmp(heads->bytes, approval.heads, heads->len) == 0))
		return ST_OK;
	return undo(server, &approval, row->len == 0, err);
}

enum status
approve_touched(
    void *arg, const struct store_row *rows, size_t n, struct err *err)
{
	struct server *server = arg;
	struct record *record = NULL;
	struct writer heads = { 0 };
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < n; i++) {
		if (review_may_be_approved(server->review, rows[i].id))
			break;
	}
	if (i == n)
		return ST_OK;
	st = record_new(&record, err);
	for (; i < n && st == ST_OK; i++)
		st = touch_one(server, &rows[i], record, &heads, err);
	writer_free(&heads);
	record_free(record);
	return st == ST_OK ? st : err_wrap(err, "look at approvals");
}
