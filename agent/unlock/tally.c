#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"

#include "agent/unlock/signer.h"
#include "agent/unlock/tally.h"

#define DOMAIN_TALLY "padu/tally/v1"
#define MAGIC "PTL1"
#define MAGIC_LEN 4
#define ENTRY_LEN 64u
#define CHECK_LEN 16u /* of the hash over the rest */

static void
put_entry(struct writer *w, const struct tally_entry *entry)
{
	uint8_t hash[HASH_LEN];
	size_t at = w->len;

	writer_bytes(w, MAGIC, MAGIC_LEN);
	writer_u32(w, entry->writer);
	writer_u32(w, entry->seq);
	writer_u32(w, entry->counter);
	writer_bytes(w, entry->change_id, sizeof(entry->change_id));
	if (!writer_ok(w))
		return;
	hash_domain(hash, DOMAIN_TALLY, w->bytes + at, w->len - at);
	writer_bytes(w, hash, CHECK_LEN);
}

/* False: torn, or of another program. */
static bool
take_entry(struct tally_entry *out, const uint8_t bytes[ENTRY_LEN])
{
	struct reader r =
	    reader_start(bytes + MAGIC_LEN, ENTRY_LEN - MAGIC_LEN);
	uint8_t hash[HASH_LEN];

	hash_domain(hash, DOMAIN_TALLY, bytes, ENTRY_LEN - CHECK_LEN);
	if (memcmp(bytes, MAGIC, MAGIC_LEN) != 0 ||
	    memcmp(hash, bytes + ENTRY_LEN - CHECK_LEN, CHECK_LEN) != 0)
		return false;
	out->writer = reader_u32(&r);
	out->seq = reader_u32(&r);
	out->counter = reader_u32(&r);
	reader_copy(&r, out->change_id, sizeof(out->change_id));
	return true;
}

void
tally_read(struct tally *out, const struct env *env, const char *path)
{
	uint8_t *bytes = NULL;
	struct err ignored;
	size_t len = 0, at;

	memset(out, 0, sizeof(*out));
	if (env->read(env->arg, path, TALLY_MAX * ENTRY_LEN, &bytes, &len,
		&ignored) != ST_OK)
		return;
	for (at = 0; len - at >= ENTRY_LEN; at += ENTRY_LEN)
		if (take_entry(&out->entries[out->n], bytes + at))
			out->n++;
	free(bytes);
}

static const struct tally_entry *
find(const struct tally *tally, uint32_t writer)
{
	size_t i;

	for (i = 0; i < tally->n; i++)
		if (tally->entries[i].writer == writer)
			return &tally->entries[i];
	return NULL;
}

bool
tally_older(const struct tally *tally, const struct signer *signer)
{
	const struct tally_entry *e = find(tally, signer->writer);

	if (e == NULL)
		return false;
	if (e->seq > signer->seq || e->counter > signer->counter)
		return true;
	return e->seq == signer->seq && e->seq > 0 &&
	    memcmp(e->change_id, signer->prev, sizeof(e->change_id)) != 0;
}

void
tally_advance(struct tally *tally, const struct signer *signer,
    const struct env *env, const char *path)
{
	const struct tally_entry *found = find(tally, signer->writer);
	struct tally_entry *e;
	struct writer w = { 0 };
	struct err ignored;
	size_t i;

	if (found == NULL && tally->n == TALLY_MAX)
		return;
	i = found != NULL ? (size_t)(found - tally->entries) : tally->n++;
	e = &tally->entries[i];
	e->writer = signer->writer;
	e->seq = signer->seq;
	e->counter = signer->counter;
	memcpy(e->change_id, signer->prev, sizeof(e->change_id));
	for (i = 0; i < tally->n; i++)
		put_entry(&w, &tally->entries[i]);
	if (writer_ok(&w))
		env->jot(env->arg, path, w.bytes, w.len, &ignored);
	writer_free(&w);
}
