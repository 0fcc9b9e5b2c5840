#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/change_internal.h"
#include "common/wire/squeeze.h"

#define DOMAIN "padu/change/v1"
#define MAGIC "PDU1"
#define MAGIC_LEN 4

static void
head_pack(uint8_t packed[CHANGE_HEAD_LEN], const struct change_head *head)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = packed, .cap = CHANGE_HEAD_LEN };

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u8(&w, (uint8_t)head->kind);
	writer_u8(&w, head->dictionary);
	writer_u16(&w, head->authority);
	writer_u32(&w, head->writer);
	writer_u32(&w, head->seq);
	writer_u64(&w, head->set_id);
	writer_u32(&w, head->epoch);
	writer_u16(&w, head->instrument);
	writer_u16(&w, head->fields);
	writer_u16(&w, head->nrows);
	writer_u16(&w, head->ntoggles);
	writer_u32(&w, head->body_len);
	writer_u32(&w, head->inflated_len);
	writer_bytes(&w, head->prev, CHANGE_ID_LEN);
	writer_bytes(&w, head->body_hash, HASH_LEN);
	writer_bytes(&w, head->root, HASH_LEN);
	assert(w.bytes == packed && w.len == CHANGE_HEAD_LEN);
}

enum status
change_head_unpack(
    struct change_head *head, const uint8_t *bytes, struct err *err)
{
	struct reader r = reader_start(bytes, CHANGE_HEAD_LEN);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);

	*head = (struct change_head){ 0 };
	if (memcmp(magic, MAGIC, MAGIC_LEN - 1) != 0)
		return err_set(err, ST_INVALID, "not a change set");
	if (magic[MAGIC_LEN - 1] != '0' + CHANGE_VERSION)
		return err_set(err, ST_INVALID,
		    "a change set of a version we do not speak");
	head->kind = reader_u8(&r);
	head->dictionary = reader_u8(&r);
	head->authority = reader_u16(&r);
	head->writer = reader_u32(&r);
	head->seq = reader_u32(&r);
	head->set_id = reader_u64(&r);
	head->epoch = reader_u32(&r);
	head->instrument = reader_u16(&r);
	head->fields = reader_u16(&r);
	head->nrows = reader_u16(&r);
	head->ntoggles = reader_u16(&r);
	head->body_len = reader_u32(&r);
	head->inflated_len = reader_u32(&r);
	reader_copy(&r, head->prev, CHANGE_ID_LEN);
	reader_copy(&r, head->body_hash, HASH_LEN);
	reader_copy(&r, head->root, HASH_LEN);
	return change_check_head(head, err);
}

void
change_id_make(uint8_t id[CHANGE_ID_LEN], const uint8_t head[CHANGE_HEAD_LEN])
{
	hash_domain(id, DOMAIN, head, CHANGE_HEAD_LEN);
}

enum status
change_peek(struct change_head *head, uint8_t id[CHANGE_ID_LEN],
    const uint8_t *bytes, size_t len, struct err *err)
{
	enum status st;

	*head = (struct change_head){ 0 };
	memset(id, 0, CHANGE_ID_LEN);
	if (len < CHANGE_SIGNED_LEN)
		return err_set(err, ST_INVALID,
		    "a change set of %zu bytes; its header alone has %d", len,
		    CHANGE_SIGNED_LEN);
	if ((st = change_head_unpack(head, bytes, err)) != ST_OK)
		return st;
	if (len - CHANGE_SIGNED_LEN != head->body_len)
		return err_set(err, ST_INVALID,
		    "a change set's body has %zu bytes; its header says %u",
		    len - CHANGE_SIGNED_LEN, head->body_len);
	change_id_make(id, bytes);
	return ST_OK;
}

static bool
is_stored(const uint8_t *bytes, size_t len)
{
	return len >= STORED_MAGIC_LEN &&
	    (memcmp(bytes, STORED_MAGIC, STORED_MAGIC_LEN) == 0 ||
		memcmp(bytes, WITNESSED_MAGIC, STORED_MAGIC_LEN) == 0);
}

static enum status
check_body(const struct change_head *head, const uint8_t *body, size_t len,
    struct err *err)
{
	uint8_t hash[HASH_LEN];

	hash_bytes(hash, body, len);
	return crypto_equal(hash, head->body_hash, HASH_LEN)
	    ? ST_OK
	    : err_set(err, ST_UNTRUSTED,
		  "a change set's body is not the one that was signed");
}

enum status
change_verify(
    const uint8_t *bytes, size_t len, const uint8_t public[32], struct err *err)
{
	struct change_booking booking;
	struct change_head head;
	size_t skip;
	bool stored;
	enum status st;

	if (change_is_booked(bytes, len)) {
		st = change_booking_read(&booking, &skip, bytes, len, err);
		if (st != ST_OK)
			return st;
		bytes += skip;
		len -= skip;
	}
	stored = is_stored(bytes, len);
	skip = stored ? STORED_MAGIC_LEN : 0;
	if (len < skip + CHANGE_SIGNED_LEN)
		return err_set(
		    err, ST_INVALID, "a change set of %zu bytes", len);
	bytes += skip;
	len -= skip + CHANGE_SIGNED_LEN;
	if ((st = change_head_unpack(&head, bytes, err)) != ST_OK)
		return st;
	st = sign_check(bytes + CHANGE_HEAD_LEN, public, DOMAIN, bytes,
	    CHANGE_HEAD_LEN, err);
	if (st != ST_OK || stored)
		return st;
	return check_body(&head, bytes + CHANGE_SIGNED_LEN, len, err);
}

void
change_free(struct change *set)
{
	/* The set is the first member of its box. */
	struct change_box *box = (struct change_box *)(void *)set;

	if (box == NULL)
		return;
	free(box->arrays);
	free(box->bytes);
	free(box->links);
	free(box);
}

/* Inflate and read ${body} as the header announces it. */
static enum status
unpack_body(struct change_box *box, const uint8_t *body, struct err *err)
{
	const struct change_head *head = &box->set.head;
	enum status st;

	if ((box->bytes = malloc(head->inflated_len + 1)) == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	st = squeeze_unpack(box->bytes, head->inflated_len, body,
	    head->body_len, head->dictionary, err);
	if (st == ST_OK)
		st = change_columns_unpack(
		    box, head->inflated_len, &box->seed, err);
	return st;
}

enum status
change_check_root(const struct change *set, struct err *err)
{
	/* The set is the first member of its box. */
	const struct change_box *box =
	    (const struct change_box *)(const void *)set;
	uint8_t root[HASH_LEN];
	enum status st;

	if (box->links != NULL && box->root != ST_OK)
		return err_set(err, ST_INVALID,
		    "a booked change set's rows did not give its root");
	if (box->links != NULL || box->seed == NULL)
		return ST_OK;
	st = change_body_root(root, &set->body, box->seed, err);
	if (st == ST_OK && !crypto_equal(root, set->head.root, HASH_LEN))
		st = err_set(err, ST_INVALID,
		    "a change set's rows do not give the root in its header");
	return st;
}

/* A set of our own log that counts under other names. */
static enum status
unpack_booked(
    struct change **out, const uint8_t *bytes, size_t len, struct err *err)
{
	struct change_booking booking;
	struct change_box *box;
	struct err why;
	size_t skip;
	enum status st;

	st = change_booking_read(&booking, &skip, bytes, len, err);
	if (st == ST_OK)
		st = change_unpack(out, bytes + skip, len - skip, true, err);
	if (st != ST_OK)
		return st;
	/* The set is the first member of its box. */
	box = (struct change_box *)(void *)*out;
	/* Of the names that were signed: afterwards they are others. */
	box->root = change_check_root(*out, &why);
	st = change_booking_apply(box, &booking, err);
	if (st != ST_OK) {
		change_free(*out);
		*out = NULL;
	}
	return st;
}

enum status
change_unpack(struct change **out, const uint8_t *bytes, size_t len,
    bool stored, struct err *err)
{
	struct change_box *box;
	enum status st;

	*out = NULL;
	if (stored && change_is_booked(bytes, len))
		return unpack_booked(out, bytes, len, err);
	if (stored && is_stored(bytes, len))
		return change_stored_unpack(out, bytes, len, err);
	if ((box = calloc(1, sizeof(*box))) == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	st = change_peek(&box->set.head, box->set.id, bytes, len, err);
	if (st == ST_OK && stored)
		st = check_body(&box->set.head, bytes + CHANGE_SIGNED_LEN,
		    len - CHANGE_SIGNED_LEN, err);
	if (st == ST_OK)
		st = unpack_body(box, bytes + CHANGE_SIGNED_LEN, err);
	if (st == ST_OK)
		*out = &box->set;
	else
		change_free(&box->set);
	return st;
}

/*
 * The columns of ${body}, compressed, into ${squeezed}; the fields of
 * ${head} that say so.  Only an import is in a hurry: everything else may
 * meet a weak link.
 */
static enum status
pack_body(struct writer *squeezed, struct change_head *head,
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    struct err *err)
{
	int level = head->kind == CHANGE_IMPORT ? SQUEEZE_LEVEL_FAST
						: SQUEEZE_LEVEL_SMALL;
	struct writer columns = { 0 };
	enum status st;

	st = change_columns_pack(&columns, head, body, seed, err);
	if (st == ST_OK && columns.len > CHANGE_INFLATED_MAX)
		st = err_set(err, ST_INVALID,
		    "a change set of %zu bytes; %u allowed", columns.len,
		    CHANGE_INFLATED_MAX);
	if (st == ST_OK)
		st = squeeze_pack(squeezed, columns.bytes, columns.len, level,
		    head->dictionary, err);
	if (st == ST_OK && squeezed->len > CHANGE_BODY_MAX)
		st = err_set(err, ST_INVALID,
		    "a change set of %zu bytes, compressed; %u allowed",
		    squeezed->len, CHANGE_BODY_MAX);
	if (st == ST_OK) {
		head->body_len = (uint32_t)squeezed->len;
		head->inflated_len = (uint32_t)columns.len;
		hash_bytes(head->body_hash, squeezed->bytes, squeezed->len);
	}
	writer_free(&columns);
	return st;
}

/* What was packed must come back as it went in, before it is signed. */
static enum status
read_back(const struct change_head *head, const uint8_t *body, struct err *err)
{
	struct change_box *box = calloc(1, sizeof(*box));
	enum status st;

	if (box == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	box->set.head = *head;
	if ((st = unpack_body(box, body, err)) == ST_OK)
		st = change_check_root(&box->set, err);
	if (st != ST_OK && st != ST_NOMEM) {
		err->status = ST_BUG;
		st = err_wrap(err, "read back what was packed");
	}
	change_free(&box->set);
	return st;
}

/* Sign the finished ${head}; append all to ${out}. */
static enum status
sign_and_append(struct writer *out, const struct change_head *head,
    const struct writer *body, const struct sign_key *key,
    uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	uint8_t packed[CHANGE_HEAD_LEN], sig[SIGN_LEN];
	enum status st;

	head_pack(packed, head);
	st = sign_make(sig, key, DOMAIN, packed, CHANGE_HEAD_LEN, err);
	if (st != ST_OK)
		return st;
	writer_bytes(out, packed, CHANGE_HEAD_LEN);
	writer_bytes(out, sig, SIGN_LEN);
	writer_bytes(out, body->bytes, body->len);
	if (!writer_ok(out))
		return err_set(err, ST_NOMEM, "change set: no memory");
	change_id_make(id, packed);
	return ST_OK;
}

enum status
change_pack(struct writer *out, struct change_head *head,
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    const struct sign_key *key, uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	struct writer squeezed = { 0 };
	enum status st;

	memset(id, 0, CHANGE_ID_LEN);
	if ((st = change_check_body(head, body, err)) != ST_OK)
		return st;
	head->nrows = (uint16_t)body->nrows;
	head->ntoggles = (uint16_t)body->ntoggles;
	st = pack_body(&squeezed, head, body, seed, err);
	if (st == ST_OK)
		st = change_body_root(head->root, body, seed, err);
	if (st == ST_OK)
		st = change_check_head(head, err);
	if (st == ST_OK)
		st = read_back(head, squeezed.bytes, err);
	if (st == ST_OK)
		st = sign_and_append(out, head, &squeezed, key, id, err);
	writer_free(&squeezed);
	return st;
}

const struct change_write *
change_find_write(const struct change_row *row, uint16_t reg)
{
	uint16_t i;

	for (i = 0; i < row->nwrites && row->writes[i].reg <= reg; i++)
		if (row->writes[i].reg == reg)
			return &row->writes[i];
	return NULL;
}
