#ifndef TESTS_STORE_STORE_H
#define TESTS_STORE_STORE_H

/*
 * The test programme of the sealed store: a table of tests, each with its
 * cases, failures and seconds.
 *
 *	test(run) -> run_case(run), run_fail(run, ...) ... -> a line of it
 *
 * A test has a folder of its own, empty when it begins.  It prints nothing
 * but what run_fail() and run_say() print.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#define SHARED_NAME "seal-shared" /* over "unix": several programs */

struct run {
	const char *name;
	bool full; /* --long: every one, not a sample */
	long cases, failures;
	char folder[200];
	char path[230]; /* of a database in it, and its log */
	char log[240];
	char said[160]; /* what the table says beside the numbers */
	uint64_t random;
};

struct test {
	const char *name; /* a sentence */
	void (*test)(struct run *run);
	bool only_long;
};

void run_case(struct run *run);
void run_fail(struct run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);
void run_say(struct run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* How many of ${all} to do: all of them, or ${sample}. */
long run_count(const struct run *run, long all, long sample);
uint64_t run_random(struct run *run, uint64_t below);

/* ---- kit.c: sealed files, with the cheapest passphrase there is. */

#define LABEL "BS"
#define PASS "pass one"
#define PASS_TWO "pass two"
#define START 8192 /* bytes before page 1 */
#define PAGE 4096
#define FRAME 4168 /* a sealed frame of the log */
#define LOG_START 72

extern const struct passphrase_cost CHEAP;

/* All below end the program if what they need cannot be had. */
struct sealvfs_slot kit_slot(const char *label, const char *pass);
void kit_make(const char *path);
/* The file and what is beside it, and its key. */
void kit_remove(const char *path);
void kit_forget(const char *path);
uint8_t *kit_load(const char *path, size_t *len);
void kit_store(const char *path, const uint8_t *bytes, size_t len);
void kit_run(struct db *db, const char *sql);
struct db *kit_open(const char *path);
/* Remove every file of the folder. */
void kit_clear(const char *folder);

/* These say what became of it. */
enum status kit_unlock(const char *path, const char *pass);
enum status kit_try_open(struct db **out, const char *path);
/* The first column of the first row; "ok" is 1; -1: failed. */
int64_t kit_ask(struct db *db, const char *sql);
bool kit_is_sound(struct db *db);

/* ---- the tests, by file */

void flip_database(struct run *run);
void flip_places(struct run *run);
void flip_log(struct run *run);
void flip_header(struct run *run);
void cut_log(struct run *run);
void cut_database(struct run *run);
void power_commits(struct run *run);
void power_shared(struct run *run);
void power_failing(struct run *run);
void power_rotation(struct run *run);
void power_purge(struct run *run);
void power_passphrase(struct run *run);
void power_create(struct run *run);
void power_lies(struct run *run);
void fault_eio(struct run *run);
void fault_full(struct run *run);
void fault_short(struct run *run);
void fault_memory(struct run *run);
void kill_writer(struct run *run);
void kill_scan(struct run *run);
void crowd_write(struct run *run);
void crowd_restart(struct run *run);
void crowd_create(struct run *run);
void crowd_slots(struct run *run);
void alike_plain(struct run *run);
void large_lock_byte(struct run *run);
void large_file(struct run *run);
void purge_memory(struct run *run);
void files_types(struct run *run);
void files_opened(struct run *run);
void files_planted(struct run *run);
void slots_sectors(struct run *run);
void slots_cost(struct run *run);
void replay_pages(struct run *run);
void golden_opens(struct run *run);

#endif /* TESTS_STORE_STORE_H */
