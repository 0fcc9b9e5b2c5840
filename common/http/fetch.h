#ifndef COMMON_HTTP_FETCH_H
#define COMMON_HTTP_FETCH_H

/*
 * fetch: ask an HTTP server, over libcurl, one request after another on one
 * connection that is kept between them.
 *
 *	fetch_open -> fetch_run -> fetch_run -> ... -> fetch_close
 *	                  |
 *	             struct fetch_reply, until the next run or close
 *
 * Made for links that are slow and break: no round trip for "Expect", a
 * small send buffer so that progress and stalls are told as they are, no
 * limit to the whole time, but one to standing still.  Redirects are not
 * followed and no proxy is taken from the environment: who answers is
 * whom we asked, or nobody.
 *
 * One fetch is used by one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct fetch;

struct fetch_opts {
	const char *ca_file; /* PEM; NULL: what the system trusts */
	/* "sha256//..." of the server's public key (base64), or NULL. */
	const char *pinned_key;
	bool env_proxy;      /* take http_proxy etc. from the environment */
	bool patient;        /* standing still is no fault */
	unsigned connect_ms; /* to connect, TLS included; 0: 15,000 */
	unsigned stall_s;    /* under 50 bytes/s for so long; 0: 30 */
};

struct fetch_request {
	const char *method;         /* "GET", "HEAD", "POST", ... */
	const char *url;            /* http:// or https:// */
	const char *const *headers; /* "Name: value" */
	size_t nheaders;
	/* May be empty.  application/octet-stream unless headers say. */
	const void *body;
	size_t len;
	size_t reply_max; /* bytes of the reply's body */
	/* Pieces of a 200's body go here instead of to the reply. */
	enum status (*on_body)(
	    void *arg, const void *bytes, size_t len, struct err *err);
	/* Some times a second; false gives up (ST_BUSY).  May be NULL. */
	bool (*on_progress)(void *arg, uint64_t sent, uint64_t received);
	void *arg;
};

/* Belongs to the fetch until its next run. */
struct fetch_reply {
	unsigned code; /* HTTP status, whatever it is */
	const void *body;
	size_t len;
	bool connected; /* set on failure, too: if not, nobody saw anything */
};

enum status fetch_open(
    struct fetch **out, const struct fetch_opts *opts, struct err *err);

/* Accepts NULL. */
void fetch_close(struct fetch *fetch);

/*
 * Ask, and wait for the whole reply.
 *
 * ST_BUSY: no connection, it broke, stood still, or on_progress gave up: the
 *	same may work later.  Whether the server acted is not known.
 * ST_UNTRUSTED: a certificate or key is not the one.
 * ST_INVALID: the URL is none; what came is no HTTP/1.1, or is larger than
 *	reply_max; or what on_body said.
 */
enum status fetch_run(struct fetch *fetch, const struct fetch_request *request,
    struct fetch_reply *reply, struct err *err);

/*
 * The header ${name} of the last reply, or NULL if it had none, or more than
 * one.  Until the next run.
 */
const char *fetch_header(struct fetch *fetch, const char *name);

/*
 * What the code of ${reply} means: ST_OK for 2xx; ST_BUSY for what may pass
 * (408, 429, 5xx); ST_UNTRUSTED for 401, 403 and all redirects (a login
 * page of the network); ST_NOTFOUND, ST_CONFLICT, ST_INVALID.  Nothing of
 * the reply's body gets into ${err}.
 */
enum status fetch_check(const struct fetch_reply *reply, struct err *err);

#endif /* COMMON_HTTP_FETCH_H */
