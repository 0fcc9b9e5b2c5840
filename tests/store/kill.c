#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/store/work.h"

/*
 * Let a child work for a few milliseconds and kill it.  *${last} is the last
 * number it acknowledged.
 */
static void
kill_once(struct run *run,
    void (*work)(const char *path, const char *vfs, unsigned seed, int out),
    unsigned round, int64_t *last)
{
	struct timespec wait = { 0 };
	int64_t number;
	int out[2], code;
	pid_t pid;

	if (pipe(out) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		close(out[0]);
		work(run->path, SEALVFS_NAME, round, out[1]);
		_exit(0);
	}
	close(out[1]);
	wait.tv_nsec = 2000000 + (long)run_random(run, 40000000);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	while (read(out[0], &number, sizeof(number)) == sizeof(number))
		*last = number;
	close(out[0]);
	waitpid(pid, &code, 0);
	if (!WIFSIGNALED(code))
		run_fail(run, "round %u: it ended with %d", round,
		    WEXITSTATUS(code));
}

void
kill_writer(struct run *run)
{
	long round, rounds = run_count(run, 200, 60);
	int64_t last = 0;

	work_make(run->path);
	for (round = 0; round < rounds; round++) {
		run_case(run);
		kill_once(run, round % 4 == 3 ? work_purge : work_write,
		    (unsigned)round, &last);
		if (work_holds(run->path, last) != WORK_HOLDS)
			run_fail(run, "round %ld: commit %lld is lost", round,
			    (long long)last);
	}
	if (last < rounds)
		run_fail(run, "only %lld commits were made", (long long)last);
	run_say(run, "%lld commits acknowledged, all there", (long long)last);
}

/* A number that nobody has: its kecamatan is 99. */
#define NUMBER "6402994107900001"
#define MARKER "PLAINTEXT-MARKER-" NUMBER

/* What may be in no file, and how many bytes that is. */
static const struct {
	const char *what, *bytes;
	size_t len;
} NEVER[] = {
	{ "UTF-8", NUMBER, 16 },
	{ "UTF-16", "6\0004\0000\0002\0009\0009\0004\0001\000", 16 },
	{ "hex", "36343032393934313037393030303031", 32 },
	{ "base64", "NjQwMjk5NDEwNzkwMDAwMQ", 22 },
	{ "schema", "CREATE TABLE", 12 },
	{ "header", "SQLite format", 13 },
	{ "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0", 12 },
};
#define NNEVER (sizeof(NEVER) / sizeof(NEVER[0]))

static void
write_markers(const char *path, const char *vfs, unsigned seed, int out)
{
	struct db_opts opts = { .path = path, .vfs = vfs, .cache_kib = 40 };
	struct db *db;
	struct err err;
	int64_t i = 0;

	(void)seed;
	if (db_open(&db, &opts, &err) != ST_OK)
		_exit(1);
	while (
	    db_exec_script(db,
		"BEGIN IMMEDIATE;"
		"CREATE TEMP TABLE IF NOT EXISTS z AS SELECT '" MARKER "' AS x;"
		"INSERT INTO t (b) VALUES ('" MARKER "' || zeroblob(900)),"
		" ('" MARKER "'), (hex('" MARKER "'));"
		"INSERT INTO z SELECT b FROM t ORDER BY b DESC LIMIT 50;"
		"UPDATE u SET b = '" MARKER "'; COMMIT",
		&err) == ST_OK) {
		i++;
		if (write(out, &i, sizeof(i)) != sizeof(i))
			_exit(4);
	}
	_exit(3);
}

static void
scan(struct run *run, const char *path, size_t from)
{
	uint8_t *bytes;
	size_t len, at, i;

	bytes = kit_load(path, &len);
	for (at = from; at + 32 <= len; at++)
		for (i = 0; i < NNEVER; i++)
			if (memcmp(bytes + at, NEVER[i].bytes, NEVER[i].len) ==
			    0)
				run_fail(run, "%s: %s at %zu",
				    strrchr(path, '/'), NEVER[i].what, at);
	free(bytes);
}

/* Every file that is left, but for the slots of the header. */
static void
scan_folder(struct run *run)
{
	struct dirent *entry;
	char path[500];
	DIR *dir = opendir(run->folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		run_case(run);
		snprintf(
		    path, sizeof(path), "%s/%s", run->folder, entry->d_name);
		scan(run, path, strcmp(path, run->path) == 0 ? START : 0);
	}
	closedir(dir);
}

void
kill_scan(struct run *run)
{
	struct run planted = { .name = "planted" };
	long round, rounds = run_count(run, 40, 8);
	char path[300];
	int64_t last;
	size_t i;

	for (round = 0; round < rounds; round++) {
		kit_clear(run->folder);
		work_make(run->path);
		work_grow(run->path);
		last = 0;
		kill_once(run, write_markers, (unsigned)round, &last);
		scan_folder(run);
	}
	/* The scan must see what is there to be seen. */
	snprintf(path, sizeof(path), "%s/planted", run->folder);
	for (i = 0; i < NNEVER; i++) {
		uint8_t bytes[64];

		memset(bytes, 'x', sizeof(bytes));
		memcpy(bytes + 7, NEVER[i].bytes, NEVER[i].len);
		kit_store(path, bytes, sizeof(bytes));
		planted.failures = 5; /* it prints nothing more */
		scan(&planted, path, 0);
		if (planted.failures == 5)
			run_fail(run, "planted %s is not seen", NEVER[i].what);
	}
	run_say(run, "files scanned; %zu planted leaks seen", NNEVER);
}
