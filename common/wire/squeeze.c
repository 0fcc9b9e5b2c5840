#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/base/writer.h"
#include "common/wire/squeeze.h"
#include "common/wire/squeeze_dict.h"

/*
 * Every frame begins with these four bytes, and so they do not travel:
 * beside one visit of 200 bytes they count.
 */
static const uint8_t MAGIC[] = { 0x28, 0xb5, 0x2f, 0xfd };
#define MAGIC_LEN sizeof(MAGIC)

/*
 * A match of three bytes saves a small set some bytes.  A large one is no
 * smaller for them, and takes half as long again to inflate.
 */
#define LARGE_LEN ((size_t)16 << 10)
#define LARGE_MATCH 4

struct dict {
	const uint8_t *bytes;
	size_t len;
};

static bool
find_dict(struct dict *out, unsigned dictionary)
{
	*out = (struct dict){ 0 };
	switch (dictionary) {
	case SQUEEZE_DICT_NONE:
		return true;
	case SQUEEZE_DICT_VERVAL:
		*out = (struct dict){ squeeze_verval, squeeze_verval_len };
		return true;
	default:
		return false;
	}
}

/* Nothing that the caller knows already goes into the frame's header. */
static size_t
set_up(ZSTD_CCtx *ctx, int level, size_t len, const struct dict *dict)
{
	const struct {
		ZSTD_cParameter name;
		int value;
	} SETTINGS[] = {
		{ ZSTD_c_compressionLevel, level },
		/* 0: as that level has it */
		{ ZSTD_c_minMatch,
		    level == SQUEEZE_LEVEL_SMALL && len >= LARGE_LEN
			? LARGE_MATCH
			: 0 },
		{ ZSTD_c_contentSizeFlag, 0 },
		{ ZSTD_c_checksumFlag, 0 },
		{ ZSTD_c_dictIDFlag, 0 },
	};
	size_t i, rc = 0;

	for (i = 0; i < sizeof(SETTINGS) / sizeof(SETTINGS[0]); i++) {
		rc = ZSTD_CCtx_setParameter(
		    ctx, SETTINGS[i].name, SETTINGS[i].value);
		if (ZSTD_isError(rc))
			return rc;
	}
	return ZSTD_CCtx_loadDictionary(ctx, dict->bytes, dict->len);
}

enum status
squeeze_pack(struct writer *out, const void *bytes, size_t len, int level,
    unsigned dictionary, struct err *err)
{
	size_t before = out->len, rc, bound = ZSTD_compressBound(len);
	enum status st = ST_OK;
	ZSTD_CCtx *ctx = NULL;
	struct dict dict;
	uint8_t *at;

	if (!find_dict(&dict, dictionary))
		return err_set(
		    err, ST_BUG, "compress: no dictionary %u", dictionary);
	at = writer_space(out, bound);
	ctx = ZSTD_createCCtx();
	if (at == NULL || ctx == NULL) {
		st = err_set(err, ST_NOMEM, "compress: no memory");
		goto out;
	}
	rc = set_up(ctx, level, len, &dict);
	if (!ZSTD_isError(rc))
		rc = ZSTD_compress2(ctx, at, bound, bytes, len);
	if (ZSTD_isError(rc) || rc < MAGIC_LEN) {
		st = err_set(
		    err, ST_NOMEM, "compress: %s", ZSTD_getErrorName(rc));
		goto out;
	}
	memmove(at, at + MAGIC_LEN, rc - MAGIC_LEN);
	out->len = before + rc - MAGIC_LEN;
out:
	if (st != ST_OK)
		out->len = before;
	ZSTD_freeCCtx(ctx);
	return st;
}

enum status
squeeze_unpack(uint8_t *out, size_t want, const void *bytes, size_t len,
    unsigned dictionary, struct err *err)
{
	size_t rc, all = len + MAGIC_LEN;
	enum status st = ST_OK;
	ZSTD_DCtx *ctx = NULL;
	uint8_t *frame = NULL;
	struct dict dict;

	if (!find_dict(&dict, dictionary))
		return err_set(err, ST_INVALID,
		    "compressed bytes name dictionary %u; we have none such",
		    dictionary);
	frame = malloc(all);
	ctx = ZSTD_createDCtx();
	if (frame == NULL || ctx == NULL) {
		st = err_set(err, ST_NOMEM, "inflate: no memory");
		goto out;
	}
	memcpy(frame, MAGIC, MAGIC_LEN);
	if (len > 0)
		memcpy(frame + MAGIC_LEN, bytes, len);
	/* One frame and nothing after it. */
	if (ZSTD_findFrameCompressedSize(frame, all) != all) {
		st = err_set(
		    err, ST_INVALID, "compressed bytes are not one frame");
		goto out;
	}
	rc = ZSTD_decompress_usingDict(
	    ctx, out, want, frame, all, dict.bytes, dict.len);
	if (ZSTD_isError(rc))
		st = err_set(err, ST_INVALID, "inflate to %zu bytes: %s", want,
		    ZSTD_getErrorName(rc));
	else if (rc != want)
		st = err_set(err, ST_INVALID,
		    "inflated to %zu bytes; %zu were announced", rc, want);
out:
	ZSTD_freeDCtx(ctx);
	free(frame);
	return st;
}

unsigned
squeeze_version(void)
{
	return ZSTD_versionNumber();
}
