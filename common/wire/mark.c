#include <assert.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/mark.h"

#define DOMAIN "padu/mark/v1"
#define MAGIC "PDH1"
#define MAGIC_LEN 4
#define HEAD_LEN (MARK_LEN - SIGN_LEN)

void
mark_pack(uint8_t out[MARK_LEN], const struct mark *mark,
    const struct sign_key *server)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = HEAD_LEN };
	struct err err;
	enum status st;

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u16(&w, mark->authority);
	writer_u32(&w, mark->epoch);
	writer_u32(&w, mark->number);
	writer_u64(&w, mark->version);
	writer_u64(&w, (uint64_t)mark->time_ms);
	writer_u16(&w, mark->keep_days);
	assert(w.bytes == out && w.len == HEAD_LEN);
	st = sign_make(out + HEAD_LEN, server, DOMAIN, out, HEAD_LEN, &err);
	assert(st == ST_OK);
	(void)st;
}

static bool
is_good(const struct mark *mark)
{
	return mark->authority != 0 && mark->authority <= ID_AUTHORITY_MAX &&
	    mark->epoch != 0 && mark->number != 0 &&
	    mark->version <= INT64_MAX && mark->time_ms >= 0 &&
	    mark->keep_days != 0 && mark->keep_days <= MARK_KEEP_DAYS_MAX;
}

enum status
mark_unpack(struct mark *mark, const uint8_t *bytes, size_t len,
    const uint8_t public[32], struct err *err)
{
	struct reader r;
	enum status st;

	*mark = (struct mark){ 0 };
	if (len != MARK_LEN || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "not a backup mark, or of a version we do not speak");
	st = sign_check(bytes + HEAD_LEN, public, DOMAIN, bytes, HEAD_LEN, err);
	if (st != ST_OK)
		return st;
	r = reader_start(bytes + MAGIC_LEN, HEAD_LEN - MAGIC_LEN);
	mark->authority = reader_u16(&r);
	mark->epoch = reader_u32(&r);
	mark->number = reader_u32(&r);
	mark->version = reader_u64(&r);
	mark->time_ms = (int64_t)reader_u64(&r);
	mark->keep_days = reader_u16(&r);
	if (reader_finish(&r) && is_good(mark))
		return ST_OK;
	*mark = (struct mark){ 0 };
	return err_set(err, ST_INVALID, "a backup mark breaks the format");
}

bool
mark_follows(const struct mark *a, const struct mark *b)
{
	if (a->epoch != b->epoch)
		return a->epoch > b->epoch;
	return a->number > b->number;
}

bool
mark_covers(const struct mark *mark, uint32_t epoch, uint64_t version)
{
	if (version == 0)
		return false; /* it was not accepted */
	if (epoch != mark->epoch)
		return epoch < mark->epoch;
	return version <= mark->version;
}
