#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/people/people.h"
#include "sync-server/server.h"
#include "sync-server/store/contents.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

struct verify {
	struct server *server;
	const struct verify_opts *opts;
	struct verify_result *out;
	uint64_t total;
	uint64_t version; /* greatest stamp so far of those never changed */
	struct writer contents;
};

static void
fault(struct verify *v, uint64_t n, const char *what)
{
	v->out->faults++;
	if (v->opts->fault != NULL)
		v->opts->fault(v->opts->arg, n, what);
}

/* Is it signed by who it says? */
static void
check_signature(struct verify *v, const struct store_log *entry)
{
	const uint8_t *key = v->server->keys.desk.public;
	struct people_writer writer;
	struct err ignored;

	if (entry->head.kind == CHANGE_VISITS) {
		if (people_writer(v->server->people, entry->head.writer,
			entry->head.seq, &writer, &ignored) != ST_OK) {
			fault(v, entry->n, "its writer is not known");
			return;
		}
		key = writer.sign_public;
		if (writer.device != entry->device)
			fault(v, entry->n, "its writer is another laptop's");
	}
	if (change_verify(entry->bytes, entry->len, key, &ignored) != ST_OK)
		fault(v, entry->n, "its signature or body hash is wrong");
}

/*
 * Is the author's root true, or, where rows were erased from a set with a
 * false one, did this server sign for what is left?
 */
static enum status
check_root(struct verify *v, const struct store_log *entry,
    const struct change *change, struct err *err)
{
	struct err why;
	bool witnessed;
	enum status st;

	st = change_check_witness(entry->bytes, entry->len,
	    v->server->keys.receipt.public, &witnessed, &why);
	if (st != ST_OK)
		fault(v, entry->n, "its erased form is signed by nobody here");
	st = change_check_root(change, &why);
	if (st == ST_NOMEM)
		return err_set(err, st, "verify: no memory");
	v->out->false_roots += witnessed || st != ST_OK;
	return ST_OK;
}

/* Do the columns say what the signed header says? */
static void
check_columns(struct verify *v, const struct store_log *entry,
    const struct change *change)
{
	const struct change_head *head = &change->head;

	if (!crypto_equal(change->id, entry->id, CHANGE_ID_LEN))
		fault(v, entry->n, "its change id is another one");
	if (head->kind != entry->head.kind ||
	    head->writer != entry->head.writer ||
	    head->seq != entry->head.seq ||
	    head->set_id != entry->head.set_id ||
	    head->epoch != entry->head.epoch ||
	    !crypto_equal(head->prev, entry->head.prev, CHANGE_ID_LEN))
		fault(v, entry->n, "what is kept beside it differs from it");
}

struct find_contents {
	struct verify *v;
	bool found, same;
};

static enum status
on_contents(
    void *arg, uint64_t n, const uint8_t *contents, size_t len, struct err *err)
{
	struct find_contents *f = arg;
	const struct writer *want = &f->v->contents;

	(void)n;
	(void)err;
	f->found = true;
	f->same = len == want->len && memcmp(contents, want->bytes, len) == 0;
	return ST_OK;
}

static enum status
check_contents(struct verify *v, const struct store_log *entry,
    const struct change *change, struct err *err)
{
	struct find_contents f = { .v = v };
	enum status st;

	writer_clear(&v->contents);
	st = contents_pack(&v->contents, &change->body, 0, err);
	if (st == ST_OK)
		st = store_log_contents(
		    v->server->store, entry->n, entry->n, on_contents, &f, err);
	if (st == ST_OK && (!f.found || !f.same))
		fault(v, entry->n, "the list of its contents is wrong");
	return st;
}

/* A booked set follows what its author signed under another index. */
static bool
may_follow(struct verify *v, const struct store_log *entry, bool booked,
    const struct store_log *before)
{
	struct people *people = v->server->people;

	if (before->head.writer == entry->head.writer)
		return true;
	return booked &&
	    people_person(people, before->head.writer) ==
	    people_person(people, entry->head.writer);
}

/* A number without gaps, each naming the one before. */
static enum status
check_chain(struct verify *v, const struct store_log *entry, struct err *err)
{
	/* Its bytes go away with the next call on the log. */
	bool booked = change_is_booked(entry->bytes, entry->len);
	static const uint8_t none[CHANGE_ID_LEN];
	struct store_log before;
	enum status st;

	if (entry->head.seq <= 1) {
		if (memcmp(entry->head.prev, none, sizeof(none)) != 0)
			fault(v, entry->n, "a first set that names another");
		return ST_OK;
	}
	st = store_log_by_id(v->server->store, entry->head.prev, &before, err);
	if (st == ST_NOTFOUND) {
		v->out->gaps++;
		return ST_OK;
	}
	if (st == ST_OK &&
	    (before.head.seq + 1 != entry->head.seq ||
		!may_follow(v, entry, booked, &before)))
		fault(v, entry->n, "it follows what is not the one before it");
	return st;
}

/* Does the receipt say what became of it? */
static void
check_receipt(struct verify *v, const struct store_log *entry)
{
	static const enum receipt_state STATES[] = {
		[STORE_LOG_ACCEPTED] = RECEIPT_MERGED,
		[STORE_LOG_VOIDED] = RECEIPT_VOIDED,
		[STORE_LOG_QUARANTINED] = RECEIPT_QUARANTINED,
	};
	struct receipt receipt;
	struct err ignored;

	if (entry->receipt == NULL) {
		if (entry->head.kind == CHANGE_VISITS)
			fault(v, entry->n, "it has no receipt");
		return;
	}
	if (receipt_unpack(&receipt, entry->receipt,
		v->server->keys.receipt.public, &ignored) != ST_OK) {
		fault(v, entry->n, "its receipt is not signed by this server");
		return;
	}
	if (!crypto_equal(receipt.change_id, entry->id, CHANGE_ID_LEN) ||
	    receipt.set_id != entry->head.set_id ||
	    receipt.state != STATES[entry->state] ||
	    receipt.epoch != entry->epoch || receipt.version != entry->version)
		fault(v, entry->n, "its receipt says something else");
}

/* Stamps are given where a set counts, and never twice. */
static enum status
check_stamp(struct verify *v, const struct store_log *entry, struct err *err)
{
	const struct store_state *state = store_state(v->server->store);
	struct store_toggle toggle;
	enum status st;

	if (entry->state != STORE_LOG_ACCEPTED) {
		if (entry->epoch != 0 || entry->version != 0)
			fault(v, entry->n, "it has a stamp and does not count");
		return ST_OK;
	}
	if (entry->epoch == 0 || entry->epoch > state->epoch ||
	    entry->version == 0 || entry->version > state->version)
		fault(v, entry->n, "its stamp was never given");
	st = store_toggle_get(v->server->store, entry->id, &toggle, err);
	if (st == ST_OK)
		return toggle.accept
		    ? ST_OK
		    : (fault(v, entry->n, "the desk voided it, it counts"),
			  ST_OK);
	if (st != ST_NOTFOUND)
		return st;
	/* Those that were let in later come out of order. */
	if (entry->version <= v->version)
		fault(v, entry->n, "its stamp was given before");
	v->version = entry->version;
	return ST_OK;
}

static enum status
check_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct verify *v = arg;
	struct change *change = NULL;
	struct err why;
	enum status st;

	v->out->entries++;
	v->out->accepted += entry->state == STORE_LOG_ACCEPTED;
	v->out->voided += entry->state == STORE_LOG_VOIDED;
	v->out->quarantined += entry->state == STORE_LOG_QUARANTINED;
	if (entry->n != v->out->entries)
		fault(v, entry->n, "an entry before it is missing");
	check_signature(v, entry);
	st = change_unpack(&change, entry->bytes, entry->len, true, &why);
	if (st == ST_NOMEM)
		return err_set(err, st, "verify: no memory");
	if (st != ST_OK) {
		fault(v, entry->n, "its rows cannot be read");
		return ST_OK;
	}
	v->out->erased += change->erased;
	check_columns(v, entry, change);
	check_receipt(v, entry);
	if ((st = check_root(v, entry, change, err)) == ST_OK &&
	    (st = check_contents(v, entry, change, err)) == ST_OK &&
	    (st = check_chain(v, entry, err)) == ST_OK)
		st = check_stamp(v, entry, err);
	change_free(change);
	if (v->opts->progress != NULL)
		v->opts->progress(v->opts->arg, v->out->entries, v->total);
	return st;
}

enum status
verify_log(struct server *server, const struct verify_opts *opts,
    struct verify_result *out, struct err *err)
{
	struct verify v = { .server = server, .opts = opts, .out = out };
	enum status st;

	*out = (struct verify_result){ 0 };
	server_lock(server);
	v.total = store_log_last(server->store);
	st = store_log_each(server->store, 1, check_entry, &v, err);
	store_done(server->store);
	server_unlock(server);
	writer_free(&v.contents);
	return st != ST_OK ? err_wrap(err, "verify the log") : ST_OK;
}
