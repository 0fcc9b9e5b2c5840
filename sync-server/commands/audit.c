#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/wire/checkpoint.h"

#include "sync-server/audit/audit.h"
#include "sync-server/commands/command.h"
#include "sync-server/server.h"

/* ---- list ----------------------------------------------------------- */

#define PAGE 128
#define BODY_MAX 320

/* Entries, copied so that the lock is not held while they are sent. */
struct page {
	struct {
		uint64_t n;
		size_t len;
		uint8_t body[BODY_MAX];
	} at[PAGE];
	size_t n;
};

static enum status
copy_row(void *arg, const struct audit_row *row, struct err *err)
{
	struct page *page = arg;

	(void)err;
	if (page->n == PAGE)
		return ST_NOTFOUND; /* enough */
	page->at[page->n].n = row->n;
	page->at[page->n].len = row->len < BODY_MAX ? row->len : BODY_MAX;
	memcpy(page->at[page->n].body, row->body, page->at[page->n].len);
	page->n++;
	return ST_OK;
}

static void
put_hex(struct json_writer *w, const char *name, const void *bytes, size_t len)
{
	char hex[2 * BODY_MAX + 1];

	if (len > BODY_MAX)
		len = BODY_MAX;
	crypto_hex(hex, bytes, len);
	json_put_string(w, name, hex);
}

static void
put_fact(struct json_writer *w, const struct audit_fact *f)
{
	const char *word = audit_name_word(f->name);

	if (f->hash != NULL)
		put_hex(w, word, f->hash, f->name == AUDIT_REQUEST ? 16 : 32);
	else if (f->name == AUDIT_RECORD || f->name == AUDIT_VISIT ||
	    f->name == AUDIT_NUMBER)
		json_put_decimal(w, word, f->number);
	else
		json_put_i64(w, word, (int64_t)f->number);
}

static void
put_entry(struct json_writer *w, const struct audit_row *row,
    const struct audit_entry *entry, const struct audit_stamp *at)
{
	const struct audit_fact *f = entry->facts;
	size_t i;

	json_put_i64(w, "n", (int64_t)row->n);
	json_put_i64(w, "time_ms", at->time_ms);
	json_put_string(w, "kind", audit_kind_word(entry->kind));
	if (entry->person != 0)
		json_put_i64(w, "person", entry->person);
	for (i = 0; i < AUDIT_FACTS_MAX && f[i].name != 0; i++)
		put_fact(w, &f[i]);
}

static void
put_page(struct command_call *call, const struct page *page, int64_t *n)
{
	const char *kind = args_get(&call->args, "kind");
	struct audit_entry entry;
	struct audit_stamp at;
	struct err ignored;
	size_t i;

	for (i = 0; i < page->n; i++) {
		const struct audit_row row = { .n = page->at[i].n,
			.body = page->at[i].body,
			.len = page->at[i].len };

		/* What cannot be read is shown by its number alone. */
		if (audit_unpack(&entry, &at, &row, &ignored) != ST_OK)
			entry.kind = (enum audit_kind)0;
		if (kind != NULL &&
		    strcmp(kind, audit_kind_word(entry.kind)) != 0)
			continue;
		put_entry(control_row(call->out), &row, &entry, &at);
		control_row_end(call->out);
		++*n;
	}
}

enum status
command_audit_list(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct page *page;
	uint64_t from;
	int64_t n = 0;
	enum status st;

	st = args_number(&call->args, "from", INT64_MAX, 1, &from, err);
	if (st != ST_OK)
		return st;
	if ((page = malloc(sizeof(*page))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for a list");
	do {
		page->n = 0;
		server_lock(server);
		st = audit_each(server->audit, from, copy_row, page, err);
		server_unlock(server);
		if (st != ST_OK || page->n == 0)
			break;
		put_page(call, page, &n);
		from = page->at[page->n - 1].n + 1;
	} while (page->n == PAGE && !control_stopping(call->out));
	free(page);
	json_put_i64(control_result(call->out), "entries", n);
	return st;
}

/* ---- checkpoint ----------------------------------------------------- */

/* An older checkpoint is worth more than a newer one: none is replaced. */
static enum status
check_new(const struct env *env, const char *path, struct err *err)
{
	struct err none;
	uint8_t *bytes;
	size_t len;

	if (env->read(env->arg, path, 0, &bytes, &len, &none) == ST_NOTFOUND)
		return ST_OK;
	free(bytes);
	return err_set(err, ST_CONFLICT,
	    "there is such a file already; older checkpoints are to be kept");
}

static void
put_head(struct json_writer *w, const struct merkle_head *head)
{
	json_put_i64(w, "entries", (int64_t)head->size);
	put_hex(w, "root", head->root, MERKLE_HASH_LEN);
}

enum status
command_audit_checkpoint(struct command_call *call, struct err *err)
{
	bool leaves = !args_has(&call->args, "short");
	const struct env *env = call->server->env;
	char path[COMMAND_PATH_SIZE];
	struct writer bytes = { 0 };
	struct merkle_head head;
	struct merkle tree;
	enum status st;

	if ((st = command_path(path, call, call->args.pos[0], err)) != ST_OK ||
	    (st = check_new(env, path, err)) != ST_OK)
		return st;
	server_lock(call->server);
	st = audit_tree(call->server->audit, &tree, err);
	if (st == ST_OK)
		st = audit_checkpoint(
		    call->server, &bytes, leaves, &head.size, err);
	server_unlock(call->server);
	if (st == ST_OK)
		st = env->write(env->arg, path, bytes.bytes, bytes.len, err);
	writer_free(&bytes);
	if (st != ST_OK)
		return st;
	merkle_root(head.root, &tree);
	put_head(control_result(call->out), &head);
	json_put_bool(control_result(call->out), "names_entries", leaves);
	return ST_OK;
}

/* ---- verify --------------------------------------------------------- */

static void
on_fault(void *arg, enum audit_fault fault, uint64_t n, uint64_t other)
{
	static const char *const WHAT[] = {
		[AUDIT_MISSING] = "missing",
		[AUDIT_MOVED] = "moved",
		[AUDIT_CHANGED] = "changed",
		[AUDIT_FORGOTTEN] = "added_past_the_end",
	};
	struct json_writer *w = control_row(arg);

	json_put_i64(w, "n", (int64_t)n);
	json_put_string(w, "fault", WHAT[fault]);
	if (other != 0)
		json_put_i64(w, "made_as", (int64_t)other);
	control_row_end(arg);
}

static enum status
judge(struct json_writer *w, const struct audit_checked *c, bool against,
    struct err *err)
{
	struct merkle_head head = { .size = c->entries };

	memcpy(head.root, c->root, sizeof(head.root));
	put_head(w, &head);
	if (against) {
		json_put_i64(w, "checkpoint", (int64_t)c->older);
		json_put_bool(w, "only_grew", c->extends);
	}
	json_put_i64(w, "faults", (int64_t)c->faults);
	if (c->faults == 0)
		return ST_OK;
	return err_set(err, ST_UNTRUSTED,
	    "%llu faults in the audit log%s; keep the folder and the "
	    "checkpoint as they are, and tell who supervises this office",
	    (unsigned long long)c->faults,
	    against && !c->extends ? ": it is not what it was at the checkpoint"
				   : "");
}

enum status
command_audit_verify(struct command_call *call, struct err *err)
{
	struct audit_check check = { .fault = on_fault, .arg = call->out };
	const struct env *env = call->server->env;
	bool against = call->args.npos == 1;
	char path[COMMAND_PATH_SIZE];
	struct audit_checked checked;
	uint8_t *bytes = NULL;
	enum status st = ST_OK;

	if (against) {
		st = command_path(path, call, call->args.pos[0], err);
		if (st == ST_OK)
			st = env->read(env->arg, path, CHECKPOINT_FILE_MAX,
			    &bytes, &check.len, err);
		if (st == ST_NOTFOUND)
			err_set(err, st, "there is no such file");
	}
	check.checkpoint = bytes;
	if (st == ST_OK) {
		server_lock(call->server);
		st = audit_verify(call->server, &check, &checked, err);
		server_unlock(call->server);
	}
	free(bytes);
	return st == ST_OK
	    ? judge(control_result(call->out), &checked, against, err)
	    : st;
}

/* ---- prove ---------------------------------------------------------- */

/* What a proof is made from, all of one moment. */
struct proving {
	struct writer checkpoint, leaves;
	struct merkle_leaves all;
	uint64_t n;
	uint8_t salt[32];
	struct page page; /* the entry */
};

static enum status
copy_proven(void *arg, const struct audit_row *row, struct err *err)
{
	struct proving *p = arg;

	if (row->n != p->n)
		return ST_NOTFOUND;
	memcpy(p->salt, row->salt, sizeof(p->salt));
	return p->page.n == 0 ? copy_row(&p->page, row, err) : ST_NOTFOUND;
}

static enum status
collect(struct proving *p, struct server *server, struct err *err)
{
	enum status st;
	uint64_t size;

	server_lock(server);
	st = audit_checkpoint(server, &p->checkpoint, false, &size, err);
	if (st == ST_OK)
		st = audit_leaves(server->audit, &p->leaves, err);
	if (st == ST_OK && p->n != 0)
		st = audit_each(server->audit, p->n, copy_proven, p, err);
	server_unlock(server);
	p->all = (struct merkle_leaves){ p->leaves.bytes, size };
	if (st == ST_OK && p->leaves.len != size * MERKLE_HASH_LEN)
		st = err_set(err, ST_UNTRUSTED,
		    "the audit log does not fit together; `audit verify` says "
		    "where");
	return st;
}

static void
put_proof(struct json_writer *w, const struct proving *p,
    const struct merkle_proof *proof)
{
	size_t i;

	json_put_i64(w, "entries", (int64_t)p->all.n);
	put_hex(w, "checkpoint", p->checkpoint.bytes, p->checkpoint.len);
	json_put_array(w, "path");
	for (i = 0; i < proof->n; i++)
		put_hex(w, NULL, proof->at[i], MERKLE_HASH_LEN);
	json_put_end(w);
}

static enum status
prove_entry(struct command_call *call, struct proving *p, struct err *err)
{
	struct json_writer *w = control_result(call->out);
	struct merkle_proof proof;
	char *end;
	enum status st;

	p->n = strtoull(call->args.pos[0], &end, 10);
	if (*end != '\0' || p->n == 0)
		return err_set(
		    err, ST_INVALID, "an entry is a number, as in audit list");
	if ((st = collect(p, call->server, err)) != ST_OK)
		return st;
	if (p->page.n == 0)
		return err_set(err, ST_NOTFOUND,
		    "the audit log has no such entry; it has %llu",
		    (unsigned long long)p->all.n);
	merkle_prove(&proof, &p->all, p->n - 1);
	json_put_i64(w, "n", (int64_t)p->n);
	put_hex(w, "entry", p->page.at[0].body, p->page.at[0].len);
	put_hex(w, "salt", p->salt, sizeof(p->salt));
	put_proof(w, p, &proof);
	return ST_OK;
}

static enum status
prove_since(struct command_call *call, struct proving *p, struct err *err)
{
	const struct env *env = call->server->env;
	uint8_t fingerprint[CARD_FINGERPRINT_LEN], *bytes = NULL;
	char path[COMMAND_PATH_SIZE];
	struct checkpoint older;
	struct merkle_leaves then;
	struct merkle_proof proof;
	enum status st;
	size_t len;

	st = command_path(path, call, args_get(&call->args, "since"), err);
	if (st == ST_OK)
		st = env->read(
		    env->arg, path, CHECKPOINT_FILE_MAX, &bytes, &len, err);
	card_fingerprint(fingerprint, call->server->keys.root.public);
	if (st == ST_OK)
		st = checkpoint_unpack(
		    &older, &then, bytes, len, fingerprint, err);
	if (st == ST_OK)
		st = collect(p, call->server, err);
	free(bytes);
	if (st != ST_OK)
		return st;
	if (older.head.size > p->all.n)
		return err_set(err, ST_UNTRUSTED,
		    "the checkpoint has %llu entries and the audit log %llu: "
		    "some were taken away",
		    (unsigned long long)older.head.size,
		    (unsigned long long)p->all.n);
	merkle_prove_older(&proof, &p->all, older.head.size);
	json_put_i64(
	    control_result(call->out), "since", (int64_t)older.head.size);
	put_proof(control_result(call->out), p, &proof);
	return ST_OK;
}

enum status
command_audit_prove(struct command_call *call, struct err *err)
{
	struct proving *p;
	enum status st;

	if ((call->args.npos == 1) == args_has(&call->args, "since"))
		return err_set(
		    err, ST_INVALID, "either an entry's number or --since");
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for a proof");
	st = call->args.npos == 1 ? prove_entry(call, p, err)
				  : prove_since(call, p, err);
	writer_free(&p->checkpoint);
	writer_free(&p->leaves);
	free(p);
	return st;
}
