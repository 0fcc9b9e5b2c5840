#ifndef TESTS_LIB_PURGING_H
#define TESTS_LIB_PURGING_H

/*
 * purging: a laptop with a household to visit, a server that makes backups,
 * and days that go by; for tests of what leaves the laptop.
 *
 *	visit -> laptop_sync -> back_up -> pass_days -> purge -> says
 */

#include <inttypes.h>
#include <string.h>

#include <check.h>

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define KEEP 30
#define must(l, call)                                                          \
	ck_assert_msg((call) == ST_OK, "%s: %s", #call, (l)->err.text)

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;

static inline void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static inline void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

static inline void
visit_to(uint64_t id, const char *key, const char *note)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'catatan':'%s'}}",
	    key, id, note);
}

static inline void
visit(const char *key, const char *note)
{
	visit_to(house, key, note);
}

/* Both clocks, and the newest signed time that the laptop has. */
static inline void
pass_days(int days)
{
	server->now_ms += days * (int64_t)LAPTOP_DAY;
	l->now_ms = server->now_ms;
	laptop_sync(l);
}

/* The server makes a backup of all it has, and says so. */
static inline void
back_up(void)
{
	fake_server_mark(server, server->version, KEEP);
	laptop_sync(l);
}

static inline void
purge(void)
{
	bool marked;

	writer_clear(&l->said);
	must(l, agent_purge(l->agent, &l->said, &l->said, &marked, &l->err));
	writer_u8(&l->said, 0);
}

#endif /* TESTS_LIB_PURGING_H */
