#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "sync-server/intake/intake_internal.h"
#include "sync-server/server.h"

static enum status
disbelieve(struct intake_item *item, enum receipt_state state,
    enum receipt_reason reason)
{
	item->state = state;
	item->reason = reason;
	return ST_OK;
}

/* Is what ${writer} signed with this number before its cut? */
static bool
is_cut(const struct people_writer *writer, const struct change_head *head,
    const uint8_t id[CHANGE_ID_LEN])
{
	if (!writer->revoked || head->seq < writer->cut_seq)
		return false;
	return head->seq > writer->cut_seq ||
	    !crypto_equal(id, writer->cut_id, CHANGE_ID_LEN);
}

/* Whose key must have signed the set; ST_NOTFOUND: nobody's we know. */
static enum status
find_author(struct server *server, struct intake_item *item,
    const uint8_t **key, struct err *err)
{
	struct intake_author *author = &item->author;
	struct people_device device;
	enum status st;

	author->desk = item->head.kind != CHANGE_VISITS;
	*key = server->keys.desk.public;
	if (item->head.authority != server->authority)
		return err_set(err, ST_NOTFOUND, "another authority's");
	if (author->desk)
		return ST_OK;
	st = people_writer(server->people, item->head.writer, item->head.seq,
	    &author->writer, err);
	if (st == ST_OK && author->writer.booked)
		st = err_set(err, ST_NOTFOUND, "an index that is nobody's");
	if (st != ST_OK)
		return st;
	*key = author->writer.sign_public;
	author->accept = (struct accept_author){
		.device = author->writer.device,
		.revoked = is_cut(&author->writer, &item->head, item->id),
		.places = author->writer.places,
		.nplaces = author->writer.nplaces,
		.nformer = author->writer.nformer,
	};
	_Static_assert(
	    sizeof(author->accept.former) > 2 * sizeof(author->writer.former),
	    "room for what a booking adds");
	memcpy(author->accept.former, author->writer.former,
	    sizeof(author->writer.former));
	st = people_device(server->people, author->writer.device, &device, err);
	if (st == ST_OK && device.revoked)
		author->accept.revoked = true;
	return st;
}

enum status
intake_check(struct server *server, const uint8_t *bytes, size_t len,
    struct intake_item *item, struct err *err)
{
	const uint8_t *key;
	enum status st;

	item->reason = REASON_FORMAT;
	st = change_peek(&item->head, item->id, bytes, len, err);
	if (st != ST_OK)
		return st;
	item->reason = REASON_WRITER;
	if ((st = find_author(server, item, &key, err)) != ST_OK)
		return st;
	item->reason = REASON_SIGNATURE;
	if ((st = change_verify(bytes, len, key, err)) != ST_OK)
		return st;
	item->reason = REASON_FORMAT;
	st = change_unpack(&item->change, bytes, len, false, err);
	if (st == ST_OK)
		item->reason = REASON_NONE;
	return st;
}

/* A change set of a version that we do not speak? */
static bool
is_of_another_version(const struct writer *bytes)
{
	return bytes->len > CHANGE_HEAD_LEN &&
	    memcmp(bytes->bytes, "PDU", 3) == 0 &&
	    bytes->bytes[3] != '0' + CHANGE_VERSION;
}

/*
 * Keep the envelope as it came: it does not hold what it says, or nothing
 * that we could look into.
 */
static enum status
keep_sealed(struct intake_item *item, bool version, const uint8_t *bytes,
    size_t len, struct err *err)
{
	item->envelope = true;
	item->head = (struct change_head){ .writer = item->outer.writer,
		.seq = item->outer.seq };
	memcpy(item->id, item->outer.change_id, CHANGE_ID_LEN);
	writer_clear(&item->bytes);
	writer_bytes(&item->bytes, bytes, len);
	if (!writer_ok(&item->bytes))
		return err_set(err, ST_NOMEM, "open a bundle: no memory");
	return version ? disbelieve(item, RECEIPT_REFUSED, REASON_VERSION)
		       : disbelieve(item, RECEIPT_QUARANTINED, REASON_FORMAT);
}

/* Open the envelope in ${bytes}, whose outer signature is good. */
static enum status
open_item(struct server *server, struct intake_item *item, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	enum status st;

	st = envelope_unseal(&item->bytes, bytes, len, &server->keys.box, err);
	if (st == ST_NOMEM)
		return st;
	if (st == ST_OK && is_of_another_version(&item->bytes))
		return keep_sealed(item, true, bytes, len, err);
	if (st != ST_OK ||
	    change_peek(&head, id, item->bytes.bytes, item->bytes.len, err) !=
		ST_OK ||
	    !crypto_equal(id, item->outer.change_id, CHANGE_ID_LEN))
		return keep_sealed(item, false, bytes, len, err);

	st =
	    intake_check(server, item->bytes.bytes, item->bytes.len, item, err);
	switch (st) {
	case ST_OK:
		break;
	case ST_INVALID:
	case ST_NOTFOUND:
	case ST_UNTRUSTED:
		return disbelieve(item, RECEIPT_QUARANTINED, item->reason);
	default:
		return st;
	}
	/* Anyone may give the desk's sets back; others are their device's. */
	if (!item->author.desk &&
	    item->author.accept.device != item->outer.device) {
		change_free(item->change);
		item->change = NULL;
		return disbelieve(item, RECEIPT_QUARANTINED, REASON_WRITER);
	}
	return ST_OK;
}

/* Take one item of the bundle; *${mine}: the sender signed it. */
static enum status
take_item(struct server *server, struct intake_job *job, const uint8_t *bytes,
    size_t len, bool *mine, struct err *err)
{
	struct intake_item *item = &job->items[job->nitems];
	struct people_device device;
	enum status st;
	size_t whole;

	*mine = false;
	*item = (struct intake_item){ 0 };
	if ((st = envelope_peek(&item->outer, &whole, bytes, len, err)) !=
	    ST_OK)
		return st;
	st = people_device(server->people, item->outer.device, &device, err);
	if (st == ST_OK)
		st =
		    envelope_verify(bytes, whole, device.transport_public, err);
	if (st == ST_NOTFOUND || st == ST_UNTRUSTED || st == ST_INVALID) {
		/* No answer: its author's own copy is as good as ever. */
		job->njunk++;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	*mine = item->outer.device == job->head.device;
	job->nitems++;
	return open_item(server, item, bytes, whole, err);
}

static size_t
count_items(const uint8_t *bytes, size_t len)
{
	size_t at = BUNDLE_HEAD_LEN, n = 0, item_len;
	const uint8_t *item;
	struct err ignored;
	bool is_pull;

	while (bundle_next(bytes, len, &at, &item, &item_len, &is_pull,
		   &ignored) == ST_OK)
		n++;
	return n;
}

static enum status
open_items(struct server *server, struct intake_job *job, const uint8_t *bytes,
    size_t len, struct err *err)
{
	size_t at = BUNDLE_HEAD_LEN, item_len;
	bool is_pull, mine, proven = false;
	const uint8_t *item;
	enum status st;

	while ((st = bundle_next(bytes, len, &at, &item, &item_len, &is_pull,
		    err)) == ST_OK) {
		if (is_pull) {
			proven |=
			    bundle_pull_verify(item, item_len, &job->head,
				job->device.transport_public, err) == ST_OK;
			continue;
		}
		st = take_item(server, job, item, item_len, &mine, err);
		if (st != ST_OK)
			return st;
		proven |= mine;
	}
	if (st != ST_NOTFOUND)
		return st;
	if (!proven)
		return err_set(err, ST_UNTRUSTED,
		    "nothing in the bundle is signed by the laptop that it "
		    "names");
	return ST_OK;
}

enum status
intake_open(struct intake_job **out, struct server *server,
    const uint8_t name[32], const uint8_t *bytes, size_t len, struct err *err)
{
	uint8_t hash[BUNDLE_NAME_LEN];
	struct bundle_head head;
	struct intake_job *job = NULL;
	enum status st;
	size_t n;

	*out = NULL;
	if (len > BUNDLE_MAX)
		return err_set(err, ST_INVALID,
		    "a bundle of %zu bytes; %u are allowed", len, BUNDLE_MAX);
	bundle_name(hash, bytes, len);
	if (!crypto_equal(hash, name, sizeof(hash)))
		return err_set(err, ST_UNTRUSTED,
		    "the bundle is not the one that its name says");
	if ((st = bundle_head_unpack(&head, bytes, len, err)) != ST_OK)
		return st;
	if (head.authority != server->authority)
		return err_set(err, ST_UNTRUSTED,
		    "the bundle is for authority %u, this is %u",
		    head.authority, server->authority);
	n = count_items(bytes, len);
	if (n > BUNDLE_ENVELOPES_MAX)
		return err_set(err, ST_INVALID,
		    "a bundle of %zu envelopes; %u are allowed", n,
		    BUNDLE_ENVELOPES_MAX);
	job = calloc(1, sizeof(*job) + n * sizeof(job->items[0]));
	if (job == NULL)
		return err_set(err, ST_NOMEM, "open a bundle: no memory");
	memcpy(job->name, name, BUNDLE_NAME_LEN);
	job->head = head;
	job->time_ms = env_now_ms(server->env);
	st = people_device(server->people, head.device, &job->device, err);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_UNTRUSTED, "no such laptop");
	if (st != ST_OK)
		goto out;
	if ((st = open_items(server, job, bytes, len, err)) != ST_OK)
		goto out;
	*out = job;
	job = NULL;
out:
	intake_job_free(job);
	return st;
}

void
intake_job_free(struct intake_job *job)
{
	size_t i;

	if (job == NULL)
		return;
	for (i = 0; i < job->nitems; i++) {
		writer_free(&job->items[i].bytes);
		change_free(job->items[i].change);
	}
	free(job);
}
