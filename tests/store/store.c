/*
 * store --golden FOLDER: see golden.c.
 * store [--long] [--list] [WORD...]: every test whose name holds one of the
 * words, or all of them.  With STORE_LOG set, what SQLite logs is printed.
 */

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto/crypto.h"
#include "tests/store/disk.h"
#include "tests/store/golden.h"
#include "tests/store/memory.h"
#include "tests/store/store.h"

static const struct test TESTS[] = {
	{ "a flipped bit of the database is reported", flip_database, false },
	{ "pages do not change places", flip_places, false },
	{ "a flipped bit of the log loses no earlier commit", flip_log, false },
	{ "a flipped bit of the header is mended or reported", flip_header,
	    false },
	{ "a log cut anywhere keeps what is before the cut", cut_log, false },
	{ "a database cut anywhere is reported", cut_database, false },
	{ "power cut: no acknowledged commit is lost", power_commits, false },
	{ "power cut: the same over unix", power_shared, false },
	{ "power cut after failing writes: the same", power_failing, false },
	{ "power cut in a rotation: the old or the new", power_rotation,
	    false },
	{ "power cut in a purge: no commit is lost", power_purge, false },
	{ "power cut in a change of passphrase: one of them opens",
	    power_passphrase, false },
	{ "power cut in making a file: whole or not there", power_create,
	    false },
	{ "power cut, disk lies: loss is seen (negative control)", power_lies,
	    false },
	{ "I/O error at a call: as before or done", fault_eio, false },
	{ "disk full at a call: as before or done", fault_full, false },
	{ "short reads and writes change nothing", fault_short, false },
	{ "no memory at an allocation: as before or done", fault_memory,
	    false },
	{ "kill -9: no acknowledged commit is lost", kill_writer, false },
	{ "kill -9: nothing is left to be read", kill_scan, false },
	{ "writers and readers in programs and threads", crowd_write, false },
	{ "a reader lives through a log begun anew", crowd_restart, false },
	{ "programs that make one file at once", crowd_create, false },
	{ "slots are edited while another writes", crowd_slots, false },
	{ "it does what a plain database does", alike_plain, false },
	{ "a file past the lock byte, which lies lower", large_lock_byte,
	    false },
	{ "a file past the lock byte at 1 GiB", large_file, true },
	{ "a purge overwrites, shrinks, and needs little memory", purge_memory,
	    false },
	{ "every type of file: sealed, in memory, or refused", files_types,
	    false },
	{ "no other file is opened for writing", files_opened, false },
	{ "planted journals and foreign logs are refused", files_planted,
	    false },
	{ "a header cut at each sector opens", slots_sectors, false },
	{ "absurd passphrase costs are refused at once", slots_cost, false },
	{ "old pages, logs, headers put back: as documented", replay_pages,
	    false },
	{ "the golden file opens", golden_opens, false },
};
#define NTESTS (sizeof(TESTS) / sizeof(TESTS[0]))

void
run_case(struct run *run)
{
	run->cases++;
}

void
run_fail(struct run *run, const char *fmt, ...)
{
	va_list ap;

	if (run->failures++ >= 5)
		return;
	printf("# %s: ", run->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void
run_say(struct run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(run->said, sizeof(run->said), fmt, ap);
	va_end(ap);
}

long
run_count(const struct run *run, long all, long sample)
{
	return run->full ? all : sample;
}

uint64_t
run_random(struct run *run, uint64_t below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random % below;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
run_one(const struct test *test, const char *folder, bool full, long *failures)
{
	struct run run = {
		.name = test->name, .full = full, .random = 88172645463325252u
	};
	double begun = seconds();

	snprintf(run.folder, sizeof(run.folder), "%s", folder);
	snprintf(run.path, sizeof(run.path), "%s/x.db", folder);
	snprintf(run.log, sizeof(run.log), "%s-wal", run.path);
	test->test(&run);
	kit_forget(run.path);
	kit_clear(folder);
	if (run.cases == 0)
		run_fail(&run, "no cases");
	printf("figure %-55s %8ld %8ld %8.1f  %s\n", test->name, run.cases,
	    run.failures, seconds() - begun, run.said);
	printf(
	    "%s store: %s\n", run.failures == 0 ? "ok" : "not ok", test->name);
	*failures += run.failures;
}

static bool
is_wanted(const struct test *test, char **words, int nwords)
{
	int i;

	for (i = 0; i < nwords; i++)
		if (strstr(test->name, words[i]) != NULL)
			return true;
	return nwords == 0;
}

static void
print_log(void *arg, int code, const char *text)
{
	(void)arg;
	printf("# (%d) %s\n", code, text);
}

static void
start(char *folder, size_t size)
{
	const char *under = getenv("TMPDIR");
	struct err err;

	snprintf(folder, size, "%.100s/padu-store-XXXXXX",
	    under != NULL ? under : "/tmp");
	if (getenv("STORE_LOG") != NULL)
		sqlite3_config(SQLITE_CONFIG_LOG, print_log, NULL);
	memory_config();
	if (mkdtemp(folder) == NULL || crypto_start(&err) != ST_OK ||
	    sealvfs_register(SEALVFS_NAME, NULL, &err) != ST_OK ||
	    sealvfs_register(SHARED_NAME, "unix", &err) != ST_OK) {
		fprintf(stderr, "store: cannot start\n");
		exit(2);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	disk_rush();
}

int
main(int argc, char **argv)
{
	char folder[150];
	bool full = false, list = false, make_golden = false;
	long failures = 0;
	size_t i;

	for (; argc > 1 && argv[1][0] == '-'; argv++, argc--) {
		full |= strcmp(argv[1], "--long") == 0;
		list |= strcmp(argv[1], "--list") == 0;
		make_golden |= strcmp(argv[1], "--golden") == 0;
	}
	start(folder, sizeof(folder));
	if (make_golden) {
		rmdir(folder);
		return argc == 2 ? golden_make(argv[1]) : 2;
	}
	printf("figure %-55s %8s %8s %8s\n", "test", "cases", "failures",
	    "seconds");
	for (i = 0; i < NTESTS; i++) {
		if (!is_wanted(&TESTS[i], argv + 1, argc - 1))
			continue;
		if (list)
			printf("%s\n", TESTS[i].name);
		else if (full || !TESTS[i].only_long)
			run_one(&TESTS[i], folder, full, &failures);
	}
	rmdir(folder);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
