#include <string.h>

#include "common/base/writer.h"
#include "common/wire/checkpoint.h"

#include "sync-server/audit/audit.h"
#include "sync-server/server.h"

/* Missing in a row, that many are named one by one. */
#define NAMED_MAX 1000

struct verifying {
	const struct audit_check *check;
	struct audit_checked *out;
	struct checkpoint older;
	struct merkle_leaves then; /* its leaves, if it has them */
	struct merkle tree;        /* of what is there */
	uint64_t next;             /* the number that is to come */
	uint64_t named;            /* the last one that was named */
	uint8_t root_then[MERKLE_HASH_LEN];
};

static void
fault(struct verifying *v, enum audit_fault what, uint64_t n, uint64_t other)
{
	/* One fault an entry: what was seen first. */
	if (n <= v->named)
		return;
	v->named = n;
	v->out->faults++;
	if (v->check->fault != NULL)
		v->check->fault(v->check->arg, what, n, other);
}

/* Everything up to and without ${n} is not there. */
static void
miss(struct verifying *v, uint64_t n)
{
	uint64_t i;

	for (i = 0; v->next < n; i++, v->next++) {
		if (i < NAMED_MAX)
			fault(v, AUDIT_MISSING, v->next, 0);
		else
			v->out->faults++;
	}
}

/* Where was ${leaf} at the checkpoint?  0: nowhere. */
static uint64_t
find_then(const struct verifying *v, const uint8_t leaf[MERKLE_HASH_LEN])
{
	uint64_t i;

	/* Who changed one entry changed, or moved, all behind it. */
	for (i = 0; i < v->then.n && v->out->faults < NAMED_MAX; i++)
		if (memcmp(v->then.at + i * MERKLE_HASH_LEN, leaf,
			MERKLE_HASH_LEN) == 0)
			return i + 1;
	return 0;
}

static enum status
check_row(void *arg, const struct audit_row *row, struct err *err)
{
	struct verifying *v = arg;
	uint8_t leaf[MERKLE_HASH_LEN];
	struct audit_entry entry;
	struct audit_stamp at;
	struct err unreadable;
	uint64_t other;

	(void)err;
	miss(v, row->n);
	v->next = row->n + 1;
	v->out->entries++;
	audit_leaf(leaf, row);
	if (audit_unpack(&entry, &at, row, &unreadable) != ST_OK)
		at.n =
		    row->n; /* of a newer program, or spoilt: the leaf says */
	if (memcmp(leaf, row->leaf, sizeof(leaf)) != 0)
		fault(v, AUDIT_CHANGED, row->n, 0);
	else if (at.n != row->n)
		fault(v, AUDIT_MOVED, row->n, at.n);
	else if (row->n <= v->then.n &&
	    memcmp(leaf, v->then.at + (row->n - 1) * MERKLE_HASH_LEN,
		sizeof(leaf)) != 0) {
		other = find_then(v, leaf);
		fault(
		    v, other != 0 ? AUDIT_MOVED : AUDIT_CHANGED, row->n, other);
	}
	merkle_add(&v->tree, row->leaf);
	if (v->tree.size == v->older.head.size)
		merkle_root(v->root_then, &v->tree);
	return ST_OK;
}

/* What is there at the end, beside what was kept and what was then. */
static enum status
check_end(struct verifying *v, struct server *server, struct err *err)
{
	uint8_t kept[MERKLE_HASH_LEN];
	struct merkle tree;
	enum status st;

	if ((st = audit_tree(server->audit, &tree, err)) != ST_OK)
		return st;
	merkle_root(v->out->root, &v->tree);
	merkle_root(kept, &tree);
	v->out->older = v->older.head.size;
	miss(v,
	    (tree.size > v->older.head.size ? tree.size : v->older.head.size) +
		1);
	if (tree.size < v->next - 1)
		fault(v, AUDIT_FORGOTTEN, tree.size + 1, 0);
	v->out->extends = v->check->checkpoint == NULL ||
	    (v->older.head.size <= v->tree.size &&
		memcmp(v->root_then, v->older.head.root, sizeof(kept)) == 0);
	/* Faults that no entry of its own shows. */
	if (v->out->faults == 0 &&
	    (!v->out->extends || memcmp(v->out->root, kept, sizeof(kept)) != 0))
		v->out->faults++;
	return ST_OK;
}

enum status
audit_verify(struct server *server, const struct audit_check *check,
    struct audit_checked *out, struct err *err)
{
	struct verifying v = { .check = check, .out = out, .next = 1 };
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	enum status st = ST_OK;

	*out = (struct audit_checked){ 0 };
	card_fingerprint(fingerprint, server->keys.root.public);
	if (check->checkpoint != NULL)
		st = checkpoint_unpack(&v.older, &v.then, check->checkpoint,
		    check->len, fingerprint, err);
	if (st == ST_OK && v.older.head.size == 0)
		merkle_root(v.root_then, &v.tree);
	out->named = v.then.n > 0;
	if (st == ST_OK)
		st = audit_each(server->audit, 1, check_row, &v, err);
	if (st == ST_OK)
		st = check_end(&v, server, err);
	return st;
}
