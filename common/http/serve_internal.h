#ifndef COMMON_HTTP_SERVE_INTERNAL_H
#define COMMON_HTTP_SERVE_INTERNAL_H

/* serve_internal: what serve's files share; see serve.h. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "common/base/writer.h"
#include "common/http/serve.h"

/* serve_watch.c: how long a connection may take for what it is doing. */
struct watch;
struct watched; /* one connection */

struct serve_request;

enum status watch_open(
    struct watch **out, const struct serve_patience *patience, struct err *err);
/* All connections must be gone.  Accepts NULL. */
void watch_close(struct watch *watch);

/* NULL if there is no memory. */
struct watched *watch_add(struct watch *watch, int fd);
/*
 * The connection is about to be closed.  Where the client may still be
 * sending, the socket is kept a moment longer and emptied: closed at once, it
 * would reset the connection and could take our reply with it.
 */
void watch_remove(struct watch *watch, struct watched *c);
/* The request that is under way on it, to be read and set; NULL: none. */
struct serve_request **watch_request(struct watched *c);

/* The first line of a request is there. */
void watch_head(struct watch *watch, struct watched *c);
void watch_body(struct watch *watch, struct watched *c);
void watch_body_moved(struct watched *c, size_t len);
/* The whole request is there: the time is ours. */
void watch_work(struct watched *c);
/* A reply of ${len} bytes goes out; -1: not known, no limit. */
void watch_reply(struct watch *watch, struct watched *c, int64_t len);
void watch_idle(struct watch *watch, struct watched *c);

struct serve {
	struct MHD_Daemon *daemon;
	int listen_fd;
	uint16_t port;
	struct watch *watch;
	const struct serve_route *routes;
	size_t nroutes;
	serve_handler *guard;
	void *arg;
	bool secret;
	atomic_bool closing;
	atomic_uint nrequests; /* between their head and their close */
	atomic_uint nlater;    /* handed out, and not answered yet */
};

enum request_state {
	REQUEST_HEAD,    /* the head was not looked at */
	REQUEST_BODY,    /* the body is coming */
	REQUEST_REFUSED, /* the body is coming, and thrown away */
	REQUEST_LATER,   /* handle said so */
	REQUEST_ANSWERED,
};

struct serve_request {
	struct serve *serve;
	struct watched *watched;
	struct MHD_Connection *mhd;
	enum request_state state;
	const struct serve_route *route;
	const char *method;
	const char *version;
	const char *tail;
	int64_t announced; /* bytes of body; -1: chunked */
	uint64_t received; /* bytes of body */
	struct writer body;
	bool opened; /* route->close is due */
	void *data;
	/* Written by serve_reply_later(), read once "later" says so. */
	struct MHD_Response *response;
	unsigned code;
	int64_t reply_len;
	atomic_int later;  /* enum later */
	size_t target_len; /* as sent */
	char target[];     /* as sent; after the check, the path alone */
};

enum later { LATER_NOT, LATER_SUSPENDED, LATER_ANSWERED };

/*
 * serve_request.c: what libmicrohttpd calls.  When the request line is read:
 * what it returns is our request, or NULL.
 */
void *serve_on_target(
    void *cls, const char *target, struct MHD_Connection *mhd);
/* With the head, each piece of body, the end of it, after a suspension. */
enum MHD_Result serve_on_request(void *cls, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version, const char *bytes,
    size_t *len, void **con);
/* When the connection forgets a request, answered or not. */
void serve_on_completed(void *cls, struct MHD_Connection *mhd, void **con,
    enum MHD_RequestTerminationCode why);
void serve_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what);

/*
 * serve_check.c.  Hold the head of ${request} to the rules of serve.h and
 * fill "announced" and the path.  0, or the HTTP status of the refusal with
 * *${rule} the sentence.
 */
unsigned serve_check(struct serve_request *request, const char **rule);
/* Whether trailers came with the body. */
bool serve_check_trailers(const struct serve_request *request);

/*
 * serve_route.c.  Find the route of ${request} and its tail.  If there is
 * none, NULL and the refusal in ${reply}.
 */
const struct serve_route *serve_find_route(const struct serve *serve,
    struct serve_request *request, struct serve_reply *reply);

/* serve_reply.c.  NULL if there is no memory; the body is used up anyway. */
struct MHD_Response *serve_response(const struct serve_reply *reply);
void serve_reply_start(struct serve_reply *reply);

#endif /* COMMON_HTTP_SERVE_INTERNAL_H */
