#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/http/control_internal.h"
#include "common/http/fetch.h"

/* A daemon that does not greet for so long hangs. */
#define HELLO_S 10

/* Where the daemon is, by its file. */
struct door {
	unsigned port;
	uint8_t token[CONTROL_TOKEN_LEN];
	char token_hex[CONTROL_HEX_SIZE];
};

/* The lines of a reply as they come. */
struct lines {
	const struct control_request *request;
	struct writer bytes; /* of a line not ended yet */
	struct err error;    /* the "error" line, if it came */
	bool result;         /* the "result" line came */
};

static enum status
no_daemon(struct err *err)
{
	return err_set(err, ST_NOTFOUND, "no daemon runs for this folder");
}

static enum status
read_door(
    struct door *door, const struct control_request *request, struct err *err)
{
	char path[4096], text[CONTROL_FILE_MAX + 1] = { 0 };
	const struct env *env = request->env;
	uint8_t *bytes = NULL;
	char newline = 0;
	size_t len;
	enum status st;

	if ((st = control_path(path, sizeof(path), request->dir, err)) != ST_OK)
		return st;
	st = env->read(env->arg, path, CONTROL_FILE_MAX, &bytes, &len, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? no_daemon(err) : st;
	memcpy(text, bytes, len);
	crypto_wipe(bytes, len);
	free(bytes);
	if (sscanf(text, "%5u %64[0-9a-f]%c", &door->port, door->token_hex,
		&newline) != 3 ||
	    newline != '\n' || door->port == 0 || door->port > UINT16_MAX ||
	    crypto_unhex(
		door->token, CONTROL_TOKEN_LEN, door->token_hex, err) != ST_OK)
		st = err_set(err, ST_INVALID,
		    "the file '" CONTROL_FILE "' is damaged: remove it if no "
		    "daemon runs");
	crypto_wipe(text, sizeof(text));
	return st;
}

static bool
is_in_time(void *until, uint64_t sent, uint64_t received)
{
	(void)sent;
	(void)received;
	return time(NULL) <= *(time_t *)until;
}

/* Let the other side prove that it knows the token before we tell it. */
static enum status
greet(struct fetch *fetch, const struct door *door, const struct env *env,
    struct err *err)
{
	uint8_t nonce[CONTROL_TOKEN_LEN], proof[KEY_LEN];
	char url[64], hex[CONTROL_HEX_SIZE], header[96];
	const char *const headers[] = { header };
	time_t until = time(NULL) + HELLO_S;
	struct fetch_request hello = { .method = "GET",
		.url = url,
		.headers = headers,
		.nheaders = 1,
		.reply_max = 2 * KEY_LEN,
		.on_progress = is_in_time,
		.arg = &until };
	struct fetch_reply reply;
	enum status st;

	env_random(env, nonce, sizeof(nonce));
	crypto_hex(hex, nonce, sizeof(nonce));
	snprintf(header, sizeof(header), "Padu-Nonce: %s", hex);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/hello", door->port);
	st = fetch_run(fetch, &hello, &reply, err);
	if (st == ST_BUSY && reply.connected)
		return err_set(
		    err, ST_BUSY, "the daemon of this folder does not answer");
	if (st != ST_OK)
		return st == ST_NOMEM ? st : no_daemon(err);
	hash_derive(proof, door->token, CONTROL_DOMAIN, nonce, sizeof(nonce));
	crypto_hex(hex, proof, sizeof(proof));
	if (reply.code != 200 || reply.len != 2 * KEY_LEN ||
	    !crypto_equal(reply.body, hex, 2 * KEY_LEN))
		return no_daemon(err);
	return ST_OK;
}

static enum status
status_by_name(const char *name)
{
	enum status st;

	for (st = ST_OK; st <= ST_BUG; st++) {
		if (strcmp(err_name(st), name) == 0)
			return st;
	}
	return ST_BUG;
}

/* {"status": ..., "message": ...} becomes ${out}. */
static enum status
take_error(const struct json *error, struct err *out, struct err *err)
{
	const char *status, *message, *state;

	if (json_get_string(error, "status", &status, err) != ST_OK ||
	    json_get_string(error, "message", &message, err) != ST_OK ||
	    json_opt_string(error, "state", &state, err) != ST_OK)
		return err->status;
	err_set(out, status_by_name(status), "%s", message);
	say_mark(out, say_by_name(state));
	return ST_OK;
}

static enum status
take_line(struct lines *lines, struct err *err)
{
	const struct control_request *request = lines->request;
	const struct json *error;
	struct json *line;
	size_t len = lines->bytes.len;
	enum status st;

	st = json_parse(&line, lines->bytes.bytes, len, JSON_TEXT_MAX, err);
	if (st != ST_OK)
		return err_wrap(err, "what the daemon said");
	if ((error = json_find(line, "error")) != NULL) {
		st = take_error(error, &lines->error, err);
		goto out;
	}
	lines->result = lines->result || json_find(line, "result") != NULL;
	writer_u8(&lines->bytes, '\0');
	if (!writer_ok(&lines->bytes))
		st = err_set(err, ST_NOMEM, "no memory");
	else if (request->on_line != NULL)
		request->on_line(
		    request->arg, line, (const char *)lines->bytes.bytes);
out:
	json_free(line);
	return st;
}

static enum status
take_bytes(void *arg, const void *bytes, size_t len, struct err *err)
{
	struct lines *lines = arg;
	const char *at = bytes, *end = at + len, *newline;
	enum status st = ST_OK;

	while (st == ST_OK && at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			newline = end;
		if (lines->bytes.len + (size_t)(newline - at) > JSON_TEXT_MAX)
			return err_set(
			    err, ST_INVALID, "the daemon's line is too long");
		writer_bytes(&lines->bytes, at, (size_t)(newline - at));
		if (!writer_ok(&lines->bytes))
			return err_set(err, ST_NOMEM, "no memory");
		if (newline == end)
			return ST_OK;
		st = take_line(lines, err);
		writer_clear(&lines->bytes);
		at = newline + 1;
	}
	return st;
}

/* What a refusal of the door itself says. */
static enum status
take_refusal(const struct fetch_reply *reply, struct err *err)
{
	struct json *doc = NULL;
	struct err refusal = { 0 }, ignored;

	if (json_parse(&doc, reply->body, reply->len, JSON_TEXT_MAX,
		&ignored) != ST_OK ||
	    take_error(doc, &refusal, &ignored) != ST_OK ||
	    refusal.status == ST_OK)
		err_set(&refusal, ST_IO, "the daemon answered HTTP %u",
		    reply->code);
	json_free(doc);
	*err = refusal;
	return err->status;
}

static enum status
ask(struct fetch *fetch, const struct door *door, struct lines *lines,
    struct err *err)
{
	const struct control_request *request = lines->request;
	char url[160], token[96];
	const char *const headers[] = { token,
		"Content-Type: application/json" };
	struct fetch_request post = { .method = "POST",
		.url = url,
		.headers = headers,
		.nheaders = 2,
		.body = request->json != NULL ? request->json : "{}",
		.len = request->json != NULL ? request->json_len : 2,
		.reply_max = JSON_TEXT_MAX,
		.on_body = take_bytes,
		.arg = lines };
	struct fetch_reply reply;
	enum status st;

	if (snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/commands/%s",
		door->port, request->command) >= (int)sizeof(url))
		return err_set(err, ST_INVALID, "no such command");
	snprintf(token, sizeof(token), "Padu-Token: %s", door->token_hex);
	st = fetch_run(fetch, &post, &reply, err);
	crypto_wipe(token, sizeof(token));
	if (st != ST_OK)
		return st;
	if (reply.code != 200)
		return take_refusal(&reply, err);
	if (lines->error.status != ST_OK) {
		*err = lines->error;
		return err->status;
	}
	if (!lines->result)
		return err_set(err, ST_BUSY,
		    "the daemon stopped before the command had ended");
	return ST_OK;
}

enum status
control_call(
    const struct control_request *request, bool *reached, struct err *err)
{
	const struct fetch_opts opts = { .patient = true };
	struct lines lines = { .request = request };
	struct fetch *fetch = NULL;
	struct door door;
	enum status st;

	*reached = false;
	if ((st = read_door(&door, request, err)) != ST_OK)
		goto out;
	if ((st = fetch_open(&fetch, &opts, err)) != ST_OK)
		goto out;
	if ((st = greet(fetch, &door, request->env, err)) != ST_OK) {
		*reached = st == ST_BUSY;
		goto out;
	}
	*reached = true;
	st = ask(fetch, &door, &lines, err);
out:
	writer_free(&lines.bytes);
	fetch_close(fetch);
	crypto_wipe(&door, sizeof(door));
	return st;
}

static bool
show_line(void *arg, const char *text, size_t len, bool needed)
{
	const struct control_request *request = arg;
	struct json *line;
	struct err err;
	char *copy;
	bool shown = false;

	if (request->on_line == NULL)
		return true;
	if ((copy = malloc(len)) == NULL)
		return !needed;
	memcpy(copy, text, len - 1);
	copy[len - 1] = '\0';
	if (json_parse(&line, copy, len - 1, JSON_TEXT_MAX, &err) == ST_OK) {
		request->on_line(request->arg, line, copy);
		json_free(line);
		shown = true;
	}
	free(copy);
	return shown || !needed;
}

enum status
control_run_local(const struct control_table *table,
    const struct control_request *request, struct err *err)
{
	const struct control_command *command =
	    control_find(table, request->command);
	const char *text = request->json != NULL ? request->json : "{}";
	size_t len = request->json != NULL ? request->json_len : 2;
	union {
		const struct control_request *given;
		void *arg;
	} sink = { .given = request };
	struct control_out out = { .put = show_line, .arg = sink.arg };
	struct json *json;
	enum status st;

	if (command == NULL)
		return err_set(err, ST_INVALID, "no such command");
	if ((st = json_parse(&json, text, len, JSON_TEXT_MAX, err)) != ST_OK)
		return st;
	if ((st = json_as_object(json, err)) == ST_OK)
		st = control_run(command, table->arg, json, &out, err);
	json_free(json);
	return st;
}
