#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/squeeze.h"

#define MAGIC "PDG1"
#define MAGIC_LEN 4

void
page_put_bytes(
    struct writer *out, enum page_kind kind, const void *bytes, size_t len)
{
	writer_u8(out, (uint8_t)kind);
	writer_varint(out, len);
	writer_bytes(out, bytes, len);
}

/* Put ${item} and empty it; what failed in it fails in ${out}. */
static void
put_item(struct writer *out, enum page_kind kind, struct writer *item)
{
	page_put_bytes(out, kind, item->bytes, item->len);
	if (!writer_ok(item))
		out->failed = true;
	writer_free(item);
}

void
page_put_record(struct writer *out, const struct page_record *record)
{
	struct writer item = { 0 };

	writer_u64(&item, record->id);
	writer_u8(&item, record->kind);
	writer_u64(&item, record->place);
	writer_varint(&item, record->epoch);
	writer_varint(&item, record->version);
	writer_bytes(&item, record->body, record->len);
	put_item(out, PAGE_RECORD, &item);
}

void
page_put_return(struct writer *out, const struct page_return *ret)
{
	struct writer item = { 0 };

	writer_u64(&item, ret->visit);
	writer_u64(&item, ret->record);
	writer_varint(&item, ret->number);
	writer_u64(&item, (uint64_t)ret->time_ms);
	writer_varint(&item, ret->by_len);
	writer_bytes(&item, ret->by, ret->by_len);
	writer_varint(&item, ret->reason_len);
	writer_bytes(&item, ret->reason, ret->reason_len);
	put_item(out, PAGE_RETURN, &item);
}

enum status
page_seal(struct writer *out, const struct writer *page,
    const uint8_t device_box_public[32], struct err *err)
{
	struct writer plain = { 0 };
	enum status st;

	if (page->len > DOWN_PAGE_MAX)
		return err_set(err, ST_BUG, "a page of %zu bytes; %u allowed",
		    page->len, DOWN_PAGE_MAX);
	if (!writer_ok(page))
		return err_set(err, ST_NOMEM, "page: no memory");
	writer_bytes(&plain, MAGIC, MAGIC_LEN);
	writer_u32(&plain, (uint32_t)page->len);
	st = squeeze_pack(&plain, page->bytes, page->len, SQUEEZE_LEVEL_FAST,
	    SQUEEZE_DICT_NONE, err);
	if (st == ST_OK && !writer_ok(&plain))
		st = err_set(err, ST_NOMEM, "page: no memory");
	if (st == ST_OK)
		st = seal_pack(
		    out, plain.bytes, plain.len, device_box_public, err);
	crypto_wipe(plain.bytes, plain.len);
	writer_free(&plain);
	return st;
}

/* Inflate the opened page in ${plain} to ${out}. */
static enum status
inflate(struct writer *out, const struct writer *plain, struct err *err)
{
	struct reader r = reader_start(plain->bytes, plain->len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);
	uint32_t len = reader_u32(&r);
	size_t before = out->len;
	enum status st;
	uint8_t *at;

	if (r.failed || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "not a page, or of a version we do not speak");
	if (len > DOWN_PAGE_MAX)
		return err_set(err, ST_INVALID,
		    "a page of %u bytes; %u allowed", len, DOWN_PAGE_MAX);
	if ((at = writer_space(out, len)) == NULL)
		return err_set(err, ST_NOMEM, "page: no memory");
	st = squeeze_unpack(at, len, r.at, r.left, SQUEEZE_DICT_NONE, err);
	if (st != ST_OK)
		out->len = before;
	return st;
}

enum status
page_unseal(struct writer *out, const uint8_t *bytes, size_t len,
    const struct seal_key *device, struct err *err)
{
	struct writer plain = { 0 };
	enum status st;

	if (len > DOWN_SEALED_MAX)
		return err_set(err, ST_INVALID,
		    "a sealed page of %zu bytes; %u allowed", len,
		    DOWN_SEALED_MAX);
	st = seal_open(&plain, bytes, len, device, err);
	if (st == ST_OK)
		st = inflate(out, &plain, err);
	crypto_wipe(plain.bytes, plain.len);
	writer_free(&plain);
	return st;
}

enum status
page_next(const uint8_t *bytes, size_t len, size_t *at, enum page_kind *kind,
    const uint8_t **item, size_t *item_len, struct err *err)
{
	struct reader r;

	*item = NULL;
	*item_len = 0;
	if (*at >= len)
		return err_set(err, ST_NOTFOUND, "the page ends here");
	r = reader_start(bytes + *at, len - *at);
	*kind = reader_u8(&r);
	*item_len = reader_varint_max(&r, DOWN_PAGE_MAX);
	*item = reader_bytes(&r, *item_len);
	if (r.failed || *kind < PAGE_RECORD ||
	    (*kind > PAGE_DROP && (unsigned)*kind < PAGE_SKIP)) {
		*item = NULL;
		*item_len = 0;
		return err_set(err, ST_INVALID,
		    "a page breaks the format at byte %zu", *at);
	}
	*at = len - r.left;
	return ST_OK;
}

enum status
page_record_unpack(struct page_record *record, const uint8_t *bytes, size_t len,
    struct err *err)
{
	struct reader r = reader_start(bytes, len);

	*record = (struct page_record){ 0 };
	record->id = reader_u64(&r);
	record->kind = reader_u8(&r);
	record->place = reader_u64(&r);
	record->epoch = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	record->version = reader_varint(&r);
	record->len = r.left;
	record->body = reader_bytes(&r, r.left);
	if (!r.failed && record->len <= RECORD_BODY_MAX &&
	    record->id <= INT64_MAX && id_valid(record->id) &&
	    (record->kind == RECORD_HOUSEHOLD || record->kind == RECORD_PERSON))
		return ST_OK;
	*record = (struct page_record){ 0 };
	return err_set(err, ST_INVALID, "a record in a page breaks the format");
}

static const char *
take_text(struct reader *r, size_t *len)
{
	const char *text;

	*len = reader_varint_max(r, CHANGE_NOTE_MAX);
	text = (const char *)reader_bytes(r, *len);
	if (text != NULL && !utf8_valid(text, *len))
		r->failed = true;
	return text;
}

enum status
page_return_unpack(
    struct page_return *ret, const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);

	*ret = (struct page_return){ 0 };
	ret->visit = reader_u64(&r);
	ret->record = reader_u64(&r);
	ret->number = reader_varint(&r);
	ret->time_ms = (int64_t)reader_u64(&r);
	ret->by = take_text(&r, &ret->by_len);
	ret->reason = take_text(&r, &ret->reason_len);
	if (reader_finish(&r))
		return ST_OK;
	*ret = (struct page_return){ 0 };
	return err_set(err, ST_INVALID, "a return in a page breaks the format");
}
