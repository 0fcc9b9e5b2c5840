#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/reader.h"
#include "common/crypto/crypto.h"
#include "common/instrument/instrument.h"
#include "common/wire/envelope.h"
#include "common/wire/squeeze.h"
#include "sync-server/people/code.h"
#include "sync-server/people/enrol.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"
#include "tests/bench/measure.h"
#include "tests/bench/site.h"
#include "tests/bench/site_internal.h"

/* After every visit that visits.h makes up. */
#define SITE_NOW_MS (1790000000000 + (int64_t)1100 * 86400000)

static void
must(enum status st, const struct err *err)
{
	measure_must(st, err, "site");
}

/* A clock that begins at SITE_NOW_MS, in whatever process. */
static int64_t
now_ms(void *arg)
{
	static int64_t began;
	int64_t now = env_now_ms(env_real());

	(void)arg;
	if (began == 0)
		began = now;
	return SITE_NOW_MS + now - began;
}

struct server_opts
site_opts(const struct site *site)
{
	const char *regions = getenv("PADU_REGIONS");

	return (struct server_opts){ .dir = site->dir,
		.regions = regions != NULL ? regions : BENCH_REGIONS,
		.env = &site->env };
}

struct site *
site_open(const char *under)
{
	struct site *site = measure_memory(1, sizeof(*site));
	struct server_opts opts;
	struct err err;

	site->env = *env_real();
	site->env.now_ms = now_ms;
	now_ms(NULL);
	snprintf(site->dir, sizeof(site->dir), "%s/site", under);
	site->laptops =
	    measure_memory(SITE_LAPTOPS_MAX, sizeof(*site->laptops));
	site->next_listed = VISITS_IMPORT_ROWS;
	opts = site_opts(site);
	must(crypto_start(&err), &err);
	must(server_create(&opts, SITE_AUTHORITY, "Kantor Uji", &err), &err);
	must(server_open(&site->server, &opts, &err), &err);
	site->card = site->server->card;
	return site;
}

/* Remove the plain files in ${name}, and the folder. */
static void
remove_folder(const char *name)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	char path[4400];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(name);
}

void
site_close(struct site *site)
{
	char parts[3900];

	server_close(site->server);
	snprintf(parts, sizeof(parts), "%s/parts", site->dir);
	remove_folder(parts);
	remove_folder(site->dir);
	free(site->laptops);
	free(site);
}

void
site_village(struct site *site, char out[REGION_TEXT_SIZE])
{
	unsigned district, village, n = 0;
	struct region region;
	uint64_t code;
	struct err err;

	for (district = 1; district < 40; district++) {
		for (village = 2001; village < 2030; village++) {
			snprintf(out, REGION_TEXT_SIZE, "64.02.%02u.%04u",
			    district % 100, village % 10000);
			must(region_parse(&code, out, &err), &err);
			if (region_find(site->server->regions, code, &region) &&
			    n++ == site->nvillages) {
				site->nvillages++;
				return;
			}
		}
	}
	must(err_set(&err, ST_NOTFOUND, "no more villages"), &err);
}

void
site_code(struct site *site, const char *label, const char *village,
    char out[CARD_CODE_TEXT_SIZE])
{
	struct code_terms terms = {
		.label = label, .nplaces = 1, .hours = CODE_HOURS_MAX
	};
	struct person person;
	char name[40];
	uint64_t place;
	struct err err;

	snprintf(name, sizeof(name), "Petugas %s", village);
	must(person_add(site->server, name, PERSON_ENUMERATOR, &person, &err),
	    &err);
	must(region_parse(&place, village, &err), &err);
	terms.person = person.number;
	terms.places = &place;
	must(code_issue(out, site->server, &terms, &err), &err);
}

static void
make_keys(struct site_laptop *laptop)
{
	uint8_t seed[SIGN_SEED_LEN];

	crypto_random(seed, sizeof(seed));
	sign_key_make(&laptop->key, seed);
	crypto_random(seed, sizeof(seed));
	sign_key_make(&laptop->transport, seed);
	crypto_random(seed, sizeof(seed));
	seal_key_make(&laptop->box, seed);
}

/* Ask with ${code}; the cards give device and writer their numbers. */
static void
enrol(struct site *site, struct site_laptop *laptop, const char *code)
{
	uint8_t bits[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	struct enrol_request request = { .time_ms = env_now_ms(&site->env) };
	struct writer ask = { 0 }, reply = { 0 };
	const uint8_t *device_bytes, *writer_bytes,
	    *public = site->card.card_public;
	size_t device_len, writer_len;
	struct device_card device;
	struct writer_card writer;
	struct err err;

	must(card_code_parse(bits, fingerprint, code, &err), &err);
	card_code_id(request.code_id, bits);
	memcpy(request.sign_public, laptop->key.public, 32);
	memcpy(request.transport_public, laptop->transport.public, 32);
	memcpy(request.box_public, laptop->box.public, 32);
	must(enrol_request_pack(&ask, &request, bits, &laptop->key,
		 &laptop->transport, &site->card, &err),
	    &err);
	must(
	    enrol_answer(site->server, ask.bytes, ask.len, &reply, &err), &err);
	must(enrol_reply_unpack(&device_bytes, &device_len, &writer_bytes,
		 &writer_len, reply.bytes, reply.len, &err),
	    &err);
	must(
	    device_card_unpack(&device, device_bytes, device_len, public, &err),
	    &err);
	must(
	    writer_card_unpack(&writer, writer_bytes, writer_len, public, &err),
	    &err);
	laptop->device = device.device;
	laptop->writer = writer.writer;
	writer_free(&ask);
	writer_free(&reply);
}

struct site_laptop *
site_join(struct site *site)
{
	struct site_laptop *laptop = &site->laptops[site->nlaptops];
	char code[CARD_CODE_TEXT_SIZE];
	struct err err;

	if (site->nlaptops++ == SITE_LAPTOPS_MAX)
		must(err_set(&err, ST_FULL, "too many laptops"), &err);
	make_keys(laptop);
	site_village(site, laptop->village);
	site_code(site, "UJI", laptop->village, code);
	enrol(site, laptop, code);
	laptop->next_new = 1;
	laptop->next_listed = site->next_listed;
	return laptop;
}

void
site_catch_up(struct site *site)
{
	const struct store_state *state;
	struct err err;
	unsigned i;

	server_lock(site->server);
	must(store_begin(site->server->store, &err), &err);
	state = store_state(site->server->store);
	for (i = 0; i < site->nlaptops; i++)
		site->laptops[i].cursor =
		    (struct cursor){ state->epoch, state->version };
	store_rollback(site->server->store);
	server_unlock(site->server);
}

struct visits_from
site_from(const struct site *site, const struct site_laptop *laptop)
{
	return (struct visits_from){ .writer = laptop->writer,
		.desk = site->card.desk_writer,
		.next_new = laptop->next_new,
		.next_listed = laptop->next_listed,
		.import = SITE_IMPORT,
		.shown_epoch = laptop->cursor.epoch,
		.shown_version = laptop->cursor.version,
		.village = laptop->village };
}

void
site_pack(const struct site *site, struct site_laptop *laptop,
    const struct change_body *body, struct writer *out)
{
	const struct instrument *ins = instrument_builtin();
	struct change_head head = { .kind = CHANGE_VISITS,
		.dictionary = SQUEEZE_DICT_VERVAL,
		.authority = SITE_AUTHORITY,
		.writer = laptop->writer,
		.seq = laptop->seq + 1,
		.instrument = ins->version,
		.fields = ins->fields_version };
	struct envelope_head outer = { .authority = SITE_AUTHORITY,
		.server_key = site->card.box_key,
		.device = laptop->device,
		.writer = laptop->writer,
		.seq = head.seq };
	uint8_t seed[CHANGE_SEED_LEN];
	struct writer bytes = { 0 };
	struct err err;

	crypto_random(seed, sizeof(seed));
	crypto_random(&head.set_id, sizeof(head.set_id));
	memcpy(head.prev, laptop->prev, CHANGE_ID_LEN);
	must(change_pack(&bytes, &head, body, seed, &laptop->key,
		 outer.change_id, &err),
	    &err);
	memcpy(laptop->prev, outer.change_id, CHANGE_ID_LEN);
	laptop->seq = head.seq;
	must(envelope_pack(out, &outer, bytes.bytes, bytes.len,
		 site->card.box_public, &laptop->transport, &err),
	    &err);
	writer_free(&bytes);
}

void
site_bundle(const struct site_laptop *laptop, const struct writer *envelope,
    struct writer *out, uint8_t name[BUNDLE_NAME_LEN])
{
	struct bundle_head head = { .authority = SITE_AUTHORITY,
		.device = laptop->device,
		.cursor = laptop->cursor };
	size_t before = out->len;

	bundle_head_pack(out, &head);
	writer_bytes(out, envelope->bytes, envelope->len);
	bundle_name(name, out->bytes + before, out->len - before);
}

unsigned
site_check(const struct site *site, const uint8_t name[BUNDLE_NAME_LEN],
    const uint8_t *bytes, size_t len)
{
	struct receipt receipt;
	struct reply reply;
	struct err err;
	unsigned i;

	must(reply_unpack(
		 &reply, bytes, len, name, site->card.receipt_public, &err),
	    &err);
	for (i = 0; i < reply.nreceipts; i++) {
		must(receipt_unpack(&receipt,
			 reply.receipts + (size_t)i * RECEIPT_LEN,
			 site->card.receipt_public, &err),
		    &err);
		if (receipt.state != RECEIPT_MERGED || receipt.reason != 0)
			must(err_set(&err, ST_CONFLICT, "not merged: %s",
				 receipt_reason(receipt.reason)),
			    &err);
	}
	return reply.nreceipts;
}

void
site_stand(struct site_laptop *laptop, const uint8_t *reply, size_t len)
{
	struct reader r = reader_start(reply, len);

	/* PROTOCOL.md: magic, authority and flags come before the cursor. */
	reader_bytes(&r, 7);
	laptop->cursor.epoch = reader_u32(&r);
	laptop->cursor.version = reader_u64(&r);
}
