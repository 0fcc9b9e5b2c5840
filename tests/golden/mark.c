#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/wire/mark.h"
#include "tests/golden/messages.h"

static struct mark
good(void)
{
	return (struct mark){ .authority = 6402,
		.epoch = 3,
		.number = 41,
		.version = 1001,
		.time_ms = GOLDEN_NOW_MS,
		.keep_days = 45 };
}

static void
pack(struct writer *out, const struct mark *mark, const struct sign_key *key)
{
	mark_pack(writer_space(out, MARK_LEN), mark, key);
}

void
make_mark(struct writer *out)
{
	struct mark mark = good();

	pack(out, &mark, &golden_keys.receipts);
}

void
make_mark_other_key(struct writer *out)
{
	struct mark mark = good();

	pack(out, &mark, &golden_keys.root);
}

void
make_mark_no_days(struct writer *out)
{
	struct mark mark = good();

	mark.keep_days = 0;
	pack(out, &mark, &golden_keys.receipts);
}

void
make_mark_many_days(struct writer *out)
{
	struct mark mark = good();

	mark.keep_days = MARK_KEEP_DAYS_MAX + 1;
	pack(out, &mark, &golden_keys.receipts);
}

void
make_mark_no_number(struct writer *out)
{
	struct mark mark = good();

	mark.number = 0;
	pack(out, &mark, &golden_keys.receipts);
}

GOLDEN_DOOR(enter_mark)
{
	char line[200];
	struct mark mark;
	enum status st;

	st = mark_unpack(&mark, bytes, len, golden_keys.receipts.public, err);
	if (st != ST_OK)
		return st;
	snprintf(line, sizeof(line),
	    "authority %u epoch %u number %u version %" PRIu64 " time %" PRId64
	    " keep_days %u\n",
	    mark.authority, (unsigned)mark.epoch, (unsigned)mark.number,
	    mark.version, mark.time_ms, mark.keep_days);
	writer_bytes(text, line, strlen(line));
	return ST_OK;
}
