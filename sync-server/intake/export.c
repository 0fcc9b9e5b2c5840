#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "sync-server/audit/audit.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/people/enrol.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#define PATH_SIZE 1100

struct export
{
	const struct env *env;
	const char *dir;
	struct writer index;
	uint64_t n;
	uint32_t *writers; /* of laptops; each once, in order of arrival */
	size_t nwriters;
};

static const char *
state_word(enum store_log_state state)
{
	switch (state) {
	case STORE_LOG_ACCEPTED:
		return "accepted";
	case STORE_LOG_VOIDED:
		return "voided";
	case STORE_LOG_QUARANTINED:
		return "quarantined";
	}
	return "?";
}

static enum status
write_file(struct export *e, const char *name, const void *bytes, size_t len,
    struct err *err)
{
	char path[PATH_SIZE];
	int n = snprintf(path, sizeof(path), "%s/%s", e->dir, name);

	if (n < 0 || n >= PATH_SIZE)
		return err_set(
		    err, ST_INVALID, "the folder's name is too long");
	return e->env->write(e->env->arg, path, bytes, len, err);
}

static enum status
note_writer(struct export *e, uint32_t writer, struct err *err)
{
	uint32_t *more;
	size_t i;

	for (i = e->nwriters; i > 0; i--)
		if (e->writers[i - 1] == writer)
			return ST_OK;
	if ((e->nwriters & (e->nwriters - 1)) == 0) {
		more = realloc(e->writers,
		    (e->nwriters == 0 ? 1 : 2 * e->nwriters) * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory for writers");
		e->writers = more;
	}
	e->writers[e->nwriters++] = writer;
	return ST_OK;
}

static enum status
export_entry(void *arg, const struct store_log *entry, struct err *err)
{
	const struct change_head *head = &entry->head;
	char line[256], hex[2 * CHANGE_ID_LEN + 1], name[32];
	struct export *e = arg;
	enum status st;
	int n;

	if (head->kind == CHANGE_VISITS &&
	    (st = note_writer(e, head->writer, err)) != ST_OK)
		return st;
	crypto_hex(hex, entry->id, CHANGE_ID_LEN);
	n = snprintf(line, sizeof(line),
	    "%" PRIu64 ",%s,%d,%d,%u,%u,%016" PRIx64 ",%s,%u,%" PRIu64 "\n",
	    entry->n, state_word(entry->state), (int)entry->reason,
	    (int)head->kind, head->writer, head->seq, head->set_id, hex,
	    entry->epoch, entry->version);
	writer_bytes(&e->index, line, (size_t)n);
	snprintf(name, sizeof(name), "%06" PRIu64 ".set", entry->n);
	e->n++;
	return write_file(e, name, entry->bytes, entry->len, err);
}

/* Who vouches for the keys: the server's card, and its writers'. */
static enum status
export_cards(struct server *server, struct export *e, struct err *err)
{
	struct writer card = { 0 };
	enum status st;
	char name[32];
	size_t i;

	st = server_card_pack(&card, &server->card, &server->keys.root, err);
	if (st == ST_OK)
		st = write_file(e, "server.card", card.bytes, card.len, err);
	for (i = 0; i < e->nwriters && st == ST_OK; i++) {
		writer_clear(&card);
		snprintf(name, sizeof(name), "writer-%06u.card", e->writers[i]);
		st = enrol_card(server, e->writers[i], &card, err);
		if (st == ST_OK)
			st = write_file(e, name, card.bytes, card.len, err);
	}
	writer_free(&card);
	return st;
}

/* Said before the first file is there: none leaves without an entry. */
static enum status
note(struct server *server, struct err *err)
{
	struct audit_entry entry = { .kind = AUDIT_EXPORT };
	enum status st;

	if ((st = store_begin(server->store, err)) != ST_OK)
		return st;
	entry.facts[0] = (struct audit_fact){ AUDIT_COUNT,
		store_log_last(server->store), NULL };
	st = audit_append(server, &entry, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	return st;
}

enum status
verify_log_export(
    struct server *server, const char *dir, uint64_t *n, struct err *err)
{
	static const char HEAD[] = "n,state,reason,kind,writer,seq,set_id,"
				   "change_id,epoch,version\n";
	struct export e = { .env = server->env, .dir = dir };
	enum status st;

	*n = 0;
	server_lock(server);
	writer_bytes(&e.index, HEAD, sizeof(HEAD) - 1);
	if ((st = e.env->mkdir(e.env->arg, dir, err)) != ST_OK ||
	    (st = note(server, err)) != ST_OK)
		goto out;
	st = store_log_each(server->store, 1, export_entry, &e, err);
	if (st == ST_OK)
		st = export_cards(server, &e, err);
	if (st == ST_OK && !writer_ok(&e.index))
		st = err_set(err, ST_NOMEM, "no memory");
	if (st == ST_OK)
		st = write_file(
		    &e, "index.csv", e.index.bytes, e.index.len, err);
	if (st == ST_OK)
		*n = e.n;
out:
	server_unlock(server);
	writer_free(&e.index);
	free(e.writers);
	return st != ST_OK ? err_wrap(err, "export the log") : ST_OK;
}
