#include <string.h>

#include "common/crypto/crypto.h"
#include "common/place/region.h"

#include "sync-server/commands/command.h"
#include "sync-server/people/code.h"
#include "sync-server/people/person.h"
#include "sync-server/people/revoke.h"
#include "sync-server/server.h"

static void
put_person(struct json_writer *w, const struct person *person)
{
	json_put_i64(w, "person", person->number);
	json_put_string(w, "name", person->name);
	json_put_string(w, "role", person_role_name(person->role));
}

enum status
command_person_add(struct command_call *call, struct err *err)
{
	const char *name = args_get(&call->args, "name");
	struct person person;
	enum person_role role;
	struct err ignored;
	enum status st;
	bool already;

	st = person_role_parse(&role, args_get(&call->args, "role"), err);
	if (st != ST_OK)
		return st;
	/* Namesakes must not become one person unnoticed. */
	server_lock(call->server);
	already = person_find(call->server, name, &person, &ignored) == ST_OK;
	server_unlock(call->server);
	st = person_add(call->server, name, role, &person, err);
	if (st == ST_OK) {
		put_person(control_result(call->out), &person);
		json_put_bool(control_result(call->out), "already", already);
	}
	return st;
}

struct listing {
	struct control_out *out;
	int64_t n;
};

static enum status
list_person(void *arg, const struct person *person, struct err *err)
{
	struct listing *l = arg;

	(void)err;
	put_person(control_row(l->out), person);
	control_row_end(l->out);
	l->n++;
	return ST_OK;
}

enum status
command_person_list(struct command_call *call, struct err *err)
{
	struct listing listing = { .out = call->out };
	enum status st;

	server_lock(call->server);
	st = person_each(call->server, list_person, &listing, err);
	server_unlock(call->server);
	json_put_i64(control_result(call->out), "persons", listing.n);
	return st;
}

static enum status
read_places(struct code_terms *terms, uint64_t places[CARD_PLACES_MAX],
    const struct args *args, struct err *err)
{
	const char *text;
	enum status st;

	terms->places = places;
	while ((text = args_at(args, "village", terms->nplaces)) != NULL) {
		if (terms->nplaces == CARD_PLACES_MAX)
			return err_set(err, ST_INVALID,
			    "more than %d villages; a kecamatan's code stands "
			    "for all of its villages",
			    CARD_PLACES_MAX);
		st = region_parse(&places[terms->nplaces], text, err);
		if (st != ST_OK)
			return err_wrap(err, "--village");
		terms->nplaces++;
	}
	return ST_OK;
}

enum status
command_enrol(struct command_call *call, struct err *err)
{
	uint64_t places[CARD_PLACES_MAX], hours;
	char text[CARD_CODE_TEXT_SIZE];
	struct code_terms terms = { 0 };
	struct person person;
	enum status st;

	terms.label = args_get(&call->args, "label");
	if ((st = read_places(&terms, places, &call->args, err)) != ST_OK ||
	    (st = args_number(&call->args, "hours", CODE_HOURS_MAX,
		 CODE_HOURS_MAX, &hours, err)) != ST_OK)
		return st;
	server_lock(call->server);
	st = person_find(
	    call->server, args_get(&call->args, "person"), &person, err);
	server_unlock(call->server);
	if (st != ST_OK)
		return st;
	terms.hours = (unsigned)hours;
	terms.person = person.number;
	if ((st = code_issue(text, call->server, &terms, err)) != ST_OK)
		return st;
	json_put_string(control_result(call->out), "code", text);
	put_person(control_result(call->out), &person);
	json_put_string(control_result(call->out), "label", terms.label);
	json_put_i64(control_result(call->out), "hours", (int64_t)hours);
	return ST_OK;
}

enum status
command_revoke(struct command_call *call, struct err *err)
{
	bool writer = args_has(&call->args, "writer");
	struct json_writer *w = control_result(call->out);
	struct revoke_opts opts = { .device = !writer,
		.reason = args_get(&call->args, "reason") };
	struct revoke_result result;
	char hex[2 * CHANGE_ID_LEN + 1];
	uint64_t number, last;
	enum status st;

	if (writer == args_has(&call->args, "laptop"))
		return err_set(err, ST_INVALID, "either --writer or --laptop");
	st = args_number(&call->args, writer ? "writer" : "laptop", UINT32_MAX,
	    0, &number, err);
	if (st == ST_OK)
		st =
		    args_number(&call->args, "last", UINT32_MAX, 0, &last, err);
	if (st == ST_OK)
		st = command_desk_person(call, 0, &opts.person, err);
	if (st != ST_OK)
		return st;
	opts.number = (uint32_t)number;
	opts.last_seq = (uint32_t)last;
	if ((st = revoke_put(call->server, &opts, &result, err)) != ST_OK)
		return st;
	json_put_i64(w, writer ? "writer" : "laptop", opts.number);
	if (writer) {
		crypto_hex(hex, result.cut_id, CHANGE_ID_LEN);
		json_put_i64(w, "last", result.cut_seq);
		json_put_string(w, "change", hex);
	}
	return ST_OK;
}
