#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/wire/change_internal.h"

#define LEAF_DOMAIN "padu/leaf/v1"
#define NODE_DOMAIN "padu/node/v1"
#define NOTE_DOMAIN "padu/note/v1"
#define SALT_DOMAIN "padu/salt/v1"
#define NODE_MAX 16   /* hashes that one node joins */
#define VARINT_MAX 10 /* bytes */
#define KIND_TOGGLE 0 /* where a row has its record's kind */

/* What a row of no writes and names takes at the most. */
#define ROW_FIXED (1 + 8 + 28 + 6 * VARINT_MAX + 1 + HASH_LEN)

static uint8_t *
put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static uint8_t *
put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
	return at + 4;
}

static uint8_t *
put_u64(uint8_t *at, uint64_t value)
{
	return put_u32(put_u32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static uint8_t *
put_names(uint8_t *at, const uint64_t *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		at = put_u64(at, names[i]);
	return at;
}

/* Most values are a few bytes: two moves that overlap, not a call. */
static uint8_t *
put_bytes(uint8_t *at, const void *bytes, size_t len)
{
	if (len >= 4 && len <= 16) {
		if (len >= 8) {
			memcpy(at, bytes, 8);
			memcpy(
			    at + len - 8, (const uint8_t *)bytes + len - 8, 8);
		} else {
			memcpy(at, bytes, 4);
			memcpy(
			    at + len - 4, (const uint8_t *)bytes + len - 4, 4);
		}
	} else if (len > 16) {
		memcpy(at, bytes, len);
	} else if (len > 0) {
		at[0] = *(const uint8_t *)bytes;
		memcpy(at + len - 1, (const uint8_t *)bytes + len - 1, 1);
		if (len == 3)
			at[1] = ((const uint8_t *)bytes)[1];
	}
	return at + len;
}

static uint8_t *
put_visit(uint8_t *at, const struct change_visit *visit, const uint8_t *note)
{
	at = put_u64(at, visit->id);
	at = put_u64(at, visit->hlc);
	at = put_u32(at, (uint32_t)visit->day);
	at = put_varint(at, visit->person);
	*at++ = note != NULL ? 1 : 0;
	return note != NULL ? put_bytes(at, note, HASH_LEN) : at;
}

/* Which register, and how long its value is. */
static uint8_t *
put_registers(uint8_t *at, const struct change_row *row)
{
	const struct change_write *w = row->writes;
	size_t i;

	at = put_varint(at, row->nwrites);
	at = put_varint(at, w[0].reg);
	at = put_varint(at, w[0].len);
	for (i = 1; i < row->nwrites; i++) {
		at = put_varint(at, w[i].reg - w[i - 1].reg - 1u);
		at = put_varint(at, w[i].len);
	}
	return at;
}

static uint8_t *
put_preds(uint8_t *at, const struct change_row *row, enum preds_code code)
{
	const struct change_write *w = row->writes;
	size_t i;

	*at++ = (uint8_t)code;
	for (i = 0; code >= PREDS_SOME && i < row->nwrites; i++)
		at = put_varint(at, w[i].npreds);
	for (i = 0; code != PREDS_NONE && i < row->nwrites; i++) {
		at = put_names(at, w[i].preds, w[i].npreds);
		if (code != PREDS_EACH && w[i].npreds > 0)
			break;
	}
	return at;
}

/* How many bytes the row takes at the most. */
static size_t
row_bound(const struct change_row *row, enum preds_code code)
{
	size_t i, sum = ROW_FIXED + 8u * row->nalso;

	for (i = 0; i < row->nwrites; i++)
		sum += row->writes[i].len + 3u + 2u;
	if (code != PREDS_EACH)
		return sum + row->nwrites + 8;
	for (i = 0; i < row->nwrites; i++)
		sum += 1 + 8u * row->writes[i].npreds;
	return sum;
}

enum status
change_row_pack(struct writer *out, const struct change_visit *visit,
    const uint8_t *note, const struct change_row *row, struct err *err)
{
	enum preds_code code = change_preds_code(row);
	const struct change_write *w = row->writes;
	uint8_t *at;
	size_t i;

	at = writer_space(out, row_bound(row, code));
	if (at == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	*at++ = (uint8_t)row->kind;
	at = put_u64(at, row->id);
	at = put_visit(at, visit, note);
	at = put_varint(at, row->shown_epoch);
	at = put_varint(at, row->shown_version);
	at = put_varint(at, row->nalso);
	at = put_names(at, row->also, row->nalso);
	at = put_registers(at, row);
	at = put_preds(at, row, code);
	for (i = 0; i < row->nwrites; i++)
		at = put_bytes(at, w[i].value, w[i].len);
	out->len = (size_t)(at - out->bytes);
	return ST_OK;
}

enum status
change_toggle_pack(struct writer *out, const struct change_visit *visit,
    const uint8_t *note, const struct change_toggle *toggle, struct err *err)
{
	static const struct change_visit NONE;
	enum toggle_code code = change_toggle_code(toggle);
	uint8_t *at;

	writer_u8(out, KIND_TOGGLE);
	writer_bytes(out, toggle->change_id, CHANGE_ID_LEN);
	writer_u8(out, (uint8_t)code);
	if (code == TOGGLE_BOOK)
		change_booking_pack(out, &toggle->booking);
	writer_varint(out, toggle->reason_len);
	writer_bytes(out, toggle->reason, toggle->reason_len);
	if ((at = writer_space(out, ROW_FIXED)) == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	at = put_visit(at, visit != NULL ? visit : &NONE, note);
	out->len = (size_t)(at - out->bytes);
	return ST_OK;
}

static void
join(uint8_t *out, const uint8_t *hashes, size_t n)
{
	if (n > 1)
		hash_domain(out, NODE_DOMAIN, hashes, n * HASH_LEN);
	else
		memmove(out, hashes, HASH_LEN);
}

void
change_leaf(uint8_t out[HASH_LEN], const uint8_t salt[CHANGE_SALT_LEN],
    const uint8_t *bytes, size_t len)
{
	struct hash h;

	hash_start(&h, LEAF_DOMAIN);
	hash_add(&h, salt, CHANGE_SALT_LEN);
	hash_add(&h, bytes, len);
	hash_end(&h, out);
}

/*
 * Level by level: every 16 hashes become one, and one alone passes up as it
 * is.  A tree of pairs would cost a quarter of all unpacking.
 */
void
change_root(uint8_t out[HASH_LEN], uint8_t *leaves, size_t n)
{
	size_t i, k;

	for (; n > 1; n = i) {
		for (i = 0; i * NODE_MAX < n; i++) {
			k = n - i * NODE_MAX;
			if (k > NODE_MAX)
				k = NODE_MAX;
			join(leaves + i * HASH_LEN,
			    leaves + i * NODE_MAX * HASH_LEN, k);
		}
	}
	memcpy(out, leaves, HASH_LEN);
}

void
change_note(uint8_t out[HASH_LEN], const uint8_t salt[CHANGE_SALT_LEN],
    const char *note, size_t len)
{
	struct hash h;

	hash_start(&h, NOTE_DOMAIN);
	hash_add(&h, salt, CHANGE_SALT_LEN);
	hash_add(&h, note, len);
	hash_end(&h, out);
}

/* ---- what the seed gives ------------------------------------------------ */

const uint8_t *
change_salts_leaf(const struct change_salts *salts, size_t i)
{
	return salts->salts + i * CHANGE_SALT_LEN;
}

const uint8_t *
change_salts_visit(const struct change_salts *salts, size_t i)
{
	return change_salts_leaf(salts, salts->nleaves + i);
}

const uint8_t *
change_salts_note(
    const struct change_salts *salts, const struct change_body *body, size_t i)
{
	if (i >= body->nvisits || body->visits[i].note_len == 0)
		return NULL;
	return salts->notes + i * HASH_LEN;
}

void
change_salts_free(struct change_salts *salts)
{
	free(salts->salts);
	*salts = (struct change_salts){ 0 };
}

enum status
change_salts_make(struct change_salts *out, const struct change_body *body,
    const uint8_t seed[CHANGE_SEED_LEN], struct err *err)
{
	size_t i, n = body->nrows + body->ntoggles, nnotes = 0;
	uint8_t key[KEY_LEN];

	for (i = 0; i < body->nvisits && nnotes == 0; i++)
		if (body->visits[i].note_len > 0)
			nnotes = body->nvisits;
	*out = (struct change_salts){ .nleaves = n };
	out->salts = malloc((n + nnotes) * CHANGE_SALT_LEN + nnotes * HASH_LEN);
	if (out->salts == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	hash_domain(key, SALT_DOMAIN, seed, CHANGE_SEED_LEN);
	hash_stream(out->salts, (n + nnotes) * CHANGE_SALT_LEN, key);
	crypto_wipe(key, sizeof(key));
	if (nnotes > 0)
		out->notes = out->salts + (n + nnotes) * CHANGE_SALT_LEN;
	for (i = 0; i < nnotes; i++)
		if (body->visits[i].note_len > 0)
			change_note(out->notes + i * HASH_LEN,
			    change_salts_visit(out, i), body->visits[i].note,
			    body->visits[i].note_len);
	return ST_OK;
}

enum status
change_leaf_pack(struct writer *out, const struct change_body *body,
    const struct change_salts *salts, size_t i, struct err *err)
{
	const struct change_row *row;

	if (i >= body->nrows)
		return change_toggle_pack(out,
		    body->nvisits > 0 ? body->visits : NULL,
		    change_salts_note(salts, body, 0),
		    &body->toggles[i - body->nrows], err);
	row = &body->rows[i];
	return change_row_pack(out, &body->visits[row->visit],
	    change_salts_note(salts, body, row->visit), row, err);
}

enum status
change_body_root(uint8_t out[HASH_LEN], const struct change_body *body,
    const uint8_t seed[CHANGE_SEED_LEN], struct err *err)
{
	size_t i, n = body->nrows + body->ntoggles;
	uint8_t *leaves = malloc(n * HASH_LEN);
	struct change_salts salts = { 0 };
	struct writer row = { 0 };
	enum status st = ST_OK;

	if (leaves == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	st = change_salts_make(&salts, body, seed, err);
	for (i = 0; i < n && st == ST_OK; i++, writer_clear(&row)) {
		st = change_leaf_pack(&row, body, &salts, i, err);
		if (st == ST_OK)
			change_leaf(leaves + i * HASH_LEN,
			    change_salts_leaf(&salts, i), row.bytes, row.len);
	}
	if (st == ST_OK)
		change_root(out, leaves, n);
	change_salts_free(&salts);
	writer_free(&row);
	free(leaves);
	return st;
}
