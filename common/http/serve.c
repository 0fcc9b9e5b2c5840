#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/http/serve_internal.h"

/*
 * One connection's memory: the head twice over, and the reply's head.  More
 * than 32 KiB: libmicrohttpd then maps it, and what went through it (a
 * passphrase, on the local door) is gone with the connection.
 */
#define CONNECTION_MEMORY ((size_t)SERVE_HEAD_MAX * 2 + 4096)
#define CONNECTIONS_MAX 1000
#define BACKLOG 1024
/* How long serve_close() waits for replies that are on their way. */
#define CLOSING_MS 2000

static bool
parse_address(const char *text, uint16_t port, struct sockaddr_storage *out,
    socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof(*v6);
		return true;
	}
	return false;
}

static uint16_t
bound_port(int fd)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
		return 0;
	return ntohs(bound.ss_family == AF_INET
		? ((struct sockaddr_in *)&bound)->sin_port
		: ((struct sockaddr_in6 *)&bound)->sin6_port);
}

/*
 * A socket of our own, since TCP_NODELAY must be set before there are
 * connections to inherit it: a reply in several pieces would wait for the
 * acknowledgement of the first, one round trip on a slow link.
 */
static enum status
listen_on(struct serve *serve, const char *text, uint16_t port, struct err *err)
{
	struct sockaddr_storage address;
	socklen_t len = 0;
	int one = 1, fd;

	if (!parse_address(text, port, &address, &len))
		return err_set(err, ST_INVALID,
		    "listen on %s: not a numeric address", text);
	if ((fd = socket(address.ss_family, SOCK_STREAM, 0)) < 0)
		return err_set(
		    err, ST_IO, "open a socket: %s", strerror(errno));
	serve->listen_fd = fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return err_set(err, ST_IO, "listen on %s port %u: %s", text,
		    (unsigned)port, strerror(errno));
	serve->port = bound_port(fd);
	return ST_OK;
}

static struct MHD_Daemon *
start_daemon(struct serve *serve, const struct serve_opts *opts)
{
	unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_ITC |
	    (opts->thread_per_connection ? MHD_USE_THREAD_PER_CONNECTION
					 : MHD_ALLOW_SUSPEND_RESUME);
	unsigned idle_ms =
	    opts->patience.idle_ms != 0 ? opts->patience.idle_ms : 60000;
	struct MHD_OptionItem more[] = {
		/* Only where there is a pool: one is no pool. */
		{ MHD_OPTION_THREAD_POOL_SIZE, opts->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (opts->threads <= 1 || opts->thread_per_connection)
		more[0].option = MHD_OPTION_END;
	return MHD_start_daemon(flags, 0, NULL, NULL, serve_on_request, serve,
	    MHD_OPTION_LISTEN_SOCKET, serve->listen_fd,
	    MHD_OPTION_URI_LOG_CALLBACK, serve_on_target, serve,
	    MHD_OPTION_NOTIFY_COMPLETED, serve_on_completed, serve,
	    MHD_OPTION_NOTIFY_CONNECTION, serve_on_connection, serve,
	    MHD_OPTION_CONNECTION_LIMIT,
	    opts->connections_max != 0 ? opts->connections_max
				       : CONNECTIONS_MAX,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, opts->per_address_max,
	    MHD_OPTION_CONNECTION_TIMEOUT, (idle_ms + 999) / 1000,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

enum status
serve_open(struct serve **out, const struct serve_opts *opts, struct err *err)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	enum status st;

	*out = NULL;
	if (serve == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	serve->listen_fd = -1;
	serve->routes = opts->routes;
	serve->nroutes = opts->nroutes;
	serve->guard = opts->guard;
	serve->arg = opts->arg;
	serve->secret = opts->secret;
	st = listen_on(serve,
	    opts->address != NULL ? opts->address : "127.0.0.1", opts->port,
	    err);
	if (st != ST_OK)
		goto out;
	if ((st = watch_open(&serve->watch, &opts->patience, err)) != ST_OK)
		goto out;
	if ((serve->daemon = start_daemon(serve, opts)) == NULL) {
		serve->listen_fd = -1; /* it closed it */
		st = err_set(err, ST_IO, "the HTTP server does not start");
		goto out;
	}
	*out = serve;
	serve = NULL;
out:
	serve_close(serve);
	return st;
}

static void
sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

void
serve_close(struct serve *serve)
{
	int waited;

	if (serve == NULL)
		return;
	if (serve->daemon != NULL) {
		/*
		 * Without MHD_quiesce_daemon(): where there is a pool, its
		 * threads and ours then race to take the socket out of
		 * epoll, and who comes second aborts the program.
		 */
		atomic_store(&serve->closing, true);
		while (atomic_load(&serve->nlater) > 0)
			sleep_ms(2);
		for (waited = 0;
		     waited < CLOSING_MS && atomic_load(&serve->nrequests) > 0;
		     waited += 2)
			sleep_ms(2);
		MHD_stop_daemon(serve->daemon);
		serve->listen_fd = -1; /* closed by that */
	}
	watch_close(serve->watch);
	if (serve->listen_fd >= 0)
		close(serve->listen_fd);
	free(serve);
}

uint16_t
serve_port(const struct serve *serve)
{
	return serve->port;
}

const char *
serve_method(const struct serve_request *request)
{
	return request->method;
}

const char *
serve_path(const struct serve_request *request)
{
	return request->target;
}

const char *
serve_tail(const struct serve_request *request)
{
	return request->tail;
}

const char *
serve_header(const struct serve_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

bool
serve_host_is(const struct serve_request *request, const char *name)
{
	const char *host = serve_header(request, "Host");
	size_t len = strlen(name);
	char port[16];

	snprintf(port, sizeof(port), ":%u", (unsigned)request->serve->port);
	return host != NULL && strncmp(host, name, len) == 0 &&
	    strcmp(host + len, port) == 0;
}

const char *
serve_query(const struct serve_request *request, const char *name)
{
	return MHD_lookup_connection_value(
	    request->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const void *
serve_body(const struct serve_request *request, size_t *len)
{
	*len = request->body.len;
	return request->body.bytes;
}

int64_t
serve_body_announced(const struct serve_request *request)
{
	return request->announced;
}

void
serve_set_data(struct serve_request *request, void *data)
{
	request->data = data;
}

void *
serve_data(const struct serve_request *request)
{
	return request->data;
}
