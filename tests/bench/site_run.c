#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/store/sealvfs.h"
#include "sync-server/http/http.h"
#include "tests/bench/measure.h"
#include "tests/bench/site_internal.h"
#include "tests/bench/slow.h"

#define SLOW_NAME "bench-slow"
#define SEAL_NAME "bench-seal"

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "site's server");
}

/* The child: tell the port, serve until ${stop} ends. */
static void
serve(struct site *site, const struct site_run *run, int tell, int stop)
{
	struct server_opts opts = site_opts(site);
	struct http_opts http = { .batch_max = run->batch_max };
	struct server *server;
	struct http *door;
	uint16_t port;
	struct err err;
	char byte;

	if (run->sync_us > 0) {
		slow_register(SLOW_NAME, "unix-excl", run->sync_us);
		must(sealvfs_register(SEAL_NAME, SLOW_NAME, &err), &err);
		opts.vfs = SEAL_NAME;
	}
	must(server_open(&server, &opts, &err), &err);
	http.server = server;
	must(http_open(&door, &http, &err), &err);
	port = http_port(door);
	if (write(tell, &port, sizeof(port)) != sizeof(port))
		_exit(EXIT_FAILURE);
	while (read(stop, &byte, 1) > 0)
		;
	http_close(door);
	server_close(server);
	_exit(EXIT_SUCCESS);
}

void
site_start(struct site *site, const struct site_run *run)
{
	int tell[2], stop[2];

	server_close(site->server);
	site->server = NULL;
	fflush(NULL);
	if (pipe(tell) != 0 || pipe(stop) != 0 || (site->child = fork()) < 0) {
		perror("site's server");
		exit(EXIT_FAILURE);
	}
	if (site->child == 0) {
		close(tell[0]);
		close(stop[1]);
		serve(site, run, tell[1], stop[0]);
	}
	close(tell[1]);
	close(stop[0]);
	site->stop_fd = stop[1];
	if (read(tell[0], &site->port, sizeof(site->port)) !=
	    sizeof(site->port)) {
		fprintf(stderr, "site's server: it did not start\n");
		exit(EXIT_FAILURE);
	}
	close(tell[0]);
}

double
site_cpu_s(const struct site *site)
{
	struct timespec ts = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(site->child, &clock) != 0 ||
	    clock_gettime(clock, &ts) != 0) {
		fprintf(stderr, "site's server: no CPU clock\n");
		exit(EXIT_FAILURE);
	}
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void
site_stop(struct site *site)
{
	struct server_opts opts = site_opts(site);
	struct err err;
	int status;

	close(site->stop_fd);
	if (waitpid(site->child, &status, 0) != site->child || status != 0) {
		fprintf(stderr, "site's server: ended with %d\n", status);
		exit(EXIT_FAILURE);
	}
	site->child = 0;
	must(server_open(&site->server, &opts, &err), &err);
}
