#include <sqlite3.h>
#include <unistd.h>

#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

/* The files of sealvfs as SQLite sees them, called directly. */

#define PAGE 4096
#define EXTRA 40

static struct temp temp;
static char path[300];
static sqlite3 *handle;
static sqlite3_file *file;
static uint8_t page[2 * PAGE];

static void
set_up(void)
{
	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	sealed_make(path);
	ck_assert_int_eq(
	    sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, SEALVFS_NAME),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_file_control(
			     handle, "main", SQLITE_FCNTL_FILE_POINTER, &file),
	    SQLITE_OK);
	memset(page, 'p', sizeof(page));
	memset(page + PAGE - EXTRA, 0, EXTRA);
}

static void
tear_down(void)
{
	sqlite3_close(handle);
	sealed_remove(path);
	temp_close(&temp);
}

static int
put(int n, int64_t at)
{
	return file->pMethods->xWrite(file, page, n, at);
}

static int
get(void *out, int n, int64_t at)
{
	return file->pMethods->xRead(file, out, n, at);
}

START_TEST(a_page_reads_as_it_was_written_whole_and_in_part)
{
	uint8_t back[PAGE];

	ck_assert_int_eq(put(PAGE, PAGE), SQLITE_OK);
	ck_assert_int_eq(get(back, PAGE, PAGE), SQLITE_OK);
	ck_assert_mem_eq(back, page, PAGE);
	memset(back, 0, sizeof(back));
	ck_assert_int_eq(get(back, 100, PAGE + 4000), SQLITE_IOERR_READ);
	ck_assert_int_eq(get(back, 96, PAGE + 4000), SQLITE_OK);
	ck_assert_mem_eq(back, page + 4000, 96);
}
END_TEST

START_TEST(the_same_page_is_never_the_same_bytes_on_disk)
{
	uint8_t *first, *second;
	size_t len;

	ck_assert_int_eq(put(PAGE, PAGE), SQLITE_OK);
	first = bytes_load(path, &len);
	ck_assert_int_eq(put(PAGE, PAGE), SQLITE_OK);
	second = bytes_load(path, &len);
	ck_assert_uint_eq(len, SEALED_START + 2 * PAGE);
	ck_assert(memcmp(first + SEALED_START + PAGE,
		      second + SEALED_START + PAGE, 64) != 0);
	free(first);
	free(second);
}
END_TEST

START_TEST(a_hole_is_filled_with_pages_that_are_authentic)
{
	static const uint8_t zero[PAGE];
	uint8_t back[PAGE], *bytes;
	size_t len;

	ck_assert_int_eq(put(PAGE, 5 * PAGE), SQLITE_OK);
	ck_assert_int_eq(get(back, PAGE, 3 * PAGE), SQLITE_OK);
	ck_assert_mem_eq(back, zero, PAGE);
	bytes = bytes_load(path, &len);
	ck_assert_uint_eq(len, SEALED_START + 6 * PAGE);
	ck_assert(memcmp(bytes + SEALED_START + 3 * PAGE, zero, 64) != 0);
	memset(bytes + SEALED_START + 3 * PAGE, 0, PAGE);
	bytes_store(path, bytes, len);
	ck_assert_int_eq(get(back, PAGE, 3 * PAGE), SQLITE_IOERR_DATA);
	free(bytes);
}
END_TEST

START_TEST(a_file_made_longer_has_authentic_pages_too)
{
	static const uint8_t zero[PAGE];
	uint8_t back[PAGE], *bytes;
	size_t len;

	ck_assert_int_eq(file->pMethods->xTruncate(file, 4 * PAGE), SQLITE_OK);
	ck_assert_int_eq(get(back, PAGE, 3 * PAGE), SQLITE_OK);
	ck_assert_mem_eq(back, zero, PAGE);
	bytes = bytes_load(path, &len);
	ck_assert_uint_eq(len, SEALED_START + 4 * PAGE);
	ck_assert(memcmp(bytes + SEALED_START + 3 * PAGE, zero, 64) != 0);
	free(bytes);
}
END_TEST

START_TEST(past_the_end_there_are_no_zeros_for_a_page_that_was_there)
{
	static const uint8_t zero[PAGE];
	uint8_t back[PAGE];

	ck_assert_int_eq(sqlite3_exec(handle,
			     "CREATE TABLE t (a); CREATE TABLE u (a);"
			     "PRAGMA wal_checkpoint(TRUNCATE)",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(get(back, PAGE, 3 * PAGE), SQLITE_OK);
	ck_assert_int_eq(truncate(path, SEALED_START + 2 * PAGE), 0);
	ck_assert_int_eq(get(back, PAGE, 3 * PAGE), SQLITE_IOERR_DATA);
	ck_assert_int_eq(get(back, 16, 2 * PAGE + 24), SQLITE_IOERR_DATA);
	/* A page taken and freed within a transaction never was. */
	memset(back, 1, sizeof(back));
	ck_assert_int_eq(get(back, PAGE, 4 * PAGE), SQLITE_IOERR_SHORT_READ);
	ck_assert_mem_eq(back, zero, PAGE);
	/* What sqlite3_open() looks at, and a file of no page. */
	ck_assert_int_eq(truncate(path, SEALED_START + 100), 0);
	ck_assert_int_eq(get(back, PAGE, 0), SQLITE_IOERR_DATA);
	ck_assert_int_eq(get(back, 100, 0), SQLITE_IOERR_SHORT_READ);
	ck_assert_int_eq(truncate(path, SEALED_START), 0);
	ck_assert_int_eq(get(back, PAGE, 0), SQLITE_IOERR_SHORT_READ);
}
END_TEST

/* Writes that are not one whole page with room for nonce and tag. */
static const struct {
	const char *what;
	int n;
	int64_t at;
	int spoil; /* byte of the page set to 1; -1: none */
} WRITES[] = {
	{ "two pages", 2 * PAGE, PAGE, -1 },
	{ "half a page", PAGE / 2, PAGE, -1 },
	{ "between pages", PAGE, PAGE + 512, -1 },
	{ "first reserved byte", PAGE, PAGE, PAGE - EXTRA },
	{ "last reserved byte", PAGE, PAGE, PAGE - 1 },
	{ "page 1 of another kind", PAGE, 0, -1 },
};
#define NWRITES (sizeof(WRITES) / sizeof(WRITES[0]))

START_TEST(a_write_of_another_shape_is_refused)
{
	uint8_t *before, *after;
	size_t len, same;

	before = bytes_load(path, &len);
	if (WRITES[_i].spoil >= 0)
		page[WRITES[_i].spoil] = 1;
	ck_assert_msg(put(WRITES[_i].n, WRITES[_i].at) == SQLITE_IOERR_WRITE,
	    "%s", WRITES[_i].what);
	after = bytes_load(path, &same);
	ck_assert_uint_eq(same, len);
	ck_assert_mem_eq(after, before, len);
	free(before);
	free(after);
}
END_TEST

/* Every type of file that is not a database or its log. */
static const int TYPES[] = { SQLITE_OPEN_TEMP_DB, SQLITE_OPEN_TRANSIENT_DB,
	SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_TEMP_JOURNAL,
	SQLITE_OPEN_SUBJOURNAL, SQLITE_OPEN_SUPER_JOURNAL };
#define NTYPES (sizeof(TYPES) / sizeof(TYPES[0]))

START_TEST(a_file_of_another_type_is_refused)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(SEALVFS_NAME);
	const char *name =
	    sqlite3_filename_database(sqlite3_db_filename(handle, "main"));
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	sqlite3_file *made = calloc(1, (size_t)vfs->szOsFile);

	ck_assert_ptr_nonnull(made);
	ck_assert_int_eq(vfs->xOpen(vfs, NULL, made, flags | TYPES[_i], NULL),
	    SQLITE_CANTOPEN);
	ck_assert_ptr_null(made->pMethods);
	name = TYPES[_i] == SQLITE_OPEN_MAIN_JOURNAL
	    ? sqlite3_filename_journal(name)
	    : sqlite3_filename_database(name);
	ck_assert_int_eq(vfs->xOpen(vfs, name, made, flags | TYPES[_i], NULL),
	    SQLITE_CANTOPEN);
	ck_assert_ptr_null(made->pMethods);
	free(made);
}
END_TEST

START_TEST(it_promises_no_more_than_a_shifted_page_can_hold)
{
	sqlite3_int64 size = 1 << 20;
	void *mapped = file;
	char *name = NULL;

	ck_assert_int_eq(file->pMethods->xDeviceCharacteristics(file) &
		(SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_ATOMIC4K |
		    SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_BATCH_ATOMIC),
	    0);
	ck_assert(file->pMethods->xDeviceCharacteristics(file) &
	    SQLITE_IOCAP_POWERSAFE_OVERWRITE);
	ck_assert_int_eq(
	    file->pMethods->xFetch(file, 0, PAGE, &mapped), SQLITE_OK);
	ck_assert_ptr_null(mapped);
	ck_assert_int_eq(
	    file->pMethods->xFileControl(file, SQLITE_FCNTL_MMAP_SIZE, &size),
	    SQLITE_OK);
	ck_assert_int_eq(size, 0);
	ck_assert_int_eq(
	    file->pMethods->xFileControl(file, SQLITE_FCNTL_VFSNAME, &name),
	    SQLITE_OK);
	ck_assert_str_eq(name, "seal/unix-excl");
	sqlite3_free(name);
}
END_TEST

START_TEST(size_and_truncation_do_not_show_the_header)
{
	sqlite3_int64 size = 0;
	size_t len;

	ck_assert_int_eq(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	ck_assert_int_eq(size, PAGE);
	ck_assert_int_eq(put(PAGE, 4 * PAGE), SQLITE_OK);
	ck_assert_int_eq(file->pMethods->xTruncate(file, 2 * PAGE), SQLITE_OK);
	ck_assert_int_eq(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	ck_assert_int_eq(size, 2 * PAGE);
	free(bytes_load(path, &len));
	ck_assert_uint_eq(len, SEALED_START + 2 * PAGE);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_page_reads_as_it_was_written_whole_and_in_part);
	tcase_add_test(tc, the_same_page_is_never_the_same_bytes_on_disk);
	tcase_add_test(tc, a_hole_is_filled_with_pages_that_are_authentic);
	tcase_add_test(tc, a_file_made_longer_has_authentic_pages_too);
	tcase_add_test(
	    tc, past_the_end_there_are_no_zeros_for_a_page_that_was_there);
	tcase_add_loop_test(
	    tc, a_write_of_another_shape_is_refused, 0, (int)NWRITES);
	tcase_add_loop_test(
	    tc, a_file_of_another_type_is_refused, 0, (int)NTYPES);
	tcase_add_test(tc, it_promises_no_more_than_a_shifted_page_can_hold);
	tcase_add_test(tc, size_and_truncation_do_not_show_the_header);
}

UNIT_MAIN("sealvfs_file", add)
