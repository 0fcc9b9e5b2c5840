#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/audit/merkle.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "tests/lib/unit.h"

#define SIZE_MAX_TRIED 130

static uint8_t leaves[SIZE_MAX_TRIED][MERKLE_HASH_LEN];
static struct merkle_head heads[SIZE_MAX_TRIED + 1];
static struct err err;

static void
set_up(void)
{
	struct merkle tree = { 0 };
	unsigned i;

	ok(crypto_start(&err));
	for (i = 0; i <= SIZE_MAX_TRIED; i++) {
		heads[i].size = i;
		merkle_root(heads[i].root, &tree);
		if (i == SIZE_MAX_TRIED)
			break;
		merkle_leaf(leaves[i], &i, sizeof(i));
		merkle_add(&tree, leaves[i]);
	}
}

static struct merkle_leaves
first(uint64_t n)
{
	return (struct merkle_leaves){ leaves[0], n };
}

/* Certificate Transparency's published entries, and the roots over them. */
static const struct {
	const char *entry, *root; /* of the tree up to it */
} KNOWN[] = {
	{ "",
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "00",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "10",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "2021",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "3031",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "40414243",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "505152535455565"
	  "7",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "606162636465666768696a6b6c6d6e6f",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

START_TEST(it_makes_the_published_roots)
{
	uint8_t entry[16], leaf[MERKLE_HASH_LEN], root[MERKLE_HASH_LEN];
	char hex[2 * MERKLE_HASH_LEN + 1];
	struct merkle tree = { 0 };
	size_t i, len;

	merkle_root(root, &tree);
	crypto_hex(hex, root, sizeof(root));
	ck_assert_str_eq(hex,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	for (i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
		len = strlen(KNOWN[i].entry) / 2;
		ok(crypto_unhex(entry, len, KNOWN[i].entry, &err));
		merkle_leaf(leaf, entry, len);
		merkle_add(&tree, leaf);
		merkle_root(root, &tree);
		crypto_hex(hex, root, sizeof(root));
		ck_assert_str_eq(hex, KNOWN[i].root);
	}
}
END_TEST

/* The definition, word for word, beside which all else is tried. */
static void
by_definition(uint8_t out[MERKLE_HASH_LEN], size_t from, size_t n)
{
	uint8_t both[2 * MERKLE_HASH_LEN + 1] = { 1 };
	size_t k = 1;

	if (n == 1) {
		memcpy(out, leaves[from], MERKLE_HASH_LEN);
		return;
	}
	while (2 * k < n)
		k *= 2;
	by_definition(both + 1, from, k);
	by_definition(both + 1 + MERKLE_HASH_LEN, from + k, n - k);
	hash_sha256(out, NULL, 0, both, sizeof(both));
}

START_TEST(a_tree_that_grew_has_the_root_of_the_definition)
{
	uint8_t root[MERKLE_HASH_LEN];
	size_t n;

	for (n = 1; n <= SIZE_MAX_TRIED; n++) {
		by_definition(root, 0, n);
		ck_assert_msg(
		    memcmp(root, heads[n].root, sizeof(root)) == 0, "%zu", n);
	}
}
END_TEST

/* One bit of each part of what is said is turned; nothing of it holds. */
static void
refuse_holds(const struct merkle_proof *proof, uint64_t size, uint64_t at)
{
	struct merkle_proof bad = *proof;
	struct merkle_head head = heads[size];
	uint8_t leaf[MERKLE_HASH_LEN];
	size_t i;

	for (i = 0; i < bad.n; i++) {
		bad.at[i][i % MERKLE_HASH_LEN] ^= 1;
		ck_assert(!merkle_holds(&bad, at, leaves[at], &head));
		bad.at[i][i % MERKLE_HASH_LEN] ^= 1;
	}
	if (bad.n > 0) {
		bad.n--;
		ck_assert(!merkle_holds(&bad, at, leaves[at], &head));
		bad.n++;
	}
	memset(bad.at[bad.n++], 7, MERKLE_HASH_LEN);
	ck_assert(!merkle_holds(&bad, at, leaves[at], &head));
	memcpy(leaf, leaves[at], sizeof(leaf));
	leaf[31] ^= 0x80;
	ck_assert(!merkle_holds(proof, at, leaf, &head));
	head.root[0] ^= 1;
	ck_assert(!merkle_holds(proof, at, leaves[at], &head));
}

START_TEST(every_entry_of_every_tree_is_proven_and_no_other)
{
	struct merkle_leaves now;
	struct merkle_proof proof;
	uint64_t n, at, other;

	for (n = 1; n <= SIZE_MAX_TRIED; n++) {
		now = first(n);
		for (at = 0; at < n; at++) {
			merkle_prove(&proof, &now, at);
			ck_assert_msg(
			    merkle_holds(&proof, at, leaves[at], &heads[n]),
			    "%d of %d", (int)at, (int)n);
			refuse_holds(&proof, n, at);
			for (other = 0; other < n; other++)
				ck_assert(other == at ||
				    !merkle_holds(
					&proof, other, leaves[at], &heads[n]));
		}
		ck_assert(!merkle_holds(&proof, n, leaves[n - 1], &heads[n]));
	}
	proof.n = 0;
	ck_assert(!merkle_holds(&proof, 0, leaves[0], &heads[0]));
}
END_TEST

static void
refuse_extends(const struct merkle_proof *proof, uint64_t older, uint64_t n)
{
	struct merkle_proof bad = *proof;
	struct merkle_head was = heads[older], is = heads[n];
	size_t i;

	for (i = 0; i < bad.n; i++) {
		bad.at[i][i % MERKLE_HASH_LEN] ^= 1;
		ck_assert(!merkle_extends(&bad, &was, &is));
		bad.at[i][i % MERKLE_HASH_LEN] ^= 1;
	}
	if (bad.n > 0) {
		bad.n--;
		ck_assert(!merkle_extends(&bad, &was, &is));
		bad.n++;
	}
	memset(bad.at[bad.n++], 7, MERKLE_HASH_LEN);
	ck_assert(!merkle_extends(&bad, &was, &is));
	was.root[0] ^= 1;
	ck_assert(!merkle_extends(proof, &was, &is));
	was.root[0] ^= 1;
	if (older > 0) {
		is.root[31] ^= 1;
		ck_assert(!merkle_extends(proof, &was, &is));
	}
}

START_TEST(every_tree_is_proven_to_extend_every_older_one)
{
	struct merkle_proof proof;
	struct merkle_leaves now;
	uint64_t n, older, other;

	for (n = 0; n <= SIZE_MAX_TRIED; n++) {
		now = first(n);
		for (older = 0; older <= n; older++) {
			merkle_prove_older(&proof, &now, older);
			ck_assert_msg(
			    merkle_extends(&proof, &heads[older], &heads[n]),
			    "%d of %d", (int)older, (int)n);
			refuse_extends(&proof, older, n);
			for (other = 1; other <= n && older > 0; other++)
				ck_assert(other == older ||
				    !merkle_extends(
					&proof, &heads[other], &heads[n]));
			if (older < n)
				ck_assert(!merkle_extends(
				    &proof, &heads[n], &heads[older]));
		}
	}
}
END_TEST

START_TEST(a_tree_with_an_entry_changed_extends_no_older_one)
{
	struct merkle_proof proof;
	struct merkle_head forged;
	struct merkle_leaves now;
	struct merkle tree;
	uint64_t n, older, at, i;

	for (n = 1; n <= 20; n++) {
		for (at = 0; at < n; at++) {
			leaves[at][0] ^= 1;
			memset(&tree, 0, sizeof(tree));
			for (i = 0; i < n; i++)
				merkle_add(&tree, leaves[i]);
			forged.size = n;
			merkle_root(forged.root, &tree);
			now = first(n);
			for (older = at + 1; older <= n; older++) {
				merkle_prove_older(&proof, &now, older);
				ck_assert(!merkle_extends(
				    &proof, &heads[older], &forged));
			}
			leaves[at][0] ^= 1;
		}
	}
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, it_makes_the_published_roots);
	tcase_add_test(tc, a_tree_that_grew_has_the_root_of_the_definition);
	tcase_add_test(tc, every_entry_of_every_tree_is_proven_and_no_other);
	tcase_add_test(tc, every_tree_is_proven_to_extend_every_older_one);
	tcase_add_test(tc, a_tree_with_an_entry_changed_extends_no_older_one);
}

UNIT_MAIN("tree", add_tests)
