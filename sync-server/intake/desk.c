#include <string.h>

#include "common/base/env.h"
#include "common/base/hlc.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/wire/squeeze.h"
#include "sync-server/intake/accept.h"
#include "sync-server/intake/desk.h"
#include "sync-server/intake/intake.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

uint64_t
desk_set_id(struct server *server)
{
	uint64_t id;

	env_random(server->env, &id, sizeof(id));
	return id;
}

uint64_t
desk_next_id(struct server *server)
{
	struct store_state *state = store_state(server->store);

	return id_make(
	    server->authority, state->desk_writer, ++state->desk_counter);
}

uint64_t
desk_next_hlc(struct server *server)
{
	struct store_state *state = store_state(server->store);

	state->desk_hlc = hlc_next(state->desk_hlc, env_now_ms(server->env));
	return state->desk_hlc;
}

static void
fill_head(struct change_head *head, struct server *server,
    enum change_kind kind, uint64_t set_id)
{
	const struct store_state *state = store_state(server->store);
	const struct instrument *ins = instrument_builtin();

	*head = (struct change_head){ .kind = kind,
		.dictionary = SQUEEZE_DICT_VERVAL,
		.authority = (uint16_t)server->authority,
		.writer = state->desk_writer,
		.seq = state->desk_seq + 1,
		.set_id = set_id,
		.epoch = state->epoch,
		.instrument = ins->version,
		.fields = ins->fields_version };
	memcpy(head->prev, state->desk_prev, CHANGE_ID_LEN);
}

/* Add the signed set to log and records; it must be believed. */
static enum status
add(struct server *server, const struct writer *bytes, struct change *change,
    struct store_log *entry, struct err *err)
{
	struct accept_in in = { .bytes = bytes->bytes,
		.len = bytes->len,
		.change = change,
		.time_ms = env_now_ms(server->env) };
	struct accept_out out;
	struct accept *accept;
	enum status st;

	if ((st = intake_accept(server, &accept, err)) != ST_OK ||
	    (st = accept_set(accept, &in, &out, err)) != ST_OK)
		return st;
	if (out.state != RECEIPT_MERGED)
		return err_set(err, ST_BUG, "the desk's own set: %s",
		    receipt_reason(out.reason));
	if (entry != NULL) {
		*entry = (struct store_log){ .n = out.n,
			.state = STORE_LOG_ACCEPTED,
			.epoch = out.epoch,
			.version = out.version,
			.time_ms = in.time_ms,
			.head = change->head };
		memcpy(entry->id, change->id, CHANGE_ID_LEN);
	}
	return ST_OK;
}

enum status
desk_put(struct server *server, enum change_kind kind, uint64_t set_id,
    const struct change_body *body, struct store_log *entry, struct err *err)
{
	struct store_state *state = store_state(server->store);
	uint8_t seed[CHANGE_SEED_LEN], id[CHANGE_ID_LEN];
	struct change *change = NULL;
	struct writer bytes = { 0 };
	struct change_head head;
	enum status st;

	env_random(server->env, seed, sizeof(seed));
	fill_head(&head, server, kind, set_id);
	st =
	    change_pack(&bytes, &head, body, seed, &server->keys.desk, id, err);
	if (st == ST_OK)
		st = change_unpack(&change, bytes.bytes, bytes.len, false, err);
	if (st == ST_OK)
		st = add(server, &bytes, change, entry, err);
	if (st == ST_OK) {
		state->desk_seq = head.seq;
		memcpy(state->desk_prev, id, CHANGE_ID_LEN);
	}
	change_free(change);
	writer_free(&bytes);
	if (st != ST_OK)
		err_wrap(err, "write of the desk");
	return st;
}
