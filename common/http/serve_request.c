#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/http/serve_internal.h"

/*
 * A body in memory.  The writer wipes what it gives back; where the body is
 * secret, the library's buffer is wiped too.
 */
static enum status
collect(struct serve_request *request, const char *bytes, size_t len,
    struct err *err)
{
	struct writer *body = &request->body;
	union {
		const char *given;
		char *taken;
	} buffer = { .given = bytes };

	writer_bytes(body, bytes, len);
	if (request->serve->secret)
		crypto_wipe(buffer.taken, len);
	return writer_ok(body) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

static void
finish(struct serve *serve, struct serve_request *request)
{
	*watch_request(request->watched) = NULL;
	if (request->opened && request->route->close != NULL)
		request->route->close(serve->arg, request);
	watch_idle(serve->watch, request->watched);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	writer_free(&request->body);
	free(request);
	atomic_fetch_sub(&serve->nrequests, 1);
}

void *
serve_on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct serve *serve = cls;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct watched *watched = info != NULL ? info->socket_context : NULL;
	struct serve_request *request;
	size_t len;

	if (watched == NULL)
		return NULL;
	if (target == NULL)
		target = "";
	len = strlen(target);
	if ((request = calloc(1, sizeof(*request) + len + 1)) == NULL)
		return NULL;
	request->serve = serve;
	request->watched = watched;
	request->mhd = mhd;
	request->tail = "";
	request->target_len = len;
	memcpy(request->target, target, len + 1);
	/* libmicrohttpd does not tell the end of every one it refuses. */
	if (*watch_request(watched) != NULL)
		finish(serve, *watch_request(watched));
	*watch_request(watched) = request;
	atomic_fetch_add(&serve->nrequests, 1);
	watch_head(serve->watch, watched);
	return request;
}

void
serve_on_completed(void *cls, struct MHD_Connection *mhd, void **con,
    enum MHD_RequestTerminationCode why)
{
	struct serve *serve = cls;
	struct serve_request *request = *con;

	(void)mhd;
	(void)why;
	if (request == NULL)
		return;
	*con = NULL;
	finish(serve, request);
}

void
serve_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct serve *serve = cls;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(
		    mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		*context = watch_add(serve->watch, info->connect_fd);
	} else if (*context != NULL) {
		if (*watch_request(*context) != NULL)
			finish(serve, *watch_request(*context));
		watch_remove(serve->watch, *context);
		*context = NULL;
	}
}

static enum MHD_Result
send_response(struct serve_request *request)
{
	struct MHD_Response *response = request->response;
	enum MHD_Result good;

	if (response == NULL)
		return MHD_NO;
	request->state = REQUEST_ANSWERED;
	request->response = NULL;
	if (request->reply_len < 0) /* as slow as its source */
		MHD_set_connection_option(
		    request->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	watch_reply(
	    request->serve->watch, request->watched, request->reply_len);
	good = MHD_queue_response(request->mhd, request->code, response);
	MHD_destroy_response(response);
	return good;
}

/* Make the response, to be sent now or later. */
static void
keep_reply(struct serve_request *request, const struct serve_reply *reply)
{
	request->response = serve_response(reply);
	if (request->response != NULL && request->announced < 0)
		MHD_add_response_header(
		    request->response, "Connection", "close");
	request->code = reply->code;
	request->reply_len = reply->source != NULL ? -1 : (int64_t)reply->len;
}

static enum MHD_Result
send_reply(struct serve_request *request, const struct serve_reply *reply)
{
	keep_reply(request, reply);
	return send_response(request);
}

/* Whether the request may go on; if not, ${reply} says why not. */
static bool
is_accepted(struct serve_request *request, struct serve_reply *reply)
{
	struct serve *serve = request->serve;
	const char *rule;
	unsigned code;

	if ((code = serve_check(request, &rule)) != 0) {
		serve_refuse_code(reply, code, ST_INVALID, rule);
		return false;
	}
	if (request->announced == 0)
		watch_work(request->watched);
	if (atomic_load(&serve->closing)) {
		serve_refuse_code(
		    reply, 503, ST_BUSY, "this server is being stopped");
		return false;
	}
	if (serve->guard != NULL &&
	    serve->guard(serve->arg, request, reply) != SERVE_MORE)
		return false;
	request->route = serve_find_route(serve, request, reply);
	if (request->route == NULL)
		return false;
	if (request->announced > (int64_t)request->route->body_max ||
	    (request->announced < 0 && request->route->body_max == 0)) {
		serve_refuse_code(
		    reply, 413, ST_INVALID, "the body is too large");
		return false;
	}
	request->opened = true;
	request->body.secret = request->route->secret;
	return request->route->begin == NULL ||
	    request->route->begin(serve->arg, request, reply) == SERVE_MORE;
}

/* A reply now comes before the body and ends the connection. */
static enum MHD_Result
take_head(struct serve_request *request)
{
	struct serve_reply reply;

	serve_reply_start(&reply);
	if (!is_accepted(request, &reply))
		return send_reply(request, &reply);
	request->state = REQUEST_BODY;
	if (request->announced != 0)
		watch_body(request->serve->watch, request->watched);
	return MHD_YES;
}

static enum status
put_body(struct serve_request *request, const char *bytes, size_t len,
    struct err *err)
{
	const struct serve_route *route = request->route;

	if (request->received > route->body_max)
		return err_set(err, ST_INVALID, "the body is too large");
	if (route->data != NULL)
		return route->data(
		    request->serve->arg, request, bytes, len, err);
	return collect(request, bytes, len, err);
}

static enum MHD_Result
take_body(struct serve_request *request, const char *bytes, size_t len)
{
	struct serve_reply reply;
	struct err err;

	watch_body_moved(request->watched, len);
	request->received += len;
	if (request->state == REQUEST_REFUSED)
		return request->received >
			request->route->body_max + SERVE_SWALLOW_MAX
		    ? MHD_NO
		    : MHD_YES;
	if (put_body(request, bytes, len, &err) == ST_OK)
		return MHD_YES;
	serve_reply_start(&reply);
	if (request->received > request->route->body_max)
		serve_refuse_code(&reply, 413, err.status, err.text);
	else
		serve_refuse(&reply, &err);
	writer_free(&request->body);
	keep_reply(request, &reply);
	request->state = REQUEST_REFUSED;
	return MHD_YES;
}

/*
 * Suspended first and marked so second: whoever answers in between finds no
 * mark and leaves the resuming to us.
 */
static enum MHD_Result
answer_later(struct serve_request *request)
{
	int old = LATER_NOT;

	MHD_suspend_connection(request->mhd);
	if (!atomic_compare_exchange_strong(
		&request->later, &old, LATER_SUSPENDED))
		MHD_resume_connection(request->mhd);
	return MHD_YES;
}

static enum MHD_Result
take_end(struct serve_request *request)
{
	struct serve *serve = request->serve;
	struct serve_reply reply;

	watch_work(request->watched);
	if (request->state == REQUEST_REFUSED)
		return send_response(request);
	serve_reply_start(&reply);
	if (serve_check_trailers(request)) {
		serve_refuse_code(
		    &reply, 400, ST_INVALID, "trailers are not taken");
		return send_reply(request, &reply);
	}
	request->state = REQUEST_LATER;
	/* Before handle: the answer may come before it returns. */
	atomic_fetch_add(&serve->nlater, 1);
	if (request->route->handle(serve->arg, request, &reply) == SERVE_LATER)
		return answer_later(request);
	atomic_fetch_sub(&serve->nlater, 1);
	return send_reply(request, &reply);
}

void
serve_reply_later(
    struct serve_request *request, const struct serve_reply *reply)
{
	struct MHD_Connection *mhd = request->mhd;
	struct serve *serve = request->serve;

	keep_reply(request, reply);
	if (atomic_exchange(&request->later, LATER_ANSWERED) == LATER_SUSPENDED)
		MHD_resume_connection(mhd);
	atomic_fetch_sub(&serve->nlater, 1);
}

enum MHD_Result
serve_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *bytes, size_t *len,
    void **con)
{
	struct serve_request *request = *con;
	size_t n = *len;

	(void)cls;
	(void)mhd;
	(void)url;
	if (request == NULL)
		return MHD_NO;
	*len = 0;
	switch (request->state) {
	case REQUEST_HEAD:
		request->method = method;
		request->version = version;
		return take_head(request);
	case REQUEST_BODY:
	case REQUEST_REFUSED:
		return n > 0 ? take_body(request, bytes, n) : take_end(request);
	case REQUEST_LATER:
		/* Not before: there is nothing to wake us but the answer. */
		if (atomic_load(&request->later) != LATER_ANSWERED)
			return MHD_YES;
		return send_response(request);
	case REQUEST_ANSWERED:
		break;
	}
	return MHD_NO;
}
