#include <string.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/card.h"

#define SERVER_DOMAIN "padu/server/v1"
#define DEVICE_DOMAIN "padu/device/v1"
#define WRITER_DOMAIN "padu/writer/v1"
#define ROOT_DOMAIN "padu/root/v1"
#define SERVER_MAGIC "PDS1"
#define DEVICE_MAGIC "PDV1"
#define WRITER_MAGIC "PDW1"
#define MAGIC_LEN 4

void
card_fingerprint(
    uint8_t out[CARD_FINGERPRINT_LEN], const uint8_t root_public[32])
{
	uint8_t hash[HASH_LEN];

	hash_domain(hash, ROOT_DOMAIN, root_public, SIGN_PUBLIC_LEN);
	memcpy(out, hash, CARD_FINGERPRINT_LEN);
}

/*
 * Start to read a card with ${magic}: everything but its signature is left in
 * *${r}, and *${sig} points to that.
 */
static enum status
start_card(struct reader *r, const uint8_t **sig, const uint8_t *bytes,
    size_t len, const char *magic, struct err *err)
{
	const uint8_t *start;

	if (len < MAGIC_LEN + SIGN_LEN || len > CARD_BYTES_MAX)
		return err_set(err, ST_INVALID, "a card of %zu bytes", len);
	*r = reader_start(bytes, len - SIGN_LEN);
	*sig = bytes + len - SIGN_LEN;
	start = reader_bytes(r, MAGIC_LEN);
	if (memcmp(start, magic, MAGIC_LEN) == 0)
		return ST_OK;
	return err_set(err, ST_INVALID,
	    "not such a card, or of a version we do not speak");
}

static enum status
bad(const char *card, struct err *err)
{
	return err_set(err, ST_INVALID, "a %s card breaks the format", card);
}

static void
put_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	writer_u8(w, (uint8_t)len);
	writer_bytes(w, text, len);
}

/* Text for people: at most ${max} bytes of UTF-8, no control characters. */
static void
take_text(struct reader *r, char *out, size_t max)
{
	size_t i, len = reader_u8(r);
	const uint8_t *text = reader_bytes(r, len);

	out[0] = '\0';
	if (text == NULL)
		return;
	for (i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f)
			r->failed = true;
	}
	if (len > max || !utf8_valid((const char *)text, len))
		r->failed = true;
	if (r->failed)
		return;
	memcpy(out, text, len);
	out[len] = '\0';
}

enum status
server_card_pack(struct writer *out, const struct server_card *card,
    const struct sign_key *root, struct err *err)
{
	struct writer w = { 0 };

	writer_bytes(&w, SERVER_MAGIC, MAGIC_LEN);
	writer_u16(&w, card->authority);
	writer_u16(&w, card->version_min);
	writer_u16(&w, card->version_max);
	writer_u32(&w, card->epoch);
	writer_u16(&w, card->box_key);
	writer_bytes(&w, card->root_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, card->box_public, BOX_PUBLIC_LEN);
	writer_bytes(&w, card->receipt_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, card->desk_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, card->card_public, SIGN_PUBLIC_LEN);
	writer_u32(&w, card->desk_writer);
	writer_u64(&w, (uint64_t)card->issued_ms);
	put_text(&w, card->name);
	return sign_append(out, &w, root, SERVER_DOMAIN, err);
}

/* Check what any reader of a server card must be able to rely on. */
static bool
good_server(const struct server_card *card)
{
	return card->authority != 0 && card->authority <= ID_AUTHORITY_MAX &&
	    card->version_min != 0 && card->version_min <= card->version_max &&
	    card->desk_writer != 0 && card->desk_writer <= ID_WRITER_MAX;
}

enum status
server_card_unpack(struct server_card *card, const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	const uint8_t *sig = NULL;
	enum status st;
	struct reader r;

	*card = (struct server_card){ 0 };
	st = start_card(&r, &sig, bytes, len, SERVER_MAGIC, err);
	if (st != ST_OK)
		return st;
	card->authority = reader_u16(&r);
	card->version_min = reader_u16(&r);
	card->version_max = reader_u16(&r);
	card->epoch = reader_u32(&r);
	card->box_key = reader_u16(&r);
	reader_copy(&r, card->root_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, card->box_public, BOX_PUBLIC_LEN);
	reader_copy(&r, card->receipt_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, card->desk_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, card->card_public, SIGN_PUBLIC_LEN);
	card->desk_writer = reader_u32(&r);
	card->issued_ms = (int64_t)reader_u64(&r);
	take_text(&r, card->name, CARD_NAME_MAX);
	card_fingerprint(print, card->root_public);
	if (!crypto_equal(print, fingerprint, CARD_FINGERPRINT_LEN))
		st = err_set(err, ST_UNTRUSTED,
		    "the server's root key is not the one that the code "
		    "names");
	else
		st = sign_check(sig, card->root_public, SERVER_DOMAIN, bytes,
		    len - SIGN_LEN, err);
	if (st == ST_OK && (!reader_finish(&r) || !good_server(card)))
		st = bad("server", err);
	if (st != ST_OK)
		*card = (struct server_card){ 0 };
	return st;
}

enum status
device_card_pack(struct writer *out, const struct device_card *card,
    const struct sign_key *key, struct err *err)
{
	struct writer w = { 0 };

	writer_bytes(&w, DEVICE_MAGIC, MAGIC_LEN);
	writer_u16(&w, card->authority);
	writer_u32(&w, card->device);
	writer_bytes(&w, card->transport_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, card->box_public, BOX_PUBLIC_LEN);
	writer_u64(&w, (uint64_t)card->issued_ms);
	return sign_append(out, &w, key, DEVICE_DOMAIN, err);
}

enum status
device_card_unpack(struct device_card *card, const uint8_t *bytes, size_t len,
    const uint8_t card_public[32], struct err *err)
{
	const uint8_t *sig = NULL;
	enum status st;
	struct reader r;

	*card = (struct device_card){ 0 };
	st = start_card(&r, &sig, bytes, len, DEVICE_MAGIC, err);
	if (st == ST_OK)
		st = sign_check(sig, card_public, DEVICE_DOMAIN, bytes,
		    len - SIGN_LEN, err);
	if (st != ST_OK)
		return st;
	card->authority = reader_u16(&r);
	card->device = reader_u32(&r);
	reader_copy(&r, card->transport_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, card->box_public, BOX_PUBLIC_LEN);
	card->issued_ms = (int64_t)reader_u64(&r);
	if (reader_finish(&r) && card->authority != 0 && card->device != 0)
		return ST_OK;
	*card = (struct device_card){ 0 };
	return bad("device", err);
}

enum status
writer_card_pack(struct writer *out, const struct writer_card *card,
    const struct sign_key *key, struct err *err)
{
	struct writer w = { 0 };
	size_t i;

	if (card->nplaces > CARD_PLACES_MAX)
		return err_set(err, ST_INVALID,
		    "a writer with %u places; %d allowed", card->nplaces,
		    CARD_PLACES_MAX);
	writer_bytes(&w, WRITER_MAGIC, MAGIC_LEN);
	writer_u16(&w, card->authority);
	writer_u32(&w, card->writer);
	writer_u32(&w, card->device);
	writer_u32(&w, card->person);
	writer_u8(&w, (uint8_t)card->role);
	writer_bytes(&w, card->sign_public, SIGN_PUBLIC_LEN);
	writer_u32(&w, card->from_seq);
	writer_u64(&w, (uint64_t)card->issued_ms);
	put_text(&w, card->label);
	put_text(&w, card->name);
	writer_u16(&w, card->nplaces);
	for (i = 0; i < card->nplaces; i++)
		writer_u64(&w, card->places[i]);
	return sign_append(out, &w, key, WRITER_DOMAIN, err);
}

static bool
good_writer(const struct writer_card *card)
{
	return card->authority != 0 && card->authority <= ID_AUTHORITY_MAX &&
	    card->writer != 0 && card->writer <= ID_WRITER_MAX &&
	    card->device != 0 &&
	    (card->role == ROLE_ENUMERATOR || card->role == ROLE_COORDINATOR);
}

enum status
writer_card_unpack(struct writer_card *card, const uint8_t *bytes, size_t len,
    const uint8_t card_public[32], struct err *err)
{
	const uint8_t *sig = NULL;
	enum status st;
	struct reader r;
	size_t i;

	*card = (struct writer_card){ 0 };
	st = start_card(&r, &sig, bytes, len, WRITER_MAGIC, err);
	if (st == ST_OK)
		st = sign_check(sig, card_public, WRITER_DOMAIN, bytes,
		    len - SIGN_LEN, err);
	if (st != ST_OK)
		return st;
	card->authority = reader_u16(&r);
	card->writer = reader_u32(&r);
	card->device = reader_u32(&r);
	card->person = reader_u32(&r);
	card->role = reader_u8(&r);
	reader_copy(&r, card->sign_public, SIGN_PUBLIC_LEN);
	card->from_seq = reader_u32(&r);
	card->issued_ms = (int64_t)reader_u64(&r);
	take_text(&r, card->label, CARD_LABEL_MAX);
	take_text(&r, card->name, CARD_NAME_MAX);
	card->nplaces = reader_u16(&r);
	if (card->nplaces > CARD_PLACES_MAX)
		r.failed = true;
	for (i = 0; i < card->nplaces && !r.failed; i++)
		card->places[i] = reader_u64(&r);
	if (reader_finish(&r) && good_writer(card))
		return ST_OK;
	*card = (struct writer_card){ 0 };
	return bad("writer", err);
}
