#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/store/db.h"
#include "common/wire/checkpoint.h"

#include "sync-server/audit/audit.h"
#include "sync-server/server.h"

#define DOMAIN "padu/audit/v1"
#define FORM 1
#define HASH_FACT 32
#define NUMBER_FACT 8

enum { Q_ADD, Q_TREE, Q_TREE_SET, Q_EACH, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_ADD] = "INSERT INTO audit (n, salt, body, leaf)"
		  " VALUES (:n, :salt, :body, :leaf)",

	[Q_TREE] = "SELECT size, at FROM audit_tree",

	[Q_TREE_SET] = "UPDATE audit_tree SET size = :size, at = :at",

	[Q_EACH] = "SELECT n, salt, body, leaf FROM audit WHERE n >= :from"
		   " ORDER BY n",
};

struct audit {
	struct db_table *sql;
};

enum status
audit_open(struct audit **out, struct db *db, struct err *err)
{
	struct audit *audit;
	enum status st;

	*out = NULL;
	if ((audit = calloc(1, sizeof(*audit))) == NULL)
		return err_set(err, ST_NOMEM, "open the audit log: no memory");
	st = db_table_open(&audit->sql, db, SQL, Q_COUNT, err);
	if (st == ST_OK)
		*out = audit;
	else
		free(audit);
	return st;
}

void
audit_close(struct audit *audit)
{
	if (audit == NULL)
		return;
	db_table_close(audit->sql);
	free(audit);
}

void
audit_leaf(uint8_t out[MERKLE_HASH_LEN], const struct audit_row *row)
{
	uint8_t entry[HASH_LEN];

	hash_derive(entry, row->salt, DOMAIN, row->body, row->len);
	merkle_leaf(out, entry, sizeof(entry));
}

enum status
audit_tree(struct audit *audit, struct merkle *out, struct err *err)
{
	struct db_query *q = db_query(audit->sql, Q_TREE);
	const void *at;
	enum status st;
	size_t len;

	memset(out, 0, sizeof(*out));
	if ((st = db_fetch(q, err)) != ST_OK)
		return st == ST_NOTFOUND
		    ? err_set(err, ST_BUG, "the audit log has no tree")
		    : st;
	out->size = (uint64_t)db_column_i64(q, 0);
	at = db_column_blob(q, 1, &len);
	if (len != merkle_depth(out) * (size_t)MERKLE_HASH_LEN)
		st = err_set(err, ST_UNTRUSTED,
		    "the audit log's tree has %zu bytes", len);
	else if (len > 0)
		memcpy(out->at, at, len);
	db_done(q);
	return st;
}

static enum status
write_tree(struct audit *audit, const struct merkle *tree, struct err *err)
{
	struct db_query *q = db_query(audit->sql, Q_TREE_SET);

	db_bind_i64(q, ":size", (int64_t)tree->size);
	db_bind_blob(
	    q, ":at", tree->at, merkle_depth(tree) * (size_t)MERKLE_HASH_LEN);
	return db_run(q, NULL, err);
}

static void
pack(struct writer *out, const struct audit_entry *entry, uint64_t n,
    int64_t now_ms)
{
	const struct audit_fact *f = entry->facts;
	uint8_t nfacts = 0;

	while (nfacts < AUDIT_FACTS_MAX && f[nfacts].name != 0)
		nfacts++;
	writer_u8(out, FORM);
	writer_u8(out, (uint8_t)entry->kind);
	writer_u64(out, n);
	writer_u64(out, (uint64_t)now_ms);
	writer_u32(out, entry->person);
	writer_u8(out, nfacts);
	for (; nfacts > 0; nfacts--, f++) {
		writer_u8(out, (uint8_t)f->name);
		writer_u8(out, f->hash != NULL ? HASH_FACT : NUMBER_FACT);
		if (f->hash != NULL)
			writer_bytes(out, f->hash, HASH_FACT);
		else
			writer_u64(out, f->number);
	}
}

enum status
audit_unpack(struct audit_entry *out, struct audit_stamp *at,
    const struct audit_row *row, struct err *err)
{
	struct reader r = reader_start(row->body, row->len);
	struct audit_fact *f = out->facts;
	uint8_t form, nfacts, len;

	*out = (struct audit_entry){ 0 };
	form = reader_u8(&r);
	out->kind = (enum audit_kind)reader_u8(&r);
	at->n = reader_u64(&r);
	at->time_ms = (int64_t)reader_u64(&r);
	out->person = reader_u32(&r);
	nfacts = reader_u8(&r);
	if (form != FORM || nfacts > AUDIT_FACTS_MAX)
		return err_set(
		    err, ST_INVALID, "an entry that this program cannot read");
	for (; nfacts > 0; nfacts--, f++) {
		f->name = (enum audit_name)reader_u8(&r);
		len = reader_u8(&r);
		if (len == HASH_FACT)
			f->hash = reader_bytes(&r, HASH_FACT);
		else
			f->number = reader_u64(&r);
	}
	return reader_finish(&r)
	    ? ST_OK
	    : err_set(err, ST_INVALID, "an entry that is out of shape");
}

enum status
audit_append(
    struct server *server, const struct audit_entry *entry, struct err *err)
{
	struct audit_row row = { 0 };
	uint8_t salt[KEY_LEN], leaf[MERKLE_HASH_LEN];
	struct writer body = { 0 };
	struct db_query *q;
	struct merkle tree;
	enum status st;

	if (server->audit == NULL) /* a test's, without people */
		return ST_OK;
	if ((st = audit_tree(server->audit, &tree, err)) != ST_OK)
		goto out;
	row.n = tree.size + 1;
	pack(&body, entry, row.n, env_now_ms(server->env));
	if (!writer_ok(&body)) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	env_random(server->env, salt, sizeof(salt));
	row.salt = salt;
	row.body = body.bytes;
	row.len = body.len;
	audit_leaf(leaf, &row);
	merkle_add(&tree, leaf);
	q = db_query(server->audit->sql, Q_ADD);
	db_bind_i64(q, ":n", (int64_t)row.n);
	db_bind_blob(q, ":salt", salt, sizeof(salt));
	db_bind_blob(q, ":body", body.bytes, body.len);
	db_bind_blob(q, ":leaf", leaf, sizeof(leaf));
	if ((st = db_run(q, NULL, err)) == ST_OK)
		st = write_tree(server->audit, &tree, err);
out:
	writer_free(&body);
	return st == ST_OK ? st : err_wrap(err, "write to the audit log");
}

/* The row that ${q} stands on. */
static enum status
take(struct audit_row *out, const struct db_query *q, struct err *err)
{
	size_t salt, leaf;

	out->n = (uint64_t)db_column_i64(q, 0);
	out->salt = db_column_blob(q, 1, &salt);
	out->body = db_column_blob(q, 2, &out->len);
	out->leaf = db_column_blob(q, 3, &leaf);
	return salt == KEY_LEN && leaf == MERKLE_HASH_LEN
	    ? ST_OK
	    : err_set(err, ST_UNTRUSTED,
		  "entry %llu of the audit log is out of shape",
		  (unsigned long long)out->n);
}

enum status
audit_each(struct audit *audit, uint64_t from,
    enum status (*each)(
	void *arg, const struct audit_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(audit->sql, Q_EACH);
	struct audit_row row;
	enum status st;

	db_bind_i64(q, ":from", (int64_t)from);
	while ((st = db_fetch(q, err)) == ST_OK) {
		if ((st = take(&row, q, err)) != ST_OK ||
		    (st = each(arg, &row, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
add_leaf(void *arg, const struct audit_row *row, struct err *err)
{
	struct writer *out = arg;

	writer_bytes(out, row->leaf, MERKLE_HASH_LEN);
	return writer_ok(out) ? ST_OK
			      : err_set(err, ST_NOMEM, "no memory for leaves");
}

enum status
audit_leaves(struct audit *audit, struct writer *out, struct err *err)
{
	return audit_each(audit, 1, add_leaf, out, err);
}

enum status
audit_checkpoint(struct server *server, struct writer *out, bool leaves,
    uint64_t *size, struct err *err)
{
	struct checkpoint c = { .authority = (uint16_t)server->authority,
		.key_ms = server->card.issued_ms,
		.time_ms = env_now_ms(server->env) };
	struct merkle tree;
	enum status st;

	if ((st = audit_tree(server->audit, &tree, err)) != ST_OK)
		return st;
	*size = c.head.size = tree.size;
	merkle_root(c.head.root, &tree);
	st = checkpoint_pack(
	    out, &c, &server->keys.root, &server->keys.checkpoint, err);
	return st == ST_OK && leaves ? audit_leaves(server->audit, out, err)
				     : st;
}
