/*
 * Any bytes as a packed record: what is read packs to the very same bytes,
 * and takes a further write.
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"

static struct record *record;
static struct writer packed;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* A write that names a head and a set that is not there. */
static void
add_write(struct err *err)
{
	const struct record_reg *reg = &record->regs[0];
	uint64_t preds[2] = { 0x5eed,
		reg->nheads > 0 ? reg->heads[0].set.set_id : 0 };
	struct merge_write w = { .set = { .set_id = 0xfeed },
		.reg = reg->reg,
		.npreds = 2,
		.preds = preds };
	struct merge_effect effect;
	enum status st;

	st = merge_apply(record, &w, NULL, NULL, &effect, err);
	must(st == ST_OK || st == ST_CONFLICT);
	writer_clear(&packed);
	st = record_pack(&packed, record, err);
	/* A set that was said to be otherwise in another register. */
	must(st == ST_OK || st == ST_BUG || st == ST_FULL);
	if (st == ST_OK)
		must(record_unpack(record, packed.bytes, packed.len, err) ==
		    ST_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err err;

	if (record == NULL)
		must(record_new(&record, &err) == ST_OK);
	if (record_unpack(record, bytes, size, &err) != ST_OK) {
		must(record->nregs == 0);
		return 0;
	}
	writer_clear(&packed);
	must(record_pack(&packed, record, &err) == ST_OK);
	must(packed.len == size &&
	    (size == 0 || memcmp(packed.bytes, bytes, size) == 0));
	if (record->nregs > 0)
		add_write(&err);
	return 0;
}
