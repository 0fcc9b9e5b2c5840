#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/json/json.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"

#include "sync-server/audit/audit.h"
#include "sync-server/intake/desk.h"
#include "sync-server/review/decide.h"
#include "sync-server/review/look.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* A decision under way: the record as it is now. */
struct deciding {
	struct server *server;
	const struct decide_opts *opts;
	const struct instrument *ins;
	struct record *record;
	struct store_row row;
	uint8_t *body; /* our own copy of the row's */
	const struct instrument_register *reg;
	const struct record_reg *now; /* NULL: nothing was written to it */
	struct writer value;
	int32_t day;
};

/* Read the record as it is; again after each set. */
static enum status
load(struct deciding *d, struct err *err)
{
	enum status st;

	st = store_row_get(d->server->store, d->opts->record, &d->row, err);
	if (st != ST_OK)
		return st;
	free(d->body);
	if ((d->body = malloc(d->row.len + 1)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for a record");
	memcpy(d->body, d->row.body, d->row.len);
	d->row.body = d->body;
	st = record_unpack(d->record, d->body, d->row.len, err);
	if (st == ST_OK && d->reg != NULL)
		d->now = record_find(d->record, d->reg->id);
	return st;
}

static enum status
find_register(struct deciding *d, struct err *err)
{
	const struct instrument_register *regs = d->ins->registers;
	size_t i;

	for (i = 0; i < d->ins->nregisters; i++) {
		if (regs[i].kind == (enum change_record_kind)d->row.kind &&
		    strcmp(regs[i].name, d->opts->reg) == 0) {
			d->reg = &regs[i];
			d->now = record_find(d->record, d->reg->id);
			return ST_OK;
		}
	}
	return err_set(err, ST_NOTFOUND,
	    "a %s has no register of that name; `show` lists them",
	    d->row.kind == RECORD_HOUSEHOLD ? "household" : "person");
}

/* The value of the head that is to stay. */
static enum status
take_head(struct deciding *d, struct err *err)
{
	const struct record_head *head = NULL;
	uint32_t i;

	for (i = 0; d->now != NULL && i < d->now->nheads; i++) {
		if (d->now->heads[i].set.set_id == d->opts->take)
			head = &d->now->heads[i];
	}
	if (head == NULL)
		return err_set(err, ST_NOTFOUND,
		    "register %s has no head of that set", d->reg->name);
	writer_bytes(&d->value, head->value, head->len);
	d->day = head->set.day;
	return ST_OK;
}

/* Put what was given for ${field} into its place among ${values}. */
static enum status
set_value(struct deciding *d, const struct decide_value *given,
    struct instrument_value *values, struct err *err)
{
	size_t i;

	for (i = 0; i < d->reg->nfields; i++) {
		if (strcmp(d->reg->fields[i].name, given->field) == 0) {
			values[i].text = given->text;
			values[i].len = strlen(given->text);
			return ST_OK;
		}
	}
	return err_set(err, ST_INVALID, "register %s has no field of that name",
	    d->reg->name);
}

/* What is shown, with the given fields in it. */
static enum status
make_value(struct deciding *d, struct err *err)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { 0 };
	const struct record_head *shown = NULL;
	struct err ignored;
	enum status st;
	size_t i;

	if (d->now != NULL)
		shown = record_shown(d->now);
	if (shown != NULL &&
	    instrument_unpack(
		values, d->reg, shown->value, shown->len, &ignored) != ST_OK)
		memset(values, 0, sizeof(values));
	for (i = 0; i < d->opts->nvalues; i++) {
		st = set_value(d, &d->opts->values[i], values, err);
		if (st != ST_OK)
			return st;
	}
	d->day = day_from_ms(env_now_ms(d->server->env), 0);
	return instrument_pack(&d->value, d->reg, values, err);
}

/*
 * Who is said to be the same as another must be one of its kind: else the
 * slip of a key would connect whoever points there, too.
 */
static enum status
check_same(struct deciding *d, struct err *err)
{
	uint64_t target = id_read(d->value.bytes, d->value.len);
	struct store_row row;
	enum status st;

	if (d->value.len == 0)
		return ST_OK;
	if (target == d->row.id)
		return err_set(
		    err, ST_INVALID, "a record is always the same as itself");
	st = store_row_get(d->server->store, target, &row, err);
	if (st == ST_NOTFOUND || (st == ST_OK && row.kind != d->row.kind))
		return err_set(err, ST_INVALID,
		    "%s: there is no %s of that id here", d->reg->name,
		    d->row.kind == RECORD_HOUSEHOLD ? "household" : "person");
	return st;
}

/* One set of the desk that names up to CHANGE_PREDS_MAX of the heads. */
static enum status
put_set(struct deciding *d, struct decide_result *out, struct err *err)
{
	uint64_t preds[CHANGE_PREDS_MAX];
	struct change_write write = { .reg = d->reg->id, .preds = preds };
	struct change_visit visit = { .person = d->opts->person };
	struct change_row row = { .id = d->row.id };
	struct change_body body = {
		.visits = &visit, .rows = &row, .nvisits = 1, .nrows = 1
	};
	struct store_log entry;
	enum status st;

	while (d->now != NULL && write.npreds < d->now->nheads &&
	    write.npreds < CHANGE_PREDS_MAX) {
		preds[write.npreds] = d->now->heads[write.npreds].set.set_id;
		write.npreds++;
	}
	write.value = d->value.bytes;
	write.len = (uint32_t)d->value.len;
	visit.id = desk_next_id(d->server);
	visit.hlc = desk_next_hlc(d->server);
	visit.day = d->day;
	if (d->opts->note != NULL) {
		visit.note = d->opts->note;
		visit.note_len = (uint32_t)strlen(d->opts->note);
	}
	row.kind = (enum change_record_kind)d->row.kind;
	row.shown_epoch = d->row.epoch;
	row.shown_version = d->row.version;
	row.nwrites = 1;
	row.writes = &write;
	out->set_id = desk_set_id(d->server);
	st = desk_put(
	    d->server, CHANGE_DECISION, out->set_id, &body, &entry, err);
	if (st != ST_OK)
		return st;
	memcpy(out->change_id, entry.id, CHANGE_ID_LEN);
	out->settled += write.npreds;
	return load(d, err);
}

/* The register as it is now, for who looked at an older state. */
static enum status
show_moved(struct deciding *d, struct writer *moved, struct err *err)
{
	struct json_writer w = json_writer_start(moved);
	struct record_reg none = { .reg = d->reg->id };
	char stamp[40];
	enum status st;

	snprintf(stamp, sizeof(stamp), "%u.%llu", d->row.epoch,
	    (unsigned long long)d->row.version);
	json_put_object(&w, NULL);
	json_put_string(&w, "stamp", stamp);
	st = look_register(&w, "register", d->ins,
	    (enum change_record_kind)d->row.kind,
	    d->now != NULL ? d->now : &none, err);
	json_put_end(&w);
	return st == ST_OK ? json_writer_finish(&w, err) : st;
}

static enum status
check_shown(struct deciding *d, struct writer *moved, struct err *err)
{
	enum status st;

	if (d->row.epoch == d->opts->shown_epoch &&
	    d->row.version == d->opts->shown_version)
		return ST_OK;
	if (moved != NULL && (st = show_moved(d, moved, err)) != ST_OK)
		return st;
	return err_set(err, ST_CONFLICT,
	    "the record moved on to %u.%llu since it was shown; nothing was "
	    "changed, look at it again",
	    d->row.epoch, (unsigned long long)d->row.version);
}

static enum status
check_opts(const struct decide_opts *opts, struct err *err)
{
	size_t len = opts->note != NULL ? strlen(opts->note) : 0;

	if (len > REASON_MAX || (len > 0 && !utf8_valid(opts->note, len)))
		return err_set(err, ST_INVALID,
		    "a note of %zu bytes; %u of UTF-8 are allowed", len,
		    REASON_MAX);
	if ((opts->take != 0) == (opts->nvalues != 0))
		return err_set(err, ST_INVALID,
		    "either a head to take or values, and not both");
	return ST_OK;
}

/* Inside the transaction. */
static enum status
decide(struct deciding *d, struct decide_result *out, struct writer *moved,
    struct err *err)
{
	enum status st;
	uint32_t before;

	if ((st = load(d, err)) != ST_OK ||
	    (st = find_register(d, err)) != ST_OK ||
	    (st = check_shown(d, moved, err)) != ST_OK)
		return st;
	st = d->opts->take != 0 ? take_head(d, err) : make_value(d, err);
	if (st == ST_OK && d->reg->id == INSTRUMENT_SAME_AS &&
	    d->opts->take == 0)
		st = check_same(d, err);
	if (st != ST_OK)
		return st;
	/* More heads than one write may name are settled in several. */
	do {
		before = d->now != NULL ? d->now->nheads : 0;
		st = put_set(d, out, err);
		if (st == ST_OK && before > 1 && d->now->nheads >= before)
			st = err_set(err, ST_BUG, "a decision settled nothing");
	} while (st == ST_OK && d->now != NULL && d->now->nheads > 1);
	return st;
}

static enum status
note(
    const struct deciding *d, const struct decide_result *made, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_DECIDE,
		.person = d->opts->person,
		.facts = { { AUDIT_RECORD, d->opts->record, NULL },
		    { AUDIT_CHANGE, 0, made->change_id },
		    { AUDIT_COUNT, made->settled, NULL } } };

	return audit_append(d->server, &entry, err);
}

enum status
decide_put(struct server *server, const struct decide_opts *opts,
    struct decide_result *out, struct writer *moved, struct err *err)
{
	struct deciding d = { .server = server, .opts = opts };
	char text[ID_TEXT_SIZE];
	enum status st;

	memset(out, 0, sizeof(*out));
	d.ins = instrument_builtin();
	if ((st = check_opts(opts, err)) != ST_OK)
		return err_wrap(err, "decide");
	server_lock(server);
	if ((st = record_new(&d.record, err)) != ST_OK ||
	    (st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = decide(&d, out, moved, err)) == ST_OK &&
	    (st = note(&d, out, err)) == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	record_free(d.record);
	writer_free(&d.value);
	free(d.body);
	/* What is no record's id may be an identity number: never repeated. */
	if (st != ST_OK && st != ST_NOTFOUND) {
		id_print(opts->record, text);
		err_wrap(err, "decide on record %s", text);
	}
	return st;
}
