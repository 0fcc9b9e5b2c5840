#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"

#include "sync-server/backup/paper.h"

#define FORM 1

static void
put_hash(struct json_writer *w, const char *name, const uint8_t hash[32])
{
	char hex[65];

	crypto_hex(hex, hash, 32);
	json_put_string(w, name, hex);
}

enum status
paper_print(struct writer *out, const struct paper *paper, struct err *err)
{
	const struct paper_facts *f = &paper->facts;
	struct json_writer w = json_writer_start(out);
	enum status st;

	json_put_object(&w, NULL);
	json_put_i64(&w, "padu_backup", FORM);
	json_put_i64(&w, "authority", paper->authority);
	json_put_string(&w, "name", paper->name);
	json_put_i64(&w, "time_ms", paper->time_ms);
	json_put_bool(&w, "with_key", paper->with_key);
	json_put_i64(&w, "epoch", f->epoch);
	json_put_decimal(&w, "version", f->version);
	json_put_decimal(&w, "log", f->log);
	json_put_decimal(&w, "records", f->records);
	put_hash(&w, "records_digest", f->records_digest);
	put_hash(&w, "log_digest", f->log_digest);
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK)
		writer_u8(out, '\n');
	return st;
}

static enum status
get_decimal(
    const struct json *doc, const char *name, uint64_t *out, struct err *err)
{
	const char *text;
	enum status st;
	char *end;

	if ((st = json_get_string(doc, name, &text, err)) != ST_OK)
		return st;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0')
		return err_set(err, ST_INVALID, "%s is no number", name);
	return ST_OK;
}

/* Small letters only, as they are written. */
static enum status
get_hash(
    const struct json *doc, const char *name, uint8_t out[32], struct err *err)
{
	static const char DIGITS[] = "0123456789abcdef";
	const char *text, *high, *low;
	enum status st;
	size_t i;

	if ((st = json_get_string(doc, name, &text, err)) != ST_OK)
		return st;
	if (strlen(text) != 64)
		return err_set(err, ST_INVALID, "%s is no hash", name);
	for (i = 0; i < 32; i++) {
		high = strchr(DIGITS, text[2 * i]);
		low = strchr(DIGITS, text[2 * i + 1]);
		if (high == NULL || low == NULL)
			return err_set(err, ST_INVALID, "%s is no hash", name);
		out[i] = (uint8_t)((high - DIGITS) << 4 | (low - DIGITS));
	}
	return ST_OK;
}

static enum status
read_facts(struct paper_facts *f, const struct json *doc, struct err *err)
{
	int64_t epoch;
	enum status st;

	st = json_get_i64_in(doc, "epoch", 1, UINT32_MAX, &epoch, err);
	if (st != ST_OK)
		return st;
	f->epoch = (uint32_t)epoch;
	if ((st = get_decimal(doc, "version", &f->version, err)) != ST_OK ||
	    (st = get_decimal(doc, "log", &f->log, err)) != ST_OK ||
	    (st = get_decimal(doc, "records", &f->records, err)) != ST_OK ||
	    (st = get_hash(doc, "records_digest", f->records_digest, err)) !=
		ST_OK)
		return st;
	return get_hash(doc, "log_digest", f->log_digest, err);
}

static enum status
read_all(struct paper *paper, const struct json *doc, struct err *err)
{
	int64_t form, authority;
	const char *name;
	enum status st;

	st = json_get_i64_in(doc, "padu_backup", FORM, FORM, &form, err);
	if (st != ST_OK ||
	    (st = json_get_i64_in(doc, "authority", 1, ID_AUTHORITY_MAX,
		 &authority, err)) != ST_OK ||
	    (st = json_get_string(doc, "name", &name, err)) != ST_OK ||
	    (st = json_get_i64(doc, "time_ms", &paper->time_ms, err)) !=
		ST_OK ||
	    (st = json_get_bool(doc, "with_key", &paper->with_key, err)) !=
		ST_OK)
		return st;
	paper->authority = (unsigned)authority;
	if (strlen(name) > CARD_NAME_MAX)
		return err_set(err, ST_INVALID, "the name is too long");
	memcpy(paper->name, name, strlen(name) + 1);
	return read_facts(&paper->facts, doc, err);
}

enum status
paper_parse(struct paper *paper, const void *bytes, size_t len, struct err *err)
{
	struct json *doc = NULL;
	enum status st;

	memset(paper, 0, sizeof(*paper));
	st = json_parse(&doc, bytes, len, PAPER_FILE_MAX, err);
	if (st == ST_OK)
		st = read_all(paper, doc, err);
	json_free(doc);
	return st == ST_OK ? st : err_wrap(err, PAPER_NAME);
}

bool
paper_same(const struct paper_facts *a, const struct paper_facts *b)
{
	return a->epoch == b->epoch && a->version == b->version &&
	    a->log == b->log && a->records == b->records &&
	    memcmp(a->records_digest, b->records_digest, 32) == 0 &&
	    memcmp(a->log_digest, b->log_digest, 32) == 0;
}
