#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/http/control.h"

#include "sync-server/commands/args.h"
#include "sync-server/commands/cli.h"
#include "sync-server/commands/command.h"
#include "sync-server/forward/forwarder.h"
#include "sync-server/http/http.h"
#include "sync-server/server.h"

#define LISTEN_DEFAULT "127.0.0.1:8460"

static const struct args_option OPTIONS[] = {
	{ "listen", "ADDRESS:PORT", false, false, "" },
	{ "upstream", "URL", false, false, "" },
	{ "forward-batch", "N", false, false, "" },
	{ "backoff-ms", "MIN:MAX", false, false, "" },
	{ NULL, NULL, false, false, NULL },
};

static const struct args_spec SPEC = { "", 0, 0, OPTIONS };

/* What runs. */
struct daemon {
	const struct cli *cli;
	char address[64];
	struct http_opts http_opts;
	struct forwarder_opts forwarder_opts;
	struct control_table table;
	struct server *server;
	struct http *http;
	struct forwarder *forwarder;
	struct control *control;
	char address_file[1100];
};

/* Two numbers with a colon between. */
static enum status
read_pair(const char *text, int64_t *a, int64_t *b, struct err *err)
{
	char *end;

	errno = 0;
	*a = strtoll(text, &end, 10);
	if (end != text && *end == ':') {
		text = end + 1;
		*b = strtoll(text, &end, 10);
		if (end != text && *end == '\0' && errno == 0 && *a > 0 &&
		    *b >= *a)
			return ST_OK;
	}
	return err_set(err, ST_INVALID,
	    "--backoff-ms is two numbers with a colon between, the smaller "
	    "first");
}

static enum status
read_listen(struct daemon *d, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	unsigned long port;
	char *end;

	if (colon != NULL && (size_t)(colon - text) < sizeof(d->address)) {
		memcpy(d->address, text, (size_t)(colon - text));
		port = strtoul(colon + 1, &end, 10);
		if (end != colon + 1 && *end == '\0' && port <= 65535) {
			d->http_opts.address = d->address;
			d->http_opts.port = (uint16_t)port;
			return ST_OK;
		}
	}
	return err_set(err, ST_INVALID,
	    "--listen is a numeric address, a colon and a port");
}

static enum status
read_options(struct daemon *d, const struct args *args, struct err *err)
{
	struct forward_opts *forward = &d->forwarder_opts.forward;
	const char *text = args_get(args, "listen");
	uint64_t batch;
	enum status st;

	st = read_listen(d, text != NULL ? text : LISTEN_DEFAULT, err);
	if (st != ST_OK)
		return st;
	st = args_number(args, "forward-batch", 500, 0, &batch, err);
	if (st != ST_OK)
		return st;
	forward->batch_max = (size_t)batch;
	text = args_get(args, "backoff-ms");
	if (text != NULL)
		st = read_pair(text, &forward->backoff_min_ms,
		    &forward->backoff_max_ms, err);
	d->forwarder_opts.url = args_get(args, "upstream");
	return st;
}

/* Say where we are: on standard output, and in DIR/address for scripts. */
static enum status
announce(struct daemon *d, struct err *err)
{
	const struct env *env = d->server->env;
	char line[96];
	enum status st;
	int n;

	n = snprintf(
	    line, sizeof(line), "%s:%u\n", d->address, http_port(d->http));
	snprintf(d->address_file, sizeof(d->address_file), "%s/address",
	    d->server->dir);
	st = env->write(env->arg, d->address_file, line, (size_t)n, err);
	if (st != ST_OK)
		return err_wrap(err, "say where the server listens");
	printf("listening on %s", line);
	fflush(stdout);
	return ST_OK;
}

static enum status
start(struct daemon *d, struct err *err)
{
	struct server_opts opts = { .dir = d->cli->dir,
		.regions = d->cli->regions,
		.env = env_real() };
	enum status st;

	if ((st = server_open(&d->server, &opts, err)) != ST_OK)
		return st;
	d->http_opts.server = d->server;
	d->table.commands = command_doors;
	d->table.ncommands = command_ndoors;
	d->table.arg = d->server;
	if ((st = http_open(&d->http, &d->http_opts, err)) != ST_OK ||
	    (st = control_start(&d->control, d->cli->dir, d->server->env,
		 &d->table, err)) != ST_OK)
		return st;
	if (d->forwarder_opts.url != NULL) {
		d->forwarder_opts.server = d->server;
		st = forwarder_open(&d->forwarder, &d->forwarder_opts, err);
		if (st != ST_OK)
			return st;
	}
	return announce(d, err);
}

static void
stop(struct daemon *d)
{
	struct err ignored;

	control_stop(d->control);
	http_close(d->http);
	forwarder_close(d->forwarder);
	if (d->address_file[0] != '\0')
		d->server->env->remove(
		    d->server->env->arg, d->address_file, &ignored);
	server_close(d->server);
}

int
cli_daemon(const struct cli *cli)
{
	struct daemon d = { .cli = cli };
	struct args args;
	sigset_t signals;
	struct err err;
	int got;

	if (args_parse(&args, &SPEC, cli->words + 1, cli->nwords - 1, &err) !=
		ST_OK ||
	    read_options(&d, &args, &err) != ST_OK) {
		fprintf(stderr, "padu-server run: %s; nothing was done.\n",
		    err.text);
		return CLI_USAGE;
	}
	/* Every thread is to leave these to the sigwait below. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);

	if (start(&d, &err) != ST_OK) {
		stop(&d);
		return cli_fail(cli, &err);
	}
	while (sigwait(&signals, &got) != 0)
		;
	stop(&d);
	return CLI_DONE;
}
