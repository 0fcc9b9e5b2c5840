#ifndef TESTS_LIB_DOOR_H
#define TESTS_LIB_DOOR_H

/*
 * door: an office with its HTTP door open on loopback, a laptop, bundles with
 * one household in each, and requests about them, for tests of http/.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "common/http/fetch.h"
#include "sync-server/http/http.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

static struct office office;
static struct http *http;
static struct laptop laptop;
static struct err err;

static inline void
start(unsigned queue_max)
{
	struct http_opts opts = { .server = office.server,
		.queue_max = queue_max };

	ok(http_open(&http, &opts, &err));
}

static inline void
set_up(void)
{
	office_open(&office);
	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	start(0);
}

static inline void
tear_down(void)
{
	http_close(http);
	laptop_free(&laptop);
	office_close(&office);
}

/* What is sent, and its name. */
struct bundle {
	struct writer bytes;
	uint8_t name[BUNDLE_NAME_LEN];
	char hex[2 * BUNDLE_NAME_LEN + 1];
};

/* A set with one new household in it, for the next bundle. */
static inline void
add_visit(struct laptop *from, uint32_t n)
{
	struct draft *draft = calloc(1, sizeof(*draft));
	uint8_t id[CHANGE_ID_LEN];

	draft_start(draft, CHANGE_VISITS, (uint64_t)from->pen.writer << 32 | n);
	draft_row(draft, laptop_id(from, n), RECORD_HOUSEHOLD, 0, 0);
	draft_write(draft, 4, OFFICE_VILLAGE);
	draft_write(draft, 52, "Jalan Uji 1");
	laptop_add(from, &office, draft, id);
	free(draft);
}

/* A bundle of ${n} sets.  Of 60 it is too large to be kept in memory. */
static inline void
make_bundle_of(struct bundle *b, struct laptop *from, uint32_t n)
{
	uint32_t i;

	memset(b, 0, sizeof(*b));
	for (i = 1; i <= n; i++)
		add_visit(from, i);
	laptop_bundle(from, &office, &b->bytes, b->name);
	crypto_hex(b->hex, b->name, sizeof(b->name));
}

static inline void
make_bundle(struct bundle *b, struct laptop *from, uint32_t n)
{
	memset(b, 0, sizeof(*b));
	add_visit(from, n);
	laptop_bundle(from, &office, &b->bytes, b->name);
	crypto_hex(b->hex, b->name, sizeof(b->name));
}

/* One request, on a connection of its own. */
struct ask {
	const char *method;
	const char *hex;
	const void *body;
	size_t len;
	long offset, length; /* -1: no such header */
	const char *protocol;
	/* the answer */
	unsigned code;
	char have[32];   /* Upload-Offset */
	char retry[32];  /* Retry-After */
	char speaks[16]; /* Padu-Protocol */
	struct writer reply;
};

static inline enum status
ask(struct ask *a)
{
	char url[200], offset[64], length[64], protocol[64];
	const char *headers[3];
	struct fetch_opts opts = { 0 };
	struct fetch_request request = { .method = a->method,
		.url = url,
		.headers = headers,
		.body = a->body,
		.len = a->len,
		.reply_max = 1 << 21 };
	struct fetch_reply reply;
	struct fetch *fetch;
	struct err e;
	enum status st;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/bundles/%s",
	    http_port(http), a->hex);
	snprintf(offset, sizeof(offset), "Upload-Offset: %ld", a->offset);
	snprintf(length, sizeof(length), "Upload-Length: %ld", a->length);
	snprintf(protocol, sizeof(protocol), "Padu-Protocol: %s",
	    a->protocol != NULL ? a->protocol : "1");
	headers[request.nheaders++] = protocol;
	if (a->offset >= 0)
		headers[request.nheaders++] = offset;
	if (a->length >= 0)
		headers[request.nheaders++] = length;
	if (fetch_open(&fetch, &opts, &e) != ST_OK)
		return e.status;
	st = fetch_run(fetch, &request, &reply, &e);
	a->code = 0;
	if (st == ST_OK) {
		const char *have = fetch_header(fetch, "Upload-Offset");
		const char *retry = fetch_header(fetch, "Retry-After");
		const char *speaks = fetch_header(fetch, "Padu-Protocol");

		a->code = reply.code;
		snprintf(a->speaks, sizeof(a->speaks), "%s",
		    speaks != NULL ? speaks : "");
		snprintf(
		    a->have, sizeof(a->have), "%s", have != NULL ? have : "");
		snprintf(a->retry, sizeof(a->retry), "%s",
		    retry != NULL ? retry : "");
		writer_clear(&a->reply);
		writer_bytes(&a->reply, reply.body, reply.len);
	}
	fetch_close(fetch);
	return st;
}

static inline unsigned
post(struct ask *a, const struct bundle *b, long offset, size_t len)
{
	a->method = "POST";
	a->hex = b->hex;
	a->offset = offset;
	a->length = (long)b->bytes.len;
	a->body = b->bytes.bytes + offset;
	a->len = len;
	ck_assert_int_eq(ask(a), ST_OK);
	return a->code;
}

static inline const char *
head(struct ask *a, const struct bundle *b)
{
	a->method = "HEAD";
	a->hex = b->hex;
	a->offset = a->length = -1;
	a->body = NULL;
	a->len = 0;
	ck_assert_int_eq(ask(a), ST_OK);
	ck_assert_uint_eq(a->code, 200);
	return a->have;
}

/* The reply is the server's, to this bundle; the state of its first set. */
static inline enum receipt_state
judge(const struct ask *a, const struct bundle *b)
{
	struct receipt receipt;
	struct reply reply;

	ok(reply_unpack(&reply, a->reply.bytes, a->reply.len, b->name,
	    office.server->card.receipt_public, &err));
	ck_assert_uint_ge(reply.nreceipts, 1);
	ok(receipt_unpack(&receipt, reply.receipts,
	    office.server->card.receipt_public, &err));
	return receipt.state;
}

#endif /* TESTS_LIB_DOOR_H */
