/*
 * Any bytes as what a backup brings: a mark, its paper, the sealed key.  The
 * first byte says which; what a signature would hide is signed here first.
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/mark.h"

#include "sync-server/backup/escrow.h"
#include "sync-server/backup/paper.h"

static struct sign_key key;
static struct err err;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
as_mark(const uint8_t *bytes, size_t size)
{
	uint8_t whole[MARK_LEN], again[MARK_LEN];
	struct mark mark;

	if (size != MARK_LEN - SIGN_LEN)
		return;
	memcpy(whole, bytes, size);
	must(sign_make(whole + size, &key, "padu/mark/v1", whole, size, &err) ==
	    ST_OK);
	if (mark_unpack(&mark, whole, sizeof(whole), key.public, &err) != ST_OK)
		return;
	must(mark.keep_days > 0 && mark.epoch > 0 && mark.number > 0);
	mark_pack(again, &mark, &key);
	must(memcmp(whole, again, sizeof(again)) == 0);
}

static void
as_paper(const uint8_t *bytes, size_t size)
{
	struct paper paper, back;
	struct writer text = { 0 };

	if (paper_parse(&paper, bytes, size, &err) != ST_OK)
		return;
	must(paper.authority > 0 && paper.facts.epoch > 0);
	must(paper_print(&text, &paper, &err) == ST_OK);
	must(paper_parse(&back, text.bytes, text.len, &err) == ST_OK);
	must(paper_same(&paper.facts, &back.facts));
	must(strcmp(paper.name, back.name) == 0);
	writer_free(&text);
}

/* The cost is ours: what a header asks for may take a minute. */
static void
as_escrow(const uint8_t *bytes, size_t size)
{
	uint8_t whole[ESCROW_FILE_MAX], opened[KEY_LEN];
	struct writer cost = { 0 };

	if (size > sizeof(whole))
		return;
	memcpy(whole, bytes, size);
	writer_u64(&cost, 1);
	writer_u64(&cost, 8192);
	if (size >= 18 + 16)
		memcpy(whole + 18, cost.bytes, 16);
	must(escrow_open(opened, whole, size, "?", &err) != ST_OK);
	writer_free(&cost);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const AS[])(const uint8_t *bytes, size_t size) = {
		as_mark,
		as_paper,
		as_escrow,
	};
	static const uint8_t SEED[32] = { 1 };

	must(crypto_start(&err) == ST_OK);
	sign_key_make(&key, SEED);
	if (size > 0 && bytes[0] < sizeof(AS) / sizeof(AS[0]))
		AS[bytes[0]](bytes + 1, size - 1);
	return 0;
}
