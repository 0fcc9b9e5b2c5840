#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/store/work.h"

#define COPY 4096
#define SECTOR 512
#define SECTORS (COPY / SECTOR)

/* Of ${to}, the sectors whose bits are set come from ${from}. */
static void
mix(uint8_t *to, const uint8_t *from, unsigned bits)
{
	unsigned i;

	for (i = 0; i < SECTORS; i++)
		if ((bits & 1u << i) != 0)
			memcpy(to + i * SECTOR, from + i * SECTOR, SECTOR);
}

/* Exactly one of both passphrases opens it; ${new}: it must be the new. */
static void
check(struct run *run, const uint8_t *bytes, size_t len, int must,
    const char *when, unsigned bits)
{
	enum status old, new;

	run_case(run);
	kit_store(run->path, bytes, len);
	kit_forget(run->path);
	old = kit_unlock(run->path, PASS);
	kit_forget(run->path);
	new = kit_unlock(run->path, PASS_TWO);
	if ((old == ST_OK) == (new == ST_OK) || (must > 0 && new != ST_OK) ||
	    (must < 0 && old != ST_OK))
		run_fail(run, "%s, sectors %02x: old %s, new %s", when, bits,
		    err_name(old), err_name(new));
	if (old == ST_OK)
		kit_unlock(run->path, PASS);
	if (work_holds(run->path, 3) != WORK_HOLDS)
		run_fail(run, "%s, sectors %02x: not whole", when, bits);
}

/*
 * A change writes the copy not in force, syncs, and writes the other one: at
 * a cut, of the copy being written any sectors may be new.
 */
static void
cut_sectors(struct run *run, const uint8_t *old, const uint8_t *new, size_t len)
{
	unsigned step = (unsigned)run_count(run, 1, 7), bits, first;
	uint8_t *bytes = malloc(len);

	if (bytes == NULL)
		abort();
	for (first = 0; first < 2; first++)
		for (bits = 0; bits < 1u << SECTORS; bits += step) {
			memcpy(bytes, old, len);
			mix(bytes + first * COPY, new + first *COPY, bits);
			check(run, bytes, len, bits == 0 ? -1 : 0,
			    first ? "second copy" : "first copy", bits);
			/* The first is whole and new, now the other one. */
			memcpy(bytes, old, len);
			mix(bytes + first * COPY, new + first *COPY, 0xff);
			mix(bytes + COPY - first * COPY,
			    new + COPY - first *COPY, bits);
			check(run, bytes, len, 1,
			    first ? "then the first" : "then the second", bits);
		}
	free(bytes);
}

void
slots_sectors(struct run *run)
{
	struct sealvfs_file file = { .path = run->path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	uint8_t *old, *new;
	struct err err;
	size_t len;

	work_make(run->path);
	work_grow(run->path);
	old = kit_load(run->path, &len);
	if (sealvfs_slot_put(&file, &slot, &err) != ST_OK)
		abort();
	new = kit_load(run->path, &len);
	cut_sectors(run, old, new, len);
	free(old);
	free(new);
}

/* Costs that nobody wrote: passes and bytes. */
static const struct {
	const char *what;
	uint64_t ops, mem;
} COSTS[] = {
	{ "no pass", 0, 8192 },
	{ "one pass too many", 17, 8192 },
	{ "2^32 passes", 1ull << 32, 8192 },
	{ "2^63 passes", 1ull << 63, 8192 },
	{ "no memory", 1, 0 },
	{ "less than the least memory", 1, 8191 },
	{ "one byte too many", 1, (1ull << 30) + 1 },
	{ "4 GiB", 1, 1ull << 32 },
	{ "2^63 bytes", 1, 1ull << 63 },
	{ "all ones", UINT64_MAX, UINT64_MAX },
};
#define NCOSTS (sizeof(COSTS) / sizeof(COSTS[0]))

static void
write_u64(uint8_t *at, uint64_t value)
{
	int i;

	for (i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
}

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
slots_cost(struct run *run)
{
	uint8_t *bytes;
	enum status st;
	size_t i, len, copy;
	long begun;

	work_make(run->path);
	bytes = kit_load(run->path, &len);
	for (i = 0; i < NCOSTS; i++) {
		run_case(run);
		/* Of the first slot, in both copies. */
		for (copy = 0; copy < 2; copy++) {
			write_u64(bytes + copy * COPY + 64 + 24, COSTS[i].ops);
			write_u64(bytes + copy * COPY + 64 + 32, COSTS[i].mem);
		}
		kit_store(run->path, bytes, len);
		kit_forget(run->path);
		begun = now_ms();
		st = kit_unlock(run->path, PASS);
		if (st != ST_UNTRUSTED)
			run_fail(run, "%s: %s", COSTS[i].what, err_name(st));
		if (now_ms() - begun > 50)
			run_fail(
			    run, "%s: %ld ms", COSTS[i].what, now_ms() - begun);
	}
	free(bytes);
}
