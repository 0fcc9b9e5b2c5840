/*
 * Any bytes as a change set.  The first byte says how far in they begin, so
 * that compression, hash and signature do not hide what lies behind them:
 *
 *	0  a message, as it came
 *	1  an inflated body, behind kind, rows and toggles of its header:
 *	   what is read can be packed again, and stored and erased, and
 *	   says the same
 *	2  one row of an erased form
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/change_internal.h"
#include "tests/lib/random_set.h"

static struct sign_key key;
static struct err err;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
start(void)
{
	static const uint8_t SEED[SIGN_SEED_LEN] = { 1 };

	if (key.public[0] != 0)
		return;
	must(crypto_start(&err) == ST_OK);
	sign_key_make(&key, SEED);
}

static void
as_message(const uint8_t *bytes, size_t size)
{
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	struct change *set;
	int stored;

	(void)change_peek(&head, id, bytes, size, &err);
	(void)change_verify(bytes, size, key.public, &err);
	for (stored = 0; stored < 2; stored++) {
		if (change_unpack(&set, bytes, size, stored, &err) != ST_OK)
			must(set == NULL && err.text[0] != '\0');
		change_free(set);
	}
}

static bool
odd(void *arg, const struct change_row *row)
{
	(void)arg;
	return row->id % 2 == 1;
}

static const struct change_eraser ODD = { .erase = odd };

/* Pack ${body} again; read, stored and erased it is the same. */
static void
pack_again(const struct change_box *box)
{
	static const uint8_t SEED[CHANGE_SEED_LEN] = { 9 };
	struct change_head head = box->set.head;
	struct writer w = { 0 }, erased = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	struct change *set;
	enum status st;

	st = change_pack(&w, &head, &box->set.body, SEED, &key, id, &err);
	/* Random bytes may not fit the limit once compressed. */
	if (st == ST_OK) {
		must(change_verify(w.bytes, w.len, key.public, &err) == ST_OK);
		must(change_unpack(&set, w.bytes, w.len, false, &err) == ST_OK);
		must(random_set_differs(&box->set.body, &set->body) == NULL);
		change_free(set);
		must(
		    change_erase(&erased, w.bytes, w.len, &ODD, &err) == ST_OK);
		must(change_unpack(
			 &set, erased.bytes, erased.len, true, &err) == ST_OK);
		must(set->body.nrows <= box->set.body.nrows);
		change_free(set);
	} else {
		must(st == ST_INVALID && w.len == 0);
	}
	writer_free(&w);
	writer_free(&erased);
}

static void
as_body(const uint8_t *bytes, size_t size)
{
	struct change_box *box = calloc(1, sizeof(*box));
	struct change_head *head;
	const uint8_t *seed;

	must(box != NULL);
	if (size < 5 || size > 5 + CHANGE_INFLATED_MAX) {
		free(box);
		return;
	}
	head = &box->set.head;
	*head = (struct change_head){ .kind = bytes[0] % 5u,
		.authority = 6402,
		.writer = 14,
		.seq = 2,
		.set_id = 1,
		.nrows = (uint16_t)(bytes[1] << 8 | bytes[2]),
		.ntoggles = (uint16_t)(bytes[3] << 8 | bytes[4]) };
	box->bytes = malloc(size);
	must(box->bytes != NULL);
	memcpy(box->bytes, bytes + 5, size - 5);
	if (change_check_head(head, &err) == ST_OK &&
	    change_columns_unpack(box, size - 5, &seed, &err) == ST_OK) {
		must(seed == box->bytes);
		must(change_check_body(head, &box->set.body, &err) == ST_OK);
		pack_again(box);
	}
	change_free(&box->set);
}

static void
as_row(const uint8_t *bytes, size_t size)
{
	static const uint8_t SALT[CHANGE_SALT_LEN];
	struct writer w = { 0 };
	struct change *set;

	if (size > CHANGE_INFLATED_MAX)
		return;
	writer_bytes(&w, "PDX1PDU1\1\0\x19\x02\0\0\0\x0e\0\0\0\1", 20);
	writer_bytes(&w, "\0\0\0\0\0\0\0\1\0\0\0\0\0\1\0\1\0\1\0\0", 20);
	writer_bytes(&w, "\0\0\0\0\0\0\0\0", 8);
	memset(writer_space(&w, 64), 0, 64);
	change_leaf(writer_space(&w, HASH_LEN), SALT, bytes, size);
	memset(writer_space(&w, SIGN_LEN), 0, SIGN_LEN);
	writer_u8(&w, 1);
	writer_bytes(&w, SALT, sizeof(SALT));
	writer_varint(&w, size);
	writer_bytes(&w, bytes, size);
	writer_varint(&w, 0); /* notes */
	must(w.len > STORED_MAGIC_LEN + CHANGE_SIGNED_LEN);
	if (change_unpack(&set, w.bytes, w.len, true, &err) == ST_OK)
		must(set->body.nrows == 1);
	change_free(set);
	writer_free(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	start();
	if (size == 0)
		return 0;
	if (bytes[0] == 0)
		as_message(bytes + 1, size - 1);
	else if (bytes[0] == 1)
		as_body(bytes + 1, size - 1);
	else if (bytes[0] == 2)
		as_row(bytes + 1, size - 1);
	return 0;
}
