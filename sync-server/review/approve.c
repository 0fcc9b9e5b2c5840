#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "sync-server/audit/audit.h"
#include "sync-server/findings/findings.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/forward/payload.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/author.h"
#include "sync-server/review/group.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/members.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* One record under way, with those that it stands for. */
struct approving {
	struct server *server;
	const struct approve_opts *opts;
	struct group group;
	struct record *record; /* the one that was read last */
	struct store_row row;  /* its row */
	struct writer heads;   /* of all of them */
};

/* Read the ${i}th record of the group. */
static enum status
read_record(struct approving *a, size_t i, struct err *err)
{
	enum status st;

	st = store_row_get(a->server->store, a->group.ids[i], &a->row, err);
	return st == ST_OK
	    ? record_unpack(a->record, a->row.body, a->row.len, err)
	    : st;
}

/* The names of everything that is approved. */
static enum status
pack_heads(struct approving *a, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	writer_clear(&a->heads);
	for (i = 0; i < a->group.n && st == ST_OK; i++) {
		if ((st = read_record(a, i, err)) != ST_OK)
			break;
		st = i == 0
		    ? heads_pack(&a->heads, a->record, err)
		    : heads_pack_other(&a->heads, a->row.id, a->record, err);
	}
	return st;
}

/* Did the approver write any of the record that was read last? */
static enum status
check_author(struct approving *a, struct err *err)
{
	struct writer heads = { 0 };
	uint64_t *sets = NULL;
	enum status st;
	size_t n;

	st = heads_pack(&heads, a->record, err);
	if (st == ST_OK)
		st = heads_sets(&sets, &n, heads.bytes, heads.len, err);
	if (st == ST_OK)
		st = author_check(
		    a->server, a->opts->person, a->row.id, sets, n, err);
	free(sets);
	writer_free(&heads);
	return st;
}

/* May the record that was read last be approved by this person? */
static enum status
judge_record(struct approving *a, struct err *err)
{
	unsigned blocking = 0;
	enum status st;

	st = findings_blocking(a->server->store, a->row.id, &blocking, err);
	if (st != ST_OK)
		return st;
	if (blocking == 0)
		blocking = record_conflicts(a->record);
	if (blocking > 0)
		return err_set(err, ST_INVALID,
		    "%u open findings block it; `findings` lists them, "
		    "`decide` settles them",
		    blocking);
	return check_author(a, err);
}

/* May it, and each of those that it stands for? */
static enum status
judge(struct approving *a, struct err *err)
{
	char text[ID_TEXT_SIZE];
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < a->group.n && st == ST_OK; i++) {
		st = read_record(a, i, err);
		if (st == ST_OK)
			st = judge_record(a, err);
		if (st != ST_OK && i > 0) {
			id_print(a->group.ids[i], text);
			err_wrap(err, "%s, which is said to be the same", text);
		}
	}
	return st;
}

/* Keep the approval, and queue the record to go up. */
static enum status
keep(struct approving *a, struct err *err)
{
	struct server *server = a->server;
	int64_t now = env_now_ms(server->env);
	struct writer body = { 0 };
	struct approval approval = {
		.record = a->group.ids[0],
		.person = a->opts->person,
		.time_ms = now,
		.heads = a->heads.bytes,
		.len = a->heads.len,
	};
	struct outbox_row out = { .kind = OUTBOX_RECORD,
		.record = a->group.ids[0] };
	enum status st;

	if ((st = read_record(a, 0, err)) != ST_OK)
		return st;
	approval.epoch = a->row.epoch;
	approval.version = a->row.version;
	st = review_approval_put(server->review, &approval, err);
	if (st != ST_OK)
		return st;
	st = payload_record(&body, server->authority, instrument_builtin(),
	    &a->row, a->record, &approval, err);
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

static enum status
check_shown(const struct approving *a, struct err *err)
{
	const struct group *group = &a->group;

	if (a->opts->shown_epoch == 0 ||
	    (group->epoch == a->opts->shown_epoch &&
		group->version == a->opts->shown_version))
		return ST_OK;
	return err_set(err, ST_CONFLICT,
	    "it moved on to %u.%llu since it was shown; look at it again",
	    group->epoch, (unsigned long long)group->version);
}

/* One record, inside the transaction; ${first}: the one that is asked for. */
static enum status
approve_one(struct server *server, const struct approve_opts *opts, uint64_t id,
    bool first, struct approve_result *out, struct err *err)
{
	struct approving a = { .server = server, .opts = opts };
	struct approval standing;
	char text[ID_TEXT_SIZE];
	enum status st;

	if ((st = record_new(&a.record, err)) != ST_OK ||
	    (st = group_find(server, id, &a.group, err)) != ST_OK)
		goto out;
	if (first)
		out->record = a.group.ids[0];
	if ((first && (st = check_shown(&a, err)) != ST_OK) ||
	    (st = pack_heads(&a, err)) != ST_OK)
		goto out;
	st = review_approval_of(server->review, a.group.ids[0], &standing, err);
	if (st == ST_OK) {
		out->already++;
		goto out;
	}
	if (st == ST_NOTFOUND && (st = judge(&a, err)) == ST_OK)
		st = keep(&a, err);
	out->approved += st == ST_OK;
out:
	/* What is no record's id may be an identity number: never repeated. */
	if (st != ST_OK && st != ST_NOTFOUND) {
		id_print(a.group.n > 0 ? a.group.ids[0] : id, text);
		err_wrap(err, "record %s", text);
	}
	writer_free(&a.heads);
	record_free(a.record);
	group_free(&a.group);
	return st;
}

static enum status
note(struct server *server, const struct approve_opts *opts,
    const struct approve_result *made, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_APPROVE,
		.person = opts->person,
		.facts = { { AUDIT_RECORD, made->record, NULL },
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
	st = approve_one(server, opts, opts->record, true, out, err);
	if (st == ST_OK && opts->members)
		st = members_of(server, out->record, &members, &n, err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = approve_one(server, opts, members[i], false, out, err);
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
