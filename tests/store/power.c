#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/disk.h"
#include "tests/store/store.h"
#include "tests/store/work.h"

static const char *const STATES[] = {
	[WORK_HOLDS] = "there",
	[WORK_SHUT] = "the file does not open",
	[WORK_LOST] = "lost",
	[WORK_DISAGREES] = "half done",
};

/* What a child does until the power is cut. */
struct cut {
	void (*work)(const char *path, const char *vfs, unsigned seed, int out);
	const char *vfs;
	long within; /* calls from which the moment is drawn; 0: all of them */
	bool lies;
	enum disk_fault how; /* before the cut, one call of ${fail_at} */
	long fail_at;
};

static void
child(struct run *run, const struct cut *cut, unsigned round, long moment,
    int out)
{
	disk_watch(run->folder);
	if (cut->lies)
		disk_lie();
	if (cut->fail_at > 0)
		disk_fail_at(1 + round % cut->fail_at, cut->how, false);
	disk_cut_at(moment, round);
	cut->work(run->path, cut->vfs, round, out);
	disk_cut();
}

/* How many calls that change something the whole of the work takes. */
static long
count_changes(struct run *run, const struct cut *cut)
{
	int64_t changes = 0;
	int out[2];
	pid_t pid;

	if (pipe(out) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		disk_watch(run->folder);
		cut->work(run->path, cut->vfs, 0, out[1]);
		changes = disk_changes();
		_exit(write(out[1], &changes, sizeof(changes)) < 0);
	}
	close(out[1]);
	while (read(out[0], &changes, sizeof(changes)) == sizeof(changes))
		continue;
	close(out[0]);
	waitpid(pid, NULL, 0);
	return changes;
}

/*
 * When to cut: where all is known, every second time near the end, or right
 * after it.  (A damaged header takes a few calls more.)
 */
static long
draw_moment(struct run *run, const struct cut *cut, long changes)
{
	long moment = (long)run_random(
	    run, (uint64_t)(cut->within > 0 ? cut->within : changes));

	if (cut->within == 0 && changes > 12 && run_random(run, 2) == 0)
		return changes + 6 - (long)run_random(run, 16);
	return 1 + moment;
}

/*
 * Let a child work until the power is cut; *${last} is the last number it
 * acknowledged.  False: it ended in another way than by the cut.
 */
static bool
cut_once(struct run *run, const struct cut *cut, unsigned round, long changes,
    int64_t *last)
{
	long moment = draw_moment(run, cut, changes);
	int out[2], code = 0;
	int64_t number;
	pid_t pid;

	if (pipe(out) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		close(out[0]);
		child(run, cut, round, moment, out[1]);
	}
	close(out[1]);
	while (read(out[0], &number, sizeof(number)) == sizeof(number))
		*last = number;
	close(out[0]);
	waitpid(pid, &code, 0);
	if (WIFEXITED(code) && WEXITSTATUS(code) == DISK_CUT_EXIT)
		return true;
	run_fail(
	    run, "round %u: the program ended with %x", round, (unsigned)code);
	return false;
}

static void
commits(struct run *run, const struct cut *cut, long rounds)
{
	enum work_state state;
	int64_t last = 0;
	long round;

	work_make(run->path);
	if (work_unlock(run->path, cut->vfs, PASS) != ST_OK)
		run_fail(run, "it does not open");
	for (round = 0; round < rounds && run->failures < 20; round++) {
		run_case(run);
		cut_once(run, cut, (unsigned)round, 0, &last);
		state = work_holds(run->path, last);
		if (state != WORK_HOLDS)
			run_fail(run, "round %ld: commit %lld: %s", round,
			    (long long)last, STATES[state]);
	}
	if (last < rounds)
		run_fail(run, "only %lld commits were made", (long long)last);
	run_say(run, "%lld commits acknowledged, all there", (long long)last);
}

void
power_commits(struct run *run)
{
	const struct cut cut = {
		.work = work_write, .vfs = SEALVFS_NAME, .within = 500
	};

	commits(run, &cut, run_count(run, 5000, 150));
}

void
power_shared(struct run *run)
{
	const struct cut cut = {
		.work = work_write, .vfs = SHARED_NAME, .within = 500
	};

	commits(run, &cut, run_count(run, 2000, 60));
}

void
power_failing(struct run *run)
{
	static const enum disk_fault HOW[] = { DISK_EIO, DISK_FULL,
		DISK_HALF_FULL };
	struct cut cut = { .work = work_write_on,
		.vfs = SEALVFS_NAME,
		.within = 500,
		.fail_at = 400 };
	size_t i;

	for (i = 0; i < 3; i++) {
		cut.how = HOW[i];
		kit_remove(run->path);
		commits(run, &cut, run_count(run, 1000, 40));
	}
}

void
power_purge(struct run *run)
{
	const struct cut cut = {
		.work = work_purge, .vfs = SEALVFS_NAME, .within = 900
	};

	commits(run, &cut, run_count(run, 2000, 80));
}

/* Without syncs what is safe only by luck must be lost. */
void
power_lies(struct run *run)
{
	const struct cut cut = { .work = work_write,
		.vfs = SEALVFS_NAME,
		.within = 500,
		.lies = true };
	long round, rounds = run_count(run, 400, 40), lost = 0;
	uint8_t *bytes;
	int64_t last;
	size_t len;

	work_make(run->path);
	bytes = kit_load(run->path, &len);
	for (round = 0; round < rounds; round++) {
		run_case(run);
		last = 0;
		cut_once(run, &cut, (unsigned)round, 0, &last);
		lost += work_holds(run->path, last) != WORK_HOLDS;
		unlink(run->log);
		kit_store(run->path, bytes, len);
	}
	free(bytes);
	if (lost < rounds / 8)
		run_fail(
		    run, "only %ld of %ld cuts lost anything", lost, rounds);
	run_say(
	    run, "%ld of %ld cuts lost a commit, as they must", lost, rounds);
}

/*
 * What may open the file after a cut: the old passphrase, and, once the
 * change is acknowledged, only the new one.
 */
static void
changes(struct run *run, const struct cut *cut, long rounds)
{
	long round, old = 0, new = 0, done = 0, changes;
	enum status first, second;
	struct work_files files;
	int64_t last;

	work_files_make(&files, run);
	work_files_put(&files, run);
	kit_unlock(run->path, PASS);
	changes = count_changes(run, cut);
	for (round = 0; round < rounds && run->failures < 20; round++) {
		run_case(run);
		/* Both copies of the header are good, or only one of them. */
		if (round % 3 > 0)
			files.bytes[round % 3 * 4096 - 4000] ^= 1;
		work_files_put(&files, run);
		if (round % 3 > 0)
			files.bytes[round % 3 * 4096 - 4000] ^= 1;
		kit_unlock(run->path, PASS);
		last = 0;
		cut_once(run, cut, (unsigned)round, changes, &last);
		kit_forget(run->path);
		first = kit_unlock(run->path, PASS);
		if (first != ST_OK)
			kit_forget(run->path);
		second = kit_unlock(run->path, PASS_TWO);
		if (first == ST_OK)
			kit_unlock(run->path, PASS);
		if ((first == ST_OK) == (second == ST_OK) ||
		    (last != 0 && second != ST_OK))
			run_fail(run, "round %ld: old %s, new %s%s", round,
			    err_name(first), err_name(second),
			    last != 0 ? ", acknowledged" : "");
		if (work_holds(run->path, WORK_GROWN) != WORK_HOLDS)
			run_fail(run, "round %ld: something is lost", round);
		if (!work_is_swept(run->folder))
			run_fail(run, "round %ld: a leftover stayed", round);
		old += first == ST_OK;
		new += second == ST_OK;
		done += last != 0;
	}
	work_files_free(&files);
	if (old < rounds / 20 || new < rounds / 20)
		run_fail(run, "%ld times the old, %ld the new", old, new);
	run_say(run, "%ld times the old opens, %ld the new; %ld acknowledged",
	    old, new, done);
}

void
power_rotation(struct run *run)
{
	const struct cut cut = { .work = work_rotate, .vfs = SEALVFS_NAME };

	changes(run, &cut, run_count(run, 3000, 150));
}

void
power_passphrase(struct run *run)
{
	const struct cut cut = {
		.work = work_passphrase, .vfs = SEALVFS_NAME, .within = 12
	};

	changes(run, &cut, run_count(run, 2000, 80));
}

void
power_create(struct run *run)
{
	const struct cut cut = {
		.work = work_create, .vfs = SEALVFS_NAME, .within = 9
	};
	long round, rounds = run_count(run, 1000, 60), whole = 0;
	struct db *db;
	int64_t last;

	for (round = 0; round < rounds; round++) {
		run_case(run);
		kit_clear(run->folder);
		kit_forget(run->path);
		last = 0;
		cut_once(run, &cut, (unsigned)round, 0, &last);
		if (kit_unlock(run->path, PASS) == ST_OK) {
			whole++;
		} else if (last != 0 || access(run->path, F_OK) == 0) {
			run_fail(
			    run, "round %ld: neither whole nor gone", round);
			continue;
		} else {
			kit_make(run->path);
		}
		if (kit_try_open(&db, run->path) != ST_OK)
			run_fail(run, "round %ld: it does not open", round);
		else if (!kit_is_sound(db))
			run_fail(run, "round %ld: not sound", round);
		db_close(db);
	}
	if (whole == 0 || whole == rounds)
		run_fail(run, "%ld of %ld were whole", whole, rounds);
	run_say(run, "%ld whole, %ld to be made again", whole, rounds - whole);
}
