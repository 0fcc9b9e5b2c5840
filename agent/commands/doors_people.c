#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"
#include "common/say/say.h"
#include "common/words/words.h"

#include "agent/agent.h"
#include "agent/commands/doors_internal.h"

static void
suggest(struct control_out *out)
{
	char words[WORDS_TEXT_SIZE];

	words_suggest(words, env_real());
	json_put_string(control_result(out), "suggestion", words);
	crypto_wipe(words, sizeof(words));
}

void
doors_help_choose(struct control_out *out, const struct err *err)
{
	enum say_state state = say_of(err);

	if (state == SAY_PASSPHRASE_SHORT || state == SAY_PASSPHRASE_DIGITS ||
	    state == SAY_PASSPHRASE_WORD)
		suggest(out);
}

/* A further person joins while one of those who have the laptop is there. */
enum status
doors_enrol(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;
	struct err locking;
	bool did;
	enum status st;

	doors_input(doors);
	st = doors_unlock_for(
	    doors->agent, request, "as", "as_passphrase", &did, err);
	if (st != ST_OK)
		return st;
	st = doors_run_enrol(doors->agent, request, out, err);
	if (did)
		(void)agent_lock(doors->agent, &locking);
	if (st != ST_OK)
		doors_help_choose(out, err);
	return st;
}

static enum status
run_list(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer lines = { 0 };
	enum status st = agent_people(agent, &lines, err);

	(void)request;
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, true, err);
	writer_free(&lines);
	return st;
}

static enum status
run_remove(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	const char *label;
	bool renewed;
	enum status st;

	if ((st = json_get_string(request, "person", &label, err)) != ST_OK)
		return st;
	st = agent_remove(agent, label, &renewed, err);
	if (st == ST_OK) {
		json_put_string(control_result(out), "removed", label);
		json_put_bool(control_result(out), "new_key", renewed);
	}
	return st;
}

static enum status
run_change(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct passphrase_cost cost = { 0, 0 };
	const char *old, *new, *label;
	bool renewed;
	enum status st;

	if ((st = doors_read_cost(&cost, request, err)) != ST_OK ||
	    (st = json_opt_string(request, "passphrase", &old, err)) != ST_OK ||
	    (st = json_opt_string(request, "new_passphrase", &new, err)) !=
		ST_OK)
		return st;
	if (old == NULL || new == NULL)
		return err_set(err, ST_INVALID,
		    "--label, --passphrase-file and --new-passphrase-file are "
		    "needed, or --suggest");
	label = agent_label(agent);
	if (label != NULL)
		json_put_string(control_result(out), "label", label);
	st = agent_passphrase(agent, old, new, &cost, &renewed, err);
	json_put_bool(control_result(out), "changed", st == ST_OK);
	if (st == ST_OK)
		json_put_bool(control_result(out), "new_key", renewed);
	else
		doors_help_choose(out, err);
	return st;
}

enum status
doors_people_list(void *arg, const struct json *request,
    struct control_out *out, struct err *err)
{
	return doors_by_person(arg, request, out, run_list, err);
}

enum status
doors_people_remove(void *arg, const struct json *request,
    struct control_out *out, struct err *err)
{
	return doors_by_person(arg, request, out, run_remove, err);
}

enum status
doors_passphrase(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	bool wanted;
	enum status st;

	st = json_opt_bool(request, "suggest", false, &wanted, err);
	if (st == ST_OK && wanted)
		suggest(out);
	else if (st == ST_OK)
		st = doors_by_person(arg, request, out, run_change, err);
	return st;
}
