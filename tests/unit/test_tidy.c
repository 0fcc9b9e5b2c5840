#include <sys/stat.h>
#include <time.h>

#include "common/store/db.h"
#include "sync-server/tidy.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define PAGES 9000 /* more than tidy lets lie, less than a commit does */

static struct office office;
static struct err err;

static void
set_up(void)
{
	office_open(&office);
}

static void
tear_down(void)
{
	office_close(&office);
}

static long
file_pages(void)
{
	struct stat st;

	ck_assert_int_eq(
	    stat(temp_path(&office.temp, "server/padu.db"), &st), 0);
	return (long)(st.st_size / 4096);
}

/* Rows that fill ${n} pages, in one commit. */
static void
fill(unsigned n)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
	    "CREATE TABLE IF NOT EXISTS filler (bytes BLOB) STRICT;"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < %u)"
	    " INSERT INTO filler SELECT randomblob(3900) FROM n",
	    n);
	ok(db_begin(office.server->db, &err));
	ok(db_exec_script(office.server->db, sql, &err));
	ok(db_commit(office.server->db, &err));
}

START_TEST(a_long_log_is_moved_while_nobody_commits)
{
	struct timespec nap = { 0, 10000000 };
	struct tidy *tidy;
	int i;

	ok(tidy_open(&tidy, office.server, &err));
	fill(PAGES);
	ck_assert_uint_ge(db_log_pages(office.server->db), PAGES);
	ck_assert_int_lt(file_pages(), PAGES);
	tidy_tell(tidy, db_log_pages(office.server->db));
	for (i = 0; i < 1000 && file_pages() < PAGES; i++)
		nanosleep(&nap, NULL);
	ck_assert_int_ge(file_pages(), PAGES);
	tidy_close(tidy);
	/* All of it was: the log begins anew. */
	fill(1);
	ck_assert_uint_lt(db_log_pages(office.server->db), 100);
}
END_TEST

START_TEST(a_short_log_is_left_alone)
{
	struct tidy *tidy;

	ok(tidy_open(&tidy, office.server, &err));
	fill(PAGES / 3);
	tidy_tell(tidy, db_log_pages(office.server->db));
	tidy_close(tidy);
	ck_assert_int_lt(file_pages(), PAGES / 3);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_long_log_is_moved_while_nobody_commits);
	tcase_add_test(tc, a_short_log_is_left_alone);
}

UNIT_MAIN("tidy", add)
