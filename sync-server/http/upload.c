#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/part.h"
#include "common/crypto/crypto.h"
#include "common/wire/bundle.h"

#include "sync-server/http/committer.h"
#include "sync-server/http/http_internal.h"
#include "sync-server/http/parts.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/people.h"
#include "sync-server/server.h"

/* A whole bundle of at most this many bytes is not written to a file unless
 * it breaks off: 100 visits; making a file costs more than all the rest. */
#define SMALL_MAX (16u << 10)

/* One POST of a bundle or of a piece of it; freed by upload_close(). */
struct upload {
	struct serve_request *request;
	struct part *part; /* NULL for a small one ... */
	uint8_t *small;    /* ... whose bytes are here */
	uint64_t total;    /* bytes of the whole bundle */
	uint64_t at;       /* where the next piece goes */
	bool refused;      /* nothing of it is worth keeping */
	bool named;        /* its head names a laptop of ours */
	size_t nhead;      /* bytes of the head so far */
	uint8_t head[BUNDLE_HEAD_LEN];
	uint8_t name[BUNDLE_NAME_LEN];
};

static enum status
parse_name(uint8_t name[BUNDLE_NAME_LEN], const char *tail, struct err *err)
{
	size_t i;

	for (i = 0; tail[i] != '\0'; i++) {
		if (tail[i] >= 'A' && tail[i] <= 'F')
			break; /* one spelling for one bundle */
	}
	if (tail[i] == '\0' &&
	    crypto_unhex(name, BUNDLE_NAME_LEN, tail, err) == ST_OK)
		return ST_OK;
	return err_set(err, ST_INVALID,
	    "a bundle is named by 64 lower-case hexadecimal digits");
}

/* A header that holds a number of bytes; ${otherwise} where it is left out. */
static enum status
parse_bytes(uint64_t *out, const struct serve_request *request,
    const char *name, uint64_t otherwise, struct err *err)
{
	const char *text = serve_header(request, name);
	char *end;

	*out = otherwise;
	if (text == NULL)
		return ST_OK;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		return err_set(
		    err, ST_INVALID, "%s is no number of bytes", name);
	return ST_OK;
}

static enum serve_next
refuse_at(struct serve_reply *reply, unsigned code, const struct err *err,
    uint64_t have)
{
	serve_refuse_code(reply, code, err->status, err->text);
	serve_add_header(
	    reply, "Upload-Offset", "%llu", (unsigned long long)have);
	return SERVE_REPLY;
}

/* What is here of it; less than a head is as good as nothing. */
static uint64_t
have_of(struct http *http, const uint8_t name[BUNDLE_NAME_LEN])
{
	uint64_t have = parts_have(http->parts, name);

	return have < BUNDLE_HEAD_LEN ? 0 : have;
}

/* HEAD: how much of it is here. */
enum serve_next
upload_head(void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	uint8_t name[BUNDLE_NAME_LEN];
	struct err err;

	if (parse_name(name, serve_tail(request), &err) != ST_OK)
		return serve_refuse(reply, &err);
	serve_add_header(reply, "Upload-Offset", "%llu",
	    (unsigned long long)have_of(http, name));
	return SERVE_REPLY;
}

/* What the headers say of this piece; *${code} is the refusal's. */
static enum status
read_head(struct upload *up, struct http *http, uint64_t *have, unsigned *code,
    struct err *err)
{
	int64_t announced = serve_body_announced(up->request);
	enum status st;

	*code = 400;
	if ((st = parse_name(up->name, serve_tail(up->request), err)) != ST_OK)
		return st;
	st = parse_bytes(&up->at, up->request, "Upload-Offset", 0, err);
	if (st != ST_OK)
		return st;
	st = parse_bytes(&up->total, up->request, "Upload-Length",
	    announced >= 0 && up->at <= BUNDLE_MAX
		? up->at + (uint64_t)announced
		: 0,
	    err);
	if (st != ST_OK)
		return st;
	if (up->total > BUNDLE_MAX) {
		*code = 413;
		return err_set(err, ST_INVALID,
		    "a bundle of %llu bytes; %u are allowed",
		    (unsigned long long)up->total, BUNDLE_MAX);
	}
	if (up->total < BUNDLE_HEAD_LEN || up->at > up->total ||
	    (announced >= 0 && (uint64_t)announced > up->total - up->at))
		return err_set(err, ST_INVALID,
		    "a piece that does not fit its Upload-Length");
	*have = have_of(http, up->name);
	up->named = *have > 0;
	if (up->at > *have) {
		*code = 409;
		return err_set(err, ST_CONFLICT,
		    "%llu bytes are here; go on from there",
		    (unsigned long long)*have);
	}
	return ST_OK;
}

/* All of it in one piece, nothing of it here, and small enough? */
static bool
is_small(const struct upload *up, uint64_t have)
{
	return have == 0 && up->at == 0 && up->total <= SMALL_MAX &&
	    serve_body_announced(up->request) == (int64_t)up->total;
}

/* Memory for a small one; false: it has to be written to a file. */
static bool
take_memory(struct http *http, struct upload *up)
{
	size_t len = (size_t)up->total;

	if (atomic_fetch_add(&http->memory, len) + len <= UPLOADS_MEMORY_MAX)
		up->small = malloc(len);
	if (up->small == NULL)
		atomic_fetch_sub(&http->memory, len);
	return up->small != NULL;
}

static void
give_memory(struct http *http, struct upload *up)
{
	if (up->small != NULL)
		atomic_fetch_sub(&http->memory, (size_t)up->total);
	free(up->small);
	up->small = NULL;
}

/* Keep what came of a small bundle, so that it can go on from there. */
static void
spill(struct http *http, struct upload *up)
{
	struct part *part = NULL;
	struct err ignored;

	if (parts_start(http->parts, &part, up->name, up->total, &ignored) ==
	    ST_OK)
		parts_write(http->parts, part, up->name, 0, up->small,
		    (size_t)up->at, &ignored);
	part_close(part);
}

/* POST, its head: is there anything against taking these bytes? */
enum serve_next
upload_begin(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct http *http = arg;
	struct upload *up;
	uint64_t have = 0;
	unsigned code = 400;
	struct err err;

	if ((up = calloc(1, sizeof(*up))) == NULL) {
		err_set(&err, ST_NOMEM, "take an upload: no memory");
		return serve_refuse(reply, &err);
	}
	up->request = request;
	serve_set_data(request, up);
	if (read_head(up, http, &have, &code, &err) != ST_OK)
		return refuse_at(reply, code, &err, have);
	if (is_small(up, have) && take_memory(http, up))
		return SERVE_MORE;
	if (parts_start(http->parts, &up->part, up->name, up->total, &err) !=
	    ST_OK) {
		serve_refuse(reply, &err);
		serve_add_header(reply, "Retry-After", "60");
		return SERVE_REPLY;
	}
	return SERVE_MORE;
}

/*
 * The first bytes name a laptop.  What names none of ours is not kept, so
 * that strangers cannot fill the folder by guessing.
 */
static enum status
check_head(struct http *http, const struct upload *up, struct err *err)
{
	struct people_device device;
	struct bundle_head head;
	enum status st;

	st = bundle_head_unpack(&head, up->head, BUNDLE_HEAD_LEN, err);
	if (st != ST_OK)
		return st;
	if (head.authority != http->server->authority)
		return err_set(err, ST_UNTRUSTED, "a bundle for server %u",
		    head.authority);
	if (people_device(http->server->people, head.device, &device, err) !=
	    ST_OK)
		return err_set(err, ST_UNTRUSTED, "no laptop of ours");
	return ST_OK;
}

static enum status
keep(struct http *http, struct upload *up, const void *bytes, size_t len,
    struct err *err)
{
	enum status st = ST_OK;

	if (len == 0)
		return ST_OK;
	if (up->small != NULL)
		memcpy(up->small + up->at, bytes, len);
	else
		st = parts_write(
		    http->parts, up->part, up->name, up->at, bytes, len, err);
	if (st == ST_OK)
		up->at += len;
	return st;
}

/* The head is held back until it is whole, however it is cut. */
static enum status
take_head(struct http *http, struct upload *up, const uint8_t **bytes,
    size_t *len, struct err *err)
{
	size_t n = BUNDLE_HEAD_LEN - up->nhead;
	enum status st;

	n = n < *len ? n : *len;
	memcpy(up->head + up->nhead, *bytes, n);
	up->nhead += n;
	*bytes += n;
	*len -= n;
	if (up->nhead < BUNDLE_HEAD_LEN)
		return ST_OK;
	if ((st = check_head(http, up, err)) != ST_OK)
		return st;
	up->named = true;
	return keep(http, up, up->head, BUNDLE_HEAD_LEN, err);
}

/* POST, a piece of its body. */
enum status
upload_data(void *arg, struct serve_request *request, const void *bytes,
    size_t len, struct err *err)
{
	struct upload *up = serve_data(request);
	const uint8_t *at = bytes;
	struct http *http = arg;
	enum status st = ST_OK;

	if (len > up->total - up->at - (up->named ? 0 : up->nhead))
		st = err_set(
		    err, ST_INVALID, "more bytes than its Upload-Length says");
	if (st == ST_OK && !up->named)
		st = take_head(http, up, &at, &len, err);
	if (st == ST_OK && up->named)
		st = keep(http, up, at, len, err);
	if (st == ST_INVALID || st == ST_UNTRUSTED)
		up->refused = true;
	return st;
}

/* Read the whole bundle and check it against its name. */
static enum status
read_whole(
    struct upload *up, const uint8_t **out, uint8_t **file, struct err *err)
{
	uint8_t name[BUNDLE_NAME_LEN];
	enum status st = ST_OK;

	*out = up->small;
	if (up->small == NULL) {
		if ((*file = malloc((size_t)up->total)) == NULL)
			return err_set(
			    err, ST_NOMEM, "take an upload: no memory");
		*out = *file;
		st = part_read(up->part, *file, (size_t)up->total, err);
	}
	if (st != ST_OK)
		return st;
	bundle_name(name, *out, (size_t)up->total);
	if (memcmp(name, up->name, sizeof(name)) != 0)
		return err_set(err, ST_CONFLICT,
		    "the bytes are not those that were named; send them again");
	return ST_OK;
}

static enum serve_next
refuse_whole(struct http *http, struct upload *up, struct serve_reply *reply,
    const struct err *err)
{
	if (err->status == ST_BUSY) {
		if (up->small != NULL)
			spill(http, up);
		up->refused = true;
		/* The bytes stay: an empty POST is enough next time. */
		serve_refuse_code(reply, 503, err->status, err->text);
		serve_add_header(reply, "Retry-After", "2");
		serve_add_header(reply, "Upload-Offset", "%llu",
		    (unsigned long long)up->total);
		return SERVE_REPLY;
	}
	if (err->status == ST_NOMEM || err->status == ST_IO)
		return serve_refuse(reply, err);
	up->refused = true;
	if (up->part != NULL)
		parts_drop(http->parts, up->name);
	return refuse_at(reply,
	    err->status == ST_CONFLICT        ? 422
		: err->status == ST_UNTRUSTED ? 403
					      : 400,
	    err, 0);
}

/* POST, when this piece is here: if it was the last one, take it in. */
enum serve_next
upload_handle(
    void *arg, struct serve_request *request, struct serve_reply *reply)
{
	struct upload *up = serve_data(request);
	struct http *http = arg;
	struct intake_job *job = NULL;
	const uint8_t *bytes = NULL;
	uint8_t *file = NULL;
	uint64_t have = up->at;
	struct err err;
	enum status st;

	if (up->part != NULL && (st = part_len(up->part, &have, &err)) != ST_OK)
		goto out;
	if (have < up->total) {
		reply->code = 202;
		serve_add_header(
		    reply, "Upload-Offset", "%llu", (unsigned long long)have);
		return SERVE_REPLY;
	}
	if ((st = read_whole(up, &bytes, &file, &err)) != ST_OK)
		goto out;
	st = intake_open(
	    &job, http->server, up->name, bytes, (size_t)up->total, &err);
	if (st == ST_OK)
		st = committer_put(
		    http->committer, job, (size_t)up->total, up, &err);
out:
	free(file);
	if (st == ST_OK)
		return SERVE_LATER;
	intake_job_free(job);
	return refuse_whole(http, up, reply, &err);
}

void
upload_answer(void *arg, void *upload, enum status st,
    const struct writer *bytes, const struct err *err)
{
	struct serve_reply reply = { .code = 200 };
	struct upload *up = upload;
	struct http *http = arg;

	if (st == ST_OK) {
		reply.type = "application/octet-stream";
		reply.body = bytes->bytes;
		reply.len = bytes->len;
		reply.own = SERVE_COPY;
		if (up->part != NULL)
			parts_done(http->parts, up->name);
	} else if (st == ST_BUSY) {
		serve_refuse_code(&reply, 503, st, err->text);
		serve_add_header(&reply, "Retry-After", "2");
	} else {
		serve_refuse(&reply, err);
	}
	http_say_version(&reply);
	serve_reply_later(up->request, &reply);
}

void
upload_close(void *arg, struct serve_request *request)
{
	struct upload *up = serve_data(request);
	struct http *http = arg;

	if (up == NULL)
		return;
	/* It broke off. */
	if (up->small != NULL && !up->refused && up->at > 0 &&
	    up->at < up->total)
		spill(arg, up);
	/* Nothing that is worth a file came. */
	if (up->part != NULL && (!up->named || up->refused) &&
	    have_of(http, up->name) == 0)
		parts_drop(http->parts, up->name);
	part_close(up->part);
	give_memory(http, up);
	free(up);
}
