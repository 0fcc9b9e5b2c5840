#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/id.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/wire/envelope.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/code.h"
#include "sync-server/people/enrol.h"
#include "tests/lib/office.h"

static void
must(enum status st, const struct err *err)
{
	ck_assert_msg(st == ST_OK, "%s", err->text);
}

static int64_t
now_ms(void *arg)
{
	const struct office *office = arg;

	return env_now_ms(env_real()) + office->ahead_ms;
}

static struct server_opts
opts_of(struct office *office)
{
	return (struct server_opts){ .dir = temp_path(&office->temp, "server"),
		.regions = getenv("PADU_REGIONS"),
		.env = &office->env };
}

void
office_open(struct office *office)
{
	struct server_opts opts;
	struct err err;

	memset(office, 0, sizeof(*office));
	office->temp = temp_open();
	office->env = *env_real();
	office->env.arg = office;
	office->env.now_ms = now_ms;
	opts = opts_of(office);
	must(server_create(&opts, OFFICE_AUTHORITY, "Kantor Uji", &err), &err);
	must(server_open(&office->server, &opts, &err), &err);
}

void
office_restart(struct office *office)
{
	struct server_opts opts = opts_of(office);
	struct err err;

	server_close(office->server);
	must(server_open(&office->server, &opts, &err), &err);
}

/* Remove the folder ${name} and the plain files in it. */
static void
remove_folder(struct office *office, const char *name)
{
	char path[400];
	struct dirent *entry;
	DIR *dir = opendir(temp_path(&office->temp, name));

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/%s", office->temp.folder,
		    name, entry->d_name);
		unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(temp_path(&office->temp, name));
}

void
office_close(struct office *office)
{
	server_close(office->server);
	remove_folder(office, "server/parts");
	remove_folder(office, "server");
	temp_close(&office->temp);
}

uint32_t
office_person(struct office *office, const char *name, enum person_role role)
{
	struct person person;
	struct err err;

	must(person_add(office->server, name, role, &person, &err), &err);
	return person.number;
}

void
office_code(struct office *office, uint32_t person, const char *village,
    char out[CARD_CODE_TEXT_SIZE])
{
	struct code_terms terms = {
		.person = person, .label = "UJI", .nplaces = 1, .hours = 72
	};
	uint64_t place;
	struct err err;

	must(region_parse(&place, village, &err), &err);
	terms.places = &place;
	must(code_issue(out, office->server, &terms, &err), &err);
}

void
laptop_make(struct laptop *laptop, uint8_t seed)
{
	uint8_t seeds[32];

	memset(laptop, 0, sizeof(*laptop));
	memset(seeds, seed, sizeof(seeds));
	sign_key_make(&laptop->transport, seeds);
	seal_key_make(&laptop->box, seeds);
	pen_make(&laptop->pen, OFFICE_AUTHORITY, 1);
	seeds[0] ^= 0xff;
	sign_key_make(&laptop->pen.key, seeds);
}

void
laptop_free(struct laptop *laptop)
{
	writer_free(&laptop->items);
}

void
laptop_share(struct laptop *laptop, const struct laptop *other, uint8_t seed)
{
	laptop_make(laptop, seed);
	laptop->transport = other->transport;
	laptop->box = other->box;
	laptop->device = other->device;
}

void
laptop_request(struct laptop *laptop, struct office *office, const char *code,
    struct writer *out)
{
	uint8_t bits[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	struct enrol_request request = { .device = laptop->device.device,
		.former = laptop->former };
	struct err err;

	must(card_code_parse(bits, fingerprint, code, &err), &err);
	card_code_id(request.code_id, bits);
	memcpy(request.sign_public, laptop->pen.key.public, 32);
	memcpy(request.transport_public, laptop->transport.public, 32);
	memcpy(request.box_public, laptop->box.public, 32);
	request.time_ms = now_ms(office);
	if (laptop->former != 0)
		memset(request.recovery, 0x5a, sizeof(request.recovery));
	must(enrol_request_pack(out, &request, bits, &laptop->pen.key,
		 &laptop->transport, &office->server->card, &err),
	    &err);
}

enum status
laptop_enrol(struct laptop *laptop, struct office *office, const char *code,
    struct err *err)
{
	const uint8_t *device, *card,
	    *public = office->server->keys.card.public;
	struct writer request = { 0 }, reply = { 0 };
	size_t device_len, card_len;
	enum status st;

	laptop_request(laptop, office, code, &request);
	st = enrol_answer(
	    office->server, request.bytes, request.len, &reply, err);
	if (st == ST_OK) {
		must(enrol_reply_unpack(&device, &device_len, &card, &card_len,
			 reply.bytes, reply.len, err),
		    err);
		must(device_card_unpack(
			 &laptop->device, device, device_len, public, err),
		    err);
		must(writer_card_unpack(
			 &laptop->writer, card, card_len, public, err),
		    err);
		laptop->pen.writer = laptop->writer.writer;
	}
	writer_free(&request);
	writer_free(&reply);
	return st;
}

void
laptop_join(struct laptop *laptop, struct office *office, const char *name,
    const char *village)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct err err;

	office_code(office, office_person(office, name, PERSON_ENUMERATOR),
	    village, code);
	must(laptop_enrol(laptop, office, code, &err), &err);
}

uint64_t
laptop_id(struct laptop *laptop, uint32_t counter)
{
	return id_make(OFFICE_AUTHORITY, laptop->pen.writer, counter);
}

void
laptop_add(struct laptop *laptop, struct office *office,
    const struct draft *draft, uint8_t id[CHANGE_ID_LEN])
{
	struct envelope_head head = { .authority = OFFICE_AUTHORITY,
		.server_key = office->server->card.box_key,
		.device = laptop->device.device,
		.writer = laptop->pen.writer };
	struct writer bytes = { 0 };
	struct err err;

	pen_sign(&laptop->pen, draft, &bytes, id);
	head.seq = laptop->pen.seq;
	memcpy(head.change_id, id, CHANGE_ID_LEN);
	must(envelope_pack(&laptop->items, &head, bytes.bytes, bytes.len,
		 office->server->card.box_public, &laptop->transport, &err),
	    &err);
	writer_free(&bytes);
}

void
laptop_bundle(struct laptop *laptop, struct office *office, struct writer *out,
    uint8_t name[BUNDLE_NAME_LEN])
{
	struct bundle_head head = { .authority = OFFICE_AUTHORITY,
		.device = laptop->device.device,
		.cursor = laptop->cursor };

	bundle_head_pack(out, &head);
	if (laptop->items.len > 0)
		writer_bytes(out, laptop->items.bytes, laptop->items.len);
	else
		bundle_pull_pack(
		    out, &head, now_ms(office), &laptop->transport);
	writer_clear(&laptop->items);
	bundle_name(name, out->bytes, out->len);
}

enum status
office_take(struct office *office, const uint8_t *bytes, size_t len,
    struct writer *reply, struct err *err)
{
	uint8_t name[BUNDLE_NAME_LEN];
	struct intake_job *job = NULL;
	enum status st;

	bundle_name(name, bytes, len);
	st = intake_open(&job, office->server, name, bytes, len, err);
	if (st == ST_OK)
		st = intake_commit(office->server, &job, 1, err);
	if (st == ST_OK && reply != NULL)
		st = intake_answer(office->server, job, reply, err);
	intake_job_free(job);
	return st;
}

enum receipt_state
laptop_send(struct laptop *laptop, struct office *office)
{
	struct writer bundle = { 0 }, reply = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];
	struct receipt receipt = { 0 };
	struct reply answer;
	struct err err;

	laptop_bundle(laptop, office, &bundle, name);
	must(office_take(office, bundle.bytes, bundle.len, &reply, &err), &err);
	must(reply_unpack(&answer, reply.bytes, reply.len, name,
		 office->server->card.receipt_public, &err),
	    &err);
	if (answer.nreceipts > 0)
		must(receipt_unpack(&receipt,
			 answer.receipts +
			     (size_t)(answer.nreceipts - 1) * RECEIPT_LEN,
			 office->server->card.receipt_public, &err),
		    &err);
	writer_free(&bundle);
	writer_free(&reply);
	return receipt.state;
}
