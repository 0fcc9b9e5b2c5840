#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/process.h"
#include "common/wire/protocol.h"

#include "sync-server/http/committer.h"
#include "sync-server/http/http_internal.h"
#include "sync-server/http/parts.h"
#include "sync-server/server.h"

#define CONNECTIONS_MAX 4000
#define PER_ADDRESS_MAX 512 /* a carrier's NAT is one address for many */
#define THREADS 2
/* Kept for the database, for uploads, for the local door. */
#define OTHER_FILES 600u

enum serve_next
http_reply_bytes(
    struct serve_reply *reply, struct writer *bytes, const char *type)
{
	reply->type = type;
	reply->body = writer_take(bytes, &reply->len);
	reply->own = SERVE_TAKE;
	return SERVE_REPLY;
}

void
http_say_version(struct serve_reply *reply)
{
	char spoken[PROTOCOL_TEXT_SIZE];

	protocol_print(spoken);
	serve_add_header(reply, "Padu-Protocol", "%s", spoken);
}

/* Every answer says which versions of the protocol are spoken here. */
static enum serve_next
say_version(enum serve_next next, struct serve_reply *reply)
{
	if (next == SERVE_REPLY)
		http_say_version(reply);
	return next;
}

/* Before every request: is there a version of the protocol in common? */
static enum serve_next
guard(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	unsigned version;
	struct err err;

	(void)arg;
	if (protocol_choose(&version, serve_header(request, "Padu-Protocol"),
		&err) == ST_OK)
		return SERVE_MORE;
	return say_version(
	    serve_refuse_code(reply, 426, ST_INVALID,
		"no version of the protocol in common; nothing is lost, "
		"update the program"),
	    reply);
}

static enum serve_next
card(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(card_get(arg, request, reply), reply);
}

static enum serve_next
recovery(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(recovery_get(arg, request, reply), reply);
}

static enum serve_next
health(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(health_get(arg, request, reply), reply);
}

static enum serve_next
enrol(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(enrol_post(arg, request, reply), reply);
}

static enum serve_next
back(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(return_post(arg, request, reply), reply);
}

static enum serve_next
look(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(upload_head(arg, request, reply), reply);
}

static enum serve_next
begin(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(upload_begin(arg, request, reply), reply);
}

static enum serve_next
upload(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	return say_version(upload_handle(arg, request, reply), reply);
}

static const struct serve_route ROUTES[] = {
	{ .method = "GET", .path = "/v1/server", .handle = card },
	{ .method = "GET", .path = "/v1/recovery", .handle = recovery },
	{ .method = "GET", .path = "/v1/health", .handle = health },
	{
	    .method = "POST",
	    .path = "/v1/enrol",
	    .body_max = ENROL_REQUEST_MAX,
	    .handle = enrol,
	},
	{
	    .method = "POST",
	    .path = "/v1/return",
	    .body_max = ENROL_REQUEST_MAX,
	    .handle = back,
	},
	{ .method = "HEAD", .path = "/v1/bundles/*", .handle = look },
	{
	    .method = "POST",
	    .path = "/v1/bundles/*",
	    .body_max = BUNDLE_MAX,
	    .handle = upload,
	    .begin = begin,
	    .data = upload_data,
	    .close = upload_close,
	},
};

static enum status
open_parts(struct http *http, struct err *err)
{
	char path[1100];

	snprintf(path, sizeof(path), "%s/parts", http->server->dir);
	return parts_open(&http->parts, http->server->env, path, NULL, err);
}

enum status
http_open(struct http **out, const struct http_opts *opts, struct err *err)
{
	struct committer_opts committer = {
		.server = opts->server,
		.queue_max = opts->queue_max,
		.batch_max = opts->batch_max,
		.answer = upload_answer,
	};
	struct serve_opts serve = {
		.address = opts->address,
		.port = opts->port,
		.routes = ROUTES,
		.nroutes = sizeof(ROUTES) / sizeof(ROUTES[0]),
		.guard = guard,
		.threads = opts->threads != 0 ? opts->threads : THREADS,
		.connections_max = CONNECTIONS_MAX,
		.per_address_max = PER_ADDRESS_MAX,
	};
	struct http *http;
	unsigned files;
	enum status st;

	*out = NULL;
	/* Connections must not take what files are needed for. */
	files = process_allow_files(CONNECTIONS_MAX + OTHER_FILES);
	if (files < CONNECTIONS_MAX + OTHER_FILES)
		serve.connections_max =
		    files > 2 * OTHER_FILES ? files - OTHER_FILES : files / 2;
	if ((http = calloc(1, sizeof(*http))) == NULL)
		return err_set(err, ST_NOMEM, "open the door: no memory");
	http->server = opts->server;
	http->started_ms = env_now_ms(opts->server->env);
	committer.arg = serve.arg = http;
	if ((st = open_parts(http, err)) != ST_OK ||
	    (st = committer_open(&http->committer, &committer, err)) != ST_OK ||
	    (st = serve_open(&http->serve, &serve, err)) != ST_OK)
		goto out;
	*out = http;
	http = NULL;
out:
	if (st != ST_OK)
		err_wrap(err, "open the door");
	http_close(http);
	return st;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	serve_close(http->serve);
	committer_close(http->committer);
	parts_close(http->parts);
	free(http);
}

uint16_t
http_port(const struct http *http)
{
	return serve_port(http->serve);
}
