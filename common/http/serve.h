#ifndef COMMON_HTTP_SERVE_H
#define COMMON_HTTP_SERVE_H

/*
 * serve: an HTTP/1.1 server over libmicrohttpd, for the programs' own doors.
 *
 *	          +-- refused (rules below) ----------------> reply, close
 *	request --+-- guard -- route --+-- begin, data... --+
 *	                               +-- body in memory --+-- handle --+
 *	                                                                 |
 *	      close <-- reply <-- SERVE_REPLY, or SERVE_LATER and then --+
 *	                          serve_reply_later() from any thread
 *
 * libmicrohttpd is a lax parser, so every request is held to these rules
 * first; what breaks one is answered and its connection closed:
 *
 *	- HTTP/1.1 and nothing else; a target that begins with "/", of plain
 *	  characters, without "%", "//" and ".." in its path
 *	- names are tokens, values printable ASCII; every line ends in CR LF,
 *	  none is continued, none holds a NUL
 *	- exactly one Host; at most one Content-Length or Transfer-Encoding,
 *	  not both; the latter is "chunked" and nothing else
 *	- the sizes of limits.h, and the route's body_max, before anything is
 *	  allocated for the body
 *	- no trailers; a chunked request is the last on its connection (bare
 *	  LF between chunks cannot be seen from here, so that nothing can be
 *	  hidden behind one)
 *
 * libmicrohttpd refuses by itself, with a page of its own: heads larger than
 * its memory (431), malformed or overflowing Content-Length and chunk sizes
 * (400, 413), header lines without a colon (400), other HTTP majors (505),
 * a request line without method and version (closed), more parameters in
 * the query than its memory holds (silent, until patience ends).  Empty
 * lines, or lines that begin with NUL, before a request it skips unseen.
 *
 * Patience: a connection has an absolute time for its request's head, a
 * least rate for the body, a time to take the reply and a time to be idle;
 * past it the connection is cut, however busy it looks.
 *
 * Errors are small JSON: {"status": "invalid", "message": "..."}.  Every
 * reply says Cache-Control: no-store and X-Content-Type-Options: nosniff.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"

struct serve;         /* a listening server */
struct serve_request; /* one request, from its head to its close */
struct serve_reply;

enum serve_next {
	SERVE_REPLY, /* the reply is filled in: send it */
	SERVE_LATER, /* serve_reply_later() will be called, once, surely */
	SERVE_MORE,  /* go on (guard and begin only) */
};

typedef enum serve_next serve_handler(
    void *arg, struct serve_request *request, struct serve_reply *reply);

/*
 * One line of the table.  A path that ends in "*" stands for all paths that
 * begin so and go on for a byte or more, the tail.  The first line that
 * matches counts; GET lines answer HEAD where no line does.
 *
 * A body is collected in memory, up to body_max bytes, unless there is a
 * "data": then its pieces go there as they come.  "begin" is called before
 * the first of them and may refuse, "handle" after the last.  When "data"
 * fails, the rest is thrown away and the error is the reply.  "close" is
 * called once after begin or handle was, when the reply is gone or the
 * connection broke, in whatever state that was: for what serve_set_data()
 * holds.  All in the HTTP thread of the connection, one at a time.
 */
struct serve_route {
	const char *method;
	const char *path;
	size_t body_max; /* bytes; 0: a body is refused */
	serve_handler *handle;
	serve_handler *begin; /* may be NULL: SERVE_MORE */
	enum status (*data)(void *arg, struct serve_request *request,
	    const void *bytes, size_t len, struct err *err);
	void (*close)(void *arg, struct serve_request *request);
	bool secret; /* its body may hold a secret: wiped after it */
};

/* 0 stands for the value in brackets. */
struct serve_patience {
	unsigned head_ms;   /* from the connection, or first line, to the
	                     * end of the head [15,000] */
	unsigned idle_ms;   /* from a reply to the next request [60,000] */
	unsigned window_ms; /* of a body, in which ... [30,000] */
	unsigned rate;      /* ... so many bytes per second come [500];
	                     * a reply is taken at least this fast, too */
};

struct serve_opts {
	const char *address;              /* numeric; NULL: 127.0.0.1 */
	uint16_t port;                    /* 0: any that is free */
	const struct serve_route *routes; /* outlives the server */
	size_t nroutes;
	serve_handler *guard; /* may be NULL; SERVE_MORE lets pass */
	void *arg;            /* handed to guard and routes */
	unsigned threads;     /* 0: one */
	/*
	 * A thread for each connection, so that handlers and the sources of
	 * replies may block.  No SERVE_LATER then.  For few clients.
	 */
	bool thread_per_connection;
	/* Bodies hold what must not stay in memory: wiped after use. */
	bool secret;
	unsigned connections_max; /* all together; 0: 1000 */
	/* From one address; 0: no limit.  A carrier's NAT is one address for
	 * hundreds of villages: 256 at the least if the door is public. */
	unsigned per_address_max;
	struct serve_patience patience;
};

/*
 * Requests may come before this returns.  ST_IO: the address cannot be
 * listened on; ST_INVALID: it is none.
 */
enum status serve_open(
    struct serve **out, const struct serve_opts *opts, struct err *err);

/*
 * Refuse new requests (busy), wait for every SERVE_LATER to be answered and
 * a moment for replies to go out, then stop listening and close.  Whoever
 * answers must go on answering until this returns.  Accepts NULL.
 */
void serve_close(struct serve *serve);

uint16_t serve_port(const struct serve *serve);

/* The request.  All texts live as long as it does. */
const char *serve_method(const struct serve_request *request);
const char *serve_path(const struct serve_request *request);
/* What stands for the "*" of the route's path; "" where there is none. */
const char *serve_tail(const struct serve_request *request);
/* The first header called ${name}, in any case, or NULL. */
const char *serve_header(const struct serve_request *request, const char *name);
/* Whether Host is ${name} and the server's port: "127.0.0.1:8080". */
bool serve_host_is(const struct serve_request *request, const char *name);
/* The parameter ${name} of the query, or NULL. */
const char *serve_query(const struct serve_request *request, const char *name);
/* The whole body of a route without "data"; NULL if it is empty. */
const void *serve_body(const struct serve_request *request, size_t *len);
/* As announced by Content-Length; -1 if the body is chunked. */
int64_t serve_body_announced(const struct serve_request *request);
/* Something of the handler's own, until close; NULL at first. */
void serve_set_data(struct serve_request *request, void *data);
void *serve_data(const struct serve_request *request);

enum serve_body {
	SERVE_COPY,   /* copied once the handler returned: nothing local */
	SERVE_TAKE,   /* from malloc(); serve frees it */
	SERVE_STATIC, /* lives as long as the server */
};

/* A body made while it is sent.  Blocks, so thread_per_connection only. */
struct serve_source {
	/* Up to ${max} bytes: how many, 0 at the end, -1 on failure. */
	ssize_t (*read)(void *arg, char *out, size_t max);
	/* Once, whether all was read or the client is gone. */
	void (*close)(void *arg);
};

#define SERVE_REPLY_HEADERS_MAX 8

/* Handlers find it empty, with the code 200. */
struct serve_reply {
	unsigned code;    /* HTTP status */
	const char *type; /* Content-Type; NULL: none */
	const void *body;
	size_t len;
	enum serve_body own;
	const struct serve_source *source; /* instead of a body */
	void *source_arg;
	bool keep_open; /* do not close, although the code is 400 or more */
	unsigned nheaders;
	struct {
		const char *name; /* static */
		char value[128];
	} headers[SERVE_REPLY_HEADERS_MAX];
};

/* Add a header; ${name} is static, the value cut at 127 bytes. */
void serve_add_header(struct serve_reply *reply, const char *name,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Make ${reply} a copy of the ${len} bytes at ${body}, which may be local.
 * Always SERVE_REPLY: where there is no memory, that is the reply.
 */
enum serve_next serve_copy(
    struct serve_reply *reply, const char *type, const void *body, size_t len);

/* Make ${reply} the JSON of ${err}, with the HTTP status that suits it. */
enum serve_next serve_refuse(struct serve_reply *reply, const struct err *err);
/* The same with the HTTP status ${code}. */
enum serve_next serve_refuse_code(struct serve_reply *reply, unsigned code,
    enum status status, const char *message);

/*
 * Answer a request whose handler said SERVE_LATER, from any thread; also
 * before the handler has returned.  ${request} may not be touched any more;
 * ${reply} is the caller's again (its body went as "own" says).
 */
void serve_reply_later(
    struct serve_request *request, const struct serve_reply *reply);

#endif /* COMMON_HTTP_SERVE_H */
