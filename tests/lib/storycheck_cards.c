#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"

#include "tests/lib/storycheck.h"

static int
read_server(struct storycheck_cards *out, const struct storycheck_acks *acks,
    const char *path)
{
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	struct err err;
	char *bytes;
	size_t len;
	int faults = 0;

	if ((bytes = storycheck_file(path, &len)) == NULL)
		return 1;
	if (crypto_unhex(fingerprint, sizeof(fingerprint), acks->fingerprint,
		&err) != ST_OK ||
	    server_card_unpack(&out->server, (uint8_t *)bytes, len, fingerprint,
		&err) != ST_OK)
		faults = storycheck_fault("%s: %s", path, err.text);
	free(bytes);
	return faults;
}

/* The card of a writer whom the driver enrolled for ${person}. */
static int
read_writer(struct storycheck_cards *out, uint32_t writer, uint64_t person,
    const char *dir)
{
	struct writer_card card;
	struct err err;
	char path[PATH_MAX], *bytes;
	size_t len;
	int faults = 0;

	snprintf(path, sizeof(path), "%s/writer-%06u.card", dir, writer);
	if ((bytes = storycheck_file(path, &len)) == NULL)
		return 1;
	if (writer_card_unpack(&card, (uint8_t *)bytes, len,
		out->server.card_public, &err) != ST_OK)
		faults = storycheck_fault("%s: %s", path, err.text);
	free(bytes);
	if (faults > 0)
		return faults;
	if (card.writer != writer || card.person != person)
		return storycheck_fault(
		    "%s: it is writer %u, person %u; enrolled was person "
		    "%" PRIu64,
		    path, card.writer, card.person, person);
	out->keys = storycheck_grow(
	    out->keys, out->nkeys, &out->keys_cap, sizeof(*out->keys));
	out->keys[out->nkeys].writer = writer;
	memcpy(out->keys[out->nkeys++].public, card.sign_public,
	    sizeof(card.sign_public));
	return 0;
}

/* Has ${writer} signed anything that is there? */
static bool
is_there(const char *dir, uint32_t writer)
{
	char path[PATH_MAX], line[512];
	unsigned number, kind;
	bool there = false;
	FILE *index;

	snprintf(path, sizeof(path), "%s/index.csv", dir);
	if ((index = fopen(path, "r")) == NULL)
		return false;
	while (fgets(line, sizeof(line), index) != NULL)
		if (sscanf(line, "%*u,%*[^,],%*d,%u,%u", &kind, &number) == 2 &&
		    kind == CHANGE_VISITS)
			there |= number == writer;
	fclose(index);
	return there;
}

int
storycheck_cards_read(struct storycheck_cards *out,
    const struct storycheck_acks *acks, const char *card, const char *dir)
{
	int faults = read_server(out, acks, card);
	uint32_t writer;
	size_t i;

	for (i = 0; i < acks->writers.n && faults == 0; i++) {
		writer = (uint32_t)acks->writers.at[i];
		if (is_there(dir, writer))
			faults +=
			    read_writer(out, writer, acks->persons.at[i], dir);
	}
	return faults;
}

const uint8_t *
storycheck_key(
    const struct storycheck_cards *cards, const struct change_head *head)
{
	size_t i;

	if (head->authority != cards->server.authority)
		return NULL;
	if (head->kind != CHANGE_VISITS)
		return cards->server.desk_public;
	for (i = 0; i < cards->nkeys; i++)
		if (cards->keys[i].writer == head->writer)
			return cards->keys[i].public;
	return NULL;
}

void
storycheck_cards_free(struct storycheck_cards *cards)
{
	free(cards->keys);
}
