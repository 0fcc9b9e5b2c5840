#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/http/fetch.h"
#include "common/say/say.h"
#include "common/wire/card.h"

#include "agent/sync/carry.h"

#define PROTOCOL "Padu-Protocol: 1"
#define TRIES 5u
#define WAIT_FIRST_MS 500u
#define WAIT_MAX_MS 15000u
/* What has to have arrived for a further try to be worth it: a server that
 * says one byte more each time would have us send all the rest for ever. */
#define LEAST_STEP 1024u
#define URL_SIZE 512
#define REPLY_MAX (DOWN_SEALED_MAX + (1u << 20)) /* and its receipts */

struct carry {
	struct fetch *fetch;
	char url[URL_SIZE];
	unsigned tries;
	unsigned wait_ms;
	bool (*progress)(void *arg, uint64_t sent, uint64_t total);
	void *arg;
	/* Of the bundle that is being carried. */
	uint64_t offset, total;
	bool gave_up; /* progress() said so */
	bool refused; /* the latest answer was 403 */
};

enum status
carry_open(struct carry **out, const struct carry_opts *opts, struct err *err)
{
	struct fetch_opts fetch = { 0 };
	size_t len = strlen(opts->url);
	struct carry *c;
	enum status st;

	*out = NULL;
	while (len > 0 && opts->url[len - 1] == '/')
		len--;
	if (len == 0 || len > URL_SIZE - 100)
		return err_set(err, ST_INVALID,
		    "the server's URL must look like http://host:port");
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	memcpy(c->url, opts->url, len);
	c->progress = opts->progress;
	c->arg = opts->arg;
	c->tries = opts->tries != 0 ? opts->tries : TRIES;
	c->wait_ms = opts->wait_ms != 0 ? opts->wait_ms : WAIT_FIRST_MS;
	if ((st = fetch_open(&c->fetch, &fetch, err)) == ST_OK)
		*out = c;
	else
		free(c);
	return st;
}

void
carry_close(struct carry *carry)
{
	if (carry == NULL)
		return;
	fetch_close(carry->fetch);
	free(carry);
}

/* Nobody answered, or the way broke. */
static enum status
run(struct carry *c, const struct fetch_request *request,
    struct fetch_reply *reply, struct err *err)
{
	enum status st = fetch_run(c->fetch, request, reply, err);

	c->refused = st == ST_OK && reply->code == 403;
	return st == ST_BUSY ? say_mark(err, SAY_NOT_CONNECTED) : st;
}

static enum status
ask(struct carry *c, const char *method, const char *path, const void *body,
    size_t len, size_t max, struct fetch_reply *reply, struct err *err)
{
	static const char *const HEADERS[] = { PROTOCOL };
	char url[URL_SIZE];
	struct fetch_request request = { .method = method,
		.url = url,
		.headers = HEADERS,
		.nheaders = 1,
		.body = body,
		.len = len,
		.reply_max = max };
	enum status st;

	snprintf(url, sizeof(url), "%.*s%s", URL_SIZE - 100, c->url, path);
	if ((st = run(c, &request, reply, err)) != ST_OK)
		return st;
	return fetch_check(reply, err);
}

static enum status
keep_body(struct writer *out, const struct fetch_reply *reply, struct err *err)
{
	writer_bytes(out, reply->body, reply->len);
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

enum status
carry_card(struct carry *carry, struct writer *out, struct err *err)
{
	struct fetch_reply reply;

	if (ask(carry, "GET", "/v1/server", NULL, 0, CARD_BYTES_MAX, &reply,
		err) != ST_OK)
		return err_wrap(err, "ask the server who it is");
	return keep_body(out, &reply, err);
}

enum status
carry_recovery(struct carry *carry, struct writer *out, struct err *err)
{
	struct fetch_reply reply;

	if (ask(carry, "GET", "/v1/recovery", NULL, 0, CARD_BYTES_MAX, &reply,
		err) != ST_OK)
		return err_wrap(err, "ask for the recovery key");
	return keep_body(out, &reply, err);
}

bool
carry_refused(const struct carry *carry)
{
	return carry->refused;
}

enum status
carry_return(
    struct carry *carry, const uint8_t *papers, size_t len, struct err *err)
{
	struct fetch_reply reply;

	return ask(carry, "POST", "/v1/return", papers, len, CARD_BYTES_MAX,
	    &reply, err);
}

enum status
carry_enrol(struct carry *carry, const uint8_t *request, size_t len,
    struct writer *out, struct err *err)
{
	struct fetch_reply reply;
	unsigned i;
	enum status st;

	/* The same request again gets the same cards. */
	for (i = 0;; i++) {
		st = ask(carry, "POST", "/v1/enrol", request, len,
		    (size_t)2 * CARD_BYTES_MAX, &reply, err);
		if (st != ST_BUSY || i == 2)
			break;
	}
	if (st == ST_UNTRUSTED)
		return say_set(err, SAY_CODE_REFUSED, NULL);
	if (st != ST_OK)
		return err_wrap(err, "enrol");
	return keep_body(out, &reply, err);
}

/* ---- bundles ---------------------------------------------------------------
 */

static bool
on_progress(void *arg, uint64_t sent, uint64_t received)
{
	struct carry *c = arg;

	(void)received;
	if (c->progress == NULL)
		return true;
	sent += c->offset;
	c->gave_up =
	    !c->progress(c->arg, sent < c->total ? sent : c->total, c->total);
	return !c->gave_up;
}

/* The Upload-Offset of the latest reply, if it makes sense. */
static bool
read_offset(struct carry *c, uint64_t *out)
{
	const char *text = fetch_header(c->fetch, "Upload-Offset");
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= c->total;
}

static void
wait_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* After a break: how much is there?  Left as it was where nobody says. */
static void
ask_offset(struct carry *c, const char *path)
{
	struct fetch_reply reply;
	struct err ignored;
	uint64_t offset;

	if (ask(c, "HEAD", path, NULL, 0, 0, &reply, &ignored) == ST_OK &&
	    read_offset(c, &offset))
		c->offset = offset;
}

static enum status
post_rest(struct carry *c, const char *path, const uint8_t *bytes,
    struct fetch_reply *reply, struct err *err)
{
	char offset[64], length[64], url[URL_SIZE];
	const char *headers[] = { PROTOCOL, offset, length };
	struct fetch_request request = { .method = "POST",
		.url = url,
		.headers = headers,
		.nheaders = 3,
		.body = bytes + c->offset,
		.len = (size_t)(c->total - c->offset),
		.reply_max = REPLY_MAX,
		.on_progress = on_progress,
		.arg = c };

	snprintf(url, sizeof(url), "%.*s%s", URL_SIZE - 100, c->url, path);
	snprintf(offset, sizeof(offset), "Upload-Offset: %" PRIu64, c->offset);
	snprintf(length, sizeof(length), "Upload-Length: %" PRIu64, c->total);
	return run(c, &request, reply, err);
}

/* How long the server asks to wait; else twice as long as before. */
static unsigned
next_wait(struct carry *c, unsigned before)
{
	const char *text = fetch_header(c->fetch, "Retry-After");
	unsigned long s = text != NULL ? strtoul(text, NULL, 10) : 0;

	if (s > 0 && s * 1000 <= WAIT_MAX_MS)
		return (unsigned)s * 1000;
	return before * 2 < WAIT_MAX_MS ? before * 2 : WAIT_MAX_MS;
}

/*
 * What an answer without a reply in it means: true to go on, *${wait} ms
 * from now, at c->offset.
 */
static bool
may_go_on(struct carry *c, const struct fetch_reply *reply, unsigned *wait)
{
	uint64_t offset;

	switch (reply->code) {
	case 202: /* a piece is there, and more is wanted */
	case 409: /* not from there, but from here */
		if (!read_offset(c, &offset))
			return false;
		c->offset = offset;
		*wait = 0;
		return true;
	case 422: /* what arrived was not what we named: all of it again */
		c->offset = 0;
		*wait = 0;
		return true;
	case 408:
	case 429:
	case 502:
	case 503:
	case 504:
		*wait = next_wait(c, *wait);
		return true;
	default:
		return false;
	}
}

/* Not a signed reply, whatever it is: told in words. */
static enum status
explain(const struct fetch_reply *reply, struct err *err)
{
	enum status st = fetch_check(reply, err);

	if (st == ST_UNTRUSTED || st == ST_OK)
		return say_set(err, SAY_NOT_OUR_SERVER,
		    "nothing was delivered: HTTP %u is not the answer of your "
		    "server (a login page of the network, or this laptop was "
		    "blocked); everything is kept",
		    reply->code);
	return err_wrap(err,
	    "nothing was delivered, everything is kept: HTTP %u", reply->code);
}

enum status
carry_bundle(struct carry *c, const uint8_t name[32], const uint8_t *bytes,
    size_t len, struct writer *out, struct err *err)
{
	char path[100] = "/v1/bundles/";
	struct fetch_reply reply;
	unsigned failed = 0, wait = c->wait_ms;
	uint64_t best = 0;
	enum status st;

	crypto_hex(path + strlen(path), name, 32);
	c->offset = 0;
	c->total = len;
	c->gave_up = false;
	for (;;) {
		st = post_rest(c, path, bytes, &reply, err);
		if (st == ST_OK && reply.code == 200)
			return keep_body(out, &reply, err);
		if (st == ST_OK && !may_go_on(c, &reply, &wait))
			return explain(&reply, err);
		if (st != ST_OK && st != ST_BUSY)
			return err_wrap(err,
			    "nothing was delivered, "
			    "everything is kept");
		if (++failed >= c->tries || c->gave_up)
			break;
		if (st == ST_BUSY || reply.code >= 500) {
			wait_ms(wait);
			wait = next_wait(c, wait);
			ask_offset(c, path);
		}
		if (c->offset > best + LEAST_STEP ||
		    (c->offset > best && c->offset == c->total)) {
			best = c->offset; /* it moves: go on patiently */
			failed = 0;
			wait = c->wait_ms;
		}
	}
	if (st == ST_OK)
		st = fetch_check(&reply, err);
	if (st == ST_OK)
		st = err_set(err, ST_BUSY, "the server did not take it");
	return err_wrap(err,
	    "nothing was delivered, everything is kept; "
	    "try again later");
}
