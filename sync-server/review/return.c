#include <stdbool.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/wire/change.h"

#include "sync-server/audit/audit.h"
#include "sync-server/people/person.h"
#include "sync-server/people/reason.h"
#include "sync-server/review/return.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#define GAP_MAX 32 /* numbers that may be missing before all is searched */

/* What is looked for in the log, and what was found. */
struct search {
	uint64_t visit;
	bool found;
	uint64_t household;
	uint64_t member; /* a person of the visit, where no household is */
};

/* Note what the rows of visit ${at} in ${body} are about. */
static void
note_rows(struct search *s, const struct change_body *body, size_t at)
{
	size_t i;

	s->found = true;
	for (i = 0; i < body->nrows; i++) {
		if (body->rows[i].visit != at)
			continue;
		if (body->rows[i].kind == RECORD_HOUSEHOLD)
			s->household = body->rows[i].id;
		else
			s->member = body->rows[i].id;
	}
}

static enum status
look_into(struct search *s, const struct store_log *entry, struct err *err)
{
	struct change *set;
	enum status st;
	size_t i;

	st = change_unpack(&set, entry->bytes, entry->len, true, err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < set->body.nvisits; i++) {
		if (set->body.visits[i].id == s->visit)
			note_rows(s, &set->body, i);
	}
	change_free(set);
	return ST_OK;
}

static enum status
look_if_writers(void *arg, const struct store_log *entry, struct err *err)
{
	struct search *s = arg;

	if (s->found || entry->head.writer != id_writer(s->visit))
		return ST_OK;
	return look_into(s, entry, err);
}

/* Look through its writer's sets in order, then through all there are. */
static enum status
find_visit(struct server *server, struct search *s, struct err *err)
{
	uint32_t seq, missing = 0;
	struct store_log entry;
	enum status st;

	if (id_authority(s->visit) != server->authority)
		return err_set(err, ST_NOTFOUND, "there is no such visit");
	for (seq = 1; missing < GAP_MAX && !s->found; seq++) {
		st = store_log_by_seq(
		    server->store, id_writer(s->visit), seq, &entry, err);
		if (st == ST_NOTFOUND) {
			missing++;
			continue;
		}
		if (st == ST_OK)
			st = look_into(s, &entry, err);
		if (st != ST_OK)
			return st;
		missing = 0;
	}
	if (s->found)
		return ST_OK;
	st = store_log_each(server->store, 1, look_if_writers, s, err);
	if (st == ST_OK && !s->found)
		st = err_set(err, ST_NOTFOUND, "there is no such visit");
	return st;
}

/* The household that the person ${member} belongs to; 0 if none. */
static enum status
household_of(
    struct server *server, uint64_t member, uint64_t *out, struct err *err)
{
	const struct record_reg *reg;
	const struct record_head *head;
	struct record *record;
	struct store_row row;
	enum status st;

	*out = 0;
	if ((st = record_new(&record, err)) != ST_OK)
		return st;
	st = store_row_get(server->store, member, &row, err);
	if (st == ST_OK)
		st = record_unpack(record, row.body, row.len, err);
	if (st != ST_OK)
		goto out;
	reg = record_find(record, INSTRUMENT_HOUSEHOLD);
	head = reg != NULL ? record_shown(reg) : NULL;
	if (head != NULL)
		*out = id_read(head->value, head->len);
out:
	record_free(record);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
note(struct server *server, const struct return_row *row, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_RETURN,
		.person = row->person,
		.facts = { { AUDIT_VISIT, row->visit, NULL },
		    { AUDIT_RECORD, row->record, NULL },
		    { AUDIT_NUMBER, row->number, NULL } } };

	return audit_append(server, &entry, err);
}

enum status
return_put(struct server *server, uint64_t visit, uint32_t person,
    const char *reason, struct return_row *out, struct err *err)
{
	struct search search = { .visit = visit };
	struct return_row row = { .visit = visit, .person = person };
	struct store_state *state;
	enum status st;

	row.reason = reason;
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = reason_check(reason, err)) != ST_OK ||
	    (st = find_visit(server, &search, err)) != ST_OK)
		goto out;
	row.record = search.household;
	if (row.record == 0 && search.member != 0)
		st = household_of(server, search.member, &row.record, err);
	if (st == ST_OK && row.record != 0)
		st =
		    store_row_place(server->store, row.record, &row.place, err);
	if (st != ST_OK)
		goto out;
	state = store_state(server->store);
	row.epoch = state->epoch;
	row.version = ++state->version;
	row.time_ms = env_now_ms(server->env);
	if ((st = review_return_put(server->review, &row, err)) == ST_OK &&
	    (st = note(server, &row, err)) == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	if (st == ST_OK)
		*out = row;
	else
		err_wrap(err, "send a visit back");
	return st;
}
