#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/control.h"
#include "common/place/region.h"

#include "sync-server/commands/command.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"

const struct command *
command_find(const char *const *words, size_t n, size_t *used)
{
	const struct command *c;
	char two[64] = "";

	if (n >= 2)
		snprintf(two, sizeof(two), "%.30s %.30s", words[0], words[1]);
	for (c = command_table; c->name != NULL; c++) {
		*used = strchr(c->name, ' ') != NULL ? 2 : 1;
		if (n >= 1 && strcmp(c->name, *used == 2 ? two : words[0]) == 0)
			return c;
	}
	return NULL;
}

static enum status
read_words(const struct json *request, const char *words[ARGS_WORDS_MAX],
    size_t *n, struct err *err)
{
	const struct json *array;
	enum status st;
	size_t i;

	if ((st = json_get_array(request, "words", &array, err)) != ST_OK)
		return st;
	*n = json_count(array);
	if (*n == 0 || *n > ARGS_WORDS_MAX)
		return err_set(err, ST_INVALID, "%zu words", *n);
	for (i = 0; i < *n; i++) {
		st = json_as_string(json_at(array, i), &words[i], err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
run_command(void *arg, const struct json *request, bool look,
    struct control_out *out, struct err *err)
{
	struct command_call call = { .server = arg, .out = out };
	const char *words[ARGS_WORDS_MAX];
	const struct command *command;
	size_t n, used = 0;
	enum status st;

	if ((st = read_words(request, words, &n, err)) != ST_OK ||
	    (st = json_get_string(request, "cwd", &call.cwd, err)) != ST_OK)
		return st;
	if ((command = command_find(words, n, &used)) == NULL)
		return err_set(err, ST_INVALID, "there is no such command");
	if (look && !command->look)
		return err_set(err, ST_INVALID,
		    "%s changes something, and has to wait for its turn",
		    command->name);
	st =
	    args_parse(&call.args, &command->spec, words + used, n - used, err);
	if (st == ST_OK)
		st = command->run(&call, err);
	return st == ST_OK ? st : err_wrap(err, "%s", command->name);
}

static enum status
run(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return run_command(arg, request, false, out, err);
}

static enum status
look(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return run_command(arg, request, true, out, err);
}

const struct control_command command_doors[] = {
	{ .name = "run", .run = run },
	{ .name = "look", .run = look, .together = true },
};

const size_t command_ndoors = sizeof(command_doors) / sizeof(command_doors[0]);

enum status
command_path(char out[COMMAND_PATH_SIZE], const struct command_call *call,
    const char *name, struct err *err)
{
	int n;

	if (name[0] == '/')
		n = snprintf(out, COMMAND_PATH_SIZE, "%s", name);
	else
		n = snprintf(out, COMMAND_PATH_SIZE, "%s/%s", call->cwd, name);
	if (n < 0 || n >= COMMAND_PATH_SIZE)
		return err_set(err, ST_INVALID, "a file name that is too long");
	return ST_OK;
}

enum status
command_desk_person(
    struct command_call *call, int approver, uint32_t *number, struct err *err)
{
	struct person person;
	enum status st;

	server_lock(call->server);
	st = person_desk(
	    call->server, args_get(&call->args, "as"), approver, &person, err);
	server_unlock(call->server);
	if (st == ST_OK)
		*number = person.number;
	return st;
}

enum status
command_add_number(struct command_numbers *l, uint64_t number, struct err *err)
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

enum status
command_read_village(
    uint64_t *out, const struct command_call *call, struct err *err)
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
