#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/instrument/instrument.h"
#include "common/json/json.h"
#include "common/wire/card.h"

#include "tests/lib/storycheck.h"

#define FORWARD_DOMAIN "padu/forward/v1"
#define BATCH_MAX (8u << 20) /* bytes */

/* An item that the receiver accepted, each key once. */
struct item {
	uint64_t record;
	char key[65];
	char corrects[65]; /* "" in a record */
	char *text;        /* the item, printed anew */
	struct json *doc;
	bool taken_back;
};

struct requests {
	const struct storycheck_log *log;
	const struct storycheck_acks *acks;
	const struct server_card *card;
	struct item *items;
	size_t nitems, items_cap;
};

/* ---- one record against the log ----------------------------------------- */

static bool
same_text(
    const struct json *fields, const char *name, struct instrument_value value)
{
	const struct json *member = json_find(fields, name);
	const char *text;
	struct err err;

	return member != NULL && json_as_string(member, &text, &err) == ST_OK &&
	    strlen(text) == value.len &&
	    memcmp(text, value.text, value.len) == 0;
}

/* The fields of one register; how many of them have a value in *${n}. */
static int
check_fields(
    const struct storycheck_put *head, const struct json *fields, size_t *n)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	const struct instrument_register *reg;
	struct err err;
	size_t i;
	int faults = 0;

	if (head->len == 0)
		return 0;
	reg = instrument_find_register(
	    instrument_builtin(), head->kind, head->reg);
	if (reg == NULL ||
	    instrument_unpack(values, reg, head->value, head->len, &err) !=
		ST_OK)
		return storycheck_fault("record %" PRIu64
					": register %u cannot be read",
		    head->record, head->reg);
	for (i = 0; i < reg->nfields; i++) {
		if (values[i].len == 0)
			continue;
		++*n;
		if (!same_text(fields, reg->fields[i].name, values[i]))
			faults += storycheck_fault(
			    "record %" PRIu64
			    ": %s is not upstream what it is in the log",
			    head->record, reg->fields[i].name);
	}
	return faults;
}

/* Does the payload's list ${sets} name ${set_id}? */
static bool
names_set(const struct json *sets, uint64_t set_id)
{
	const char *text;
	struct err err;
	size_t i;

	for (i = 0; i < json_count(sets); i++)
		if (json_as_string(json_at(sets, i), &text, &err) == ST_OK &&
		    storycheck_number(text) == set_id)
			return true;
	return false;
}

static const struct json *
payload_sets(const struct json *heads, uint16_t reg)
{
	const struct json *sets = NULL, *one;
	int64_t number;
	struct err err;
	size_t i;

	for (i = 0; i < json_count(heads); i++) {
		one = json_at(heads, i);
		if (json_get_i64(one, "register", &number, &err) == ST_OK &&
		    number == reg &&
		    json_get_array(one, "sets", &sets, &err) == ST_OK)
			return sets;
	}
	return NULL;
}

/* Who wrote it: a person's number, 0 an import. */
static uint64_t
author_of(const struct storycheck_acks *acks, const struct storycheck_put *put)
{
	size_t i;

	if (put->by != CHANGE_VISITS)
		return put->person;
	for (i = 0; i < acks->writers.n; i++)
		if (acks->writers.at[i] == put->writer)
			return acks->persons.at[i];
	return UINT64_MAX;
}

struct comparison {
	const struct json *heads, *fields;
	int64_t approver;
	size_t nfields; /* with a value, in the log */
};

/* One register: its heads are those of the payload, and agree. */
static int
check_register(const struct requests *r, struct comparison *c,
    const struct storycheck_put *puts, size_t n)
{
	const struct json *sets = payload_sets(c->heads, puts[0].reg);
	const struct storycheck_put *first = NULL;
	uint64_t author;
	size_t i, heads = 0;
	int faults = 0;

	if (sets == NULL)
		return storycheck_fault("record %" PRIu64
					": register %u is not upstream",
		    puts[0].record, puts[0].reg);
	for (i = 0; i < n; i++) {
		if (!storycheck_head(puts, n, i, true))
			continue;
		heads++;
		if (!names_set(sets, puts[i].set_id))
			faults += storycheck_fault(
			    "record %" PRIu64
			    ": a head of register %u was not approved",
			    puts[i].record, puts[i].reg);
		author = author_of(r->acks, &puts[i]);
		if (author == UINT64_MAX || author == (uint64_t)c->approver)
			faults += storycheck_fault(
			    "record %" PRIu64
			    ": approved by who wrote it, or nobody did",
			    puts[i].record);
		if (first != NULL &&
		    (first->len != puts[i].len ||
			memcmp(first->value, puts[i].value, first->len) != 0))
			faults += storycheck_fault("record %" PRIu64
						   ": sent up in conflict",
			    puts[i].record);
		if (first == NULL)
			faults +=
			    check_fields(&puts[i], c->fields, &c->nfields);
		first = &puts[i];
	}
	if (heads != json_count(sets))
		faults += storycheck_fault(
		    "record %" PRIu64
		    ": register %u has %zu heads in the log, %zu upstream",
		    puts[0].record, puts[0].reg, heads, json_count(sets));
	return faults;
}

static int
check_record(const struct requests *r, const struct item *item)
{
	const struct storycheck_put *puts;
	const struct json *approved;
	struct comparison c = { 0 };
	size_t i, n, run, registers = 0;
	int faults = 0;
	struct err err;

	if ((puts = storycheck_find(r->log, item->record, &n)) == NULL)
		return storycheck_fault("record %" PRIu64
					" is upstream and not in the log",
		    item->record);
	if (json_get_array(item->doc, "heads", &c.heads, &err) != ST_OK ||
	    json_get_object(item->doc, "fields", &c.fields, &err) != ST_OK ||
	    json_get_object(item->doc, "approved", &approved, &err) != ST_OK ||
	    json_get_i64(approved, "person", &c.approver, &err) != ST_OK)
		return storycheck_fault(
		    "record %" PRIu64 ": %s", item->record, err.text);
	for (i = 0; i < n; i += run) {
		run = storycheck_run(puts + i, n - i);
		faults += check_register(r, &c, puts + i, run);
		registers++;
	}
	if (registers != json_count(c.heads) ||
	    c.nfields != json_count(c.fields))
		faults += storycheck_fault(
		    "record %" PRIu64 " has other registers or fields upstream",
		    item->record);
	return faults;
}

/* ---- what was accepted -------------------------------------------------- */

static char *
print_item(const struct json *value)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err err;

	json_put_value(&w, NULL, value);
	writer_u8(&bytes, 0);
	return json_writer_finish(&w, &err) == ST_OK ? (char *)bytes.bytes
						     : NULL;
}

static struct item *
find_item(struct requests *r, const char *key)
{
	size_t i;

	for (i = 0; i < r->nitems; i++)
		if (strcmp(r->items[i].key, key) == 0)
			return &r->items[i];
	return NULL;
}

/* The same key once more means the same; another text is a fault. */
static int
take_item(struct requests *r, const struct json *value)
{
	const char *key, *type, *record, *corrects = "";
	struct item *item;
	struct err err;
	char *text;
	int faults = 0;

	if (json_get_string(value, "key", &key, &err) != ST_OK ||
	    json_get_string(value, "type", &type, &err) != ST_OK ||
	    json_get_string(value, "record", &record, &err) != ST_OK ||
	    (strcmp(type, "correction") == 0 &&
		json_get_string(value, "corrects", &corrects, &err) != ST_OK) ||
	    (text = print_item(value)) == NULL)
		return storycheck_fault("an item upstream: %s", err.text);
	if ((item = find_item(r, key)) != NULL) {
		if (strcmp(item->text, text) != 0)
			faults = storycheck_fault(
			    "two different items have the key %s", key);
		free(text);
		return faults;
	}
	r->items = storycheck_grow(
	    r->items, r->nitems, &r->items_cap, sizeof(*r->items));
	item = &r->items[r->nitems++];
	*item =
	    (struct item){ .text = text, .record = storycheck_number(record) };
	snprintf(item->key, sizeof(item->key), "%s", key);
	snprintf(item->corrects, sizeof(item->corrects), "%s", corrects);
	if (json_parse(&item->doc, text, strlen(text), BATCH_MAX, &err) !=
	    ST_OK)
		return storycheck_fault("%s", err.text);
	return 0;
}

/* "name: value" of a request's head; "" if it is not there. */
static void
head_value(char *out, size_t size, const char *head, const char *name)
{
	const char *at = strstr(head, name);

	out[0] = '\0';
	if (at == NULL || (at != head && at[-1] != '\n'))
		return;
	at += strlen(name) + 2;
	snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
}

/* Is the request the server's, and its key that of its bytes? */
static int
check_head(const struct requests *r, const char *name, const char *head,
    const char *body, size_t len)
{
	char key[80], signature[160], want[65], *hex;
	uint8_t hash[HASH_LEN], bytes[SIGN_LEN];
	struct err err;

	head_value(key, sizeof(key), head, "Idempotency-Key");
	head_value(signature, sizeof(signature), head, "Padu-Signature");
	hash_bytes(hash, body, len);
	crypto_hex(want, hash, sizeof(hash));
	if (strcmp(want, key) != 0)
		return storycheck_fault(
		    "%s: its key is not that of its bytes", name);
	/* AUTHORITY:HEX */
	if ((hex = strchr(signature, ':')) == NULL ||
	    strtoul(signature, NULL, 10) != r->card->authority ||
	    crypto_unhex(bytes, SIGN_LEN, hex + 1, &err) != ST_OK ||
	    sign_check(bytes, r->card->receipt_public, FORWARD_DOMAIN, hash,
		sizeof(hash), &err) != ST_OK)
		return storycheck_fault("%s: its signature is bad", name);
	return 0;
}

static int
read_body(struct requests *r, const char *name, const char *body, size_t len)
{
	const struct json *items;
	struct json *doc;
	struct err err;
	int faults = 0;
	size_t i;

	if (json_parse(&doc, body, len, BATCH_MAX, &err) != ST_OK)
		return storycheck_fault("%s: %s", name, err.text);
	if (json_get_array(doc, "items", &items, &err) != ST_OK)
		faults = storycheck_fault("%s: %s", name, err.text);
	else
		for (i = 0; i < json_count(items); i++)
			faults += take_item(r, json_at(items, i));
	json_free(doc);
	return faults;
}

/* ${name}: 000012.json; beside it 000012.head. */
static int
read_request(struct requests *r, const char *dir, const char *name)
{
	char path[PATH_MAX], *body, *head = NULL;
	size_t len, head_len;
	int faults;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((body = storycheck_file(path, &len)) == NULL)
		return 1;
	strcpy(path + strlen(path) - strlen("json"), "head");
	if ((head = storycheck_file(path, &head_len)) == NULL) {
		free(body);
		return 1;
	}
	faults = check_head(r, name, head, body, len);
	faults += read_body(r, name, body, len);
	free(body);
	free(head);
	return faults;
}

static int
read_folder(struct requests *r, const char *dir)
{
	struct dirent *entry;
	const char *end;
	int faults = 0;
	DIR *folder;

	if ((folder = opendir(dir)) == NULL)
		return storycheck_fault("%s cannot be read", dir);
	while ((entry = readdir(folder)) != NULL) {
		end = strrchr(entry->d_name, '.');
		if (end != NULL && strcmp(end, ".json") == 0)
			faults += read_request(r, dir, entry->d_name);
	}
	closedir(folder);
	return faults;
}

/* ---- what stands -------------------------------------------------------- */

static int
take_back(struct requests *r)
{
	struct item *corrected;
	int faults = 0;
	size_t i;

	for (i = 0; i < r->nitems; i++) {
		if (r->items[i].corrects[0] == '\0')
			continue;
		corrected = find_item(r, r->items[i].corrects);
		if (corrected == NULL || corrected->corrects[0] != '\0' ||
		    corrected->record != r->items[i].record)
			faults += storycheck_fault(
			    "record %" PRIu64
			    ": a correction of what was never sent",
			    r->items[i].record);
		else
			corrected->taken_back = true;
	}
	return faults;
}

int
storycheck_requests(const struct storycheck_log *log,
    const struct storycheck_acks *acks, const struct server_card *card,
    const char *dir, struct storycheck_figures *figures)
{
	struct requests r = { .log = log, .acks = acks, .card = card };
	struct storycheck_ids there = { 0 };
	const struct item *item;
	int faults;
	size_t i;

	faults = read_folder(&r, dir) + take_back(&r);
	for (i = 0; i < r.nitems; i++) {
		item = &r.items[i];
		if (item->corrects[0] != '\0' || item->taken_back)
			continue;
		faults += check_record(&r, item);
		if (!storycheck_ids_has(&acks->standing, item->record))
			faults += storycheck_fault(
			    "record %" PRIu64
			    " is upstream, but is not validated",
			    item->record);
		storycheck_ids_add(&there, item->record);
	}
	storycheck_ids_sort(&there);
	for (i = 1; i < there.n; i++)
		if (there.at[i] == there.at[i - 1])
			faults += storycheck_fault("record %" PRIu64
						   " is upstream twice",
			    there.at[i]);
	for (i = 0; i < acks->standing.n; i++)
		if (!storycheck_ids_has(&there, acks->standing.at[i]))
			faults += storycheck_fault(
			    "record %" PRIu64 " is validated and not upstream",
			    acks->standing.at[i]);
	figures->validated = acks->standing.n;
	figures->forwarded = there.n;
	for (i = 0; i < r.nitems; i++) {
		free(r.items[i].text);
		json_free(r.items[i].doc);
	}
	free(r.items);
	free(there.at);
	return faults;
}
