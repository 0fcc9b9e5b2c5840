#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/wire/armor.h"
#include "common/wire/recovery.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/unit.h"

static struct err err;

void
fake_server_recovery(struct fake_server *s)
{
	uint8_t seed[SIGN_SEED_LEN];
	struct recovery_card *card = s->recovery;
	unsigned i;

	if (card == NULL)
		card = s->recovery = calloc(1, sizeof(*card));
	ck_assert_ptr_nonnull(card);
	card->authority = FAKE_AUTHORITY;
	card->number++;
	memcpy(card->root_public, s->root.public, 32);
	ok(share_make(s->share, &card->keys, &err));
	for (i = 0; i < SHARE_CUSTODIANS; i++) {
		crypto_random(seed, sizeof(seed));
		sign_key_make(&s->hand[i], seed);
		memcpy(card->sign_public[i], s->hand[i].public, 32);
	}
	s->recovery_at = ++s->version;
}

void
fake_server_recovery_card(struct fake_server *s, struct writer *out)
{
	ok(recovery_card_pack(out, s->recovery, &s->root, &err));
}

void
fake_server_custodian(
    struct fake_server *s, unsigned i, const char *request, struct writer *out)
{
	struct recovery_answer answer = { .authority = FAKE_AUTHORITY,
		.number = s->recovery->number,
		.custodian = i };
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct writer asked = { 0 }, card = { 0 }, bytes = { 0 };
	struct recovery_request r;
	struct server_card office;

	fake_server_recovery_card(s, &card);
	answer.card = card.bytes;
	answer.card_len = card.len;
	ok(armor_parse(&asked, request, strlen(request), &err));
	recovery_request_hash(answer.request, asked.bytes, asked.len);
	card_fingerprint(print, s->root.public);
	ok(recovery_request_unpack(
	    &r, &office, asked.bytes, asked.len, print, &err));
	ok(recovery_answer_pack(&bytes, &answer, s->recovery, &r,
	    &s->share[i - 1], &s->hand[i - 1], &err));
	ok(armor_print(out, bytes.bytes, bytes.len, &err));
	writer_u8(out, '\0');
	writer_free(&asked);
	writer_free(&card);
	writer_free(&bytes);
}
