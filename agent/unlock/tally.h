#ifndef AGENT_UNLOCK_TALLY_H
#define AGENT_UNLOCK_TALLY_H

/*
 * tally: how far each writer of this laptop had come, in a file beside the
 * store.  If the store says less, it is an older copy of itself.
 *
 *	commit of the store -> tally_advance()
 *	unlock -> tally_read() -> tally_older()
 *
 *	DIR/tally	an entry of 64 bytes for each writer, each with a hash
 *
 * The file is written in place and not synced, so that it costs a visit
 * nothing; always after the store is durable, so that it is never ahead of
 * it.  What a power cut tears or loses is one entry's word, until the next
 * visit.  It holds numbers and hashes only.
 *
 * Who puts back the whole folder puts back the tally too: that is seen at
 * the next sync (outbox/halt.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env;
struct signer;

/* Writers that one laptop has had: eight people, each enrolled anew. */
#define TALLY_MAX 64u

struct tally_entry {
	uint32_t writer;
	uint32_t seq;          /* of the latest signed set */
	uint32_t counter;      /* of the latest id made */
	uint8_t change_id[32]; /* of that set */
};

struct tally {
	size_t n;
	struct tally_entry entries[TALLY_MAX];
};

/* What cannot be read is left out: it proves nothing. */
void tally_read(struct tally *out, const struct env *env, const char *path);

/* Does the tally know more of ${signer} than their row in the store? */
bool tally_older(const struct tally *tally, const struct signer *signer);

/* Note where ${signer} stands.  A failure costs only the notice. */
void tally_advance(struct tally *tally, const struct signer *signer,
    const struct env *env, const char *path);

#endif /* AGENT_UNLOCK_TALLY_H */
