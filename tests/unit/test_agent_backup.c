#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/outbox/halt.h"
#include "common/base/id.h"
#include "common/say/say.h"
#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/* A sealed copy on a stick, and a laptop made of it. */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define must(l, call)                                                          \
	ck_assert_msg((call) == ST_OK, "%s: %s", #call, (l)->err.text)

static struct fake_server *server;
static struct laptop *l, *other;
static uint64_t house;
static char stick[310], path[400];
static struct err err;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	other = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_sync(l);
	snprintf(stick, sizeof(stick), "%s.stick", l->dir);
	ck_assert_int_eq(mkdir(stick, 0700), 0);
	snprintf(path, sizeof(path), "%s/backup", stick);
}

static void
tear_down(void)
{
	char command[400];

	snprintf(command, sizeof(command), "rm -r '%s'", stick);
	ck_assert_int_eq(system(command), 0);
	laptop_free(other);
	laptop_free(l);
	fake_server_free(server);
}

static void
visit(struct laptop *on, const char *key, const char *address)
{
	laptop_visit(on,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, house, address);
}

static enum status
back_up(struct laptop *from, const char *to)
{
	writer_clear(&from->said);
	return agent_backup(from->agent, to, &from->said, &from->err);
}

static enum status
restore(struct laptop *into, const char *from, const char *label, bool worn)
{
	char pass[40];
	struct agent_restoring how = {
		.from = from, .label = label, .passphrase = pass, .worn = worn
	};

	snprintf(pass, sizeof(pass), "rahasia %s", label);
	return agent_restore(into->agent, &how, &into->err);
}

/* What lies in ${dir}, a name a line. */
static const char *
names_in(const char *dir)
{
	static char all[4000];
	char **names;
	size_t n, i;

	ok(env_real()->list(NULL, dir, &names, &n, &err));
	all[0] = '\0';
	for (i = 0; i < n; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s\n",
		    names[i]);
	free(names);
	return all;
}

/* Nothing was put there, but what an agent makes by itself. */
static bool
is_empty(const struct laptop *into)
{
	const char *all = names_in(into->dir);

	return strcmp(all, "spool\n") == 0 ||
	    strcmp(all, "spool\ntries\n") == 0;
}

START_TEST(a_backup_is_one_file_and_nothing_else_is_left)
{
	visit(l, "a", "Jl. Baru 1");
	must(l, back_up(l, path));
	ck_assert_str_eq(names_in(stick), "backup\n");
	/* The laptop goes on. */
	visit(l, "b", "Jl. Baru 2");
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "Jl. Baru 2");
}
END_TEST

START_TEST(in_a_folder_a_backup_has_a_name_of_numbers)
{
	char want[60];

	must(l, back_up(l, stick));
	snprintf(want, sizeof(want), "padu-6402-1-20261118-");
	ck_assert_msg(strncmp(names_in(stick), want, strlen(want)) == 0, "%s",
	    names_in(stick));
	says(l, ".padu'");
	l->now_ms += 2000;
	must(l, back_up(l, stick));
}
END_TEST

START_TEST(what_a_try_that_was_cut_off_left_goes_with_the_next)
{
	char left[500];

	snprintf(left, sizeof(left), "%s/padu-6402-1-20260101-000000.padu.new",
	    stick);
	bytes_store(left, (const uint8_t *)"half", 4);
	snprintf(left, sizeof(left), "%s/padu-6402-2-20260101-000000.padu.new",
	    stick);
	bytes_store(left, (const uint8_t *)"another laptop's", 16);
	must(l, back_up(l, stick));
	ck_assert_ptr_null(strstr(names_in(stick), "padu-6402-1-20260101"));
	ck_assert_ptr_nonnull(strstr(names_in(stick), "padu-6402-2-20260101"));
}
END_TEST

START_TEST(nothing_is_written_over)
{
	bytes_store(path, (const uint8_t *)"a photo", 7);
	ck_assert_int_eq(back_up(l, path), ST_CONFLICT);
	ck_assert_str_eq(names_in(stick), "backup\n");
}
END_TEST

START_TEST(a_locked_laptop_is_not_backed_up)
{
	laptop_lock(l);
	ck_assert_int_eq(back_up(l, path), ST_LOCKED);
	ck_assert_str_eq(names_in(stick), "");
}
END_TEST

START_TEST(nothing_of_the_transport_key_or_a_visit_is_readable_in_it)
{
	uint8_t *device, *bytes;
	size_t device_len, len, i;

	visit(l, "a", "Jl. Rahasia Sekali");
	must(l, back_up(l, path));
	device = bytes_load(laptop_path(l, "device"), &device_len);
	bytes = bytes_load(path, &len);
	/* No 16 bytes of the file 'device' that are not text. */
	for (i = 0; i + 16 < len; i++) {
		ck_assert_msg(memcmp(bytes + i, "Jl. Rahasia", 11) != 0,
		    "readable at %zu", i);
		ck_assert_msg(
		    memcmp(bytes + i, device + 60, 16) != 0, "key at %zu", i);
	}
	free(device);
	free(bytes);
}
END_TEST

START_TEST(a_restored_laptop_has_all_of_it_and_signs_nothing)
{
	size_t i, sets = 0;

	visit(l, "a", "Jl. Terkirim");
	laptop_sync(l);
	visit(l, "b", "Jl. Belum Terkirim");
	must(l, back_up(l, path));

	must(other, restore(other, path, "SR", false));
	laptop_unlock(other, "SR");
	ck_assert_int_eq(agent_halted(other->agent, &err), ST_UNTRUSTED);
	ck_assert_int_eq(say_of(&err), SAY_RESTORED_COPY);
	laptop_status(other);
	says(other, "'halted':'restored-copy'");
	laptop_visits(other);
	says(other, "'state':'delivered'");
	says(other, "'state':'waiting'");
	laptop_show(other, house);
	says(other, "Jl. Belum Terkirim");

	/* It records on; what was signed travels, nothing else is signed. */
	visit(other, "c", "Jl. Sesudah");
	laptop_sync(other);
	for (i = 0; i < server->nsets; i++)
		sets += !server->sets[i].desk;
	ck_assert_uint_eq(sets, 2);
	laptop_status(other);
	says(other, "'unsigned_records':1");

	/* A new writer of the same person signs it. */
	laptop_enrol(other, "SR", VILLAGE, NULL);
	laptop_unlock(other, "SR");
	laptop_status(other);
	says(other, "'halted':''");
	laptop_sync(other);
	laptop_visits(other);
	says_not(other, "'state':'unsigned'");
	says_not(other, "'state':'waiting'");
}
END_TEST

START_TEST(it_signs_nothing_also_where_the_file_is_put_back_by_hand)
{
	uint8_t *bytes, *device;
	size_t len, device_len;

	must(l, back_up(l, path));
	laptop_lock(l);
	bytes = bytes_load(path, &len);
	device = bytes_load(laptop_path(l, "device"), &device_len);
	agent_close(other->agent);
	other->agent = NULL;
	bytes_store(laptop_path(other, "store.db"), bytes, len);
	bytes_store(laptop_path(other, "device"), device, device_len);
	free(bytes);
	free(device);
	laptop_reopen(other);
	laptop_unlock(other, "SR");
	laptop_status(other);
	says(other, "'halted':'restored-copy'");
}
END_TEST

START_TEST(what_a_restored_laptop_makes_has_names_of_its_own)
{
	uint64_t lost, made;

	must(l, back_up(l, path));
	laptop_visit(l,
	    "{'key':'b','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Hilang'}}");
	lost = laptop_id(l, "household");
	must(other, restore(other, path, "SR", false));
	laptop_unlock(other, "SR");
	laptop_visit(other,
	    "{'key':'c','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Lain'}}");
	made = laptop_id(other, "household");
	ck_assert_uint_eq(id_writer(made), id_writer(lost));
	ck_assert_uint_gt(id_counter(made), HALT_COUNTER);
}
END_TEST

START_TEST(everybody_in_it_opens_it_and_nobody_signs)
{
	laptop_enrol(l, "AN", VILLAGE, NULL);
	must(l, back_up(l, path));
	must(other, restore(other, path, "AN", false));
	laptop_unlock(other, "SR");
	laptop_status(other);
	says(other, "'halted':'restored-copy'");
	laptop_lock(other);
	laptop_unlock(other, "AN");
	laptop_status(other);
	says(other, "'halted':'restored-copy'");
}
END_TEST

START_TEST(a_store_is_never_written_over)
{
	must(l, back_up(l, path));
	laptop_enrol(other, "AN", VILLAGE, NULL);
	ck_assert_int_eq(restore(other, path, "SR", false), ST_CONFLICT);
	ck_assert_int_eq(say_of(&other->err), SAY_RESTORE_TAKEN);
	laptop_unlock(other, "AN");
	laptop_lock(other);
	/* A store gone: its folder takes a backup of its own, no other. */
	unlink(laptop_path(other, "store.db"));
	ck_assert_int_eq(restore(other, path, "SR", false), ST_CONFLICT);
	laptop_lock(l);
	unlink(laptop_path(l, "store.db"));
	must(l, restore(l, path, "SR", false));
	laptop_unlock(l, "SR");
}
END_TEST

START_TEST(a_wrong_passphrase_restores_nothing)
{
	must(l, back_up(l, path));
	ck_assert_int_eq(restore(other, path, "AN", false), ST_LOCKED);
	ck_assert_msg(is_empty(other), "%s", names_in(other->dir));
}
END_TEST

START_TEST(a_flipped_byte_is_refused_wherever_it_is)
{
	uint8_t *bytes;
	size_t len, at, step = 509, pages = 0;
	enum status st;

	visit(l, "a", "Jl. Baru 1");
	must(l, back_up(l, path));
	bytes = bytes_load(path, &len);
	for (at = 0; at < len; at += step) {
		bytes[at] ^= 1;
		bytes_store(path, bytes, len);
		bytes[at] ^= 1;
		st = restore(other, path, "SR", false);
		ck_assert_msg(st == ST_UNTRUSTED &&
			say_of(&other->err) == SAY_STICK_DAMAGED,
		    "byte %zu: %s: %s", at, err_name(st), other->err.text);
		ck_assert_msg(is_empty(other), "%s", names_in(other->dir));
		pages += at > SEALED_START;
	}
	ck_assert_uint_gt(pages, 20);
	/* Cut short anywhere, or with something behind it. */
	for (at = 0; at < len; at += 4000) {
		bytes_store(path, bytes, at);
		st = restore(other, path, "SR", false);
		ck_assert_msg(
		    st == ST_UNTRUSTED, "%zu bytes: %s", at, other->err.text);
	}
	bytes = realloc(bytes, len + 4096);
	memset(bytes + len, 0, 4096);
	bytes_store(path, bytes, len + 4096);
	ck_assert_int_eq(restore(other, path, "SR", false), ST_UNTRUSTED);
	free(bytes);
}
END_TEST

START_TEST(one_damaged_header_of_two_is_taken_if_a_person_says_so)
{
	uint8_t *bytes;
	size_t len, i;

	must(l, back_up(l, path));
	bytes = bytes_load(path, &len);
	for (i = 0; i < 2; i++) {
		bytes[100 + 4096 * i] ^= 1;
		bytes_store(path, bytes, len);
		bytes[100 + 4096 * i] ^= 1;
		ck_assert_int_eq(
		    restore(other, path, "SR", false), ST_UNTRUSTED);
		must(other, restore(other, path, "SR", true));
		unlink(laptop_path(other, "store.db"));
	}
	/* Both: not even then. */
	bytes[4070] ^= 1;
	bytes[4096 + 4071] ^= 1;
	bytes_store(path, bytes, len);
	ck_assert_int_eq(restore(other, path, "SR", true), ST_UNTRUSTED);
	free(bytes);
}
END_TEST

START_TEST(what_is_no_backup_is_said_to_be_none)
{
	char store[400];

	snprintf(store, sizeof(store), "%s", laptop_path(l, "store.db"));
	laptop_lock(l);
	ck_assert_int_eq(restore(other, store, "SR", false), ST_UNTRUSTED);
	ck_assert_int_eq(say_of(&other->err), SAY_STICK_DAMAGED);
	bytes_store(path, (const uint8_t *)"a photo", 7);
	ck_assert_int_eq(restore(other, path, "SR", false), ST_UNTRUSTED);
	ck_assert_int_eq(
	    restore(other, "/nowhere/at/all", "SR", false), ST_NOTFOUND);
	ck_assert_msg(is_empty(other), "%s", names_in(other->dir));
}
END_TEST

START_TEST(replies_kept_while_locked_are_asked_for_again)
{
	must(l, back_up(l, path));
	laptop_lock(l);
	fake_server_write(server, house, "alamat", "Jl. Dari Kantor", false);
	laptop_sync(l);
	/* The device knows of a page that the restored store has not. */
	unlink(laptop_path(l, "store.db"));
	laptop_reopen(l);
	must(l, restore(l, path, "SR", false));
	laptop_unlock(l, "SR");
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "Jl. Dari Kantor");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_backup_is_one_file_and_nothing_else_is_left);
	tcase_add_test(tc, in_a_folder_a_backup_has_a_name_of_numbers);
	tcase_add_test(tc, what_a_try_that_was_cut_off_left_goes_with_the_next);
	tcase_add_test(tc, nothing_is_written_over);
	tcase_add_test(tc, a_locked_laptop_is_not_backed_up);
	tcase_add_test(
	    tc, nothing_of_the_transport_key_or_a_visit_is_readable_in_it);
	tcase_add_test(tc, a_restored_laptop_has_all_of_it_and_signs_nothing);
	tcase_add_test(
	    tc, it_signs_nothing_also_where_the_file_is_put_back_by_hand);
	tcase_add_test(tc, what_a_restored_laptop_makes_has_names_of_its_own);
	tcase_add_test(tc, everybody_in_it_opens_it_and_nobody_signs);
	tcase_add_test(tc, a_store_is_never_written_over);
	tcase_add_test(tc, a_wrong_passphrase_restores_nothing);
	tcase_add_test(tc, a_flipped_byte_is_refused_wherever_it_is);
	tcase_add_test(
	    tc, one_damaged_header_of_two_is_taken_if_a_person_says_so);
	tcase_add_test(tc, what_is_no_backup_is_said_to_be_none);
	tcase_add_test(tc, replies_kept_while_locked_are_asked_for_again);
}

UNIT_MAIN("agent_backup", add)
