#ifndef SYNC_SERVER_HTTP_HTTP_H
#define SYNC_SERVER_HTTP_HTTP_H

/*
 * http: the server's door for laptops and relays.
 *
 *	GET  /v1/server          the signed server card
 *	POST /v1/enrol           a sealed request -> cards
 *	HEAD /v1/bundles/<hash>  how much of an upload is here
 *	POST /v1/bundles/<hash>  an upload, or the rest of it -> signed reply
 *	GET  /v1/health          200 while it works
 *
 * One file for each: card.c, enrol.c, upload.c, health.c.  Every request may
 * say which versions of the protocol it speaks (Padu-Protocol: 1-1; left out:
 * 1) and every answer says which ones are spoken here; 426: none in common.
 */

#include <stdint.h>

#include "common/base/err.h"

struct http;
struct server;

struct http_opts {
	struct server *server; /* stays open longer */
	const char *address;   /* numeric; NULL: 127.0.0.1 */
	uint16_t port;         /* 0: any that is free */
	unsigned threads;      /* 0: 2 */
	unsigned queue_max;    /* uploads that may wait; 0: the usual */
	unsigned batch_max;    /* uploads in one transaction; 0: the usual */
};

/* ST_IO: the address cannot be listened on; ST_INVALID: it is none. */
enum status http_open(
    struct http **out, const struct http_opts *opts, struct err *err);
/* Answers what is under way first. */
void http_close(struct http *http);
uint16_t http_port(const struct http *http);

#endif /* SYNC_SERVER_HTTP_HTTP_H */
