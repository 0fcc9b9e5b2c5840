#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/unit.h"

static struct err err;

static void
make_sign(struct sign_key *out)
{
	uint8_t seed[SIGN_SEED_LEN];

	crypto_random(seed, sizeof(seed));
	sign_key_make(out, seed);
}

struct fake_server *
fake_server_new(int64_t now_ms)
{
	struct fake_server *s = calloc(1, sizeof(*s));
	uint8_t seed[BOX_SEED_LEN];

	ck_assert_ptr_nonnull(s);
	make_sign(&s->root);
	make_sign(&s->card);
	make_sign(&s->receipt);
	make_sign(&s->desk);
	crypto_random(seed, sizeof(seed));
	seal_key_make(&s->box, seed);
	s->now_ms = now_ms;
	s->epoch = 1;
	s->server.authority = FAKE_AUTHORITY;
	s->server.version_min = s->server.version_max = 1;
	s->server.box_key = 1;
	s->server.desk_writer = FAKE_DESK;
	s->server.issued_ms = now_ms;
	memcpy(s->server.root_public, s->root.public, 32);
	memcpy(s->server.box_public, s->box.public, 32);
	memcpy(s->server.receipt_public, s->receipt.public, 32);
	memcpy(s->server.desk_public, s->desk.public, 32);
	memcpy(s->server.card_public, s->card.public, 32);
	snprintf(s->server.name, sizeof(s->server.name), "Dinas Contoh");
	return s;
}

void
fake_server_free(struct fake_server *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nsets; i++)
		free(s->sets[i].bytes);
	free(s->sets);
	free(s->records);
	free(s->recovery);
	free(s);
}

void
fake_server_card(struct fake_server *s, struct writer *out)
{
	s->server.epoch = s->epoch;
	ok(server_card_pack(out, &s->server, &s->root, &err));
}

void
fake_server_code(struct fake_server *s, const char *label, const char *village,
    const char *village2, char out[CARD_CODE_TEXT_SIZE])
{
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];

	crypto_random(s->code, sizeof(s->code));
	card_code_key(s->code_key, s->code);
	snprintf(s->label, sizeof(s->label), "%s", label);
	s->nplaces = 1;
	ok(region_parse(&s->places[0], village, &err));
	if (village2 != NULL)
		ok(region_parse(&s->places[s->nplaces++], village2, &err));
	card_fingerprint(fingerprint, s->root.public);
	card_code_print(out, s->code, fingerprint);
}

void
fake_server_enrol(
    struct fake_server *s, const uint8_t *bytes, size_t len, struct writer *out)
{
	struct enrol_request request;
	struct device_card *dev;
	struct writer_card *wri = &s->writers[s->nwriters];
	uint8_t mac[32], id[32];
	unsigned i;

	ok(enrol_request_unpack(&request, mac, bytes, len, &s->box, &err));
	card_code_id(id, s->code);
	ck_assert_mem_eq(id, request.code_id, 32);
	ok(enrol_request_proves(&request, mac, s->code_key, &err));
	if (request.device == 0)
		request.device = ++s->ndevices;
	dev = &s->devices[request.device - 1];
	dev->authority = FAKE_AUTHORITY;
	dev->device = request.device;
	memcpy(dev->transport_public, request.transport_public, 32);
	memcpy(dev->box_public, request.box_public, 32);
	dev->issued_ms = s->now_ms;
	s->nwriters++;
	wri->authority = FAKE_AUTHORITY;
	wri->writer = s->nwriters;
	wri->device = request.device;
	wri->person = s->nwriters;
	wri->role = ROLE_ENUMERATOR;
	memcpy(wri->sign_public, request.sign_public, 32);
	wri->from_seq = 1;
	wri->issued_ms = s->now_ms;
	memcpy(wri->label, s->label, sizeof(wri->label));
	snprintf(wri->name, sizeof(wri->name), "Orang %s", s->label);
	s->former[s->nwriters - 1] = request.former;
	wri->nplaces = (uint16_t)s->nplaces;
	for (i = 0; i < s->nplaces; i++)
		wri->places[i] = s->places[i];
	ok(enrol_reply_pack(out, dev, wri, &s->card, &err));
}
