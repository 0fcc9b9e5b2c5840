#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

#include "agent/agent_internal.h"
#include "agent/records/shelf.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/*
 * What is left in memory once the laptop is locked: every page that this
 * process can write to is searched.  What is searched for is kept in another
 * shape, so that the search does not find itself.
 */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define SHAPE 0x5a
#define SECRETS_MAX 16

struct secret {
	const char *name;
	uint8_t shaped[KEY_LEN];
	size_t len;
};

static struct fake_server *server;
static struct laptop *l;
static struct err err;
static struct secret secrets[SECRETS_MAX];
static size_t nsecrets;

static void
seek(const char *name, const void *bytes, size_t len)
{
	struct secret *s = &secrets[nsecrets++];
	size_t i;

	ck_assert_uint_le(nsecrets, SECRETS_MAX);
	ck_assert_uint_le(len, sizeof(s->shaped));
	s->name = name;
	s->len = len;
	for (i = 0; i < len; i++)
		s->shaped[i] = ((const uint8_t *)bytes)[i] ^ SHAPE;
}

__attribute__((no_sanitize("address"))) static bool
is_at(const struct secret *s, const volatile uint8_t *at)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if ((at[i] ^ SHAPE) != s->shaped[i])
			return false;
	return true;
}

__attribute__((no_sanitize("address"))) static unsigned
count_in(const struct secret *s, const volatile uint8_t *from,
    const volatile uint8_t *to)
{
	uint8_t first = s->shaped[0] ^ SHAPE;
	unsigned n = 0;

	for (; to - from >= (ptrdiff_t)s->len; from++)
		n += *from == first && is_at(s, from);
	return n;
}

/* How often ${s} is in this process's writable memory. */
static unsigned
count(const struct secret *s)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from[4096], to[4096];
	char line[600], mode[8];
	size_t n = 0, i;
	unsigned found = 0;

	ck_assert_ptr_nonnull(maps);
	while (n < 4096 && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &from[n], &to[n], mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w' &&
		    to[n] - from[n] < (256ul << 20))
			n++;
	fclose(maps);
	for (i = 0; i < n; i++)
		found += count_in(s, (const volatile uint8_t *)from[i],
		    (const volatile uint8_t *)to[i]);
	return found;
}

/* Everything that opens this laptop's file, or signs for this person. */
static void
note_keys(void)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };
	struct unlocked *u = l->agent->open;
	struct sealvfs_entry *entry;
	uint8_t box_seed[BOX_SEED_LEN];
	struct sealvfs *v;
	char *path;

	ok(sealvfs_locate(&v, &path, &file, &err));
	entry = sealvfs_entry_find(v, path);
	ck_assert_ptr_nonnull(entry);
	seek("the file's key", entry->keys->file, KEY_LEN);
	seek("the key of pages", entry->keys->page, KEY_LEN);
	seek("the key of the log", entry->keys->log, KEY_LEN);
	seek("the key of the header", entry->keys->header, KEY_LEN);
	seek("the warrant", entry->keys->warrant, KEY_LEN);
	seek("the signing key", u->key->secret, KEY_LEN);
	seek("the box key", u->box->secret, BOX_SECRET_LEN);
	ok(shelf_box_seed(u->shelf, box_seed, &err));
	seek("the box key's seed", box_seed, BOX_SEED_LEN);
	crypto_wipe(box_seed, sizeof(box_seed));
	free(path);
}

/* "rahasia SR", which stands nowhere in this program. */
static void
spell_passphrase(char out[11])
{
	static const uint8_t SHAPED[] = { 'r' ^ SHAPE, 'a' ^ SHAPE, 'h' ^ SHAPE,
		'a' ^ SHAPE, 's' ^ SHAPE, 'i' ^ SHAPE, 'a' ^ SHAPE, ' ' ^ SHAPE,
		'S' ^ SHAPE, 'R' ^ SHAPE };
	size_t i;

	for (i = 0; i < sizeof(SHAPED); i++)
		out[i] = (char)(SHAPED[i] ^ SHAPE);
	out[i] = '\0';
}

static void
unlock(void)
{
	char passphrase[11];

	spell_passphrase(passphrase);
	ok(agent_unlock(l->agent, "SR", passphrase, &err));
	crypto_wipe(passphrase, sizeof(passphrase));
	crypto_wipe_stack();
}

START_TEST(after_locking_neither_passphrase_nor_key_is_in_memory)
{
	char passphrase[11];
	unsigned before;
	size_t i;

	laptop_lock(l);
	agent_close(l->agent);
	l->agent = NULL;
	{
		struct agent_opts opts = {
			.dir = l->dir, .env = &l->env, .cost = SEALED_COST
		};

		ok(agent_open(&l->agent, &opts, &err));
	}
	crypto_wipe_stack(); /* what enrolling here left */
	unlock();
	laptop_visit(l,
	    "{'key':'a','new':{'village':'" VILLAGE "'},"
	    "'day':'2026-11-17','fields':{'alamat':'Jl. Rahasia'}}");
	note_keys();
	for (i = 0; i < nsecrets; i++) {
		before = count(&secrets[i]);
		ck_assert_msg(before > 0, "%s: the search finds nothing",
		    secrets[i].name);
	}
	spell_passphrase(passphrase);
	seek("the passphrase", passphrase, 10);
	crypto_wipe(passphrase, sizeof(passphrase));
	ok(agent_lock(l->agent, &err));
	for (i = 0; i < nsecrets; i++)
		ck_assert_msg(count(&secrets[i]) == 0, "%s: %u times",
		    secrets[i].name, count(&secrets[i]));
}
END_TEST

START_TEST(what_was_planted_is_found)
{
	char *planted = malloc(11);
	char passphrase[11];

	ck_assert_ptr_nonnull(planted);
	spell_passphrase(passphrase);
	nsecrets = 0;
	seek("the passphrase", passphrase, 10);
	memcpy(planted, passphrase, 11);
	crypto_wipe(passphrase, sizeof(passphrase));
	ck_assert_uint_ge(count(&secrets[0]), 1);
	crypto_wipe(planted, 11);
	free(planted);
}
END_TEST

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	nsecrets = 0;
	laptop_enrol(l, "SR", VILLAGE, NULL);
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

static void
add(TCase *tc)
{
	struct err why;

	if (db_wipe_memory(&why) != ST_OK)
		abort();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, after_locking_neither_passphrase_nor_key_is_in_memory);
	tcase_add_test(tc, what_was_planted_is_found);
}

UNIT_MAIN("agent_wiped", add)
