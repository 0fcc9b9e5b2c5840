#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/wipe.h"
#include "common/http/serve_internal.h"
#include "common/json/json.h"

/* What a source fills at once: a few lines of progress. */
#define SOURCE_BLOCK 4096

void
serve_reply_start(struct serve_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->code = 200;
}

void
serve_add_header(
    struct serve_reply *reply, const char *name, const char *fmt, ...)
{
	unsigned i = reply->nheaders;
	va_list ap;

	if (i == SERVE_REPLY_HEADERS_MAX)
		return;
	reply->headers[i].name = name;
	va_start(ap, fmt);
	vsnprintf(
	    reply->headers[i].value, sizeof(reply->headers[i].value), fmt, ap);
	va_end(ap);
	reply->nheaders++;
}

enum serve_next
serve_copy(
    struct serve_reply *reply, const char *type, const void *body, size_t len)
{
	void *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		return serve_refuse_code(reply, 500, ST_NOMEM, "no memory");
	memcpy(copy, body, len);
	reply->type = type;
	reply->body = copy;
	reply->len = len;
	reply->own = SERVE_TAKE;
	return SERVE_REPLY;
}

static unsigned
code_of(enum status status)
{
	switch (status) {
	case ST_OK:
		return 200;
	case ST_NOTFOUND:
		return 404;
	case ST_CONFLICT:
		return 409;
	case ST_INVALID:
		return 400;
	case ST_UNTRUSTED:
		return 403;
	case ST_LOCKED:
		return 423;
	case ST_BUSY:
		return 503;
	case ST_FULL:
		return 507;
	case ST_NOMEM:
	case ST_IO:
	case ST_BUG:
		break;
	}
	return 500;
}

enum serve_next
serve_refuse_code(struct serve_reply *reply, unsigned code, enum status status,
    const char *message)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err err;

	serve_reply_start(reply);
	reply->code = code;
	json_put_object(&w, NULL);
	json_put_string(&w, "status", err_name(status));
	json_put_message(&w, "message", message);
	json_put_end(&w);
	if (json_writer_finish(&w, &err) == ST_OK) {
		reply->type = "application/json";
		reply->body = writer_take(&bytes, &reply->len);
		reply->own = SERVE_TAKE;
	}
	writer_free(&bytes);
	return SERVE_REPLY;
}

enum serve_next
serve_refuse(struct serve_reply *reply, const struct err *err)
{
	return serve_refuse_code(
	    reply, code_of(err->status), err->status, err->text);
}

/* libmicrohttpd reads through this; it knows its own two words for an end. */
struct source {
	struct serve_source source;
	void *arg;
};

static ssize_t
read_source(void *cls, uint64_t pos, char *out, size_t max)
{
	struct source *s = cls;
	ssize_t n = s->source.read(s->arg, out, max);

	(void)pos;
	if (n == 0) {
		/* Where the last block was: it is sent. */
		wipe(out, max);
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void
close_source(void *cls)
{
	struct source *s = cls;

	if (s->source.close != NULL)
		s->source.close(s->arg);
	free(s);
}

static struct MHD_Response *
response_from_source(const struct serve_reply *reply)
{
	struct source *s = malloc(sizeof(*s));
	struct MHD_Response *response = NULL;

	if (s != NULL) {
		*s = (struct source){ *reply->source, reply->source_arg };
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
		    SOURCE_BLOCK, read_source, s, close_source);
	}
	if (response == NULL) {
		if (reply->source->close != NULL)
			reply->source->close(reply->source_arg);
		free(s);
	}
	return response;
}

static struct MHD_Response *
response_from_body(const struct serve_reply *reply)
{
	static const enum MHD_ResponseMemoryMode MODE[] = {
		[SERVE_COPY] = MHD_RESPMEM_MUST_COPY,
		[SERVE_TAKE] = MHD_RESPMEM_MUST_FREE,
		[SERVE_STATIC] = MHD_RESPMEM_PERSISTENT,
	};
	enum serve_body own = reply->body != NULL ? reply->own : SERVE_STATIC;
	union {
		const void *given;
		void *taken;
	} body = { .given = reply->body };
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    reply->body != NULL ? reply->len : 0, body.taken, MODE[own]);

	if (response == NULL && own == SERVE_TAKE)
		free(body.taken);
	return response;
}

static bool
add(struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

struct MHD_Response *
serve_response(const struct serve_reply *reply)
{
	struct MHD_Response *r = reply->source != NULL
	    ? response_from_source(reply)
	    : response_from_body(reply);
	bool good, closes;
	unsigned i;

	if (r == NULL)
		return NULL;
	closes =
	    reply->source != NULL || (reply->code >= 400 && !reply->keep_open);
	good = add(r, "Cache-Control", "no-store") &&
	    add(r, "X-Content-Type-Options", "nosniff") &&
	    (reply->type == NULL || add(r, "Content-Type", reply->type)) &&
	    (!closes || add(r, "Connection", "close"));
	for (i = 0; good && i < reply->nheaders; i++)
		good = add(r, reply->headers[i].name, reply->headers[i].value);
	if (good)
		return r;
	MHD_destroy_response(r);
	return NULL;
}
