#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/base/writer.h"
#include "common/wire/squeeze.h"
#include "common/wire/squeeze_dict.h"

/*
 * frames FILE: print every text that lies compressed anywhere in FILE, for
 * tests/lib/leaks.py.  At every offset it is tried whether a zstd frame
 * without its four magic bytes begins there, as squeeze makes them: those
 * that have them are found thereby, too.  Each is tried with and without the
 * dictionary; a frame that was cut gives what is whole of it.
 *
 * frames --squeeze DICTIONARY: compress standard input as the wire does.
 *
 * A frame whose blocks are all raw is passed over: its text lies in the file
 * as it is.
 */

#define MAGIC_LEN 4
#define HEADER_MIN 2 /* a frame's header, smallest */
#define BLOCK_HEADER 3
#define BLOCK_MAX ((size_t)128 << 10) /* of the format */
#define FRAME_MAX ((size_t)16 << 20)  /* inflated; more is cut off */
#define CHUNK ((size_t)256 << 10)

static const uint8_t MAGIC[MAGIC_LEN] = { 0x28, 0xb5, 0x2f, 0xfd };

enum block { BLOCK_RAW, BLOCK_RUN, BLOCK_PACKED, BLOCK_NONE };

/* The length of the frame's header at ${at} without its magic; 0: none. */
static size_t
header_len(const uint8_t *at, size_t len)
{
	static const size_t DICT_LEN[] = { 0, 1, 2, 4 };
	static const size_t SIZE_LEN[] = { 0, 2, 4, 8 };
	bool single;
	size_t n;

	if (len < HEADER_MIN || (at[0] & 0x08) != 0)
		return 0;
	single = (at[0] & 0x20) != 0;
	n = (single ? 1U : 2U) + DICT_LEN[at[0] & 3] + SIZE_LEN[at[0] >> 6];
	return single && at[0] >> 6 == 0 ? n + 1 : n;
}

/* Could a frame with a compressed block begin here?  Cheap, nearly exact. */
static bool
looks_packed(const uint8_t *at, size_t len)
{
	size_t pos = header_len(at, len), size;
	uint32_t head;

	while (pos != 0 && pos + BLOCK_HEADER <= len) {
		head = at[pos] | (uint32_t)at[pos + 1] << 8 |
		    (uint32_t)at[pos + 2] << 16;
		size = head >> 3;
		if (size > BLOCK_MAX || (head >> 1 & 3) == BLOCK_NONE)
			return false;
		pos += BLOCK_HEADER;
		if ((head >> 1 & 3) == BLOCK_PACKED)
			return pos + size <= len;
		pos += (head >> 1 & 3) == BLOCK_RUN ? 1 : size;
		if ((head & 1) != 0)
			return false;
	}
	return false;
}

/* Print what the frame at ${at} holds. */
static void
print_frame(ZSTD_DCtx *ctx, uint8_t *out, const uint8_t *at, size_t len)
{
	ZSTD_inBuffer magic = { MAGIC, MAGIC_LEN, 0 }, in = { at, len, 0 };
	ZSTD_outBuffer to;
	size_t rc, all = 0;

	ZSTD_DCtx_reset(ctx, ZSTD_reset_session_only);
	to = (ZSTD_outBuffer){ out, CHUNK, 0 };
	rc = ZSTD_decompressStream(ctx, &to, &magic);
	while (!ZSTD_isError(rc) && rc != 0 && all < FRAME_MAX) {
		to = (ZSTD_outBuffer){ out, CHUNK, 0 };
		rc = ZSTD_decompressStream(ctx, &to, &in);
		fwrite(out, 1, to.pos, stdout);
		all += to.pos;
		if (to.pos == 0 && in.pos == in.size)
			break;
	}
	if (all > 0)
		putchar('\n');
}

static int
print_frames(const uint8_t *bytes, size_t len)
{
	ZSTD_DCtx *plain = ZSTD_createDCtx(), *with = ZSTD_createDCtx();
	uint8_t *out = malloc(CHUNK);
	size_t at;
	int rc = 1;

	if (plain == NULL || with == NULL || out == NULL ||
	    ZSTD_isError(ZSTD_DCtx_loadDictionary(
		with, squeeze_verval, squeeze_verval_len)))
		goto out;
	for (at = 0; at < len; at++) {
		if (!looks_packed(bytes + at, len - at))
			continue;
		print_frame(plain, out, bytes + at, len - at);
		print_frame(with, out, bytes + at, len - at);
	}
	rc = fflush(stdout) == 0 ? 0 : 1;
out:
	free(out);
	ZSTD_freeDCtx(plain);
	ZSTD_freeDCtx(with);
	return rc;
}

/* All of ${file} into ${out}. */
static bool
read_all(struct writer *out, FILE *file)
{
	uint8_t part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		writer_bytes(out, part, n);
	return ferror(file) == 0 && writer_ok(out);
}

int
main(int argc, char **argv)
{
	struct writer in = { 0 }, out = { 0 };
	bool pack = argc == 3 && strcmp(argv[1], "--squeeze") == 0;
	FILE *file = stdin;
	struct err err;
	int rc = 1;

	if (!pack && argc != 2) {
		fprintf(
		    stderr, "usage: frames FILE, or frames --squeeze 0|1\n");
		return 2;
	}
	if (!pack && (file = fopen(argv[1], "rb")) == NULL) {
		perror(argv[1]);
		goto out;
	}
	if (!read_all(&in, file)) {
		perror("frames");
		goto out;
	}
	if (!pack) {
		rc = print_frames(in.bytes, in.len);
		goto out;
	}
	if (squeeze_pack(&out, in.bytes, in.len, SQUEEZE_LEVEL_SMALL,
		(unsigned)atoi(argv[2]), &err) == ST_OK)
		rc = fwrite(out.bytes, 1, out.len, stdout) == out.len ? 0 : 1;
	else
		fprintf(stderr, "frames: %s\n", err.text);
out:
	if (file != NULL && file != stdin)
		fclose(file);
	writer_free(&in);
	writer_free(&out);
	return rc;
}
