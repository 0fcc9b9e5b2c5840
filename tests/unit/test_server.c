#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "sync-server/keys.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

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

static struct server_opts
opts(void)
{
	return (struct server_opts){ .dir = temp_path(&office.temp, "server"),
		.regions = getenv("PADU_REGIONS"),
		.env = &office.env };
}

/* Read or write a whole file of the server's folder. */
static size_t
file(const char *name, const char *mode, void *bytes, size_t len)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/server/%s", office.temp.folder, name);
	ck_assert_ptr_nonnull(f = fopen(path, mode));
	len =
	    mode[0] == 'r' ? fread(bytes, 1, len, f) : fwrite(bytes, 1, len, f);
	fclose(f);
	return len;
}

START_TEST(a_server_keeps_its_keys_and_its_name)
{
	struct server_card before = office.server->card;

	office_restart(&office);
	ck_assert_mem_eq(
	    before.root_public, office.server->card.root_public, 32);
	ck_assert_mem_eq(
	    before.desk_public, office.server->card.desk_public, 32);
	ck_assert_uint_eq(before.desk_writer, office.server->card.desk_writer);
	ck_assert_uint_eq(before.epoch, 1);
	ck_assert_int_eq(before.issued_ms, office.server->card.issued_ms);
	ck_assert_str_eq(office.server->card.name, "Kantor Uji");
}
END_TEST

START_TEST(each_key_is_another_one)
{
	const struct server_card *c = &office.server->card;
	const uint8_t *keys[] = { c->root_public, c->card_public,
		c->receipt_public, c->desk_public, c->box_public,
		office.server->keys.checkpoint.public };
	size_t i, k;

	for (i = 0; i < 6; i++) {
		for (k = 0; k < i; k++)
			ck_assert_mem_ne(keys[i], keys[k], 32);
	}
}
END_TEST

START_TEST(there_is_one_server_in_a_folder)
{
	struct server_opts o = opts();

	ck_assert_int_eq(
	    server_create(&o, 6402, "Kantor Lain", &err), ST_CONFLICT);
	office_restart(&office);
	ck_assert_str_eq(office.server->card.name, "Kantor Uji");
}
END_TEST

static const struct {
	const char *what;
	unsigned authority;
	const char *name;
} BAD[] = {
	{ "no province", 100, "Kantor" },
	{ "no area code", 0, "Kantor" },
	{ "too large a code", 64021, "Kantor" },
	{ "no name", 6402, "" },
	{ "a name that is not UTF-8", 6402, "Kan\xfftor" },
};

START_TEST(a_server_needs_an_area_and_a_name)
{
	struct server_opts o = opts();

	o.dir = temp_path(&office.temp, "other");
	ck_assert_msg(server_create(&o, BAD[_i].authority, BAD[_i].name,
			  &err) == ST_INVALID,
	    "%s", BAD[_i].what);
	/* And nothing was made. */
	ck_assert_int_ne(access(o.dir, F_OK), 0);
}
END_TEST

START_TEST(an_init_that_was_cut_off_is_finished_by_the_next)
{
	uint8_t key[32], again[32];
	struct server_opts o = opts();
	char path[300];

	server_close(office.server);
	office.server = NULL;
	ck_assert_uint_eq(file("store.key", "r", key, sizeof(key)), 32);
	/* The keys are written last. */
	snprintf(path, sizeof(path), "%s/server/keys", office.temp.folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(server_open(&office.server, &o, &err), ST_NOTFOUND);
	ok(server_create(&o, 6402, "Kantor Uji", &err));
	ok(server_open(&office.server, &o, &err));
	file("store.key", "r", again, sizeof(again));
	ck_assert_mem_eq(key, again, sizeof(key));
}
END_TEST

START_TEST(another_store_key_opens_nothing)
{
	struct server_opts o = opts();
	uint8_t key[32];

	server_close(office.server);
	office.server = NULL;
	file("store.key", "r", key, sizeof(key));
	key[31] ^= 1;
	file("store.key", "w", key, sizeof(key));
	ck_assert_int_eq(server_open(&office.server, &o, &err), ST_UNTRUSTED);
	key[31] ^= 1;
	file("store.key", "w", key, sizeof(key) - 1);
	ck_assert_int_eq(server_open(&office.server, &o, &err), ST_UNTRUSTED);
	file("store.key", "w", key, sizeof(key));
	ok(server_open(&office.server, &o, &err));
}
END_TEST

START_TEST(no_byte_of_the_keys_may_change)
{
	uint8_t bytes[KEYS_FILE_MAX], store_key[32];
	struct keys keys;
	size_t i, len;

	file("store.key", "r", store_key, sizeof(store_key));
	len = file("keys", "r", bytes, sizeof(bytes));
	ok(keys_unpack(&keys, env_real(), bytes, len, store_key, &err));
	ck_assert_uint_eq(keys.authority, OFFICE_AUTHORITY);
	for (i = 0; i < len; i++) {
		bytes[i] ^= 1;
		ck_assert_int_eq(
		    keys_unpack(&keys, env_real(), bytes, len, store_key, &err),
		    ST_UNTRUSTED);
		bytes[i] ^= 1;
		ck_assert_int_eq(
		    keys_unpack(&keys, env_real(), bytes, i, store_key, &err),
		    ST_UNTRUSTED);
	}
}
END_TEST

/* As the file was before there was an audit log. */
START_TEST(keys_of_the_first_form_get_a_checkpoint_key)
{
	uint8_t bytes[KEYS_FILE_MAX], plain[KEYS_FILE_MAX], store_key[32];
	uint8_t key[32], kept[32];
	struct server_keys before = office.server->keys;
	size_t len, seeds = 1 + 2 + 2 + 8 + 5 * 32;

	file("store.key", "r", store_key, sizeof(store_key));
	len = file("keys", "r", bytes, sizeof(bytes));
	hash_derive(key, store_key, "padu/server-keys/v1", NULL, 0);
	ok(seal_unwrap(plain, key, "padu/server-keys/v1", bytes, len, &err));
	ck_assert_uint_eq(plain[0], 2);
	plain[0] = 1;
	memmove(plain + seeds, plain + seeds + 32,
	    len - SEAL_WRAP_EXTRA - seeds - 32);
	seal_wrap(bytes, key, "padu/server-keys/v1", plain,
	    len - SEAL_WRAP_EXTRA - 32);
	file("keys", "w", bytes, len - 32);
	office_restart(&office);
	ck_assert_mem_eq(
	    &office.server->keys.root, &before.root, sizeof(before.root));
	ck_assert_mem_eq(
	    &office.server->keys.box, &before.box, sizeof(before.box));
	memcpy(kept, office.server->keys.checkpoint.public, 32);
	ck_assert_int_ne(memcmp(kept, before.checkpoint.public, 32), 0);
	ck_assert_str_eq(office.server->card.name, "Kantor Uji");
	/* It is drawn once. */
	office_restart(&office);
	ck_assert_mem_eq(kept, office.server->keys.checkpoint.public, 32);
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
	static const char *const NAMES[] = { "store.key", "keys", "padu.db" };
	struct stat info;
	char path[300];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/server/%s", office.temp.folder,
		    NAMES[i]);
		ck_assert_int_eq(stat(path, &info), 0);
		ck_assert_int_eq(info.st_mode & 077, 0);
	}
	ck_assert_int_eq(stat(temp_path(&office.temp, "server"), &info), 0);
	ck_assert_int_eq(info.st_mode & 077, 0);
}
END_TEST

START_TEST(names_do_not_lie_open_in_the_folder)
{
	static uint8_t bytes[1 << 20];
	size_t i, len;

	office_person(&office, "Penanda Rahasia", PERSON_REVIEWER);
	office_restart(&office);
	len = file("padu.db", "r", bytes, sizeof(bytes));
	ck_assert_uint_gt(len, 8192);
	for (i = 0; i + 7 <= len; i++)
		ck_assert_int_ne(memcmp(bytes + i, "Penanda", 7), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_server_keeps_its_keys_and_its_name);
	tcase_add_test(tc, each_key_is_another_one);
	tcase_add_test(tc, there_is_one_server_in_a_folder);
	tcase_add_loop_test(tc, a_server_needs_an_area_and_a_name, 0,
	    (int)(sizeof(BAD) / sizeof(BAD[0])));
	tcase_add_test(tc, an_init_that_was_cut_off_is_finished_by_the_next);
	tcase_add_test(tc, another_store_key_opens_nothing);
	tcase_add_test(tc, no_byte_of_the_keys_may_change);
	tcase_add_test(tc, keys_of_the_first_form_get_a_checkpoint_key);
	tcase_add_test(tc, files_are_for_their_owner_alone);
	tcase_add_test(tc, names_do_not_lie_open_in_the_folder);
}

UNIT_MAIN("server", add)
