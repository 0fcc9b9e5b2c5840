/*
 * make-dict FILE: make the dictionary SQUEEZE_DICT_VERVAL out of made-up
 * visits and write it to FILE.  For developers, and once: a dictionary that
 * was released is never changed, a better one gets a number of its own.
 *
 * Its content is whole bodies, as many as fit: that served one visit better
 * than pieces picked by training (224 bytes, not 231).
 * Where people have names the visits have random syllables, since a
 * dictionary holds literal pieces of its samples.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zdict.h>

#include "common/base/writer.h"
#include "common/wire/change_internal.h"
#include "tests/lib/random_set.h"
#include "tests/lib/visits.h"

#define DICT_SIZE (16u << 10)
#define TABLES_SIZE 512 /* room for the entropy tables in front */
#define NSAMPLES 6000
#define DICT_ID 100001 /* above what zstd keeps for itself */

/* All samples end to end, and how long each is. */
struct samples {
	struct writer bytes;
	size_t lens[NSAMPLES];
};

/* A laptop that syncs often has few visits due: most samples are small. */
static size_t
sample_size(size_t i)
{
	static const size_t SIZES[] = { 1, 1, 1, 1, 2, 3, 5, 8 };

	return SIZES[i % 8];
}

static enum status
add_sample(struct samples *out, size_t i, struct err *err)
{
	struct visits_opts opts = {
		.seed = i + 1, .n = sample_size(i), .plain = true
	};
	struct visits *v = visits_new(&opts);
	struct change_head head = visits_head(&opts, (uint32_t)(1 + i % 400));
	uint8_t seed[CHANGE_SEED_LEN];
	size_t before = out->bytes.len, k;
	uint64_t s = i;
	enum status st;

	for (k = 0; k < sizeof(seed); k++)
		seed[k] = (uint8_t)random_next(&s);
	st = change_columns_pack(&out->bytes, &head, &v->body, seed, err);
	out->lens[i] = out->bytes.len - before;
	visits_free(v);
	return st;
}

/*
 * Whole bodies without the seed, which is never the same: those of several
 * visits in the first third, single visits behind them.
 */
static size_t
take_content(uint8_t *out, size_t max, const struct samples *samples)
{
	size_t i, len, single, used = 0, end;
	const uint8_t *at;

	for (single = 0; single < 2; single++) {
		at = samples->bytes.bytes;
		end = single == 0 ? max / 3 : max;
		for (i = 0; i < NSAMPLES; at += samples->lens[i++]) {
			len = samples->lens[i] - CHANGE_SEED_LEN;
			if ((sample_size(i) == 1) != (single == 1) ||
			    len > end - used)
				continue;
			memcpy(out + used, at + CHANGE_SEED_LEN, len);
			used += len;
		}
	}
	return used;
}

static int
write_file(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(bytes, 1, len, file) != len ||
	    fclose(file) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static uint8_t dict[DICT_SIZE], content[DICT_SIZE];
	static struct samples samples;
	const ZDICT_params_t params = { .compressionLevel = 19,
		.dictID = DICT_ID };
	size_t i, len;
	struct err err;

	if (argc != 2) {
		fprintf(stderr, "usage: make-dict FILE\n");
		return 2;
	}
	for (i = 0; i < NSAMPLES; i++) {
		if (add_sample(&samples, i, &err) != ST_OK) {
			fprintf(stderr, "make-dict: %s\n", err.text);
			return 1;
		}
	}
	len = take_content(content, DICT_SIZE - TABLES_SIZE, &samples);
	len = ZDICT_finalizeDictionary(dict, sizeof(dict), content, len,
	    samples.bytes.bytes, samples.lens, NSAMPLES, params);
	writer_free(&samples.bytes);
	if (ZDICT_isError(len)) {
		fprintf(stderr, "make-dict: %s\n", ZDICT_getErrorName(len));
		return 1;
	}
	return write_file(argv[1], dict, len);
}
